// Asks the adviser about an incident, and about wordings that triage was not sure of, and records what may stand of the answers.
// Nothing waits for it: the card is out already and is edited when an answer comes.
// NOT here: what is asked (advice-case.ts), bounds (clamp.ts), what was asked before (advice-memory.ts), masking and calling (model/).
import type { Json, NewEntry } from '../domain/entry.ts';
import { maxSeverity, Severity } from '../domain/severity.ts';
import { MINUTE, SECOND, toIso } from '../domain/time.ts';
import type { Due, Handlers } from '../domain/topic.ts';
import { ALERT_ADVICE_SCHEMA, AlertAdvice, INCIDENT_ADVICE_SCHEMA, IncidentAdvice, oneLine } from '../model/advice.ts';
import type { Adviser, AdviserAnswer } from '../model/client.ts';
import { createMasker, type Masker, type MaskPolicy } from '../model/mask.ts';
import { incidentPrompt, type Prompts, promptHash, templatePrompt } from '../model/prompt.ts';
import type { Database } from '../store/database.ts';
import { putBack } from '../store/outbox.ts';
import { type IncidentToAdvise, readAdviceEntries, readIncidentToAdvise } from '../store/read/triage.ts';
import { record } from '../store/record.ts';
import { caseOf, knownNames, type Names, signatureOf, type UnsureTemplate, unsureTemplates } from './advice-case.ts';
import { type AdviceMemory, createAdviceMemory } from './advice-memory.ts';
import { plainSentences } from './advice-words.ts';
import type { AttackTable } from './attack-table.ts';
import { type ClampedAdvice, clampAdvice, clampTemplate, type TemplateNote } from './clamp.ts';
import { replayAdvice } from './replay-advice.ts';

export type AdviseOptions = {
	readonly database: Database;
	/** Null where no model is configured: the topic is then only completed. */
	readonly adviser: Adviser | null;
	readonly prompts: Prompts;
	readonly maskPolicy: MaskPolicy;
	readonly attack: AttackTable;
	/** Names of the playbooks that exist. */
	readonly playbooks: () => readonly string[];
	readonly clock: () => number;
	/** Names that must not leave, besides those in the alerts. */
	readonly names?: Names;
	/** What was answered before; one for each process. */
	readonly memory?: AdviceMemory;
	/** How long an incident that grows is left alone between two questions; one that gets worse is asked about at once. */
	readonly askAgainMs?: number;
	/** Told when the budget is spent or the model is left alone for a while, in words. */
	readonly onFault?: (where: string, error: unknown) => void;
	/** Counts what became of each question, for metrics. */
	readonly count?: (what: AdviceOutcome) => void;
};

export type AdviceOutcome =
	| 'answered'
	| 'failed'
	| 'budget'
	| 'breaker'
	| 'remembered'
	| 'template_answered'
	| 'template_remembered';

/** Incidents asked about at once; the rest of a batch is put back before its lease ends. */
const AT_ONCE = 4;
const BATCH_MS = 15 * SECOND;
/** All calls for one incident together. */
const ROW_MS = 40 * SECOND;
/** Unknown wordings asked about at one visit of an incident. */
const TEMPLATES_ASKED_MAX = 3;
const TEMPLATES_SHOWN_MAX = 5;
const ASK_AGAIN_MS = 5 * MINUTE;
/** When it is tried again after the budget was spent, and after the model was left alone. */
const BUDGET_PAUSE_MS = 10 * MINUTE;
const BREAKER_PAUSE_MS = 2 * MINUTE;
/** Answers read back from the ledger after a restart. */
const REMEMBERED_MAX = 2_000;
const OWN_MAX = 10_000;
const NO_NAMES: Names = { people: () => [], hosts: () => [] };

/** A note on a wording as an incident keeps it. */
type StoredNote = Pick<TemplateNote, 'techniques' | 'reason'> & { readonly like: string };

