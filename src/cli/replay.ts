// `interlock replay`: runs a recorded stream through intake, triage and correlation in event time and prints which incident each
// message ended in. The same pure parts as the running program; no database, no clock, no side effect but the --out file.
import { createReadStream } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { formatFinding } from '../config/finding.ts';
import { loadInventoryFile } from '../config/inventory-file.ts';
import { loadWindowsFile } from '../config/windows-file.ts';
import { createReplay, type Replay } from '../correlation/replay-stream.ts';
import { type Inventory, indexInventory } from '../domain/inventory.ts';
import { fromIso } from '../domain/time.ts';
import type { Window } from '../domain/window.ts';
import { parseBody } from '../intake/parse-body.ts';
import { sourceKind } from '../intake/sources/index.ts';
import { attackTable } from '../triage/attack-table.ts';
import { loadWeights } from '../triage/classifier/load.ts';
import { judge } from '../triage/judge.ts';
import { loadRules } from './rule-files.ts';

export type ReplayIo = { out(text: string): void; err(text: string): void };

const USAGE = 'usage: interlock replay --assets FILE --stream FILE [--maintenance FILE] [--out FILE]';
/** Faults told one by one; the rest are counted. */
const FAULTS_SHOWN_MAX = 20;
/** Rows of the answer that are put together before they are written. */
const OUT_ROWS = 2_000;

const StreamLine = z.looseObject({
	position: z.number().int().nonnegative(),
	received_at: z.string(),
	source: z.string().min(1).max(100),
	body: z.unknown(),
});

type Options = {
	readonly assets: string;
	readonly stream: string;
	readonly maintenance: string | null;
	readonly out: string | null;
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
			},
		});
		if (values.assets === undefined) return 'replay needs --assets: without an inventory nothing can be told apart';
		if (values.stream === undefined) return 'replay needs --stream';
		return {
			assets: values.assets,
			stream: values.stream,
			maintenance: values.maintenance ?? null,
			out: values.out ?? null,
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
	const rules = loadRules();
	if (!rules.ok) {
		for (const finding of rules.error) io.err(`${formatFinding(finding)}\n`);
		return 3;
	}
	const context = { ...plant, rules: rules.value, classifier: loadWeights(), attack: attackTable };
	const stream = createReplay(plant);
	const faults = new Faults(options.stream, io);
	const begun = performance.now();
	let line = 0;
	const lines = createInterface({
		input: createReadStream(options.stream, 'utf8'),
		crlfDelay: Number.POSITIVE_INFINITY,
	});
	for await (const text of lines) {
		line++;
		if (text.trim() === '') continue;
		const read = readLine(text);
		if ('fault' in read) {
			faults.tell(line, read.fault);
			// Each position once: a line that cannot be read is a cluster of its own.
			if (read.position !== null) stream.add(read.position, []);
			continue;
		}
		const body = parseBody(read.kind, read.body, { source: read.source, receivedAt: read.receivedAt, timeZone: 'UTC' });
		const items = body.kind === 'parsed' ? body.items : [];
		if (body.kind === 'refused')
			faults.tell(line, `${body.problem.field}: ${body.problem.found}, expected ${body.problem.expected}`);
		const judged = items.flatMap((item) => {
			if (item.kind === 'alert')
				return [{ alert: item.alert, verdict: judge(item.alert, { ...context, now: read.receivedAt }) }];
			const problem = item.problems[0];
			faults.tell(
				line,
				problem === undefined ? 'not understood' : `${problem.field}: ${problem.found}, expected ${problem.expected}`,
			);
			return [];
		});
		if (!stream.add(read.position, judged)) faults.tell(line, `position ${read.position} stands twice`);
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

type Line = { position: number; receivedAt: number; source: string; kind: string; body: string };

type Unread = { readonly fault: string; readonly position: number | null };

function readLine(text: string): Line | Unread {
	let value: unknown;
	try {
		value = JSON.parse(text);
	} catch (fault) {
		return {
			fault: `no JSON: ${fault instanceof Error ? fault.message.slice(0, 200) : String(fault)}`,
			position: null,
		};
	}
	const line = StreamLine.safeParse(value);
	if (!line.success) {
		const fault = line.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
		return {
			fault,
			position: StreamLine.shape.position.safeParse(Reflect.get(Object(value), 'position')).data ?? null,
		};
	}
	const { position } = line.data;
	const receivedAt = fromIso(line.data.received_at);
	if (receivedAt === null)
		return {
			fault: `received_at: \`${line.data.received_at.slice(0, 60)}\` is no ISO 8601 time with a zone`,
			position,
		};
	if (sourceKind(line.data.source) === null)
		return { fault: `source: \`${line.data.source}\` is no kind of source`, position };
	const body = typeof line.data.body === 'string' ? line.data.body : JSON.stringify(line.data.body ?? null);
	return { position, receivedAt, source: line.data.source, kind: line.data.source, body };
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

/** Faults of the stream, told with their line up to a limit, and counted. */
class Faults {
	#count = 0;
	readonly #file: string;
	readonly #io: ReplayIo;

	constructor(file: string, io: ReplayIo) {
		this.#file = file;
		this.#io = io;
	}

	tell(line: number, what: string): void {
		this.#count++;
		if (this.#count <= FAULTS_SHOWN_MAX) this.#io.err(`${this.#file}:${line}: ${what}\n`);
	}

	end(): number {
		if (this.#count > FAULTS_SHOWN_MAX) this.#io.err(`${this.#count - FAULTS_SHOWN_MAX} further faults\n`);
		return this.#count > 0 ? 1 : 0;
	}
}
