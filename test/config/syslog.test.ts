import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/config.ts';
import type { ConfigReader } from '../../src/config/config-folder.ts';
import { formatFinding } from '../../src/config/finding.ts';
import { err, ok } from '../../src/domain/result.ts';

const files: Record<string, string> = {};
let folder = '';
beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), 'interlock-tls-'));
	for (const name of ['a', 'b']) {
		const [cert, key] = [join(folder, `${name}.pem`), join(folder, `${name}.key`)];
		const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
		execFileSync(
			'openssl',
			['req', '-x509', ...ec, '-keyout', key, '-out', cert, '-days', '2', '-subj', `/CN=${name}`],
			{ stdio: 'ignore' },
		);
		files[`${name}.pem`] = readFileSync(cert, 'utf8');
		files[`${name}.key`] = readFileSync(key, 'utf8');
	}
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const load = (
	texts: Record<string, string>,
	env: Record<string, string> = {},
	secrets: Record<string, string> = {},
) => {
	const reader: ConfigReader = {
		folder: () => ok(new Map(Object.entries(texts))),
		secretFile: (_, path) => {
			const text = { ...files, ...secrets }[path];
			return text === undefined ? err('there is no such file or folder') : ok(text);
		},
	};
	return loadConfig({ INTERLOCK_CONFIG: 'plant', ...env }, reader, Date.now());
};
const words = (...args: Parameters<typeof load>): string => {
	const loaded = load(...args);
	return loaded.ok ? '' : loaded.error.map(formatFinding).join('\n');
};
const SOURCES = '- {name: fw, kind: cef}\n- {name: ids, kind: suricata}\n';

