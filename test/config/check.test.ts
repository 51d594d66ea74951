import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { check } from '../../src/cli/check.ts';
import { checkPlaybook } from '../../src/cli/check-playbook.ts';
import { formatFinding } from '../../src/config/finding.ts';
import { readPlaybook, readPlaybooks } from '../../src/config/playbook-file.ts';

const NOW = Date.UTC(2026, 0, 5, 3);
let folder: string;
beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'interlock-check-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const write = (files: Record<string, string>): void => {
	for (const [name, text] of Object.entries(files)) {
		mkdirSync(dirname(join(folder, name)), { recursive: true });
		writeFileSync(join(folder, name), text);
	}
};
async function run(args: string[], env: Record<string, string> = {}) {
	const said = { out: '', err: '' };
	const code = await check(
		args,
		{
			out: (text) => {
				said.out += text;
			},
			err: (text) => {
				said.err += text;
			},
			stdin: async () => new Uint8Array(),
			env,
		},
		NOW,
	);
	// What other stages ship is theirs: here only the folder's own findings count.
	const own = said.out
		.split('\n')
		.filter((line) => line.includes(folder) || line.startsWith('    '))
		.join('\n');
	return { code, ...said, own };
}

const PLAYBOOK = `id: own-playbook
title: Our own
version: 1.0.0
summary: What we do
lead: it_lead
must_not: [do not switch it off]
steps:
  - {key: tell, title: Tell people, action: notify, params: {text: 'see {incident}'}}
  - {key: cut, title: Isolate, action: isolate_host, target: primary, after: [tell]}
`;
const findingsOf = (text: string): string => {
	const read = readPlaybook(text, 'p.yaml');
	return [...read.findings, ...(read.loaded === null ? [] : checkPlaybook(read.loaded))].map(formatFinding).join('\n');
};

describe('interlock check', () => {
	it('finds nothing in a folder that is right', async () => {
		write({
			'sources.yaml': '- {name: a, kind: nozomi}\n',
			'playbooks/own.yaml': PLAYBOOK,
			'safety/a.yaml': '- {id: a, match: {actions: [isolate_host]}, class: HANDS, reason: ours}\n',
		});
		expect((await run([folder])).own).toBe('');
	});

	it('lists the findings of all files with their places, and exits 1', async () => {
		write({
			'sources.yaml': '- {name: a, kind: nozomy}\n',
			'inventory.csv': 'id,purdue\na,9\n',
			'safety/a.yaml': '- {id: a, match: {actions: [isolate_hosts], zones: [nowhere]}, class: HANDS, reason: ours}\n',
			'playbooks/own.yaml': PLAYBOOK.replace('action: notify', 'action: notfy'),
			'rules/own.yaml': 'rule: []\n',
			'interlock.yaml':
				'connectors: [{name: x, kind: generic-http, base_url: "https://x.example", calls: {stop_plc: {path: /}, notify: {path: /}}}]\n',
		});
		const { code, own } = await run([], { INTERLOCK_CONFIG: folder });
		expect(code).toBe(1);
		for (const part of [
			`${folder}/sources.yaml:1:3: source \`a\`: there is no kind \`nozomy\``,
			`${folder}/inventory.csv:2:3: asset \`a\`: \`9\` is no Purdue level`,
			`${folder}/safety/a.yaml:1:3: site rule \`a\`: there is no action \`isolate_hosts\``,
			`${folder}/playbooks/own.yaml:8:45: step \`tell\`: there is no action \`notfy\``,
			`${folder}/rules/own.yaml:1:1:`,
			`${folder}/interlock.yaml:1:14: connector \`x\`: there is no action \`stop_plc\``,
			`${folder}/interlock.yaml:1:14: connector \`x\`: \`notify\` is not done by a connector`,
		]) {
			expect(own).toContain(part);
		}
	});

	it("knows the kinds of the site's mapping files, and refuses one that has a built-in kind's name", async () => {
		const mapping = 'format: json\nalert: {title: record.t, identity: [record.t]}\n';
		write({ 'mappings/press.yaml': mapping, 'sources.yaml': '- {name: a, kind: press}\n- {name: b, kind: pres}\n' });
		const { own } = await run([folder]);
		expect(own).not.toContain('`press`\n');
		expect(own).toContain(
			`${folder}/sources.yaml:2:3: source \`b\`: there is no kind \`pres\`\n    help: did you mean \`press\`?`,
		);
		write({ 'mappings/nozomi.yaml': mapping });
		expect((await run([folder])).own).toContain(
			`${folder}/mappings/nozomi.yaml:1:1: \`nozomi\` is the name of a built-in kind`,
		);
	});

	it('tells faults of a mapping file with their place', async () => {
		write({ 'mappings/press.yaml': 'format: json\nalert: {title: rec.t, identity: [record.t]}\n' });
		const { code, own } = await run([folder]);
		expect(code).toBe(1);
		expect(own).toContain(`${folder}/mappings/press.yaml:2:16: \`alert.title\`: line 1, column 1`);
	});

	it('gives a JSON object a line where it is asked to', async () => {
		write({ 'inventory.csv': 'id,purdue\na,9\n' });
		const lines = (await run([folder, '--json'])).out
			.trim()
			.split('\n')
			.map((line) => JSON.parse(line));
		expect(lines).toContainEqual({
			file: `${folder}/inventory.csv`,
			line: 2,
			column: 3,
			level: 'error',
			message: expect.stringContaining('Purdue'),
			help: expect.any(String),
		});
	});

	it('knows wrong usage from findings', async () => {
		expect((await run(['a', 'b'])).code).toBe(2);
		expect((await run(['--frob'])).code).toBe(2);
		expect((await run([folder])).code).not.toBe(2);
	});
});

