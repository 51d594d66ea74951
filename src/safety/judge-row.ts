// What the table says to one target: which rows apply, which class each gives, what G3 and G4 make of it, what must hold first.
import { type DecisionClass, type MissingFact, type RowSay, stricter } from '../domain/decision.ts';
import type { ActionName, Effect } from './actions.ts';
import { ACTIONS, EFFECTS_WITH_CONNECTOR, TOUCH_FREE_EFFECTS } from './actions.ts';
import { allShown, look } from './condition.ts';
import type { Target, View } from './judge-target.ts';
import { type Case, CONTROLLERS, type Condition, eitherShown, type Row, shown, type Where } from './row.ts';
import { ROWS_ZONE_STATE_NEVER_RAISES, rowsOf } from './table.ts';

export type Hold = { readonly rule: string; readonly reason: string };

/** What the table makes of one target, or of several once they are joined. */
export type Judgement = {
	readonly class: DecisionClass;
	readonly says: readonly RowSay[];
	readonly holds: readonly Hold[];
	readonly missing: readonly MissingFact[];
	/** Rows whose class counts, for approvers and for words. */
	readonly rows: readonly Row[];
	/** Some target is OT, or may be. */
	readonly touchesOt: boolean;
};

const ZONE_NORMAL = shown('zone_state', 'the process of the zone is in normal state');
const NO_SAFETY_ALARM = eitherShown(
	'no safety alarm is active in the zone, or the operator says that it is stable',
	shown('zone_safety_alarm_active', 'no safety alarm is active'),
	shown('zone_stable_confirmed', 'the operator says that the zone is stable'),
);
const NO_OT_DEPENDENCY = shown('ot_dependency', 'no OT process depends on it');
const WINDOW = shown('window_open', 'a maintenance window is open');
const PERMIT = shown('permit_open', 'a named permit for this work is open');

const RAISED: Readonly<Record<DecisionClass, DecisionClass>> = {
	AUTO: 'ONE',
	ONE: 'TWO',
	TWO: 'HANDS',
	HANDS: 'HANDS',
	NEVER: 'NEVER',
};

/** One class stricter (G4). */
export function raised(decisionClass: DecisionClass): DecisionClass {
	return RAISED[decisionClass];
}

export function isTouchFree(effect: Effect): boolean {
	return TOUCH_FREE_EFFECTS.some((known) => known === effect);
}

function applies(where: Where, view: View | null, target: Target): boolean {
	if (view === null) return target.kind === 'none' || where.bare === true;
	if (!where.classes.includes(view.class)) return false;
	return view.level === null || where.levels.includes(view.level);
}

/** The table and rules G2, G3, G4, G10 on one target of the step. */
export function judgeByTable(action: ActionName, target: Target): Judgement {
	const views = target.kind === 'asset' ? target.views : [null];
	const parts = views.map((view) => judgeView(action, target, view));
	const joined = joinJudgements(parts);
	const doubts = target.doubts.map((reason) => ({ row: 'G2', class: null, reason }));
	return { ...joined, says: [...joined.says, ...doubts] };
}

/** The strictest class, and everything that had a say. */
export function joinJudgements(parts: readonly Judgement[]): Judgement {
	let worst: DecisionClass = 'AUTO';
	for (const part of parts) worst = stricter(worst, part.class);
	return {
		class: worst,
		says: parts.flatMap((part) => part.says),
		holds: parts.flatMap((part) => part.holds),
		missing: parts.flatMap((part) => part.missing),
		rows: parts.flatMap((part) => part.rows),
		touchesOt: parts.some((part) => part.touchesOt),
	};
}

function judgeView(action: ActionName, target: Target, view: View | null): Judgement {
	const { effect, undoes } = ACTIONS[action];
	// An undo falls under the rows of what it takes back.
	const base: ActionName = undoes ?? action;
	const missing: MissingFact[] = [];
	const rows = rowsOf(base).filter((row) =>
		row.where.some((where) => applies(where, view, target) && !isLeftOut(where, target, missing)),
	);
	const touchesOt = isOt(view, target, rows);
	if (rows.length === 0) return { ...unlisted(action, view), missing, touchesOt };
	const parts = rows.map((row) => ({ ...judgeOneRow(row, target, view, undoes !== null), touchesOt }));
	const joined = joinJudgements(parts);
	const floored = floorFor(effect, view);
	const says = stricter(joined.class, floored.class) === joined.class ? joined.says : [...joined.says, floored];
	return {
		...joined,
		class: stricter(joined.class, floored.class),
		says,
		missing: [...missing, ...joined.missing],
	};
}

function isLeftOut(where: Where, target: Target, missing: MissingFact[]): boolean {
	if (where.unless === undefined) return false;
	for (const condition of where.unless) missing.push(...look(condition, target.ground).missing);
	return allShown(where.unless, target.ground);
}

function isSis(view: View | null): boolean {
	return view?.class === 'sis' || view?.class === 'sis_workstation';
}

/** G2: what no row names is unknown. A safety system has no path from the bot at all. */
function unlisted(action: ActionName, view: View | null): Omit<Judgement, 'missing' | 'touchesOt'> {
	const isAttack = ACTIONS[action].effect === 'attack';
	const place = view === null ? 'this' : `${view.class} at level ${view.level ?? 'unknown'}`;
	const say: RowSay & { readonly class: 'NEVER' | 'HANDS' } = isSis(view)
		? { row: 'G2', class: 'NEVER', reason: 'a safety system is its own zone: no path from the bot reaches it' }
		: isAttack
			? { row: 'G2', class: 'NEVER', reason: 'attack traffic' }
			: {
					row: 'G2',
					class: 'HANDS',
					reason: `no row of the table lets the bot ${ACTIONS[action].words} here (${place})`,
				};
	return { class: say.class, says: [say], holds: [], rows: [] };
}

