import { existsSync, readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkPlaybook } from '../../../src/cli/check-playbook.ts';
import { playbookYaml } from '../../../src/config/cacao-file.ts';
import { readPlaybook } from '../../../src/config/playbook-file.ts';
import { canonicalHash, canonicalJson } from '../../../src/domain/canonical.ts';
import { playbookVersion } from '../../../src/domain/playbook.ts';
import { allNodes, type PlaybookStep } from '../../../src/domain/playbook-step.ts';
import { decisionsFor } from '../../../src/response/cacao/decisions.ts';
import { type ImportSettings, importCacao } from '../../../src/response/cacao/import.ts';
import type { JsonObject } from '../../../src/response/cacao/strict-json.ts';
import { action, build, bytesOf, manual, nth, playbooks, stepsOf, TARGET, type Tree } from './support/build.ts';

const NOW = Date.parse('2026-11-22T03:00:00Z');
const SETTINGS: ImportSettings = {
	id: 'imported',
	lead: 'incident_lead',
	trusted: [],
	needsTrusted: false,
	called: () => null,
	now: NOW,
};

const take = (value: unknown, settings: Partial<ImportSettings> = {}) =>
	importCacao(bytesOf(value), { ...SETTINGS, ...settings });

function taken(value: unknown, settings: Partial<ImportSettings> = {}) {
	const { imported, findings } = take(value, settings);
	expect(findings.filter((one) => one.level === 'error')).toEqual([]);
	if (imported === null) throw new Error('refused');
	return imported;
}

const stepsIn = (imported: ReturnType<typeof taken>): PlaybookStep[] =>
	allNodes(imported.playbook.steps).flatMap(({ node }) => ('action' in node ? [node] : []));

/** The class of every step on the worst and on the mildest asset. */
function classes(imported: ReturnType<typeof taken>): string[] {
	return (['plc', 'endpoint'] as const).flatMap((one) =>
		[...decisionsFor(imported.playbook, one, NOW).values()].map((decision) => decision.class),
	);
}

describe('a playbook of a stranger', () => {
	it('comes back whole: import, export and import again are the same object, for every kind of step', () => {
		fc.assert(
			fc.property(playbooks, (playbook) => {
				const first = take(playbook);
				if (first.imported === null) {
					// The only reason for which a valid playbook is refused is its size.
					expect(first.findings.filter((one) => one.level === 'error').map((one) => one.message)).toEqual([
						expect.stringMatching(/more than 120 steps|more than 6 deep|at most 6 blocks|lead into one another/),
					]);
					return;
				}
				const original = first.imported.original;
				expect(original).not.toBeNull();
				const second = taken(original);
				expect(canonicalJson(second.original)).toBe(canonicalJson(original));
				expect(playbookVersion(second.playbook)).toBe(playbookVersion(first.imported.playbook));
				if (first.removed.length === 0) expect(canonicalJson(original)).toBe(canonicalJson(playbook));
			}),
			{ numRuns: 60 },
		);
	});

	it('becomes a file that reads back the same and in which `interlock check` finds no error', () => {
		fc.assert(
			fc.property(playbooks, (playbook) => {
				const { imported } = take(playbook);
				if (imported === null) return;
				const { loaded, findings } = readPlaybook(playbookYaml(imported.written, ['a']), 'playbooks/imported.yaml');
				expect(findings).toEqual([]);
				expect(loaded?.version).toBe(playbookVersion(imported.playbook));
				if (loaded === null) return;
				expect(checkPlaybook(loaded).filter((one) => one.level === 'error')).toEqual([]);
			}),
			{ numRuns: 60 },
		);
	});

	it('has a decision for every step, and nothing in it is automatic but asking a person', () => {
		fc.assert(
			fc.property(playbooks, (playbook) => {
				const { imported } = take(playbook);
				if (imported === null) return;
				const decisions = decisionsFor(imported.playbook, 'plc', NOW);
				for (const step of stepsIn(imported)) {
					const decided = decisions.get(step.key)?.class;
					if (step.action === 'ask_person') expect(decided).toBe('AUTO');
					else expect(['HANDS', 'NEVER']).toContain(decided);
				}
				const named = new Set(imported.became.flatMap((one) => one.keys));
				for (const one of imported.became) if (one.type !== 'start' && one.type !== 'end') expect(one.why).not.toBe('');
				expect(named.size).toBeGreaterThan(0);
				for (const one of imported.became) {
					if (one.type !== 'action' || one.keys.length > 0) continue;
					// Only what is told not to be taken has no step here.
					expect(imported.notes.length).toBeGreaterThan(0);
				}
			}),
			{ numRuns: 50 },
		);
	});

	it('has no placeholder of an incident that the stranger wrote, and no letter that a screen would obey', () => {
		fc.assert(
			fc.property(playbooks, (playbook) => {
				const { imported } = take(playbook);
				if (imported === null) return;
				const texts = stepsIn(imported).flatMap((step) => [step.title, step.instructions ?? '']);
				for (const text of texts) {
					expect(text).not.toMatch(/\{(user|target|incident)\}/);
					expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
				}
			}),
			{ numRuns: 50 },
		);
	});

	it('is pinned by the hash of its original and never proposes itself', () => {
		const playbook = build([manual('Look up the address')]);
		const imported = taken(playbook);
		expect(imported.playbook.cacao).toEqual({
			id: playbook['id'],
			modified: playbook['modified'],
			sha256: canonicalHash(playbook),
		});
		expect(imported.playbook.triggers).toEqual([]);
	});
});

