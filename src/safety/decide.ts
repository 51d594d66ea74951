// The gate: one pure function from a step, a snapshot of facts and a moment to a decision. It changes nothing, asks nobody,
// and reads no clock. Approvals are looked at in grant.ts, the table stands in rows/.
import { canonicalHash } from '../domain/canonical.ts';
import {
	type ApprovalNeed,
	type Decision,
	type DecisionClass,
	type MissingFact,
	type RowSay,
	stricter,
} from '../domain/decision.ts';
import type { Role } from '../domain/person.ts';
import type { Instant } from '../domain/time.ts';
import { ACTIONS, type ActionName, isActionName } from './actions.ts';
import { type Ground, look } from './condition.ts';
import { type Hold, isTouchFree, type Judgement, joinJudgements, judgeByTable } from './judge-row.ts';
import { judgeTargets, type Target } from './judge-target.ts';
import type { Facts, ProposedStep } from './proposed-step.ts';
import { readingsFor } from './readings.ts';
import { type Approver, type Row, shown } from './row.ts';
import { freezeHolds, limitSays, siteRuleSays, staleHolds, waitsOf } from './rules.ts';
import { rowsById } from './table.ts';
import { insteadOf, summaryOf } from './wording.ts';

export type { Facts, ProposedStep } from './proposed-step.ts';

/** Targets that one step may have; more is refused, because nobody can look at them. */
export const TARGETS_MAX = 200;

/**
 * Says what may happen to one step: it runs by itself, waits for one or two people, is written out for hands, or is refused.
 *
 * Nothing but the arguments is looked at, so the same entry gives the same answer years later. Ask three times in a step's
 * life (planned, queued, about to run), each time with fresh facts: an approval given an hour ago says nothing about the
 * process now.
 *
 * What is not known counts against the step. An asset outside the inventory is judged as a level 1 controller, a missing fact
 * as its worst value, and a site rule that cannot be read refuses. Never throws: a broken assumption comes back as NEVER.
 * Rows and rules G1 to G12: docs/safety.md; two people, IT and OT: IEC 62443-3-3 SR 2.1 RE 4.
 *
 * @param step   what would be done; its effect is taken from the action catalogue, never from the playbook's text
 * @param facts  targets, zones, statements, freezes and site rules, read in one snapshot
 * @param now    the moment of judgement; statements that ended before it count as their worst
 * @returns the strictest class among the rows that apply, with the id of every row that had a say
 */
export function decide(step: ProposedStep, facts: Facts, now: Instant): Decision {
	try {
		return decideOn(step, facts, now);
	} catch (fault) {
		return faultDecision(step, fault);
	}
}

/** Where the people who decide must hold their roles: the site and zone of every target. */
export type Place = { readonly site: string | null; readonly zone: string | null };

/** The places of a step; one unknown place where it has none. */
export function placesOf(step: ProposedStep, facts: Facts, now: Instant): readonly Place[] {
	const { targets } = surveyOf(step, facts, now);
	const places = targets.map((target) => ({ site: target.ground.site, zone: target.ground.zone }));
	return places.filter((place, index) => places.findIndex((other) => isSamePlace(place, other)) === index);
}

function isSamePlace(a: Place, b: Place): boolean {
	return a.site === b.site && a.zone === b.zone;
}

/** As what each target is judged, and the ground on which its facts are read: for words, never for another decision. */
export function surveyOf(
	step: ProposedStep,
	facts: Facts,
	now: Instant,
): { ground: Ground; targets: readonly Target[] } {
	const readings = readingsFor(step, facts, now);
	// A place that only the playbook names is none: it would choose its own zone state, freezes and approvers.
	const ground: Ground = { step, facts, readings, now, asset: null, zone: null, site: null };
	return { ground, targets: judgeTargets(step, facts, ground) };
}

