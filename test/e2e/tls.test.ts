// The whole program behind HTTPS, with a source that is known by its certificate and one by its token; files as an operator writes them.
import { appendFileSync, copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Authority, openAuthority, type Pair } from '../services/certificates.ts';
import { openWorld, until, type World } from './program.ts';

describe('a door with TLS', () => {
	let world: World;
	let authority: Authority;
	let own: Pair;
	beforeAll(async () => {
		authority = openAuthority();
		own = authority.issue('grafana-north');
		const server = authority.issue('server');
		world = await openWorld({
			prepare: (folder) => {
				mkdirSync(join(folder, 'tls'));
				copyFileSync(server.certFile, join(folder, 'tls/server.pem'));
				copyFileSync(server.keyFile, join(folder, 'tls/server.key'));
				copyFileSync(authority.caFile, join(folder, 'tls/ca.pem'));
				appendFileSync(
					join(folder, 'interlock.yaml'),
					'\ntls: { cert_file: tls/server.pem, key_file: tls/server.key, client_ca_file: tls/ca.pem }\n',
				);
				writeFileSync(
					join(folder, 'sources.yaml'),
					'- { name: by-name, kind: alertmanager, auth: { type: mtls, subject: { CN: grafana-north } } }\n- { name: by-token, kind: alertmanager }\n',
				);
			},
		});
		world.start();
		await until('ready', async () => (await send('GET', '/readyz', null)) === 200);
	});
	afterAll(async () => {
		await world?.close();
		authority?.remove();
	});

	const send = (
		method: string,
		path: string,
		client: Pair | null,
		headers: Record<string, string> = {},
	): Promise<number> =>
		new Promise((done, fail) => {
			const pair = client === null ? {} : { cert: client.cert, key: client.key };
			const sent = request(
				`${world.door.replace('http:', 'https:')}${path}`,
				{ method, ca: authority.ca, agent: false, headers, ...pair },
				(response) => {
					response.resume();
					done(response.statusCode ?? 0);
				},
			);
			sent.on('error', fail);
			sent.end(
				method === 'GET'
					? undefined
					: JSON.stringify({
							version: '4',
							alerts: [{ status: 'firing', labels: { alertname: 'Tls' }, startsAt: '2026-01-05T03:00:00Z' }],
						}),
			);
		});

	it('takes each source with what it was given, and nothing else', async () => {
		expect(await send('POST', '/v1/alerts/by-name', own)).toBe(202);
		expect(await send('POST', '/v1/alerts/by-name', null)).toBe(401);
		expect(await send('POST', '/v1/alerts/by-name', authority.issue('other'))).toBe(403);
		expect(await send('POST', '/v1/alerts/by-token', null, { authorization: `Bearer ${world.token}` })).toBe(202);
		expect(await send('POST', '/v1/alerts/by-token', own)).toBe(401);
		await expect(fetch(`${world.door}/readyz`)).rejects.toThrow();
	});

	it('is checked by its files', async () => {
		const checked = await world.run(['check']);
		expect([checked.code, checked.out]).toEqual([0, '']);
		copyFileSync(own.keyFile, join(world.configFolder, 'tls/server.key'));
		const wrong = await world.run(['check']);
		expect(wrong.code).toBe(1);
		expect(wrong.out).toMatch(
			/interlock\.yaml:\d+:\d+: `key_file`: the file `tls\/server.key` holds the key of another certificate/,
		);
	});
});
