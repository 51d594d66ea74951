// `interlock replay`: runs a recorded stream through intake, triage and correlation in event time and prints which incident each
// message ended in, or what another set of rules would have changed. The same pure parts as the running program; no database, no clock, no side effect but the --out file.
import { statSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { formatFinding } from '../config/finding.ts';
import { loadInventoryFile } from '../config/inventory-file.ts';
import { loadWindowsFile } from '../config/windows-file.ts';
import { createReplay, type Replay } from '../correlation/replay-stream.ts';
import { type Inventory, indexInventory } from '../domain/inventory.ts';
import type { Window } from '../domain/window.ts';
import { attackTable } from '../triage/attack-table.ts';
import { loadWeights } from '../triage/classifier/load.ts';
import { type JudgeContext, judge } from '../triage/judge.ts';
import type { CompiledRules } from '../triage/rules.ts';
import { FAULTS_SHOWN_MAX, Faults, readRecorded } from './recorded-stream.ts';
import { createRuleDiff } from './replay-diff.ts';
import { diffJson, diffText } from './replay-diff-text.ts';
import { loadRules } from './rule-files.ts';

export type ReplayIo = { out(text: string): void; err(text: string): void };

const USAGE =
	'usage: interlock replay --assets FILE --stream FILE [--maintenance FILE] [--out FILE]\n       [--rules FOLDER|shipped [--rules FOLDER|shipped [--json]]]';
/** The name of the rules that come with the program, beside which a site's own always stand. */
const SHIPPED = 'shipped';
/** Rows of the answer that are put together before they are written. */
const OUT_ROWS = 2_000;

type Options = {
	readonly assets: string;
	readonly stream: string;
	readonly maintenance: string | null;
	readonly out: string | null;
	/** None: the shipped rules. One: a site's beside them. Two: what changes from the first to the second. */
	readonly rules: readonly string[];
	readonly json: boolean;
};

/**
 * Runs the command.
 *
 * @returns 0 where every line became alerts, 1 where a line was not understood (it keeps a cluster of its own), 2 on wrong usage,
 * 3 where a file cannot be read or the inventory or calendar is wrong
 */
export async function replay(args: string[], io: ReplayIo): Promise<number> {
	const options = readOptions(args);
	if (typeof options === 'string') {
		io.err(`${options}\n${USAGE}\n`);
		return 2;
	}
	try {
		const plant = await loadPlant(options, io);
		if (plant === null) return 3;
		return await run(options, plant, io);
	} catch (fault) {
		if (!(fault instanceof Error && 'code' in fault)) throw fault;
		io.err(`replay: ${fault.message}\n`);
		return 3;
	}
}

function readOptions(args: string[]): Options | string {
	try {
		const { values } = parseArgs({
			args,
			options: {
				assets: { type: 'string' },
				stream: { type: 'string' },
				maintenance: { type: 'string' },
				out: { type: 'string' },
				rules: { type: 'string', multiple: true },
				json: { type: 'boolean', default: false },
			},
		});
		if (values.assets === undefined) return 'replay needs --assets: without an inventory nothing can be told apart';
		if (values.stream === undefined) return 'replay needs --stream';
		const rules = values.rules ?? [];
		if (rules.length > 2) return '--rules is given twice at most: the rules before and the rules after';
		if (values.json && rules.length !== 2)
			return '--json is for the difference of two sets of rules: give --rules twice';
		return {
			assets: values.assets,
			stream: values.stream,
			maintenance: values.maintenance ?? null,
			out: values.out ?? null,
			rules,
			json: values.json,
		};
	} catch (fault) {
		return fault instanceof Error ? fault.message : String(fault);
	}
}

type Plant = { readonly inventory: Inventory; readonly windows: readonly Window[] };

async function loadPlant(options: Options, io: ReplayIo): Promise<Plant | null> {
	// The age of the inventory is a matter of the safety gate, which replay does not ask.
	const assets = loadInventoryFile(await readFile(options.assets, 'utf8'), options.assets, 0);
	for (const finding of assets.findings.slice(0, FAULTS_SHOWN_MAX)) io.err(`${formatFinding(finding)}\n`);
	if (assets.data === null) return null;
	if (options.maintenance === null) return { inventory: indexInventory(assets.data), windows: [] };
	const calendar = loadWindowsFile(await readFile(options.maintenance, 'utf8'), options.maintenance);
	for (const finding of calendar.findings.slice(0, FAULTS_SHOWN_MAX)) io.err(`${formatFinding(finding)}\n`);
	if (calendar.findings.some((finding) => finding.level === 'error')) return null;
	return { inventory: indexInventory(assets.data), windows: calendar.windows };
}

async function run(options: Options, plant: Plant, io: ReplayIo): Promise<number> {
	const sets: CompiledRules[] = [];
	for (const folder of options.rules.length === 0 ? [null] : options.rules) {
		const rules = loadRules(folder === null || folder === SHIPPED ? [] : [rulesFolderOf(folder)]);
		if (!rules.ok) {
			for (const finding of rules.error) io.err(`${formatFinding(finding)}\n`);
			return 3;
		}
		sets.push(rules.value);
	}
	const [rules = [], after] = sets;
	const context = { ...plant, rules, classifier: loadWeights(), attack: attackTable };
	const faults = new Faults(options.stream, io);
	if (after !== undefined) return await compare(options, { ...context, after }, faults, io);
	const stream = createReplay(plant);
	const begun = performance.now();
	for await (const { line, position, receivedAt, alerts } of readRecorded(options.stream, faults)) {
		const judged = alerts.map((alert) => ({ alert, verdict: judge(alert, { ...context, now: receivedAt }) }));
		if (!stream.add(position, judged)) faults.tell(line, `position ${position} stands twice`);
	}
	const seconds = (performance.now() - begun) / 1000;
	await write(stream, options.out, io);
	const { positions, clusters, merges } = stream.totals();
	const rate = Math.round(positions / Math.max(seconds, 0.001));
	io.err(
		`${positions} positions, ${clusters} clusters, ${merges} merges in ${seconds.toFixed(1)} s (${rate} a second)\n`,
	);
	return faults.end();
}

/** A folder with rule files, or a configuration folder that holds one. A name that is neither is a fault, not an empty set. */
function rulesFolderOf(folder: string): string {
	const inside = join(folder, 'rules');
	return statSync(folder).isDirectory() && statSync(inside, { throwIfNoEntry: false })?.isDirectory() === true
		? inside
		: folder;
}

type Compared = Omit<JudgeContext, 'now'> & Plant & { readonly after: CompiledRules };

/** Judges each alert under both sets of rules and lets each go its way; the difference is written, nothing else. */
async function compare(options: Options, context: Compared, faults: Faults, io: ReplayIo): Promise<number> {
	const { after, ...before } = context;
	const diff = createRuleDiff(before);
	for await (const { line, position, receivedAt, alerts } of readRecorded(options.stream, faults)) {
		const judged = alerts.map((alert) => ({
			alert,
			before: judge(alert, { ...before, now: receivedAt }),
			after: judge(alert, { ...before, rules: after, now: receivedAt }),
		}));
		if (!diff.add(position, judged)) faults.tell(line, `position ${position} stands twice`);
	}
	const text = options.json ? diffJson(diff.result()) : diffText(diff.result());
	if (options.out === null) io.out(text);
	else await writeFile(options.out, text);
	return faults.end();
}

async function write(stream: Replay, file: string | null, io: ReplayIo): Promise<void> {
	const parts: string[] = [];
	let rows: string[] = ['position,cluster,score,change,evidence'];
	const flush = (): void => {
		const text = `${rows.join('\n')}\n`;
		if (file === null) io.out(text);
		else parts.push(text);
		rows = [];
	};
	for (const row of stream.rows()) {
		rows.push([row.position, row.cluster, row.score, csv(row.change ?? ''), csv(row.evidence)].join(','));
		if (rows.length >= OUT_ROWS) flush();
	}
	if (rows.length > 0) flush();
	if (file !== null) await writeFile(file, parts.join(''));
}

/** A cell of CSV; evidence holds names that attackers choose, so a formula sign in front is disarmed. */
function csv(text: string): string {
	const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
	return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""').replaceAll(/[\n\r]/g, ' ')}"` : safe;
}
