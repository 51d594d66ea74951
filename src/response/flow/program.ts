// A playbook with everything it calls, as one tree: each node with its place, the loops around it and the ways that lead on from it. Pure,
// and the same for every incident. NOT here: which way is taken (decide-block.ts), and what steps it means (walk.ts).
import { canonicalHash } from '../../domain/canonical.ts';
import { allNodes, type PlaybookNode, type PlaybookNodes, type PlaybookStep } from '../../domain/playbook-step.ts';
import type { LoadedPlaybook } from '../choose.ts';

/** Playbooks inside one another, and nodes of one program with everything it calls. */
export const CALL_DEPTH_MAX = 3;
const PROGRAM_NODES_MAX = 500;

export type Library = ReadonlyMap<string, LoadedPlaybook>;

/** One way on from a block: `do`, `else`, `default`, `deadline`, `failed`, `call`, or `case:<value>`. */
export type WayOn = { readonly name: string; readonly parts: readonly Part[] };

export type Part = {
	readonly node: PlaybookNode;
	/** Whose file it stands in. */
	readonly playbook: LoadedPlaybook;
	/** Its number in the order of the files, calls written out. */
	readonly position: number;
	/** Keys of the loops around it in its own file, outermost first. */
	readonly loops: readonly string[];
	readonly ways: readonly WayOn[];
	/** Why a called playbook is not part of it. */
	readonly fault: string | null;
};

export type Program = {
	readonly playbook: LoadedPlaybook;
	readonly parts: readonly Part[];
	/** Loops around each node, by file and key: what a reference from inside or outside means. */
	readonly loopsOf: ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>;
};

/** Builds the tree. A call that leads nowhere, in a circle or too deep is a part with a fault and without steps. */
export function programOf(playbook: LoadedPlaybook, library: Library): Program {
	const loopsOf = new Map<string, Map<string, readonly string[]>>();
	let position = 0;
	const parts = (
		nodes: PlaybookNodes,
		of: LoadedPlaybook,
		loops: readonly string[],
		calls: readonly string[],
	): Part[] =>
		nodes.map((node): Part => {
			const own = position;
			position += 1;
			noteLoops(loopsOf, of, node.key, loops);
			const inside = 'for_each' in node || 'while' in node ? [...loops, node.key] : loops;
			const list = (name: string, inner: PlaybookNodes | undefined): WayOn[] =>
				inner === undefined ? [] : [{ name, parts: parts(inner, of, inside, calls) }];
			const base = { node, playbook: of, position: own, loops, fault: null };
			if (isCall(node)) {
				const called = library.get(node.playbook);
				const fault = faultOfCall(node.playbook, called, calls, position);
				if (fault !== null || called === undefined) return { ...base, ways: [], fault };
				const body = parts(called.playbook.steps, called, [], [...calls, node.playbook]);
				return { ...base, ways: [{ name: 'call', parts: body }] };
			}
			return { ...base, ways: waysOf(node, list) };
		});
	return { playbook, parts: parts(playbook.playbook.steps, playbook, [], [playbook.playbook.id]), loopsOf };
}

function noteLoops(
	loopsOf: Map<string, Map<string, readonly string[]>>,
	of: LoadedPlaybook,
	key: string,
	loops: readonly string[],
): void {
	const { id } = of.playbook;
	const held = loopsOf.get(id) ?? new Map<string, readonly string[]>();
	loopsOf.set(id, held.set(key, loops));
}

function faultOfCall(
	id: string,
	called: LoadedPlaybook | undefined,
	calls: readonly string[],
	nodes: number,
): string | null {
	if (called === undefined) return `there is no playbook \`${id}\``;
	if (calls.includes(id)) return `\`${id}\` would call itself`;
	if (calls.length > CALL_DEPTH_MAX) return `at most ${CALL_DEPTH_MAX} playbooks stand inside one another`;
	return nodes > PROGRAM_NODES_MAX ? `at most ${PROGRAM_NODES_MAX} steps with everything that is called` : null;
}

function waysOf(node: PlaybookNode, list: (name: string, inner: PlaybookNodes | undefined) => WayOn[]): WayOn[] {
	if ('action' in node) return list('failed', node.if_failed);
	if ('cases' in node)
		return [
			...Object.entries(node.cases).flatMap(([value, inner]) => list(`case:${value}`, inner)),
			...list('default', node.default),
		];
	if ('if' in node) return [...list('do', node.do), ...list('else', node.else)];
	if ('wait' in node) return [...list('do', node.do), ...list('deadline', node.on_deadline)];
	return 'do' in node ? list('do', node.do) : [];
}

export function isCall(node: PlaybookNode): node is Extract<PlaybookNode, { playbook: string }> {
	return 'playbook' in node;
}

/** Blocks that decide something, and so have a row of their own in the plan: branches, rounds and waits. */
export function decides(node: PlaybookNode): boolean {
	return 'if' in node || 'switch' in node || 'while' in node || 'wait' in node;
}

/** Ids of the playbooks that this one calls itself. */
export function callsOf(playbook: LoadedPlaybook): string[] {
	return [...new Set(allNodes(playbook.playbook.steps).flatMap(({ node }) => (isCall(node) ? [node.playbook] : [])))];
}

/**
 * Playbooks by id, each with the version that approvals bind to: of one that calls others the hash is over their versions too, so that
 * a change in any of them is a change of it.
 */
export function libraryOf(playbooks: readonly LoadedPlaybook[]): Library {
	const plain = new Map(playbooks.map((loaded) => [loaded.playbook.id, loaded]));
	const versionOf = (loaded: LoadedPlaybook, around: readonly string[]): string => {
		const calls = callsOf(loaded);
		if (calls.length === 0) return loaded.version;
		const called = calls.map((id) => {
			const found = plain.get(id);
			return found === undefined || around.includes(id) || around.length > CALL_DEPTH_MAX
				? [id, null]
				: [id, versionOf(found, [...around, id])];
		});
		return canonicalHash([loaded.version, ...called]);
	};
	return new Map(
		[...plain].map(([id, loaded]) => [
			id,
			callsOf(loaded).length === 0 ? loaded : { ...loaded, version: versionOf(loaded, [id]) },
		]),
	);
}

/** Whether the playbook has anything but steps side by side. */
export function hasFlow(loaded: LoadedPlaybook): boolean {
	return allNodes(loaded.playbook.steps).some(({ node }) => !('action' in node) || node.if_failed !== undefined);
}

/** The node that a row's key names (`call/cut@lap-1`), and the playbook that it stands in; null where the files no longer have it. */
export function nodeOf(
	step: { readonly playbook: string; readonly key: string },
	library: Library,
): { readonly node: PlaybookNode; readonly playbook: LoadedPlaybook } | null {
	let playbook = library.get(step.playbook);
	const segments = step.key.split('/').map((segment) => segment.split(/[@#]/, 1)[0] ?? '');
	for (const [index, key] of segments.entries()) {
		const node = playbook && allNodes(playbook.playbook.steps).find((placed) => placed.node.key === key)?.node;
		if (playbook === undefined || node === undefined) return null;
		if (index === segments.length - 1) return { node, playbook };
		playbook = isCall(node) ? library.get(node.playbook) : undefined;
	}
	return null;
}

/** The step of the playbook that a row was made from. */
export function itemOf(
	step: { readonly playbook: string; readonly key: string },
	library: Library,
): PlaybookStep | null {
	const node = nodeOf(step, library)?.node;
	return node !== undefined && 'action' in node ? node : null;
}
