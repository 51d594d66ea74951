import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { leafHash } from '../../src/domain/canonical.ts';
import {
	appendLeaf,
	consistencyProof,
	EMPTY_FRONTIER,
	EMPTY_ROOT,
	frontierOf,
	frontierRoot,
	inclusionProof,
	nodeHash,
	treeRoot,
	verifyConsistency,
	verifyInclusion,
} from '../../src/ledger/merkle.ts';

// The eight inputs and roots that the Certificate Transparency project tests its own trees with.
const INPUTS = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
const ROOTS = [
	'6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
	'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
	'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
	'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
	'4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
	'76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
	'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
	'5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];
const ctLeaves = INPUTS.map((input) => leafHash(Buffer.from(input, 'hex')));
const leaves = Array.from({ length: 200 }, (_, n) => leafHash(Buffer.from(`entry ${n}`)));

/** The definition of RFC 6962, 2.1, as it stands there: slow, and written apart from the product's code. */
function definedRoot(list: readonly Buffer[]): Buffer {
	if (list.length === 0) return Buffer.from('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 'hex');
	if (list.length === 1) return list[0]!;
	let k = 1;
	while (k * 2 < list.length) k *= 2;
	return nodeHash(definedRoot(list.slice(0, k)), definedRoot(list.slice(k)));
}

describe('the Merkle tree', () => {
	it.each(ROOTS.map((root, i) => [i + 1, root] as const))(
		'of the CT test with %i leaves has its root',
		(size, root) => {
			expect(treeRoot(ctLeaves, 0, size).toString('hex')).toBe(root);
		},
	);

	it('has the hash of nothing for a root where it is empty', () => {
		expect(frontierRoot(EMPTY_FRONTIER).toString('hex')).toBe(
			'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
		);
		expect(EMPTY_ROOT).toEqual(definedRoot([]));
	});

	it('grown leaf by leaf has the root of the definition at every size up to 200', () => {
		let frontier = EMPTY_FRONTIER;
		for (const [index, leaf] of leaves.entries()) {
			frontier = appendLeaf(frontier, leaf);
			expect(frontierRoot(frontier)).toEqual(definedRoot(leaves.slice(0, index + 1)));
			expect(frontier.peaks.length).toBeLessThanOrEqual(8);
		}
	});

	it('is not changed by being appended to', () => {
		const before = frontierOf(leaves.slice(0, 7));
		const root = frontierRoot(before);
		appendLeaf(before, leaves[7]!);
		expect(frontierRoot(before)).toEqual(root);
	});
});

describe('proofs', () => {
	it('of inclusion hold for every leaf of every size up to 200, and for no other place', () => {
		for (let size = 1; size <= 200; size++) {
			const root = treeRoot(leaves, 0, size);
			const every = size <= 40 ? 1 : 13;
			for (let index = 0; index < size; index += every) {
				const proof = inclusionProof(leaves, index, size);
				expect(verifyInclusion(leaves[index]!, index, size, proof, root)).toBe(true);
				expect(verifyInclusion(leaves[index]!, (index + 1) % (size + 1), size, proof, root)).toBe(false);
			}
		}
	});

	it('of consistency hold from every size to every larger one', () => {
		for (let size = 1; size <= 200; size += size < 40 ? 1 : 7) {
			const root = treeRoot(leaves, 0, size);
			for (let old = 1; old <= size; old += size <= 40 ? 1 : 11) {
				const proof = consistencyProof(leaves, old, size);
				expect(verifyConsistency(old, treeRoot(leaves, 0, old), size, root, proof)).toBe(true);
			}
		}
	});

	it('of consistency fail for a history that was rewritten', () => {
		const forked = [...leaves.slice(0, 20), ...leaves.slice(50, 80)];
		for (let old = 21; old < 50; old++) {
			const proof = consistencyProof(forked, old, 50);
			expect(verifyConsistency(old, treeRoot(leaves, 0, old), 50, treeRoot(forked), proof)).toBe(false);
		}
	});

	it('fail when any bit of them is another', () => {
		fc.assert(
			fc.property(fc.integer({ min: 2, max: 200 }), fc.nat(), fc.nat(), fc.nat(), (size, i, j, bit) => {
				const index = i % size;
				const root = treeRoot(leaves, 0, size);
				const proof = inclusionProof(leaves, index, size).map((hash) => Buffer.from(hash));
				const hash = proof[j % proof.length]!;
				hash[bit % 32] = hash[bit % 32]! ^ (1 << (bit % 8));
				expect(verifyInclusion(leaves[index]!, index, size, proof, root)).toBe(false);
				expect(verifyInclusion(leaves[index]!, index, size, proof.slice(1), root)).toBe(false);
			}),
			{ numRuns: 200 },
		);
	});

	it('refuse sizes and hashes that cannot be', () => {
		const root = treeRoot(leaves, 0, 4);
		const proof = inclusionProof(leaves, 1, 4);
		const short = Buffer.alloc(31);
		expect(verifyInclusion(short, 0, 1, [], short)).toBe(false);
		expect(verifyInclusion(Buffer.alloc(0), 0, 1, [], Buffer.alloc(0))).toBe(false);
		for (const index of [-1, 4, 1.5, Number.NaN, 2 ** 60])
			expect(verifyInclusion(leaves[1]!, index, 4, proof, root)).toBe(false);
		for (const size of [0, -4, 3.5, Number.POSITIVE_INFINITY])
			expect(verifyInclusion(leaves[1]!, 1, size, proof, root)).toBe(false);
		expect(verifyConsistency(0, EMPTY_ROOT, 4, root, [])).toBe(false);
		expect(verifyConsistency(4, root, 4, root, [])).toBe(true);
		expect(verifyConsistency(4, root, 4, root, [root])).toBe(false);
		expect(verifyConsistency(5, root, 4, root, [])).toBe(false);
		expect(verifyConsistency(2, short, 4, root, [root])).toBe(false);
	});

	it('work where 32-bit arithmetic would not: index and size beyond 2^32', () => {
		// The leftmost leaf of a tree of 2^40: its proof is one hash a level, whatever the hashes are.
		const proof = Array.from({ length: 40 }, (_, n) => leafHash(Buffer.from([n])));
		const root = proof.reduce((hash, step) => nodeHash(hash, step), leaves[0]!);
		expect(verifyInclusion(leaves[0]!, 0, 2 ** 40, proof, root)).toBe(true);
		expect(verifyInclusion(leaves[0]!, 2 ** 32, 2 ** 40, proof, root)).toBe(false);
		expect(verifyInclusion(leaves[0]!, 0, 2 ** 40, proof.slice(0, 8), root)).toBe(false);
	});

	it('are not made for what is not there', () => {
		expect(() => inclusionProof(leaves, 5, 5)).toThrow(RangeError);
		expect(() => inclusionProof(leaves, 0, 201)).toThrow(RangeError);
		expect(() => consistencyProof(leaves, 0, 5)).toThrow(RangeError);
		expect(() => consistencyProof(leaves, 6, 5)).toThrow(RangeError);
	});
});
