// `interlock policy matrix` and `interlock policy explain`: the whole table, and why the gate says what it says. Reads files,
// prints; what is decided is decided in safety/. `policy egress` is policy-egress.ts.
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { loadConfig } from '../config/config.ts';
import { shown } from '../config/finding.ts';
import { loadInventoryFile } from '../config/inventory-file.ts';
import { fileReader } from '../config/read-folder.ts';
import { parseYaml } from '../config/yaml-file.ts';
import type { InventoryData } from '../domain/asset.ts';
import { FACT_NAMES, FACTS, type FactName, type FactReading, isFactName, isFactValue } from '../domain/fact.ts';
import { indexInventory, ipv4Number } from '../domain/inventory.ts';
import { nearest } from '../domain/nearest.ts';
import type { Finding } from '../domain/result.ts';
import type { StepParams } from '../domain/step.ts';
import { fromIso, type Instant, toIso } from '../domain/time.ts';
import { ACTION_NAMES, effectOf, isActionName } from '../safety/actions.ts';
import type { Facts, ProposedStep } from '../safety/decide.ts';
import { explain } from '../safety/explain.ts';
import { matrixCsv, matrixJson, matrixMarkdown, policyMatrix } from '../safety/matrix.ts';
import { egress } from './policy-egress.ts';
import { depsOfEnvironment, explainLiveStep } from './policy-step.ts';

export type PolicyIo = {
	out(text: string): void;
	err(text: string): void;
	/** The variables; left out, those of the process. */
	readonly env?: Readonly<Record<string, string | undefined>>;
};

const USAGE = `usage: interlock policy matrix [--format md|csv|json] [--json]
       interlock policy explain --action A [--asset ID ...] [--assets FILE] [--facts FILE] [--at T]
                                [--param name=value ...] [--confidence 0..1] [--freeze all|site:X|zone:Y] [--json]
       interlock policy explain --step STEP [--json]
       interlock policy egress  [--format text|json|kubernetes|cilium|nftables|systemd]
`;
const FACTS_MAX = 10_000;

/** Ends a command early: what to say, and the exit code (DESIGN.md, Command line). */
class Stop extends Error {
	readonly code: 1 | 2 | 3;
	constructor(code: 1 | 2 | 3, message: string) {
		super(message);
		this.code = code;
	}
}

/**
 * Runs the command. Exit codes: 0 printed, 1 the inventory or facts file has an error, 2 wrong usage, 3 a file cannot be
 * read or the configuration has errors.
 *
 * Without `--assets` the inventory and the site's rules come from the configuration folder (INTERLOCK_CONFIG); without either
 * every asset is unknown, and judged so.
 */
export async function policy(args: string[], io: PolicyIo): Promise<number> {
	try {
		const [command, ...rest] = args;
		if (command === 'matrix') return printMatrix(rest, io);
		if (command === 'explain') return await printExplanation(rest, io);
		if (command === 'egress') return await egress(rest, { ...io, env: io.env ?? process.env }, Date.now());
		throw new Stop(2, USAGE);
	} catch (stop) {
		if (!(stop instanceof Stop)) throw stop;
		io.err(stop.message.endsWith('\n') ? stop.message : `${stop.message}\n`);
		return stop.code;
	}
}

/** `--json` is `--format json`, as in the other commands. */
const MATRIX_OPTIONS = { format: { type: 'string' }, json: { type: 'boolean', default: false } } as const;

function printMatrix(args: string[], io: PolicyIo): number {
	const { values } = parsed(() => parseArgs({ args, options: MATRIX_OPTIONS }));
	const entries = policyMatrix();
	const print = { md: matrixMarkdown, csv: matrixCsv, json: matrixJson };
	const format = values.format ?? (values.json ? 'json' : 'md');
	if (values.json && format !== 'json')
		throw new Stop(2, `policy matrix: --json and --format ${shown(format)}: one of them\n${USAGE}`);
	if (format !== 'md' && format !== 'csv' && format !== 'json') {
		throw new Stop(2, `policy matrix: unknown format ${shown(format)}: md, csv or json\n${USAGE}`);
	}
	io.out(print[format](entries));
	return 0;
}

const EXPLAIN_OPTIONS = {
	action: { type: 'string' },
	asset: { type: 'string', multiple: true, default: [] as string[] },
	assets: { type: 'string' },
	facts: { type: 'string' },
	at: { type: 'string' },
	param: { type: 'string', multiple: true, default: [] as string[] },
	confidence: { type: 'string', default: '0' },
	freeze: { type: 'string', multiple: true, default: [] as string[] },
	json: { type: 'boolean', default: false },
	step: { type: 'string' },
} as const;

/** A step of the running installation, by the database; nothing beside it can be supposed. */
async function printStep(id: string, supposed: readonly string[], isJson: boolean, io: PolicyIo): Promise<number> {
	if (supposed.length > 0)
		throw new Stop(2, `policy explain: --step says everything: leave out --${supposed.join(', --')}\n${USAGE}`);
	const deps = depsOfEnvironment(io.env ?? process.env);
	if (typeof deps === 'string') throw new Stop(3, deps);
	const answer = await explainLiveStep(id, isJson, deps);
	if (!answer.ok) throw new Stop(answer.code, `policy explain: ${answer.reason}`);
	io.out(answer.text);
	return 0;
}

