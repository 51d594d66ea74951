// Action `ask_control_room`: tells the operators of the place and asks for their answer (row R02). Informs only: it never says which
// button to press; instructions are the playbook author's, and the operator decides.
import { z } from 'zod';
import type { InternalAction, Note } from './action.ts';
import { hasEnough, onCall, pagedFor } from './on-call.ts';

export const askControlRoom: InternalAction = {
	kind: 'internal',
	name: 'ask_control_room',
	params: z.strictObject({ text: z.string().min(1).max(2_000) }),
	undo: { none: 'what people have read they have read' },
	run(input) {
		const { step } = input;
		const text = String(step.params['text'] ?? step.title);
		const operators = onCall('ot_operator', input);
		const direct: Note[] = operators
			.filter((person) => person.slack !== null && !hasEnough(person, input))
			.map((person) => ({ key: `page:${step.id}:${person.id}`, channel: person.slack ?? '', text }));
		const names = operators.map((person) => person.name).join(', ');
		const outcome =
			names === ''
				? 'no operator is known here: call the control room'
				: `asked ${names}; call them too, do not only write`;
		return {
			state: 'hands',
			outcome,
			notes: [...direct, { key: `note:${step.id}`, channel: '', text: `${text}\n(${outcome})` }],
			pages: pagedFor(operators, text, input).pages,
		};
	},
};
