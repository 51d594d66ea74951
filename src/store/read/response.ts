// Reads for the response stage: an incident with all that its plan rests on, in one snapshot (one transaction, repeatable read), so that
// approvals, facts and freezes belong to the same moment. Reads only. NOT here: what any of it means.
import type { Entity } from '../../domain/alert.ts';
import type { Approval } from '../../domain/decision.ts';
import { DRILL_PREFIX, isDrill } from '../../domain/drill.ts';
import type { Severity } from '../../domain/severity.ts';
import type { Step } from '../../domain/step.ts';
import { HOUR } from '../../domain/time.ts';
import type { Category, Verdict } from '../../domain/verdict.ts';
import type { Database, Transaction } from '../database.ts';
import { and, desc, eq, gt, inArray, isNull, ne, sql } from '../drizzle.ts';
import { LOCK_SPACE } from '../migrate.ts';
import * as schema from '../schema.ts';
import { type LedgerProof, readProof } from './proof.ts';

/** Advisory lock under which intents of steps on OT are recorded: one at a time in the whole plant (row P04). */
const LOCK_OT_INTENT = 20;

const ALERTS_MAX = 200;

/** An incident's row with the columns that planning needs, typed by the words of the domain. */
type IncidentRow = {
	readonly id: string;
	readonly number: number;
	readonly title: string;
	readonly state: 'open' | 'acknowledged' | 'resolved' | 'merged';
	readonly severity: Severity;
	readonly domain: 'it' | 'ot' | 'cross';
	readonly category: Category;
	readonly process_safety: boolean;
	readonly sites: readonly string[];
	readonly zones: readonly string[];
	readonly assets: readonly string[];
	readonly techniques: readonly string[];
	readonly playbooks: readonly string[];
	readonly confidence_firm: number;
	readonly channel: string | null;
	readonly card_ts: string | null;
};

export type AlertRow = {
	readonly id: string;
	readonly occurredAt: number;
	readonly entities: Entity[];
	readonly verdict: Verdict | null;
	/** When its condition ended; null while it is open. */
	readonly closedAt: number | null;
};
type FreezeRow = {
	readonly id: string;
	readonly scope: string;
	readonly set_by: string;
	readonly reason: string;
};

export type ResponseSnapshot = {
	readonly incident: IncidentRow;
	/** Gravest and newest first, at most 200. */
	readonly alerts: readonly AlertRow[];
	readonly steps: readonly Step[];
	readonly approvals: readonly Approval[];
	/** What the ledger says of all this: approvals and statements count from there alone. */
	readonly proof: LedgerProof;
	/** Calls that were made without asking anybody within the last hour, by the ledger. */
	readonly automaticLastHour: number;
	/** What those calls reached, one name a call; a call that named no asset is left out. */
	readonly automaticTargets: readonly string[];
	readonly freezes: readonly FreezeRow[];
	/** Steps of any incident that are running or in doubt. */
	readonly busy: readonly Step[];
	/** Open process-safety incidents of the whole plant: their zones, and when the newest alarm came. */
	readonly alarms: readonly { readonly zones: readonly string[]; readonly since: number }[];
};

/** Everything about an incident that planning and running look at; null where there is no such incident. */
export async function readIncidentForResponse(
	database: Database,
	incident: string,
	now: number,
): Promise<ResponseSnapshot | null> {
	return await database.db.transaction(async (tx) => await snapshot(tx, incident, now), {
		isolationLevel: 'repeatable read',
		accessMode: 'read only',
	});
}

/** The same for the incident that a step belongs to. */
export async function readStepForResponse(
	database: Database,
	step: string,
	now: number,
): Promise<{ snapshot: ResponseSnapshot; step: Step } | null> {
	return await database.db.transaction(
		async (tx) => {
			const [row] = await tx
				.select({ incident: schema.steps.incident })
				.from(schema.steps)
				.where(eq(schema.steps.id, step));
			const all = row === undefined ? null : await snapshot(tx, row.incident, now);
			const found = all?.steps.find((one) => one.id === step);
			return all === null || found === undefined ? null : { snapshot: all, step: found };
		},
		{ isolationLevel: 'repeatable read', accessMode: 'read only' },
	);
}

