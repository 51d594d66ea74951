// Decides the blocks of a plan whose turn has come: which way a branch goes, whether there is another round, whether a wait is over. Each
// is decided once, by what is known then, and goes into the ledger with what it was decided on. Pure. What a way leads to is judged by the
// gate step by step: no way makes a step's decision any looser.

import type { Json, NewEntry } from '../../domain/entry.ts';
import type { FactState } from '../../domain/fact.ts';
import { FACTS, isFactName, readFact } from '../../domain/fact.ts';
import type { Condition } from '../../domain/playbook-condition.ts';
import type { Step } from '../../domain/step.ts';
import { type Instant, SECOND, toIso } from '../../domain/time.ts';
import type { NextTopic } from '../../domain/topic.ts';
import { proposeStep } from '../../safety/proposed-step.ts';
import { readingsFor } from '../../safety/readings.ts';
import { firstNamed, type Named, placeholderValues } from '../evidence.ts';
import { factsFor } from '../facts.ts';
import { judge } from '../gate.ts';
import { membersOf, turnOf } from '../order.ts';
import { onFailureOf } from '../plan.ts';
import { snapshotFor, type View } from '../view.ts';
import { type Answered, type Asked, answer } from './condition.ts';
import type { Flow, Ways } from './flow.ts';
import { decides } from './program.ts';
import { type Instance, referTo } from './walk.ts';

/** A wait whose end nothing announces is looked at again after this long. */
const LOOK_AGAIN_MS = 30 * SECOND;

/** What became of one block. `step` is its row afterwards. */
export type Decided = {
	readonly step: Step;
	readonly way: { readonly took: string | null; readonly beganAt: Instant; readonly until: Instant | null } | null;
	readonly entries: readonly NewEntry[];
	readonly topics: readonly NextTopic[];
	/** A person has to say whether to go on after these. */
	readonly ask: readonly Step[];
};

/** Whether the row stands for a block of this playbook. */
export function isBlockRow(step: Pick<Step, 'key'>, flow: Flow | undefined): boolean {
	return flow?.instances.some((one) => one.key === step.key && decides(one.part.node)) ?? false;
}

/** What becomes of a block's row now; null where everything stays as it is. */
export function decideBlock(step: Step, flow: Flow, view: View, ways: Ways, now: Instant): Decided | null {
	const instance = flow.instances.find((one) => one.key === step.key);
	if (instance === undefined || step.state !== 'planned') return null;
	const turn = turnOf(step, view.steps, (other) => onFailureOf(other, view.setting.playbooks), flow);
	if (turn.kind === 'cancel') return ended(step, 'cancelled', null, [turn.because], now);
	if (turn.kind === 'ask') return { step, way: null, entries: [], topics: [], ask: turn.failed };
	if (turn.kind === 'wait') return null;
	const decision = judge(step, view, now);
	const judged: Step = { ...step, decision };
	// Writing a decision down is what the gate lets the bot do; where a rule of the site says otherwise, no way is taken at all.
	if (decision.class !== 'AUTO') return ended({ ...judged }, 'forbidden', null, [decision.summary], now);
	const way = ways.get(step.id);
	const ask = (condition: Condition): Answered =>
		answer(condition, askedFor(instance, flow, step, view, way?.beganAt ?? null, now));
	const { node } = instance.part;
	if ('wait' in node) return waited(judged, node.wait, way, ask, now);
	if ('while' in node) {
		const { holds, because } = ask(node.while);
		return ended(judged, 'done', holds ? 'do' : 'enough', because, now);
	}
	if ('if' in node) {
		const { holds, because } = ask(node.if);
		return ended(judged, 'done', holds ? 'do' : 'else', because, now);
	}
	if ('switch' in node) {
		const value = flow.variable(node.switch, instance.scope);
		const text = value.state === 'known' ? String(value.value) : null;
		const took = text !== null && Object.hasOwn(node.cases, text) ? `case:${text}` : 'default';
		return ended(judged, 'done', took, [`\`${node.switch}\` ${text === null ? 'was not said' : `is ${text}`}`], now);
	}
	return null;
}

function waited(
	step: Step,
	wait: { readonly for: number; readonly until?: Condition | undefined },
	way: ReturnType<Ways['get']>,
	ask: (condition: Condition) => Answered,
	now: Instant,
): Decided | null {
	const until = way?.until ?? now + wait.for;
	if (way !== undefined || wait.until !== undefined) {
		const met = wait.until === undefined ? null : ask(wait.until);
		if (met?.holds === true) return ended(step, 'done', 'do', met.because, now);
		if (way !== undefined && now >= until) {
			return wait.until === undefined
				? ended(step, 'done', 'do', [`waited until ${toIso(until)}`], now)
				: ended(step, 'expired', 'deadline', [`not by ${toIso(until)}`, ...(met?.because ?? [])], now);
		}
	}
	const again: NextTopic = { topic: 'plan', key: step.incident, after: Math.min(until, now + LOOK_AGAIN_MS) };
	const topics: NextTopic[] = [
		{ topic: 'expire', key: step.id, after: until },
		...(wait.until === undefined ? [] : [again]),
	];
	if (way !== undefined) return { step, way: null, entries: [], topics, ask: [] };
	const row: Step = { ...step, expires_at: until, outcome: `until ${toIso(until)}`, updated_at: now };
	return {
		step: row,
		way: { took: null, beganAt: now, until },
		entries: [
			entryFor(row, { state: 'planned', took: null, began_at: now, until, because: ['its turn has come'] }, now),
		],
		topics,
		ask: [],
	};
}