/** What is kept in the incident's `advice`: the clamped answer with names put back, and where it came from. */
type StoredAdvice = ClampedAdvice & {
	readonly model: string;
	readonly prompt_hash: string;
	readonly prompt_version: string;
	readonly tokens: number;
	readonly at: number;
};
type Kept = Partial<StoredAdvice> & {
	readonly signature?: string;
	readonly asked_severity?: string;
	readonly alerts?: readonly StoredNote[];
	/** Wordings answered from memory, of all that were needed, since the program started. */
	readonly cache?: { readonly hits: number; readonly misses: number };
	/** Why there is no answer to what is known now; null where there is one. */
	readonly unasked?: { readonly reason: string; readonly words: string; readonly at: number } | null;
};

type Stage = AdviseOptions & {
	readonly adviser: Adviser;
	readonly memory: AdviceMemory;
	/** Wordings being asked about: two incidents of one storm wait for one answer. */
	readonly asking: Map<string, Promise<TemplateNote | null>>;
	readonly ownEntries: Set<string>;
	readSeq: number;
	isShort: boolean;
};

/** Handler of `advise`. A model that fails costs an entry `advice.failed`, never a retry loop. */
export function adviseHandlers(options: AdviseOptions): Pick<Handlers, 'advise'> {
	const { adviser, database, clock } = options;
	if (adviser === null) {
		return { advise: async (due) => void (await record(database, { entries: [], done: due }, clock())) };
	}
	const stage: Stage = {
		...options,
		adviser,
		memory: options.memory ?? createAdviceMemory(),
		asking: new Map(),
		ownEntries: new Set(),
		readSeq: -1,
		isShort: false,
	};
	return {
		advise: async (due) => {
			await remember(stage);
			const began = performance.now();
			for (let at = 0; at < due.length; at += AT_ONCE) {
				if (performance.now() - began > BATCH_MS) {
					await putBack(database, due.slice(at), clock());
					return;
				}
				await Promise.all(due.slice(at, at + AT_ONCE).map((row) => adviseOn(row, stage)));
			}
		},
	};
}

/** What this process said before a restart, and what others said since: answers are shared, and so is the budget. */
async function remember(stage: Stage): Promise<void> {
	const entries = await readAdviceEntries(stage.database, stage.readSeq, REMEMBERED_MAX);
	for (const { id, seq, at, data } of entries) {
		stage.readSeq = Math.max(stage.readSeq, seq);
		if (stage.ownEntries.delete(id)) continue;
		const { tokens, money } = data;
		if (typeof tokens === 'number' && tokens > 0) {
			stage.adviser.note({ tokens, money: typeof money === 'number' ? money : 0 }, at);
		}
		const { template, prompt_file: file, model } = data;
		if (typeof template !== 'string' || model !== stage.adviser.model) continue;
		if (file !== stage.prompts['alert-advice'].hash) continue;
		const again = replayAdvice(data, stage.attack);
		// What `replayAdvice` makes of a template's record is a TemplateNote.
		if (again.ok && data['about'] === 'template') stage.memory.keepTemplate(template, again.again as TemplateNote);
	}
}

