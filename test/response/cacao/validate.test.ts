import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../../src/response/cacao/strict-json.ts';
import { readStrictJson } from '../../../src/response/cacao/strict-json.ts';
import { validateCacao } from '../../../src/response/cacao/validate.ts';
import { AGENT, action, build, manual, nth, stepsOf, type Tree } from './support/build.ts';

const look = manual('Look up the address');
const WHOLE: readonly Tree[] = [
	look,
	{ kind: 'parallel', branches: [[look], [look]] },
	{ kind: 'if', condition: "__colour__:value = 'blue'", yes: [look], no: [look] },
	{ kind: 'while', condition: '__count__:value > 2', body: [look] },
	{ kind: 'switch', cases: [[look]], hasDefault: true },
	{ kind: 'playbook-action' },
];

type Change = Record<string, unknown>;
type Workflow = Record<string, Change>;

/** The whole playbook with one thing changed. */
function changed(change: (playbook: Change, workflow: Workflow) => void): Json {
	const playbook = structuredClone(build(WHOLE)) as Change;
	change(playbook, playbook['workflow'] as Workflow);
	return playbook as Json;
}

function first(workflow: Workflow, type: string): Change {
	const step = Object.values(workflow).find((one) => one['type'] === type);
	if (step === undefined) throw new Error(`no step of type ${type}`);
	return step;
}

const errorsOf = (value: Json) => validateCacao(value).findings.filter((one) => one.level === 'error');
const warningsOf = (value: Json) => validateCacao(value).findings.filter((one) => one.level === 'warning');

describe('a playbook with every type of step', () => {
	it('is valid, without a finding', () => {
		expect(validateCacao(build(WHOLE)).findings).toEqual([]);
	});
});

