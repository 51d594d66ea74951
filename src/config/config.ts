// Environment and configuration folder become one frozen Config, or the list of everything that is wrong with them. Files are
// handed in as text by a reader (read-folder.ts is the real one). What rules, mappings and playbooks mean is for their stages.
import { z } from 'zod';
import type { InventoryData } from '../domain/asset.ts';
import { ConnectorConfig } from '../domain/connector.ts';
import type { FactReading } from '../domain/fact.ts';
import type { NamedMapping } from '../domain/mapping.ts';
import { nearest } from '../domain/nearest.ts';
import { PagerConfig } from '../domain/pager.ts';
import type { Person } from '../domain/person.ts';
import { err, type Finding, ok, type Result } from '../domain/result.ts';
import type { SiteRule } from '../domain/site-rule.ts';
import type { Instant } from '../domain/time.ts';
import type { Window } from '../domain/window.ts';
import { checkReferences } from './config-references.ts';
import { checkEgress, egressOf } from './egress.ts';
import { type Environment, readEnvironment } from './environment.ts';
import { loadFactsFile } from './facts-file.ts';
import { type FilePlace, Findings, shown } from './finding.ts';
import { loadInventoryFile } from './inventory-file.ts';
import { readMappingFile } from './mapping-file.ts';
import { type GroupGrant, grantOf, PeopleFile } from './people-file.ts';
import { compileRoute, ROUTES_MAX, type Route, RouteEntry } from './routes-file.ts';
import { SITE_RULES_MAX, WrittenRule } from './safety-file.ts';
import { readWith } from './schema-findings.ts';
import { readSecret, readSecrets, type Secret } from './secret.ts';
import { DEFAULT_SETTINGS, Settings } from './settings-file.ts';
import { SECRETS_MAX, SOURCES_MAX, SourceEntry } from './sources-file.ts';
import { type ListenerSettings, listenAt, type TlsFiles } from './syslog-settings.ts';
import { readAuthorities, readTls, type TlsConfig } from './tls-files.ts';
import { loadWindowsFile } from './windows-file.ts';
import { textAt, textsAt, type WrittenEntry, type WrittenFile, writtenFile } from './written.ts';
import { parseYaml, type YamlFile } from './yaml-file.ts';

/** How files come in. Paths in the folder are relative, with forward slashes. */
export type ConfigReader = {
	/** The texts of the folder's files by path, or why it cannot be read. */
	readonly folder: (path: string) => Result<ReadonlyMap<string, string>, string>;
	/** A secret's file, relative to the folder; or why it cannot be read. */
	readonly secretFile: (folder: string, path: string) => Result<string, string>;
};

/** How a source proves who it is, with its secrets in hand: two may be valid at once. Null header or form: the default of the type. */
export type Credential =
	| { readonly type: 'bearer'; readonly secrets: readonly Secret[]; readonly header: string | null }
	| {
			readonly type: 'hmac';
			readonly secrets: readonly Secret[];
			readonly header: string | null;
			readonly form: string | null;
	  }
	| { readonly type: 'basic'; readonly user: string; readonly secrets: readonly Secret[] }
	/** SHA-256 of the certificates in bare lower-case digits, or what the subject must say. */
	| {
			readonly type: 'mtls';
			readonly certificates: readonly string[];
			readonly subject: Readonly<Record<string, string>> | null;
	  };

export type SourceConfig = {
	readonly name: string;
	readonly kind: string;
	/** Null: the common bearer token (INTERLOCK_TOKEN). */
	readonly credential: Credential | null;
	/** Addresses and ranges that may send; null for any. */
	readonly addressAllow: readonly string[] | null;
	readonly heartbeatMs: number | null;
	readonly timeZone: string;
	readonly site: string | null;
	readonly place: FilePlace;
};

/** A syslog listener with its TLS files in hand. */
export type SyslogListenerConfig = {
	/** What people call it: `syslog:udp:0.0.0.0:5514`. No source can have this name. */
	readonly name: string;
	readonly host: string;
	readonly port: number;
	readonly transport: ListenerSettings['transport'];
	readonly tls: TlsConfig | null;
	readonly source: string | null;
	readonly routes: ListenerSettings['routes'];
	readonly place: FilePlace;
};

