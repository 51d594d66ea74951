// What one batch of placements comes to: entries, rows and topics, put together without touching the store. Pure.
import { isDrill } from '../domain/drill.ts';
import type { NewEntry } from '../domain/entry.ts';
import type { Join } from '../domain/incident.ts';
import type { Inventory } from '../domain/inventory.ts';
import type { Instant } from '../domain/time.ts';
import type { NextTopic } from '../domain/topic.ts';
import type { AlertToPlace, IncidentRow } from '../store/read/correlation.ts';
import type { Change } from '../store/record.ts';
import { assertApart, assertReal } from './drill-lane.ts';
import { type Gathered, gather, gatheredOf } from './incident-of.ts';

export const CORRELATION = { kind: 'bot', id: 'correlation' } as const;
/** Lane of process-safety alarms: their cards and entries say so. */
export type Lane = 'ordinary' | 'safety';

/** Its incident was closed by people and the condition is seen again later: that is a new matter. */
export function isOver(row: IncidentRow, alert: AlertToPlace): boolean {
	return row.state === 'resolved' && alert.alert.status === 'open' && alert.lastSeen > row.updated_at;
}

type Held = {
	gathered: Gathered;
	state: string;
	row: IncidentRow | null;
	mergedInto: string | null;
	touched: boolean;
};
type Placed = { readonly from: string | null; readonly incident: string | null; readonly join: Join | null };

/** One batch of placements. Incidents that it touches were read before and are handed in. */
export class Batch {
	readonly #entries: NewEntry[] = [];
	readonly #topics: NextTopic[] = [];
	readonly #held = new Map<string, Held>();
	readonly #alerts = new Map<string, Placed>();
	readonly #waiting = new Map<string, Instant>();
	readonly #inventory: Inventory;
	readonly #now: Instant;

	constructor(rows: ReadonlyMap<string, IncidentRow>, inventory: Inventory, now: Instant) {
		this.#inventory = inventory;
		this.#now = now;
		for (const [id, row] of rows) {
			// The columns hold what gather() wrote.
			const gathered = rowOf(row as Gathered);
			this.#held.set(id, { gathered, state: row.state, row, mergedInto: row.merged_into, touched: false });
		}
	}

	/** The incident as this batch will leave it; null where there is none. */
	find(id: string): { readonly state: string; readonly gathered: Gathered } | null {
		return this.#held.get(id) ?? null;
	}

