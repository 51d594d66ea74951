// The same words to people in Slack and by their pagers, as rows and topics. Pure.
import type { Person } from '../domain/person.ts';
import type { Instant } from '../domain/time.ts';
import type { NextTopic } from '../domain/topic.ts';
import type { Change } from '../store/record.ts';
import type { Note } from './actions/action.ts';
import { messagesOf } from './outcome.ts';
import { pagesOf, rowsOf } from './pagers/page.ts';
import type { View } from './view.ts';

/**
 * A direct message to each who has Slack, and a page to each who has a pager.
 *
 * @param what which telling it is: the same is told once, ever. It holds no colon
 */
export function tellPeople(
	people: readonly Person[],
	what: string,
	text: string,
	{ setting, incident }: View,
	newId: (prefix: 'pst') => string,
	now: Instant,
): { readonly changes: Change[]; readonly topics: NextTopic[] } {
	const notes = people.flatMap((person): Note[] =>
		person.slack === null ? [] : [{ key: `page:${what}:${person.id}`, channel: person.slack, text }],
	);
	const said = messagesOf(notes, { incident: incident.id }, newId, now);
	const { pages } = pagesOf({ pagers: setting.pagers ?? [], people, named: [], what, text, worth: incident });
	const paged = rowsOf(pages, incident.id, incident.process_safety, newId, now);
	return { changes: [...said.changes, ...paged.changes], topics: [...said.topics, ...paged.topics] };
}
