// Goes through a program as far as its ways are decided, and says which nodes are in play for this incident: once each, or once for each
// item of a loop. Pure; the same incident and the same decisions give the same instances with the same keys, which are for ever.
// NOT here: deciding a way (decide-block.ts), or making steps of it (../plan.ts).
import { canonicalHash } from '../../domain/canonical.ts';
import type { PlaybookInput, Scalar } from '../../domain/playbook-condition.ts';
import { allNodes } from '../../domain/playbook-step.ts';
import type { LoadedPlaybook } from '../choose.ts';
import { decides, isCall, type Part, type Program } from './program.ts';

/** Instances of one playbook in one incident; what is beyond is left out and said. */
export const INSTANCES_MAX = 400;

/** What a loop is at: an asset's id, an account, an address. */
export type Item = { readonly value: string; readonly isAsset: boolean };

/** A value that is known, that somebody may still give, or that nobody will. */
export type Variable =
	| { readonly state: 'known'; readonly value: Scalar }
	| { readonly state: 'open' }
	| { readonly state: 'never' };

/** Where a node is: in which call, in which round of which loops, and what a caller handed over. */
export type Scope = {
	readonly playbook: LoadedPlaybook;
	/** `call/` or empty. */
	readonly prefix: string;
	/** One mark for each loop around it in its own file: `@lap-1`, `#2`. */
	readonly marks: readonly string[];
	readonly item: Item | null;
	/** What the caller wrote for an input, and where it stands; null for the outermost playbook. */
	readonly caller: { readonly scope: Scope; readonly values: Readonly<Record<string, Scalar>> } | null;
};

export type Gate = { readonly keys: readonly string[]; readonly join: 'all' | 'any' };

export type Instance = {
	readonly key: string;
	readonly part: Part;
	readonly scope: Scope;
	/** Names under which others may wait for it: its own, without its loops, and those of the blocks around it. */
	readonly names: readonly string[];
	/** Everything that must be over before it begins: its own `after`, and that of blocks around it that have no row. */
	readonly gates: readonly Gate[];
	/** The step whose failure it is for. */
	readonly failureOf: string | null;
	/** Groups around it, innermost last. */
	readonly groups: readonly string[];
	/** The ways that lead to it: `is-vendor: else`. */
	readonly ways: readonly string[];
};

/** A way that may still be taken, with the variables that people may give inside it, and the names of its steps. */
export type Dormant = {
	readonly prefix: string;
	readonly answers: readonly string[];
	readonly names: ReadonlySet<string>;
};

export type Walked = {
	readonly instances: readonly Instance[];
	readonly dormant: readonly Dormant[];
	readonly leftOut: readonly { readonly key: string; readonly why: string }[];
};

/** What the walk has to be told. */
export type Guide = {
	/** The way that a block's row took; null where it is not decided. */
	readonly wayOf: (key: string) => string | null;
	/** Whether a step has failed (`yes`), may still fail (`open`), or has not. */
	readonly failureOf: (key: string) => 'yes' | 'open' | 'no';
	/** Whether a row with such a key is there. */
	readonly isBegun: (isIts: (key: string) => boolean) => boolean;
	/** What a loop goes over now, in order, and why some is left out. */
	readonly itemsOf: (part: Part, scope: Scope) => { readonly items: readonly Item[]; readonly left: string | null };
	/** Every way at once, for a dry run: one round of each `while`. */
	readonly everyWay: boolean;
};

type Around = Pick<Instance, 'names' | 'gates' | 'failureOf' | 'groups' | 'ways'>;
type State = {
	readonly program: Program;
	readonly guide: Guide;
	readonly instances: Instance[];
	readonly dormant: Dormant[];
	readonly leftOut: { key: string; why: string }[];
};

const NOWHERE: Around = { names: [], gates: [], failureOf: null, groups: [], ways: [] };

