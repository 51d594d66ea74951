// A playbook of ours as a CACAO v2.0 object that any engine can read. Pure. Every step is a manual command: no engine but ours has the gate,
// so what is automatic here is a person's work there. Our own form stands whole in an extension, and comes back from it (own.ts).
import { canonicalJson } from '../../domain/canonical.ts';
import type { Playbook } from '../../domain/playbook.ts';
import type { Condition } from '../../domain/playbook-condition.ts';
import type { PlaybookNode, PlaybookNodes, PlaybookStep } from '../../domain/playbook-step.ts';
import { ACTIONS, type Effect, effectOf, isActionName } from '../../safety/actions.ts';
import { PLAYBOOK_NAMESPACE, stableUuidV4, uuidV5 } from './identifier.ts';
import type { Json, JsonObject } from './strict-json.ts';
import { selected, wordsOf } from './words.ts';
import { durationText, writtenOf } from './written.ts';

/** The extension under which our own data stands, and nowhere else. */
export const EXTENSION = `extension-definition--${stableUuidV4('extension')}`;
const CREATOR = `identity--${stableUuidV4('identity')}`;

/** Who exports, and when: ISO 8601 UTC with milliseconds. */
export type ExportClaims = { readonly created: string; readonly modified: string; readonly createdBy: string | null };

/** The identifier of a playbook of ours: the same for every version; `modified` tells versions apart. */
export function cacaoIdOf(playbookId: string): string {
	// In the specification's namespace for playbooks, and of our id instead of the title: a new title is no other playbook.
	return `playbook--${uuidV5(PLAYBOOK_NAMESPACE, canonicalJson({ name: playbookId }))}`;
}

/** The object, without signatures. The same playbook and claims give the same object. */
export function toCacao(playbook: Playbook, claims: ExportClaims): JsonObject {
	const writer = new Writer(playbook);
	const workflow = writer.workflow();
	const creator = claims.createdBy ?? CREATOR;
	const mustNot = playbook.must_not.map((line) => `- ${line}`).join('\n');
	return {
		type: 'playbook',
		spec_version: 'cacao-2.0',
		id: cacaoIdOf(playbook.id),
		name: playbook.title,
		description: `MUST NOT BE DONE:\n${mustNot}\n\n${playbook.summary}\n\nLed by: ${playbook.lead}. Written for Interlock, whose safety gate judges every step for its asset; here each step is for a person, who judges it in its place.`,
		playbook_types: writer.types(),
		playbook_activities: writer.activities(),
		playbook_processing_summary: writer.summary(),
		created_by: creator,
		created: claims.created,
		modified: claims.modified,
		revoked: false,
		labels: ['interlock', playbook.id],
		...(Object.keys(writer.variables).length === 0 ? {} : { playbook_variables: writer.variables }),
		workflow_start: writer.id('start', 'start'),
		workflow,
		playbook_extensions: {
			[EXTENSION]: { type: 'interlock-playbook', must_not: [...playbook.must_not], playbook: writtenOf(playbook) },
		},
		agent_definitions: writer.agents,
		extension_definitions: {
			[EXTENSION]: {
				type: 'extension-definition',
				name: 'Interlock playbook',
				description:
					'The playbook as Interlock writes it, and what must not be done. It changes nothing for other engines.',
				created_by: CREATOR,
				schema: 'urn:interlock:playbook-extension',
				version: '1.0.0',
			},
		},
	};
}

const ACTIVITY: Partial<Readonly<Record<Effect, string>>> = {
	inform: 'deliver-content',
	record: 'compose-content',
	observe: 'analyze-collected-data',
	query: 'analyze-collected-data',
	scan: 'scan-system',
	contain: 'restrict-access',
	account: 'restrict-access',
	restore: 'restore-capabilities',
	configure: 'configure-systems',
	host_change: 'configure-systems',
	disclose: 'deliver-content',
};

type Flag =
	| 'parallel_processing'
	| 'if_logic'
	| 'while_logic'
	| 'switch_logic'
	| 'temporal_logic'
	| 'external_playbooks';

