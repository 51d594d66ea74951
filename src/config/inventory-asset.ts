// One row of the inventory becomes an asset, a zone or a conduit; every fault is named at its place. The rows' relations to
// each other (duplicates, zones that exist) are inventory-file.ts's.
import { Domain } from '../domain/alert.ts';
import {
	ASSET_CLASS_ALIASES,
	ASSET_CLASSES,
	type Asset,
	AssetClass,
	type Conduit,
	Level,
	type Zone,
} from '../domain/asset.ts';
import { normaliseMac } from '../domain/inventory.ts';
import { didYouMean, nearest } from '../domain/nearest.ts';
import { fromIso } from '../domain/time.ts';
import { isIpv4Range, normaliseIp } from './address.ts';
import { FACT_COLUMNS, misplacedFact, readFactColumn } from './fact-column.ts';
import { type Findings, type Place, shown } from './finding.ts';
import { columnName, type Field, type Row } from './inventory-row.ts';

/** Values of one cell or key (addresses of one asset, ranges of one zone). */
const VALUES_MAX = 256;

/** Characters of a tag's or name's value. */
const VALUE_LENGTH_MAX = 2_000;

/** Columns of an asset; several words may name one. */
const ASSET_COLUMNS: Readonly<Record<string, string>> = {
	id: 'id',
	hostname: 'hostname',
	hostnames: 'hostname',
	ip: 'ip',
	ips: 'ip',
	mac: 'mac',
	macs: 'mac',
	vendor_id: 'vendor_id',
	vendor_ids: 'vendor_id',
	site: 'site',
	zone: 'zone',
	purdue: 'purdue',
	kind: 'kind',
	vendor: 'vendor',
	os: 'os',
	criticality: 'criticality',
	domain: 'domain',
	switch: 'switch',
	owner: 'owner',
	confirmed_at: 'confirmed_at',
	// Marks of an import (inventory-plan.ts): no statement about the asset, so no tag either.
	imported: 'imported',
};

const ZONE_KEYS = ['id', 'name', 'site', 'purdue', 'sis', 'ranges', 'owner'];
const CONDUIT_KEYS = ['id', 'from', 'to', 'via'];

/** Words that other inventories use for a column of ours: kept as tags, but said aloud. */
const OTHER_WORDS: Readonly<Record<string, string>> = {
	level: 'purdue',
	class: 'kind',
	address: 'ip',
	ip_address: 'ip',
	mac_address: 'mac',
	host: 'hostname',
	asset_id: 'id',
};

/** Known columns, for the header's own check (`checkColumns`) and for "did you mean". */
const KNOWN_ASSET_NAMES = [...Object.keys(ASSET_COLUMNS), ...FACT_COLUMNS];

/** Says what a name of a column or key is, once per place: known, a tag, or a slip of a known one (an error). */
export function checkAssetColumn(name: string, place: Place, findings: Findings): void {
	if (name === '' || KNOWN_ASSET_NAMES.includes(name)) return;
	const other = OTHER_WORDS[name];
	if (other !== undefined) {
		findings.warning(place, `the column ${shown(name)} is kept as a tag only`, `did you mean \`${other}\`?`);
		return;
	}
	const near = nearest(name, KNOWN_ASSET_NAMES);
	if (near !== null) {
		findings.error(
			place,
			`unknown column ${shown(name)}`,
			`did you mean \`${near}\`? if it is a tag of your own, give it another name`,
		);
	}
}

/**
 * Reads a row whose columns have been checked. Null where it has no id; any other fault is in the findings, and the asset
 * comes back all the same, so that its duplicates are found in the same run.
 */
export function assetOfRow(row: Row, findings: Findings): Asset | null {
	const reader = new RowReader(row, ASSET_COLUMNS, findings);
	const id = reader.one('id');
	if (id === null) findings.error(row.place, 'this asset has no `id`');
	else if (id.length > 200) reader.fault('id', `an id has at most 200 characters, this one has ${id.length}`);
	const kind = reader.one('kind');
	const known = kind === null ? null : classOf(kind);
	if (kind !== null && known === null) {
		const near = nearest(columnName(kind), [...ASSET_CLASSES, ...Object.keys(ASSET_CLASS_ALIASES)]);
		const help =
			near === null
				? 'it is judged like a controller at level 1'
				: `did you mean \`${near}\`? until then it is judged like a controller at level 1`;
		reader.warn('kind', `unknown kind ${shown(kind)}`, help);
	}
	const asset: Asset = {
		id: id ?? '',
		hostnames: reader.many('hostname'),
		ips: reader.many('ip', normaliseIp, 'an IPv4 or IPv6 address, without a prefix length or leading zeros'),
		macs: reader.many('mac', normaliseMac, 'six bytes in hexadecimal, as in `00:1b:44:11:3a:b7`'),
		vendor_ids: reader.many('vendor_id'),
		site: reader.one('site'),
		zone: reader.one('zone'),
		level: levelOf(reader) ?? 'unknown',
		class: known ?? 'unknown',
		class_raw: known === null ? kind : null,
		vendor: reader.one('vendor'),
		os: reader.one('os'),
		criticality: criticalityOf(reader),
		domain: domainOf(reader),
		switch: reader.one('switch'),
		owner: reader.one('owner'),
		facts: reader.facts('asset'),
		tags: reader.rest(),
		confirmed_at: timeOf(reader),
	};
	return id === null ? null : asset;
}

