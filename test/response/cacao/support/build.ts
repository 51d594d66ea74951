// Builds CACAO v2.0 playbooks for tests: by hand from a short tree, or at random with every step type, command type and property.
import fc from 'fast-check';
import type { Json, JsonObject } from '../../../../src/response/cacao/strict-json.ts';

export type Tree =
	| { readonly kind: 'action'; readonly body: JsonObject; readonly failure: readonly Tree[] | null }
	| { readonly kind: 'playbook-action' }
	| { readonly kind: 'parallel'; readonly branches: readonly (readonly Tree[])[] }
	| {
			readonly kind: 'if';
			readonly condition: string;
			readonly yes: readonly Tree[];
			readonly no: readonly Tree[] | null;
	  }
	| { readonly kind: 'while'; readonly condition: string; readonly body: readonly Tree[] }
	| { readonly kind: 'switch'; readonly cases: readonly (readonly Tree[])[]; readonly hasDefault: boolean };

/** `nth(7)` is a UUID of version 4, the same every time. */
export function nth(count: number): string {
	return `${count.toString(16).padStart(8, '0')}-0000-4000-8000-${(count * 7919).toString(16).padStart(12, '0')}`;
}

export const AGENT = `group--${nth(900_001)}`;
export const TARGET = `ssh--${nth(900_002)}`;
export const LOGIN = `user-auth--${nth(900_003)}`;
const EXTENSION = `extension-definition--${nth(900_004)}`;
const MARKING = `marking-tlp--${nth(900_005)}`;

class Builder {
	readonly workflow: Record<string, Json> = {};
	#count = 0;

	id(type: string): string {
		return `${type}--${nth(++this.#count)}`;
	}

	add(type: string, body: JsonObject): string {
		const id = this.id(type);
		this.workflow[id] = { type, ...body };
		return id;
	}

	sequence(trees: readonly Tree[], next: string): string {
		return trees.reduceRight((following, tree) => this.tree(tree, following), next);
	}

	branch(trees: readonly Tree[]): string {
		return this.sequence(trees, this.add('end', {}));
	}

	tree(tree: Tree, next: string): string {
		switch (tree.kind) {
			case 'action': {
				const ways =
					tree.failure === null
						? { on_completion: next }
						: { on_success: next, on_failure: this.sequence(tree.failure, this.add('end', {})) };
				return this.add('action', { ...ways, agent: AGENT, ...tree.body });
			}
			case 'playbook-action':
				return this.add('playbook-action', { playbook_id: `playbook--${nth(5)}`, on_completion: next });
			case 'parallel':
				return this.add('parallel', { next_steps: tree.branches.map((one) => this.branch(one)), on_completion: next });
			case 'if':
				return this.add('if-condition', {
					condition: tree.condition,
					on_true: this.branch(tree.yes),
					...(tree.no === null ? {} : { on_false: this.branch(tree.no) }),
					on_completion: next,
				});
			case 'while':
				return this.add('while-condition', {
					condition: tree.condition,
					on_true: this.branch(tree.body),
					on_completion: next,
				});
			default: {
				const cases = Object.fromEntries(tree.cases.map((one, at) => [`value-${at}`, this.branch(one)]));
				return this.add('switch-condition', {
					switch: '__colour__:value',
					cases: { ...cases, ...(tree.hasDefault ? { default: this.branch([]) } : {}) },
					on_completion: next,
				});
			}
		}
	}
}

