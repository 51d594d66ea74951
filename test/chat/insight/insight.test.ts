// What is told of an incident beyond its row: its way, what it crossed, what lies open from it, what was like it.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blastRadius, HOPS_MAX } from '../../../src/chat/insight/blast-radius.ts';
import { crossingsOf } from '../../../src/chat/insight/crossing.ts';
import { insightOf } from '../../../src/chat/insight/insight.ts';
import { killChain, type SeenAlert, STAGES_MAX } from '../../../src/chat/insight/kill-chain.ts';
import { ALIKE_MIN, type Past, SHARES, similarTo, templateOf } from '../../../src/chat/insight/similar.ts';
import { cardInsight, insightLines } from '../../../src/chat/views/insight.ts';
import type { Conduit } from '../../../src/domain/asset.ts';
import { indexInventory } from '../../../src/domain/inventory.ts';
import { asset, directory, incident, NOW } from '../world.ts';

const conduit = (id: string, a: string, b: string): Conduit => ({ id, from: a, to: b, via: null });
const plant = (conduits: Conduit[]) =>
	indexInventory({
		assets: [
			asset({ id: 'laptop', zone: 'office', level: '4', class: 'endpoint', domain: 'it', criticality: 2 }),
			asset({ id: 'jump', zone: 'dmz', level: '3.5', class: 'jump_host', domain: 'it', criticality: 3 }),
			asset({ id: 'ews', zone: 'ops', level: '3', class: 'engineering_workstation', criticality: 4 }),
			asset({ id: 'plc', zone: 'cell', level: '1', class: 'plc', criticality: 5 }),
			asset({ id: 'sis', zone: 'safety', level: '1', class: 'sis', criticality: 4 }),
			asset({ id: 'far', zone: 'other', level: '1', class: 'plc', criticality: 5 }),
		],
		zones: [],
		conduits,
		confirmedAt: NOW,
	});
const WAYS = [
	conduit('fw-1', 'office', 'dmz'),
	conduit('fw-2', 'dmz', 'ops'),
	conduit('fw-3', 'ops', 'cell'),
	conduit('fw-4', 'cell', 'safety'),
];
const inventory = plant(WAYS);
const seen = (given: Partial<SeenAlert> & { readonly id: string }): SeenAlert => ({
	at: NOW,
	title: 'x',
	assets: ['laptop'],
	actor: null,
	matrix: 'enterprise',
	tactics: ['execution'],
	techniques: [],
	...given,
});

describe('the way through stages and zones', () => {
	const alerts = [
		seen({ id: 'c', at: NOW + 3, assets: ['ews'], tactics: ['lateral-movement'], techniques: ['T1021'] }),
		seen({ id: 'a', at: NOW, tactics: ['initial-access', 'execution'], techniques: ['T1566'] }),
		seen({ id: 'b', at: NOW + 1, tactics: ['initial-access'], techniques: ['T1566', 'T1204'] }),
		seen({ id: 'd', at: NOW + 9, assets: ['plc'], matrix: 'ics', tactics: ['impair-process-control'] }),
		seen({ id: 'e', tactics: [] }),
	];

	it('is by event time, each stage once a zone, with its counts', () => {
		const { stages, unstaged, left } = killChain(alerts, inventory);
		expect(stages.map((one) => [one.tactic, one.zone, one.alerts])).toEqual([
			['initial-access', 'office', 2],
			['lateral-movement', 'ops', 1],
			['impair-process-control', 'cell', 1],
		]);
		expect(stages[0]).toMatchObject({ first_at: NOW, last_at: NOW + 1, techniques: ['T1566', 'T1204'] });
		expect([unstaged, left]).toEqual([1, 0]);
	});

	it('does not depend on the order of arrival; nothing is lost or counted twice', () => {
		fc.assert(
			fc.property(
				fc.array(
					fc.record({
						at: fc.integer({ min: 0, max: 50 }),
						tactic: fc.constantFrom('execution', 'discovery', 'impact', 'made-up', ''),
						asset: fc.constantFrom('laptop', 'ews', 'plc', 'nobody'),
					}),
					{ maxLength: 80 },
				),
				fc.integer(),
				(given, seed) => {
					const all = given.map((one, at) =>
						seen({ id: String(at), at: one.at, tactics: one.tactic === '' ? [] : [one.tactic], assets: [one.asset] }),
					);
					const made = killChain(all, inventory);
					const turned = all.toSorted(
						(a, b) => ((Number(a.id) * 7919 + seed) % 101) - ((Number(b.id) * 7919 + seed) % 101),
					);
					expect(killChain(turned, inventory)).toEqual(made);
					expect(made.stages.reduce((sum, one) => sum + one.alerts, 0) + made.unstaged).toBe(all.length);
					expect(made.stages.map((one) => one.first_at)).toEqual(
						made.stages.map((one) => one.first_at).toSorted((a, b) => a - b),
					);
					expect(new Set(made.stages.map((one) => `${one.tactic} ${one.zone}`)).size).toBe(made.stages.length);
				},
			),
		);
	});

	it('is bounded, and says what is left', () => {
		const many = Array.from({ length: STAGES_MAX + 7 }, (_, at) =>
			seen({ id: String(at), at, tactics: [`stage-${at}`] }),
		);
		expect(killChain(many, inventory)).toMatchObject({ left: 7, stages: { length: STAGES_MAX } });
	});
});

