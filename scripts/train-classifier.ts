// Trains the offline classifier on ../shared/eval and our own phrases (scripts/training/) and writes src/triage/data/classifier.bin.gz with
// its manifest. Only numbers leave: hashes of words and weights.
// usage: node scripts/train-classifier.ts [--eval FOLDER] [--folds N] [--only FOLD] [--without SOURCE] [--no-write]
import { createHash } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { attackTable } from '../src/triage/attack-table.ts';
import { classifyText } from '../src/triage/classifier/classify.ts';
import { countWeight, featuresOf } from '../src/triage/classifier/features.ts';
import {
	encodeWeights,
	type Head,
	type HeadName,
	type Together,
	type Weights,
} from '../src/triage/classifier/weights.ts';
import { addBayes, type Example, pack, ridge, type Sparse, softmax } from './training/fit.ts';
import {
	type Doc,
	type Lesson,
	readCrosswalk,
	readDescriptions,
	readDocs,
	readPhrases,
	SOURCES,
} from './training/read.ts';

const { values: options } = parseArgs({
	options: {
		eval: { type: 'string', default: new URL('../../shared/eval', import.meta.url).pathname },
		folds: { type: 'string', default: '4' },
		only: { type: 'string' },
		/** Leaves a source out of training and scores it: how a source that was never seen fares. */
		without: { type: 'string' },
		'no-write': { type: 'boolean', default: false },
	},
});
const SEVERITY_NAMES = ['informational', 'low', 'medium', 'high', 'critical'];
/** A feature must stand in so many texts; fewer say nothing that generalises. */
const TEXTS_PER_FEATURE = 2;
/** Rare words count more, but less so than plain tf-idf has it (by cross-validation). */
const RARITY_EXPONENT = 0.7;
/** Ridge scores live between 0 and 1; times this, their softmax is a share that means something. */
const SHARPNESS = 15;
/** What malware and groups do is told otherwise than what a detection says of it, and there are more such sentences (by cross-validation). */
const USES_WEIGHT = 0.5;
/** Of tactics, which are few and of which a text often has several. */
const TACTIC_SHARPNESS = 6;
/** Of a tactic this many texts more are imagined that have no other, so that a rare one explains nothing. */
const ALONE = 2;
/** Our own phrases of ICS techniques are many and short: for the domain each weighs this (by cross-validation). */
const ICS_PHRASE_SAYS_OT = 0.2;
/** Cells below this (after the sharpness) change no rank; without them the file is a tenth. */
const LEAST = 0.2;

const docs = readDocs(options.eval);
const descriptions = readDescriptions(options.eval);
const toIcs = readCrosswalk();
const tacticsOf = (matrix: 'enterprise' | 'ics') => {
	const table = new Map(
		descriptions.filter((d) => d.matrix === matrix && d.kind === 'technique').map((d) => [d.id, d.tactics ?? []]),
	);
	return (technique: string): string[] => table.get(technique) ?? [];
};
const icsTactics = tacticsOf('ics');
const phrases = { enterprise: readPhrases('enterprise', tacticsOf('enterprise')), ics: readPhrases('ics', icsTactics) };
const foldOf = (id: string, folds: number): number => createHash('sha256').update(id).digest().readUInt32BE(0) % folds;

/** All that one matrix is taught by: labelled records (also as bare titles, which is all that some sources send), descriptions, phrases. */
function lessonsOf(matrix: 'enterprise' | 'ics', given: readonly Doc[]): Lesson[] {
	const known = descriptions.filter((d) => d.matrix === matrix && d.kind === 'technique');
	return [
		...given.filter((d) => d.matrix === matrix).flatMap(weighed),
		...known.flatMap((d) => [
			lesson(d.name, `${d.name} ${d.description}`, [d.id], d.tactics ?? [], 1),
			lesson('', d.name, [d.id], d.tactics ?? [], 1),
		]),
		...phrases[matrix],
		...(matrix === 'ics' ? borrowed(given) : []),
	];
}

