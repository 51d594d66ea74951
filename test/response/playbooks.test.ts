import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { checkPlaybook } from '../../src/cli/check-playbook.ts';
import { readPlaybook } from '../../src/config/playbook-file.ts';
import { parseYaml } from '../../src/config/yaml-file.ts';
import { ConnectorConfig } from '../../src/domain/connector.ts';
import { RUNNABLE } from '../../src/response/actions/index.ts';
import { PLACEHOLDER_NAMES } from '../../src/response/evidence.ts';

const FOLDER = new URL('../../playbooks/', import.meta.url);
const FILES = readdirSync(FOLDER).filter((name) => name.endsWith('.yaml'));
const load = (file: string) => readPlaybook(readFileSync(new URL(file, FOLDER), 'utf8'), file);

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
	it('are the seven that the manual names', () => {
		expect(FILES.toSorted()).toEqual(
			[
				'blind-sensor',
				'it-ot-lateral-movement',
				'loss-of-view',
				'malware-it-endpoint',
				'plc-logic-change',
				'process-safety-alarm',
				'vendor-remote-session',
			].map((id) => `${id}.yaml`),
		);
	});

	it.each(FILES)('%s is read and checked without a finding, and its id is its file name', (file) => {
		const { loaded, findings } = load(file);
		expect(findings).toEqual([]);
		expect(loaded && checkPlaybook(loaded)).toEqual([]);
		expect(`${loaded?.playbook.id}.yaml`).toBe(file);
	});

	it.each(FILES)('%s gives every step that people do instructions and a checklist', (file) => {
		const told = ['notify', 'page', 'enrich', 'open_ticket'];
		for (const step of load(file).loaded?.playbook.steps ?? []) {
			if (told.includes(step.action)) continue;
			expect(step.instructions, step.key).toBeTruthy();
			expect(step.checklist.length, step.key).toBeGreaterThan(0);
		}
	});
});
