// The learners of the offline classifier: ridge regression (by conjugate gradients), naive Bayes on top of it, softmax regression for
// small heads; and their packing into cells. Plain numbers, no words.
import type { Head } from '../../src/triage/classifier/weights.ts';

export type Sparse = { at: Uint32Array; value: Float32Array };
export type Example = { x: Sparse; gold: number[]; weight: number };

/** What fills a head: one weight a feature and class (row by feature), one bias a class. */
type Dense = { weights: Float32Array; bias: Float32Array };

/**
 * One-against-rest ridge regression on 0/1 targets, all classes at once, in the dual: (XX' + lambda/weight) A = Y, W = X'A (Hoerl and
 * Kennard 1970; regularised least squares classification, Rifkin 2003). On these few thousand short texts it ranks better than softmax
 * regression, in a fraction of the settings.
 *
 * @param lambda   ridge
 * @param sharing  exponent by which an example with several labels divides its target among them
 * @param rounds   steps of conjugate gradients
 */
export function ridge(
	examples: readonly Example[],
	features: number,
	classes: number,
	{ lambda, sharing, rounds }: { lambda: number; sharing: number; rounds: number },
): Float32Array {
	const n = examples.length;
	const residual = new Float32Array(n * classes);
	examples.forEach(({ gold }, i) => {
		for (const cls of gold) residual[i * classes + cls] = 1 / Math.max(1, gold.length) ** sharing;
	});
	const answer = new Float32Array(n * classes);
	const direction = Float32Array.from(residual);
	const image = new Float32Array(n * classes);
	const carried = new Float32Array(features * classes);
	let square = squares(residual, classes);
	for (let round = 0; round < rounds; round++) {
		transposed(examples, direction, classes, carried);
		examples.forEach(({ x, weight }, i) => {
			const to = i * classes;
			const damping = lambda / weight;
			for (let c = 0; c < classes; c++) image[to + c] = damping * direction[to + c]!;
			for (let k = 0; k < x.at.length; k++) {
				const v = x.value[k]!;
				const from = x.at[k]! * classes;
				for (let c = 0; c < classes; c++) image[to + c]! += v * carried[from + c]!;
			}
		});
		const curve = products(direction, image, classes);
		const step = square.map((value, c) => (curve[c]! > 1e-12 ? value / curve[c]! : 0));
		for (let i = 0; i < n; i++) {
			for (let c = 0; c < classes; c++) {
				answer[i * classes + c]! += step[c]! * direction[i * classes + c]!;
				residual[i * classes + c]! -= step[c]! * image[i * classes + c]!;
			}
		}
		const next = squares(residual, classes);
		for (let i = 0; i < n; i++) {
			for (let c = 0; c < classes; c++) {
				const turn = square[c]! > 1e-12 ? next[c]! / square[c]! : 0;
				direction[i * classes + c] = residual[i * classes + c]! + turn * direction[i * classes + c]!;
			}
		}
		square = next;
	}
	transposed(examples, answer, classes, carried);
	return carried;
}

/** X'M: what the rows of a matrix by example are worth by feature. */
function transposed(examples: readonly Example[], rows: Float32Array, classes: number, out: Float32Array): void {
	out.fill(0);
	examples.forEach(({ x }, i) => {
		const from = i * classes;
		for (let k = 0; k < x.at.length; k++) {
			const v = x.value[k]!;
			const to = x.at[k]! * classes;
			for (let c = 0; c < classes; c++) out[to + c]! += v * rows[from + c]!;
		}
	});
}

function products(a: Float32Array, b: Float32Array, classes: number): Float64Array {
	const sums = new Float64Array(classes);
	for (let i = 0; i < a.length; i++) sums[i % classes]! += a[i]! * b[i]!;
	return sums;
}

function squares(a: Float32Array, classes: number): Float64Array {
	return products(a, a, classes);
}

/**
 * Adds naive Bayes (log odds of a feature inside a class against outside, additive smoothing) to weights, at a small share: it knows of
 * features that the ridge has not made up its mind about. The part that no feature of the class carries is the class's bias, at the mean
 * length of a text.
 */