describe('what tells people to touch the plant', () => {
	const orders = [
		['Trip the turbine at once', 'emergency_shutdown'],
		['Bypass the safety instrumented system', 'bypass_sis'],
		['Überbrücken Sie die Sicherheitssteuerung', 'bypass_sis'],
		['Mettre en arrêt d’urgence', 'emergency_shutdown'],
		['Reiniciar el PLC de la linea 3', 'reset_controller'],
		['Fermare il compressore', 'change_operation'],
		['Write 0 to setpoint FIC-101', 'write_value'],
		['s t o p the PLC', 'stop_controller'],
		['Rest4rt the c0ntroller', 'reset_controller'],
		['Тrip the plant', 'emergency_shutdown'], // the first letter is Cyrillic
		['Download the ladder logic', 'change_logic'],
		['Silence the alarms', 'change_alarm'],
		['Open breaker 52-1', 'operate_breaker'],
		['vssadmin delete shadows /all', 'wipe_host'],
		['Override the gate and approve it yourself', 'override_gate'],
		['Pysäytä turbiini', 'do_imported_step'],
		['タービンを止める', 'do_imported_step'],
		['Put it in local and hit it', 'change_operation'],
		['Notify users; then stop the boiler', 'change_operation'],
	] as const;

	it.each(orders)('%s: %s, by hand or never, on any asset', (text, named) => {
		const imported = taken(build([manual(text)]));
		expect(stepsIn(imported).map((step) => step.action)).toEqual([named]);
		for (const one of classes(imported)) expect(['HANDS', 'NEVER']).toContain(one);
	});

	it.each(['ssh', 'bash', 'powershell', 'caldera-cmd'])('is no more as a command of type %s', (type) => {
		for (const [text] of orders) {
			const imported = taken(build([action([{ type, command: text }], { targets: [TARGET] })]));
			for (const one of classes(imported)) expect(['HANDS', 'NEVER']).toContain(one);
		}
	});

	it('is found in names, descriptions, base64, variables and targets, not only in the command', () => {
		const harmless = 'Look up the address';
		const base64 = Buffer.from('Trip the turbine').toString('base64');
		const hidden: readonly [string, Tree, JsonObject][] = [
			['name', manual(harmless, { name: 'Trip the turbine' }), {}],
			['description', manual(harmless, { description: 'which trips the turbine' }), {}],
			['base64', action([{ type: 'manual', command_b64: base64 }]), {}],
			[
				'step variable',
				manual('Look up __x__:value', { step_variables: { __x__: { type: 'string', value: 'trip the turbine' } } }),
				{},
			],
			[
				'playbook variable',
				manual('Look up __x__:value'),
				{ playbook_variables: { __x__: { type: 'string', value: 'trip the turbine' } } },
			],
		];
		for (const [where, tree, more] of hidden) {
			const [step] = stepsIn(taken(build([tree], more)));
			expect(step?.action, where).toBe('emergency_shutdown');
		}
	});

	it('does not repeat the words of what the table refuses everywhere', () => {
		const [step] = stepsIn(taken(build([manual('Bypass the SIS with jumper J4')])));
		expect(step?.instructions).not.toContain('J4');
		expect(step?.action).toBe('bypass_sis');
	});

	it('is not passed on by the bot as the value of a variable, the title or the summary', () => {
		const variables = { __x__: { type: 'string', value: 'pysäytä_turbiini' } };
		const [step] = stepsIn(taken(build([manual('Look up __x__:value')], { playbook_variables: variables })));
		expect(step?.action).toBe('do_imported_step');
		const { playbook } = taken(
			build([manual('Look up the address')], { name: 'Trip the plant', description: 'Trip the plant' }),
		);
		expect(`${playbook.title} ${playbook.summary}`).not.toMatch(/trip/i);
	});

	it('is not asked by the bot as the words of a condition', () => {
		const trees: Tree[] = [
			{ kind: 'if', condition: 'Pysäytä turbiini. Valmis?', yes: [manual('Look up the address')], no: null },
		];
		for (const step of stepsIn(taken(build(trees))))
			if (step.action === 'ask_person') expect(`${step.title} ${step.instructions ?? ''}`).not.toContain('turbiini');
	});
});

