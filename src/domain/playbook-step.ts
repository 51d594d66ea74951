// One step of a playbook, and the blocks that steps stand in: branches, loops, waits, groups, other playbooks. Schemas only. What becomes of
// them in an incident is response/plan.ts; what a step may really do is decided by the safety gate for each asset.
import { z } from 'zod';
import { Domain } from './alert.ts';
import { AssetClass } from './asset.ts';
import {
	AnswerSpec,
	Condition,
	EvidenceSelector,
	LOOP_ITEMS_MAX,
	Scalar,
	StepCondition,
	VariableName,
} from './playbook-condition.ts';
import { DAY, HOUR, MINUTE, SECOND } from './time.ts';

/** Characters of instructions: what fits a person's screen. */
const INSTRUCTIONS_MAX = 2_500;
/** Steps of one list. */
const NODES_MAX = 60;
/** Rounds of a `while`, and values of a `switch`. */
const ROUNDS_MAX = 10;
const CASES_MAX = 20;

const UNIT_MS: Readonly<Record<string, number>> = { s: SECOND, m: MINUTE, h: HOUR, d: DAY };

/** `90s`, `15m`, `8h`, `2d`: a whole number and a unit; in milliseconds afterwards. At most 30 days. */
export const Duration = z.string().transform((text, context): number => {
	const match = /^(\d{1,6})([smhd])$/.exec(text);
	const ms = match === null ? 0 : Number(match[1]) * (UNIT_MS[match[2] ?? ''] ?? 0);
	if (ms > 0 && ms <= 30 * DAY) return ms;
	context.addIssue({
		code: 'custom',
		message: `\`${text.slice(0, 40)}\` is no duration: write a whole number and s, m, h or d, up to 30d`,
	});
	return z.NEVER;
});

const ID = /^[a-z0-9][a-z0-9-]{0,62}$/;
export const PlaybookId = z.string().regex(ID, 'lower-case letters, digits and hyphens, up to 63');
const Key = PlaybookId;

/**
 * Which assets a step is for.
 *
 * none             no asset (tell people, open a ticket)
 * item             the asset that the loop around it is at
 * variable:NAME    the asset that an input or an answer names
 * primary          what the incident is about: the first target of its gravest alert
 * actor            where it came from: the first actor asset of its gravest alert
 * way_in           where a remote session comes through: the first jump host or VPN gateway of the gravest alert that names one, else
 *                  the first OT target
 * store            where a step of this action reads: the server that its connector is set up with, and nothing where none is
 * assets           every asset of the incident
 * assets.class:C   those of a class; assets.domain:D those of a side (`it`, `ot`)
 */
const TargetSelector = z
	.string()
	.regex(
		new RegExp(
			`^(none|item|primary|actor|way_in|store|variable:[a-z][a-z0-9_]{0,39}|assets|assets\\.class:(${AssetClass.options.join('|')})|assets\\.domain:(${Domain.options.join('|')}))$`,
		),
		'expected `none`, `item`, `primary`, `actor`, `way_in`, `store`, `variable:<name>`, `assets`, `assets.class:<asset class>` or `assets.domain:it|ot`',
	);

const Text = (max: number) => z.string().trim().min(1).max(max);

const ParamValue = z.union([z.string().max(2_000), z.number(), z.boolean(), z.array(z.string().max(500)).max(50)]);

/** Whether it waits for all of `after` (default), or begins as soon as any of them has ended well. */
const Join = z.enum(['all', 'any']).optional();

/** Steps and blocks; an interface, so that the types may contain one another. */
export interface PlaybookNodes extends Array<PlaybookNode> {}
export type PlaybookNode = PlaybookStep | PlaybookBlock;

export const PlaybookNodes: z.ZodType<PlaybookNodes> = z.lazy(() => z.array(PlaybookNode).min(1).max(NODES_MAX));

