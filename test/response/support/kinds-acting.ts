// The kinds that cut off, switch off, block and end, each with its stand-in and one step.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Authority } from '../../services/certificates.ts';
import { startFalcon } from '../vendors/crowdstrike.ts';
import { startDefender } from '../vendors/defender-endpoint.ts';
import { startEntra } from '../vendors/entra-id.ts';
import { startFortinet, TOKEN } from '../vendors/fortinet.ts';
import { startFortinetVpn, VPN_TOKEN } from '../vendors/fortinet-vpn.ts';
import { GP_KEY, startGlobalProtect } from '../vendors/globalprotect.ts';
import { BIND_DN, type Fault as LdapFault, startDirectory } from '../vendors/ldap.ts';
import { startOkta } from '../vendors/okta.ts';
import { FILTER_TOKEN, startOpenC2 } from '../vendors/openc2.ts';
import { KEY, startPaloAlto } from '../vendors/palo-alto.ts';
import { SITE, startSentinelOne } from '../vendors/sentinelone.ts';
import { startVendor, type VendorResponse } from '../vendors/server.ts';
import { type Fault, type KindTask, type KindWorld, overHttp } from './kind-world.ts';

export type StartKind = (now: () => number, authority: Authority) => Promise<KindWorld>;

const COMMON = { name: 'it', allow_private: true, timeout_ms: 500 };
const BAD = '185.220.101.7';
const BASE = 'DC=plant,DC=example';

const ISOLATE: KindTask = { action: 'isolate_host', asset: 'lap-1', target: 'primary', params: {}, facts: [] };
const DISABLE: KindTask = {
	...{ action: 'disable_account', asset: 'lap-1', target: 'primary', params: { account: 'ann' } },
	facts: [['account_used_by_ot', 'ann', false]],
};
const BLOCK: KindTask = {
	...{ action: 'block_indicator', asset: 'lap-1', target: 'none', params: { indicator: BAD }, containmentFor: '8h' },
	facts: [
		['indicator_external', BAD, true],
		['indicator_on_dependency_allowlist', BAD, false],
	],
};
const BLOCK_HOST: KindTask = {
	...{ action: 'block_internal', asset: 'lap-1', target: 'primary', params: {}, containmentFor: '8h' },
	facts: [['used_by_ot', 'lap-1', false]],
};
const END: KindTask = {
	...{ action: 'end_session', asset: 'jump-1', target: 'primary', params: { session: '10.9.0.7', account: 'vmiller' } },
	facts: [
		['zone_state', 'dmz', 'normal'],
		['zone_safety_alarm_active', 'dmz', false],
		['action_cuts_own_path', 'jump-1', false],
		['fallback_confirmed', 'jump-1', true],
		...['jump-1', '10.9.0.7'].flatMap((subject): KindTask['facts'] => [
			['session_is_live_maintenance', subject, false],
			['session_sole_remote_operator', subject, false],
		]),
		['ot_told', 'step', true],
	],
};
const BOTH_HOST = ['isolate_host', 'release_host'];
const BOTH_ACCOUNT = ['disable_account', 'enable_account'];

/** What the parts of a host's or account's world have in common. */
const world = (of: Omit<KindWorld, 'isWriting' | 'urls'> & { readonly urls?: readonly string[] }): KindWorld => ({
	...{ isWriting: true, urls: ['base_url'] },
	...of,
});

