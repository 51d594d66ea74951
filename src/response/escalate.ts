// The topics `escalate` and `escalate_safety`: reads one incident, asks escalation.ts who is to be told now, records it. What is said reaches Slack by `post`.
import { DRILL_WAIT_MS, isDrill } from '../domain/drill.ts';
import { Incident } from '../domain/incident.ts';
import type { Person } from '../domain/person.ts';
import type { RouteOf } from '../domain/route.ts';
import { HOUR, type Instant } from '../domain/time.ts';
import type { Due } from '../domain/topic.ts';
import type { Database } from '../store/database.ts';
import { readDrill } from '../store/read/drill.ts';
import { readIncidentRow, readMessageKeys } from '../store/read/escalation.ts';
import { countPagesSince } from '../store/read/response.ts';
import { record } from '../store/record.ts';
import { escalationDue, levelKey, NOTHING_OUTSIDE, type Outside, routeOrNone } from './escalation.ts';
import { messagesOf } from './outcome.ts';
import { rowsOf } from './pagers/page.ts';

export type Escalator = {
	readonly database: Database;
	readonly routeOf: RouteOf;
	/** By their ids, with deputies; their roles are not asked for, and so nobody outside is. */
	readonly people: () => Promise<readonly Person[]>;
	readonly outside: Outside;
	readonly newId: (prefix: 'pst') => string;
	readonly clock: () => Instant;
};

/** Tells whoever is due; asked twice it tells once, because each level has one message under the card. */
export async function escalateIncident(escalator: Escalator, due: Due): Promise<void> {
	const { database, clock } = escalator;
	const now = clock();
	let leavesPagersOut = false;
	if (isDrill(due.key)) {
		const drill = await readDrill(database, due.key);
		const waits = drill?.suspended != null;
		const topics = waits ? [{ topic: 'escalate', key: due.key, after: now + DRILL_WAIT_MS } as const] : [];
		leavesPagersOut = drill?.pagers !== true;
		if (waits || drill?.ended !== null) return void (await record(database, { entries: [], topics, done: [due] }, now));
	}
	const row = await readIncidentRow(database, due.key);
	// What the adviser wrote is not asked for here.
	const incident = row === null ? null : Incident.parse({ ...row, advice: null });
	const outside = leavesPagersOut ? NOTHING_OUTSIDE : escalator.outside;
	const route = incident === null ? null : routeOrNone(incident, escalator.routeOf(incident), outside);
	if (incident === null || route === null) {
		await record(database, { entries: [], done: [due] }, now);
		return;
	}
	const prefix = levelKey(incident.id, 0).slice(0, -1);
	const told = (await readMessageKeys(database, incident.id, prefix)).map((key) => Number(key.slice(prefix.length)));
	const said = escalationDue(
		incident,
		route,
		await escalator.people(),
		new Set(told.filter(Number.isInteger)),
		await countPagesSince(database, now - HOUR),
		now,
		outside,
	);
	const { changes, topics } = messagesOf(said.notes, { incident: incident.id }, escalator.newId, now);
	const paged = rowsOf(said.pages, incident.id, incident.process_safety, escalator.newId, now);
	await record(
		database,
		{
			entries: said.entries,
			changes: [...changes, ...paged.changes],
			topics: [...topics, ...paged.topics, ...said.topics],
			done: [due],
		},
		now,
	);
}
