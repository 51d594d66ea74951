import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { playbook } from '../../src/cli/playbook.ts';

let folder: string;
const file = (name: string) => join(folder, name);
beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), 'interlock-playbook-'));
	writeFileSync(
		file('assets.yaml'),
		`zones:
  - { id: cell-1, site: north }
assets:
  - { id: hmi-1, ip: 10.2.0.3, site: north, zone: cell-1, purdue: 2, kind: hmi, domain: ot, sole_view: true }
  - { id: lap-1, ip: 10.4.0.3, site: north, purdue: 4, kind: endpoint, domain: it }
`,
	);
	writeFileSync(
		file('facts.yaml'),
		['ot_dependency', 'dual_homed', 'operator_remote_view', 'action_cuts_own_path']
			.map((name) => `- { name: ${name}, subject: lap-1, value: false }`)
			.join('\n'),
	);
	writeFileSync(file('wrong.yaml'), '- { name: sole_vew, subject: lap-1, value: false }');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
	let out = '';
	let err = '';
	const code = await playbook(args, {
		out: (text) => {
			out += text;
		},
		err: (text) => {
			err += text;
		},
		stdin: async () => new Uint8Array(),
		env: {},
	});
	return { code, out, err };
}
const decisions = async (...args: string[]) => {
	const { code, out } = await run('plan', ...args, '--json');
	expect(code).toBe(0);
	const steps: { key: string; decision: { class: string } }[] = JSON.parse(out).steps;
	return Object.fromEntries(steps.map((step) => [step.key, step.decision.class]));
};

describe('interlock playbook', () => {
	it('lists the shipped ones', async () => {
		const { code, out } = await run('list', '--json');
		expect(code).toBe(0);
		expect(JSON.parse(out).length).toBeGreaterThanOrEqual(20);
	});

	it('shows a plan with what must not be done first and a decision on each step', async () => {
		const { code, out } = await run('plan', 'loss-of-view', '--asset', 'hmi-1', '--assets', file('assets.yaml'));
		expect(code).toBe(0);
		expect(out).toMatch(/Must not be done:[\s\S]+WHAT THE BOT DOES BY ITSELF[\s\S]+page-operator[\s\S]+WHAT IT ASKS/);
		expect(out).toMatch(/WHAT HANDS DO[\s\S]+HANDS restart-hmi[\s\S]+H16/);
	});

	it('shows how stated facts change a decision', async () => {
		const asset = ['malware-it-endpoint', '--asset', 'lap-1', '--assets', file('assets.yaml')];
		expect((await decisions(...asset))['isolate']).not.toBe('AUTO');
		expect((await decisions(...asset, '--facts', file('facts.yaml')))['isolate']).toBe('AUTO');
		expect((await decisions(...asset, '--facts', file('facts.yaml'), '--confidence', '0.4'))['isolate']).not.toBe(
			'AUTO',
		);
	});

	it('plans nothing automatic but words and reading on assets that nobody knows', async () => {
		for (const id of [
			'malware-it-endpoint',
			'vendor-remote-session',
			'plc-logic-change',
			'blind-sensor',
			'it-ot-lateral-movement',
			'loss-of-view',
			'process-safety-alarm',
		]) {
			const { out } = await run(
				'plan',
				id,
				'--asset',
				'mystery',
				'--actor',
				'other',
				'--value',
				'session=S-1',
				'--json',
			);
			for (const step of JSON.parse(out).steps) {
				if (step.decision.class !== 'AUTO') continue;
				expect(
					['notify', 'page', 'ask_person', 'ask_control_room', 'enrich', 'open_ticket'],
					`${id} ${step.key}`,
				).toContain(step.action);
			}
		}
	});

	it.each([
		[[], 2],
		[['plan', 'loss-of-view'], 2],
		[['plan', 'loss-of-vew', '--asset', 'x'], 2],
		[['plan', 'loss-of-view', '--asset', 'x', '--severity', 'bad'], 2],
		[['plan', 'loss-of-view', '--asset', 'x', '--value', 'nope=1'], 2],
		[['plan', 'loss-of-view', '--asset', 'x', '--at', 'yesterday'], 2],
		[['plan', 'loss-of-view', '--asset', 'x', '--assets', '/no/such/file'], 3],
		[['test', 'loss-of-vew'], 2],
		[['test', '--tests', '/no/such/folder'], 3],
		[['sheet'], 2],
		[['sheet', 'loss-of-view', '--format', 'pdf'], 2],
		[['plan', 'loss-of-view', '--asset', 'x', '--input', 'nope=1'], 2],
		[['import'], 2],
		[['export'], 2],
		[['list', '--nope'], 2],
	])('answers %j with exit %d and a reason', async (args, code) => {
		const answer = await run(...args);
		expect(answer.code).toBe(code);
		expect(answer.err).not.toBe('');
		expect(answer.out).toBe('');
	});

	it('points at a wrong fact and says what was meant', async () => {
		const answer = await run('plan', 'loss-of-view', '--asset', 'x', '--facts', file('wrong.yaml'));
		expect(answer.code).toBe(1);
		expect(answer.err).toMatch(/wrong\.yaml:1:\d+: unknown fact `sole_vew`[\s\S]+did you mean `sole_view`/);
	});
});