describe('syslog in interlock.yaml', () => {
	it('is nothing without being written', () => {
		const loaded = load({});
		expect(loaded.ok && [loaded.value.syslog, loaded.value.tls]).toEqual([[], null]);
	});

	it('is listeners with their place, their TLS files and their routes', () => {
		const loaded = load({
			'sources.yaml': SOURCES,
			'interlock.yaml': `syslog:
  message_bytes: 8192
  idle_timeout: 10m
  listeners:
    - { listen: "0.0.0.0:5600", transport: udp, source: fw }
    - { listen: "[::1]", transport: tcp, routes: [{ address: 10.20.0.0/16, source: fw }, { vendor: Acme, product: Wall, source: ids }] }
    - { listen: ":7000", transport: tls, tls: { cert_file: a.pem, key_file: a.key, client_ca_file: b.pem }, source: ids }
    - { listen: plant.example, transport: tls, tls: { cert_file: a.pem, key_file: a.key }, source: ids }
`,
		});
		expect(loaded.ok ? '' : loaded.error.map(formatFinding)).toBe('');
		if (!loaded.ok) return;
		expect(
			loaded.value.syslog.map(({ name, host, port, source, tls }) => [name, host, port, source, tls !== null]),
		).toEqual([
			['syslog:udp:0.0.0.0:5600', '0.0.0.0', 5600, 'fw', false],
			['syslog:tcp:[::1]:5514', '::1', 5514, null, false],
			['syslog:tls:0.0.0.0:7000', '0.0.0.0', 7000, 'ids', true],
			['syslog:tls:plant.example:6514', 'plant.example', 6514, 'ids', true],
		]);
		expect(loaded.value.settings.syslog).toMatchObject({ message_bytes: 8192, idle_timeout: 600_000 });
		expect(JSON.stringify(loaded.value)).not.toContain('PRIVATE KEY');
	});

	const listener = (text: string): Record<string, string> => ({
		'sources.yaml': SOURCES,
		'interlock.yaml': `syslog:\n  listeners:\n    - ${text}\n`,
	});
	it.each<[string, Record<string, string>, RegExp]>([
		[
			'an unknown key',
			listener('{listen: ":5514", transport: udp, sorce: fw}'),
			/interlock.yaml:3:\d+: .*unknown key `sorce`[\s\S]*did you mean `source`/,
		],
		[
			'an unknown transport',
			listener('{listen: ":5514", transport: upd}'),
			/`upd` is not known here[\s\S]*did you mean `udp`/,
		],
		['a place that is none', listener('{listen: "10.0.0.1:99999", transport: udp}'), /is no place to listen/],
		['a port alone', listener('{listen: "5514", transport: udp}'), /is no place to listen/],
		[
			'a source that is not there',
			listener('{listen: ":5514", transport: udp, source: fv}'),
			/interlock.yaml:3:\d+: there is no source `fv` in sources.yaml/,
		],
		[
			'the source of a route that is not there',
			listener('{listen: ":5514", transport: udp, routes: [{vendor: x, source: ifs}]}'),
			/there is no source `ifs`/,
		],
		[
			'a route without anything',
			listener('{listen: ":5514", transport: udp, routes: [{source: fw}]}'),
			/matches everything/,
		],
		[
			'a range that is none',
			listener('{listen: ":5514", transport: udp, routes: [{address: 10.0.0.0/40, source: fw}]}'),
			/neither an address nor a range/,
		],
		[
			'TLS without files',
			listener('{listen: ":6514", transport: tls}'),
			/belongs to transport `tls`, and that needs it/,
		],
		[
			'files without TLS',
			listener('{listen: ":6514", transport: tcp, tls: {cert_file: a.pem, key_file: a.key}}'),
			/belongs to transport `tls`/,
		],
		[
			'a certificate that is not there',
			listener('{listen: ":6514", transport: tls, tls: {cert_file: c.pem, key_file: a.key}}'),
			/interlock.yaml:3:\d+: `cert_file`: the file `c.pem` there is no such file/,
		],
		[
			'a certificate that is none',
			listener('{listen: ":6514", transport: tls, tls: {cert_file: a.key, key_file: a.key}}'),
			/holds no certificate in PEM form/,
		],
		[
			'a key that is none',
			listener('{listen: ":6514", transport: tls, tls: {cert_file: a.pem, key_file: a.pem}}'),
			/holds no private key/,
		],
		[
			'the key of another certificate',
			listener('{listen: ":6514", transport: tls, tls: {cert_file: a.pem, key_file: b.key}}'),
			/holds the key of another certificate/,
		],
		[
			'one place twice',
			{
				'sources.yaml': SOURCES,
				'interlock.yaml':
					'syslog:\n  listeners:\n    - {listen: ":5514", transport: udp}\n    - {listen: "0.0.0.0", transport: udp}\n',
			},
			/interlock.yaml:4:\d+: another listener is at/,
		],
		[
			'a proxy that is none',
			{ 'interlock.yaml': 'trusted_proxies: [proxy.example]\n' },
			/neither an address nor a range/,
		],
		[
			'the key of the door of another certificate',
			{ 'interlock.yaml': 'tls: {cert_file: a.pem, key_file: b.key}\n' },
			/interlock.yaml:1:\d+: `key_file`: .*another certificate/,
		],
	])('refuses %s', (_, texts, expected) => {
		expect(words(texts)).toMatch(expected);
	});

	it('takes one port for UDP and TCP', () => {
		expect(
			words({
				'sources.yaml': SOURCES,
				'interlock.yaml':
					'syslog:\n  listeners:\n    - {listen: ":5514", transport: udp}\n    - {listen: ":5514", transport: tcp}\n',
			}),
		).toBe('');
	});
});