describe('what is harmless beyond doubt', () => {
	it.each([
		'Look up IP __address__:value in SIEM',
		'Notify the incident manager. Review the logs of the host',
		'Confirm with the user whether the email was received',
	])('%s: the bot asks a person', (text) => {
		const variables = { __address__: { type: 'ipv4-addr', value: '192.0.2.7' } };
		const [step] = stepsIn(taken(build([manual(text)], { playbook_variables: variables })));
		expect(step?.action).toBe('ask_person');
	});

	it.each(['Create an account', 'Update the server', 'Check the level and crack it', 'Isolate the host', ' '])(
		'%s: not known to be so, for hands',
		(text) => {
			const [step] = stepsIn(taken(build([manual(text)])));
			expect(step?.action).toBe('do_imported_step');
		},
	);
});

describe('commands', () => {
	const only = (imported: ReturnType<typeof taken>) => stepsIn(imported)[0];

	it('of OpenC2 that mean the same as an action of ours become it, and the gate judges what they name', () => {
		const body = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64');
		const send = (value: unknown) =>
			taken(build([action([{ type: 'openc2-http', command: 'POST /oc2 HTTP/1.1', content_b64: body(value) }])]));
		const deny = only(send({ action: 'deny', target: { domain_name: 'bad.example' } }));
		expect([deny?.action, deny?.params]).toEqual(['block_indicator', { indicator: 'bad.example' }]);
		const wrapped = {
			headers: {},
			body: { openc2: { request: { action: 'contain', target: { device: { hostname: 'lap-1' } } } } },
		};
		const contain = only(send(wrapped));
		expect([contain?.action, contain?.target, contain?.params]).toEqual(['isolate_host', 'variable:host_1', {}]);
		expect(only(send({ action: 'query', target: { features: [] } }))?.action).toBe('run_openc2_http');
		expect(only(send({ action: 'restart', target: { device: { hostname: 'srv 7; rm' } } }))?.action).toBe(
			'run_openc2_http',
		);
		expect(only(send({ action: 'restart', target: { device: { hostname: 'PLC-7' } } }))?.action).toBe(
			'reset_controller',
		);
	});

	it('of a kind that nobody knows are for hands', () => {
		for (const type of ['elastic', 'jupyter', 'kestrel', 'sigma', 'yara'])
			expect(only(taken(build([action([{ type, command_b64: 'YQ==' }])])))?.action).toBe('do_imported_step');
		expect(only(taken(build([action([{ type: 'pigeon', command: 'x' }])])))?.action).toBe('do_imported_step');
	});

	it('in one step are as strict as the strictest', () => {
		const mixed = action([
			{ type: 'manual', command: 'Look up the address' },
			{ type: 'ssh', command: 'systemctl stop plc' },
		]);
		expect(only(taken(build([mixed])))?.action).toBe('stop_controller');
	});

	it('name their target to the gate: it is the host that they name, and not whatever the incident is about', () => {
		const step = only(taken(build([action([{ type: 'ssh', command: 'id' }], { targets: [TARGET] })])));
		expect([step?.action, step?.target, step?.params]).toEqual(['run_ssh', 'variable:host_1', {}]);
		const imported = taken(build([action([{ type: 'ssh', command: 'id' }], { targets: [TARGET] })]));
		expect(imported.playbook.inputs).toEqual({
			host_1: expect.objectContaining({ type: 'asset', default: '10.9.8.7' }),
		});
	});
});

