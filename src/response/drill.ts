// The topic `drill`: a drill's next alert, its end, and the real alarm that makes it stand still. Everything is read from the ledger and recorded
// there; the alerts then go the way of all others (triage, correlation/drill-lane.ts, plan). Nobody is told here but in the drill's own thread
// and those who take part. NOT here: who may start, stop or resume (chat/commands/drill.ts), its steps (drill-step.ts).
import { DRILL_WAIT_MS, drillSource, markDrill } from '../domain/drill.ts';
import type { DrillAlert } from '../domain/drill-scenario.ts';
import { type Drill, dueAt } from '../domain/drill-state.ts';
import type { NewEntry } from '../domain/entry.ts';
import { makeId } from '../domain/id.ts';
import type { Person } from '../domain/person.ts';
import { type Instant, toIso } from '../domain/time.ts';
import type { Due, NextTopic } from '../domain/topic.ts';
import type { Database } from '../store/database.ts';
import { readDrill, readDrillIncident, readDrillPeople, readDrills } from '../store/read/drill.ts';
import { type Change, record, type ToRecord } from '../store/record.ts';
import type { Note } from './actions/action.ts';
import { messagesOf } from './outcome.ts';

export type DrillParts = {
	readonly database: Database;
	readonly people: () => Promise<readonly Person[]>;
	readonly clock: () => Instant;
	readonly random: () => number;
};

const BOT = { kind: 'bot', id: 'drill' } as const;
const NOTHING: ToRecord = { entries: [] };

/** Answers one row: its key is `real` (an alarm came), or `<drill>:<number of the alert>`, or `<drill>:end`. */
export async function goOnWithDrill(parts: DrillParts, due: Due): Promise<void> {
	const now = parts.clock();
	const what = due.key === 'real' ? await suspendAll(parts, due, now) : await goOn(parts, due.key, now);
	await record(parts.database, { ...what, done: [due] }, now);
}

async function goOn(parts: DrillParts, key: string, now: Instant): Promise<ToRecord> {
	const [id = '', what = ''] = key.split(':');
	const drill = await readDrill(parts.database, id);
	if (drill === null) return NOTHING;
	if (drill.ended !== null) return drill.isCleared ? NOTHING : await clear(parts, drill, now);
	const later = (after: Instant): ToRecord => ({ entries: [], topics: [{ topic: 'drill', key, after }] });
	if (drill.suspended !== null) return later(now + DRILL_WAIT_MS);
	const next = what === 'end' ? null : drill.alerts[Number(what)];
	if (next === undefined) return NOTHING;
	const at = dueAt(drill, next === null ? drill.lasts : next.at);
	if (at > now) return later(at);
	return next === null ? ended(drill, now) : sent(parts, drill, next, now);
}

/** The alert as a row that triage is asked to judge. Its source says whose drill it is, and nothing else does. */
function sent(parts: DrillParts, drill: Drill, { alert }: DrillAlert, now: Instant): ToRecord {
	const id = makeId('alr', now, parts.random);
	const source = drillSource(drill.id);
	const moment = { occurred_at: now, received_at: now, first_seen: now, last_seen: now };
	const { status, title, description, severity, severity_raw, kind, domain, entities, techniques, labels } = alert;
	return {
		entries: [
			{
				kind: 'alert.stored',
				actor: BOT,
				at: now,
				incident: drill.id,
				refs: [id],
				data: { source, title, severity, fingerprint: alert.fingerprint },
			},
		],
		changes: [
			{
				op: 'insert',
				table: 'alerts',
				row: {
					...{
						id,
						source,
						source_kind: 'drill',
						fingerprint: alert.fingerprint,
						external_id: null,
						time_basis: 'event',
					},
					...{ status, title, description, severity, severity_raw, kind, domain, entities, techniques, labels },
					...{ ...moment, turns: [[now, 1]], raw: JSON.stringify({ ...alert, occurred_at: toIso(now) }) },
				},
			},
		],
		topics: [{ topic: 'triage', key: id }],
	};
}

/** Its time is over: the end is recorded, and what is open is closed with the next look. */
function ended(drill: Drill, now: Instant): ToRecord {
	return { entries: [entryOf('drill.ended', drill, { why: 'its time was over' }, now)], topics: [endOf(drill)] };
}

function endOf(drill: Drill): NextTopic {
	return { topic: 'drill', key: `${drill.id}:end` };
}