describe('a certificate as credential', () => {
	const PRINT = Array(32).fill('AB').join(':');
	const texts = (auth: string, settings = 'tls: {cert_file: a.pem, key_file: a.key, client_ca_file: b.pem}\n') => ({
		'sources.yaml': `- {name: s, kind: cef, auth: {type: mtls, ${auth}}}\n`,
		'interlock.yaml': settings,
	});
	it('is a fingerprint, two of them, or parts of the subject', () => {
		const read = (auth: string) => {
			const loaded = load(texts(auth));
			return loaded.ok ? loaded.value.sources?.[0]?.credential : loaded.error.map(formatFinding);
		};
		expect(read(`certificate: "${PRINT}"`)).toMatchObject({
			type: 'mtls',
			certificates: ['ab'.repeat(32)],
			subject: null,
		});
		expect(read(`certificate: ["${PRINT}", "${'cd'.repeat(32)}"]`)).toMatchObject({
			certificates: ['ab'.repeat(32), 'cd'.repeat(32)],
		});
		expect(read('subject: {CN: north, O: Plant}')).toMatchObject({
			certificates: [],
			subject: { CN: 'north', O: 'Plant' },
		});
	});
	it.each([
		['neither', '', /by `certificate`.* or by `subject`, one of them/],
		['both', `certificate: "${PRINT}", subject: {CN: a}`, /one of them/],
		['an empty subject', 'subject: {}', /names no part/],
		['a short fingerprint', 'certificate: "AB:CD"', /./],
	])('refuses %s', (_, auth, expected) => {
		expect(words(texts(auth))).toMatch(expected);
	});
	it('needs somebody who asks for certificates', () => {
		expect(words(texts('subject: {CN: a}', 'tls: {cert_file: a.pem, key_file: a.key}\n'))).toMatch(
			/sources.yaml:1:\d+: source `s` proves itself by a certificate, and the door asks for none/,
		);
		expect(
			words(texts('subject: {CN: a}', 'syslog: {listeners: [{listen: ":5514", transport: udp, source: s}]}\n')),
		).toMatch(/and the syslog listener at `:5514` asks for none/);
		expect(
			words(
				texts(
					'subject: {CN: a}',
					'syslog: {listeners: [{listen: ":6514", transport: tls, tls: {cert_file: a.pem, key_file: a.key, client_ca_file: b.pem}, source: s}]}\n',
				),
			),
		).toBe('');
	});
});

describe('secrets of a source', () => {
	const source = (auth: string) => ({ 'sources.yaml': `- {name: s, kind: cef, auth: {type: bearer, ${auth}}}\n` });
	const secretsOf = (...args: Parameters<typeof load>): string[] => {
		const loaded = load(...args);
		const credential = loaded.ok ? loaded.value.sources?.[0]?.credential : null;
		return credential?.type === 'bearer' ? credential.secrets.map((secret) => secret.reveal()) : [words(...args)];
	};
	it('may be two: on two lines, or by two names', () => {
		expect(secretsOf(source('secret_env: S'), { S: 'old-secret\nnew-secret' })).toEqual(['old-secret', 'new-secret']);
		expect(secretsOf(source('secret_file: f'), {}, { f: 'old-secret\r\nnew-secret\r\n' })).toEqual([
			'old-secret',
			'new-secret',
		]);
		expect(
			secretsOf(source('secrets: [{secret_env: S}, {secret_file: f}]'), { S: 'new-secret' }, { f: 'old-secret\n' }),
		).toEqual(['new-secret', 'old-secret']);
	});
	it.each<[string, string, RegExp]>([
		['three', 'secret_env: THREE', /3 secrets, at most 2/],
		['a short one beside a long one', 'secret_env: SHORT', /has 3 characters/],
		['a list beside a name', 'secret_env: ONE, secrets: [{secret_env: ONE}]', /name the secret once/],
	])('may not be %s', (_, auth, expected) => {
		expect(
			words(source(auth), {
				ONE: 'long-enough-1',
				THREE: 'long-enough-1\nlong-enough-2\nlong-enough-3',
				SHORT: 'long-enough\nabc',
			}),
		).toMatch(expected);
	});
	it.each([
		'secret: hunter2-hunter2',
		'token: hunter2-hunter2',
		'password: hunter2-hunter2',
		'secrets: [hunter2-hunter2]',
	])('are never written in the file: %s', (auth) => {
		const text = words(source(auth));
		expect(text).toMatch(
			/plant\/sources.yaml:1:\d+: source `s`: a secret is never written here\n {4}help: put it into a variable or a file/,
		);
		expect(text).not.toContain('hunter2');
	});
});

describe('a secret pasted where its name belongs', () => {
	it.each([
		'auth: hunter2-hunter2',
		'auth: {type: bearer, secret_env: "hunter2-hunter2!"}',
		'auth: {type: bearer, secrets: [{secret_env: "hunter2-hunter2!"}]}',
	])('is refused and not repeated: %s', (auth) => {
		const text = words({ 'sources.yaml': `- {name: s, kind: cef, ${auth}}\n` });
		expect(text).toMatch(/plant\/sources.yaml:1:\d+: /);
		expect(text).not.toContain('hunter2');
	});
});
