// The historian: a PI System that answers as its maker documents and can be spoiled at every point. Only GET ever reaches it.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { canonicalJson } from '../../src/domain/canonical.ts';
import { PiWebApiConfig } from '../../src/domain/connector-kinds/reading.ts';
import type { Connector } from '../../src/response/connectors/connector.ts';
import { clockOf, lineOf, rangeOf, type Sample } from '../../src/response/connectors/historian-values.ts';
import { createPiWebApi } from '../../src/response/connectors/pi-web-api.ts';
import { openReading } from '../../src/response/connectors/reading-session.ts';
import { type Authority, openAuthority, type Pair } from '../services/certificates.ts';
import { NOW, READING_INVENTORY, readingGrant } from './support/reading-grant.ts';
import { PI_LOGIN, PI_PASSWORD, PI_USER, type Pi, type PiTag, startPi } from './vendors/pi-web-api.ts';

const MINUTE = 60_000;
const FLOW = '\\\\PISRV\\FIC101.PV';
const PUMP = '\\\\AF\\Plant\\Mixing|Pump state';
/** In the summer, Berlin is two hours ahead of UTC: 03:00 is 05:00 there. */
const AROUND = new Date(NOW).toISOString();
const LATER = NOW + 20 * MINUTE;

const state = (name: string, number = 0, isSystem = false) => ({ Name: name, Value: number, IsSystem: isSystem });
const plant = (): PiTag[] => [
	{
		path: FLOW,
		unit: 'm3/h',
		values: [-90, -50, -40, -30, -10, 5].map((minute, index) => ({
			at: NOW + minute * MINUTE,
			value: [1, 14, 18.25, 12.5, 15, 14.25][index],
		})),
	},
	{
		path: PUMP,
		values: [
			{ at: NOW - 3 * 60 * MINUTE, value: state('Running', 1) },
			{ at: NOW - 5 * MINUTE, value: state('Stopped') },
		],
	},
	{ path: '\\\\PISRV\\SECRET.PV', values: [{ at: NOW - MINUTE, value: 42 }] },
];

let pi: Pi;
let now = LATER;
const connect = (of: object = {}, secret: string | null = PI_PASSWORD): Connector =>
	createPiWebApi(
		PiWebApiConfig.parse({
			...{ name: 'pi', kind: 'pi-web-api', asset: 'hist-1', base_url: `${pi.url}/piwebapi`, allow_private: true },
			...{ timeout_ms: 5_000, auth: { type: 'basic', user: PI_USER, secret_env: 'PI' }, time_zone: 'Europe/Berlin' },
			tags: { 'plc-1': [{ path: FLOW, words: 'Flow 101', usual: [10, 20] }, { path: PUMP }] },
			...of,
		}),
		secret,
		READING_INVENTORY,
		{ now: () => now, sleep: async () => undefined, resolve: async () => ['127.0.0.1'] },
	);
const read = async (connector = connect(), params: object = { about: 'plc-1', around: AROUND }, on = 'hist-1') => {
	const { grant, request } = readingGrant('query_historian', on, params, now);
	return await connector.call(grant, request);
};

beforeEach(async () => {
	now = LATER;
	pi = await startPi(plant(), LATER);
});
afterEach(async () => await pi.close());

