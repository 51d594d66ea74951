import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/config.ts';
import type { ConfigReader } from '../../src/config/config-folder.ts';
import { formatFinding } from '../../src/config/finding.ts';
import { fileReader, readFolder } from '../../src/config/read-folder.ts';
import { defaultSources } from '../../src/config/read-sources.ts';
import { err, ok } from '../../src/domain/result.ts';

const NOW = Date.UTC(2026, 0, 5, 3);
const readerOf = (files: Record<string, string>, secrets: Record<string, string> = {}): ConfigReader => ({
	folder: (path) => (path === 'plant' ? ok(new Map(Object.entries(files))) : err('there is no such file or folder')),
	secretFile: (_, path) => (secrets[path] === undefined ? err('there is no such file or folder') : ok(secrets[path])),
});
const load = (files: Record<string, string>, env: Record<string, string> = {}, secrets = {}) =>
	loadConfig({ INTERLOCK_CONFIG: 'plant', ...env }, readerOf(files, secrets), NOW);
const textOf = (files: Record<string, string>, env = {}, secrets = {}): string => {
	const loaded = load(files, env, secrets);
	return (loaded.ok ? loaded.value.warnings : loaded.error).map(formatFinding).join('\n');
};

const PLANT = {
	'interlock.yaml': `sites:
  - {name: north, time_zone: Europe/Oslo, sector: energy, jurisdictions: [eu]}
channel: "#soc"
limits: {body_bytes: 1048576}
connectors:
  - name: edr
    kind: generic-http
    base_url: https://edr.example/api
    auth: {type: bearer, secret_env: EDR_TOKEN}
    calls:
      isolate_host: {path: "/hosts/{host}/isolate", idempotent: true}
tickets: {connector: edr}
`,
	'sources.yaml': `- name: nozomi-north
  kind: nozomi
  auth: {type: hmac, secret_file: nozomi.secret, header: X-Signature, form: sha256=<hex>}
  address_allow: [10.0.0.0/8, 2001:db8::1]
  heartbeat: 15m
  site: north
- name: wazuh
  kind: wazuh
  auth: {type: basic, user: wazuh, secret_env: WAZUH_PASSWORD}
- {name: suricata, kind: suricata}
`,
	'people.yaml': `people:
  - {id: anna, name: Anna, slack: U012AB3CD, roles: [it_lead, {role: reporter, sites: [north]}]}
  - {id: ole, name: Ole, email: ole@plant.example, roles: [{role: ot_operator, zones: [cell-1]}]}
groups:
  S012345: it_analyst
  S067890: {role: ot_engineer, sites: [north]}
`,
	'routes.yaml': `- when: incident.domain == "ot"
  channel: C012345
  people: [ole]
  escalation: [{after: 10m, people: [anna]}]
`,
	'inventory.csv': 'id,site,zone,kind,purdue\nplc-1,north,cell-1,plc,1\n',
	'windows.csv':
		'change,start,end,site,zone,assets,from_host,user\nC1,2026-03-01T08:00:00Z,2026-03-01T09:00:00Z,north,,,,\n',
	'safety/strict.yaml':
		'- {id: r1, match: {levels: [1, 3.5], zones: [cell-1]}, class: HANDS, reason: plant rule}\n- {id: r2, class: ONE, reason: everything}\n',
	'rules/own.yaml': 'rules: []\n',
	'playbooks/own.yaml': 'id: own\n',
};
const ENV = { EDR_TOKEN: 'edr-token-0001', WAZUH_PASSWORD: 'wazuh-password' };
const SECRETS = { 'nozomi.secret': 'nozomi-secret-1\n' };

