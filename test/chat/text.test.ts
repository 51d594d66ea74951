import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cut, escapeMrkdwn, nameList, shown, shownLines } from '../../src/chat/text.ts';

describe('text that others wrote', () => {
	it.each([
		['a broadcast', '<!channel> wake up', '‹!channel› wake up'],
		['a mention', 'ask <@U123ABC>', 'ask ‹@U123ABC›'],
		['a broadcast by name', '@channel @Here @everyone', '(at)channel (at)Here (at)everyone'],
		['a false link', '<https://evil.example|Click here>', '‹https[:]//evil.example|Click here›'],
		['a bare link', 'see http://evil.example and www.evil.example', 'see http[:]//evil.example and www[.]evil.example'],
		['a mail link', 'mailto:ceo@plant.example', 'mailto[:]ceo@plant.example'],
		['terminal colours', '\u001b[31mred\u001b[0m and \u009b2Jgone', 'red and gone'],
		['a bell, a backspace and a null', 'a\u0007b\u0008c\u0000d', 'a b c d'],
		['a right-to-left override', 'invoice\u202Egpj.exe', 'invoicegpj.exe'],
		['zero width characters', 'pl\u200bc\ufeff-7', 'plc-7'],
		['a blank that counts as a letter', 'pl\u3164c\u2800-\uffa07', 'plc-7'],
		['a joiner or selector without a look', 'p\u034fl\u17b4c\ufe0f-7\u{e0100}', 'plc-7'],
		['a broadcast behind one', '@\u3164channel', '(at)channel'],
		['tag characters', `ok${String.fromCodePoint(0xe0041, 0xe007f)}`, 'ok'],
		['stacked marks', `e${'\u0301'.repeat(50)}`, 'e\u0301\u0301'],
		['line breaks in a line', 'one\r\ntwo\u2028three', 'one two three'],
		['a lone surrogate', 'a\ud800b', 'a\ufffdb'],
	])('cannot be %s', (_name, given, want) => {
		expect(shown(given, 200)).toBe(want);
	});

	it('keeps its lines where lines are wanted, and no more than are allowed', () => {
		expect(shownLines('one\ntwo\n<@U1>', 100)).toBe('one\ntwo\n‹@U1›');
		expect(shownLines('x\n'.repeat(1_000), 10_000, 5).split('\n')).toHaveLength(5);
	});

	it('is never left out without a sign, however it was pushed out of sight', () => {
		expect(shownLines('one\ntwo\nthree', 100, 2)).toBe('one\ntwo…');
		for (const gap of ['\u200b', ' ', '\n', '\u001b[0m'])
			expect(shown(`all is well${gap.repeat(2_000)} and it is not`, 120)).toBe('all is well…');
		expect(shownLines(`all is well${'\u200b'.repeat(2_000)} and it is not`, 120)).toBe('all is well…');
	});

	it('of any content never holds what Slack or a terminal reads as a command, and never exceeds its limit', () => {
		fc.assert(
			fc.property(fc.string({ unit: 'binary', maxLength: 400 }), fc.integer({ min: 1, max: 200 }), (text, max) => {
				for (const result of [shown(text, max), shownLines(text, max)]) {
					expect(result.length).toBeLessThanOrEqual(max);
					expect(result.isWellFormed()).toBe(true);
					expect(result).not.toMatch(
						/[<>\u001b\u0000-\u0009\u007f-\u009f\u202a-\u202e\u2066-\u2069]|:\/\/|@(channel|here|everyone)/i,
					);
				}
			}),
		);
	});

	it('of a megabyte costs no more than what is shown of it', () => {
		const began = process.cpuUsage().user;
		for (let at = 0; at < 200; at++) shown('<'.repeat(1_000_000), 120);
		expect(process.cpuUsage().user - began).toBeLessThan(2_000_000);
	});

	it('is cut between characters', () => {
		expect(cut('👍👍👍', 4)).toBe('👍…');
		expect(cut('short', 10)).toBe('short');
	});

	it('is escaped for the fallback', () => {
		expect(escapeMrkdwn('a & <b>')).toBe('a &amp; &lt;b&gt;');
	});

	it('says how many names it left out', () => {
		expect(nameList(['a', 'b', 'c'], 2)).toBe('a, b and 1 more');
	});
});
