// The form of one row of the safety table, and the small words with which rows are written. The rows themselves are in rows/;
// nothing here decides.
import { ASSET_CLASSES, type AssetClass, LEVELS, type Level } from '../domain/asset.ts';
import type { DecisionClass } from '../domain/decision.ts';
import { FACTS, type FactName, type FactValue } from '../domain/fact.ts';
import type { ActionName, Effect } from './actions.ts';

/**
 * Something that must be shown. It holds where at least one of `any` is a fact at one of its `ok` values, and those are always
 * the best ones: so a fact that gets worse can break a condition and never mend it. `confidence`: rules and sources are sure.
 */
export type Condition = {
	readonly text: string;
	readonly any: readonly { readonly fact: FactName; readonly ok: readonly FactValue[] }[];
	readonly confidence?: true;
};

/** Where a row applies. */
export type Where = {
	readonly classes: readonly AssetClass[];
	readonly levels: readonly Level[];
	/** The row is left out only where all of these are shown; in doubt it applies. */
	readonly unless?: readonly Condition[];
	/** Applies too where the step names an account or indicator and no asset. */
	readonly bare?: true;
};

/** One class that the row can give. */
export type Case = {
	readonly class: DecisionClass;
	/** All must be shown for this case; the last case of a row has none. */
	readonly when: readonly Condition[];
	/** The condition in words, as the matrix prints it. */
	readonly condition: string;
	/** What must be shown before it runs; it waits until then. */
	readonly holds: readonly Condition[];
};

/** What must be shown for the row to apply as it stands; if it is not, `rule` gives `class` instead. */
export type Proof = {
	readonly condition: Condition;
	readonly class: DecisionClass;
	readonly rule: string;
	readonly why: string;
};

/** Who gives the one approval of a ONE row. */
export type Approver = 'it' | 'ot' | 'network' | 'reporter';

export type Row = {
	readonly id: string;
	/** The action effect in words, as the table has it. */
	readonly title: string;
	readonly effect: Effect;
	readonly actions: readonly ActionName[];
	readonly where: readonly Where[];
	/** Loosest first; the first whose conditions are shown gives the class. */
	readonly cases: readonly [Case, ...Case[]];
	/** Marked W: a named permit and an open window are needed as well (G5). */
	readonly window: boolean;
	readonly approver: Approver;
	readonly proofs: readonly Proof[];
	/** For people who do it by hand: what to make sure of first. These never change the class. */
	readonly checklist: readonly FactName[];
	/** A row for IT targets, whose doubts about OT are its own proofs: zone state does not raise it at levels 4 and 5 (G4). */
	readonly it: boolean;
	readonly reason: string;
	readonly source: string;
	/** What the bot can do instead, or whom to call. */
	readonly instead: string;
};

type RowText = {
	readonly id: string;
	readonly title: string;
	readonly effect: Effect;
	readonly actions: readonly ActionName[];
	readonly where: Where | readonly Where[];
	readonly cases: readonly [Case, ...Case[]];
	readonly reason: string;
	readonly source: string;
	readonly instead?: string;
	readonly window?: true;
	readonly approver?: Approver;
	readonly proofs?: readonly Proof[];
	readonly checklist?: readonly FactName[];
	readonly it?: true;
};

export function row(text: RowText): Row {
	const where = 'classes' in text.where ? [text.where] : text.where;
	return {
		...text,
		where,
		window: text.window ?? false,
		approver: text.approver ?? 'it',
		proofs: text.proofs ?? [],
		checklist: text.checklist ?? [],
		it: text.it ?? false,
		instead: text.instead ?? '',
	};
}

/** The fact must be at its best value, or at one of `ok` where several are good enough. */
export function shown(fact: FactName, text: string, ok?: readonly FactValue[]): Condition {
	return { text, any: [{ fact, ok: ok ?? FACTS[fact].order.slice(0, 1) }] };
}

/** At least one of the conditions must be shown. */
export function eitherShown(text: string, ...conditions: readonly Condition[]): Condition {
	return { text, any: conditions.flatMap((condition) => condition.any) };
}

/** Rules and sources are sure; what the adviser believes does not count (DESIGN.md, Triage). */
export const HIGH_CONFIDENCE: Condition = { text: 'high confidence of rules and sources', any: [], confidence: true };

/** A class that the row gives when all of `when` is shown. */
export function when(
	conditions: readonly Condition[],
	decisionClass: DecisionClass,
	condition: string,
	holds: readonly Condition[] = [],
): Case {
	return { class: decisionClass, when: conditions, condition, holds };
}

/** The class that the row gives in every other case. */
export function otherwise(decisionClass: DecisionClass, condition = '', holds: readonly Condition[] = []): Case {
	return { class: decisionClass, when: [], condition, holds };
}

/** G3: an IT action that may reach OT is not judged as an IT action; a person who knows the dependency does it. */
export function unlessOt(condition: Condition): Proof {
	return { condition, class: 'HANDS', rule: 'G3', why: 'its side effect may reach OT' };
}

const NO_OT_DEPENDENCY = shown('ot_dependency', 'no OT process depends on it');
export const G3_CHECK: Proof = unlessOt(NO_OT_DEPENDENCY);

export function at(
	classes: readonly AssetClass[],
	levels: readonly Level[],
	more: { readonly unless?: readonly Condition[]; readonly bare?: true } = {},
): Where {
	return { classes, levels, ...more };
}

const except = (...left: readonly AssetClass[]): AssetClass[] => ASSET_CLASSES.filter((known) => !left.includes(known));

export const ANY_CLASS: readonly AssetClass[] = ASSET_CLASSES;
export const ANY_LEVEL: readonly Level[] = LEVELS;
export const ANYWHERE: Where = { classes: ANY_CLASS, levels: ANY_LEVEL, bare: true };
/** Everything but safety systems and their workstations, which only their own rows reach. */
export const NOT_SIS = except('sis', 'sis_workstation');
/** Level 1 things: never changed by the bot. An unknown class is judged as one. */
export const CONTROLLERS: readonly AssetClass[] = ['dcs', 'plc', 'rtu', 'ied', 'io', 'bms_controller', 'unknown'];
/** Machines that are neither controllers nor safety systems: where a row names a level above 1 and any machine there. */
export const MACHINES = NOT_SIS.filter((known) => !CONTROLLERS.includes(known));
/** Business IT and what stands beside it. */
export const IT_CLASSES: readonly AssetClass[] = [
	'endpoint',
	'server',
	'domain_controller',
	'database',
	'erp',
	'crm',
	'cloud',
	'network',
	'vpn_gateway',
	'jump_host',
	'dmz_server',
	'scanner',
];
/** What stands between IT and OT. */
export const DMZ_CLASSES: readonly AssetClass[] = [...IT_CLASSES, 'historian', 'opc_server'];
export const IT_SERVERS: readonly AssetClass[] = ['server', 'domain_controller', 'database', 'erp', 'crm', 'cloud'];
export const LEVEL_45: readonly Level[] = ['4', '5'];
export const DMZ: readonly Level[] = ['3.5'];
/** Any OT: the DMZ and below, and what nobody knows. */
export const OT_LEVELS: readonly Level[] = ['0', '1', '2', '3', '3.5', 'unknown'];
