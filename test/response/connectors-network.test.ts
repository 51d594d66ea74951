// What firewalls are told: which indicators may be blocked, the lists that they fetch, and tags on addresses of a Palo Alto firewall that
// answers as its maker documents and can be spoiled at every point.
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BlockListConfig, PaloAltoConfig } from '../../src/domain/connector-kinds/network.ts';
import type { NewEntry } from '../../src/domain/entry.ts';
import { type FactReading, readFact } from '../../src/domain/fact.ts';
import { indexInventory } from '../../src/domain/inventory.ts';
import { createBlockList, type ListGround } from '../../src/response/connectors/block-list.ts';
import { createServedLists, NOTED_EVERY_MS } from '../../src/response/connectors/block-list-served.ts';
import { heldNow, type ListEvent, listText, type Poll } from '../../src/response/connectors/block-list-state.ts';
import type { CallRequest, Connector } from '../../src/response/connectors/connector.ts';
import { readIndicator, whyNever } from '../../src/response/connectors/indicator.ts';
import { createPaloAlto } from '../../src/response/connectors/palo-alto.ts';
import { indicatorReadings } from '../../src/response/indicator-readings.ts';
import { type Authority, openAuthority, type Pair } from '../services/certificates.ts';
import { networkGrant } from './support/network-grant.ts';
import { INVENTORY, NOW } from './support/plant.ts';
import { KEY, type PaloAlto, startPaloAlto } from './vendors/palo-alto.ts';

const BAD = '185.220.101.7';
const NOTHING = { addresses: [], domains: [] };

/** A plant with public addresses and names of its own. */
const PLANT = indexInventory({
	...INVENTORY.data,
	assets: INVENTORY.data.assets.map((asset) =>
		asset.id === 'lap-1' ? { ...asset, ips: ['185.10.0.5'], hostnames: ['lap-1', 'portal.plant.example.org'] } : asset,
	),
	zones: INVENTORY.data.zones.map((zone) => (zone.id === 'dmz' ? { ...zone, ranges: ['185.11.0.0/22'] } : zone)),
});

describe('an indicator', () => {
	it.each([
		['185.220.101.7', 'ip', '185.220.101.7'],
		['185.220.101.0/24', 'ip', '185.220.101.0/24'],
		['2A0B:F4C2:0::1', 'ip', '2a0b:f4c2::1'],
		['2a0b:f4c2::/64', 'ip', '2a0b:f4c2::/64'],
		['Evil.Example.NET.', 'domain', 'evil.example.net'],
		['xn--80ak6aa92e.com', 'domain', 'xn--80ak6aa92e.com'],
		['https://evil.example.net', 'url', 'evil.example.net/'],
		['http://evil.example.net:8080/a/b.php?id=1', 'url', 'evil.example.net:8080/a/b.php?id=1'],
	])('%s is read', (text, type, value) =>
		expect(readIndicator(text)).toMatchObject({ ok: true, value: { type, value } }),
	);

	it.each([
		['10.4.0.11', 'private'],
		['192.168.1.1', 'private'],
		['127.0.0.1', 'private'],
		['169.254.169.254', 'metadata'],
		['168.63.129.0/24', 'cloud itself'],
		['0.0.0.0/0', 'wider'],
		['185.220.0.0/16', 'wider'],
		['185.220.101.7/24', 'bits set'],
		['010.4.0.11', 'no address'],
		['185.220.101', 'no address'],
		['fe80::1', 'link-local'],
		['fd00::1', 'private'],
		['::ffff:10.4.0.11', 'private'],
		['2a0b:f4c2::/32', 'wider'],
		['localhost', 'top-level'],
		['*.example.net', 'wildcard'],
		['http://evil.example.net/*', 'wildcard'],
		['http://evil.example.net/^', 'wildcard'],
		['http://user:pw@evil.example.net/', 'login'],
		['http://0x7f.1/', 'private'],
		['http://3117049095/', 'no address'],
		['evil.example.net\n10.0.0.0/8', 'blank'],
		['evil.example.net 1.2.3.4', 'blank'],
		['http://evil.example.net/#x', ''],
	])('%s is none', (text, why) => {
		const read = readIndicator(text);
		if (text.endsWith('#x')) expect(read).toMatchObject({ ok: true, value: { value: 'evil.example.net/' } });
		else expect(read.ok ? '' : read.error).toContain(why);
	});

	it('is one line without a blank, whatever the text was', () => {
		fc.assert(
			fc.property(fc.oneof(fc.string(), fc.webUrl(), fc.domain(), fc.ipV4(), fc.ipV6()), (text) => {
				const read = readIndicator(text);
				return !read.ok || /^[!-~]{1,255}$/.test(read.value.value);
			}),
		);
	});

	const never = { addresses: ['185.12.0.0/28'], domains: ['support.vendor.example.com'] };
	it.each([
		['185.10.0.5', 'asset `lap-1`'],
		['185.10.0.0/24', 'asset `lap-1`'],
		['185.11.3.9', 'zone `dmz`'],
		['185.12.0.3', 'never'],
		['185.12.0.0/24', 'never'],
		['http://185.12.0.3/x', 'never'],
		['support.vendor.example.com', 'never'],
		['vendor.example.com', 'never'],
		['eu.support.vendor.example.com', 'never'],
		['https://support.vendor.example.com/session', 'never'],
		['plant.example.org', 'or above'],
		['185.12.0.16', null],
		['other.vendor.example.com', null],
		['xsupport.vendor.example.com', null],
	])('%s is blocked only if nothing of the plant stands there', (text, why) => {
		const read = readIndicator(text);
		if (!read.ok) throw new Error(read.error);
		const found = whyNever(read.value, PLANT, never);
		if (why === null) expect(found).toBeNull();
		else expect(found).toContain(why);
	});
});

