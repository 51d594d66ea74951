// Rules of the gate that belong to no row: site rules, freeze, what two people need first, the bot's own path, one OT step at a
// time. The wording of G1 to G12 for the matrix stands here too.
import type { Asset } from '../domain/asset.ts';
import type { DecisionClass, MissingFact, RowSay } from '../domain/decision.ts';
import { SiteRule } from '../domain/site-rule.ts';
import type { Effect } from './actions.ts';
import { type Ground, look } from './condition.ts';
import { type Hold, isTouchFree, type Judgement } from './judge-row.ts';
import type { Target } from './judge-target.ts';
import type { Facts, Freeze, ProposedStep } from './proposed-step.ts';
import { type Condition, eitherShown, shown } from './row.ts';

/** Effects that only tell people or write down in Interlock: no freeze and no broken site rule silences them (G8). */
export function isTelling(effect: Effect): boolean {
	return effect === 'inform' || effect === 'record';
}

/** What two people need before a TWO row (G6), each said by a person. */
const BEFORE_TWO: readonly (readonly [rule: string, condition: Condition])[] = [
	['G6', shown('dependency_checked', 'what depends on the target has been checked')],
	['G6', shown('process_effect_written', 'the expected process effect is written down')],
	['G6', shown('rollback_tested', 'a way back has been tested')],
	['G6', shown('view_remains_stated', 'it is stated from where view and control remain')],
	['G6', shown('operator_informed', 'the operator is informed by voice or has acknowledged')],
	[
		'G8',
		eitherShown(
			'the incident touches neither identities nor Slack, or both approvers have confirmed outside chat',
			shown('identity_compromised', 'the incident touches neither identities nor Slack'),
			shown('out_of_band_confirmed', 'both approvers have confirmed outside chat'),
		),
	],
];
const ALONE = shown('parallel_ot_step', 'no other OT step is running: one at a time');
const OWN_PATH = eitherShown(
	'it does not carry operator view, alarms, time or the approval channel, or the fallback is confirmed',
	shown('action_cuts_own_path', 'it carries none of them'),
	shown('fallback_confirmed', 'the fallback is confirmed'),
);
const INVENTORY_CURRENT = shown('inventory_current', 'the asset inventory is current');
const ERADICATED = shown('eradication_confirmed', 'the eradication check is done');
const CUTTING: readonly Effect[] = ['contain', 'account', 'configure', 'host_change'];

/** So many calls that cut something off the bot makes by itself in an hour; each further one asks a person. Our choice. */
export const AUTO_PER_HOUR_MAX = 5;
/** The same at one site and in one zone: what stands close together fails together. Our choice. */
export const AUTO_PER_SITE_MAX = 4;
export const AUTO_PER_ZONE_MAX = 3;
/** So many targets one step of the bot alone may have: a step with more takes more off the network than an hour of single ones. */
export const AUTO_TARGETS_MAX = 3;

/** The limit on what the bot does alone: one wrong rule must not take a whole plant off the network before somebody looks. */
export function limitSays(
	facts: Facts,
	effect: Effect,
	decided: DecisionClass,
	targets: readonly Target[],
): (RowSay & { readonly class: DecisionClass })[] {
	if (decided !== 'AUTO' || !CUTTING.includes(effect)) return [];
	const one = (row: string, reason: string): RowSay & { readonly class: DecisionClass } => ({
		row,
		class: 'ONE',
		reason,
	});
	const says: (RowSay & { readonly class: DecisionClass })[] = [];
	const look = 'a person looks before it goes on';
	// A number that is none is too many.
	if (!(facts.automatic_last_hour < AUTO_PER_HOUR_MAX))
		says.push(
			one('limit:per-hour', `the bot has acted alone ${facts.automatic_last_hour} times within the hour: ${look}`),
		);
	if (targets.length > AUTO_TARGETS_MAX)
		says.push(one('limit:targets', `${targets.length} targets in one step that nobody was asked about: ${look}`));
	const places = [
		...targets.map(({ ground }) => ['site', ground.site, facts.automatic_at?.sites, AUTO_PER_SITE_MAX] as const),
		...targets.map(({ ground }) => ['zone', ground.zone, facts.automatic_at?.zones, AUTO_PER_ZONE_MAX] as const),
	];
	for (const [kind, place, counts, most] of places) {
		const count = place !== null && counts !== undefined && Object.hasOwn(counts, place) ? (counts[place] ?? 0) : 0;
		if (!(count < most))
			says.push(
				one(
					`limit:per-${kind}`,
					`the bot has acted alone ${count} times in ${kind} \`${place}\` within the hour: ${look}`,
				),
			);
	}
	return says;
}

