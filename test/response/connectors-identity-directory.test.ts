// Accounts in Active Directory: which ones are touched, what is changed and what is said of it, against a controller that answers as the
// documentation says and that can be spoiled at every point.
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
	accountOf,
	controlAfter,
	isDisabled,
	type RawEntry,
	whyShared,
} from '../../src/response/connectors/active-directory-account.ts';
import {
	type ChangeSettings,
	changeAccount,
	readAccount,
} from '../../src/response/connectors/active-directory-change.ts';
import { isProtectedName, readAccountName } from '../../src/response/connectors/identity-name.ts';
import { type Authority, openAuthority, type Pair } from '../services/certificates.ts';
import { BIND_DN, type Directory, type Entry, type Fault, startDirectory } from './vendors/ldap.ts';

const BASE = 'DC=plant,DC=example';
const guid = (at: number): Buffer => Buffer.alloc(16, at);
const sid = (at: number): Buffer => Buffer.from([1, 5, 0, 0, at]);
const user = (sam: string, at: number, of: Entry = {}): [string, Entry] => [
	`CN=${sam},OU=Staff,${BASE}`,
	{
		objectClass: ['top', 'person', 'organizationalPerson', 'user'],
		objectGUID: [guid(at)],
		sAMAccountName: [sam],
		userPrincipalName: [`${sam}@plant.example`],
		userAccountControl: ['512'],
		tokenGroups: [sid(1)],
		...of,
	},
];
const group = (cn: string, at: number, of: Entry = {}): [string, Entry] => [
	`CN=${cn},OU=Groups,${BASE}`,
	{ objectClass: ['top', 'group'], objectSid: [sid(at)], ...of },
];
const OPERATORS = `CN=Operators,OU=Groups,${BASE}`;
const ENTRIES = Object.fromEntries([
	[BASE, { objectClass: ['top', 'domain'] }],
	user('ann', 10),
	user('twin', 11),
	user('other', 12, { sAMAccountName: ['twin'] }),
	user('shift', 13, { memberOf: [`CN=Shift,OU=Groups,${BASE}`] }),
	user('prim', 14, { tokenGroups: [sid(1), sid(2)] }),
	user('blind', 15, { tokenGroups: [] }),
	user('svc-hist', 16, { servicePrincipalName: ['HTTP/hist1'] }),
	user('panel', 17, { userWorkstations: ['HMI-1,HMI-2'] }),
	user('kiosk', 18, { userAccountControl: ['544'] }),
	user('gmsa$', 19, {
		objectClass: ['user', 'computer', 'msDS-GroupManagedServiceAccount'],
		userAccountControl: ['4096'],
	}),
	user('krbtgt', 20, { isCriticalSystemObject: ['TRUE'], userAccountControl: ['514'] }),
	user('deleg', 21, { userAccountControl: [String(512 | 0x80000)] }),
	user('many', 22, { 'memberOf;range=0-1499': [OPERATORS] }),
	user('plc-admin', 23),
	user('high', 24, { userAccountControl: [String((512 | 0x80000000) >> 0)] }),
	group('Staff', 1),
	group('Operators', 2),
	group('Shift', 3, { memberOf: [OPERATORS] }),
] as [string, Entry][]);

const isSilent = (fault: Fault): boolean => typeof fault === 'string' && /hang|garbage/.test(fault);