describe('the gate', () => {
	it.each([
		['185.10.0.5', true],
		['185.10.0.0/24', true],
		['https://185.11.3.9:8443/a', true],
		['portal.plant.example.org', true],
		['PLANT.example.org.', true],
		['http://user:pw@portal.plant.example.org/', true],
		['185.220.101.7', false],
		['evil.example.net', false],
		['xportal.plant.example.org', false],
	])("is told that %s is the plant's own, whatever a person states about it: %s", (indicator, isOwn) => {
		const found = indicatorReadings({ indicator }, PLANT, NOW);
		expect(found.map(({ subject, value }) => [subject, value])).toEqual(isOwn ? [[indicator, false]] : []);
		const stated = { ...indicatorReadings({ indicator: '185.10.0.5' }, PLANT, NOW)[0], source: 'person', value: true };
		const all = [...found, { ...stated, subject: indicator } as FactReading];
		expect(readFact(all, 'indicator_external', indicator, NOW).value).toBe(!isOwn);
	});
});

const LISTS = BlockListConfig.parse({
	name: 'edge',
	kind: 'block-list',
	lists: [
		{ name: 'bad-addresses', type: 'ip', entries_max: 2, comments: 'after' },
		{ name: 'bad-domains', type: 'domain', comments: 'above' },
		{ name: 'bad-urls', type: 'url' },
	],
	pollers: ['10.9.0.0/24'],
	auth: { type: 'basic', user: 'fw', secret_env: 'LIST' },
	never: NOTHING,
});

let events: ListEvent[] = [];
let polls: Poll[] = [];
const ground: ListGround = {
	inventory: INVENTORY,
	reader: { events: async () => events, polls: async () => polls, incidentOf: async () => 'inc_1' },
};
const event = (action: string, indicator: string, of: Partial<ListEvent> = {}): ListEvent => ({
	step: 'stp_1',
	incident: 'inc_1',
	action,
	indicator,
	at: NOW,
	until: NOW + 3_600_000,
	...of,
});
const poll = (of: Partial<Poll> = {}): Poll => ({
	list: 'bad-addresses',
	address: '10.9.0.1',
	at: NOW,
	etag: '',
	...of,
});
beforeEach(() => {
	events = [];
	polls = [poll()];
});

