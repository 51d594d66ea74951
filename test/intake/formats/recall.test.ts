import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { recalled } from '../../../src/intake/formats/recall.ts';

describe('what was read of a text before', () => {
	it('is what would be read now, however often and in whatever order texts come', () => {
		const words = fc.oneof(
			fc.constantFrom('', 'plc-1', 'https://a.example/x', 'é'.repeat(300)),
			fc.string({ maxLength: 6 }),
			fc.nat({ max: 5_000 }).map((n) => `host-${n}.north.example`),
		);
		const read = (text: string): string | null => (text.length % 3 === 0 ? null : [...text].reverse().join(''));
		const remembered = recalled(read);
		fc.assert(
			fc.property(fc.array(words, { maxLength: 200 }), (texts) => {
				for (const text of texts) expect(remembered(text)).toBe(read(text));
			}),
		);
	});

	it('is looked up once while it keeps coming, and again after a flood of others', () => {
		let reads = 0;
		const remembered = recalled((text) => {
			reads++;
			return text.length;
		});
		for (let i = 0; i < 100; i++) remembered('gw-001');
		expect(reads).toBe(1);
		for (let i = 0; i < 5_000; i++) remembered(`flood-${i}`);
		expect(reads).toBe(5_001);
		remembered('gw-001');
		expect(reads).toBe(5_002);
	});

	it('keeps nothing of a long text', () => {
		let reads = 0;
		const remembered = recalled((text) => {
			reads++;
			return text.length;
		});
		const long = 'x'.repeat(1_000);
		remembered(long);
		remembered(long);
		expect(reads).toBe(2);
	});
});
