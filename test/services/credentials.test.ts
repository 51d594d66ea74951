import { createHmac } from 'node:crypto';
import { request } from 'node:https';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Credential } from '../../src/intake/authenticate.ts';
import type { DoorSource } from '../../src/intake/http.ts';
import { createOwnWatch } from '../../src/intake/own-watch.ts';
import { createRefusalTally } from '../../src/intake/tally.ts';
import { type Authority, openAuthority, type Pair } from './certificates.ts';
import { type Door, openDoor } from './door.ts';
import { type Fresh, freshDatabase } from './harness.ts';

let fresh: Fresh;
let authority: Authority;
const doors: Door[] = [];
beforeAll(async () => {
	fresh = await freshDatabase();
	authority = openAuthority();
});
afterAll(async () => {
	for (const door of doors) await door.close();
	authority.remove();
	await fresh.close();
});

const AT = '2026-01-05T03:00:00.000Z';
const body = (name: string): string =>
	JSON.stringify({
		version: '4',
		alerts: [
			{
				status: 'firing',
				labels: { alertname: name, severity: 'warning' },
				startsAt: AT,
				endsAt: '0001-01-01T00:00:00Z',
			},
		],
	});
const source = (name: string, credential: Credential, more: Partial<DoorSource> = {}): DoorSource => ({
	name,
	kind: 'alertmanager',
	credential,
	addressAllow: [],
	timeZone: 'UTC',
	...more,
});
async function open(sources: DoorSource[], more: Parameters<typeof openDoor>[1] = {}): Promise<Door> {
	const door = await openDoor(fresh.database, { sources, ...more });
	doors.push(door);
	return door;
}

describe('a client certificate', () => {
	const send = (url: string, name: string, client: Pair | null): Promise<number> =>
		new Promise((done, fail) => {
			const pair = client === null ? {} : { cert: client.cert, key: client.key };
			const address = `${url.replace('http:', 'https:')}/v1/alerts/${name}`;
			const sent = request(address, { method: 'POST', ca: authority.ca, agent: false, ...pair }, (response) => {
				response.resume();
				done(response.statusCode ?? 0);
			});
			sent.on('error', fail);
			sent.end(body(`cert-${name}`));
		});

	it('is asked for by the sources that want one; a delivery without it is 401, with another 403', async () => {
		const [server, own, neighbour] = [
			authority.issue('server'),
			authority.issue('nozomi-north'),
			authority.issue('neighbour'),
		];
		const other = openAuthority();
		const door = await open(
			[
				source('by-print', { type: 'mtls', fingerprints: [own.fingerprint], subject: null }),
				source('by-name', { type: 'mtls', fingerprints: [], subject: { CN: 'nozomi-north', O: 'Plant' } }),
				source('by-token', { type: 'default', secrets: ['a-token-of-the-tests'] }),
			],
			{ tls: { cert: server.cert, key: server.key, clientCa: authority.ca } },
		);
		for (const name of ['by-print', 'by-name']) {
			expect([name, await send(door.url, name, own)]).toEqual([name, 202]);
			expect([name, await send(door.url, name, neighbour)]).toEqual([name, 403]);
			expect([name, await send(door.url, name, null)]).toEqual([name, 401]);
			// Another CA may write the same name into a certificate.
			expect([name, await send(door.url, name, other.issue('nozomi-north'))]).toEqual([name, 401]);
		}
		expect(await send(door.url, 'by-token', null)).toBe(401);
		expect(door.refused.join('\n')).toMatch(/by-print: no client certificate/);
		other.remove();
	});

	it('is missing on a door without TLS, whatever a header claims', async () => {
		const door = await open([source('by-print', { type: 'mtls', fingerprints: ['ab'.repeat(32)], subject: null })]);
		const reply = await door.post('by-print', body('x'), {
			'x-forwarded-client-cert': `Hash=${'ab'.repeat(32)}`,
			'x-ssl-client-verify': 'SUCCESS',
		});
		expect(reply.status).toBe(401);
	});
});

describe('a secret that is replaced', () => {
	it('and the new one are both valid: bearer and signature', async () => {
		const door = await open([
			source('bearer', { type: 'bearer', secrets: ['old-secret', 'new-secret'] }),
			source('hmac', { type: 'hmac', secrets: ['old-secret', 'new-secret'] }),
		]);
		for (const secret of ['old-secret', 'new-secret']) {
			expect((await door.post('bearer', body(secret), { authorization: `Bearer ${secret}` })).status).toBe(202);
			const t = Math.floor(Date.now() / 1000);
			const v1 = createHmac('sha256', secret)
				.update(`${t}.${body(secret)}`)
				.digest('hex');
			expect((await door.post('hmac', body(secret), { 'x-interlock-signature': `t=${t},v1=${v1}` })).status).toBe(202);
		}
		expect((await door.post('bearer', body('x'), { authorization: 'Bearer other-secret' })).status).toBe(403);
	});
});