export const PlaybookStep = z.strictObject({
	key: Key,
	title: Text(150),
	/** A name of the action catalogue; its effect is looked up there. */
	action: z.string().regex(/^[a-z][a-z0-9_]{0,62}$/, 'an action name: lower-case letters, digits, underscores'),
	target: TargetSelector.default('none'),
	/** `{user}`, `{actor_ip}` ... stand for values of the incident (response/placeholders.ts). */
	params: z.record(z.string().regex(/^[a-z][a-z0-9_]{0,39}$/), ParamValue).default({}),
	/** Steps run side by side unless they wait for these; steps on OT assets run one at a time in any case (row P04). */
	after: z.array(z.string()).max(20).default([]),
	join: Join,
	when: StepCondition.optional(),
	/** For a step that people do by hand, or that the gate may leave to them. */
	instructions: Text(INSTRUCTIONS_MAX).optional(),
	checklist: z.array(Text(300)).max(20).default([]),
	/** How long approvals are waited for, once asked. */
	expires_in: Duration.optional(),
	/** How long a containment holds; then it is taken back, or people are asked. */
	containment_for: Duration.optional(),
	/** What becomes of the steps behind it: they go on, are cancelled, or wait for one person's word. */
	on_failure: z.enum(['continue', 'stop', 'ask']).default('continue'),
	/** The action that takes it back; only needed where it is not the action's own inverse. */
	undo: z.string().optional(),
	/** What the person's attestation has to say: a variable from then on. Only for steps that ask people. */
	answer: AnswerSpec.optional(),
	/** Done only if this step failed, was refused, expired or is forbidden. */
	if_failed: PlaybookNodes.optional(),
});
export type PlaybookStep = z.infer<typeof PlaybookStep>;

/** What every block has; a block is over when everything in it that was begun is over. */
const block = { key: Key, title: Text(150).optional(), after: z.array(z.string()).max(20).optional(), join: Join };

/** One of two ways, chosen once, by what is known when its turn comes. */
const IfBlock = z.strictObject({ ...block, if: Condition, do: PlaybookNodes, else: PlaybookNodes.optional() });

/** One of several ways, by the value of a variable. */
const SwitchBlock = z
	.strictObject({
		...block,
		switch: VariableName,
		cases: z.record(z.string().min(1).max(200), PlaybookNodes),
		default: PlaybookNodes.optional(),
	})
	.refine(({ cases }) => Object.keys(cases).length <= CASES_MAX, {
		message: `at most ${CASES_MAX} cases`,
		path: ['cases'],
	});

/** The same steps for each of something in the incident; what joins the incident later gets them too, once. */
const ForEachBlock = z.strictObject({
	...block,
	for_each: EvidenceSelector,
	max: z.number().int().min(1).max(LOOP_ITEMS_MAX).optional(),
	do: PlaybookNodes,
});

/** The same steps again, as long as the condition holds when a round begins. */
const WhileBlock = z.strictObject({
	...block,
	while: Condition,
	max: z.number().int().min(1).max(ROUNDS_MAX),
	do: PlaybookNodes,
});

/** Steps side by side under one name. `if_given_up: undo` takes back what they did where one of them stops the rest. */
const GroupBlock = z.strictObject({ ...block, do: PlaybookNodes, if_given_up: z.enum(['keep', 'undo']).optional() });

/** A pause, or a wait until something is so, at most `for` long: `do` follows where it came, `on_deadline` where it did not. */
const WaitBlock = z.strictObject({
	...block,
	wait: z.strictObject({ for: Duration, until: Condition.optional() }),
	do: PlaybookNodes.optional(),
	on_deadline: PlaybookNodes.optional(),
	/** What becomes of the steps behind it where the deadline has passed. */
	on_failure: z.enum(['continue', 'stop', 'ask']).optional(),
});

/** Another playbook as a part of this one. In `with` a text that is one placeholder stands for that value. */
const CallBlock = z.strictObject({ ...block, playbook: PlaybookId, with: z.record(VariableName, Scalar).optional() });

