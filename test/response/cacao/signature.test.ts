import { spawnSync } from 'node:child_process';
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../../src/domain/canonical.ts';
import { type ImportSettings, importCacao } from '../../../src/response/cacao/import.ts';
import { checkSignatures, signedText, signPlaybook } from '../../../src/response/cacao/signature.ts';
import type { JsonObject } from '../../../src/response/cacao/strict-json.ts';
import { build, bytesOf, manual, nth, playbooks } from './support/build.ts';

const NOW = Date.parse('2026-11-22T03:00:00Z');
const CLAIMS = {
	id: `jss--${nth(70)}`,
	signee: 'A maker',
	createdBy: `identity--${nth(71)}`,
	at: '2026-11-01T00:00:00.000Z',
};
const PLAYBOOK = build([manual('Look up the address')]);
const SETTINGS: ImportSettings = {
	id: 'signed',
	lead: 'incident_lead',
	trusted: [],
	needsTrusted: false,
	called: () => null,
	now: NOW,
};

const pemOf = (key: KeyObject) => createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString();
const statesOf = (playbook: JsonObject, trusted: readonly string[] = []) =>
	checkSignatures(playbook, trusted, NOW).map((one) => one.state);

const KEYS: readonly [algorithm: string, key: KeyObject][] = [
	['Ed25519', generateKeyPairSync('ed25519').privateKey],
	['Ed448', generateKeyPairSync('ed448').privateKey],
	['ES256', generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey],
	['ES384', generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey],
	['ES512', generateKeyPairSync('ec', { namedCurve: 'P-521' }).privateKey],
	['RS256', generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey],
];
const ED = KEYS[0]?.[1] as KeyObject; // the list is not empty

/** The signature example of the OASIS technical committee (oasis-tcs/cacao, Examples/CACAO-2.0/signature-example-rsa.md): RS256 with its public key. */
const VECTOR: JsonObject = {
	type: 'playbook',
	spec_version: 'cacao-2.0',
	id: 'playbook--a0777575-5c4c-4710-9f01-15776103837f',
	name: 'Playbook 1',
	created_by: 'identity--5abe695c-7bd5-4c31-8824-2528696cdbf1',
	created: '2022-05-18T11:31:31.319Z',
	modified: '2022-05-18T11:31:31.319Z',
	signatures: [
		{
			type: 'jss',
			id: 'jss--af892292-c4b4-47eb-9be6-4897ff4b9388',
			created_by: 'identity--5abe695c-7bd5-4c31-8824-2528696cdbf1',
			created: '2023-01-10T17:39:31.319Z',
			modified: '2023-01-10T17:39:31.319Z',
			signee: 'ACME Cyber Company',
			valid_from: '2023-01-10T17:39:31.319Z',
			valid_until: '2023-06-10T17:39:31.319Z',
			related_to: 'playbook--a0777575-5c4c-4710-9f01-15776103837f',
			related_version: '2022-05-18T11:31:31.319Z',
			hash_algorithm: 'sha-256',
			algorithm: 'RS256',
			public_key:
				'MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAptKZyFPStvmOlb0WihOBhlHUr6wFDHC+tW7hJAudfTQ5mHZQpB8PoMz07udZA+dG8dhUIPkmXlp1TgREeYTHdhxhuf0y/GhbpZv5JPYHx3watO+HWO2qYkjRMEcrWhPMdaVkS/Xe/liaMcow4jYoWaFm8VobeYsyVD2bWWdyl4joTEETm1Z47RnnfR15kVhVudVrDzEFmM4nXV/6dmIg184RJE4httwBFxR8qZCQCwTiJmsoyJxfUR0Gs4ePKc5sB0NTkmFZc5klQSitd67RJn2ldhbqE7EpDl4XlIt+UyLJm1guCBltia8Agke7dXuhpB7hQ6LJwY4EjzthkJ8IPwIDAQAB',
			value:
				'gXyPW--uUKvGXRh_oDC7IYlx13hGmkiQw6XX3YX_V_i4Y39OPilf0q0qf46aO3IrvG-5_fgeQ3dIunmizYneaVJKjsXo-gkJczvGDehlTjS7MBUIGyD9DRd41DnaxWWwzU-T4sZCur664_3J0C-WRCDgZxiB_ItFpeSnPJ8rR8GRFO6M9YS-ejEGJl-sd_hfZUqjZOE_S_UWp_Fd9QYlP2cWDvGH8vFhx2ek9KovEob5Bh2LX_Gaf7t237B34wKeN4B8aqapyTh3Q8v_Z61bDTNLyi6ZA8zcrUOgCVLVMx_EFizx31WIDZrePsSpX4bfRurcvRyvNNVdWLaS96JYog',
		},
	],
};
const signatureIn = (playbook: JsonObject) => (playbook['signatures'] as readonly JsonObject[])[0] ?? {};