describe('the configuration', () => {
	it('without a folder has a default for everything', () => {
		const loaded = loadConfig({}, readerOf({}), NOW);
		expect(loaded).toMatchObject({
			ok: true,
			value: { sources: null, people: [], inventory: null, windows: [], connectors: [] },
		});
		expect(loaded.ok && loaded.value.settings.limits).toEqual({ body_bytes: 32 * 1024 * 1024, body_alerts: 10_000 });
		expect(defaultSources(['nozomi', 'wazuh']).map((source) => [source.name, source.kind, source.credential])).toEqual([
			['nozomi', 'nozomi', null],
			['wazuh', 'wazuh', null],
		]);
	});

	it('of a plant is read whole', () => {
		const loaded = load(PLANT, ENV, SECRETS);
		expect(textOf(PLANT, ENV, SECRETS)).toBe('');
		if (!loaded.ok) throw new Error('not loaded');
		const config = loaded.value;
		expect(config.settings).toMatchObject({
			channel: '#soc',
			limits: { body_bytes: 1_048_576, body_alerts: 10_000 },
			sites: [{ name: 'north', time_zone: 'Europe/Oslo' }],
		});
		expect(config.sources).toMatchObject([
			{
				name: 'nozomi-north',
				credential: { type: 'hmac', header: 'x-signature', form: 'sha256=<hex>' },
				heartbeatMs: 900_000,
				site: 'north',
				place: { file: 'plant/sources.yaml', line: 1 },
			},
			{ name: 'wazuh', credential: { type: 'basic', user: 'wazuh' }, timeZone: 'UTC' },
			{ name: 'suricata', credential: null },
		]);
		const credential = config.sources?.[0]?.credential;
		expect(credential?.type === 'hmac' && credential.secrets[0]?.reveal()).toBe('nozomi-secret-1');
		expect(config.people).toMatchObject([
			{ id: 'anna', roles: [{ role: 'it_lead' }, { role: 'reporter', sites: ['north'] }] },
			{ id: 'ole', slack: null },
		]);
		expect(config.groups).toEqual([
			{ group: 'S012345', role: 'it_analyst' },
			{ group: 'S067890', role: 'ot_engineer', sites: ['north'] },
		]);
		expect(config.routes).toMatchObject([{ channel: 'C012345', escalation: [{ after: 600_000, people: ['anna'] }] }]);
		expect(config.inventory?.assets).toHaveLength(1);
		expect(config.windows).toHaveLength(1);
		expect(config.siteRules.map(({ rule }) => rule)).toMatchObject([
			{ id: 'r1', match: { levels: ['1', '3.5'] }, class: 'HANDS' },
			{ id: 'r2', match: {} },
		]);
		expect(config.connectors[0]?.secret?.reveal()).toBe('edr-token-0001');
		expect(config.rules[0]).toMatchObject({ file: 'plant/rules/own.yaml', value: { rules: [] } });
		expect(Object.isFrozen(config)).toBe(true);
	});

	it('does not tell its secrets when it is printed', () => {
		const loaded = load(PLANT, ENV, SECRETS);
		const text = JSON.stringify(loaded) + inspect(loaded, { depth: 12 });
		for (const secret of ['edr-token-0001', 'wazuh-password', 'nozomi-secret-1']) expect(text).not.toContain(secret);
	});

	it('takes a plain list of people, and sources under their key', () => {
		const loaded = load({
			'people.yaml': '- {id: a, name: A}\n',
			'sources.yaml': 'sources:\n  - {name: a, kind: nozomi}\n',
		});
		expect(loaded).toMatchObject({ ok: true, value: { people: [{ id: 'a' }], sources: [{ name: 'a' }] } });
	});

	it('takes empty files for files that say nothing', () => {
		const files = Object.fromEntries(
			['interlock.yaml', 'sources.yaml', 'people.yaml', 'routes.yaml', 'rules/a.yaml'].map((file) => [
				file,
				'# nothing yet\n',
			]),
		);
		expect(load(files)).toMatchObject({ ok: true, value: { sources: [], people: [] } });
	});
});

