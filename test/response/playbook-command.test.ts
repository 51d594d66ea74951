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
		expect(JSON.parse(out)).toHaveLength(7);
	});

	it('shows a plan with what must not be done first and a decision on each step', async () => {
		const { code, out } = await run('plan', 'loss-of-view', '--asset', 'hmi-1', '--assets', file('assets.yaml'));
		expect(code).toBe(0);
		expect(out).toMatch(/Must not be done:[\s\S]+1\. AUTO {2}page-operator[\s\S]+HANDS restart-hmi[\s\S]+H16/);
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
		[['test'], 2],
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