async function adviseOn(due: Due, stage: Stage): Promise<void> {
	const { database, clock, adviser, memory } = stage;
	const read = await readIncidentToAdvise(database, due.key);
	if (read === null || read.incident.state === 'resolved' || read.incident.state === 'merged') {
		await record(database, { entries: [], done: [due] }, clock());
		return;
	}
	const masker = createMasker(stage.maskPolicy, knownNames(read, stage.names ?? NO_NAMES));
	const signal = AbortSignal.timeout(ROW_MS);
	const kept: Kept = read.incident.advice ?? {};
	const signature = signatureOf(read, masker, { model: adviser.model, file: stage.prompts['incident-advice'].hash });
	// Nothing new was seen since the last answer: the same question is not paid for twice.
	if (kept.signature === signature && kept.unasked == null) {
		await record(database, { entries: [], done: [due] }, clock());
		return;
	}
	const wait = pauseOf(kept, read, stage);
	if (wait !== null) {
		await record(
			database,
			{ entries: [], topics: [{ topic: 'advise', key: due.key, after: wait }], done: [due] },
			clock(),
		);
		return;
	}
	const notes = await templateNotes(unsureTemplates(read, masker), read.incident.id, stage, signal);
	const asked: Asked = { due, read, masker, signature, notes, kept };
	const prompt = incidentPrompt(stage.prompts, caseOf(read, stage.playbooks()), masker);
	const known = memory.incident(promptHash(adviser.model, prompt));
	if (known !== null) {
		stage.count?.('remembered');
		await recordRemembered(asked, known.answer, known.entry, prompt, stage);
		return;
	}
	const answer = await adviser.ask({
		prompt,
		schemaName: 'incident_advice',
		schema: IncidentAdvice,
		jsonSchema: INCIDENT_ADVICE_SCHEMA,
		signal,
	});
	if (answer.ok) await recordAnswer(asked, answer, stage);
	else await recordFailure(asked, answer, stage);
}

type Asked = {
	readonly due: Due;
	readonly read: IncidentToAdvise;
	readonly masker: Masker;
	readonly signature: string;
	readonly notes: readonly StoredNote[];
	readonly kept: Kept;
};

/** Until when an incident that only grows is left alone; null where it may be asked about now. */
function pauseOf(kept: Kept, { incident }: IncidentToAdvise, stage: Stage): number | null {
	if (kept.at === undefined || kept.asked_severity !== incident.severity || kept.unasked != null) return null;
	const until = kept.at + (stage.askAgainMs ?? ASK_AGAIN_MS);
	return until > stage.clock() ? until : null;
}

// ---- wordings ------------------------------------------------------------------------------------------------------------------

/** What is known of the wordings, asking about those that are new: one call a wording, whatever the number of alerts. */
async function templateNotes(
	templates: readonly UnsureTemplate[],
	incident: string,
	stage: Stage,
	signal: AbortSignal,
): Promise<StoredNote[]> {
	const notes: StoredNote[] = [];
	let asked = 0;
	for (const template of templates) {
		let note = stage.memory.template(template.key);
		if (note !== null) stage.count?.('template_remembered');
		const pending = stage.asking.get(template.key);
		if (note === null && pending !== undefined) note = await pending;
		else if (note === null && asked < TEMPLATES_ASKED_MAX) {
			asked++;
			const asking = askTemplate(template, incident, stage, signal).finally(() => stage.asking.delete(template.key));
			stage.asking.set(template.key, asking);
			note = await asking;
			// An endpoint that fails once is not asked about the next wording.
			if (note === null) asked = TEMPLATES_ASKED_MAX;
		}
		if (note !== null && (note.techniques.length > 0 || note.reason !== '')) {
			// The wording is an attacker's as much as the answer is a model's: the same is taken out of both.
			const like = plainSentences(template.title).text.slice(0, 120);
			notes.push({ like, techniques: note.techniques, reason: note.reason });
		}
	}
	return notes.slice(0, TEMPLATES_SHOWN_MAX);
}

async function askTemplate(
	template: UnsureTemplate,
	incident: string,
	stage: Stage,
	signal: AbortSignal,
): Promise<TemplateNote | null> {
	const prompt = templatePrompt(stage.prompts, template);
	const answer = await stage.adviser.ask({
		prompt,
		schemaName: 'alert_advice',
		schema: AlertAdvice,
		jsonSchema: ALERT_ADVICE_SCHEMA,
		signal,
	});
	// Nothing was called: the question about the incident, which follows, tells people.
	if (!answer.ok && answer.calls === 0) return null;
	const about = { about: 'template', template: template.key, wording: template.title.slice(0, 200) };
	if (!answer.ok) {
		stage.count?.('failed');
		await keep(stage, entryOf('advice.failed', answer, incident, stage, { ...about, ...failureOf(answer) }));
		return null;
	}
	stage.count?.('template_answered');
	const result = clampTemplate(answer.data, stage.attack);
	await keep(
		stage,
		entryOf('advice.given', answer, incident, stage, { ...about, via: answer.via, answer: answer.data, result }),
	);
	stage.memory.keepTemplate(template.key, result);
	return result;
}

