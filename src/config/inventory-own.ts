// Somebody else's list in our own form (CSV or YAML) becomes records of an import. Only the fields that an import may set are taken: facts,
// tags, zones and conduits of such a file are people's statements about another plant's day and are told, not taken.
import type { Asset } from '../domain/asset.ts';
import type { Finding } from '../domain/result.ts';
import type { Instant } from '../domain/time.ts';
import { loadInventoryFile } from './inventory-file.ts';
import { type Fields, type ImportExport, RecordList } from './inventory-record.ts';

/** @returns the findings of the file where it has errors: half of a list could stand for the wrong asset */
export function readOwnForm(
	platform: 'csv' | 'yaml',
	text: string,
	file: string,
	now: Instant,
): { export: ImportExport | null; findings: readonly Finding[] } {
	const { data, findings } = loadInventoryFile(
		text,
		`${file}${/\.(csv|ya?ml)$/i.test(file) ? '' : `.${platform}`}`,
		now,
	);
	if (data === null) return { export: null, findings };
	const list = new RecordList(platform, now);
	for (const asset of data.assets) {
		const { id, tags, facts } = asset;
		list.add({ ref: id, ...fieldsOf(asset), seen: tags['seen_at'] });
		if (Object.keys(facts).length > 0) list.note('not taken: facts of the safety table, which people state');
	}
	if (data.zones.length + data.conduits.length > 0) list.note('not taken: zones and conduits, which people keep');
	return { export: list.done(), findings };
}

/** An asset's fields as an import compares them. */
export function fieldsOf(asset: Asset): Fields {
	const one = (value: string | number | null): string[] => (value === null ? [] : [String(value)]);
	return {
		hostname: asset.hostnames,
		ip: asset.ips,
		mac: asset.macs,
		vendor_id: asset.vendor_ids,
		site: one(asset.site),
		zone: one(asset.zone),
		purdue: asset.level === 'unknown' ? [] : [asset.level],
		kind: asset.class === 'unknown' ? one(asset.class_raw) : [asset.class],
		vendor: one(asset.vendor),
		os: one(asset.os),
		criticality: one(asset.criticality),
		domain: one(asset.domain),
		switch: one(asset.switch),
		owner: one(asset.owner),
	};
}
