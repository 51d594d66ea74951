// Some vendors' own JSON has faults that can be read over: kinds that say so get it read, and hear of each fault.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readJson } from '../../../src/intake/formats/json-text.ts';
import { readSyslog } from '../../../src/intake/formats/syslog.ts';
import { itemsOf } from '../builders.ts';

function lenient(text: string) {
	const json = readJson(text, true);
	if (!json.ok) throw new Error(JSON.stringify(json.error));
	return { value: json.value.documents[0]?.value, notes: json.value.notes.map((note) => note.field) };
}

describe('lenient JSON', () => {
	it.each<[string, unknown, string[]]>([
		['{"a":1,}', { a: 1 }, ['line 1, column 8 (offset 7)']],
		['[1, 2 , ]', [1, 2], ['line 1, column 9 (offset 8)']],
		['{"a":"b\\#c"}', { a: 'b#c' }, ['line 1, column 8 (offset 7)']],
		['{"a":"b\nc"}', { a: 'b\nc' }, ['line 1, column 8 (offset 7)']],
		['{"a":[1,],"b":{},}', { a: [1], b: {} }, ['line 1, column 9 (offset 8)', 'line 1, column 18 (offset 17)']],
	])('%s is read and each fault noted', (text, value, notes) => {
		expect(readJson(text).ok).toBe(false);
		expect(lenient(text)).toEqual({ value, notes });
	});

	it.each(['{"a":1,,}', '[,]', '{,}', '{"a":"b\\', '{"a" 1}', '{"a":"\\u12"}', '{"a":1'])('%s is refused', (text) => {
		expect(readJson(text, true).ok).toBe(false);
	});

	it('reads good JSON as it is read without, and never throws', () => {
		fc.assert(
			fc.property(fc.json(), (text) => {
				// Both note what is odd and no fault: a key twice, the key `__proto__`.
				const strict = readJson(text);
				const notes = strict.ok ? strict.value.notes.map((note) => note.field) : ['refused'];
				expect(lenient(text)).toEqual({ value: readOf(text), notes });
			}),
		);
		fc.assert(fc.property(fc.string(), (text) => typeof readJson(`{"a":"${text}",}`, true).ok === 'boolean'));
	});

	it('is for kinds that ask for it', () => {
		expect(itemsOf('defender-for-iot', '{"severity":"Major","title":"T",}')).toHaveLength(1);
		expect(() => itemsOf('nozomi', '{"type_id":"X","name":"N",}')).toThrow('refused');
	});
});

function readOf(text: string): unknown {
	const json = readJson(text);
	return json.ok ? json.value.documents[0]?.value : undefined;
}

describe("a syslog header that ends where the vendor's format begins", () => {
	const context = { receivedAt: Date.UTC(2025, 4, 4, 9), timeZone: 'UTC' };
	it.each([
		['<12>May  4 08:00:00 172.20.1.40 ', '172.20.1.40', []],
		['May  4 08:00:00 172.20.1.30 1 2025-05-04T08:00:01Z site-1 app - - - ', 'site-1', ['172.20.1.30']],
	])('%s names its hosts', (text, host, relays) => {
		expect(readSyslog(text, context)).toMatchObject({ host, relays });
	});
});
