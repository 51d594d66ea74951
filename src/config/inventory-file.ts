// The inventory file, YAML or CSV, becomes InventoryData, or a list of what is wrong with it. Looking assets up is
// domain/inventory.ts; this file only reads.
import type { Asset, Conduit, InventoryData, Zone } from '../domain/asset.ts';
import { normaliseName } from '../domain/inventory.ts';
import { didYouMean, nearest } from '../domain/nearest.ts';
import type { Finding } from '../domain/result.ts';
import type { Instant } from '../domain/time.ts';
import { fromIso } from '../domain/time.ts';
import { parseCsv } from './csv-file.ts';
import { Findings, type Place, shown } from './finding.ts';
import { assetOfRow, checkAssetColumn, conduitOfRow, zoneOfRow } from './inventory-asset.ts';
import { columnName, type Row, rowOfYaml, rowsOfCsv } from './inventory-row.ts';
import { parseYaml, type YamlFile } from './yaml-file.ts';

/** Assets, zones and conduits of one inventory. */
const ASSETS_MAX = 500_000;

const TOP_KEYS = ['assets', 'zones', 'conduits', 'confirmed_at', 'dismissed'];

/** Names and addresses that people took off the worklist of unknown assets, and characters of one. */
const DISMISSED_MAX = 10_000;
const DISMISSED_LENGTH_MAX = 300;

type Placed<T> = { readonly value: T; readonly place: Place };
type Parts = {
	assets: Placed<Asset>[];
	zones: Placed<Zone>[];
	conduits: Placed<Conduit>[];
	dismissed: string[];
	confirmedAt: Instant;
};

/**
 * Reads an inventory (DESIGN.md, Inventory). CSV where the name ends in .csv, or where the first line has separators and no
 * YAML colon; YAML otherwise. Never throws.
 *
 * One error refuses the whole file: with half of it, an address could stand for the wrong asset. Unknown kinds and
 * shared host names are warnings (a name that two assets claim finds neither).
 *
 * @param file the name that findings show
 * @param now  when the file was read: the inventory's age counts from here, or from its own `confirmed_at`
 * @returns data null exactly where a finding is an error
 */
export function loadInventoryFile(
	text: string,
	file: string,
	now: Instant,
): { data: InventoryData | null; findings: Finding[] } {
	const findings = new Findings(file);
	const parts = isCsv(text, file) ? readCsv(text, file, now, findings) : readYaml(text, file, now, findings);
	checkAssets(parts.assets, findings);
	checkZones(parts, findings);
	const data = {
		assets: parts.assets.map((asset) => asset.value),
		zones: parts.zones.map((zone) => zone.value),
		conduits: parts.conduits.map((conduit) => conduit.value),
		...(parts.dismissed.length === 0 ? {} : { dismissed: parts.dismissed }),
		confirmedAt: parts.confirmedAt,
	};
	return { data: findings.hasErrors ? null : data, findings: findings.list() };
}

