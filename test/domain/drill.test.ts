// Scenarios of drills on inventories that they have never seen, and what the ledger says of a drill.
import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readDrillFiles } from '../../src/config/drill-file.ts';
import { Alert } from '../../src/domain/alert.ts';
import { ASSET_CLASSES, type Asset, LEVELS } from '../../src/domain/asset.ts';
import { DrillScenario, drillAlerts, pickCast } from '../../src/domain/drill-scenario.ts';
import { drillFrom, dueAt } from '../../src/domain/drill-state.ts';
import { indexInventory } from '../../src/domain/inventory.ts';

const FOLDER = new URL('../../drills/', import.meta.url);
const files = readdirSync(FOLDER).map(
	(name) => [`drills/${name}`, readFileSync(new URL(name, FOLDER), 'utf8')] as const,
);
const shipped = readDrillFiles(files);
const DRILL = 'inc_drill0m0000000abcdefghij01';

function asset(n: number, of: Partial<Asset>): Asset {
	return {
		...{
			id: `a-${n}`,
			hostnames: [`host-${n}`],
			ips: [],
			macs: [],
			vendor_ids: [],
			site: 'north',
			zone: 'z',
			level: '4',
		},
		...{ class: 'server', class_raw: null, vendor: null, os: null, criticality: null, domain: null, switch: null },
		...{ owner: null, facts: {}, tags: {}, confirmed_at: null },
		...of,
	};
}

const inventoryOf = fc
	.array(
		fc.record({
			class: fc.constantFrom(...ASSET_CLASSES),
			level: fc.constantFrom(...LEVELS),
			zone: fc.constantFrom('z1', 'z2', null),
			site: fc.constantFrom('north', 'south', null),
			criticality: fc.constantFrom(null, 1, 3, 5),
		}),
		{ maxLength: 40 },
	)
	.map((rows) =>
		indexInventory({ assets: rows.map((row, n) => asset(n, row)), zones: [], conduits: [], confirmedAt: 0 }),
	);

describe('the shipped scenarios', () => {
	it('are at least three and have no fault', () => {
		expect(shipped.findings).toEqual([]);
		expect(shipped.scenarios.map((one) => one.id)).toEqual(
			expect.arrayContaining(['loss-of-view', 'ransomware-level-3', 'rogue-engineering-workstation']),
		);
	});

	it('are played by what fits of any inventory, each part by another asset, or refused with what is missing', () => {
		let played = 0;
		let refused = 0;
		fc.assert(
			fc.property(
				inventoryOf,
				fc.constantFrom(...shipped.scenarios),
				fc.constantFrom('north', null),
				(inventory, scenario, site) => {
					const cast = pickCast(scenario, inventory, site);
					if (!cast.ok) {
						refused++;
						for (const name of Object.keys(scenario.assets)) expect(cast.error).toContain(`${name}: `);
						return;
					}
					played++;
					const assets = Object.values(cast.value);
					expect(new Set(assets.map((one) => one.id)).size).toBe(Object.keys(scenario.assets).length);
					for (const [name, pick] of Object.entries(scenario.assets)) {
						const one = cast.value[name];
						expect(pick.classes).toContain(one?.class);
						if (pick.levels !== undefined) expect(pick.levels).toContain(one?.level);
						if (site !== null) expect(one?.site).toBe(site);
						if (pick.other_zone_than !== undefined) expect(one?.zone).not.toBe(cast.value[pick.other_zone_than]?.zone);
					}
					for (const { alert } of drillAlerts(scenario, cast.value, DRILL, 1_800_000_000_000)) {
						expect(Alert.parse(alert)).toEqual(alert);
						expect(alert.title).toMatch(/^DRILL: /);
						expect(alert.title).not.toMatch(/[{}]/);
						expect(alert.source).toBe(`drill:${DRILL}`);
					}
					expect(pickCast(scenario, inventory, site)).toEqual(cast);
				},
			),
			{ numRuns: 1_000 },
		);
		expect(played).toBeGreaterThan(30);
		expect(refused).toBeGreaterThan(30);
	});
});

describe('a scenario with a fault', () => {
	const text = (change: (text: string) => string) =>
		change(files.find(([name]) => name.includes('loss-of-view'))?.[1] ?? '');
	it.each([
		[
			'names an asset that is not there',
			text((one) => one.replaceAll('target: view', 'target: wiev')),
			'no asset `wiev`',
		],
		['fills a text with one', text((one) => one.replace('to {view}', 'to {panel}')), 'no asset `panel`'],
		['has an alert after its end', text((one) => one.replace('at: 3min', 'at: 61min')), 'after the end'],
		['has a key that nobody knows', text((one) => `${one}\nduration: 3`), 'duration'],
		['writes a time in another way', text((one) => one.replace('lasts: 60min', 'lasts: 1 hour')), 'write it as in'],
		['is empty', '', 'the file is empty'],
	])('%s, and says where', (_, wrong, words) => {
		const { scenarios, findings } = readDrillFiles([['drills/x.yaml', wrong]]);
		expect(scenarios).toEqual([]);
		expect(findings.map((one) => one.message).join('\n')).toContain(words);
		expect(findings[0]).toMatchObject({ file: 'drills/x.yaml', line: expect.any(Number) });
	});
});

describe('what the ledger says of a drill', () => {
	const scenario = DrillScenario.parse({
		...{ id: 'some', title: 't', about: 'a', lasts: '10min', assets: { x: { classes: ['server'] } } },
		alerts: [{ at: '2min', title: 'x', severity: 'high', target: 'x' }],
	});
	const start = {
		...{ scenario: 'some', scenario_hash: 'h', title: 't', site: null, lasts: scenario.lasts, anytime: false },
		...{ cast: {}, alerts: [], targets: {}, people: {} },
	};
	const entry = (
		kind: 'drill.started' | 'drill.suspended' | 'drill.resumed' | 'drill.ended',
		at: number,
		who = 'person',
	) => ({
		...{ kind, at, actor: { kind: who === 'person' ? ('person' as const) : ('bot' as const), id: 'elena' } },
		data: kind === 'drill.started' ? start : { why: 'because' },
	});

	it('is that it stands still from the real alarm on, and goes on only by a person', () => {
		const begun = [entry('drill.started', 0), entry('drill.suspended', 60_000, 'bot')];
		expect(drillFrom(DRILL, begun)?.suspended).toEqual({ at: 60_000, why: 'because' });
		const byBot = drillFrom(DRILL, [...begun, entry('drill.resumed', 90_000, 'bot')]);
		expect(byBot?.suspended).not.toBeNull();
		const back = drillFrom(DRILL, [...begun, entry('drill.resumed', 180_000)]);
		expect(back).toMatchObject({ suspended: null, stoodStill: 120_000 });
		expect(back === null ? 0 : dueAt(back, 120_000)).toBe(240_000);
	});

	it('is that nothing follows its end, and that without a start there is none', () => {
		const over = [
			entry('drill.started', 0),
			entry('drill.ended', 5),
			entry('drill.suspended', 6),
			entry('drill.resumed', 7),
		];
		expect(drillFrom(DRILL, over)).toMatchObject({ ended: { at: 5, by: 'elena' }, suspended: null, stoodStill: 0 });
		expect(drillFrom(DRILL, [entry('drill.ended', 5)])).toBeNull();
	});
});
