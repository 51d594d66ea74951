// What an export says about one thing, in one shape for every platform: the fields that an import may set, cleaned. An export is
// written by others: everything is limited here, and text that no inventory needs is dropped. NOT here: whether any of it is taken (inventory-plan.ts).
import { createHash } from 'node:crypto';
import { ASSET_CLASS_ALIASES, type Asset, AssetClass, Level } from '../domain/asset.ts';
import { ipv4Number, normaliseMac, normaliseName } from '../domain/inventory.ts';
import { type Instant, toIso } from '../domain/time.ts';
import { normaliseIp } from './address.ts';
import { columnName } from './inventory-row.ts';

export const PLATFORMS = ['netbox', 'nozomi', 'claroty-ctd', 'claroty-xdome', 'csv', 'yaml'] as const;
export type Platform = (typeof PLATFORMS)[number];

/** Things of one export, and of one field of a thing. Real ones hold some ten thousand. */
export const RECORDS_MAX = 200_000;
const VALUES_MAX = 64;
const TEXT_MAX = 200;
/** Notes kept of one export; the rest are counted. */
const NOTES_MAX = 200;

/**
 * Fields that an import may set. Facts of the safety table, `confirmed_at`, tags, zones and conduits are people's statements and are
 * never taken from an export: a device that a platform saw is not an inventory that somebody confirmed.
 */
export const IMPORT_FIELDS = [
	'hostname',
	'ip',
	'mac',
	'vendor_id',
	'site',
	'zone',
	'purdue',
	'kind',
	'vendor',
	'os',
	'criticality',
	'domain',
	'switch',
	'owner',
] as const;
export type ImportField = (typeof IMPORT_FIELDS)[number];

/** Fields with several values; of the others the first counts. */
export const MANY: readonly ImportField[] = ['hostname', 'ip', 'mac', 'vendor_id'];

export type Fields = Readonly<Record<ImportField, readonly string[]>>;

export type ImportRecord = {
	/** The platform's own id of the thing, without the platform's name. */
	readonly ref: string;
	readonly fields: Fields;
	/** When the platform last saw it on the network, ISO 8601; null where it does not say. */
	readonly seenAt: string | null;
};

export type ImportExport = {
	readonly records: readonly ImportRecord[];
	/** What was left out or not understood, for people. */
	readonly notes: readonly string[];
};

/** What a reader found, as the platform says it; anything may be of any type. */
export type Said = { readonly [F in ImportField]?: unknown } & { readonly ref: unknown; readonly seen?: unknown };

/** Collects records of one export. A fault costs a value or a thing, never the rest. */
export class RecordList {
	readonly #records = new Map<string, ImportRecord>();
	readonly #notes = new Map<string, number>();
	readonly #platform: Platform;
	readonly #now: Instant;
	#left = 0;

	constructor(platform: Platform, now: Instant) {
		this.#platform = platform;
		this.#now = now;
	}

