import { describe, expect, it } from 'vitest';
import { leafHash } from '../../src/domain/canonical.ts';
import { inclusionProof } from '../../src/ledger/merkle.ts';
import { verifierOf } from '../../src/ledger/note.ts';
import { formatProof, parseProof, verifyProof } from '../../src/ledger/proof.ts';
import { INCIDENT, packOf, signer } from './pack.ts';

const pack = packOf(INCIDENT);
const leaves = pack.entries.map((entry) => leafHash(Buffer.from(entry.canonical, 'utf8')));
const proofOf = (index: number) => ({
	canonical: pack.entries[index]!.canonical,
	index,
	hashes: inclusionProof(leaves, index),
	note: pack.checkpoints[0]!,
});
const keys = [verifierOf(signer)];

describe('the proof of one entry', () => {
	it.each(INCIDENT.map((_, index) => index))('%i is read back and verifies', (index) => {
		const parsed = parseProof(formatProof(proofOf(index)));
		expect(parsed).toEqual({ ok: true, value: proofOf(index) });
		expect(verifyProof(proofOf(index), keys)).toMatchObject({ ok: true, value: { size: INCIDENT.length } });
	});

	it('does not hold for another entry, another place, other hashes or another key', () => {
		const proof = proofOf(3);
		expect(verifyProof({ ...proof, canonical: proofOf(4).canonical }, keys).ok).toBe(false);
		expect(verifyProof({ ...proof, index: 2 }, keys).ok).toBe(false);
		expect(verifyProof({ ...proof, hashes: proof.hashes.slice(1) }, keys).ok).toBe(false);
		expect(verifyProof(proof, [verifierOf({ ...signer, seed: Buffer.alloc(32, 1) })]).ok).toBe(false);
	});

	it('of which any byte is changed is refused', () => {
		const bytes = Buffer.from(formatProof(proofOf(5)), 'utf8');
		for (let at = 0; at < bytes.length; at++) {
			const changed = Buffer.from(bytes);
			changed[at] = changed[at]! ^ 2;
			const parsed = parseProof(changed.toString('utf8'));
			expect(parsed.ok && verifyProof(parsed.value, keys).ok, `byte ${at}`).toBe(false);
		}
	});
});
