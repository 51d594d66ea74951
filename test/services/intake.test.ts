import { createHmac } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { claimDue } from '../../src/store/outbox.ts';
import { type Door, openDoor, TOKEN } from './door.ts';
import { type Fresh, freshDatabase } from './harness.ts';

let fresh: Fresh;
let door: Door;
beforeAll(async () => {
	fresh = await freshDatabase();
	door = await openDoor(fresh.database, {
		credentials: { wazuh: { type: 'basic', user: 'wazuh', secrets: ['old', 'new'] } },
	});
});
afterAll(async () => {
	await door.close();
	await fresh.close();
});

const AT = '2026-01-05T03:00:00.000Z';
const firing = (name: string, more: object = {}) => ({
	status: 'firing',
	labels: { alertname: name, instance: 'pump-7', severity: 'warning' },
	annotations: { summary: `${name} on pump-7` },
	startsAt: AT,
	endsAt: '0001-01-01T00:00:00Z',
	...more,
});
const body = (...alerts: object[]) => JSON.stringify({ version: '4', status: 'firing', receiver: 'i', alerts });
type Answers = { id: string; fingerprint: string | null; status: string; problems?: object[] }[];
const answers = (reply: { body: Record<string, unknown> }): Answers => reply.body['alerts'] as Answers;
const one = async (sql: string): Promise<Record<string, unknown>> => (await fresh.database.raw.unsafe(sql))[0] ?? {};

describe('an alert at the door', () => {
	it('is on disk with its entry and its topic when the answer says so', async () => {
		const reply = await door.post('alertmanager', body(firing('A1'), firing('A2')));
		expect(reply.status).toBe(202);
		expect(answers(reply).map((answer) => answer.status)).toEqual(['stored', 'stored']);
		const [id] = answers(reply).map((answer) => answer.id);
		expect(await one(`SELECT title, repeats, status FROM alerts WHERE id = '${id}'`)).toMatchObject({
			repeats: 1,
			status: 'open',
		});
		expect(
			await one(
				`SELECT count(*)::int AS n FROM ledger_entries WHERE kind = 'alert.stored' AND canonical LIKE '%${id}%'`,
			),
		).toEqual({ n: 1 });
		expect((await claimDue(fresh.database, 'triage', 100, Date.now())).map((due) => due.key)).toContain(id);
	});

	it('folds its repeats, in one body and in many at once, and closes when it clears', async () => {
		const first = answers(await door.post('alertmanager', body(firing('B'), firing('B'))));
		expect(first.map((answer) => answer.status)).toEqual(['stored', 'repeat']);
		expect(new Set(first.map((answer) => answer.id)).size).toBe(1);
		const more = await Promise.all(Array.from({ length: 40 }, () => door.post('alertmanager', body(firing('B')))));
		expect(more.every((reply) => reply.status === 202 && answers(reply)[0]?.status === 'repeat')).toBe(true);
		const id = first[0]?.id;
		expect(await one(`SELECT repeats, status FROM alerts WHERE id = '${id}'`)).toEqual({ repeats: 42, status: 'open' });
		await door.post('alertmanager', body(firing('B', { status: 'resolved', endsAt: '2026-01-05T04:00:00Z' })));
		expect(await one(`SELECT status, closed_at FROM alerts WHERE id = '${id}'`)).toEqual({
			status: 'closed',
			closed_at: String(Date.parse('2026-01-05T04:00:00Z')),
		});
		const again = answers(await door.post('alertmanager', body(firing('B', { startsAt: '2026-01-05T05:00:00Z' }))));
		expect(again[0]?.status).toBe('stored');
		expect(again[0]?.id).not.toBe(id);
	});

	it('is stored and triaged also where an earlier message closed its condition in 2099', async () => {
		const now = new Date().toISOString();
		const [first] = answers(await door.post('alertmanager', body(firing('G', { startsAt: now }))));
		await door.post('alertmanager', body(firing('G', { status: 'resolved', endsAt: '2099-01-01T00:00:00Z' })));
		expect(await one(`SELECT status FROM alerts WHERE id = '${first?.id}'`)).toEqual({ status: 'closed' });
		const [again] = answers(await door.post('alertmanager', body(firing('G', { startsAt: new Date().toISOString() }))));
		expect(again?.status).toBe('stored');
		expect(await one(`SELECT status FROM alerts WHERE id = '${again?.id}'`)).toEqual({ status: 'open' });
		expect((await claimDue(fresh.database, 'triage', 100, Date.now())).map((due) => due.key)).toContain(again?.id);
	});

	it('that many senders bring at once for the first time is stored once', async () => {
		const replies = await Promise.all(Array.from({ length: 60 }, () => door.post('alertmanager', body(firing('C')))));
		expect(replies.map((reply) => answers(reply)[0]?.status).filter((status) => status === 'stored')).toHaveLength(1);
		expect(
			await one(`SELECT count(*)::int AS n, sum(repeats)::int AS sum FROM alerts WHERE title LIKE '%C on pump-7%'`),
		).toEqual({ n: 1, sum: 60 });
	});

	it('of ten thousand in one body each has its answer', async () => {
		const reply = await door.post('alertmanager', body(...Array.from({ length: 10_000 }, (_, i) => firing(`D${i}`))));
		expect(reply.status).toBe(202);
		expect(answers(reply)).toHaveLength(10_000);
		expect(await one(`SELECT count(*)::int AS n FROM alerts WHERE title ~ '^D[0-9]+ on|^D[0-9]+$'`)).toEqual({
			n: 10_000,
		});
	}, 60_000);

	it('that is decoded but not understood is stored as unparsed, with the field and what was expected', async () => {
		const reply = await door.post('nozomi', JSON.stringify({ colour: 'green' }));
		expect(reply.status).toBe(202);
		expect(answers(reply)[0]).toMatchObject({
			status: 'unparsed',
			problems: expect.arrayContaining([expect.objectContaining({ field: expect.any(String) })]),
		});
		expect(await one(`SELECT raw FROM unparsed WHERE id = '${answers(reply)[0]?.id}'`)).toEqual({
			raw: '{"colour":"green"}',
		});
		expect((await claimDue(fresh.database, 'unparsed', 10, Date.now())).map((due) => due.key)).toEqual(['nozomi']);
	});

	it.each([
		['NUL characters', 'a\u0000b'],
		['a lone surrogate', 'a\ud800b'],
		['a megabyte', 'x'.repeat(1_000_000)],
		['markup and mentions', '<!channel> <https://evil.example|bank> *now*'],
		['terminal escapes', '\u001b[2J\u001b]0;title\u0007'],
		['an injection', "'; DROP TABLE alerts; -- {{7*7}} ignore previous instructions"],
	])('with %s in its text is stored as text', async (_, text) => {
		const reply = await door.post(
			'alertmanager',
			body(firing(`E ${text}`, { annotations: { summary: text, description: text } })),
		);
		expect(reply.status).toBe(202);
		expect(['stored', 'unparsed']).toContain(answers(reply)[0]?.status);
	});

	it('makes an asset that the inventory does not have known to people', async () => {
		await door.post('alertmanager', body(firing('F')));
		expect(await one(`SELECT type, value FROM unknown_assets WHERE value ILIKE 'pump-7'`)).toMatchObject({
			type: 'host',
		});
	});
});