export const HOSTS: Readonly<Record<string, StartKind>> = {
	'generic-http': async () => {
		const isolated = new Set<string>();
		const effects: string[] = [];
		const server = await startVendor(({ method, path, headers }): VendorResponse => {
			const host = path.split('/')[2] ?? '';
			if (headers.authorization !== 'Bearer g3neric-s3cret') return { status: 401, headers: {}, body: 'no' };
			if (method === 'POST' && !isolated.has(host)) {
				isolated.add(host);
				effects.push(host);
			}
			return { status: 200, headers: {}, body: JSON.stringify({ state: isolated.has(host) ? 'isolated' : 'normal' }) };
		});
		return world({
			...overHttp(server, ({ method }) => method === 'POST'),
			config: {
				...{ ...COMMON, kind: 'generic-http', base_url: server.url, auth: { type: 'bearer', secret_env: 'X' } },
				calls: {
					isolate_host: {
						...{ method: 'POST', path: '/hosts/{target}/isolate', idempotent: true },
						read_back: { path: '/hosts/{target}', done_when: 'isolated' },
					},
				},
			},
			takesAnyYes: true,
			...{ secret: 'g3neric-s3cret', task: ISOLATE, effects: () => effects.length, isSo: () => isolated.has('lap-1') },
		});
	},
	crowdstrike: async (now) => {
		const server = await startFalcon([{ hostname: 'LAP-1' }]);
		server.now = now;
		return world({
			...overHttp(server, ({ path }) => path.includes('devices-actions')),
			config: {
				...{ ...COMMON, kind: 'crowdstrike', base_url: server.url, client_id: server.clientId, actions: BOTH_HOST },
				...{ auth: { type: 'client_secret', secret_env: 'X' }, protected: { hosts: [], groups: [] } },
			},
			...{ secret: server.secret, task: ISOLATE, effects: () => server.effects.length },
			isSo: () => server.hosts[0]?.status === 'contained',
		});
	},
	'defender-endpoint': async (now) => {
		const server = await startDefender([{ computerDnsName: 'lap-1' }]);
		server.now = now;
		return world({
			...overHttp(server, ({ method, path }) => method === 'POST' && path.startsWith('/api/')),
			config: {
				...{ ...COMMON, kind: 'defender-endpoint', base_url: server.url, login_url: server.url, actions: BOTH_HOST },
				...{ tenant_id: server.tenant, client_id: server.clientId, protected: { hosts: [], groups: [] } },
				auth: { type: 'client_secret', secret_env: 'X' },
			},
			...{ secret: server.secret, task: ISOLATE, effects: () => server.effects.length },
			...{ isSo: () => server.machines[0]?.isIsolated === true, urls: ['base_url', 'login_url'] },
		});
	},
	sentinelone: async () => {
		const server = await startSentinelOne([{ computerName: 'LAP-1' }]);
		return world({
			...overHttp(server, ({ method }) => method === 'POST'),
			config: {
				...{ ...COMMON, kind: 'sentinelone', base_url: server.url, sites: [SITE], actions: BOTH_HOST },
				...{ auth: { type: 'api_token', secret_env: 'X' }, protected: { hosts: [], groups: [] } },
			},
			...{ secret: server.token, task: ISOLATE, effects: () => server.effects.length },
			isSo: () => server.agents[0]?.networkStatus === 'disconnected',
		});
	},
};

