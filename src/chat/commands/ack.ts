// `ack N`: the Acknowledge button, typed. Pure.
import { say } from '../answer.ts';
import { acknowledge } from '../buttons/acknowledge.ts';
import type { Command } from './command.ts';

export const ack: Command = {
	name: 'ack',
	usage: 'ack N',
	help: 'say that you have the incident',
	takesIncident: true,
	run: ({ acting, situation, now }) =>
		situation === null
			? say('Which incident? Its number is on the card: ack 17')
			: acknowledge({ acting, situation, reason: null, now }),
};
