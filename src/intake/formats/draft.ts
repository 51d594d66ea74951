// An alert while a source's parser fills it: collects entities, labels and techniques, then bounds and cleans everything.
// The one place where an Alert object is made, so no parser can make one that breaks the contract of DESIGN.md.
import type {
	Alert,
	AlertKind,
	Domain,
	Entity,
	EntityRole,
	EntityType,
	IntakeContext,
	Problem,
} from '../../domain/alert.ts';
import type { Severity } from '../../domain/severity.ts';
import type { Instant } from '../../domain/time.ts';
import { toIso } from '../../domain/time.ts';
import { fingerprintOf } from '../fingerprint.ts';
import { cleanLine, cleanText } from './clean-text.ts';
import { recalled } from './recall.ts';
import { hostOfUrl, isNoAddress, knownMac, normaliseIp, readHash, scanText, techniquesIn } from './scan-text.ts';
import { isUnsetTime, readTime, type TimeContext } from './time-text.ts';

const ENTITIES_MAX = 500;
const ENTITY_LENGTH_MAX = 2_048;
const LABELS_MAX = 200;
const LABEL_LENGTH_MAX = 1_000;
const LABEL_NAME_MAX = 100;
const TECHNIQUES_MAX = 100;
const TITLE_MAX = 300;
const DESCRIPTION_MAX = 8_000;
const SEVERITY_RAW_MAX = 100;
const EXTERNAL_ID_MAX = 500;
const PROBLEMS_MAX = 20;
const FOUND_LENGTH_MAX = 80;

export type Scalar = string | number | boolean | null | undefined;

/** What a parser says of one message, besides what it put in the collections. */
export type Statement = {
	readonly externalId: Scalar;
	/** What the vendor says identifies the condition (`fingerprintOf` adds the source). */
	readonly identity: readonly Scalar[];
	readonly status: 'open' | 'closed';
	readonly title: string | null;
	readonly description: string | null;
	readonly severity: Severity | null;
	readonly severityRaw: Scalar;
	readonly kind: AlertKind;
	readonly domain: Domain | null;
	readonly occurredAt: Instant | null;
};

/** Vendors' ways of saying nothing. */
const NOTHING = new Set(['', '-', 'n/a', 'none', 'null', '(null)', 'unknown', 'undefined', '(empty)', '(none)']);
const NOTHING_LENGTH_MAX = Math.max(...[...NOTHING].map((word) => word.length));

/** The text of a scalar, trimmed; null where it is absent or a vendor's word for absent. */
export function present(value: Scalar): string | null {
	if (value === null || value === undefined) return null;
	const text = String(value).trim();
	return text.length <= NOTHING_LENGTH_MAX && NOTHING.has(text.toLowerCase()) ? null : text;
}

export class Draft {
	readonly context: IntakeContext;
	private readonly entities = new Map<string, Entity>();
	private readonly seen = new Set<string>();
	private readonly labels = new Map<string, string>();
	private readonly techniques = new Set<string>();
	private readonly faults = new Map<string, Problem>();

	constructor(context: IntakeContext) {
		this.context = context;
	}

	/** What could not be read so far, a field once. */
	get problems(): readonly Problem[] {
		return [...this.faults.values()];
	}

	/** Names a value that cannot be read; the first of a field counts. */
	problem(field: string, found: Scalar, expected: string): void {
		if (this.faults.size >= PROBLEMS_MAX || this.faults.has(field)) return;
		this.faults.set(field, { field, found: `"${cleanLine(String(found), FOUND_LENGTH_MAX)}"`, expected });
	}

	/** The instant of a field; null where it is unset, and with a problem where it cannot be read. */
	time(field: string, value: Scalar, context: TimeContext = this.context): Instant | null {
		const at = readTime(value, context);
		if (at === null && present(value) !== null && !isUnsetTime(value))
			this.problem(field, value, 'a time from 1980 to 2199 (ISO 8601, or a number since 1970)');
		return at;
	}

	/**
	 * Adds a thing that the payload names; addresses, MACs and hashes come in their compared form, absent values are passed over.
	 *
	 * @param field  the vendor's field, where a value that is no such thing is to be told
	 */
	entity(type: EntityType, value: Scalar, role: EntityRole, field: string | null = null): void {
		const text = present(value);
		if (text === null || this.entities.size >= ENTITIES_MAX) return;
		const clean = normalised(type, cleanLine(text, ENTITY_LENGTH_MAX));
		if (clean === null || clean === '') {
			if (field !== null && !isNoAddress(text)) this.problem(field, text, EXPECTED[type] ?? `a ${type}`);
			return;
		}
		const thing = `${type} ${clean.toLowerCase()}`;
		const key = `${role} ${thing}`;
		// `related` says less than any other role, so it gives way to one, before or after it.
		if (role === 'related' && this.seen.has(thing)) return;
		if (role !== 'related') this.entities.delete(`related ${thing}`);
		this.seen.add(thing);
		if (!this.entities.has(key)) this.entities.set(key, { type, value: clean, role });
	}