describe('what stands on a list', () => {
	const values = (now = NOW) => heldNow(events, now).map((held) => held.read.value);

	it('ends by itself when its containment has run out', () => {
		events = [event('block_indicator', BAD), event('block_indicator', '9.9.9.9', { until: null })];
		expect(values(NOW + 3_599_999)).toEqual([BAD, '9.9.9.9']);
		expect(values(NOW + 3_600_000)).toEqual(['9.9.9.9']);
	});

	it('is taken back by the incident that wanted it, in whatever spelling', () => {
		events = [event('block_indicator', 'evil.example.net'), event('unblock_indicator', 'EVIL.example.net.')];
		expect(values()).toEqual([]);
	});

	it('stays while another incident wants it', () => {
		events = [
			event('block_indicator', BAD),
			event('block_indicator', BAD, { incident: 'inc_2' }),
			event('unblock_indicator', BAD),
		];
		expect(values()).toEqual([BAD]);
	});

	it('is written one to a line, with the step and its end where the firewall reads comments', () => {
		events = [event('block_indicator', BAD), event('block_indicator', 'evil.example.net')];
		const held = heldNow(events, NOW);
		const texts = LISTS.lists.map((list) => listText(list, held, INVENTORY, NOTHING).text);
		expect(texts).toEqual([
			`${BAD} # stp_1 until 2026-06-10T04:00:00.000Z\n`,
			'# stp_1 until 2026-06-10T04:00:00.000Z\nevil.example.net\n',
			'',
		]);
	});

	it('leaves out what has become part of the plant since', () => {
		const held = heldNow([event('block_indicator', BAD)], NOW);
		const [list] = LISTS.lists;
		if (list === undefined) throw new Error('no list');
		expect(listText(list, held, INVENTORY, { ...NOTHING, addresses: [BAD] })).toMatchObject({ text: '', entries: 0 });
	});
});

describe('the connector of the lists', () => {
	const connector = createBlockList(LISTS, ground, () => NOW);
	const call = async (action: 'block_indicator' | 'unblock_indicator', indicator: string) => {
		const { grant, request } = networkGrant(action, indicator);
		return await connector.call(grant, request);
	};

	it('says from when on an indicator is blocked, and who fetches', async () => {
		expect(await call('block_indicator', BAD)).toMatchObject({
			effect: 'done',
			detail: `${BAD} stands on the list \`bad-addresses\` from the next fetch on (last fetched by 10.9.0.1 0 min ago)`,
		});
	});

	it.each([
		['nobody has ever fetched it', () => [], 'no firewall has fetched it yet'],
		['nobody has fetched it for hours', () => [poll({ at: NOW - 7_200_001 })], 'it was last fetched'],
	])('does not claim a block where %s', async (_, held, words) => {
		polls = held();
		const result = await call('block_indicator', BAD);
		expect(result.effect).toBe('not_done');
		expect(result.detail).toContain(words);
	});

	it('refuses what the plant depends on although the gate let it through', async () => {
		const strict = createBlockList(
			{ ...LISTS, never: { addresses: ['185.220.101.0/24'], domains: [] } },
			ground,
			() => NOW,
		);
		const { grant, request } = networkGrant('block_indicator', BAD);
		expect(await strict.call(grant, request)).toMatchObject({ effect: 'not_done' });
	});

	it('refuses a full list, and not what stands on it already', async () => {
		events = [event('block_indicator', BAD), event('block_indicator', '9.9.9.9')];
		expect(await call('block_indicator', '8.8.4.4')).toMatchObject({ effect: 'not_done' });
		expect(await call('block_indicator', BAD)).toMatchObject({ effect: 'done' });
	});

	it('takes nothing off that another incident holds', async () => {
		events = [event('block_indicator', BAD, { incident: 'inc_2' })];
		expect(await call('unblock_indicator', BAD)).toMatchObject({ effect: 'not_done' });
		events = [...events, event('block_indicator', BAD)];
		const both = await call('unblock_indicator', BAD);
		expect(both).toMatchObject({ effect: 'done' });
		expect(both.detail).toContain('stays on the list');
	});

	it('has happened when a firewall fetched the list since, and not before', async () => {
		const { grant, request } = networkGrant('block_indicator', BAD);
		expect(await connector.readBack(grant, request)).toMatchObject({ state: 'not_done' });
		events = [event('block_indicator', BAD, { step: request.step })];
		expect(await connector.readBack(grant, request)).toMatchObject({ state: 'unknown' });
		polls = [poll({ at: NOW + 60_000 })];
		expect(await connector.readBack(grant, request)).toMatchObject({ state: 'done' });
	});

	it('says on which list an indicator would stand', async () => {
		const strict = createBlockList(
			{ ...LISTS, never: { ...NOTHING, domains: ['vendor.example.com'] } },
			ground,
			() => NOW,
		);
		const tried = async (indicator: string) => (await strict.probe?.({ account: null, target: null, indicator }))?.[1];
		expect(await tried(BAD)).toMatchObject({ state: 'well', detail: `would stand on \`bad-addresses\` as \`${BAD}\`` });
		expect(await tried('vendor.example.com')).toMatchObject({ state: 'not' });
		expect(await tried('10.0.0.1')).toMatchObject({ state: 'not' });
	});

	it('does nothing without a grant for exactly this', async () => {
		const { grant, request } = networkGrant('block_indicator', BAD);
		const other: CallRequest = { ...request, params: { indicator: '9.9.9.9' } };
		expect(await connector.call(grant, other)).toMatchObject({ effect: 'not_done', tries: 0 });
		expect(await connector.readBack(grant, other)).toMatchObject({ state: 'unknown' });
	});
});

