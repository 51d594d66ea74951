// `interlock playbook plan|list`: what a playbook would do to an asset, step by step, with the gate's decision on each. Reads files and
// prints; no database, nothing is done. What is decided is decided in response/ and safety/.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import type { Config } from '../config/config.ts';
import { shown } from '../config/finding.ts';
import { loadInventoryFile } from '../config/inventory-file.ts';
import { type LoadedPlaybookFile, readPlaybooks } from '../config/playbook-file.ts';
import { readFolder } from '../config/read-folder.ts';
import { parseYaml } from '../config/yaml-file.ts';
import type { Entity } from '../domain/alert.ts';
import type { InventoryData } from '../domain/asset.ts';
import { FACT_NAMES, FACTS, type FactReading, isFactName, isFactValue } from '../domain/fact.ts';
import { indexInventory } from '../domain/inventory.ts';
import { didYouMean } from '../domain/nearest.ts';
import type { Finding } from '../domain/result.ts';
import { SEVERITIES, type Severity } from '../domain/severity.ts';
import type { Step } from '../domain/step.ts';
import { fromIso, type Instant, MINUTE } from '../domain/time.ts';
import { RUNNABLE } from '../response/actions/index.ts';
import type { EvidenceAlert, IncidentSummary } from '../response/evidence.ts';
import type { LeftOut } from '../response/plan.ts';
import { rehearse } from '../response/rehearse.ts';
import type { Setting } from '../response/view.ts';
import { EXIT, type Io } from './io.ts';
import { findingLine, openConfig } from './open.ts';

const SHIPPED = fileURLToPath(new URL('../../playbooks/', import.meta.url));

const USAGE = `usage: interlock playbook list [--json]
       interlock playbook plan ID --asset ID [--asset ID ...] [--actor ID] [--assets FILE] [--facts FILE] [--value name=value ...]
                                  [--severity S] [--domain it|ot|cross] [--confidence 0..1] [--at T] [--json]
       --value gives what alerts would: user, session, actor_ip, domain, url, file_hash
`;

/** Ends the command early: what to say, and the exit code (DESIGN.md, Command line). */
class Stop extends Error {
	readonly code: number;
	constructor(code: number, message: string) {
		super(message);
		this.code = code;
	}
}

/** Runs the command. Exit codes: 0 printed, 1 a file has an error, 2 wrong usage (also `test`, `import` and `export`, which are not there yet), 3 a file cannot be read. */
export async function playbook(args: string[], io: Io): Promise<number> {
	try {
		const [command, ...rest] = args;
		if (command === 'list') return list(rest, io);
		if (command === 'plan') return plan(rest, io);
		if (command === 'test' || command === 'import' || command === 'export') {
			throw new Stop(
				EXIT.usage,
				`playbook ${command}: this version does not have it; it has \`playbook plan\` and \`playbook list\`\n`,
			);
		}
		throw new Stop(EXIT.usage, USAGE);
	} catch (stop) {
		if (!(stop instanceof Stop)) throw stop;
		io.err(stop.message);
		return stop.code;
	}
}

type Loaded = { readonly playbooks: readonly LoadedPlaybookFile[]; readonly config: Config | null };

/** Shipped playbooks, and those of the configuration folder where INTERLOCK_CONFIG names one. */
function load(io: Io, now: Instant): Loaded {
	const config = (io.env['INTERLOCK_CONFIG'] ?? '') === '' ? null : openConfig(io, now);
	if (config === null && (io.env['INTERLOCK_CONFIG'] ?? '') !== '')
		throw new Stop(EXIT.finding, 'playbook: the configuration has errors\n');
	const shipped = readFolder(SHIPPED);
	if (!shipped.ok) throw new Stop(EXIT.unable, `playbook: the shipped playbooks cannot be read: ${shipped.error}\n`);
	const own = config?.playbooks.map((file) => [file.file, file.text] as const) ?? [];
	const read = readPlaybooks([
		...[...shipped.value].map(([name, text]) => [`playbooks/${name}`, text] as const),
		...own,
	]);
	if (read.findings.some((finding) => finding.level === 'error')) throw new Stop(EXIT.finding, told(read.findings));
	return { playbooks: read.playbooks.toSorted((a, b) => (a.playbook.id < b.playbook.id ? -1 : 1)), config };
}