/** After the end, whoever ended it: open steps are cancelled, the incident is resolved, and the thread is told. */
async function clear(parts: DrillParts, drill: Drill, now: Instant): Promise<ToRecord> {
	const incident = await readDrillIncident(parts.database, drill.id);
	const why = markDrill(`the drill is over: ${drill.ended?.why ?? ''}`);
	const steps = incident?.steps ?? [];
	const changes: Change[] = steps.map((step) => ({
		op: 'update',
		table: 'steps',
		id: step.id,
		set: { state: 'cancelled', outcome: why, updated_at: now },
	}));
	for (const id of incident?.alerts ?? [])
		changes.push({ op: 'update', table: 'alerts', id, set: { status: 'closed', closed_at: now } });
	const isOpen = incident?.state === 'open' || incident?.state === 'acknowledged';
	if (isOpen)
		changes.push({
			op: 'update',
			table: 'incidents',
			id: drill.id,
			set: { state: 'resolved', resolved_by: BOT.id, resolution: why, updated_at: now },
			expect: { state: incident.state },
		});
	const said = incident === null ? { changes: [], topics: [] } : tell(parts, drill, 'over', [overNote(drill)], now);
	const cancelled = steps.map(
		(step): NewEntry => ({ ...entryOf('step.cancelled', drill, { why }, now), refs: [step.id] }),
	);
	return {
		entries: [
			...cancelled,
			...(isOpen ? [entryOf('incident.resolved', drill, { resolution: why }, now)] : []),
			entryOf('drill.cleared', drill, { steps: steps.length }, now),
		],
		changes: [...changes, ...said.changes],
		topics: [...said.topics, ...(incident === null ? [] : ([{ topic: 'card', key: drill.id }] as const))],
	};
}

function overNote(drill: Drill): { readonly channel: string; readonly text: string } {
	const text = `over: ${drill.ended?.why ?? ''}. Nothing was called. What was timed: interlock drill report ${drill.id}`;
	return { channel: '', text };
}

/** A real alarm of process safety, or a critical one: every drill stands still at once, and all who take part are told. */
async function suspendAll(parts: DrillParts, due: Due, now: Instant): Promise<ToRecord> {
	const running = (await readDrills(parts.database)).filter((one) => one.ended === null && one.suspended === null);
	if (running.length === 0) return NOTHING;
	const known = await parts.people();
	const what: { entries: NewEntry[]; changes: Change[]; topics: NextTopic[] } = {
		entries: [],
		changes: [],
		topics: [],
	};
	const why = `a real alarm came (${String(due.data['why'] ?? 'critical')}): look at it and leave the drill`;
	for (const drill of running) {
		const ids = new Set([drill.by, ...(await readDrillPeople(parts.database, drill.id))]);
		const slack = known.flatMap((person) => (ids.has(person.id) && person.slack !== null ? [person.slack] : []));
		const text = `SUSPENDED. THIS IS REAL: ${why}. The drill goes on only when a person says so: interlock drill resume`;
		const alert = typeof due.data['alert'] === 'string' ? due.data['alert'] : null;
		what.entries.push({
			...entryOf('drill.suspended', drill, { why, told: slack.length }, now),
			refs: alert === null ? [drill.id] : [drill.id, alert],
		});
		const isThere = (await readDrillIncident(parts.database, drill.id)) !== null;
		const notes = [...(isThere ? [''] : []), ...slack].map((channel) => ({ channel, text }));
		const said = tell(parts, drill, `suspended:${now}`, notes, now);
		what.changes.push(...said.changes);
		what.topics.push(...said.topics, { topic: 'card', key: drill.id });
	}
	return what;
}

function tell(
	parts: DrillParts,
	drill: Drill,
	what: string,
	notes: readonly Omit<Note, 'key'>[],
	now: Instant,
): { readonly changes: Change[]; readonly topics: NextTopic[] } {
	const marked = notes.map(({ channel, text }) => ({
		key: `drill:${drill.id}:${what}:${channel}`,
		channel,
		text: markDrill(text),
	}));
	return messagesOf(marked, { incident: drill.id }, (prefix) => makeId(prefix, now, parts.random), now);
}

function entryOf(kind: NewEntry['kind'], drill: Drill, data: NewEntry['data'], now: Instant): NewEntry {
	return { kind, actor: BOT, at: now, incident: drill.id, refs: [drill.id], data };
}