describe('a historian that is asked about an asset', () => {
	it('says how far its values went in the window, which was the last, and what state a pump was in, in local time', async () => {
		const result = await read();
		expect(result.effect).toBe('done');
		expect(result.told).toEqual([
			'Historian `hist-1`, values of `plc-1` from 04:00:00 to 05:20:00 (2026-06-10, Europe/Berlin (GMT+2)). Recorded values only; nothing was asked of a controller.',
			'`Flow 101` in `m3/h`: 12.5 at 04:30:00 to 18.25 at 04:20:00, last 14.25 at 05:05:00; within its usual 10 to 20.',
			'`Pump state`: `Stopped` from 04:55:00.',
		]);
		expect(result.detail).toContain('last 14.25 at 05:05:00');
	});

	it('keeps for the record what was read, from where, with the hash of the answers, in UTC', async () => {
		const bodies: string[] = [];
		pi.spoil = (_, proceed) => {
			const answered = proceed();
			bodies.push(answered.body);
			return answered;
		};
		const { record } = await read();
		expect(record).toMatchObject({
			...{ about: 'plc-1', from: '2026-06-10T02:00:00.000Z', to: '2026-06-10T03:20:00.000Z', around: AROUND },
			...{ source: pi.url, method: 'GET', not_read: 0, clock_offset_ms: null, requests: bodies.length },
			answers_sha256: createHash('sha256').update(bodies.join('')).digest('hex'),
		});
		expect(record?.['tags']).toMatchObject([
			{ path: FLOW, values: 5, bad: 0, min: { value: 12.5, at: '2026-06-10T02:30:00.000Z' } },
			{ path: PUMP, newest: { value: 'Stopped' } },
		]);
	});

	it('is sent GET and nothing else, and asked for nothing that is not listed', async () => {
		await read();
		await connect().probe?.({ account: null, target: 'plc-1' });
		expect(new Set(pi.requests.map((request) => request.method))).toEqual(new Set(['GET']));
		expect(JSON.stringify(pi.requests.map((request) => [...request.query]))).not.toContain('SECRET');
		expect(pi.requests.every((request) => request.body === '')).toBe(true);
	});

	it.each([
		['an asset without tags', { about: 'hmi-1' }, 'no tags are listed'],
		['a name of the object that holds the list', { about: '__proto__' }, 'no tags are listed'],
		['a path in place of an asset', { about: '\\\\PISRV\\SECRET.PV' }, 'no tags are listed'],
		['no time at all', { about: 'plc-1', around: 'soon' }, 'is no time'],
		['a time to come', { about: 'plc-1', around: '2026-06-10T09:00:00Z' }, 'not over yet'],
	])('is not asked for %s', async (_, params, why) => {
		const result = await read(connect(), params);
		expect(result).toMatchObject({ effect: 'not_done', detail: expect.stringContaining(why) });
		expect(pi.requests).toEqual([]);
	});

	it('is asked only by a step for this historian, with a grant for exactly that', async () => {
		expect(await read(connect(), { about: 'plc-1' }, 'hist-0')).toMatchObject({
			effect: 'not_done',
			detail: expect.stringContaining('reads from `hist-1`'),
		});
		const { grant, request } = readingGrant('query_historian', 'hist-1', { about: 'plc-1' }, now);
		expect(await connect().call(grant, { ...request, params: { about: 'hmi-1' } })).toMatchObject({
			effect: 'not_done',
		});
		expect(await connect().call({ ...grant }, request)).toMatchObject({ effect: 'not_done' });
		expect(await connect().call(grant, { ...request, action: 'read_backup' })).toMatchObject({ effect: 'not_done' });
		expect(pi.requests).toEqual([]);
	});

	it('reads the primary where it is set up and the gate let it', async () => {
		expect(await read(connect({ asset: 'hist-0' }), { about: 'plc-1' }, 'hist-0')).toMatchObject({ effect: 'done' });
	});

	it('says since when a value is bad, and leaves bad values out of lowest and highest', async () => {
		pi.tags[0]?.values.push(
			{ at: NOW + 10 * MINUTE, value: state('I/O Timeout', 246, true), good: false },
			{ at: NOW + 11 * MINUTE, value: 9_999, good: false },
		);
		const [, flow] = (await read()).told ?? [];
		expect(flow).toContain('last 14.25 at 05:05:00');
		expect(flow).toContain('BAD QUALITY since 05:10:00');
		expect(flow).toContain('2 of 7 values bad (`I/O Timeout`, 9999) and left out');
	});

	it('counts a value without any word on its quality as bad', async () => {
		pi.spoil = (request, proceed) => {
			const answered = proceed();
			return request.path.endsWith('/recorded')
				? { ...answered, body: answered.body.replaceAll('"Good":true', '"Odd":1') }
				: answered;
		};
		const [, flow] = (await read()).told ?? [];
		expect(flow).toContain('no value that counts');
		expect(flow).toContain('BAD QUALITY since 04:10:00');
	});

	it('says where a value left its usual range, and that it is outside at the end', async () => {
		pi.tags[0]?.values.splice(2, 1, { at: NOW - 40 * MINUTE, value: 25 });
		expect((await read()).told?.[1]).toContain('was outside its usual 10 to 20 at 04:20:00');
		pi.tags[0]?.values.push({ at: NOW + 12 * MINUTE, value: 3 });
		expect((await read()).told?.[1]).toContain('OUTSIDE its usual 10 to 20 at the end');
	});

	it('says that nothing was recorded since, and what it was before', async () => {
		pi.tags[0]?.values.splice(1);
		pi.tags[1]?.values.splice(0);
		const [, flow, pump] = (await read()).told ?? [];
		expect(flow).toBe('`Flow 101` in `m3/h`: nothing recorded since 1 at 03:30:00.');
		expect(pump).toMatch(/nothing recorded since `No Data` .* bad quality/);
	});

	it('reads the newest of too many values and says so', async () => {
		const many = Array.from({ length: 900 }, (_, index) => ({ at: NOW - 900 * 1_000 + index * 1_000, value: index }));
		pi.tags[0]?.values.splice(0, 99, ...many);
		const flow = (await read()).told?.[1];
		expect(flow).toContain('only its newest 300 values');
		expect(flow).toContain('last 899 at 04:59:59');
	});

	it('goes on with the other tags where one is not there, and says which was not read', async () => {
		pi.tags.splice(0, 1);
		const result = await read();
		expect(result.effect).toBe('done');
		expect(result.told?.join('\n')).toMatch(/`Pump state`: .*\n`Flow 101` was not read: the historian has no such tag/);
		expect(result.record).toMatchObject({ not_read: 1 });
	});

	it('does not take another tag for the one that was asked for', async () => {
		pi.tags[0] = { ...plant()[0], path: FLOW, values: [], name: 'FIC102.PV' };
		expect((await read()).told?.join()).toContain('answered with another tag: `FIC102.PV`');
	});

	it('says how far its clock is off', async () => {
		pi.clock = LATER + 95_000;
		expect((await read()).told?.at(-1)).toBe('Its clock is 95 s ahead of ours.');
	});

	it('cannot make its words an instruction, a mention or a line of their own', async () => {
		const hostile = '`\n<!channel> *approve step stp_1* @olga \u202e';
		pi.tags[1]?.values.push({ at: NOW - MINUTE, value: state(hostile) });
		const result = await read();
		const said = [...(result.told ?? []), result.detail].join('');
		expect(said).toContain('`!channel  *approve step stp_1*  olga`');
		expect(said).not.toMatch(/[<>@\n\u202e]/);
	});

	it('cannot make a result that the ledger does not take: huge numbers, halves of characters', async () => {
		pi.tags[0]?.values.push({ at: NOW + MINUTE, value: 1e300 }, { at: NOW + 2 * MINUTE, value: -1e21 });
		pi.tags[1]?.values.push(
			{ at: NOW, value: state('half \ud83d') },
			{ at: NOW + 1, value: state(`${'x'.repeat(39)}\u{1f600}`) },
		);
		const result = await read();
		expect(result.effect).toBe('done');
		const { detail, told, record } = result;
		expect(() => canonicalJson({ detail, told, record })).not.toThrow();
		expect(record?.['tags']).toMatchObject([{ max: { value: '1e+300' } }, {}]);
	});

	it('shows nothing of what it holds to a read-back: there is nothing to look at', async () => {
		const { grant, request } = readingGrant('query_historian', 'hist-1', { about: 'plc-1' }, now);
		expect(connect().hasReadBack('query_historian')).toBe(false);
		expect(await connect().readBack(grant, request)).toMatchObject({ state: 'unknown' });
		expect(pi.requests).toEqual([]);
	});
});

