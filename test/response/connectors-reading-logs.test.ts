// The log store: Elasticsearch's interface, which can be spoiled at every point. The searches are the site's; what is shown is quoted, and
// what the ledger keeps are counts.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ElasticsearchConfig } from '../../src/domain/connector-kinds/reading.ts';
import type { Connector } from '../../src/response/connectors/connector.ts';
import { createElasticsearch } from '../../src/response/connectors/elasticsearch.ts';
import { type Authority, openAuthority } from '../services/certificates.ts';
import { NOW, READING_INVENTORY, readingGrant } from './support/reading-grant.ts';
import { API_KEY, type LogEntry, type LogStore, startLogStore } from './vendors/elasticsearch.ts';

const MINUTE = 60_000;
const AROUND = new Date(NOW).toISOString();
const entry = (minute: number, source: Record<string, unknown>, index = 'fw-2026.06'): LogEntry => ({
	...{ index, at: NOW + minute * MINUTE, source },
});
const SEARCH = {
	...{ words: 'Firewall', index: 'fw-*', q: 'source.ip:{ip} OR destination.ip:{ip}' },
	fields: ['source.ip', 'destination.ip', 'event.action'],
};

let store: LogStore;
const connect = (of: object = {}, secret: string | null = API_KEY): Connector =>
	createElasticsearch(
		ElasticsearchConfig.parse({
			...{ name: 'logs', kind: 'elasticsearch', asset: 'siem-1', base_url: store.url, allow_private: true },
			...{
				timeout_ms: 5_000,
				auth: { type: 'api_key', secret_env: 'ES' },
				searches: [SEARCH],
				time_zone: 'Europe/Berlin',
			},
			...of,
		}),
		secret,
		READING_INVENTORY,
		{ now: () => NOW + 30 * MINUTE, sleep: async () => undefined, resolve: async () => ['127.0.0.1'] },
	);
const read = async (connector = connect(), params: object = { about: 'hmi-1', around: AROUND }, on = 'siem-1') => {
	const { grant, request } = readingGrant('query_logs', on, params, NOW + 30 * MINUTE);
	return await connector.call(grant, request);
};

beforeEach(async () => {
	const flow = (from: string, to: string, action = 'allow') => ({
		source: { ip: from },
		destination: { ip: to },
		event: { action },
	});
	store = await startLogStore(
		[
			entry(-90, flow('10.2.0.3', '10.3.0.7')),
			entry(-5, flow('10.3.0.7', '10.2.0.3')),
			entry(3, { ...flow('10.2.0.3', '185.220.101.7', 'deny'), user: { name: 'olga' } }),
			entry(4, flow('10.4.0.11', '10.4.0.12')),
			entry(5, flow('10.2.0.3', '10.3.0.7'), 'dns-2026.06'),
		],
		NOW + 30 * MINUTE,
	);
});
afterEach(async () => await store.close());

describe('a log store that is asked about an asset', () => {
	it('shows how many entries there are around the incident, and the newest of them', async () => {
		const result = await read();
		expect(result.effect).toBe('done');
		expect(result.told).toEqual([
			'Logs in `siem-1` about `hmi-1` from 04:00:00 to 05:30:00 (2026-06-10, Europe/Berlin (GMT+2)).',
			'`Firewall`: 2 entries.',
			'05:03:00: source.ip `10.2.0.3`, destination.ip `185.220.101.7`, event.action `deny`',
			'04:55:00: source.ip `10.3.0.7`, destination.ip `10.2.0.3`, event.action `allow`',
		]);
	});

	it('leaves counts in the outcome and the record, and no entry', async () => {
		const result = await read();
		expect(result.detail).toMatch(/^Logs in .* `Firewall`: 2 entries\.$/);
		expect(result.record).toMatchObject({ searches: [{ words: 'Firewall', entries: 2, more: false }], method: 'GET' });
		expect(JSON.stringify([result.detail, result.record])).not.toContain('185.220');
	});

	it('is asked for the fields that are listed and nothing else, with GET', async () => {
		await read();
		await connect().probe?.({ account: null, target: 'hmi-1' });
		expect(JSON.stringify(store.requests.map((request) => [...request.query]))).not.toContain('user');
		expect(new Set(store.requests.map((request) => request.method))).toEqual(new Set(['GET']));
	});

	it('shows the newest five of many, and says that there are more than were counted', async () => {
		for (let i = 0; i < 10_050; i++) store.entries.push(entry(-1 - i / 1_000, { source: { ip: '10.2.0.3' } }));
		const [, count, ...entries] = (await read()).told ?? [];
		expect(count).toBe('`Firewall`: more than 10000 entries; the newest 5 are shown.');
		expect(entries).toHaveLength(5);
	});

	it('says that only a part was searched', async () => {
		store.failed = 1;
		expect((await read()).told?.[1]).toContain('ONLY A PART WAS SEARCHED');
	});

	it('is not asked with a gap where an address belongs, which would find everything', async () => {
		const result = await read(connect(), { about: 'mute-1', around: AROUND });
		expect(result).toMatchObject({
			effect: 'not_done',
			detail: expect.stringContaining('the inventory does not have'),
		});
		expect(store.requests).toEqual([]);
	});

	it.each([
		['what the inventory does not have', { about: 'nobody' }],
		['a search in place of an asset', { about: '*" OR "*' }],
		['a time that is none', { about: 'hmi-1', around: 'then' }],
	])('is not asked for %s', async (_, params) => {
		expect(await read(connect(), params)).toMatchObject({ effect: 'not_done' });
		expect(store.requests).toEqual([]);
	});

	it('is not asked by a step for another server', async () => {
		expect(await read(connect({ asset: 'ver-1' }))).toMatchObject({ effect: 'not_done' });
		expect(store.requests).toEqual([]);
	});

	it('cannot make an entry an instruction or a mention', async () => {
		store.entries.push(entry(10, { source: { ip: '10.2.0.3' }, event: { action: '`<!here> @olga\napprove\u202e' } }));
		const said = (await read()).told?.join('') ?? '';
		expect(said).toContain('approve');
		expect(said).not.toMatch(/[<>@\n\u202e]/);
		for (const line of (await read()).told ?? []) expect(line.split('`').length % 2).toBe(1);
	});
});