function isCsv(text: string, file: string): boolean {
	if (/\.csv$/i.test(file)) return true;
	if (/\.ya?ml$/i.test(file)) return false;
	const head = text.trimStart().split('\n', 1)[0] ?? '';
	return /[,;]/.test(head) && !/^[\w"' ]*:|^[[{#%-]/.test(head);
}

function readCsv(text: string, file: string, now: Instant, findings: Findings): Parts {
	const table = parseCsv(text, file);
	findings.addAll(table.findings);
	for (const cell of table.header) checkAssetColumn(columnName(cell.text), cell, findings);
	const names = table.header.map((cell) => columnName(cell.text));
	if (table.header.length === 0)
		findings.error({ line: 1, column: 1 }, 'the file is empty', 'its first line names the columns: id,hostname,ip,...');
	else if (!names.includes('id'))
		findings.error({ line: 1, column: 1 }, 'no column `id`', 'the first line names the columns: id,hostname,ip,...');
	const rows = names.includes('id') ? rowsOfCsv(table, findings) : [];
	return { assets: assetsOf(rows, findings), zones: [], conduits: [], dismissed: [], confirmedAt: now };
}

function readYaml(text: string, file: string, now: Instant, findings: Findings): Parts {
	const yaml = parseYaml(text, file);
	findings.addAll(yaml.findings);
	const parts: Parts = { assets: [], zones: [], conduits: [], dismissed: [], confirmedAt: now };
	const top = yaml.value;
	if (top === undefined) {
		if (!findings.hasErrors)
			findings.error(
				{ line: 1, column: 1 },
				'the file is empty',
				'an inventory without assets is written `assets: []`',
			);
		return parts;
	}
	if (typeof top !== 'object' || top === null || Array.isArray(top)) {
		findings.error(yaml.place([]), 'the file is no mapping', 'write `assets:` and the list of assets below it');
		return parts;
	}
	for (const key of Object.keys(top)) {
		if (!TOP_KEYS.includes(key))
			findings.error(yaml.place([key], 'key'), `unknown key ${shown(key)}`, didYouMean(key, TOP_KEYS));
	}
	const members = new Map<string, unknown>(Object.entries(top));
	const rows = listRows(yaml, 'assets', members.get('assets'), findings);
	const known = new Set<string>();
	for (const row of rows) {
		for (const [name, field] of row.fields) {
			if (known.has(name)) continue;
			known.add(name);
			checkAssetColumn(name, field.keyPlace, findings);
		}
	}
	parts.assets = assetsOf(rows, findings);
	parts.zones = placed(listRows(yaml, 'zones', members.get('zones'), findings), (row) => zoneOfRow(row, findings));
	parts.conduits = placed(listRows(yaml, 'conduits', members.get('conduits'), findings), (row) =>
		conduitOfRow(row, findings),
	);
	parts.dismissed = dismissedOf(yaml, members.get('dismissed'), findings);
	if (members.has('confirmed_at')) parts.confirmedAt = confirmedAt(yaml, members.get('confirmed_at'), now, findings);
	return parts;
}

function confirmedAt(yaml: YamlFile, value: unknown, now: Instant, findings: Findings): Instant {
	const at = typeof value === 'string' ? fromIso(value) : null;
	if (at !== null && at <= now) return at;
	const why = at === null ? 'is no time' : 'lies in the future';
	findings.error(
		yaml.place(['confirmed_at']),
		`${shown(value)} ${why}`,
		'write when the whole inventory was last confirmed, as in 2026-03-01T08:00:00Z',
	);
	return now;
}

/** They are off the list only: to the safety gate they are as unknown as before. */
function dismissedOf(yaml: YamlFile, value: unknown, findings: Findings): string[] {
	if (value === undefined || value === null) return [];
	if (!Array.isArray(value) || value.length > DISMISSED_MAX) {
		findings.error(yaml.place(['dismissed']), `\`dismissed\` is no list of at most ${DISMISSED_MAX} names`);
		return [];
	}
	return value.flatMap((item: unknown, index) => {
		if (typeof item === 'string' && item !== '' && item.length <= DISMISSED_LENGTH_MAX) return [normaliseName(item)];
		findings.error(yaml.place(['dismissed', index]), `${shown(item)} is no name or address`);
		return [];
	});
}

function listRows(yaml: YamlFile, key: string, value: unknown, findings: Findings): Row[] {
	if (value === undefined || value === null) return [];
	if (!Array.isArray(value)) {
		findings.error(yaml.place([key]), `\`${key}\` is no list`, 'each entry begins with `- id: ...`');
		return [];
	}
	if (value.length > ASSETS_MAX)
		findings.error(yaml.place([key]), `\`${key}\` has ${value.length} entries, ${ASSETS_MAX} are allowed`);
	const rows: Row[] = [];
	value.slice(0, ASSETS_MAX).forEach((item, index) => {
		const row = rowOfYaml(yaml, [key, index], item, findings);
		if (row !== null) rows.push(row);
	});
	return rows;
}

function assetsOf(rows: readonly Row[], findings: Findings): Placed<Asset>[] {
	if (rows.length > ASSETS_MAX)
		findings.error({ line: 1, column: 1 }, `the file has ${rows.length} assets, ${ASSETS_MAX} are allowed`);
	return placed(rows.slice(0, ASSETS_MAX), (row) => assetOfRow(row, findings));
}

function placed<T>(rows: readonly Row[], read: (row: Row) => T | null): Placed<T>[] {
	return rows.flatMap((row) => {
		const value = read(row);
		return value === null ? [] : [{ value, place: row.place }];
	});
}

/** Ids and addresses belong to one asset; a shared host name is only said aloud, because it then finds neither. */
function checkAssets(assets: readonly Placed<Asset>[], findings: Findings): void {
	const claims = {
		id: new Map<string, Placed<Asset>>(),
		address: new Map<string, Placed<Asset>>(),
		name: new Map<string, Placed<Asset>>(),
	};
	const claim = (held: Map<string, Placed<Asset>>, value: string, asset: Placed<Asset>): Placed<Asset> | null => {
		const other = held.get(normaliseName(value));
		if (other === undefined) held.set(normaliseName(value), asset);
		return other === undefined || other === asset ? null : other;
	};
	for (const asset of assets) {
		const { id, ips, macs, vendor_ids, hostnames } = asset.value;
		const twin = claim(claims.id, id, asset);
		if (twin !== null)
			findings.error(asset.place, `the id ${shown(id)} stands twice, first in line ${twin.place.line}`);
		for (const address of [...ips, ...macs, ...vendor_ids]) {
			const other = claim(claims.address, address, asset);
			if (other === null || other === twin) continue;
			findings.error(
				asset.place,
				`asset ${shown(id)} has the address ${shown(address)} of ${shown(other.value.id)} in line ${other.place.line}`,
				'an alert from that address would name both: leave it with the one that has it now',
			);
		}
		for (const name of hostnames) {
			const other = claim(claims.name, name, asset);
			if (other === null || other === twin) continue;
			findings.warning(
				asset.place,
				`asset ${shown(id)} has the name ${shown(name)} of ${shown(other.value.id)} in line ${other.place.line}: it will find neither`,
			);
		}
	}
}

function checkZones(parts: Parts, findings: Findings): void {
	const declared = new Set<string>();
	for (const zone of parts.zones) {
		if (declared.has(zone.value.id)) findings.error(zone.place, `the zone ${shown(zone.value.id)} stands twice`);
		declared.add(zone.value.id);
	}
	const used = new Set(parts.assets.flatMap((asset) => (asset.value.zone === null ? [] : [asset.value.zone])));
	if (declared.size > 0) {
		const told = new Set<string>();
		for (const { value, place } of parts.assets) {
			if (value.zone === null || declared.has(value.zone) || told.has(value.zone)) continue;
			told.add(value.zone);
			const near = nearest(value.zone, declared);
			findings.warning(
				place,
				`the zone ${shown(value.zone)} is not listed under \`zones:\``,
				near === null ? undefined : `did you mean \`${near}\`?`,
			);
		}
	}
	const assets = new Set(parts.assets.map((asset) => asset.value.id));
	for (const { value, place } of parts.conduits) {
		for (const zone of [value.from, value.to]) {
			if (declared.has(zone) || used.has(zone)) continue;
			const near = nearest(zone, [...declared, ...used]);
			findings.error(
				place,
				`conduit ${shown(value.id)}: there is no zone ${shown(zone)}`,
				near === null ? undefined : `did you mean \`${near}\`?`,
			);
		}
		if (value.from === value.to) findings.error(place, `conduit ${shown(value.id)} leads from a zone to itself`);
		if (value.via !== null && !assets.has(value.via)) {
			const near = nearest(value.via, assets);
			findings.error(
				place,
				`conduit ${shown(value.id)}: there is no asset ${shown(value.via)}`,
				near === null ? undefined : `did you mean \`${near}\`?`,
			);
		}
	}
}
