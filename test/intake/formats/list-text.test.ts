import { describe, expect, it } from 'vitest';
import { listIn } from '../../../src/intake/formats/list-text.ts';

describe('a list in a text', () => {
	it.each<[string, string[]]>([
		["['172.20.1.1', '172.20.1.2']", ['172.20.1.1', '172.20.1.2']],
		["[u'a', None]", ['a']],
		['["a","b"]', ['a', 'b']],
		['a, b;c\nd', ['a', 'b', 'c', 'd']],
		['172.20.1.1', ['172.20.1.1']],
		['[]', []],
		['[None]', []],
		['', []],
		[',,-,', []],
	])('%s', (text, items) => {
		expect(listIn(text)).toEqual(items);
	});

	it('is absent where the text is, and bounded', () => {
		expect(listIn(null)).toEqual([]);
		expect(listIn('a,'.repeat(5_000)).length).toBe(500);
	});
});
