// The law of an import, held against the safety gate itself: what nobody accepted never makes a decision looser, for any action and any name.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fieldsOf } from '../../src/config/inventory-own.ts';
import { applyPlan, markOf, planImport } from '../../src/config/inventory-plan.ts';
import { type ImportField, RecordList } from '../../src/config/inventory-record.ts';
import { looserBy } from '../../src/config/inventory-strictness.ts';
import type { InventoryData } from '../../src/domain/asset.ts';
import { ASSET_CLASSES, LEVELS } from '../../src/domain/asset.ts';
import { DECISION_CLASSES } from '../../src/domain/decision.ts';
import { indexInventory, ipv4Number } from '../../src/domain/inventory.ts';
import { ACTION_NAMES } from '../../src/safety/actions.ts';
import { decide } from '../../src/safety/decide.ts';

const NOW = Date.UTC(2026, 2, 1, 8);
const ZONES = [
	{
		id: 'sis',
		name: null,
		site: 'north',
		level: '1' as const,
		sis: true,
		ranges: ['10.7.0.0/16'],
		owner: null,
		facts: {},
	},
	{
		id: 'cell',
		name: null,
		site: 'north',
		level: '1' as const,
		sis: false,
		ranges: ['10.1.0.0/16'],
		owner: null,
		facts: { dual_homed: false },
	},
];
const EMPTY: InventoryData = { assets: [], zones: ZONES, conduits: [], confirmedAt: NOW };
const IPS = ['10.1.0.1', '10.1.0.2', '10.7.0.1', '10.7.0.2', '192.168.1.1'];
const NAMES = ['a', 'b', 'a.north', 'a.south'];

const thing = fc.record({
	ref: fc.constantFrom('1', '2', '3', 'a'),
	ip: fc.subarray(IPS, { maxLength: 2 }),
	hostname: fc.subarray(NAMES, { maxLength: 1 }),
	kind: fc.constantFrom(...ASSET_CLASSES, undefined),
	purdue: fc.constantFrom(...LEVELS, undefined),
	zone: fc.constantFrom('sis', 'cell', 'office', undefined),
	site: fc.constantFrom('north', 'south', undefined),
	criticality: fc.constantFrom('1', '5', undefined),
	domain: fc.constantFrom('it', 'ot', undefined),
});
type Thing = { readonly ref: string };

/** One import, after which every value counts as one that the platform brought: the next may change all of it. */
function run(data: InventoryData, things: readonly Thing[], isAccepted: boolean): InventoryData {
	const list = new RecordList('csv', NOW);
	for (const one of things) list.add(one);
	const accepted = new Set(isAccepted ? ['1', '2', '3', 'a', 'b', 'csv-1', 'csv-2', 'csv-3', 'csv-a'] : []);
	const { ready } = planImport({
		data,
		marks: marksOfAll(data),
		platform: 'csv',
		records: list.done().records,
		accepted,
	});
	return applyPlan(data, ready);
}

function strictness(data: InventoryData, name: string, action: string): number {
	const inventory = indexInventory(data);
	const asset = inventory.find(name);
	const around = ipv4Number(name) === null ? null : inventory.zoneOfAddress(name);
	const zones = [asset?.zone == null ? null : inventory.zone(asset.zone), asset === null ? around : null].flatMap(
		(zone) => zone ?? [],
	);
	const step = {
		id: 's',
		action,
		targets: [name],
		params: {},
		playbook: 'p',
		playbook_version: '1',
		requested_by: 'bot',
		incident: 'i',
		attempt: 0,
		containment_ms: null,
	};
	const facts = {
		targets: { [name]: asset },
		zones: Object.fromEntries(zones.map((zone) => [zone.id, zone])),
		inventory_confirmed_at: NOW,
		readings: [],
		freezes: [],
		confidence_firm: 1,
		automatic_last_hour: 0,
		site_rules: [],
	};
	return DECISION_CLASSES.indexOf(decide(step, facts, NOW).class);
}

describe('an import that nobody accepted', () => {
	// Each of these once made a decision looser.
	it.each([
		['the first class of an unknown name', [], { ref: '1', ip: ['10.1.0.2'], kind: 'rtu', purdue: '0', zone: 'cell' }],
		[
			'a zone where none was',
			[{ ref: '2', ip: ['10.7.0.2'], kind: 'dmz_server', purdue: '5' }],
			{ ref: '2', kind: 'dmz_server', purdue: '0', zone: 'office' },
		],
		[
			'an id that is the short name of a safety system',
			[{ ref: '1', hostname: ['a.north'], kind: 'endpoint', purdue: '0', zone: 'sis' }],
			{ ref: 'a', purdue: '0', zone: 'office' },
		],
	])('is held back: %s', (_, one, two) => {
		const before = run(EMPTY, one, true);
		expect(run(before, [two], false)).toEqual(before);
	});

	it('makes no decision of the gate looser, for any action, address and name', () => {
		fc.assert(
			fc.property(fc.array(thing, { maxLength: 4 }), fc.array(thing, { maxLength: 4 }), (one, two) => {
				const before = run(EMPTY, one, true);
				const after = run(before, two, false);
				for (const name of [...IPS, ...NAMES])
					for (const action of ACTION_NAMES) {
						const [was, is] = [strictness(before, name, action), strictness(after, name, action)];
						if (is < was) throw new Error(`${action} on ${name}: ${DECISION_CLASSES[was]} -> ${DECISION_CLASSES[is]}`);
					}
			}),
			{ numRuns: 60 },
		);
	}, 60_000);

	it('is not held back where it only makes things stricter', () => {
		const [asset] = run(EMPTY, [{ ref: '1', ip: ['192.168.1.1'], kind: 'plc', purdue: '1' } as Thing], true).assets;
		if (asset === undefined) throw new Error('no asset');
		const inventory = indexInventory({ ...EMPTY, assets: [asset] });
		expect(looserBy(asset, { ...asset, class: 'sis' }, inventory)).toEqual([]);
		expect(looserBy(asset, { ...asset, level: '0', criticality: 5, domain: 'ot' }, inventory)).toEqual([]);
	});
});

/** Every value of every asset as one that the platform brought, so that the next import may change all of it. */
function marksOfAll(data: InventoryData): ReadonlyMap<string, readonly string[]> {
	return new Map(
		data.assets.map((asset) => [
			asset.id,
			Object.entries(fieldsOf(asset)).flatMap(([field, values]) =>
				values.map((value) => markOf('csv', field as ImportField, value)),
			),
		]),
	);
}
