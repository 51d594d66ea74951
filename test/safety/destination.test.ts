// What the program may open a connection to at all. The inventory says what stands there; what it does not say is dangerous.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ASSET_CLASSES, type Asset, type InventoryData, LEVELS, type Zone } from '../../src/domain/asset.ts';
import { refuseDestination, refusedAssetAddresses } from '../../src/safety/destination.ts';
import { asset, zone } from './plant.ts';

const CONTROLLERS = ['dcs', 'plc', 'rtu', 'ied', 'io', 'bms_controller', 'unknown'];
const SAFETY = ['sis', 'sis_workstation'];
const server = (more: Partial<Asset> = {}): Asset =>
	asset('server', '4', { id: 'srv-1', hostnames: ['SRV-1'], ips: ['10.30.0.7'], zone: 'office', ...more });
const plant = (assets: readonly Asset[], zones: readonly Zone[] = []): InventoryData => ({
	...{ assets, zones, conduits: [], confirmedAt: 0 },
});
const refuse = (data: InventoryData, host: string, readOnly: string | null = null) =>
	refuseDestination(data, host, readOnly);

describe('an asset of the inventory as a destination', () => {
	it.each(ASSET_CLASSES)('of class %s, at every level', (assetClass) => {
		for (const level of LEVELS) {
			const isRefused =
				CONTROLLERS.includes(assetClass) || SAFETY.includes(assetClass) || ['0', '1', '2', 'unknown'].includes(level);
			const found = refuse(plant([server({ class: assetClass, level })]), '10.30.0.7');
			expect([level, found !== null]).toEqual([level, isRefused]);
		}
	});

	it.each([
		['a controller', { class: 'plc' }, '`srv-1` is a controller (plc)'],
		['a safety system', { class: 'sis' }, '`srv-1` belongs to a safety system'],
		['its workstation', { class: 'sis_workstation' }, '`srv-1` belongs to a safety system'],
		['unknown', { class: 'unknown' }, '`srv-1` is of unknown class in the inventory: it is judged as a controller'],
		['at level 2', { level: '2' }, '`srv-1` stands at level 2'],
		['at no level', { level: 'unknown' }, '`srv-1` has no level in the inventory: it is judged as a controller'],
	] as const)('that is %s is refused with the reason', (_, more, reason) => {
		expect(refuse(plant([server(more)]), '10.30.0.7')).toBe(reason);
	});

	it('in a zone of safety systems is refused, whatever it is and at whatever level', () => {
		const safety = zone({ id: 'office', sis: true });
		expect(refuse(plant([server()], [safety]), 'srv-1')).toBe('`srv-1` stands in a zone of safety systems');
		expect(refuse(plant([server({ level: '2' })], [safety]), 'srv-1', 'srv-1')).toMatch('zone of safety systems');
		expect(refuse(plant([server()], [zone({ id: 'other', sis: true })]), 'srv-1')).toBeNull();
	});

	it('whose address lies in a zone of safety systems is refused, whatever zone it claims', () => {
		const safety = zone({ id: 'safety', sis: true, ranges: ['10.30.0.0/24'] });
		expect(refuse(plant([server()], [safety]), '10.30.0.7')).toMatch('zone of safety systems');
		expect(refuse(plant([server()], [zone({ id: 'cell', level: '1', ranges: ['10.30.0.0/24'] })]), '10.30.0.7')).toBe(
			null,
		);
	});

	it('is a server at level 2 for a connector that names it as the one thing it reads, and for no other', () => {
		const hist = server({ id: 'hist-1', class: 'historian', level: '2' });
		expect(refuse(plant([hist]), '10.30.0.7', 'hist-1')).toBeNull();
		expect(refuse(plant([hist]), '10.30.0.7')).toBe('`hist-1` stands at level 2');
		expect(refuse(plant([hist]), '10.30.0.7', 'SRV-1')).toBeNull();
		expect(refuse(plant([hist]), '10.30.0.7', 'hist-2')).toBe('`hist-1` stands at level 2');
		for (const more of [{ class: 'plc' }, { class: 'sis' }, { class: 'unknown' }, { level: '1' }, { level: 'unknown' }])
			expect(refuse(plant([{ ...hist, ...more } as Asset]), '10.30.0.7', 'hist-1')).not.toBeNull();
	});
});

describe('by which names it is found', () => {
	const plc = asset('plc', '1', {
		...{ id: 'north-plc-1', hostnames: ['PLC-1', 'panel.cell.plant.example.'], ips: ['10.20.1.5', 'fd00::5'] },
	});
	it.each([
		'north-plc-1',
		'NORTH-PLC-1',
		'plc-1',
		'plc-1.cell.plant.example',
		'panel',
		'panel.cell.plant.example',
		'10.20.1.5',
		'::ffff:10.20.1.5',
		'fd00::5',
		'fd00:0:0::5',
	])('%s', (host) => {
		expect(refuse(plant([server(), plc]), host)).toBe('`north-plc-1` is a controller (plc)');
	});

	it.each(['plc-2', 'panel.other.example', '10.20.1.6', 'fd00::6', 'slack.com', '10.20.1'])('not %s', (host) => {
		expect(refuse(plant([server(), plc]), host)).toBeNull();
	});

	it('an id or host name that is an address', () => {
		const named = asset('plc', '1', { id: '10.20.1.7', hostnames: ['FD00::0007'] });
		for (const host of ['10.20.1.7', '::ffff:10.20.1.7', 'fd00::7'])
			expect(refuse(plant([server(), named]), host)).toBe('`10.20.1.7` is a controller (plc)');
	});

	it('a range of its own', () => {
		const ranged = asset('plc', '1', { id: 'plc-9', ips: ['10.21.0.0/24'] });
		expect(refuse(plant([server(), ranged]), '10.21.0.9')).toBe('`plc-9` is a controller (plc)');
		expect(refuse(plant([server(), ranged]), '10.21.1.9')).toBeNull();
	});

	it('an address is no name: an asset called 10 is not meant by 10.0.0.1', () => {
		expect(refuse(plant([asset('plc', '1', { id: '10', hostnames: ['10'] })]), '10.0.0.1')).toBeNull();
	});

	it('two that claim a name are both looked at: one controller among them is enough', () => {
		const twin = server({ hostnames: ['PLC-1'] });
		expect(refuse(plant([twin, plc]), 'plc-1')).not.toBeNull();
		expect(refuse(plant([plc, twin]), 'plc-1')).not.toBeNull();
	});
});

