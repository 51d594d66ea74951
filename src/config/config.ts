// Environment and configuration folder become one frozen Config, or the list of everything that is wrong with them. Files are
// handed in as text by a reader (read-folder.ts is the real one). What rules, mappings and playbooks mean is for their stages.
import type { InventoryData } from '../domain/asset.ts';
import type { FactReading } from '../domain/fact.ts';
import type { NamedMapping } from '../domain/mapping.ts';
import type { Person } from '../domain/person.ts';
import { err, type Finding, ok, type Result } from '../domain/result.ts';
import type { Instant } from '../domain/time.ts';
import type { Window } from '../domain/window.ts';
import { ConfigFolder, type ConfigReader } from './config-folder.ts';
import { checkReferences } from './config-references.ts';
import { checkEgress, egressOf } from './egress.ts';
import { type Environment, readEnvironment } from './environment.ts';
import { Findings } from './finding.ts';
import { readMappingFile } from './mapping-file.ts';
import type { GroupGrant } from './people-file.ts';
import { checkCertificates, readListeners, type SyslogListenerConfig, tlsOf } from './read-doors.ts';
import {
	type Connector,
	connectorEntries,
	type Pager,
	pagerEntries,
	readConnectors,
	readPagers,
} from './read-outside.ts';
import {
	type PlacedRule,
	readFacts,
	readInventory,
	readPeople,
	readRoutes,
	readSiteRules,
	readWindows,
} from './read-site.ts';
import { readSources, type SourceConfig } from './read-sources.ts';
import type { Route } from './routes-file.ts';
import { readWith } from './schema-findings.ts';
import { DEFAULT_SETTINGS, Settings } from './settings-file.ts';
import type { TlsConfig } from './tls-files.ts';
import type { WrittenEntry } from './written.ts';
import type { YamlFile } from './yaml-file.ts';

/** A file whose meaning belongs to another stage: its values, and where each stands. */
export type ConfigFile = {
	readonly file: string;
	readonly text: string;
	readonly value: unknown;
	readonly place: YamlFile['place'];
};

export type Config = {
	readonly environment: Environment;
	readonly settings: Settings;
	/** Null: the door speaks HTTP. */
	readonly tls: TlsConfig | null;
	readonly syslog: readonly SyslogListenerConfig[];
	/** Null without sources.yaml: then there is one source of each kind (`defaultSources`). */
	readonly sources: readonly SourceConfig[] | null;
	readonly people: readonly Person[];
	readonly groups: readonly GroupGrant[];
	readonly routes: readonly Route[];
	/** Null without an inventory file: every asset is then unknown, and judged so. */
	readonly inventory: InventoryData | null;
	readonly windows: readonly Window[];
	/** What people of the site state in facts.yaml. */
	readonly facts: readonly FactReading[];
	readonly siteRules: readonly PlacedRule[];
	readonly connectors: readonly Connector[];
	readonly pagers: readonly Pager[];
	readonly rules: readonly ConfigFile[];
	/** Kinds of sources that the site describes itself. */
	readonly mappings: readonly NamedMapping[];
	readonly playbooks: readonly ConfigFile[];
	/** Scenarios of drills. */
	readonly drills?: readonly ConfigFile[];
	readonly warnings: readonly Finding[];
};

/** What is written of a list: the entries, also those that their schema refused. */
export type Written = Readonly<
	Record<'sites' | 'connectors' | 'pagers' | 'sources' | 'siteRules', readonly WrittenEntry[]>
>;

/**
 * Reads the whole configuration.
 *
 * @param env variables of DESIGN.md, "Environment"; INTERLOCK_CONFIG names the folder, without it everything has its default
 * @param now when it is read: the age of the inventory counts from here
 * @returns the configuration with its warnings, or every finding (errors and warnings) of environment and files at once
 */
export function loadConfig(
	env: Readonly<Record<string, string | undefined>>,
	reader: ConfigReader,
	now: Instant,
): Result<Config, Finding[]> {
	const { config, findings } = readConfig(env, reader, now);
	return findings.some((finding) => finding.level === 'error') ? err(findings) : ok(config);
}

