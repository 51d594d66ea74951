// What follows from a step that has ended: messages to be posted, and the containment that an undo has closed. Pure.
import { isDrill, markDrill } from '../domain/drill.ts';
import type { NewEntry } from '../domain/entry.ts';
import type { Step } from '../domain/step.ts';
import type { Instant } from '../domain/time.ts';
import type { NextTopic } from '../domain/topic.ts';
import type { Change } from '../store/record.ts';
import type { Note } from './actions/action.ts';
import { stepEntry, update } from './advance.ts';

/** Rows and topics for messages. A key that is there already is not posted again. */
export function messagesOf(
	notes: readonly Note[],
	step: { readonly incident: string | null },
	newId: (prefix: 'pst') => string,
	now: Instant,
): { readonly changes: Change[]; readonly topics: NextTopic[] } {
	const rows = notes.map((note) => ({ note, id: newId('pst') }));
	return {
		changes: rows.map(({ note, id }) => ({
			op: 'ensure',
			table: 'messages',
			row: {
				id,
				key: note.key,
				incident: step.incident,
				// Empty: chat puts it under the incident's card, wherever that is by then.
				channel: note.channel,
				text: isDrill(step.incident) ? markDrill(note.text) : note.text,
				state: 'pending',
				created_at: now,
				updated_at: now,
			},
		})),
		topics: rows.map(({ id }) => ({ topic: 'post', key: id })),
	};
}

/** Where the step is an undo that has been done: its containment is over. */
export function closedBy(
	step: Step,
	all: readonly Step[],
	now: Instant,
): { readonly entries: NewEntry[]; readonly changes: Change[] } {
	if (!step.key.startsWith('undo:')) return { entries: [], changes: [] };
	const contained = all.find(
		(other) =>
			other.playbook === step.playbook &&
			`undo:${other.key}` === step.key &&
			other.target === step.target &&
			other.state === 'done',
	);
	if (contained === undefined) return { entries: [], changes: [] };
	const after: Step = { ...contained, state: 'undone', contained_until: null, updated_at: now };
	return { entries: [stepEntry('step.undone', contained, { by: step.id }, now)], changes: [update(contained, after)] };
}
