// What the schema of a playbook cannot see of its branches, loops, waits and calls: keys, variables, facts and playbooks that do not exist,
// and steps that wait for themselves by way of a block. Pure. NOT here: actions and their parameters (check-playbook.ts).
import type { Findings } from '../config/finding.ts';
import { shown } from '../config/finding.ts';
import type { LoadedPlaybookFile } from '../config/playbook-file.ts';
import { FACT_NAMES, FACTS, isFactName, isFactValue } from '../domain/fact.ts';
import { didYouMean } from '../domain/nearest.ts';
import { type AnswerSpec, type Condition, fits, type PlaybookInput } from '../domain/playbook-condition.ts';
import { allNodes, innerLists, type PlacedNode } from '../domain/playbook-step.ts';
import { PLACEHOLDER_NAMES } from '../response/evidence.ts';
import { CALL_DEPTH_MAX, callsOf, isCall, type Library } from '../response/flow/program.ts';

/** Actions whose attestation can carry an answer. */
const ASKING: readonly string[] = ['ask_person', 'ask_control_room'];

type At = (...path: (string | number)[]) => { readonly line: number; readonly column: number };
type Sight = {
	readonly loaded: LoadedPlaybookFile;
	readonly library: Library;
	readonly placed: readonly PlacedNode[];
	readonly variables: ReadonlyMap<string, AnswerSpec | PlaybookInput>;
	readonly findings: Findings;
};

/** Names that texts of the playbook may use beside the incident's own values. */
export function variablesOf(loaded: LoadedPlaybookFile, library: Library): Map<string, AnswerSpec | PlaybookInput> {
	const found = new Map<string, AnswerSpec | PlaybookInput>(Object.entries(loaded.playbook.inputs ?? {}));
	const seen = new Set<string>();
	const add = (id: string, of: LoadedPlaybookFile['playbook']): void => {
		if (seen.has(id)) return;
		seen.add(id);
		for (const { node } of allNodes(of.steps)) {
			if ('action' in node && node.answer !== undefined && !found.has(node.answer.name))
				found.set(node.answer.name, node.answer);
			const called = isCall(node) ? library.get(node.playbook) : undefined;
			if (called !== undefined) add(called.playbook.id, called.playbook);
		}
	};
	add(loaded.playbook.id, loaded.playbook);
	return found;
}

/** Findings about everything that leads from step to step. */
export function checkFlow(loaded: LoadedPlaybookFile, library: Library, findings: Findings): void {
	const { playbook, place } = loaded;
	const placed = allNodes(playbook.steps);
	const sight: Sight = { loaded, library, placed, variables: variablesOf(loaded, library), findings };
	for (const name of Object.keys(playbook.inputs ?? {}))
		if ([...PLACEHOLDER_NAMES, 'item'].includes(name))
			findings.error(
				place(['inputs', name], 'key'),
				`the input ${shown(name)} has the name of a value of the incident`,
			);
	for (const one of placed) checkNode(one, sight);
	const circle = circleOf(placed);
	if (circle !== null)
		findings.error(
			place([...(placed.find(({ node }) => node.key === circle[0])?.path ?? []), 'after']),
			`these steps wait for one another: ${circle.map(shown).join(', ')}: none of them ever starts`,
		);
	checkCircleOfCalls(sight);
}

