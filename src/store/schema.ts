// The tables. snake_case in SQL, camelCase nowhere: rows keep the names of the domain types. Instants are milliseconds.
// Ledger tables are insert-only: triggers and rights are set in drizzle/ (custom migration), not here.
import type { Entity } from '../domain/alert.ts';
import type { Decision } from '../domain/decision.ts';
import type { Join } from '../domain/incident.ts';
import type { StepParams } from '../domain/step.ts';
import type { Verdict } from '../domain/verdict.ts';
import {
	bigint,
	bigserial,
	boolean,
	customType,
	doublePrecision,
	index,
	integer,
	jsonb,
	pgTable,
	serial,
	sql,
	text,
	uniqueIndex,
} from './drizzle.ts';

const at = (name: string) => bigint(name, { mode: 'number' });
const bytes = customType<{ data: Buffer }>({ dataType: () => 'bytea' });

export const alerts = pgTable(
	'alerts',
	{
		id: text().primaryKey(),
		/** order of arrival in the database; not gapless */
		seq: bigserial({ mode: 'number' }).notNull(),
		source: text().notNull(),
		source_kind: text().notNull(),
		fingerprint: text().notNull(),
		external_id: text(),
		status: text().$type<'open' | 'closed'>().notNull(),
		title: text().notNull(),
		description: text(),
		severity: text(),
		severity_raw: text(),
		kind: text().notNull(),
		domain: text(),
		time_basis: text().notNull(),
		occurred_at: at('occurred_at').notNull(),
		received_at: at('received_at').notNull(),
		/** event times of the first and last message of this condition */
		first_seen: at('first_seen').notNull(),
		last_seen: at('last_seen').notNull(),
		closed_at: at('closed_at'),
		/** messages folded into this row, the first included */
		repeats: integer().notNull().default(1),
		/** the condition's latest messages, as [event time, 1 open or 0 closed], over all of its rows: what tells whether it flaps */
		turns: jsonb().$type<[number, 0 | 1][]>().notNull().default([]),
		flapping: boolean().notNull().default(false),
		entities: jsonb().$type<Entity[]>().notNull(),
		techniques: jsonb().$type<string[]>().notNull(),
		labels: jsonb().$type<Record<string, string>>().notNull(),
		raw: text().notNull(),
		verdict: jsonb().$type<Verdict>(),
		judged_at: at('judged_at'),
		incident: text(),
		join: jsonb().$type<Join>(),
		/** the engine's cluster, where it differs from an incident */
		placed_at: at('placed_at'),
	},
	(t) => [
		uniqueIndex('alerts_open_condition').on(t.source, t.fingerprint).where(sql`status = 'open'`),
		index('alerts_condition').on(t.source, t.fingerprint, t.seq),
		index('alerts_incident').on(t.incident),
		index('alerts_flapping').on(t.incident).where(sql`flapping`),
		index('alerts_last_seen').on(t.last_seen),
		index('alerts_seq').on(t.seq),
	],
);

export const unparsed = pgTable(
	'unparsed',
	{
		id: text().primaryKey(),
		source: text().notNull(),
		source_kind: text().notNull(),
		received_at: at('received_at').notNull(),
		raw: text().notNull(),
		problems: jsonb().$type<{ field: string; found: string; expected: string }[]>().notNull(),
		state: text().$type<'new' | 'raised' | 'seen'>().notNull().default('new'),
		/** how often the same text came from the same source */
		repeats: integer().notNull().default(1),
		hash: text().notNull(),
	},
	(t) => [uniqueIndex('unparsed_same').on(t.source, t.hash)],
);

export const incidents = pgTable(
	'incidents',
	{
		id: text().primaryKey(),
		number: serial().notNull(),
		title: text().notNull(),
		state: text().$type<'open' | 'acknowledged' | 'resolved' | 'merged'>().notNull(),
		severity: text().notNull(),
		domain: text().notNull(),
		category: text().notNull(),
		process_safety: boolean().notNull(),
		sites: jsonb().$type<string[]>().notNull(),
		zones: jsonb().$type<string[]>().notNull(),
		assets: jsonb().$type<string[]>().notNull(),
		techniques: jsonb().$type<string[]>().notNull(),
		tactics: jsonb().$type<string[]>().notNull(),
		playbooks: jsonb().$type<string[]>().notNull(),
		/** name of the route that a triage rule chose; null where the conditions of routes.yaml decide */
		route: text(),
		/** highest confidence_firm among its verdicts: what the safety gate may read */
		confidence_firm: doublePrecision().notNull().default(0),
		alert_count: integer().notNull(),
		first_at: at('first_at').notNull(),
		last_at: at('last_at').notNull(),
		opened_at: at('opened_at').notNull(),
		acknowledged_by: text(),
		resolved_by: text(),
		resolution: text(),
		merged_into: text(),
		advice: jsonb().$type<Record<string, unknown>>(),
		channel: text(),
		card_ts: text(),
		created_at: at('created_at').notNull(),
		updated_at: at('updated_at').notNull(),
	},
	(t) => [
		index('incidents_state').on(t.state),
		uniqueIndex('incidents_number').on(t.number),
		index('incidents_last').on(t.last_at),
		// Those that ended, newest first, and by what they were on: what a new one is compared with.
		index('incidents_ended').on(t.category, t.last_at).where(sql`state = 'resolved'`),
		index('incidents_ended_assets').using('gin', t.assets).where(sql`state = 'resolved'`),
		index('incidents_ended_techniques').using('gin', t.techniques).where(sql`state = 'resolved'`),
	],
);

