import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { authenticate, type Credential, provenEarly, SIGNATURE_WINDOW_MS } from '../../src/intake/authenticate.ts';

const NOW = Date.UTC(2026, 0, 5, 3);
const BODY = Buffer.from('{"alerts":[]}');
const sign = (secret: string, text: Buffer, encoding: 'hex' | 'base64' = 'hex') =>
	createHmac('sha256', secret).update(text).digest(encoding);
const timed = (secret: string, seconds: number, body = BODY) =>
	`t=${seconds},v1=${sign(secret, Buffer.concat([Buffer.from(`${seconds}.`), body]))}`;
const seconds = NOW / 1000;

const BEARER: Credential = { type: 'bearer', secrets: ['old-one', 'new-one'] };
const HMAC: Credential = { type: 'hmac', secrets: ['key'] };
const GITHUB_FORM: Credential = { type: 'hmac', secrets: ['key'], header: 'X-Hub-Signature-256', form: 'sha256=<hex>' };
const BASE64_FORM: Credential = { type: 'hmac', secrets: ['key'], header: 'x-sig', form: '<base64>' };
const BASIC: Credential = { type: 'basic', user: 'appliance', secrets: ['pass:word'] };
const DEFAULT: Credential = { type: 'default', secrets: ['token'] };
const basic = (user: string, password: string) => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

