// The list of every host that the program connects to, and what the inventory has against one of them: `interlock check` and the start say it.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { check } from '../../src/cli/check.ts';
import { serve } from '../../src/cli/serve.ts';
import { loadConfig, readConfig } from '../../src/config/config.ts';
import { egressOf } from '../../src/config/egress.ts';
import { formatFinding } from '../../src/config/finding.ts';
import { shownDestination } from '../../src/domain/destination.ts';
import { err, ok } from '../../src/domain/result.ts';

const NOW = Date.UTC(2026, 0, 5, 3);
const reader = (files: Readonly<Record<string, string>>) => ({
	folder: () => ok(new Map(Object.entries(files))),
	secretFile: () => err('there is none'),
});
const SECRETS = { EDR_TOKEN: 'edr-token-1', PI_PASSWORD: 'pi-password-1', AD_PASSWORD: 'ad-password-1' };
const read = (files: Readonly<Record<string, string>>, env: Readonly<Record<string, string>> = {}) =>
	readConfig({ INTERLOCK_CONFIG: '/c', ...SECRETS, ...env }, reader(files), NOW);
const listOf = (files: Readonly<Record<string, string>>, env: Readonly<Record<string, string>> = {}): string[] => {
	const { config } = read(files, env);
	return egressOf(config.environment, config.connectors, config.pagers).map(
		(one) => `${shownDestination(one)} ${one.what}, ${one.from}`,
	);
};

const edr = (url: string): string => `connectors:
  - name: edr
    kind: generic-http
    base_url: ${url}
    allow_private: true
    auth: { type: bearer, secret_env: EDR_TOKEN }
    calls: { isolate_host: { path: "/hosts/{target}/isolate" } }
`;
const pi = (url: string, asset = 'hist-1'): string => `connectors:
  - name: pi
    kind: pi-web-api
    asset: ${asset}
    base_url: ${url}
    allow_private: true
    auth: { type: basic, user: reader, secret_env: PI_PASSWORD }
    tags: {}
`;
const PAGERS = `pagers:
  - { name: mail, kind: smtp, host: MAIL.plant.example, from: interlock@plant.example, to: [desk@plant.example] }
  - { name: duty, kind: pagerduty, auth: { type: routing_key, secret_env: EDR_TOKEN } }
`;
const INVENTORY = `id,hostname,ip,zone,kind,purdue
plc-1,PLC-1,10.20.1.5,cell-1,plc,1
sis-1,SIS-1,10.20.1.6,cell-1,sis,1
hmi-1,HMI-1,10.20.1.9,cell-1,hmi,2
hist-1,HIST-1,10.20.1.20,cell-1,historian,2
dmz-1,DMZ-1,10.30.0.7,dmz,server,3.5
`;

describe('the list', () => {
	it('without configuration is empty: database, queue and Slack are on this machine', () => {
		expect(listOf({})).toEqual([]);
	});

	it('has what environment and files name, each with where it is written', () => {
		const env = {
			DATABASE_URL: 'postgres://interlock:s3cret-word@db.plant.example/interlock',
			DATABASE_MIGRATE_URL: 'postgres://owner:s3cret-word@db.plant.example:5433/interlock',
			REDIS_URL: 'rediss://:s3cret-word@queue.plant.example:6380',
			...{ SLACK_BOT_TOKEN: 'xoxb-1-2', SLACK_APP_TOKEN: 'xapp-1-2' },
			...{ INTERLOCK_MODEL: 'm', OPENAI_BASE_URL: 'http://model.plant.example:8000/v1' },
		};
		expect(listOf({ 'interlock.yaml': edr('https://edr.plant.example/api') }, env)).toEqual([
			'db.plant.example:5432 the database, DATABASE_URL',
			'db.plant.example:5433 the database, as its owner, DATABASE_MIGRATE_URL',
			'queue.plant.example:6380 the queue, REDIS_URL',
			'slack.com:443 Slack, built in (no SLACK_API_URL)',
			'*.slack.com:443 Slack, built in (no SLACK_API_URL)',
			'model.plant.example:8000 the adviser, OPENAI_BASE_URL',
			'edr.plant.example:443 connector edr (generic-http), /c/interlock.yaml:2',
		]);
		expect(JSON.stringify(listOf({}, env))).not.toContain('s3cret');
		expect(listOf({ 'interlock.yaml': PAGERS })).toEqual([
			'mail.plant.example:587 pager mail (smtp), /c/interlock.yaml:2',
			'events.pagerduty.com:443 pager duty (pagerduty), /c/interlock.yaml:3',
		]);
	});

	it.each([
		['postgres://u:p@a.example:5433,b.example/db', ['a.example:5433', 'b.example:5432']],
		['postgres://u:p%40x@[fd00::5]:5433/db', ['[fd00::5]:5433']],
		['postgresql:///interlock', ['localhost:5432']],
		['postgres://10.0.0.5?sslmode=require', ['10.0.0.5:5432']],
	])('reads the hosts of %s', (url, hosts) => {
		expect(listOf({}, { DATABASE_URL: url }).map((line) => line.split(' ')[0])).toEqual(hosts);
	});

	it('has another Slack with what lies below its name, and a stand-in by its address alone', () => {
		const env = { SLACK_BOT_TOKEN: 'xoxb-1-2', SLACK_SIGNING_SECRET: 'signing-1' };
		const of = (url: string) => listOf({}, { ...env, SLACK_API_URL: url }).map((line) => line.split(' ')[0]);
		expect(of('https://slack-gov.com/api/')).toEqual(['slack-gov.com:443', '*.slack-gov.com:443']);
		expect(of('http://127.0.0.1:4003/api/')).toEqual(['127.0.0.1:4003']);
		expect(of('https://10.0.0.8/api/')).toEqual(['10.0.0.8:443']);
	});
});

