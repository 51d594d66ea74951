// Sources that a site describes itself: each format, what expressions give, and what happens where one gives nothing.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readMappingFile } from '../../src/config/mapping-file.ts';
import type { Alert, Parsed } from '../../src/domain/alert.ts';
import { Alert as AlertSchema } from '../../src/domain/alert.ts';
import { mappedKind } from '../../src/intake/mapping.ts';
import { parseBody } from '../../src/intake/parse-body.ts';
import { entity, receivedAt } from './builders.ts';

function read(mapping: string, body: unknown, timeZone = 'UTC'): readonly Parsed[] {
	const file = readMappingFile(mapping, 'press.yaml');
	if (file.mapping === null) throw new Error(JSON.stringify(file.findings));
	const text = typeof body === 'string' ? body : JSON.stringify(body);
	const parsed = parseBody('press', text, { source: 'press-1', receivedAt, timeZone }, [mappedKind(file.mapping)]);
	if (parsed.kind !== 'parsed') throw new Error(JSON.stringify(parsed));
	return parsed.items;
}

function alertOf(mapping: string, body: unknown, timeZone = 'UTC'): Alert {
	const [item] = read(mapping, body, timeZone);
	if (item?.kind !== 'alert') throw new Error(JSON.stringify(item));
	return AlertSchema.parse(item.alert);
}

const MINIMAL = (format: string, more = '') =>
	`format: ${format}\n${more}alert:\n  title: record.text("text")\n  identity: [record.text("text")]\n`;

/** The example of docs/mappings.md: the first block is the file, the second a body, the third what comes of it. */
const [example = '', exampleBody = '', exampleAnswer = ''] = [
	...readFileSync(new URL('../../docs/mappings.md', import.meta.url), 'utf8').matchAll(
		/```(?:yaml|json)\n([\s\S]*?)```/g,
	),
].map((match) => match[1] ?? '');

describe('the example of docs/mappings.md', () => {
	it('gives what the page says', () => {
		const [first, second] = read(example, exampleBody, 'Europe/Berlin').map((item) =>
			item.kind === 'alert' ? item.alert : null,
		);
		expect(first).toEqual({ ...JSON.parse(exampleAnswer), source: 'press-1', fingerprint: first?.fingerprint });
		expect(second).toMatchObject({ status: 'closed', fingerprint: first?.fingerprint });
	});
});

