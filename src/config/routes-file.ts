// routes.yaml: which incident goes to which channel and people, and who is asked next when nobody answers.
import { z } from 'zod';
import { type Condition, compileCondition } from '../expression/condition.ts';
import { Duration } from './duration.ts';
import { type Findings, shown } from './finding.ts';
import type { YamlFile } from './yaml-file.ts';

/** Names that a route's condition may use: the incident with the keys of domain/incident.ts. */
const ROUTE_VARIABLES: Readonly<Record<string, string>> = { incident: 'map' };

const PersonIds = z.array(z.string().min(1).max(100)).max(100);

const RouteEntry = z.strictObject({
	name: z.string().min(1).max(100).optional(),
	/** CEL over `incident`; the first route that matches counts. */
	when: z.string().min(1).max(4_000),
	channel: z.string().min(1).max(100).optional(),
	people: PersonIds.default([]),
	/** Whom to call when nobody has acknowledged after this time. */
	escalation: z
		.array(
			z.strictObject({
				after: Duration,
				people: PersonIds.default([]),
				channel: z.string().min(1).max(100).optional(),
			}),
		)
		.max(20)
		.default([]),
});

export const RoutesFile = z.array(RouteEntry).max(1_000);

export type Route = z.infer<typeof RouteEntry> & { readonly condition: Condition };

/** Compiles the conditions; a route whose condition has a fault is reported at its place and left out. */
export function compileRoutes(
	entries: z.infer<typeof RoutesFile>,
	yaml: YamlFile,
	base: readonly PropertyKey[],
	findings: Findings,
): Route[] {
	return entries.flatMap((entry, index) => {
		const compiled = compileCondition(entry.when, ROUTE_VARIABLES);
		if (compiled.ok) return [{ ...entry, condition: compiled.value }];
		const name = entry.name === undefined ? `route ${index + 1}` : `route ${shown(entry.name)}`;
		findings.error(yaml.place([...base, index, 'when']), `${name}: \`when\`: ${compiled.error.message}`);
		return [];
	});
}