/** Reads one entry of `zones:`. */
export function zoneOfRow(row: Row, findings: Findings): Zone | null {
	const reader = new RowReader(row, Object.fromEntries(ZONE_KEYS.map((key) => [key, key])), findings);
	reader.refuseOthers([...ZONE_KEYS, ...FACT_COLUMNS]);
	const id = reader.one('id');
	if (id === null) findings.error(row.place, 'this zone has no `id`');
	const ranges = reader.many(
		'ranges',
		(text) => (isIpv4Range(text) ? text : null),
		'an IPv4 range as in `10.10.0.0/16`',
	);
	const sis = reader.one('sis');
	const isSis = sis === null ? false : booleanOf(sis);
	if (isSis === null) reader.fault('sis', `${shown(sis)} is neither true nor false`);
	const zone = {
		id: id ?? '',
		name: reader.one('name'),
		site: reader.one('site'),
		level: levelOf(reader),
		sis: isSis ?? true,
		ranges,
		owner: reader.one('owner'),
		facts: reader.facts('zone'),
	};
	return reader.isFaulty || id === null ? null : zone;
}

/** Reads one entry of `conduits:`; without an id it is called `from-to`. */
export function conduitOfRow(row: Row, findings: Findings): Conduit | null {
	const reader = new RowReader(row, Object.fromEntries(CONDUIT_KEYS.map((key) => [key, key])), findings);
	reader.refuseOthers(CONDUIT_KEYS);
	const from = reader.one('from');
	const to = reader.one('to');
	if (from === null || to === null)
		findings.error(
			row.place,
			'a conduit needs the two zones that it joins',
			'write `from: <zone id>` and `to: <zone id>`',
		);
	if (reader.isFaulty || from === null || to === null) return null;
	return { id: reader.one('id') ?? `${from}-${to}`, from, to, via: reader.one('via') };
}

/** `true`, `yes`, `1` and their opposites, in any case; null for anything else. */
function booleanOf(text: string): boolean | null {
	const word = text.trim().toLowerCase();
	if (['true', 'yes', 'y', '1'].includes(word)) return true;
	if (['false', 'no', 'n', '0'].includes(word)) return false;
	return null;
}

function classOf(text: string): Asset['class'] | null {
	const name = columnName(text);
	const parsed = AssetClass.safeParse(name);
	if (parsed.success) return parsed.data;
	return Object.hasOwn(ASSET_CLASS_ALIASES, name) ? (ASSET_CLASS_ALIASES[name] ?? null) : null;
}

function levelOf(reader: RowReader): Asset['level'] | null {
	const text = reader.one('purdue');
	if (text === null) return null;
	const bare = text.toLowerCase().replace(/^(level|purdue|l)[ _-]?/, '');
	const parsed = Level.safeParse(/^\d\.0$/.test(bare) ? bare.slice(0, 1) : bare === 'dmz' ? '3.5' : bare);
	if (parsed.success) return parsed.data;
	reader.fault(
		'purdue',
		`${shown(text)} is no Purdue level`,
		'levels are 0, 1, 2, 3, 3.5, 4, 5; leave it empty where nobody knows',
	);
	return null;
}

function criticalityOf(reader: RowReader): number | null {
	const text = reader.one('criticality');
	if (text === null) return null;
	if (/^[1-5]$/.test(text)) return Number(text);
	reader.fault('criticality', `${shown(text)} is no criticality`, 'a whole number from 1 (least) to 5 (most)');
	return null;
}

function domainOf(reader: RowReader): Asset['domain'] {
	const text = reader.one('domain');
	if (text === null) return null;
	const parsed = Domain.safeParse(text.toLowerCase());
	if (parsed.success) return parsed.data;
	reader.fault('domain', `${shown(text)} is no domain`, 'write `it` or `ot`');
	return null;
}

