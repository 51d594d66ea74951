// `interlock inventory list|age|unknown`: the assets, how old what is known of each is, and what alerts named that the inventory does not have.
import { parseArgs } from 'node:util';
import { shown } from '../config/finding.ts';
import { marksOf } from '../config/inventory-write.ts';
import type { Asset } from '../domain/asset.ts';
import { indexInventory, normaliseName } from '../domain/inventory.ts';
import { DAY, fromIso, type Instant, toIso } from '../domain/time.ts';
import { INVENTORY_MAX_AGE_MS } from '../safety/readings.ts';
import { readUnknownAssets } from '../store/read/chat.ts';
import { type Held, openInventory } from './inventory-store.ts';
import { EXIT, type Io } from './io.ts';
import { openStore } from './open.ts';

/** Rows of the worklist that are read: the ones seen last. */
const UNKNOWN_MAX = 10_000;

type Row = {
	readonly id: string;
	readonly kind: string;
	readonly purdue: string;
	readonly zone: string | null;
	readonly site: string | null;
	readonly ip: readonly string[];
	/** Platforms that brought values of it; empty where people wrote it all. */
	readonly origin: readonly string[];
	readonly confirmed_at: string | null;
	readonly seen_at: string | null;
	readonly is_stale: boolean;
};

function rowsOf({ data, text, isCsv }: Held, now: Instant): Row[] {
	const marks = isCsv ? new Map<string, readonly string[]>() : marksOf(text);
	// Without a word of its own the file counts as confirmed whenever it is read (config/inventory-file.ts).
	const wholeAt = data.confirmedAt === now ? null : data.confirmedAt;
	return data.assets.map((asset: Asset): Row => {
		const own = asset.confirmed_at === null ? null : fromIso(asset.confirmed_at);
		const at = own ?? wholeAt;
		return {
			id: asset.id,
			kind: asset.class_raw ?? asset.class,
			purdue: asset.level,
			zone: asset.zone,
			site: asset.site,
			ip: asset.ips,
			origin: [...new Set((marks.get(asset.id) ?? []).map((mark) => mark.split('.')[0] ?? ''))],
			confirmed_at: at === null ? null : toIso(at),
			seen_at: asset.tags['seen_at'] ?? null,
			// The gate goes by the file's age; an asset's own word cannot make a stale file current.
			is_stale: [own, wholeAt].some((one) => one !== null && now - one > INVENTORY_MAX_AGE_MS),
		};
	});
}

export async function list(args: string[], io: Io, now: Instant): Promise<number> {
	const { values } = parseArgs({ args, options: { json: { type: 'boolean', default: false } } });
	const rows = rowsOf(openInventory(io, now), now);
	if (values.json) io.out(JSON.stringify({ assets: rows }));
	else
		table(
			['id', 'kind', 'level', 'zone', 'site', 'addresses', 'origin'],
			rows.map((row) => [
				row.id,
				row.kind,
				row.purdue,
				row.zone ?? '-',
				row.site ?? '-',
				row.ip.slice(0, 3).join(' ') || '-',
				row.origin.join(' ') || 'by hand',
			]),
			io,
		);
	return EXIT.ok;
}

/** Exit 1 where an asset is stale: the gate no longer relies on an inventory that nobody has confirmed for so long. */
export async function age(args: string[], io: Io, now: Instant): Promise<number> {
	const { values } = parseArgs({
		args,
		options: { json: { type: 'boolean', default: false }, stale: { type: 'boolean', default: false } },
	});
	const all = rowsOf(openInventory(io, now), now);
	const stale = all.filter((row) => row.is_stale);
	const rows = (values.stale ? stale : all).toSorted((a, b) =>
		(a.confirmed_at ?? '~').localeCompare(b.confirmed_at ?? '~'),
	);
	if (values.json)
		io.out(JSON.stringify({ max_age_days: INVENTORY_MAX_AGE_MS / DAY, stale: stale.length, assets: rows }));
	else {
		const days = (time: string | null): string => {
			const at = time === null ? null : fromIso(time);
			return at === null ? 'not stated' : `${Math.floor(Math.max(0, now - at) / DAY)} days ago`;
		};
		table(
			['id', 'confirmed', 'seen', 'state'],
			rows.map((row) => [row.id, days(row.confirmed_at), days(row.seen_at), row.is_stale ? 'STALE' : 'current']),
			io,
		);
		io.err(
			`${stale.length} of ${all.length} stale (confirmed more than ${INVENTORY_MAX_AGE_MS / DAY} days ago). Being seen by a platform confirms nothing: set confirmed_at once people have looked`,
		);
	}
	return stale.length > 0 ? EXIT.finding : EXIT.ok;
}

export async function unknown(args: string[], io: Io, now: Instant): Promise<number> {
	const { values } = parseArgs({
		args,
		options: { json: { type: 'boolean', default: false }, dismissed: { type: 'boolean', default: false } },
	});
	const { config, data } = openInventory(io, now);
	const store = await openStore(config.environment, 'share');
	try {
		const inventory = indexInventory(data);
		const dismissed = new Set(data.dismissed ?? []);
		const rows = (await readUnknownAssets(store.database, UNKNOWN_MAX))
			.filter(
				(row) => inventory.find(row.value) === null && dismissed.has(normaliseName(row.value)) === values.dismissed,
			)
			.map(({ type, value, sources, first_seen, last_seen, times }) => ({
				type,
				value,
				times,
				first_seen: toIso(first_seen),
				last_seen: toIso(last_seen),
				sources,
			}));
		if (values.json) io.out(JSON.stringify({ unknown: rows }));
		else {
			table(
				['type', 'name', 'times', 'first seen', 'last seen', 'by'],
				rows.map((row) => [
					row.type,
					row.value,
					String(row.times),
					row.first_seen.slice(0, 16),
					row.last_seen.slice(0, 16),
					row.sources.slice(0, 5).join(' '),
				]),
				io,
			);
			io.err(
				`${rows.length} ${values.dismissed ? 'dismissed' : 'not in the inventory'}; each is judged as a level 1 controller. \`inventory take NAME --id ID\` or \`inventory dismiss NAME\``,
			);
		}
		return EXIT.ok;
	} finally {
		await store.close();
	}
}

const CELL_MAX = 48;

/** Columns of one width; what others wrote is shown harmlessly. */
function table(head: readonly string[], rows: readonly (readonly string[])[], io: Io): void {
	const cells = [head, ...rows].map((row) => row.map((cell) => shown(cell).slice(1, -1).slice(0, CELL_MAX)));
	const widths = head.map((_, column) => cells.reduce((most, row) => Math.max(most, row[column]?.length ?? 0), 0));
	io.out(
		cells
			.map((row) =>
				row
					.map((cell, column) => cell.padEnd(widths[column] ?? 0))
					.join('  ')
					.trimEnd(),
			)
			.join('\n'),
	);
}
