// Packet captures on sensors of FortiNDR Cloud, by a service that answers as its published clients expect and can be spoiled at every point.
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FortiNdrCloudConfig } from '../../src/domain/connector-kinds/reading.ts';
import type { Connector } from '../../src/response/connectors/connector.ts';
import { createFortiNdrCloud } from '../../src/response/connectors/fortindr-cloud.ts';
import { type Authority, openAuthority } from '../services/certificates.ts';
import { NOW, READING_INVENTORY, readingGrant } from './support/reading-grant.ts';
import { ACCOUNT, type FortiNdr, NDR_TOKEN, startFortiNdr } from './vendors/fortindr-cloud.ts';

const MINUTE = 60_000;
let ndr: FortiNdr;
const connect = (of: object = {}, token: string | null = NDR_TOKEN): Connector =>
	createFortiNdrCloud(
		FortiNdrCloudConfig.parse({
			...{ name: 'ndr', kind: 'fortindr-cloud', base_url: ndr.url, allow_private: true, timeout_ms: 5_000 },
			...{ auth: { type: 'token', secret_env: 'NDR' }, account_uuid: ACCOUNT, disk_capped: true },
			...{ sensors: { 'cell-1': ['plt1'], office: ['plt1', 'plt2'] }, minutes_max: 90, running_max: 2 },
			...of,
		}),
		token,
		READING_INVENTORY,
		{ now: () => NOW, sleep: async () => undefined, resolve: async () => ['127.0.0.1'] },
	);
const capture = async (connector = connect(), on = 'hmi-1', params: object = { duration_minutes: 60 }) => {
	const { grant, request } = readingGrant('start_capture', on, params);
	return await connector.call(grant, request);
};

beforeEach(async () => {
	ndr = await startFortiNdr();
});
afterEach(async () => await ndr.close());

describe('a capture', () => {
	it('is of the host that was judged, on the sensors of its zone, and ends by itself', async () => {
		const result = await capture();
		expect(result.effect).toBe('done');
		expect(ndr.tasks).toMatchObject([
			{
				...{ bpf: 'host 10.2.0.3', sensor_ids: ['plt1'], name: expect.stringMatching(/^interlock stp_/) },
				requested_start_time: new Date(NOW).toISOString(),
				requested_end_time: new Date(NOW + 60 * MINUTE).toISOString(),
			},
		]);
		expect(result.told?.join(' ')).toMatch(
			/`hmi-1` \(10\.2\.0\.3\) on `plt1`, which listen already.* ends by itself at 2026-06-10T04:00 UTC.*\(no file yet\)/,
		);
		expect(result.record).toMatchObject({ asset: 'hmi-1', minutes: 60, task: ndr.tasks[0]?.task_uuid });
	});

	it('is never longer than the configuration allows, and as long as that where the step does not say', async () => {
		await capture(connect(), 'hmi-1', { duration_minutes: 240 });
		await capture(connect(), 'lap-1', {});
		const minutes = ndr.tasks.map(
			(task) => (Date.parse(task.requested_end_time) - Date.parse(task.requested_start_time)) / MINUTE,
		);
		expect(minutes).toEqual([90, 90]);
	});

	it('is begun once, however often it is called for', async () => {
		const connector = connect();
		await capture(connector);
		expect(await capture(connector)).toMatchObject({
			effect: 'done',
			detail: expect.stringContaining('before this call'),
		});
		expect(ndr.tasks).toHaveLength(1);
	});

	it('is not begun beside as many as may run, and is when one of them has ended', async () => {
		const connector = connect();
		await capture(connector, 'lap-1');
		await capture(connector, 'lap-2');
		expect(await capture(connector)).toMatchObject({
			effect: 'not_done',
			detail: expect.stringContaining('2 captures'),
		});
		ndr.tasks.splice(0, 1, { ...ndr.tasks[0], requested_end_time: new Date(NOW - 1).toISOString() } as never);
		expect(await capture(connector)).toMatchObject({ effect: 'done' });
	});

	it('is not begun where no sensor listens or the inventory has no address', async () => {
		expect((await capture(connect({ sensors: { office: ['plt1'] } }))).detail).toContain('no sensor is listed');
		expect((await capture(connect(), 'mute-1')).detail).toContain('no address');
		expect(ndr.requests).toEqual([]);
	});

	it('of another target than the one that was judged is not begun', async () => {
		const { grant, request } = readingGrant('start_capture', 'hmi-1', {});
		const connector = connect();
		for (const forged of [
			{ ...request, target: 'lap-1' },
			{ ...request, target: 'lap-1', targets: ['lap-1'] },
			{ ...request, step: 'stp_other' },
			{ ...request, params: { duration_minutes: 200 } },
		])
			expect(await connector.call(grant, forged)).toMatchObject({ effect: 'not_done' });
		expect(await connector.call({ ...grant }, request)).toMatchObject({ effect: 'not_done' });
		expect(ndr.requests).toEqual([]);
	});

	it('is looked at again: running, ended with its files, or not there', async () => {
		const connector = connect();
		const { grant, request } = readingGrant('start_capture', 'hmi-1', { duration_minutes: 60 });
		expect(await connector.readBack(grant, request)).toMatchObject({ state: 'not_done' });
		await connector.call(grant, request);
		expect(await connector.readBack(grant, request)).toMatchObject({
			state: 'done',
			detail: expect.stringContaining('is running'),
		});
		const [task] = ndr.tasks;
		if (task === undefined) throw new Error('no task');
		ndr.tasks[0] = { ...task, requested_end_time: new Date(NOW - 1).toISOString(), files: ['plt1_20260610.pcap'] };
		expect(await connector.readBack(grant, request)).toMatchObject({
			state: 'done',
			detail: expect.stringMatching(/has ended .*`plt1_20260610.pcap`/),
		});
	});

	it('that the list does not show at once is waited for, and stays in doubt where it never shows', async () => {
		ndr.spoil = (request, proceed) => {
			const answered = proceed();
			if (request.method === 'POST') ndr.hidden = 2;
			return answered;
		};
		expect(await capture()).toMatchObject({ effect: 'done' });
		ndr.spoil = (request, proceed) =>
			request.method === 'POST' ? { status: 200, headers: {}, body: '{}' } : proceed();
		expect(await capture(connect(), 'lap-1')).toMatchObject({ effect: 'unknown' });
	});
});