describe('interlock check of what is no folder', () => {
	it.each([
		['a folder that is not there', 'gone', 'there is no such folder'],
		['a file', 'interlock.yaml', 'is a file'],
	])('names %s and exits 3', async (_, name, words) => {
		write({ 'interlock.yaml': '' });
		const path = join(folder, name);
		const given = await run([path]);
		expect(given).toMatchObject({ code: 3, out: '' });
		expect(given.err).toContain(`check: \`${path}\``);
		expect(given.err).toContain(words);
		const named = await run([], { INTERLOCK_CONFIG: path });
		expect(named).toMatchObject({ code: 3, out: '' });
		expect(named.err).toContain(`INTERLOCK_CONFIG names \`${path}\``);
	});
});

describe('a fault of form hides no fault of meaning:', () => {
	const BAD_AUTH = '- {name: a, kind: nozomi, auth: {type: magic}}\n';
	const cases: readonly [string, Record<string, string>, readonly string[]][] = [
		[
			'sources',
			{
				'sources.yaml': `${BAD_AUTH}- {name: a, kind: nozomy}\n- {name: c, kind: zabbixx, auth: {type: bearer, secret_env: NOT_SET}, heartbeat: 1}\n- {name: d, kind: wazuh, auth: {type: bearer, secret_env: NOT_SET}}\n`,
			},
			['[0].auth', 'no kind `nozomy`', 'source `a` stands twice', 'no kind `zabbixx`', '`NOT_SET` is not set'],
		],
		[
			'people',
			{ 'people.yaml': 'people:\n  - {id: a, name: A, roles: [boss]}\n  - {id: a, name: B}\n' },
			['`boss` is not known', 'person `a` stands twice'],
		],
		[
			'routes',
			{
				'people.yaml': '- {id: anna, nam: A}\n',
				'routes.yaml': '- {when: "incident.domian == 1", people: [ana], chanel: x}\n',
			},
			['unknown key `chanel`', 'no person `ana`', 'no field `domian`: did you mean `domain`?', 'line 1, column 10'],
		],
		[
			'site rules',
			{ 'safety/a.yaml': '- {id: a, match: {actions: [isolate_hots]}, class: HAND, reason: r}\n' },
			['`HAND` is not known', 'no action `isolate_hots`'],
		],
		[
			'settings',
			{
				'interlock.yaml':
					'limits: {cards_per_hour: 3}\nsites: [{name: n}, {name: n}]\nconnectors: [{name: x, kind: generic-http, base_url: "https://x.example", calls: {stop_plc: {path: /}}, auth: {type: bearer, secret_env: NOT_SET}}]\ntickets: {connector: y}\n',
			},
			[
				'`limits`: unknown key `cards_per_hour`: not a setting of this version',
				'site `n` stands twice',
				'no action `stop_plc`',
				'no connector `y`',
				'`NOT_SET` is not set',
			],
		],
	];
	it.each(cases)('%s', async (_, files, parts) => {
		write(files);
		const { code, own } = await run([folder]);
		expect(code).toBe(1);
		for (const part of parts) expect(own).toContain(part);
	});

	it('a rule with a misspelt field', async () => {
		write({
			'rules/own.yaml':
				'rules:\n  - {id: own-rule, title: Our own, order: 900, when: \'alert.severty == "high" && labels.text("anything") == ""\', tags: [x]}\n',
		});
		expect((await run([folder])).out).toContain('`alert` has no field `severty`: did you mean `severity`?');
	});
});