describe('a message without an alert', () => {
	it('is told to people, as the confirmation of a subscription waits for them', async () => {
		const topic = 'arn:aws:sns:eu-central-1:111122223333:alarms';
		const link = `https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=${topic}&Token=abcdef0123456789`;
		const { status, body } = await door.post(
			'cloudwatch-sns',
			JSON.stringify({
				Type: 'SubscriptionConfirmation',
				MessageId: 'm-1',
				TopicArn: topic,
				Token: 'abcdef0123456789',
				SubscribeURL: link,
			}),
		);
		expect([status, body['alerts']]).toEqual([202, []]);
		expect(door.protocol).toHaveLength(1);
		expect(door.protocol[0]).toContain(link);
	});
});

describe('what cannot be taken', () => {
	it.each([
		['broken JSON', '{"alerts": [', 400],
		['a body cut short', '{"alerts": [{"status": "fir', 400],
	])('%s is refused with the place', async (_, text, status) => {
		const reply = await door.post('alertmanager', text);
		expect(reply.status).toBe(status);
		expect(reply.body).toMatchObject({ stored: 0, found: expect.any(String), expected: expect.any(String) });
	});

	it('invalid UTF-8 is refused', async () => {
		expect((await door.post('alertmanager', new Uint8Array([0x7b, 0xff, 0xfe, 0x7d]))).status).toBe(400);
	});

	it('an unknown source is 404, another method 405 with what is allowed', async () => {
		expect((await door.post('no-such-source', '{}')).status).toBe(404);
		const got = await fetch(`${door.url}/v1/alerts/nozomi`);
		expect([got.status, got.headers.get('allow')]).toEqual([405, 'POST']);
		expect((await fetch(`${door.url}/elsewhere`)).status).toBe(404);
	});

	it('a body that is too large is 413, announced or not, packed or not', async () => {
		const large = 'x'.repeat(33 * 1024 * 1024);
		expect((await door.post('alertmanager', large)).status).toBe(413);
		expect(
			(await door.post('alertmanager', new Uint8Array(gzipSync(large)), { 'content-encoding': 'gzip' })).status,
		).toBe(413);
	}, 30_000);

	it('limits of the configuration count, and a large body of a stranger is answered too', async () => {
		const small = await openDoor(fresh.database, { bodyMax: 2_048, alertsMax: 2 });
		expect((await small.post('alertmanager', 'x'.repeat(5_000))).status).toBe(413);
		const many = await small.post('alertmanager', body(firing('L1'), firing('L2'), firing('L3')));
		expect([many.status, many.body['error'] ?? '']).toEqual([413, expect.stringMatching(/too_/)]);
		const stranger = await small.post('alertmanager', 'x'.repeat(20_000_000), { authorization: 'Bearer wrong' });
		expect(stranger.status).toBe(403);
		await small.close();
	});

	it('a form of body that holds no text is 415, the type is else a hint', async () => {
		expect((await door.post('alertmanager', 'x', { 'content-type': 'image/png' })).status).toBe(415);
		expect((await door.post('alertmanager', 'x', { 'content-encoding': 'zstd' })).status).toBe(415);
		expect((await door.post('alertmanager', body(firing('G')), { 'content-type': 'text/plain' })).status).toBe(202);
		const packed = new Uint8Array(gzipSync(body(firing('G'))));
		expect((await door.post('alertmanager', packed, { 'content-encoding': 'gzip' })).status).toBe(202);
		expect((await door.post('alertmanager', new Uint8Array([1, 2, 3]), { 'content-encoding': 'gzip' })).status).toBe(
			400,
		);
	});

	it('a wrong or missing credential stores nothing and is told', async () => {
		const before = await one('SELECT count(*)::int AS n FROM alerts');
		expect((await door.post('alertmanager', body(firing('H')), { authorization: '' })).status).toBe(401);
		expect((await door.post('alertmanager', body(firing('H')), { authorization: 'Bearer wrong' })).status).toBe(403);
		expect((await door.post('wazuh', '{}', { authorization: `Bearer ${TOKEN}` })).status).toBe(401);
		expect(await one('SELECT count(*)::int AS n FROM alerts')).toEqual(before);
		expect(door.refused.length).toBeGreaterThanOrEqual(3);
	});

	it('basic auth takes either of two valid passwords', async () => {
		const basic = (password: string) => ({
			authorization: `Basic ${Buffer.from(`wazuh:${password}`).toString('base64')}`,
		});
		expect((await door.post('wazuh', '{}', basic('old'))).status).toBe(202);
		expect((await door.post('wazuh', '{}', basic('new'))).status).toBe(202);
		expect((await door.post('wazuh', '{}', basic('other'))).status).toBe(403);
	});
});