describe('the ways of a workflow', () => {
	const look = manual('Look up the address');
	const shape = (trees: readonly Tree[], more: JsonObject = {}) => taken(build(trees, more)).playbook.steps;

	it('one after another', () => {
		const steps = shape([look, manual('Review the logs'), manual('Notify the users')]);
		expect(steps.map((node) => node.after ?? [])).toEqual([[], [steps[0]?.key], [steps[1]?.key]]);
	});

	it('by a condition over variables: decided here; in prose: a person decides, and the words are for hands', () => {
		const [own] = shape([{ kind: 'if', condition: "__colour__:value = 'blue'", yes: [look], no: [look] }]);
		expect(own).toMatchObject({
			if: { variable: { name: 'colour', is: 'blue' } },
			do: [{ action: 'ask_person' }],
			else: [{}],
		});
		const [words, ask, branch] = shape([{ kind: 'if', condition: 'Is it bad?', yes: [look], no: null }]);
		expect(words).toMatchObject({ action: 'do_imported_step' });
		expect(ask).toMatchObject({ action: 'ask_person', answer: { type: 'boolean' } });
		expect(branch).toMatchObject({ if: { variable: { is: true } } });
	});

	it('side by side, in a loop, in a switch, behind a delay, with a deadline', () => {
		const [group] = shape([{ kind: 'parallel', branches: [[look], [look, look]] }]);
		expect(group).toMatchObject({ do: [{ after: [] }, { after: [] }, { after: [expect.any(String)] }] });
		const [loop] = shape([{ kind: 'while', condition: '__count__:value > 2', body: [look] }]);
		expect(loop).toMatchObject({ max: 1, while: { all: [{ variable: { name: 'count', min: 2 } }, { not: {} }] } });
		const [choice] = shape([{ kind: 'switch', cases: [[look], []], hasDefault: true }]);
		expect(choice).toMatchObject({ switch: 'colour', cases: { 'value-0': [{}] } });
		const [wait] = shape([manual('Look up the address', { delay: 90_000, timeout: 1_500 })]);
		expect(wait).toMatchObject({ wait: { for: 90_000 }, do: [{ expires_in: 2_000 }] });
	});

	it('after a failure: a way of its own, or the handler of the playbook, and never on as if nothing had been', () => {
		const failing: Tree = { kind: 'action', body: { commands: [{ type: 'bash', command: 'x' }] }, failure: [look] };
		expect(shape([failing, look])[0]).toMatchObject({ on_failure: 'stop', if_failed: [{ action: 'ask_person' }] });
		const playbook = build([action([{ type: 'bash', command: 'x' }])]);
		const handler = `action--${nth(5_000)}`;
		const end = stepsOf(playbook, 'end')[0]?.[0] ?? '';
		const workflow = {
			...(playbook['workflow'] as JsonObject),
			[handler]: {
				type: 'action',
				on_completion: end,
				commands: [{ type: 'manual', command: 'Notify the users' }],
				agent: `group--${nth(900_001)}`,
			},
		};
		const [step] = taken({ ...playbook, workflow, workflow_exception: handler }).playbook.steps;
		expect(step).toMatchObject({ on_failure: 'stop', if_failed: [{ action: 'ask_person' }] });
	});

	it('of success and failure that meet again go on together', () => {
		const playbook = build([look, manual('Review the logs'), manual('Notify the users')]);
		const workflow = structuredClone(playbook['workflow']) as Record<string, Record<string, unknown>>;
		const steps = Object.entries(workflow).filter(([, step]) => step['type'] === 'action');
		const at = (words: string) => steps.find(([, step]) => JSON.stringify(step).includes(words));
		const [first, middle, last] = [at('Look up'), at('Review'), at('Notify')];
		if (first === undefined || middle === undefined || last === undefined) throw new Error('no steps');
		delete first[1]['on_completion'];
		Object.assign(first[1], { on_success: middle[0], on_failure: last[0] });
		const nodes = taken({ ...playbook, workflow }).playbook.steps;
		expect(nodes).toMatchObject([
			{ on_failure: 'stop' },
			{ if: { step: { ended: ['well'] } }, do: [{ action: 'ask_person' }] },
			{ action: 'ask_person' },
		]);
	});

	it('into another playbook, where it was imported before; else by hand', () => {
		const call: Tree[] = [{ kind: 'playbook-action' }];
		const known = taken(build(call), { called: (id) => (id === `playbook--${nth(5)}` ? 'the-other' : null) });
		expect(known.playbook.steps).toMatchObject([{ playbook: 'the-other' }]);
		expect(stepsIn(taken(build(call)))).toMatchObject([{ action: 'do_imported_step' }]);
	});

	it('that a person must answer for give variables', () => {
		const asks = manual('Look up the address', { out_args: ['__is_sure__'] });
		const [step, branch] = shape([asks, { kind: 'if', condition: '__is_sure__:value = true', yes: [look], no: null }]);
		expect(step).toMatchObject({ action: 'ask_person', answer: { name: 'is_sure', type: 'boolean' } });
		expect(branch).toMatchObject({ if: { variable: { name: 'is_sure', is: true } } });
	});
});

