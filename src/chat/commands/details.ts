// `details N`: the way of an incident through ATT&CK stages and zones, what lies open from there, and what was like it. Pure.
import { say } from '../answer.ts';
import { insightLines } from '../views/insight.ts';
import { incidentName } from '../views/words.ts';
import type { Command } from './command.ts';

export const details: Command = {
	name: 'details',
	usage: 'details N',
	help: 'how far it has come, what lies open from there, what it was like before',
	takesIncident: true,
	reads: ['insight'],
	run: ({ situation, loaded, naming }) => {
		if (situation === null || loaded.insight === null)
			return say('Which incident? Its number is on the card: details 17');
		const lines = [incidentName(situation.incident), ...insightLines(loaded.insight, naming)];
		// Data of our own making: plain JSON through and through.
		return say(lines.join('\n'), JSON.parse(JSON.stringify(loaded.insight)));
	},
};