export const steps = pgTable(
	'steps',
	{
		id: text().primaryKey(),
		incident: text().notNull(),
		playbook: text().notNull(),
		playbook_version: text().notNull(),
		key: text().notNull(),
		position: integer().notNull(),
		title: text().notNull(),
		action: text().notNull(),
		target: text(),
		params: jsonb().$type<StepParams>().notNull(),
		instructions: text(),
		checklist: jsonb().$type<string[]>().notNull(),
		state: text().$type<import('../domain/step.ts').StepState>().notNull(),
		decision: jsonb().$type<Decision>(),
		after: jsonb().$type<string[]>().notNull(),
		requested_by: text().notNull(),
		expires_at: at('expires_at'),
		containment_ms: at('containment_ms'),
		contained_until: at('contained_until'),
		attempts: integer().notNull().default(0),
		outcome: text(),
		created_at: at('created_at').notNull(),
		updated_at: at('updated_at').notNull(),
	},
	(t) => [uniqueIndex('steps_once').on(t.incident, t.playbook, t.key, t.target), index('steps_state').on(t.state)],
);

export const approvals = pgTable(
	'approvals',
	{
		id: text().primaryKey(),
		step: text().notNull(),
		person: text().notNull(),
		roles: jsonb().$type<import('../domain/person.ts').Role[]>().notNull(),
		answer: text().$type<'yes' | 'no'>().notNull(),
		reason: text(),
		binding: text().notNull(),
		via: text().$type<'slack' | 'cli' | 'http'>().notNull(),
		at: at('at').notNull(),
		expires_at: at('expires_at').notNull(),
		withdrawn_at: at('withdrawn_at'),
	},
	(t) => [uniqueIndex('approvals_once').on(t.step, t.person, t.binding), index('approvals_step').on(t.step)],
);

/** Statements of facts (domain/fact.ts); the newest per name and subject counts. */
export const facts = pgTable(
	'facts',
	{
		id: text().primaryKey(),
		name: text().notNull(),
		subject: text().notNull(),
		value: jsonb().$type<boolean | string | number>().notNull(),
		source: text().notNull(),
		supplied_by: text(),
		stated_at: at('stated_at').notNull(),
		expires_at: at('expires_at'),
	},
	(t) => [index('facts_subject').on(t.name, t.subject, t.stated_at)],
);

/** Stops: one row a freeze; it is over when thawed_at is set, which needs two people. */
export const freezes = pgTable('freezes', {
	id: text().primaryKey(),
	/** `all`, `site:<id>` or `zone:<id>` */
	scope: text().notNull(),
	reason: text().notNull(),
	set_by: text().notNull(),
	set_at: at('set_at').notNull(),
	thaw_asked_by: text(),
	thaw_asked_at: at('thaw_asked_at'),
	thawed_by: text(),
	thawed_at: at('thawed_at'),
});

/** Messages to Slack, each with its key so that a crash between intent and result can be cleared up. */
export const messages = pgTable(
	'messages',
	{
		id: text().primaryKey(),
		/** what this message is: `card:<incident>`, `ask:<step>`, `note:<entry>` ... */
		key: text().notNull(),
		incident: text(),
		channel: text().notNull(),
		thread_ts: text(),
		text: text().notNull(),
		blocks: jsonb().$type<unknown[]>(),
		state: text().$type<'pending' | 'intent' | 'sent' | 'failed'>().notNull(),
		ts: text(),
		/** hash of the blocks last sent: an edit that changes nothing is not made */
		sent_hash: text(),
		error: text(),
		created_at: at('created_at').notNull(),
		updated_at: at('updated_at').notNull(),
	},
	(t) => [uniqueIndex('messages_key').on(t.key), index('messages_incident').on(t.incident)],
);

/** When each source was heard (times of receipt), and since when it is told of as silent: null while it is not. */
export const sourceStates = pgTable('source_states', {
	/** the source's name */
	id: text().primaryKey(),
	source_kind: text().notNull(),
	/** null where it is only waited for */
	last_heard: at('last_heard'),
	/** when its first alert came that was understood, and what was not right in it: people are told once */
	first_alert: at('first_alert'),
	first_problems: jsonb().$type<{ field: string; found: string; expected: string }[]>().notNull().default([]),
	/** who observed what it sent last: the sensors that are blind when it is silent */
	observers: jsonb().$type<Entity[]>().notNull().default([]),
	/** it brought a process-safety alarm at some time */
	carries_safety: boolean().notNull().default(false),
	silent_since: at('silent_since'),
});