	/** True where the thing was added before, in any role. */
	has(type: EntityType, value: string): boolean {
		return this.seen.has(`${type} ${(normalised(type, value) ?? '').toLowerCase()}`);
	}

	/** The first thing of a type that has a role of its own: what a condition is about where the payload gives it no id. */
	first(type: EntityType): string | null {
		for (const entity of this.entities.values())
			if (entity.type === type && entity.role !== 'related' && entity.role !== 'observer') return entity.value;
		return null;
	}

	/**
	 * An address where the text is one, else a host name. `web01:9100` and `[fe80::1]:80` lose their port.
	 *
	 * @param field  the vendor's field, where a value that is neither is to be told
	 */
	endpoint(value: Scalar, role: EntityRole, field: string | null = null): void {
		const text = present(value);
		if (text === null) return;
		const place = placeOf(text);
		if (place?.type === 'url') this.url(text, role);
		else if (place !== null) this.entity(place.type, place.value, role);
		// Some fields hold several: what they name is found by the sweep.
		else if (field !== null && !isNoAddress(text) && scanText(text).length === 0)
			this.problem(field, text, 'an address or a host name');
	}

	/**
	 * A person or service: the bare name as `user`, the qualified forms (`CORP\name`, `name@corp.example`) as `account`.
	 * The domain may stand in the name or beside it.
	 */
	user(name: Scalar, domain: Scalar, role: EntityRole): void {
		const text = present(name);
		if (text === null) return;
		const slash = text.lastIndexOf('\\');
		const at = text.indexOf('@');
		if (slash > 0) {
			this.entity('user', text.slice(slash + 1), role);
			this.entity('account', text, role);
		} else if (at > 0 && at < text.length - 1) {
			this.entity('user', text.slice(0, at), role);
			this.entity('account', text, role);
		} else {
			this.entity('user', text, role);
			const realm = present(domain);
			if (realm !== null) this.entity('account', `${realm}\\${text}`, role);
		}
	}

	/** A link, and the host in it as domain or address. */
	url(value: Scalar, role: EntityRole): void {
		const text = present(value);
		if (text === null) return;
		const { link, host } = linkOf(text);
		this.entity('url', link, role);
		if (host !== null) this.domainName(host, role);
	}

	domainName(value: Scalar, role: EntityRole): void {
		const text = present(value);
		const named = text === null ? null : namedOf(text);
		if (named !== null) this.entity(named.type, named.value, role);
	}

	/** A file by its path: the whole path as `file`, and its last part too, because other sources know only that. */
	file(value: Scalar, role: EntityRole): void {
		const text = present(value);
		if (text === null) return;
		if (/^[\\/.]+$/.test(text)) return;
		this.entity('file', text, role);
		const name = text.slice(Math.max(text.lastIndexOf('/'), text.lastIndexOf('\\')) + 1);
		if (name !== text) this.entity('file', name, role);
	}

	/** Whatever a text names: addresses, links, mail addresses, named hashes, CVEs, ATT&CK ids. */
	mentions(text: Scalar, role: EntityRole): void {
		const whole = present(text);
		if (whole === null) return;
		for (const { type, value } of scanText(whole)) {
			if (type === 'url') this.url(value, role);
			else this.entity(type, value, role);
		}
		this.technique(whole);
	}

	/** Every ATT&CK id in the text. */
	technique(text: Scalar): void {
		const whole = present(text);
		if (whole === null) return;
		for (const id of techniquesIn(whole)) if (this.techniques.size < TECHNIQUES_MAX) this.techniques.add(id);
	}

	/** Keeps a value under a name; the first one given counts, lists are joined with `, `. */
	label(name: string, value: Scalar | readonly Scalar[]): void {
		const text = Array.isArray(value)
			? value
					.map(present)
					.filter((part) => part !== null)
					.join(', ')
			: present(value as Scalar); // not a list: what is left of the union
		if (text === null || text === '' || name === '__proto__' || this.labels.size >= LABELS_MAX) return;
		const key = cleanLine(name, LABEL_NAME_MAX);
		if (key !== '' && !this.labels.has(key)) this.labels.set(key, cleanLine(text, LABEL_LENGTH_MAX));
	}

