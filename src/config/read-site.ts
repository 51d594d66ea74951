// People, routes, inventory, windows, facts and rules of the site.
import type { InventoryData } from '../domain/asset.ts';
import type { FactReading } from '../domain/fact.ts';
import type { Person } from '../domain/person.ts';
import type { SiteRule } from '../domain/site-rule.ts';
import type { Instant } from '../domain/time.ts';
import type { Window } from '../domain/window.ts';
import type { ConfigFolder } from './config-folder.ts';
import { loadFactsFile } from './facts-file.ts';
import { type FilePlace, Findings, shown } from './finding.ts';
import { loadInventoryFile } from './inventory-file.ts';
import { type GroupGrant, grantOf, PeopleFile } from './people-file.ts';
import { compileRoute, ROUTES_MAX, type Route, RouteEntry } from './routes-file.ts';
import { SITE_RULES_MAX, WrittenRule } from './safety-file.ts';
import { readWith } from './schema-findings.ts';
import { loadWindowsFile } from './windows-file.ts';
import { textAt } from './written.ts';
import type { YamlFile } from './yaml-file.ts';

/** A rule of the site that tightens the gate, with its place. */
export type PlacedRule = { readonly rule: SiteRule; readonly place: FilePlace };

export function readPeople(folder: ConfigFolder): { people: Person[]; groups: GroupGrant[] } {
	const file = 'people.yaml';
	const yaml = folder.yaml(file);
	// A plain list is people without groups.
	const value = Array.isArray(yaml.value) ? { people: yaml.value } : yaml.value;
	const place: YamlFile['place'] = (path, part) => yaml.place(Array.isArray(yaml.value) ? path.slice(1) : path, part);
	if (!folder.has(file) || value === undefined) return { people: [], groups: [] };
	const findings = new Findings(folder.name(file));
	const read = readWith(PeopleFile, value, place, findings);
	folder.findings.push(...findings.list());
	if (read === null) return { people: [], groups: [] };
	return {
		people: read.people.map((person) => ({ ...person, roles: person.roles.map(grantOf) })),
		groups: read.groups.map((group) => ({ group: group.group, ...grantOf(group) })),
	};
}

export function readRoutes(folder: ConfigFolder): Route[] {
	const file = 'routes.yaml';
	const entries = folder.readList(file, 'routes', RouteEntry, ROUTES_MAX);
	const findings = new Findings(folder.name(file));
	const routes = folder
		.written(file)
		.list('routes')
		.flatMap((written): Route[] => {
			const when = textAt(written.value, 'when');
			const condition = when === null || when === '' ? null : compileRoute(written, when, findings);
			const read = entries.find((candidate) => candidate.written.index === written.index);
			return read === undefined || condition === null ? [] : [{ ...read.entry, condition }];
		});
	folder.findings.push(...findings.list());
	return routes;
}

export function readInventory(folder: ConfigFolder, now: Instant): InventoryData | null {
	const files = ['inventory.yaml', 'inventory.csv'].filter((file) => folder.has(file));
	const [file, second] = files;
	if (file === undefined) return null;
	if (second !== undefined)
		folder.error(
			folder.name(second),
			1,
			1,
			`\`${file}\` is there too: an inventory is one file`,
			'remove the one that is not kept up',
		);
	const { data, findings } = loadInventoryFile(folder.text(file), folder.name(file), now);
	folder.findings.push(...findings);
	return data;
}

export function readWindows(folder: ConfigFolder): Window[] {
	if (!folder.has('windows.csv')) return [];
	const { windows, findings } = loadWindowsFile(folder.text('windows.csv'), folder.name('windows.csv'));
	folder.findings.push(...findings);
	return windows;
}

export function readFacts(
	folder: ConfigFolder,
	people: readonly Person[],
	inventory: InventoryData | null,
): FactReading[] {
	if (!folder.has('facts.yaml')) return [];
	const { facts, findings } = loadFactsFile(folder.text('facts.yaml'), folder.name('facts.yaml'), people, inventory);
	folder.findings.push(...findings);
	return facts;
}

export function readSiteRules(folder: ConfigFolder): PlacedRule[] {
	const seen = new Map<string, string>();
	return folder.paths('safety').flatMap((path) => {
		const rules = folder.readList(path, 'rules', WrittenRule, SITE_RULES_MAX);
		return rules.map(({ entry: rule, written }) => {
			const place = written.at();
			const twin = seen.get(rule.id);
			if (twin !== undefined)
				folder.error(place.file, place.line, place.column, `the site rule ${shown(rule.id)} stands in ${twin} already`);
			seen.set(rule.id, place.file);
			return { rule, place };
		});
	});
}
