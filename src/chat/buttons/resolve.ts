// Ends an incident: what still waits is cancelled, what was contained stays contained until its own expiry. Pure.
import type { NewEntry } from '../../domain/entry.ts';
import type { Role } from '../../domain/person.ts';
import type { StepState } from '../../domain/step.ts';
import type { Change } from '../../store/record.ts';
import { type Answer, actorOf, STRANGER, say, wayOf } from '../answer.ts';
import { REASON_MAX } from '../blocks.ts';
import { isOnCallFor } from '../people.ts';
import { count, cut } from '../text.ts';
import { incidentName } from '../views/words.ts';
import { type IncidentClick, refuseClick } from './incident-click.ts';

/** What a process-safety alarm is closed by: the people who run the process. */
const PROCESS_ROLES: readonly Role[] = ['ot_operator', 'ot_engineer', 'sis_engineer', 'incident_lead'];
/** Steps that have not begun; one that has runs to its end. */
const CANCELLED_STATES: readonly StepState[] = ['planned', 'waiting', 'queued', 'hands'];

export function resolve(click: IncidentClick): Answer {
	const { acting, now } = click;
	const { incident, steps } = click.situation;
	const name = incidentName(incident);
	const { person } = acting;
	if (person === null) return refuseClick(click, 'resolve', 'unknown person', STRANGER);
	if (!isOnCallFor(person, incident.sites, incident.zones)) {
		return refuseClick(click, 'resolve', 'role', `Not recorded: you hold no role for the sites and zones of ${name}.`);
	}
	if (incident.process_safety && !person.roles.some((grant) => PROCESS_ROLES.includes(grant.role))) {
		return refuseClick(
			click,
			'resolve',
			'process safety',
			`Not recorded: ${name} holds a process-safety alarm; an operator, an engineer of the plant or the incident lead closes it.`,
		);
	}
	if (incident.state === 'resolved' || incident.state === 'merged') return say(`${name} is ${incident.state} already.`);
	const resolution = cut((click.reason ?? '').trim(), REASON_MAX);
	if (resolution === '')
		return refuseClick(click, 'resolve', 'no reason', `Not recorded: say what ${name} was and how it ended.`);
	const open = steps.filter((step) => CANCELLED_STATES.includes(step.state));
	const cancelled: NewEntry[] = open.map((step) => ({
		kind: 'step.cancelled',
		actor: actorOf(acting),
		at: now,
		incident: incident.id,
		refs: [step.id],
		data: { step_title: step.title, action: step.action, target: step.target, why: 'incident resolved' },
	}));
	const changes: Change[] = open.map((step) => ({
		op: 'update',
		table: 'steps',
		id: step.id,
		set: { state: 'cancelled', outcome: 'incident resolved', updated_at: now },
		expect: { state: step.state, updated_at: step.updated_at },
	}));
	return {
		outcome: 'done',
		entries: [
			{
				kind: 'incident.resolved',
				actor: actorOf(acting),
				at: now,
				incident: incident.id,
				refs: [incident.id],
				data: { resolution, ...wayOf(acting) },
			},
			...cancelled,
		],
		changes: [
			{
				op: 'update',
				table: 'incidents',
				id: incident.id,
				set: { state: 'resolved', resolved_by: acting.id, resolution, updated_at: now },
				expect: { state: incident.state },
			},
			...changes,
		],
		topics: [
			{ topic: 'card', key: incident.id },
			// Who was paged outside Slack is called no more.
			{ topic: 'pager', key: `life:${incident.id}` },
		],
		reply: `${name} is resolved.${open.length > 0 ? ` ${count(open.length, 'step')} that had not begun: cancelled.` : ''}`,
	};
}
