import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import type { Io } from '../../../src/cli/io.ts';
import { playbook } from '../../../src/cli/playbook.ts';
import { canonicalJson } from '../../../src/domain/canonical.ts';
import { checkSignatures } from '../../../src/response/cacao/signature.ts';
import type { JsonObject } from '../../../src/response/cacao/strict-json.ts';
import { action, build, manual, nth } from './support/build.ts';

const folder = mkdtempSync(join(tmpdir(), 'cacao-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let run = 0;
let site = '';
beforeEach(() => {
	site = join(folder, `site-${++run}`);
});

type Ran = { code: number; out: string; err: string };

async function interlock(args: readonly string[], env: Record<string, string> = {}, stdin = ''): Promise<Ran> {
	let [out, err] = ['', ''];
	const io: Io = {
		out: (text) => {
			out += text;
		},
		err: (text) => {
			err += text;
		},
		stdin: async () => new TextEncoder().encode(stdin),
		env,
	};
	return { code: await playbook([...args], io), out, err };
}

function file(name: string, value: unknown): string {
	const path = join(folder, name);
	writeFileSync(path, typeof value === 'string' ? value : JSON.stringify(value));
	return path;
}

const PLAYBOOK = build([manual('Look up the address'), manual('Trip the turbine')], { name: 'Response of a stranger' });

/** A configuration folder whose playbooks are the ones imported here. */
async function configured(): Promise<Record<string, string>> {
	await interlock(['import', file('a.json', PLAYBOOK), '--id', 'mine', '--out', join(site, 'playbooks')]);
	return { INTERLOCK_CONFIG: site };
}

describe('interlock playbook import', () => {
	it('writes the playbook and its original, and reports each step with its decision', async () => {
		const ran = await interlock(['import', file('a.json', PLAYBOOK), '--out', site]);
		expect(ran.code).toBe(0);
		const [original, yaml] = readdirSync(site).sort();
		expect([original, yaml]).toEqual([
			expect.stringMatching(/^response-of-a-stranger-.*\.cacao\.json$/),
			expect.stringMatching(/\.yaml$/),
		]);
		expect(canonicalJson(JSON.parse(readFileSync(join(site, original ?? ''), 'utf8')))).toBe(canonicalJson(PLAYBOOK));
		expect(ran.out).toMatch(/ask_person: a manual command .*\n.*endpoint AUTO, hmi AUTO, plc AUTO/);
		expect(ran.out).toMatch(/emergency_shutdown: its text speaks of this\n.*endpoint HANDS, hmi HANDS, plc HANDS/);
	});

	it('never overwrites: the same one again is nothing, another of the same name gets a number, with --id it is refused', async () => {
		const path = file('a.json', PLAYBOOK);
		await interlock(['import', path, '--out', site, '--id', 'mine']);
		const before = readFileSync(join(site, 'mine.yaml'), 'utf8');
		expect(await interlock(['import', path, '--out', site, '--id', 'mine'])).toMatchObject({
			code: 0,
			out: expect.stringMatching(/is the same playbook/),
		});
		const other = file('b.json', { ...PLAYBOOK, description: 'another' });
		expect(await interlock(['import', other, '--out', site, '--id', 'mine'])).toMatchObject({
			code: 1,
			out: expect.stringMatching(/exists already/),
		});
		expect(readFileSync(join(site, 'mine.yaml'), 'utf8')).toBe(before);
		for (const one of [path, other]) await interlock(['import', one, '--out', site]);
		expect(
			readdirSync(site)
				.filter((name) => /^response.*\.yaml$/.test(name))
				.map((name) => name.slice(-7)),
		).toEqual([expect.stringMatching(/-2\.yaml$/), expect.any(String)].sort(() => 0));
		expect(await interlock(['import', path, '--out', site, '--id', 'ransomware'])).toMatchObject({
			code: 1,
			out: expect.stringMatching(/another playbook `ransomware` already/),
		});
	});

	it('writes nothing where no folder is named, and reads standard input', async () => {
		const ran = await interlock(['import', '-', '--json'], {}, JSON.stringify(PLAYBOOK));
		expect(ran.code).toBe(0);
		const report = JSON.parse(ran.out) as {
			imported: boolean;
			files: string[];
			steps: { action: string; decisions: { class: string }[] }[];
		};
		expect(report).toMatchObject({ imported: true, files: [] });
		expect(report.steps.map((step) => [step.action, step.decisions[0]?.class ?? null])).toEqual([
			[null, null],
			['emergency_shutdown', 'HANDS'],
			['ask_person', 'AUTO'],
			[null, null],
		]);
	});

	it('decides for the classes that are asked for', async () => {
		const ran = await interlock([
			'import',
			file('a.json', PLAYBOOK),
			'--asset-class',
			'sis',
			'--asset-class',
			'server',
		]);
		expect(ran.out).toMatch(/sis HANDS, server HANDS/);
		expect(await interlock(['import', file('a.json', PLAYBOOK), '--asset-class', 'toaster'])).toMatchObject({
			code: 2,
		});
	});

	it('refuses with every reason and exit code 1, and leaves nothing behind', async () => {
		const broken = { ...PLAYBOOK, severity: 101, workflow_start: `start--${nth(9_999)}` };
		const ran = await interlock(['import', file('c.json', broken), '--out', site]);
		expect(ran.code).toBe(1);
		expect(ran.out).toMatch(/ERROR {3}\$\.severity: expected 0 to 100/);
		expect(ran.out).toMatch(/REFUSED/);
		expect(existsSync(site)).toBe(false);
		expect((await interlock(['import', file('d.json', '{"a":1,"a":2}')])).out).toMatch(/stands twice/);
		expect((await interlock(['import', file('e.json', 'x'.repeat(9_000_000))])).out).toMatch(/a playbook may have/);
	});

	it('says how it is used, and what it cannot read', async () => {
		expect(await interlock(['import'])).toMatchObject({ code: 2 });
		expect(await interlock(['import', 'a', '--lead', 'boss'])).toMatchObject({ code: 2 });
		expect(await interlock(['import', 'a', '--id', 'Bad Id'])).toMatchObject({ code: 2 });
		expect(await interlock(['import', join(folder, 'nowhere.json')])).toMatchObject({ code: 3 });
		expect(await interlock(['import', file('a.json', PLAYBOOK), '--trust', file('k.pem', 'no key')])).toMatchObject({
			code: 2,
		});
	});

	it('prints and keeps no secret', async () => {
		const secret = 'hunter2-in-clear';
		const login = { [`user-auth--${nth(900_003)}`]: { type: 'user-auth', username: 'root', password: secret } };
		const ran = await interlock([
			'import',
			file('s.json', { ...PLAYBOOK, authentication_info_definitions: login }),
			'--out',
			site,
			'--json',
		]);
		expect(ran.code).toBe(0);
		const kept = readdirSync(site).map((name) => readFileSync(join(site, name), 'utf8'));
		expect([ran.out, ran.err, ...kept].join('\n')).not.toContain(secret);
		expect(ran.out).toContain('.password');
	});
});

describe('interlock playbook export', () => {
	const { privateKey, publicKey } = generateKeyPairSync('ed25519');
	const key = () => file('key.pem', privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
	const trust = () => file('trust.pem', publicKey.export({ type: 'spki', format: 'pem' }).toString());

	it('gives an imported playbook back as the object that it was', async () => {
		const env = await configured();
		const ran = await interlock(['export', 'mine'], env);
		expect(ran.code).toBe(0);
		expect(canonicalJson(JSON.parse(ran.out))).toBe(canonicalJson(PLAYBOOK));
	});

	it('does not give the old object for steps that the site has changed, and says so', async () => {
		const env = await configured();
		const yaml = join(site, 'playbooks', 'mine.yaml');
		writeFileSync(yaml, readFileSync(yaml, 'utf8').replace('action: emergency_shutdown', 'action: write_record'));
		const ran = await interlock(['export', 'mine'], env);
		expect(ran.err).toMatch(/not those of its original any more/);
		expect(JSON.parse(ran.out)).toMatchObject({ derived_from: [PLAYBOOK['id']], labels: ['interlock', 'mine'] });
	});

	it('refuses an original that is not the one it was imported from', async () => {
		const env = await configured();
		writeFileSync(join(site, 'playbooks', 'mine.cacao.json'), JSON.stringify({ ...PLAYBOOK, name: 'changed' }));
		expect(await interlock(['export', 'mine'], env)).toMatchObject({
			code: 1,
			err: expect.stringMatching(/its hash is another/),
		});
		rmSync(join(site, 'playbooks', 'mine.cacao.json'));
		expect(await interlock(['export', 'mine'], env)).toMatchObject({ code: 3 });
	});

	it('signs with a key, and the import of it trusts that key', async () => {
		const out = join(folder, `signed-${run}.json`);
		const ran = await interlock(['export', 'ransomware', '--sign', key(), '--signee', 'Plant A', '--out', out]);
		expect(ran.code).toBe(0);
		const signed = JSON.parse(readFileSync(out, 'utf8')) as JsonObject;
		expect(checkSignatures(signed, [], Date.now())).toMatchObject([
			{ state: 'good', signee: 'Plant A', algorithm: 'Ed25519' },
		]);
		const taken = await interlock(['import', out, '--trust', trust(), '--require-trusted']);
		expect(taken).toMatchObject({ code: 0, out: expect.stringMatching(/trusted[\s\S]*is the same playbook/) });
		writeFileSync(out, JSON.stringify({ ...signed, name: 'changed' }));
		expect(await interlock(['import', out])).toMatchObject({
			code: 1,
			out: expect.stringMatching(/the signature is not good/),
		});
		expect(await interlock(['export', 'ransomware', '--out', out])).toMatchObject({ code: 3 });
	});

	it('says how it is used', async () => {
		expect(await interlock(['export'])).toMatchObject({ code: 2 });
		expect(await interlock(['export', 'nowhere'])).toMatchObject({
			code: 2,
			err: expect.stringMatching(/no playbook/),
		});
		expect(await interlock(['export', 'ransomware', '--sign', file('no.pem', 'x')])).toMatchObject({ code: 2 });
		expect(await interlock(['export', 'ransomware', '--created-by', 'me'])).toMatchObject({ code: 2 });
		expect(await interlock(['export', 'ransomware', '--at', 'noon'])).toMatchObject({ code: 2 });
	});
});

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;
describe.skipIf(!hasOpenssl)('a key and a certificate chain made by OpenSSL', () => {
	it('are read: the signature is by the first certificate, and the site trusts it by its own copy', async () => {
		const key = join(folder, 'ec.pem');
		const cert = join(folder, 'cert.pem');
		const made = spawnSync('openssl', [
			'req',
			'-x509',
			'-newkey',
			'ec',
			'-pkeyopt',
			'ec_paramgen_curve:P-256',
			'-nodes',
			'-keyout',
			key,
			'-out',
			cert,
			'-days',
			'30',
			'-subj',
			'/CN=maker',
		]);
		expect(made.status).toBe(0);
		const ran = await interlock(['export', 'ransomware', '--sign', key]);
		const signed = JSON.parse(ran.out) as JsonObject;
		expect(checkSignatures(signed, [readFileSync(cert, 'utf8')], Date.now())).toMatchObject([
			{ state: 'trusted', algorithm: 'ES256' },
		]);
		expect((await interlock(['import', '-', '--trust', cert, '--require-trusted'], {}, ran.out)).code).toBe(0);
	}, 20_000);
});

describe('commands of strangers', () => {
	it('never come out looser than hands, whatever is mixed', async () => {
		const mixed = build([
			action([
				{ type: 'manual', command: 'Look up the address' },
				{ type: 'bash', command: 'id' },
			]),
		]);
		const ran = await interlock(['import', '-', '--json'], {}, JSON.stringify(mixed));
		expect(ran.out).not.toMatch(/"class": "(AUTO|ONE|TWO)"/);
	});
});