	/** Whether this batch has put the alert into an incident. */
	hasPut(alert: string): boolean {
		return (this.#alerts.get(alert)?.incident ?? null) !== null;
	}

	/** Opens an incident with this id and its first alert. */
	open(id: string, alert: AlertToPlace, join: Join, change: string | null, lane: Lane): void {
		assertApart(id, alert);
		const gathered = gatheredOf(alert, this.#inventory);
		this.#held.set(id, { gathered, state: 'open', row: null, mergedInto: null, touched: true });
		this.#enter('incident.opened', id, alert, join, change, lane);
	}

	join(id: string, alert: AlertToPlace, join: Join, change: string | null, lane: Lane): void {
		assertApart(id, alert);
		const incident = this.#need(id);
		incident.gathered = gather(incident.gathered, gatheredOf(alert, this.#inventory));
		incident.touched = true;
		this.#enter('incident.joined', id, alert, join, change, lane);
	}

	/** A repeat or closing of an alert that is in the incident already. */
	refresh(id: string, alert: AlertToPlace): void {
		assertApart(id, alert);
		const incident = this.#need(id);
		const grown = gather(incident.gathered, gatheredOf(alert, this.#inventory));
		incident.gathered = { ...grown, alert_count: incident.gathered.alert_count };
		incident.touched = true;
		this.#topics.push({ topic: incident.gathered.process_safety ? 'card_safety' : 'card', key: id });
	}

	/** Placed, but no incident for people: kept beside until something joins it, or, where a time is given, until then. */
	hold(alert: AlertToPlace, join: Join, until: Instant | null): void {
		this.#place(alert, null, join);
		if (until !== null) this.#waiting.set(alert.id, until);
	}

	/** `moved` are the alerts that the store has in `from`; those that this batch put there come too. */
	merge(from: string, into: string, join: Join, moved: readonly string[]): void {
		assertReal(from, into);
		const [source, target] = [this.#need(from), this.#need(into)];
		const alerts = source.gathered.alert_count;
		target.gathered = gather(target.gathered, source.gathered);
		target.touched = true;
		source.state = 'merged';
		source.mergedInto = into;
		source.touched = true;
		for (const id of moved) if (!this.#alerts.has(id)) this.#alerts.set(id, { from, incident: into, join: null });
		for (const [id, placed] of this.#alerts) {
			if (placed.incident === from) this.#alerts.set(id, { ...placed, incident: into });
		}
		this.#say('incident.merged', into, [into, from], target.gathered.last_at, { into, from, alerts, ...said(join) });
		this.#follow(into, 'ordinary');
		this.#topics.push({ topic: 'card', key: from }, { topic: 'plan', key: from });
	}

	/** Asks people whether `from` is part of `into`. */
	suggest(into: string, from: string, join: Join): void {
		assertReal(from, into);
		const at = this.#need(into).gathered.last_at;
		this.#say('incident.merge_suggested', into, [into, from], at, { into, from, ...said(join) });
		this.#topics.push({ topic: 'card', key: into });
	}

	result(): { entries: NewEntry[]; changes: Change[]; topics: NextTopic[] } {
		const changes = [...incidentChanges(this.#held, this.#now), ...alertChanges(this.#alerts, this.#now)];
		const waiting = [...this.#waiting]
			.filter(([alert]) => !this.hasPut(alert))
			.map(([alert, until]) => ({ topic: 'correlate' as const, key: alert, after: until }));
		return { entries: this.#entries, changes, topics: [...this.#topics, ...waiting] };
	}

	#need(id: string): Held {
		const found = this.#held.get(id);
		if (found === undefined) throw new Error(`correlation: incident ${id} is not in the batch`);
		return found;
	}

	#enter(
		kind: 'incident.opened' | 'incident.joined',
		id: string,
		alert: AlertToPlace,
		join: Join,
		change: string | null,
		lane: Lane,
	): void {
		this.#say(kind, id, [alert.id], alert.lastSeen, { ...said(join), change: change ?? undefined, lane });
		this.#place(alert, id, join);
		this.#follow(id, lane);
	}

	#place(alert: AlertToPlace, incident: string | null, join: Join): void {
		const held = this.#alerts.get(alert.id);
		this.#alerts.set(alert.id, { from: held === undefined ? alert.incident : held.from, incident, join });
	}

	#say(kind: NewEntry['kind'], incident: string, refs: readonly string[], at: number, data: NewEntry['data']): void {
		this.#entries.push({ kind, actor: CORRELATION, at, incident, refs, data });
	}

	#follow(id: string, lane: Lane): void {
		const card = lane === 'safety' ? 'card_safety' : 'card';
		this.#topics.push({ topic: card, key: id }, { topic: 'plan', key: id }, { topic: 'advise', key: id });
		const held = this.#held.get(id);
		if (!isGraver(held)) return;
		const isSafety = held?.gathered.process_safety === true && !isDrill(id);
		this.#topics.push({ topic: isSafety ? 'escalate_safety' : 'escalate', key: id });
	}
}

/** New, or worse than it was: somebody may have to be told who was not. */
function isGraver(held: Held | undefined): boolean {
	if (held === undefined) return false;
	const { row, gathered } = held;
	return row === null || row.severity !== gathered.severity || row.process_safety !== gathered.process_safety;
}

function said(join: Join): { score: number; threshold: number; parts: ReturnType<typeof wellFormed>[] } {
	return { score: join.score, threshold: join.threshold, parts: join.parts.map(wellFormed) };
}

function* incidentChanges(held: ReadonlyMap<string, Held>, now: Instant): Generator<Change> {
	for (const [id, incident] of held) {
		if (!incident.touched) continue;
		const set = {
			...rowOf(incident.gathered),
			state: incident.state as IncidentRow['state'],
			merged_into: incident.mergedInto,
			updated_at: now,
		}; // only states of the column are ever put in
		const { row } = incident;
		if (row === null) yield { op: 'insert', table: 'incidents', row: { id, ...set, opened_at: now, created_at: now } };
		// A person or another lane may have changed it meanwhile: then nothing of this batch counts, and it is placed again.
		else
			yield { op: 'update', table: 'incidents', id, set, expect: { state: row.state, alert_count: row.alert_count } };
	}
}

function* alertChanges(
	alerts: ReadonlyMap<string, { from: string | null; incident: string | null; join: Join | null }>,
	now: Instant,
): Generator<Change> {
	for (const [id, placed] of alerts) {
		const join = placed.join === null ? {} : { join: { ...placed.join, parts: placed.join.parts.map(wellFormed) } };
		yield {
			op: 'update',
			table: 'alerts',
			id,
			set: { incident: placed.incident, placed_at: now, ...join },
			expect: { incident: placed.from },
		};
	}
}

/** The columns that gathering decides; the row's others belong to other stages. */
function rowOf(gathered: Gathered): Gathered {
	const { title, severity, domain, category, process_safety, sites, zones, assets, techniques, tactics, playbooks } =
		gathered;
	const { route, confidence_firm, alert_count, first_at, last_at } = gathered;
	return {
		title,
		severity,
		domain,
		category,
		process_safety,
		sites,
		zones,
		assets,
		techniques,
		tactics,
		playbooks,
		route,
		confidence_firm,
		alert_count,
		first_at,
		last_at,
	};
}

function wellFormed(part: Join['parts'][number]): { evidence: string; weight: number; detail: string } {
	return { evidence: part.evidence, weight: part.weight, detail: part.detail.toWellFormed().slice(0, 300) };
}
