import { describe, expect, it } from 'vitest';
import { formatFinding } from '../../src/config/finding.ts';
import { readMappingFile } from '../../src/config/mapping-file.ts';

const GOOD = `format: json
each: body.alarms
alert:
  title: record.text
  severity: {value: record.prio, scale: {"1": critical}}
  closed_when: record.state == "normal"
  identity: [record.tag]
`;

const faultsOf = (text: string, file = 'mappings/press.yaml') => {
	const { mapping, findings } = readMappingFile(text, file);
	expect(mapping).toBeNull();
	return findings.map(formatFinding).join('\n');
};

describe('a mapping file', () => {
	it('is read, with short and long forms, and its kind is its name', () => {
		const { mapping, findings } = readMappingFile(GOOD, 'plant/mappings/press-monitor.yaml');
		expect(findings).toEqual([]);
		expect(mapping?.kind).toBe('press-monitor');
		expect(mapping?.mapping).toMatchObject({
			sweep: true,
			alert: { kind: 'security', severity: { value: 'record.prio' } },
		});
	});

	it.each([
		[
			'an unknown variable',
			GOOD.replace('record.text', 'recrd.text'),
			'mappings/press.yaml:4:10: `alert.title`: line 1, column 1 of the expression: Unknown variable: recrd',
		],
		[
			'broken syntax',
			GOOD.replace('record.tag', '"record.tag +"'),
			'mappings/press.yaml:7:14: `alert.identity.0`: line 1',
		],
		[
			'a condition that is none',
			GOOD.replace('record.state == "normal"', '"\\"x\\""'),
			'`alert.closed_when`: line 1, column 1 of the expression: this gives a value of type string',
		],
		[
			'`record` where only the body is there',
			GOOD.replace('body.alarms', 'record.alarms'),
			'mappings/press.yaml:2:7: `each`: line 1, column 1 of the expression: Unknown variable: record',
		],
		[
			'a misspelt key',
			GOOD.replace('closed_when', 'closed_wen'),
			'mappings/press.yaml:6:3: `alert`: unknown key `closed_wen`\n    help: did you mean `closed_when`?',
		],
		['a severity of no scale', GOOD.replace('critical', 'catastrophic'), '`catastrophic` is not known here'],
		['a missing title', GOOD.replace('  title: record.text\n', ''), '`alert`: `title` is missing'],
		['a pattern without its format', `${GOOD}line: "(?P<a>.)"\n`, 'stands with `format: line`, and only there'],
		[
			'a pattern that is no RE2',
			GOOD.replace('format: json\neach: body.alarms', 'format: line\nline: "(?=a)(?P<b>.)"'),
			'mappings/press.yaml:2:7: `line`',
		],
		[
			'a pattern without names',
			GOOD.replace('format: json\neach: body.alarms', 'format: line\nline: "(.*)"'),
			'names no group',
		],
		['a split of what is one record a line', GOOD.replace('format: json', 'format: cef'), 'splits a JSON body'],
		['broken YAML', 'format: [', 'not readable as YAML'],
		['nothing', '', 'the file is empty'],
	])('with %s is refused at its place', (_, text, message) => {
		expect(faultsOf(text)).toContain(message);
	});

	it('tells all faults at once, and says what an expression may name', () => {
		const faults = faultsOf(GOOD.replace('record.text', 'recrd.text').replace('record.tag', 'rcord.tag'));
		expect(faults.split('\n').filter((line) => line.startsWith('mappings/'))).toHaveLength(2);
		expect(faults).toContain('an expression here names `record`: `record.field`');
	});

	it('has a name that a kind can have', () => {
		expect(faultsOf(GOOD, 'mappings/Press Monitor.yaml')).toContain('`Press Monitor` is no name of a kind');
	});
});
