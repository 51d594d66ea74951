// What a playbook may ask before it goes one way or another: the schema of conditions, of what a loop goes over, and of variables. Every
// part is a named field with a type, so that `interlock check` can point at a slip, the ledger can say which part held with which value,
// and nothing of an alert is ever read as an expression. NOT here: what a condition comes to (response/branch/condition.ts).
import { z } from 'zod';
import { Domain, EntityType } from './alert.ts';
import { AssetClass } from './asset.ts';
import { Severity } from './severity.ts';
import { STEP_STATES } from './step.ts';
import { Category } from './verdict.ts';

const CONDITION_PARTS_MAX = 12;
/** `all`, `any` and `not` inside one another. */
export const CONDITION_DEPTH_MAX = 4;
/** Assets, users or indicators that one loop goes over. */
export const LOOP_ITEMS_MAX = 20;

export const VariableName = z
	.string()
	.regex(/^[a-z][a-z0-9_]{0,39}$/, 'a variable: lower-case letters, digits, underscores, up to 40');

export const Scalar = z.union([z.boolean(), z.number(), z.string().max(200)]);
export type Scalar = z.infer<typeof Scalar>;

const Options = z
	.array(z.string().regex(/^[a-z0-9][a-z0-9_-]{0,39}$/, 'an option: one lower-case word'))
	.min(2)
	.max(10);

/**
 * What a variable can be. `choice` is one of `options`; `asset` an id of the inventory; `text` one plain word (letters, digits, marks of
 * names and addresses, up to 120), because it may end in a parameter.
 */
const VariableType = z.enum(['boolean', 'number', 'choice', 'text', 'asset']);

/** An input of the playbook: what a caller hands over, or its default. */
export const PlaybookInput = z
	.strictObject({
		type: VariableType,
		options: Options.optional(),
		default: Scalar.optional(),
		description: z.string().max(300).optional(),
	})
	.refine((input) => (input.type === 'choice') === (input.options !== undefined), {
		message: 'a choice has `options`, nothing else has',
		path: ['options'],
	})
	.refine((input) => input.default === undefined || fits(input, input.default), {
		message: 'the default is none that this type can take',
		path: ['default'],
	});
export type PlaybookInput = z.infer<typeof PlaybookInput>;

/** The answer that a person gives with the attestation: a variable from then on. */
export const AnswerSpec = z
	.strictObject({ name: VariableName, type: VariableType, options: Options.optional() })
	.refine((spec) => (spec.type === 'choice') === (spec.options !== undefined), {
		message: 'a choice has `options`, nothing else has',
		path: ['options'],
	});
export type AnswerSpec = z.infer<typeof AnswerSpec>;

/** Whether the value is one that the type can take. */
export function fits(
	of: { readonly type: string; readonly options?: readonly string[] | undefined },
	value: unknown,
): boolean {
	switch (of.type) {
		case 'boolean':
			return typeof value === 'boolean';
		case 'number':
			return typeof value === 'number' && Number.isFinite(value);
		case 'choice':
			return typeof value === 'string' && (of.options ?? []).includes(value);
		default:
			return typeof value === 'string' && PLAIN_WORD.test(value);
	}
}

/** What a value from outside may look like to be used: one word of up to 120 letters, digits and the marks of names and addresses. */
export const PLAIN_WORD = /^[\p{L}\p{N}_][\p{L}\p{N}._:@$+\\/?=&%~-]{0,119}$/u;

/** What of an incident is counted or gone over. Several fields of `assets` must all hold. */
const selectors = {
	/** Assets of the incident. */
	assets: z
		.strictObject({
			class: z.array(AssetClass).min(1).optional(),
			domain: Domain.optional(),
			zone: z.string().max(100).optional(),
		})
		.optional(),
	/** Accounts that its alerts name, in these roles (default: actor and target). */
	users: z
		.strictObject({
			roles: z
				.array(z.enum(['actor', 'target', 'related']))
				.min(1)
				.optional(),
		})
		.optional(),
	/** Other things that its alerts name. */
	indicators: z.strictObject({ types: z.array(EntityType).min(1) }).optional(),
};
const isOne = (value: object): boolean => Object.values(value).filter((one) => one !== undefined).length === 1;
export const EvidenceSelector = z
	.strictObject(selectors)
	.refine(isOne, 'exactly one of `assets`, `users` and `indicators`');
export type EvidenceSelector = z.infer<typeof EvidenceSelector>;

/** An alert of the incident, by everything that is written. */
const AlertCondition = z.strictObject({
	categories: z.array(Category).min(1).optional(),
	techniques: z
		.array(z.string().regex(/^T\d{4}(\.\d{3})?$/, 'an ATT&CK technique id: T0000 or T0000.000'))
		.min(1)
		.optional(),
	tags: z.array(z.string().min(1).max(100)).min(1).optional(),
	severity_min: Severity.optional(),
	state: z.enum(['open', 'closed']).optional(),
	/** Only alerts that came (or were closed) after the wait began. */
	new: z.boolean().optional(),
	/** How many at least; 1. */
	min: z.number().int().min(1).max(200).optional(),
});

const FactCondition = z
	.strictObject({
		name: z.string().max(100),
		/** `primary`, `actor`, `item`, or an id; nothing for facts about the plant, the incident or the primary asset's zone. */
		of: z.string().max(200).optional(),
		is: z.union([z.boolean(), z.string().max(100)]).optional(),
		in: z
			.array(z.union([z.boolean(), z.string().max(100)]))
			.min(1)
			.max(20)
			.optional(),
		/** Whether a current statement says so: without one a fact counts as its worst value. */
		known: z.boolean().optional(),
	})
	.refine(
		(one) => one.is !== undefined || one.in !== undefined || one.known !== undefined,
		'say `is`, `in` or `known`',
	);

