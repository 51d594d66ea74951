import { existsSync, readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatFinding } from '../../src/config/finding.ts';
import { loadInventoryFile } from '../../src/config/inventory-file.ts';

const NOW = Date.UTC(2026, 0, 5, 3);
const load = (text: string, file: string) => loadInventoryFile(text, file, NOW);
const findingsOf = (text: string, file: string): string[] => load(text, file).findings.map(formatFinding);

const YAML = `assets:
  - id: north-plc-1
    hostname: [PLC-1, plc-1.north.example]
    ip: 10.20.1.5 10.20.2.5
    mac: 00-1B-44-11-3A-B7
    site: north
    zone: cell-1
    purdue: 1
    kind: plc
    vendor: Siemens
    criticality: 5
    domain: ot
    switch: SW-3
    owner: ot-team
    sole_view: false
    rack: 007
  - id: "008"
    ip: [2001:db8::1]
    kind: eng
    purdue: 3.5
    zone: dmz
zones:
  - {id: cell-1, site: north, purdue: 1, ranges: [10.20.0.0/16], sis: yes}
  - {id: dmz, purdue: DMZ}
conduits:
  - {from: cell-1, to: dmz, via: "008"}
`;
const CSV = `id,hostname,ip,mac,site,zone,purdue,kind,vendor,os,criticality,domain,switch,rack
north-plc-1,"PLC-1 plc-1.north.example",10.20.1.5 10.20.2.5,001b.4411.3ab7,north,cell-1,1,plc,"Siemens, ""AG""",,5,ot,SW-3,007
008,,2001:DB8:0:0::1,,,dmz,3.5,eng,,Windows 11,,,,
`;

describe('an inventory', () => {
	it('in YAML becomes assets, zones and conduits', () => {
		const { data, findings } = load(YAML, 'inventory.yaml');
		expect(findings).toEqual([]);
		expect(data?.assets[0]).toMatchObject({
			id: 'north-plc-1',
			hostnames: ['PLC-1', 'plc-1.north.example'],
			ips: ['10.20.1.5', '10.20.2.5'],
			macs: ['00:1b:44:11:3a:b7'],
			level: '1',
			class: 'plc',
			class_raw: null,
			criticality: 5,
			owner: 'ot-team',
			facts: { sole_view: false },
			tags: { rack: '007' },
		});
		expect(data?.assets[1]).toMatchObject({
			id: '008',
			ips: ['2001:db8::1'],
			class: 'engineering_workstation',
			level: '3.5',
		});
		expect(data?.zones).toMatchObject([
			{ id: 'cell-1', sis: true, level: '1', ranges: ['10.20.0.0/16'] },
			{ id: 'dmz', sis: false, level: '3.5' },
		]);
		expect(data?.conduits).toEqual([{ id: 'cell-1-dmz', from: 'cell-1', to: 'dmz', via: '008' }]);
		expect(data?.confirmedAt).toBe(NOW);
	});

	it('in CSV gives the same assets', () => {
		const { data, findings } = load(CSV, 'inventory.csv');
		expect(findings).toEqual([]);
		expect(data?.assets[0]).toMatchObject({
			hostnames: ['PLC-1', 'plc-1.north.example'],
			ips: ['10.20.1.5', '10.20.2.5'],
			vendor: 'Siemens, "AG"',
			tags: { rack: '007' },
		});
		expect(data?.assets[1]).toMatchObject({ id: '008', os: 'Windows 11', ips: ['2001:db8::1'] });
	});

	it('is told from its content where the name does not say', () => {
		expect(load(CSV, '-').data?.assets).toHaveLength(2);
		expect(load(YAML, '-').data?.assets).toHaveLength(2);
	});

	it('with semicolons, CRLF line ends and a byte order mark is read too', () => {
		const text = `\ufeff${CSV.replaceAll('"Siemens, ""AG"""', 'Siemens').replaceAll(',', ';').replaceAll('\n', '\r\n')}`;
		expect(load(text, 'inventory.csv')).toMatchObject({
			findings: [],
			data: { assets: [{ id: 'north-plc-1' }, { id: '008' }] },
		});
	});

	it('says when it was confirmed', () => {
		expect(load('confirmed_at: 2025-12-01T00:00:00Z\nassets: []\n', 'i.yaml').data?.confirmedAt).toBe(
			Date.UTC(2025, 11, 1),
		);
		expect(findingsOf('confirmed_at: 2027-12-01T00:00:00Z\nassets: []\n', 'i.yaml')[0]).toContain('lies in the future');
		expect(findingsOf('confirmed_at: soon\nassets: []\n', 'i.yaml')[0]).toContain('is no time');
	});

	it('keeps an unknown kind, says so, and counts it as unknown', () => {
		const { data, findings } = load('id,kind\na,robot\nb,plcc\n', 'i.csv');
		expect(data?.assets).toMatchObject([
			{ class: 'unknown', class_raw: 'robot' },
			{ class: 'unknown', class_raw: 'plcc' },
		]);
		expect(findings.map((finding) => finding.level)).toEqual(['warning', 'warning']);
		expect(findings[1]).toMatchObject({ line: 3, column: 3, help: expect.stringContaining('did you mean `plc`') });
	});

	it('warns of a name that two assets claim, a fact in the wrong place, and a column under another name', () => {
		const { data, findings } = load('id,hostname,level,zone_state\na,X,1,normal\nb,x,2,\n', 'i.csv');
		expect(data).not.toBeNull();
		expect(findings.map(formatFinding).join('\n')).toMatch(
			/i\.csv:1:13: warning: the column `level`[\s\S]*did you mean `purdue`[\s\S]*`zone_state` is about a zone[\s\S]*i\.csv:3:1: warning: asset `b` has the name `x` of `a` in line 2/,
		);
	});
});