/** A connector with its secret in hand. */
export type Connector = { readonly config: ConnectorConfig; readonly secret: Secret | null; readonly place: FilePlace };

/** A way to reach people outside Slack, with its secret and the certificates that it trusts in hand. */
export type Pager = {
	readonly config: PagerConfig;
	readonly secret: Secret | null;
	/** PEM; null: those of the system. */
	readonly ca: string | null;
	readonly place: FilePlace;
};

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
	/** Rules of the site that tighten the gate, each with its place. */
	readonly siteRules: readonly { readonly rule: SiteRule; readonly place: FilePlace }[];
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

const TOP_FILES = [
	'interlock.yaml',
	'sources.yaml',
	'people.yaml',
	'routes.yaml',
	'inventory.yaml',
	'inventory.csv',
	'windows.csv',
	'facts.yaml',
];
/** Keys under which people write a secret itself. */
const SECRET_WORDS = ['secret', 'token', 'password', 'passphrase', 'key', 'bearer', 'api_key', 'routing_key'];
const FOLDERS = ['rules', 'playbooks', 'safety', 'mappings', 'drills'];

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
	const loading = new Loading(env, environment.configFolder ?? '', reader, [...findings]);
	const config = loading.read(environment, now);
	return {
		config: Object.freeze({ ...config, warnings: Object.freeze([...loading.findings]) }),
		written: loading.written(),
		isInventoryKnown: config.inventory !== null || !loading.has('inventory.yaml', 'inventory.csv'),
		findings: loading.findings,
	};
}

/** One source of each kind, named as the kind, with the common bearer token: what holds without sources.yaml. */
export function defaultSources(kinds: readonly string[]): SourceConfig[] {
	return kinds.map((kind) => ({
		name: kind,
		kind,
		credential: null,
		addressAllow: null,
		heartbeatMs: null,
		timeZone: 'UTC',
		site: null,
		place: { file: 'defaults', line: 0, column: 0 },
	}));
}

/** One run of the loader: the texts, the findings so far, and a method a file. */
class Loading {
	readonly findings: Finding[];
	readonly #env: Readonly<Record<string, string | undefined>>;
	readonly #folder: string;
	readonly #reader: ConfigReader;
	#texts: ReadonlyMap<string, string> = new Map();

	constructor(
		env: Readonly<Record<string, string | undefined>>,
		folder: string,
		reader: ConfigReader,
		findings: Finding[],
	) {
		this.#env = env;
		this.#folder = folder.replace(/\/$/, '');
		this.#reader = reader;
		this.findings = findings;
	}

