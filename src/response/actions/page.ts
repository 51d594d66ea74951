// Action `page`: a direct message to everyone who holds a role at the incident's place, and a line in its thread.
import { z } from 'zod';
import { Role } from '../../domain/person.ts';
import { throughWords } from '../pagers/page.ts';
import type { InternalAction, Note } from './action.ts';
import { hasEnough, onCall, pagedFor } from './on-call.ts';

export const page: InternalAction = {
	kind: 'internal',
	name: 'page',
	params: z.strictObject({ role: Role, text: z.string().min(1).max(2_000) }),
	undo: { none: 'what people have read they have read' },
	run(input) {
		const { step } = input;
		const role = Role.parse(step.params['role']);
		const text = String(step.params['text'] ?? step.title);
		const people = onCall(role, input);
		const reached = people.filter((person) => person.slack !== null && !hasEnough(person, input));
		const { pages, through } = pagedFor(people, text, input);
		const missed = people.filter((person) => !reached.includes(person) && !through.has(person.id));
		const direct: Note[] = reached.map((person) => ({
			key: `page:${step.id}:${person.id}`,
			channel: person.slack ?? '',
			text,
		}));
		const outcome =
			people.length === 0
				? `nobody holds the role ${role}: tell somebody by telephone`
				: [
						reached.length > 0 ? `paged ${reached.map((person) => person.name).join(', ')}` : '',
						throughWords(people, through),
						missed.length > 0 ? `not reached by message: ${missed.map((person) => person.name).join(', ')}` : '',
					]
						.filter((part) => part !== '')
						.join('; ');
		return {
			state: 'done',
			outcome,
			notes: [...direct, { key: `note:${step.id}`, channel: '', text: `${text}\n(${role}: ${outcome})` }],
			pages,
		};
	},
};
