import { describe, expect, it } from 'vitest';
import { formatCheckpoint, parseCheckpoint, signCheckpoint, verifyCheckpoint } from '../../src/ledger/checkpoint.ts';
import { EMPTY_ROOT } from '../../src/ledger/merkle.ts';
import {
	formatSigner,
	formatVkey,
	isKeyName,
	parseNote,
	parseSigner,
	parseVkey,
	signNote,
	type VerifierKey,
	verifierOf,
	verifyNote,
} from '../../src/ledger/note.ts';

const signer = { name: 'plant.example/ledger', seed: Buffer.alloc(32, 7) };
const other = { name: 'witness.example', seed: Buffer.alloc(32, 9) };
const key = verifierOf(signer);
const note = signNote('one\n\ntwo\n', signer);
const keyOf = (vkey: string): VerifierKey => {
	const parsed = parseVkey(vkey);
	if (!parsed.ok) throw new Error(parsed.error);
	return parsed.value;
};

describe('a signed note', () => {
	it('verifies with the key that signed it, and gives back its text', () => {
		expect(verifyNote(note, [key])).toEqual({ ok: true, value: { text: 'one\n\ntwo\n', by: [key] } });
	});

	it('is refused without a known key, and when a known key has not signed this text', () => {
		expect(verifyNote(note, []).ok).toBe(false);
		expect(verifyNote(note, [verifierOf(other)]).ok).toBe(false);
		expect(verifyNote(note.replace('two', 'tow'), [key])).toMatchObject({
			ok: false,
			error: expect.stringContaining('does not hold'),
		});
	});

	it('may carry signatures of others, which are passed over', () => {
		const theirs = signNote('one\n\ntwo\n', other).split('\n\n').at(-1) ?? '';
		expect(verifyNote(note + theirs, [key])).toMatchObject({ ok: true });
		expect(verifyNote(note + theirs, [key, verifierOf(other)])).toMatchObject({
			ok: true,
			value: { by: [key, verifierOf(other)] },
		});
		const broken = signNote('another\n', other).split('\n\n').at(-1) ?? '';
		expect(verifyNote(note + broken, [key, verifierOf(other)]).ok).toBe(false);
	});

	it('that any byte of is changed is refused', () => {
		const bytes = Buffer.from(note, 'utf8');
		for (let at = 0; at < bytes.length; at++) {
			for (const bit of [1, 16]) {
				const changed = Buffer.from(bytes);
				changed[at] = changed[at]! ^ bit;
				expect(verifyNote(changed.toString('utf8'), [key]).ok, `byte ${at}`).toBe(false);
			}
		}
	});

	const malformed: readonly [string, string][] = [
		['nothing', ''],
		['text alone', 'one\n'],
		['no signature line', 'one\n\n'],
		['a signature line that does not end', note.slice(0, -1)],
		['a hyphen for the dash', note.replace('\u2014', '-')],
		['a control character', note.replace('one', 'o\u0001e')],
		['a carriage return', note.replace('one', 'one\r')],
		['base64 without padding', note.replace(/=+\n$/, '\n')],
		['a signature of four bytes', 'one\n\n\u2014 name AAAAAA==\n'],
		['two spaces', note.replace('\u2014 ', '\u2014  ')],
		['a hundred and one signatures', `one\n\n${'\u2014 a AAAAAAAA\n'.repeat(101)}`],
	];
	it.each(malformed)('with %s is malformed', (_, text) => {
		expect(parseNote(text).ok).toBe(false);
	});
});

describe('keys', () => {
	it('are read back as they were written', () => {
		expect(keyOf(formatVkey(key))).toEqual(key);
		expect(parseSigner(formatSigner(signer))).toEqual({ ok: true, value: signer });
	});

	it('with an id that is not theirs, or of a kind that we do not read, are refused', () => {
		const vkey = formatVkey(key);
		expect(parseVkey(vkey.replace(/\+[0-9a-f]{8}\+/, '+00000000+'))).toMatchObject({
			ok: false,
			error: expect.stringContaining('00000000'),
		});
		expect(parseVkey('name+12345678+AAAA').ok).toBe(false);
		expect(parseVkey('').ok).toBe(false);
		expect(parseSigner(`${formatSigner(signer)}x`).ok).toBe(false);
		expect(parseSigner(formatSigner(signer).replace('ledger', 'ledges')).ok).toBe(false);
	});

	it('have names without white space and plus signs', () => {
		expect(['a', 'plant.example/ledger', 'ä'].every(isKeyName)).toBe(true);
		expect(['', 'a b', 'a+b', 'a\u00a0b', 'a\nb', '\ud800'].some(isKeyName)).toBe(false);
	});
});

