// Which route an incident takes, and whom it names. Pure.
import type { Config } from '../config/config.ts';
import type { Incident } from '../domain/incident.ts';
import { evaluate } from '../expression/condition.ts';

/**
 * The route that a triage rule chose, else the first that matches; one whose condition cannot be evaluated does not, and the default
 * channel takes the card.
 */
export function routeFor(config: Config, incident: Incident): Config['routes'][number] | null {
	const chosen = incident.route == null ? null : config.routes.find(({ name }) => name === incident.route);
	if (chosen != null) return chosen;
	return config.routes.find((candidate) => evaluate(candidate.condition, { incident }) === true) ?? null;
}

/** Whom the route of an incident names for when nobody answers, those first who are called first. */
export function escalationFor(config: Config, incident: object): readonly (readonly string[])[] {
	// The row as it was read: conditions read its columns by name, and one that cannot be evaluated matches nothing.
	const route = routeFor(config, incident as Incident);
	return (route?.escalation ?? []).toSorted((a, b) => a.after - b.after).map((level) => level.people);
}