function told(findings: readonly Finding[]): string {
	return `${findings.map(findingLine).join('\n')}\n`;
}

function parsed<T>(parse: () => T): T {
	try {
		return parse();
	} catch (error) {
		throw new Stop(EXIT.usage, `playbook: ${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
	}
}

function list(args: string[], io: Io): number {
	const { values } = parsed(() => parseArgs({ args, options: { json: { type: 'boolean', default: false } } }));
	const { playbooks } = load(io, Date.now());
	const rows = playbooks.map(({ playbook: { id, version, title, lead, steps } }) => ({
		id,
		version,
		title,
		lead,
		steps: steps.length,
	}));
	io.out(
		values.json
			? JSON.stringify(rows, null, 2)
			: rows
					.map(
						(row) =>
							`${row.id.padEnd(26)} ${row.version.padEnd(8)} ${row.lead.padEnd(14)} ${String(row.steps).padStart(2)} steps  ${row.title}`,
					)
					.join('\n'),
	);
	return EXIT.ok;
}

const PLAN_OPTIONS = {
	asset: { type: 'string', multiple: true, default: [] as string[] },
	actor: { type: 'string' },
	assets: { type: 'string' },
	facts: { type: 'string' },
	value: { type: 'string', multiple: true, default: [] as string[] },
	severity: { type: 'string', default: 'high' },
	domain: { type: 'string' },
	confidence: { type: 'string', default: '1' },
	at: { type: 'string' },
	json: { type: 'boolean', default: false },
} as const;

function plan(args: string[], io: Io): number {
	const { values, positionals } = parsed(() => parseArgs({ args, options: PLAN_OPTIONS, allowPositionals: true }));
	const [id] = positionals;
	if (id === undefined || positionals.length > 1 || values.asset.length === 0) throw new Stop(EXIT.usage, USAGE);
	const now = values.at === undefined ? Date.now() : fromIso(values.at);
	if (now === null)
		throw new Stop(EXIT.usage, `playbook plan: --at ${shown(values.at)} is no time: 2026-11-22T03:00:00Z\n`);
	const { playbooks, config } = load(io, now);
	const loaded = playbooks.find((one) => one.playbook.id === id);
	if (loaded === undefined) {
		throw new Stop(
			EXIT.usage,
			`playbook plan: there is no playbook ${shown(id)}\n    help: ${didYouMean(
				id,
				playbooks.map((one) => one.playbook.id),
			)}\n`,
		);
	}
	const data = values.assets === undefined ? (config?.inventory ?? null) : inventoryOf(values.assets, now, io);
	const inventory = indexInventory(data ?? { assets: [], zones: [], conduits: [], confirmedAt: now });
	const connectors = new Set(config?.connectors.flatMap((connector) => Object.keys(connector.config.calls)) ?? []);
	const setting: Setting = {
		inventory,
		windows: config?.windows ?? [],
		siteRules: config?.siteRules.map((site) => site.rule) ?? [],
		people: config?.people ?? [],
		playbooks: new Map(playbooks.map((one) => [one.playbook.id, one])),
		// Without a configuration nobody can say which connectors there are: the plan shows what the gate says.
		canRun: (action) =>
			RUNNABLE.has(action) && (config === null || RUNNABLE.get(action)?.kind === 'internal' || connectors.has(action)),
		approvalMs: 15 * MINUTE,
	};
	const alerts = [alertOf(values, now)];
	const assets = [...values.asset, ...(values.actor === undefined ? [] : [values.actor])].map(
		(name) => inventory.find(name)?.id ?? name,
	);
	const statements = values.facts === undefined ? [] : statementsOf(values.facts, now);
	const incident = incidentOf(values, assets, loaded, setting);
	const { steps, leftOut } = rehearse(
		loaded,
		incident,
		alerts,
		setting,
		(step) => statements.flatMap((one) => forStep(one, step)),
		now,
	);
	io.out(
		values.json
			? JSON.stringify({ playbook: id, version: loaded.version, steps: steps.map(jsonOf), left_out: leftOut }, null, 2)
			: pageOf(loaded, steps, leftOut),
	);
	return EXIT.ok;
}

type PlanValues = {
	readonly asset: readonly string[];
	readonly actor?: string | undefined;
	readonly value: readonly string[];
	readonly severity: string;
	readonly domain?: string | undefined;
	readonly confidence: string;
};

const VALUE_TYPES: Readonly<Record<string, Entity['type']>> = {
	user: 'user',
	session: 'session',
	actor_ip: 'ip',
	domain: 'domain',
	url: 'url',
	file_hash: 'file_hash',
};

/** One alert that says what the options say. */
function alertOf(values: PlanValues, now: Instant): EvidenceAlert {
	const entities: Entity[] = values.asset.map((name) => ({ type: 'asset_id', value: name, role: 'target' }));
	if (values.actor !== undefined) entities.push({ type: 'asset_id', value: values.actor, role: 'actor' });
	for (const pair of values.value) {
		const [name = '', ...rest] = pair.split('=');
		const type = VALUE_TYPES[name];
		if (type === undefined || rest.length === 0)
			throw new Stop(
				EXIT.usage,
				`playbook plan: --value ${shown(pair)}: name=value, with one of ${Object.keys(VALUE_TYPES).join(', ')}\n`,
			);
		entities.push({ type, value: rest.join('='), role: 'actor' });
	}
	return {
		id: 'alr_plan',
		occurredAt: now,
		severity: severityOf(values.severity),
		entities,
		techniques: [],
		tags: [],
		playbooks: [],
	};
}

function severityOf(text: string): Severity {
	const found = SEVERITIES.find((one) => one === text);
	if (found === undefined)
		throw new Stop(EXIT.usage, `playbook plan: --severity ${shown(text)}: one of ${SEVERITIES.join(', ')}\n`);
	return found;
}

function incidentOf(
	values: PlanValues,
	assets: readonly string[],
	loaded: LoadedPlaybookFile,
	setting: Setting,
): IncidentSummary {
	const known = assets.map((name) => setting.inventory.find(name)).filter((one) => one !== null);
	const sides = new Set(known.map((one) => one.domain ?? 'ot'));
	const domain = values.domain ?? (sides.size > 1 ? 'cross' : sides.has('it') ? 'it' : 'ot');
	if (domain !== 'it' && domain !== 'ot' && domain !== 'cross')
		throw new Stop(EXIT.usage, `playbook plan: --domain ${shown(domain)}: it, ot or cross\n`);
	const confidence = Number(values.confidence);
	if (!(confidence >= 0 && confidence <= 1))
		throw new Stop(EXIT.usage, `playbook plan: --confidence ${shown(values.confidence)} is no number from 0 to 1\n`);
	const trigger = loaded.playbook.triggers[0];
	return {
		id: 'inc_plan',
		number: 0,
		severity: severityOf(values.severity),
		domain,
		category: trigger?.categories?.[0] ?? 'other',
		process_safety: trigger?.process_safety ?? false,
		sites: [...new Set(known.flatMap((one) => (one.site === null ? [] : [one.site])))],
		zones: [...new Set(known.flatMap((one) => (one.zone === null ? [] : [one.zone])))],
		assets,
		techniques: [],
		playbooks: [],
		confidence_firm: confidence,
	};
}

function textOf(file: string): string {
	try {
		return readFileSync(file, 'utf8');
	} catch (error) {
		throw new Stop(
			EXIT.unable,
			`playbook plan: ${shown(file)}: ${error instanceof Error ? error.message : String(error)}\n`,
		);
	}
}

function inventoryOf(file: string, now: Instant, io: Io): InventoryData {
	const { data, findings } = loadInventoryFile(textOf(file), file, now);
	if (data === null) throw new Stop(EXIT.finding, told(findings));
	if (findings.length > 0) io.err(told(findings));
	return data;
}

const FactLine = z.strictObject({
	name: z.string(),
	/** What it is about; for facts about steps the step's key, or nothing for all of them. */
	subject: z.union([z.string(), z.number()]).optional(),
	value: z.union([z.boolean(), z.string()]),
	expires: z.iso.datetime().optional(),
	stated: z.iso.datetime().optional(),
});
type Statement = Omit<FactReading, 'subject'> & { readonly subject: string | null };

function statementsOf(file: string, now: Instant): Statement[] {
	const yaml = parseYaml(textOf(file), file);
	if (yaml.findings.some((finding) => finding.level === 'error')) throw new Stop(EXIT.finding, told(yaml.findings));
	const lines = z
		.array(FactLine)
		.max(10_000)
		.safeParse(yaml.value ?? []);
	if (!lines.success) throw new Stop(EXIT.finding, `${file}: ${z.prettifyError(lines.error)}\n`);
	return lines.data.map((line, index): Statement => {
		const { line: row, column } = yaml.place([index]);
		if (!isFactName(line.name))
			throw new Stop(
				EXIT.finding,
				`${file}:${row}:${column}: unknown fact ${shown(line.name)}\n    help: ${didYouMean(line.name, FACT_NAMES)}\n`,
			);
		const value = line.value === 'true' ? true : line.value === 'false' ? false : line.value;
		if (!isFactValue(line.name, value))
			throw new Stop(
				EXIT.finding,
				`${file}:${row}:${column}: \`${line.name}\` is ${FACTS[line.name].order.join(', ')}, not ${shown(line.value)}\n`,
			);
		return {
			id: `${file}:${row}`,
			name: line.name,
			subject: line.subject === undefined ? null : String(line.subject),
			value,
			source: 'file',
			supplied_by: file,
			stated_at: line.stated === undefined ? now : (fromIso(line.stated) ?? now),
			expires_at: line.expires === undefined ? null : fromIso(line.expires),
		};
	});
}