async function printExplanation(args: string[], io: PolicyIo): Promise<number> {
	const { values } = parsed(() => parseArgs({ args, options: EXPLAIN_OPTIONS }));
	if (values.step !== undefined) {
		const supposed = (['action', 'asset', 'assets', 'facts', 'at', 'param', 'freeze'] as const).filter((name) => {
			const value = values[name];
			return Array.isArray(value) ? value.length > 0 : value !== undefined;
		});
		return await printStep(values.step, supposed, values.json, io);
	}
	if (values.action === undefined) throw new Stop(2, `policy explain: --action is missing\n${USAGE}`);
	const now = values.at === undefined ? Date.now() : instantOf(values.at);
	const ground =
		values.assets === undefined
			? configured(now, io.env ?? process.env)
			: { inventory: await inventoryOf(values.assets, now, io), siteRules: [] };
	const params = paramsOf(values.param);
	const stated = values.facts === undefined ? NO_FACTS : await factsOf(values.facts, now, io);
	const step = stepOf(values.action, values.asset, params, stated);
	const facts: Facts = {
		...snapshotOf(step, ground, stated, confidenceOf(values.confidence, stated), now),
		freezes: values.freeze.map(freezeOf),
	};
	if (!isActionName(step.action)) {
		const near = nearest(step.action, ACTION_NAMES);
		io.err(
			`policy explain: unknown action ${shown(step.action)}${near === null ? '' : `: did you mean \`${near}\`?`}\n`,
		);
	}
	const { decision, lines } = explain(step, facts, now);
	if (values.json) {
		const { action, targets } = step;
		const judged = { action, effect: effectOf(action), targets, at: toIso(now), ...decision };
		io.out(`${JSON.stringify(judged, null, 2)}\n`);
	} else io.out(`${lines.join('\n')}\n`);
	return 0;
}

/** parseArgs throws on unknown options; that is wrong usage. */
function parsed<T>(parse: () => T): T {
	try {
		return parse();
	} catch (error) {
		throw new Stop(2, `policy: ${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
	}
}

function instantOf(text: string): Instant {
	const at = fromIso(text);
	if (at === null) throw new Stop(2, `policy explain: --at ${shown(text)} is no time: 2026-11-22T03:00:00Z`);
	return at;
}

function confidenceOf(text: string, stated: Stated): number {
	const given = stated.confidence ?? Number(text);
	if (!(given >= 0 && given <= 1))
		throw new Stop(2, `policy explain: confidence ${shown(text)} is no number from 0 to 1`);
	return given;
}

/** A freeze as it would stand, to see what it stops. */
function freezeOf(scope: string): Facts['freezes'][number] {
	const base = { id: scope, by: 'somebody on call', reason: 'named on the command line' };
	if (scope === 'all') return { ...base, scope: 'all', place: null };
	const match = /^(site|zone):(.+)$/s.exec(scope);
	if (match === null) throw new Stop(2, `policy explain: --freeze ${shown(scope)} is not all, site:X or zone:Y`);
	return { ...base, scope: match[1] === 'site' ? 'site' : 'zone', place: match[2] ?? null };
}

function paramsOf(pairs: readonly string[]): StepParams {
	const params: StepParams = {};
	for (const pair of pairs) {
		const cut = pair.indexOf('=');
		if (cut < 1) throw new Stop(2, `policy explain: --param ${shown(pair)} is not name=value`);
		params[pair.slice(0, cut)] = pair.slice(cut + 1);
	}
	return params;
}

async function textOf(file: string): Promise<string> {
	try {
		return await readFile(file, 'utf8');
	} catch (error) {
		throw new Stop(3, `policy explain: ${shown(file)}: ${error instanceof Error ? error.message : String(error)}`);
	}
}

function told(findings: readonly Finding[]): string {
	return findings
		.map(
			({ file, line, column, message, help }) =>
				`${file}:${line}:${column}: ${message}${help === undefined ? '' : `\n    help: ${help}`}\n`,
		)
		.join('');
}

type Ground = { readonly inventory: InventoryData | null; readonly siteRules: readonly unknown[] };

async function inventoryOf(file: string, now: Instant, io: PolicyIo): Promise<InventoryData> {
	const { data, findings } = loadInventoryFile(await textOf(file), file, now);
	if (data === null) throw new Stop(1, told(findings));
	if (findings.length > 0) io.err(told(findings));
	return data;
}

/** Inventory and site rules of the configuration folder, where one is named. */
function configured(now: Instant, env: NonNullable<PolicyIo['env']>): Ground {
	if ((env['INTERLOCK_CONFIG'] ?? '') === '') return { inventory: null, siteRules: [] };
	const config = loadConfig(env, fileReader, now);
	if (!config.ok) throw new Stop(3, told(config.error));
	return { inventory: config.value.inventory, siteRules: config.value.siteRules.map(({ rule }) => rule) };
}

type Stated = { readonly readings: readonly FactReading[]; readonly confidence: number | null };
const NO_FACTS: Stated = { readings: [], confidence: null };

const FactLine = z.strictObject({
	name: z.string(),
	/** What it is about; for facts about the step itself it may be left out. */
	subject: z.union([z.string(), z.number()]).optional(),
	value: z.union([z.boolean(), z.string(), z.number()]),
	expires: z.string().optional(),
	stated: z.string().optional(),
});

/** Subjects of the one step that is explained, and of its incident. */
const STEP = 'step';
const INCIDENT = 'incident';

async function factsOf(file: string, now: Instant, io: PolicyIo): Promise<Stated> {
	const yaml = parseYaml(await textOf(file), file);
	if (yaml.findings.some((finding) => finding.level === 'error')) throw new Stop(1, told(yaml.findings));
	const lines = z
		.array(FactLine)
		.max(FACTS_MAX)
		.safeParse(yaml.value ?? []);
	if (!lines.success) throw new Stop(1, `${file}: ${z.prettifyError(lines.error)}\n`);
	const readings: FactReading[] = [];
	let confidence: number | null = null;
	for (const [index, line] of lines.data.entries()) {
		const { line: row, column } = yaml.place([index]);
		const wrong = (message: string): Stop => new Stop(1, `${file}:${row}:${column}: ${message}\n`);
		if (line.name === 'confidence') {
			confidence = Number(line.value);
			continue;
		}
		if (!isFactName(line.name)) {
			const near = nearest(line.name, FACT_NAMES);
			throw wrong(`unknown fact ${shown(line.name)}${near === null ? '' : `: did you mean \`${near}\`?`}`);
		}
		const value = line.value === 'true' ? true : line.value === 'false' ? false : line.value;
		if (!isFactValue(line.name, value)) {
			throw wrong(`\`${line.name}\` is ${FACTS[line.name].order.join(', ')}, not ${shown(value)}`);
		}
		const subject = String(line.subject ?? ownSubject(line.name));
		if (subject === '')
			throw wrong(`\`${line.name}\`: name the ${FACTS[line.name].subject} that it is about (subject)`);
		const time = (text: string): Instant => {
			const at = fromIso(text);
			if (at === null) throw wrong(`${shown(text)} is no time: 2026-11-22T03:00:00Z`);
			return at;
		};
		readings.push({
			id: `${file}:${row}`,
			name: line.name,
			subject,
			value,
			source: 'file',
			supplied_by: file,
			stated_at: line.stated === undefined ? now : time(line.stated),
			expires_at: line.expires === undefined ? null : time(line.expires),
		});
	}
	if (readings.length === 0 && confidence === null) io.err(`${file}: no facts in it\n`);
	return { readings, confidence };
}