function formOf(d: Doc): Lesson {
	return { ...lesson(d.title, d.text, d.techniques, d.tactics, 1), givesWords: d.source !== 'elastic' };
}

/** The whole record, and its title alone, which is all that some sources send. */
function formsOf(d: Doc): Lesson[] {
	const whole = formOf(d);
	return d.title !== '' && d.text !== '' ? [whole, { ...whole, text: '', weight: 0.7 }] : [whole];
}

function weighed(d: Doc): Lesson[] {
	const share = d.source === 'attack-enterprise-uses' ? USES_WEIGHT : 1;
	return formsOf(d).map((form) => ({ ...form, weight: form.weight * share }));
}

/** Enterprise sentences about what an ICS technique does too: labelled text of plants is scarce. */
function borrowed(given: readonly Doc[]): Lesson[] {
	const as = (title: string, text: string, techniques: string[], weight: number): Lesson[] => {
		const ics = toIcs(techniques);
		return ics.length === 0 ? [] : [lesson(title, text, ics, [...new Set(ics.flatMap(icsTactics))], weight)];
	};
	return [
		...given
			.filter((d) => d.source === 'attack-enterprise-uses' || d.source === 'attack-enterprise-analytics')
			.flatMap((d) => as(d.title, d.text, d.techniques, 0.3)),
		...descriptions
			.filter((d) => d.matrix === 'enterprise' && d.kind === 'technique')
			.flatMap((d) => as(d.name, d.description, [d.id], 0.2)),
	];
}

function lesson(title: string, text: string, techniques: string[], tactics: string[], weight: number): Lesson {
	return { title, text, techniques, tactics, weight, givesWords: true };
}