describe('a capture service in trouble', () => {
	const raw = (body: string, status = 200, headers = {}) => ({ status, headers, body });
	type Spoiled = ReturnType<NonNullable<FortiNdr['spoil']>>;
	type Proceed = Parameters<NonNullable<FortiNdr['spoil']>>[1];
	const onPost = (how: (proceed: Proceed) => Spoiled) => () => {
		ndr.spoil = (request, proceed) => (request.method === 'POST' ? how(proceed) : proceed());
	};
	const always = (how: () => Spoiled) => () => {
		ndr.spoil = how;
	};
	const after = (answer: Spoiled) => (proceed: Proceed) => {
		proceed();
		return answer;
	};
	const FAULTS: readonly [string, () => void, string][] = [
		['429 for ever', always(() => raw('', 429)), 'not_done'],
		['429 on the change', onPost(() => raw('', 429)), 'not_done'],
		['500 on the look', always(() => raw('', 500)), 'not_done'],
		['500 on the change', onPost(() => raw('', 500)), 'unknown'],
		['500 after the change', onPost(after(raw('', 500))), 'done'],
		['400', onPost(() => raw('{"error":{"message":"bad"}}', 400)), 'not_done'],
		['silent after the change', onPost(after('hang')), 'done'],
		['breaking off after the change', onPost(after('drop')), 'done'],
		['breaking off before it', onPost(() => 'drop'), 'unknown'],
		['no JSON after the change', onPost(after(raw('OK'))), 'done'],
		['a page for people', always(() => raw('<html>')), 'not_done'],
		['a list that is cut off', always(() => raw('{"pcaptasks":[', 200, { 'content-length': '900' })), 'not_done'],
		['a list that is too long', always(() => raw(`{"pcaptasks":[],"x":"${'x'.repeat(70_000)}"}`)), 'not_done'],
		['a redirect', always(() => raw('', 302, { location: 'http://example.org/' })), 'not_done'],
		['a token that has been revoked', () => ndr.tokens.clear(), 'not_done'],
		['a token that may only read', onPost(() => raw('', 403)), 'not_done'],
		['the token in its words', onPost(() => raw(NDR_TOKEN, 400)), 'not_done'],
	];

	it.each(FAULTS)('(%s): begun at most once, and what is reported is so or unknown', async (name, spoil, effect) => {
		spoil();
		const { grant, request } = readingGrant('start_capture', 'hmi-1', {});
		const result = await connect(name.startsWith('silent') ? { timeout_ms: 1_000 } : {}).call(grant, request);
		expect(result.effect).toBe(effect);
		expect(ndr.tasks.length).toBeLessThanOrEqual(1);
		if (effect !== 'unknown') expect(ndr.tasks.length).toBe(effect === 'done' ? 1 : 0);
		expect(JSON.stringify(result)).not.toContain(NDR_TOKEN);
		ndr.spoil = null;
		ndr.tokens.add(NDR_TOKEN);
		const asked = await connect().readBack(grant, request);
		expect(asked.state).toBe(ndr.tasks.length === 1 ? 'done' : 'not_done');
	});

	it('over any row of faults begins at most one capture a call, and none is reported that is not there', async () => {
		const fault = fc.constantFrom('well', '429', '500', '500 after', 'drop', 'drop after', 'garbage');
		await fc.assert(
			fc.asyncProperty(fc.array(fault, { maxLength: 12 }), async (faults) => {
				ndr.tasks.length = 0;
				const left = [...faults];
				ndr.spoil = (_, proceed) => {
					const next = left.shift() ?? 'well';
					const answered = next === 'well' || next.endsWith('after') ? proceed() : null;
					if (next === 'well' && answered !== null) return answered;
					if (next.startsWith('drop')) return 'drop';
					return next === 'garbage' ? raw('<') : raw('', Number(next.slice(0, 3)));
				};
				const { effect } = await capture();
				expect(ndr.tasks.length).toBeLessThanOrEqual(1);
				if (effect === 'done') expect(ndr.tasks).toHaveLength(1);
				if (effect === 'not_done') expect(ndr.tasks).toHaveLength(0);
			}),
			{ numRuns: 80 },
		);
	});

	it('over TLS without a certificate that somebody vouches for gets no token', async () => {
		const { key, cert } = authority.issue('ndr');
		const foreign = await startFortiNdr({ key, cert });
		try {
			expect(await capture(connect({ base_url: foreign.url }))).toMatchObject({ effect: 'not_done' });
			expect(foreign.requests).toEqual([]);
		} finally {
			await foreign.close();
		}
	});

	let authority: Authority;
	beforeAll(() => {
		authority = openAuthority();
	});
	afterAll(() => authority.remove());
});

