// What an import would do to the inventory, before it does it: added, changed, kept by hand, gone from the source, in conflict, looser. Pure.
// What people set wins; what was imported is told by its mark. NOT here: reading exports (inventory-platforms.ts), writing (inventory-write.ts).
import { createHash } from 'node:crypto';
import { Domain } from '../domain/alert.ts';
import { type Asset, AssetClass, type InventoryData, Level } from '../domain/asset.ts';
import { type Inventory, indexInventory, normaliseName } from '../domain/inventory.ts';
import { fieldsOf } from './inventory-own.ts';
import {
	type Fields,
	IMPORT_FIELDS,
	type ImportExport,
	type ImportField,
	type ImportRecord,
	importId,
	MANY,
	type Platform,
} from './inventory-record.ts';
import { looserBy } from './inventory-strictness.ts';

/** Marks of imported values by asset id: `<platform>.<field>.<digest of the value>`. A value that its mark does not fit was set by hand. */
export type Marks = ReadonlyMap<string, readonly string[]>;

export type FieldChange = {
	readonly field: ImportField;
	readonly from: readonly string[];
	readonly to: readonly string[];
};

export type AssetChange = {
	readonly asset: string;
	readonly isNew: boolean;
	readonly fields: readonly FieldChange[];
	readonly after: Asset;
	readonly marks: readonly string[];
	/** In which ways it would be judged less strictly; a person accepts that asset by asset. */
	readonly looser: readonly string[];
};

export type Kept = {
	readonly asset: string;
	readonly field: ImportField;
	readonly here: readonly string[];
	readonly there: readonly string[];
};

export type ImportPlan = {
	/** What is applied: nothing looser that nobody accepted, nothing in conflict. */
	readonly ready: readonly AssetChange[];
	/** Looser and not accepted. */
	readonly held: readonly AssetChange[];
	readonly conflicts: readonly Conflict[];
	/** Values that the source says otherwise, kept because people or another source set them. */
	readonly kept: readonly Kept[];
	/** Assets that this source brought earlier and no longer has: told, never removed. */
	readonly gone: readonly string[];
	/** Assets of which only the time when they were last seen is newer. */
	readonly seenOnly: readonly AssetChange[];
	readonly same: number;
};

type Input = {
	readonly data: InventoryData;
	readonly marks: Marks;
	readonly platform: Platform;
	readonly records: ImportExport['records'];
	/** Ids of assets whose looser changes a person accepts. */
	readonly accepted: ReadonlySet<string>;
};

/** Plans an import. The same export twice gives an empty plan the second time. */
export function planImport(input: Input): ImportPlan {
	const inventory = indexInventory(input.data);
	const matched = matchRecords(input);
	const conflicts = [...matched.conflicts];
	const kept: Kept[] = [];
	const changes: AssetChange[] = [];
	const seenOnly: AssetChange[] = [];
	let same = 0;
	for (const { record, asset, id } of matched.pairs) {
		const change = changeOf(input, inventory, record, asset, id, kept);
		if (change === null) same++;
		else if (change.fields.length === 0) seenOnly.push(change);
		else changes.push(change);
	}
	const isHeld = ({ looser, asset }: AssetChange): boolean => looser.length > 0 && !input.accepted.has(asset);
	const free = withoutCollisions(
		input.data,
		changes.filter((change) => !isHeld(change)),
	);
	conflicts.push(...free.conflicts);
	const there = new Set(matched.pairs.map((pair) => pair.id));
	const gone = input.data.assets.filter(
		({ id, vendor_ids }) => !there.has(id) && vendor_ids.some((own) => own.startsWith(`${input.platform}:`)),
	);
	return {
		ready: free.ready,
		held: changes.filter(isHeld),
		conflicts,
		kept,
		gone: gone.map((asset) => asset.id),
		seenOnly,
		same,
	};
}

/** The inventory with a plan's changes in it. */
export function applyPlan(data: InventoryData, changes: readonly AssetChange[]): InventoryData {
	const after = new Map(changes.map((change) => [change.asset, change.after]));
	const kept = data.assets.map((asset) => after.get(asset.id) ?? asset);
	return { ...data, assets: [...kept, ...changes.filter((change) => change.isNew).map((change) => change.after)] };
}

type Conflict = { readonly name: string; readonly reason: string };

type Pair = { readonly record: ImportRecord; readonly asset: Asset | null; readonly id: string };

/** Rounds in which names and addresses are matched: each settles what the one before made clear. */
const ROUNDS_MAX = 20;

/**
 * Which asset each record is: by its own id from an earlier import, else by the addresses and names that only one asset has and no other
 * record of the export claims. The same records find the same assets again after what they say has been written.
 */
