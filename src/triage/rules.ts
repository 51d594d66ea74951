// Triage rules: parsed YAML values become checked, compiled rules, and compiled rules say what they think of one alert.
// Pure: files are read in config/, positions come along with the values. NOT here: what the verdict makes of it (judge.ts).
import { z } from 'zod';
import type { Alert } from '../domain/alert.ts';
import type { Asset } from '../domain/asset.ts';
import { type Inventory, normaliseName } from '../domain/inventory.ts';
import { err, type Finding, ok, type Result } from '../domain/result.ts';
import { Severity } from '../domain/severity.ts';
import { fromIso } from '../domain/time.ts';
import { Category } from '../domain/verdict.ts';
import { isOpen, type Window } from '../domain/window.ts';
import { type Condition, compileCondition, evaluate } from '../expression/condition.ts';

/** More rules than this are refused: each is asked about each alert. */
const RULES_MAX = 500;

/** One rule as a person writes it. `set` fixes the severity, `floor` is its lowest, `raise` adds levels to it. */
const Rule = z.strictObject({
	id: z
		.string()
		.regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'lower-case words with hyphens, such as `plc-program-download`')
		.max(80),
	title: z.string().min(1).max(200),
	when: z.string().min(1),
	set: Severity.optional(),
	raise: z.number().int().min(1).max(4).optional(),
	floor: Severity.optional(),
	category: Category.optional(),
	techniques: z
		.array(z.string().regex(/^T\d{4}(\.\d{3})?$/))
		.max(10)
		.optional(),
	playbooks: z
		.array(z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/))
		.max(5)
		.optional(),
	tags: z.array(z.string().min(1).max(50)).max(10).optional(),
	/** Name of a route of routes.yaml: where an incident with this alert is shown. A later rule's wins; process-safety alarms follow routes.yaml. */
	route: z.string().min(1).max(100).optional(),
	/** Kept out of Slack, never out of the store; refused where the rule could reach a process-safety alarm. */
	mute: z.boolean().optional(),
	/** How sure one may be when it fires: the safety gate reads this, through `confidence_firm`. */
	confidence: z.enum(['low', 'medium', 'high']).default('medium'),
	/** Rules are asked in this order (lowest first), then in file order; a later `set` wins over an earlier one. */
	order: z.number().int().min(0).max(10_000).default(1_000),
});
type Rule = z.infer<typeof Rule>;

type CompiledRule = Rule & { readonly condition: Condition; readonly file: string; readonly line: number };
export type CompiledRules = readonly CompiledRule[];

/** One value of a rules file with its place, as config/ hands it over. */
export type RuleSource = {
	readonly value: unknown;
	readonly file: string;
	/** Where the rule begins, from 1. */
	readonly line: number;
	readonly column: number;
	/** Where the value under a path of keys begins; falls back to the rule's own place. */
	readonly placeOf?: (path: readonly PropertyKey[]) => { readonly line: number; readonly column: number } | null;
};

/** What a condition may look at. Every key is always there, so that a rule needs no guards; unknown is `unknown` or `""`. */
const ASSET_FIELDS = [
	'known',
	'id',
	'class',
	'level',
	'zone',
	'site',
	'vendor',
	'os',
	'domain',
	'criticality',
	'owner',
	'tags',
	'facts',
] as const;
const RULE_VARIABLES = {
	alert: [
		'source',
		'title',
		'description',
		'text',
		'severity',
		'severity_raw',
		'kind',
		'category',
		'domain',
		'status',
		'techniques',
		'entities',
		'occurred_at',
	],
	asset: ASSET_FIELDS,
	actor: ASSET_FIELDS,
	zone: ['id', 'name', 'level', 'sis'],
	/** The source's own words: any key. */
	labels: 'map',
	window: ['open', 'change'],
} as const;

/** Exactly the fields that conditions may name: the compiler sees to it that ruleContext gives each of them. */
export type RuleContext = {
	readonly [Name in keyof typeof RULE_VARIABLES]: Readonly<
		Record<(typeof RULE_VARIABLES)[Name] extends readonly (infer Field extends string)[] ? Field : string, unknown>
	>;
};

export type RuleAnswer = {
	readonly fired: readonly CompiledRule[];
	/** Rules that gave no answer: they count as not matched, and people are told. */
	readonly failed: readonly { readonly rule: CompiledRule; readonly fault: string }[];
};

/** What exists of the things that rules name; what is not given is not checked. */
type KnownNames = {
	readonly hasTechnique?: (id: string) => boolean;
	readonly hasPlaybook?: (id: string) => boolean;
	readonly hasRoute?: (name: string) => boolean;
};

