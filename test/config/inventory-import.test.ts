// Exports of asset platforms, read and merged into an inventory: what is taken, what stays, and what is never taken silently.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readExport } from '../../src/config/inventory-export.ts';
import { loadInventoryFile } from '../../src/config/inventory-file.ts';
import { type ImportPlan, planImport } from '../../src/config/inventory-plan.ts';
import type { ImportRecord, Platform } from '../../src/config/inventory-record.ts';
import { marksOf, writeChanges, writeDismissed } from '../../src/config/inventory-write.ts';
import type { InventoryData } from '../../src/domain/asset.ts';

const NOW = Date.UTC(2026, 2, 1, 8);
/** Assets of these tests whose class and level a person has looked at. */
const LOOKED_AT = ['press-plc', 'b', 'p', 'panel'];

function recordsOf(
	platform: Platform,
	...values: unknown[]
): { records: readonly ImportRecord[]; notes: readonly string[] } {
	const texts = values.map((value) => ({
		name: 'export',
		text: typeof value === 'string' ? value : JSON.stringify(value),
	}));
	const read = readExport(platform, texts, NOW);
	if (!read.ok) throw new Error(read.error);
	return read.value;
}
function load(text: string): InventoryData {
	if (text === '') return { assets: [], zones: [], conduits: [], confirmedAt: NOW };
	const { data, findings } = loadInventoryFile(text, 'inventory.yaml', NOW);
	if (data === null) throw new Error(JSON.stringify(findings));
	return data;
}
/** One import into a text: the plan, and the text after it. */
function run(
	text: string,
	platform: Platform,
	records: readonly ImportRecord[],
	accepted: readonly string[] = [],
): { plan: ImportPlan; text: string; data: InventoryData } {
	const data = load(text);
	const plan = planImport({ data, marks: marksOf(text), platform, records, accepted: new Set(accepted) });
	const changes = [...plan.ready, ...plan.seenOnly];
	if (changes.length === 0) return { plan, text, data };
	const written = writeChanges(text, data, changes, NOW);
	if (!written.ok) throw new Error(written.error);
	return { plan, text: written.value, data: load(written.value) };
}
const nozomi = (...assets: object[]) => recordsOf('nozomi', { result: assets, total: assets.length }).records;
const ID_A = '0d1c5a7e-0000-4000-8000-00000000000a';
const ID_B = '0d1c5a7e-0000-4000-8000-00000000000b';
const PLC = {
	id: ID_A,
	name: 'press-plc',
	ip: ['10.3.0.11'],
	mac_address: ['02:1b:1b:00:00:0b'],
	type: 'controller',
	level: '1.0',
	vendor: 'Acme',
	last_activity_time: '1767225600000',
};
const PC = {
	id: ID_B,
	name: 'office-7',
	ip: ['10.9.0.7'],
	mac_address: [],
	type: 'computer',
	level: '4.0',
	vendor: 'Bolt',
};