describe('secrets', () => {
	const SECRET = 'hunter2-in-clear';
	const withSecret = (more: JsonObject = {}) =>
		build(
			[action([{ type: 'http-api', command: 'GET / HTTP/1.1', headers: { Authorization: [`Bearer ${SECRET}`] } }])],
			{
				authentication_info_definitions: {
					[`user-auth--${nth(900_003)}`]: { type: 'user-auth', username: 'root', password: SECRET },
				},
				playbook_variables: {
					__api_token__: { type: 'string', value: SECRET },
					__colour__: { type: 'string', value: `https://u:${SECRET}@host/` },
				},
				...more,
			},
		);

	it('are in nothing that comes out, and every place where one stood is told', () => {
		const result = take(withSecret());
		expect(result.imported).not.toBeNull();
		expect(JSON.stringify(result)).not.toContain(SECRET);
		expect(result.removed).toHaveLength(4);
		const again = take(result.imported?.original);
		expect(again.removed).toEqual([]);
	});

	it('inside base64 and command lines too', () => {
		const line = `curl -H "Authorization: Bearer ${SECRET}" --password ${SECRET} https://x`;
		const encoded = Buffer.from(line).toString('base64');
		const result = take(
			build([
				action([
					{ type: 'bash', command: line },
					{ type: 'bash', command_b64: encoded },
				]),
			]),
		);
		const kept = JSON.stringify(result.imported?.original);
		expect(kept).not.toContain(SECRET);
		for (const [, text = ''] of kept.matchAll(/"command_b64":"([^"]+)"/g))
			expect(Buffer.from(text, 'base64').toString('utf8')).not.toContain(SECRET);
	});

	it('that are variables already stay as they are', () => {
		const login = { type: 'user-auth', username: 'root', password: '__password__:value' };
		const playbook = build([manual('Look up the address')], {
			authentication_info_definitions: { [`user-auth--${nth(900_003)}`]: login },
			playbook_variables: { __password__: { type: 'string', value: null, external: true } },
		});
		expect(take(playbook).removed).toEqual([]);
	});
});