describe('a domain controller', () => {
	let authority: Authority;
	let pair: Pair;
	let directory: Directory;
	beforeAll(() => {
		authority = openAuthority();
		pair = authority.issue('dc1');
	});
	afterAll(() => authority.remove());
	beforeEach(async () => {
		directory = await startDirectory(ENTRIES, { mode: 'ldaps', context: { key: pair.key, cert: pair.cert } });
	});
	afterEach(async () => await directory.close());

	const settings = (of: Partial<ChangeSettings> = {}): ChangeSettings => ({
		url: directory.url.replace('127.0.0.1', 'localhost'),
		bindDn: BIND_DN,
		ca: authority.ca,
		allowPrivate: true,
		timeoutMs: 4_000,
		resolve: async () => ['127.0.0.1'],
		scope: { baseDn: BASE, netbios: 'PLANT' },
		protection: { groups: [OPERATORS], accounts: ['PLANT\\plc-admin'] },
		...of,
	});
	const edge = { now: () => Date.now(), sleep: async () => undefined };
	const change = (name: string, disable = true, of: Partial<ChangeSettings> = {}) =>
		changeAccount(settings(of), directory.password, name, disable, edge);
	// Short only where nobody answers.
	const impatient = { timeoutMs: 400 };
	const controlOf = (sam: string): string =>
		String(directory.entries.get(`cn=${sam},ou=staff,${BASE}`.toLowerCase())?.['useraccountcontrol']?.[0]);

	it.each(['ann', 'ANN', 'PLANT\\ann', 'plant\\Ann', 'ann@plant.example', 'Ann@PLANT.example'])(
		'is asked for `%s`, disables the one account by its objectGUID, and shows it',
		async (name) => {
			expect(await change(name)).toMatchObject({
				effect: 'done',
				tries: 1,
				detail: expect.stringContaining('512 -> 514'),
			});
			expect(controlOf('ann')).toBe('514');
			expect(await readAccount(settings(), directory.password, name, true)).toMatchObject({ state: 'done' });
			expect(await change(name, false)).toMatchObject({ effect: 'done' });
			expect(controlOf('ann')).toBe('512');
		},
	);

	it('keeps every other bit as it was', async () => {
		expect(await change('high')).toMatchObject({ effect: 'done' });
		expect(Number(controlOf('high')) >>> 0).toBe((0x80000000 | 514) >>> 0);
	});

	it('changes nothing where the account is so already, and says that it was', async () => {
		await change('ann');
		expect(await change('ann')).toMatchObject({ effect: 'done', detail: expect.stringContaining('before this call') });
		expect(directory.effects).toHaveLength(1);
	});

	it.each([
		['twin', /more than one account/],
		['nobody', /no account in the directory/],
		['OFFICE\\ann', /of the domain `office`/],
		['a*', /no plain account name/],
		['ann)(objectClass=*', /no plain account name/],
		['', /no plain account name/],
		['shift', /protected group/],
		['prim', /protected group/],
		['blind', /tokenGroups/],
		['svc-hist', /services run under it/],
		['panel', /bound to machines.*HMI-1, HMI-2/],
		['kiosk', /needs no password/],
		['gmsa$', /machine.*computer|managedserviceaccount/],
		['deleg', /trusted for delegation/],
		['many', /more groups/],
		['plc-admin', /lists it under `protected`/],
	])('leaves `%s` alone and says why', async (name, why) => {
		expect(await change(name)).toMatchObject({ effect: 'not_done', detail: expect.stringMatching(why) });
		expect(directory.effects).toEqual([]);
	});

	it('does not switch on what it would not switch off', async () => {
		expect(await change('krbtgt', false)).toMatchObject({
			effect: 'not_done',
			detail: expect.stringMatching(/critical/),
		});
		expect(directory.effects).toEqual([]);
	});

	it('does nothing at all where a protected group of the configuration is missing', async () => {
		const protection = { groups: [`CN=Operatros,OU=Groups,${BASE}`], accounts: [] };
		expect((await change('ann', true, { protection })).detail).toMatch(/is not in the directory/);
		expect(directory.effects).toEqual([]);
	});

	it('does not overwrite what somebody else changes in the same moment: it looks again', async () => {
		let left = 1;
		directory.beforeModify = () => {
			if (left-- <= 0) return;
			const [dn, entry] = user('ann', 10, { userAccountControl: ['66048'] });
			const lowered = Object.fromEntries(Object.entries(entry).map(([name, values]) => [name.toLowerCase(), values]));
			directory.entries.set(dn.toLowerCase(), { distinguishedname: [dn], ...lowered });
		};
		expect(await change('ann')).toMatchObject({
			effect: 'done',
			tries: 2,
			detail: expect.stringContaining('66048 -> 66050'),
		});
		expect(directory.effects).toHaveLength(1);
	});

	it('gives up where the account keeps changing', async () => {
		let control = 512;
		directory.beforeModify = () => {
			const entry = directory.entries.get(`cn=ann,ou=staff,${BASE}`.toLowerCase());
			control ^= 0x10000;
			if (entry !== undefined) entry['useraccountcontrol'] = [String(control)];
		};
		expect(await change('ann')).toMatchObject({ effect: 'not_done', tries: 3 });
		expect(directory.effects).toEqual([]);
	});

	it.each<[Fault, string, number]>([
		['hang-before', 'done', 1],
		['hang-after', 'done', 1],
		['drop-before', 'done', 1],
		['drop-after', 'done', 1],
		['garbage', 'done', 1],
		['garbage-after', 'done', 1],
		[{ code: 51, message: 'busy' }, 'done', 1],
		[{ code: 50 }, 'not_done', 0],
		[{ code: 53, message: 'unwilling' }, 'not_done', 0],
		[{ code: 10 }, 'not_done', 0],
	])('on %j at the change says %s, with %d effect', async (fault, effect, effects) => {
		directory.faults.modify.push(fault);
		expect((await change('ann', true, isSilent(fault) ? impatient : {})).effect).toBe(effect);
		expect(directory.effects).toHaveLength(effects);
		expect(controlOf('ann')).toBe(effect === 'done' ? '514' : '512');
	});

	it('stays in doubt where every try breaks off, and the state is asked for', async () => {
		directory.faults.modify.push('hang-before', 'hang-before', 'hang-before');
		expect(await change('ann', true, impatient)).toMatchObject({ effect: 'unknown', tries: 3 });
		expect(await readAccount(settings(), directory.password, 'ann', true)).toMatchObject({ state: 'not_done' });
	});

	it('stays in doubt where the controller goes away after the change, until it can be asked', async () => {
		directory.faults.modify.push('drop-after');
		directory.faults.bind.push('drop-before');
		const pending = change('ann');
		const result = await pending;
		expect(['done', 'unknown']).toContain(result.effect);
		expect(directory.effects).toHaveLength(1);
		expect(await readAccount(settings(), directory.password, 'ann', true)).toMatchObject({ state: 'done' });
	});

	it.each<['bind' | 'search', Fault, string]>([
		['bind', 'hang-before', 'done'],
		['bind', 'drop-before', 'done'],
		['bind', 'garbage', 'done'],
		['search', 'hang-before', 'done'],
		['search', 'drop-before', 'done'],
		['search', 'endless', 'done'],
		['search', { code: 52 }, 'done'],
		['search', { code: 1 }, 'not_done'],
		['search', { code: 10 }, 'not_done'],
	])('on one failed %s (%j) says %s', async (operation, fault, effect) => {
		directory.faults[operation].push(fault);
		expect((await change('ann', true, isSilent(fault) ? impatient : {})).effect).toBe(effect);
	});

	it('does not call a change undone because one of several controllers has not heard of it', async () => {
		const several = settings({ resolve: async () => ['127.0.0.1', '127.0.0.2'] });
		expect(await readAccount(several, directory.password, 'ann', true)).toMatchObject({ state: 'unknown' });
		expect(await readAccount(several, directory.password, 'ann', false)).toMatchObject({ state: 'done' });
	});

	it('follows no referral', async () => {
		const elsewhere = await startDirectory(ENTRIES);
		directory.referrals.push(`ldap://127.0.0.1:${elsewhere.port}/DC=child,${BASE}`);
		expect((await change('ann')).effect).toBe('done');
		expect(elsewhere.operations).toEqual([]);
		await elsewhere.close();
	});

	it.each<[string, Partial<ChangeSettings>, RegExp]>([
		['no authority', { ca: null }, /TLS: /],
		['another name', { url: 'ldaps://dc9.plant.example' }, /ALTNAME/],
		['an address that may not be called', { allowPrivate: false }, /allow_private/],
		['a metadata address', { resolve: async () => ['169.254.169.254'] }, /metadata/],
	])('says nothing over a connection with %s', async (_name, of, why) => {
		const port = new URL(directory.url).port;
		const url = of.url === undefined ? {} : { url: `${of.url}:${port}` };
		expect(await change('ann', true, { ...of, ...url })).toMatchObject({
			effect: 'not_done',
			tries: 1,
			detail: expect.stringMatching(why),
		});
		expect(directory.operations).toEqual([]);
	});

	it('takes a wrong password for an answer: one try, no effect', async () => {
		const result = await changeAccount(settings(), 'not it', 'ann', true, edge);
		expect(result).toMatchObject({
			effect: 'not_done',
			tries: 1,
			detail: expect.stringMatching(/bind name and password/),
		});
		expect(directory.operations).toEqual(['bind']);
	});

	it('says that nothing happened where nobody is there', async () => {
		await directory.close();
		expect(await change('ann')).toMatchObject({
			effect: 'not_done',
			tries: 3,
			detail: expect.stringMatching(/ECONNREFUSED/),
		});
	});

	it('whatever breaks, the change happens once at most and what is said of it is true', async () => {
		const faults: readonly (Fault | null)[] = [null, null, 'drop-before', 'drop-after', { code: 51 }, { code: 80 }];
		await fc.assert(
			fc.asyncProperty(
				fc.array(fc.constantFrom(...faults), { maxLength: 3 }),
				fc.array(fc.constantFrom(...faults.filter((fault) => fault !== 'drop-after')), { maxLength: 3 }),
				async (modify, bind) => {
					directory.faults.modify = modify.flatMap((fault) => fault ?? []);
					directory.faults.bind = bind.flatMap((fault) => fault ?? []);
					directory.effects.length = 0;
					const { effect } = await change('ann');
					const is = controlOf('ann') === '514';
					expect(directory.effects.length).toBe(is ? 1 : 0);
					expect(effect === 'unknown' || (effect === 'done') === is).toBe(true);
					directory.faults.modify = [];
					directory.faults.bind = [];
					await change('ann', false);
				},
			),
			{ numRuns: 30 },
		);
	});

	it('is asked for TLS first where the address says ldap://, and for nothing else before', async () => {
		const plain = await startDirectory(ENTRIES, { mode: 'starttls', context: { key: pair.key, cert: pair.cert } });
		const url = plain.url.replace('127.0.0.1', 'localhost');
		expect((await changeAccount(settings({ url }), plain.password, 'ann', true, edge)).effect).toBe('done');
		expect(plain.operations.slice(0, 2)).toEqual(['starttls', 'bind']);
		expect((await change('ann', false, { url, ca: null })).effect).toBe('not_done');
		expect(plain.operations.at(-1)).toBe('starttls');
		await plain.close();
	});
});

