// A packet filter that is commanded by OpenC2, answers as OASIS specifies, and can be spoiled at every point.
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { OpenC2Config } from '../../src/domain/connector-kinds/openc2.ts';
import { readOpenC2, translate } from '../../src/response/cacao/openc2.ts';
import type { ListGround } from '../../src/response/connectors/block-list.ts';
import type { ListEvent } from '../../src/response/connectors/block-list-state.ts';
import type { CallResult, Connector } from '../../src/response/connectors/connector.ts';
import { createOpenC2 } from '../../src/response/connectors/openc2.ts';
import { type RuleEvent, rulesOf } from '../../src/response/connectors/openc2-rules.ts';
import { type Authority, openAuthority, type Pair } from '../services/certificates.ts';
import { networkGrant } from './support/network-grant.ts';
import { INVENTORY, NOW } from './support/plant.ts';
import { FILTER_TOKEN, type OpenC2Filter, openC2Answer, startOpenC2 } from './vendors/openc2.ts';

const BAD = '185.220.101.7';
let filter: OpenC2Filter;
let events: ListEvent[] = [];
let rules: RuleEvent[] = [];
const ground: ListGround = {
	inventory: INVENTORY,
	reader: {
		events: async () => events,
		polls: async () => [],
		incidentOf: async () => 'inc_1',
		rules: async () => rules,
	},
};
const connect = (of: object = {}, token: string | null = FILTER_TOKEN): Connector =>
	createOpenC2(
		OpenC2Config.parse({
			name: 'filter',
			kind: 'openc2',
			base_url: filter.url,
			allow_private: true,
			timeout_ms: 300,
			auth: { type: 'bearer', secret_env: 'OC2' },
			never: { addresses: ['198.18.4.0/24'], domains: [] },
			...of,
		}),
		token,
		ground,
		{ now: () => NOW, sleep: async () => undefined, resolve: async () => ['127.0.0.1'] },
	);
const block = networkGrant('block_indicator', BAD);
const unblock = networkGrant('unblock_indicator', BAD);
/** What the ledger would say of a step with this result. */
const kept = (step: string, action: string, { effect, tries, record }: CallResult): RuleEvent => ({
	step,
	action,
	indicator: BAD,
	state: effect === 'unknown' ? 'in_doubt' : effect === 'done' ? 'done' : 'failed',
	earlier: null,
	tries,
	rules: effect === 'unknown' ? null : ((record?.['rules'] as number[] | undefined) ?? null),
});
const made = (...numbers: number[]): RuleEvent => ({
	step: 'stp_before',
	action: 'block_indicator',
	indicator: BAD,
	state: 'done',
	earlier: null,
	tries: 1,
	rules: numbers,
});