function matchRecords({ data, platform, records }: Input): { pairs: Pair[]; conflicts: Conflict[] } {
	const pairs: Pair[] = [];
	const matched = new Set<Asset>();
	const byOwnId = new Map(data.assets.flatMap((asset) => asset.vendor_ids.map((id) => [normaliseName(id), asset])));
	let waiting: ImportRecord[] = [];
	for (const record of records) {
		const asset = byOwnId.get(normaliseName(importId(platform, record.ref)));
		if (asset === undefined || matched.has(asset)) waiting.push(record);
		else {
			matched.add(asset);
			pairs.push({ record, asset, id: asset.id });
		}
	}
	let found = new Map<ImportRecord, ReadonlySet<Asset>>();
	for (let round = 0; round < ROUNDS_MAX; round++) {
		found = candidates(platform, waiting, data.assets, matched);
		const wishes = new Map<Asset, number>();
		for (const assets of found.values())
			if (assets.size === 1) for (const asset of assets) wishes.set(asset, (wishes.get(asset) ?? 0) + 1);
		const settled = waiting.flatMap((record): Pair[] => {
			const [asset, ...more] = found.get(record) ?? [];
			return asset !== undefined && more.length === 0 && wishes.get(asset) === 1
				? [{ record, asset, id: asset.id }]
				: [];
		});
		if (settled.length === 0) break;
		for (const pair of settled) if (pair.asset !== null) matched.add(pair.asset);
		pairs.push(...settled);
		const done = new Set(settled.map((pair) => pair.record));
		waiting = waiting.filter((record) => !done.has(record));
	}
	const conflicts: Conflict[] = [];
	const taken = new Set(data.assets.flatMap(keysOf));
	for (const record of waiting) {
		const assets = [...(found.get(record) ?? [])].map((asset) => asset.id);
		if (assets.length === 0) {
			const id = newId(platform, record, (wish) => taken.has(normaliseName(wish)));
			taken.add(normaliseName(id));
			pairs.push({ record, asset: null, id });
		} else {
			const name = record.fields.hostname[0] ?? record.fields.ip[0] ?? record.ref;
			const whose = `its names and addresses are those of ${assets
				.slice(0, 5)
				.map((id) => `\`${id}\``)
				.join(', ')}`;
			conflicts.push({ name, reason: assets.length > 1 ? whose : `${whose}, and of another entry of the export too` });
		}
	}
	return { pairs, conflicts };
}

/** The assets that a record's names and addresses find, among those that no record has yet. */
function candidates(
	platform: Platform,
	records: readonly ImportRecord[],
	assets: readonly Asset[],
	matched: ReadonlySet<Asset>,
) {
	const byKey = new Map<string, Asset | null>();
	for (const asset of assets) {
		if (matched.has(asset)) continue;
		for (const key of new Set(keysOf(asset))) byKey.set(key, byKey.has(key) ? null : asset);
	}
	const isOurs = platform === 'csv' || platform === 'yaml';
	return new Map(
		records.map((record) => {
			const { hostname, ip, mac, vendor_id } = record.fields;
			const keys = [...(isOurs ? [record.ref] : []), ...mac, ...vendor_id, ...ip, ...hostname].map(normaliseName);
			return [record, new Set(keys.flatMap((key) => byKey.get(key) ?? []))];
		}),
	);
}

function keysOf(asset: Asset): string[] {
	return [asset.id, ...asset.hostnames, ...asset.ips, ...asset.macs, ...asset.vendor_ids].map(normaliseName);
}

function newId(platform: Platform, { ref, fields }: ImportRecord, isTaken: (id: string) => boolean): string {
	const wish = platform === 'csv' || platform === 'yaml' ? ref : fields.hostname[0];
	return wish !== undefined && !isTaken(wish) ? wish : importId(platform, ref).replace(':', '-');
}

/** What a record changes; null where nothing. What is kept against it is added to `kept`. */
function changeOf(
	input: Input,
	inventory: Inventory,
	record: ImportRecord,
	asset: Asset | null,
	id: string,
	kept: Kept[],
): AssetChange | null {
	const before = asset === null ? null : fieldsOf(asset);
	const marks = asset === null ? [] : (input.marks.get(id) ?? []);
	const next: Record<string, readonly string[]> = {};
	const fields: FieldChange[] = [];
	const nextMarks = new Set(marks);
	for (const field of IMPORT_FIELDS) {
		const here = before?.[field] ?? [];
		const prefix = `${input.platform}.${field}.`;
		const own = marks.filter((mark) => mark.startsWith(prefix));
		const merged = mergeField(
			here,
			record.fields[field],
			own,
			(value) => markOf(input.platform, field, value),
			MANY.includes(field),
		);
		next[field] = merged.value;
		for (const mark of own) nextMarks.delete(mark);
		for (const mark of merged.marks) nextMarks.add(mark);
		if (!isSame(here, merged.value)) fields.push({ field, from: here, to: merged.value });
		if (merged.isKept) kept.push({ asset: id, field, here, there: record.fields[field] });
	}
	const after = assetOf(asset, id, record.seenAt, next as Fields); // every field of IMPORT_FIELDS was set above
	const isSeenNewer = after.tags['seen_at'] !== asset?.tags['seen_at'];
	if (fields.length === 0 && asset !== null && !isSeenNewer && isSame(marks, [...nextMarks])) return null;
	return {
		asset: id,
		isNew: asset === null,
		fields,
		after,
		marks: [...nextMarks],
		looser: looserBy(asset, after, inventory),
	};
}

/** The mark of an imported value: enough to see that somebody changed it. */
export function markOf(platform: Platform, field: ImportField, value: string): string {
	return `${platform}.${field}.${createHash('sha256').update(value).digest('hex').slice(0, 10)}`;
}

/**
 * Three-way: what is here, what the source says, and what the source said last (its marks). What is here without its mark was set by
 * people or by another source and stays; what had a mark and is gone was taken out by people and stays out.
 */
function mergeField(
	here: readonly string[],
	there: readonly string[],
	marks: readonly string[],
	mark: (value: string) => string,
	isMany: boolean,
): { value: readonly string[]; marks: readonly string[]; isKept: boolean } {
	// A source that says nothing about a field takes nothing back.
	if (there.length === 0) return { value: here, marks, isKept: false };
	const foreign = here.filter((value) => !marks.includes(mark(value)));
	const removed = marks.filter((one) => !here.some((value) => mark(value) === one));
	if (!isMany) {
		const [said = ''] = there;
		if (here[0] === said) return { value: here, marks, isKept: false };
		if (foreign.length > 0 || removed.length > 0) return { value: here, marks, isKept: true };
		return { value: [said], marks: [mark(said)], isKept: false };
	}
	const equal = new Set(foreign.map(normaliseName));
	const wanted = there.filter((value) => !equal.has(normaliseName(value)));
	const added = wanted.filter((value) => !removed.includes(mark(value)));
	const stays = here.filter((value) => foreign.includes(value) || added.includes(value));
	const value = [...stays, ...added.filter((one) => !here.includes(one))];
	return { value: isSame(value, here) ? here : value, marks: wanted.map(mark), isKept: added.length < wanted.length };
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
	return a.length === b.length && a.every((value) => b.includes(value));
}

/** The asset with these changes and nothing else; null: a new one. */
export function assetFrom(asset: Asset | null, id: string, changes: readonly FieldChange[]): Asset {
	const held: Partial<Fields> = asset === null ? {} : fieldsOf(asset);
	const all = IMPORT_FIELDS.map((field) => [
		field,
		changes.find((change) => change.field === field)?.to ?? held[field] ?? [],
	]);
	return assetOf(asset, id, null, Object.fromEntries(all));
}

function assetOf(asset: Asset | null, id: string, seenAt: string | null, fields: Fields): Asset {
	const one = (field: ImportField): string | null => fields[field][0] ?? null;
	const kind = AssetClass.safeParse(one('kind'));
	const level = Level.safeParse(one('purdue'));
	const domain = Domain.safeParse(one('domain'));
	const seen = asset?.tags['seen_at'];
	const newest = seenAt !== null && (seen === undefined || seen < seenAt) ? seenAt : seen;
	return {
		id,
		hostnames: [...fields.hostname],
		ips: [...fields.ip],
		macs: [...fields.mac],
		vendor_ids: [...fields.vendor_id],
		site: one('site'),
		zone: one('zone'),
		level: level.success ? level.data : 'unknown',
		class: kind.success ? kind.data : 'unknown',
		class_raw: kind.success ? null : one('kind'),
		vendor: one('vendor'),
		os: one('os'),
		criticality: one('criticality') === null ? null : Number(one('criticality')),
		domain: domain.success ? domain.data : null,
		switch: one('switch'),
		owner: one('owner'),
		facts: asset?.facts ?? {},
		tags: { ...asset?.tags, ...(newest === undefined ? {} : { seen_at: newest }) },
		confirmed_at: asset?.confirmed_at ?? null,
	};
}

/** Changes after which two assets would have one address, or gain one name, are left out, all that meet in it, until none is left. */
function withoutCollisions(
	data: InventoryData,
	changes: readonly AssetChange[],
): { ready: AssetChange[]; conflicts: Conflict[] } {
	const conflicts: Conflict[] = [];
	let ready = [...changes];
	for (;;) {
		const bad = collisions(applyPlan(data, ready).assets, new Map(ready.map((change) => [change.asset, change])));
		if (bad.size === 0) return { ready, conflicts };
		conflicts.push(...[...bad].map(([name, reason]) => ({ name, reason })));
		ready = ready.filter((change) => !bad.has(change.asset));
	}
}

/** Changed assets that meet another one in an address or name that they did not have before, with the reason. */
function collisions(assets: readonly Asset[], changes: ReadonlyMap<string, AssetChange>): Map<string, string> {
	const owners = new Map<string, string>();
	const bad = new Map<string, string>();
	for (const asset of assets)
		for (const key of keysOf(asset)) {
			const other = owners.get(key) ?? asset.id;
			owners.set(key, other);
			if (other === asset.id) continue;
			for (const id of [asset.id, other]) {
				const change = changes.get(id);
				const isGained =
					change?.isNew ||
					change?.fields.some(
						({ from, to }) => to.map(normaliseName).includes(key) && !from.map(normaliseName).includes(key),
					);
				if (isGained) bad.set(id, `\`${key}\` would belong to \`${other}\` and \`${asset.id}\``);
			}
		}
	return bad;
}