describe('what is wrong is told with its path and the reason', () => {
	const command = (workflow: Workflow) => (first(workflow, 'action')['commands'] as Change[])[0] ?? {};
	const cases: readonly [string, RegExp, RegExp, (playbook: Change, workflow: Workflow) => void][] = [
		['another type', /^\$\.type$/, /no playbook/, (p) => (p['type'] = 'bundle')],
		['version 1', /^\$\.spec_version$/, /only `cacao-2.0`/, (p) => (p['spec_version'] = '1.1')],
		['a list of steps', /^\$\.workflow$/, /dictionary of steps/, (p) => (p['workflow'] = [])],
		[
			'a step type of version 1',
			/^\$\.workflow\[.*\]\.type$/,
			/calls it `if-condition`/,
			(_, w) => (first(w, 'if-condition')['type'] = 'if'),
		],
		['an unknown step type', /\.type$/, /no step type `loop`/, (_, w) => (first(w, 'action')['type'] = 'loop')],
		['no name', /^\$\.name$/, /required and missing/, (p) => delete p['name']],
		['no creator', /^\$\.created_by$/, /required and missing/, (p) => delete p['created_by']],
		['an id of another kind', /^\$\.id$/, /`playbook--UUID`/, (p) => (p['id'] = `bundle--${nth(1)}`)],
		['an id that is no UUID', /^\$\.id$/, /`playbook--UUID`/, (p) => (p['id'] = 'playbook--one')],
		['no time', /^\$\.created$/, /a time in UTC/, (p) => (p['created'] = 'yesterday')],
		['a day that is none', /^\$\.created$/, /a time in UTC/, (p) => (p['created'] = '2026-02-30T10:00:00.000Z')],
		['a time of a zone', /^\$\.created$/, /a time in UTC/, (p) => (p['created'] = '2026-03-01T10:00:00.000+02:00')],
		[
			'modified before created',
			/^\$\.modified$/,
			/earlier than `created`/,
			(p) => (p['modified'] = '2020-01-01T00:00:00.000Z'),
		],
		[
			'valid_until before valid_from',
			/^\$\.valid_until$/,
			/later than/,
			(p) => Object.assign(p, { valid_from: '2026-01-02T00:00:00.000Z', valid_until: '2026-01-01T00:00:00.000Z' }),
		],
		['revoked', /^\$\.revoked$/, /revoked/, (p) => (p['revoked'] = true)],
		['a severity of 101', /^\$\.severity$/, /0 to 100/, (p) => (p['severity'] = 101)],
		['half a priority', /^\$\.priority$/, /whole number/, (p) => (p['priority'] = 0.5)],
		[
			'derived from an identity',
			/^\$\.derived_from\[0\]$/,
			/playbook--UUID/,
			(p) => (p['derived_from'] = [`identity--${nth(3)}`]),
		],
		[
			'a reference without a name',
			/^\$\.external_references\[0\]\.name$/,
			/required/,
			(p) => (p['external_references'] = [{ url: 'x' }]),
		],
		[
			'a bad variable name',
			/__1x__/,
			/no name of a variable/,
			(p) => (p['playbook_variables'] = { __1x__: { type: 'string' } }),
		],
		[
			'a variable without type',
			/__x__\.type$/,
			/required and missing/,
			(p) => (p['playbook_variables'] = { __x__: {} }),
		],
		[
			'a value of another type',
			/__x__\.value$/,
			/a whole number/,
			(p) => (p['playbook_variables'] = { __x__: { type: 'integer', value: 'three' } }),
		],
		[
			'a start elsewhere',
			/^\$\.workflow_start$/,
			/must be a `start`/,
			(p, w) => (p['workflow_start'] = Object.entries(w).find(([, s]) => s['type'] === 'action')?.[0]),
		],
		[
			'a start that is not there',
			/^\$\.workflow_start$/,
			/there is no step/,
			(p) => (p['workflow_start'] = `start--${nth(9_999)}`),
		],
		[
			'a handler that is not there',
			/^\$\.workflow_exception$/,
			/there is no step/,
			(p) => (p['workflow_exception'] = `end--${nth(9_999)}`),
		],
		[
			'a step that is not there',
			/on_completion$/,
			/there is no step `end--/,
			(_, w) => (first(w, 'action')['on_completion'] = `end--${nth(9_999)}`),
		],
		[
			'a branch that is not there',
			/next_steps\[1\]$/,
			/there is no step/,
			(_, w) => ((first(w, 'parallel')['next_steps'] as string[])[1] = `end--${nth(9_999)}`),
		],
		[
			'both ways on',
			/on_success$/,
			/with `on_completion`/,
			(_, w) => (first(w, 'action')['on_success'] = first(w, 'action')['on_completion']),
		],
		[
			'a failure beside completion',
			/on_failure$/,
			/with `on_completion`/,
			(_, w) => (first(w, 'action')['on_failure'] = first(w, 'action')['on_completion']),
		],
		[
			'an end that leads on',
			/on_completion$/,
			/an end step leads nowhere/,
			(_, w) => (first(w, 'end')['on_completion'] = Object.keys(w)[1]),
		],
		[
			'a start with a failure',
			/on_failure$/,
			/start step has/,
			(_, w) => (first(w, 'start')['on_failure'] = first(w, 'start')['on_completion']),
		],
		[
			'a step that leads nowhere',
			/workflow\[.*\]$/,
			/leads nowhere/,
			(_, w) => delete first(w, 'action')['on_completion'],
		],
		[
			'only a failure',
			/workflow\[.*\]$/,
			/leads nowhere/,
			(_, w) =>
				Object.assign(first(w, 'parallel'), {
					on_failure: first(w, 'parallel')['on_completion'],
					on_completion: undefined,
				}),
		],
		['no way where it holds', /on_true$/, /needs `on_true`/, (_, w) => delete first(w, 'if-condition')['on_true']],
		['no cases', /cases$/, /at least one case/, (_, w) => (first(w, 'switch-condition')['cases'] = {})],
		['no branches', /next_steps$/, /two branches/, (_, w) => (first(w, 'parallel')['next_steps'] = [])],
		[
			'no playbook to call',
			/playbook_id$/,
			/needs `playbook_id`/,
			(_, w) => delete first(w, 'playbook-action')['playbook_id'],
		],
		[
			'an agent that is not there',
			/\.agent$/,
			/agent_definitions/,
			(_, w) => (first(w, 'action')['agent'] = `group--${nth(9_999)}`),
		],
		[
			'a target that is not there',
			/targets\[0\]$/,
			/target_definitions/,
			(_, w) => (first(w, 'action')['targets'] = [`ssh--${nth(9_999)}`]),
		],
		['a negative timeout', /timeout$/, /0 or more/, (_, w) => (first(w, 'action')['timeout'] = -1)],
		[
			'a command without words',
			/commands\[0\]$/,
			/needs `command` or `command_b64`/,
			(_, w) => delete command(w)['command'],
		],
		[
			'a hunt without its query',
			/command_b64$/,
			/needs `command_b64`/,
			(_, w) => Object.assign(command(w), { type: 'kestrel' }),
		],
		[
			'OpenC2 without content',
			/content_b64$/,
			/needs `content_b64`/,
			(_, w) => Object.assign(command(w), { type: 'openc2-http', command: 'POST /x HTTP/1.1' }),
		],
		['base64 that is none', /command_b64$/, /not base64/, (_, w) => Object.assign(command(w), { command_b64: '***' })],
		[
			'headers that are no lists',
			/headers\.A$/,
			/a list/,
			(_, w) => Object.assign(command(w), { type: 'http-api', command: 'GET / HTTP/1.1', headers: { A: 'b' } }),
		],
		[
			'a step under another name',
			/workflow\[.*\]$/,
			/must be the same/,
			(_, w) => {
				const [id, step] = Object.entries(w).find(([, s]) => s['type'] === 'playbook-action') ?? ['', {}];
				Object.assign(step, { type: 'action' });
				void id;
			},
		],
		[
			'an address of an unknown kind',
			/address\.smoke$/,
			/no kind of address/,
			(p) => (p['agent_definitions'] = { [AGENT]: { type: 'group', name: 'x', address: { smoke: ['x'] } } }),
		],
		[
			'an ssh target without address',
			/\.address$/,
			/needs an `address`/,
			(p) => (p['target_definitions'] = { [`ssh--${nth(4)}`]: { type: 'ssh', name: 'x' } }),
		],
		[
			'an agent without name',
			/\.name$/,
			/required and missing/,
			(p) => (p['agent_definitions'] = { [AGENT]: { type: 'group' } }),
		],
		[
			'a login that is not there',
			/authentication_info$/,
			/authentication_info_definitions/,
			(p) => delete p['authentication_info_definitions'],
		],
		[
			'a login without password',
			/password$/,
			/needs `password`, or `kms`/,
			(p) =>
				(p['authentication_info_definitions'] = {
					[`user-auth--${nth(900_003)}`]: { type: 'user-auth', username: 'a' },
				}),
		],
		[
			'a key store without key',
			/kms_key_identifier$/,
			/required/,
			(p) =>
				(p['authentication_info_definitions'] = { [`user-auth--${nth(900_003)}`]: { type: 'user-auth', kms: true } }),
		],
		[
			'a TLP level that is none',
			/tlpv2_level$/,
			/not allowed here/,
			(p) =>
				(p['data_marking_definitions'] = {
					[`marking-tlp--${nth(6)}`]: {
						type: 'marking-tlp',
						id: `marking-tlp--${nth(6)}`,
						created_by: `identity--${nth(7)}`,
						created: '2026-01-01T00:00:00.000Z',
						tlpv2_level: 'TLP:WHITE',
					},
				}),
		],
		[
			'a marking type that is none',
			/\.type$/,
			/not allowed here/,
			(p) =>
				(p['data_marking_definitions'] = {
					[`marking-x--${nth(6)}`]: {
						type: 'marking-x',
						id: `marking-x--${nth(6)}`,
						created_by: `identity--${nth(7)}`,
						created: '2026-01-01T00:00:00.000Z',
					},
				}),
		],
		[
			'an extension without schema',
			/\.schema$/,
			/required and missing/,
			(p) =>
				(p['extension_definitions'] = {
					[`extension-definition--${nth(6)}`]: {
						type: 'extension-definition',
						name: 'x',
						created_by: `identity--${nth(7)}`,
						version: '1',
					},
				}),
		],
		[
			'a signature without key',
			/signatures\[0\]\.value$/,
			/required and missing/,
			(p) =>
				(p['signatures'] = [
					{
						type: 'jss',
						id: `jss--${nth(6)}`,
						created: p['created'],
						modified: p['created'],
						signee: 'x',
						related_to: p['id'],
						related_version: p['modified'],
						hash_algorithm: 'sha-256',
						algorithm: 'Ed25519',
					},
				]),
		],
	];

	it.each(cases)('%s', (_name, path, reason, change) => {
		const errors = errorsOf(changed(change));
		expect(errors.length).toBeGreaterThan(0);
		expect(
			errors.some((one) => path.test(one.path) && reason.test(one.message)),
			JSON.stringify(errors),
		).toBe(true);
	});

	it('never with the value of a secret', () => {
		const playbook = changed(
			(p) =>
				(p['authentication_info_definitions'] = {
					[`user-auth--${nth(900_003)}`]: { type: 'user-auth', username: 'a', password: ['hunter2'] },
				}),
		);
		expect(JSON.stringify(validateCacao(playbook).findings)).not.toContain('hunter2');
	});
});

describe('steps that lead back', () => {
	it('are refused, with the circle', () => {
		const playbook = build([look, manual('Review the logs')]) as Change;
		const [a, b] = stepsOf(playbook as JsonObject, 'action').map(([id]) => id);
		const workflow = playbook['workflow'] as Workflow;
		Object.assign(workflow[a ?? ''] ?? {}, { on_completion: b });
		Object.assign(workflow[b ?? ''] ?? {}, { on_completion: a });
		expect(errorsOf(playbook as Json)).toEqual([
			expect.objectContaining({ message: expect.stringMatching(/without end/) }),
		]);
	});

	it('through a branch are refused too, and to a while are its repetition', () => {
		const withBack = (kind: 'if' | 'while') => {
			const tree: Tree =
				kind === 'if' ? { kind, condition: 'x', yes: [look], no: null } : { kind, condition: 'x', body: [look] };
			const playbook = build([tree]) as Change;
			const [branching] = stepsOf(playbook as JsonObject, `${kind}-condition`)[0] ?? [''];
			for (const [id] of stepsOf(playbook as JsonObject, 'action'))
				Object.assign((playbook['workflow'] as Workflow)[id] ?? {}, { on_completion: branching });
			return errorsOf(playbook as Json);
		};
		expect(withBack('if')).toEqual([expect.objectContaining({ message: expect.stringMatching(/without end/) })]);
		expect(withBack('while')).toEqual([]);
	});
});

describe('where public playbooks are known to differ', () => {
	const told: readonly [string, RegExp, (playbook: Change, workflow: Workflow) => void][] = [
		['microseconds', /three digits/, (p) => Object.assign(p, { created: '2026-03-01T10:00:00.123456Z' })],
		[
			'an agent of an unknown type',
			/vocabulary/,
			(p) =>
				(p['agent_definitions'] = {
					[AGENT]: { type: 'group', name: 'a' },
					[`soarca--${nth(6)}`]: { type: 'soarca', name: 'x' },
				}),
		],
		[
			'an agent whose id says another type',
			/must be the same/,
			(p) =>
				(p['agent_definitions'] = {
					[AGENT]: { type: 'group', name: 'a' },
					[`soarca--${nth(6)}`]: { type: 'soarca-ssh', name: 'x' },
				}),
		],
		['actions without commands', /must have `commands`/, (_, w) => delete first(w, 'action')['commands']],
		['actions without an agent', /must have `agent`/, (_, w) => delete first(w, 'action')['agent']],
		['a branch without condition', /must have `condition`/, (_, w) => delete first(w, 'if-condition')['condition']],
		['a switch without variable', /must have `switch`/, (_, w) => delete first(w, 'switch-condition')['switch']],
		[
			'the old name of OpenC2',
			/version 1 called `openc2-http`/,
			(_, w) => (first(w, 'action')['commands'] = [{ type: 'openc2', command: 'POST /x HTTP/1.1' }]),
		],
		['a property of their own', /`banana` is no property/, (p) => (p['banana'] = 1)],
		['types without activities', /at least one activity/, (p) => (p['playbook_types'] = ['mitigation'])],
		['an activity that nobody does', /no step of the workflow/, (p) => (p['playbook_activities'] = ['scan-system'])],
		[
			'a UUID used twice',
			/UUID is that of/,
			(p) =>
				(p['agent_definitions'] = {
					[AGENT]: { type: 'group', name: 'a' },
					[`individual--${nth(900_001)}`]: { type: 'individual', name: 'x' },
				}),
		],
		['a step that nobody reaches', /never run/, (_, w) => (w[`end--${nth(9_999)}`] = { type: 'end' })],
		[
			'branches with one end',
			/another branch ends too/,
			(_, w) =>
				(first(w, 'parallel')['next_steps'] = [1, 2].map(() => (first(w, 'parallel')['next_steps'] as string[])[0])),
		],
	];

	it.each(told)('%s is told and taken', (_name, reason, change) => {
		const playbook = changed(change);
		expect(errorsOf(playbook)).toEqual([]);
		expect(
			warningsOf(playbook).some((one) => reason.test(one.message)),
			JSON.stringify(warningsOf(playbook)),
		).toBe(true);
	});

	it('open words are kept as they are', () => {
		const playbook = build([action([{ type: 'carrier-pigeon', command: 'fly' }])], {
			industry_sectors: ['of our own'],
		});
		expect(validateCacao(playbook).playbook).toEqual(playbook);
	});
});

describe('JSON is read strictly', () => {
	const read = (text: string) => readStrictJson(new TextEncoder().encode(text));
	const refused: readonly [string, string, RegExp][] = [
		['a member twice', '{"a":1,"b":{"c":1,"c":2}}', /stands twice/],
		['the same member in two spellings', '{"a":1,"\\u0061":2}', /stands twice/],
		['__proto__', '{"a":{"__proto__":{"x":1}}}', /may not be named/],
		['a whole number beyond 2^53-1', '[9007199254740993]', /2\^53-1/],
		['a number beyond a double', '[1e999]', /beyond what a double/],
		['half a surrogate pair', '["\\ud800"]', /half a surrogate/],
		['more behind it', '{} {}', /follows behind/],
		['a comma too many', '[1,]', /expected a JSON value/],
		['a number with a leading zero', '[01]', /expected/],
		['a bare word', '[NaN]', /expected a JSON value/],
		['a control character', '["a\u0001"]', /control character/],
		['a byte order mark', '\ufeff{}', /expected a JSON value/],
		['nothing', '', /expected a JSON value/],
		['seventy levels', `${'['.repeat(70)}${']'.repeat(70)}`, /levels deep/],
	];

	it.each(refused)('%s is refused', (_name, text, reason) => {
		const result = read(text);
		expect(result.ok ? '' : result.error.message).toMatch(reason);
	});

	it('bytes that are not UTF-8 are refused', () => {
		const result = readStrictJson(new Uint8Array([0x22, 0xff, 0x22]));
		expect(result.ok ? '' : result.error.message).toBe('the file is not UTF-8 text');
	});

	it('the place of a fault is told', () => {
		const result = read('{\n  "workflow": {\n    "a b": tru\n  }\n}');
		expect(result.ok ? null : result.error).toMatchObject({ line: 3, column: 12, path: '$.workflow["a b"]' });
	});

	it('everything else is what JSON.parse says', () => {
		for (const text of [
			'{"a":[1,-0.5e-3,true,false,null,"\\u00e4\\n\\/"]}',
			' [ ] ',
			'"x"',
			'1.50',
			'{"constructor":1}',
		]) {
			const result = read(text);
			expect(result.ok ? result.value : result.error).toEqual(JSON.parse(text));
		}
	});
});