async function keep(stage: Stage, entry: NewEntry): Promise<void> {
	own(stage, await record(stage.database, { entries: [entry] }, stage.clock()));
}

/** Entries of this process are not counted again when the ledger is read. */
function own(stage: Stage, ids: readonly string[]): void {
	for (const id of ids) stage.ownEntries.add(id);
	for (const id of stage.ownEntries) {
		if (stage.ownEntries.size <= OWN_MAX) break;
		stage.ownEntries.delete(id);
	}
}

// ---- what is recorded ----------------------------------------------------------------------------------------------------------

function entryOf(
	kind: 'advice.given' | 'advice.failed',
	answer: AdviserAnswer<unknown>,
	incident: string,
	stage: Stage,
	data: { readonly [key: string]: Json | undefined },
): NewEntry {
	return {
		kind,
		actor: { kind: 'adviser', id: answer.model },
		at: stage.clock(),
		incident,
		refs: [incident],
		data: {
			model: answer.model,
			prompt_hash: answer.promptHash,
			prompt_version: answer.promptVersion,
			prompt_file: answer.promptFile,
			tokens: answer.tokens,
			money: answer.money,
			ms: Math.round(answer.ms),
			calls: answer.calls,
			...data,
		},
	};
}

function failureOf(answer: Extract<AdviserAnswer<unknown>, { ok: false }>): { reason: string; detail: string } {
	return { reason: answer.reason, detail: oneLine(answer.detail, 200) };
}

/** What of an answer may stand for this incident, and what that was judged by: with both in the ledger it can be judged again. */
function judged(answer: IncidentAdvice, { read }: Asked, stage: Stage) {
	const { incident, alerts } = read;
	const severity = Severity.parse(incident.severity);
	const playbooks = stage.playbooks();
	const floor = alerts.reduce((least, row) => maxSeverity(least, row.verdict?.severity_floor ?? least), severity);
	const bounds = { severity, severity_floor: floor, playbooks: playbooks.slice(0, 200) };
	const result = clampAdvice(answer, {
		severity,
		severity_floor: floor,
		attack: stage.attack,
		hasPlaybook: (id) => bounds.playbooks.includes(id),
	});
	return { about: 'incident', answer, bounds, result } as const;
}

type GivenAnswer = Extract<AdviserAnswer<IncidentAdvice>, { ok: true }>;

async function recordAnswer(asked: Asked, answer: GivenAnswer, stage: Stage): Promise<void> {
	const given = judged(answer.data, asked, stage);
	const { incident } = asked.read;
	// The ledger keeps the masked words: it cannot forget, and names must be erasable.
	const entry = entryOf('advice.given', answer, incident.id, stage, { ...given, via: answer.via });
	const [id = ''] = await recordKept(asked, given.result, answer, entry, stage);
	stage.memory.keepIncident(answer.promptHash, { answer: answer.data, entry: id });
	stage.count?.('answered');
	stage.isShort = false;
}

/** The very same question was answered before, about another incident: the answer is judged by this one's bounds. */
async function recordRemembered(
	asked: Asked,
	data: IncidentAdvice,
	sameAs: string,
	prompt: ReturnType<typeof incidentPrompt>,
	stage: Stage,
): Promise<void> {
	const given = judged(data, asked, stage);
	const { model } = stage.adviser;
	const answer = {
		...{ ok: true as const, data, via: 'json_schema' as const, model, tokens: 0, money: 0, ms: 0, calls: 0 },
		promptHash: promptHash(model, prompt),
		promptVersion: prompt.version,
		promptFile: prompt.file,
	};
	const entry = entryOf('advice.given', answer, asked.read.incident.id, stage, { ...given, same_as: sameAs });
	await recordKept(asked, given.result, answer, entry, stage);
}

