import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readPlaybook } from '../../../src/config/playbook-file.ts';
import { type Playbook, playbookVersion } from '../../../src/domain/playbook.ts';
import { cacaoIdOf, EXTENSION, toCacao } from '../../../src/response/cacao/from-playbook.ts';
import { parseIdentifier, uuidV5 } from '../../../src/response/cacao/identifier.ts';
import { importCacao } from '../../../src/response/cacao/import.ts';
import type { JsonObject } from '../../../src/response/cacao/strict-json.ts';
import { validateCacao } from '../../../src/response/cacao/validate.ts';
import { bytesOf, nth, stepsOf } from './support/build.ts';

const CLAIMS = { created: '2026-11-22T03:00:00.000Z', modified: '2026-11-22T03:00:00.000Z', createdBy: null };
const NOW = Date.parse(CLAIMS.created);
const take = (value: unknown) =>
	importCacao(bytesOf(value), {
		id: null,
		lead: 'it_lead',
		trusted: [],
		needsTrusted: false,
		called: () => null,
		now: NOW,
	});

function read(text: string): Playbook {
	const { loaded, findings } = readPlaybook(text, 'a.yaml');
	expect(findings).toEqual([]);
	if (loaded === null) throw new Error('no playbook');
	return loaded.playbook;
}

const SHIPPED = new URL('../../../playbooks/', import.meta.url);
const shipped = readdirSync(SHIPPED).filter((name) => name.endsWith('.yaml'));

/** Every block and every field of the language. */
const EVERYTHING = read(`
id: everything
title: Everything
version: 1.2.3
summary: Every block of the language.
lead: ot_engineer
triggers: [{ categories: [ot_change], severity_min: high }]
not_from: [endpoint]
must_not: [Do not restart the controller., Do not touch the SIS.]
inputs:
  who: { type: text, default: nobody }
  grade: { type: choice, options: [low, high] }
steps:
  - { key: tell, title: Tell them, action: notify, params: { text: 'Hello {user}' } }
  - { key: more, title: Tell more, action: notify, params: { text: 'Hello {who}' } }
  - key: ask
    title: Ask
    action: ask_person
    after: [tell, more]
    params: { role: ot_operator }
    instructions: Say so.
    checklist: [One, Two]
    answer: { name: is_vendor, type: boolean }
  - key: cut
    title: Cut it off
    action: isolate_host
    target: actor
    after: [ask]
    expires_in: 15m
    containment_for: 8h
    on_failure: ask
    when: { target_class: [endpoint] }
    if_failed: [{ key: failed, title: Say so, action: notify, params: { text: It failed. } }]
  - key: fork
    if: { variable: { name: is_vendor, is: true } }
    after: [cut]
    do: [{ key: f1, title: A, action: notify, params: { text: a } }]
    else: [{ key: f2, title: B, action: notify, params: { text: b }, on_failure: stop }]
  - key: other-fork
    title: Another
    if: { any: [{ severity_min: high }, { not: { fact: { name: process_running, of: primary, is: false } } }] }
    after: [fork]
    do: [{ key: g1, title: A, action: notify, params: { text: a } }]
  - { key: choice, switch: grade, after: [other-fork], cases: { low: [{ key: h1, title: A, action: notify, params: { text: a } }] }, default: [{ key: h2, title: B, action: notify, params: { text: b } }] }
  - { key: each, for_each: { assets: { class: [endpoint] } }, max: 5, after: [choice], do: [{ key: i1, title: A, action: isolate_host, target: item }] }
  - { key: rounds, while: { evidence: { users: {}, min: 2 } }, max: 3, after: [each], do: [{ key: j1, title: A, action: notify, params: { text: a } }] }
  - { key: group, after: [rounds], if_given_up: undo, do: [{ key: k1, title: A, action: isolate_host, target: primary }, { key: k2, title: B, action: notify, params: { text: b }, after: [k1] }] }
  - { key: pause, after: [group], wait: { for: 30m }, do: [{ key: l1, title: A, action: notify, params: { text: a } }] }
  - { key: until, after: [pause], wait: { for: 2h, until: { alert: { state: closed } } }, do: [{ key: m1, title: A, action: notify, params: { text: a } }], on_deadline: [{ key: m2, title: B, action: notify, params: { text: b } }] }
  - { key: call, after: [until], playbook: other-one, with: { a: 1, b: '{user}' } }
`);