describe('a packet filter that speaks OpenC2', () => {
	beforeEach(async () => {
		filter = await startOpenC2();
		[events, rules] = [[], []];
	});
	afterEach(async () => await filter.close());

	it('denies an address, and the rule is deleted again by its number', async () => {
		filter.rules.set(1, { net: 'somebody else', stop: null, direction: null });
		const result = await connect().call(block.grant, block.request);
		expect(result).toMatchObject({ effect: 'done', detail: `${BAD} is denied by rule 2`, record: { rules: [2] } });
		expect(filter.rules.get(2)).toEqual({ net: BAD, stop: null, direction: 'both' });
		rules = [kept('stp_before', 'block_indicator', result)];
		expect(await connect().call(unblock.grant, unblock.request)).toMatchObject({
			effect: 'done',
			record: { rules: [2] },
		});
		expect([...filter.rules.keys()]).toEqual([1]);
		// Nothing is ever allowed: an allow is more than the end of a denial.
		expect(filter.commands.map((command) => command['action'])).toEqual(['query', 'deny', 'query', 'delete']);
	});

	it('is sent what the import of playbooks reads as the same action', async () => {
		await connect().call(block.grant, block.request);
		const sent = filter.requests.map((request) => readOpenC2(Buffer.from(request.body)));
		expect(sent[1]).toEqual({ action: 'deny', target: 'ipv4_net', value: BAD });
		expect(sent[1] && translate(sent[1])).toEqual({ action: 'block_indicator', is: 'indicator' });
	});

	it.each([
		['2001:db8:0:5::/64', 'not_done'],
		['2a02:26f0:1::/64', 'done'],
		['185.220.101.0/24', 'done'],
		['bad.example.org', 'not_done'],
		['http://bad.example.org/x', 'not_done'],
		['198.18.4.9', 'not_done'],
	])('denies %s: %s', async (indicator, effect) => {
		const { grant, request } = networkGrant('block_indicator', indicator);
		expect((await connect().call(grant, request)).effect).toBe(effect);
		expect(filter.effects).toEqual(effect === 'done' ? [`deny ${indicator}`] : []);
	});

	it('is told when a rule ends by itself, which filter is meant, and the direction, as the configuration says', async () => {
		const of = { stop_after_ms: 86_400_000, direction: 'filter', actuator: { asset_id: '30' } };
		await connect(of).call(block.grant, block.request);
		expect(filter.rules.get(1)).toEqual({ net: BAD, stop: NOW + 86_400_000, direction: null });
		expect(filter.commands[1]).toMatchObject({ actuator: { slpf: { asset_id: '30' } } });
		expect(filter.commands[1]?.['args']).toEqual({ response_requested: 'complete', stop_time: NOW + 86_400_000 });
	});

	it('is logged in to by name and password too', async () => {
		filter.logins = new Set([`Basic ${Buffer.from(`bot:${FILTER_TOKEN}`).toString('base64')}`]);
		const auth = { type: 'basic', user: 'bot', secret_env: 'OC2' };
		expect(await connect({ auth }).call(block.grant, block.request)).toMatchObject({ effect: 'done' });
	});

	it('gets the same id for the same step, in the form that the standard asks for', async () => {
		await connect().call(block.grant, block.request);
		await connect().call(block.grant, block.request);
		const [, first, , second] = filter.commands.map((command) => command['command_id']);
		expect(first).toBe(second);
		expect(first).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
	});

	it.each([
		['cannot delete a rule', { pairs: { query: ['features'], deny: ['ipv4_net'] } }],
		['does not take the kind of address', { pairs: { deny: ['ipv6_net'], delete: ['slpf:rule_number'] } }],
		['is something else', { profiles: ['edr'] }],
	])('that %s is commanded nothing', async (_, of) => {
		Object.assign(filter, { ...of, pairs: { query: ['features'], ...('pairs' in of ? of.pairs : filter.pairs) } });
		expect(await connect().call(block.grant, block.request)).toMatchObject({ effect: 'not_done' });
		expect(filter.effects).toEqual([]);
	});

	it('that names its rules as version 2 of the language does is answered in kind', async () => {
		filter.pairs['delete'] = ['slpf/rule_number'];
		filter.rules.set(4, { net: BAD, stop: null, direction: null });
		rules = [made(4)];
		expect(await connect().call(unblock.grant, unblock.request)).toMatchObject({ effect: 'done' });
		expect(filter.effects).toEqual([`delete ${BAD}`]);
	});

	it('that names no rule has denied it all the same, and only people can take that back', async () => {
		filter.namesRules = false;
		const result = await connect().call(block.grant, block.request);
		expect(result).toMatchObject({ effect: 'done', detail: expect.stringContaining('only people') });
		rules = [kept('stp_before', 'block_indicator', result)];
		expect(await connect().call(unblock.grant, unblock.request)).toMatchObject({
			effect: 'not_done',
			detail: expect.stringContaining('number nobody knows'),
		});
		expect(filter.effects).toEqual([`deny ${BAD}`]);
	});

	it('keeps what another incident wants', async () => {
		const held = { step: 's', action: 'block_indicator', indicator: BAD, at: NOW, until: null };
		rules = [made(1)];
		filter.rules.set(1, { net: BAD, stop: null, direction: null });
		events = [{ ...held, incident: 'inc_2' }];
		expect(await connect().call(unblock.grant, unblock.request)).toMatchObject({ effect: 'not_done' });
		events = [
			{ ...held, incident: 'inc_1' },
			{ ...held, incident: 'inc_2' },
		];
		expect(await connect().call(unblock.grant, unblock.request)).toMatchObject({ effect: 'done', tries: 0 });
		expect(filter.requests).toEqual([]);
	});

	it('is never told to delete a number that may have been given to another rule since', async () => {
		// The answer to the deletion was lost, and the number went to somebody else.
		filter.rules.set(1, { net: BAD, stop: null, direction: null });
		rules = [made(1)];
		filter.spoil = (request, proceed) => {
			const answered = proceed();
			return request.body.includes('"delete"') ? 'drop' : answered;
		};
		const lost = await connect().call(unblock.grant, unblock.request);
		expect(lost).toMatchObject({ effect: 'unknown' });
		filter.spoil = null;
		filter.rules.set(1, { net: '203.0.113.0/24 of somebody else', stop: null, direction: null });
		rules.push(kept('stp_lost', 'unblock_indicator', lost));
		expect(await connect().call(unblock.grant, unblock.request)).toMatchObject({
			effect: 'not_done',
			detail: expect.stringContaining('may have deleted rule 1 already'),
		});
		expect(filter.rules.get(1)?.net).toContain('somebody else');
	});

	it('says that it stays open where one rule was deleted and the next was not', async () => {
		filter.rules.set(1, { net: BAD, stop: null, direction: null });
		rules = [made(1), { ...made(7), step: 'stp_more' }];
		expect(await connect().call(unblock.grant, unblock.request)).toMatchObject({
			effect: 'unknown',
			detail: expect.stringMatching(/rule 1 deleted; rule 7/),
		});
	});

	it('makes no call without a grant for exactly this', async () => {
		const connector = connect();
		for (const one of [
			{ ...block.request, params: { indicator: '185.220.101.8' } },
			{ ...block.request, step: 'stp_other' },
			{ ...block.request, action: 'block_internal' },
			{ ...block.request, action: 'unblock_indicator' },
		])
			expect(await connector.call(block.grant, one)).toMatchObject({ effect: 'not_done' });
		expect(await connect({}, null).call(block.grant, block.request)).toMatchObject({ effect: 'not_done' });
		expect(filter.requests).toEqual([]);
	});

	it('claims no read-back: the profile has no command that shows rules', async () => {
		const connector = connect();
		expect([connector.hasReadBack('block_indicator'), connector.isIdempotent('block_indicator')]).toEqual([
			false,
			false,
		]);
		expect(await connector.readBack(block.grant, block.request)).toMatchObject({ state: 'unknown' });
	});

	it('can be tried without any effect', async () => {
		const shown = async (indicator: string | null, token = FILTER_TOKEN) =>
			(await connect({}, token).probe?.({ account: null, target: null, indicator }))?.map(
				({ what, state }) => `${what} ${state}`,
			);
		expect(await shown(BAD)).toEqual(['filter well', 'rights open', 'block_indicator well']);
		expect(await shown('10.4.0.11')).toEqual(['filter well', 'rights open', 'block_indicator not']);
		expect(await shown(null, 'wrong')).toEqual(['filter not']);
		expect(filter.effects).toEqual([]);
	});

	type Spoiled = ReturnType<NonNullable<OpenC2Filter['spoil']>>;
	type Proceed = Parameters<NonNullable<OpenC2Filter['spoil']>>[1];
	const raw = (body: string, status = 200, headers = {}) => ({ status, headers, body });
	const on = (action: string, how: (proceed: Proceed, id: string) => Spoiled): void => {
		filter.spoil = (request, proceed) =>
			request.body.includes(`"action":"${action}"`) ? how(proceed, String(request.headers['x-request-id'])) : proceed();
	};
	const after = (proceed: Proceed, answer: Spoiled): Spoiled => {
		proceed();
		return answer;
	};
	const FAULTS: readonly [string, () => void, string][] = [
		['busy on the query (429)', () => on('query', () => raw('', 429)), 'not_done'],
		['busy on the denial (429)', () => on('deny', () => raw('', 429)), 'not_done'],
		['500 on the query', () => on('query', () => raw('', 500)), 'not_done'],
		['500 on the denial', () => on('deny', (_, id) => openC2Answer(id, 500)), 'unknown'],
		['500 after the denial', () => on('deny', (proceed) => after(proceed, raw('', 500))), 'unknown'],
		['503 without a time', () => on('deny', (_, id) => openC2Answer(id, 503)), 'unknown'],
		['102: at it', () => on('deny', (_, id) => openC2Answer(id, 102, {}, 200)), 'unknown'],
		['501: an argument that it does not know', () => on('deny', (_, id) => openC2Answer(id, 501)), 'not_done'],
		['501 inside of 200', () => on('deny', (_, id) => openC2Answer(id, 501, {}, 200)), 'not_done'],
		['400', () => on('deny', (_, id) => openC2Answer(id, 400)), 'not_done'],
		['404', () => on('deny', (_, id) => openC2Answer(id, 404)), 'not_done'],
		['200 inside of 500', () => on('deny', (_, id) => openC2Answer(id, 200, {}, 500)), 'unknown'],
		['time runs out after the denial', () => on('deny', (proceed) => after(proceed, 'hang')), 'unknown'],
		['the line breaks before the denial', () => on('deny', () => 'drop'), 'unknown'],
		['an answer that is no JSON', () => on('deny', (proceed) => after(proceed, raw('OK'))), 'unknown'],
		['an answer with a name twice', () => on('deny', () => raw('{"headers":{},"headers":{}}')), 'unknown'],
		[
			'an answer to another command',
			() => on('deny', () => openC2Answer('00000000-0000-4000-8000-000000000000', 200)),
			'unknown',
		],
		[
			'every answer to another command',
			() => {
				filter.isConfused = true;
			},
			'not_done',
		],
		[
			'an answer that broke off',
			() => on('deny', () => raw('{"headers":', 200, { 'content-length': '900' })),
			'unknown',
		],
		['a page for people', () => on('query', () => raw('<html>login</html>')), 'not_done'],
		['a redirect', () => on('query', () => raw('', 302, { location: 'http://example.org/' })), 'not_done'],
		['a token that has been revoked', () => filter.logins.clear(), 'not_done'],
		['a token that ends in the middle', () => on('deny', (_, id) => openC2Answer(id, 401)), 'not_done'],
		[
			'a login that may only ask',
			() => {
				filter.mayChange = false;
			},
			'not_done',
		],
		[
			'the token in the words of an error',
			() => on('deny', (_, id) => openC2Answer(id, 500, { status_text: FILTER_TOKEN })),
			'unknown',
		],
	];

	it.each(FAULTS)(
		'with a fault (%s) acts at most once, and what is reported is true or unknown',
		async (_, spoil, effect) => {
			spoil();
			const result = await connect().call(block.grant, block.request);
			expect(result.effect).toBe(effect);
			expect(filter.effects.length).toBeLessThanOrEqual(1);
			if (result.effect === 'done') expect(filter.rules.size).toBe(1);
			if (result.effect === 'not_done') expect(filter.rules.size).toBe(0);
			expect(JSON.stringify(result)).not.toContain(FILTER_TOKEN);
		},
	);

	it('keeps the rules of others over any row of faults, blocks and takings back', async () => {
		const fault = fc.constantFrom('well', 'well', '429', '500', '500 after', 'drop', 'drop after', 'garbage after');
		const step = fc.constantFrom('block_indicator', 'unblock_indicator', 'other');
		await fc.assert(
			fc.asyncProperty(fc.array(fault, { maxLength: 20 }), fc.array(step, { maxLength: 6 }), async (faults, steps) => {
				filter.rules.clear();
				rules = [];
				const left = [...faults];
				filter.spoil = (_, proceed) => {
					const next = left.shift() ?? 'well';
					const happened = next === 'well' || next.endsWith('after') ? proceed() : null;
					if (next === 'well' && happened !== null) return happened;
					if (next.startsWith('drop')) return 'drop';
					return next.startsWith('garbage') ? raw('<') : raw('', Number(next.slice(0, 3)));
				};
				let others = 0;
				for (const [at, action] of steps.entries()) {
					if (action === 'other') {
						let free = 1;
						while (filter.rules.has(free)) free++;
						filter.rules.set(free, { net: 'other', stop: null, direction: null });
						others++;
						continue;
					}
					const { grant, request } = action === 'block_indicator' ? block : unblock;
					const before = [...filter.rules.values()].filter(({ net }) => net === BAD).length;
					const result = await connect().call(grant, request);
					const now = [...filter.rules.values()].filter(({ net }) => net === BAD).length;
					if (result.effect === 'done') expect(now).toBe(action === 'block_indicator' ? before + 1 : 0);
					if (result.effect === 'not_done') expect(now).toBe(before);
					rules.push(kept(`stp_${at}`, action, result));
					expect([...filter.rules.values()].filter(({ net }) => net === 'other').length).toBe(others);
				}
			}),
			{ numRuns: 60 },
		);
	});
});

