// `resolve N reason`: the Resolve button, typed. Pure.
import { say } from '../answer.ts';
import { resolve as resolveIncident } from '../buttons/resolve.ts';
import type { Command } from './command.ts';

export const resolve: Command = {
	name: 'resolve',
	usage: 'resolve N what it was and how it ended',
	help: 'end the incident; what has not begun is cancelled',
	takesIncident: true,
	run: ({ acting, situation, words, now }) =>
		situation === null
			? say('Which incident? Its number is on the card: resolve 17 false alarm, scanner was announced')
			: resolveIncident({ acting, situation, reason: words.slice(1).join(' ') || null, now }),
};