describe('the canonical form (RFC 8785)', () => {
	it('is that of the reference package, for whatever JSON there is', () => {
		fc.assert(
			fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
				const text = JSON.stringify(value, (_, member: unknown) =>
					typeof member === 'number' && Number.isInteger(member) && !Number.isSafeInteger(member)
						? 1.5e300 / 1e300
						: member,
				);
				const safe = JSON.parse(text) as unknown;
				expect(canonicalJson(safe)).toBe(canonicalize(safe));
			}),
			{ numRuns: 150 },
		);
	});

	it('orders names by UTF-16 units and writes numbers as ECMAScript does', () => {
		const value = {
			'\ud83d\ude00': 1,
			'\ufb33': 2,
			'\u20ac': 3,
			'1': 4,
			'\r': 5,
			ö: 6,
			n: [1e-7, 0.000001, 333333333.3333333, -0, 4.5, 2e-3],
		};
		expect(canonicalJson(value)).toBe(canonicalize(value));
		expect(canonicalJson(value)).toContain('[1e-7,0.000001,333333333.3333333,0,4.5,0.002]');
	});

	it('is the same for every playbook', () => {
		fc.assert(
			fc.property(playbooks, (playbook) => {
				expect(canonicalJson(playbook)).toBe(canonicalize(playbook));
			}),
			{ numRuns: 50 },
		);
	});
});

describe('the example of the technical committee', () => {
	it('has the hash that is printed there, and a good signature over its hexadecimal text', () => {
		expect(signedText(VECTOR, signatureIn(VECTOR))).toBe(
			'973bb6492184e4681b1eab9df1f56926fc1a91582e3529bfd0bfb231e1c51b0a',
		);
		expect(checkSignatures(VECTOR, [], Date.parse('2023-03-01T00:00:00Z'))).toMatchObject([{ state: 'good' }]);
		expect(statesOf(VECTOR)).toEqual(['lapsed']);
	});

	it('is trusted with its key on the list, and bad with one letter changed', () => {
		const pem = `-----BEGIN PUBLIC KEY-----\n${String(signatureIn(VECTOR)['public_key'])}\n-----END PUBLIC KEY-----\n`;
		expect(checkSignatures(VECTOR, [pem], Date.parse('2023-03-01T00:00:00Z'))).toMatchObject([{ state: 'trusted' }]);
		expect(checkSignatures({ ...VECTOR, name: 'Playbook 2' }, [pem], Date.parse('2023-03-01T00:00:00Z'))).toMatchObject(
			[{ state: 'bad' }],
		);
	});
});

describe('a signature of ours', () => {
	it.each(KEYS)('%s is good, and trusted with its key', (algorithm, key) => {
		const signed = signPlaybook(PLAYBOOK, key, CLAIMS);
		expect(signatureIn(signed)['algorithm']).toBe(algorithm);
		expect(statesOf(signed)).toEqual(['good']);
		expect(statesOf(signed, [pemOf(key)])).toEqual(['trusted']);
		expect(statesOf(signed, [pemOf(KEYS.find(([name]) => name !== algorithm)?.[1] as KeyObject)])).toEqual(['good']);
	});

	it('stands beside others: each is over the playbook and itself alone', () => {
		const signed = KEYS.reduce(
			(playbook, [, key], at) => signPlaybook(playbook, key, { ...CLAIMS, id: `jss--${nth(80 + at)}` }),
			PLAYBOOK,
		);
		expect(statesOf(signed)).toEqual(KEYS.map(() => 'good'));
		const without = { ...signed, signatures: (signed['signatures'] as readonly JsonObject[]).toReversed().slice(2) };
		expect(statesOf(without)).toEqual(['good', 'good', 'good', 'good']);
	});

	it('breaks with any change of the playbook or of what the signature says', () => {
		const signed = signPlaybook(PLAYBOOK, ED, CLAIMS);
		const one = signatureIn(signed);
		const changes: JsonObject[] = [
			{ ...signed, name: 'x' },
			{ ...signed, priority: 3 },
			{ ...signed, signatures: [{ ...one, signee: 'Another' }] },
			{ ...signed, signatures: [{ ...one, valid_until: '2099-01-01T00:00:00.000Z' }] },
			{ ...signed, signatures: [{ ...one, revoked: false }] },
			{ ...signed, signatures: [{ ...one, algorithm: 'RS256' }] },
			{ ...signed, signatures: [{ ...one, related_version: '2020-01-01T00:00:00.000Z' }] },
			{ ...signed, signatures: [{ ...one, value: String(one['value']).slice(0, -4) }] },
			{ ...signed, signatures: [{ ...one, value: '!!' }] },
			{ ...signed, signatures: [{ ...one, public_key: 'AAAA' }] },
			{ ...signed, signatures: [{ ...one, thumbprint: 'x' }] },
		];
		for (const changed of changes) expect(statesOf(changed), JSON.stringify(changed['signatures'])).toEqual(['bad']);
	});

	it('is not good with a key too short or of another curve, and cannot be made with one', () => {
		const short = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;
		expect(() => signPlaybook(PLAYBOOK, short, CLAIMS)).toThrow(/2048/);
		const x25519 = generateKeyPairSync('x25519').privateKey;
		expect(() => signPlaybook(PLAYBOOK, x25519, CLAIMS)).toThrow(/none that can sign/);
	});

	it('is told as unchecked where its algorithm, hash or key is out of reach, and nothing is fetched', () => {
		const one = signatureIn(signPlaybook(PLAYBOOK, ED, CLAIMS));
		const { public_key: _key, ...bare } = one;
		for (const changed of [
			{ ...one, algorithm: 'XMSS-SHA2_10_256' },
			{ ...one, algorithm: 'HS256' },
			{ ...one, algorithm: 'constructor' },
			{ ...one, hash_algorithm: 'md5' },
			{ ...bare, cert_url: 'https://example.com/cert.pem' },
			{ ...bare, thumbprint: 'nobody-has-it' },
		])
			expect(statesOf({ ...PLAYBOOK, signatures: [changed] })).toEqual(['unchecked']);
	});
});

