import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Frame, Framer } from '../../src/intake/syslog-framing.ts';

const MAX = 64;
const read = (chunks: Buffer[], max = MAX): { frames: Frame[]; heldMost: number } => {
	const framer = new Framer(max);
	let heldMost = 0;
	const frames = chunks.flatMap((chunk) => {
		const found = framer.push(chunk);
		heldMost = Math.max(heldMost, framer.held);
		return found;
	});
	return { frames: [...frames, ...framer.end()], heldMost };
};
const texts = (stream: string, max = MAX): string[] =>
	read([Buffer.from(stream)], max).frames.map(
		({ bytes, fault, isBroken }) => `${isBroken ? 'broken ' : fault === null ? '' : 'cut '}${bytes.toString('utf8')}`,
	);

describe('a stream of syslog', () => {
	it.each<[string, string, string[]]>([
		['lines', '<13>a\n<14>b\n', ['<13>a', '<14>b']],
		['lines of Windows, with empty ones', '<13>a\r\n\r\n\n<14>b\r\n', ['<13>a', '<14>b']],
		['lines that end in NUL', '<13>a\0<14>b\0', ['<13>a', '<14>b']],
		['counted messages', '5 <13>a5 <14>b', ['<13>a', '<14>b']],
		['counted messages with line ends between them', '5 <13>a\n5 <14>b\n', ['<13>a', '<14>b']],
		['a counted message that counts its line end', '6 <13>a\n6 <14>b\n', ['<13>a', '<14>b']],
		['a counted message of several lines', '9 <13>a\nb\nc', ['<13>a\nb\nc']],
		['a counted message whose count is of bytes', '6 <13>ä5 <14>b', ['<13>ä', '<14>b']],
		['counted CEF without PRI', '10 CEF:0|a|b|5 <14>b', ['CEF:0|a|b|', '<14>b']],
		['lines that begin with a number', '12 Mar 2026 a\n<14>b\n', ['12 Mar 2026 a', '<14>b']],
		['a line that begins with a year', '2026-03-12 a\n', ['2026-03-12 a']],
		['a line that begins with nought', '0 <13>a\n', ['0 <13>a']],
		['counting that breaks, and goes on', '5 <13>aoops\n5 <14>b', ['<13>a', 'broken oops', '<14>b']],
		['counting that becomes lines', '5 <13>a<14>b\n<15>c\n', ['<13>a', 'broken <14>b', '<15>c']],
		['a count without end', '5 <13>a999999999999 x\n5 <14>b', ['<13>a', 'broken 999999999999 x', '<14>b']],
		['a line without its end', '<13>a\n<14>b', ['<13>a', 'broken <14>b']],
		['a counted message without its end', '5 <13>a9 <14>b', ['<13>a', 'broken <14>b']],
		['a count without a message', '5 <13>a9 ', ['<13>a']],
		['nothing', '', []],
		['line ends only', '\n\r\n\0', []],
	])('of %s', (_, stream, expected) => {
		expect(texts(stream)).toEqual(expected);
	});

	it('gives what is too long cut, with the reason, and goes on behind it', () => {
		expect(texts('<13>0123456789\n<14>b\n', 8)).toEqual(['cut <13>0123', '<14>b']);
		expect(texts('14 <13>01234567895 <14>b', 8)).toEqual(['cut <13>0123', '<14>b']);
		expect(texts('<13>0123\n', 8)).toEqual(['<13>0123']);
		expect(texts(`5 <13>a${'x'.repeat(20)}\n5 <14>b`, 8)).toEqual(['<13>a', 'broken xxxxxxxx', '<14>b']);
	});

	const piece = fc.oneof(
		fc.constantFrom(
			'<13>',
			'\n',
			'\r\n',
			'\0',
			' ',
			'5 ',
			'12 ',
			'99999999 ',
			'0',
			'5 <13>a',
			'<14>b\n',
			'CEF:0|',
			'{',
			'[',
			'ä',
		),
		fc.string({ unit: 'binary', maxLength: 12 }),
		fc.integer({ min: 1, max: 120 }).map((length) => `${length} <13>${'y'.repeat(Math.max(0, length - 4))}`),
		fc.integer({ min: 60, max: 200 }).map((length) => 'z'.repeat(length)),
	);
	const stream = fc.array(piece, { maxLength: 25 }).map((pieces) => Buffer.from(pieces.join('')));
	const chunked = fc.tuple(stream, fc.array(fc.nat({ max: 400 }), { maxLength: 20 }));

	it('gives the same messages in whatever chunks it comes', () => {
		fc.assert(
			fc.property(chunked, ([bytes, cuts]) => {
				const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
				const chunks = places.slice(1).map((end, i) => bytes.subarray(places[i], end));
				const whole = read([bytes]).frames;
				expect(read(chunks).frames).toEqual(whole);
				expect(read([...bytes].map((byte) => Buffer.from([byte]))).frames).toEqual(whole);
			}),
			{ numRuns: 1_500 },
		);
	});

	it('holds no more than one message, and gives none longer', () => {
		fc.assert(
			fc.property(stream, (bytes) => {
				const { frames, heldMost } = read([...bytes].map((byte) => Buffer.from([byte])));
				expect(heldMost).toBeLessThanOrEqual(MAX);
				for (const frame of frames) expect(frame.bytes.length).toBeLessThanOrEqual(MAX);
			}),
		);
	});

	it('counted messages come out as they went in, whatever they hold', () => {
		const message = fc.uint8Array({ minLength: 0, maxLength: 50 }).map((tail) => Buffer.from([60, ...tail, 33]));
		fc.assert(
			fc.property(fc.array(message, { minLength: 1, maxLength: 10 }), (messages) => {
				const sent = Buffer.concat(messages.map((one) => Buffer.concat([Buffer.from(`${one.length} `), one])));
				expect(read([sent]).frames.map((frame) => frame.bytes)).toEqual(messages);
			}),
		);
	});

	it('takes time in proportion to the bytes, also byte by byte', () => {
		const time = (count: number): number => {
			const bytes = Buffer.from('x'.repeat(count));
			const framer = new Framer(1024 * 1024);
			const from = process.cpuUsage().user;
			for (let at = 0; at < bytes.length; at += 10) framer.push(bytes.subarray(at, at + 10));
			return process.cpuUsage().user - from;
		};
		time(50_000);
		const [small, large] = [Math.min(time(50_000), time(50_000)), Math.min(time(800_000), time(800_000))];
		// Sixteen times the bytes: linear gives 16, joining at each chunk would give 256.
		expect(large).toBeLessThan(80 * Math.max(small, 1_000));
	});
});