export function walk(program: Program, guide: Guide): Walked {
	const state: State = { program, guide, instances: [], dormant: [], leftOut: [] };
	const scope: Scope = { playbook: program.playbook, prefix: '', marks: [], item: null, caller: null };
	walkAll(state, program.parts, scope, NOWHERE);
	const beyond = state.instances.length - INSTANCES_MAX;
	if (beyond > 0)
		state.leftOut.push({ key: '', why: `${beyond} more steps: at most ${INSTANCES_MAX} of one playbook` });
	return { ...state, instances: state.instances.slice(0, INSTANCES_MAX) };
}

function walkAll(state: State, parts: readonly Part[], scope: Scope, around: Around): void {
	for (const part of parts) {
		if (state.instances.length > INSTANCES_MAX) return;
		walkOne(state, part, scope, around);
	}
}

function walkOne(state: State, part: Part, scope: Scope, around: Around): void {
	const { node } = part;
	if ('while' in node) {
		walkRounds(state, part, scope, around, node.max);
		return;
	}
	const own = instanceOf(state, part, scope, around, scope.marks);
	if ('action' in node) {
		state.instances.push(own);
		const instead = new Set(node.if_failed === undefined ? [] : allNodes(node.if_failed).map((one) => one.node.key));
		// Asked again, a step may go well after all: what was begun for its failure stays in play, to be ended (order.ts).
		const isBegun =
			instead.size > 0 && state.guide.isBegun((key) => standsIn(key, scope.prefix, scope.marks.join(''), instead));
		const failure = state.guide.everyWay || isBegun ? 'yes' : state.guide.failureOf(own.key);
		follow(state, part, 'failed', scope, { ...insideOf(own), failureOf: own.key }, failure);
		return;
	}
	if (decides(node)) {
		state.instances.push(own);
		const way = state.guide.wayOf(own.key);
		// Its row has waited for all of this already.
		const inside = { ...insideOf(own), gates: [], failureOf: null };
		for (const { name } of part.ways) {
			const taken = state.guide.everyWay || way === name ? 'yes' : way === null ? 'open' : 'no';
			follow(state, part, name, scope, inside, taken);
		}
		return;
	}
	if (isCall(node)) {
		if (part.fault !== null) state.leftOut.push({ key: own.key, why: part.fault });
		const body = part.ways[0]?.parts ?? [];
		const [first] = body;
		if (first === undefined) return;
		const called: Scope = {
			...{ playbook: first.playbook, prefix: `${own.key}/`, marks: [], item: scope.item },
			caller: { scope, values: node.with ?? {} },
		};
		walkAll(state, body, called, insideOf(own));
		return;
	}
	if ('for_each' in node) {
		const { items, left } = state.guide.itemsOf(part, scope);
		if (left !== null) state.leftOut.push({ key: own.key, why: left });
		for (const item of items) {
			const inner: Scope = { ...scope, marks: [...scope.marks, `@${markOf(item.value)}`], item };
			walkAll(state, part.ways[0]?.parts ?? [], inner, insideOf(own));
		}
		return;
	}
	const groups = [
		...own.groups,
		...('do' in node && 'if_given_up' in node && node.if_given_up === 'undo' ? [own.key] : []),
	];
	walkAll(state, part.ways[0]?.parts ?? [], scope, { ...insideOf(own), groups });
}

/** Rounds: each has a row of its own that says whether it takes place, and the next one waits for everything in it. */
function walkRounds(state: State, part: Part, scope: Scope, around: Around, max: number): void {
	for (let round = 1; round <= max; round++) {
		const marks = [...scope.marks, `#${round}`];
		const header = instanceOf(state, part, scope, around, marks);
		const before = nameOf(scope.prefix, part.node.key, [...scope.marks, `#${round - 1}`]);
		state.instances.push(round === 1 ? header : { ...header, gates: [{ keys: [before], join: 'all' }] });
		const way = state.guide.wayOf(header.key);
		const taken = state.guide.everyWay || way === 'do' ? 'yes' : way === null ? 'open' : 'no';
		follow(state, part, 'do', { ...scope, marks }, { ...insideOf(header), gates: [], failureOf: null }, taken);
		if (taken !== 'yes' || state.guide.everyWay) return;
	}
}

