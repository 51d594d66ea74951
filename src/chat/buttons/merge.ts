// A person's answer to "same incident?". Yes moves alerts and ends the other incident's plan; no is remembered. Pure.
import { isDrill } from '../../domain/drill.ts';
import type { NewEntry } from '../../domain/entry.ts';
import { maxSeverity, severityRank } from '../../domain/severity.ts';
import type { NextTopic } from '../../domain/topic.ts';
import type { Change } from '../../store/record.ts';
import { type Answer, actorOf, STRANGER, say, wayOf } from '../answer.ts';
import { GROUPING_ROLES, holdsForIncident } from '../people.ts';
import type { Incident, Situation } from '../situation.ts';
import { incidentName, roleWords } from '../views/words.ts';
import { type IncidentClick, refuseClick } from './incident-click.ts';

export type MergeClick = IncidentClick & {
	/** The incident that would end; `situation` is the one that stays. */
	readonly from: Situation;
	/** Ids of all alerts of `from`. */
	readonly alerts: readonly string[];
	/** The entry that suggested it; null where nobody did. */
	readonly suggestion: string | null;
	/** Site of each zone. */
	readonly zones: readonly { readonly id: string; readonly site: string | null }[];
};

function refusal(click: MergeClick, command: string): Answer | null {
	const { person } = click.acting;
	if (person === null) return refuseClick(click, command, 'unknown person', STRANGER);
	if (isDrill(click.situation.incident.id) || isDrill(click.from.incident.id))
		return refuseClick(click, command, 'drill', 'Not recorded: a drill and what is real are never one incident.');
	const foreign = [click.situation.incident, click.from.incident].find(
		(incident) => !holdsForIncident(person, GROUPING_ROLES, incident, click.zones),
	);
	if (foreign === undefined) return null;
	return refuseClick(
		click,
		command,
		'role',
		`Not recorded: ${roleWords(GROUPING_ROLES)} of the sites and zones of ${incidentName(foreign)} says what belongs to it.`,
	);
}

const ENDED = ['resolved', 'merged'];

export function mergeYes(click: MergeClick): Answer {
	const refused = refusal(click, 'merge');
	if (refused !== null) return refused;
	const { acting, now } = click;
	const into = click.situation.incident;
	const from = click.from.incident;
	if (from.state === 'merged') return say(`${incidentName(from)} is merged already.`);
	if (ENDED.includes(into.state) || ENDED.includes(from.state))
		return say(`One of ${incidentName(into)} and ${incidentName(from)} is closed already; nothing is merged.`);
	const whole = joined(into, from, now);
	const began = click.from.steps.filter((step) => ['planned', 'waiting', 'hands', 'queued'].includes(step.state));
	const entries: NewEntry[] = [
		{
			kind: 'incident.merged',
			actor: actorOf(acting),
			at: now,
			incident: into.id,
			refs: [into.id, from.id, ...(click.suggestion === null ? [] : [click.suggestion])],
			data: { into: into.id, from: from.id, alerts: click.alerts.length, reason: click.reason, ...wayOf(acting) },
		},
		...began.map(
			(step): NewEntry => ({
				kind: 'step.cancelled',
				actor: actorOf(acting),
				at: now,
				incident: from.id,
				refs: [step.id],
				data: { step_title: step.title, action: step.action, why: `merged into ${incidentName(into)}` },
			}),
		),
	];
	const changes: Change[] = [
		{
			op: 'update',
			table: 'incidents',
			id: from.id,
			set: { state: 'merged', merged_into: into.id, updated_at: now },
			// An alert that joins it meanwhile would stay behind in what nobody looks at: then it is read again.
			expect: { state: from.state, alert_count: from.alert_count },
		},
		{
			op: 'update',
			table: 'incidents',
			id: into.id,
			set: whole,
			expect: { state: into.state, alert_count: into.alert_count },
		},
		...click.alerts.map(
			(id): Change => ({
				op: 'update',
				table: 'alerts',
				id,
				set: { incident: into.id },
				expect: { incident: from.id },
			}),
		),
		...began.map(
			(step): Change => ({
				op: 'update',
				table: 'steps',
				id: step.id,
				set: { state: 'cancelled', outcome: `merged into ${incidentName(into)}`, updated_at: now },
				expect: { state: step.state, updated_at: step.updated_at },
			}),
		),
	];
	return {
		outcome: 'done',
		entries,
		changes,
		topics: [
			{ topic: 'plan', key: into.id },
			{ topic: whole.process_safety ? 'card_safety' : 'card', key: into.id },
			{ topic: 'card', key: from.id },
			{ topic: 'advise', key: into.id },
			...toTell(into, whole),
		],
		reply: `${incidentName(from)} is part of ${incidentName(into)} now.`,
	};
}

type Joined = Pick<
	Incident,
	| 'title'
	| 'severity'
	| 'category'
	| 'process_safety'
	| 'domain'
	| 'sites'
	| 'zones'
	| 'assets'
	| 'techniques'
	| 'tactics'
	| 'alert_count'
	| 'first_at'
	| 'last_at'
	| 'updated_at'
> & { readonly route: string | null };

/**
 * The incident that stays, with what the other one knew: never less severe, never less than a process-safety alarm. It is named as
 * correlation names one of two parts (correlation/incident-of.ts): by its process-safety alarm, else by the graver part.
 */
function joined(into: Incident, from: Incident, now: number): Joined {
	const union = (a: readonly string[], b: readonly string[]): string[] => [...new Set([...a, ...b])];
	const safety = into.process_safety ? into : from.process_safety ? from : null;
	const named = safety ?? (severityRank(from.severity) > severityRank(into.severity) ? from : into);
	return {
		title: named.title,
		severity: maxSeverity(into.severity, from.severity),
		category: named.category,
		process_safety: safety !== null,
		domain: into.domain === from.domain ? into.domain : 'cross',
		sites: union(into.sites, from.sites),
		zones: union(into.zones, from.zones),
		assets: union(into.assets, from.assets),
		techniques: union(into.techniques, from.techniques),
		tactics: union(into.tactics, from.tactics),
		route: safety === null ? (named.route ?? into.route ?? from.route ?? null) : null,
		alert_count: into.alert_count + from.alert_count,
		first_at: Math.min(into.first_at, from.first_at),
		last_at: Math.max(into.last_at, from.last_at),
		updated_at: now,
	};
}

/** The pages of the one that ends end with it: who is named for what stays hears where it became worse. */
function toTell(into: Incident, whole: Joined): NextTopic[] {
	if (whole.severity === into.severity && whole.process_safety === into.process_safety) return [];
	return [{ topic: whole.process_safety ? 'escalate_safety' : 'escalate', key: into.id }];
}

/** The answer "no": an entry, so that the same question is not asked again and a reviewer sees who kept them apart. */
export function mergeNo(click: MergeClick): Answer {
	const refused = refusal(click, 'keep apart');
	if (refused !== null) return refused;
	const { acting, now } = click;
	const into = click.situation.incident;
	const from = click.from.incident;
	return {
		outcome: 'done',
		entries: [
			{
				kind: 'incident.split',
				actor: actorOf(acting),
				at: now,
				incident: into.id,
				refs: [into.id, from.id, ...(click.suggestion === null ? [] : [click.suggestion])],
				data: { kept_apart: from.id, ...wayOf(acting) },
			},
		],
		changes: [],
		topics: [{ topic: 'card', key: into.id }],
		reply: `${incidentName(into)} and ${incidentName(from)} stay apart.`,
	};
}
