// Action `notify`: a message in the incident's thread.
import { z } from 'zod';
import type { InternalAction } from './action.ts';

export const notify: InternalAction = {
	kind: 'internal',
	name: 'notify',
	params: z.strictObject({ text: z.string().min(1).max(2_000), channel: z.string().max(80).optional() }),
	undo: { none: 'what people have read they have read' },
	run({ step }) {
		const channel = typeof step.params['channel'] === 'string' ? step.params['channel'] : '';
		const text = String(step.params['text'] ?? step.title);
		return { state: 'done', outcome: 'posted', notes: [{ key: `note:${step.id}`, channel, text }] };
	},
};