describe('exports are read in the form of their platform', () => {
	it('NetBox: a device, its interfaces and addresses are one thing, in both spellings of MAC addresses', () => {
		const devices = {
			count: 2,
			next: null,
			results: [
				{
					id: 4,
					name: 'cell-plc',
					device_type: { manufacturer: { name: 'Acme', slug: 'acme' }, model: 'X' },
					role: { name: 'PLC', slug: 'plc' },
					site: { name: 'North', slug: 'north' },
					platform: { name: 'fw 2' },
					status: { value: 'active' },
					primary_ip: { address: '10.3.0.4/24' },
					custom_fields: { purdue: 1, criticality: 4 },
				},
				{ id: 5, name: 'old-plc', device_type: {}, device_role: { slug: 'plc' }, status: { value: 'decommissioning' } },
			],
		};
		const interfaces = {
			results: [
				{
					id: 9,
					name: 'eth0',
					device: { id: 4, name: 'cell-plc' },
					mac_address: '02:AA:00:00:00:04',
					mac_addresses: [{ id: 1, mac_address: '02:AA:00:00:00:05' }],
				},
			],
		};
		const addresses = {
			results: [{ id: 3, address: '10.3.1.4/24', family: { value: 4 }, assigned_object: { id: 9, device: { id: 4 } } }],
		};
		const { records, notes } = recordsOf('netbox', devices, interfaces, addresses);
		expect(records).toHaveLength(1);
		expect(records[0]).toMatchObject({
			ref: 'device/4',
			fields: {
				hostname: ['cell-plc'],
				ip: ['10.3.0.4', '10.3.1.4'],
				mac: ['02:aa:00:00:00:04', '02:aa:00:00:00:05'],
				site: ['north'],
				kind: ['plc'],
				purdue: ['1'],
				criticality: ['4'],
				vendor: ['Acme'],
				os: ['fw 2'],
			},
		});
		expect(notes.join()).toContain('planned, staged');
	});

	it('NetBox: a machine and a device of one number are two things', () => {
		const { records } = recordsOf('netbox', {
			results: [
				{ id: 4, name: 'a', device_type: {} },
				{ id: 4, name: 'b', vcpus: 2, cluster: { id: 1 } },
			],
		});
		expect(records.map((record) => record.ref)).toEqual(['device/4', 'vm/4']);
	});

	it('Nozomi: JSON and CSV of the same assets give the same', () => {
		const csv = `id,name,ip,mac_address,type,level,vendor,last_activity_time\n${ID_A},press-plc,"[""10.3.0.11""]","[""02:1b:1b:00:00:0b""]",controller,1.0,Acme,1767225600000\n`;
		const [json, fromCsv] = [nozomi(PLC), recordsOf('nozomi', csv).records];
		expect(json[0]).toMatchObject({
			seenAt: '2026-01-01T00:00:00.000Z',
			fields: { vendor_id: [`nozomi:${ID_A}`, ID_A], kind: ['plc'], purdue: ['1'] },
		});
		expect(fromCsv).toEqual(json);
	});

	it('Claroty CTD: enumerations, ghosts left out', () => {
		const { records } = recordsOf('claroty-ctd', {
			objects: [
				{
					id: 7,
					resource_id: '7-1',
					name: 'HMI_2',
					ipv4: ['10.3.0.20'],
					mac: ['02:00:5e:00:00:20'],
					asset_type__: 'eHMI',
					class_type__: 'eOT',
					criticality__: 'eHigh',
					site_name: 'north',
					virtual_zone_name: 'HMI: Acme',
					vendor: 'Acme',
					last_seen: '2026-02-28T10:00:00+00:00',
				},
				{ id: 8, resource_id: '8-1', name: 'x', is_ghost: true },
			],
		});
		expect(records).toHaveLength(1);
		expect(records[0]).toMatchObject({
			ref: '7-1',
			seenAt: '2026-02-28T10:00:00.000Z',
			fields: { kind: ['hmi'], domain: ['ot'], criticality: ['5'], zone: ['HMI: Acme'] },
		});
	});

	it('Claroty xDome: lists, levels in words, retired devices left out', () => {
		const { records } = recordsOf('claroty-xdome', {
			devices: [
				{
					uid: ID_A,
					local_name: 'ews-1',
					ip_list: ['10.3.0.30'],
					mac_list: ['02:00:5e:00:00:30'],
					device_category: 'OT',
					device_type: 'Engineering Station',
					purdue_level: 'Level 2',
					manufacturer: 'Acme',
					last_seen_list: ['2026-02-28T10:00:00Z'],
				},
				{ uid: ID_B, retired: true },
			],
		});
		expect(records).toHaveLength(1);
		expect(records[0]).toMatchObject({
			fields: { hostname: ['ews-1'], kind: ['engineering_workstation'], purdue: ['2'], domain: ['ot'] },
		});
	});

	it.each([
		['netbox', '<html>log in</html>'],
		['nozomi', '{"error": "no"}'],
		['claroty-ctd', '{"objects": [{}]}'],
		['csv', 'hostname,ip\na,10.0.0.1\n'],
		['yaml', 'assets: [{id: a, ip: 10.0.0.999}]'],
	] as const)('%s: what is no export is refused whole: %s', (platform, text) => {
		expect(readExport(platform, [{ name: 'export', text }], NOW).ok).toBe(false);
	});

	it('hostile text is cleaned, addresses of nobody and names with blanks are not taken', () => {
		const { records, notes } = recordsOf('nozomi', [
			{
				id: 'n1',
				name: 'a\u202eb\u0000 c',
				ip: ['127.0.0.1', '0.0.0.0', '224.0.0.1', '10.1.1.1'],
				mac_address: ['ff:ff:ff:ff:ff:ff', '01:00:5e:00:00:01'],
				vendor: 'x'.repeat(5000),
				level: '99',
				type: { deep: [] },
			},
		]);
		expect(records[0]?.fields).toMatchObject({ hostname: [], ip: ['10.1.1.1'], mac: [], purdue: [], kind: [] });
		expect(records[0]?.fields.vendor[0]).toHaveLength(200);
		expect(notes.length).toBeGreaterThan(0);
	});

	it('an address that two things of the export claim is taken from both', () => {
		const records = nozomi(PLC, { ...PC, ip: ['10.3.0.11', '10.9.0.7'] });
		expect(records.map((record) => record.fields.ip)).toEqual([[], ['10.9.0.7']]);
	});

	it('no input makes a reader throw', () => {
		fc.assert(
			fc.property(
				fc.constantFrom<Platform>('netbox', 'nozomi', 'claroty-ctd', 'claroty-xdome', 'csv', 'yaml'),
				fc.oneof(fc.string(), fc.json()),
				(platform, text) => {
					readExport(platform, [{ name: 'export', text }], NOW);
				},
			),
			{ numRuns: 300 },
		);
	});
});

