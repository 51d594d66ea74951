// What the files of the configuration folder say about each other: names that must be unique, and names that must exist. They are
// compared as written, so that a fault of form beside them hides nothing.
import type { InventoryData } from '../domain/asset.ts';
import { nearest } from '../domain/nearest.ts';
import type { Finding } from '../domain/result.ts';
import { type FilePlace, shown } from './finding.ts';
import { checkPagers } from './pager-references.ts';
import { checkReading } from './reading-references.ts';
import { entriesOf, textAt, textsAt, valueAt, type WrittenEntry, type WrittenFile } from './written.ts';

/** Under this name the program raises alerts about itself. */
const OWN_NAME = 'interlock';

/**
 * Finds duplicates and names that lead nowhere. Places of people that the inventory does not have are warnings: it may lag.
 * Names are not looked for in a file that is no YAML: nobody knows which it holds.
 *
 * @param inventory null where there is none, or where it could not be read
 * @param isInventoryKnown false where there is an inventory file that could not be read
 */
export function checkReferences(
	fileOf: (file: string) => WrittenFile,
	inventory: InventoryData | null,
	isInventoryKnown: boolean,
): Finding[] {
	const [settings, people] = [fileOf('interlock.yaml'), fileOf('people.yaml')];
	const findings: Finding[] = [];
	checkSettings(settings, findings);
	if (inventory !== null) findings.push(...checkReading(settings, inventory));
	checkSources(fileOf('sources.yaml'), settings, findings);
	checkSyslog(settings, fileOf('sources.yaml'), findings);
	checkPeople(people, isInventoryKnown ? placesOf(settings, inventory) : null, findings);
	findings.push(...checkPagers(settings, people, fileOf('routes.yaml')));
	if (people.isReadable) checkRoutes(fileOf('routes.yaml'), namesOf(people.list('people'), 'id'), findings);
	return findings;
}

function checkSettings(settings: WrittenFile, findings: Finding[]): void {
	checkUnique('site', settings.list('sites'), 'name', findings);
	checkUnique('connector', settings.list('connectors'), 'name', findings);
	checkUnique('pager', settings.list('pagers'), 'name', findings);
	const names = namesOf(settings.list('connectors'), 'name');
	const tickets = textAt(settings.value, 'tickets', 'connector');
	if (tickets !== null && !names.includes(tickets))
		add(findings, settings.at('tickets', 'connector'), `there is no connector ${shown(tickets)}`, did(tickets, names));
}

function checkSources(sources: WrittenFile, settings: WrittenFile, findings: Finding[]): void {
	const entries = sources.list('sources');
	checkUnique('source', entries, 'name', findings);
	for (const { value, at } of entries) {
		if (textAt(value, 'name') === OWN_NAME)
			add(findings, at('name'), `the source ${shown(OWN_NAME)} is the program itself`, 'give it another name');
	}
	const sites = namesOf(settings.list('sites'), 'name');
	if (sites.length === 0) return;
	for (const { value, at } of entries) {
		const site = textAt(value, 'site');
		if (site === null || sites.includes(site)) continue;
		const whose = `source ${shown(textAt(value, 'name') ?? '')}`;
		add(findings, at('site'), `${whose}: there is no site ${shown(site)}`, did(site, sites));
	}
}

/** Without sources.yaml the sources are the kinds, which only the stage knows: `interlock check` looks then. */
function checkSyslog(settings: WrittenFile, sources: WrittenFile, findings: Finding[]): void {
	const names = namesOf(sources.list('sources'), 'name');
	if (sources.value === undefined || !sources.isReadable) return;
	for (const { path, name } of syslogSources(settings.value)) {
		if (names.includes(name)) continue;
		const message = `there is no source ${shown(name)} in sources.yaml`;
		add(findings, settings.at(...path), message, did(name, names));
	}
}

/** Every source that a syslog listener names, with its place in interlock.yaml. */
function syslogSources(settings: unknown): { readonly path: readonly (string | number)[]; readonly name: string }[] {
	return entriesOf(valueAt(settings, 'syslog', 'listeners')).flatMap((listener, index) => {
		const base = ['syslog', 'listeners', index] as const;
		const routes = entriesOf(valueAt(listener, 'routes')).map((route, at) => ({
			path: [...base, 'routes', at, 'source'],
			name: textAt(route, 'source'),
		}));
		return [{ path: [...base, 'source'], name: textAt(listener, 'source') }, ...routes].flatMap(({ path, name }) =>
			name === null ? [] : [{ path, name }],
		);
	});
}

type Places = { readonly sites: ReadonlySet<string>; readonly zones: ReadonlySet<string> };

function placesOf(settings: WrittenFile, inventory: InventoryData | null): Places {
	const assets = inventory?.assets ?? [];
	const zones = inventory?.zones ?? [];
	return {
		sites: new Set([...namesOf(settings.list('sites'), 'name'), ...assets.flatMap((asset) => asset.site ?? [])]),
		zones: new Set([...zones.map((zone) => zone.id), ...assets.flatMap((asset) => asset.zone ?? [])]),
	};
}

function checkPeople(people: WrittenFile, places: Places | null, findings: Finding[]): void {
	const entries = people.list('people');
	checkUnique('person', entries, 'id', findings);
	checkUnique('the Slack id', entries, 'slack', findings);
	if (places === null) return;
	for (const { value, at } of entries) {
		const whose = `person ${shown(textAt(value, 'id') ?? '')}`;
		entriesOf(valueAt(value, 'roles')).forEach((grant, role) => {
			for (const key of ['sites', 'zones'] as const) {
				const known = places[key];
				for (const { text } of textsAt(grant, key)) {
					if (known.size === 0 || known.has(text)) continue;
					const place = at('roles', role, key);
					findings.push({
						...findingAt(place, `${whose}: nothing stands at ${shown(text)}`, did(text, [...known])),
						level: 'warning',
					});
				}
			}
		});
	}
}

function checkRoutes(routes: WrittenFile, people: readonly string[], findings: Finding[]): void {
	const check = (value: unknown, at: WrittenEntry['at'], ...path: (string | number)[]): void => {
		for (const { index, text } of textsAt(value, ...path, 'people')) {
			if (people.includes(text)) continue;
			const message = `there is no person ${shown(text)} in people.yaml`;
			add(findings, at(...path, 'people', index), message, did(text, people));
		}
	};
	for (const { value, at } of routes.list('routes')) {
		check(value, at);
		entriesOf(valueAt(value, 'escalation')).forEach((_, level) => {
			check(value, at, 'escalation', level);
		});
	}
}

function checkUnique(what: string, entries: readonly WrittenEntry[], key: string, findings: Finding[]): void {
	const seen = new Set<string>();
	for (const { value, at } of entries) {
		const name = textAt(value, key);
		if (name === null) continue;
		if (seen.has(name)) add(findings, at(key), `${what} ${shown(name)} stands twice`);
		seen.add(name);
	}
}

function namesOf(entries: readonly WrittenEntry[], key: string): string[] {
	return entries.flatMap(({ value }) => textAt(value, key) ?? []);
}

function add(findings: Finding[], place: FilePlace, message: string, help?: string): void {
	findings.push(findingAt(place, message, help));
}

function findingAt({ file, line, column }: FilePlace, message: string, help?: string): Finding {
	return { file, line, column, message, ...(help === undefined ? {} : { help }), level: 'error' };
}

function did(name: string, known: readonly string[]): string | undefined {
	const near = nearest(name, known);
	return near === null ? undefined : `did you mean \`${near}\`?`;
}
