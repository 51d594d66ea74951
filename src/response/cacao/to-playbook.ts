// A CACAO workflow becomes a playbook of ours: sequences, branches, loops, side by side, waits and calls. Pure. Every action step is named by
// meaningOf (command.ts) and judged by the gate like any other; nothing here makes one looser. The original object is kept beside the
// playbook and given back whole (import.ts, export.ts): what our language cannot say is told in `notes` and is not lost.

import type { z } from 'zod';
import type { Role } from '../../domain/person.ts';
import { Playbook } from '../../domain/playbook.ts';
import type { PlaybookId } from '../../domain/playbook-step.ts';
import { err, ok, type Result } from '../../domain/result.ts';
import { ACTIONS, type ActionName, mayHaveConnector } from '../../safety/actions.ts';
import { rowsOf } from '../../safety/table.ts';
import { type Meaning, meaningOf } from './command.ts';
import { canBe, conditionOf, readCondition } from './condition.ts';
import { quoted } from './finding.ts';
import { stepAt, type Workflow } from './graph.ts';
import { parseIdentifier } from './identifier.ts';
import { decodeBase64 } from './rules-step.ts';
import type { CacaoPlaybook, Command, WorkflowStep } from './schema.ts';
import { screen } from './screen.ts';
import { textFor, type Variables, variablesOf } from './variables.ts';

/** Steps and blocks that a playbook of ours may have (domain/playbook.ts), and how many stand in one list. */
const NODES_MAX = 120;
const LIST_MAX = 50;
const INPUTS_MAX = 20;
/** Looks at a step while converting: branches that share steps are written out again for each. */
const VISITS_MAX = 20_000;
const TITLE_MAX = 150;
const TEXT_MAX = 2_000;

/** What one step of the original became. */
export type Became = {
	readonly step: string;
	readonly type: string;
	readonly name: string;
	/** Keys in our playbook; none where the step has no work of its own, or is not taken. */
	readonly keys: readonly string[];
	readonly action: ActionName | null;
	readonly why: string;
};

export type Converted = {
	readonly playbook: Playbook;
	readonly written: Raw;
	readonly became: readonly Became[];
	readonly notes: readonly string[];
};

/** How the playbook is called here. */
export type Naming = {
	readonly id: z.infer<typeof PlaybookId>;
	readonly lead: Role;
	/** A playbook of this site that was imported from this CACAO id; null where there is none. */
	readonly called: (cacaoId: string) => string | null;
	/** What pins the original: its identifier, version, and the hash of its canonical form. */
	readonly origin: { readonly id: string; readonly modified: string; readonly sha256: string };
};

/** A node as it is written in a file: durations are texts. */
export type Raw = Readonly<Record<string, unknown>>;

class TooMuch extends Error {}

/** Converts a playbook that was validated without errors. An error says why our language cannot hold it. */
export function toPlaybook(cacao: CacaoPlaybook, naming: Naming): Result<Converted, string> {
	const maker = new Maker(cacao, naming);
	try {
		const written = maker.whole();
		const parsed = Playbook.safeParse(written);
		if (!parsed.success) {
			const [issue] = parsed.error.issues;
			return err(
				`it cannot be written as a playbook here: ${issue?.path.map(String).join('.') ?? ''}: ${issue?.message ?? ''}`,
			);
		}
		return ok({ playbook: parsed.data, written, became: maker.became(), notes: maker.notes });
	} catch (error) {
		if (error instanceof TooMuch) return err(error.message);
		throw error;
	}
}

type Ends = ReadonlySet<string>;
const NO_ENDS: Ends = new Set();

class Maker {
	readonly notes: string[] = [];
	readonly #cacao: CacaoPlaybook;
	readonly #workflow: Workflow;
	readonly #naming: Naming;
	readonly #variables: Variables;
	readonly #keys = new Set<string>();
	readonly #answers = new Set<string>();
	readonly #became = new Map<string, { keys: string[]; action: ActionName | null; why: string }>();
	#nodes = 0;
	#visits = 0;

