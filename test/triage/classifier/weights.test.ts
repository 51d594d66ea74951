import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classifyText } from '../../../src/triage/classifier/classify.ts';
import { featuresOf, wordsOf } from '../../../src/triage/classifier/features.ts';
import { loadWeights } from '../../../src/triage/classifier/load.ts';
import { decodeWeights, encodeWeights, HEAD_NAMES } from '../../../src/triage/classifier/weights.ts';

const file = new URL('../../../src/triage/data/classifier.bin.gz', import.meta.url);
const weights = loadWeights();

describe('the shipped weights', () => {
	it('encode back to the same bytes', () => {
		const bytes = gunzipSync(readFileSync(file));
		expect(Buffer.compare(Buffer.from(encodeWeights(decodeWeights(bytes))), bytes)).toBe(0);
	});

	it('are refused where the file is cut or not ours', () => {
		const bytes = gunzipSync(readFileSync(file));
		expect(() => decodeWeights(bytes.subarray(0, bytes.length - 100))).toThrow(/cut short/);
		const header = Buffer.from('{"format":99}');
		const other = Buffer.concat([Buffer.from([header.length, 0, 0, 0]), header]);
		expect(() => decodeWeights(other)).toThrow(/format 99/);
	});

	it('are small and hold no text but class names', () => {
		const bytes = readFileSync(file);
		expect(bytes.length).toBeLessThan(20 * 1024 * 1024);
		const names = HEAD_NAMES.flatMap((name) => weights.heads[name].classes);
		for (const name of names) expect(name).toMatch(/^(T\d{4}(\.\d{3})?|[a-z-]{2,30})$/);
	});

	it('carry a calibration that never falls', () => {
		for (const bands of [weights.calibration.enterprise, weights.calibration.ics]) {
			expect(bands).toHaveLength(10);
			expect(bands).toEqual(bands.toSorted((a, b) => a - b));
		}
	});
});

describe('classifying text', () => {
	it('knows when it does not know', () => {
		const { isSure, confidence } = classifyText(weights, { title: 'qwxz vbnm', text: '' });
		expect(isSure).toBe(false);
		expect(confidence).toBeLessThan(0.25);
	});

	it('never throws, ranks within one matrix where the side is known, and says whose technique leads where it is not', () => {
		const hostile = fc.string({ unit: 'binary', maxLength: 300 });
		fc.assert(
			fc.property(hostile, hostile, fc.constantFrom('it', 'ot', null), (title, text, domain) => {
				const got = classifyText(weights, { title, text, domain });
				const prefix = got.matrix === 'ics' ? 'T0' : 'T1';
				expect(got.techniques[0]?.id.startsWith(prefix)).toBe(true);
				if (domain !== null) {
					expect(got.matrix).toBe(domain === 'ot' ? 'ics' : 'enterprise');
					expect(got.techniques.every(({ id }) => id.startsWith(prefix))).toBe(true);
				}
				const scores = got.techniques.map(({ score }) => score);
				expect(scores).toEqual(scores.toSorted((a, b) => b - a));
				expect(new Set(got.tactics).size).toBe(got.tactics.length);
				expect(got.confidence).toBeGreaterThanOrEqual(0);
				expect(got.confidence).toBeLessThanOrEqual(1);
			}),
			{ numRuns: 200 },
		);
	});

	it('a flood of text costs no more than its first part', () => {
		const began = performance.now();
		for (let i = 0; i < 50; i++) classifyText(weights, { title: 'a'.repeat(500), text: 'plc stop '.repeat(100_000) });
		expect(performance.now() - began).toBeLessThan(2_000);
	});
});

describe('words', () => {
	it.each([
		['The PLCs were downloaded', ['plc', 'download']],
		['PowerShell.exe -EncodedCommand', ['powershell', 'power', 'shell', 'exe', 'encodedcommand', 'encod', 'command']],
		['policies of the access class', ['policy', 'access', 'class']],
		['', []],
	])('of `%s`', (text, expected) => {
		expect(wordsOf(text)).toEqual(expected);
	});

	it('the order of title words matters only through pairs', () => {
		const { counts: a } = featuresOf('valve reading', '');
		const { counts: b } = featuresOf('reading valve', '');
		expect(a.size).toBe(b.size);
		expect([...a.keys()].filter((key) => !b.has(key))).toHaveLength(1);
	});

	it('tools of one trade share a sort, and the sort counts beside its neighbours', () => {
		const chisel = featuresOf('', 'chisel seen');
		const ligolo = featuresOf('', 'ligolo seen');
		const sorts = ({ counts, plain }: typeof chisel) => [...counts.keys()].slice(plain);
		expect(sorts(chisel)).toHaveLength(2);
		expect(sorts(chisel)).toEqual(sorts(ligolo));
		expect(sorts(featuresOf('', 'valve seen'))).toEqual([]);
	});
});
