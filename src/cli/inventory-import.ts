// `interlock inventory import`: reads or fetches an export, shows what it would change, and with --apply changes it. What is taken and what is
// held back is decided in config/inventory-plan.ts.
import { readFileSync, statSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { shown } from '../config/finding.ts';
import { type ExportText, readExport } from '../config/inventory-export.ts';
import { type AssetChange, type ImportPlan, planImport } from '../config/inventory-plan.ts';
import { PLATFORMS, type Platform } from '../config/inventory-record.ts';
import { marksOf, writeChanges } from '../config/inventory-write.ts';
import { canonicalHash } from '../domain/canonical.ts';
import { didYouMean } from '../domain/nearest.ts';
import { fetchExport, readUrl } from './inventory-fetch.ts';
import { openInventory, refuseCsv, replaceInventory, Stop } from './inventory-store.ts';
import { EXIT, type Io } from './io.ts';

const FILE_BYTES_MAX = 256 * 1024 * 1024;
const FILES_MAX = 50;
/** Lines of each part of the difference; --json has all. */
const SHOWN_MAX = 200;
const TOKEN_ENV = 'INVENTORY_TOKEN';

type Wish = {
	readonly from: Platform;
	readonly places: readonly string[];
	readonly accepted: ReadonlySet<string>;
	readonly tokenEnv: string;
	readonly apply: boolean;
	readonly json: boolean;
};

export async function importInventory(args: string[], io: Io, now: number): Promise<number> {
	const wish = readWish(args);
	const held = openInventory(io, now);
	if (wish.apply) refuseCsv(held);
	const texts = await textsOf(wish, io);
	const read = readExport(wish.from, texts, now);
	if (!read.ok) throw new Stop(1, `nothing was changed: ${read.error}`);
	const marks = held.isCsv ? new Map() : marksOf(held.text);
	const { records, notes } = read.value;
	const plan = planImport({ data: held.data, marks, platform: wish.from, records, accepted: wish.accepted });
	const diff = canonicalHash(plan.ready.map(({ asset, isNew, fields }) => ({ asset, isNew, fields })));
	const isWorth = plan.ready.length + plan.seenOnly.length > 0;
	if (wish.apply && isWorth) {
		const written = writeChanges(held.text, held.data, [...plan.ready, ...plan.seenOnly], now);
		const data = {
			platform: wish.from,
			source: texts.map(({ name }) => name.split('?')[0] ?? name).slice(0, 1)[0] ?? '-',
			diff,
			added: plan.ready.filter((change) => change.isNew).length,
			changed: plan.ready.filter((change) => !change.isNew).length,
			accepted_looser: plan.ready.filter((change) => change.looser.length > 0).map((change) => change.asset),
			held_back: plan.held.length,
			conflicts: plan.conflicts.length,
		};
		await replaceInventory(held, written, { kind: 'inventory.imported', data }, io, now);
	}
	if (wish.json) io.out(JSON.stringify(dataOf(plan, notes, diff, wish)));
	else tell(plan, notes, wish, records.length, io);
	const unused = [...wish.accepted].filter(
		(id) => !plan.ready.some((change) => change.asset === id && change.looser.length > 0),
	);
	if (unused.length > 0)
		io.err(`--accept-looser: nothing looser is applied for ${unused.slice(0, 10).map(shown).join(', ')}`);
	return plan.held.length + plan.conflicts.length > 0 ? EXIT.finding : EXIT.ok;
}

function readWish(args: string[]): Wish {
	const { values, positionals } = parseArgs({
		args,
		allowPositionals: true,
		options: {
			from: { type: 'string' },
			'accept-looser': { type: 'string', multiple: true, default: [] as string[] },
			'accept-looser-file': { type: 'string' },
			'token-env': { type: 'string', default: TOKEN_ENV },
			apply: { type: 'boolean', default: false },
			json: { type: 'boolean', default: false },
		},
	});
	const from = PLATFORMS.find((known) => known === values.from);
	if (from === undefined)
		throw new Stop(
			2,
			values.from === undefined
				? '--from is missing: whose form is it?'
				: `there is no form ${shown(values.from)} ${didYouMean(values.from, PLATFORMS)}`,
		);
	if (positionals.length === 0) throw new Stop(2, 'which file or address?');
	if (
		positionals.length > FILES_MAX ||
		(positionals.length > 1 &&
			(from === 'csv' || from === 'yaml' || positionals.some(isUrl) || positionals.includes('-')))
	)
		throw new Stop(
			2,
			`one address or list at a time; of ${from === 'netbox' ? 'NetBox' : 'a platform'} up to ${FILES_MAX} files`,
		);
	const listed = values['accept-looser-file'] === undefined ? [] : readText(values['accept-looser-file']).split('\n');
	const accepted = [...values['accept-looser'], ...listed]
		.map((id) => id.trim())
		.filter((id) => id !== '' && !id.startsWith('#'));
	return {
		from,
		places: positionals,
		accepted: new Set(accepted),
		tokenEnv: values['token-env'],
		apply: values.apply,
		json: values.json,
	};
}

function isUrl(place: string): boolean {
	return /^[a-z][a-z0-9+.-]*:\/\//i.test(place);
}

async function textsOf(wish: Wish, io: Io): Promise<ExportText[]> {
	const [place = ''] = wish.places;
	if (place === '-') {
		const bytes = await io.stdin();
		if (bytes.byteLength > FILE_BYTES_MAX)
			throw new Stop(1, `the input has ${bytes.byteLength} bytes, ${FILE_BYTES_MAX} are allowed`);
		return [{ name: '-', text: new TextDecoder().decode(bytes) }];
	}
	if (!isUrl(place)) return wish.places.map((name) => ({ name, text: readText(name) }));
	const url = readUrl(place);
	if (typeof url === 'string') throw new Stop(2, `the address ${url}`);
	const token = io.env[wish.tokenEnv] ?? '';
	if (token === '' && wish.tokenEnv !== TOKEN_ENV) throw new Stop(2, `--token-env: ${shown(wish.tokenEnv)} is not set`);
	const fetched = await fetchExport(wish.from, url, { token: token === '' ? null : token, tell: io.err });
	if (!fetched.ok) throw new Stop(3, `nothing was changed: ${fetched.error}`);
	return fetched.value;
}

function readText(path: string): string {
	try {
		const { size } = statSync(path);
		if (size > FILE_BYTES_MAX) throw new Error(`${size} bytes, ${FILE_BYTES_MAX} are allowed`);
		return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path));
	} catch (error) {
		throw new Stop(3, `${shown(path)}: ${error instanceof Error ? error.message : String(error)}`);
	}
}