function ended(
	step: Step,
	state: 'done' | 'expired' | 'cancelled' | 'forbidden',
	took: string | null,
	because: readonly string[],
	now: Instant,
): Decided {
	const words = `${took === null ? state : wayWords(took)}: ${because.join('; ')}`.slice(0, 1_000).toWellFormed();
	const row: Step = { ...step, state, outcome: words, expires_at: null, updated_at: now };
	return {
		step: row,
		way: { took, beganAt: now, until: null },
		entries: [entryFor(row, { state, took, because: [...because], outcome: words }, now)],
		topics: [],
		ask: [],
	};
}

/** A way as people read it. */
export function wayWords(took: string): string {
	if (took === 'do') return 'yes';
	if (took === 'deadline') return 'the deadline has passed';
	if (took === 'enough') return 'no further round';
	return took === 'else' ? 'no' : took.replace(/^case:/, '');
}

function entryFor(step: Step, data: { readonly [key: string]: Json }, now: Instant): NewEntry {
	return {
		kind: 'step.branched',
		actor: { kind: 'bot', id: 'bot' },
		at: now,
		incident: step.incident,
		refs: [step.id],
		data: {
			...{ step_title: step.title, action: step.action, target: step.target, key: step.key },
			...{ playbook: step.playbook, playbook_version: step.playbook_version, ...data },
		},
	};
}

/** Everything that a condition of this block may look at. */
export function askedFor(
	instance: Instance,
	flow: Flow,
	row: Step,
	view: View,
	beganAt: Instant | null,
	now: Instant,
): Asked {
	const { inventory } = view.setting;
	const { scope, part } = instance;
	const same = view.steps.filter((step) => step.playbook === row.playbook && step.id !== row.id);
	const target = targetOf(instance, view);
	return {
		...{ incident: view.incident, alerts: view.alerts, inventory, target, beganAt },
		statesOf: (key) => membersOf(referTo(flow.program, part, scope, key), same, flow).rows.map((step) => step.state),
		variable: (name) => flow.variable(name, scope),
		fact: (name, of) => factFor(name, of, instance, flow, row, view, target, now),
	};
}

function targetOf({ scope }: Instance, view: View): Named | null {
	const { inventory } = view.setting;
	if (scope.item?.isAsset === true) return { id: scope.item.value, asset: inventory.find(scope.item.value) };
	const primary = firstNamed(view.alerts, 'target', inventory);
	const [first] = view.incident.assets;
	return primary ?? (first === undefined ? null : { id: first, asset: inventory.find(first) });
}

/** A fact as the gate would read it, for the subject that the condition names. */
function factFor(
	name: string,
	of: string | undefined,
	instance: Instance,
	flow: Flow,
	row: Step,
	view: View,
	target: Named | null,
	now: Instant,
): FactState | null {
	if (!isFactName(name)) return null;
	const { inventory } = view.setting;
	const named =
		of === undefined || of === 'primary'
			? target
			: of === 'item'
				? itemNamed(instance, view)
				: of === 'actor'
					? firstNamed(view.alerts, 'actor', inventory)
					: { id: inventory.find(of)?.id ?? of, asset: inventory.find(of) };
	const subject = subjectOf(name, of, named, instance, flow, row, view);
	if (subject === null) return null;
	const about: Step = { ...row, target: named?.asset?.id ?? named?.id ?? null };
	const facts = factsFor(about, view.setting, snapshotFor(about, view), now);
	return readFact(readingsFor(proposeStep(about), facts, now).get(name) ?? [], name, subject, now);
}

function itemNamed({ scope }: Instance, view: View): Named | null {
	return scope.item === null ? null : { id: scope.item.value, asset: view.setting.inventory.find(scope.item.value) };
}

function subjectOf(
	name: keyof typeof FACTS,
	of: string | undefined,
	named: Named | null,
	instance: Instance,
	flow: Flow,
	row: Step,
	view: View,
): string | null {
	const values = placeholderValues(view.incident, view.alerts, named, view.setting.inventory);
	const isId = of !== undefined && !['primary', 'actor', 'item'].includes(of);
	switch (FACTS[name].subject) {
		case 'plant':
			return 'plant';
		case 'incident':
			return row.incident;
		case 'asset':
		case 'target':
			return named?.id ?? null;
		case 'zone':
			return isId && named?.asset === null ? of : (named?.asset?.zone ?? null);
		case 'site':
			return isId && named?.asset === null ? of : (named?.asset?.site ?? null);
		case 'account':
			return of === 'item' || isId ? (named?.id ?? null) : values.user;
		case 'session':
			return of === 'item' || isId ? (named?.id ?? null) : values.session;
		case 'step': {
			const key = of === undefined ? null : referTo(flow.program, instance.part, instance.scope, of);
			return view.steps.find((step) => step.playbook === row.playbook && step.key === key)?.id ?? null;
		}
		default:
			return isId || of === 'item' ? (named?.id ?? null) : null;
	}
}