/**
 * The same for `interlock check`: whatever could be read stands in the configuration, even where there are errors.
 *
 * `written` are the entries as they stand in the files, for checks of names that no schema can make.
 * `isInventoryKnown` is false where there is an inventory file that could not be read: then no place can be called unknown.
 */
export function readConfig(
	env: Readonly<Record<string, string | undefined>>,
	reader: ConfigReader,
	now: Instant,
): { config: Config; written: Written; isInventoryKnown: boolean; findings: Finding[] } {
	const { environment, findings } = readEnvironment(env);
	const folder = new ConfigFolder(env, environment.configFolder ?? '', reader, [...findings]);
	const config = readAll(folder, environment, now);
	return {
		config: Object.freeze({ ...config, warnings: Object.freeze([...folder.findings]) }),
		written: writtenOf(folder),
		isInventoryKnown: isInventoryKnown(folder, config.inventory),
		findings: folder.findings,
	};
}

function readAll(folder: ConfigFolder, environment: Environment, now: Instant): Omit<Config, 'warnings'> {
	const settings = readSettings(folder);
	const { people, groups } = readPeople(folder);
	const inventory = readInventory(folder, now);
	const config = {
		environment,
		settings,
		tls: settings.tls === undefined ? null : tlsOf(folder, settings.tls, ['tls'], now),
		syslog: readListeners(folder, settings, now),
		sources: readSources(folder),
		people,
		groups,
		routes: readRoutes(folder),
		inventory,
		windows: readWindows(folder),
		facts: readFacts(folder, people, inventory),
		siteRules: readSiteRules(folder),
		connectors: readConnectors(folder),
		pagers: readPagers(folder, now),
		rules: readStageFiles(folder, 'rules'),
		mappings: readMappings(folder),
		playbooks: readStageFiles(folder, 'playbooks'),
		drills: readStageFiles(folder, 'drills'),
	};
	checkCertificates(folder, config.sources ?? [], settings);
	const isKnown = isInventoryKnown(folder, inventory);
	folder.findings.push(...checkReferences((file) => folder.written(file), inventory, isKnown));
	if (inventory !== null)
		folder.findings.push(
			...checkEgress(egressOf(environment, connectorEntries(folder), pagerEntries(folder)), inventory),
		);
	return config;
}

function isInventoryKnown(folder: ConfigFolder, inventory: InventoryData | null): boolean {
	return inventory !== null || !folder.has('inventory.yaml', 'inventory.csv');
}

function writtenOf(folder: ConfigFolder): Written {
	return {
		sites: folder.written('interlock.yaml').list('sites'),
		connectors: folder.written('interlock.yaml').list('connectors'),
		pagers: folder.written('interlock.yaml').list('pagers'),
		sources: folder.written('sources.yaml').list('sources'),
		siteRules: folder.paths('safety').flatMap((path) => folder.written(path).list('rules')),
	};
}

/** An empty file says nothing. */
function readSettings(folder: ConfigFolder): Settings {
	const file = 'interlock.yaml';
	if (!folder.has(file)) return DEFAULT_SETTINGS;
	const yaml = folder.yaml(file);
	const findings = new Findings(folder.name(file));
	findings.addAll(yaml.findings);
	const value =
		yaml.value === undefined || findings.hasErrors
			? null
			: readWith(Settings, yaml.value, yaml.place, findings, [], ': not a setting of this version');
	folder.findings.push(...findings.list());
	return value ?? DEFAULT_SETTINGS;
}

function readMappings(folder: ConfigFolder): NamedMapping[] {
	return folder.paths('mappings').flatMap((path) => {
		const { mapping, findings } = readMappingFile(folder.text(path), folder.name(path));
		folder.findings.push(...findings);
		return mapping === null ? [] : [mapping];
	});
}

function readStageFiles(folder: ConfigFolder, part: string): ConfigFile[] {
	return folder.paths(part).flatMap((path) => {
		const yaml = folder.yaml(path);
		folder.findings.push(...yaml.findings);
		if (yaml.findings.length > 0) return [];
		return [{ file: folder.name(path), text: folder.text(path), value: yaml.value, place: yaml.place }];
	});
}
