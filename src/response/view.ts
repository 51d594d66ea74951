// One incident as the pure parts of this stage see it: the snapshot of the database, and what the program was configured with.
import type { Approval } from '../domain/decision.ts';
import type { PagerConfig } from '../domain/pager.ts';
import { type Person, Role, SIDE_OF_ROLE } from '../domain/person.ts';
import type { Scalar } from '../domain/playbook-condition.ts';
import type { Step } from '../domain/step.ts';
import type { Instant } from '../domain/time.ts';
import type { NextTopic } from '../domain/topic.ts';
import type { ViewQuestion } from '../domain/view-question.ts';
import { touchesOt } from '../safety/touches-ot.ts';
import type { LoadedPlaybook } from './choose.ts';
import type { EvidenceAlert, IncidentSummary } from './evidence.ts';
import type { FreezeRow, Ground, SafetyAlarm, Snapshot } from './facts.ts';
import type { Flow, Ways } from './flow/flow.ts';
import type { Answers } from './flow/variable.ts';
import type { Finding } from './proof.ts';

export type Setting = Ground & {
	readonly people: readonly Person[];
	readonly playbooks: ReadonlyMap<string, LoadedPlaybook>;
	/** Whether the program can do the action here: it has a file for it, and a connector where it needs one. */
	readonly canRun: (action: string) => boolean;
	/** Where a step of this action reads: an asset of the inventory; null or left out where nothing is set up. */
	readonly storeOf?: (action: string) => string | null;
	readonly approvalMs: number;
	/** The ways to reach people outside Slack. */
	readonly pagers?: readonly PagerConfig[];
	/** Ids of people whom the site names for an incident when nobody answers, those first who are called first (routes.yaml). */
	readonly escalation?: (incident: IncidentSummary) => readonly (readonly string[])[];
};

export type View = {
	readonly setting: Setting;
	readonly incident: IncidentSummary & { readonly state: 'open' | 'acknowledged' | 'resolved' | 'merged' };
	readonly alerts: readonly EvidenceAlert[];
	readonly steps: readonly Step[];
	readonly approvals: readonly Approval[];
	readonly statements: readonly unknown[];
	readonly freezes: readonly FreezeRow[];
	/** Steps of any incident that are running or in doubt. */
	readonly busy: readonly Step[];
	/** Process-safety incidents that are open, of the whole plant. */
	readonly alarms: readonly SafetyAlarm[];
	/** Calls that the bot made by itself within the last hour, of the whole plant. */
	readonly automaticLastHour: number;
	/** What they reached. */
	readonly automaticTargets?: readonly string[];
	/** Which way each block took, and what people answered: by the row's id, from the ledger. */
	readonly ways?: Ways;
	readonly answers?: Answers;
	/** When each step's last call was begun, by its id, from the ledger. */
	readonly begun?: ReadonlyMap<string, Instant>;
	/** What the control rooms were asked after steps, and what they answered, from the ledger. */
	readonly viewQuestions?: readonly ViewQuestion[];
	/** Inputs of the playbooks that were given by hand. */
	readonly inputs?: Readonly<Record<string, Scalar>>;
	/** The playbooks as far as their ways are decided, by id; absent before they have been looked at. */
	readonly flows?: ReadonlyMap<string, Flow>;
	/** Where tables differ from the ledger: nothing above rests on such a row but the steps, which are stopped (tampering.ts). */
	readonly findings: readonly Finding[];
};

/** Another step on OT that is under way or in doubt; null where there is none. It keeps every other OT step back (rows P04, G6). */
export function otherOtStep(step: Step, view: View): Step | null {
	return view.busy.find((other) => other.id !== step.id && touchesOt(other, view.setting.inventory)) ?? null;
}

/** The part of the view that the gate's facts are made of. */
export function snapshotFor(step: Step, view: View): Snapshot {
	return {
		statements: view.statements,
		freezes: view.freezes,
		confidenceFirm: view.incident.confidence_firm,
		automaticLastHour: view.automaticLastHour,
		automaticTargets: view.automaticTargets ?? [],
		otherOtStepRuns: touchesOt(step, view.setting.inventory) && otherOtStep(step, view) !== null,
		otTold: view.steps.some(hasToldOt),
		alarms: view.alarms,
	};
}

/** True for a question to the control room or a page to OT that has gone out. */
function hasToldOt(step: Step): boolean {
	if (!['done', 'hands', 'attested'].includes(step.state) || step.attempts === 0) return false;
	if (step.action === 'ask_control_room') return true;
	const role = Role.safeParse(step.params['role']);
	return step.action === 'page' && role.success && SIDE_OF_ROLE[role.data] === 'ot';
}

/** The incident's card comes up to date; that of a process-safety incident ahead of all others. */
export function cardOf(view: View): NextTopic {
	return { topic: view.incident.process_safety ? 'card_safety' : 'card', key: view.incident.id };
}

/** The same for a step that asks people: a request does not queue behind the notes of a storm. */
export function askOn(view: View): NextTopic {
	return view.incident.process_safety ? cardOf(view) : { topic: 'card_asked', key: view.incident.id };
}

export function isClosed(view: View): boolean {
	return view.incident.state === 'resolved' || view.incident.state === 'merged';
}