describe('people win', () => {
	const HAND = `# the press hall, walked by Ole
assets:
  # replaced in May
  - id: press
    ip: 10.3.0.11 # from the cabinet's label
    kind: sis
    purdue: 1
    sole_view: true
    confirmed_at: 2026-01-01T00:00:00Z
zones: [{ id: hall, sis: false }]
`;

	it('what they set stays, comments and facts too, and what was empty is filled in', () => {
		const { plan, text, data } = run(HAND, 'nozomi', nozomi(PLC), ['press']);
		expect(data.assets[0]).toMatchObject({
			id: 'press',
			class: 'sis',
			ips: ['10.3.0.11'],
			hostnames: ['press-plc'],
			vendor: 'Acme',
			facts: { sole_view: true },
			confirmed_at: '2026-01-01T00:00:00.000Z',
		});
		expect(plan.kept).toContainEqual({ asset: 'press', field: 'kind', here: ['sis'], there: ['plc'] });
		for (const comment of ['# the press hall, walked by Ole', '# replaced in May', "# from the cabinet's label"])
			expect(text).toContain(comment);
	});

	it('an imported value that they change stays changed, one that they take out stays out', () => {
		const first = run('', 'nozomi', nozomi(PLC), LOOKED_AT).text;
		const edited = first.replace('vendor: Acme', 'vendor: Acme Europe').replace('ip: 10.3.0.11', 'ip: 10.3.0.99');
		expect(edited).not.toBe(first);
		const { plan, data } = run(edited, 'nozomi', nozomi({ ...PLC, vendor: 'Acme Asia' }));
		expect(data.assets[0]).toMatchObject({ vendor: 'Acme Europe', ips: ['10.3.0.99'] });
		expect(plan.kept.map((kept) => kept.field).sort()).toEqual(['ip', 'vendor']);
	});

	it('an imported value follows its source, and not another one', () => {
		const first = run('', 'nozomi', nozomi(PLC), LOOKED_AT).text;
		expect(run(first, 'nozomi', nozomi({ ...PLC, vendor: 'Newco' })).data.assets[0]?.vendor).toBe('Newco');
		const other = recordsOf('claroty-xdome', {
			devices: [{ uid: 'x1', mac_list: PLC.mac_address, manufacturer: 'Otherco' }],
		}).records;
		const { data, plan } = run(first, 'claroty-xdome', other);
		expect(data.assets[0]?.vendor).toBe('Acme');
		expect(plan.kept).toMatchObject([{ field: 'vendor' }]);
	});

	it('what leaves the source is told and stays', () => {
		const first = run('', 'nozomi', nozomi(PLC), LOOKED_AT).text;
		const { plan, data } = run(
			first,
			'nozomi',
			nozomi({ ...PLC, id: 'other-controller-id', name: 'b', ip: ['10.3.0.12'], mac_address: [] }),
			LOOKED_AT,
		);
		expect(plan.gone).toEqual(['press-plc']);
		expect(data.assets.map((asset) => asset.id)).toEqual(['press-plc', 'b']);
	});
});

