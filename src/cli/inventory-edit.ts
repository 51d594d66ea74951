// `interlock inventory take` and `dismiss`: what a person does with a name that alerts used and the inventory does not have.
import { parseArgs } from 'node:util';
import { normaliseIp } from '../config/address.ts';
import { shown } from '../config/finding.ts';
import { fieldsOf } from '../config/inventory-own.ts';
import { type AssetChange, assetFrom } from '../config/inventory-plan.ts';
import { cleanText, IMPORT_FIELDS, type ImportField, kindOf, levelOf } from '../config/inventory-record.ts';
import { looserBy } from '../config/inventory-strictness.ts';
import { marksOf, writeChanges, writeDismissed } from '../config/inventory-write.ts';
import type { Asset } from '../domain/asset.ts';
import { indexInventory, normaliseMac, normaliseName } from '../domain/inventory.ts';
import { type Held, openInventory, refuseCsv, replaceInventory, Stop } from './inventory-store.ts';
import { EXIT, type Io } from './io.ts';

const NAME_MAX = 200;
const SETTABLE = ['kind', 'purdue', 'zone', 'site', 'criticality', 'domain', 'vendor', 'owner'] as const;

/** Adds the name to an asset, a new one or one that is there; shown first, written with --apply. */
export async function take(args: string[], io: Io, now: number): Promise<number> {
	const { values, positionals } = parseArgs({
		args,
		allowPositionals: true,
		options: {
			id: { type: 'string' },
			to: { type: 'string' },
			kind: { type: 'string' },
			purdue: { type: 'string' },
			zone: { type: 'string' },
			site: { type: 'string' },
			criticality: { type: 'string' },
			domain: { type: 'string' },
			vendor: { type: 'string' },
			owner: { type: 'string' },
			'accept-looser': { type: 'string', multiple: true, default: [] as string[] },
			apply: { type: 'boolean', default: false },
			json: { type: 'boolean', default: false },
		},
	});
	const name = nameOf(positionals);
	const held = openInventory(io, now);
	if (values.apply) refuseCsv(held);
	const set = new Map<ImportField, string>();
	for (const field of SETTABLE) {
		const given = values[field];
		if (given !== undefined) set.set(field, settable(field, given));
	}
	const before = assetFor(held, name, values.id, values.to);
	const change = changeFor(held, name, before, values.id ?? before?.id ?? '', set);
	const isHeld = change.looser.length > 0 && !values['accept-looser'].includes(change.asset);
	if (values.apply && !isHeld) {
		const data = {
			asset: change.asset,
			name,
			is_new: change.isNew,
			fields: change.fields.map((one) => ({ field: one.field, to: one.to })),
			accepted_looser: change.looser,
		};
		await replaceInventory(
			held,
			writeChanges(held.text, held.data, [change], now),
			{ kind: 'inventory.taken', data },
			io,
			now,
		);
	}
	const { asset, isNew, fields, looser } = change;
	if (values.json) io.out(JSON.stringify({ asset, is_new: isNew, fields, looser, applied: values.apply && !isHeld }));
	else
		io.out(
			[
				`${isNew ? '+' : '~'} ${shown(asset)}`,
				...fields.map(({ field, to }) => `    ${field}: ${to.map(shown).join(' ')}`),
				...looser.map((reason) => `    LOOSER ${reason}`),
			].join('\n'),
		);
	if (isHeld) io.err(`Held back: it would be judged less strictly than now. If it is so: --accept-looser ${asset}`);
	else
		io.err(
			values.apply
				? 'Applied. A running server takes the inventory at its next start'
				: 'Nothing was changed: --apply changes the inventory',
		);
	return isHeld ? EXIT.finding : EXIT.ok;
}

