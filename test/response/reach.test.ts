// What the program could do at the very most: every action that it has a way to do, every kind of connector, every step of every shipped
// playbook, in the best of worlds with everybody's yes. Nothing of it reaches a controller, levels 0 and 1 or a safety system.
import { globSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { ASSET_CLASSES, type AssetClass, LEVELS, type Level } from '../../src/domain/asset.ts';
import { ConnectorConfig } from '../../src/domain/connector.ts';
import { RUNNABLE } from '../../src/response/actions/index.ts';
import { createConnectors } from '../../src/response/connectors/index.ts';
import { ACTION_NAMES, ACTIONS, effectOf, isActionName, mayHaveConnector } from '../../src/safety/actions.ts';
import { decide } from '../../src/safety/decide.ts';
import { grant } from '../../src/safety/grant.ts';
import { asset, bestReadings, facts, NOW, PEOPLE, step } from '../safety/plant.ts';

const readings = bestReadings();
const FREE = ['inform', 'record', 'observe'];
const CLOSED: readonly AssetClass[] = [
	'dcs',
	'plc',
	'rtu',
	'ied',
	'io',
	'bms_controller',
	'unknown',
	'sis',
	'sis_workstation',
];
const isClosed = (one: AssetClass, level: Level): boolean =>
	CLOSED.includes(one) || level === '0' || level === '1' || level === 'unknown';

/** Leave for this action on such an asset, with a yes of everybody, everything known and good. */
function isLetRun(action: string, one: AssetClass, level: Level): boolean {
	const proposed = step(action);
	const world = facts(asset(one, level), { readings });
	const { binding } = decide(proposed, world, NOW);
	const approvals = PEOPLE.map((person) => ({
		...{ id: `apr-${person.id}`, step: proposed.id, person: person.id, roles: [], answer: 'yes' as const },
		...{ reason: null, binding, via: 'cli' as const, at: NOW - 1_000, expires_at: NOW + 600_000, withdrawn_at: null },
	}));
	return grant({ step: proposed, facts: world, approvals, people: PEOPLE, now: NOW }).ok;
}

const reached: string[] = [];
for (const one of ASSET_CLASSES)
	for (const level of LEVELS)
		if (isClosed(one, level))
			for (const action of ACTION_NAMES)
				if (
					!FREE.includes(ACTIONS[action].effect) &&
					ACTIONS[action].target === 'asset' &&
					isLetRun(action, one, level)
				)
					reached.push(`${action} on ${one} at ${level}`);

test('no action of the catalogue that touches anything is let run on a controller, at levels 0 and 1, or on a safety system', () => {
	expect(reached).toEqual([]);
});

describe('every action that the program can do', () => {
	test.each([...RUNNABLE.keys()])('%s may have a connector, and its effect is that of the catalogue', (name) => {
		expect(mayHaveConnector(name)).toBe(true);
		expect(effectOf(name)).not.toBeNull();
		expect(['control', 'destroy', 'attack', 'raw', 'policy']).not.toContain(effectOf(name));
	});
});

describe('every kind of connector', () => {
	const NEVER = ACTION_NAMES.filter((name) => !mayHaveConnector(name));
	const shapes = ConnectorConfig.options
		.map((option) => [option.shape.kind.value, option.shape] as const)
		.filter(([, shape]) => 'actions' in shape);

	test('there are some that list their actions', () => expect(shapes.length).toBeGreaterThan(1));

	test.each(shapes)('%s may be set up only for actions that may have a connector', (kind, shape) => {
		if (!('actions' in shape)) throw new Error('filtered above');
		const listed = z.toJSONSchema(shape.actions, { io: 'input' });
		const names = typeof listed.items === 'object' && 'enum' in listed.items ? (listed.items.enum ?? []) : [];
		expect(names.length).toBeGreaterThan(0);
		for (const name of names) expect(mayHaveConnector(String(name)), `${kind}: ${String(name)}`).toBe(true);
	});

	const FILES = globSync(
		['src/response/connectors/**/*.ts', 'src/response/actions/*.ts', 'src/domain/connector*/**/*.ts'],
		{
			cwd: new URL('../..', import.meta.url).pathname,
		},
	);

	test.each(FILES.toSorted())('%s names no action that can have no connector', (file) => {
		const text = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
		for (const action of NEVER) expect(text.includes(`'${action}'`), `${file}: ${action}`).toBe(false);
	});

	test('the generic one takes any name, and is refused for every action that can have none', () => {
		const made = (action: string) =>
			createConnectors(
				[
					ConnectorConfig.parse({
						...{ name: 'c', kind: 'generic-http', base_url: 'https://target.example' },
						calls: { [action]: { method: 'POST', path: '/x' } },
					}),
				],
				() => null,
			);
		expect(made('isolate_host')).toHaveLength(1);
		expect(NEVER.length).toBeGreaterThan(20);
		for (const action of [...NEVER, 'frobnicate']) expect(() => made(action), action).toThrow(TypeError);
	});
});

describe('every step of every shipped playbook', () => {
	/** Every `action` anywhere in the file: also in branches, loops and undo. */
	function actionsIn(value: unknown): string[] {
		if (Array.isArray(value)) return value.flatMap(actionsIn);
		if (typeof value !== 'object' || value === null) return [];
		return Object.entries(value).flatMap(([key, inner]) =>
			(key === 'action' || key === 'undo') && typeof inner === 'string' ? [inner] : actionsIn(inner),
		);
	}
	const files = globSync('playbooks/*.yaml', { cwd: new URL('../..', import.meta.url).pathname });

	test.each(files.toSorted())('%s names actions of the catalogue, and none of them reaches what is closed', (file) => {
		const named = new Set(actionsIn(parse(readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8'))));
		expect(named.size).toBeGreaterThan(0);
		for (const action of named) {
			expect(isActionName(action), `${file}: ${action}`).toBe(true);
			for (const one of CLOSED)
				for (const level of ['0', '1', '2', 'unknown'] as const) {
					const free = FREE.includes(effectOf(action) ?? '');
					if (!free && isActionName(action) && ACTIONS[action].target === 'asset')
						expect(isLetRun(action, one, level), `${file}: ${action} on ${one} at ${level}`).toBe(false);
				}
		}
	});
});
