// One normalised message from a source, in the form that `interlock normalize` prints and everything downstream reads.
import { z } from 'zod';
import { Severity } from './severity.ts';

export const ENTITY_TYPES = [
	'host',
	'ip',
	'mac',
	'user',
	'process',
	'file',
	'file_hash',
	'domain',
	'url',
	'email',
	'account',
	'cloud_resource',
	'tag',
	'zone',
	'asset_id',
	'port',
	'protocol',
	'session',
	'registry_key',
	'vulnerability',
] as const;
export const EntityType = z.enum(ENTITY_TYPES);
export type EntityType = z.infer<typeof EntityType>;

/** source -> actor, destination -> target; the reporting sensor -> observer. */
export const EntityRole = z.enum(['target', 'actor', 'observer', 'related']);
export type EntityRole = z.infer<typeof EntityRole>;

export const Entity = z.object({ type: EntityType, value: z.string().min(1).max(2048), role: EntityRole });
export type Entity = z.infer<typeof Entity>;

export const AlertKind = z.enum([
	'security',
	'vulnerability',
	'process_safety',
	'process',
	'availability',
	'maintenance',
	'audit',
]);
export type AlertKind = z.infer<typeof AlertKind>;

export const Domain = z.enum(['it', 'ot']);
export type Domain = z.infer<typeof Domain>;

/** The label of a sample that `interlock source test` sent. Only the door sets it: what a payload says under this name is left out. */
export const TEST_LABEL = 'interlock_test';

/**
 * What a source's parser makes of one message (DESIGN.md, "Formats that others rely on": these keys are a contract).
 * Instants are ISO 8601 UTC text here, because this object is printed as it is.
 */
export const Alert = z.object({
	/** The source's own name (`nozomi-north`); without configuration the kind's name. */
	source: z.string().min(1).max(100),
	external_id: z.string().max(500).nullable(),
	/** Same condition, same value. Hex SHA-256 of what the source says identifies the condition, cut to 32 digits. */
	fingerprint: z.string().min(8).max(64),
	status: z.enum(['open', 'closed']),
	title: z.string().min(1).max(500),
	description: z.string().max(20_000).nullable(),
	severity: Severity.nullable(),
	severity_raw: z.string().max(200).nullable(),
	kind: AlertKind,
	domain: Domain.nullable(),
	occurred_at: z.iso.datetime(),
	/** `event` where the vendor gave a time, `received` where it gave none. */
	time_basis: z.enum(['event', 'received']),
	entities: z.array(Entity).max(500),
	techniques: z.array(z.string().regex(/^T\d{4}(\.\d{3})?$/)).max(100),
	labels: z.record(z.string(), z.string().max(4_000)),
});
export type Alert = z.infer<typeof Alert>;

/** A fault in a message that could be decoded: which field, what was there, what would have been right. */
export const Problem = z.object({ field: z.string(), found: z.string(), expected: z.string() });
export type Problem = z.infer<typeof Problem>;

/** What a parser may know besides the body: when it came, the time zone of year-less dates, and the source's own name. */
export type IntakeContext = {
	readonly source: string;
	readonly receivedAt: number;
	/** IANA zone for times without one (RFC 3164); `UTC` where the source does not say. */
	readonly timeZone: string;
};

/** What one message of a body became: an alert (with the raw text it came from), or something stored as `unparsed`. */
export type Parsed =
	| { readonly kind: 'alert'; readonly alert: Alert; readonly raw: string; readonly problems: readonly Problem[] }
	| { readonly kind: 'unparsed'; readonly raw: string; readonly problems: readonly Problem[] };

/**
 * What a whole body became. `refused` is what could not be decoded at all (broken JSON, wrong encoding): 400 at the door.
 * `protocol` is talk that carries no alert (a subscription confirmation).
 */
export type ParsedBody =
	| { readonly kind: 'parsed'; readonly items: readonly Parsed[] }
	| { readonly kind: 'protocol'; readonly note: string }
	| { readonly kind: 'refused'; readonly problem: Problem };
