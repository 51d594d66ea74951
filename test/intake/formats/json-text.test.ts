import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JSON_DEPTH_MAX, readJson } from '../../../src/intake/formats/json-text.ts';

function onlyValue(text: string): unknown {
	const json = readJson(text);
	if (!json.ok) throw new Error(JSON.stringify(json.error));
	return json.value.documents[0]?.value;
}

describe('JSON text', () => {
	it('reads what JSON.stringify writes, the same', () => {
		fc.assert(
			fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
				// Prototype keys and integers beyond 2^53 are read differently on purpose.
				fc.pre(!/"__proto__"|\d{16}|e\+/.test(JSON.stringify(value)));
				const text = JSON.stringify({ value });
				const read = readJson(text);
				expect(read.ok && JSON.stringify(read.value.documents[0]?.value)).toBe(JSON.stringify(JSON.parse(text)));
			}),
		);
	});

	it('says yes and no where JSON.parse does, on mutated texts', () => {
		const text = '{"a":[1,-2.5e3,true,null,"x\\u00e9\\n"],"b":{"c":{}}}';
		fc.assert(
			fc.property(fc.nat(text.length), fc.string({ maxLength: 3 }), fc.nat(3), (at, insert, drop) => {
				const mutated = text.slice(0, at) + insert + text.slice(at + drop);
				fc.pre(mutated.trim() !== '' && !mutated.includes('__proto__'));
				let isJson = true;
				try {
					JSON.parse(mutated);
				} catch {
					isJson = false;
				}
				// Several documents in one text are ours alone.
				const read = readJson(mutated);
				expect(read.ok && read.value.documents.length === 1).toBe(isJson);
			}),
			{ numRuns: 1_000 },
		);
	});

	it.each([
		['{"a": 1', 'line 1, column 8 (offset 7)', 'the end of the text'],
		['{\n  "a": tru\n}', 'line 2, column 8 (offset 9)', '`tru\n}`'],
		['{"a":1}x', 'line 1, column 8 (offset 7)', '`x`'],
		['{"a":"\n"}', 'line 1, column 7 (offset 6)', '`\n"}`'],
		['{"a":"\\q"}', 'line 1, column 7 (offset 6)', '`\\q"}`'],
		['{"a":01}', 'line 1, column 7 (offset 6)', '`1}`'],
		["{'a':1}", 'line 1, column 2 (offset 1)', "`'a':1}`"],
		['[1,]', 'line 1, column 4 (offset 3)', '`]`'],
	])('names the place of the fault in %j', (text, field, found) => {
		expect(readJson(text)).toMatchObject({ ok: false, error: { field, found } });
	});

	it('keeps numbers exact that a double cannot hold', () => {
		expect(onlyValue('[5615590933959184469, 1e999, 1.5, 9007199254740991]')).toEqual([
			'5615590933959184469',
			'1e999',
			1.5,
			9007199254740991,
		]);
	});

	it('takes the last of two equal keys, leaves prototype keys out, and notes both', () => {
		const json = readJson('{"a":1,"__proto__":{"polluted":true},"a":2,"constructor":{"x":1}}');
		if (!json.ok) throw new Error('refused');
		expect(json.value.notes).toHaveLength(2);
		const value = json.value.documents[0]?.value as Record<string, unknown>;
		expect(Object.keys(value)).toEqual(['a', 'constructor']);
		expect(value['a']).toBe(2);
		expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
	});

	it('refuses nesting beyond the limit, however deep, without recursing into it', () => {
		expect(readJson('['.repeat(JSON_DEPTH_MAX) + ']'.repeat(JSON_DEPTH_MAX)).ok).toBe(true);
		for (const depth of [JSON_DEPTH_MAX + 1, 1_000_000]) {
			expect(readJson('['.repeat(depth))).toMatchObject({
				ok: false,
				error: { expected: 'nesting of at most 64 levels' },
			});
		}
	});
});
