// The words in which people meet severities, states and step classes. No meaning hangs on a colour alone (WCAG 1.4.1). Pure.

import type { ApprovalNeed } from '../../domain/decision.ts';
import type { Incident, IncidentState } from '../../domain/incident.ts';
import type { Role } from '../../domain/person.ts';
import { never } from '../../domain/result.ts';
import { type Severity, severityRank } from '../../domain/severity.ts';
import type { Step } from '../../domain/step.ts';
import type { Naming } from '../situation.ts';

const MARKS: Readonly<Record<Severity, string>> = {
	informational: '⚪',
	low: '🔵',
	medium: '🟡',
	high: '🟠',
	critical: '🔴',
};

/** `🟠 HIGH (4 of 5)`: sign, word and place on the scale say the same thing. */
export function severityWords(severity: Severity): string {
	return `${MARKS[severity]} ${severity.toUpperCase()} (${severityRank(severity) + 1} of 5)`;
}

export function incidentName(incident: Pick<Incident, 'number'>): string {
	return `INC-${incident.number}`;
}

export function stateWords(state: IncidentState): string {
	switch (state) {
		case 'open':
			return 'open, nobody has taken it yet';
		case 'acknowledged':
			return 'being worked on';
		case 'resolved':
			return 'resolved';
		case 'merged':
			return 'merged into another incident';
		default:
			return never(state);
	}
}

const DOMAINS = { it: 'IT', ot: 'OT', cross: 'IT and OT' } as const;

export function domainWords(domain: Incident['domain']): string {
	return DOMAINS[domain];
}

export function roleWords(roles: readonly Role[]): string {
	return roles
		.map((role) => role.replaceAll('_', ' ').replace(/^(it|ot|sis)\b/, (side) => side.toUpperCase()))
		.join(' or ');
}

/** What a step in doubt holds back meanwhile; empty where nothing. */
export function heldBackWords(step: Step, naming: Pick<Naming, 'touchesOt'>): string {
	return naming.touchesOt(step) ? 'Until somebody settles it, no other step on OT starts.' : '';
}

const SIDES = { it: 'one person of IT', ot: 'one person of OT', any: 'one person' } as const;

/** `one person of OT (OT engineer or OT operator)`. */
export function needWords(need: ApprovalNeed): string {
	return `${SIDES[need.side]} (${roleWords(need.roles)})`;
}

/** `36 min`, `5 h`, `3 d`: for how long something has been so. */
export function durationWords(ms: number): string {
	const minutes = Math.max(0, Math.round(ms / 60_000));
	if (minutes < 120) return `${minutes} min`;
	if (minutes < 48 * 60) return `${Math.round(minutes / 60)} h`;
	return `${Math.round(minutes / 1440)} d`;
}

/** The group in which a card shows a step; null where it is not shown. */
export type StepGroup = 'waiting' | 'hands' | 'attention' | 'running' | 'done' | 'refused';

export function stepGroup(step: Step): StepGroup | null {
	switch (step.state) {
		case 'waiting':
			return 'waiting';
		case 'hands':
			return 'hands';
		case 'in_doubt':
		case 'failed':
			return 'attention';
		case 'planned':
		case 'queued':
		case 'running':
			return 'running';
		case 'done':
		case 'attested':
		case 'undone':
			return 'done';
		case 'refused':
		case 'forbidden':
		case 'expired':
			return 'refused';
		case 'cancelled':
			return null;
		default:
			return never(step.state);
	}
}