/** All weights from these documents; the same documents give the same bytes. */
function train(given: Doc[]): Weights {
	const lessons = { enterprise: lessonsOf('enterprise', given), ics: lessonsOf('ics', given) };
	const advisories = given.filter((d) => d.matrix === 'none').flatMap(formsOf);
	const words = vocabulary([...lessons.enterprise, ...lessons.ics, ...advisories]);
	const features = words.idf.length;
	const examples = (from: readonly Lesson[], classes: string[], pick: (l: Lesson) => string[]): Example[] => {
		const at = new Map(classes.map((name, i) => [name, i]));
		return from.flatMap((l) => {
			const gold = pick(l).flatMap((name) => at.get(name) ?? []);
			return gold.length === 0 ? [] : [{ x: words.sparse(l.title, l.text), gold, weight: l.weight }];
		});
	};
	const ranked = (
		from: readonly Lesson[],
		classes: string[],
		pick: (l: Lesson) => string[],
		settings: { lambda: number; bayes: number; sharpness: number },
	): Head => {
		const taught = examples(from, classes, pick);
		const dense = {
			weights: ridge(taught, features, classes.length, { lambda: settings.lambda, sharing: 0.3, rounds: 25 }),
			bias: new Float32Array(classes.length),
		};
		addBayes(dense, taught, features, { share: settings.bayes, smoothing: 0.05 });
		for (let i = 0; i < dense.weights.length; i++) dense.weights[i]! *= settings.sharpness;
		for (let c = 0; c < classes.length; c++) dense.bias[c]! *= settings.sharpness;
		return pack(classes, features, dense, LEAST);
	};
	const few = (
		classes: string[],
		from: readonly { lesson: Lesson; gold: string[] }[],
		settings: { epochs: number; rate: number; sorts: boolean },
	): Head => {
		const taught = from.map(({ lesson: l, gold }) => ({
			x: words.sparse(l.title, l.text, settings.sorts),
			gold: gold.map((name) => classes.indexOf(name)),
			weight: l.weight,
		}));
		return pack(classes, features, softmax(taught, features, classes.length, settings), 0.03);
	};
	const techniques = (l: Lesson): string[] => l.techniques;
	const tactics = (l: Lesson): string[] => l.tactics;
	const { enterprise, ics } = attackTable;
	const heads: Record<HeadName, Head> = {
		enterprise: ranked(lessons.enterprise, Object.keys(enterprise.techniques), techniques, {
			lambda: 0.5,
			bayes: 0.01,
			sharpness: SHARPNESS,
		}),
		enterprise_tactic: ranked(lessons.enterprise, Object.keys(enterprise.tactics), tactics, {
			lambda: 0.5,
			bayes: 0.02,
			sharpness: TACTIC_SHARPNESS,
		}),
		ics: ranked(lessons.ics, Object.keys(ics.techniques), techniques, {
			lambda: 0.8,
			bayes: 0.005,
			sharpness: SHARPNESS,
		}),
		ics_tactic: ranked(lessons.ics, Object.keys(ics.tactics), tactics, {
			lambda: 0.8,
			bayes: 0.01,
			sharpness: TACTIC_SHARPNESS,
		}),
		severity: few(
			SEVERITY_NAMES,
			given
				.filter((d) => d.severity !== undefined && d.severity_basis === undefined)
				// Once each: a bare title beside the whole text only teaches the title's words twice.
				.map((d) => ({ lesson: formOf(d), gold: [d.severity ?? ''] })),
			{ epochs: 10, rate: 0.5, sorts: false },
		),
		domain: few(
			['it', 'ot'],
			[
				...given.flatMap((d) => formsOf(d).map((l) => ({ lesson: l, gold: [d.domain as string] }))),
				...descriptions.map((d) => ({
					lesson: lesson(d.name, d.description, [], [], 1),
					gold: [d.matrix === 'ics' ? 'ot' : 'it'],
				})),
				...phrases.ics.map((l) => ({ lesson: { ...l, weight: ICS_PHRASE_SAYS_OT }, gold: ['ot'] })),
				...phrases.enterprise.map((l) => ({ lesson: { ...l, weight: 0.5 }, gold: ['it'] })),
			],
			{ epochs: 8, rate: 3, sorts: true },
		),
	};
	lift(heads.severity, { informational: 4, high: 0.95, critical: 3 });
	const even = Array.from({ length: 10 }, (_, i) => (i + 0.5) / 10);
	return {
		index: words.index,
		idf: words.idf,
		heads,
		calibration: { enterprise: even, ics: even },
		together: togetherOf(given),
		otFrom: 0.26,
	};
}

/** How often a record of one tactic has another, in the records whose authors state several. */
function togetherOf(given: readonly Doc[]): Together {
	const counts = new Map<string, Map<string, number>>();
	const alone = new Map<string, number>();
	for (const d of given.filter((r) => !r.source.startsWith('attack-'))) {
		for (const a of d.tactics) {
			alone.set(a, (alone.get(a) ?? 0) + 1);
			const row = counts.get(a) ?? new Map<string, number>();
			for (const b of d.tactics) if (a !== b) row.set(b, (row.get(b) ?? 0) + 1);
			counts.set(a, row);
		}
	}
	const shares = (a: string, row: Map<string, number>): [string, number][] =>
		[...row].map(([b, n]) => [b, Math.round((1000 * n) / ((alone.get(a) ?? 0) + ALONE)) / 1000]);
	return Object.fromEntries([...counts].map(([a, row]) => [a, Object.fromEntries(shares(a, row))]));
}