describe('a credential', () => {
	it.each<[string, Credential, Record<string, string>, number | 'ok']>([
		['bearer, either of two', BEARER, { authorization: 'Bearer new-one' }, 'ok'],
		['bearer, the older', BEARER, { authorization: 'bearer old-one' }, 'ok'],
		['bearer, wrong', BEARER, { authorization: 'Bearer new-on' }, 403],
		['bearer, missing', BEARER, {}, 401],
		['bearer, another scheme', BEARER, { authorization: basic('a', 'b') }, 401],
		['bearer in a header of its own', { ...BEARER, header: 'X-Api-Key' }, { 'x-api-key': 'new-one' }, 'ok'],
		['hmac', HMAC, { 'x-interlock-signature': timed('key', seconds) }, 'ok'],
		[
			'hmac, at the edge of the window',
			HMAC,
			{ 'x-interlock-signature': timed('key', seconds - SIGNATURE_WINDOW_MS / 1000) },
			'ok',
		],
		['hmac, too old', HMAC, { 'x-interlock-signature': timed('key', seconds - SIGNATURE_WINDOW_MS / 1000 - 1) }, 403],
		[
			'hmac, from the future',
			HMAC,
			{ 'x-interlock-signature': timed('key', seconds + SIGNATURE_WINDOW_MS / 1000 + 1) },
			403,
		],
		['hmac, another key', HMAC, { 'x-interlock-signature': timed('kex', seconds) }, 403],
		[
			'hmac, time changed after signing',
			HMAC,
			{ 'x-interlock-signature': timed('key', seconds).replace(`t=${seconds}`, `t=${seconds + 1}`) },
			403,
		],
		['hmac, no such form', HMAC, { 'x-interlock-signature': 'v1=00' }, 401],
		['hmac, something after it', HMAC, { 'x-interlock-signature': `${timed('key', seconds)},v2=1` }, 401],
		['hmac as GitHub writes it', GITHUB_FORM, { 'x-hub-signature-256': `sha256=${sign('key', BODY)}` }, 'ok'],
		[
			'hmac as GitHub writes it, upper case',
			GITHUB_FORM,
			{ 'x-hub-signature-256': `sha256=${sign('key', BODY).toUpperCase()}` },
			'ok',
		],
		[
			'hmac as GitHub writes it, another body',
			GITHUB_FORM,
			{ 'x-hub-signature-256': `sha256=${sign('key', Buffer.from('x'))}` },
			403,
		],
		['hmac in base64', BASE64_FORM, { 'x-sig': sign('key', BODY, 'base64') }, 'ok'],
		['basic, with a colon in the password', BASIC, { authorization: basic('appliance', 'pass:word') }, 'ok'],
		['basic, another user', BASIC, { authorization: basic('other', 'pass:word') }, 403],
		['basic, no colon', BASIC, { authorization: `Basic ${Buffer.from('appliance').toString('base64')}` }, 403],
		['the common token as bearer', DEFAULT, { authorization: 'Bearer token' }, 'ok'],
		['the common token as key', DEFAULT, { 'x-interlock-signature': timed('token', seconds) }, 'ok'],
		[
			'the common token, a bad signature beside a good bearer',
			DEFAULT,
			{ authorization: 'Bearer token', 'x-interlock-signature': timed('x', seconds) },
			403,
		],
	])('%s', (_, credential, headers, expected) => {
		const proof = authenticate(credential, headers, BODY, NOW);
		expect(proof.ok ? 'ok' : proof.status).toBe(expected);
	});

	it('marks a timed signature, so that it counts once, and no other', () => {
		const once = authenticate(HMAC, { 'x-interlock-signature': timed('key', seconds) }, BODY, NOW);
		expect(once).toMatchObject({ ok: true, signature: expect.stringMatching(/^[0-9a-f]{64}$/) });
		expect(
			authenticate(GITHUB_FORM, { 'x-hub-signature-256': `sha256=${sign('key', BODY)}` }, BODY, NOW),
		).toMatchObject({ signature: null });
	});

	it('never throws and never lets garbage in', () => {
		const credentials = [BEARER, HMAC, GITHUB_FORM, BASE64_FORM, BASIC, DEFAULT];
		const names = ['authorization', 'x-interlock-signature', 'x-hub-signature-256', 'x-sig'];
		fc.assert(
			fc.property(
				fc.constantFrom(...credentials),
				fc.constantFrom(...names),
				fc.string({ maxLength: 300 }),
				(credential, name, value) => {
					expect(authenticate(credential, { [name]: value }, BODY, NOW).ok).toBe(false);
				},
			),
		);
	});

	it('does not say in its reason what the secret is', () => {
		for (const credential of [BEARER, HMAC, BASIC]) {
			const proof = authenticate(
				credential,
				{ authorization: 'Bearer x', 'x-interlock-signature': timed('x', seconds) },
				BODY,
				NOW,
			);
			expect(JSON.stringify(proof)).not.toMatch(/old-one|new-one|key"|pass:word/);
		}
	});
});

describe('before the body is read', () => {
	const old = `t=${seconds - 301},v1=${'0'.repeat(64)}`;
	it.each<[string, Credential, Record<string, string>, number | null]>([
		['a bearer that fits', BEARER, { authorization: 'Bearer new-one' }, null],
		['a bearer that does not', BEARER, { authorization: 'Bearer x' }, 403],
		['no bearer, whatever signature stands beside', BEARER, { 'x-interlock-signature': timed('key', seconds) }, 401],
		[
			'a wrong password with a signature beside',
			BASIC,
			{ authorization: basic('a', 'b'), 'x-interlock-signature': 'x' },
			403,
		],
		['a signature in its form', HMAC, { 'x-interlock-signature': timed('another', seconds) }, null],
		['a signature that is too old', HMAC, { 'x-interlock-signature': old }, 403],
		['a signature of another form', HMAC, { 'x-interlock-signature': 'sha256=00' }, 401],
		['no signature', HMAC, {}, 401],
		['the common token', DEFAULT, { authorization: 'Bearer token' }, null],
		['the common token, wrong', DEFAULT, { authorization: 'Bearer tokem' }, 403],
		['the common token as key, too old', DEFAULT, { 'x-interlock-signature': old }, 403],
	])('%s is judged', (_, credential, headers, expected) => {
		const proof = provenEarly(credential, headers, NOW);
		expect(proof === null || proof.ok ? null : proof.status).toBe(expected);
	});

	it('refuses nothing that would be accepted', () => {
		const credential = fc.constantFrom(BEARER, HMAC, GITHUB_FORM, BASE64_FORM, BASIC, DEFAULT);
		const value = fc.constantFrom(
			'Bearer old-one',
			'Bearer token',
			'token',
			basic('appliance', 'pass:word'),
			timed('key', seconds),
			timed('token', seconds),
			`sha256=${sign('key', BODY)}`,
			sign('key', BODY, 'base64'),
			'x',
		);
		const name = fc.constantFrom('authorization', 'x-interlock-signature', 'x-hub-signature-256', 'x-sig');
		fc.assert(
			fc.property(credential, fc.dictionary(name, value), (one, headers) => {
				const early = provenEarly(one, headers, NOW);
				const proof = authenticate(one, headers, BODY, NOW);
				if (proof.ok) expect([null, true]).toContain(early?.ok ?? null);
				// What is said early is what would be said with the body.
				if (early !== null) expect(early).toEqual(proof);
			}),
			{ numRuns: 2_000 },
		);
	});
});

describe('a client certificate', () => {
	const peer = { isTrusted: true, fingerprint: 'ab'.repeat(32), subject: { CN: 'north', O: 'Plant' } };
	const by = (fingerprints: string[], subject: Record<string, string> | null): Credential => ({
		type: 'mtls',
		fingerprints,
		subject,
	});
	it.each<[string, Credential, typeof peer | null, number | 'ok']>([
		['its fingerprint', by(['cd'.repeat(32), peer.fingerprint], null), peer, 'ok'],
		['its subject', by([], { CN: 'north' }), peer, 'ok'],
		['all of its subject', by([], { CN: 'north', O: 'Plant' }), peer, 'ok'],
		['another fingerprint', by(['cd'.repeat(32)], null), peer, 403],
		['a subject of which one part is another', by([], { CN: 'north', O: 'Other' }), peer, 403],
		['a part that it has not', by([], { OU: 'x' }), peer, 403],
		['no part at all', by([], {}), peer, 403],
		['the signature of a stranger', by([peer.fingerprint], { CN: 'north' }), { ...peer, isTrusted: false }, 401],
		['nothing', by([peer.fingerprint], null), null, 401],
	])('is known by %s', (_, credential, shown, expected) => {
		const proof = authenticate(credential, {}, BODY, NOW, shown);
		expect(proof.ok ? 'ok' : proof.status).toBe(expected);
	});
});
