// Writes changes into the text of inventory.yaml and leaves everything else in it as people wrote it, comments too. Pure: text in, text out.
// The result is read again before it counts: it must say exactly what was planned. NOT here: the file itself (cli/inventory-store.ts).
import { type Document, isMap, isScalar, isSeq, type Pair, parseDocument, type YAMLMap, type YAMLSeq } from 'yaml';
import type { Asset, InventoryData } from '../domain/asset.ts';
import { canonicalJson } from '../domain/canonical.ts';
import { normaliseName } from '../domain/inventory.ts';
import { err, ok, type Result } from '../domain/result.ts';
import { type Instant, toIso } from '../domain/time.ts';
import { formatFinding, shown } from './finding.ts';
import { loadInventoryFile } from './inventory-file.ts';
import { type AssetChange, applyPlan, type Marks } from './inventory-plan.ts';
import { columnName } from './inventory-row.ts';

/** Keys by which a file may call a field: the first is the one that is written anew. */
const KEYS: Readonly<Record<string, readonly string[]>> = {
	hostname: ['hostname', 'hostnames'],
	ip: ['ip', 'ips'],
	mac: ['mac', 'macs'],
	vendor_id: ['vendor_id', 'vendor_ids'],
};

/** The marks that earlier imports left, by asset id. */
export function marksOf(text: string): Marks {
	const marks = new Map<string, readonly string[]>();
	const list = assetList(parseDocument(text, { logLevel: 'error' }));
	for (const item of list?.items ?? []) {
		if (!isMap(item)) continue;
		const id = textOf(item, 'id');
		const held = pairOf(item, 'imported')?.value;
		if (id === null || !isSeq(held)) continue;
		marks.set(
			id,
			held.items.flatMap((mark) => (isScalar(mark) && typeof mark.value === 'string' ? [mark.value] : [])),
		);
	}
	return marks;
}

/**
 * The text with the changes in it.
 *
 * @param text what the file holds; empty for none
 * @param before the inventory that the text is
 * @returns the new text, or why nothing may be written: it would not be read again as what was planned
 */
export function writeChanges(
	text: string,
	before: InventoryData,
	changes: readonly AssetChange[],
	now: Instant,
): Result<string, string> {
	const isNew = text.trim() === '';
	// An inventory that an import began ages from the day on which a person applied it.
	const document = parseDocument(isNew ? `confirmed_at: ${toIso(now)}\nassets: []\n` : text, { logLevel: 'error' });
	if (document.errors.length > 0) return err('the file is not readable as YAML');
	const list = assetList(document, true);
	if (list === null) return err('the file has no list `assets:`');
	const entries = new Map<string, YAMLMap>();
	for (const item of list.items) if (isMap(item)) entries.set(textOf(item, 'id') ?? '', item);
	list.flow = false;
	for (const change of changes) {
		const entry = entries.get(change.asset) ?? (change.isNew ? document.createNode({ id: change.asset }) : undefined);
		if (entry === undefined || !isMap(entry))
			return err(
				`the entry of ${shown(change.asset)} cannot be changed where it stands: write it as a mapping of its own`,
			);
		for (const { field, to } of change.fields) setField(document, entry, field, to);
		const seen = change.after.tags['seen_at'];
		if (seen !== undefined) setField(document, entry, 'seen_at', [seen]);
		setField(document, entry, 'imported', change.marks, true);
		if (change.isNew) list.add(entry);
	}
	const written = document.toString({ lineWidth: 0 });
	const planned = applyPlan(before, changes);
	const fault = faultOf(written, planned, isNew, now);
	return fault === null ? ok(written) : err(fault);
}

