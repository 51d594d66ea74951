// `interlock connector`: what is set up, and a try of each identity connector without any effect.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { check } from '../../src/cli/check.ts';
import { connector } from '../../src/cli/connector.ts';
import { type Authority, openAuthority } from '../services/certificates.ts';
import { startEntra } from './vendors/entra-id.ts';
import { BIND_DN, startDirectory } from './vendors/ldap.ts';
import { startOkta } from './vendors/okta.ts';

const BASE = 'DC=plant,DC=example';
let folder: string;
let authority: Authority;
let out: string[] = [];
let err: string[] = [];
const open: { close(): Promise<void> }[] = [];
beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), 'interlock-connector-'));
	authority = openAuthority();
});
afterAll(() => {
	rmSync(folder, { recursive: true, force: true });
	authority.remove();
});
afterEach(async () => {
	for (const one of open.splice(0)) await one.close();
});

const run = async (args: string[], secret = 'a-secret-of-a-test-0123456789'): Promise<number> => {
	[out, err] = [[], []];
	const io = {
		out: (text: string) => void out.push(text),
		err: (text: string) => void err.push(text),
		stdin: async () => new Uint8Array(),
		env: { INTERLOCK_CONFIG: folder, SECRET: secret },
	};
	return await connector(args, io, Date.now());
};
const configure = (lines: readonly string[]): void =>
	writeFileSync(
		join(folder, 'interlock.yaml'),
		['connectors:', ...lines.map((line, at) => `${at === 0 ? '  - ' : '    '}${line}`), ''].join('\n'),
	);

async function okta(groups = '[00gOP]'): Promise<{ secret: string; vendor: Awaited<ReturnType<typeof startOkta>> }> {
	const vendor = await startOkta(
		[{ login: 'ann@plant.example' }, { login: 'op@plant.example', groups: ['00gOP'] }],
		['00gOP'],
	);
	open.push(vendor);
	configure([
		'name: okta',
		'kind: okta',
		`base_url: ${vendor.url}`,
		'allow_private: true',
		'auth: { type: api_token, secret_env: SECRET }',
		'login_suffix: plant.example',
		'actions: [disable_account, enable_account, revoke_tokens]',
		`protected: { groups: ${groups}, accounts: [] }`,
	]);
	return { secret: [...vendor.apiTokens].join(), vendor };
}

/** `interlock check` on a folder with these connectors. */
async function findings(yaml: string): Promise<{ code: number; said: string }> {
	writeFileSync(join(folder, 'interlock.yaml'), yaml);
	const said: string[] = [];
	const take = (text: string) => void said.push(text);
	const env = { INTERLOCK_CONFIG: folder, SECRET: 'a-secret-of-a-test-0123456789' };
	const code = await check([], { out: take, err: take, stdin: async () => new Uint8Array(), env }, Date.now());
	return { code, said: said.join('\n') };
}

const OKTA = `
  - name: okta
    kind: okta
    base_url: https://plant.okta.com
    auth: { type: api_token, secret_env: SECRET }
    actions: [disable_account]
    protected: { groups: [], accounts: [] }
`;

describe('what is wrong in the configuration of an identity connector', () => {
	it('is nothing where all is right', async () => {
		expect(await findings(`connectors:${OKTA}`)).toMatchObject({ code: 0 });
	});

	it.each([
		['kind: okta', 'kind: octa', /octa/],
		['https://plant.okta.com', 'http://plant.okta.com', /https is needed/],
		['protected: { groups: [], accounts: [] }', '', /`protected` is missing/],
		['groups: []', 'groups: ["OT Operators"]', /groups/],
		['[disable_account]', '[disable_account, isolate_host]', /`isolate_host` is not known here/],
		['[disable_account]', '[disable_account, disable_account]', /an action stands twice/],
		['secret_env: SECRET', 'secret_env: NO_SUCH', /NO_SUCH/],
		['api_token,', 'bearer,', /auth/],
	])('%s -> %s is said with its place', async (from, to, why) => {
		const { code, said } = await findings(`connectors:${OKTA.replace(from, to)}`);
		expect(code).toBe(1);
		expect(said).toMatch(why);
		expect(said).toMatch(/interlock\.yaml:\d+:\d+: /);
	});

	it('is an action that two connectors do', async () => {
		const { code, said } = await findings(`connectors:${OKTA}${OKTA.replace('name: okta', 'name: okta-two')}`);
		expect(code).toBe(1);
		expect(said).toMatch(/connector `okta-two`: `disable_account` is done by connector `okta` already/);
	});
});