/** Steps with this action that were done and not taken back, of incidents that are open, with what people call the incident. */
export async function readHolders(database: Database, action: string): Promise<(Step & { readonly number: number })[]> {
	const rows = await database.db
		.select({ step: schema.steps, number: schema.incidents.number })
		.from(schema.steps)
		.innerJoin(schema.incidents, eq(schema.incidents.id, schema.steps.incident))
		.where(
			and(
				eq(schema.steps.action, action),
				eq(schema.steps.state, 'done'),
				inArray(schema.incidents.state, ['open', 'acknowledged']),
			),
		)
		.orderBy(schema.steps.updated_at, schema.steps.id);
	return rows.map(({ step, number }) => ({ ...step, number }));
}

async function snapshot(tx: Transaction, id: string, now: number): Promise<ResponseSnapshot | null> {
	const [incident] = await tx.select().from(schema.incidents).where(eq(schema.incidents.id, id));
	if (incident === undefined) return null;
	const steps = await tx
		.select()
		.from(schema.steps)
		.where(eq(schema.steps.incident, id))
		.orderBy(schema.steps.playbook, schema.steps.position, schema.steps.id);
	const ids = steps.map((step) => step.id);
	const approvals =
		ids.length === 0 ? [] : await tx.select().from(schema.approvals).where(inArray(schema.approvals.step, ids));
	const proof = await readProof(tx, id, ids, now);
	const automatic = await readAutomaticSince(tx, now - HOUR);
	const freezes = await tx.select().from(schema.freezes).where(isNull(schema.freezes.thawed_at));
	const busy = await tx
		.select()
		.from(schema.steps)
		.where(and(inArray(schema.steps.state, ['running', 'in_doubt']), countsFor(id, schema.steps.incident)));
	const alarms = await tx
		.select({
			zones: schema.incidents.zones,
			lastAt: schema.incidents.last_at,
			openedAt: schema.incidents.opened_at,
		})
		.from(schema.incidents)
		.where(
			and(
				eq(schema.incidents.process_safety, true),
				inArray(schema.incidents.state, ['open', 'acknowledged']),
				countsFor(id, schema.incidents.id),
			),
		);
	const alerts = await tx
		.select({
			id: schema.alerts.id,
			occurredAt: schema.alerts.occurred_at,
			entities: schema.alerts.entities,
			verdict: schema.alerts.verdict,
			closedAt: schema.alerts.closed_at,
		})
		.from(schema.alerts)
		.where(eq(schema.alerts.incident, id))
		.orderBy(
			sql`array_position(ARRAY['critical','high','medium','low','informational'], ${schema.alerts.verdict}->>'severity')`,
			desc(schema.alerts.last_seen),
			schema.alerts.id,
		)
		.limit(ALERTS_MAX);
	return {
		// Severity, domain and category are text columns that only triage's and correlation's typed values are written to.
		incident: {
			...incident,
			severity: incident.severity as Severity,
			domain: incident.domain as IncidentRow['domain'],
			category: incident.category as Category,
		},
		alerts,
		steps,
		approvals,
		proof,
		automaticLastHour: automatic.length,
		automaticTargets: automatic.flatMap((call) => call.target ?? []),
		freezes,
		busy,
		alarms: alarms.map(({ zones, lastAt, openedAt }) => ({ zones, since: Math.max(lastAt, openedAt) })),
	};
}

/** What belongs to a drill holds back nothing of a real incident; what is real counts in a drill too. */
function countsFor(incident: string, column: typeof schema.steps.incident | typeof schema.incidents.id) {
	return isDrill(incident) ? undefined : sql`NOT starts_with(${column}, ${DRILL_PREFIX})`;
}