	/** Counts a note; the same one is told once, with its number. */
	note(text: string): void {
		if (this.#notes.has(text) || this.#notes.size < NOTES_MAX) this.#notes.set(text, (this.#notes.get(text) ?? 0) + 1);
		else this.#left++;
	}

	add(said: Said): void {
		const ref = cleanText(said.ref);
		const fault = this.#faultOf(ref);
		if (ref === null || fault !== null) {
			this.note(`left out: ${fault}`);
			return;
		}
		const one = (value: unknown): string[] => textsOf(value).slice(0, 1);
		const kind = one(said.kind).flatMap((word) => this.#kind(word));
		const purdue = one(said.purdue).flatMap((word) => this.#known('level', word, levelOf(word)));
		const criticality = one(said.criticality).flatMap((word) => (/^[1-5]$/.test(word) ? [word] : []));
		const domain = one(said.domain).flatMap((word) => (word === 'ot' || word === 'it' ? [word] : []));
		this.#records.set(ref, {
			ref,
			fields: {
				hostname: unique(textsOf(said.hostname).flatMap((name) => this.#name(name))),
				ip: unique(textsOf(said.ip).flatMap((text) => this.#ip(text))),
				mac: unique(textsOf(said.mac).flatMap((text) => this.#mac(text))),
				vendor_id: unique([
					importId(this.#platform, ref),
					...textsOf(said.vendor_id).filter((id) => !/[\s,;]/.test(id)),
				]),
				site: one(said.site),
				zone: one(said.zone),
				purdue,
				kind,
				vendor: one(said.vendor),
				os: one(said.os),
				criticality,
				domain,
				switch: one(said.switch),
				owner: one(said.owner),
			},
			seenAt: seenOf(said.seen, this.#now),
		});
	}

	/** The export; an address or a name that several things claim is taken from all of them, because it would find neither. */
	done(): ImportExport {
		const claims = new Map<string, string | null>();
		const keysOf = (record: ImportRecord): string[] =>
			[...record.fields.hostname, ...record.fields.ip, ...record.fields.mac].map(normaliseName);
		for (const record of this.#records.values())
			for (const key of keysOf(record))
				claims.set(key, claims.has(key) && claims.get(key) !== record.ref ? null : record.ref);
		const own = (value: string): boolean => {
			if (claims.get(normaliseName(value)) !== null) return true;
			this.note(`not taken: \`${value}\`, which several things of the export claim`);
			return false;
		};
		const records = [...this.#records.values()].map((record) => ({
			...record,
			fields: {
				...record.fields,
				hostname: record.fields.hostname.filter(own),
				ip: record.fields.ip.filter(own),
				mac: record.fields.mac.filter(own),
			},
		}));
		const notes = [...this.#notes].map(([text, times]) => (times === 1 ? text : `${text} (${times} times)`));
		return { records, notes: this.#left === 0 ? notes : [...notes, `and ${this.#left} more notes`] };
	}

	#faultOf(ref: string | null): string | null {
		if (ref === null) return 'an entry without an id';
		if (this.#records.has(ref)) return 'an id that stands twice in the export';
		return this.#records.size >= RECORDS_MAX ? `more than ${RECORDS_MAX} things` : null;
	}

	#known<T>(what: string, word: string, value: T | null): T[] {
		if (value !== null) return [value];
		this.note(`not taken: the ${what} \`${word}\`, which is none that we know`);
		return [];
	}

	#kind(word: string): string[] {
		const known = kindOf(word);
		return known === 'unknown' ? [] : this.#known('kind', word, known);
	}

	#name(text: string): string[] {
		// A name is a key by which alerts find the asset: a column holds several, so one with blanks would become three.
		if (!/[\s,;]/.test(text)) return [text];
		this.note('not taken: a name with blanks or commas, by which no alert could find the thing');
		return [];
	}

	#ip(text: string): string[] {
		const ip = normaliseIp(text.split('/')[0] ?? '');
		if (ip === null) return this.#known<string>('address', text, null);
		// Addresses that every machine has or none: they would find the wrong one.
		const first = ipv4Number(ip) === null ? null : Number(ip.split('.')[0]);
		const isNobodys =
			first === null
				? /^(::1?$|fe[89ab]|ff)/.test(ip)
				: first === 0 || first === 127 || first >= 224 || ip.startsWith('169.254.');
		return isNobodys ? [] : [ip];
	}

	#mac(text: string): string[] {
		const mac = normaliseMac(text);
		if (mac === null) return this.#known<string>('MAC address', text, null);
		// All zeros, and group addresses (the lowest bit of the first byte): nobody's own.
		return mac === '00:00:00:00:00:00' || Number.parseInt(mac.slice(0, 2), 16) % 2 === 1 ? [] : [mac];
	}
}

/** The id under which a thing of a platform stands among an asset's `vendor_id`s: how the next import finds it again. */
export function importId(platform: Platform, ref: string): string {
	const plain = /^[\w.:@/-]+$/.test(ref) ? ref : createHash('sha256').update(ref).digest('hex').slice(0, 16);
	return `${platform}:${plain}`;
}

/** The class that a word names, of ours or by alias; null where it names none. */
export function kindOf(word: string): Asset['class'] | null {
	const name = columnName(word);
	const parsed = AssetClass.safeParse(name);
	if (parsed.success) return parsed.data;
	return Object.hasOwn(ASSET_CLASS_ALIASES, name) ? (ASSET_CLASS_ALIASES[name] ?? null) : null;
}

/** `1`, `1.0`, `Level 1`, `L3.5`, `DMZ`; null where it is none. */
export function levelOf(word: string): Level | null {
	const bare = word.toLowerCase().replace(/^(purdue)?[ _-]?(level|l)?[ _-]?/, '');
	const parsed = Level.safeParse(/^\d\.0$/.test(bare) ? bare.slice(0, 1) : bare === 'dmz' ? '3.5' : bare);
	return parsed.success && parsed.data !== 'unknown' ? parsed.data : null;
}

/** One line of harmless text: no control or direction characters, no line ends, at most 200 characters; null where nothing is left. */
export function cleanText(value: unknown): string | null {
	if (typeof value !== 'string' && typeof value !== 'number') return null;
	const text = String(value)
		.slice(0, 4 * TEXT_MAX)
		.toWellFormed()
		.replace(/[\p{Cc}\p{Cf}\p{Co}\u2028\u2029\ufffd]/gu, ' ')
		.replaceAll(/\s/g, ' ')
		.trim();
	return text === '' ? null : text.slice(0, TEXT_MAX).toWellFormed().trim();
}

function textsOf(value: unknown): string[] {
	const list = Array.isArray(value) ? value.slice(0, VALUES_MAX) : [value];
	return list.flatMap((item) => cleanText(item) ?? []);
}

function unique(values: readonly string[]): string[] {
	return [...new Set(values)].slice(0, VALUES_MAX);
}

/** ISO text, or seconds or milliseconds since 1970. A time in the future is the platform's clock and counts as now. */
function seenOf(value: unknown, now: Instant): string | null {
	const number =
		typeof value === 'number' ? value : typeof value === 'string' && /^\d{9,14}$/.test(value) ? Number(value) : null;
	const at =
		number === null
			? typeof value === 'string' && value.length < 60
				? Date.parse(value)
				: Number.NaN
			: number < 1e11
				? number * 1000
				: number;
	return Number.isFinite(at) && at > 0 && at < 1e14 ? toIso(Math.min(at, now)) : null;
}