const VariableCondition = z
	.strictObject({
		name: VariableName,
		is: Scalar.optional(),
		in: z.array(Scalar).min(1).max(20).optional(),
		min: z.number().optional(),
		max: z.number().optional(),
		known: z.boolean().optional(),
	})
	.refine((one) => Object.keys(one).length > 1, 'say `is`, `in`, `min`, `max` or `known`');

/** How a step ended: in words that gather states, or the state itself. */
export const STEP_ENDS = ['well', 'badly', ...STEP_STATES] as const;

const StepEnd = z.strictObject({ key: z.string().max(63), ended: z.array(z.enum(STEP_ENDS)).min(1) });

const plain = {
	severity_min: Severity.optional(),
	/** Domains of the incident. */
	domain: z
		.array(z.enum(['it', 'ot', 'cross']))
		.min(1)
		.optional(),
	categories: z.array(Category).min(1).optional(),
	/** Classes of the step's own target; of a block inside a loop the item's, else of the primary asset. */
	target_class: z.array(AssetClass).min(1).optional(),
	process_safety: z.boolean().optional(),
	confidence_min: z.number().min(0).max(1).optional(),
};

/** Whether a step is planned at all: everything that is written must hold. Confidence is that of rules and sources, never the adviser's. */
export const StepCondition = z.strictObject(plain);
export type StepCondition = z.infer<typeof StepCondition>;

const parts = {
	...plain,
	step: StepEnd.optional(),
	variable: VariableCondition.optional(),
	fact: FactCondition.optional(),
	/** At least `min` (1) of these. */
	evidence: z
		.strictObject({
			...selectors,
			min: z.number().int().min(0).max(200).optional(),
			max: z.number().int().min(0).max(200).optional(),
		})
		.refine(({ min: _min, max: _max, ...of }) => isOne(of), 'exactly one of `assets`, `users` and `indicators`')
		.optional(),
	alert: AlertCondition.optional(),
};
type Parts = z.infer<z.ZodObject<typeof parts>>;
export type Condition = Parts & {
	readonly all?: readonly Condition[] | undefined;
	readonly any?: readonly Condition[] | undefined;
	readonly not?: Condition | undefined;
};

const some = z.lazy(() => z.array(Condition).min(1).max(CONDITION_PARTS_MAX));

/** A question with yes or no for an answer: everything that is written must hold. */
export const Condition: z.ZodType<Condition> = z.lazy(() =>
	z
		.strictObject({ ...parts, all: some.optional(), any: some.optional(), not: Condition.optional() })
		.refine((value) => Object.keys(value).length > 0, 'an empty condition always holds: name one')
		.refine(
			(value) => depthOf(value) <= CONDITION_DEPTH_MAX,
			`at most ${CONDITION_DEPTH_MAX} levels of all, any and not`,
		),
);

function depthOf(value: Condition): number {
	const inner = [...(value.all ?? []), ...(value.any ?? []), ...(value.not === undefined ? [] : [value.not])];
	return 1 + Math.max(0, ...inner.map(depthOf));
}

/**
 * What a person wrote, as a value of the type: `yes` and `no` for a boolean, the option, the number, one plain word.
 *
 * @returns null where it is none
 */
export function parseAnswer(
	of: { readonly type: string; readonly options?: readonly string[] | undefined },
	text: string,
): Scalar | null {
	const word = text.trim();
	if (of.type === 'boolean') return /^(?:yes|true)$/i.test(word) ? true : /^(?:no|false)$/i.test(word) ? false : null;
	if (of.type === 'number') return /^-?\d{1,12}(?:\.\d{1,6})?$/.test(word) ? Number(word) : null;
	const found = of.type === 'choice' ? word.toLowerCase() : word;
	return fits(of, found) ? found : null;
}

/** What a step asks for, as its parameter `answer` says it: `is_vendor: yes or no`, `whose: one of ours, theirs`, `count: number`. */
export function answerText({ name, type, options }: AnswerSpec): string {
	const what = type === 'boolean' ? 'yes or no' : type === 'choice' ? `one of ${(options ?? []).join(', ')}` : type;
	return `${name}: ${what}`;
}

/** The same read back; null where the step asks for no answer. */
export function answerSpecOf(params: { readonly [name: string]: unknown }): AnswerSpec | null {
	const { answer } = params;
	const [, name, what] = typeof answer === 'string' ? (/^([a-z][a-z0-9_]{0,39}): (.{1,500})$/.exec(answer) ?? []) : [];
	if (name === undefined || what === undefined) return null;
	const options = what.startsWith('one of ') ? what.slice(7).split(', ') : undefined;
	const type = options !== undefined ? 'choice' : what === 'yes or no' ? 'boolean' : what;
	const read = AnswerSpec.safeParse({ name, type, ...(options === undefined ? {} : { options }) });
	return read.success ? read.data : null;
}

/** The answer with which a note begins: its first word; what is behind it is the person's own remark. */
export function answerIn(spec: AnswerSpec, note: string): Scalar | null {
	const [first = ''] = note.trim().split(/[\s,;]/, 1);
	return parseAnswer(spec, first) ?? parseAnswer(spec, first.replace(/[.:!]$/, ''));
}