class Writer {
	readonly variables: Record<string, Json> = {};
	readonly agents: Record<string, Json> = {};
	readonly #playbook: Playbook;
	readonly #workflow: Record<string, Json> = {};
	readonly #used = new Set<string>();
	readonly #effects = new Set<Effect>();
	readonly #flags = new Set<Flag>();

	constructor(playbook: Playbook) {
		this.#playbook = playbook;
		for (const [name, input] of Object.entries(playbook.inputs ?? {}))
			this.#declare(`__${name}__`, input.type, input.description ?? `Input of ${playbook.id}`, input.default, true);
	}

	workflow(): JsonObject {
		const end = this.#add('end', 'end', { name: 'End' });
		const first = this.#sequence(this.#playbook.steps, end);
		this.#add('start', 'start', { name: 'Start', on_completion: first });
		return this.#workflow;
	}

	id(type: string, name: string): string {
		return `${type}--${stableUuidV4(`${this.#playbook.id}\n${type}\n${name}`)}`;
	}

	types(): string[] {
		const contains = (['contain', 'account', 'host_change', 'configure'] as const).some((one) =>
			this.#effects.has(one),
		);
		return contains ? ['mitigation', 'notification'] : ['investigation', 'notification'];
	}

	activities(): string[] {
		return [...this.#used].sort();
	}

	summary(): JsonObject {
		const flags = Object.fromEntries([...this.#flags].sort().map((flag) => [flag, true]));
		return { manual_playbook: true, extensions: true, ...flags };
	}

	/** Steps one after another, each behind what it waits for; what only tells and reads may run side by side. Returns where it begins. */
	#sequence(nodes: PlaybookNodes, next: string): string {
		return layersOf(nodes).reduceRight((following, layer) => this.#layer(layer, following), next);
	}

	#layer(layer: readonly PlaybookNode[], next: string): string {
		const [first] = layer;
		if (first === undefined) return next;
		if (layer.length === 1) return this.#node(first, next);
		if (!layer.every(isTouchFree)) return layer.reduceRight((following, node) => this.#node(node, following), next);
		this.#flags.add('parallel_processing');
		const name = `side by side ${first.key}`;
		const branches = layer.map((node) => this.#branch([node], `${name} ${node.key}`));
		return this.#add('parallel', name, { name: 'Side by side', next_steps: branches, on_completion: next });
	}

	#branch(nodes: PlaybookNodes, name: string): string {
		return this.#sequence(nodes, this.#add('end', name, { name: 'End of the branch' }));
	}

	#node(node: PlaybookNode, next: string): string {
		if ('action' in node) return this.#step(node, next);
		if ('if' in node) return this.#if(node.key, node.title, node.if, node.do, node.else, next);
		if ('switch' in node) return this.#switch(node, next);
		if ('for_each' in node) {
			const question = `Is there another one left among ${selected(node.for_each)}, of at most ${node.max ?? 10}?`;
			return this.#loop(node.key, node.title, question, node.do, next);
		}
		if ('while' in node)
			return this.#loop(
				node.key,
				node.title,
				`Does this hold, in round 1 to ${node.max}: ${wordsOf(node.while)}?`,
				node.do,
				next,
			);
		if ('wait' in node) return this.#wait(node, next);
		if ('playbook' in node) {
			this.#flags.add('external_playbooks');
			return this.#add('playbook-action', node.key, {
				name: node.title ?? `Run ${node.playbook}`,
				playbook_id: cacaoIdOf(node.playbook),
				on_completion: next,
			});
		}
		return this.#sequence(node.do, next);
	}