/** Names and addresses that alerts used and the inventory does not have: a worklist for people. */
export const unknownAssets = pgTable('unknown_assets', {
	/** `<entity type>:<value>` */
	id: text().primaryKey(),
	type: text().notNull(),
	value: text().notNull(),
	sources: jsonb().$type<string[]>().notNull(),
	first_seen: at('first_seen').notNull(),
	last_seen: at('last_seen').notNull(),
	times: integer().notNull().default(1),
});

/** What people taught by their clicks: proposals, and those that hold (domain/learned.ts). */
export const learnedRules = pgTable(
	'learned_rules',
	{
		id: text().primaryKey(),
		incident: text().notNull(),
		feedback: text().$type<import('../domain/learned.ts').FeedbackKind>().notNull(),
		key: text().notNull(),
		state: text().$type<'proposed' | 'applied' | 'declined' | 'revoked'>().notNull(),
		content: jsonb().$type<import('../domain/learned.ts').LearnedContent>().notNull(),
		preview: jsonb().$type<import('../domain/learned.ts').LearnedPreview>(),
		touches_ot: boolean().notNull(),
		site: text(),
		zone: text(),
		asked_by: text().notNull(),
		asked_at: at('asked_at').notNull(),
		holds_ms: at('holds_ms').notNull(),
		answers: jsonb().$type<import('../domain/learned.ts').LearnedYes[]>().notNull(),
		applied_at: at('applied_at'),
		expires_at: at('expires_at'),
		ended_by: text(),
		ended_at: at('ended_at'),
		updated_at: at('updated_at').notNull(),
	},
	(t) => [
		uniqueIndex('learned_rules_open').on(t.key).where(sql`state = 'proposed'`),
		index('learned_rules_force').on(t.expires_at).where(sql`state = 'applied'`),
		index('learned_rules_incident').on(t.incident),
		index('learned_rules_asked').on(t.asked_by, t.asked_at),
	],
);

/** Signatures of signed deliveries within their window: no replay. */
export const seenSignatures = pgTable('seen_signatures', {
	id: text().primaryKey(),
	source: text().notNull(),
	at: at('at').notNull(),
});

export const outbox = pgTable(
	'outbox',
	{
		id: bigserial({ mode: 'number' }).primaryKey(),
		topic: text().notNull(),
		key: text().notNull(),
		data: jsonb().$type<Record<string, string | number | boolean | null>>().notNull(),
		due_at: at('due_at').notNull(),
		/** Null while nobody has taken it; later the end of the lease or of the pause after a failure. */
		lease_until: at('lease_until'),
		attempts: integer().notNull().default(0),
		last_error: text(),
		/** Given up after too many failures: shown to people, never deleted. */
		parked: boolean().notNull().default(false),
	},
	(t) => [
		uniqueIndex('outbox_waiting').on(t.topic, t.key).where(sql`lease_until IS NULL AND NOT parked`),
		index('outbox_due').on(t.topic, t.due_at).where(sql`NOT parked`),
	],
);

export const ledgerEntries = pgTable(
	'ledger_entries',
	{
		id: text().primaryKey(),
		seq: bigserial({ mode: 'number' }).notNull(),
		kind: text().notNull(),
		at: at('at').notNull(),
		actor_kind: text().notNull(),
		actor_id: text().notNull(),
		incident: text(),
		/** exactly the bytes that were hashed (RFC 8785), as text */
		canonical: text().notNull(),
		leaf: bytes('leaf').notNull(),
	},
	(t) => [
		index('ledger_entries_incident').on(t.incident),
		uniqueIndex('ledger_entries_seq').on(t.seq),
		index('ledger_entries_kind').on(t.kind),
	],
);

export const ledgerSeals = pgTable('ledger_seals', {
	/** contiguous from 0: the leaf index in the Merkle tree */
	idx: bigint({ mode: 'number' }).primaryKey(),
	entry: text().notNull().unique(),
	entry_seq: bigint({ mode: 'number' }).notNull(),
});

export const ledgerCheckpoints = pgTable('ledger_checkpoints', {
	size: bigint({ mode: 'number' }).primaryKey(),
	root: text().notNull(),
	note: text().notNull(),
	at: at('at').notNull(),
});

/** Erasable values that entries refer to by salted hash. */
export const ledgerPersonal = pgTable(
	'ledger_personal',
	{
		entry: text().notNull(),
		name: text().notNull(),
		salt: text().notNull(),
		value: text().notNull(),
	},
	(t) => [uniqueIndex('ledger_personal_once').on(t.entry, t.name)],
);
