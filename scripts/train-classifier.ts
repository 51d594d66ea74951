// Trains the offline classifier on ../shared/eval and writes src/triage/data/classifier.bin.gz with its manifest.
// Only numbers leave: hashes of words and weights. Elastic's titles are never read for training (licence), only scored.
// usage: node scripts/train-classifier.ts [--eval FOLDER] [--folds N] [--no-write]
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { attackTable } from '../src/triage/attack-table.ts';
import { classifyText } from '../src/triage/classifier/classify.ts';
import { countWeight, featuresOf } from '../src/triage/classifier/features.ts';
import { encodeWeights, type Head, type HeadName, type Weights } from '../src/triage/classifier/weights.ts';

type Doc = {
	id: string;
	source: string;
	title: string;
	text: string;
	domain: 'it' | 'ot';
	matrix: string;
	tactics: string[];
	techniques: string[];
	severity?: string;
	severity_basis?: string;
};
type Description = { id: string; matrix: string; kind: string; name: string; tactics?: string[]; description: string };
type Sparse = { at: Uint32Array; value: Float32Array };
type Example = { x: Sparse; gold: number[]; weight: number };

const { values: options } = parseArgs({
	options: {
		eval: { type: 'string', default: new URL('../../shared/eval', import.meta.url).pathname },
		folds: { type: 'string', default: '4' },
		only: { type: 'string' },
		'no-write': { type: 'boolean', default: false },
	},
});
/** What is trained on; each may be shipped as numbers (SOURCES.md beside the data). */
const SOURCES: Record<string, string> = {
	sigma: 'SigmaHQ/sigma, Detection Rule License 1.1',
	splunk: 'Splunk Security Content, Copyright Splunk Inc., Apache License 2.0',
	'attack-enterprise-uses': 'MITRE ATT&CK, terms of use',
	'attack-enterprise-analytics': 'MITRE ATT&CK, terms of use',
	'attack-ics-uses': 'MITRE ATT&CK, terms of use',
	'attack-ics-detects': 'MITRE ATT&CK, terms of use',
	'azure-sentinel-ot': 'Copyright (c) Microsoft Corporation, MIT License',
	'cisa-csaf-ot': 'CISA ICS advisories, provided as is, no endorsement',
};
const TACTICS_ENTERPRISE = Object.keys(attackTable.enterprise.tactics);
const TACTICS_ICS = Object.keys(attackTable.ics.tactics);
const SEVERITY_NAMES = ['informational', 'low', 'medium', 'high', 'critical'];

const readLines = <T>(path: string): T[] =>
	readFileSync(path, 'utf8')
		.split('\n')
		.filter((line) => line.trim() !== '')
		.map((line) => JSON.parse(line) as T);
const docs = Object.keys(SOURCES).flatMap((source) =>
	readLines<Doc>(`${options.eval}/classification-dev-${source}.jsonl`),
);
const descriptions = readLines<Description>(`${options.eval}/attack-descriptions.jsonl`);
const foldOf = (id: string, folds: number): number => createHash('sha256').update(id).digest().readUInt32BE(0) % folds;

