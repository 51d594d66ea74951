// What people do to the grouping beyond merging (chat/buttons/merge.ts): taking alerts out of an incident into one of their own.
// Pure: returns what to record. The engine follows the entry afterwards (mind.ts) and does not put them back.
import { isDrill } from '../domain/drill.ts';
import type { Actor } from '../domain/entry.ts';
import type { Inventory } from '../domain/inventory.ts';
import { err, ok, type Result } from '../domain/result.ts';
import type { Instant } from '../domain/time.ts';
import type { AlertToPlace, IncidentRow } from '../store/read/correlation.ts';
import type { Change, ToRecord } from '../store/record.ts';
import { gather, gatheredOf } from './incident-of.ts';

/** Alerts that one split may move in one transaction. */
const SPLIT_ALERTS_MAX = 500;

export type Split = {
	readonly incident: IncidentRow;
	/** All alerts of the incident. */
	readonly members: readonly AlertToPlace[];
	/** Ids of those to take out. */
	readonly taken: readonly string[];
	/** Id of the incident that they become. */
	readonly newId: string;
	readonly actor: Actor;
	readonly reason: string;
};

/**
 * Takes alerts out of an incident: they become one of their own, and both rows are made anew from their alerts.
 *
 * @returns what to record, or why not, in words for the person who asked
 */
export function splitIncident(split: Split, inventory: Inventory, now: Instant): Result<ToRecord, string> {
	const { incident, members, newId, actor, reason } = split;
	if (isDrill(incident.id)) return err('it is a drill: its alerts stay together');
	if (incident.state !== 'open' && incident.state !== 'acknowledged') return err(`the incident is ${incident.state}`);
	const wanted = new Set(split.taken);
	const taken = members.filter((member) => wanted.has(member.id));
	const left = members.filter((member) => !wanted.has(member.id));
	const [firstTaken, ...restTaken] = taken.map((member) => gatheredOf(member, inventory));
	const [firstLeft, ...restLeft] = left.map((member) => gatheredOf(member, inventory));
	if (taken.length !== wanted.size) return err('one of the alerts is not in this incident');
	if (firstTaken === undefined) return err('no alert was named');
	if (firstLeft === undefined) return err('all alerts were named: the incident itself is what you want');
	if (taken.length > SPLIT_ALERTS_MAX)
		return err(`${taken.length} alerts were named, ${SPLIT_ALERTS_MAX} can move at once`);
	const apart = restTaken.reduce(gather, firstTaken);
	const rest = restLeft.reduce(gather, firstLeft);
	const ids = taken.map((member) => member.id);
	const changes: Change[] = [
		{
			op: 'insert',
			table: 'incidents',
			row: { id: newId, ...apart, state: 'open', opened_at: now, created_at: now, updated_at: now },
		},
		{
			op: 'update',
			table: 'incidents',
			id: incident.id,
			// A process-safety incident stays one: a split never lowers its lane.
			set: { ...rest, process_safety: incident.process_safety, updated_at: now },
			expect: { state: incident.state, alert_count: incident.alert_count },
		},
		...ids.map(
			(id): Change => ({
				op: 'update',
				table: 'alerts',
				id,
				set: { incident: newId },
				expect: { incident: incident.id },
			}),
		),
	];
	return ok({
		entries: [
			{
				kind: 'incident.split',
				actor,
				at: now,
				incident: incident.id,
				refs: [incident.id, newId, ...ids],
				data: { from: incident.id, to: newId, alerts: ids.length, reason },
			},
		],
		changes,
		topics: [incident.id, newId].flatMap((key) => [
			{ topic: 'card' as const, key },
			{ topic: 'plan' as const, key },
		]),
	});
}