	#step(step: PlaybookStep, next: string): string {
		const effect = effectOf(step.action);
		if (effect !== null) this.#effects.add(effect);
		const words = isActionName(step.action) ? ACTIONS[step.action].words : step.action;
		const text = [
			step.instructions ?? `${step.title}: ${words}.`,
			...step.checklist.map((line) => `[ ] ${line}`),
			`In Interlock this step is \`${step.action}\`${step.target === 'none' ? '' : ` for \`${step.target}\``}, and its gate decides who may do it.`,
		].join('\n');
		const role = step.params['role'];
		return this.#add('action', step.key, {
			name: step.title,
			...this.#ways(step, next),
			...(step.expires_in === undefined ? {} : { timeout: step.expires_in }),
			commands: [this.#manual(text, effect)],
			agent: this.#agent(typeof role === 'string' ? role : this.#playbook.lead),
			...this.#answer(step),
			step_extensions: {
				[EXTENSION]: { type: 'interlock-step', key: step.key, action: step.action, target: step.target },
			},
		});
	}

	#answer(step: PlaybookStep): JsonObject {
		if (step.answer === undefined) return {};
		const name = `__${step.answer.name}__`;
		const words = step.answer.options === undefined ? '' : `: ${step.answer.options.join(', ')}`;
		this.#declare(name, step.answer.type, `Answer of the step ${step.key}${words}`);
		return { out_args: [name] };
	}

	#ways(step: PlaybookStep, next: string): JsonObject {
		const failed = step.if_failed;
		const after =
			step.on_failure === 'continue'
				? next
				: step.on_failure === 'stop'
					? this.#add('end', `${step.key} stopped`, { name: 'Not done: the rest is left' })
					: this.#ask(step.key, next);
		if (failed === undefined && after === next) return { on_completion: next };
		return { on_success: next, on_failure: failed === undefined ? after : this.#sequence(failed, after) };
	}

	#ask(key: string, next: string): string {
		return this.#decide(
			`${key} go on`,
			'Go on?',
			`The step before was not done. Decide whether to go on: if not, end the playbook here.`,
			next,
			null,
		);
	}

	/** A person decides; the answer stands in a variable. */
	#decide(part: string, title: string, text: string, next: string, variable: string | null): string {
		return this.#add('action', part, {
			name: title,
			on_completion: next,
			commands: [this.#manual(text, 'inform')],
			agent: this.#agent(this.#playbook.lead),
			...(variable === null ? {} : { out_args: [variable] }),
		});
	}

	#question(key: string, text: string): string {
		const name = `__${key.replaceAll('-', '_')}_holds__`;
		this.#declare(/^__[a-zA-Z_]/.test(name) ? name : `__q_${name.slice(2)}`, 'boolean', text.slice(0, 300));
		return /^__[a-zA-Z_]/.test(name) ? name : `__q_${name.slice(2)}`;
	}

	#if(
		key: string,
		title: string | undefined,
		condition: Condition,
		yes: PlaybookNodes,
		no: PlaybookNodes | undefined,
		next: string,
	): string {
		this.#flags.add('if_logic');
		const own = variableTest(condition);
		const text = `Decide whether this holds: ${wordsOf(condition)}`;
		const variable = own === null ? this.#question(key, text) : null;
		const branch = this.#add('if-condition', key, {
			name: title ?? key,
			condition: own ?? `${variable}:value = true`,
			on_true: this.#branch(yes, `${key} yes`),
			...(no === undefined ? {} : { on_false: this.#branch(no, `${key} no`) }),
			on_completion: next,
		});
		return variable === null ? branch : this.#decide(`${key} decide`, 'Decide', text, branch, variable);
	}

	#loop(key: string, title: string | undefined, question: string, body: PlaybookNodes, next: string): string {
		this.#flags.add('while_logic');
		const variable = this.#question(key, question);
		const end = this.#add('end', `${key} round`, { name: 'End of the round' });
		const again = this.#decide(`${key} again`, 'Decide again', question, end, variable);
		const loop = this.#add('while-condition', key, {
			name: title ?? key,
			condition: `${variable}:value = true`,
			on_true: this.#sequence(body, again),
			on_completion: next,
		});
		return this.#decide(`${key} decide`, 'Decide', question, loop, variable);
	}

	#switch(node: Extract<PlaybookNode, { switch: string }>, next: string): string {
		this.#flags.add('switch_logic');
		const cases: Record<string, Json> = {};
		for (const [value, nodes] of Object.entries(node.cases))
			cases[value] = this.#branch(nodes, `${node.key} case ${value}`);
		if (node.default !== undefined) cases['default'] = this.#branch(node.default, `${node.key} default`);
		return this.#add('switch-condition', node.key, {
			name: node.title ?? node.key,
			switch: `__${node.switch}__:value`,
			cases,
			on_completion: next,
		});
	}

	#wait(node: Extract<PlaybookNode, { wait: unknown }>, next: string): string {
		this.#flags.add('temporal_logic');
		const { for: ms, until } = node.wait;
		if (until === undefined) {
			const following = node.do === undefined ? next : this.#sequence(node.do, next);
			return this.#add('action', node.key, {
				name: node.title ?? 'Wait',
				delay: ms,
				on_completion: following,
				commands: [this.#manual(`${durationText(ms)} have passed: go on.`, 'inform')],
				agent: this.#agent(this.#playbook.lead),
			});
		}
		this.#flags.add('if_logic');
		const text = `Wait until this holds, at most ${durationText(ms)}: ${wordsOf(until)}. Say whether it came.`;
		const variable = this.#question(node.key, text);
		const branch = this.#add('if-condition', node.key, {
			name: node.title ?? node.key,
			condition: `${variable}:value = true`,
			on_true: this.#branch(node.do ?? [], `${node.key} came`),
			on_false: this.#branch(node.on_deadline ?? [], `${node.key} deadline`),
			on_completion: next,
		});
		return this.#decide(`${node.key} wait`, 'Wait', text, branch, variable);
	}

	#manual(text: string, effect: Effect | null): JsonObject {
		const activity = (effect === null ? undefined : ACTIVITY[effect]) ?? 'execute-operation';
		this.#used.add(activity);
		return { type: 'manual', command: text, playbook_activity: activity };
	}

	#agent(role: string): string {
		const id = `group--${stableUuidV4(`role ${role}`)}`;
		this.agents[id] = { type: 'group', name: role, description: 'Somebody who holds this role at the place' };
		return id;
	}

	#declare(name: string, type: string, description: string, value?: string | number | boolean, isInput = false): void {
		const kind = type === 'boolean' ? 'bool' : type === 'number' ? 'float' : 'string';
		this.variables[name] = {
			type: kind,
			description,
			value: value === undefined ? null : String(value),
			constant: false,
			external: isInput,
		};
	}

	#add(type: string, name: string, body: JsonObject): string {
		const id = this.id(type, name);
		this.#workflow[id] = { type, ...body };
		return id;
	}
}

/** `variable: {name, is}` and nothing else can be said in CACAO itself. */
function variableTest(condition: Condition): string | null {
	const { variable } = condition;
	if (variable?.is === undefined || Object.keys(condition).length > 1 || Object.keys(variable).length > 2) return null;
	const { is } = variable;
	if (typeof is === 'string' && !/^[A-Za-z0-9_.:-]{1,100}$/.test(is)) return null;
	return `__${variable.name}__:value = ${typeof is === 'string' ? `'${is}'` : String(is)}`;
}

function isTouchFree(node: PlaybookNode): boolean {
	if (!('action' in node) || node.if_failed !== undefined || node.on_failure !== 'continue') return false;
	const effect = effectOf(node.action);
	return effect === 'inform' || effect === 'record' || effect === 'observe';
}

/** Nodes in layers: each waits only for earlier ones. What waits for itself by a circle comes last, in its order. */
function layersOf(nodes: PlaybookNodes): PlaybookNode[][] {
	const layers: PlaybookNode[][] = [];
	let left: PlaybookNode[] = [...nodes];
	while (left.length > 0) {
		const waiting = new Set(left.map((node) => node.key));
		const ready = left.filter((node) => !(node.after ?? []).some((key) => waiting.has(key)));
		const layer = ready.length === 0 ? left : ready;
		layers.push(layer);
		left = left.filter((node) => !layer.includes(node));
	}
	return layers;
}

/** Whether two objects say the same, in every member: compared in canonical form, without signatures. */
export function isSame(one: JsonObject, other: JsonObject): boolean {
	const { signatures: _one, ...a } = one;
	const { signatures: _other, ...b } = other;
	return canonicalJson(a) === canonicalJson(b);
}
