// The Active Directory connector against OpenLDAP: a server that was written by others speaks the protocol, checks the certificate's
// other end, keeps the access rules and does the modify as a whole. Skipped where slapd is not installed; required in CI.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
	type ChangeSettings,
	changeAccount,
	readAccount,
} from '../../src/response/connectors/active-directory-change.ts';
import { type Authority, openAuthority } from './certificates.ts';
import { BASE_DN, BIND_DN, BIND_PASSWORD, HAS_SLAPD, type Slapd, startSlapd } from './slapd.ts';

const person = (dn: string, sam: string, control: number, more: readonly string[] = []): string =>
	[
		`dn: ${dn}`,
		'objectClass: person',
		'objectClass: user',
		`cn: ${sam}`,
		`sn: ${sam}`,
		`sAMAccountName: ${sam}`,
		`userAccountControl: ${control}`,
		...more,
	].join('\n');
const group = (cn: string, members: readonly string[]): string =>
	[
		`dn: cn=${cn},ou=groups,${BASE_DN}`,
		'objectClass: groupOfNames',
		`cn: ${cn}`,
		...members.map((dn) => `member: ${dn}`),
	].join('\n');

const STAFF = `ou=staff,${BASE_DN}`;
const LDIF = [
	`dn: ${BASE_DN}\nobjectClass: dcObject\nobjectClass: organization\no: plant\ndc: plant`,
	...['staff', 'control', 'groups'].map((ou) => `dn: ou=${ou},${BASE_DN}\nobjectClass: organizationalUnit\nou: ${ou}`),
	[`dn: ${BIND_DN}`, 'objectClass: person', 'cn: interlock', 'sn: interlock', `userPassword: ${BIND_PASSWORD}`].join(
		'\n',
	),
	person(`cn=Ann (Purchasing) \\, Dr.,${STAFF}`, 'ann', 512, [
		'userPrincipalName: ann@plant.example',
		'objectGUID:: AAECAwQFBgcICQoLDA0ODw==',
	]),
	person(`cn=twin1,${STAFF}`, 'twin', 512),
	person(`cn=twin2,${STAFF}`, 'Twin', 512),
	person(`cn=op,${STAFF}`, 'op', 512),
	person(`cn=svc,${STAFF}`, 'svc', 512, ['servicePrincipalName: HTTP/hist1.plant.example']),
	person(`cn=admin,ou=control,${BASE_DN}`, 'admin', 512),
	group('shift', [`cn=op,${STAFF}`]),
	group('operators', [`cn=shift,ou=groups,${BASE_DN}`]),
].join('\n\n');

describe.skipIf(!HAS_SLAPD)('Active Directory accounts at an OpenLDAP server', () => {
	let authority: Authority;
	let slapd: Slapd;
	beforeAll(async () => {
		authority = openAuthority();
		slapd = await startSlapd(authority, LDIF);
	});
	afterAll(async () => {
		await slapd.stop();
		authority.remove();
	});

	const settings = (of: Partial<ChangeSettings> = {}): ChangeSettings => ({
		url: slapd.ldapsUrl,
		bindDn: BIND_DN,
		ca: authority.ca,
		allowPrivate: true,
		timeoutMs: 2_000,
		resolve: async () => ['127.0.0.1'],
		scope: { baseDn: BASE_DN, netbios: 'PLANT' },
		protection: { groups: [`cn=operators,ou=groups,${BASE_DN}`], accounts: [] },
		...of,
	});
	const edge = { now: () => Date.now(), sleep: async () => undefined };
	const change = (name: string, disable: boolean, of: Partial<ChangeSettings> = {}, password = BIND_PASSWORD) =>
		changeAccount(settings(of), password, name, disable, edge);

	it.each([
		['LDAPS', () => slapd.ldapsUrl],
		['StartTLS', () => slapd.ldapUrl],
	])('disables an account over %s, sees it, and enables it again', async (_name, url) => {
		expect(await change('PLANT\\ann', true, { url: url() })).toMatchObject({ effect: 'done', tries: 1 });
		expect(await readAccount(settings({ url: url() }), BIND_PASSWORD, 'ann@plant.example', true)).toMatchObject({
			state: 'done',
		});
		expect((await change('ann', true, { url: url() })).detail).toMatch(/was before this call/);
		expect(await change('ann', false, { url: url() })).toMatchObject({ effect: 'done' });
		expect(await readAccount(settings({ url: url() }), BIND_PASSWORD, 'ann', true)).toMatchObject({
			state: 'not_done',
		});
	});

	it.each([
		['nobody', /no account/],
		['twin', /more than one/],
		['op', /protected group `cn=operators/],
		['svc', /servicePrincipalName: HTTP/],
		['admin', /does not let this login change/],
		['ann*', /no plain account name/],
		['ann)(objectClass=*', /no plain account name/],
	])('leaves `%s` alone and says why', async (name, why) => {
		expect(await change(name, true)).toMatchObject({ effect: 'not_done', detail: expect.stringMatching(why) });
	});

	it('does nothing where a protected group is not in the directory', async () => {
		const protection = { groups: [`cn=operatros,ou=groups,${BASE_DN}`], accounts: [] };
		expect((await change('ann', true, { protection })).detail).toMatch(/operatros.* is not in the directory/);
	});

	it('trusts no certificate that its authority did not sign, and none for another name', async () => {
		expect(await change('ann', true, { ca: null })).toMatchObject({
			effect: 'not_done',
			detail: expect.stringMatching(/TLS/),
		});
		const url = slapd.ldapsUrl.replace('localhost', 'dc9.plant.example');
		expect(await change('ann', true, { url })).toMatchObject({
			effect: 'not_done',
			detail: expect.stringMatching(/ALTNAME/),
		});
		const plain = slapd.ldapUrl.replace('localhost', 'dc9.plant.example');
		expect(await change('ann', true, { url: plain })).toMatchObject({
			effect: 'not_done',
			detail: expect.stringMatching(/ALTNAME/),
		});
	});

	it('says that the password is wrong, and never the password', async () => {
		const result = await change('ann', true, {}, 'wr0ng');
		expect(result).toMatchObject({ effect: 'not_done', detail: expect.stringMatching(/bind name and password/) });
		expect(JSON.stringify(result)).not.toContain('wr0ng');
	});
});
