// `interlock init` and `interlock source add` on a real folder, and what `interlock check` says of it.
import {
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { checkAll } from '../../src/cli/check.ts';
import { init } from '../../src/cli/init.ts';
import { source } from '../../src/cli/source.ts';
import { parseBody } from '../../src/intake/parse-body.ts';
import { SOURCE_KINDS } from '../../src/intake/sources/index.ts';

const NOW = Date.UTC(2026, 2, 1, 10);
const SAMPLES = new URL('../../src/intake/sources/samples/', import.meta.url);
let above = '';
let folder = '';
let out = '';
let err = '';
beforeEach(() => {
	above = mkdtempSync(join(tmpdir(), 'interlock-init-'));
	folder = join(above, 'plant');
});
afterEach(() => rmSync(above, { recursive: true, force: true }));
const io = (env: Record<string, string> = {}) => {
	out = '';
	err = '';
	return {
		out: (text: string) => {
			out += `${text}\n`;
		},
		err: (text: string) => {
			err += `${text}\n`;
		},
		stdin: async () => new Uint8Array(),
		env,
	};
};
const add = (...args: string[]) => source(['add', ...args], io({ INTERLOCK_CONFIG: folder }));
const sources = () =>
	(parse(readFileSync(join(folder, 'sources.yaml'), 'utf8')) as { sources: Record<string, unknown>[] }).sources;

describe('interlock init', () => {
	it('writes a folder without a finding, and each example in its comments is right too', async () => {
		expect(await init([folder], io())).toBe(0);
		expect(readdirSync(folder).sort()).toEqual(
			[
				'.env.example',
				'.gitignore',
				'interlock.yaml',
				'inventory.yaml',
				'people.yaml',
				'routes.yaml',
				'sources.yaml',
			].sort(),
		);
		expect(checkAll({ INTERLOCK_CONFIG: folder }, NOW)).toEqual([]);
		expect(readFileSync(join(folder, '.gitignore'), 'utf8')).toMatch(/^secrets\/$/m);
		// The examples, with their marks taken away and the empty lists gone.
		mkdirSync(join(folder, 'secrets'));
		for (const name of ['nozomi-north', 'pagerduty', 'smtp'])
			writeFileSync(join(folder, 'secrets', name), 'a-secret-of-the-test\n');
		for (const name of readdirSync(folder).filter((file) => file.endsWith('.yaml'))) {
			const text = readFileSync(join(folder, name), 'utf8')
				.replace('sources: []', '')
				.replace(/^# {2}- name: nozomi/m, 'sources:\n#  - name: nozomi')
				.replaceAll(/^#( {2}.*)$/gm, '$1')
				.replaceAll(/: \[\]$/gm, ':');
			writeFileSync(join(folder, name), text);
		}
		expect(checkAll({ INTERLOCK_CONFIG: folder }, NOW).filter((finding) => finding.level === 'error')).toEqual([]);
		expect(sources()).toHaveLength(1);
	});

	it('overwrites nothing: with one of its files there, none is written', async () => {
		mkdirSync(folder);
		writeFileSync(join(folder, 'people.yaml'), '# ours\n');
		expect(await init([folder], io())).toBe(1);
		expect(err).toContain('people.yaml');
		expect(readdirSync(folder)).toEqual(['people.yaml']);
		expect(readFileSync(join(folder, 'people.yaml'), 'utf8')).toBe('# ours\n');
	});

	it('says its usage for what it does not know', async () => {
		expect(await init(['a', 'b'], io())).toBe(2);
		expect(await init(['--force'], io())).toBe(2);
		expect(await init([folder, '--json'], io())).toBe(0);
		expect(JSON.parse(out).files).toContain(join(folder, 'sources.yaml'));
	});
});

describe('interlock source add', () => {
	it('writes entry and secret, and says once what to enter at the vendor', async () => {
		await init([folder], io());
		expect(await add('nozomi', 'nozomi-north', '--url', 'https://alerts.plant.example')).toBe(0);
		const secret = readFileSync(join(folder, 'secrets/nozomi-north'), 'utf8').trim();
		expect(secret).toMatch(/^[\w-]{43}$/);
		expect(statSync(join(folder, 'secrets/nozomi-north')).mode & 0o777).toBe(0o600);
		expect(out).toContain(`Authorization: Bearer ${secret}`);
		expect(out).toContain('https://alerts.plant.example/v1/alerts/nozomi-north');
		expect(readFileSync(join(folder, 'sources.yaml'), 'utf8')).not.toContain(secret);
		expect(readFileSync(join(folder, 'sources.yaml'), 'utf8')).toContain('# The systems that may send alerts.');
		expect(sources()).toEqual([
			{ name: 'nozomi-north', kind: 'nozomi', auth: { type: 'bearer', secret_file: 'secrets/nozomi-north' } },
		]);
		expect(checkAll({ INTERLOCK_CONFIG: folder }, NOW)).toEqual([]);
	});

	it('gives a vendor that sends no header of its own a user and a password, in the address that it asks for', async () => {
		await init([folder], io());
		expect(await add('splunk', '--url', 'https://alerts.plant.example', '--json')).toBe(0);
		const told = JSON.parse(out);
		expect([told.auth, told.user]).toEqual(['basic', 'splunk']);
		expect(told.setup.join(' ')).toContain(`https://splunk:${told.secret}@alerts.plant.example/v1/alerts/splunk`);
	});

	it('makes another secret each time', async () => {
		await init([folder], io());
		await add('wazuh', 'one');
		await add('wazuh', 'two');
		const read = (name: string) => readFileSync(join(folder, 'secrets', name), 'utf8');
		expect(read('one')).not.toBe(read('two'));
	});

	it.each([
		['a kind that is none', ['nozomy'], 2, 'did you mean `nozomi`?'],
		['a name that is none', ['nozomi', '../etc'], 2, 'is no source name'],
		['the name of the program itself', ['nozomi', 'interlock'], 2, 'choose another'],
		['a name that is there', ['wazuh', 'taken'], 1, 'is there already'],
		['a way that is none', ['nozomi', '--auth', 'magic'], 2, 'bearer, hmac, basic'],
		['a certificate', ['nozomi', '--auth', 'mtls'], 2, 'by hand'],
		['an address that is none', ['nozomi', '--url', 'plant'], 2, '--url'],
		['an option that is none', ['nozomi', '--force'], 2, 'usage'],
	])('refuses %s and changes nothing', async (_, args, code, words) => {
		await init([folder], io());
		await add('wazuh', 'taken');
		const before = readFileSync(join(folder, 'sources.yaml'), 'utf8');
		expect(await add(...args)).toBe(code);
		expect(err).toContain(words);
		expect(readFileSync(join(folder, 'sources.yaml'), 'utf8')).toBe(before);
		expect(readdirSync(join(folder, 'secrets'))).toEqual(['taken']);
	});

	it('without a configuration folder says how to get one', async () => {
		expect(await source(['add', 'nozomi'], io())).toBe(3);
		expect(err).toContain('interlock init');
		expect(existsSync(folder)).toBe(false);
	});
});

describe('a sample to test with', () => {
	const files = readdirSync(SAMPLES);
	it.each(SOURCE_KINDS.map((kind) => kind.name))(
		'%s: is shipped, and its kind understands every alert of it',
		(kind) => {
			// For a new kind: copy one of its fixtures in test/intake/samples to src/intake/sources/samples.
			const file = files.find((name) => name.replace(/\.[a-z]+$/, '') === kind);
			expect(file).toBeDefined();
			const body = readFileSync(new URL(file ?? '', SAMPLES));
			const read = parseBody(kind, body, { source: kind, receivedAt: NOW, timeZone: 'UTC' });
			expect(read.kind).toBe('parsed');
			const items = read.kind === 'parsed' ? read.items : [];
			expect(items.length).toBeGreaterThan(0);
			expect(items.filter((item) => item.kind !== 'alert')).toEqual([]);
		},
	);
});
