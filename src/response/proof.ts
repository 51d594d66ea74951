// What the tables say, held against what the ledger recorded. Approvals, statements and freezes are read from the ledger and not from
// their tables, and a step counts only as it was planned: who writes to a table alone changes nothing that the gate reads. Pure. NOT here:
// the reading (store/read/proof.ts), and what is done about a finding (tampering.ts).
import { z } from 'zod';
import { canonicalHash } from '../domain/canonical.ts';
import { Approval } from '../domain/decision.ts';
import { Role } from '../domain/person.ts';
import { type Step, StepState } from '../domain/step.ts';
import { fromIso } from '../domain/time.ts';
import type { FreezeRow } from './facts.ts';
import type { Ways } from './flow/flow.ts';
import type { Answers } from './flow/variable.ts';

/** One difference between a table and the ledger. */
export type Finding = {
	/** Unique for this difference: people are told of it once. */
	readonly key: string;
	readonly table: 'steps' | 'approvals' | 'facts' | 'freezes' | 'ledger';
	readonly row: string;
	/** The step that it is about, where there is one. */
	readonly step: string | null;
	/** In words for people. */
	readonly what: string;
	/** Of a step: what the ledger says that it is; null where it says nothing. */
	readonly recorded?: Recorded | null;
	/** Of a step: whether it is still what was planned, and only its state differs. */
	readonly isContentKept?: boolean;
};

/** What the ledger says of a step, beside its content. */
export type Recorded = {
	readonly content: string | null;
	readonly state: StepState;
	readonly attempts: number;
	readonly requestedBy: string;
	readonly containedUntil: number | null;
};

const Entry = z.object({
	kind: z.string(),
	at: z.string(),
	actor: z.object({ id: z.string() }),
	refs: z.array(z.string()),
	data: z.record(z.string(), z.unknown()),
});
export type ProofEntry = z.infer<typeof Entry> & { readonly time: number };

/** An entry from its canonical text; null where it is none. */
export function readProofEntry(canonical: string): ProofEntry | null {
	try {
		const read = Entry.safeParse(JSON.parse(canonical));
		const time = read.success ? fromIso(read.data.at) : null;
		return read.success && time !== null ? { ...read.data, time } : null;
	} catch (fault) {
		if (fault instanceof SyntaxError) return null;
		throw fault;
	}
}

/** Hash of what a step is planned as and stays: everything but its state and the words that the gate's decision adds. */
export function contentOf(step: Step): string {
	const { id, incident, playbook, playbook_version, key, title, action, target, params } = step;
	const { checklist, after, containment_ms } = step;
	return canonicalHash({
		...{ id, incident, playbook, playbook_version, key, title, action, target, params },
		...{ checklist, after, containment_ms },
	});
}

/** A step as the entry `plan.made` names it. */
export function plannedAs(step: Step) {
	const { id, playbook, key, target, requested_by } = step;
	return { id, playbook, key, target, requested_by, content: contentOf(step) };
}

const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);
const number = (value: unknown): number | null => (typeof value === 'number' ? value : null);

const STATE_OF_KIND: Readonly<Record<string, StepState>> = {
	'step.queued': 'queued',
	'step.intent': 'running',
	'step.in_doubt': 'in_doubt',
	'step.hands': 'hands',
	'step.attested': 'attested',
	'step.refused': 'refused',
	'step.expired': 'expired',
	'step.asked_again': 'planned',
	'step.cancelled': 'cancelled',
	'step.undone': 'undone',
};

const Planned = z.object({
	id: z.string(),
	content: z.string().optional(),
	requested_by: z.string().optional(),
});

/** What the entries of an incident, oldest first, say of each of its steps. */
export function recordedSteps(entries: readonly ProofEntry[]): ReadonlyMap<string, Recorded> {
	const found = new Map<string, Recorded>();
	const none: Recorded = { content: null, state: 'planned', attempts: 0, requestedBy: 'bot', containedUntil: null };
	const set = (id: string, of: Partial<Recorded>): void => void found.set(id, { ...(found.get(id) ?? none), ...of });
	for (const entry of entries) {
		const { kind, data } = entry;
		if (kind === 'plan.made') {
			for (const item of Array.isArray(data['steps']) ? data['steps'] : []) {
				const planned = Planned.safeParse(item);
				// The first plan of a step counts: a later entry does not plan it anew.
				if (planned.success && !found.has(planned.data.id))
					set(planned.data.id, {
						content: planned.data.content ?? null,
						requestedBy: planned.data.requested_by ?? 'bot',
					});
			}
			const undone = text(data['undoes']);
			if (undone !== null) set(undone, { containedUntil: null });
			continue;
		}
		const id = entry.refs[0];
		if (id === undefined || !kind.startsWith('step.')) continue;
		const state = StepState.safeParse(STATE_OF_KIND[kind] ?? data['state']);
		if (!state.success) continue;
		set(id, {
			state: state.data,
			...(kind === 'step.intent' ? { attempts: (found.get(id)?.attempts ?? 0) + 1 } : {}),
			...(kind === 'step.asked_again' ? { requestedBy: entry.actor.id } : {}),
			...(kind === 'step.result' ? { containedUntil: number(data['contained_until']) } : {}),
			...(kind === 'step.undone' ? { containedUntil: null } : {}),
		});
	}
	return found;
}