describe('interlock playbook sheet', () => {
	it('prints who leads, what must not be done, each step with its class, boxes to tick and lines to sign', async () => {
		const { code, out } = await run('sheet', 'plc-logic-change', '--asset', 'hmi-1', '--assets', file('assets.yaml'));
		expect(code).toBe(0);
		for (const part of [
			'WHO LEADS',
			'TELEPHONES',
			'MUST NOT BE DONE',
			'[NO] ',
			'[BY HAND] ',
			'[ASK] ',
			'[BOT] ',
			'  [ ] ',
			'signature, time): ___',
		])
			expect(out).toContain(part);
		expect(out.split('\n').every((line) => line.length <= 140)).toBe(true);
		expect(out).not.toContain('(not known)');
	});

	it('without an asset leaves a blank, and is as strict as for an asset that nobody knows', async () => {
		const { out } = await run('sheet', 'malware-it-endpoint');
		expect(out).toContain('About: ____');
		expect(out).not.toContain('the-asset');
		expect(out).not.toMatch(/\[(?:BOT|ONE AGREES|TWO AGREE).*\] .*[Ii]solate/);
	});

	it.each(['md', 'html'])('comes as %s, in which nothing of a text is a mark', async (format) => {
		const hostile = '<b>x</b>';
		const { code, out } = await run('sheet', 'plc-logic-change', '--asset', hostile, '--format', format);
		expect(code).toBe(0);
		expect(out).not.toContain(hostile);
		if (format === 'html') expect(out).toMatch(/^<!doctype html>[\s\S]+@page\{size:A4/);
		if (format === 'html') expect(out).not.toMatch(/<script|<img|https?:/);
		if (format === 'md') expect(out).toContain('- [ ] ');
	});
});

describe('interlock playbook test', () => {
	const folder = () => mkdtempSync(join(tmpdir(), 'interlock-cases-'));
	const PLANT = `zones:
  - { id: cell-1, site: north }
assets:
  - { id: hmi-1, site: north, zone: cell-1, purdue: 2, kind: hmi, domain: ot, sole_view: true }
`;
	const cases = (expected: string) => `playbook: loss-of-view
cases:
  - name: a station that is the only view
    given: { assets: [hmi-1] }
    expect:
${expected}
`;
	const test = async (expected: string, ...args: string[]) => {
		const at = folder();
		writeFileSync(join(at, 'plant.yaml'), PLANT);
		writeFileSync(join(at, 'loss-of-view.yaml'), cases(expected));
		return await run('test', '--tests', at, ...args);
	};

	it('passes where everything is as written', async () => {
		const { code, out } = await test(
			'      steps: { restart-hmi: HANDS }\n      never: { on: [hmi-1], effects: [control] }',
		);
		expect(out).toContain('ok   loss-of-view: 1 cases');
		expect(code).toBe(0);
	});

	it.each([
		[
			'      steps: { restart-hmi: AUTO }',
			/loss-of-view\.yaml:6:\d+: case `a station[^`]+`: `restart-hmi` is HANDS, expected AUTO/,
		],
		['      steps: { restart-hmj: HANDS }', /`restart-hmj` is not in the plan/],
		['      not_planned: [restart-hmi]', /`restart-hmi` is in the plan/],
		['      branches: { nothing: do }', /`nothing` was not decided/],
		['      order: [restart-hmi, page-operator]', /`page-operator` was begun before `restart-hmi` was over/],
		['      never: { actions: [page] }', /`page-operator` is AUTO: `page` by the bot/],
		['      stepz: {}', /unknown key `stepz`/],
		['      steps: { restart-hmi: MAYBE }', /`MAYBE` is not known here/],
	])('says with file and line what is not as written: %s', async (expected, message) => {
		const { code, out } = await test(expected);
		expect(out).toMatch(message);
		expect(code).toBe(1);
	});

	it('passes on every case that is shipped, and no shipped playbook is without one', async () => {
		const { code, out } = await run('test', '--json');
		const { cases: all, faults, untested } = JSON.parse(out);
		expect(faults).toEqual([]);
		expect(all.filter((one: { failures: string[] }) => one.failures.length > 0)).toEqual([]);
		expect(all.length).toBeGreaterThan(100);
		expect(untested).toEqual([]);
		expect(code).toBe(0);
	}, 120_000);
});