async function recordKept(
	asked: Asked,
	result: ClampedAdvice,
	answer: GivenAnswer,
	entry: NewEntry,
	stage: Stage,
): Promise<string[]> {
	const { due, read, masker, signature, notes } = asked;
	const now = stage.clock();
	const { templateHits: hits, templateMisses: misses } = stage.memory.counts();
	const advice: Kept = {
		...result,
		summary: masker.unmask(result.summary),
		likely_path: masker.unmask(result.likely_path),
		check_next: result.check_next.map(masker.unmask),
		model: answer.model,
		prompt_hash: answer.promptHash,
		prompt_version: answer.promptVersion,
		tokens: answer.tokens,
		at: now,
		signature,
		asked_severity: read.incident.severity,
		alerts: notes,
		cache: { hits, misses },
		unasked: null,
	};
	const ids = await record(
		stage.database,
		{
			entries: [entry],
			changes: [{ op: 'update', table: 'incidents', id: read.incident.id, set: { advice, updated_at: now } }],
			topics: [{ topic: 'card', key: read.incident.id }],
			done: [due],
		},
		now,
	);
	own(stage, ids);
	return ids;
}

/** No answer: one entry and a word on the card. Where nothing was called it is tried again later, else when the incident changes. */
async function recordFailure(
	asked: Asked,
	answer: Extract<AdviserAnswer<unknown>, { ok: false }>,
	stage: Stage,
): Promise<void> {
	const { due, read, kept, notes } = asked;
	const now = stage.clock();
	const { reason } = answer;
	const isHeld = reason === 'budget' || reason === 'breaker';
	stage.count?.(isHeld ? reason : 'failed');
	const after = isHeld ? now + (reason === 'budget' ? BUDGET_PAUSE_MS : BREAKER_PAUSE_MS) : null;
	if (isHeld && !stage.isShort) stage.onFault?.('model', new Error(unaskedWords(answer, null)));
	if (isHeld) stage.isShort = true;
	const isTold = kept.unasked?.reason === reason;
	const unasked = { reason, words: unaskedWords(answer, after), at: now };
	const advice: Kept = { ...kept, ...(notes.length > 0 ? { alerts: notes } : {}), unasked };
	// Held back again for the same reason: the ledger has said so, and the card says until when it said first.
	const said = isHeld && isTold;
	const entry = entryOf('advice.failed', answer, read.incident.id, stage, { about: 'incident', ...failureOf(answer) });
	const ids = await record(
		stage.database,
		{
			entries: said ? [] : [entry],
			changes: said ? [] : [{ op: 'update', table: 'incidents', id: read.incident.id, set: { advice } }],
			topics: [
				...(said ? [] : [{ topic: 'card' as const, key: read.incident.id }]),
				...(after === null ? [] : [{ topic: 'advise' as const, key: due.key, after }]),
			],
			done: [due],
		},
		now,
	);
	own(stage, ids);
}

function unaskedWords(answer: Extract<AdviserAnswer<unknown>, { ok: false }>, after: number | null): string {
	const again = after === null ? '' : `; it is asked again from ${toIso(after).slice(11, 16)} UTC on`;
	switch (answer.reason) {
		case 'budget':
			return `the model was not asked: its budget is spent (${oneLine(answer.detail, 80)})${again}`;
		case 'breaker':
			return `the model was not asked: it failed several times in a row${again}`;
		default:
			return `the model gave no answer (${answer.reason.replaceAll('_', ' ')}); it is asked again when the incident changes`;
	}
}
