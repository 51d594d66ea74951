import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Columns, columnTexts, rowsFrom } from '../../src/store/columns.ts';
import { type Fresh, freshDatabase } from './harness.ts';

let fresh: Fresh;
beforeAll(async () => {
	fresh = await freshDatabase();
});
afterAll(() => fresh.close());

const COLUMNS: Columns = [
	['words', 'text'],
	['other', 'text'],
	['thing', 'jsonb'],
	['at', 'bigint'],
	['flag', 'boolean'],
];

/** What makes other ways of writing a list go wrong: marks of arrays, separators, quotes, escapes, nothing, broken pairs. */
const text = fc.oneof(
	fc.constantFrom(
		'',
		' ',
		'NULL',
		'null',
		'{}',
		'{',
		'}',
		',',
		'"',
		'\\',
		"'",
		'\\"',
		'\u001f',
		'\u001e',
		'\u001f\u001e',
		'\n',
	),
	fc.string({ unit: 'binary' }),
	fc.string({ unit: 'grapheme' }),
	fc.string({
		unit: fc.constantFrom('\u001f', '\u001e', '"', '\\', '{', '}', ',', 'a', '\ud800', '\udc00', '\u0000', 'é', '😀'),
	}),
);
// Names without what JSON escapes: JSON.parse of Node 24.21 (V8) reads the name "\u001f" as "\\" where it read an object with that name before.
const name = fc.string({ unit: fc.constantFrom('{', '}', ',', "'", 'a', 'é', '😀', ' ') });
const row = fc.record(
	{
		words: fc.option(text),
		other: fc.option(text),
		thing: fc.option(fc.oneof(fc.array(text), fc.dictionary(name, text))),
		at: fc.option(fc.maxSafeInteger()),
		flag: fc.option(fc.boolean()),
	},
	{ requiredKeys: [] },
);

/** What PostgreSQL cannot hold stands as U+FFFD. */
function stored(value: string): string {
	return value.replaceAll('\u0000', '\ufffd').toWellFormed();
}
function storedThing(thing: readonly string[] | Readonly<Record<string, string>>): unknown {
	if (Array.isArray(thing)) return thing.map(stored);
	return Object.fromEntries(Object.entries(thing).map(([name, value]) => [stored(name), stored(value)]));
}

describe('rows that go to PostgreSQL by column', () => {
	it('come out as they went in, whatever their texts hold', async () => {
		const names = COLUMNS.map(([name]) => name).join(', ');
		const statement = `SELECT ${names} FROM ${rowsFrom(COLUMNS, 1, 'r')}`;
		await fc.assert(
			fc.asyncProperty(fc.array(row, { maxLength: 6 }), async (rows) => {
				const got = await fresh.database.raw.unsafe(statement, columnTexts(rows, COLUMNS), { prepare: true });
				const wanted = rows.map(({ words = null, other = null, thing = null, at = null, flag = null }) => ({
					words: words === null ? null : stored(words),
					other: other === null ? null : stored(other),
					thing: thing === null ? null : storedThing(thing),
					at,
					flag,
				}));
				expect(got.map((one) => ({ ...one, at: one['at'] === null ? null : Number(one['at']) }))).toEqual(wanted);
			}),
			{ numRuns: 300 },
		);
	});
});