describe('a mapping', () => {
	it('takes severity from its scale, without regard to case, and a value of no scale as none', () => {
		const text = `${MINIMAL('json')}  severity: {value: record.prio, scale: {A: critical, "2": low}}\n`;
		for (const [prio, severity] of [
			['A', 'critical'],
			['a', 'critical'],
			[2, 'low'],
			['z', null],
		])
			expect(alertOf(text, { text: 't', prio })).toMatchObject({ severity, severity_raw: String(prio) });
		expect(alertOf(`${MINIMAL('json')}  severity: record.prio\n`, { text: 't', prio: 'warning' }).severity).toBe(
			'medium',
		);
	});

	it('sweeps what the record names, and not where it is told not to', () => {
		const body = { text: 't', deep: [{ note: 'from 172.20.1.9' }] };
		expect(entity(alertOf(MINIMAL('json'), body), 'ip', '172.20.1.9')).toBe('related');
		expect(alertOf(`sweep: false\n${MINIMAL('json')}`, body).entities).toEqual([]);
	});

	it('reads a time by its format, and names one that is not of it', () => {
		const text = `${MINIMAL('json')}  occurred_at: {value: record.at, format: dd.MM.yyyy HH:mm}\n`;
		expect(alertOf(text, { text: 't', at: '04.05.2025 08:00' }, 'Europe/Berlin').occurred_at).toBe(
			'2025-05-04T06:00:00.000Z',
		);
		const [item] = read(text, { text: 't', at: '2025-05-04' });
		expect(item).toMatchObject({
			kind: 'alert',
			alert: { time_basis: 'received' },
			problems: [{ field: 'occurred_at' }],
		});
	});

	it('makes a problem of an expression that gives nothing, and keeps the rest', () => {
		const text = `${MINIMAL('json')}  description: record.nope\n  labels: {a: record.text, b: record.n.deep}\n`;
		const [item] = read(text, { text: 't', n: 5 });
		expect(item).toMatchObject({ kind: 'alert', alert: { title: 't', description: null, labels: { a: 't' } } });
		expect(item?.problems.map((problem) => problem.field)).toEqual(['labels.b', 'description']);
	});

	it('keeps a body that `each` cannot take apart', () => {
		const text = MINIMAL('json', 'each: body.alarms\n');
		expect(read(text, { alarms: [{ text: 'a' }, { text: 'b' }, 7] }).map((item) => item.kind)).toEqual([
			'alert',
			'alert',
			'unparsed',
		]);
		expect(read(text, { other: 1 })).toMatchObject([
			{ kind: 'unparsed', problems: [{ found: expect.stringContaining('No such key: alarms') }] },
		]);
		expect(read(text, { alarms: 'none' })[0]?.kind).toBe('unparsed');
	});

	it('keeps the raw text of each record as it stood in the body, also of a list that is filtered', () => {
		const body = '{"alarms": [ {"text":"a",  "n":1.50}, {"text":"b", "n":2} ]}';
		const rawOf = (each: string) => read(MINIMAL('json', `each: '${each}'\n`), body).map((item) => item.raw);
		expect(rawOf('body.alarms')).toEqual(['{"text":"a",  "n":1.50}', '{"text":"b", "n":2}']);
		expect(rawOf('body.alarms.filter(alarm, alarm.n > 0)')).toHaveLength(2);
		// What an expression made anew stands nowhere in the body: the whole of it is kept.
		expect(rawOf('body.alarms.map(alarm, {"text": alarm.text})')).toEqual([body, body]);
	});

	it('chooses the kind by a table', () => {
		const text = `${MINIMAL('json')}  kind: process\n  kind_by: {value: record.class, scale: {gas: process_safety}}\n`;
		expect(alertOf(text, { text: 't', class: 'Gas' }).kind).toBe('process_safety');
		expect(alertOf(text, { text: 't', class: 'level' }).kind).toBe('process');
	});

	it.each([
		[
			'cef',
			'<13>May  4 08:00:00 gw CEF:0|Acme|Press|1|7|Jam|5|src=172.20.1.1 cs1Label=Line cs1=4',
			'record.name + "/" + record.Line',
			'Jam/4',
		],
		['leef', 'LEEF:2.0|Acme|Press|1|JAM|^|src=172.20.1.1^line=4', 'record.event_id + "/" + record.line', 'JAM/4'],
		['key_value', '<13>May  4 08:00:00 gw press: src=172.20.1.1 what="paper jam"', 'record.what', 'paper jam'],
	])('reads %s', (format, body, title, expected) => {
		const alert = alertOf(`format: ${format}\nalert:\n  title: '${title}'\n  identity: [record.src]\n`, body);
		expect(alert.title).toBe(expected);
		expect(entity(alert, 'ip', '172.20.1.1')).toBe('related');
		if (body.startsWith('<13>')) expect(alert).toMatchObject({ occurred_at: '2025-05-04T08:00:00.000Z' });
	});

	it('reads lines by a pattern, each one a record, also behind a syslog header, and keeps one that is not of it', () => {
		const text = `format: line
line: '^(?P<at>\\S+) (?P<unit>\\w+)/(?P<code>\\d+) (?P<text>.*)$'
alert:
  title: record.text
  occurred_at: record.at
  identity: [record.unit, record.code]
  entities: [{type: host, role: target, value: record.unit}]
`;
		const items = read(
			text,
			'2025-05-04T08:00:00Z PRESS3/17 oil low\nnot of it\n<13>May  4 08:01:00 gw 2025-05-04T08:01:00Z PRESS4/18 jam at 172.20.1.1\n',
		);
		expect(
			items.map((item) => (item.kind === 'alert' ? `${item.alert.occurred_at} ${item.alert.title}` : item.kind)),
		).toEqual(['2025-05-04T08:00:00.000Z oil low', 'unparsed', '2025-05-04T08:01:00.000Z jam at 172.20.1.1']);
		const [first] = items;
		expect(first?.kind === 'alert' && entity(first.alert, 'host', 'PRESS3')).toBe('target');
	});

	it('answers to its own name only, and leaves other formats unparsed', () => {
		expect(read(MINIMAL('cef'), { text: 't' })[0]?.kind).toBe('unparsed');
		expect(read(MINIMAL('json'), 'CEF:0|A|B|1|7|N|5|')[0]?.kind).toBe('unparsed');
		expect(() => parseBody('press', '{}', { source: 's', receivedAt, timeZone: 'UTC' })).toThrow(TypeError);
	});

	it('never throws, whatever record comes', () => {
		const kind = readMappingFile(example, 'press.yaml').mapping;
		if (kind === null) throw new Error();
		const mapped = [mappedKind(kind)];
		fc.assert(
			fc.property(
				fc.oneof(
					fc.json(),
					fc.record({ alarms: fc.array(fc.jsonValue()) }).map((body) => JSON.stringify(body)),
					fc.string(),
				),
				(body) => {
					const parsed = parseBody('press', body, { source: 's', receivedAt, timeZone: 'UTC' }, mapped);
					if (parsed.kind === 'parsed')
						for (const item of parsed.items) if (item.kind === 'alert') AlertSchema.parse(item.alert);
				},
			),
		);
	});
});
