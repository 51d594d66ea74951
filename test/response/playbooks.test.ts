import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { checkPlaybook } from '../../src/cli/check-playbook.ts';
import { readPlaybook } from '../../src/config/playbook-file.ts';
import { readPlaybookTest } from '../../src/config/playbook-test-file.ts';
import { parseYaml } from '../../src/config/yaml-file.ts';
import { ConnectorConfig } from '../../src/domain/connector.ts';
import { allNodes } from '../../src/domain/playbook-step.ts';
import { RUNNABLE } from '../../src/response/actions/index.ts';
import { PLACEHOLDER_NAMES } from '../../src/response/evidence.ts';
import { callsOf } from '../../src/response/flow/program.ts';

const FOLDER = new URL('../../playbooks/', import.meta.url);
const FILES = readdirSync(FOLDER).filter((name) => name.endsWith('.yaml'));
const load = (file: string) => readPlaybook(readFileSync(new URL(file, FOLDER), 'utf8'), file);
const LIBRARY = FILES.flatMap((file) => load(file).loaded ?? []);

const MANUAL = readFileSync(new URL('../../docs/playbooks.md', import.meta.url), 'utf8');
const example = (first: string): string =>
	[...MANUAL.matchAll(/```yaml\n([\s\S]*?)```/g)]
		.map((match) => match[1] ?? '')
		.find((text) => text.startsWith(first)) ?? '';

describe('the manual', () => {
	it('shows a playbook that is accepted, but for the step that it waits for', () => {
		const { loaded, findings } = readPlaybook(example('id:'), 'manual.yaml');
		expect(findings).toEqual([]);
		expect(loaded && checkPlaybook(loaded).map((finding) => finding.message)).toEqual([
			expect.stringContaining('no step `control-room`'),
		]);
	});

	it('shows a connector that is accepted', () => {
		const { connectors } = parseYaml(example('connectors:'), 'manual.yaml').value as { connectors: unknown[] };
		expect(ConnectorConfig.array().safeParse(connectors).error).toBeUndefined();
	});

	it('names every shipped playbook, action and placeholder', () => {
		for (const name of [...FILES.map((file) => file.replace('.yaml', '')), ...RUNNABLE.keys()])
			expect(MANUAL).toContain(`\`${name}\``);
		for (const name of PLACEHOLDER_NAMES) expect(MANUAL).toContain(`\`{${name}}\``);
	});
});

describe('the shipped playbooks', () => {
	it('are at least twenty, for IT, for OT and across', () => {
		const leads = FILES.map((file) => load(file).loaded?.playbook.lead);
		expect(FILES.length).toBeGreaterThanOrEqual(20);
		for (const lead of ['it_lead', 'ot_engineer', 'ot_operator', 'sis_engineer', 'incident_lead'])
			expect(leads).toContain(lead);
	});

	it.each(FILES)('%s is read and checked without a finding, and its id is its file name', (file) => {
		const { loaded, findings } = load(file);
		expect(findings).toEqual([]);
		expect(loaded && checkPlaybook(loaded, LIBRARY)).toEqual([]);
		expect(`${loaded?.playbook.id}.yaml`).toBe(file);
	});

	it.each(FILES)('%s gives every step that people do instructions and a checklist, and every block a title', (file) => {
		const told = ['notify', 'page', 'enrich', 'open_ticket'];
		for (const { node } of allNodes(load(file).loaded?.playbook.steps ?? [])) {
			if (!('action' in node)) {
				// A pause inside a loop is told by the loop.
				if (!('wait' in node)) expect(node.title, node.key).toBeTruthy();
				continue;
			}
			if (told.includes(node.action)) continue;
			expect(node.instructions, node.key).toBeTruthy();
			expect(node.checklist.length, node.key).toBeGreaterThan(0);
		}
	});

	it.each(FILES)('%s says when it is over, or is a part of others', (file) => {
		const playbook = load(file).loaded?.playbook;
		const called = LIBRARY.flatMap((one) => callsOf(one));
		const said = allNodes(playbook?.steps ?? []).some(({ node }) => node.key === 'over');
		expect(said || called.includes(playbook?.id ?? '')).toBe(true);
	});

	it.each(FILES)('%s has cases of its own: at least three, one that says what never happens', (file) => {
		const text = readFileSync(new URL(`tests/${file}`, FOLDER), 'utf8');
		const { test, findings } = readPlaybookTest(text, file);
		expect(findings).toEqual([]);
		expect(test?.playbook).toBe(file.replace('.yaml', ''));
		expect(test?.cases.length).toBeGreaterThanOrEqual(3);
		const forbids = test?.cases.some((one) => {
			const closed = Object.values(one.expect.steps).some((decided) => decided === 'HANDS' || decided === 'NEVER');
			return one.expect.never !== undefined || closed;
		});
		expect(forbids).toBe(true);
	});

	it('use every construct of the language, so that each is tried by a real procedure', () => {
		const nodes = LIBRARY.flatMap((one) => allNodes(one.playbook.steps).map(({ node }) => node));
		for (const word of [
			'if',
			'switch',
			'for_each',
			'while',
			'wait',
			'playbook',
			'if_given_up',
			'if_failed',
			'answer',
			'else',
			'join',
		])
			expect(
				nodes.some((node) => Object.hasOwn(node, word) && Reflect.get(node, word) !== undefined),
				word,
			).toBe(true);
		expect(LIBRARY.some((one) => one.playbook.inputs !== undefined)).toBe(true);
	});
});
