// What the buttons and commands on a whole incident are judged on. Pure.
import type { Instant } from '../../domain/time.ts';
import { type Answer, refuse } from '../answer.ts';
import type { Acting } from '../people.ts';
import type { Situation } from '../situation.ts';

export type IncidentClick = {
	readonly acting: Acting;
	readonly situation: Situation;
	readonly reason: string | null;
	readonly now: Instant;
};

/** A refusal recorded as `command.refused`. */
export function refuseClick(click: IncidentClick, command: string, why: string, reply: string): Answer {
	const { incident } = click.situation;
	return refuse(
		click.acting,
		{ kind: 'command.refused', command, incident: incident.id, refs: [incident.id], why },
		reply,
		click.now,
	);
}