/** The text with a name on the list of those that are no assets of the plant. */
export function writeDismissed(
	text: string,
	value: string,
	note: string | null,
	before: InventoryData,
	now: Instant,
): Result<string, string> {
	const isNew = text.trim() === '';
	const document = parseDocument(isNew ? `confirmed_at: ${toIso(now)}\nassets: []\n` : text, { logLevel: 'error' });
	if (document.errors.length > 0 || !isMap(document.contents)) return err('the file is not readable as YAML');
	const held = document.get('dismissed');
	const list = isSeq(held) ? held : document.createNode([]);
	if (!isSeq(held)) document.set('dismissed', list);
	if (!isSeq(list)) return err('`dismissed` is no list');
	list.flow = false;
	const node = document.createNode(normaliseName(value));
	if (note !== null) node.comment = ` ${note}`;
	list.add(node);
	const written = document.toString({ lineWidth: 0 });
	const planned = { ...before, dismissed: [...(before.dismissed ?? []), normaliseName(value)] };
	const fault = faultOf(written, planned, isNew, now);
	return fault === null ? ok(written) : err(fault);
}

/** Why the text does not say what was planned; null where it does. */
function faultOf(text: string, planned: InventoryData, isNew: boolean, now: Instant): string | null {
	const { data, findings } = loadInventoryFile(text, 'inventory.yaml', now);
	if (data === null) {
		const first = findings.find((finding) => finding.level === 'error');
		return `the new file would be refused: ${first === undefined ? 'no reason given' : formatFinding(first)}`;
	}
	const expected = new Map(planned.assets.map((asset) => [asset.id, comparable(asset)]));
	const wrong = data.assets.find((asset) => expected.get(asset.id) !== comparable(asset));
	if (wrong !== undefined || data.assets.length !== expected.size)
		return `the new file would say something else about ${shown(wrong?.id ?? 'an asset')} than was planned`;
	const others = (from: InventoryData) =>
		canonicalJson({ zones: from.zones, conduits: from.conduits, dismissed: from.dismissed ?? [] });
	const isSameAge = isNew || data.confirmedAt === planned.confirmedAt;
	return others(data) === others(planned) && isSameAge
		? null
		: 'the new file would say something else about zones, conduits or its age than was planned';
}

/** Order of values does not count. */
function comparable(asset: Asset): string {
	const { hostnames, ips, macs, vendor_ids } = asset;
	return canonicalJson({
		...asset,
		hostnames: hostnames.toSorted(),
		ips: ips.toSorted(),
		macs: macs.toSorted(),
		vendor_ids: vendor_ids.toSorted(),
	});
}

function assetList(document: Document, mayMake = false): YAMLSeq | null {
	if (!isMap(document.contents)) return null;
	const held = document.contents.get('assets', true);
	if (isSeq(held)) return held;
	const isEmpty = held === undefined || (isScalar(held) && held.value === null);
	if (!mayMake || !isEmpty) return null;
	const list = document.createNode([]);
	document.contents.set('assets', list);
	return isSeq(list) ? list : null;
}

function pairOf(entry: YAMLMap, field: string): Pair | undefined {
	const names = KEYS[field] ?? [field];
	return entry.items.find((pair) => isScalar(pair.key) && names.includes(columnName(String(pair.key.value))));
}

function textOf(entry: YAMLMap, field: string): string | null {
	const value = pairOf(entry, field)?.value;
	// As written: `007` is an id, not the number 7 (inventory-row.ts reads it so too).
	if (!isScalar(value) || value.value === null) return null;
	return (typeof value.value === 'string' ? value.value : (value.source ?? String(value.value))).trim();
}

/** Sets a field where it stands, with its comment; further keys of the same field go. No values: the key goes. */
function setField(document: Document, entry: YAMLMap, field: string, values: readonly string[], isList = false): void {
	const held = pairOf(entry, field);
	const names = KEYS[field] ?? [field];
	entry.items = entry.items.filter(
		(pair) => pair === held || !(isScalar(pair.key) && names.includes(columnName(String(pair.key.value)))),
	);
	if (values.length === 0) {
		entry.items = entry.items.filter((pair) => pair !== held);
		return;
	}
	const node = document.createNode(isList || values.length > 1 ? [...values] : values[0]);
	if (isSeq(node)) node.flow = true;
	if (held === undefined) {
		entry.items.push(document.createPair(field, node));
		return;
	}
	const old = held.value;
	if (isScalar(old) || isSeq(old)) {
		node.comment = old.comment ?? null;
		node.commentBefore = old.commentBefore ?? null;
	}
	held.value = node;
}
