// facts.yaml: what people of the site state in writing: each with who says it, since when, and until when. Read at start. Whether a statement
// still holds, and what it does to a decision, is the safety gate's question, not this file's.
import { z } from 'zod';
import type { InventoryData } from '../domain/asset.ts';
import {
	FACT_NAMES,
	FACTS,
	type FactName,
	type FactReading,
	isFactName,
	isFactValue,
	maySupply,
} from '../domain/fact.ts';
import { MOMENTARY_MAX_AGE_MS } from '../domain/fact-catalogue.ts';
import { indexInventory } from '../domain/inventory.ts';
import { nearest } from '../domain/nearest.ts';
import type { Person } from '../domain/person.ts';
import type { Finding } from '../domain/result.ts';
import { fromIso, type Instant } from '../domain/time.ts';
import { Findings, shown } from './finding.ts';
import { parseYaml } from './yaml-file.ts';

const FACTS_MAX = 10_000;

const Line = z.strictObject({
	name: z.string(),
	subject: z.union([z.string().min(1).max(500), z.number()]),
	value: z.union([z.boolean(), z.string()]),
	/** Who says so: an id of people.yaml. */
	by: z.string(),
	stated: z.string(),
	expires: z.string(),
});
type Line = z.infer<typeof Line>;

type Found = { readonly facts: FactReading[]; readonly findings: Finding[] };

/** Reads the file. A line with an error states nothing; who says it must be known, and hold a role that may say it there. */
export function loadFactsFile(
	text: string,
	file: string,
	people: readonly Person[],
	inventory: InventoryData | null,
): Found {
	const findings = new Findings(file);
	const yaml = parseYaml(text, file);
	findings.addAll(yaml.findings);
	if (findings.hasErrors) return { facts: [], findings: findings.list() };
	const lines = Array.isArray(yaml.value) ? yaml.value : [];
	if (yaml.value !== undefined && yaml.value !== null && !Array.isArray(yaml.value))
		findings.error(yaml.place([]), 'facts.yaml is a list', 'begin each fact with `- name:`');
	if (lines.length > FACTS_MAX) findings.error(yaml.place([]), `${lines.length} facts, ${FACTS_MAX} are allowed`);
	const index = inventory === null ? null : indexInventory(inventory);
	const facts = lines.slice(0, FACTS_MAX).flatMap((value: unknown, at): FactReading[] => {
		const read = Line.safeParse(value);
		if (!read.success) {
			const [issue] = read.error.issues;
			findings.error(yaml.place([at, ...(issue?.path ?? [])]), issue?.message ?? 'is no fact');
			return [];
		}
		const wrong = whyNot(read.data, people, (name, subject) => placeOf(name, subject, index));
		if (wrong !== null) {
			findings.error(yaml.place([at, wrong.key]), wrong.message);
			return [];
		}
		const { name, subject, value: stated, by } = read.data;
		if (!isFactName(name)) return [];
		const base = { id: `${file}:${yaml.place([at]).line}`, name, subject: String(subject), value: stated };
		const [stated_at, expires_at] = [timeOf(read.data.stated) ?? Number.NaN, timeOf(read.data.expires)];
		return [{ ...base, source: 'file', supplied_by: by, stated_at, expires_at }];
	});
	return { facts, findings: findings.list() };
}

type Place = { readonly site: string | null; readonly zone: string | null };

function whyNot(
	line: Line,
	people: readonly Person[],
	place: (name: FactName, subject: string) => Place | null,
): { readonly key: keyof Line; readonly message: string } | null {
	const { name, value, by } = line;
	if (!isFactName(name)) {
		const near = nearest(name, FACT_NAMES);
		return { key: 'name', message: `unknown fact ${shown(name)}${near === null ? '' : `: did you mean \`${near}\`?`}` };
	}
	const spec = FACTS[name];
	if (!isFactValue(name, value))
		return { key: 'value', message: `\`${name}\` is ${spec.order.join(', ')}, not ${shown(value)}` };
	if (spec.subject === 'step' || spec.subject === 'incident')
		return { key: 'name', message: `\`${name}\` is about one ${spec.subject}: people say it there, not in a file` };
	if (spec.maxAgeMs !== null && spec.maxAgeMs <= MOMENTARY_MAX_AGE_MS)
		return { key: 'name', message: `\`${name}\` is about the moment: a file does not see it, people say it` };
	const [stated, expires] = [timeOf(line.stated), timeOf(line.expires)];
	if (stated === null) return { key: 'stated', message: `${shown(line.stated)} is no time with a zone` };
	if (expires === null) return { key: 'expires', message: `${shown(line.expires)} is no time with a zone` };
	if (expires <= stated) return { key: 'expires', message: 'the fact ends before it begins' };
	const person = people.find((one) => one.id === by);
	if (person === undefined) return { key: 'by', message: `nobody of people.yaml is ${shown(by)}` };
	const at = place(name, String(line.subject));
	if (at === null)
		return { key: 'subject', message: `no ${spec.subject} ${shown(String(line.subject))} in the inventory` };
	const may = maySupply(person, name, at.site, at.zone);
	return may.ok ? null : { key: 'by', message: may.reason };
}

/** Where a subject stands; null where the inventory should know it and does not. What has no place takes a role that holds everywhere. */
function placeOf(name: FactName, subject: string, inventory: ReturnType<typeof indexInventory> | null): Place | null {
	const nowhere: Place = { site: null, zone: null };
	switch (FACTS[name].subject) {
		case 'asset': {
			const asset = inventory?.find(subject) ?? null;
			return asset === null ? null : { site: asset.site, zone: asset.zone };
		}
		case 'target': {
			const asset = inventory?.find(subject) ?? null;
			return asset === null ? nowhere : { site: asset.site, zone: asset.zone };
		}
		case 'zone': {
			const zone = inventory?.zone(subject) ?? null;
			return zone === null ? null : { site: zone.site, zone: zone.id };
		}
		case 'site':
			return { site: subject, zone: null };
		default:
			return nowhere;
	}
}

/** ISO 8601 with a zone: without one nobody can say when it ends. */
function timeOf(text: string): Instant | null {
	return /(Z|[+-]\d\d:?\d\d)$/i.test(text) ? fromIso(text.replace(' ', 'T')) : null;
}