/** Where a step's row differs from what was recorded; null where it is as recorded. */
export function stepFinding(step: Step, recorded: Recorded | null): Finding | null {
	// A question of the program itself ("go on after ...?") is written with the step that asks it.
	if (recorded === null && step.action === 'ask_person' && step.state === 'planned') return null;
	const isQuestion = step.action === 'ask_person' && recorded !== null && recorded.content === null;
	const isContentKept = recorded !== null && (isQuestion || recorded.content === contentOf(step));
	const differences = [
		...(recorded === null ? ['nothing says that it was planned'] : []),
		...(recorded !== null && !isContentKept ? ['its action, target, parameters or playbook are not as planned'] : []),
		...(recorded !== null && recorded.state !== step.state
			? [`it is "${step.state}" and was recorded as "${recorded.state}"`]
			: []),
		...(recorded !== null && recorded.attempts !== step.attempts
			? [`it says ${step.attempts} attempts and ${recorded.attempts} were recorded`]
			: []),
		...(recorded !== null && recorded.requestedBy !== step.requested_by ? ['somebody else asked for it'] : []),
		...(recorded !== null && recorded.containedUntil !== step.contained_until
			? ['its containment ends at another time than was recorded']
			: []),
	];
	// A step that was stopped for this is left as it stands: it is evidence, and nothing runs it again.
	if (differences.length === 0 || (step.state === 'cancelled' && recorded?.state === 'cancelled')) return null;
	const what = `the row of step "${step.title}" was changed outside the program: ${differences.join('; ')}`;
	const { id, state, attempts, requested_by, contained_until } = step;
	const hash = canonicalHash({ id, state, attempts, requested_by, contained_until, content: contentOf(step) });
	const key = `tampering:steps:${id}:${hash.slice(0, 16)}`;
	return { key, table: 'steps', row: id, step: id, what, recorded, isContentKept };
}

const Branched = z.object({
	took: z.string().nullable(),
	began_at: z.number().optional(),
	until: z.number().nullable().optional(),
});

/** Which way each block took: the first word that decided it counts, and a row that says otherwise changes nothing. */
export function recordedWays(entries: readonly ProofEntry[]): Ways {
	const found = new Map<string, { took: string | null; beganAt: number; until: number | null }>();
	for (const { kind, refs, data, time } of entries) {
		const read = kind === 'step.branched' ? Branched.safeParse(data) : null;
		const id = refs[0];
		if (read?.success !== true || id === undefined || (found.get(id)?.took ?? null) !== null) continue;
		const { took, began_at, until } = read.data;
		found.set(id, { took, beganAt: began_at ?? found.get(id)?.beganAt ?? time, until: until ?? null });
	}
	return found;
}

/** When the last call of each step was begun. */
export function recordedIntents(entries: readonly ProofEntry[]): ReadonlyMap<string, number> {
	return new Map(
		entries.flatMap(({ kind, refs: [id], time }) => (kind === 'step.intent' && id !== undefined ? [[id, time]] : [])),
	);
}

const Answer = z.object({ name: z.string(), value: z.union([z.boolean(), z.number(), z.string()]) });

/** What people answered with their attestations: the last of a step counts. */
export function recordedAnswers(entries: readonly ProofEntry[]): Answers {
	const found = new Map<string, z.infer<typeof Answer>>();
	for (const { kind, refs, data } of entries) {
		const read = kind === 'step.attested' ? Answer.safeParse(data['answer']) : null;
		if (read?.success === true && refs[0] !== undefined) found.set(refs[0], read.data);
	}
	return found;
}

/** The approvals as the ledger has them: the newest yes of each id, ended by its withdrawal or by a new request. */
export function recordedApprovals(entries: readonly ProofEntry[]): Approval[] {
	const found = new Map<string, Approval>();
	for (const { kind, refs, data, actor, time } of entries) {
		const [step = '', id = ''] = refs;
		if (kind === 'step.asked_again') {
			for (const held of found.values())
				if (held.step === step) found.set(held.id, { ...held, expires_at: Math.min(held.expires_at, time) });
			continue;
		}
		const held = found.get(id);
		if (kind === 'approval.withdrawn' && held !== undefined) found.set(id, { ...held, withdrawn_at: time });
		if (kind !== 'approval.given' && kind !== 'approval.refused') continue;
		const isYes = kind === 'approval.given';
		const read = Approval.safeParse({
			...{ id, step, person: actor.id, at: time, withdrawn_at: null, binding: data['binding'] },
			answer: isYes ? 'yes' : 'no',
			roles: z.array(Role).catch([]).parse(data['roles']),
			reason: text(data['reason']),
			via: data['via'],
			expires_at: isYes ? data['expires_at'] : time,
		});
		if (read.success && id !== '') found.set(id, read.data);
	}
	return [...found.values()];
}