describe('the signs of an account that is not one person', () => {
	const entry = (of: Record<string, string[]>): RawEntry => ({
		dn: 'CN=x',
		attributes: new Map(
			Object.entries({ samaccountname: ['x'], useraccountcontrol: ['512'], ...of }).map(([name, values]) => [
				name,
				values.map((value) => Buffer.from(value)),
			]),
		),
		isCut: false,
	});

	it('each counts by itself, and none of them is outweighed by another', () => {
		const signs: Record<string, string[]>[] = [
			{ serviceprincipalname: ['HOST/a'] },
			{ userworkstations: ['A'] },
			{ objectclass: ['msDS-ManagedServiceAccount'] },
			{ useraccountcontrol: ['544'] },
			{ useraccountcontrol: ['4608'] },
			{ iscriticalsystemobject: ['TRUE'] },
		];
		expect(whyShared(accountOf(entry({}))!, [])).toBeNull();
		fc.assert(
			fc.property(fc.subarray(signs, { minLength: 1 }), (some) => {
				expect(whyShared(accountOf(entry(Object.assign({}, ...some)))!, [])).not.toBeNull();
			}),
		);
	});

	it('one bit is set and cleared, and nothing else changes', () => {
		fc.assert(
			fc.property(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), (control) => {
				const account = accountOf(entry({ useraccountcontrol: [String(control)] }))!;
				for (const disable of [true, false]) {
					const after = controlAfter(account, disable);
					expect(isDisabled({ ...account, control: after })).toBe(disable);
					expect((after ^ control) & ~2).toBe(0);
				}
			}),
		);
	});

	it.each(['', 'x', '512.5', '99999999999', '0x200'])('an entry with userAccountControl %j is no account', (control) =>
		expect(accountOf(entry({ useraccountcontrol: [control] }))).toBeNull(),
	);
});