describe('on import', () => {
	const take = (playbook: JsonObject, more: Partial<ImportSettings> = {}) =>
		importCacao(bytesOf(playbook), { ...SETTINGS, ...more });

	it('a bad signature refuses always, also beside a good one', () => {
		const signed = signPlaybook(PLAYBOOK, ED, CLAIMS);
		const twice = signPlaybook({ ...signed, name: 'changed' }, KEYS[2]?.[1] as KeyObject, {
			...CLAIMS,
			id: `jss--${nth(90)}`,
		});
		const { imported, findings } = take(twice);
		expect(imported).toBeNull();
		expect(findings).toContainEqual(expect.objectContaining({ level: 'error', path: '$.signatures[0]' }));
	});

	it('a good one is told; none is told; a list of keys can be asked for', () => {
		const signed = signPlaybook(PLAYBOOK, ED, CLAIMS);
		expect(take(signed).imported).not.toBeNull();
		expect(take(PLAYBOOK).findings).toContainEqual(
			expect.objectContaining({ level: 'warning', message: expect.stringMatching(/nobody vouches/) }),
		);
		expect(take(signed, { needsTrusted: true }).imported).toBeNull();
		expect(take(signed, { needsTrusted: true, trusted: [pemOf(ED)] }).imported).not.toBeNull();
	});

	it('keeps its signatures in the original, and they are good there', () => {
		const signed = signPlaybook(PLAYBOOK, ED, CLAIMS);
		expect(statesOf(take(signed).imported?.original ?? {})).toEqual(['good']);
	});

	it('of a signed playbook with a secret in clear text is refused: one or the other would have to go', () => {
		const secret = { ...PLAYBOOK, playbook_variables: { __password__: { type: 'string', value: 'hunter2-in-clear' } } };
		const result = take(signPlaybook(secret, ED, CLAIMS));
		expect(result.imported).toBeNull();
		expect(JSON.stringify(result)).not.toContain('hunter2');
	});
});

const PYTHON = `
import sys, json, hashlib, base64
from cryptography.hazmat.primitives.serialization import load_der_public_key
playbook = json.load(sys.stdin)
[signature] = playbook["signatures"]
value = base64.urlsafe_b64decode(signature.pop("value") + "==")
text = json.dumps(playbook, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
key = load_der_public_key(base64.b64decode(signature["public_key"]))
key.verify(value, hashlib.sha256(text).hexdigest().encode())
print("good")
`;
const hasPython = spawnSync('python3', ['-c', 'import cryptography']).status === 0;
describe.skipIf(!hasPython)('an independent reader (Python: json, hashlib, cryptography)', () => {
	const read = (playbook: JsonObject) =>
		spawnSync('python3', ['-c', PYTHON], { input: JSON.stringify(playbook), encoding: 'utf8' });

	it('finds our signature good, and a changed playbook not', () => {
		const signed = signPlaybook(PLAYBOOK, ED, CLAIMS);
		expect(read(signed).stdout).toBe('good\n');
		expect(read({ ...signed, name: 'changed' }).status).not.toBe(0);
	}, 20_000);
});
