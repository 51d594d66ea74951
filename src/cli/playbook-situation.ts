// What `interlock playbook plan` and `sheet` are about: the playbooks, and an incident made from the options: one alert that says what they
// say, with the inventory, facts and connectors that are there. Reads files; nothing is done.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { Config } from '../config/config.ts';
import { shown } from '../config/finding.ts';
import { loadInventoryFile } from '../config/inventory-file.ts';
import { type LoadedPlaybookFile, readPlaybooks } from '../config/playbook-file.ts';
import { readFolder } from '../config/read-folder.ts';
import { parseYaml } from '../config/yaml-file.ts';
import type { Entity } from '../domain/alert.ts';
import type { InventoryData } from '../domain/asset.ts';
import { actionsOf, storesOf } from '../domain/connector.ts';
import { FACT_NAMES, FACTS, type FactReading, isFactName, isFactValue } from '../domain/fact.ts';
import { indexInventory } from '../domain/inventory.ts';
import { didYouMean } from '../domain/nearest.ts';
import { parseAnswer, type Scalar } from '../domain/playbook-condition.ts';
import type { Finding } from '../domain/result.ts';
import { SEVERITIES, type Severity } from '../domain/severity.ts';
import type { Step } from '../domain/step.ts';
import { fromIso, type Instant, MINUTE } from '../domain/time.ts';
import { RUNNABLE } from '../response/actions/index.ts';
import type { EvidenceAlert, IncidentSummary } from '../response/evidence.ts';
import { libraryOf } from '../response/flow/program.ts';
import { type Rehearsal, rehearse } from '../response/rehearse.ts';
import type { Setting } from '../response/view.ts';
import { EXIT, type Io } from './io.ts';
import { findingLine, openConfig } from './open.ts';

const SHIPPED = fileURLToPath(new URL('../../playbooks/', import.meta.url));

/** Ends the command early: what to say, and the exit code (DESIGN.md, Command line). */
export class Stop extends Error {
	readonly code: number;
	constructor(code: number, message: string) {
		super(message);
		this.code = code;
	}
}

type Loaded = { readonly playbooks: readonly LoadedPlaybookFile[]; readonly config: Config | null };

/** Shipped playbooks, and those of the configuration folder where INTERLOCK_CONFIG names one. */
export function loadPlaybooks(io: Io, now: Instant): Loaded {
	const config = (io.env['INTERLOCK_CONFIG'] ?? '') === '' ? null : openConfig(io, now);
	if (config === null && (io.env['INTERLOCK_CONFIG'] ?? '') !== '')
		throw new Stop(EXIT.finding, 'playbook: the configuration has errors\n');
	const shipped = readFolder(SHIPPED);
	if (!shipped.ok) throw new Stop(EXIT.unable, `playbook: the shipped playbooks cannot be read: ${shipped.error}\n`);
	const own = config?.playbooks.map((file) => [file.file, file.text] as const) ?? [];
	const read = readPlaybooks([
		...[...shipped.value]
			.filter(([name]) => !name.includes('/'))
			.map(([name, text]) => [`playbooks/${name}`, text] as const),
		...own,
	]);
	if (read.findings.some((finding) => finding.level === 'error')) throw new Stop(EXIT.finding, told(read.findings));
	return { playbooks: read.playbooks.toSorted((a, b) => (a.playbook.id < b.playbook.id ? -1 : 1)), config };
}

export function told(findings: readonly Finding[]): string {
	return `${findings.map(findingLine).join('\n')}\n`;
}

export function parsed<T>(parse: () => T, usage: string): T {
	try {
		return parse();
	} catch (error) {
		throw new Stop(EXIT.usage, `playbook: ${error instanceof Error ? error.message : String(error)}\n${usage}`);
	}
}

/** Options that say what the incident is. */
export const SITUATION_OPTIONS = {
	asset: { type: 'string', multiple: true, default: [] as string[] },
	actor: { type: 'string' },
	assets: { type: 'string' },
	facts: { type: 'string' },
	value: { type: 'string', multiple: true, default: [] as string[] },
	input: { type: 'string', multiple: true, default: [] as string[] },
	severity: { type: 'string', default: 'high' },
	domain: { type: 'string' },
	confidence: { type: 'string', default: '1' },
	at: { type: 'string' },
} as const;