describe('how an account is written', () => {
	it.each([
		['jdoe', { local: 'jdoe', suffix: null, netbios: null }],
		['PLANT\\J.Doe', { local: 'J.Doe', suffix: null, netbios: 'plant' }],
		['j.doe@Plant.example', { local: 'j.doe', suffix: 'plant.example', netbios: null }],
		['bob_gmail.com#EXT#@plant.example', { local: 'bob_gmail.com#EXT#', suffix: 'plant.example', netbios: null }],
		["o'neil@plant.example", { local: "o'neil", suffix: 'plant.example', netbios: null }],
	])('reads %s', (text, name) => expect(readAccountName(text)).toEqual({ ok: true, value: name }));

	it.each([
		'',
		' ',
		'@plant.example',
		'a b',
		'a"b',
		'a*',
		'a(b',
		'a\\b\\c',
		'PLANT\\a@b.example',
		'a/b',
		'a\nb',
		'x'.repeat(101),
		'*',
		'a\u0000',
	])('refuses %j', (text) => expect(readAccountName(text).ok).toBe(false));

	it('protects a listed name in every spelling', () => {
		for (const listed of ['svc', 'PLANT\\svc', 'svc@plant.example', 'SVC'])
			for (const spelled of ['svc', 'Svc@office.example', 'OFFICE\\SVC'])
				expect(isProtectedName([listed], spelled)).toBe(true);
		expect(isProtectedName(['svc'], 'svc2', 'plant\\sv')).toBe(false);
	});
});
