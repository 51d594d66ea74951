// "I have it": so that two people do not both wait for the other. Pure.
import { type Answer, actorOf, STRANGER, say, wayOf } from '../answer.ts';
import { isOnCallFor } from '../people.ts';
import { incidentName } from '../views/words.ts';
import { type IncidentClick, refuseClick } from './incident-click.ts';

export function acknowledge(click: IncidentClick): Answer {
	const { acting, now } = click;
	const { incident } = click.situation;
	const name = incidentName(incident);
	if (acting.person === null) return refuseClick(click, 'acknowledge', 'unknown person', STRANGER);
	if (!isOnCallFor(acting.person, incident.sites, incident.zones)) {
		return refuseClick(
			click,
			'acknowledge',
			'role',
			`Not recorded: you hold no role for the sites and zones of ${name}.`,
		);
	}
	if (incident.state === 'acknowledged') {
		return say(
			incident.acknowledged_by === acting.id
				? `You have ${name} already.`
				: `${name} is acknowledged already, by ${incident.acknowledged_by ?? 'somebody'}.`,
		);
	}
	if (incident.state !== 'open') return say(`${name} is ${incident.state}; there is nothing to acknowledge.`);
	return {
		outcome: 'done',
		entries: [
			{
				kind: 'incident.acknowledged',
				actor: actorOf(acting),
				at: now,
				incident: incident.id,
				refs: [incident.id],
				data: wayOf(acting),
			},
		],
		changes: [
			{
				op: 'update',
				table: 'incidents',
				id: incident.id,
				set: { state: 'acknowledged', acknowledged_by: acting.id, updated_at: now },
				expect: { state: 'open' },
			},
		],
		topics: [
			{ topic: 'card', key: incident.id },
			// Who was paged outside Slack is called no more.
			{ topic: 'pager', key: `life:${incident.id}` },
		],
		reply: `${name} is yours. Others see that you have it.`,
	};
}