describe('what lies open from an incident', () => {
	it('is what conduits lead to, by how many of them, the safety system first', () => {
		const radius = blastRadius(['ews'], ['ops'], inventory);
		expect(radius.reachable.map((one) => [one.zone, one.hops, one.by])).toEqual([
			['cell', 1, 'fw-3'],
			['dmz', 1, 'fw-2'],
			['office', 2, 'fw-1'],
			['safety', 2, 'fw-4'],
		]);
		expect(radius.most_critical.map((one) => one.id)).toEqual(['sis', 'plc', 'jump', 'laptop']);
		expect(radius).toMatchObject({ assets: ['ews'], zones: ['ops'], conduits: [], reachable_assets: 4, is_cut: false });
	});

	it('names the conduits of which both ends are touched', () => {
		expect(blastRadius(['laptop', 'jump', 'ews'], [], inventory).conduits).toEqual(['fw-1', 'fw-2']);
	});

	it('does not reach what no conduit leads to, and nothing from what the inventory lacks', () => {
		expect(blastRadius(['nobody'], [], inventory)).toMatchObject({
			assets: ['nobody'],
			zones: [],
			reachable: [],
			reachable_assets: 0,
		});
		expect(blastRadius(['ews'], [], inventory).reachable.some((one) => one.zone === 'other')).toBe(false);
	});

	it('is the fewest conduits to each zone, never more than the limit, in any order of the file', () => {
		const zone = fc.constantFrom('office', 'dmz', 'ops', 'cell', 'safety', 'other');
		fc.assert(
			fc.property(fc.array(fc.tuple(zone, zone), { maxLength: 12 }), zone, (pairs, start) => {
				const ways = pairs.map(([a, b], at) => conduit(`c${at}`, a, b));
				const { reachable } = blastRadius([], [start], plant(ways));
				expect(blastRadius([], [start], plant(ways.toReversed())).reachable).toEqual(reachable);
				for (const { zone: far, hops } of reachable) {
					expect(hops).toBeLessThanOrEqual(HOPS_MAX);
					expect(far).not.toBe(start);
					// Whoever stands one conduit from it is one nearer, or it is next to the start.
					const near = ways.flatMap((way) => (way.from === far ? [way.to] : way.to === far ? [way.from] : []));
					const best = Math.min(
						...near.map((one) => (one === start ? 0 : (reachable.find((r) => r.zone === one)?.hops ?? 99))),
					);
					expect(hops).toBe(best + 1);
				}
			}),
		);
	});
});

describe('from one side to the other', () => {
	it.each([
		[
			'by the conduit between two zones',
			[seen({ id: 'a', actor: 'jump', assets: ['ews'] })],
			[{ from: 'dmz', to: 'ops', into: 'ot', conduits: ['fw-2'], known_by: 'alert' }],
		],
		[
			'by conduits one after the other',
			[seen({ id: 'a', actor: 'laptop', assets: ['ews'] })],
			[{ from: 'office', to: 'ops', conduits: ['fw-1', 'fw-2'] }],
		],
		[
			'by no known conduit',
			[seen({ id: 'a', actor: 'laptop', assets: ['far'] })],
			[{ from: 'office', to: 'other', conduits: [] }],
		],
		['out of OT', [seen({ id: 'a', actor: 'plc', assets: ['jump'] })], [{ from: 'cell', to: 'dmz', into: 'it' }]],
		[
			'by the order of alerts where none names the step',
			[seen({ id: 'b', at: NOW + 5, assets: ['ews'] }), seen({ id: 'a', assets: ['jump'] })],
			[{ from: 'dmz', to: 'ops', known_by: 'sequence' }],
		],
		['not at all on one side', [seen({ id: 'a', actor: 'laptop', assets: ['jump'] })], []],
		['not by what the inventory lacks', [seen({ id: 'a', actor: 'nobody', assets: ['ews'] })], []],
	])('%s', (_, alerts, wanted) => {
		expect(crossingsOf(alerts, inventory)).toMatchObject(wanted);
		expect(crossingsOf(alerts, inventory)).toHaveLength(wanted.length);
	});
});

