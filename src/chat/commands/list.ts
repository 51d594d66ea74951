// `list`: every open incident, also those too small for a card. Pure.
import { say } from '../answer.ts';
import { count, grouped, shown } from '../text.ts';
import { incidentName, severityWords } from '../views/words.ts';
import type { Command } from './command.ts';

/** What fits an answer in Slack, with the longest titles; a terminal scrolls. */
const SHOWN_IN_SLACK = 20;

export const list: Command = {
	name: 'list',
	usage: 'list',
	help: 'every open incident, also those too small for a card',
	takesIncident: false,
	run: ({ open, totals, pending, acting }) => {
		const waiting = (id: string): number =>
			pending.filter((step) => step.incident === id && step.state !== 'planned').length;
		const lines = (acting.via === 'slack' ? open.slice(0, SHOWN_IN_SLACK) : open).map((incident) => {
			const steps = waiting(incident.id);
			return `${incidentName(incident)}  ${severityWords(incident.severity)}  ${shown(incident.title, 100)}  (${count(incident.alert_count, 'alert')}, ${incident.state}${steps > 0 ? `, ${count(steps, 'step')} for people` : ''})`;
		});
		if (totals.open > lines.length) lines.unshift(`Open: showing the ${lines.length} worst of ${grouped(totals.open)}`);
		const incidents = open.map(
			({ id, number, title, state, severity, domain, category, process_safety, alert_count, first_at, last_at }) => ({
				id,
				number,
				title: shown(title, 500),
				state,
				severity,
				domain,
				category,
				process_safety,
				alert_count,
				first_at,
				last_at,
				steps_for_people: waiting(id),
			}),
		);
		return say(lines.length === 0 ? 'Nothing is open.' : lines.join('\n'), incidents);
	},
};
