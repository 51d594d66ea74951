// The Merkle tree of RFC 6962 (SHA-256) over the ledger's entries: roots, the frontier that grows with each entry, and proofs.
// Pure arithmetic on hashes; sizes are safe integers, and no bit operator is used, because JavaScript's have 32 bits.
import { createHash } from 'node:crypto';

/** Bytes of every hash in the tree. */
export const HASH_BYTES = 32;

/** The root of an empty tree: SHA-256 of nothing (RFC 6962, 2.1). */
export const EMPTY_ROOT: Buffer = createHash('sha256').digest();

const NODE_PREFIX = new Uint8Array([1]);

/** SHA-256(0x01 || left || right) (RFC 6962, 2.1). */
export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
	return createHash('sha256').update(NODE_PREFIX).update(left).update(right).digest();
}

/**
 * The right edge of a tree: the roots of its complete subtrees, from the largest (left) to the smallest. It is all that is
 * needed to add leaves and to know the root.
 */
export type Frontier = { readonly size: number; readonly peaks: readonly Buffer[] };

export const EMPTY_FRONTIER: Frontier = { size: 0, peaks: [] };

/** The frontier after one more leaf. */
export function appendLeaf(frontier: Frontier, leaf: Buffer): Frontier {
	const peaks = [...frontier.peaks];
	let hash = leaf;
	// As many subtrees close as the old size has trailing one bits.
	for (let rest = frontier.size; rest % 2 === 1; rest = (rest - 1) / 2) {
		const left = peaks.pop();
		if (left === undefined) throw new Error(`a frontier of size ${frontier.size} lacks a peak`);
		hash = nodeHash(left, hash);
	}
	return { size: frontier.size + 1, peaks: [...peaks, hash] };
}

/** The root over everything appended so far. */
export function frontierRoot(frontier: Frontier): Buffer {
	const [last, ...others] = frontier.peaks.toReversed();
	if (last === undefined) return EMPTY_ROOT;
	return others.reduce((right, left) => nodeHash(left, right), last);
}

/** The frontier of these leaf hashes. */
export function frontierOf(leaves: Iterable<Buffer>): Frontier {
	let frontier = EMPTY_FRONTIER;
	for (const leaf of leaves) frontier = appendLeaf(frontier, leaf);
	return frontier;
}

/** The root of the tree over leaves `from` up to, not including, `to`. */
export function treeRoot(leaves: readonly Buffer[], from = 0, to = leaves.length): Buffer {
	return frontierRoot(frontierOf(leaves.slice(from, to)));
}

/**
 * The sibling hashes from a leaf to the root (RFC 6962, 2.1.1).
 *
 * @throws RangeError where the leaf is not in the tree
 */
export function inclusionProof(leaves: readonly Buffer[], index: number, size = leaves.length): Buffer[] {
	if (!isSize(index) || !isSize(size) || index >= size || size > leaves.length) {
		throw new RangeError(`leaf ${index} is not in a tree of ${size} over ${leaves.length} leaves`);
	}
	const proof: Buffer[] = [];
	let from = 0;
	let to = size;
	while (to - from > 1) {
		const middle = from + splitOf(to - from);
		if (index < middle) {
			proof.push(treeRoot(leaves, middle, to));
			to = middle;
		} else {
			proof.push(treeRoot(leaves, from, middle));
			from = middle;
		}
	}
	return proof.reverse();
}

/**
 * The hashes that show that the tree of `size` begins with the tree of `oldSize` (RFC 6962, 2.1.2).
 *
 * @throws RangeError where the sizes are not 0 < oldSize <= size <= leaves
 */