/**
 * Checks and compiles rules, all faults at once: keys, CEL syntax and types, names used twice, techniques and playbooks
 * that do not exist, and a `mute` that could reach a process-safety alarm.
 *
 * @param known techniques and playbooks that exist; an absent list is not checked
 */
export function compileRules(sources: readonly RuleSource[], known: KnownNames = {}): Result<CompiledRules, Finding[]> {
	const findings: Finding[] = [];
	const rules: CompiledRule[] = [];
	const seen = new Map<string, CompiledRule>();
	for (const source of sources.slice(0, RULES_MAX)) {
		const at = placer(source);
		const parsed = Rule.safeParse(source.value);
		if (!parsed.success) {
			for (const issue of parsed.error.issues) {
				findings.push({
					...at(issue.path),
					level: 'error',
					message: `rule: ${issue.path.join('.')}: ${issue.message}`,
				});
			}
			continue;
		}
		const rule = parsed.data;
		const condition = compileCondition(rule.when, RULE_VARIABLES);
		if (!condition.ok) {
			const { line, column, message, caret } = condition.error;
			findings.push({
				...at(['when']),
				level: 'error',
				message: `rule \`${rule.id}\`: when: line ${line}, column ${column} of the condition: ${message}`,
				help: caret,
			});
			continue;
		}
		const compiled: CompiledRule = { ...rule, condition: condition.value, file: source.file, line: source.line };
		findings.push(...faultsOf(compiled, seen, known, at));
		seen.set(rule.id, compiled);
		rules.push(compiled);
	}
	if (sources.length > RULES_MAX) {
		const first = sources[RULES_MAX];
		if (first !== undefined) {
			findings.push({ ...placer(first)([]), level: 'error', message: `${sources.length} rules: at most ${RULES_MAX}` });
		}
	}
	if (findings.some((finding) => finding.level === 'error')) return err(findings);
	return ok(rules.toSorted((a, b) => a.order - b.order));
}

type Placer = (path: readonly PropertyKey[]) => { file: string; line: number; column: number };

function placer(source: RuleSource): Placer {
	return (path) => {
		const place = source.placeOf?.(path) ?? null;
		return { file: source.file, line: place?.line ?? source.line, column: place?.column ?? source.column };
	};
}

function faultsOf(
	rule: CompiledRule,
	seen: ReadonlyMap<string, CompiledRule>,
	known: KnownNames,
	at: Placer,
): Finding[] {
	const findings: Finding[] = [];
	const fault = (path: readonly PropertyKey[], message: string, help?: string): void => {
		findings.push({
			...at(path),
			level: 'error',
			message: `rule \`${rule.id}\`: ${message}`,
			...(help === undefined ? {} : { help }),
		});
	};
	const before = seen.get(rule.id);
	if (before !== undefined) fault(['id'], `the name is taken by the rule at ${before.file}:${before.line}`);
	for (const id of rule.techniques ?? []) {
		if (known.hasTechnique?.(id) === false) fault(['techniques'], `technique \`${id}\` is not in the ATT&CK table`);
	}
	for (const id of rule.playbooks ?? []) {
		if (known.hasPlaybook?.(id) === false) fault(['playbooks'], `playbook \`${id}\` does not exist`);
	}
	if (rule.route !== undefined && known.hasRoute?.(rule.route) === false) {
		fault(
			['route'],
			`routes.yaml has no route named \`${rule.route}\``,
			'give the route a `name`, or take `route` out',
		);
	}
	if (rule.mute === true && rule.category === 'process_safety') {
		fault(['mute'], 'a process-safety alarm is never muted', 'take `mute` out, or the category');
	}
	if (rule.mute === true && mutesProcessSafety(rule.condition)) {
		fault(
			['mute'],
			'the condition holds for a process-safety alarm, and those are never muted',
			'add `alert.kind != "process_safety"` to the condition',
		);
	}
	return findings;
}

/**
 * True where the condition holds for an alarm of kind process_safety that says nothing else. This finds the careless rule
 * at check time; the careful guarantee is in judge.ts, which never mutes such an alarm whatever rules say.
 */
function mutesProcessSafety(condition: Condition): boolean {
	const text = 'gas alarm, emergency shutdown demanded by the safety instrumented system';
	const alert: Alert = {
		source: 'probe',
		external_id: null,
		fingerprint: '00000000',
		status: 'open',
		title: text,
		description: text,
		severity: 'low',
		severity_raw: null,
		kind: 'process_safety',
		domain: 'ot',
		occurred_at: '2026-01-01T00:00:00.000Z',
		time_basis: 'event',
		entities: [],
		techniques: [],
		labels: {},
	};
	return evaluate(condition, ruleContext(alert, [], null, [])) === true;
}

const UNSTATED = { category: null, techniques: [] } as const;