describe('interlock connector', () => {
	it('lists what is set up, with what each does', async () => {
		await okta();
		expect(await run(['list'])).toBe(0);
		expect(out.join()).toBe('okta  okta  disable_account enable_account revoke_tokens');
		expect(await run(['list', '--json'])).toBe(0);
		expect(JSON.parse(out.join())).toMatchObject({ connectors: [{ name: 'okta', kind: 'okta' }] });
	});

	it.each([[[]], [['test']], [['test', 'okta', 'more']], [['test', 'okta', '--no-such']], [['what']]])(
		'explains itself on %j',
		async (args) => {
			await okta();
			expect(await run(args)).toBe(2);
			expect(err.join()).toContain('usage: interlock connector');
		},
	);

	it('knows no connector of another name, and says which is meant', async () => {
		await okta();
		expect(await run(['test', 'okto'])).toBe(2);
		expect(err.join()).toMatch(/there is no connector `okto`[\s\S]*okta/);
	});

	it('tries Okta: reach, token, groups, log, and what would become of an account', async () => {
		const { secret, vendor } = await okta();
		expect(await run(['test', 'okta', '--account', 'PLANT\\ann'], secret)).toBe(1);
		expect(out.join()).toMatch(/netbios_domain/);
		expect(await run(['test', 'okta', '--account', 'ann'], secret)).toBe(0);
		const said = out.join();
		expect(said).toMatch(/^ok {2}login, and reading users: answered$/m);
		expect(said).toMatch(/^ok {2}protected group 00gOP: answered$/m);
		expect(said).toMatch(/^ok {2}disable_account on ann: `ann@plant.example` \(status ACTIVE\) would be suspended/m);
		expect(said).toMatch(/^\? {3}writing/m);
		expect(await run(['test', 'okta', '--account', 'op'], secret)).toBe(1);
		expect(out.join()).toMatch(/would be left alone: it is in the protected group/);
		expect(vendor.effects).toEqual([]);
		expect(vendor.requests.every((request) => request.method === 'GET')).toBe(true);
	});

	it('says what is wrong, and never the secret', async () => {
		const { secret } = await okta('[00gNONE]');
		expect(await run(['test', 'okta'], secret)).toBe(1);
		expect(out.join()).toMatch(/^NO {2}protected group 00gNONE: the answer is another one$/m);
		expect(await run(['test', 'okta'], 'wr0ng-token')).toBe(1);
		expect(out.join()).toMatch(/^NO {2}login, and reading users: .*401.*E0000011/m);
		expect(out.join()).not.toContain('wr0ng-token');
	});

	it('tries Entra ID: the permissions that the token carries, too few and too many', async () => {
		const vendor = await startEntra([{ userPrincipalName: 'ann@plant.example' }]);
		open.push(vendor);
		configure([
			'name: entra',
			'kind: entra-id',
			`base_url: ${vendor.url}`,
			`login_url: ${vendor.url}`,
			`tenant_id: ${vendor.tenant}`,
			`client_id: ${vendor.clientId}`,
			'allow_private: true',
			'auth: { type: client_secret, secret_env: SECRET }',
			'actions: [disable_account, revoke_tokens]',
			'protected: { groups: [], accounts: [] }',
		]);
		expect(await run(['test', 'entra', '--account', 'ann'], vendor.clientSecret)).toBe(0);
		expect(out.join()).toMatch(
			/^ok {2}permissions of the app: User.Read.All, User.EnableDisableAccount.All, User.RevokeSessions.All$/m,
		);
		expect(out.join()).toMatch(/would be blocked from signing in/);
		vendor.roles.delete('User.RevokeSessions.All');
		expect(await run(['test', 'entra'], vendor.clientSecret)).toBe(1);
		expect(out.join()).toMatch(/missing: User.RevokeSessions.All/);
		vendor.roles.add('Directory.ReadWrite.All');
		expect(await run(['test', 'entra'], vendor.clientSecret)).toBe(1);
		expect(out.join()).toMatch(/more than is needed: Directory.ReadWrite.All/);
		expect(vendor.effects).toEqual([]);
	});

	it('tries Active Directory: certificate, login, base, and whether it may write the account', async () => {
		const { key, cert } = authority.issue('dc1');
		const boss = `CN=Boss,OU=Staff,${BASE}`;
		const user = (sam: string) => ({
			objectClass: ['person', 'user'],
			sAMAccountName: [sam],
			userAccountControl: ['512'],
			tokenGroups: [Buffer.from([1, 5])],
		});
		const directory = await startDirectory(
			{ [BASE]: { objectClass: ['domain'] }, [`CN=Ann,OU=Staff,${BASE}`]: user('ann'), [boss]: user('boss') },
			{ mode: 'ldaps', context: { key, cert } },
		);
		open.push(directory);
		directory.locked.add(boss);
		const ca = join(folder, 'ca.pem');
		writeFileSync(ca, authority.ca);
		const lines = (base: string, caFile: string) => [
			'name: ad',
			'kind: active-directory',
			`base_url: ${directory.url.replace('127.0.0.1', 'localhost')}`,
			`base_dn: ${base}`,
			`bind_dn: ${BIND_DN}`,
			`ca_file: ${caFile}`,
			'allow_private: true',
			'auth: { type: bind, secret_env: SECRET }',
			'actions: [disable_account, enable_account]',
			'protected: { groups: [], accounts: [] }',
		];
		configure(lines(BASE, ca));
		expect(await run(['test', 'ad', '--account', 'ann'], directory.password)).toBe(0);
		expect(out.join()).toMatch(/^ok {2}reach, TLS and login: Active Directory$/m);
		expect(out.join()).toMatch(
			/^ok {2}disable_account on ann: `ann` \(userAccountControl 512\) would be disabled: 512 -> 514$/m,
		);
		expect(await run(['test', 'ad', '--account', 'boss'], directory.password)).toBe(1);
		expect(out.join()).toMatch(/this login may not write userAccountControl/);
		expect(await run(['test', 'ad'], 'wr0ng-password')).toBe(1);
		expect(out.join()).toMatch(/does not take the bind name and password/);
		expect(directory.effects).toEqual([]);
		configure(lines(`DC=other,${BASE}`, ca));
		expect(await run(['test', 'ad'], directory.password)).toBe(1);
		expect(out.join()).toMatch(/base DC=other.*is not in the directory/);
		configure(lines(BASE, join(folder, 'none.pem')));
		await expect(run(['test', 'ad'], directory.password)).rejects.toThrow(/none.pem/);
	});
});