describe('a fault in the configuration is told with its place:', () => {
	const faults: readonly [string, Record<string, string>, string][] = [
		[
			'a misspelt key',
			{ 'sources.yaml': '- name: a\n  kind: b\n  auth: {type: bearer, secert_env: X}\n' },
			'plant/sources.yaml:3:24: `[0].auth`: unknown key `secert_env`\n    help: did you mean `secret_env`?',
		],
		[
			'a misspelt file',
			{ 'souces.yaml': '' },
			'plant/souces.yaml:1:1: `souces.yaml` is no file of the configuration folder\n    help: did you mean `sources.yaml`?',
		],
		['a misspelt folder', { 'rule/a.yaml': '' }, 'did you mean `rules/`?'],
		['a file that would not be read', { 'rules/a.yml': '' }, 'files here end in `.yaml`'],
		[
			'a mapping file',
			{ 'mappings/own.yaml': 'format: json\nalert: {title: rec.a, identity: [record.a]}\n' },
			'plant/mappings/own.yaml:2:16: `alert.title`: line 1, column 1 of the expression: Unknown variable: rec',
		],
		[
			'a site twice',
			{ 'interlock.yaml': 'sites: [{name: n}, {name: n}]\n' },
			'interlock.yaml:1:27: site `n` stands twice',
		],
		...[
			'retention: {raw: 30d}',
			'limits: {source_requests_per_minute: 1}',
			'limits: {cards_per_hour: 1}',
			'model: {tokens_per_call: 1000}',
			'approvals: {valid_for: 1h}',
		].map((text): [string, Record<string, string>, string] => [
			`the setting of another version, ${text}`,
			{ 'interlock.yaml': `${text}\n` },
			': not a setting of this version',
		]),
		[
			'a budget below one question, which would never ask',
			{ 'interlock.yaml': 'model: {tokens_per_day: 5000}\n' },
			'interlock.yaml:1:25: `model.tokens_per_day`: `5000`: is less than one question may need (8000): 0 switches the adviser off',
		],
		[
			'money without prices',
			{ 'interlock.yaml': 'model: {money_per_hour: 2}\n' },
			'`money_per_hour` needs `price_per_million`',
		],
		['a missing key', { 'sources.yaml': '- kind: b\n' }, 'plant/sources.yaml:1:3: `[0]`: `name` is missing'],
		[
			'a role that does not exist',
			{ 'people.yaml': 'people:\n  - {id: a, name: A, roles: [ot_operater]}\n' },
			'plant/people.yaml:2:30: `people[0].roles[0].role`: `ot_operater` is not known here\n    help: did you mean `ot_operator`?',
		],
		[
			'a time zone that does not exist',
			{ 'interlock.yaml': 'sites: [{name: a, time_zone: Europe/Olso}]\n' },
			'plant/interlock.yaml:1:30: `sites[0].time_zone`: `Europe/Olso`: is no time zone',
		],
		[
			'a duration without a unit',
			{ 'sources.yaml': '- {name: a, kind: b, heartbeat: "15"}\n' },
			'`15`: is no duration',
		],
		[
			'a secret that is not set',
			{ 'sources.yaml': '- {name: a, kind: b, auth: {type: bearer, secret_env: NOT_SET}}\n' },
			'plant/sources.yaml:1:28: source `a`: the environment variable `NOT_SET` is not set',
		],
		[
			'a secret file that is not there',
			{ 'sources.yaml': '- {name: a, kind: b, auth: {type: bearer, secret_file: gone}}\n' },
			'the file `gone`: there is no such file',
		],
		[
			'a secret named twice',
			{ 'sources.yaml': '- {name: a, kind: b, auth: {type: bearer, secret_env: A, secret_file: b}}\n' },
			'one of them',
		],
		[
			'a secret that can be guessed',
			{ 'sources.yaml': '- {name: a, kind: b, auth: {type: bearer, secret_file: short}}\n' },
			'has 3 characters',
		],
		[
			'a signature form without a signature',
			{ 'sources.yaml': '- {name: a, kind: b, auth: {type: hmac, secret_file: f, form: "v1="}}\n' },
			'needs `<hex>` or `<base64>`',
		],
		[
			'an address that is none',
			{ 'sources.yaml': '- {name: a, kind: b, address_allow: [10.0.0.0/99]}\n' },
			'neither an address nor a range as in 10.10.0.0/16',
		],
		[
			'a source twice',
			{ 'sources.yaml': '- {name: a, kind: b}\n- {name: a, kind: c}\n' },
			'plant/sources.yaml:2:10: source `a` stands twice',
		],
		[
			'a person twice',
			{ 'people.yaml': '- {id: a, name: A}\n- {id: a, name: B}\n' },
			'plant/people.yaml:2:8: person `a` stands twice',
		],
		[
			'a Slack id twice',
			{ 'people.yaml': '- {id: a, name: A, slack: U123}\n- {id: b, name: B, slack: U123}\n' },
			'the Slack id `U123` stands twice',
		],
		[
			'a site that does not exist',
			{ 'interlock.yaml': 'sites: [{name: north}]\n', 'sources.yaml': '- {name: a, kind: b, site: nroth}\n' },
			'there is no site `nroth`\n    help: did you mean `north`?',
		],
		[
			'a route to nobody',
			{ 'people.yaml': '- {id: anna, name: A}\n', 'routes.yaml': '- {when: "true", people: [ana]}\n' },
			'plant/routes.yaml:1:27: there is no person `ana` in people.yaml\n    help: did you mean `anna`?',
		],
		[
			'a route with a broken condition',
			{ 'routes.yaml': '- name: ot\n  when: incident.domain ==\n' },
			'plant/routes.yaml:2:9: route `ot`: `when`:',
		],
		[
			'a ticket connector that does not exist',
			{ 'interlock.yaml': 'tickets: {connector: jira}\n' },
			'plant/interlock.yaml:1:22: there is no connector `jira`',
		],
		[
			'a site rule that loosens',
			{ 'safety/a.yaml': '- {id: a, class: AUTO, reason: r}\n' },
			'plant/safety/a.yaml:1:18: `[0].class`: `AUTO` is not known here',
		],
		[
			'a site rule with a key that means nothing',
			{ 'safety/a.yaml': '- {id: a, class: ONE, reason: r, match: {zone: [x]}}\n' },
			'unknown key `zone`\n    help: did you mean `zones`?',
		],
		[
			'a site rule twice',
			{ 'safety/a.yaml': '- {id: a, class: ONE, reason: r}\n', 'safety/b.yaml': '- {id: a, class: ONE, reason: r}\n' },
			'plant/safety/b.yaml:1:3: the site rule `a` stands in plant/safety/a.yaml already',
		],
		[
			'two inventories',
			{ 'inventory.yaml': 'assets: []\n', 'inventory.csv': 'id\n' },
			'plant/inventory.csv:1:1: `inventory.yaml` is there too',
		],
		[
			'an inventory with a fault',
			{ 'inventory.yaml': 'assets: [{id: a, ip: x}]\n' },
			'plant/inventory.yaml:1:22: asset `a`: `x` is not valid in `ip`',
		],
		['a rule file that is no YAML', { 'rules/a.yaml': 'a: [\n' }, 'plant/rules/a.yaml:2:1: not readable as YAML'],
		['a list where a mapping is due', { 'interlock.yaml': '- a\n' }, 'plant/interlock.yaml:1:1'],
	];
	it.each(faults)('%s', (_, files, expected) => {
		expect(load(files, {}, { short: 'abc', f: 'long-enough-secret' }).ok).toBe(false);
		expect(textOf(files, {}, { short: 'abc', f: 'long-enough-secret' })).toContain(expected);
	});

	it('a folder that is not there', () => {
		expect(loadConfig({ INTERLOCK_CONFIG: '/nowhere' }, readerOf({}), NOW)).toMatchObject({ ok: false });
	});

	it('all of them at once, environment and files', () => {
		const text = textOf(
			{
				'sources.yaml': '- {nam: a}\n',
				'people.yaml': '- {id: a}\n',
				'windows.csv': 'chang\n',
				'interlock.yaml': 'x: 1\n',
			},
			{ PORT: 'x' },
		);
		for (const part of ['PORT', 'sources.yaml:1:4', 'people.yaml:1:3', 'windows.csv:1:1', 'interlock.yaml:1:1'])
			expect(text).toContain(part);
	});

	it('whatever the files hold: the loader never throws', () => {
		const files = ['interlock.yaml', 'sources.yaml', 'people.yaml', 'routes.yaml', 'safety/a.yaml', 'rules/a.yaml'];
		const value = fc.letrec((tie) => ({
			any: fc.oneof(
				{ maxDepth: 3 },
				fc.string({ maxLength: 8 }),
				fc.integer(),
				fc.constant(null),
				fc.boolean(),
				fc.array(tie('any'), { maxLength: 3 }),
				fc.dictionary(
					fc.constantFrom(
						'name',
						'kind',
						'auth',
						'type',
						'people',
						'groups',
						'match',
						'when',
						'sites',
						'x',
						'__proto__',
					),
					tie('any'),
					{ maxKeys: 4 },
				),
			),
		})).any;
		fc.assert(
			fc.property(
				fc.constantFrom(...files),
				fc.oneof(
					fc.string(),
					value.map((item) => JSON.stringify(item) ?? ''),
				),
				(file, text) => {
					const loaded = load({ [file]: text });
					expect(loaded.ok || loaded.error.some((finding) => finding.level === 'error')).toBe(true);
				},
			),
			{ numRuns: 400 },
		);
	});
});