describe('a site rule about places', () => {
	const rule = '- {id: r, match: {zones: [cell-9], sites: [nrth], assets: [plc-2]}, class: HANDS, reason: ours}\n';

	it('that the inventory does not have is an error', async () => {
		write({ 'safety/a.yaml': rule, 'inventory.csv': 'id,site,zone,kind,purdue\nplc-1,north,cell-1,plc,1\n' });
		const { code, own } = await run([folder]);
		expect(code).toBe(1);
		for (const name of ['cell-9', 'nrth', 'plc-2'])
			expect(own).toMatch(
				new RegExp(`safety/a.yaml:1:3: site rule .r.: .\\w+.: the inventory does not have .${name}.`),
			);
		expect(own).toContain('did you mean `north`?');
	});

	it('without an inventory is an error, and with one that cannot be read nobody knows', async () => {
		write({ 'safety/a.yaml': rule });
		expect((await run([folder])).own).toContain('there is no inventory with `cell-9`');
		write({ 'inventory.csv': 'id,purdue\na,9\n' });
		expect((await run([folder])).own).not.toContain('cell-9');
	});
});

describe('a playbook', () => {
	it('that is right has no finding, and a version that its words decide', () => {
		expect(findingsOf(PLAYBOOK)).toBe('');
		const version = (text: string) => readPlaybook(text, 'p.yaml').loaded?.version;
		expect(version(`# a comment\n${PLAYBOOK}`)).toBe(version(PLAYBOOK));
		expect(version(PLAYBOOK.replace('Our own', 'Our'))).not.toBe(version(PLAYBOOK));
	});

	const faults: readonly [string, string, string][] = [
		[
			'an action that does not exist',
			PLAYBOOK.replace('isolate_host', 'isolate_hots'),
			'p.yaml:9:40: step `cut`: there is no action `isolate_hots`\n    help: did you mean `isolate_host`?',
		],
		[
			'a step that waits for nobody',
			PLAYBOOK.replace('[tell]', '[tel]'),
			'there is no step `tel`\n    help: did you mean `tell`?',
		],
		['a step that waits for itself', PLAYBOOK.replace('[tell]', '[cut]'), 'it waits for itself'],
		[
			'steps that wait for one another',
			PLAYBOOK.replace('action: notify,', 'action: notify, after: [cut],'),
			'these steps wait for one another: `tell`, `cut`',
		],
		[
			'a placeholder without a value',
			PLAYBOOK.replace('{incident}', '{incidnt}'),
			'there is no value `{incidnt}`\n    help: did you mean `incident`?',
		],
		['an action on an asset without a target', PLAYBOOK.replace(' target: primary,', ''), 'names no `target`'],
		[
			'an undo that does not exist',
			PLAYBOOK.replace('after: [tell]', 'undo: relase_host'),
			'there is no action `relase_host`',
		],
		[
			'a key that means nothing',
			PLAYBOOK.replace('summary:', 'sumary:'),
			'unknown key `sumary`\n    help: did you mean `summary`?',
		],
		[
			'a parameter that the action does not have',
			PLAYBOOK.replace("text: 'see {incident}'", "texts: 'see'"),
			'p.yaml:8:',
		],
		['nothing in it', '', 'p.yaml:1:1: the file is empty'],
	];
	it.each(faults)('with %s is told so', (_, text, expected) => {
		expect(findingsOf(text)).toContain(expected);
	});

	it('whose id another has is an error of the second, and ids of faulty files are known', () => {
		const read = readPlaybooks([
			['a.yaml', PLAYBOOK],
			['b.yaml', PLAYBOOK],
			['c.yaml', 'id: faulty\n'],
		]);
		expect(read.findings.map(formatFinding)[0]).toContain(
			'b.yaml:1:5: the playbook `own-playbook` stands in a.yaml already',
		);
		expect([...read.ids]).toEqual(['own-playbook', 'faulty']);
	});
});