/** The features that stand in enough texts, at least one of them from where words may be taken, with their rarity. */
function vocabulary(lessons: readonly Lesson[]): {
	index: Map<number, number>;
	idf: Float32Array;
	sparse: (title: string, text: string, sorts?: boolean) => Sparse;
} {
	const frequency = new Map<number, { all: number; ours: number }>();
	for (const l of lessons) {
		for (const hash of featuresOf(l.title, l.text).counts.keys()) {
			const seen = frequency.get(hash) ?? { all: 0, ours: 0 };
			frequency.set(hash, { all: seen.all + 1, ours: seen.ours + (l.givesWords ? 1 : 0) });
		}
	}
	const kept = [...frequency].filter(([, n]) => n.all >= TEXTS_PER_FEATURE && n.ours > 0).sort(([a], [b]) => a - b);
	const index = new Map(kept.map(([hash], i) => [hash, i]));
	const idf = Float32Array.from(kept, ([, n]) => Math.log((lessons.length + 1) / (n.all + 1)) ** RARITY_EXPONENT);
	// Without sorts the values stay as they are in the program, where every head sees the whole text.
	const sparse = (title: string, text: string, sorts = true): Sparse => {
		const { counts, plain } = featuresOf(title, text);
		let left = plain;
		const at: number[] = [];
		const value: number[] = [];
		let square = 0;
		for (const [hash, count] of counts) {
			const i = index.get(hash);
			left--;
			if (i === undefined) continue;
			const v = countWeight(count) * (idf[i] ?? 0);
			square += v * v;
			if (!sorts && left < 0) continue;
			at.push(i);
			value.push(v);
		}
		const norm = Math.sqrt(square) || 1;
		return { at: Uint32Array.from(at), value: Float32Array.from(value, (v) => v / norm) };
	};
	return { index, idf, sparse };
}

/** Moves a class's share by a factor, for classes that the examples show too rarely (factors chosen by cross-validation). */
function lift(head: Head, factors: Record<string, number>): void {
	for (const [name, factor] of Object.entries(factors)) head.bias[head.classes.indexOf(name)]! += Math.log(factor);
}

type Score = { n: number; [figure: string]: number };

/** The scorer's figures (score_classification.py) for these records, by the same rules. */
function score(weights: Weights, records: Doc[]): Record<string, Score> {
	const answers = new Map(records.map((r) => [r.id, classifyText(weights, { title: r.title, text: r.text })]));
	const rank = (set: Doc[], field: 'tactics' | 'techniques', ks: number[]): Score => {
		const scored = set.filter((r) => r[field].length > 0);
		const out: Score = { n: scored.length };
		for (const k of ks) {
			const hits = scored.filter((r) => {
				const a = answers.get(r.id)!;
				const got = field === 'tactics' ? a.tactics : a.techniques.map((t) => t.id);
				return got.slice(0, k).some((id) => r[field].includes(id));
			}).length;
			out[`top${k}`] = Math.round((1000 * hits) / Math.max(1, scored.length)) / 10;
		}
		return out;
	};
	const rules = records.filter((r) => ['sigma', 'splunk', 'elastic'].includes(r.source));
	const ics = records.filter((r) => r.matrix === 'ics');
	const severe = records.filter((r) => r.severity !== undefined && r.severity_basis === undefined);
	const level = (name: string): number => SEVERITY_NAMES.indexOf(name);
	const off = severe.map((r) => Math.abs(level(r.severity!) - level(answers.get(r.id)!.severity)));
	const f1 = SEVERITY_NAMES.map((name) => {
		const tp = severe.filter((r) => r.severity === name && answers.get(r.id)!.severity === name).length;
		const all =
			severe.filter((r) => r.severity === name).length +
			severe.filter((r) => answers.get(r.id)!.severity === name).length;
		return { seen: severe.some((r) => r.severity === name), f: all === 0 ? 0 : (2 * tp) / all };
	}).filter((x) => x.seen);
	const sided = records.filter((r) => r.matrix !== 'none');
	const tp = sided.filter((r) => r.domain === 'ot' && answers.get(r.id)!.domain === 'ot').length;
	const wrong = sided.filter((r) => r.domain !== answers.get(r.id)!.domain).length;
	return {
		rules_tactic: rank(rules, 'tactics', [1, 3]),
		rules_technique: rank(rules, 'techniques', [1, 5]),
		ics_tactic: rank(ics, 'tactics', [1, 3]),
		ics_technique: rank(ics, 'techniques', [1, 5]),
		severity: {
			n: severe.length,
			accuracy: off.filter((x) => x === 0).length / severe.length,
			mae: off.reduce((a, b) => a + b, 0) / severe.length,
			macro_f1: f1.reduce((a, b) => a + b.f, 0) / f1.length,
		},
		domain: { n: sided.length, f1_ot: (2 * tp) / (2 * tp + wrong) },
	};
}

