// Action `ask_person`: a request to a person, with instructions and a checklist, that waits for the person's word that it was done (row P01).
import { z } from 'zod';
import { Role } from '../../domain/person.ts';
import type { InternalAction, Note } from './action.ts';
import { hasEnough, onCall, pagedFor } from './on-call.ts';

export const askPerson: InternalAction = {
	kind: 'internal',
	name: 'ask_person',
	params: z.strictObject({ role: Role.optional() }),
	undo: { none: 'a question asked cannot be taken back' },
	run(input) {
		const { step } = input;
		const role = Role.safeParse(step.params['role']);
		const people = role.success ? onCall(role.data, input) : [];
		const text = `INC-${input.incident.number}: you are asked: ${step.title}. Instructions and checklist are in the incident's thread.`;
		const notes: Note[] = people
			.filter((person) => person.slack !== null && !hasEnough(person, input))
			.map((person) => ({ key: `page:${step.id}:${person.id}`, channel: person.slack ?? '', text }));
		const names = people.map((person) => person.name).join(', ');
		const { pages } = pagedFor(people, text, input);
		return { state: 'hands', outcome: names === '' ? 'asked in the thread' : `asked ${names}`, notes, pages };
	},
};
