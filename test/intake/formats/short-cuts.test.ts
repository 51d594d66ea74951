// Short cuts for what most texts are (plain, naming nothing) must make no difference: each text is read once as it is and once with
// something behind it that turns every short cut off and means nothing.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cleanLine, cleanText } from '../../../src/intake/formats/clean-text.ts';
import { scanText, techniquesIn } from '../../../src/intake/formats/scan-text.ts';
import { wordsOf } from '../../../src/intake/formats/words.ts';

/** It looks like the beginning of everything that is sought, and is nothing. */
const TEASER = ` 1.1.1 .aaaa. :a: -aa- =${'0'.repeat(32)} CVE-1 T01 attack.t`;

const piece = fc.oneof(
	fc.constantFrom(
		'10.1.2.3',
		'10.1.2.3:502',
		'1.3.6.1.4.1',
		'fe80::1%eth0',
		'::ffff:10.0.0.1',
		'2001:db8:0:0:0:0:0:1',
		'ab:cd',
		'::',
		':',
		'.',
		'00:1b:1b:0a:0b:0c',
		'00-1B-1B-0A-0B-0C',
		'001b.1b0a.0b0c',
		'dead.beef',
		'face',
		'-',
		'=',
		' ',
		', ',
		'\n',
		'_',
		'https://h.example/x',
		'opc.tcp://10.0.0.1:4840',
		'a.b@c.example',
		'@',
		'CVE-2021-44228',
		'cve-2020-1',
		'CVE-',
		'T0855',
		'T1059.001',
		'xT0855',
		'attack.t1059',
		'ATTACK_T0836',
		'attack',
		'Chrome/',
		'pump',
		'ü',
		'💧',
		`MD5=${'a1'.repeat(16)}`,
		`sha256 : ${'b2'.repeat(32)}`,
		'c3'.repeat(20),
		'0'.repeat(32),
	),
	fc.string({ maxLength: 6 }),
);
const text = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''));

describe('a short cut makes no difference', () => {
	it('to what is found in a text', () => {
		expect([scanText(TEASER), techniquesIn(TEASER)]).toEqual([[], []]);
		fc.assert(
			fc.property(text, (one) => {
				// Less than five letters name nothing.
				if (one.length >= 5) expect(scanText(one)).toEqual(scanText(one + TEASER));
				expect(techniquesIn(one)).toEqual(techniquesIn(one + TEASER));
			}),
			{ numRuns: 3_000 },
		);
	});

	it('to an address that is all letters', () => {
		const mac = [{ type: 'mac', value: 'de:ad:be:ef:ca:fe' }];
		for (const one of ['dead.beef.cafe', 'de-ad-be-ef-ca-fe', 'de:ad:be:ef:ca:fe']) expect(scanText(one)).toEqual(mac);
	});

	it('to the words of a text', () => {
		// In patterns, what the walk does.
		const byPatterns = (one: string): string =>
			one
				.slice(0, 4_000)
				.replace(/([a-z\d])([A-Z])/g, '$1 $2')
				.replace(/[_\-./:']+/g, ' ')
				.replace(/\s+/g, ' ')
				.toLowerCase();
		const unit = fc.constantFrom(..."aZ1 _-./:'\t\n\u00a0\u2028\ufeffé€İ💧");
		fc.assert(
			fc.property(fc.oneof(text, fc.string({ unit, maxLength: 40 })), (one) => {
				expect(wordsOf(one)).toBe(byPatterns(one));
			}),
			{ numRuns: 3_000 },
		);
		expect(wordsOf(`${'a'.repeat(3_999)}BC`)).toBe(`${'a'.repeat(3_999)} b`);
	});

	it('to how a text is cleaned', () => {
		const dirty = fc.oneof(
			text,
			fc.string(),
			fc.string({ unit: fc.constantFrom('a', ' ', '\t', '\n', '\u001b[31m', '~') }),
		);
		fc.assert(
			fc.property(dirty, (one) => {
				// A mark that shows nothing is taken out again.
				expect(cleanText(one, 1_000)).toBe(cleanText(`${one}\u200b`, 1_000));
				expect(cleanLine(one, 1_000)).toBe(cleanLine(`${one}\u200b`, 1_000));
			}),
			{ numRuns: 3_000 },
		);
	});
});