/** Entities that conditions loop over: two loops inside one another stay at 40,000 turns. */
const ENTITIES_SEEN_MAX = 200;

/** Who is hit and who acts first, so that padding with other names hides nobody. */
function seenEntities(entities: Alert['entities']): Alert['entities'] {
	if (entities.length <= ENTITIES_SEEN_MAX) return entities;
	const isParty = ({ role }: Alert['entities'][number]): boolean => role === 'target' || role === 'actor';
	return [...entities.filter(isParty), ...entities.filter((e) => !isParty(e))].slice(0, ENTITIES_SEEN_MAX);
}

/** What the rules may look at for one alert; `assets` as `assetsOf` gives them, targets first. */
export function ruleContext(
	alert: Alert,
	assets: readonly Asset[],
	inventory: Inventory | null,
	windows: readonly Window[],
	stated: { readonly category: Category | null; readonly techniques: readonly string[] } = UNSTATED,
): RuleContext {
	const target = assets[0] ?? null;
	const actorNames = new Set(
		alert.entities.filter((e) => e.role === 'actor').map((e) => inventory?.find(e.value)?.id ?? null),
	);
	const actor = assets.find((asset) => asset !== target && actorNames.has(asset.id)) ?? null;
	const zone = target?.zone == null ? null : (inventory?.zone(target.zone) ?? null);
	return {
		alert: {
			source: alert.source,
			title: alert.title,
			description: alert.description ?? '',
			/** Title and description in lower case: most rules want to search it. */
			text: `${alert.title}\n${alert.description ?? ''}`.toLowerCase(),
			severity: alert.severity ?? 'unknown',
			severity_raw: alert.severity_raw ?? '',
			kind: alert.kind,
			/** What the sensor's own category or event type means; a mere tactic says too little. */
			category: stated.category ?? 'unknown',
			domain: alert.domain ?? 'unknown',
			status: alert.status,
			techniques: [...new Set([...alert.techniques, ...stated.techniques])],
			entities: seenEntities(alert.entities),
			occurred_at: alert.occurred_at,
		},
		asset: assetContext(target),
		actor: assetContext(actor),
		zone: { id: zone?.id ?? '', name: zone?.name ?? '', level: zone?.level ?? 'unknown', sis: zone?.sis ?? false },
		labels: alert.labels,
		window: windowContext(alert, assets, windows),
	};
}

/** The first window that was open for the alert's assets, place, account and host when the alert happened. */
function windowContext(alert: Alert, assets: readonly Asset[], windows: readonly Window[]): RuleContext['window'] {
	const at = fromIso(alert.occurred_at);
	const named = (type: readonly string[]): Set<string> =>
		new Set(alert.entities.filter((e) => type.includes(e.type)).map((e) => normaliseName(e.value)));
	const users = named(['user', 'account']);
	const hosts = named(['host', 'ip', 'asset_id']);
	const actors = new Set(assets.flatMap((asset) => [asset.id, ...asset.hostnames, ...asset.ips].map(normaliseName)));
	const target = assets[0];
	const covers = (window: Window): boolean =>
		at !== null &&
		isOpen(window, at) &&
		(window.site === null || window.site === target?.site) &&
		(window.zone === null || window.zone === target?.zone) &&
		(window.assets.length === 0 || window.assets.some((name) => actors.has(normaliseName(name)))) &&
		(window.user === null || users.has(normaliseName(window.user))) &&
		(window.from_host === null ||
			hosts.has(normaliseName(window.from_host)) ||
			actors.has(normaliseName(window.from_host)));
	const open = windows.find(covers);
	return { open: open !== undefined, change: open?.change ?? '' };
}

function assetContext(asset: Asset | null): RuleContext['asset'] {
	return {
		known: asset !== null,
		id: asset?.id ?? '',
		class: asset?.class ?? 'unknown',
		level: asset?.level ?? 'unknown',
		zone: asset?.zone ?? '',
		site: asset?.site ?? '',
		vendor: asset?.vendor ?? '',
		os: asset?.os ?? '',
		domain: asset?.domain ?? 'unknown',
		criticality: asset?.criticality ?? 0,
		owner: asset?.owner ?? '',
		tags: asset?.tags ?? {},
		facts: asset?.facts ?? {},
	};
}

/** Asks every rule, in order. */
export function applyRules(rules: CompiledRules, context: RuleContext): RuleAnswer {
	const fired: CompiledRule[] = [];
	const failed: { rule: CompiledRule; fault: string }[] = [];
	for (const rule of rules) {
		const answer = evaluate(rule.condition, context);
		if (answer === true) fired.push(rule);
		else if (answer !== false) failed.push({ rule, fault: answer.fault });
	}
	return { fired, failed };
}