/** Rows of the table of approvals that the ledger does not bear out, and answers whose row is gone. */
export function approvalFindings(rows: readonly Approval[], recorded: readonly Approval[]): Finding[] {
	const proved = new Map(recorded.map((one) => [one.id, one]));
	const held = new Set(rows.map((row) => row.id));
	const finding = (row: Approval, what: string): Finding => ({
		key: `tampering:approvals:${row.id}:${canonicalHash({ ...row, what }).slice(0, 16)}`,
		table: 'approvals',
		row: row.id,
		step: row.step,
		what,
	});
	const wrong = rows.flatMap((row) => {
		const one = proved.get(row.id);
		if (one === undefined)
			return [finding(row, `an answer "${row.answer}" of ${row.person} stands in the table, and nobody gave it`)];
		const isSame =
			one.step === row.step &&
			one.person === row.person &&
			one.answer === row.answer &&
			one.binding === row.binding &&
			one.at === row.at &&
			one.expires_at >= row.expires_at &&
			(one.withdrawn_at === null) === (row.withdrawn_at === null);
		return isSame ? [] : [finding(row, `the answer of ${one.person} was changed in the table`)];
	});
	const gone = recorded.filter((one) => !held.has(one.id));
	return [...wrong, ...gone.map((one) => finding(one, `the answer of ${one.person} was deleted from the table`))];
}

/** A statement as the gate reads it, from its entry; null where the entry is none. What it says is checked by the gate's own schema. */
export function statementOf({ refs, data, actor, time }: ProofEntry) {
	const id = refs[0];
	const { name, subject, value, expires_at, via } = data;
	if (id === undefined || typeof name !== 'string' || typeof subject !== 'string') return null;
	return {
		...{ id, name, subject, value, expires_at: number(expires_at) },
		...{ source: 'person' as const, supplied_by: actor.id, stated_at: time, via: text(via) },
	};
}
export type Statement = NonNullable<ReturnType<typeof statementOf>>;

/** A row of the table of facts, as far as it is compared. */
export type FactRow = {
	readonly id: string;
	readonly name: string;
	readonly subject: string;
	readonly value: unknown;
	readonly supplied_by: string | null;
};

/** Statements whose row differs or is gone, and rows that nobody stated (`unstated`). */
export function factFindings(
	statements: readonly Statement[],
	rows: readonly FactRow[],
	unstated: readonly FactRow[],
): Finding[] {
	const held = new Map(rows.map((row) => [row.id, row]));
	const finding = (id: string, of: string, what: string): Finding => ({
		...{ key: `tampering:facts:${id}:${canonicalHash(what).slice(0, 16)}`, table: 'facts', row: id, step: null },
		what: `${of} ${what}`,
	});
	const changed = statements.flatMap((said) => {
		const row = held.get(said.id);
		const isSame =
			row !== undefined && row.name === said.name && row.subject === said.subject && row.value === said.value;
		const of = `the statement of \`${said.name}\` about ${said.subject} by ${said.supplied_by}`;
		return isSame ? [] : [finding(said.id, of, row === undefined ? 'was deleted from its table' : 'was changed')];
	});
	return [
		...changed,
		...unstated.map((row) =>
			finding(row.id, `a statement of \`${row.name}\` about ${row.subject}`, 'stands in the table; nobody stated it'),
		),
	];
}

/** Freezes that stand: those of the ledger, and those of the table, which can only stop more. */
export function standingFreezes(
	entries: readonly ProofEntry[],
	rows: readonly FreezeRow[],
): { readonly freezes: FreezeRow[]; readonly findings: Finding[] } {
	const thawed = new Set(entries.flatMap(({ kind, refs }) => (kind === 'freeze.thawed' ? refs.slice(0, 1) : [])));
	const standing = new Map<string, FreezeRow>();
	for (const { kind, refs, data, actor } of entries) {
		const id = refs[0];
		if (kind !== 'freeze.set' || id === undefined || thawed.has(id)) continue;
		const { scope, reason } = data;
		standing.set(id, { id, scope: text(scope) ?? 'all', reason: text(reason) ?? '', set_by: actor.id });
	}
	const held = new Map(rows.map((row) => [row.id, row]));
	const findings = [...standing.values()].flatMap((freeze): Finding[] => {
		if (held.get(freeze.id)?.scope === freeze.scope) return [];
		const what = `the freeze of ${freeze.scope} was lifted or changed in the table; nobody lifted it, and it stands`;
		return [{ key: `tampering:freezes:${freeze.id}`, table: 'freezes', row: freeze.id, step: null, what }];
	});
	return { freezes: [...standing.values(), ...rows.filter((row) => !standing.has(row.id))], findings };
}
