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

	it('hides internal addresses and leaves public ones', () => {
		const masked = everything().mask('10.1.2.3 to 8.8.8.8 via fd00::1 00:1b:1b:aa:bb:cc');
		expect(masked).toContain('8.8.8.8');
		for (const hidden of ['10.1.2.3', 'fd00::1', '00:1b:1b:aa:bb:cc']) expect(masked).not.toContain(hidden);
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
		for (const unit of ['user ', 'a@', '-----BEGIN A PRIVATE KEY-----', 'password', 'eyJaaaaaaaa.', 'x://a:']) {
			everything().mask(unit.repeat(20_000 / unit.length));
		}
		expect(performance.now() - began).toBeLessThan(3_000);
	});
});