/** Takes a name off the worklist. The gate judges it as before: as a level 1 controller. */
export async function dismiss(args: string[], io: Io, now: number): Promise<number> {
	const { values, positionals } = parseArgs({ args, allowPositionals: true, options: { note: { type: 'string' } } });
	const name = nameOf(positionals);
	const held = openInventory(io, now);
	refuseCsv(held);
	if (held.data.dismissed?.includes(normaliseName(name)) === true)
		throw new Stop(1, `${shown(name)} is dismissed already`);
	const note = values.note === undefined ? null : cleanText(values.note);
	await replaceInventory(
		held,
		writeDismissed(held.text, name, note, held.data, now),
		{ kind: 'inventory.dismissed', data: { name, ...(note === null ? {} : { note }) } },
		io,
		now,
	);
	io.err(`Off the worklist: ${shown(name)}. To put it back, take it out of \`dismissed:\` in ${held.path}`);
	return EXIT.ok;
}

function nameOf(positionals: readonly string[]): string {
	const [name, ...more] = positionals;
	if (name === undefined || more.length > 0) throw new Stop(2, 'one name or address is needed');
	if (cleanText(name) !== name || name.length > NAME_MAX || /[\s,;]/.test(name))
		throw new Stop(2, `${shown(name)} is no name or address`);
	return name;
}

function settable(field: (typeof SETTABLE)[number], given: string): string {
	const text = cleanText(given) ?? '';
	const value =
		field === 'kind'
			? kindOf(text)
			: field === 'purdue'
				? levelOf(text)
				: field === 'criticality'
					? /^[1-5]$/.test(text)
						? text
						: null
					: field === 'domain'
						? /^(it|ot)$/.test(text)
							? text
							: null
						: text;
	if (value === null || value === '') throw new Stop(2, `--${field} ${shown(given)} is none that we know`);
	return value;
}

function assetFor({ data }: Held, name: string, id: string | undefined, to: string | undefined): Asset | null {
	if ((id === undefined) === (to === undefined))
		throw new Stop(2, '`--id ID` for a new asset, or `--to ASSET` for one that is there');
	const inventory = indexInventory(data);
	const held = data.assets.find((asset) => keysOf(asset).includes(normaliseName(name)));
	if (held !== undefined) throw new Stop(1, `${shown(name)} belongs to ${shown(held.id)} already`);
	if (to !== undefined) {
		const asset = inventory.find(to);
		if (asset === null) throw new Stop(1, `there is no asset ${shown(to)}`);
		return asset;
	}
	if (cleanText(id) !== id || (id?.length ?? 0) > NAME_MAX) throw new Stop(2, `${shown(id)} is no id`);
	if (data.assets.some((asset) => keysOf(asset).includes(normaliseName(id ?? ''))))
		throw new Stop(1, `the id ${shown(id)} is taken`);
	return null;
}

function keysOf(asset: Asset): string[] {
	return [asset.id, ...asset.hostnames, ...asset.ips, ...asset.macs, ...asset.vendor_ids].map(normaliseName);
}

function changeFor(
	{ data, text }: Held,
	name: string,
	before: Asset | null,
	id: string,
	set: ReadonlyMap<ImportField, string>,
): AssetChange {
	const asset = before?.id ?? id;
	const old = before === null ? null : fieldsOf(before);
	const ip = normaliseIp(name);
	const mac = normaliseMac(name);
	const field: ImportField = ip !== null ? 'ip' : mac !== null ? 'mac' : 'hostname';
	const fields = IMPORT_FIELDS.flatMap((one) => {
		const from = old?.[one] ?? [];
		const given = set.get(one);
		if (one === field) return [{ field: one, from, to: [...from, ip ?? mac ?? name] }];
		return given === undefined || from[0] === given ? [] : [{ field: one, from, to: [given] }];
	});
	const after = assetFrom(before, asset, fields);
	// A value that a person sets bears no mark: it fits none that is there.
	return {
		asset,
		isNew: before === null,
		fields,
		after,
		marks: marksOf(text).get(asset) ?? [],
		looser: looserBy(before, after, indexInventory(data)),
	};
}
