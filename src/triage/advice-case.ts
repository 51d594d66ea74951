// What the adviser is told of an incident, and when that is a new question: the case, the names in it that must not leave, the wordings
// that triage was not sure of, and a signature of what matters. Pure. NOT here: asking and recording (advise.ts), masking (model/mask.ts).
import { canonicalHash } from '../domain/canonical.ts';
import type { KnownValues, Masker } from '../model/mask.ts';
import type { IncidentCase } from '../model/prompt.ts';
import type { IncidentToAdvise } from '../store/read/triage.ts';
import { type AlertTemplate, templateOf } from './alert-template.ts';

/** Names besides those in the alerts that must not leave: of people on call, and of the machines of an asset. */
export type Names = {
	readonly people: () => readonly string[];
	/** Host names of an asset in the inventory. */
	readonly hosts: (asset: string) => readonly string[];
};

/** Offline triage is sure of a technique from here on; what it holds below that is worth a question. */
const SURE_SCORE = 0.5;
const PEOPLE = ['user', 'account', 'email'];
const HOSTS = ['host', 'asset_id'];

/** People and machines that this incident names, by entity, inventory and configuration. */
export function knownNames(read: IncidentToAdvise, names: Names): KnownValues {
	const valuesOf = (types: readonly string[]): string[] =>
		read.alerts.flatMap((row) => row.entities.filter((one) => types.includes(one.type)).map((one) => one.value));
	// `PLANT\ann`, `ann@PLANT`: the text may hold the name alone.
	const people = valuesOf(PEOPLE).flatMap((value) => [value, ...value.split(/[\\@]/, 2)]);
	const assets = [...new Set([...read.incident.assets, ...read.alerts.flatMap((row) => row.verdict?.assets ?? [])])];
	return {
		people: [...people, ...names.people()],
		hosts: [...valuesOf(HOSTS), ...assets, ...assets.flatMap(names.hosts)],
	};
}

/** The case for the prompt; `caseOf` hides nothing, the prompt is built through the masker. */
export function caseOf(read: IncidentToAdvise, playbooks: readonly string[]): IncidentCase {
	const { incident } = read;
	const first = read.alerts[0]?.occurred_at ?? incident.first_at;
	return {
		title: incident.title,
		severity: incident.severity,
		domain: incident.domain,
		category: incident.category,
		zones: incident.zones,
		techniques: incident.techniques,
		alertCount: incident.alert_count,
		startedHour: new Date(incident.first_at).getUTCHours(),
		playbooks,
		alerts: read.alerts.map((row) => ({
			afterSeconds: Math.round((row.occurred_at - first) / 1_000),
			source: row.source,
			title: row.title,
			description: row.description,
			severity: row.verdict?.severity ?? row.severity ?? 'unknown',
			category: row.verdict?.category ?? 'other',
			techniques: row.verdict?.techniques.map((technique) => technique.id) ?? [],
			assets: row.verdict?.assets ?? [],
			repeats: row.repeats,
		})),
	};
}

/** A wording that triage was not sure of, as it may leave: masked first, then without what differs. */
export type UnsureTemplate = AlertTemplate & { readonly kind: string; readonly domain: string };

/** The wordings among the incident's alerts of which offline triage could not tell the technique, each once. */
export function unsureTemplates(read: IncidentToAdvise, masker: Masker): UnsureTemplate[] {
	const found = new Map<string, UnsureTemplate>();
	for (const row of read.alerts) {
		const { verdict, kind } = row;
		if (kind !== 'security' || verdict === null || verdict.category === 'process_safety') continue;
		if ((verdict.techniques[0]?.score ?? 0) >= SURE_SCORE) continue;
		const template = wordingOf(row, verdict.domain, masker);
		found.set(template.key, { ...template, kind, domain: verdict.domain });
	}
	return [...found.values()];
}

function wordingOf(row: IncidentToAdvise['alerts'][number], domain: string, masker: Masker): AlertTemplate {
	const { title, description, entities, kind } = row;
	return templateOf({
		kind,
		domain,
		title: masker.mask(title),
		description: description === null ? null : masker.mask(description),
		entities,
	});
}

/**
 * What makes it a new question: how bad, where, what, and the wordings seen. More of the same (another hundred alerts of one storm,
 * the next host behind the same switch) does not.
 */
export function signatureOf(
	read: IncidentToAdvise,
	masker: Masker,
	asked: { readonly model: string; readonly file: string },
): string {
	const { incident } = read;
	const wordings = read.alerts.map((row) => wordingOf(row, row.verdict?.domain ?? incident.domain, masker).key);
	return canonicalHash({
		...asked,
		severity: incident.severity,
		domain: incident.domain,
		category: incident.category,
		zones: incident.zones.toSorted(),
		techniques: incident.techniques.toSorted(),
		wordings: [...new Set(wordings)].toSorted(),
	});
}