describe('trying it without effect', () => {
	it('says which sensors are there and what would be captured, and begins nothing', async () => {
		ndr.sensors.delete('plt2');
		const found = await connect().probe?.({ account: null, target: 'hmi-1' });
		expect(found?.map(({ what, state }) => `${what} ${state}`)).toEqual([
			'login, and reading sensors well',
			'sensor plt1 of zone cell-1 well',
			'sensor plt1 of zone office well',
			'sensor plt2 of zone office not',
			'writing open',
			'start_capture well',
		]);
		expect(found?.at(-1)?.detail).toBe('would capture 10.2.0.3 on plt1 until 2026-06-10T04:30 UTC at most');
		expect(ndr.requests.every((request) => request.method === 'GET')).toBe(true);
		await capture(connect(), 'lap-1');
		await capture();
		const captures = (await connect().probe?.({ account: null, target: 'hmi-1' }))?.slice(6);
		expect(captures).toEqual([
			expect.objectContaining({
				what: `capture ${ndr.tasks[1]?.task_uuid}`,
				detail: expect.stringMatching(/^the capture is running .*no file yet/),
			}),
		]);
		expect(await connect({}, 'wrong').probe?.({ account: null, target: null })).toMatchObject([{ state: 'not' }]);
	});
});

describe('the configuration of a capture', () => {
	it('has to say that the disk of the sensors is capped, and is limited in time', () => {
		const whole = {
			...{ name: 'ndr', kind: 'fortindr-cloud', auth: { type: 'token' }, account_uuid: ACCOUNT },
			...{ sensors: { dmz: ['a'] }, disk_capped: true },
		};
		expect(FortiNdrCloudConfig.safeParse(whole).success).toBe(true);
		for (const wrong of [
			{ disk_capped: undefined },
			{ disk_capped: false },
			{ minutes_max: 241 },
			{ base_url: 'http://sensor.icebrg.io' },
			{ sensors: { dmz: [] } },
		])
			expect(FortiNdrCloudConfig.safeParse({ ...whole, ...wrong }).success, JSON.stringify(wrong)).toBe(false);
	});
});
