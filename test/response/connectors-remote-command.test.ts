// `interlock connector` and `interlock check` with gateways and packet filters: what is set up, and a try without any effect.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { check } from '../../src/cli/check.ts';
import { connector } from '../../src/cli/connector.ts';
import { startFortinetVpn, VPN_TOKEN } from './vendors/fortinet-vpn.ts';
import { GP_KEY, startGlobalProtect } from './vendors/globalprotect.ts';
import { FILTER_TOKEN, startOpenC2 } from './vendors/openc2.ts';

let folder: string;
let said: string[] = [];
const open: { close(): Promise<void> }[] = [];
beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), 'interlock-remote-'));
	writeFileSync(
		join(folder, 'inventory.csv'),
		'id,hostname,ip,site,zone,purdue,kind\nvpn-1,vpn-1,10.35.0.9,north,dmz,3.5,vpn_gateway\n',
	);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(async () => {
	for (const one of open.splice(0)) await one.close();
});

const io = (secret: string) => ({
	out: (text: string) => void said.push(text),
	err: (text: string) => void said.push(text),
	stdin: async () => new Uint8Array(),
	env: { INTERLOCK_CONFIG: folder, SECRET: secret },
});
const run = async (secret: string, ...args: string[]): Promise<{ code: number; text: string }> => {
	said = [];
	const code = await connector(args, io(secret), Date.now());
	return { code, text: said.join('\n') };
};
const findings = async (lines: readonly string[]): Promise<string> => {
	configure(lines);
	said = [];
	await check([], io('a-secret-of-a-test-0123456789'), Date.now());
	return said.join('\n');
};
const configure = (lines: readonly string[]): void =>
	writeFileSync(
		join(folder, 'interlock.yaml'),
		['connectors:', ...lines.map((line, at) => `${at === 0 ? '  - ' : '    '}${line}`), ''].join('\n'),
	);
const GLOBALPROTECT = [
	'name: gp',
	'kind: globalprotect',
	'gateway: Plant-GW',
	'auth: { type: api_key, secret_env: SECRET }',
	'assets: [vpn-1]',
	'protected: { accounts: [shift-a], addresses: [10.9.1.0/24] }',
];
const FORTINET = [
	'name: fgt-vpn',
	'kind: fortinet-vpn',
	'auth: { type: token, secret_env: SECRET }',
	'assets: [vpn-1]',
	'protected: { accounts: [] }',
];
const OPENC2 = [
	'name: filter',
	'kind: openc2',
	'auth: { type: bearer, secret_env: SECRET }',
	'never: { addresses: [], domains: [] }',
];

describe('the command', () => {
	it('tries a GlobalProtect gateway', async () => {
		const gateway = await startGlobalProtect();
		open.push(gateway);
		configure([...GLOBALPROTECT, `base_url: ${gateway.url}`, 'allow_private: true']);
		expect((await run(GP_KEY, 'list')).text).toBe('gp  globalprotect  end_session');
		const well = await run(GP_KEY, 'test', 'gp', '--account', 'vmiller', '--target', 'vpn-1');
		expect(well.text).toMatch(/^ok {2}gateway: /m);
		expect(well.text).toMatch(/^ok {2}target vpn-1: /m);
		expect(well.code).toBe(0);
		const wrong = await run('wrong-key', 'test', 'gp');
		expect([wrong.code, wrong.text]).toEqual([1, expect.stringMatching(/^NO {2}gateway: .*Invalid Credential/)]);
		expect(gateway.ended).toEqual([]);
	});

	it('tries the SSL VPN of a FortiGate', async () => {
		const gateway = await startFortinetVpn();
		open.push(gateway);
		configure([...FORTINET, `base_url: ${gateway.url}`, 'allow_private: true']);
		expect((await run(VPN_TOKEN, 'list')).text).toBe('fgt-vpn  fortinet-vpn  end_session');
		const well = await run(VPN_TOKEN, 'test', 'fgt-vpn', '--target', 'somewhere-else');
		expect([well.code, well.text]).toEqual([1, expect.stringMatching(/^NO {2}target somewhere-else: /m)]);
		expect((await run(VPN_TOKEN, 'test', 'fgt-vpn')).code).toBe(0);
		expect(gateway.ended).toEqual([]);
	});

	it('tries a packet filter that speaks OpenC2', async () => {
		const filter = await startOpenC2();
		open.push(filter);
		configure([...OPENC2, `base_url: ${filter.url}`, 'allow_private: true']);
		expect((await run(FILTER_TOKEN, 'list')).text).toBe('filter  openc2  block_indicator unblock_indicator');
		const well = await run(FILTER_TOKEN, 'test', 'filter', '--indicator', '185.220.101.7');
		expect([well.code, well.text]).toEqual([0, expect.stringMatching(/would deny ipv4_net 185\.220\.101\.7/)]);
		const own = await run(FILTER_TOKEN, 'test', 'filter', '--indicator', '10.35.0.9');
		expect([own.code, own.text]).toEqual([1, expect.stringMatching(/^NO {2}block_indicator: /m)]);
		expect(filter.effects).toEqual([]);
	});
});

describe('the check of a configuration', () => {
	it.each([
		['plain HTTP', [...GLOBALPROTECT, 'base_url: http://fw1.plant.example'], /https is needed/],
		['no word about whom to protect', [...FORTINET.slice(0, -1), 'base_url: https://fgt1.plant.example'], /protected/],
		['no asset', [...FORTINET.map((line) => line.replace('[vpn-1]', '[]')), 'base_url: https://f.example'], /assets/],
		[
			'a gateway with marks in its name',
			[...GLOBALPROTECT.map((line) => line.replace('Plant-GW', '"a<b"')), 'base_url: https://fw1.plant.example'],
			/gateway/,
		],
		['a path of its own', [...OPENC2, 'base_url: https://fw1.plant.example/openc2'], /well-known/],
		[
			'a group of filters',
			[...OPENC2, 'base_url: https://fw1.plant.example', 'actuator: { named_group: perimeter }'],
			/named_group/,
		],
		['no word about what is never blocked', [...OPENC2.slice(0, -1), 'base_url: https://fw1.plant.example'], /never/],
	])('finds %s', async (_, lines, words) => {
		expect(await findings(lines)).toMatch(words);
	});
});
