// The trained numbers of the classifier and how a text is scored against them. Pure: bytes come in as an argument.
// The file holds hashes and weights, no word and no sentence of what it was trained on.
import { countWeight, featuresOf } from './features.ts';

/** One linear model: a bias per class and, for each feature, the classes it speaks for or against. */
export type Head = {
	readonly classes: readonly string[];
	readonly bias: Float32Array;
	/** Where feature i's cells begin; one longer than the features. */
	readonly starts: Uint32Array;
	readonly cellClass: Uint16Array;
	readonly cellWeight: Int8Array;
	/** What one unit of `cellWeight` is worth, for each class. */
	readonly scale: Float32Array;
};

export type HeadName = 'enterprise' | 'ics' | 'enterprise_tactic' | 'ics_tactic' | 'severity' | 'domain';
export const HEAD_NAMES: readonly HeadName[] = [
	'enterprise',
	'ics',
	'enterprise_tactic',
	'ics_tactic',
	'severity',
	'domain',
];

/** How a raw share is turned into the chance of being right: measured on text held out, ten steps of equal width. */
type Calibration = { readonly enterprise: readonly number[]; readonly ics: readonly number[] };

export type Together = Readonly<Record<string, Readonly<Record<string, number>>>>;

export type Weights = {
	readonly index: ReadonlyMap<number, number>;
	readonly idf: Float32Array;
	readonly heads: Readonly<Record<HeadName, Head>>;
	readonly calibration: Calibration;
	/** Tactic -> tactic -> how often a text of the first is one of the second, too. */
	readonly together: Together;
	/** OT where the domain head's chance of OT reaches this. */
	readonly otFrom: number;
};

/** A text as positions in the weights and values of Euclidean length 1; words the training never saw fall away. */
export type Vector = {
	readonly at: Uint32Array;
	readonly value: Float64Array;
	/** How many of them are the text's own words, pairs and parts. */
	readonly plain: number;
};

export function vectorOf(weights: Weights, title: string, text: string): Vector {
	const features = featuresOf(title, text);
	const at: number[] = [];
	const value: number[] = [];
	let square = 0;
	let left = features.plain;
	let plain = 0;
	for (const [hash, count] of features.counts) {
		const i = weights.index.get(hash);
		left--;
		if (i === undefined) continue;
		if (left >= 0) plain++;
		const v = countWeight(count) * (weights.idf[i] ?? 0);
		at.push(i);
		value.push(v);
		square += v * v;
	}
	const norm = square === 0 ? 1 : Math.sqrt(square);
	return { at: Uint32Array.from(at), value: Float64Array.from(value, (v) => v / norm), plain };
}

/** Scores of all classes of one head; the higher, the likelier. */
export function scoresOf(head: Head, vector: Vector): Float64Array {
	const sums = new Float64Array(head.classes.length);
	for (let k = 0; k < vector.at.length; k++) {
		const feature = vector.at[k] ?? 0;
		const value = vector.value[k] ?? 0;
		const end = head.starts[feature + 1] ?? 0;
		for (let c = head.starts[feature] ?? 0; c < end; c++) {
			const cls = head.cellClass[c] ?? 0;
			sums[cls] = (sums[cls] ?? 0) + value * (head.cellWeight[c] ?? 0);
		}
	}
	return sums.map((sum, cls) => sum * (head.scale[cls] ?? 0) + (head.bias[cls] ?? 0));
}

/** The highest score. */
export function topOf(scores: Float64Array): number {
	let top = Number.NEGATIVE_INFINITY;
	for (const score of scores) if (score > top) top = score;
	return top;
}

/** Scores as shares of one (softmax). */
export function sharesOf(scores: Float64Array): Float64Array {
	const top = topOf(scores);
	let sum = 0;
	const shares = scores.map((score) => {
		const e = Math.exp(score - top);
		sum += e;
		return e;
	});
	return shares.map((share) => share / sum);
}

/** Reads what `encodeWeights` wrote. Throws where the bytes are not ours: a broken installation, not an input. */
export function decodeWeights(given: Uint8Array): Weights {
	// A Buffer's `slice` shares its memory and its odd offset; a plain view's copies.
	const bytes = new Uint8Array(given.buffer, given.byteOffset, given.byteLength);
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	const headerLength = view.getUint32(0, true);
	// The header is written by encodeWeights in the same file version; a mismatch is caught by `format`.
	const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + headerLength))) as WeightsHeader;
	if (header.format !== WEIGHTS_FORMAT) throw new Error(`classifier weights: format ${header.format} is not readable`);
	let offset = 4 + headerLength;
	const take = (length: number): ArrayBuffer => {
		const part = bytes.slice(offset, offset + length);
		if (part.byteLength !== length) throw new Error('classifier weights: the file is cut short');
		offset += length;
		return part.buffer;
	};
	const hashes = new Uint32Array(take(header.features * 4));
	const idf = new Float32Array(take(header.features * 4));
	const index = new Map<number, number>();
	for (let i = 0; i < hashes.length; i++) index.set(hashes[i] ?? 0, i);
	const head = (name: HeadName): Head => {
		const { classes, cells } = header.heads[name];
		return {
			classes,
			bias: new Float32Array(take(classes.length * 4)),
			scale: new Float32Array(take(classes.length * 4)),
			starts: new Uint32Array(take((header.features + 1) * 4)),
			cellClass: new Uint16Array(take(cells * 2)),
			cellWeight: new Int8Array(take(cells)),
		};
	};
	const heads = Object.fromEntries(HEAD_NAMES.map((name) => [name, head(name)]));
	// Every HeadName has just been read, in order.
	return {
		index,
		idf,
		heads: heads as Weights['heads'],
		calibration: header.calibration,
		together: header.together,
		otFrom: header.otFrom,
	};
}

const WEIGHTS_FORMAT = 2;

type WeightsHeader = {
	format: number;
	features: number;
	heads: Record<HeadName, { classes: string[]; cells: number }>;
	calibration: Calibration;
	together: Together;
	otFrom: number;
};

/** The bytes of trained weights: a JSON header with sizes, then plain arrays, little endian. */
export function encodeWeights(weights: Weights): Uint8Array {
	const heads = Object.fromEntries(
		HEAD_NAMES.map((name) => [
			name,
			{ classes: weights.heads[name].classes, cells: weights.heads[name].cellClass.length },
		]),
	);
	const header = new TextEncoder().encode(
		JSON.stringify({
			format: WEIGHTS_FORMAT,
			features: weights.idf.length,
			heads,
			calibration: weights.calibration,
			together: weights.together,
			otFrom: weights.otFrom,
		}),
	);
	const length = new Uint8Array(4);
	new DataView(length.buffer).setUint32(0, header.length, true);
	const hashes = new Uint32Array(weights.idf.length);
	for (const [hash, i] of weights.index) hashes[i] = hash;
	const arrays: ArrayBufferView[] = [length, header, hashes, weights.idf];
	for (const name of HEAD_NAMES) {
		const head = weights.heads[name];
		arrays.push(head.bias, head.scale, head.starts, head.cellClass, head.cellWeight);
	}
	const parts = arrays.map((array) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
	const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
	let at = 0;
	for (const part of parts) {
		out.set(part, at);
		at += part.length;
	}
	return out;
}