function follow(
	state: State,
	part: Part,
	name: string,
	scope: Scope,
	around: Around,
	taken: 'yes' | 'open' | 'no',
): void {
	const way = part.ways.find((one) => one.name === name);
	if (way === undefined || taken === 'no') return;
	if (taken === 'open') {
		state.dormant.push({
			prefix: scope.prefix,
			answers: answersIn(way.parts),
			names: new Set(namesIn(way.parts, scope)),
		});
		return;
	}
	const { key } = part.node;
	walkAll(state, way.parts, scope, { ...around, ways: [...around.ways, `${key}: ${name}`] });
}

function answersIn(parts: readonly Part[]): string[] {
	return parts.flatMap(({ node, ways }) => [
		...('action' in node && node.answer !== undefined ? [node.answer.name] : []),
		...ways.flatMap((way) => answersIn(way.parts)),
	]);
}

/** Names under which steps of an undecided way are waited for: from inside the loops around it, and from outside. */
function namesIn(parts: readonly Part[], at: Pick<Scope, 'prefix' | 'marks'>): string[] {
	const { prefix, marks } = at;
	return parts.flatMap(({ node, ways }) => [
		...[...marks.keys(), marks.length].map((depth) => nameOf(prefix, node.key, marks.slice(0, depth))),
		...(isCall(node) ? [] : ways.flatMap((way) => namesIn(way.parts, at))),
	]);
}

function instanceOf(state: State, part: Part, scope: Scope, around: Around, marks: readonly string[]): Instance {
	const { node } = part;
	const { prefix } = scope;
	const own = marks.map((_, index) => nameOf(prefix, node.key, marks.slice(0, index)));
	const key = nameOf(prefix, node.key, marks);
	const after = node.after ?? [];
	const gate: Gate = { keys: after.map((name) => referTo(state.program, part, scope, name)), join: node.join ?? 'all' };
	return {
		...{ key, part, scope, failureOf: around.failureOf, groups: around.groups, ways: around.ways },
		names: [...new Set([...around.names, ...own, key])],
		gates: [...around.gates, ...(after.length === 0 ? [] : [gate])],
	};
}

function insideOf(own: Instance): Around {
	const { names, gates, failureOf, groups, ways } = own;
	return { names, gates, failureOf, groups, ways };
}

function nameOf(prefix: string, key: string, marks: readonly string[]): string {
	return `${prefix}${key}${marks.join('')}`;
}

/** The full name of a node of the same file: inside a loop that both stand in, the one of the same round. */
export function referTo(program: Program, from: Part, scope: Scope, key: string): string {
	const loops = program.loopsOf.get(from.playbook.playbook.id)?.get(key) ?? [];
	const shared = loops.findIndex((loop, index) => from.loops[index] !== loop);
	return nameOf(scope.prefix, key, scope.marks.slice(0, shared === -1 ? loops.length : shared));
}

/** Whether a row's key names one of these nodes of a file, in this call and in this round of its loops. */
export function standsIn(key: string, prefix: string, marks: string, names: ReadonlySet<string>): boolean {
	if (!key.startsWith(prefix)) return false;
	const own = key.slice(prefix.length);
	const at = own.search(/[@#/]/);
	const [name, rest] = at === -1 ? [own, ''] : [own.slice(0, at), own.slice(at)];
	return names.has(name) && rest.startsWith(marks) && ['', '@', '#', '/'].includes(rest.charAt(marks.length));
}

const PLAIN_MARK = /^[A-Za-z0-9._-]{1,60}$/;

/** An item as a part of a key: itself where it is plain, else the beginning of its hash, so that a key can be taken apart again. */
export function markOf(value: string): string {
	return PLAIN_MARK.test(value) ? value : canonicalHash(value).slice(0, 12);
}

/** The declared inputs of a playbook. */
export function inputsOf(scope: Scope): Readonly<Record<string, PlaybookInput>> {
	return scope.playbook.playbook.inputs ?? {};
}