export type IfBlock = z.infer<typeof IfBlock>;
export type SwitchBlock = z.infer<typeof SwitchBlock>;
export type ForEachBlock = z.infer<typeof ForEachBlock>;
export type WhileBlock = z.infer<typeof WhileBlock>;
export type GroupBlock = z.infer<typeof GroupBlock>;
export type WaitBlock = z.infer<typeof WaitBlock>;
export type CallBlock = z.infer<typeof CallBlock>;
export type PlaybookBlock = IfBlock | SwitchBlock | ForEachBlock | WhileBlock | GroupBlock | WaitBlock | CallBlock;

/** The word that says what a node is; without any of them it is meant as a step. The first that is written counts. */
const KIND_OF = {
	if: 'if',
	switch: 'switch',
	for_each: 'for_each',
	while: 'while',
	wait: 'wait',
	playbook: 'playbook',
};

function kindOf(value: object): string {
	const word = Object.keys(KIND_OF).find((name) => Object.hasOwn(value, name));
	return word ?? (Object.hasOwn(value, 'do') && !Object.hasOwn(value, 'action') ? 'group' : 'action');
}

/** The kind is added for the reader of the schema only: a union that knows which one is meant has findings at their places. */
const kind = <K extends string>(name: K) => ({ $kind: z.literal(name) });

const PlaybookNode: z.ZodType<PlaybookNode> = z
	.preprocess(
		(value) =>
			typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value, $kind: kindOf(value) } : value,
		z.discriminatedUnion('$kind', [
			PlaybookStep.extend(kind('action')),
			IfBlock.extend(kind('if')),
			SwitchBlock.safeExtend(kind('switch')),
			ForEachBlock.extend(kind('for_each')),
			WhileBlock.extend(kind('while')),
			GroupBlock.extend(kind('group')),
			WaitBlock.extend(kind('wait')),
			CallBlock.extend(kind('playbook')),
		]),
	)
	// What is left is the node as it was written: the rest of a union is the union of the rests, which the compiler does not see.
	.transform(({ $kind: _kind, ...node }) => node as PlaybookNode);

/** The lists of nodes right inside a node, each with the path that leads to it. */
export function innerLists(
	node: PlaybookNode,
): readonly { readonly path: readonly string[]; readonly nodes: PlaybookNodes }[] {
	if ('action' in node) return node.if_failed === undefined ? [] : [{ path: ['if_failed'], nodes: node.if_failed }];
	const found: { path: readonly string[]; nodes: PlaybookNodes }[] = [];
	const add = (path: readonly string[], nodes: PlaybookNodes | undefined): void => {
		if (nodes !== undefined) found.push({ path, nodes });
	};
	if ('cases' in node) for (const [name, nodes] of Object.entries(node.cases)) add(['cases', name], nodes);
	if ('do' in node) add(['do'], node.do);
	if ('else' in node) add(['else'], node.else);
	if ('default' in node) add(['default'], node.default);
	if ('on_deadline' in node) add(['on_deadline'], node.on_deadline);
	return found;
}

export type PlacedNode = {
	readonly node: PlaybookNode;
	/** From the playbook's own beginning: `['steps', 2, 'do', 0]`. */
	readonly path: readonly (string | number)[];
	/** Blocks around it, outermost first. */
	readonly around: readonly PlaybookNode[];
};

/** Every step and block of a list, in its order, a block before what is in it. */
export function allNodes(
	nodes: PlaybookNodes,
	path: readonly (string | number)[] = ['steps'],
	around: readonly PlaybookNode[] = [],
): PlacedNode[] {
	return nodes.flatMap((node, index) => {
		const here = [...path, index];
		const inside = innerLists(node).flatMap((list) => allNodes(list.nodes, [...here, ...list.path], [...around, node]));
		return [{ node, path: here, around }, ...inside];
	});
}