function decideOn(step: ProposedStep, facts: Facts, now: Instant): Decision {
	if (!Number.isFinite(now)) throw new Error('the moment of judgement is no instant');
	if (step.targets.length > TARGETS_MAX) throw new Error(`more than ${TARGETS_MAX} targets`);
	const { ground, targets } = surveyOf(step, facts, now);
	if (!isActionName(step.action)) return unknownAction(step, facts, targets);
	const { effect, undoes } = ACTIONS[step.action];
	const judged = joinJudgements(targets.map((target) => judgeByTable(actionName(step), target)));
	const rules = ruleSays(step, facts, targets, judged);
	let decided = judged.class;
	for (const say of rules) decided = stricter(decided, say.class);
	const limits = limitSays(facts, effect, decided, targets);
	for (const say of limits) decided = stricter(decided, say.class);
	const says = [...judged.says, ...rules, ...limits, ...retrySays(ground, judged)];
	const final: Judgement = { ...judged, class: decided, says };
	const canRun = decided === 'AUTO' || decided === 'ONE' || decided === 'TWO';
	const waits = waitsOf(step, effect, undoes !== null, final, targets, ground);
	const holds = canRun ? [...judged.holds, ...waits.holds] : judged.holds.filter((hold) => hold.rule === 'G5');
	const missing = canRun ? [...judged.missing, ...waits.missing] : judged.missing;
	const stops = [...freezeHolds(step, facts, effect, targets), ...staleHolds(effect, ground)];
	return finish(step, targets, final, [...holds, ...stops], missing);
}

function actionName(step: ProposedStep): ActionName {
	if (!isActionName(step.action)) throw new Error('the action is unknown');
	return step.action;
}

/** Rules that look at the step as a whole: P04 where the plan starts OT steps together, and the rules of the site. */
function ruleSays(
	step: ProposedStep,
	facts: Facts,
	targets: readonly Target[],
	judged: Judgement,
): (RowSay & { readonly class: DecisionClass })[] {
	const { effect } = ACTIONS[actionName(step)];
	const says = siteRuleSays(facts.site_rules, step, effect, targets, facts.automatic_last_hour);
	if (step.parallel === true && judged.touchesOt && !isTouchFree(effect)) {
		says.push({
			row: 'P04',
			class: 'NEVER',
			reason: 'steps on OT are never run side by side: interactions are unknown',
		});
	}
	return says;
}

/** P05: the first try of an OT step may have acted. The class stays, but what approvals bind to changes. */
function retrySays(ground: Ground, judged: Judgement): RowSay[] {
	const isFirst = look(FIRST_ATTEMPT, ground).isShown;
	if (isFirst || !judged.touchesOt) return [];
	return [
		{
			row: 'P05',
			class: null,
			reason: 'an earlier attempt failed and may have acted: same class again, new approvals',
		},
	];
}

const FIRST_ATTEMPT = shown('previous_attempt_failed', 'no earlier attempt failed');

/** G2: an action that is not in the catalogue is for hands, whatever it is called. */
function unknownAction(step: ProposedStep, facts: Facts, targets: readonly Target[]): Decision {
	const isSis = targets.some((target) => target.views.some((view) => view.class.startsWith('sis')));
	const say: RowSay & { class: DecisionClass } = isSis
		? { row: 'G2', class: 'NEVER', reason: 'a safety system is its own zone: no path from the bot reaches it' }
		: { row: 'G2', class: 'HANDS', reason: `\`${step.action.slice(0, 100)}\` is no action of the catalogue` };
	const rules = siteRuleSays(facts.site_rules, step, null, targets, facts.automatic_last_hour);
	let decided: DecisionClass = say.class;
	for (const rule of rules) decided = stricter(decided, rule.class);
	const judged: Judgement = {
		class: decided,
		says: [say, ...rules],
		holds: [],
		missing: [],
		rows: [],
		touchesOt: true,
	};
	return finish(step, targets, judged, [], []);
}

function finish(
	step: ProposedStep,
	targets: readonly Target[],
	judged: Judgement,
	holds: readonly Hold[],
	missing: readonly MissingFact[],
): Decision {
	const rows = unique(judged.says, (say) => `${say.row} ${say.class} ${say.reason}`).toSorted(bySayOrder);
	const uniqueHolds = unique(holds, (hold) => `${hold.rule} ${hold.reason}`);
	return {
		class: judged.class,
		rows,
		needs: needsOf(judged),
		holds: uniqueHolds.map((hold) => ({ rule: hold.rule, reason: hold.reason })),
		missing: unique(missing, (fact) => `${fact.name} ${fact.subject}`),
		summary: summaryOf(step, targets, judged.class, rows, uniqueHolds),
		instead: insteadOf(judged.class, rows, rowsById),
		binding: bindingOf(step, targets, judged.class, rows),
	};
}

const CLASS_ORDER = { NEVER: 0, HANDS: 1, TWO: 2, ONE: 3, AUTO: 4 } as const;