/** For ten bands of raw confidence: how often the first technique was right on text held out. */
function calibrate(seen: { raw: number; right: boolean }[]): number[] {
	const bands = Array.from({ length: 10 }, (_, i) => {
		const inside = seen.filter((s) => Math.min(9, Math.floor(s.raw * 10)) === i);
		// Two imagined cases at the band's middle keep an empty band from claiming certainty.
		return (inside.filter((s) => s.right).length + 2 * ((i + 0.5) / 10)) / (inside.length + 2);
	});
	for (let i = 1; i < bands.length; i++) bands[i] = Math.max(bands[i]!, bands[i - 1]!);
	return bands.map((b) => Math.round(b * 1000) / 1000);
}

if (options.without !== undefined) {
	const weights = train(docs.filter((d) => d.source !== options.without));
	console.log(
		`without ${options.without}`,
		JSON.stringify(
			score(
				weights,
				docs.filter((d) => d.source === options.without),
			),
		),
	);
	process.exit();
}
const folds = Number(options.folds);
const sides = { enterprise: [] as { raw: number; right: boolean }[], ics: [] as { raw: number; right: boolean }[] };
const figures: Record<string, Score>[] = [];
for (let fold = 0; fold < folds; fold++) {
	if (options.only !== undefined && Number(options.only) !== fold) continue;
	const began = performance.now();
	const held = docs.filter((d) => foldOf(d.id, folds) === fold);
	const weights = train(docs.filter((d) => foldOf(d.id, folds) !== fold));
	const scored = score(weights, held);
	figures.push(scored);
	for (const d of held) {
		if (d.techniques.length === 0) continue;
		const a = classifyText(weights, { title: d.title, text: d.text });
		if (a.matrix !== d.matrix) continue;
		sides[a.matrix].push({ raw: a.rawConfidence, right: d.techniques.includes(a.techniques[0]?.id ?? '') });
	}
	console.log(`fold ${fold}`, JSON.stringify(scored), `${Math.round(performance.now() - began)} ms`);
}
if (!options['no-write']) {
	const weights = {
		...train(docs),
		calibration: { enterprise: calibrate(sides.enterprise), ics: calibrate(sides.ics) },
	};
	const bytes = gzipSync(encodeWeights(weights), { level: 9 });
	const target = new URL('../src/triage/data/classifier.bin.gz', import.meta.url);
	writeFileSync(target, bytes);
	const manifest = {
		file: 'classifier.bin.gz',
		sha256: createHash('sha256').update(bytes).digest('hex'),
		bytes: bytes.length,
		features: weights.idf.length,
		holds: 'hashes of words and trained numbers; no word and no sentence of the sources',
		attribution: attackTable.attribution,
		attack_version: attackTable.version,
		trained_on: Object.entries(SOURCES).map(([source, licence]) => ({
			source,
			licence,
			records: docs.filter((d) => d.source === source).length,
		})),
		trained_also_on: [
			'scripts/training/*.yaml, detections.txt and trade.txt: our own words',
			'names, tactics and descriptions of ATT&CK',
		],
		cross_validation: { folds, by: 'SHA-256 of the record id', figures },
		calibration: weights.calibration,
	};
	writeFileSync(
		new URL('../src/triage/data/classifier.manifest.json', import.meta.url),
		`${JSON.stringify(manifest, null, '\t')}\n`,
	);
	console.log(`${target.pathname}: ${bytes.length} bytes, ${existsSync(target) ? 'written' : 'missing'}`);
}