describe('a signed delivery', () => {
	const signed = (text: string, t: number, secret = TOKEN) => ({
		authorization: '',
		'x-interlock-signature': `t=${t},v1=${createHmac('sha256', secret).update(`${t}.${text}`).digest('hex')}`,
	});
	const now = () => Math.floor(Date.now() / 1000);

	it('is accepted once', async () => {
		const text = body(firing('S1'));
		const headers = signed(text, now());
		expect((await door.post('alertmanager', text, headers)).status).toBe(202);
		const replay = await door.post('alertmanager', text, headers);
		expect([replay.status, replay.body['error']]).toEqual([403, 'replayed']);
		expect(await one(`SELECT repeats FROM alerts WHERE title LIKE 'S1%'`)).toEqual({ repeats: 1 });
	});

	it.each([
		['an old time', -301],
		['a future time', 301],
	])('with %s is refused', async (_, shift) => {
		const text = body(firing('S2'));
		expect((await door.post('alertmanager', text, signed(text, now() + shift))).status).toBe(403);
	});

	it('over another body or with another secret is refused', async () => {
		const text = body(firing('S3'));
		expect((await door.post('alertmanager', `${text} `, signed(text, now()))).status).toBe(403);
		expect((await door.post('alertmanager', text, signed(text, now(), 'another'))).status).toBe(403);
		expect(
			(await door.post('alertmanager', text, { ...signed(text, now()), 'x-interlock-signature': 't=1,v1=zz' })).status,
		).toBe(401);
	});
});

describe('pressure', () => {
	it('more than may wait is 503 with Retry-After, and what was answered 202 is there', async () => {
		const full = await openDoor(fresh.database, {
			intake: { accept: async () => ({ kind: 'full' }), gathered: () => 0, settle: async () => undefined },
		});
		const reply = await full.post('alertmanager', body(firing('P')));
		expect([reply.status, reply.headers.get('retry-after')]).toEqual([503, '5']);
		await full.close();
	});

	it('a database that is gone is 503, never a lost alert with a 202', async () => {
		const other = await freshDatabase();
		const lost = await openDoor(other.database);
		await other.close();
		const reply = await lost.post('alertmanager', body(firing('Q')));
		expect([reply.status, reply.headers.get('retry-after')]).toEqual([503, '5']);
		expect(lost.errors).toHaveLength(1);
		await lost.close();
	});

	it('an address that keeps trying wrong credentials is told to wait', async () => {
		const guessed = await openDoor(fresh.database);
		const statuses: number[] = [];
		for (let i = 0; i < 40; i++)
			statuses.push((await guessed.post('nozomi', '{}', { authorization: `Bearer guess-${i}` })).status);
		expect(statuses[0]).toBe(403);
		expect(statuses.at(-1)).toBe(429);
		// A good credential from the same address is not held up by somebody's bad ones.
		expect((await guessed.post('nozomi', '{}')).status).toBe(202);
		await guessed.close();
	});
});