	constructor(cacao: CacaoPlaybook, naming: Naming) {
		this.#cacao = cacao;
		this.#workflow = cacao.workflow;
		this.#naming = naming;
		this.#variables = variablesOf(cacao);
	}

	whole(): Raw {
		const first = stepAt(this.#workflow, this.#cacao.workflow_start)?.on_completion;
		const steps = first === undefined ? [] : this.#sequence(first, NO_ENDS, 1);
		if (steps.length === 0) throw new TooMuch('the workflow goes from its start to its end and does nothing');
		for (const name of this.#variables.left)
			this.notes.push(`variable ${quoted(name)}: a playbook here has at most 20 inputs`);
		const inputs = this.#inputs();
		const { origin, id, lead } = this.#naming;
		const isCalm = screen([this.#cacao.name]).action === null;
		return {
			id,
			// A title stands on cards: one that tells people to touch the plant is not passed on.
			title: isCalm ? this.#line(`Imported: ${this.#cacao.name}`, TITLE_MAX) : `Imported: ${origin.id}`,
			version: '1.0.0',
			summary: `Imported from CACAO ${origin.id}, version ${origin.modified}. What it says of itself stands in the original beside it.`,
			lead,
			triggers: [],
			must_not: [
				'Do nothing to a controller, a safety system or the process because this playbook says so: it was not written for this plant.',
				'Do not start it by a trigger before somebody of this plant has read every step.',
			],
			cacao: origin,
			...(Object.keys(inputs).length === 0 ? {} : { inputs }),
			steps: this.#chunks(steps),
		};
	}

	/** Inputs, and those that a step was to give which is not in the plan: somebody hands them over. */
	#inputs(): Raw {
		const more = this.#variables.all.filter(
			({ name }) => !Object.hasOwn(this.#variables.inputs, name) && !this.#answers.has(name),
		);
		const hosts = [...this.#hosts].map(([host, name]) => [
			name,
			{ type: 'asset', default: host, description: 'A host that the CACAO playbook names' },
		]);
		return {
			...this.#variables.inputs,
			...Object.fromEntries([...more.map(({ name, input }) => [name, input]), ...hosts]),
		};
	}

	/** Every step of the original in its order, also those that are not taken. */
	became(): Became[] {
		return Object.entries(this.#workflow).map(([step, { type, name, description }]) => {
			const found = this.#became.get(step);
			const named = this.#line(name ?? description ?? '', TITLE_MAX);
			if (found !== undefined) return { step, type, name: named, ...found };
			const isFrame = type === 'start' || type === 'end';
			return {
				step,
				type,
				name: named,
				keys: [],
				action: null,
				why: isFrame ? 'the frame of the workflow' : 'not taken: nothing that is planned leads here',
			};
		});
	}

	/** The steps from `entry` to an end, or to one of `ends`; each waits for the one before it. */
	#sequence(entry: string, ends: Ends, depth: number): Raw[] {
		if (depth > 7) throw new TooMuch('branches stand more than 6 deep inside one another');
		const nodes: Raw[] = [];
		const seen = new Set<string>();
		let key: string | undefined = entry;
		while (key !== undefined && !ends.has(key) && !seen.has(key)) {
			seen.add(key);
			if (++this.#visits > VISITS_MAX)
				throw new TooMuch('its branches lead into one another so often that the plan would never end');
			const step = stepAt(this.#workflow, key);
			if (step === null || step.type === 'end') break;
			const made = this.#made(key, step, ends, depth);
			const { failed, merge } = this.#failure(step, ends);
			const [work] = made;
			if (failed !== undefined && merge === null && work !== undefined) this.#onFailed(made, failed, ends, depth);
			this.#append(nodes, made);
			if (failed !== undefined && merge !== null && work !== undefined) {
				this.#append(nodes, this.#twoWays(key, step, failed, merge, ends, depth));
				key = merge;
			} else key = step.on_completion ?? step.on_success;
		}
		return nodes;
	}

	/** Each node of `more` waits for the last of `nodes`, and for one another in turn where `more` is a chain. */
	#append(nodes: Raw[], more: readonly Raw[]): void {
		for (const node of more) {
			const last = nodes.at(-1);
			nodes.push(last === undefined ? node : { ...node, after: [String(last['key'])] });
		}
	}

	/** Where a failure leads, and the step at which that way meets the way of success again; null where it never does. */
	#failure(step: WorkflowStep, ends: Ends): { failed: string | undefined; merge: string | null } {
		const failed = step.on_failure;
		if (failed === undefined || step.on_success === undefined) return { failed, merge: null };
		if (step.type !== 'action' && step.type !== 'playbook-action') {
			this.notes.push('the failure of a branching step is handled where its own steps fail, not behind the branch');
			return { failed: undefined, merge: null };
		}
		const onFailure = new Set(this.#trail(failed, ends));
		const meeting = this.#trail(step.on_success, ends).find(
			(key) => onFailure.has(key) && stepAt(this.#workflow, key)?.type !== 'end',
		);
		return { failed, merge: meeting ?? null };
	}

	/** The steps of the way of success from a step on. */
	#trail(entry: string, ends: Ends): string[] {
		const trail: string[] = [];
		const seen = new Set<string>();
		let key: string | undefined = entry;
		while (key !== undefined && !seen.has(key) && !ends.has(key)) {
			seen.add(key);
			trail.push(key);
			const step: WorkflowStep | null = stepAt(this.#workflow, key);
			key = step?.on_completion ?? step?.on_success;
		}
		return trail;
	}

	/** A way of failure that does not come back: it is done if the step fails, and the rest is then not done. */
	#onFailed(made: Raw[], failed: string, ends: Ends, depth: number): void {
		const [first] = made;
		if (first === undefined) return;
		const inside = first['do'];
		if (!Array.isArray(inside) && !Object.hasOwn(first, 'action')) {
			this.notes.push('the failure of a called playbook is handled in that playbook, not behind the call');
			return;
		}
		const steps = this.#sequence(failed, ends, depth + 1);
		const behind = { on_failure: 'stop', ...(steps.length === 0 ? {} : { if_failed: this.#chunks(steps) }) };
		if (!Array.isArray(inside)) made[0] = { ...first, ...behind };
		else {
			// A step with a delay stands inside its pause.
			const [step, ...rest]: Raw[] = inside;
			made[0] = { ...first, do: [{ ...step, ...behind }, ...rest] };
		}
	}

	/** Ways of success and failure that meet again: one branch, behind which both go on together. */
	#twoWays(key: string, step: WorkflowStep, failed: string, merge: string, ends: Ends, depth: number): Raw[] {
		const upTo: Ends = new Set([...ends, merge]);
		const success = step.on_success === merge ? [] : this.#sequence(step.on_success ?? merge, upTo, depth + 1);
		const failure = failed === merge ? [] : this.#sequence(failed, upTo, depth + 1);
		const own = this.#became.get(key)?.keys[0] ?? '';
		if (success.length === 0 && failure.length === 0) return [];
		const well = { step: { key: own, ended: ['well'] } };
		const branch =
			success.length === 0
				? { if: { not: well }, do: failure }
				: { if: well, do: success, ...(failure.length === 0 ? {} : { else: this.#chunks(failure) }) };
		return [
			{ key: this.#key(key, 'ended'), title: 'How the step before ended', ...branch, do: this.#chunks(branch.do) },
		];
	}

	#made(key: string, step: WorkflowStep, ends: Ends, depth: number): Raw[] {
		const nodes = this.#kind(key, step, ends, depth);
		const delay = step.delay ?? 0;
		if (delay === 0 || nodes.length === 0) return nodes;
		const chained: Raw[] = [];
		this.#append(chained, nodes);
		return [this.#node(key, 'delay', { title: 'Wait first', wait: { for: durationOf(delay) }, do: chained })];
	}

	#kind(key: string, step: WorkflowStep, ends: Ends, depth: number): Raw[] {
		switch (step.type) {
			case 'action':
				return this.#action(key, step);
			case 'playbook-action':
				return this.#call(key, step);
			case 'parallel':
				return this.#parallel(key, step, ends, depth);
			case 'if-condition':
			case 'while-condition':
				return this.#branch(key, step, ends, depth);
			case 'switch-condition':
				return this.#switch(key, step, ends, depth);
			default:
				return [];
		}
	}

	#action(key: string, step: WorkflowStep): Raw[] {
		const meaning = meaningOf(step, this.#cacao);
		const node = this.#step(key, '', step, meaning);
		const [ask, ...others] = this.#outArguments(key, step);
		if (meaning.action === 'ask_person' && ask !== undefined && others.length === 0)
			return [{ ...node, answer: ask['answer'] }];
		return [node, ...[ask, ...others].filter((one) => one !== undefined)];
	}

	#step(key: string, part: string, step: WorkflowStep, named: Meaning): Raw {
		const meaning = this.#withRoom(named);
		const orders = (step.commands ?? []).map((command) => command.command ?? '').join(' ');
		const title = meaning.isHarmless
			? this.#line(orders, 140, step, false)
			: this.#line(step.name ?? step.description ?? step.type, 140, step);
		const isRefused = rowsOf(meaning.action).every((row) => row.cases.every((one) => one.class === 'NEVER'));
		const node = this.#node(key, part, {
			title: title === '' ? `CACAO ${step.type}` : title,
			action: meaning.action,
			...this.#target(meaning),
			instructions: isRefused
				? `An imported playbook asks to ${ACTIONS[meaning.action].words}. That is refused, and its words are not repeated here.`
				: this.#instructions(step, meaning),
			checklist: meaning.isHarmless
				? []
				: ['This plant has a procedure of its own that says the same, and the person who is responsible agrees'],
			...(step.timeout === undefined || step.timeout === 0 ? {} : { expires_in: durationOf(step.timeout) }),
			on_failure: 'stop',
			...this.#exception(step),
		});
		this.#tell(key, node, meaning.action, meaning.why);
		return node;
	}

	/** The host that the step names, as an input of the playbook, so that the gate judges that one; else what the incident is about. */
	#target(meaning: Meaning): Raw {
		const { action, params, host } = meaning;
		if (action === 'ask_person') return { target: 'none', params: { role: this.#naming.lead } };
		if (ACTIONS[action].target !== 'asset') return { target: 'none', params };
		const name = host === null ? null : this.#hostInput(host);
		if (name !== null) return { target: `variable:${name}`, params };
		// Another host than the one that is named must not be reached in its place: then a person reads and does it.
		return { target: 'primary', params };
	}

	#withRoom(meaning: Meaning): Meaning {
		const { action, host } = meaning;
		if (host === null || !mayHaveConnector(action) || ACTIONS[action].target !== 'asset') return meaning;
		if (this.#hostInput(host) !== null) return meaning;
		return {
			...meaning,
			action: 'do_imported_step',
			params: {},
			host: null,
			why: 'its host finds no room among the inputs',
		};
	}

	readonly #hosts = new Map<string, string>();
	#hostInput(host: string): string | null {
		const held = this.#hosts.get(host);
		if (held !== undefined) return held;
		if (this.#hosts.size + this.#variables.all.length >= INPUTS_MAX) return null;
		const taken = new Set(this.#variables.all.map((one) => one.name));
		let at = this.#hosts.size + 1;
		while (taken.has(`host_${at}`)) at += 100;
		this.#hosts.set(host, `host_${at}`);
		return `host_${at}`;
	}

	#instructions(step: WorkflowStep, meaning: Meaning): string {
		const orders = (step.commands ?? []).map((command) => this.#order(command, step, !meaning.isHarmless));
		if (meaning.isHarmless) return orders.join('\n').slice(0, TEXT_MAX);
		const targets = (step.targets ?? []).flatMap((id) => this.#cacao.target_definitions?.[id]?.name ?? []);
		const lines = [
			'From an imported playbook; nobody of this plant wrote it.',
			this.#text(step.description ?? '', step, 500),
			...orders,
			...(targets.length === 0 ? [] : [`For: ${this.#line(targets.join(', '), 200, step)}`]),
		];
		return lines
			.filter((line) => line !== '')
			.join('\n')
			.slice(0, TEXT_MAX + 400);
	}

	#order(command: Command, step: WorkflowStep, isFree: boolean): string {
		const bytes = command.command_b64 === undefined ? null : decodeBase64(command.command_b64);
		const body = command.command ?? (bytes === null ? '' : Buffer.from(bytes).toString('utf8'));
		const text = this.#text(body, step, 900, isFree);
		return command.type === 'manual' ? text : `${this.#line(command.type, 40)}: ${text}`;
	}

	/** Without a way of its own for failure, a step's failure leads to the handler of the playbook (section 4.1). */
	#exception(step: WorkflowStep): Raw {
		const handler = this.#cacao.workflow_exception;
		if (handler === undefined || step.on_failure !== undefined || this.#inHandler) return {};
		const first = stepAt(this.#workflow, handler);
		if (first === null || first.type === 'end') return {};
		if (this.#nodes > NODES_MAX / 2) {
			this.notes.push('the exception handler is not written behind every step: there is no room; people decide');
			return { on_failure: 'ask' };
		}
		this.#inHandler = true;
		const steps = this.#sequence(handler, NO_ENDS, 2);
		this.#inHandler = false;
		return steps.length === 0 ? {} : { if_failed: this.#chunks(steps) };
	}
	#inHandler = false;

	/** Values that a step gives back and something behind needs: a person says them. */
	#outArguments(key: string, step: WorkflowStep): Raw[] {
		return (step.out_args ?? []).flatMap((name, at) => {
			const known = this.#variables.known(name);
			if (known === null || !this.#variables.isAsked(name)) return [];
			this.#answers.add(known.name);
			return [
				this.#node(key, `out-${at + 1}`, {
					title: `Say the value of ${known.name} that the step before gave`,
					action: 'ask_person',
					params: { role: this.#naming.lead },
					answer: { name: known.name, type: known.type },
				}),
			];
		});
	}

	#call(key: string, step: WorkflowStep): Raw[] {
		const id = step.playbook_id ?? '';
		const called = this.#naming.called(id);
		if (called === null || called === this.#naming.id) {
			const meaning: Meaning = {
				action: 'do_imported_step',
				params: {},
				host: null,
				why: `it calls ${quoted(id)}, which is not imported here`,
				isHarmless: false,
			};
			const node = this.#step(
				key,
				'',
				{ ...step, description: `${step.description ?? ''}\nRun the playbook ${id}.` },
				meaning,
			);
			return [node, ...this.#outArguments(key, step)];
		}
		const node = this.#node(key, '', { title: `Run the playbook ${called}`, playbook: called });
		this.#tell(key, node, null, `the playbook \`${called}\`, imported from it`);
		return [node, ...this.#outArguments(key, step)];
	}

	#parallel(key: string, step: WorkflowStep, ends: Ends, depth: number): Raw[] {
		const nodes = (step.next_steps ?? []).flatMap((to) => this.#sequence(to, ends, depth + 1));
		if (nodes.length === 0) return this.#nothing(key);
		const block = this.#node(key, '', {
			title: 'Side by side',
			do: nodes.length > LIST_MAX ? this.#chunks(nodes) : nodes,
		});
		this.#tell(
			key,
			block,
			null,
			'a group of steps side by side; what acts on OT runs one at a time all the same (P04)',
		);
		return [block];
	}

	#branch(key: string, step: WorkflowStep, ends: Ends, depth: number): Raw[] {
		const read = readCondition(step.condition ?? '');
		const own = read === null ? null : conditionOf(read, this.#variables.known);
		const asked = own === null ? this.#decide(key, step) : null;
		const condition = own ?? { variable: { name: asked?.name ?? '', is: true } };
		const isLoop = step.type === 'while-condition';
		const inside: Ends = isLoop ? new Set([...ends, key]) : ends;
		const yes = step.on_true === undefined ? [] : this.#sequence(step.on_true, inside, depth + 1);
		const no = step.on_false === undefined ? [] : this.#sequence(step.on_false, inside, depth + 1);
		if (isLoop && yes.length > 0) this.#append(yes, [this.#again(key)]);
		if (yes.length === 0 && no.length === 0) return [...(asked?.nodes ?? []), ...this.#nothing(key)];
		const ways =
			yes.length === 0
				? { if: { not: condition }, do: no }
				: { if: condition, do: yes, ...(no.length === 0 ? {} : { else: this.#chunks(no) }) };
		const block = isLoop
			? this.#node(key, '', { title: 'As long as it holds', while: condition, max: 1, do: this.#chunks(yes) })
			: this.#node(key, '', { title: 'One of two ways', ...ways, do: this.#chunks(ways.do) });
		const how = own === null ? 'a person says whether it holds' : 'decided by its variables';
		this.#tell(
			key,
			block,
			null,
			isLoop ? `a loop, planned for one round and repeated by people; ${how}` : `a branch; ${how}`,
		);
		return [...(asked?.nodes ?? []), block];
	}

	/** The words of a condition are a stranger's: they stand in a step for hands, and the question asked by the bot is ours. */
	#decide(key: string, step: WorkflowStep): { name: string; nodes: Raw[] } {
		const name = `holds_${(parseIdentifier(key)?.uuid ?? '').slice(0, 8)}${this.#copyOf(`${key} holds`)}`;
		const nodes = [
			this.#words(
				key,
				step,
				`Decide whether this holds: ${step.condition ?? step.name ?? '(the playbook gives no condition)'}`,
			),
			this.#node(key, 'holds', {
				title: 'Say whether the condition in the step before holds',
				action: 'ask_person',
				params: { role: this.#naming.lead },
				answer: { name, type: 'boolean' },
			}),
		];
		return { name, nodes };
	}

	#words(key: string, step: WorkflowStep, text: string): Raw {
		const meaning = meaningOf({ ...step, type: 'action', commands: [] }, this.#cacao);
		return this.#step(key, 'words', { ...step, description: text, commands: [] }, { ...meaning, params: {} });
	}

	#again(key: string): Raw {
		return this.#node(key, 'again', {
			title: 'Repeat the steps of this loop as long as its condition holds',
			action: 'do_imported_step',
			params: {},
			instructions:
				'One round is planned. If the condition still holds, do the steps of the loop again; attest this when it no longer holds.',
			on_failure: 'stop',
		});
	}

	#switch(key: string, step: WorkflowStep, ends: Ends, depth: number): Raw[] {
		const cases = Object.entries(step.cases ?? {});
		const found = this.#variables.known((step.switch ?? '').replace(/:value$/, ''));
		const named = cases.filter(([value]) => value !== 'default');
		// A value that the variable cannot have here would never be taken: then a person says which case it is.
		const known = found !== null && named.every(([value]) => canBe(found, value)) ? found : null;
		const asked =
			known === null
				? this.#choose(
						key,
						step,
						named.map(([value]) => value),
					)
				: null;
		const written: Record<string, unknown> = {};
		for (const [at, [value, to]] of named.entries()) {
			const nodes = this.#sequence(to, ends, depth + 1);
			const fitting = asked?.options[at] ?? value.slice(0, 200);
			if (nodes.length > 0) written[fitting] = this.#chunks(nodes);
		}
		const last = cases.find(([value]) => value === 'default')?.[1];
		const otherwise = last === undefined ? [] : this.#sequence(last, ends, depth + 1);
		if (Object.keys(written).length === 0 && otherwise.length === 0)
			return [...(asked?.nodes ?? []), ...this.#nothing(key)];
		const block = this.#node(key, '', {
			title: 'One of several ways',
			switch: asked?.name ?? known?.name ?? '',
			cases: written,
			...(otherwise.length === 0 ? {} : { default: this.#chunks(otherwise) }),
		});
		this.#tell(
			key,
			block,
			null,
			known === null ? 'a switch; a person says which case it is' : 'a switch by a variable',
		);
		return [...(asked?.nodes ?? []), block];
	}

	#choose(
		key: string,
		step: WorkflowStep,
		values: readonly string[],
	): { name: string; options: string[]; nodes: Raw[] } {
		const options = values.map((_, at) => `case-${at + 1}`);
		const list = values.map((value, at) => `${options[at]}: ${value}`).join('\n');
		const name = `case_${(parseIdentifier(key)?.uuid ?? '').slice(0, 8)}${this.#copyOf(`${key} case`)}`;
		const nodes = [
			this.#words(
				key,
				step,
				`Decide which case it is: ${step.switch ?? step.name ?? '(the playbook does not say of what)'}\n${list}\nnone: none of these`,
			),
			this.#node(key, 'case', {
				title: 'Say which case of the step before it is',
				action: 'ask_person',
				params: { role: this.#naming.lead },
				answer: options.length < 10 ? { name, type: 'choice', options: [...options, 'none'] } : { name, type: 'text' },
			}),
		];
		return { name, options, nodes };
	}

	#nothing(key: string): Raw[] {
		if (!this.#became.has(key)) this.#became.set(key, { keys: [], action: null, why: 'its branches hold no steps' });
		return [];
	}

	#node(key: string, part: string, body: Raw): Raw {
		if (++this.#nodes > NODES_MAX)
			throw new TooMuch(`it comes to more than ${NODES_MAX} steps and blocks: divide it into several playbooks`);
		return { key: this.#key(key, part), ...body };
	}

	/** `action-7f40f9d7`: the type and the beginning of the UUID, so that everybody finds the original; a copy is numbered. */
	#key(key: string, part: string): string {
		const id = parseIdentifier(key);
		const base = `${(id?.type ?? 'step').slice(0, 30)}-${(id?.uuid ?? '').slice(0, 8)}${part === '' ? '' : `-${part}`}`;
		for (let at = 1; ; at++) {
			const candidate = at === 1 ? base : `${base}-${at}`;
			if (this.#keys.has(candidate)) continue;
			this.#keys.add(candidate);
			return candidate;
		}
	}

	readonly #copies = new Map<string, number>();
	#copyOf(name: string): string {
		const count = (this.#copies.get(name) ?? 0) + 1;
		this.#copies.set(name, count);
		return count === 1 ? '' : `_${count}`;
	}

	#tell(key: string, node: Raw, action: ActionName | null, why: string): void {
		const found = this.#became.get(key);
		const own = String(node['key']);
		if (found === undefined) this.#became.set(key, { keys: [own], action, why });
		else {
			found.keys.push(own);
			// A block behind a step for hands: the block's words say what it is, the step's action stays.
			if (action === null) found.why = why;
			else found.action = action;
		}
	}

	/** Lists longer than the limit become groups, one after another. */
	#chunks(nodes: readonly Raw[]): Raw[] {
		if (nodes.length <= LIST_MAX) return [...nodes];
		const groups: Raw[] = [];
		for (let at = 0; at < nodes.length; at += LIST_MAX) {
			const [first, ...rest] = nodes.slice(at, at + LIST_MAX);
			const last = groups.at(-1);
			const { after: _after, ...bare } = first ?? {};
			const group = this.#node(`part--${String(groups.length + 1)}`, `${groups.length + 1}`, {
				title: `Part ${groups.length + 1}`,
				do: [bare, ...rest],
			});
			groups.push(last === undefined ? group : { ...group, after: [String(last['key'])] });
		}
		return groups;
	}

	#text(text: string, step: WorkflowStep, max: number, isFree = true): string {
		return textFor(text, { step, playbook: this.#cacao, isFree }, this.#variables, max);
	}

	#line(text: string, max: number, step: WorkflowStep = FRAME, isFree = true): string {
		return this.#text(text.replace(/\s+/g, ' '), step, max, isFree).slice(0, max).trim();
	}
}

const FRAME: WorkflowStep = { type: 'start' };

/** Whole seconds, at least one, at most 30 days. */
function durationOf(ms: number): string {
	const seconds = Math.max(1, Math.ceil(ms / 1000));
	if (seconds <= 999_999) return `${seconds}s`;
	return `${Math.min(43_200, Math.ceil(seconds / 60))}m`;
}