/** All weights from these documents; the same documents give the same bytes. */
function train(given: Doc[]): Weights {
	const texts = [
		...given.map((d) => [d.title, d.text] as const),
		...descriptions.map((d) => [d.name, d.description] as const),
	];
	const counted = texts.map(([title, text]) => featuresOf(title, text));
	const frequency = new Map<number, number>();
	for (const counts of counted) for (const hash of counts.keys()) frequency.set(hash, (frequency.get(hash) ?? 0) + 1);
	const kept = [...frequency].filter(([, n]) => n >= 3).sort(([a], [b]) => a - b);
	const index = new Map(kept.map(([hash], i) => [hash, i]));
	const idf = Float32Array.from(kept, ([, n]) => Math.log((texts.length + 1) / (n + 1)));
	const sparse = (title: string, text: string): Sparse => {
		const at: number[] = [];
		const value: number[] = [];
		let square = 0;
		for (const [hash, count] of featuresOf(title, text)) {
			const i = index.get(hash);
			if (i === undefined) continue;
			const v = countWeight(count) * (idf[i] ?? 0);
			at.push(i);
			value.push(v);
			square += v * v;
		}
		const norm = Math.sqrt(square) || 1;
		return { at: Uint32Array.from(at), value: Float32Array.from(value, (v) => v / norm) };
	};
	// Rules also come as a bare title (that is all some sources send): train on that form too.
	const forms = (d: Doc): Sparse[] =>
		d.title !== '' && d.text !== '' ? [sparse(d.title, d.text), sparse(d.title, '')] : [sparse(d.title, d.text)];
	const shaped = given.map((d) => ({ d, forms: forms(d) }));
	const known = (matrix: string) => descriptions.filter((d) => d.matrix === matrix && d.kind === 'technique');
	const head = (
		classes: string[],
		priors: { x: Sparse; gold: string[] }[],
		pick: (d: Doc) => string[],
		settings: { prior: number; priorWeight: number; epochs: number; rate: number },
	): Head => {
		const at = new Map(classes.map((name, i) => [name, i]));
		const indexes = (names: string[]): number[] => names.flatMap((name) => at.get(name) ?? []);
		const examples: Example[] = shaped.flatMap(({ d, forms: all }) => {
			const gold = indexes(pick(d));
			return gold.length === 0 ? [] : all.map((x) => ({ x, gold, weight: 1 / all.length ** 0.5 }));
		});
		const start = priors.map(({ x, gold }) => ({ x, gold: indexes(gold), weight: settings.priorWeight }));
		return fit(classes, kept.length, start, examples, settings);
	};
	const priorsOf = (matrix: string) =>
		known(matrix).map((d) => ({ x: sparse(d.name, `${d.name} ${d.description}`), gold: [d.id] }));
	const tacticPriors = (matrix: string) =>
		descriptions
			.filter((d) => d.matrix === matrix && d.kind === 'technique')
			.map((d) => ({ x: sparse(d.name, d.description), gold: d.tactics ?? [] }));
	const domainPriors = descriptions.map((d) => ({
		x: sparse(d.name, d.description),
		gold: [d.matrix === 'ics' ? 'ot' : 'it'],
	}));
	const enterprise = (d: Doc) => d.matrix === 'enterprise';
	const heads: Record<HeadName, Head> = {
		enterprise: head(
			Object.keys(attackTable.enterprise.techniques),
			priorsOf('enterprise'),
			(d) => (enterprise(d) ? d.techniques : []),
			{ prior: 25, priorWeight: 1, epochs: 15, rate: 3 },
		),
		enterprise_tactic: head(TACTICS_ENTERPRISE, tacticPriors('enterprise'), (d) => (enterprise(d) ? d.tactics : []), {
			prior: 0,
			priorWeight: 0.5,
			epochs: 10,
			rate: 2,
		}),
		ics: head(
			Object.keys(attackTable.ics.techniques),
			priorsOf('ics'),
			(d) => (d.matrix === 'ics' ? d.techniques : []),
			{ prior: 40, priorWeight: 1, epochs: 12, rate: 2 },
		),
		ics_tactic: head(TACTICS_ICS, tacticPriors('ics'), (d) => (d.matrix === 'ics' ? d.tactics : []), {
			prior: 10,
			priorWeight: 0.5,
			epochs: 12,
			rate: 1,
		}),
		severity: head(
			SEVERITY_NAMES,
			[],
			(d) => (d.severity !== undefined && d.severity_basis === undefined ? [d.severity] : []),
			{ prior: 0, priorWeight: 0, epochs: 8, rate: 0.4 },
		),
		domain: head(['it', 'ot'], domainPriors, (d) => [d.domain], {
			prior: 0,
			priorWeight: 1,
			epochs: 8,
			rate: 3,
		}),
	};
	lift(heads.severity, { high: 0.9, critical: 2 });
	const even = Array.from({ length: 10 }, (_, i) => (i + 0.5) / 10);
	return { index, idf, heads, calibration: { enterprise: even, ics: even }, otFrom: 0.27 };
}

/** Moves a class's share by a factor, for classes that the examples show too rarely (factors chosen by cross-validation). */
function lift(head: Head, factors: Record<string, number>): void {
	for (const [name, factor] of Object.entries(factors)) head.bias[head.classes.indexOf(name)]! += Math.log(factor);
}

/**
 * Softmax regression by stochastic gradient. Several gold labels share the target. Each class starts from the words of
 * its own description (`prior` times the vector), so a class that no example shows can still be found by its words.
 */