export const ACCOUNTS: Readonly<Record<string, StartKind>> = {
	okta: async (now) => {
		const server = await startOkta([{ login: 'ann@plant.example' }]);
		server.now = now;
		return world({
			...overHttp(server, ({ method, path }) => method !== 'GET' && path.includes('/lifecycle/')),
			config: {
				...{ ...COMMON, kind: 'okta', base_url: server.url, login_suffix: 'plant.example', actions: BOTH_ACCOUNT },
				...{ auth: { type: 'api_token', secret_env: 'X' }, protected: { groups: [], accounts: [] } },
			},
			...{ secret: [...server.apiTokens].join(), task: DISABLE, effects: () => server.effects.length },
			isSo: () => server.users[0]?.status === 'SUSPENDED',
		});
	},
	'entra-id': async (now) => {
		const server = await startEntra([{ userPrincipalName: 'ann@plant.example' }]);
		server.now = now;
		return world({
			...overHttp(server, ({ method }) => method === 'PATCH'),
			config: {
				...{ ...COMMON, kind: 'entra-id', base_url: server.url, login_url: server.url, tenant_id: server.tenant },
				...{ client_id: server.clientId, login_suffix: 'plant.example', actions: BOTH_ACCOUNT },
				...{ auth: { type: 'client_secret', secret_env: 'X' }, protected: { groups: [], accounts: [] } },
			},
			...{ secret: server.clientSecret, task: DISABLE, effects: () => server.effects.length },
			...{ isSo: () => server.users[0]?.accountEnabled === false, urls: ['base_url', 'login_url'] },
		});
	},
	'active-directory': async (_now, authority) => {
		const { key, cert } = authority.issue('dc1');
		const dn = `CN=Ann,OU=Staff,${BASE}`;
		const user = {
			...{ objectClass: ['person', 'user'], objectGUID: [Buffer.alloc(16, 7)], sAMAccountName: ['ann'] },
			...{ userAccountControl: ['512'], tokenGroups: [Buffer.from([1, 5])] },
		};
		const directory = await startDirectory(
			{ [BASE]: { objectClass: ['domain'] }, [dn]: user },
			{ mode: 'ldaps', context: { key, cert } },
		);
		const caFile = join(authority.folder, 'connector-ca.pem');
		writeFileSync(caFile, authority.ca);
		// What the faults of HTTP are in LDAP: busy, other, and the rest as it is.
		const AS_LDAP: Readonly<Record<Fault, LdapFault>> = {
			...{ '429': { code: 51, message: 'busy' }, '500': { code: 80, message: 'other' }, '500-after': 'drop-after' },
			...{ 'timeout-after': 'hang-after', 'dropped-after': 'drop-after' },
			...{ malformed: 'garbage', 'malformed-after': 'garbage-after' },
		};
		return world({
			config: {
				...{ ...COMMON, kind: 'active-directory', timeout_ms: 1_500, base_dn: BASE, bind_dn: BIND_DN, ca_file: caFile },
				...{ base_url: directory.url.replace('127.0.0.1', 'localhost'), auth: { type: 'bind', secret_env: 'X' } },
				...{ netbios_domain: 'PLANT', actions: BOTH_ACCOUNT, protected: { groups: [], accounts: [] } },
			},
			...{ secret: directory.password, task: DISABLE, effects: () => directory.effects.length },
			isSo: () => directory.entries.get(dn.toLowerCase())?.['useraccountcontrol']?.[0] === '514',
			spoil(fault, place, times) {
				let left = times;
				directory.decide = (operation) =>
					(operation === 'modify') === (place === 'change') && left-- > 0 ? AS_LDAP[fault] : null;
			},
			heal: () => {
				directory.decide = null;
			},
			heard: () => directory.operations.length,
			dieAt(count, isAfter, die) {
				let left = count;
				directory.decide = () => {
					if (--left !== 0) return null;
					directory.decide = null;
					setImmediate(die);
					return isAfter ? 'hang-after' : 'hang-before';
				};
			},
			close: () => directory.close(),
		});
	},
};