describe('a firewall that fetches', () => {
	const login = `Basic ${Buffer.from('fw:s3cret-list').toString('base64')}`;
	let now = NOW;
	let noted: NewEntry[] = [];
	const open = () =>
		createServedLists(
			[{ config: LISTS, secret: 's3cret-list' }],
			ground,
			async (entry) => void noted.push(entry),
			() => now,
		);
	const ask = { name: 'bad-addresses', address: '10.9.0.1', authorization: login, ifNoneMatch: null };
	beforeEach(() => {
		now = NOW;
		noted = [];
		events = [event('block_indicator', BAD, { until: null })];
	});

	it('gets the text, then that it has not changed, then the new one', async () => {
		const lists = open();
		const first = await lists.answer(ask);
		expect(first).toMatchObject({ status: 200, body: `${BAD} # stp_1\n` });
		const etag = first.headers['etag'] ?? '';
		expect(await lists.answer({ ...ask, ifNoneMatch: `"x", W/${etag}` })).toMatchObject({ status: 304, body: '' });
		events = [...events, event('block_indicator', '9.9.9.9', { until: null })];
		now += 2_001;
		expect((await lists.answer({ ...ask, ifNoneMatch: etag })).body).toContain('9.9.9.9');
		expect(lists.figures()[0]).toEqual({ list: 'bad-addresses', entries: 2, fetchedAt: now });
	});

	it.each([
		['another address', { address: '10.8.0.1' }, 403],
		['no login', { authorization: null }, 401],
		['a wrong login', { authorization: 'Basic Zng6eA==' }, 401],
		['a list that is not there', { name: 'x' }, 404],
	])('is refused with %s and not noted', async (_, of, status) => {
		const answer = await open().answer({ ...ask, ...of });
		expect(answer.status).toBe(status);
		expect(answer.body).not.toContain(BAD);
		expect(noted).toEqual([]);
	});

	it('is noted when it fetches first, when the list has changed, and once in a while', async () => {
		const lists = open();
		for (let i = 0; i < 5; i++) await lists.answer(ask);
		expect(noted).toHaveLength(1);
		now += NOTED_EVERY_MS;
		await lists.answer(ask);
		expect(noted).toHaveLength(2);
		events = [];
		now += 2_001;
		await lists.answer(ask);
		expect(noted.map((entry) => entry.data['entries'])).toEqual([1, 1, 0]);
	});

	it('gets an error and no empty list where the ledger cannot be read', async () => {
		const broken = createServedLists(
			[{ config: LISTS, secret: 's3cret-list' }],
			{ ...ground, reader: { ...ground.reader, events: async () => await Promise.reject(new Error('no database')) } },
			async () => undefined,
			() => now,
		);
		await expect(broken.answer(ask)).rejects.toThrow('no database');
	});
});

const TAG = 'interlock-blocked';
let firewall: PaloAlto;
const settings = (of: object = {}) =>
	PaloAltoConfig.parse({
		name: 'edge-fw',
		kind: 'palo-alto',
		base_url: firewall.url,
		allow_private: true,
		timeout_ms: 300,
		auth: { type: 'api_key', secret_env: 'PAN_KEY' },
		tags: { indicator: TAG, internal: 'interlock-internal' },
		never: NOTHING,
		...of,
	});