function fit(
	classes: string[],
	features: number,
	priors: Example[],
	examples: Example[],
	settings: { prior: number; epochs: number; rate: number },
): Head {
	const n = classes.length;
	const weights = new Float32Array(features * n);
	const bias = new Float32Array(n);
	for (const { x, gold } of settings.prior > 0 ? priors : []) {
		for (const cls of gold) {
			x.at.forEach((f, k) => {
				weights[f * n + cls]! += settings.prior * x.value[k]!;
			});
		}
	}
	const all = [...examples, ...priors.filter((p) => p.weight > 0)];
	const order = Uint32Array.from(all, (_, i) => i);
	const random = mulberry(7);
	const steps = settings.epochs * all.length;
	let step = 0;
	const logits = new Float32Array(n);
	for (let epoch = 0; epoch < settings.epochs; epoch++) {
		for (let i = order.length - 1; i > 0; i--) {
			const j = Math.floor(random() * (i + 1));
			[order[i], order[j]] = [order[j]!, order[i]!];
		}
		for (const pick of order) {
			const { x, gold, weight } = all[pick]!;
			const rate = settings.rate * weight * (1 - step++ / steps) + 0.01;
			logits.set(bias);
			for (let k = 0; k < x.at.length; k++) {
				const v = x.value[k]!;
				const row = x.at[k]! * n;
				for (let c = 0; c < n; c++) logits[c]! += v * weights[row + c]!;
			}
			let top = Number.NEGATIVE_INFINITY;
			for (let c = 0; c < n; c++) if (logits[c]! > top) top = logits[c]!;
			let sum = 0;
			for (let c = 0; c < n; c++) sum += logits[c] = Math.exp(logits[c]! - top);
			for (let c = 0; c < n; c++) logits[c] = -rate * (logits[c]! / sum);
			for (const cls of gold) logits[cls]! += rate / gold.length;
			for (let c = 0; c < n; c++) bias[c]! += logits[c]! * 0.05;
			for (let k = 0; k < x.at.length; k++) {
				const v = x.value[k]!;
				const row = x.at[k]! * n;
				for (let c = 0; c < n; c++) weights[row + c]! += v * logits[c]!;
			}
		}
	}
	return pack(classes, features, weights, bias);
}

/** Keeps the cells that matter, each as one signed byte times its class's scale. */
function pack(classes: string[], features: number, weights: Float32Array, bias: Float32Array): Head {
	const n = classes.length;
	const scale = new Float32Array(n);
	for (let f = 0; f < features; f++)
		for (let c = 0; c < n; c++) scale[c] = Math.max(scale[c]!, Math.abs(weights[f * n + c]!) / 127);
	const starts = new Uint32Array(features + 1);
	const cellClass: number[] = [];
	const cellWeight: number[] = [];
	const least = n > 100 ? 0.12 : 0.03;
	for (let f = 0; f < features; f++) {
		for (let c = 0; c < n; c++) {
			const w = weights[f * n + c]!;
			const byte = scale[c]! === 0 ? 0 : Math.round(w / scale[c]!);
			if (byte === 0 || Math.abs(w) < least) continue;
			cellClass.push(c);
			cellWeight.push(byte);
		}
		starts[f + 1] = cellClass.length;
	}
	return {
		classes,
		bias,
		scale,
		starts,
		cellClass: Uint16Array.from(cellClass),
		cellWeight: Int8Array.from(cellWeight),
	};
}

function mulberry(seed: number): () => number {
	let a = seed;
	return () => {
		a = (a + 0x6d2b79f5) | 0;
		let t = Math.imul(a ^ (a >>> 15), 1 | a);
		t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
		return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
	};
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
	const elastic = readLines<Doc>(`${options.eval}/classification-dev-elastic.jsonl`);
	console.log(
		`fold ${fold}`,
		JSON.stringify(scored),
		'elastic',
		JSON.stringify(score(weights, elastic)),
		`${Math.round(performance.now() - began)} ms`,
	);
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
		cross_validation: { folds, by: 'SHA-256 of the record id', figures },
		calibration: weights.calibration,
	};
	writeFileSync(
		new URL('../src/triage/data/classifier.manifest.json', import.meta.url),
		`${JSON.stringify(manifest, null, '\t')}\n`,
	);
	console.log(`${target.pathname}: ${bytes.length} bytes, ${existsSync(target) ? 'written' : 'missing'}`);
}