describe('the rules that are known', () => {
	const event = (of: Partial<RuleEvent>): RuleEvent => ({ ...made(1), ...of });
	const undo = (of: Partial<RuleEvent>): RuleEvent => event({ step: 'stp_undo', action: 'unblock_indicator', ...of });

	it.each<[string, readonly RuleEvent[], readonly number[], number]>([
		['are those that were made', [event({}), event({ step: 'b', rules: [5] })], [1, 5], 0],
		['are not those that were deleted', [event({}), undo({ rules: [1] })], [], 0],
		['stay where the taking back failed', [event({}), undo({ state: 'failed', rules: null })], [1], 0],
		['stay where it was left to another incident', [event({}), undo({ tries: 0, rules: null })], [1], 0],
		['are in doubt after a taking back in doubt', [event({}), undo({ state: 'in_doubt', rules: null })], [], 1],
		['are in doubt after one that only began', [event({}), undo({ state: null, tries: null, rules: null })], [], 1],
		['are in doubt after one that a person settled', [event({}), undo({ tries: null, rules: null })], [], 1],
		['are in doubt after a block in doubt', [event({ state: 'in_doubt', rules: null })], [], 1],
		['are made again after a doubt', [event({ state: 'in_doubt', rules: null }), event({ rules: [2] })], [2], 1],
		['are not those for another address', [event({ indicator: '185.220.101.8' })], [], 0],
	])('%s', (_, said, known, doubts) => {
		const found = rulesOf(said, BAD, 'stp_own');
		expect([found.known, found.doubts.length]).toEqual([known, doubts]);
	});

	it('do not wait for what the asking step itself has begun, but for what became of it before', () => {
		const own = undo({ state: null, tries: null, rules: null });
		expect(rulesOf([event({}), own], BAD, 'stp_undo')).toEqual({ known: [1], doubts: [] });
		expect(rulesOf([event({}), { ...own, earlier: 'failed' }], BAD, 'stp_undo').known).toEqual([1]);
		expect(rulesOf([event({}), { ...own, earlier: 'in_doubt' }], BAD, 'stp_undo').known).toEqual([]);
		expect(rulesOf([event({ earlier: 'in_doubt' })], BAD, 'stp_own')).toMatchObject({ known: [1] });
		expect(rulesOf([event({ earlier: 'in_doubt' })], BAD, 'stp_own').doubts).toHaveLength(1);
	});
});

describe('a packet filter over TLS', () => {
	let authority: Authority;
	let pair: Pair;
	beforeAll(() => {
		authority = openAuthority();
		pair = authority.issue('filter');
	});
	afterAll(() => authority.remove());

	it('whose certificate nobody vouches for gets no token', async () => {
		filter = await startOpenC2({ key: pair.key, cert: pair.cert });
		try {
			expect(await connect().call(block.grant, block.request)).toMatchObject({ effect: 'not_done' });
			expect(filter.requests).toEqual([]);
		} finally {
			await filter.close();
		}
	});
});
