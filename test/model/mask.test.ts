import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMasker, MASK_ALL, SECRET } from '../../src/model/mask.ts';

const everything = () => createMasker(MASK_ALL, { people: ['ann.smith', 'Ann Smith'], secrets: ['hunter22'] });

describe('masking', () => {
	it.each([
		['net use \\\\srv password: Sommer2026!', 'Sommer2026!'],
		['Authorization: Bearer abcdef0123456789', 'abcdef0123456789'],
		['curl --api-key=AbC123xyz https://x', 'AbC123xyz'],
		['{"client_secret": "s3cr3t-value"}', 's3cr3t-value'],
		['key AKIAIOSFODNN7EXAMPLE used', 'AKIAIOSFODNN7EXAMPLE'],
		['jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-def_123', 'eyJzdWIiOiIxIn0'],
		['postgres://bot:Tr0ub4dor@db/x', 'Tr0ub4dor'],
		['-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----', 'MIIEow'],
		['known hunter22 value', 'hunter22'],
		['redis://:Tr0ub4dor@cache:6379', 'Tr0ub4dor'],
		['postgres://bot:p@ss/w0rd@db/x', 'w0rd'],
		['{"password": "two words"}', 'words'],
		['{"password":"quo\\"ted"}', 'ted'],
		['password "Summer 2026 x"', '2026'],
		['password=abc,def;ghi', 'ghi'],
		['Passwort: Sommer2026', 'Sommer2026'],
		['mot de passe : Ete2026x', 'Ete2026x'],
		['contraseña: Verano2026', 'Verano2026'],
		['パスワード：natsu2026', 'natsu2026'],
		['pass\u200bword=Sommer2026', 'Sommer2026'],
		['curl -u bot:Tr0ub4dor https://x', 'Tr0ub4dor'],
		['sshpass -p Tr0ub4dor ssh x', 'Tr0ub4dor'],
		['net user bob Tr0ub4dor /add', 'Tr0ub4dor'],
		['Authorization: Token abcdefghijk', 'abcdefghijk'],
		['Cookie: session=abcdef12345; x=y', 'abcdef12345'],
		['AccountKey=abc123def456==;EndpointSuffix=x', 'abc123def456'],
		['GET /blob?sv=1&sig=abcdef%2Fghi&se=2', 'abcdef'],
		['https://hooks.slack.com/services/T00/B00/XXXXYYYY', 'XXXXYYYY'],
		['npm_abcdefghijklmnopqrstuvwxyz0123456789', 'ghijkl'],
		['-----BEGIN PGP PRIVATE KEY BLOCK-----\nlQOY\n-----END PGP PRIVATE KEY BLOCK-----', 'lQOY'],
	])('takes the secret out of %s', (text, secret) => {
		const masked = everything().mask(text);
		expect(masked).not.toContain(secret);
		expect(masked).toContain(SECRET);
	});

	it.each([
		['mail from ann.smith@plant.example today', 'ann.smith@plant.example'],
		['user=bjones logged in', 'bjones'],
		['PLANT\\cdoe opened C:\\Users\\cdoe\\x.exe', 'cdoe'],
		['login of Ann Smith at the panel', 'Ann Smith'],
		['/home/deborah/.ssh', 'deborah'],
		['call Frau Lange about it', 'Lange'],
		['Mr. Ray Okafor phoned', 'Okafor'],
		['display name: ruth.adeyemi', 'ruth.adeyemi'],
		['Contoso\\bjones logged on', 'bjones'],
		['corp.local\\bjones logged on', 'bjones'],
		['"CORP\\\\bjones"', 'bjones'],
		['bjones@PLANT asked for a ticket', 'bjones'],
		['user="Bob Jones" x', 'Jones'],
		['TargetUserName=bjones', 'bjones'],
		['src_user: bjones', 'bjones'],
		['uid=bjones,ou=people', 'bjones'],
		['CN=Bob Jones,OU=Staff', 'Jones'],
		['Failed password for invalid user bjones from 1.2.3.4', 'bjones'],
		['session opened for user bjones by (uid=0)', 'bjones'],
		['User bjones logged in', 'bjones'],
		['sudo: bjones : TTY=pts/0', 'bjones'],
		['c:\\users\\bob jones\\x', 'jones'],
		['Benutzer: bjones', 'bjones'],
		['utilisateur=bjones', 'bjones'],
		['ユーザー：tanaka', 'tanaka'],
		['田中さんがログイン', '田中'],
		['Herr Dr. Jürgen Groß', 'Groß'],
		['M. Jean Dupont', 'Dupont'],
		['call +49 170 1234567 now', '1234567'],
		['Tel. 0170-1234567', '1234567'],
	])('hides the person in %s', (text, person) => {
		expect(everything().mask(text)).not.toContain(person);
	});

	it('hides people whatever characters their names are made of', () => {
		const anyName = fc.string({ unit: fc.constantFrom(...'aB9-^$.|?*+()[]{}/\\_# @&é'), minLength: 1, maxLength: 12 });
		fc.assert(
			fc.property(anyName, (tail) => {
				const name = `svc${tail}x`;
				const masked = createMasker(MASK_ALL, { people: [name] }).mask(`login of ${name} at the panel`);
				expect(masked).not.toContain(name);
			}),
			{ examples: [['-file'], ['(']] },
		);
	});

	it('hides a known name however many others are known', () => {
		const others = Array.from({ length: 1_000 }, (_, i) => `somebody-with-a-long-name-${i}`);
		const masker = createMasker(MASK_ALL, { people: [...others, 'Ann Smith'], hosts: [...others, 'ews-4'] });
		expect(masker.mask('Ann Smith at ews-4')).toBe('[person-1] at [host-1]');
	});

	it('leaves paths, programs and addresses of pages readable', () => {
		for (const text of [
			'C:\\Windows\\System32\\cmd.exe ran',
			'write to System32\\drivers and tools\\run.exe',
			'GET https://portal.example:8443/a/b?c=1',
			'firmware 4.10.2 on port 502 at 10:20:30, 1,234,567 packets in 120 s',
			'password for the account was changed',
		])
			expect(everything().mask(text)).toBe(text);
	});

	it('hides internal addresses and leaves public ones', () => {
		const masked = everything().mask('10.1.2.3 to 8.8.8.8 via fd00::1 00:1b:1b:aa:bb:cc 001b.1baa.bbcd');
		expect(masked).toContain('8.8.8.8');
		for (const hidden of ['10.1.2.3', 'fd00::1', '00:1b:1b:aa:bb:cc', '001b.1baa.bbcd'])
			expect(masked).not.toContain(hidden);
	});

	it('hides public addresses, too, where the policy says so', () => {
		const all = createMasker({ people: false, addresses: 'all', hosts: false });
		const masked = all.mask('10.1.2.3 to 8.8.8.8 and 2001:db8::17 or 2001:db8:0:0:0:0:0:9 at 10:20:30');
		for (const hidden of ['10.1.2.3', '8.8.8.8', '2001:db8']) expect(masked).not.toContain(hidden);
		expect(masked).toContain('10:20:30');
	});

	it('hides machines by the names that are known, whole words only', () => {
		const masker = createMasker(MASK_ALL, { hosts: ['plc-7', 'plc-70', 'ews', 'host', 'a'] });
		const masked = masker.mask('PLC-7 beside plc-70 and ews, not newsroom');
		expect(masked).toBe('[host-2] beside [host-1] and [host-3], not newsroom');
		expect(masker.unmask(masked)).toBe('PLC-7 beside plc-70 and ews, not newsroom');
	});

	it('leaves people and addresses where the policy says so, never secrets', () => {
		const open = createMasker({ people: false, addresses: 'none', hosts: false });
		expect(open.mask('user=ann 10.0.0.1 password=abcdef')).toBe(`user=ann 10.0.0.1 password=${SECRET}`);
	});

	it('leaves system accounts readable', () => {
		expect(everything().mask('user=root did it')).toBe('user=root did it');
	});

	it('turns stand-ins back, the same for the same value, and only its own', () => {
		const masker = everything();
		const masked = masker.mask('10.1.2.3 spoke to 10.1.2.4, 10.1.2.3 answered');
		expect(masked).toBe('[address-1] spoke to [address-2], [address-1] answered');
		expect(masker.unmask(masked)).toBe('10.1.2.3 spoke to 10.1.2.4, 10.1.2.3 answered');
		expect(masker.unmask('[address-9]')).toBe('[address-9]');
	});

	it('does not let a text bring its own stand-ins', () => {
		const masker = everything();
		masker.mask('10.1.2.3');
		expect(masker.unmask(masker.mask('see [address-1]'))).not.toContain('10.1.2.3');
	});

	it('never shows a private address or a password, whatever stands around it', () => {
		fc.assert(
			fc.property(fc.string({ maxLength: 40 }), fc.nat(255), fc.nat(255), (around, a, b) => {
				const address = `10.77.${a}.${b}`;
				expect(everything().mask(`${around} ${address} password=Zx9qWv7t ${around}`)).not.toMatch(/10\.77\.|Zx9qWv7t/);
			}),
		);
	});

	it('stays quick on text made to slow it down', () => {
		const began = performance.now();
		for (const unit of [
			'user ',
			'a@',
			'-----BEGIN A PRIVATE KEY-----',
			'password',
			'eyJaaaaaaaa.',
			'x://a:',
			'mysql ',
			'user_',
			'a\\',
			'M. ',
			'+1 2',
			'net user a ',
			'cookie:',
		]) {
			everything().mask(unit.repeat(20_000 / unit.length));
		}
		expect(performance.now() - began).toBeLessThan(3_000);
	});
});