function dataOf(plan: ImportPlan, notes: readonly string[], diff: string, wish: Wish) {
	const plain = ({ asset, fields, looser }: AssetChange) => ({ asset, fields, looser });
	return {
		from: wish.from,
		applied: wish.apply,
		diff,
		added: plan.ready.filter((change) => change.isNew).map(plain),
		changed: plan.ready.filter((change) => !change.isNew).map(plain),
		held_back: plan.held.map((change) => ({ ...plain(change), is_new: change.isNew })),
		conflicts: plan.conflicts,
		kept: plan.kept,
		removed_from_source: plan.gone,
		seen: plan.seenOnly.length,
		same: plan.same,
		notes,
	};
}

function tell(plan: ImportPlan, notes: readonly string[], wish: Wish, total: number, io: Io): void {
	const part = (title: string, lines: readonly string[]): void => {
		if (lines.length === 0) return;
		const more = lines.length > SHOWN_MAX ? [`  and ${lines.length - SHOWN_MAX} more: --json`] : [];
		io.out([`${title}: ${lines.length}`, ...lines.slice(0, SHOWN_MAX), ...more].join('\n'));
	};
	const changeLines = ({ asset, isNew, fields, looser }: AssetChange): string =>
		[
			`  ${isNew ? '+' : '~'} ${shown(asset)}`,
			...fields.map(({ field, from, to }) => `      ${field}: ${isNew ? '' : `${valuesOf(from)} -> `}${valuesOf(to)}`),
			...looser.slice(0, 10).map((reason) => `      LOOSER ${clean(reason)}`),
		].join('\n');
	part('added', plan.ready.filter((change) => change.isNew).map(changeLines));
	part('changed', plan.ready.filter((change) => !change.isNew).map(changeLines));
	part('LOOSER, held back', plan.held.map(changeLines));
	part(
		'conflicts, held back',
		plan.conflicts.map(({ name, reason }) => `  ${shown(name)}: ${clean(reason)}`),
	);
	part(
		'kept as people or another source set it',
		plan.kept.map(
			({ asset, field, here, there }) =>
				`  ${shown(asset)} ${field}: ${valuesOf(here)}, the source says ${valuesOf(there)}`,
		),
	);
	part(
		'removed from the source, still in the inventory',
		plan.gone.map((asset) => `  ${shown(asset)}`),
	);
	part(
		'notes',
		notes.map((note) => `  ${clean(note)}`),
	);
	io.err(`${total} things read, ${plan.same} as they are here, ${plan.seenOnly.length} only seen more lately`);
	if (plan.held.length > 0)
		io.err('Each that is held back would be judged less strictly: --accept-looser ID, once you know that it is so');
	const isWorth = plan.ready.length + plan.seenOnly.length > 0;
	if (!wish.apply) io.err(isWorth ? 'Nothing was changed: --apply changes the inventory' : 'Nothing to apply');
	else io.err(isWorth ? 'Applied. A running server takes the inventory at its next start' : 'Nothing to apply');
}

function valuesOf(values: readonly string[]): string {
	return values.length === 0 ? '-' : values.map(shown).join(' ');
}

/** Words of ours around words of others. */
function clean(text: string): string {
	return text.replace(/[\p{Cc}\p{Cf}]/gu, ' ').slice(0, 400);
}