function checkNode({ node, path, around }: PlacedNode, sight: Sight): void {
	const { findings, loaded, placed, variables } = sight;
	const at: At = (...more) => loaded.place([...path, ...more]);
	const keys = placed.map((one) => one.node.key);
	const name = `${'action' in node ? 'step' : 'block'} ${shown(node.key)}`;
	for (const [position, key] of (node.after ?? []).entries()) {
		if (key === node.key) findings.error(at('after', position), `${name}: it waits for itself`);
		else if (!keys.includes(key))
			findings.error(
				at('after', position),
				`${name}: \`after\`: there is no step ${shown(key)}`,
				didYouMean(key, keys),
			);
		else if (around.some((block) => block.key === key))
			findings.error(at('after', position), `${name}: it stands in ${shown(key)} and cannot wait for its end`);
	}
	if ('action' in node) {
		const inLoop = around.some((block) => 'for_each' in block && block.for_each.assets !== undefined);
		if (node.target === 'item' && !inLoop)
			findings.error(at('target'), `${name}: \`item\` is an asset of a loop, and no loop over assets is around it`);
		if (node.answer !== undefined && !ASKING.includes(node.action))
			findings.error(at('answer'), `${name}: only ${ASKING.join(' and ')} have an answer`);
		if (node.answer !== undefined && [...PLACEHOLDER_NAMES, 'item'].includes(node.answer.name))
			findings.error(at('answer', 'name'), `${name}: ${shown(node.answer.name)} is a value of the incident already`);
		const wanted = node.target.startsWith('variable:') ? node.target.slice(9) : null;
		if (wanted !== null && variables.get(wanted)?.type !== 'asset')
			findings.error(at('target'), `${name}: ${shown(wanted)} is no variable of type asset`);
		return;
	}
	if ('for_each' in node && around.some((block) => 'for_each' in block))
		findings.error(at('for_each'), `${name}: a loop over evidence stands in no other such loop`);
	const condition =
		'if' in node ? (['if', node.if] as const) : 'while' in node ? (['while', node.while] as const) : null;
	if (condition !== null) checkCondition(condition[1], name, [...path, condition[0]], sight);
	if ('wait' in node) {
		if (node.wait.until !== undefined) checkCondition(node.wait.until, name, [...path, 'wait', 'until'], sight);
		else if (node.on_deadline !== undefined)
			findings.error(at('on_deadline'), `${name}: a pause has no deadline: say \`until\` what it waits`);
	}
	if ('switch' in node) {
		const spec = variables.get(node.switch);
		if (spec === undefined) noVariable(node.switch, name, at('switch'), sight);
		for (const value of Object.keys(node.cases))
			if (spec !== undefined && !isText(spec, value))
				findings.error(
					at('cases', value),
					`${name}: ${shown(node.switch)} is never ${shown(value)}`,
					didYouMean(value, spec.options ?? []),
				);
	}
	if (isCall(node)) checkCall(node, name, at, sight);
}

function isText(spec: AnswerSpec | PlaybookInput, text: string): boolean {
	if (spec.type === 'boolean') return text === 'true' || text === 'false';
	return spec.type === 'number' ? text.trim() !== '' && Number.isFinite(Number(text)) : fits(spec, text);
}

function noVariable(found: string, name: string, at: ReturnType<At>, { variables, findings }: Sight): void {
	findings.error(
		at,
		`${name}: there is no variable ${shown(found)}`,
		didYouMean(found, [...variables.keys()]) ||
			'variables are the `inputs` of the playbook and the `answer`s of its steps',
	);
}

function checkCondition(condition: Condition, name: string, path: readonly (string | number)[], sight: Sight): void {
	const { findings, loaded, placed, variables } = sight;
	const at: At = (...more) => loaded.place([...path, ...more]);
	const { step, variable, fact } = condition;
	const keys = placed.map((one) => one.node.key);
	if (step !== undefined && !keys.includes(step.key))
		findings.error(at('step', 'key'), `${name}: there is no step ${shown(step.key)}`, didYouMean(step.key, keys));
	if (variable !== undefined) {
		const spec = variables.get(variable.name);
		if (spec === undefined) noVariable(variable.name, name, at('variable', 'name'), sight);
		const values = [...(variable.is === undefined ? [] : [variable.is]), ...(variable.in ?? [])];
		for (const value of spec === undefined ? [] : values)
			if (!fits(spec ?? { type: 'text' }, value))
				findings.error(
					at('variable'),
					`${name}: ${shown(variable.name)} is never ${shown(value)}`,
					didYouMean(String(value), spec?.options ?? []),
				);
		if ((variable.min !== undefined || variable.max !== undefined) && spec !== undefined && spec.type !== 'number')
			findings.error(at('variable'), `${name}: ${shown(variable.name)} is no number`);
	}
	if (fact !== undefined) {
		if (!isFactName(fact.name))
			findings.error(
				at('fact', 'name'),
				`${name}: unknown fact ${shown(fact.name)}`,
				didYouMean(fact.name, FACT_NAMES),
			);
		else
			for (const value of [...(fact.is === undefined ? [] : [fact.is]), ...(fact.in ?? [])])
				if (!isFactValue(fact.name, value))
					findings.error(
						at('fact'),
						`${name}: \`${fact.name}\` is ${FACTS[fact.name].order.join(', ')}, not ${shown(value)}`,
					);
	}
	for (const [index, inner] of (condition.all ?? []).entries())
		checkCondition(inner, name, [...path, 'all', index], sight);
	for (const [index, inner] of (condition.any ?? []).entries())
		checkCondition(inner, name, [...path, 'any', index], sight);
	if (condition.not !== undefined) checkCondition(condition.not, name, [...path, 'not'], sight);
}