const past = (given: Partial<Past> = {}): Past => ({
	id: 'inc_1',
	number: 3,
	title: 'the last time',
	last_at: NOW,
	category: 'malware',
	techniques: ['T1566', 'T1204'],
	assets: ['laptop'],
	messages: ['malware found'],
	acknowledged_by: 'ana',
	resolved_by: 'ana',
	resolution: 'a test file',
	feedback: [],
	...given,
});
const now = { category: 'malware', techniques: ['T1566', 'T1204'], assets: ['laptop'], messages: ['malware found'] };

describe('what was like it', () => {
	it('is the same doing on the same things, with how it ended and who acted', () => {
		const [one] = similarTo(now, [past({ feedback: ['false_positive'] })]);
		expect(one).toMatchObject({
			number: 3,
			score: 1,
			was_false_positive: true,
			resolution: 'a test file',
			resolved_by: 'ana',
		});
		expect(one?.parts.map((part) => part.what)).toEqual(['techniques', 'assets', 'messages', 'category']);
	});

	it.each([
		['the category alone is not', { techniques: [], assets: ['x'], messages: ['y'] }, 0],
		['half the techniques on the same asset is', { techniques: ['T1566'], messages: [] }, 1],
		['nothing in common is not', { category: 'audit', techniques: ['T0800'], assets: ['x'], messages: ['y'] }, 0],
		['nothing on either side is nothing in common', { techniques: [], assets: [], messages: [], category: 'audit' }, 0],
	])('%s', (_, given, wanted) => {
		expect(similarTo(now, [past(given)])).toHaveLength(wanted);
	});

	it('is the sum of its parts, between the limit and 1, best first', () => {
		const names = fc.subarray(['a', 'b', 'c', 'd']);
		const any = fc.record({
			techniques: names,
			assets: names,
			messages: names,
			category: fc.constantFrom('malware', 'audit'),
		});
		fc.assert(
			fc.property(any, fc.array(any, { maxLength: 8 }), (one, others) => {
				const found = similarTo(
					one,
					others.map((other, at) => past({ ...other, id: `inc_${at}`, number: at })),
				);
				expect(found.map((each) => each.score)).toEqual(found.map((each) => each.score).toSorted((a, b) => b - a));
				for (const each of found) {
					expect(each.score).toBeGreaterThanOrEqual(ALIKE_MIN);
					expect(each.score).toBeLessThanOrEqual(1);
					expect(each.score).toBeCloseTo(
						each.parts.reduce((sum, part) => sum + part.part, 0),
						2,
					);
				}
			}),
		);
		expect(Object.values(SHARES).reduce((sum, share) => sum + share, 0)).toBeCloseTo(1);
	});

	it('takes messages without their numbers and addresses', () => {
		expect(templateOf('Port scan from 10.0.0.5 (1234 ports), host SRV-7')).toBe(
			templateOf('port scan from 10.9.9.9 (7 ports), host srv-2'),
		);
		expect(templateOf('Port scan')).not.toBe(templateOf('Log-in failed'));
	});
});

describe('in words', () => {
	const read = {
		alerts: [
			{ ...seen({ id: 'a', assets: ['laptop'], tactics: ['initial-access'] }), entities: [] },
			{
				...seen({ id: 'b', at: NOW + 60_000, assets: ['far'], tactics: ['lateral-movement'] }),
				entities: [{ type: 'asset_id' as const, value: 'laptop', role: 'actor' as const }],
			},
		],
		past: [{ ...past({ title: '<@U1> https://evil.example' }), titles: ['x'], feedback: ['false_positive' as const] }],
	};
	const known = insightOf(
		incident({
			assets: ['laptop', 'far'],
			zones: ['office', 'other'],
			alert_count: 2,
			techniques: ['T1566', 'T1204'],
			category: 'malware',
		}),
		read,
		inventory,
	);

	it('the card has a line for each, short', () => {
		const lines = cardInsight(known);
		expect(lines.map((line) => line.label)).toEqual(['Path', 'Crossed', 'Within reach', 'Seen before']);
		expect(lines[0]?.text).toBe('initial access (office) → lateral movement (other)');
		expect(lines[1]?.text).toBe('office to other, no known conduit: the inventory knows no way there');
		expect(lines[3]?.text).toContain('called a false positive');
		expect(Math.max(...lines.map((line) => line.text.length))).toBeLessThan(500);
	});

	it('details have all of it, and nothing that was written by others is live', () => {
		const text = insightLines(known, directory.naming).join('\n');
		expect(text).toContain('no known conduit');
		expect(text).toContain('acted: Ana IT');
		expect(text).not.toContain('<@U1>');
		expect(text).not.toContain('https://');
	});
});