describe('an address that no asset has', () => {
	it.each(LEVELS)('inside the range of a zone at level %s', (level) => {
		const found = refuse(plant([], [zone({ id: 'z', level, ranges: ['10.20.0.0/16'] })]), '10.20.9.9');
		const isOffice = ['3.5', '4', '5'].includes(level);
		expect(found === null).toBe(isOffice);
		if (!isOffice)
			expect(found).toBe(
				'10.20.9.9 lies in zone `z` and no asset of the inventory has it: it is judged as a controller',
			);
	});

	it('inside a zone of unknown level or of safety systems is refused; outside of every zone nothing is known against it', () => {
		expect(refuse(plant([], [zone({ ranges: ['10.20.0.0/16'] })]), '10.20.9.9')).not.toBeNull();
		expect(refuse(plant([], [zone({ level: '4', sis: true, ranges: ['fd00::/8'] })]), 'fd00::1')).not.toBeNull();
		expect(refuse(plant([], [zone({ level: '1', ranges: ['10.20.0.0/16'] })]), '10.21.0.1')).toBeNull();
	});

	it('is refused where an office range holds it too', () => {
		const zones = [
			zone({ id: 'office', level: '4', ranges: ['10.0.0.0/8'] }),
			zone({ id: 'cell', level: '1', ranges: ['10.20.0.0/16'] }),
		];
		expect(refuse(plant([], zones), '10.20.0.1')).toMatch('`cell`');
		expect(refuse(plant([], zones.toReversed()), '10.20.0.1')).toMatch('`cell`');
	});
});

describe('this machine', () => {
	it.each(['127.0.0.1', '127.8.0.1', '::1', '::ffff:127.0.0.1', 'localhost'])('%s is never refused', (host) => {
		const here = asset('plc', '1', { id: 'here', hostnames: ['localhost'], ips: ['127.0.0.1', '127.8.0.1', '::1'] });
		expect(refuse(plant([here], [zone({ sis: true, ranges: ['127.0.0.0/8', '::/0'] })]), host)).toBeNull();
	});
});

describe('every address that is refused', () => {
	it('is one of a refused asset, by class, level, or a zone of safety systems', () => {
		const assets = [
			server(),
			asset('plc', '4', { id: 'plc-1', ips: ['10.20.1.5', '10.20.2.5'] }),
			asset('historian', '2', { id: 'hist-1', ips: ['10.20.1.20'] }),
			server({ id: 'eng-1', ips: ['10.99.0.7', '10.30.0.8'] }),
			server({ id: 'eng-2', ips: ['10.30.0.9'], zone: 'safety' }),
		];
		const zones = [
			zone({ id: 'safety', sis: true, ranges: ['10.99.0.0/24'] }),
			zone({ id: 'office', ranges: ['10.30.0.0/24'] }),
		];
		expect(refusedAssetAddresses(plant(assets, zones))).toEqual([
			...['10.20.1.5', '10.20.2.5', '10.20.1.20', '10.99.0.7', '10.30.0.9'],
		]);
	});
});

describe('laws', () => {
	const anyAsset = fc.record({
		class: fc.constantFrom(...ASSET_CLASSES),
		level: fc.constantFrom(...LEVELS),
		ips: fc.array(fc.ipV4(), { maxLength: 2 }),
		hostnames: fc.array(fc.domain(), { maxLength: 2 }),
	});
	it('no controller, safety system or asset below level 3 is ever a destination under its id, name or address, read or not', () => {
		fc.assert(
			fc.property(fc.array(anyAsset, { minLength: 1, maxLength: 5 }), (drawn) => {
				const assets = drawn.map((one, at) => server({ id: `a-${at}`, ...one }));
				for (const one of assets) {
					const isForbidden =
						CONTROLLERS.includes(one.class) || SAFETY.includes(one.class) || ['0', '1', 'unknown'].includes(one.level);
					for (const host of [one.id, ...one.hostnames, ...one.ips.filter((ip) => !ip.startsWith('127.'))]) {
						if (isForbidden) expect(refuse(plant(assets), host, one.id)).not.toBeNull();
						if (one.level === '2') expect(refuse(plant(assets), host)).not.toBeNull();
					}
				}
			}),
		);
	});

	it('one asset more never allows what was refused', () => {
		fc.assert(
			fc.property(fc.array(anyAsset, { maxLength: 4 }), anyAsset, fc.ipV4(), (drawn, more, host) => {
				const assets = drawn.map((one, at) => server({ id: `a-${at}`, ...one }));
				if (refuse(plant(assets), host) !== null)
					expect(refuse(plant([...assets, server({ id: 'b', ...more })]), host)).not.toBeNull();
			}),
		);
	});
});