describe('an export never loosens by itself', () => {
	const PLANT = `confirmed_at: 2026-02-01T00:00:00Z
assets:
  - { id: trip, ip: 10.3.0.5, mac: 02:00:00:00:00:05, kind: sis, purdue: 1, imported: [IMPORTED] }
  - { id: mixer, hostname: mixer.north, ip: 10.3.0.6, site: north }
  - { id: panel, ip: 10.3.0.8, kind: hmi }
zones:
  - { id: sis-zone, sis: true, ranges: [10.7.0.0/16] }
  - { id: office }
`;
	it.each([
		['a new office computer, which was judged as a controller while it was unknown', '', PC, 'office-7'],
		[
			'a level further from the process',
			PLANT,
			{ ...PLC, name: 'm', ip: ['10.3.0.8'], mac_address: [], type: 'x', level: '3' },
			'panel',
		],
		[
			'a class that is less strict',
			PLANT,
			{ ...PLC, name: 'm', ip: ['10.3.0.6'], mac_address: [], type: 'computer', level: '1' },
			'mixer',
		],
		['an unlisted address in a range of safety systems', PLANT, { ...PLC, ip: ['10.7.1.1'] }, 'press-plc'],
		[
			'a controller under the short name of a safety system',
			PLANT.replace('id: trip,', 'id: t1, hostname: trip.north,'),
			{ ...PLC, name: 'trip.south' },
			'trip.south',
		],
	])('%s is held back until it is accepted', (_, text, asset, id) => {
		const before = run(text, 'nozomi', nozomi(asset));
		expect(before.plan.ready).toEqual([]);
		expect(before.plan.held.map((change) => change.asset)).toEqual([id]);
		expect(before.plan.held[0]?.looser.length).toBeGreaterThan(0);
		const after = run(text, 'nozomi', nozomi(asset), [id]);
		expect(after.plan.ready.map((change) => change.asset)).toEqual([id]);
		expect(after.plan.held).toEqual([]);
	});

	it('a lower criticality, another site and OT turned to IT are looser', () => {
		const first = recordsOf('csv', 'id,ip,site,criticality,domain,kind,purdue\np,10.3.0.9,north,5,ot,plc,1\n').records;
		const held = run('', 'csv', first, LOOKED_AT);
		expect(held.plan.ready).toHaveLength(1);
		for (const row of ['p,10.3.0.9,north,4,ot,plc,1', 'p,10.3.0.9,south,5,ot,plc,1', 'p,10.3.0.9,north,5,it,plc,1']) {
			const { plan } = run(
				held.text,
				'csv',
				recordsOf('csv', `id,ip,site,criticality,domain,kind,purdue\n${row}\n`).records,
			);
			expect([row, plan.held.length, plan.ready.length]).toEqual([row, 1, 0]);
		}
	});

	it('an address of another asset is a conflict, and neither is changed', () => {
		const text = run('', 'nozomi', nozomi(PLC), LOOKED_AT).text;
		const thief = {
			...PLC,
			id: 'a-thief-of-addresses',
			name: 'thief',
			ip: ['10.3.0.77'],
			mac_address: PLC.mac_address,
		};
		const { plan } = run(text, 'nozomi', nozomi({ ...PLC, mac_address: [] }, thief), ['thief']);
		expect(plan.conflicts).toHaveLength(1);
		expect(plan.ready).toEqual([]);
	});

	it('facts, confirmed_at, zones and tags of a list are not taken', () => {
		const { records, notes } = recordsOf(
			'yaml',
			'assets:\n  - { id: p, ip: 10.3.0.9, kind: plc, purdue: 1, redundant_pair: true, confirmed_at: 2026-02-28T00:00:00Z, rack: 7 }\nzones: [{ id: z, sis: false }]\n'.replace(
				'redundant_pair: true, ',
				'sole_view: false, ',
			),
		);
		const { data } = run('', 'yaml', records, LOOKED_AT);
		expect(data.assets[0]).toMatchObject({ facts: {}, confirmed_at: null, tags: {} });
		expect(data.zones).toEqual([]);
		expect(notes).toHaveLength(2);
	});

	it('a new inventory ages from the day of its import', () => {
		expect(run('', 'nozomi', nozomi(PLC), LOOKED_AT).text).toContain('confirmed_at: 2026-03-01T08:00:00.000Z');
	});
});