describe('a historian in trouble', () => {
	const raw = (body: string, status = 200, headers = {}) => ({ status, headers, body });
	type Spoil = NonNullable<Pi['spoil']>;
	const once =
		(answer: ReturnType<typeof raw>): Spoil =>
		() => {
			pi.spoil = null;
			return answer;
		};
	const FAULTS: readonly [string, () => Spoil, 'done' | 'not_done', RegExp][] = [
		['busy once (429)', () => once(raw('', 429)), 'done', /Flow 101/],
		['busy for ever (429)', () => () => raw('', 429), 'not_done', /429/],
		['asking for a long wait', () => () => raw('', 429, { 'retry-after': '3600' }), 'not_done', /429/],
		['500 once', () => once(raw('', 500)), 'done', /Flow 101/],
		['500 for ever', () => () => raw('{"Errors":["x"]}', 500), 'not_done', /500/],
		['403', () => () => raw('', 403), 'not_done', /may not read/],
		['silent', () => () => 'hang', 'not_done', /no answer within/],
		['breaking off', () => () => 'drop', 'not_done', /not read/],
		['a page for people', () => () => raw('<html>login</html>'), 'not_done', /no JSON/],
		['JSON of another kind', () => () => raw('{"a":1}'), 'not_done', /none of PI Web API/],
		[
			'half an answer',
			() => () => raw('{"WebId":"F1', 200, { 'content-length': '900' }),
			'not_done',
			/larger|broke off/,
		],
		['an answer that is too large', () => () => raw(`"${'x'.repeat(70_000)}"`), 'not_done', /larger than 64 KiB/],
		['a redirect', () => () => raw('', 302, { location: 'http://example.org/' }), 'not_done', /302|redirect/],
		['the password in its words', () => () => raw(`{"Name":"${PI_PASSWORD}"}`), 'not_done', /not read/],
	];

	it.each(FAULTS)('(%s) says so, and never that it is in doubt', async (name, spoil, effect, why) => {
		pi.spoil = spoil();
		const result = await read(connect(name === 'silent' ? { timeout_ms: 100 } : {}));
		expect(result.effect).toBe(effect);
		expect(`${result.detail}${result.told?.join() ?? ''}`).toMatch(why);
		expect(JSON.stringify(result)).not.toContain(PI_PASSWORD);
	});

	it('that fails in the middle still says what was read', async () => {
		pi.spoil = (request, proceed) => (request.path.endsWith('/attributes') ? raw('', 500) : proceed());
		const result = await read();
		expect(result).toMatchObject({ effect: 'done', record: { not_read: 1 } });
		expect(result.told?.at(-1)).toMatch(/`Pump state` was not read: answered 500/);
	});

	it('is left alone after five failures', async () => {
		pi.spoil = () => raw('', 500);
		const connector = connect();
		for (let i = 0; i < 5; i++) await read(connector);
		const before = pi.requests.length;
		expect((await read(connector)).detail).toContain('left alone');
		expect(pi.requests.length).toBe(before);
	});

	it('is not asked more often within an hour than the configuration allows, and again after it', async () => {
		const connector = connect({ per_hour: 2 });
		expect([(await read(connector)).effect, (await read(connector)).effect]).toEqual(['done', 'done']);
		const before = pi.requests.length;
		expect(await read(connector)).toMatchObject({
			effect: 'not_done',
			detail: expect.stringContaining('2 readings within an hour'),
		});
		expect(pi.requests.length).toBe(before);
		now += 61 * MINUTE;
		expect(await read(connector)).toMatchObject({ effect: 'done' });
	});

	it('does not show the login that it repeats', async () => {
		pi.spoil = (request, proceed) => {
			const answered = proceed();
			return request.path === '/piwebapi/points'
				? { ...answered, body: answered.body.replace('FIC101.PV', `FIC ${request.headers.authorization}`) }
				: answered;
		};
		const said = JSON.stringify(await read());
		expect(said).toContain('another tag');
		expect(said).not.toContain(PI_LOGIN.slice(6));
	});

	it.each([['wr0ng-password'], [null], ['']])('with the password %j is not read', async (secret) => {
		expect(await read(connect({}, secret))).toMatchObject({ effect: 'not_done' });
	});

	it('is not in doubt whatever comes when, and what is said is what it holds', async () => {
		const fault = fc.constantFrom('well', '429', '500', '403', 'drop', 'garbage');
		await fc.assert(
			fc.asyncProperty(fc.array(fault, { maxLength: 14 }), async (faults) => {
				const left = [...faults];
				pi.spoil = (_, proceed) => {
					const next = left.shift() ?? 'well';
					if (next === 'well') return proceed();
					if (next === 'drop') return 'drop';
					return next === 'garbage' ? raw('{}') : raw('', Number(next));
				};
				const result = await read();
				expect(['done', 'not_done']).toContain(result.effect);
				for (const line of result.told ?? [])
					if (line.startsWith('`Flow 101`') && !line.includes('was not read'))
						expect(line).toContain('last 14.25 at 05:05:00');
			}),
			{ numRuns: 60 },
		);
		expect(new Set(pi.requests.map((request) => request.method))).toEqual(new Set(['GET']));
	});
});

