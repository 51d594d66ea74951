// Asks again for a step that nobody answered in time. The person who asks is its requester from then on and cannot approve it. Pure.
import type { Change } from '../../store/record.ts';
import { type Answer, actorOf, refuse, STRANGER, say, wayOf } from '../answer.ts';
import { isOnCallFor } from '../people.ts';
import { incidentName } from '../views/words.ts';
import { type StepClick, stepName } from './step-click.ts';

/**
 * What "Ask again" comes to: the step goes back to `planned` and is judged afresh. Answers to the first request end: whoever said yes then
 * says it again now. The old message keeps what was said under it; a new one is posted.
 */
export function askAgain(click: StepClick): Answer {
	const { acting, step, now } = click;
	const { incident, approvals } = click.situation;
	const no = (why: string, reply: string): Answer =>
		refuse(
			acting,
			{ kind: 'command.refused', command: 'ask', incident: incident.id, refs: [step.id], why },
			reply,
			now,
		);
	if (acting.person === null) return no('unknown person', STRANGER);
	if (!isOnCallFor(acting.person, incident.sites, incident.zones))
		return no('role', `Not asked: you hold no role for the sites and zones of ${incidentName(incident)}.`);
	if (incident.state === 'resolved' || incident.state === 'merged')
		return no(`incident ${incident.state}`, `Not asked: ${incidentName(incident)} is ${incident.state}.`);
	if (step.state !== 'expired')
		return say(`Only a step that expired can be asked again; ${stepName(click)} is ${step.state}.`);
	const ended = approvals.filter((approval) => approval.step === step.id && approval.expires_at > now);
	return {
		outcome: 'done',
		entries: [
			{
				kind: 'step.asked_again',
				actor: actorOf(acting),
				at: now,
				incident: incident.id,
				refs: [step.id],
				data: {
					step_title: step.title,
					action: step.action,
					target: step.target,
					before: step.requested_by,
					binding: step.decision?.binding ?? null,
					reason: click.reason,
					...wayOf(acting),
				},
			},
		],
		changes: [
			{
				op: 'update',
				table: 'steps',
				id: step.id,
				set: {
					state: 'planned',
					decision: null,
					outcome: null,
					expires_at: null,
					requested_by: acting.id,
					updated_at: now,
				},
				expect: { state: 'expired', updated_at: step.updated_at },
			},
			...ended.map(
				(approval): Change => ({ op: 'update', table: 'approvals', id: approval.id, set: { expires_at: now } }),
			),
			// The decision may come out the same, and with it the message's key: the old message gives it up.
			...click.requests.map(
				(row): Change => ({
					op: 'update',
					table: 'messages',
					id: row.id,
					set: { key: `asked:${step.id}:${row.id}` },
					expect: { key: row.key },
				}),
			),
		],
		topics: [
			{ topic: 'plan', key: incident.id },
			{ topic: 'card', key: incident.id },
		],
		reply: `Asked again: ${stepName(click)}. You asked, so somebody else has to approve it.`,
	};
}