function timeOf(reader: RowReader): string | null {
	const text = reader.one('confirmed_at');
	if (text === null) return null;
	const at = fromIso(text);
	if (at !== null) return new Date(at).toISOString();
	reader.fault('confirmed_at', `${shown(text)} is no time`, 'write it as in 2026-03-01T08:00:00Z');
	return null;
}

/** Takes the fields of a row one by one, remembers what was taken, and words the faults. */
class RowReader {
	readonly #row: Row;
	readonly #columns: Readonly<Record<string, string>>;
	readonly #findings: Findings;
	#faulty = false;

	constructor(row: Row, columns: Readonly<Record<string, string>>, findings: Findings) {
		this.#row = row;
		this.#columns = columns;
		this.#findings = findings;
	}

	get isFaulty(): boolean {
		return this.#faulty;
	}

	#field(column: string): Field | null {
		// `ip` and `ips` may both stand there: one column, all its values.
		const fields = [...this.#row.fields].filter(
			([name, field]) => field.texts.length > 0 && Object.hasOwn(this.#columns, name) && this.#columns[name] === column,
		);
		const first = fields[0]?.[1];
		return first === undefined ? null : { ...first, texts: fields.flatMap(([, field]) => field.texts) };
	}

	fault(column: string, message: string, help?: string): void {
		this.#faulty = true;
		const name = this.#row.fields.get('id')?.texts[0];
		const whose = name === undefined || column === 'id' ? '' : `asset ${shown(name)}: `;
		this.#findings.error(this.#field(column) ?? this.#row.place, `${whose}${message}`, help);
	}

	warn(column: string, message: string, help?: string): void {
		this.#findings.warning(this.#field(column) ?? this.#row.place, message, help);
	}

	/** The one value of a column; null where it is empty. A list is a fault. */
	one(column: string): string | null {
		const field = this.#field(column);
		if (field === null) return null;
		if (field.texts.length > 1) this.fault(column, `\`${column}\` takes one value, ${field.texts.length} are given`);
		const text = field.texts[0] ?? '';
		if (text.length > VALUE_LENGTH_MAX)
			this.fault(column, `\`${column}\` has ${text.length} characters, ${VALUE_LENGTH_MAX} are allowed`);
		return text;
	}

	/** The values of a column, separated by spaces, commas or semicolons, or given as a list; each once. */
	many(column: string, normalise: (text: string) => string | null = (text) => text, expected = ''): string[] {
		const field = this.#field(column);
		if (field === null) return [];
		const texts = field.texts.flatMap((text) => text.split(/[\s,;]/)).filter((text) => text !== '');
		if (texts.length > VALUES_MAX)
			this.fault(column, `\`${column}\` holds ${texts.length} values, ${VALUES_MAX} are allowed`);
		const values = new Set<string>();
		for (const text of texts.slice(0, VALUES_MAX)) {
			const value = text.length > 300 ? null : normalise(text);
			if (value === null)
				this.fault(
					column,
					`${shown(text)} is not valid in \`${column}\``,
					expected === '' ? undefined : `expected ${expected}`,
				);
			else values.add(value);
		}
		return [...values];
	}

	facts(about: 'asset' | 'zone'): Record<string, boolean | string> {
		const facts: Record<string, boolean | string> = {};
		for (const [name, field] of this.#row.fields) {
			if (!FACT_COLUMNS.includes(name) || field.texts.length === 0) continue;
			const misplaced = misplacedFact(name, about);
			if (misplaced !== null) this.#findings.warning(field, misplaced);
			const read = readFactColumn(name, field.texts);
			if (read.ok) facts[name] = read.value;
			else {
				this.#faulty = true;
				this.#findings.error(field, `fact \`${name}\`: ${read.error}`);
			}
		}
		return facts;
	}

	/** Fields that are neither columns nor facts. */
	rest(): Record<string, string> {
		const tags: [string, string][] = [];
		for (const [name, field] of this.#row.fields) {
			if (field.texts.length === 0 || Object.hasOwn(this.#columns, name) || FACT_COLUMNS.includes(name)) continue;
			tags.push([name, field.texts.join(' ').slice(0, VALUE_LENGTH_MAX)]);
		}
		// fromEntries defines own members, so a column called `__proto__` is a tag like any other.
		return Object.fromEntries(tags);
	}

	refuseOthers(known: readonly string[]): void {
		for (const [name, field] of this.#row.fields) {
			if (known.includes(name)) continue;
			this.#faulty = true;
			this.#findings.error(field.keyPlace, `unknown key ${shown(name)}`, didYouMean(name, known));
		}
	}
}
