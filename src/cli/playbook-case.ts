// One case of a playbook's tests: the incident that it describes, acted out, and what is not as expected. Pure.

import type { Place } from '../config/finding.ts';
import { shown } from '../config/finding.ts';
import type { PlaybookCase } from '../config/playbook-test-file.ts';
import type { Entity } from '../domain/alert.ts';
import type { Inventory } from '../domain/inventory.ts';
import type { Step } from '../domain/step.ts';
import { type Instant, MINUTE } from '../domain/time.ts';
import { RUNNABLE } from '../response/actions/index.ts';
import type { LoadedPlaybook } from '../response/choose.ts';
import { type Acted, actOut, type Script } from '../response/flow/act-out.ts';
import type { Library } from '../response/flow/program.ts';
import type { View } from '../response/view.ts';
import { effectOf, TOUCH_FREE_EFFECTS } from '../safety/actions.ts';
import { domainOf, forStep, type Statement, statementOf, VALUE_TYPES } from './playbook-situation.ts';

export type CaseGround = {
	readonly loaded: LoadedPlaybook;
	readonly library: Library;
	readonly inventory: Inventory;
	readonly now: Instant;
	/** The first case of a file is acted out twice: it has to come out the same. */
	readonly isFirst: boolean;
};
type At = (...path: (string | number)[]) => Place;

/** What is not as the case expects, each with its place; empty where everything is. */
export function runCase(one: PlaybookCase, ground: CaseGround, file: string, at: At): string[] {
	const where = (...path: (string | number)[]): string => {
		const { line, column } = at(...path);
		return `${file}:${line}:${column}: case ${shown(one.name)}`;
	};
	const statements: Statement[] = [];
	for (const [index, line] of one.given.facts.entries()) {
		const read = statementOf(line, { file, ...at('given', 'facts', index) }, ground.now);
		if (typeof read === 'string') return [read.trimEnd()];
		statements.push(read);
	}
	const wrong = Object.keys(one.given.values).find((name) => VALUE_TYPES[name] === undefined);
	if (wrong !== undefined)
		return [`${where('given', 'values', wrong)}: ${shown(wrong)} is none of ${Object.keys(VALUE_TYPES).join(', ')}`];
	const view = viewFor(one.given, ground);
	const script = scriptFor(one.given, statements);
	const acted = actOut(view, script, ground.now);
	const again = ground.isFirst ? actOut(view, script, ground.now) : acted;
	return [
		...expectSteps(one.expect, acted, where),
		...expectBranches(one.expect, acted, where),
		...expectOrder(one.expect, acted, where),
		...expectNever(one.expect, acted, where),
		...expectLaws(acted, again, where('name')),
	];
}

function viewFor(given: PlaybookCase['given'], { loaded, library, inventory, now }: CaseGround): View {
	const entities: Entity[] = [
		...given.assets.map((name): Entity => ({ type: 'asset_id', value: name, role: 'target' })),
		...(given.actor === undefined ? [] : [{ type: 'asset_id', value: given.actor, role: 'actor' } as const]),
		...Object.entries(given.values).flatMap(([name, value]): Entity[] => {
			const type = VALUE_TYPES[name];
			return type === undefined ? [] : [{ type, value, role: 'actor' }];
		}),
	];
	const names = [...given.assets, ...(given.actor === undefined ? [] : [given.actor]), ...given.also];
	const assets = [...new Set(names.map((name) => inventory.find(name)?.id ?? name))];
	const known = assets.map((name) => inventory.find(name)).filter((asset) => asset !== null);
	const { id } = loaded.playbook;
	const trigger = loaded.playbook.triggers[0];
	const isSetUp = (action: string): boolean =>
		given.connectors === 'all' || (given.connectors !== 'none' && given.connectors.includes(action));
	return {
		setting: {
			...{ inventory, windows: [], siteRules: [], people: [], approvalMs: 15 * MINUTE },
			// Only the playbook under test is chosen; the others are there to be called.
			playbooks: new Map([...library].map(([name, held]) => [name, name === id ? held : callable(held)])),
			canRun: (action) => RUNNABLE.get(action)?.kind === 'internal' || (RUNNABLE.has(action) && isSetUp(action)),
			storeOf: (action) => (isSetUp(action) ? (given.stores[action] ?? null) : null),
		},
		incident: {
			...{ id: 'inc_case000000', number: 1, state: 'open', severity: given.severity, assets, playbooks: [id] },
			domain: given.domain ?? domainOf(known),
			category: given.category ?? trigger?.categories?.[0] ?? 'other',
			process_safety: given.process_safety ?? trigger?.process_safety ?? false,
			sites: [...new Set(known.flatMap((asset) => asset.site ?? []))],
			zones: [...new Set(known.flatMap((asset) => asset.zone ?? []))],
			...{ techniques: given.techniques, confidence_firm: given.confidence },
		},
		alerts: [
			{
				...{ id: 'alr_case000000', occurredAt: now, severity: given.severity, entities, tags: given.tags },
				...{ techniques: given.techniques, playbooks: [id], category: given.category ?? null, closedAt: null },
			},
		],
		...{
			steps: [],
			approvals: [],
			statements: [],
			freezes: [],
			busy: [],
			alarms: [],
			automaticLastHour: 0,
			findings: [],
		},
		inputs: given.inputs,
	};
}

