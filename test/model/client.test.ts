import { LLMock } from '@copilotkit/aimock';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { INCIDENT_ADVICE_SCHEMA, IncidentAdvice } from '../../src/model/advice.ts';
import { type Adviser, type AdviserOptions, createAdviser, extractJson } from '../../src/model/client.ts';
import { GOOD, type LyingServer, startLyingServer } from './lying-server.ts';

let server: LyingServer;
beforeAll(async () => {
	server = await startLyingServer();
});
afterAll(async () => {
	await server.stop();
});

const prompt = { version: 'test v1', file: 'f'.repeat(64), system: 'You advise.', user: 'DATA: {"title": "x"}' };
const question = {
	prompt,
	schemaName: 'incident_advice',
	schema: IncidentAdvice,
	jsonSchema: INCIDENT_ADVICE_SCHEMA as unknown as Record<string, unknown>,
};

function adviser(options: Partial<AdviserOptions> = {}): Adviser {
	return createAdviser({
		baseUrl: server.url,
		apiKey: 'key-1',
		model: 'test-model',
		timeoutMs: 5_000,
		tokensPerHour: 1_000_000,
		...options,
	});
}

describe('the adviser asks and reads', () => {
	it.each([
		['good', 'json_schema', 1],
		['fenced', 'json_schema', 1],
		['bad_then_good', 'json_schema', 2],
		['no_schema', 'text', 3],
	] as const)('an endpoint that is %s answers by %s in %d calls', async (behaviour, via, calls) => {
		server.behave(behaviour);
		const answer = await adviser().ask(question);
		expect(answer).toMatchObject({ ok: true, via, calls, data: GOOD, model: 'test-model', promptVersion: 'test v1' });
		expect(answer.promptHash).toMatch(/^[0-9a-f]{64}$/);
		expect(answer.tokens).toBeGreaterThan(0);
		expect(server.requests[0]?.authorization).toBe('Bearer key-1');
	});

	it.each([
		['not_json', 'invalid'],
		['wrong_schema', 'invalid'],
		['no_choices', 'invalid'],
		['refusal', 'refusal'],
		['length', 'cut_short'],
		['filter', 'filtered'],
		['html', 'invalid'],
		['status_429', 'rate_limited'],
		['status_500', 'http_error'],
		['status_401', 'http_error'],
		['drop', 'unreachable'],
		['redirect', 'unreachable'],
		['flood', 'unreachable'],
	] as const)('an endpoint that does %s is a failure of kind %s, and never a throw', async (behaviour, reason) => {
		server.behave(behaviour);
		expect(await adviser().ask(question)).toMatchObject({ ok: false, reason });
	});

	it.each(['hang', 'stall'] as const)('one deadline ends a %s, retries included', async (behaviour) => {
		server.behave(behaviour);
		const began = performance.now();
		expect(await adviser({ timeoutMs: 300 }).ask(question)).toMatchObject({ ok: false, reason: 'timeout' });
		expect(performance.now() - began).toBeLessThan(3_000);
	});

	it('a caller can take the question back', async () => {
		server.behave('hang');
		const answer = await adviser().ask({ ...question, signal: AbortSignal.timeout(100) });
		expect(answer).toMatchObject({ ok: false, reason: 'aborted' });
	});

	it('nobody listening is a failure, not a crash', async () => {
		const answer = await adviser({ baseUrl: 'http://127.0.0.1:9/v1' }).ask(question);
		expect(answer).toMatchObject({ ok: false, reason: 'unreachable' });
	});

	it('keeps only the keys it asked for, within their limits', async () => {
		server.behave('lie');
		const answer = await adviser().ask(question);
		if (!answer.ok) throw new Error(answer.reason);
		expect(Object.keys(answer.data).sort()).toEqual(Object.keys(GOOD).sort());
		expect(answer.data.check_next).toHaveLength(6);
		expect(JSON.stringify(answer.data)).not.toMatch(/[\u0000-\u001f\u202e]/);
	});
});

