// What follows from a difference between a table and the ledger: a ledger entry, a message to people, and for a step its end or its recorded
// state. Pure. NOT here: finding it (proof.ts). The gate needs none of this: it reads what is recorded.
import type { Approval } from '../domain/decision.ts';
import type { NewEntry } from '../domain/entry.ts';
import type { Person, Role } from '../domain/person.ts';
import type { Step, StepState } from '../domain/step.ts';
import type { Instant } from '../domain/time.ts';
import type { NextTopic } from '../domain/topic.ts';
import { viewQuestions } from '../domain/view-question.ts';
import { admit, type IncidentKind, readSaid } from '../safety/admit.ts';
import type { Change } from '../store/record.ts';
import { stepEntry } from './advance.ts';
import type { FreezeRow } from './facts.ts';
import {
	approvalFindings,
	type FactRow,
	type Finding,
	factFindings,
	readProofEntry,
	recordedAnswers,
	recordedApprovals,
	recordedIntents,
	recordedSteps,
	recordedWays,
	type Statement,
	standingFreezes,
	statementOf,
	stepFinding,
} from './proof.ts';
import { cardOf, type View } from './view.ts';

/** Findings answered in one pass; the rest with the next look. */
const FINDINGS_MAX = 20;
/** Who is written to directly, beside the incident's thread, and how many of them. */
const TOLD_ROLES: readonly Role[] = ['incident_lead', 'it_lead', 'admin'];
const TOLD_MAX = 5;

/** Tables and ledger of one moment, as read in one transaction. */
export type Read = {
	readonly incident: IncidentKind;
	readonly steps: readonly Step[];
	readonly approvals: readonly Approval[];
	readonly freezes: readonly FreezeRow[];
	readonly proof: {
		readonly entries: readonly string[];
		readonly statements: readonly string[];
		readonly factRows: readonly FactRow[];
		readonly unstated: readonly FactRow[];
		readonly freezes: readonly string[];
		readonly altered: readonly string[];
	};
};

/** What the gate may read of all this, and what does not fit. */
export function provedBy(
	read: Read,
	people: readonly Person[],
	now: Instant,
): Pick<View, 'approvals' | 'statements' | 'freezes' | 'findings' | 'ways' | 'answers' | 'begun' | 'viewQuestions'> {
	const parse = (texts: readonly string[]) => texts.map(readProofEntry).filter((entry) => entry !== null);
	const entries = parse(read.proof.entries);
	const recorded = recordedSteps(entries);
	const approvals = recordedApprovals(entries);
	const rows = new Map(read.approvals.map((row) => [row.id, row]));
	const statements = parse(read.proof.statements)
		.map(statementOf)
		.filter((said): said is Statement => said !== null);
	const { freezes, findings } = standingFreezes(parse(read.proof.freezes), read.freezes);
	return {
		ways: recordedWays(entries),
		answers: recordedAnswers(entries),
		begun: recordedIntents(entries),
		viewQuestions: viewQuestions(
			entries.map(({ kind, time, actor, refs, data }) => ({ kind, at: time, by: actor.id, refs, data })),
		),
		// Of table and ledger the stricter word counts: what a row takes away is taken away.
		approvals: approvals.map((one) => ({
			...one,
			withdrawn_at: one.withdrawn_at ?? rows.get(one.id)?.withdrawn_at ?? null,
			expires_at: Math.min(one.expires_at, rows.get(one.id)?.expires_at ?? one.expires_at),
		})),
		statements: admit(
			statements.map((said) => readSaid(said, said.via)).filter((said) => said !== null),
			read.incident,
			people,
			now,
		),
		freezes,
		findings: [
			...read.steps.flatMap((step) => stepFinding(step, recorded.get(step.id) ?? null) ?? []),
			...approvalFindings(read.approvals, approvals),
			...factFindings(statements, read.proof.factRows, read.proof.unstated),
			...findings,
			...read.proof.altered.map(
				(id): Finding => ({
					...{ key: `tampering:ledger:${id}`, table: 'ledger', row: id, step: null },
					what: `ledger entry ${id} is not the text that was hashed; it is not read`,
				}),
			),
		],
	};
}

/** Whether the step's own row is not as recorded: then nothing is judged, run or ended by it. */
export function isTampered(step: Step, view: View): boolean {
	return view.findings.some((finding) => finding.table === 'steps' && finding.row === step.id);
}