/** The statement with the subject that the gate will ask for; none where it is about another step. */
function forStep(statement: Statement, step: Step): FactReading[] {
	const kind = FACTS[statement.name].subject;
	if (kind === 'step')
		return statement.subject === null || statement.subject === step.key ? [{ ...statement, subject: step.id }] : [];
	if (kind === 'incident') return [{ ...statement, subject: step.incident }];
	return [{ ...statement, subject: statement.subject ?? (kind === 'plant' ? 'plant' : '') }].filter(
		(one) => one.subject !== '',
	);
}

function jsonOf(step: Step): object {
	const { key, title, action, target, params, after, state, decision, instructions, checklist, containment_ms } = step;
	return { key, title, action, target, params, after, state, decision, instructions, checklist, containment_ms };
}

/** The plan as a person reads it: what must not be done comes first. */
function pageOf(loaded: LoadedPlaybookFile, steps: readonly Step[], leftOut: readonly LeftOut[]): string {
	const { id, version, title, lead, must_not } = loaded.playbook;
	const lines = [
		`${id} ${version}: ${title}`,
		`Lead: ${lead}`,
		'',
		'Must not be done:',
		...must_not.map((line) => `  - ${line}`),
		'',
	];
	for (const [index, step] of steps.entries()) {
		const decision = step.decision;
		const wait = step.after.length === 0 ? '' : `, after ${step.after.join(', ')}`;
		lines.push(`${String(index + 1).padStart(2)}. ${(decision?.class ?? '-').padEnd(5)} ${step.key}: ${step.title}`);
		lines.push(`    ${step.action}${step.target === null ? '' : ` on ${step.target}`}${wait}`);
		lines.push(`    ${decision?.summary ?? ''}`);
		for (const need of decision?.needs ?? []) lines.push(`    needs: ${need.roles.join(' or ')}`);
		for (const hold of decision?.holds ?? []) lines.push(`    waits for: ${hold.rule} ${hold.reason}`);
		for (const fact of decision?.missing ?? []) {
			lines.push(
				`    not known: ${fact.name}${fact.suppliers.length === 0 ? '' : ` (${fact.suppliers.join(' or ')} can say)`}`,
			);
		}
		if (decision !== null && decision.instead !== '') lines.push(`    instead: ${decision.instead}`);
	}
	if (leftOut.length > 0) lines.push('', 'Not in this plan:', ...leftOut.map((left) => `  - ${left.key}: ${left.why}`));
	return lines.join('\n');
}