const EDGE = {
	now: () => NOW,
	sleep: async () => undefined,
	resolve: async () => ['127.0.0.1'],
};
const connect = (of: object = {}, key: string | null = KEY): Connector =>
	createPaloAlto(settings(of), key, ground, EDGE);
const isTagged = (ip = BAD, tag = TAG): boolean => firewall.tags.get(ip)?.has(tag) ?? false;

describe('a Palo Alto firewall', () => {
	beforeEach(async () => {
		firewall = await startPaloAlto();
	});
	afterEach(async () => await firewall.close());

	it('gets a tag on the address, and loses it', async () => {
		const block = networkGrant('block_indicator', BAD);
		expect(await connect().call(block.grant, block.request)).toMatchObject({
			effect: 'done',
			detail: `${BAD} with tag ${TAG}`,
		});
		expect(await connect().readBack(block.grant, block.request)).toMatchObject({ state: 'done' });
		const unblock = networkGrant('unblock_indicator', BAD);
		expect(await connect().call(unblock.grant, unblock.request)).toMatchObject({ effect: 'done' });
		expect(firewall.effects).toEqual([`register ${BAD} ${TAG}`, `unregister ${BAD} ${TAG}`]);
	});

	it('blocks a host of the plant by its addresses in the inventory', async () => {
		const { grant, request } = networkGrant('block_internal', 'lap-1');
		expect(await connect().call(grant, request)).toMatchObject({ effect: 'done' });
		expect(isTagged('10.4.0.11', 'interlock-internal')).toBe(true);
	});

	it('is told nothing where the address belongs to another asset too', async () => {
		const twins = indexInventory({
			...INVENTORY.data,
			assets: INVENTORY.data.assets.map((asset) => (asset.id === 'lap-x' ? { ...asset, ips: ['10.4.0.11'] } : asset)),
		});
		const connector = createPaloAlto(settings(), KEY, { ...ground, inventory: twins }, EDGE);
		const { grant, request } = networkGrant('block_internal', 'lap-1');
		expect(await connector.call(grant, request)).toMatchObject({ effect: 'not_done' });
		expect(firewall.requests).toEqual([]);
	});

	it.each(['evil.example.net', 'https://evil.example.net/x', '185.220.101.0/24'])(
		'is told nothing of %s',
		async (indicator) => {
			const { grant, request } = networkGrant('block_indicator', indicator);
			const result = await connect().call(grant, request);
			expect(result).toMatchObject({ effect: 'not_done' });
			expect(result.detail).toContain('block-list');
			expect(firewall.requests).toEqual([]);
		},
	);

	it('is changed once: what is so already is not sent again', async () => {
		firewall.tags.set(BAD, new Set([TAG, 'other']));
		const { grant, request } = networkGrant('block_indicator', BAD);
		expect(await connect().call(grant, request)).toMatchObject({ effect: 'done' });
		expect(firewall.effects).toEqual([]);
	});

	it('keeps a tag that another incident wants', async () => {
		firewall.tags.set(BAD, new Set([TAG]));
		events = [event('block_indicator', BAD), event('block_indicator', BAD, { incident: 'inc_2' })];
		const { grant, request } = networkGrant('unblock_indicator', BAD);
		expect(await connect().call(grant, request)).toMatchObject({ effect: 'done' });
		expect(isTagged()).toBe(true);
		events = [event('block_indicator', BAD, { incident: 'inc_2' })];
		expect(await connect().call(grant, request)).toMatchObject({ effect: 'not_done' });
		expect(isTagged()).toBe(true);
	});

	it('that is the passive one of a pair is told nothing; its peer is', async () => {
		const peer = await startPaloAlto(firewall.tags);
		try {
			[firewall.ha, peer.ha] = ['passive', 'active'];
			const { grant, request } = networkGrant('block_indicator', BAD);
			expect(await connect().call(grant, request)).toMatchObject({ effect: 'not_done' });
			expect(await connect({ peer_url: peer.url }).call(grant, request)).toMatchObject({ effect: 'done' });
			expect([firewall.effects, peer.effects]).toEqual([[], [`register ${BAD} ${TAG}`]]);
		} finally {
			await peer.close();
		}
	});

	it('that is down does not stop its peer', async () => {
		const peer = await startPaloAlto();
		try {
			peer.ha = 'active';
			firewall.spoil = () => 'drop';
			const { grant, request } = networkGrant('block_indicator', BAD);
			expect(await connect({ peer_url: peer.url }).call(grant, request)).toMatchObject({ effect: 'done' });
		} finally {
			await peer.close();
		}
	});

	it('can be tried without any effect', async () => {
		firewall.tags.set(BAD, new Set([TAG]));
		const wish = { account: null, target: 'lap-1', indicator: BAD };
		const found = (await connect().probe?.(wish)) ?? [];
		expect(found.map(({ what, state }) => `${what} ${state}`)).toEqual([
			'firewall well',
			'rights open',
			'block_indicator well',
			'unblock_indicator well',
			'block_internal well',
			'unblock_internal well',
		]);
		expect(found[2]?.detail).toBe(`nothing to change: ${BAD} with tag ${TAG}`);
		expect(found[4]?.detail).toBe('would change this: 10.4.0.11 without tag interlock-internal');
		expect(firewall.effects).toEqual([]);
		expect(await connect({}, 'wrong').probe?.(wish)).toMatchObject([{ what: 'firewall', state: 'not' }]);
	});

	it('is not asked without a grant', async () => {
		const { grant, request } = networkGrant('block_indicator', BAD);
		const other = { ...request, params: { indicator: '9.9.9.9' } };
		expect(await connect().call(grant, other)).toMatchObject({ effect: 'not_done' });
		expect(firewall.requests).toEqual([]);
	});

	const isChange = (body: string): boolean => body.includes('type=user-id');
	const raw = (body: string, status = 200, headers = {}) => ({ status, headers, body });
	// What is spoiled, and which reports are true of it. The law below holds for every one.
	const FAULTS: readonly [string, () => void, readonly string[]][] = [
		['busy once (429)', () => once(() => raw('', 429)), ['done']],
		['busy for ever (429)', () => always(() => raw('', 429)), ['not_done']],
		['asks for a long wait', () => always(() => raw('', 429, { 'retry-after': '3600' })), ['not_done']],
		['500 before the change', () => always(() => raw('', 500)), ['not_done']],
		['500 on the change', () => onChange(() => raw('', 500)), ['unknown']],
		['500 after the change', () => onChange((proceed) => after(proceed, raw('', 500))), ['done']],
		[
			'a lost answer, then busy',
			() => onChange((proceed) => after(proceed, raw('', firewall.effects.length === 0 ? 500 : 429))),
			['done'],
		],
		['time runs out after the change', () => onChange((proceed) => after(proceed, 'hang')), ['done']],
		['the line breaks after the change', () => onChange((proceed) => after(proceed, 'drop')), ['done']],
		['an answer that is no XML', () => onChange((proceed) => after(proceed, raw('OK'))), ['done']],
		['half an answer', () => onChange((proceed) => after(proceed, raw('<response status="succ'))), ['done']],
		['success without effect', () => onChange(() => raw('<response status="success"></response>')), ['unknown']],
		[
			'an error inside the firewall',
			() => onChange(() => raw('<response status="error" code="11"></response>')),
			['unknown'],
		],
		['a look that is no XML', () => always(() => raw('<html>login</html>')), ['not_done']],
		['a redirect', () => always(() => raw('', 302, { location: 'http://example.org/' })), ['not_done']],
		['a key that has been revoked', () => firewall.keys.clear(), ['not_done']],
		[
			'a key that ends in the middle',
			() => onChange(() => raw('<response status="error" code="22"></response>')),
			['not_done'],
		],
		['an account without the right', () => (firewall.mayChange = false), ['not_done']],
		[
			'the key in the words of an error',
			() => onChange(() => raw(`<response status="error" code="16"><msg>${KEY}</msg></response>`)),
			['not_done'],
		],
	];
	const after = (proceed: Proceed, answer: Spoiled): Spoiled => {
		proceed();
		return answer;
	};
	type Proceed = () => ReturnType<typeof raw>;
	type Spoiled = ReturnType<NonNullable<PaloAlto['spoil']>>;
	const always = (how: (proceed: Proceed) => Spoiled): void => {
		firewall.spoil = (_, proceed) => how(proceed);
	};
	const once = (how: (proceed: Proceed) => Spoiled): void => {
		firewall.spoil = (_, proceed) => {
			firewall.spoil = null;
			return how(proceed);
		};
	};
	const onChange = (how: (proceed: Proceed) => Spoiled): void => {
		firewall.spoil = (request, proceed) => (isChange(request.body) ? how(proceed) : proceed());
	};

	it.each(FAULTS)(
		'with a fault (%s) acts at most once, and what is reported is true or unknown',
		async (_, spoil, effects) => {
			spoil();
			const { grant, request } = networkGrant('block_indicator', BAD);
			const result = await connect().call(grant, request);
			expect(effects).toContain(result.effect);
			expect(firewall.effects.length).toBeLessThanOrEqual(1);
			if (result.effect === 'done') expect(isTagged()).toBe(true);
			if (result.effect === 'not_done') expect(isTagged()).toBe(false);
			expect(result.detail).not.toContain(KEY);
			firewall.spoil = null;
			firewall.keys.add(KEY);
			const asked = await connect().readBack(grant, request);
			expect(asked.state).toBe(isTagged() ? 'done' : 'not_done');
		},
	);

	it('acts at most once over any row of faults and repeated calls, and what is reported is true of it', async () => {
		const fault = fc.constantFrom('well', '429', '500', '500 after', 'drop', 'drop after', 'garbage', 'garbage after');
		await fc.assert(
			fc.asyncProperty(fc.array(fault, { maxLength: 25 }), fc.integer({ min: 1, max: 3 }), async (faults, calls) => {
				firewall.tags.clear();
				firewall.effects.length = 0;
				const left = [...faults];
				firewall.spoil = (_, proceed) => {
					const next = left.shift() ?? 'well';
					const happened = next === 'well' || next.endsWith('after') ? proceed() : null;
					if (next === 'well' && happened !== null) return happened;
					if (next.startsWith('drop')) return 'drop';
					return next.startsWith('garbage') ? raw('<') : raw('', Number(next.slice(0, 3)));
				};
				const { grant, request } = networkGrant('block_indicator', BAD);
				const connector = connect();
				for (let i = 0; i < calls; i++) {
					const result = await connector.call(grant, request);
					if (result.effect === 'done') expect(isTagged()).toBe(true);
					// Once it has happened, a later call that did not get through says so of itself; it never says that it is undone.
					if (result.effect === 'not_done' && i === 0) expect(isTagged()).toBe(false);
				}
				expect(firewall.effects.length).toBeLessThanOrEqual(1);
			}),
			{ numRuns: 100 },
		);
	});

	it('is left alone for a while after failures in a row', async () => {
		always(() => raw('', 500));
		const connector = connect();
		const { grant, request } = networkGrant('block_indicator', BAD);
		for (let i = 0; i < 5; i++) await connector.call(grant, request);
		const asked = firewall.requests.length;
		expect((await connector.call(grant, request)).detail).toContain('left alone');
		expect(firewall.requests).toHaveLength(asked);
	});

	it('gets its key in a header, and never in an address', async () => {
		const { grant, request } = networkGrant('block_indicator', BAD);
		await connect().call(grant, request);
		expect(firewall.requests.every((one) => one.headers['x-pan-key'] === KEY)).toBe(true);
		expect(firewall.requests.some((one) => one.query.size > 0 || one.body.includes('LUFRPT'))).toBe(false);
	});
});

describe('a Palo Alto firewall over TLS', () => {
	let authority: Authority;
	let pair: Pair;
	beforeAll(() => {
		authority = openAuthority();
		pair = authority.issue('fw1');
	});
	afterAll(() => authority.remove());

	it('whose certificate nobody vouches for gets no key', async () => {
		firewall = await startPaloAlto(new Map(), { key: pair.key, cert: pair.cert });
		try {
			const { grant, request } = networkGrant('block_indicator', BAD);
			const connector = connect({ base_url: firewall.url });
			expect(await connector.call(grant, request)).toMatchObject({ effect: 'not_done' });
			expect(firewall.requests).toEqual([]);
		} finally {
			await firewall.close();
		}
	});
});