export type Waits = { readonly holds: readonly Hold[]; readonly missing: readonly MissingFact[] };

/** What must hold before the step runs, beside what its rows ask: G6, G7, G8, P04, and the eradication check of an undo. */
export function waitsOf(
	step: ProposedStep,
	effect: Effect,
	isUndo: boolean,
	judged: Judgement,
	targets: readonly Target[],
	ground: Ground,
): Waits {
	const holds: Hold[] = [];
	const missing: MissingFact[] = [];
	const wait = (rule: string, condition: Condition, on: Ground): void => {
		const seen = look(condition, on);
		if (seen.isShown) return;
		missing.push(...seen.missing);
		holds.push({ rule, reason: `not shown: ${condition.text}` });
	};
	if (judged.class === 'TWO') for (const [rule, condition] of BEFORE_TWO) wait(rule, condition, ground);
	if (judged.touchesOt && !isTouchFree(effect)) wait('P04', ALONE, ground);
	// An indicator is looked up in the list of addresses that OT and the bot depend on (N01): that is its G7.
	const isIndicator = step.action === 'block_indicator';
	for (const target of targets) {
		if (CUTTING.includes(effect) && !isIndicator && target.kind !== 'none') wait('G7', OWN_PATH, target.ground);
		if (isUndo) wait('N05', ERADICATED, target.ground);
	}
	return { holds, missing };
}

/** What is stopped, where it needs no name. */
const STOPPED: Partial<Record<Freeze['scope'], string>> = {
	all: 'everything',
	incident: 'this incident',
	step: 'this step',
};

/** Freezes that cover a target, or might. People are told and records written all the same. */
export function freezeHolds(step: ProposedStep, facts: Facts, effect: Effect, targets: readonly Target[]): Hold[] {
	if (isTelling(effect)) return [];
	return facts.freezes
		.filter((freeze) => {
			if (freeze.scope === 'all') return true;
			if (freeze.scope === 'incident') return freeze.place === null || freeze.place === step.incident;
			if (freeze.scope === 'step') return freeze.place === null || freeze.place === step.id;
			return targets.some((target) => {
				const place = freeze.scope === 'site' ? target.ground.site : target.ground.zone;
				return place === null || place === freeze.place;
			});
		})
		.map((freeze) => {
			const where = STOPPED[freeze.scope] ?? `${freeze.scope} \`${freeze.place ?? ''}\``;
			return { rule: 'G8', reason: `${where} is frozen by ${freeze.by}: ${freeze.reason}` };
		});
}

/** A stale inventory stops everything but telling people, by itself, until somebody confirms it: the gate is as good as it (G2, G8). */
export function staleHolds(effect: Effect, ground: Ground): Hold[] {
	if (isTelling(effect) || look(INVENTORY_CURRENT, ground).isShown) return [];
	return [{ rule: 'G8', reason: 'everything is stopped: nobody has confirmed the inventory for 30 days' }];
}

/** What the rules of the site say to this step. One that cannot be read refuses everything but telling people. */
export function siteRuleSays(
	rules: readonly unknown[],
	step: ProposedStep,
	effect: Effect | null,
	targets: readonly Target[],
	automatic: number,
): (RowSay & { readonly class: DecisionClass })[] {
	const says: (RowSay & { readonly class: DecisionClass })[] = [];
	for (const rule of rules) {
		const parsed = SiteRule.safeParse(rule);
		if (!parsed.success) {
			const isHeard = effect !== null && isTelling(effect);
			if (!isHeard)
				says.push({
					row: 'G8',
					class: 'NEVER',
					reason: 'a rule of the site cannot be read: nothing runs until it can',
				});
			continue;
		}
		const { id, match, class: decisionClass, reason, after_per_hour } = parsed.data;
		if (after_per_hour !== undefined && automatic < after_per_hour) continue;
		if (match.actions !== undefined && !match.actions.includes(step.action)) continue;
		if (match.effects !== undefined && effect !== null && !match.effects.includes(effect)) continue;
		if (!fitsPlace(match, targets)) continue;
		says.push({ row: `site:${id}`, class: decisionClass, reason });
	}
	return says;
}