export function consistencyProof(leaves: readonly Buffer[], oldSize: number, size = leaves.length): Buffer[] {
	if (!isSize(oldSize) || !isSize(size) || oldSize < 1 || oldSize > size || size > leaves.length) {
		throw new RangeError(`no proof from ${oldSize} to ${size} over ${leaves.length} leaves`);
	}
	const proof: Buffer[] = [];
	let from = 0;
	let to = size;
	let isWhole = true;
	while (oldSize < to) {
		const middle = from + splitOf(to - from);
		if (oldSize <= middle) {
			proof.push(treeRoot(leaves, middle, to));
			to = middle;
		} else {
			proof.push(treeRoot(leaves, from, middle));
			from = middle;
			isWhole = false;
		}
	}
	// The old tree itself is known to the verifier only where it is one subtree from the left edge.
	if (!isWhole) proof.push(treeRoot(leaves, from, to));
	return proof.reverse();
}

/**
 * Whether the proof leads from the leaf to the root (RFC 9162, 2.1.3.2). Hashes of any other length than 32 bytes fail,
 * as do indices outside the tree.
 */
export function verifyInclusion(
	leaf: Uint8Array,
	index: number,
	size: number,
	proof: readonly Uint8Array[],
	root: Uint8Array,
): boolean {
	if (!isSize(index) || !isSize(size) || index >= size || ![leaf, root, ...proof].every(isHash)) return false;
	let fn = index;
	let sn = size - 1;
	let hash: Uint8Array = leaf;
	for (const step of proof) {
		if (sn === 0) return false;
		if (fn % 2 === 1 || fn === sn) {
			hash = nodeHash(step, hash);
			while (fn % 2 === 0 && fn !== 0) {
				fn = half(fn);
				sn = half(sn);
			}
		} else {
			hash = nodeHash(hash, step);
		}
		fn = half(fn);
		sn = half(sn);
	}
	return sn === 0 && Buffer.compare(hash, root) === 0;
}

/**
 * Whether the proof shows that the newer tree begins with the older one (RFC 9162, 2.1.4.2). An old size of 0 fails: a tree
 * of nothing is a beginning of every tree and proves nothing, so callers decide that case themselves.
 */
export function verifyConsistency(
	oldSize: number,
	oldRoot: Uint8Array,
	size: number,
	root: Uint8Array,
	proof: readonly Uint8Array[],
): boolean {
	if (!isSize(oldSize) || !isSize(size) || oldSize < 1 || oldSize > size) return false;
	if (oldSize === size) return proof.length === 0 && Buffer.compare(oldRoot, root) === 0;
	if (![oldRoot, root, ...proof].every(isHash)) return false;
	const path = isPowerOfTwo(oldSize) ? [oldRoot, ...proof] : proof;
	const [first, ...rest] = path;
	if (first === undefined || proof.length === 0) return false;
	let fn = oldSize - 1;
	let sn = size - 1;
	while (fn % 2 === 1) {
		fn = half(fn);
		sn = half(sn);
	}
	let oldHash = first;
	let hash = first;
	for (const step of rest) {
		if (sn === 0) return false;
		if (fn % 2 === 1 || fn === sn) {
			oldHash = nodeHash(step, oldHash);
			hash = nodeHash(step, hash);
			while (fn % 2 === 0 && fn !== 0) {
				fn = half(fn);
				sn = half(sn);
			}
		} else {
			hash = nodeHash(hash, step);
		}
		fn = half(fn);
		sn = half(sn);
	}
	return sn === 0 && Buffer.compare(oldHash, oldRoot) === 0 && Buffer.compare(hash, root) === 0;
}

/** The largest power of two smaller than n; n > 1. */
function splitOf(n: number): number {
	let split = 1;
	while (split * 2 < n) split *= 2;
	return split;
}

function isPowerOfTwo(n: number): boolean {
	return n > 0 && (n === 1 || splitOf(n) * 2 === n);
}

function half(n: number): number {
	return Math.floor(n / 2);
}

function isSize(n: number): boolean {
	return Number.isSafeInteger(n) && n >= 0;
}

function isHash(hash: Uint8Array): boolean {
	return hash.length === HASH_BYTES;
}
