// `merge N M`: incident M becomes part of N, without waiting to be asked. Pure; the engine follows the entry. What is recorded is buttons/merge.ts.
import { say } from '../answer.ts';
import { mergeYes } from '../buttons/merge.ts';
import { incidentName } from '../views/words.ts';
import type { Command } from './command.ts';

export const merge: Command = {
	name: 'merge',
	usage: 'merge N M [reason]',
	help: 'make incident M part of incident N',
	takesIncident: true,
	reads: ['other'],
	run: ({ acting, situation, words, now, loaded, places }) => {
		if (situation === null || words[1] === undefined)
			return say('Which two incidents? The one that stays first: merge 17 18');
		if (loaded.other === null)
			return say(`No second incident \`${words[1].slice(0, 40)}\`. All open ones: /interlock list`);
		const { situation: from, alerts, isWhole } = loaded.other;
		if (from.incident.id === situation.incident.id) return say(`${incidentName(from.incident)} is one already.`);
		if (!isWhole)
			return say(
				`Not merged: ${incidentName(from.incident)} has more than ${alerts.length} alerts. Merge the smaller one into it, or resolve it.`,
			);
		const reason = words.slice(2).join(' ').trim();
		return mergeYes({
			acting,
			situation,
			from,
			alerts,
			suggestion: null,
			zones: places.zones,
			reason: reason === '' ? null : reason,
			now,
		});
	},
};