describe('a signed delivery', () => {
	it('is not taken a second time, also not by a program that was started anew', async () => {
		const sources = [source('signed', { type: 'hmac', secrets: ['a-long-secret'] })];
		const t = Math.floor(Date.now() / 1000);
		const text = body('once');
		const headers = {
			'x-interlock-signature': `t=${t},v1=${createHmac('sha256', 'a-long-secret').update(`${t}.${text}`).digest('hex')}`,
		};
		const first = await open(sources);
		expect((await first.post('signed', text, headers)).status).toBe(202);
		await first.close();
		const second = await open(sources);
		const reply = await second.post('signed', text, headers);
		expect([reply.status, reply.body['error'], reply.body['stored']]).toEqual([403, 'replayed', 0]);
		expect(second.refused).toHaveLength(1);
		// Signed anew, the same body is a repeat and no replay.
		const later = t + 1;
		const anew = {
			'x-interlock-signature': `t=${later},v1=${createHmac('sha256', 'a-long-secret').update(`${later}.${text}`).digest('hex')}`,
		};
		expect((await second.post('signed', text, anew)).status).toBe(202);
	});

	it('of strangers is not read, and they hold no room from the others, whatever they announce', async () => {
		const door = await open([
			source('bearer', { type: 'bearer', secrets: ['the-secret'] }),
			source('hmac', { type: 'hmac', secrets: ['the-secret'] }),
		]);
		const port = Number(new URL(door.url).port);
		// The bodies never come: whoever waits for them does not answer.
		const stranger = (name: string, header: string): Promise<string> =>
			new Promise((done, fail) => {
				const socket = connect(port, '127.0.0.1', () => {
					socket.write(
						`POST /v1/alerts/${name} HTTP/1.1\r\nhost: x\r\ncontent-length: 30000000\r\n${header}: nonsense\r\n\r\n`,
					);
				});
				socket.setTimeout(15_000, () => fail(new Error('no answer')));
				socket.once('data', (bytes) => {
					done(bytes.toString('latin1').slice(0, 12));
					socket.destroy();
				});
				socket.on('error', fail);
			});
		const strangers = Array.from({ length: 20 }, (_, i) =>
			stranger(i % 2 === 0 ? 'bearer' : 'hmac', i % 3 === 0 ? 'x-interlock-signature' : 'authorization'),
		);
		await new Promise((done) => setTimeout(done, 200));
		// Twenty times thirty megabytes are announced: more than a door reads at once.
		expect((await door.post('bearer', body('room'), { authorization: 'Bearer the-secret' })).status).toBe(202);
		expect(new Set(await Promise.all(strangers))).toEqual(new Set(['HTTP/1.1 401']));
	});
});

describe('an address list', () => {
	const listed = (addressAllow: string[]) => [
		source('listed', { type: 'default', secrets: ['a-token-of-the-tests'] }, { addressAllow }),
	];
	it('believes X-Forwarded-For only of a declared proxy', async () => {
		const plain = await open(listed(['10.20.0.0/16']));
		expect((await plain.post('listed', body('p'), { 'x-forwarded-for': '10.20.1.5' })).status).toBe(403);
		const behind = await open(listed(['10.20.0.0/16', '2001:db8::/32']), { trustedProxies: ['127.0.0.0/8'] });
		expect((await behind.post('listed', body('p'), { 'x-forwarded-for': '10.20.1.5' })).status).toBe(202);
		expect((await behind.post('listed', body('p'), { 'x-forwarded-for': '2001:db8::5' })).status).toBe(202);
		expect((await behind.post('listed', body('p'), { 'x-forwarded-for': '10.20.1.5, 192.0.2.1' })).status).toBe(403);
		expect((await behind.post('listed', body('p'))).status).toBe(403);
	});
});

describe('wrong credentials', () => {
	it('are limited by sender, and become one alert of the program with their count', async () => {
		const tally = createRefusalTally();
		let now = Date.UTC(2026, 5, 1);
		let recorded = 0;
		const door = await open([source('guessed', { type: 'bearer', secrets: ['the-secret'] })], {
			trustedProxies: ['127.0.0.1'],
			onRefused(name, address, _reason, isNew) {
				tally.count(name, address, 1, now);
				if (isNew) recorded++;
			},
		});
		const guess = (from: string) =>
			door.post('guessed', '{}', { authorization: 'Bearer guess', 'x-forwarded-for': from });
		for (let i = 0; i < 50; i++) await guess('192.0.2.7');
		const limited = await guess('192.0.2.7');
		expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '60']);
		expect((await guess('192.0.2.8')).status).toBe(403);
		expect(
			(await door.post('guessed', body('good'), { authorization: 'Bearer the-secret', 'x-forwarded-for': '192.0.2.7' }))
				.status,
		).toBe(202);
		expect(recorded).toBe(31);
		const watch = createOwnWatch([tally], door.intake, () => now);
		const rows = () =>
			fresh.database.raw.unsafe(`SELECT title, status, repeats, severity FROM alerts WHERE source = 'interlock'`);
		now += 2_000;
		for (let i = 0; i < 5; i++) await watch();
		expect(await rows()).toMatchObject([
			{ title: expect.stringContaining('52 deliveries for source guessed'), status: 'open', repeats: 1 },
		]);
		now += 31 * 60_000;
		await watch();
		expect(await rows()).toMatchObject([{ status: 'closed' }]);
	});

	it('are told later where the database was away', async () => {
		const tally = createRefusalTally();
		for (let i = 0; i < 9; i++) tally.count('late', '192.0.2.7', 1, 0);
		let isAway = true;
		const stored: string[] = [];
		const watch = createOwnWatch(
			[tally],
			{
				async accept(delivery) {
					if (isAway) throw new Error('away');
					stored.push(...delivery.items.flatMap((item) => (item.kind === 'alert' ? [item.alert.title] : [])));
					return { kind: 'stored', alerts: [] };
				},
			},
			() => 5_000,
		);
		await expect(watch()).rejects.toThrow('away');
		await expect(watch()).rejects.toThrow('away');
		isAway = false;
		await watch();
		await watch();
		expect(stored).toEqual([expect.stringContaining('9 deliveries')]);
	});
});
