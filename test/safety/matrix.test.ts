// The matrix, the document made of it, the words of an explanation, and the command that prints them.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { policy } from '../../src/cli/policy.ts';
import { DECISION_CLASSES, type DecisionClass } from '../../src/domain/decision.ts';
import { decide } from '../../src/safety/decide.ts';
import { explain } from '../../src/safety/explain.ts';
import { matrixCsv, policyMatrix } from '../../src/safety/matrix.ts';
import { withSections } from './doc-sections.ts';
import { asset, facts, NOW, step } from './plant.ts';

const DOCUMENT = new URL('../../docs/safety.md', import.meta.url);

describe('the matrix', () => {
	test('has the keys of the contract, no more and no less', () => {
		const keys = ['row', 'actions', 'effect', 'asset_classes', 'levels', 'class', 'condition', 'reason', 'source'];
		for (const entry of policyMatrix()) expect(Object.keys(entry)).toEqual(keys);
	});

	test('gives rules no class, and every rule G1 to G12 and W is there', () => {
		const rules = policyMatrix().filter((entry) => entry.class === null);
		expect(rules.map((entry) => entry.row)).toEqual(
			expect.arrayContaining(['W', ...Array.from({ length: 12 }, (_, i) => `G${i + 1}`)]),
		);
	});

	test('is never looser than what the gate says, even in the best of worlds', () => {
		const inDoubt = new Set(
			policyMatrix().flatMap((entry) => (entry.condition.includes('unless shown') ? [entry.row] : [])),
		);
		const loosest = new Map<string, DecisionClass>();
		for (const entry of policyMatrix()) {
			for (const action of entry.actions) {
				for (const one of entry.asset_classes) {
					for (const level of entry.levels) {
						if (entry.class === null || level === 'unknown') continue;
						const key = `${entry.row} ${action} ${one} ${level}`;
						const held = loosest.get(key);
						// Of the classes of one row the loosest is what it can give at best.
						const isLooser =
							held === undefined || DECISION_CLASSES.indexOf(entry.class) < DECISION_CLASSES.indexOf(held);
						if (isLooser) loosest.set(key, entry.class);
					}
				}
			}
		}
		expect(loosest.size).toBeGreaterThan(3_000);
		for (const [key, atBest] of loosest) {
			const [row = '', action = '', one = '', level = ''] = key.split(' ');
			const decision = decide(step(action), facts(asset(one as never, level as never)), NOW);
			const isAbsent = !decision.rows.some((say) => say.row === row);
			// A row that applies only in doubt (N12, A02, ...) is absent where the doubt is settled.
			if (isAbsent && inDoubt.has(row)) continue;
			if (DECISION_CLASSES.indexOf(decision.class) < DECISION_CLASSES.indexOf(atBest))
				expect.fail(`${key}: ${atBest}, gate: ${decision.class}`);
		}
	});

	test('is quoted as CSV', () => {
		const lines = matrixCsv(policyMatrix()).split('\r\n');
		expect(lines[0]).toBe('row,actions,effect,asset_classes,levels,class,condition,reason,source');
		expect(lines.find((line) => line.startsWith('R02'))).toContain(
			'"informational only; never ""press X"" without a human author"',
		);
	});

	test('each test that docs/safety.md names is there, by its file and title', () => {
		const text = readFileSync(DOCUMENT, 'utf8').replace(/\n\s*/g, ' ');
		const named = [...text.matchAll(/`(test\/[\w/.-]+\.test\.ts)`((?:[:;] "[^"]+")*)/g)];
		expect(named.length).toBeGreaterThan(15);
		for (const [, file = '', titles = ''] of named) {
			const source = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
			for (const [, title = ''] of titles.matchAll(/"([^"]+)"/g)) expect(source, `${file}: ${title}`).toContain(title);
		}
	});

	test('stands in docs/safety.md as it is (UPDATE_DOCS=1 writes it)', () => {
		const text = readFileSync(DOCUMENT, 'utf8');
		const current = withSections(text);
		if (process.env['UPDATE_DOCS'] === '1') writeFileSync(DOCUMENT, current);
		else expect(text).toBe(current);
	});
});

describe('an explanation', () => {
	test('says what is missing, who can say it, who acts, and what can be done instead', () => {
		const { lines, decision } = explain(step('isolate_host'), facts(asset('hmi', '2'), { readings: [] }), NOW);
		const text = lines.join('\n');
		expect(decision.class).toBe('NEVER');
		expect(text).toContain('H05 NEVER: blind operator');
		expect(text).toContain('sole_view of `target-1` is missing, counts as true');
		expect(text).toContain('ot_operator');
		expect(text).toContain('N06');
		expect(decision.summary).toBe('Not done: isolate a host: `target-1` (H05: blind operator).');
	});

	test('lists approvers and waits of a step for two people', () => {
		const { lines } = explain(step('isolate_host', { params: {} }), facts(asset('engineering_workstation', '3')), NOW);
		expect(lines.join('\n')).toContain('one person of OT: ot_engineer or ot_operator');
	});
});

describe('interlock policy', () => {
	const folder = mkdtempSync(join(tmpdir(), 'interlock-policy-'));
	afterAll(() => rmSync(folder, { recursive: true }));
	const file = (name: string, text: string): string => {
		writeFileSync(join(folder, name), text);
		return join(folder, name);
	};
	const run = async (...args: string[]) => {
		const out: string[] = [];
		const err: string[] = [];
		const code = await policy(args, { out: (text) => void out.push(text), err: (text) => void err.push(text) });
		return { code, out: out.join(''), err: err.join('') };
	};
	const assets = file(
		'assets.yaml',
		'assets:\n  - {id: pc-7, hostname: PC-7, ip: 192.0.2.7, site: north, zone: office, purdue: 4, kind: ws, domain: it}\n  - {id: press-plc, ip: 192.0.2.90, site: north, zone: press, purdue: 1, kind: plc}\nzones:\n  - {id: office, site: north}\n  - {id: press, site: north}\n',
	);
	const known = file(
		'facts.yaml',
		['ot_dependency', 'dual_homed', 'operator_remote_view', 'action_cuts_own_path']
			.map((name) => `- {name: ${name}, subject: pc-7, value: false}\n`)
			.join(''),
	);

	test('matrix prints JSON, CSV and Markdown', async () => {
		const json = await run('matrix', '--format', 'json');
		expect(json.code).toBe(0);
		expect(JSON.parse(json.out)).toEqual(policyMatrix());
		expect((await run('matrix')).out).toMatch(/^\| row \|/);
		expect((await run('matrix', '--format', 'csv')).out).toMatch(/^row,/);
	});

	test('explain judges with the inventory and the facts that it is given', async () => {
		const bare = await run('explain', '--action', 'isolate_host', '--asset', 'PC-7', '--assets', assets, '--json');
		expect(bare.code, bare.err).toBe(0);
		expect(JSON.parse(bare.out)).toMatchObject({ class: 'HANDS', effect: 'contain' });
		const one = await run(
			'explain',
			'--action',
			'isolate_host',
			'--asset',
			'pc-7',
			'--assets',
			assets,
			'--facts',
			known,
			'--json',
		);
		expect(JSON.parse(one.out)).toMatchObject({ class: 'ONE', holds: [], missing: [] });
		const auto = await run(
			'explain',
			'--action',
			'isolate_host',
			'--asset',
			'pc-7',
			'--assets',
			assets,
			'--facts',
			known,
			'--confidence',
			'0.9',
			'--json',
		);
		expect(JSON.parse(auto.out)).toMatchObject({ class: 'AUTO' });
		const plc = await run('explain', '--action', 'change_mode', '--asset', 'press-plc', '--assets', assets);
		expect(plc.out).toContain('C03 HANDS');
	});

	test('without an inventory every asset is judged as a controller', async () => {
		const answer = await run('explain', '--action', 'isolate_host', '--asset', 'pc-7', '--json');
		expect(JSON.parse(answer.out)).toMatchObject({ class: 'HANDS' });
	});

	test('an expired fact does not count', async () => {
		const old = file(
			'old.yaml',
			readFileSync(known, 'utf8').replaceAll('false}', 'false, expires: 2026-11-22T02:00:00Z}'),
		);
		const at = ['--at', '2026-11-22T03:00:00Z'];
		const answer = await run(
			'explain',
			'--action',
			'isolate_host',
			'--asset',
			'pc-7',
			'--assets',
			assets,
			'--facts',
			old,
			...at,
			'--json',
		);
		expect(JSON.parse(answer.out).missing[0]).toMatchObject({ why: 'expired' });
	});

	test.each<[string, string[], number, string]>([
		['no command', [], 2, 'usage'],
		['an unknown format', ['matrix', '--format', 'xml'], 2, '`xml`'],
		['no action', ['explain'], 2, '--action'],
		['an unknown option', ['explain', '--nope'], 2, 'nope'],
		['a bad time', ['explain', '--action', 'notify', '--at', 'yesterday'], 2, '`yesterday`'],
		['a bad confidence', ['explain', '--action', 'notify', '--confidence', '7'], 2, 'confidence'],
		['a missing file', ['explain', '--action', 'notify', '--assets', '/no/such/file.yaml'], 3, 'no/such'],
	])('%s: exit code and words', async (_, args, code, words) => {
		const answer = await run(...args);
		expect(answer.code).toBe(code);
		expect(answer.err).toContain(words);
	});

	test.each([
		['an unknown fact', '- {name: dual_home, subject: pc-7, value: false}', '`dual_homed`'],
		['a value it cannot take', '- {name: zone_state, subject: office, value: fine}', 'normal'],
		['no subject', '- {name: dual_homed, value: false}', 'name the asset'],
		['broken YAML', '- {name: [', 'YAML'],
		['no list', 'name: x', 'expected array'],
	])('a facts file with %s is a finding with its place', async (_, text, words) => {
		const answer = await run('explain', '--action', 'notify', '--facts', file('wrong.yaml', text));
		expect(answer.code).toBe(1);
		expect(answer.err).toContain('wrong.yaml:');
		expect(answer.err).toContain(words);
	});
});
