// What a route of routes.yaml says about one incident: where it is shown, who is told, who is asked when nobody answers.
import type { Incident } from './incident.ts';

export type EscalationLevel = {
	/** Milliseconds after the incident was opened. */
	readonly after: number;
	/** Ids of people. */
	readonly people: readonly string[];
	/** A channel that is told too; absent for none. */
	readonly channel?: string | undefined;
	/** Pagers that are told too, beside those of the people. */
	readonly pagers?: readonly string[] | undefined;
};

export type RouteOf = (incident: Incident) => {
	/** Ids of the people who are told when the incident is opened. */
	readonly people: readonly string[];
	/** Pagers that are told when it is opened, beside those of the people. */
	readonly pagers?: readonly string[] | undefined;
	/** Who is told while nobody acknowledges, by time. */
	readonly escalation: readonly EscalationLevel[];
} | null;
