import { describe, expect, it } from 'vitest';
import { createEngine } from '../../src/correlation/engine.ts';
import { crossingOf, describeCrossing, INTO_OT } from '../../src/correlation/path.ts';
import { newState } from '../../src/correlation/state.ts';
import { indexInventory } from '../../src/domain/inventory.ts';
import { MINUTE } from '../../src/domain/time.ts';
import { INVENTORY, START, seen } from './plant.ts';

const WITH_CONDUITS = indexInventory({
	...INVENTORY.data,
	conduits: [
		{ id: 'fw-1', from: 'ops', to: 'dmz', via: null },
		{ id: 'fw-2', from: 'office', to: 'dmz', via: null },
	],
});

describe('a step between zones', () => {
	it.each([
		['office to DMZ through the firewall', 'pc-1', 'jump', 'conduit fw-2', false],
		['DMZ to operations, against the direction that the conduit is written in', 'jump', 'eng', 'conduit fw-1', true],
		['jump host to a line that no conduit reaches', 'jump', 'plc-1', 'jump host jump', true],
		['office straight to a line', 'pc-1', 'plc-1', null, true],
		['operations to a line', 'eng', 'plc-1', null, false],
		['back from operations to the office', 'eng', 'pc-1', null, false],
	])('%s', (_, actor, target, way, intoOt) => {
		const found = crossingOf(WITH_CONDUITS.find(actor), WITH_CONDUITS.find(target), WITH_CONDUITS);
		expect(found).toMatchObject({ way, intoOt });
		expect(describeCrossing(found!)).toContain(way ?? 'no way that the inventory knows');
	});

	it.each([
		['in one zone', 'pc-1', 'pc-2'],
		['by nobody', '', 'pc-2'],
		['on nothing known', 'pc-1', ''],
	])('is none %s', (_, actor, target) => {
		expect(crossingOf(WITH_CONDUITS.find(actor), WITH_CONDUITS.find(target), WITH_CONDUITS)).toBeNull();
	});
});

describe('leaving IT', () => {
	const place = (...observations: ReturnType<typeof seen>[]) => {
		const engine = createEngine({ inventory: INVENTORY, windows: [] });
		const state = newState();
		let nth = 0;
		return observations.map((item) => engine.place(state, item, () => `c${nth++}`));
	};

	it('is told with the join, with the way, and counts nothing by itself', () => {
		const [alone] = place(seen({ at: START, what: 'remote logon', actor: 'jump', target: 'eng' }));
		expect(alone?.join.parts).toContainEqual({
			evidence: INTO_OT,
			weight: 0,
			detail: 'dmz to ops by jump host jump',
		});
		const [inside] = place(seen({ at: START, what: 'remote logon', actor: 'eng', target: 'plc-1' }));
		expect(inside?.join.parts.some((part) => part.evidence === INTO_OT)).toBe(false);
	});

	it('names the zones of a step along the path', () => {
		const [, , step] = place(
			seen({ at: START, what: 'dropper', target: 'pc-1', hash: 'ab' }),
			seen({ at: START + 5 * MINUTE, what: 'remote logon', actor: 'pc-1', target: 'jump', hash: 'ab' }),
			seen({ at: START + 9 * MINUTE, what: 'remote session', actor: 'jump', target: 'eng', hash: 'ab' }),
		);
		expect(step?.join.parts.find((part) => part.evidence === 'step along the path')?.detail).toContain(
			'dmz to ops by jump host jump',
		);
	});
});