/** Strictest first, then by row id: the first one is the reason that people read. */
function bySayOrder(a: RowSay, b: RowSay): number {
	const rank = (say: RowSay): number => (say.class === null ? 5 : CLASS_ORDER[say.class]);
	return rank(a) - rank(b);
}

/**
 * What approvals bind to: exactly what both people saw. Any change of action, target, what the target is judged as, parameter,
 * playbook version, attempt, requester, class or row voids them. Facts that only end a wait do not.
 */
function bindingOf(
	step: ProposedStep,
	targets: readonly Target[],
	decisionClass: DecisionClass,
	rows: readonly RowSay[],
): string {
	return canonicalHash({
		step: step.id,
		action: step.action,
		targets: targets.map((target) => ({ label: target.label, views: target.views, place: placeOf(target) })),
		params: step.params,
		playbook: step.playbook,
		playbook_version: step.playbook_version,
		attempt: step.attempt,
		containment_ms: step.containment_ms,
		requested_by: step.requested_by,
		class: decisionClass,
		rows: [...new Set(rows.filter((say) => say.class !== null || say.row === 'P05').map((say) => say.row))].toSorted(),
	});
}

function placeOf(target: Target): Place {
	return { site: target.ground.site, zone: target.ground.zone };
}

const OT_ROLES: readonly Role[] = ['ot_engineer', 'ot_operator'];
const IT_ROLES: readonly Role[] = ['it_lead', 'it_analyst'];

const NEED_OF_APPROVER: Readonly<Record<Approver, ApprovalNeed>> = {
	it: { side: 'it', roles: [...IT_ROLES] },
	ot: { side: 'ot', roles: [...OT_ROLES] },
	network: { side: 'it', roles: ['network_owner'] },
	reporter: { side: 'any', roles: ['reporter'] },
};

/** The approvals that the class asks for: one person of each side for TWO, the person whom each row names for ONE. */
function needsOf(judged: Judgement): ApprovalNeed[] {
	const approvers = new Set(judged.rows.map((row: Row) => row.approver));
	if (judged.class === 'TWO') {
		// Raised from ONE (G4, a site's rule), a row keeps the person whom it names: two others do not stand in for them.
		const isOwners = judged.rows.some((row) => row.approver === 'network' && givesOne(row));
		const itRoles: Role[] = isOwners
			? ['network_owner']
			: approvers.has('network')
				? [...IT_ROLES, 'network_owner']
				: [...IT_ROLES];
		return [
			{ side: 'ot', roles: [...OT_ROLES] },
			{ side: 'it', roles: itRoles },
			...(approvers.has('reporter') ? [NEED_OF_APPROVER.reporter] : []),
		];
	}
	if (judged.class !== 'ONE') return [];
	return [...approvers].map((approver) => NEED_OF_APPROVER[approver]);
}

function givesOne(row: Row): boolean {
	return row.cases.some((option) => option.class === 'ONE');
}

function unique<T>(items: readonly T[], key: (item: T) => string): T[] {
	const seen = new Map<string, T>();
	for (const item of items) if (!seen.has(key(item))) seen.set(key(item), item);
	return [...seen.values()];
}

const OWN_FAULT = 'the gate itself failed and refuses this step';

/** Whether the gate gave this decision because it failed itself, and not because of what it was asked: then everything is stopped (G8). */
export function isGateFault(decision: Decision): boolean {
	return decision.rows.some((say) => say.row === 'G8' && say.reason.startsWith(OWN_FAULT));
}

/** A fault inside the gate refuses (G8). The hash is of the fault, so that no approval can ever fit it. */
function faultDecision(step: unknown, fault: unknown): Decision {
	const what = fault instanceof Error ? fault.message : 'unknown fault';
	const action =
		typeof step === 'object' && step !== null && 'action' in step ? String(Object(step.action)) : 'unknown';
	// What a step may not be is thrown as a plain error; anything else is the gate's own defect.
	const isOwn = !(fault instanceof Error) || fault.name !== 'Error';
	const words = isOwn ? OWN_FAULT : 'the gate could not judge this step and refuses it';
	const reason = `${words}: ${what.slice(0, 300).toWellFormed()}`;
	return {
		class: 'NEVER',
		rows: [{ row: 'G8', class: 'NEVER', reason }],
		needs: [],
		holds: [],
		missing: [],
		summary: `Not done: ${action.slice(0, 60).toWellFormed()}. ${reason}`,
		instead: 'People act with their own tools.',
		binding: canonicalHash({ fault: reason }),
	};
}