/** What nobody knows about a target fits every rule: a rule must not fall away because the inventory has a hole. */
function fitsPlace(match: SiteRule['match'], targets: readonly Target[]): boolean {
	const { classes, levels, sites, zones, assets } = match;
	if ([classes, levels, sites, zones, assets].every((list) => list === undefined)) return true;
	return targets.some((target) => {
		if (target.kind === 'none') return false;
		const { asset, ground } = target;
		return (
			(classes === undefined ||
				isUnknown(asset, 'class') ||
				target.views.some((view) => classes.includes(view.class))) &&
			(levels === undefined ||
				isUnknown(asset, 'level') ||
				target.views.some((view) => view.level !== null && levels.includes(view.level))) &&
			(sites === undefined || ground.site === null || sites.includes(ground.site)) &&
			(zones === undefined || ground.zone === null || zones.includes(ground.zone)) &&
			(assets === undefined || asset === null || assets.includes(asset.id))
		);
	});
}

function isUnknown(asset: Asset | null, key: 'class' | 'level'): boolean {
	return asset === null || asset[key] === 'unknown';
}

/** Rules that are no rows: the matrix lists them with class null. */
export const RULES: readonly {
	readonly id: string;
	readonly text: string;
	readonly reason: string;
	readonly source: string;
}[] = [
	{
		id: 'G1',
		text: 'row = f(action effect, target asset class, level, zone state); code derives the effect from the action; a mismatch takes the stricter row',
		reason: 'deterministic',
		source: 'docs/safety.md',
	},
	{
		id: 'G2',
		text: 'unknown action: HANDS; unknown, unlisted or ambiguous target: level 1 controller; several targets: the strictest row',
		reason: 'the unknown is never safe',
		source: 'docs/safety.md',
	},
	{
		id: 'G3',
		text: 'an IT action whose side effect reaches OT takes the OT row',
		reason: 'shared services carry OT',
		source: 'docs/safety.md',
	},
	{
		id: 'G4',
		text: 'process state raises one class (AUTO, ONE, TWO, HANDS); never R01-R06, R08, R11, R13, R16, nor targets at level 4-5 with no proven OT dependency; an active safety alarm: only notify, record and read from stores',
		reason: 'a disturbed process forgives nothing',
		source: 'docs/safety.md',
	},
	{
		id: 'G5',
		text: 'rows marked W need a named permit and an open window as well as the approvals; a window never lowers the class',
		reason: 'work happens when the plant expects it',
		source: 'docs/safety.md',
	},
	{
		id: 'W',
		text: 'W: a named permit and an open window (G5); outside the window the bot only schedules',
		reason: 'as G5',
		source: 'docs/safety.md',
	},
	{
		id: 'G6',
		text: 'before any TWO row: dependency check, written process effect, tested rollback, view and control stated, operator informed, one action at a time, stop at the first surprise',
		reason: 'two people decide on facts',
		source: '62443',
	},
	{
		id: 'G7',
		text: 'refuse to cut what carries operator view, alarm delivery, time or the approval channel unless the fallback is confirmed',
		reason: "the bot's own path must survive",
		source: 'docs/safety.md',
	},
	{
		id: 'G8',
		text: 'fail closed for actions, open for people: gate, database or chat down means nothing runs but local notification; out-of-band confirmation for TWO rows when the incident touches identity or Slack',
		reason: 'chat may be compromised',
		source: 'ATT M0810',
	},
	{
		id: 'G9',
		text: 'evidence without disturbance: first what already exists; never a new agent, scan or poll of a controller; do not power-cycle a suspect HMI or workstation',
		reason: 'volatile evidence goes',
		source: 'EPA, PRAC',
	},
	{
		id: 'G10',
		text: 'no standing credential able to write to a controller, SIS or level 1-2 switch may exist in the product',
		reason: 'missing capability is the strongest control',
		source: 'docs/safety.md',
	},
	{
		id: 'G11',
		text: 'every decision, refusals and row id included, goes to the ledger before the action and again after it',
		reason: 'proof',
		source: '62443 SR 2.8',
	},
	{
		id: 'G12',
		text: 'the bot records which notifications a person may owe; it never sends those on its own',
		reason: 'legal effect',
		source: 'regulatory-clocks.md',
	},
	{
		id: 'P02',
		text: 'run any other command type against an IT target: the row of its effect',
		reason: 'G1',
		source: 'docs/safety.md',
	},
	{
		id: 'P04',
		text: 'parallel execution of OT steps: NEVER; one at a time (G6)',
		reason: 'interactions unknown',
		source: 'docs/safety.md',
	},
	{
		id: 'P05',
		text: 'retry of a failed OT step: same class again, new approval; the first try may have acted',
		reason: 'G6',
		source: 'docs/safety.md',
	},
];