describe('what a reading connector can send', () => {
	it('is GET and HEAD: the session has no other words', () => {
		const session = openReading({
			...{ baseUrl: 'https://pi.example', timeoutMs: 1, allowPrivate: false, headers: {} },
			edge: { now: () => NOW, sleep: async () => undefined, resolve: async () => [] },
		});
		expect(Object.keys(session).toSorted()).toEqual(['get', 'head', 'provenance']);
	});

	it.each(['pi-web-api', 'gitlab', 'elasticsearch', 'reading-connector', 'historian-values'])(
		'%s.ts has no other way out',
		(file) => {
			const text = readFileSync(new URL(`../../src/response/connectors/${file}.ts`, import.meta.url), 'utf8');
			expect(text).not.toMatch(/exchange\(|node:(?:https?|net|tls)|fetch\(|['"](?:POST|PUT|PATCH|DELETE)['"]/);
		},
	);

	it('in the session itself no request is made but with GET or HEAD and without a body', () => {
		const text = readFileSync(new URL('../../src/response/connectors/reading-session.ts', import.meta.url), 'utf8');
		expect(text.match(/exchange\(/g)).toHaveLength(1);
		expect(text).toContain('body: null');
		expect(text).not.toMatch(/POST|PUT|PATCH|DELETE/);
	});
});

describe('values', () => {
	const sample = fc.record({
		at: fc.integer({ min: NOW - 10_000_000, max: NOW }),
		value: fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.string(), fc.constant(null)),
		...{ isGood: fc.boolean(), isQuestionable: fc.boolean() },
	});
	const range = (samples: readonly Sample[]) => rangeOf(samples);

	it('have a lowest, highest and last that are among the good numbers, and no bad value moves them', () => {
		fc.assert(
			fc.property(fc.array(sample, { maxLength: 30 }), sample, (samples, more) => {
				const numbers = samples.flatMap((one) => (one.isGood && typeof one.value === 'number' ? [one.value] : []));
				const found = range(samples);
				expect(found === null).toBe(numbers.length === 0);
				if (found !== null) {
					expect(found.min.value === Math.min(...numbers)).toBe(true);
					expect(numbers.every((value) => value <= (found.max.value ?? 0))).toBe(true);
					expect(found.last.value === numbers.at(-1)).toBe(true);
				}
				expect(range([...samples, { ...more, isGood: false }])).toEqual(found);
			}),
		);
	});

	it.each(['Europe/Berlin', 'America/St_Johns', 'Asia/Kolkata', 'Australia/Lord_Howe'])(
		'are shown at the times that `date` shows in %s, also around a change of the clocks',
		(zone) => {
			const changes = ['2026-03-29T01:00:00Z', '2026-10-25T01:00:00Z', '2026-04-04T15:00:00Z', '2026-11-01T04:30:00Z'];
			const times = changes.flatMap((text) =>
				[-3_601, -1, 0, 1, 1_799, 1_800, 3_600, 90_000].map((seconds) => Date.parse(text) / 1_000 + seconds),
			);
			const shown = execFileSync('date', ['-f', '-', '+%Y-%m-%d %H:%M:%S'], {
				...{ input: times.map((at) => `@${at}`).join('\n'), encoding: 'utf8' },
				env: { ...process.env, TZ: zone, LC_ALL: 'C' },
			});
			// Long before: each is shown with its day.
			const clock = clockOf(zone, 0);
			expect(times.map((at) => clock(at * 1_000))).toEqual(shown.trimEnd().split('\n'));
		},
	);

	it('become one line of plain text, whatever they are', () => {
		fc.assert(
			fc.property(fc.array(sample, { maxLength: 20 }), fc.string(), fc.string(), (samples, words, unit) => {
				const tag = { words, unit, path: '', usual: null, samples, before: null, isCut: false };
				const line = lineOf(tag, clockOf('Asia/Kolkata', NOW));
				expect(line).not.toMatch(/[\p{Cc}<>@]/u);
				expect(line.split('`').length % 2).toBe(1);
				expect(line.endsWith('.')).toBe(true);
			}),
		);
	});
});

describe('trying a historian without effect', () => {
	it('says whether it answers, whether the tags are there, and reads no value', async () => {
		pi.tags.splice(1, 1);
		const found = await connect().probe?.({ account: null, target: 'plc-1' });
		expect(found?.map(({ what, state }) => `${what} ${state}`)).toEqual([
			'the server in the inventory well',
			'reach and login well',
			'rights open',
			'Flow 101 well',
			'Pump state not',
		]);
		expect(pi.requests.some((request) => request.path.includes('/streams/'))).toBe(false);
	});

	it('that is the target of a step is tried as the server that it is', async () => {
		const found = await connect().probe?.({ account: null, target: 'hist-1' });
		expect(found?.map(({ state }) => state)).toEqual(['well', 'well', 'open']);
	});

	it('says what is wrong', async () => {
		const probe = async (connector: Connector) => (await connector.probe?.({ account: null, target: null })) ?? [];
		expect(await probe(connect({}, 'wr0ng'))).toContainEqual(
			expect.objectContaining({ state: 'not', detail: expect.stringContaining('401') }),
		);
		expect((await probe(connect({ asset: 'none' })))[0]).toMatchObject({ state: 'not' });
		expect(await probe(connect({}, null))).toMatchObject([{ state: 'not' }]);
	});
});

describe('a historian over TLS', () => {
	let authority: Authority;
	let pair: Pair;
	beforeAll(() => {
		authority = openAuthority();
		pair = authority.issue('pi');
	});
	afterAll(() => authority.remove());

	it('whose certificate nobody vouches for gets no password', async () => {
		const foreign = await startPi(plant(), LATER, { key: pair.key, cert: pair.cert });
		try {
			const result = await read(connect({ base_url: `${foreign.url}/piwebapi` }));
			expect(result.effect).toBe('not_done');
			expect(foreign.requests).toEqual([]);
		} finally {
			await foreign.close();
		}
	});
});