/** A valid playbook with this workflow; `more` is laid over it. */
export function build(trees: readonly Tree[], more: JsonObject = {}): JsonObject {
	const builder = new Builder();
	const end = builder.add('end', { name: 'End' });
	const start = builder.add('start', { on_completion: builder.sequence(trees, end) });
	return {
		type: 'playbook',
		spec_version: 'cacao-2.0',
		id: `playbook--${nth(800_000)}`,
		name: 'A playbook for tests',
		created_by: `identity--${nth(800_001)}`,
		created: '2026-03-01T10:00:00.000Z',
		modified: '2026-03-02T10:00:00.000Z',
		playbook_variables: {
			__colour__: { type: 'string', value: 'blue', external: true },
			__count__: { type: 'integer', value: '3' },
			__is_sure__: { type: 'bool' },
		},
		workflow_start: start,
		workflow: builder.workflow,
		agent_definitions: { [AGENT]: { type: 'group', name: 'Incident team' } },
		target_definitions: {
			[TARGET]: { type: 'ssh', name: 'A host', address: { ipv4: ['10.9.8.7'] }, authentication_info: LOGIN },
		},
		authentication_info_definitions: {
			[LOGIN]: { type: 'user-auth', username: 'admin', kms: true, kms_key_identifier: 'key-1' },
		},
		...more,
	};
}

/** One action step with these commands. */
export function action(commands: readonly JsonObject[], body: JsonObject = {}): Tree {
	return { kind: 'action', body: { commands: [...commands], ...body }, failure: null };
}

export function manual(text: string, body: JsonObject = {}): Tree {
	return action([{ type: 'manual', command: text }], body);
}

/** The steps of a type, with their identifiers. */
export function stepsOf(playbook: JsonObject, type: string): [string, JsonObject][] {
	return Object.entries(playbook['workflow'] as JsonObject).filter(
		(entry): entry is [string, JsonObject] => (entry[1] as JsonObject)['type'] === type,
	);
}

export function bytesOf(value: unknown): Uint8Array {
	return new TextEncoder().encode(JSON.stringify(value));
}

const base64 = (text: string) => Buffer.from(text, 'utf8').toString('base64');
/** Text of strangers: languages, markdown, placeholders of ours, variables of theirs, and what screens obey. */
const text = fc.oneof(
	fc.string({ maxLength: 80, unit: 'grapheme' }),
	fc.constantFrom(
		'Look up the address in the SIEM',
		'Trip the turbine {target} now',
		'# Title\n\n> **quote** <!channel> [a](javascript:x)',
		'Valeur: __colour__:value \u202e reversed',
		'{user} {incident} {{x}}',
	),
);

const command: fc.Arbitrary<JsonObject> = fc.oneof(
	text.map((value) => ({ type: 'manual', command: value })),
	text.map((value) => ({ type: 'manual', command_b64: base64(value), description: 'encoded' })),
	fc
		.constantFrom('bash', 'ssh', 'powershell', 'caldera-cmd')
		.map((type) => ({ type, command: 'uname -a', version: '1' })),
	fc.constantFrom('elastic', 'jupyter', 'kestrel', 'sigma', 'yara').map((type) => ({ type, command_b64: base64('a') })),
	fc.constant({ type: 'http-api', command: 'GET /x HTTP/1.1', headers: { Accept: ['a/b'] }, content: '{"a":1.5e-7}' }),
	fc.constantFrom('deny', 'contain', 'restart', 'query').map((verb) => ({
		type: 'openc2-http',
		command: 'POST /oc2 HTTP/1.1',
		content_b64: base64(JSON.stringify({ action: verb, target: { device: { hostname: 'plc-7' } } })),
	})),
	fc.constant({ type: 'carrier-pigeon', command: 'fly', extra: [1, null, { a: true }] }),
);

const actionTree = (tree: fc.Arbitrary<Tree[]>): fc.Arbitrary<Tree> =>
	fc.record({
		kind: fc.constant('action' as const),
		body: fc.record({
			name: text,
			description: text,
			commands: fc.array(command, { minLength: 1, maxLength: 3 }),
			targets: fc.constantFrom([], [TARGET]),
			delay: fc.constantFrom(0, 1, 90_000),
			timeout: fc.constantFrom(0, 1_500, 3_600_000),
			out_args: fc.constantFrom([], ['__is_sure__'], ['__colour__', '__is_sure__']),
			step_variables: fc.constant({ __own__: { type: 'string', value: 'x y', constant: true } }),
			owner: fc.constant(`identity--${nth(77)}`),
			external_references: fc.constant([{ name: 'a reference', url: 'https://example.com' }]),
			step_extensions: fc.constant({ [EXTENSION]: { type: 'whatever', deep: [[1], { x: '\u0000\u001f' }] } }),
		}),
		failure: fc.option(tree, { nil: null }),
	}) as fc.Arbitrary<Tree>; // the record has exactly these members