export const NETWORK: Readonly<Record<string, StartKind>> = {
	'block-list': async (now) => {
		// It calls nobody: the ledger says who fetched the list, and the ledger is what can fail.
		let [broken, heard] = [0, 0];
		const asked = async <T>(value: T): Promise<T> => {
			heard++;
			if (broken-- > 0) throw new Error('the ledger cannot be read');
			return value;
		};
		const polls = () => [{ list: 'bad', address: '10.9.0.1', at: now() - 60_000, etag: 'x', entries: 0 }];
		return world({
			config: {
				...{ name: 'it', kind: 'block-list', lists: [{ name: 'bad', type: 'ip' }], pollers: ['10.9.0.0/28'] },
				never: { addresses: [], domains: [] },
			},
			reader: { events: () => asked([]), polls: () => asked(polls()), incidentOf: () => asked('inc_1') },
			...{ secret: null, task: BLOCK, effects: () => 0, isSo: () => true, urls: [] },
			spoil: (_fault, place, times) => {
				broken = place === 'look' ? times : 0;
			},
			heal: () => {
				broken = 0;
			},
			...{ heard: () => heard, dieAt: () => undefined, close: async () => undefined },
		});
	},
	'palo-alto': async () => {
		const server = await startPaloAlto();
		return world({
			...overHttp(server, ({ body }) => new URLSearchParams(body).get('type') === 'user-id'),
			config: {
				...{ ...COMMON, kind: 'palo-alto', base_url: server.url, auth: { type: 'api_key', secret_env: 'X' } },
				...{ tags: { indicator: 'interlock-bad' }, never: { addresses: [], domains: [] } },
			},
			...{ secret: KEY, task: BLOCK, effects: () => server.effects.length },
			isSo: () => server.tags.get(BAD)?.has('interlock-bad') === true,
		});
	},
	fortinet: async () => {
		const server = await startFortinet();
		return world({
			...overHttp(server, ({ method }) => method === 'POST'),
			config: { ...COMMON, kind: 'fortinet', base_url: server.url, auth: { type: 'token', secret_env: 'X' } },
			...{ secret: TOKEN, task: BLOCK_HOST, effects: () => server.effects.length },
			isSo: () => server.banned.has('10.4.0.11'),
		});
	},
	openc2: async () => {
		const server = await startOpenC2();
		return world({
			...overHttp(server, ({ body }) => !body.includes('"query"')),
			config: {
				...{ ...COMMON, kind: 'openc2', base_url: server.url, auth: { type: 'bearer', secret_env: 'X' } },
				never: { addresses: [], domains: [] },
			},
			reader: { rules: async () => [] },
			...{ secret: FILTER_TOKEN, task: BLOCK, effects: () => server.effects.length },
			isSo: () => [...server.rules.values()].some(({ net }) => net === BAD),
		});
	},
};

export const SESSIONS: Readonly<Record<string, StartKind>> = {
	globalprotect: async (now) => {
		const server = await startGlobalProtect();
		const second = Math.floor(now() / 1000);
		const vendor = {
			...{ gateway: 'Plant-GW', user: 'vmiller', domain: 'ext', computer: 'VM-LAPTOP', virtualIp: '10.9.0.7' },
			...{ publicIp: '198.51.100.7', since: second - 3_600 },
		};
		server.live = [vendor, { ...vendor, user: 'shift-a', computer: 'PANEL', virtualIp: '10.9.0.8' }];
		server.clock = second;
		return world({
			...overHttp(server, ({ body }) => body.includes('client-logout')),
			config: {
				...{ ...COMMON, kind: 'globalprotect', base_url: server.url, auth: { type: 'api_key', secret_env: 'X' } },
				...{ gateway: 'Plant-GW', assets: ['jump-1'], protected: { accounts: ['shift-a'] } },
			},
			...{ secret: GP_KEY, task: END, effects: () => server.ended.length },
			isSo: () => !server.live.some(({ user }) => user === 'vmiller') && server.live.length === 1,
		});
	},
	'fortinet-vpn': async (now) => {
		const server = await startFortinetVpn();
		const login = (user_name: string, index: number) => ({
			...{ index, user_name, remote_host: `198.51.100.${index}`, last_login_time: 'Wed Jun 10 02:00:00 2026' },
			last_login_timestamp: Math.floor(now() / 1000) - 3_600,
			subsessions: [{ index, aip: `10.9.0.${index}` }],
		});
		server.live = [login('vmiller', 7), login('shift-a', 8)];
		return world({
			...overHttp(server, ({ path }) => path.endsWith('/delete')),
			config: {
				...{ ...COMMON, kind: 'fortinet-vpn', base_url: server.url, auth: { type: 'token', secret_env: 'X' } },
				...{ assets: ['jump-1'], protected: { accounts: ['shift-a'] } },
			},
			...{ secret: VPN_TOKEN, task: END, effects: () => server.ended.length },
			isSo: () => !server.live.some(({ user_name }) => user_name === 'vmiller') && server.live.length === 1,
		});
	},
};
