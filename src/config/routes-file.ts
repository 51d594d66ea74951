// routes.yaml: which incident goes to which channel and people, and who is asked next when nobody answers.
import { z } from 'zod';
import { Incident } from '../domain/incident.ts';
import { PagerNames } from '../domain/pager.ts';
import { type Condition, compileCondition, type Variables } from '../expression/condition.ts';
import { Duration } from './duration.ts';
import { type Findings, shown } from './finding.ts';
import { textAt, type WrittenEntry } from './written.ts';

/** Names that a route's condition may use: the incident with the keys of domain/incident.ts. */
const ROUTE_VARIABLES: Variables = { incident: Object.keys(Incident.shape) };

const PersonIds = z.array(z.string().min(1).max(100)).max(100);

export const RouteEntry = z.strictObject({
	name: z.string().min(1).max(100).optional(),
	/** CEL over `incident`; the first route that matches counts. */
	when: z.string().min(1).max(4_000),
	channel: z.string().min(1).max(100).optional(),
	people: PersonIds.default([]),
	/** Pagers that are told too when the incident is opened (interlock.yaml). */
	pagers: PagerNames.optional(),
	/** Whom to call when nobody has acknowledged after this time. */
	escalation: z
		.array(
			z.strictObject({
				after: Duration,
				people: PersonIds.default([]),
				channel: z.string().min(1).max(100).optional(),
				pagers: PagerNames.optional(),
			}),
		)
		.max(20)
		.default([]),
});

/** Routes of one file. */
export const ROUTES_MAX = 1_000;

export type Route = z.infer<typeof RouteEntry> & { readonly condition: Condition };

/** Compiles a route's condition; null with the fault at its place where it has one. Also for what the schema refused otherwise. */
export function compileRoute(written: WrittenEntry, when: string, findings: Findings): Condition | null {
	const compiled = compileCondition(when, ROUTE_VARIABLES);
	if (compiled.ok) return compiled.value;
	const name = textAt(written.value, 'name');
	const { line, column, message, caret } = compiled.error;
	findings.error(
		written.at('when'),
		`${name === null ? `route ${written.index + 1}` : `route ${shown(name)}`}: \`when\`: line ${line}, column ${column} of the condition: ${message}`,
		caret,
	);
	return null;
}