export type Answered = {
	readonly entries: NewEntry[];
	readonly changes: Change[];
	readonly topics: NextTopic[];
	/** A step's row was set right: the plan looks again before anything else is moved. */
	readonly isStepChanged: boolean;
};

/**
 * Answers the findings of a view.
 *
 * @param told  keys of findings that people have been told of already
 */
export function answerTampering(
	view: View,
	told: ReadonlySet<string>,
	newId: (prefix: 'pst') => string,
	now: Instant,
): Answered {
	const fresh = view.findings.slice(0, FINDINGS_MAX).filter((one) => !told.has(one.key));
	const mended = view.findings.slice(0, FINDINGS_MAX).flatMap((one) => {
		const step = one.table === 'steps' ? view.steps.find((held) => held.id === one.row) : undefined;
		return step === undefined ? [] : [mend(step, one, now)];
	});
	const messages = fresh.flatMap((finding) => messagesFor(finding, view, newId, now));
	return {
		entries: [
			...fresh.map(
				({ table, row, step, what }): NewEntry => ({
					kind: 'tampering.found',
					actor: { kind: 'system', id: 'interlock' },
					at: now,
					incident: view.incident.id,
					refs: [row, ...(step === null || step === row ? [] : [step])],
					data: { table, what: what.slice(0, 1_000).toWellFormed() },
				}),
			),
			...mended.flatMap((one) => one.entries),
		],
		changes: [
			...messages.map((row): Change => ({ op: 'ensure', table: 'messages', row })),
			...mended.flatMap((one) => one.changes),
		],
		topics: [
			...messages.map((row): NextTopic => ({ topic: 'post', key: row.id })),
			...mended.flatMap((one) => one.topics),
			...(fresh.length > 0 || mended.length > 0 ? [cardOf(view)] : []),
		],
		isStepChanged: mended.length > 0,
	};
}

/** States in which something has happened or has been decided for good: the row goes back to them. In all others the step is judged anew. */
const KEPT: readonly StepState[] = [
	...(['running', 'done', 'failed', 'in_doubt', 'attested', 'refused', 'expired', 'cancelled', 'undone'] as const),
];

type Mended = { readonly entries: NewEntry[]; readonly changes: Change[]; readonly topics: NextTopic[] };

/** A step that is still what was planned goes back to where it was; one that is something else is over, and its row stays as evidence. */
function mend(step: Step, { recorded, what, isContentKept }: Finding, now: Instant): Mended {
	const why = 'its row was changed outside the program';
	const expect = { state: step.state, updated_at: step.updated_at };
	const update = (set: Partial<Step>): Change[] => [
		{ op: 'update', table: 'steps', id: step.id, set: { expires_at: null, updated_at: now, ...set }, expect },
	];
	if (recorded == null || isContentKept !== true) {
		const outcome = `${what}. It is not done; what it did before, if anything, is looked at by hand.`.slice(0, 1_000);
		return {
			entries: [stepEntry('step.cancelled', step, { why }, now)],
			changes: update({ state: 'cancelled', outcome, contained_until: null }),
			topics: [],
		};
	}
	const { attempts, requestedBy, containedUntil } = recorded;
	const isKept = KEPT.includes(recorded.state);
	const state = isKept ? recorded.state : 'planned';
	return {
		entries: isKept ? [] : [stepEntry('step.decided', step, { state, why }, now)],
		changes: update({ state, attempts, requested_by: requestedBy, contained_until: containedUntil }),
		topics: containedUntil === null ? [] : [{ topic: 'expire', key: step.id, after: containedUntil }],
	};
}

function messagesFor(finding: Finding, view: View, newId: (prefix: 'pst') => string, now: Instant) {
	const people = view.setting.people
		.filter((person) => person.slack !== null && person.roles.some((held) => TOLD_ROLES.includes(held.role)))
		.slice(0, TOLD_MAX);
	const text =
		`Tampering found: ${finding.what}. Nothing is done because of it: the gate reads what the ledger recorded. ` +
		'Somebody wrote to the database past the program: find out who, and freeze until you know.';
	const row = (key: string, channel: string) => ({
		...{ id: newId('pst'), key, incident: view.incident.id, channel, text: text.slice(0, 2_000) },
		...{ state: 'pending' as const, created_at: now, updated_at: now },
	});
	return [row(finding.key, ''), ...people.map((person) => row(`${finding.key}:${person.id}`, person.slack ?? ''))];
}
