// Action `release_host`: gives an isolated host its network back. Letting an intruder back in is the danger here, so the gate judges it anew.
import { z } from 'zod';
import { connectorAction } from './action.ts';

export const releaseHost = connectorAction({
	name: 'release_host',
	params: z.strictObject({ comment: z.string().max(300).optional(), device: z.string().max(200).optional() }),
	undo: { by: 'isolate_host' },
});