/** Intents of calls of class AUTO: an internal step (a message, a look-up) has no connector and is none. */
async function readAutomaticSince(
	tx: Transaction,
	since: number,
): Promise<readonly { readonly target: string | null }[]> {
	return await tx.execute<{ target: string | null }>(sql`
		SELECT canonical::jsonb->'data'->>'target' AS target FROM ledger_entries
		WHERE kind = 'step.intent' AND at > ${since}
			AND canonical::jsonb->'data'->>'class' = 'AUTO' AND canonical::jsonb->'data' ? 'connector'`);
}

/** Whether another worker holds a live lease on a row of topic `run` for this step: then the step is in its hands, not in doubt. */
export async function isStepHeldElsewhere(
	database: Database,
	step: string,
	ownDue: number,
	now: number,
): Promise<boolean> {
	const rows = await database.db
		.select({ id: schema.outbox.id })
		.from(schema.outbox)
		.where(
			and(
				eq(schema.outbox.topic, 'run'),
				eq(schema.outbox.key, step),
				ne(schema.outbox.id, ownDue),
				gt(schema.outbox.lease_until, now),
			),
		)
		.limit(1);
	return rows.length > 0;
}

/** Pages of real incidents that went to each person since an instant, by person's id (from the keys `page:<step>:<person>`). */
export async function countPagesSince(database: Database, since: number): Promise<Record<string, number>> {
	const rows = await database.db.execute<{ person: string; times: string }>(sql`
		SELECT person, count(DISTINCT what) AS times FROM (
			SELECT substring(key from '^page:[^:]+:(.+)$') AS person, substring(key from '^page:([^:]+):') AS what
				FROM messages WHERE key LIKE 'page:%' AND created_at > ${since}
				AND (incident IS NULL OR NOT starts_with(incident, ${DRILL_PREFIX}))
			UNION ALL
			SELECT substring(key from '^pager:[^:]+:[^:]+:([^#].*)$'), substring(key from '^pager:[^:]+:([^:]+):')
				FROM messages WHERE key LIKE 'pager:%' AND created_at > ${since}
				AND (incident IS NULL OR NOT starts_with(incident, ${DRILL_PREFIX}))
		) AS told GROUP BY 1`);
	return Object.fromEntries(rows.filter((row) => row.person !== null).map((row) => [row.person, Number(row.times)]));
}

/** Earlier incidents that had this asset, newest first. */
export async function readPastIncidents(
	database: Database,
	asset: string,
	except: string,
	limit: number,
): Promise<{ number: number; title: string; state: string; lastAt: number }[]> {
	return await database.db
		.select({
			number: schema.incidents.number,
			title: schema.incidents.title,
			state: schema.incidents.state,
			lastAt: schema.incidents.last_at,
		})
		.from(schema.incidents)
		.where(
			and(
				sql`${schema.incidents.assets} @> ${JSON.stringify([asset])}::jsonb`,
				ne(schema.incidents.id, except),
				sql`NOT starts_with(${schema.incidents.id}, ${DRILL_PREFIX})`,
			),
		)
		.orderBy(desc(schema.incidents.last_at))
		.limit(limit);
}

/** Runs `work` while no other process records an intent for a step on OT. */
export async function withOtIntentLock<T>(database: Database, work: () => Promise<T>): Promise<T> {
	let result: { value: T } | null = null;
	await database.raw.begin(async (tx) => {
		await tx`SELECT pg_advisory_xact_lock(${LOCK_SPACE}, ${LOCK_OT_INTENT})`;
		result = { value: await work() };
	});
	// Set whenever begin() did not throw; the compiler cannot see into the callback.
	const done = result as { value: T } | null;
	if (done === null) throw new Error('OT intent lock: the work did not run');
	return done.value;
}