	labelsFrom(values: Readonly<Record<string, Scalar | readonly Scalar[]>>): void {
		for (const name of Object.keys(values)) this.label(name, values[name]);
	}

	finish(said: Statement): Alert {
		const severityRaw =
			present(said.severityRaw) ?? (typeof said.severityRaw === 'string' ? said.severityRaw.trim() : null);
		const title = cleanLine(said.title ?? '', TITLE_MAX);
		const description = cleanText(said.description ?? '', DESCRIPTION_MAX);
		// `unknown`, `UnSpecified` and their like state that there is none.
		if (
			said.severity === null &&
			present(severityRaw) !== null &&
			!/^(?:un[a-z]|no severity$|not classified$)/i.test(severityRaw ?? '')
		)
			this.problem('severity', severityRaw, "a value of the source's severity scale");
		return {
			source: this.context.source,
			external_id: bounded(said.externalId, EXTERNAL_ID_MAX),
			fingerprint: fingerprintOf(this.context.source, said.identity),
			status: said.status,
			title: title === '' ? 'Alert without a title' : title,
			description: description === '' ? null : description,
			severity: said.severity,
			severity_raw: severityRaw === null || severityRaw === '' ? null : cleanLine(severityRaw, SEVERITY_RAW_MAX),
			kind: said.kind,
			domain: said.domain,
			occurred_at: toIso(said.occurredAt ?? this.context.receivedAt),
			time_basis: said.occurredAt === null ? 'received' : 'event',
			entities: [...this.entities.values()],
			techniques: [...this.techniques],
			labels: Object.fromEntries(this.labels),
		};
	}
}

function bounded(value: Scalar, max: number): string | null {
	const text = present(value);
	const clean = text === null ? '' : cleanLine(text, max);
	return clean === '' ? null : clean;
}

/** What a field of the type holds, for people. */
const EXPECTED: Partial<Record<EntityType, string>> = {
	ip: 'an IPv4 or IPv6 address',
	mac: 'a MAC address of six octets',
	port: 'a port from 0 to 65535',
};

function normalised(type: EntityType, value: string): string | null {
	if (type === 'port') return isPort(value) ? value : null;
	if (type === 'ip') return normaliseIp(value);
	if (type === 'mac') return knownMac(value);
	if (type === 'file_hash') return readHash(value);
	return value;
}

/** What a field for an address or a name holds; a link is read by `linkOf`. */
const placeOf = recalled((text): { readonly type: 'ip' | 'mac' | 'url' | 'host'; readonly value: string } | null => {
	if (normaliseIp(text) !== null) return { type: 'ip', value: text };
	if (knownMac(text) !== null) return { type: 'mac', value: text };
	if (text.includes('://')) return { type: 'url', value: text };
	return isHostName(text) ? { type: 'host', value: text.replace(/:\d{1,5}$/, '').replace(/\.$/, '') } : null;
});

/** What a name in the DNS is: with a dot a domain, else a host. */
const namedOf = recalled((text): { readonly type: 'ip' | 'domain' | 'host'; readonly value: string } | null => {
	if (normaliseIp(text) !== null) return { type: 'ip', value: text };
	return isHostName(text)
		? { type: text.includes('.') ? 'domain' : 'host', value: text.replace(/:\d{1,5}$/, '') }
		: null;
});

/** A field that is one link is taken whole; out of a sentence the link is cut. */
const linkOf = recalled((text): { readonly link: string; readonly host: string | null } => {
	const isLink = /^[a-z][a-z0-9+.-]{1,30}:\/\/\S+$/i.test(text);
	const link = isLink ? text : (scanText(text).find((sighting) => sighting.type === 'url')?.value ?? text);
	return { link, host: hostOfUrl(link) };
});

/** RFC 9293 section 3.1: 16 bits. */
export function isPort(value: Scalar): boolean {
	const text = String(value ?? '').trim();
	return /^\d{1,5}$/.test(text) && Number(text) <= 65_535;
}

/** A name that a host can have, with or without a port: no path, at least one letter or digit. Four numbers are a broken address. */
function isHostName(text: string): boolean {
	if (/^\d{1,10}(?:\.\d{1,10}){3}(?::\d{1,10})?$/.test(text)) return false;
	return text.length <= 255 && /^[\p{L}\p{N}_$][\p{L}\p{N}_$. -]*(?::\d{1,5})?$/u.test(text);
}