describe('laws', () => {
	const word = fc.constantFrom('a', 'b', 'c', 'd');
	const asset = fc.record({
		id: fc.constantFrom('id-1', 'id-2', 'id-3', 'id-4'),
		name: word,
		ip: fc.array(fc.constantFrom('10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4'), { maxLength: 2 }),
		mac_address: fc.array(fc.constantFrom('02:00:00:00:00:01', '02:00:00:00:00:02'), { maxLength: 1 }),
		type: fc.constantFrom('controller', 'computer', 'HMI', 'mystery', 'safety controller'),
		level: fc.constantFrom('0', '1.0', '2.0', '4.0', 'x'),
		vendor: word,
	});
	const exported = fc.array(asset, { maxLength: 4 });
	const everything = ['a', 'b', 'c', 'd', 'nozomi-id-1', 'nozomi-id-2', 'nozomi-id-3', 'nozomi-id-4'];

	it('the same export twice changes nothing the second time; the file always loads as planned', () => {
		fc.assert(
			fc.property(exported, exported, fc.boolean(), (one, two, isAccepted) => {
				const accepted = isAccepted ? everything : [];
				const first = run('', 'nozomi', nozomi(...one), accepted);
				const second = run(first.text, 'nozomi', nozomi(...two), accepted);
				const third = run(second.text, 'nozomi', nozomi(...two), accepted);
				expect(third.plan.ready).toEqual([]);
				expect(third.text).toBe(second.text);
			}),
			{ numRuns: 200 },
		);
	});
});

describe('dismissed names', () => {
	it('are written beside the assets, with the note as a comment, and change no judgement', () => {
		const written = writeDismissed('assets: [] # none yet\n', 'PRN-7.Office', 'the printer', load('assets: []'), NOW);
		expect(written.ok && written.value).toContain('- prn-7.office # the printer');
		expect(written.ok && written.value).toContain('# none yet');
		expect(written.ok && load(written.value).dismissed).toEqual(['prn-7.office']);
	});

	it('that are no names are findings', () => {
		for (const text of ['assets: []\ndismissed: x\n', 'assets: []\ndismissed: [[x]]\n'])
			expect(loadInventoryFile(text, 'inventory.yaml', NOW).data).toBeNull();
	});
});