describe('a timestamped cosignature', () => {
	it('of a witness verifies over the time and the whole checkpoint', async () => {
		const { createPrivateKey, sign, createHash } = await import('node:crypto');
		const seed = Buffer.alloc(32, 5);
		const publicKey = verifierOf({ name: 'w', seed }).publicKey;
		const keyId = createHash('sha256').update('w\n\u0004').update(publicKey).digest('hex').slice(0, 8);
		const witness: VerifierKey = { name: 'w', keyId, algorithm: 4, publicKey };
		expect(keyOf(formatVkey(witness))).toEqual(witness);
		const text = formatCheckpoint({ origin: signer.name, size: 0, root: EMPTY_ROOT });
		const der = createPrivateKey({
			key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]),
			format: 'der',
			type: 'pkcs8',
		});
		const time = Buffer.alloc(8);
		time.writeBigUInt64BE(1_700_000_000n);
		const signature = sign(null, Buffer.from(`cosignature/v1\ntime 1700000000\n${text}`), der);
		const line = `\u2014 w ${Buffer.concat([Buffer.from(keyId, 'hex'), time, signature]).toString('base64')}\n`;
		const cosigned = signCheckpoint({ origin: signer.name, size: 0, root: EMPTY_ROOT }, signer) + line;
		expect(verifyCheckpoint(cosigned, [key, witness])).toMatchObject({ ok: true, value: { by: [key, witness] } });
		time.writeBigUInt64BE(1_700_000_001n);
		const later = `\u2014 w ${Buffer.concat([Buffer.from(keyId, 'hex'), time, signature]).toString('base64')}\n`;
		expect(
			verifyCheckpoint(signCheckpoint({ origin: signer.name, size: 0, root: EMPTY_ROOT }, signer) + later, [
				key,
				witness,
			]).ok,
		).toBe(false);
	});
});

describe('a checkpoint', () => {
	const root = Buffer.alloc(32, 3);
	it('is three lines, and is read back', () => {
		const text = formatCheckpoint({ origin: 'log', size: 12, root });
		expect(text).toBe(`log\n12\n${root.toString('base64')}\n`);
		expect(parseCheckpoint(text)).toEqual({ ok: true, value: { origin: 'log', size: 12, root } });
		expect(parseCheckpoint(`${text}extension\n`)).toMatchObject({ ok: true });
	});

	it.each([
		['no end', `log\n1\n${root.toString('base64')}`],
		['no origin', `\n1\n${root.toString('base64')}\n`],
		['a negative size', `log\n-1\n${root.toString('base64')}\n`],
		['a leading zero', `log\n01\n${root.toString('base64')}\n`],
		['a size beyond 2^53', `log\n9007199254740993\n${root.toString('base64')}\n`],
		['a hexadecimal size', `log\n0x1\n${root.toString('base64')}\n`],
		['no root', 'log\n1\n'],
		['a short root', 'log\n1\nYmFuYW5hcw==\n'],
		['an empty extension', `log\n1\n${root.toString('base64')}\n\n`],
	])('with %s is refused', (_, text) => {
		expect(parseCheckpoint(text).ok).toBe(false);
	});

	it('that is none is not signed', () => {
		expect(() => signCheckpoint({ origin: 'log', size: -1, root }, signer)).toThrow();
		expect(() => signCheckpoint({ origin: 'log', size: 1, root: Buffer.alloc(31) }, signer)).toThrow();
		expect(() => signCheckpoint({ origin: 'a\nb', size: 1, root }, signer)).toThrow();
	});
});
