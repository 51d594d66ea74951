// The lane of drills: an alert of a drill goes into that drill's own incident, whose id its source names, and nowhere else. It asks no engine and
// leaves nothing in its memory. That no other way leads in or out is held by `assertApart`, which every placement passes. Pure.
import { drillOf, isDrill } from '../domain/drill.ts';
import type { AlertToPlace } from '../store/read/correlation.ts';

/** The incident of a drill's alert; null for every real alert. */
export function drillIncident(alert: Pick<AlertToPlace, 'alert'>): string | null {
	return drillOf(alert.alert.source);
}

/**
 * A drill's alert is in its drill's incident, a real one is in none of a drill.
 *
 * @throws where the two would meet: nothing of the batch is recorded then
 */
export function assertApart(incident: string, alert: Pick<AlertToPlace, 'alert'>): void {
	const drill = drillIncident(alert);
	if (drill === null ? isDrill(incident) : drill !== incident)
		throw new Error('correlation: what is a drill and what is real are never one incident');
}

/** Incidents flow together only where both are real. @throws where one of them is a drill's */
export function assertReal(...incidents: readonly string[]): void {
	if (incidents.some(isDrill)) throw new Error('correlation: the incident of a drill is merged with nothing');
}
