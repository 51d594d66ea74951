// What a call has read or begun, told to people: a message in the incident's thread, and the same in the ledger's entry of the result. In the
// same transaction as the result. Pure. The lines were made safe by the connector; chat makes them safe to show once more.
import type { Json } from '../domain/entry.ts';
import type { Step } from '../domain/step.ts';
import type { Instant } from '../domain/time.ts';
import type { ToRecord } from '../store/record.ts';
import { messagesOf } from './outcome.ts';

/** Characters of one message; what a connector says is shorter. */
const TOLD_MAX = 6_000;

/** What a call's result says beside its effect. */
type Told = {
	readonly effect: string;
	readonly told?: readonly string[];
	readonly record?: { readonly [key: string]: Json };
};

/**
 * Adds to a result what was read: the message, and its record.
 *
 * @param what    the result of the call as it is recorded
 * @param result  the call's own words; without lines for people nothing is added
 */
export function tellRead(
	what: ToRecord,
	result: Told,
	step: Step,
	newId: (prefix: 'pst') => string,
	now: Instant,
): ToRecord {
	const entries = what.entries.map((entry) =>
		entry.kind === 'step.result' && entry.refs.includes(step.id) && result.record !== undefined
			? { ...entry, data: { ...entry.data, read: result.record } }
			: entry,
	);
	if (result.effect !== 'done' || result.told === undefined || result.told.length === 0) return { ...what, entries };
	const note = { key: `note:${step.id}`, channel: '', text: result.told.join('\n').slice(0, TOLD_MAX) };
	const { changes, topics } = messagesOf([note], step, newId, now);
	return {
		...what,
		entries,
		changes: [...(what.changes ?? []), ...changes],
		topics: [...(what.topics ?? []), ...topics],
	};
}
