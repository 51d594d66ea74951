// facts.yaml: statements with a giver, an age and an end, read with the rest of the configuration, and what the gate makes of them.
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/config.ts';
import type { ConfigReader } from '../../src/config/config-folder.ts';
import { formatFinding } from '../../src/config/finding.ts';
import { indexInventory } from '../../src/domain/inventory.ts';
import { err, ok } from '../../src/domain/result.ts';
import { factsFor } from '../../src/response/facts.ts';
import { decide } from '../../src/safety/decide.ts';
import { proposeStep } from '../../src/safety/proposed-step.ts';
import { step } from '../chat/world.ts';

const NOW = Date.UTC(2026, 2, 1, 9);
const PEOPLE = `people:
  - {id: nils, name: Nils, roles: [{role: network_owner}]}
  - {id: olga, name: Olga, roles: [{role: ot_operator, sites: [north]}]}
  - {id: otto, name: Otto, roles: [{role: ot_engineer, sites: [south]}]}
`;
const INVENTORY = `assets:
  - {id: pc-7, hostname: PC-7, ip: 192.0.2.7, site: north, zone: office, purdue: 4, kind: ws, domain: it}
zones:
  - {id: office, site: north}
`;
const load = (facts: string) => {
	const files = { 'people.yaml': PEOPLE, 'inventory.yaml': INVENTORY, 'facts.yaml': facts };
	const reader: ConfigReader = { folder: () => ok(new Map(Object.entries(files))), secretFile: () => err('none') };
	return loadConfig({ INTERLOCK_CONFIG: 'plant' }, reader, NOW);
};
const line = (of: Record<string, unknown>): string =>
	`- ${JSON.stringify({ name: 'dual_homed', subject: 'pc-7', value: false, by: 'nils', stated: '2026-03-01T08:00:00Z', expires: '2026-09-01T00:00:00Z', ...of })}\n`;

/** The gate's word on isolating pc-7 with these facts, at this moment. */
function classOf(text: string, now = NOW): string {
	const loaded = load(text);
	if (!loaded.ok) throw new Error(loaded.error.map(formatFinding).join('\n'));
	const { facts, inventory } = loaded.value;
	const ground = { inventory: indexInventory(inventory ?? { assets: [], zones: [], conduits: [], confirmedAt: 0 }) };
	const snapshot = {
		...{ statements: [], freezes: [], confidenceFirm: 0.95, automaticLastHour: 0 },
		...{ otherOtStepRuns: false, otTold: false, alarms: [] },
	};
	const one = step({ target: 'pc-7', params: {} });
	return decide(proposeStep(one), factsFor(one, { ...ground, windows: [], siteRules: [], facts }, snapshot, now), now)
		.class;
}

describe('facts.yaml', () => {
	const all = ['ot_dependency', 'dual_homed', 'action_cuts_own_path'].map((name) => line({ name })).join('');
	const view = line({ name: 'operator_remote_view', by: 'olga' });

	it('counts in decisions until it ends, and not before it is said', () => {
		expect(classOf(all + view)).toBe('AUTO');
		expect(classOf(all)).toBe('HANDS');
		expect(classOf(all + view, Date.UTC(2026, 8, 1))).toBe('HANDS');
		expect(classOf(all + view, Date.UTC(2026, 2, 1, 7))).toBe('HANDS');
	});

	it('keeps who said it, since when and until when', () => {
		const loaded = load(view);
		expect(loaded.ok && loaded.value.facts).toEqual([
			{
				id: expect.stringContaining('facts.yaml:1'),
				name: 'operator_remote_view',
				subject: 'pc-7',
				value: false,
				source: 'file',
				supplied_by: 'olga',
				stated_at: Date.UTC(2026, 2, 1, 8),
				expires_at: Date.UTC(2026, 8, 1),
			},
		]);
	});

	it.each<[string, string, RegExp]>([
		[
			'an unknown name',
			line({ name: 'dual_home' }),
			/facts\.yaml:1:\d+: unknown fact `dual_home`: did you mean `dual_homed`/,
		],
		['a value that it cannot take', line({ value: 'maybe' }), /`dual_homed` is false, true/],
		['nobody', line({ by: 'paul' }), /nobody of people\.yaml is `paul`/],
		['somebody who may not say it', line({ by: 'olga' }), /Olga holds none of these/],
		['somebody of another site', line({ name: 'operator_remote_view', by: 'otto' }), /Otto holds none of these/],
		['an asset that is not there', line({ subject: 'pc-8' }), /no asset `pc-8`/],
		['a time without a zone', line({ expires: '2026-09-01T00:00:00' }), /no time with a zone/],
		['an end before its beginning', line({ expires: '2026-02-01T00:00:00Z' }), /ends before it begins/],
		['a step as its subject', line({ name: 'rollback_tested', subject: 'stp_1' }), /people say it there/],
		['what is so only for the moment', line({ name: 'process_running', by: 'olga' }), /a file does not see it/],
		['an unknown key', line({ until: 'tomorrow' }), /facts\.yaml:1/],
		['no giver', line({ by: undefined }), /facts\.yaml:1/],
		['no list', 'name: x\n', /is a list/],
		['broken YAML', '- {name: [', /YAML/],
	])('with %s is an error with its place', (_name, text, words) => {
		const loaded = load(text);
		expect(loaded.ok).toBe(false);
		if (!loaded.ok) expect(loaded.error.map(formatFinding).join('\n')).toMatch(words);
	});

	it('may be empty or absent', () => {
		expect(load('').ok).toBe(true);
	});
});