export type SituationValues = PlanValues & {
	readonly assets?: string | undefined;
	readonly facts?: string | undefined;
	readonly input: readonly string[];
	readonly at?: string | undefined;
};

export type Situation = {
	readonly loaded: LoadedPlaybookFile;
	readonly setting: Setting;
	readonly incident: IncidentSummary;
	readonly rehearsal: Rehearsal;
	readonly now: Instant;
};

/** Reads everything and rehearses the playbook `id`. */
export function situationFor(id: string, values: SituationValues, command: string, io: Io): Situation {
	const now = values.at === undefined ? Date.now() : fromIso(values.at);
	if (now === null)
		throw new Stop(EXIT.usage, `playbook ${command}: --at ${shown(values.at)} is no time: 2026-11-22T03:00:00Z\n`);
	const { playbooks, config } = loadPlaybooks(io, now);
	const library = libraryOf(playbooks);
	const loaded = playbooks.find((one) => one.playbook.id === id);
	const pinned = library.get(id);
	if (loaded === undefined || pinned === undefined) throw new Stop(EXIT.usage, noPlaybook(id, playbooks, command));
	const data = values.assets === undefined ? (config?.inventory ?? null) : inventoryOf(values.assets, now, io);
	const inventory = indexInventory(data ?? { assets: [], zones: [], conduits: [], confirmedAt: now });
	const connectors = new Set(config?.connectors.flatMap((connector) => actionsOf(connector.config)) ?? []);
	const stores = storesOf(config?.connectors.map((connector) => connector.config) ?? []);
	const setting: Setting = {
		inventory,
		windows: config?.windows ?? [],
		siteRules: config?.siteRules.map((site) => site.rule) ?? [],
		people: config?.people ?? [],
		playbooks: library,
		// Without a configuration nobody can say which connectors there are: the plan shows what the gate says.
		canRun: (action) =>
			RUNNABLE.has(action) && (config === null || RUNNABLE.get(action)?.kind === 'internal' || connectors.has(action)),
		storeOf: (action) => stores.get(action) ?? null,
		approvalMs: 15 * MINUTE,
	};
	const assets = [...values.asset, ...(values.actor === undefined ? [] : [values.actor])].map(
		(name) => inventory.find(name)?.id ?? name,
	);
	const statements = values.facts === undefined ? [] : statementsOf(values.facts, now);
	const incident = incidentOf(values, assets, loaded, setting);
	const rehearsal = rehearse(
		{ ...loaded, version: pinned.version },
		incident,
		[alertOf(values, now)],
		setting,
		(step) => statements.flatMap((one) => forStep(one, step)),
		now,
		inputsOf(values.input, loaded, command),
	);
	return { loaded: { ...loaded, version: pinned.version }, setting, incident, rehearsal, now };
}

export function noPlaybook(id: string, playbooks: readonly LoadedPlaybookFile[], command: string): string {
	const near = didYouMean(
		id,
		playbooks.map((one) => one.playbook.id),
	);
	return `playbook ${command}: there is no playbook ${shown(id)}\n    help: ${near}\n`;
}

/** `name=value` as the declared input has it. */
function inputsOf(pairs: readonly string[], { playbook }: LoadedPlaybookFile, command: string): Record<string, Scalar> {
	const inputs = playbook.inputs ?? {};
	return Object.fromEntries(
		pairs.map((pair): [string, Scalar] => {
			const [name = '', ...rest] = pair.split('=');
			const spec = inputs[name];
			const text = rest.join('=');
			if (spec === undefined || rest.length === 0)
				throw new Stop(
					EXIT.usage,
					`playbook ${command}: --input ${shown(pair)}: name=value, with one of ${Object.keys(inputs).join(', ') || 'none: this playbook has no inputs'}\n`,
				);
			const value = parseAnswer(spec, text);
			if (value === null)
				throw new Stop(EXIT.usage, `playbook ${command}: --input ${shown(pair)}: expected ${spec.type}\n`);
			return [name, value];
		}),
	);
}

type PlanValues = {
	readonly asset: readonly string[];
	readonly actor?: string | undefined;
	readonly value: readonly string[];
	readonly severity: string;
	readonly domain?: string | undefined;
	readonly confidence: string;
};