describe('a log store in trouble', () => {
	const raw = (body: string, status = 200, headers = {}) => ({ status, headers, body });
	const FAULTS: readonly [string, NonNullable<LogStore['spoil']>, RegExp][] = [
		['429', () => raw('', 429), /429/],
		['500', () => raw('', 500), /500/],
		['400 (a search that cannot be read)', () => raw('{"error":{}}', 400), /400/],
		['403', () => raw('', 403), /may not read/],
		['no index', () => raw('{}', 404), /no such index/],
		['silent', () => 'hang', /no answer within/],
		['breaking off', () => 'drop', /not read/],
		['a page for people', () => raw('<html>'), /no JSON/],
		['JSON of another kind', () => raw('{"hits":[]}'), /none of a log store/],
		['too large an answer', () => raw(`"${'x'.repeat(70_000)}"`), /larger than 64 KiB/],
		['a redirect', () => raw('', 302, { location: 'http://example.org/' }), /302|redirect/],
		['the key in its words', (request) => raw(String(request.headers.authorization)), /not read/],
	];

	it.each(FAULTS)('(%s) says so, and never that there was nothing', async (name, spoil, why) => {
		store.spoil = spoil;
		const result = await read(connect(name === 'silent' ? { timeout_ms: 100 } : {}));
		expect(result).toMatchObject({ effect: 'not_done', detail: expect.stringMatching(why) });
		expect(JSON.stringify(result)).not.toContain(API_KEY);
	});

	it('in one search still shows the other', async () => {
		const searches = [{ ...SEARCH, words: 'Mistyped', index: 'fv-*' }, SEARCH];
		const result = await read(connect({ searches }));
		expect(result).toMatchObject({ effect: 'done', record: { not_read: 1 } });
		expect(result.detail).toMatch(/`Firewall`: 2 entries\. `Mistyped` was not searched: there is no such index/);
	});

	it('is not read with a wrong key or none', async () => {
		expect((await read(connect({}, 'wrong'))).detail).toContain('401');
		expect(await read(connect({}, null))).toMatchObject({ effect: 'not_done' });
	});

	let authority: Authority;
	beforeAll(() => {
		authority = openAuthority();
	});
	afterAll(() => authority.remove());

	it('over TLS without a certificate that somebody vouches for gets no key', async () => {
		const { key, cert } = authority.issue('logs');
		const foreign = await startLogStore([], NOW, { key, cert });
		try {
			expect(await read(connect({ base_url: foreign.url }))).toMatchObject({ effect: 'not_done' });
			expect(foreign.requests).toEqual([]);
		} finally {
			await foreign.close();
		}
	});
});

describe('trying a log store without effect', () => {
	it('says whether it answers and how many entries each search finds, and reads none', async () => {
		const searches = [SEARCH, { ...SEARCH, words: 'Mistyped', index: 'fv-*' }];
		const found = await connect({ searches }).probe?.({ account: null, target: 'hmi-1' });
		expect(found?.map(({ what, state }) => `${what} ${state}`)).toEqual([
			'the server in the inventory well',
			'reach and login well',
			'rights open',
			'Firewall well',
			'Mistyped not',
		]);
		expect(found?.[3]?.detail).toContain('(source.ip:"10.2.0.3" OR destination.ip:"10.2.0.3"): 3 entries in all');
		expect(store.requests.some((request) => request.path.endsWith('_search'))).toBe(false);
	});
});

describe('the configuration of a search', () => {
	it.each([
		['no place for the asset', { q: '*' }],
		['a path in place of an index', { index: '../_all' }],
		['two dots', { index: '..' }],
		['an index of the store itself', { index: '_all' }],
		['a field that is two', { fields: ['a,b'] }],
		['no field', { fields: [] }],
	])('refuses %s', (_, of) => {
		expect(() => connect({ searches: [{ ...SEARCH, ...of }] })).toThrow(/Invalid|needed|expected|invalid|small/i);
	});
});
