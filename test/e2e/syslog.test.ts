// Syslog as the people of a plant meet it: a listener in interlock.yaml, messages of logger(1), Slack, metrics and an orderly end.
import { execFileSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { appendFileSync, existsSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { messagesOf } from './crash-run.ts';
import { type Child, freePort, openWorld, until, type World } from './program.ts';

const cef = (name: string): string => `CEF:0|Acme|Wall|1|${name}|${name} of hmi-2|9|src=10.1.1.9 dst=10.20.1.9`;

describe.skipIf(!existsSync('/usr/bin/logger'))('syslog in a running program', () => {
	let world: World;
	let child: Child;
	const ports = { udp: 0, tcp: 0 };
	beforeAll(async () => {
		Object.assign(ports, { udp: await freePort(), tcp: await freePort() });
		world = await openWorld({
			prepare: (folder) =>
				appendFileSync(
					join(folder, 'interlock.yaml'),
					`\nsyslog:\n  listeners:\n    - { listen: "127.0.0.1:${ports.udp}", transport: udp, routes: [{ vendor: Acme, source: cef }] }\n    - { listen: "127.0.0.1:${ports.tcp}", transport: tcp, source: cef }\n`,
				),
		});
		child = await world.ready();
	});
	afterAll(() => world?.close());

	const logger = (...args: string[]): void => {
		execFileSync('logger', ['-n', '127.0.0.1', ...args]);
	};
	const count = async (sql: string): Promise<number> =>
		Number((await (await world.database()).raw.unsafe(`SELECT count(*)::int AS n FROM ${sql}`))[0]?.['n']);
	const posted = (): string => JSON.stringify(messagesOf(world));

	it('becomes an alert, and what is nobody is shown to people under the name of the listener', async () => {
		logger('-d', '-P', String(ports.udp), '--rfc3164', cef('UdpScan'));
		logger('-T', '-P', String(ports.tcp), '--octet-count', '--rfc5424', cef('TcpScan'));
		logger('-d', '-P', String(ports.udp), 'disk is full');
		await until('both alerts', async () => (await count(`alerts WHERE source = 'cef'`)) === 2);
		await until('the message in Slack', () => posted().includes(`syslog:udp:127.0.0.1:${ports.udp}`));
		const metrics = await (await fetch(`${world.door}/metrics`)).text();
		expect(metrics).toMatch(/interlock_syslog_total\{listener="syslog:udp:[^"]+",what="received"\} 2/);
		expect(metrics).toMatch(/interlock_syslog_total\{listener="syslog:udp:[^"]+",what="unrouted"\} 1/);
	});

	it('tells people in Slack of credentials that keep being refused, once', async () => {
		for (let i = 0; i < 12; i++) await world.post('cef', '{}', { authorization: `Bearer guess-${i}` });
		await until('the alert', async () => (await count(`alerts WHERE source = 'interlock'`)) === 1);
		await until('the card', () => posted().includes('were refused'));
	});

	it('stores what came before it stopped', async () => {
		const before = await count(`alerts WHERE source = 'cef'`);
		const socket = connect(ports.tcp, '127.0.0.1').on('error', () => undefined);
		for (let i = 0; i < 300; i++) socket.write(`<13>Mar  1 10:00:00 fw ${cef(`Late${i}`)}\n`);
		const udp = createSocket('udp4');
		await new Promise<void>((done) =>
			udp.send(`<13>Mar  1 10:00:00 fw ${cef('LateUdp')}`, ports.udp, '127.0.0.1', () => done()),
		);
		udp.close();
		await until('some of them', async () => (await count(`alerts WHERE source = 'cef'`)) > before);
		child.signal('SIGTERM');
		expect((await child.exited).code).toBe(0);
		expect(child.err()).not.toContain('could not be stored');
		child = await world.ready();
		await until('all of them', async () => (await count(`alerts WHERE source = 'cef'`)) === before + 301, 5_000);
		socket.destroy();
	});
});
