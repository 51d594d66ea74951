// What the files of the configuration folder say about each other: names that must be unique, and names that must exist.
import type { InventoryData } from '../domain/asset.ts';
import { nearest } from '../domain/nearest.ts';
import type { Person } from '../domain/person.ts';
import type { Finding } from '../domain/result.ts';
import { Findings, shown } from './finding.ts';
import type { Route } from './routes-file.ts';
import type { Settings } from './settings-file.ts';
import type { Path, YamlFile } from './yaml-file.ts';

/** The parts of the configuration that name one another. */
type Referenced = {
	readonly settings: Settings;
	readonly sources: readonly { readonly name: string; readonly site: string | null }[] | null;
	readonly people: readonly Person[];
	readonly routes: readonly Route[];
	readonly inventory: InventoryData | null;
};

/**
 * Finds duplicates and names that lead nowhere. Sites and zones that the inventory does not have are warnings: it may lag.
 * What rests on a file that could not be read whole is not judged: its entries would be counted wrong.
 *
 * @param isWhole whether a file is there without errors, or not there at all
 */
export function checkReferences(
	config: Referenced,
	isWhole: (file: string) => boolean,
	nameOf: (file: string) => string,
	yamlOf: (file: string) => YamlFile,
): Finding[] {
	const found: Finding[] = [];
	const check = (file: string, list: string, others: string[], look: (checker: FileChecker) => void): void => {
		if (![file, ...others].every(isWhole)) return;
		const yaml = yamlOf(file);
		const findings = new Findings(nameOf(file));
		look(new FileChecker(yaml, Array.isArray(yaml.value) ? [] : [list], findings));
		found.push(...findings.list());
	};
	check('sources.yaml', 'sources', ['interlock.yaml'], (checker) => checkSources(config, checker));
	check('people.yaml', 'people', [], (checker) => checkPeople(config, checker));
	check('routes.yaml', 'routes', ['people.yaml'], (checker) => checkRoutes(config, checker));
	check('interlock.yaml', 'connectors', [], (checker) => checkSettings(config, checker));
	return found;
}

/** Words findings about entries of one file's list. */
class FileChecker {
	readonly #yaml: YamlFile;
	readonly #base: Path;
	readonly #findings: Findings;

	constructor(yaml: YamlFile, base: Path, findings: Findings) {
		this.#yaml = yaml;
		this.#base = base;
		this.#findings = findings;
	}

	error(path: Path, message: string, help?: string): void {
		this.#findings.error(this.#yaml.place([...this.#base, ...path]), message, help);
	}

	warning(path: Path, message: string, help?: string): void {
		this.#findings.warning(this.#yaml.place([...this.#base, ...path]), message, help);
	}

	/** At a path from the file's top, not from its list. */
	errorAtTop(path: Path, message: string, help?: string): void {
		this.#findings.error(this.#yaml.place(path), message, help);
	}

	unique(what: string, names: readonly (string | null)[], key: string): void {
		const seen = new Map<string, number>();
		names.forEach((name, index) => {
			if (name === null) return;
			const first = seen.get(name);
			if (first === undefined) seen.set(name, index);
			else this.error([index, key], `${what} ${shown(name)} stands twice`);
		});
	}
}

function checkSources(config: Referenced, checker: FileChecker): void {
	const sources = config.sources ?? [];
	checker.unique(
		'source',
		sources.map((source) => source.name),
		'name',
	);
	const sites = config.settings.sites.map((site) => site.name);
	sources.forEach((source, index) => {
		if (source.site !== null && sites.length > 0 && !sites.includes(source.site)) {
			checker.error(
				[index, 'site'],
				`source ${shown(source.name)}: there is no site ${shown(source.site)}`,
				did(source.site, sites),
			);
		}
	});
}

function checkPeople(config: Referenced, checker: FileChecker): void {
	checker.unique(
		'person',
		config.people.map((person) => person.id),
		'id',
	);
	checker.unique(
		'the Slack id',
		config.people.map((person) => person.slack),
		'slack',
	);
	const assets = config.inventory?.assets ?? [];
	const sites = new Set([
		...config.settings.sites.map((site) => site.name),
		...assets.flatMap((asset) => asset.site ?? []),
	]);
	const zones = new Set([
		...(config.inventory?.zones ?? []).map((zone) => zone.id),
		...assets.flatMap((asset) => asset.zone ?? []),
	]);
	config.people.forEach((person, index) => {
		person.roles.forEach((grant, role) => {
			for (const [key, known] of [
				['sites', sites],
				['zones', zones],
			] as const) {
				for (const name of grant[key] ?? []) {
					if (known.size === 0 || known.has(name)) continue;
					checker.warning(
						[index, 'roles', role, key],
						`person ${shown(person.id)}: nothing stands at ${shown(name)}`,
						did(name, [...known]),
					);
				}
			}
		});
	});
}

function checkRoutes(config: Referenced, checker: FileChecker): void {
	const people = config.people.map((person) => person.id);
	const exists = (path: Path, name: string): void => {
		if (!people.includes(name))
			checker.error(path, `there is no person ${shown(name)} in people.yaml`, did(name, people));
	};
	for (const [index, route] of config.routes.entries()) {
		for (const [at, name] of route.people.entries()) exists([index, 'people', at], name);
		for (const [at, level] of route.escalation.entries()) {
			for (const [who, name] of level.people.entries()) exists([index, 'escalation', at, 'people', who], name);
		}
	}
}

function checkSettings(config: Referenced, checker: FileChecker): void {
	const names = config.settings.connectors.map((connector) => connector.name);
	checker.unique('connector', names, 'name');
	const tickets = config.settings.tickets?.connector;
	if (tickets !== undefined && !names.includes(tickets)) {
		checker.errorAtTop(['tickets', 'connector'], `there is no connector ${shown(tickets)}`, did(tickets, names));
	}
}

function did(name: string, known: readonly string[]): string | undefined {
	const near = nearest(name, known);
	return near === null ? undefined : `did you mean \`${near}\`?`;
}