const CSV_FAULTS: readonly [string, string, string][] = [
	['no id column', 'hostname,ip\na,10.0.0.1\n', 'i.csv:1:1: no column `id`'],
	[
		'a column with a slip',
		'id,hostnam\na,b\n',
		'i.csv:1:4: unknown column `hostnam`\n    help: did you mean `hostname`?',
	],
	[
		'a fact with a slip',
		'id,sole_veiw\na,true\n',
		'i.csv:1:4: unknown column `sole_veiw`\n    help: did you mean `sole_view`?',
	],
	['a column twice', 'id,ip,IP\na,10.0.0.1,10.0.0.2\n', 'i.csv:1:7: the column `ip` stands twice'],
	['no id', 'id,ip\n,10.0.0.1\n', 'i.csv:2:1: this asset has no `id`'],
	['an id twice', 'id,ip\na,10.0.0.1\nA,10.0.0.2\n', 'i.csv:3:1: the id `A` stands twice, first in line 2'],
	[
		'an address twice',
		'id,ip\na,10.0.0.1\nb,10.0.0.2 10.0.0.1\n',
		'i.csv:3:1: asset `b` has the address `10.0.0.1` of `a` in line 2',
	],
	['an IPv6 address twice', 'id,ip\na,2001:db8::1\nb,2001:DB8:0::1\n', 'i.csv:3:1: asset `b` has the address'],
	[
		'a MAC twice',
		'id,mac\na,00:1b:44:11:3a:b7\nb,001b.4411.3ab7\n',
		'i.csv:3:1: asset `b` has the address `00:1b:44:11:3a:b7`',
	],
	['an address that is none', 'id,ip\na,10.0.0.300\n', 'i.csv:2:3: asset `a`: `10.0.0.300` is not valid in `ip`'],
	['an address with a prefix', 'id,ip\na,10.0.0.3/24\n', 'is not valid in `ip`'],
	['an address with a leading zero', 'id,ip\na,10.0.0.010\n', 'is not valid in `ip`'],
	['an IPv6 address that is none', 'id,ip\na,2001::db8::1\n', 'is not valid in `ip`'],
	['a MAC that is none', 'id,mac\na,00:1b:44\n', 'is not valid in `mac`'],
	['a level that is none', 'id,purdue\na,6\n', 'i.csv:2:3: asset `a`: `6` is no Purdue level'],
	['a criticality of 0', 'id,criticality\na,0\n', 'i.csv:2:3: asset `a`: `0` is no criticality'],
	['a criticality of 6', 'id,criticality\na,6\n', '`6` is no criticality'],
	['a criticality in words', 'id,criticality\na,high\n', '`high` is no criticality'],
	['a domain that is none', 'id,domain\na,both\n', '`both` is no domain'],
	[
		'a fact that is neither true nor false',
		'id,sole_view\na,maybe\n',
		'i.csv:2:3: fact `sole_view`: `maybe` is neither',
	],
	['too few cells', 'id,ip,os\na,10.0.0.1\n', 'i.csv:2:1: this row has 2 cells, the header has 3'],
	['too many cells', 'id,ip\na,10.0.0.1,x\n', 'i.csv:2:1: this row has 3 cells, the header has 2'],
	['a quote that never closes', 'id,os\na,"Windows\nb,c\n', 'i.csv:2:3: this quoted cell is never closed'],
	['a quote inside a plain cell', 'id,os\na,19" rack\n', 'i.csv:2:3: a quote inside the plain cell'],
	['text behind a quote', 'id,os\na,"x"y\n', 'i.csv:2:6: text after the closing quote'],
	['nothing', '', 'i.csv:1:1: the file is empty'],
];
const YAML_FAULTS: readonly [string, string, string][] = [
	['an unknown key at the top', 'asets: []\n', 'i.yaml:1:1: unknown key `asets`\n    help: did you mean `assets`?'],
	['a list where the mapping is due', '- id: a\n', 'i.yaml:1:1: the file is no mapping'],
	['a mapping where the list is due', 'assets: {id: a}\n', 'i.yaml:1:9: `assets` is no list'],
	['an asset that is a word', 'assets: [plc]\n', 'i.yaml:1:10: `plc` is no mapping'],
	['a duplicate key', 'assets:\n  - id: a\n    id: b\n', 'i.yaml:3:5: not readable as YAML'],
	['a mapping as a value', 'assets:\n  - id: a\n    ip: {v4: 10.0.0.1}\n', 'i.yaml:3:9: a mapping stands where'],
	[
		'two values where one is due',
		'assets:\n  - id: a\n    zone: [x, y]\n',
		'i.yaml:3:11: asset `a`: `zone` takes one value',
	],
	[
		'an alias bomb',
		`a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [${'*a,'.repeat(9)}]\nc: &c [${'*b,'.repeat(9)}]\nassets: [${'*c,'.repeat(9)}]\n`,
		'not readable as YAML',
	],
	['nesting without end', '['.repeat(5_000), 'not readable as YAML'],
	['a zone with an unknown key', 'zones: [{id: a, rnages: []}]\n', 'unknown key `rnages`'],
	[
		'a zone with a range that is none',
		'zones: [{id: a, ranges: [10.0.0.0/33]}]\n',
		'`10.0.0.0/33` is not valid in `ranges`',
	],
	['a zone twice', 'zones: [{id: a}, {id: a}]\n', 'the zone `a` stands twice'],
	[
		'a conduit to nowhere',
		'zones: [{id: cell-1}, {id: dmz}]\nconduits: [{from: cell-1, to: dmzz}]\n',
		'there is no zone `dmzz`\n    help: did you mean `dmz`?',
	],
	[
		'a conduit through no asset',
		'zones: [{id: a}, {id: b}]\nconduits: [{from: a, to: b, via: fw}]\n',
		'there is no asset `fw`',
	],
	['a conduit without an end', 'conduits: [{from: a}]\n', 'needs the two zones'],
];