describe('the folder on disk', () => {
	it('is read one level deep, YAML and CSV only, and secrets from files beside it', () => {
		const folder = mkdtempSync(join(tmpdir(), 'interlock-config-'));
		try {
			mkdirSync(join(folder, 'rules'));
			mkdirSync(join(folder, '.git'));
			writeFileSync(
				join(folder, 'sources.yaml'),
				'- {name: a, kind: nozomi, auth: {type: bearer, secret_file: token}}\n',
			);
			writeFileSync(join(folder, 'token'), 'token-from-a-file\n');
			writeFileSync(join(folder, 'rules', 'a.yaml'), 'rules: []\n');
			writeFileSync(join(folder, 'README.md'), 'not read');
			writeFileSync(join(folder, '.git', 'x.yaml'), 'not read');
			const read = readFolder(folder);
			expect(read.ok && [...read.value.keys()].sort()).toEqual(['rules/a.yaml', 'sources.yaml']);
			const loaded = loadConfig({ INTERLOCK_CONFIG: folder }, fileReader, NOW);
			const credential = loaded.ok ? loaded.value.sources?.[0]?.credential : null;
			expect(credential?.type === 'bearer' && credential.secrets[0]?.reveal()).toBe('token-from-a-file');
		} finally {
			rmSync(folder, { recursive: true, force: true });
		}
	});

	it('may be links, as Kubernetes mounts it: a folder of rules that is passed over would be rules that nobody keeps', () => {
		const folder = mkdtempSync(join(tmpdir(), 'interlock-config-'));
		try {
			mkdirSync(join(folder, '..data', 'safety'), { recursive: true });
			writeFileSync(join(folder, '..data', 'interlock.yaml'), 'sites: []\n');
			writeFileSync(join(folder, '..data', 'safety', 'north.yaml'), '[]\n');
			symlinkSync(join('..data', 'interlock.yaml'), join(folder, 'interlock.yaml'));
			symlinkSync(join('..data', 'safety'), join(folder, 'safety'));
			symlinkSync('nowhere', join(folder, 'gone'));
			const read = readFolder(folder);
			expect(read.ok && [...read.value.keys()].sort()).toEqual(['interlock.yaml', 'safety/north.yaml']);
		} finally {
			rmSync(folder, { recursive: true, force: true });
		}
	});

	it('that is not there, or not UTF-8, is told in words', () => {
		const folder = mkdtempSync(join(tmpdir(), 'interlock-config-'));
		try {
			expect(readFolder(join(folder, 'gone'))).toEqual({ ok: false, error: 'there is no such file or folder' });
			writeFileSync(join(folder, 'people.yaml'), Buffer.from([0x6e, 0xe4, 0x0a]));
			expect(readFolder(folder)).toEqual({ ok: false, error: 'people.yaml: is not UTF-8 text' });
			chmodSync(folder, 0o700);
		} finally {
			rmSync(folder, { recursive: true, force: true });
		}
	});
});