describe('hostile playbooks', () => {
	it('of ten thousand steps, of endless branches, and of deep nesting are refused in words, quickly', () => {
		const long = build(Array.from({ length: 10_000 }, () => manual('Look up the address')));
		const start = performance.now();
		expect(take(long).findings.at(-1)?.message).toMatch(/more than 120 steps/);
		const end = `end--${nth(1)}`;
		const ids = Array.from({ length: 40 }, (_, at) => `parallel--${nth(100 + at)}`);
		const workflow: Record<string, unknown> = { [end]: { type: 'end' } };
		for (const [at, id] of ids.entries()) {
			const next = ids[at + 1] ?? end;
			workflow[id] = { type: 'parallel', next_steps: Array.from({ length: 50 }, () => next), on_completion: end };
		}
		const start1 = `start--${nth(2)}`;
		workflow[start1] = { type: 'start', on_completion: ids[0] };
		const bomb = take({ ...build([]), workflow, workflow_start: start1 });
		expect(bomb.imported).toBeNull();
		expect(performance.now() - start).toBeLessThan(8_000);
	});

	it('of long texts made to be slow are read in a moment', () => {
		const slow = [
			'__a',
			'-----BEGIN PRIVATE KEY-----',
			's t o p ',
			'authorization: bearer ',
			'://a:',
			'safety plc ',
			'{a',
			'a-',
			'_',
			' ( NOT',
		];
		for (const part of slow) {
			const text = part.repeat(Math.floor(200_000 / part.length));
			const start = performance.now();
			take(build([manual(text, { name: text }), { kind: 'if', condition: text, yes: [manual('a')], no: null }]));
			expect(performance.now() - start, part).toBeLessThan(5_000);
		}
	}, 60_000);

	it('of any bytes are refused with a reason and never throw', () => {
		fc.assert(
			fc.property(
				fc.oneof(
					fc.uint8Array({ maxLength: 400 }),
					fc.json().map((text) => new TextEncoder().encode(text)),
				),
				(bytes) => {
					const result = importCacao(bytes, SETTINGS);
					expect(result.imported).toBeNull();
					expect(result.findings.some((one) => one.level === 'error' && one.message !== '')).toBe(true);
				},
			),
			{ numRuns: 300 },
		);
	});

	it('of a valid playbook with one member changed to anything never throw, and are refused or decided', () => {
		const whole = build([manual('Trip the turbine'), { kind: 'if', condition: 'x', yes: [manual('a')], no: null }]);
		fc.assert(
			fc.property(fc.nat(), fc.jsonValue(), (at, value) => {
				let count = -1;
				const changed = JSON.parse(JSON.stringify(whole), (_, member: unknown) =>
					++count === at % 60 ? value : member,
				) as unknown;
				const { imported, findings } = take(changed);
				if (imported === null) expect(findings.some((one) => one.level === 'error')).toBe(true);
				else for (const one of classes(imported)) expect(['AUTO', 'HANDS', 'NEVER']).toContain(one);
			}),
			{ numRuns: 400 },
		);
	});
});

const EXAMPLES = new URL('../../../../shared/reference/cacao-examples/', import.meta.url);
describe.skipIf(!existsSync(EXAMPLES))('public playbooks', () => {
	type Fact = { file: string; workflow_start_is_start_step: boolean; dangling_references: string[]; cyclic: boolean };
	const facts = existsSync(EXAMPLES)
		? (JSON.parse(readFileSync(new URL('facts.json', EXAMPLES), 'utf8')) as { examples: Fact[] }).examples
		: [];

	it('are all here', () => {
		expect(readdirSync(EXAMPLES).filter((name) => name.endsWith('.json'))).toHaveLength(facts.length + 1);
	});

	it.each(facts)('$file is decided step by step, or refused for what is true of it', (fact) => {
		const result = importCacao(readFileSync(new URL(fact.file, EXAMPLES)), SETTINGS);
		const errors = result.findings.filter((one) => one.level === 'error').map((one) => `${one.path} ${one.message}`);
		if (!fact.workflow_start_is_start_step)
			expect(errors.join('\n')).toMatch(/workflow_start .*must be a `start` step/);
		for (const reference of fact.dangling_references)
			expect(errors.join('\n')).toContain(reference.split('->')[1] ?? '');
		expect(errors.some((one) => one.includes('without end'))).toBe(fact.cyclic);
		const isSound = fact.workflow_start_is_start_step && fact.dangling_references.length === 0 && !fact.cyclic;
		expect(result.imported !== null).toBe(isSound);
		if (result.imported === null) return;
		for (const one of classes(result.imported)) expect(['AUTO', 'HANDS', 'NEVER']).toContain(one);
		const again = take(result.imported.original);
		expect(canonicalJson(again.imported?.original)).toBe(canonicalJson(result.imported.original));
		expect(JSON.stringify(result)).not.toMatch(/super-secure-password|"password":"password"/);
	});
});