export function addBayes(
	into: Dense,
	examples: readonly Example[],
	features: number,
	{ share, smoothing }: { share: number; smoothing: number },
): void {
	const classes = into.bias.length;
	const inside = new Float32Array(features * classes);
	const total = new Float64Array(features);
	const mass = new Float64Array(classes);
	let all = 0;
	let length = 0;
	for (const { x, gold, weight } of examples) {
		for (let k = 0; k < x.at.length; k++) {
			const v = x.value[k]! * weight;
			length += x.value[k]!;
			for (const cls of gold) {
				inside[x.at[k]! * classes + cls]! += v;
				total[x.at[k]!]! += v;
				mass[cls]! += v;
				all += v;
			}
		}
	}
	const mean = length / examples.length;
	for (let c = 0; c < classes; c++) {
		const outside = all - mass[c]!;
		into.bias[c]! +=
			share *
			mean *
			(Math.log(smoothing / (mass[c]! + smoothing * features)) - Math.log(1 / (outside + smoothing * features)));
	}
	for (let f = 0; f < features; f++) {
		for (let c = 0; c < classes; c++) {
			const seen = inside[f * classes + c]!;
			if (seen === 0) continue;
			into.weights[f * classes + c]! +=
				share *
				(Math.log((seen + smoothing) / smoothing) - Math.log((total[f]! - seen + smoothing) / (total[f]! + smoothing)));
		}
	}
}

/** Softmax regression by stochastic gradient, for heads of a few classes. Several gold labels share the target. */
export function softmax(
	examples: readonly Example[],
	features: number,
	classes: number,
	settings: { epochs: number; rate: number },
): Dense {
	const weights = new Float32Array(features * classes);
	const bias = new Float32Array(classes);
	const order = Uint32Array.from(examples, (_, i) => i);
	const random = mulberry(7);
	const steps = settings.epochs * examples.length;
	let step = 0;
	const logits = new Float32Array(classes);
	for (let epoch = 0; epoch < settings.epochs; epoch++) {
		for (let i = order.length - 1; i > 0; i--) {
			const j = Math.floor(random() * (i + 1));
			[order[i], order[j]] = [order[j]!, order[i]!];
		}
		for (const pick of order) {
			const { x, gold, weight } = examples[pick]!;
			const rate = settings.rate * weight * (1 - step++ / steps) + 0.01;
			logits.set(bias);
			for (let k = 0; k < x.at.length; k++) {
				const v = x.value[k]!;
				const row = x.at[k]! * classes;
				for (let c = 0; c < classes; c++) logits[c]! += v * weights[row + c]!;
			}
			const top = Math.max(...logits);
			let sum = 0;
			for (let c = 0; c < classes; c++) sum += logits[c] = Math.exp(logits[c]! - top);
			for (let c = 0; c < classes; c++) logits[c] = -rate * (logits[c]! / sum);
			for (const cls of gold) logits[cls]! += rate / gold.length;
			for (let c = 0; c < classes; c++) bias[c]! += logits[c]! * 0.05;
			for (let k = 0; k < x.at.length; k++) {
				const v = x.value[k]!;
				const row = x.at[k]! * classes;
				for (let c = 0; c < classes; c++) weights[row + c]! += v * logits[c]!;
			}
		}
	}
	return { weights, bias };
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

/** Keeps the cells that matter, each as one signed byte times its class's scale. Smaller than `least` is left out. */
export function pack(classes: string[], features: number, { weights, bias }: Dense, least: number): Head {
	const n = classes.length;
	const scale = new Float32Array(n);
	for (let f = 0; f < features; f++)
		for (let c = 0; c < n; c++) scale[c] = Math.max(scale[c]!, Math.abs(weights[f * n + c]!) / 127);
	const starts = new Uint32Array(features + 1);
	const cellClass: number[] = [];
	const cellWeight: number[] = [];
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