function callable(held: LoadedPlaybook): LoadedPlaybook {
	return { ...held, playbook: { ...held.playbook, triggers: [] } };
}

/** Names under which a case may speak of a step: its key, without its loop, and with its target. */
function namesOf({ key, target }: Step): string[] {
	const base = key
		.split('/')
		.map((part) => part.split(/[@#]/, 1)[0] ?? '')
		.join('/');
	return [key, base, ...(target === null ? [] : [`${key}@${target}`, `${base}@${target}`])];
}

function scriptFor(given: PlaybookCase['given'], statements: readonly Statement[]): Script {
	const endFor = (step: Step): string | undefined =>
		namesOf(step)
			.map((name) => given.ends[name])
			.find((end) => end !== undefined);
	return {
		endOf: (step) => {
			const end = endFor(step) ?? 'done';
			return end === 'came' || end === 'deadline' ? 'done' : (end as Step['state']);
		},
		answerTo: (variable) => given.answers[variable],
		approvalsFor: () => (given.approvals === 'given' ? 'given' : []),
		statementsFor: (steps, now) =>
			statements.flatMap((one) => {
				const current = { ...one, stated_at: now };
				const first = steps[0];
				const found = steps.flatMap((step) => forStep(current, step));
				return first === undefined ? [] : [...new Map(found.map((said) => [said.subject, said])).values()];
			}),
		comes: (key) => given.ends[key] === 'came',
	};
}

type Where = (...path: (string | number)[]) => string;

function found(name: string, acted: Acted): Step[] {
	return acted.steps.filter((step) => namesOf(step).includes(name));
}

function whyNot(name: string, acted: Acted): string {
	const left = acted.leftOut.find((one) => one.key === name || one.key.endsWith(`/${name}`));
	return left === undefined ? 'no way that was taken leads to it' : left.why;
}

function expectSteps(expected: PlaybookCase['expect'], acted: Acted, where: Where): string[] {
	const failures: string[] = [];
	for (const [name, wanted] of Object.entries(expected.steps)) {
		const steps = found(name, acted);
		const say = (text: string): unknown => failures.push(`${where('expect', 'steps', name)}: ${shown(name)} ${text}`);
		if (steps.length === 0) say(`is not in the plan: ${whyNot(name, acted)}`);
		for (const step of steps) {
			const decision = acted.decisions.get(step.id) ?? step.decision;
			if (decision?.class !== wanted)
				say(`is ${decision?.class ?? 'not decided'}, expected ${wanted}\n    ${decision?.summary ?? ''}`);
		}
	}
	for (const [name, wanted] of Object.entries(expected.ends)) {
		const steps = found(name, acted);
		const say = (text: string): unknown => failures.push(`${where('expect', 'ends', name)}: ${shown(name)} ${text}`);
		if (steps.length === 0) say(`is not in the plan: ${whyNot(name, acted)}`);
		for (const step of steps)
			if (step.state !== wanted)
				say(`ends ${step.state}, expected ${wanted}${step.outcome === null ? '' : `\n    ${step.outcome}`}`);
	}
	for (const [index, name] of expected.not_planned.entries())
		if (found(name, acted).length > 0)
			failures.push(`${where('expect', 'not_planned', index)}: ${shown(name)} is in the plan`);
	return failures;
}

function expectBranches(expected: PlaybookCase['expect'], acted: Acted, where: Where): string[] {
	return Object.entries(expected.branches).flatMap(([name, wanted]): string[] => {
		const ways = [...acted.ways].filter(([key]) => key === name || key.split(/[@#]/, 1)[0] === name);
		const say = (text: string): string[] => [`${where('expect', 'branches', name)}: ${shown(name)} ${text}`];
		if (typeof wanted === 'number' && (ways.length === 0 || ways.every(([key]) => key.includes('#')))) {
			const rounds = ways.filter(([, took]) => took === 'do').length;
			return rounds === wanted ? [] : say(`has ${rounds} rounds, expected ${wanted}`);
		}
		const text = String(wanted) === 'came' ? 'do' : String(wanted);
		if (ways.length === 0) return say('was not decided');
		const other = ways.find(([, took]) => took !== text && took !== `case:${text}`);
		if (other === undefined) return [];
		const step = acted.steps.find((one) => one.key === other[0]);
		return say(`went ${other[1]}, expected ${text}\n    ${step?.outcome ?? ''}`);
	});
}

function expectOrder(expected: PlaybookCase['expect'], acted: Acted, where: Where): string[] {
	return expected.order.slice(1).flatMap((name, index): string[] => {
		const before = expected.order[index] ?? '';
		const say = (text: string): string[] => [`${where('expect', 'order', index + 1)}: ${text}`];
		const [first, second] = [found(before, acted), found(name, acted)];
		if (first.length === 0 || second.length === 0)
			return say(`${shown(first.length === 0 ? before : name)} is not in the plan`);
		const began = second.map((step) => acted.begun.get(step.id) ?? null);
		if (began.every((at) => at === null)) return say(`${shown(name)} was never begun`);
		const start = Math.min(...began.map((at) => at ?? Number.POSITIVE_INFINITY));
		const late = first.find((step) => !((acted.ended.get(step.id) ?? Number.POSITIVE_INFINITY) < start));
		return late === undefined ? [] : say(`${shown(name)} was begun before ${shown(before)} was over (${late.state})`);
	});
}

const BY_THE_BOT: readonly string[] = ['AUTO', 'ONE', 'TWO'];

function expectNever({ never }: PlaybookCase['expect'], acted: Acted, where: Where): string[] {
	if (never === undefined) return [];
	return acted.steps.flatMap((step): string[] => {
		const decided = acted.decisions.get(step.id)?.class ?? '';
		if (!BY_THE_BOT.includes(decided)) return [];
		const effect = effectOf(step.action);
		const touches = !TOUCH_FREE_EFFECTS.some((free) => free === effect);
		const hit = never.actions.includes(step.action)
			? `\`${step.action}\``
			: effect !== null && never.effects.includes(effect)
				? `effect ${effect}`
				: touches && step.target !== null && never.on.includes(step.target)
					? `something on ${step.target}`
					: null;
		return hit === null ? [] : [`${where('expect', 'never')}: ${shown(step.key)} is ${decided}: ${hit} by the bot`];
	});
}

/** What holds for every plan, whatever its case says. */
function expectLaws(acted: Acted, again: Acted, where: string): string[] {
	const failures: string[] = [];
	if (!acted.isOver) failures.push(`${where}: the plan has no end`);
	for (const step of acted.steps) {
		const decided = acted.decisions.get(step.id)?.class ?? '';
		if (effectOf(step.action) === 'control' && (BY_THE_BOT.includes(decided) || acted.calls.has(step.id)))
			failures.push(`${where}: ${shown(step.key)} would control something`);
		if ((acted.calls.get(step.id) ?? 0) > 1) failures.push(`${where}: ${shown(step.key)} was called twice`);
	}
	const textOf = (one: Acted): string => one.steps.map((step) => `${step.id} ${step.state}`).join('\n');
	if (textOf(acted) !== textOf(again)) failures.push(`${where}: the same case came out differently a second time`);
	return failures;
}