function ownSubject(name: FactName): string {
	const kind = FACTS[name].subject;
	return kind === 'step' ? STEP : kind === 'incident' ? INCIDENT : kind === 'plant' ? 'plant' : '';
}

/** What the step reaches beside assets may be named by the facts alone: `session_is_live_maintenance` of `vpn-17`. */
function stepOf(action: string, targets: readonly string[], params: StepParams, stated: Stated): ProposedStep {
	const reached: StepParams = {};
	for (const { name, subject } of stated.readings) {
		const kind = FACTS[name].subject;
		if (kind === 'account' || kind === 'session' || kind === 'flow' || kind === 'indicator') reached[kind] = subject;
	}
	return {
		id: STEP,
		action,
		targets: [...targets],
		params: { ...reached, ...params },
		playbook: 'none',
		playbook_version: 'none',
		requested_by: 'bot',
		incident: INCIDENT,
		attempt: 0,
		containment_ms: null,
	};
}

function snapshotOf(step: ProposedStep, ground: Ground, stated: Stated, confidence: number, now: Instant): Facts {
	const inventory = ground.inventory === null ? null : indexInventory(ground.inventory);
	const targets = Object.fromEntries(step.targets.map((id) => [id, inventory?.find(id) ?? null]));
	const zoneIds = [...Object.values(targets).map((asset) => asset?.zone ?? null), String(step.params['zone'] ?? '')];
	// An unlisted address stands in the zone whose range holds it: in a zone of safety systems it is judged as one of them.
	const byAddress = step.targets.flatMap((id) =>
		ipv4Number(id) === null ? [] : [inventory?.zoneOfAddress(id) ?? null],
	);
	const zones = [...zoneIds.map((id) => (id === null ? null : (inventory?.zone(id) ?? null))), ...byAddress];
	return {
		targets,
		zones: Object.fromEntries(zones.flatMap((zone) => (zone === null ? [] : [[zone.id, zone]]))),
		inventory_confirmed_at: ground.inventory?.confirmedAt ?? (step.targets.length === 0 ? now : null),
		readings: stated.readings,
		freezes: [],
		confidence_firm: confidence,
		automatic_last_hour: 0,
		site_rules: ground.siteRules,
	};
}