	read(environment: Environment, now: Instant): Omit<Config, 'warnings'> {
		this.#readTexts();
		const settings = this.#settings();
		const people = this.#people();
		const inventoryData = this.#inventory(now);
		const config = {
			environment,
			settings,
			tls: settings.tls === undefined ? null : this.#tls(settings.tls, ['tls'], now),
			syslog: this.#syslog(settings, now),
			sources: this.#sources(),
			people: people.people,
			groups: people.groups,
			routes: this.#routes(),
			inventory: inventoryData,
			windows: this.#windows(),
			facts: this.#facts(people.people, inventoryData),
			siteRules: this.#siteRules(),
			connectors: this.#connectors(),
			pagers: this.#pagers(now),
			rules: this.#stageFiles('rules'),
			mappings: this.#mappings(),
			playbooks: this.#stageFiles('playbooks'),
			drills: this.#stageFiles('drills'),
		};
		this.#checkCertificates(config.sources ?? [], settings);
		const { inventory } = config;
		const isInventoryKnown = inventory !== null || !this.has('inventory.yaml', 'inventory.csv');
		this.findings.push(...checkReferences((file) => this.#written(file), inventory, isInventoryKnown));
		if (inventory !== null)
			this.findings.push(
				...checkEgress(egressOf(environment, this.#connectorEntries(), this.#pagerEntries()), inventory),
			);
		return config;
	}

	has(...files: string[]): boolean {
		return files.some((file) => this.#texts.has(file));
	}

	written(): Written {
		return {
			sites: this.#written('interlock.yaml').list('sites'),
			connectors: this.#written('interlock.yaml').list('connectors'),
			pagers: this.#written('interlock.yaml').list('pagers'),
			sources: this.#written('sources.yaml').list('sources'),
			siteRules: this.#paths('safety').flatMap((path) => this.#written(path).list('rules')),
		};
	}

	#written(file: string): WrittenFile {
		return writtenFile(this.#yaml(file), this.#name(file));
	}

	#readTexts(): void {
		if (this.#folder === '') return;
		const read = this.#reader.folder(this.#folder);
		if (!read.ok) {
			this.#error('environment', 0, 0, `INTERLOCK_CONFIG names ${shown(this.#folder)}: ${read.error}`);
			return;
		}
		this.#texts = read.value;
		for (const path of [...read.value.keys()].sort()) this.#checkName(path);
	}

	/** A file that nobody reads because its name has a slip would be a silent loss. */
	#checkName(path: string): void {
		const [head, ...rest] = path.split('/');
		if (head === undefined || TOP_FILES.includes(path) || path.startsWith('.')) return;
		if (rest.length === 0) {
			const near = /\.(ya?ml|csv)$/i.test(head) ? nearest(head, TOP_FILES) : null;
			if (near !== null)
				this.#error(
					this.#name(path),
					1,
					1,
					`${shown(head)} is no file of the configuration folder`,
					`did you mean \`${near}\`?`,
				);
			return;
		}
		const near = FOLDERS.includes(head) ? null : nearest(head, FOLDERS);
		if (near !== null)
			this.#error(
				this.#name(path),
				1,
				1,
				`${shown(head)} is no part of the configuration folder`,
				`did you mean \`${near}/\`?`,
			);
		else if (FOLDERS.includes(head) && /\.yml$/i.test(path))
			this.#error(this.#name(path), 1, 1, 'files here end in `.yaml`');
	}

	#settings(): Settings {
		return this.#readFile('interlock.yaml', Settings) ?? DEFAULT_SETTINGS;
	}

	#sources(): SourceConfig[] | null {
		const file = 'sources.yaml';
		const entries = this.#readList(file, 'sources', SourceEntry, SOURCES_MAX);
		if (!this.#texts.has(file)) return null;
		this.#checkNoSecret(this.#written(file).list('sources'), 'source');
		return entries.flatMap(({ entry, written }) => {
			const credential = this.#credential(entry, () => written.at('auth'));
			if (credential === undefined) return [];
			return [
				{
					name: entry.name,
					kind: entry.kind,
					credential,
					addressAllow: entry.address_allow ?? null,
					heartbeatMs: entry.heartbeat ?? null,
					timeZone: entry.time_zone,
					site: entry.site ?? null,
					place: written.at(),
				},
			];
		});
	}

	/** A secret in a file that stands under version control is known to all who read it: it is refused, and not repeated. */
	#checkNoSecret(entries: readonly WrittenEntry[], what: string): void {
		for (const { value, at } of entries) {
			const whose = `${what} ${shown(textAt(value, 'name') ?? '')}`;
			const refuse = (...path: (string | number)[]): void => {
				const { file, line, column } = at(...path);
				this.#error(
					file,
					line,
					column,
					`${whose}: a secret is never written here`,
					'put it into a variable or a file and name that by `secret_env` or `secret_file`; whoever has read this file knows it: make a new one',
				);
			};
			for (const key of SECRET_WORDS) {
				if (textAt(value, 'auth', key) !== null) refuse('auth', key);
				if (textAt(value, key) !== null) refuse(key);
			}
			for (const { index } of textsAt(value, 'auth', 'secrets')) refuse('auth', 'secrets', index);
		}
	}

	/** Undefined where the secret cannot be had: the finding is recorded. */
	#credential(entry: SourceEntry, place: () => FilePlace): Credential | null | undefined {
		const { auth } = entry;
		if (auth === undefined) return null;
		if (auth.type === 'mtls') {
			const { certificate = [], subject = null } = auth;
			const certificates = [certificate].flat().map((text) => text.replaceAll(':', '').toLowerCase());
			return { type: 'mtls', certificates, subject };
		}
		const read = readSecrets(auth, this.#env, (path) => this.#reader.secretFile(this.#folder, path), SECRETS_MAX);
		if (!read.ok) {
			const { file, line, column } = place();
			this.#error(file, line, column, `source \`${entry.name}\`: ${read.error}`);
			return undefined;
		}
		const secrets = read.value;
		if (auth.type === 'basic') return { type: 'basic', user: auth.user, secrets };
		const header = auth.header?.toLowerCase() ?? null;
		if (auth.type === 'bearer') return { type: 'bearer', secrets, header };
		return { type: 'hmac', secrets, header, form: auth.form ?? null };
	}

	#secret(
		auth: { readonly secret_env?: string | undefined; readonly secret_file?: string | undefined },
		whose: string,
		place: () => FilePlace,
	): Secret | null {
		const read = readSecret(auth, this.#env, (path) => this.#reader.secretFile(this.#folder, path));
		if (read.ok) return read.value;
		const { file, line, column } = place();
		this.#error(file, line, column, `${whose}: ${read.error}`);
		return null;
	}

	#tls(files: TlsFiles, path: readonly (string | number)[], now: Instant): TlsConfig | null {
		const read = readTls(files, (file) => this.#reader.secretFile(this.#folder, file), now);
		if (read.ok) return read.value;
		const { key, message } = read.error;
		const { file, line, column } = this.#written('interlock.yaml').at(...path, key);
		this.#error(file, line, column, `\`${key}\`: ${message}`);
		return null;
	}

	#syslog(settings: Settings, now: Instant): SyslogListenerConfig[] {
		const seen = new Set<string>();
		return settings.syslog.listeners.map((listener, index) => {
			const path = ['syslog', 'listeners', index] as const;
			const { host, port } = listenAt(listener);
			const { transport, routes } = listener;
			const name = `syslog:${transport}:${host.includes(':') ? `[${host}]` : host}:${port}`;
			const place = this.#written('interlock.yaml').at(...path, 'listen');
			const socket = `${transport === 'udp' ? 'udp' : 'tcp'} ${host} ${port}`;
			if (port !== 0 && seen.has(socket))
				this.#error(place.file, place.line, place.column, `another listener is at ${shown(listener.listen)} already`);
			seen.add(socket);
			const tls = listener.tls === undefined ? null : this.#tls(listener.tls, [...path, 'tls'], now);
			return { name, host, port, transport, tls, source: listener.source ?? null, routes, place };
		});
	}

	/** A source that is known by its certificate can send only where one is asked for. */
	#checkCertificates(sources: readonly SourceConfig[], settings: Settings): void {
		for (const { name, credential, place } of sources) {
			if (credential?.type !== 'mtls') continue;
			const listeners = settings.syslog.listeners.filter((listener) =>
				[listener.source, ...listener.routes.map((route) => route.source)].includes(name),
			);
			const blind = listeners.find((listener) => listener.tls?.client_ca_file === undefined);
			if (blind === undefined && (listeners.length > 0 || settings.tls?.client_ca_file !== undefined)) continue;
			const where = blind === undefined ? 'the door' : `the syslog listener at ${shown(blind.listen)}`;
			this.#error(
				place.file,
				place.line,
				place.column,
				`source \`${name}\` proves itself by a certificate, and ${where} asks for none`,
				'write `tls` with `client_ca_file` in interlock.yaml',
			);
		}
	}

	#people(): { people: Person[]; groups: GroupGrant[] } {
		const file = 'people.yaml';
		const yaml = this.#yaml(file);
		// A plain list is people without groups.
		const value = Array.isArray(yaml.value) ? { people: yaml.value } : yaml.value;
		const place: YamlFile['place'] = (path, part) => yaml.place(Array.isArray(yaml.value) ? path.slice(1) : path, part);
		if (!this.#texts.has(file) || value === undefined) return { people: [], groups: [] };
		const findings = new Findings(this.#name(file));
		const read = readWith(PeopleFile, value, place, findings);
		this.findings.push(...findings.list());
		if (read === null) return { people: [], groups: [] };
		return {
			people: read.people.map((person) => ({ ...person, roles: person.roles.map(grantOf) })),
			groups: read.groups.map((group) => ({ group: group.group, ...grantOf(group) })),
		};
	}

	#routes(): Route[] {
		const file = 'routes.yaml';
		const entries = this.#readList(file, 'routes', RouteEntry, ROUTES_MAX);
		const findings = new Findings(this.#name(file));
		const routes = this.#written(file)
			.list('routes')
			.flatMap((written): Route[] => {
				const when = textAt(written.value, 'when');
				const condition = when === null || when === '' ? null : compileRoute(written, when, findings);
				const read = entries.find((candidate) => candidate.written.index === written.index);
				return read === undefined || condition === null ? [] : [{ ...read.entry, condition }];
			});
		this.findings.push(...findings.list());
		return routes;
	}

	#inventory(now: Instant): InventoryData | null {
		const files = ['inventory.yaml', 'inventory.csv'].filter((file) => this.#texts.has(file));
		const [file, second] = files;
		if (file === undefined) return null;
		if (second !== undefined)
			this.#error(
				this.#name(second),
				1,
				1,
				`\`${file}\` is there too: an inventory is one file`,
				'remove the one that is not kept up',
			);
		const { data, findings } = loadInventoryFile(this.#texts.get(file) ?? '', this.#name(file), now);
		this.findings.push(...findings);
		return data;
	}

	#windows(): Window[] {
		const text = this.#texts.get('windows.csv');
		if (text === undefined) return [];
		const { windows, findings } = loadWindowsFile(text, this.#name('windows.csv'));
		this.findings.push(...findings);
		return windows;
	}

	#facts(people: readonly Person[], inventory: InventoryData | null): FactReading[] {
		const text = this.#texts.get('facts.yaml');
		if (text === undefined) return [];
		const { facts, findings } = loadFactsFile(text, this.#name('facts.yaml'), people, inventory);
		this.findings.push(...findings);
		return facts;
	}

	#siteRules(): Config['siteRules'] {
		const seen = new Map<string, string>();
		return this.#paths('safety').flatMap((path) => {
			const rules = this.#readList(path, 'rules', WrittenRule, SITE_RULES_MAX);
			return rules.map(({ entry: rule, written }) => {
				const place = written.at();
				const twin = seen.get(rule.id);
				if (twin !== undefined)
					this.#error(
						place.file,
						place.line,
						place.column,
						`the site rule ${shown(rule.id)} stands in ${twin} already`,
					);
				seen.set(rule.id, place.file);
				return { rule, place };
			});
		});
	}

	/** Every connector that is right in itself, also where the file has another fault: its secret is looked for all the same. */
	#connectors(): Connector[] {
		return this.#connectorEntries().flatMap(({ config, place, authPlace }): Connector[] => {
			if (config.auth === undefined) return [{ config, secret: null, place }];
			const secret = this.#secret(config.auth, `connector \`${config.name}\``, authPlace);
			return secret === null ? [] : [{ config, secret, place }];
		});
	}

	/** The same without their secrets: also those whose secret is not there. */
	#connectorEntries(): { config: ConnectorConfig; place: FilePlace; authPlace: () => FilePlace }[] {
		return this.#written('interlock.yaml')
			.list('connectors')
			.flatMap((written) => {
				const parsed = ConnectorConfig.safeParse(written.value);
				return parsed.success
					? [{ config: parsed.data, place: written.at(), authPlace: () => written.at('auth') }]
					: [];
			});
	}

	/** Every pager that is right in itself, like the connectors. */
	#pagers(now: Instant): Pager[] {
		this.#checkNoSecret(this.#written('interlock.yaml').list('pagers'), 'pager');
		return this.#pagerEntries().flatMap(({ config, place, written }): Pager[] => {
			const whose = `pager \`${config.name}\``;
			const secret = config.auth === undefined ? null : this.#secret(config.auth, whose, () => written.at('auth'));
			const ca = config.kind === 'smtp' ? this.#authorities(config.ca_file, whose, written, now) : null;
			if ((config.auth !== undefined && secret === null) || ca === undefined) return [];
			return [{ config, secret, ca, place }];
		});
	}

	/** The same without their secrets. */
	#pagerEntries(): { config: PagerConfig; place: FilePlace; written: WrittenEntry }[] {
		return this.#written('interlock.yaml')
			.list('pagers')
			.flatMap((written) => {
				const parsed = PagerConfig.safeParse(written.value);
				return parsed.success ? [{ config: parsed.data, place: written.at(), written }] : [];
			});
	}

	/** Null: those of the system; undefined where the file cannot be used, and the finding is recorded. */
	#authorities(
		path: string | undefined,
		whose: string,
		written: WrittenEntry,
		now: Instant,
	): string | null | undefined {
		if (path === undefined) return null;
		const read = readAuthorities(path, (file) => this.#reader.secretFile(this.#folder, file), now);
		if (read.ok) return read.value;
		const { file, line, column } = written.at('ca_file');
		this.#error(file, line, column, `${whose}: \`ca_file\`: ${read.error}`);
		return undefined;
	}

	#mappings(): NamedMapping[] {
		return this.#paths('mappings').flatMap((path) => {
			const { mapping, findings } = readMappingFile(this.#texts.get(path) ?? '', this.#name(path));
			this.findings.push(...findings);
			return mapping === null ? [] : [mapping];
		});
	}

	#stageFiles(folder: string): ConfigFile[] {
		return this.#paths(folder).flatMap((path) => {
			const yaml = this.#yaml(path);
			this.findings.push(...yaml.findings);
			if (yaml.findings.length > 0) return [];
			return [{ file: this.#name(path), text: this.#texts.get(path) ?? '', value: yaml.value, place: yaml.place }];
		});
	}

	#paths(folder: string): string[] {
		return [...this.#texts.keys()].filter((path) => path.startsWith(`${folder}/`) && path.endsWith('.yaml')).sort();
	}

	/** A file that is a mapping; an empty one says nothing. */
	#readFile(file: string, schema: typeof Settings): Settings | null {
		if (!this.#texts.has(file)) return null;
		const yaml = this.#yaml(file);
		const findings = new Findings(this.#name(file));
		findings.addAll(yaml.findings);
		const value =
			yaml.value === undefined || findings.hasErrors
				? null
				: readWith(schema, yaml.value, yaml.place, findings, [], ': not a setting of this version');
		this.findings.push(...findings.list());
		return value;
	}

	/** A file that is a list, or a mapping with that one list under a key. The entries that are right, whatever the others are. */
	#readList<T>(
		file: string,
		key: string,
		schema: z.ZodType<T>,
		entriesMax: number,
	): { readonly entry: T; readonly written: WrittenEntry }[] {
		if (!this.#texts.has(file)) return [];
		const yaml = this.#yaml(file);
		const findings = new Findings(this.#name(file));
		findings.addAll(yaml.findings);
		const { value } = yaml;
		const isKeyed = typeof value === 'object' && value !== null && !Array.isArray(value);
		const base = isKeyed ? [key] : [];
		let list: unknown = value;
		if (isKeyed) {
			const members = new Map<string, unknown>(Object.entries(value));
			list = members.get(key);
			for (const other of members.keys()) {
				if (other !== key)
					findings.error(
						yaml.place([other], 'key'),
						`unknown key ${shown(other)}`,
						`the file is a list, or has the one key \`${key}\``,
					);
			}
		}
		if (list !== undefined && list !== null)
			readWith(z.array(z.unknown()).max(entriesMax), list, yaml.place, findings, base);
		const entries = writtenFile(yaml, this.#name(file))
			.list(key)
			.slice(0, entriesMax)
			.flatMap((written) => {
				const entry = readWith(schema, written.value, yaml.place, findings, [...base, written.index]);
				return entry === null ? [] : [{ entry, written }];
			});
		this.findings.push(...findings.list());
		return entries;
	}

	readonly #parsed = new Map<string, YamlFile>();

	#yaml(file: string): YamlFile {
		const held = this.#parsed.get(file) ?? parseYaml(this.#texts.get(file) ?? '', this.#name(file));
		this.#parsed.set(file, held);
		return held;
	}

	#name(file: string): string {
		return this.#folder === '' ? file : `${this.#folder}/${file}`;
	}

	#error(file: string, line: number, column: number, message: string, help?: string): void {
		this.findings.push({ file, line, column, message, ...(help === undefined ? {} : { help }), level: 'error' });
	}
}