function checkCall(
	node: Extract<PlacedNode['node'], { playbook: string }>,
	name: string,
	at: At,
	{ library, findings }: Sight,
): void {
	const called = library.get(node.playbook)?.playbook;
	if (called === undefined) {
		findings.error(
			at('playbook'),
			`${name}: there is no playbook ${shown(node.playbook)}`,
			didYouMean(node.playbook, [...library.keys()]),
		);
		return;
	}
	const inputs = called.inputs ?? {};
	for (const [given, value] of Object.entries(node.with ?? {})) {
		const spec = inputs[given];
		if (spec === undefined)
			findings.error(
				at('with', given),
				`${name}: \`${called.id}\` has no input ${shown(given)}`,
				didYouMean(given, Object.keys(inputs)),
			);
		else if (!(typeof value === 'string' && /^\{[a-z][a-z0-9_]*\}$/.test(value)) && !fits(spec, value))
			findings.error(
				at('with', given),
				`${name}: ${shown(given)} of \`${called.id}\` is a ${spec.type}, not ${shown(value)}`,
			);
	}
}

function checkCircleOfCalls({ loaded, library, placed, findings }: Sight): void {
	const follow = (id: string, around: readonly string[]): readonly string[] | null => {
		if (around.includes(id)) return [...around, id];
		if (around.length > CALL_DEPTH_MAX) return [...around, id];
		const next = library.get(id);
		for (const called of next === undefined ? [] : callsOf(next)) {
			const found = follow(called, [...around, id]);
			if (found !== null) return found;
		}
		return null;
	};
	for (const { node, path } of placed) {
		if (!isCall(node)) continue;
		const chain = follow(node.playbook, [loaded.playbook.id]);
		if (chain === null) continue;
		const isCircle = new Set(chain).size < chain.length;
		findings.error(
			loaded.place([...path, 'playbook']),
			isCircle
				? `these playbooks call one another: ${chain.join(' -> ')}`
				: `at most ${CALL_DEPTH_MAX} playbooks stand inside one another: ${chain.join(' -> ')}`,
		);
		return;
	}
}

/**
 * Keys left over when everything that can begin and end has been taken away, again and again: a node begins when its block has begun
 * and all of `after` has ended; it ends when it has begun and everything in it has ended.
 */
function circleOf(placed: readonly PlacedNode[]): string[] | null {
	const known = new Set(placed.map(({ node }) => node.key));
	const waits = new Map<string, string[]>();
	for (const { node, around } of placed) {
		const block = around.at(-1);
		const after = (node.after ?? []).filter(
			(key) => known.has(key) && key !== node.key && !around.some((one) => one.key === key),
		);
		waits.set(`begin ${node.key}`, [
			...(block === undefined ? [] : [`begin ${block.key}`]),
			...after.map((key) => `end ${key}`),
		]);
		const inside = innerLists(node).flatMap(({ nodes }) => nodes.map((inner) => `end ${inner.key}`));
		waits.set(`end ${node.key}`, [`begin ${node.key}`, ...inside]);
	}
	for (;;) {
		const free = [...waits].filter(([, on]) => on.every((other) => !waits.has(other)));
		if (free.length === 0) break;
		for (const [name] of free) waits.delete(name);
	}
	const left = [...new Set([...waits.keys()].filter((name) => name.startsWith('begin ')).map((name) => name.slice(6)))];
	return waits.size === 0 ? null : left;
}