/** For one way to look at a target: G10. Towards levels 0 and 1, controllers and safety systems nothing but reading what is stored has a connector. */
export function floorFor(effect: Effect, view: View | null): RowSay & { readonly class: DecisionClass } {
	const hasConnector = effect === 'policy' || EFFECTS_WITH_CONNECTOR.some((known) => known === effect);
	if (!hasConnector) return { row: 'G10', class: 'HANDS', reason: `no connector exists for the effect ${effect}` };
	const isController =
		view !== null && (CONTROLLERS.includes(view.class) || isSis(view) || ['0', '1'].includes(view.level ?? '1'));
	if (isController && !isTouchFree(effect)) {
		return { row: 'G10', class: 'HANDS', reason: 'no connector can act on a controller or anything at level 0 or 1' };
	}
	return { row: 'G10', class: 'AUTO', reason: '' };
}

function isOt(view: View | null, target: Target, rows: readonly Row[]): boolean {
	if (target.kind === 'none') return false;
	// Telling, and reading what is stored, disturbs nothing wherever it is stored.
	if (rows.length > 0 && rows.every((row) => ROWS_ZONE_STATE_NEVER_RAISES.includes(row.id))) return false;
	// An account or indicator: its own facts have decided which rows apply (A02, N01).
	if (view === null) return rows.some((row) => !row.it);
	const isHigh = view.level === '4' || view.level === '5';
	return !isHigh || rows.some((row) => !row.it) || !look(NO_OT_DEPENDENCY, target.ground).isShown;
}

function chooseCase(row: Row, target: Target, missing: MissingFact[]): Case {
	for (const option of row.cases) {
		const looks = option.when.map((condition) => look(condition, target.ground));
		if (looks.every((seen) => seen.isShown)) return option;
		missing.push(...looks.flatMap((seen) => seen.missing));
	}
	// Every row ends with a case without conditions (a test checks it); were it not so, the strictest case stands.
	return row.cases[row.cases.length - 1] ?? row.cases[0];
}

function judgeOneRow(row: Row, target: Target, view: View | null, isUndo: boolean): Omit<Judgement, 'touchesOt'> {
	const missing: MissingFact[] = [];
	const chosen = chooseCase(row, target, missing);
	const says: RowSay[] = [{ row: row.id, class: chosen.class, reason: row.reason }];
	let decided = chosen.class;
	if (isUndo && decided === 'AUTO') {
		decided = 'ONE';
		says.push({ row: row.id, class: 'ONE', reason: 'taking a containment back is never done by the bot alone' });
	}
	for (const proof of row.proofs) {
		const seen = look(proof.condition, target.ground);
		if (seen.isShown) continue;
		missing.push(...seen.missing);
		decided = stricter(decided, proof.class);
		says.push({ row: proof.rule, class: proof.class, reason: `${proof.why}; not shown: ${proof.condition.text}` });
	}
	const state = applyZoneState(row, target, view, decided, missing);
	const holds = holdsOf(row, chosen, target, missing);
	return { class: state.class, says: [...says, ...state.says], holds, missing, rows: [row] };
}

/** G4: a zone that is not known to be in normal state raises one class; an active safety alarm leaves only people and stores. */
function applyZoneState(
	row: Row,
	target: Target,
	view: View | null,
	decided: DecisionClass,
	missing: MissingFact[],
): { readonly class: DecisionClass; readonly says: readonly RowSay[] } {
	if (ROWS_ZONE_STATE_NEVER_RAISES.includes(row.id) || target.kind === 'none') return { class: decided, says: [] };
	const isHigh = view === null || view.level === '4' || view.level === '5';
	// Rows for IT carry their own doubts about OT (G3, the account, the indicator): where those are not settled the class is
	// for hands or the OT row applies, so nothing is lost by leaving zone state out.
	if (isHigh && (row.it || look(NO_OT_DEPENDENCY, target.ground).isShown)) return { class: decided, says: [] };
	const says: RowSay[] = [];
	let result = decided;
	const normal = look(ZONE_NORMAL, target.ground);
	if (!normal.isShown) {
		missing.push(...normal.missing);
		result = raised(result);
		const reason = `one class stricter; not shown: ${ZONE_NORMAL.text}`;
		if (result !== decided) says.push({ row: 'G4', class: result, reason });
	}
	const quiet = look(NO_SAFETY_ALARM, target.ground);
	if (!quiet.isShown) {
		missing.push(...quiet.missing);
		const reason =
			'a safety alarm is active in the zone, or nobody says that none is: the bot only tells, records and reads';
		if (stricter(result, 'HANDS') !== result) says.push({ row: 'G4', class: 'HANDS', reason });
		result = stricter(result, 'HANDS');
	}
	return { class: result, says };
}

function holdsOf(row: Row, chosen: Case, target: Target, missing: MissingFact[]): Hold[] {
	const holds: Hold[] = [];
	const wait = (rule: string, condition: Condition): void => {
		const seen = look(condition, target.ground);
		if (seen.isShown) return;
		missing.push(...seen.missing);
		holds.push({ rule, reason: `not shown: ${condition.text}` });
	};
	for (const condition of chosen.holds) wait(row.id, condition);
	if (row.window) {
		wait('G5', PERMIT);
		wait('G5', WINDOW);
	}
	return holds;
}
