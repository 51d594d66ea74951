// One record of `interlock classify`: a text with an id in, a verdict by words out. Pure.
// NOT here: rules, inventory and sources, which a bare text does not have (judge.ts), and reading or printing (cli/classify.ts).
import { z } from 'zod';
import { SEVERITIES, type Severity, severityRank } from '../domain/severity.ts';
import type { Category, Reason, TechniqueScore } from '../domain/verdict.ts';
import type { AlertAdvice } from '../model/advice.ts';
import { attackTable, findTechnique, matrixOf, nameTechnique, tacticsOf } from './attack-table.ts';
import { categoryOfTechnique } from './classifier/category.ts';
import { classifyText } from './classifier/classify.ts';
import type { Weights } from './classifier/weights.ts';

/** What `asset` may say: an id alone says nothing here, its class, level or domain do. */
const AssetHint = z.looseObject({
	class: z.string().optional(),
	kind: z.string().optional(),
	domain: z.string().nullish(),
	level: z.union([z.string(), z.number()]).nullish(),
	purdue: z.union([z.string(), z.number()]).nullish(),
});

/** One input line; other keys are ignored, because labelled sets carry their answers. */
export const ClassifyInput = z.object({
	id: z.union([z.string().min(1), z.number()]),
	title: z.string().nullish(),
	text: z.string().nullish(),
	asset: z.union([z.string(), AssetHint]).nullish(),
});
export type ClassifyInput = z.infer<typeof ClassifyInput>;

/** One output line (DESIGN.md, "Formats that others rely on"). */
export type ClassifyOutput = {
	readonly id: string | number;
	readonly domain: 'it' | 'ot';
	readonly category: Category;
	readonly severity: Severity;
	readonly matrix: 'enterprise' | 'ics';
	readonly tactics: readonly string[];
	readonly techniques: readonly TechniqueScore[];
	readonly confidence: number;
	readonly reasons: readonly Reason[];
};

/** Classifies one record offline. A benchmark's name and the record's id are never looked at. */
export function classifyRecord(weights: Weights, input: ClassifyInput): ClassifyOutput {
	const title = input.title ?? '';
	const text = input.text ?? '';
	const hinted = domainOfAsset(input.asset);
	const named = namedTechniques(`${title} ${text}`);
	const namedDomain = named[0] === undefined ? null : matrixOf(named[0]) === 'ics' ? 'ot' : null;
	const words = classifyText(weights, { title, text, domain: hinted ?? namedDomain });
	const reasons: Reason[] = [];
	if (hinted !== null) reasons.push({ by: 'inventory', text: `the asset belongs to ${hinted.toUpperCase()}` });
	for (const id of named.slice(0, 5))
		reasons.push({ by: 'source', text: `the text names ${nameTechnique(attackTable, id)}` });
	const best = words.techniques[0];
	const share = `${Math.round(words.confidence * 100)} %`;
	reasons.push({
		by: 'classifier',
		text:
			words.words.length === 0 || best === undefined
				? 'the text holds no word that the classifier knows'
				: words.isSure
					? `words such as ${words.words.join(', ')} fit ${nameTechnique(attackTable, best.id)} (${share})`
					: `not sure: the best guess is ${nameTechnique(attackTable, best.id)} (${share})`,
	});
	const lead = named[0];
	return {
		id: input.id,
		domain: words.domain,
		category: (lead === undefined ? null : categoryOfTechnique(lead)) ?? words.category,
		severity: words.severity,
		matrix: lead === undefined ? words.matrix : matrixOf(lead),
		tactics: merged(tacticsOf(attackTable, named), words.tactics),
		techniques: withFirst(named, 1, words.techniques),
		confidence: lead === undefined ? words.confidence : Math.max(0.9, words.confidence),
		reasons,
	};
}

/** Adds an adviser's opinion: its existing techniques first, its severity within one level of the offline one. */
export function withAdvice(offline: ClassifyOutput, advice: AlertAdvice, model: string): ClassifyOutput {
	const techniques = [...new Set(advice.techniques)]
		.filter((id) => findTechnique(attackTable, id) !== null)
		.slice(0, 5);
	const known = { ...attackTable.enterprise.tactics, ...attackTable.ics.tactics };
	const tactics = [...new Set(advice.tactics)].filter((name) => Object.hasOwn(known, name));
	const rank = severityRank(offline.severity);
	const bounded = Math.max(rank - 1, Math.min(rank + 1, severityRank(advice.severity)));
	return {
		...offline,
		severity: SEVERITIES[bounded] ?? offline.severity,
		tactics: merged(merged(tacticsOf(attackTable, techniques.slice(0, 1)), tactics), offline.tactics),
		techniques: withFirst(techniques, 0.5, offline.techniques),
		reasons: [
			...offline.reasons,
			{ by: 'adviser', text: `${model.slice(0, 60)} (generated): ${advice.reason}`.slice(0, 500) },
		],
	};
}

/** Ids of existing techniques that the text itself names, in order. */
function namedTechniques(text: string): string[] {
	const found = text.slice(0, 20_000).match(/\bT[01]\d{3}(?:\.\d{3})?\b/g) ?? [];
	return [...new Set(found)].filter((id) => findTechnique(attackTable, id) !== null).slice(0, 10);
}

function domainOfAsset(asset: ClassifyInput['asset']): 'it' | 'ot' | null {
	if (asset == null || typeof asset === 'string') return null;
	if (asset.domain === 'it' || asset.domain === 'ot') return asset.domain;
	const level = String(asset.level ?? asset.purdue ?? '');
	if (['0', '1', '2', '3'].includes(level)) return 'ot';
	return ['4', '5'].includes(level) ? 'it' : null;
}

function merged(first: readonly string[], then: readonly string[]): string[] {
	return [...new Set([...first, ...then])].slice(0, 20);
}

function withFirst(ids: readonly string[], least: number, then: readonly TechniqueScore[]): TechniqueScore[] {
	const score = (id: string): number => Math.max(least, then.find((t) => t.id === id)?.score ?? 0);
	return [...ids.map((id) => ({ id, score: score(id) })), ...then.filter((t) => !ids.includes(t.id))].slice(0, 10);
}