describe('a destination that is a thing of OT', () => {
	const findings = (files: Readonly<Record<string, string>>, env: Readonly<Record<string, string>> = {}): string[] =>
		read({ 'inventory.csv': INVENTORY, ...files }, env).findings.map(formatFinding);

	it.each([
		['the address of a controller', 'https://10.20.1.5', '`plc-1` is a controller (plc)'],
		['the name of a controller', 'https://plc-1.cell.example', '`plc-1` is a controller (plc)'],
		['a safety system', 'https://10.20.1.6', '`sis-1` belongs to a safety system'],
		['an HMI at level 2', 'https://HMI-1', '`hmi-1` stands at level 2'],
		['a number that means the address', 'https://0x0a140105', '`plc-1` is a controller (plc)'],
		['an address in IPv6 clothes', 'https://[::ffff:10.20.1.5]', '`plc-1` is a controller (plc)'],
	])('%s is an error with its place, and nothing starts', (_, url, reason) => {
		const files = { 'interlock.yaml': edr(url), 'inventory.csv': INVENTORY };
		expect(findings(files).join('\n')).toContain(reason);
		expect(findings(files).join('\n')).toMatch(/\/c\/interlock\.yaml:2:\d+: .*connector edr \(generic-http\) is at /);
		const started = loadConfig({ INTERLOCK_CONFIG: '/c', ...SECRETS }, reader(files), NOW);
		expect(started.ok).toBe(false);
	});

	it('is an error wherever it is written', () => {
		for (const env of [
			{ DATABASE_URL: 'postgres://u:p@plc-1/db' },
			{ REDIS_URL: 'redis://10.20.1.5' },
			{ INTERLOCK_MODEL: 'm', OPENAI_BASE_URL: 'http://10.20.1.6:8000/v1' },
			{ SLACK_BOT_TOKEN: 'xoxb-1', SLACK_SIGNING_SECRET: 'signing-1', SLACK_API_URL: 'http://10.20.1.9/api/' },
		])
			expect(findings({}, env).join('\n')).toMatch(/no connection is made there/);
	});

	it('keeps `serve` from starting and `check` from passing, in words', async () => {
		const folder = mkdtempSync(join(tmpdir(), 'interlock-egress-'));
		try {
			writeFileSync(join(folder, 'interlock.yaml'), edr('https://edr.plant.example@10.20.1.5/'));
			writeFileSync(join(folder, 'inventory.csv'), INVENTORY);
			const said: string[] = [];
			const say = (text: string): void => void said.push(text);
			const io = {
				out: say,
				err: say,
				stdin: async () => new Uint8Array(),
				env: { ...SECRETS, INTERLOCK_CONFIG: folder },
			};
			expect(await serve([], io)).toBe(1);
			expect(said.join('\n')).toContain(
				'10.20.1.5:443, and `plc-1` is a controller (plc): no connection is made there',
			);
			said.length = 0;
			expect(await check([folder], io, NOW)).toBe(1);
			expect(said.join('\n')).toContain('`plc-1` is a controller (plc)');
		} finally {
			rmSync(folder, { recursive: true, force: true });
		}
	});

	it('is an error for a pager too', () => {
		const files = { 'interlock.yaml': PAGERS.replace('MAIL.plant.example', 'plc-1') };
		expect(findings(files).join('\n')).toMatch(
			/interlock\.yaml:2:\d+: .*pager mail \(smtp\) is at plc-1:587, and `plc-1` is a/,
		);
	});

	it('may be a historian at level 2 that is only read, and that the connector names', () => {
		expect(findings({ 'interlock.yaml': pi('https://10.20.1.20/piwebapi') })).toEqual([]);
		expect(findings({ 'interlock.yaml': pi('https://hist-1/piwebapi', 'HIST-1') })).toEqual([]);
		expect(findings({ 'interlock.yaml': pi('https://10.20.1.9/piwebapi') }).join('\n')).toContain('`hmi-1` stands at');
		expect(findings({ 'interlock.yaml': pi('https://10.20.1.5/piwebapi', 'plc-1') }).join('\n')).toContain(
			'`plc-1` is a controller (plc)',
		);
		expect(findings({ 'interlock.yaml': edr('https://10.20.1.20') }).join('\n')).toContain(
			'`hist-1` stands at level 2',
		);
	});

	it('is told also where the secret of the connector is missing', () => {
		expect(findings({ 'interlock.yaml': edr('https://10.20.1.5') }, { EDR_TOKEN: '' }).join('\n')).toContain(
			'`plc-1` is a controller (plc)',
		);
	});

	it('is nothing above level 2, and nothing on this machine', () => {
		for (const url of ['https://dmz-1', 'https://10.30.0.7', 'http://127.0.0.1:9', 'https://edr.vendor.example'])
			expect(findings({ 'interlock.yaml': edr(url) })).toEqual([]);
	});

	it('that the inventory does not have is pointed out where it lies inside the plant', () => {
		const [finding, ...more] = read({
			'inventory.csv': INVENTORY,
			'interlock.yaml': edr('https://10.40.0.1'),
		}).findings;
		expect(finding).toMatchObject({ level: 'warning', file: '/c/interlock.yaml', line: 2 });
		expect(finding?.message).toContain('the inventory does not have `10.40.0.1`');
		expect(more).toEqual([]);
	});
});