const all: [string, Playbook][] = [
	['everything', EVERYTHING],
	...shipped.map((name): [string, Playbook] => [name, read(readFileSync(new URL(name, SHIPPED), 'utf8'))]),
];

describe('a playbook of ours as CACAO', () => {
	it.each(all)('%s is valid without a finding, and comes home with the same hash', (_name, playbook) => {
		const exported = toCacao(playbook, CLAIMS);
		const { findings } = validateCacao(exported);
		expect(findings).toEqual([]);
		const { imported } = take(exported);
		expect(imported?.original).toBeNull();
		expect(imported === null ? '' : playbookVersion(imported.playbook)).toBe(playbookVersion(playbook));
		const again = imported === null ? null : toCacao(imported.playbook, CLAIMS);
		expect(again).toEqual(exported);
	});

	it.each(all)('%s has every step of its own in the workflow, as a manual command', (_name, playbook) => {
		const exported = toCacao(playbook, CLAIMS);
		const steps = stepsOf(exported, 'action').map(([, step]) => step);
		for (const step of steps)
			expect(((step['commands'] ?? []) as readonly JsonObject[]).map((command) => command['type'])).toEqual(['manual']);
		const keys = steps.flatMap(
			(step) =>
				((step['step_extensions'] as JsonObject | undefined)?.[EXTENSION] as JsonObject | undefined)?.['key'] ?? [],
		);
		const text = JSON.stringify(playbook.steps);
		for (const [, key = ''] of text.matchAll(/"key":"([^"]+)","title":"[^"]*","action"/g)) expect(keys).toContain(key);
	});

	it('says first what must not be done', () => {
		expect(String(toCacao(EVERYTHING, CLAIMS)['description'])).toMatch(
			/^MUST NOT BE DONE:\n- Do not restart the controller\.\n- Do not touch the SIS\./,
		);
	});

	it('has the same identifiers every time, of the versions that the specification asks for', () => {
		const [one, two] = [
			toCacao(EVERYTHING, CLAIMS),
			toCacao(EVERYTHING, { ...CLAIMS, modified: '2026-12-01T00:00:00.000Z' }),
		];
		expect(one['id']).toBe(two['id']);
		expect(one['id']).toBe(cacaoIdOf('everything'));
		expect(Object.keys(one['workflow'] as JsonObject)).toEqual(Object.keys(two['workflow'] as JsonObject));
		expect(parseIdentifier(String(one['id']))?.version).toBe(5);
		for (const id of Object.keys(one['workflow'] as JsonObject)) expect(parseIdentifier(id)?.version).toBe(4);
		// RFC 4122, appendix B as corrected (erratum 1352): the name www.example.com in the namespace of DNS.
		expect(uuidV5('6ba7b810-9dad-11d1-80b4-00c04fd430c8', 'www.example.com')).toBe(
			'2ed6657d-e927-568b-95e1-2665a8aea6a2',
		);
	});

	it("is anybody's where its workflow says something else than what it carries", () => {
		const exported = toCacao(EVERYTHING, CLAIMS);
		const workflow = structuredClone(exported['workflow']) as Record<string, Record<string, unknown>>;
		const step = Object.values(workflow).find((one) => one['name'] === 'Cut it off');
		Object.assign(step ?? {}, { commands: [{ type: 'manual', command: 'Trip the turbine' }] });
		const { imported, findings } = take({ ...exported, workflow });
		expect(imported?.original).not.toBeNull();
		expect(imported?.became.some((one) => one.action === 'emergency_shutdown')).toBe(true);
		expect(findings).toContainEqual(expect.objectContaining({ path: '$.playbook_extensions', level: 'warning' }));
	});

	it('carries nothing that an attacker could put there: a playbook in the extension that is none is not read', () => {
		const exported = toCacao(EVERYTHING, CLAIMS);
		for (const playbook of [null, 1, {}, { id: 'x' }, { ...EVERYTHING, steps: [] }]) {
			const { imported } = take({ ...exported, playbook_extensions: { [EXTENSION]: { playbook } } });
			expect(imported?.playbook.cacao).toBeDefined();
		}
	});

	it('names its maker where it is told', () => {
		const createdBy = `identity--${nth(31)}`;
		expect(toCacao(EVERYTHING, { ...CLAIMS, createdBy })['created_by']).toBe(createdBy);
	});
});