describe('brakes', () => {
	it('refuses what the hour’s budget does not hold, and forgets after an hour', async () => {
		server.behave('good');
		let now = 0;
		const limited = adviser({ tokensPerHour: 1_950, now: () => now });
		expect((await limited.ask(question)).ok).toBe(true);
		expect(limited.status().tokensHour).toBe(1_000);
		expect((await limited.ask(question)).ok).toBe(true);
		expect(await limited.ask(question)).toMatchObject({ ok: false, reason: 'budget', calls: 0 });
		now += 3_600_000;
		expect((await limited.ask(question)).ok).toBe(true);
	});

	it('counts money by the prices, and stops at the hour’s', async () => {
		server.behave('good');
		let now = 0;
		const price = { inputPerMillion: 2_000, outputPerMillion: 8_000 };
		// A call is 500 tokens each way (5.00); before it, up to 900 tokens of answer are set aside (7.22).
		const limited = adviser({ price, moneyPerHour: 13, now: () => now });
		const first = await limited.ask(question);
		expect(first).toMatchObject({ ok: true, tokens: 1_000, money: 5 });
		expect((await limited.ask(question)).ok).toBe(true);
		expect(await limited.ask(question)).toMatchObject({
			ok: false,
			reason: 'budget',
			detail: '13 an hour in money',
			calls: 0,
		});
		expect(limited.status().moneyHour).toBe(10);
		now += 3_600_000;
		expect((await limited.ask(question)).ok).toBe(true);
	});

	it('does not pay for further tries that the budget does not hold, however bad the answers are', async () => {
		server.behave('not_json');
		const limited = adviser({ tokensPerHour: 1_950 });
		const answer = await limited.ask(question);
		expect(answer).toMatchObject({ ok: false, reason: 'invalid' });
		expect(answer.ok ? '' : answer.detail).toMatch(/the budget holds no further try$/);
		expect(limited.status().tokensHour).toBeLessThanOrEqual(1_950);
		expect(answer.tokens).toBe(limited.status().tokensHour);
	});

	it('holds the day’s budget over many hours, and counts what others spent', async () => {
		server.behave('good');
		let now = 0;
		const limited = adviser({ tokensPerHour: 100_000, tokensPerDay: 5_000, now: () => now });
		limited.note({ tokens: 2_000, money: 0 }, now);
		for (const hour of [1, 2]) {
			now = hour * 3_600_000;
			expect((await limited.ask(question)).ok).toBe(true);
		}
		now = 3 * 3_600_000;
		expect((await limited.ask(question)).ok).toBe(true);
		expect(await limited.ask(question)).toMatchObject({ ok: false, reason: 'budget', detail: '5,000 tokens a day' });
		now = 25 * 3_600_000;
		expect((await limited.ask(question)).ok).toBe(true);
	});

	it('takes a total without parts for an answer, the dearer of the two', async () => {
		server.behave('total_only');
		const priced = adviser({ price: { inputPerMillion: 0, outputPerMillion: 1_000_000 } });
		expect((await priced.ask(question)).money).toBeGreaterThan(900);
	});

	it('does not believe an endpoint that claims to cost nothing', async () => {
		server.behave('cheap');
		expect((await adviser().ask(question)).tokens).toBeGreaterThan(0);
	});

	it('stops asking after failures in a row, tries once after the pause, and closes on success', async () => {
		server.behave('status_401');
		let now = 0;
		const guarded = adviser({ breaker: { failures: 2, pauseMs: 1_000 }, now: () => now });
		await guarded.ask(question);
		await guarded.ask(question);
		const asked = server.requests.length;
		expect(await guarded.ask(question)).toMatchObject({ ok: false, reason: 'breaker' });
		expect(server.requests).toHaveLength(asked);
		now = 1_500;
		server.behave('good');
		expect((await guarded.ask(question)).ok).toBe(true);
		expect((await guarded.ask(question)).ok).toBe(true);
	});
});

describe('a model server that is not ours', () => {
	it('answers through the same client', async () => {
		const mock = new LLMock({ port: 0 });
		mock.onMessage(/DATA/, { content: JSON.stringify(GOOD) });
		await mock.start();
		try {
			const answer = await adviser({ baseUrl: `${mock.url}/v1` }).ask(question);
			expect(answer).toMatchObject({ ok: true, data: GOOD });
		} finally {
			await mock.stop();
		}
	});
});

describe('JSON in talk', () => {
	it.each([
		['{"a": 1}', { a: 1 }],
		['```json\n{"a": {"b": 2}}\n```', { a: { b: 2 } }],
		['no object', undefined],
		['{ broken', undefined],
		['} reversed {', undefined],
	])('%s', (text, expected) => {
		expect(extractJson(text)).toEqual(expected);
	});
});