describe('an inventory is refused, with the place, for', () => {
	it.each(CSV_FAULTS)('%s (CSV)', (_, text, expected) => {
		const { data } = load(text, 'i.csv');
		expect(data).toBeNull();
		expect(findingsOf(text, 'i.csv').join('\n')).toContain(expected);
	});

	it.each(YAML_FAULTS)('%s (YAML)', (_, text, expected) => {
		const { data } = load(text, 'i.yaml');
		expect(data).toBeNull();
		expect(findingsOf(text, 'i.yaml').join('\n')).toContain(expected);
	});

	it('all of its faults at once, in the order of their place', () => {
		const lines = load(
			'id,ip,purdue,criticality\na,10.0.0.300,9,1\nb,10.0.0.1,1,9\nb,10.0.0.1,1,1\n',
			'i.csv',
		).findings.map((finding) => finding.line);
		expect(lines).toEqual([2, 2, 3, 4]);
	});
});

describe('the loader', () => {
	it('never throws, and refuses nothing without saying why', () => {
		const anyText = fc.oneof(
			fc.string({ maxLength: 300 }),
			fc.string({ unit: 'binary', maxLength: 300 }),
			fc
				.array(
					fc.constantFrom(
						'id',
						',',
						'"',
						'\n',
						'\r\n',
						'assets:',
						'- ',
						'[',
						'{',
						'&a',
						'*a',
						': ',
						'10.0.0.1',
						'  ',
						'purdue',
						'\u0000',
						'__proto__',
						'constructor',
					),
				)
				.map((parts) => parts.join('')),
		);
		fc.assert(
			fc.property(anyText, fc.constantFrom('i.csv', 'i.yaml', '-'), (text, file) => {
				const { data, findings } = load(text, file);
				expect(data === null).toBe(findings.some((finding) => finding.level === 'error'));
			}),
			{ numRuns: 500 },
		);
	});

	it('keeps every cell of any table that is quoted as RFC 4180 says', () => {
		// Cells are trimmed when they stand plain: here all are quoted.
		const cell = fc
			.string({ unit: fc.constantFrom('a', 'B', '7', ' ', ',', '"', '\n', '\r\n', ';', 'ä') })
			.filter((text) => text.trim() !== '');
		fc.assert(
			fc.property(fc.array(cell, { minLength: 1, maxLength: 20 }), (cells) => {
				const rows = cells.map((text, index) => `a${index},"${text.replaceAll('"', '""')}"\n`).join('');
				const { data, findings } = load(`id,note_text\n${rows}`, 'i.csv');
				expect(findings).toEqual([]);
				expect(data?.assets.map((asset) => asset.tags['note_text'])).toEqual(cells);
			}),
		);
	});

	it('shows control characters of a hostile file as escapes', () => {
		const text = findingsOf('id,purdue\na,\u001b[31mred\u0007\n', 'i.csv').join('\n');
		expect(text).toContain('\\u001b[31mred\\u0007');
		expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
	});

	it('keeps the number of findings in bounds and says that there are more', () => {
		const { findings } = load(`id,purdue\n${Array.from({ length: 1_000 }, (_, n) => `a${n},9\n`).join('')}`, 'i.csv');
		expect(findings).toHaveLength(201);
		expect(findings.at(-1)?.message).toBe('800 more findings are not listed');
	});

	it('takes a column called __proto__ for a tag', () => {
		const { data } = load('id,__proto__\na,x\n', 'i.csv');
		expect(Object.entries(data?.assets[0]?.tags ?? {})).toEqual([['__proto__', 'x']]);
	});
});

const streams = new URL('../../../shared/eval/streams/', import.meta.url);
describe.skipIf(!existsSync(streams))('the inventories of the reference streams', () => {
	const folders = existsSync(streams)
		? readdirSync(streams, { withFileTypes: true }).filter((entry) => entry.isDirectory())
		: [];
	it.each(folders.map((folder) => folder.name))('%s load without a finding, the same from YAML and CSV', (name) => {
		const text = (file: string) => readFileSync(new URL(`${name}/${file}`, streams), 'utf8');
		const [yaml, csv] = [load(text('assets.yaml'), 'assets.yaml'), load(text('assets.csv'), 'assets.csv')];
		expect([...yaml.findings, ...csv.findings]).toEqual([]);
		expect(yaml.data).toEqual(csv.data);
	});
});