/** What `values` may name, and what kind of thing an alert would call it. */
export const VALUE_TYPES: Readonly<Record<string, Entity['type']>> = {
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
				`playbook: --value ${shown(pair)}: name=value, with one of ${Object.keys(VALUE_TYPES).join(', ')}\n`,
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
		throw new Stop(EXIT.usage, `playbook: --severity ${shown(text)}: one of ${SEVERITIES.join(', ')}\n`);
	return found;
}

/** The side of an incident by its known assets; `ot` where nothing is known. */
export function domainOf(known: readonly { readonly domain: 'it' | 'ot' | null }[]): 'it' | 'ot' | 'cross' {
	const sides = new Set(known.map((one) => one.domain ?? 'ot'));
	return sides.size > 1 ? 'cross' : sides.has('it') ? 'it' : 'ot';
}

function incidentOf(
	values: PlanValues,
	assets: readonly string[],
	loaded: LoadedPlaybookFile,
	setting: Setting,
): IncidentSummary {
	const known = assets.map((name) => setting.inventory.find(name)).filter((one) => one !== null);
	const domain = values.domain ?? domainOf(known);
	if (domain !== 'it' && domain !== 'ot' && domain !== 'cross')
		throw new Stop(EXIT.usage, `playbook: --domain ${shown(domain)}: it, ot or cross\n`);
	const confidence = Number(values.confidence);
	if (!(confidence >= 0 && confidence <= 1))
		throw new Stop(EXIT.usage, `playbook: --confidence ${shown(values.confidence)} is no number from 0 to 1\n`);
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
			`playbook: ${shown(file)}: ${error instanceof Error ? error.message : String(error)}\n`,
		);
	}
}

/** An inventory that stands beside the cases of a test. */
export function inventoryText(text: string, file: string, now: Instant): InventoryData {
	const { data, findings } = loadInventoryFile(text, file, now);
	if (data === null) throw new Stop(EXIT.finding, told(findings));
	return data;
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
export type Statement = Omit<FactReading, 'subject'> & { readonly subject: string | null };

function statementsOf(file: string, now: Instant): Statement[] {
	const yaml = parseYaml(textOf(file), file);
	if (yaml.findings.some((finding) => finding.level === 'error')) throw new Stop(EXIT.finding, told(yaml.findings));
	const lines = z
		.array(FactLine)
		.max(10_000)
		.safeParse(yaml.value ?? []);
	if (!lines.success) throw new Stop(EXIT.finding, `${file}: ${z.prettifyError(lines.error)}\n`);
	return lines.data.map((line, index): Statement => {
		const read = statementOf(line, { file, ...yaml.place([index]) }, now);
		if (typeof read === 'string') throw new Stop(EXIT.finding, read);
		return read;
	});
}

/** A line of a facts file as a statement; or what is wrong with it, with its place. */
export function statementOf(
	line: z.infer<typeof FactLine>,
	at: { readonly file: string; readonly line: number; readonly column: number },
	now: Instant,
): Statement | string {
	const where = `${at.file}:${at.line}:${at.column}`;
	if (!isFactName(line.name))
		return `${where}: unknown fact ${shown(line.name)}\n    help: ${didYouMean(line.name, FACT_NAMES)}\n`;
	const value = line.value === 'true' ? true : line.value === 'false' ? false : line.value;
	if (!isFactValue(line.name, value))
		return `${where}: \`${line.name}\` is ${FACTS[line.name].order.join(', ')}, not ${shown(line.value)}\n`;
	return {
		id: `${at.file}:${at.line}`,
		name: line.name,
		subject: line.subject === undefined ? null : String(line.subject),
		value,
		source: 'file',
		supplied_by: at.file,
		stated_at: line.stated === undefined ? now : (fromIso(line.stated) ?? now),
		expires_at: line.expires === undefined ? null : fromIso(line.expires),
	};
}

/** The statement with the subject that the gate will ask for; none where it is about another step. */
export function forStep(statement: Statement, step: Step): FactReading[] {
	const kind = FACTS[statement.name].subject;
	if (kind === 'step')
		return statement.subject === null || statement.subject === step.key ? [{ ...statement, subject: step.id }] : [];
	if (kind === 'incident') return [{ ...statement, subject: step.incident }];
	return [{ ...statement, subject: statement.subject ?? (kind === 'plant' ? 'plant' : '') }].filter(
		(one) => one.subject !== '',
	);
}