const condition = fc.constantFrom(
	"__colour__:value = 'blue'",
	'__count__:value > 2 AND NOT (__is_sure__:value = false)',
	'Is anybody there?',
	"[ipv4-addr:value = '1.2.3.4']",
);

const { trees } = fc.letrec<{ tree: Tree; trees: Tree[] }>((tie) => ({
	trees: fc.array(tie('tree'), { maxLength: 2, depthIdentifier: 'cacao' }),
	tree: fc.oneof(
		{ depthSize: 'small', depthIdentifier: 'cacao', withCrossShrink: true },
		{ weight: 4, arbitrary: actionTree(fc.constant([])) },
		{ weight: 2, arbitrary: actionTree(tie('trees')) },
		{ weight: 1, arbitrary: fc.constant<Tree>({ kind: 'playbook-action' }) },
		{
			weight: 1,
			arbitrary: fc
				.array(tie('trees'), { minLength: 2, maxLength: 3 })
				.map((branches): Tree => ({ kind: 'parallel', branches })),
		},
		{
			weight: 1,
			arbitrary: fc
				.tuple(condition, tie('trees'), fc.option(tie('trees'), { nil: null }))
				.map(([say, yes, no]): Tree => ({ kind: 'if', condition: say, yes, no })),
		},
		{
			weight: 1,
			arbitrary: fc
				.tuple(condition, tie('trees'))
				.map(([say, body]): Tree => ({ kind: 'while', condition: say, body })),
		},
		{
			weight: 1,
			arbitrary: fc
				.tuple(fc.array(tie('trees'), { minLength: 1, maxLength: 3 }), fc.boolean())
				.map(([cases, hasDefault]): Tree => ({ kind: 'switch', cases, hasDefault })),
		},
	),
}));

/** Whole numbers that every reader rounds the same: others are refused when they are read. */
function safe(value: Json): Json {
	const text = JSON.stringify(value, (_, member: unknown) =>
		typeof member === 'number' && Number.isInteger(member) && !Number.isSafeInteger(member) ? 7 : member,
	);
	return JSON.parse(text) as Json;
}

/** Valid playbooks of every shape; each begins with an action, so that there is something to do. */
export const playbooks: fc.Arbitrary<JsonObject> = fc
	.tuple(actionTree(fc.constant([])), trees, fc.json({ maxDepth: 3 }), fc.integer({ min: 0, max: 100 }))
	.map(([first, rest, anything, score]) =>
		build([first, ...rest], {
			priority: score,
			severity: score,
			impact: 100 - score,
			labels: ['a', 'ä', '\u2028'],
			industry_sectors: ['energy', 'a sector of our own'],
			markings: [MARKING],
			data_marking_definitions: {
				[MARKING]: {
					type: 'marking-tlp',
					id: MARKING,
					created_by: `identity--${nth(800_001)}`,
					created: '2026-03-01T10:00:00.000Z',
					tlpv2_level: 'TLP:AMBER+STRICT',
				},
			},
			extension_definitions: {
				[EXTENSION]: {
					type: 'extension-definition',
					name: 'x',
					created_by: `identity--${nth(800_001)}`,
					schema: 'https://example.com/s.json',
					version: '1.0.0',
				},
			},
			playbook_extensions: {
				[EXTENSION]: { anything: safe(JSON.parse(anything.replaceAll('__proto__', 'proto')) as Json) },
			},
		}),
	);
