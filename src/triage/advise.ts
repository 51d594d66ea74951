// Asks the adviser about an incident and records what may stand of the answer. Nothing waits for it: the card is out
// already and is edited when an answer comes. NOT here: bounds (clamp.ts), masking and calling (model/).
import type { NewEntry } from '../domain/entry.ts';
import { maxSeverity, Severity } from '../domain/severity.ts';
import { toIso } from '../domain/time.ts';
import type { Due, Handlers } from '../domain/topic.ts';
import { INCIDENT_ADVICE_SCHEMA, IncidentAdvice, oneLine } from '../model/advice.ts';
import type { Adviser, AdviserAnswer } from '../model/client.ts';
import { createMasker, type Masker, type MaskPolicy } from '../model/mask.ts';
import { type IncidentCase, incidentPrompt, type Prompts, promptHash } from '../model/prompt.ts';
import type { Database } from '../store/database.ts';
import { type IncidentToAdvise, readIncidentToAdvise } from '../store/read/triage.ts';
import { record, type ToRecord } from '../store/record.ts';
import type { AttackTable } from './attack-table.ts';
import { type ClampedAdvice, clampAdvice } from './clamp.ts';

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
};

/** What is kept in the incident's `advice`: the clamped answer with names put back, and where it came from. */
type StoredAdvice = ClampedAdvice & {
	readonly model: string;
	readonly prompt_hash: string;
	readonly prompt_version: string;
	readonly at: number;
};

/** Handler of `advise`. A model that fails costs an entry `advice.failed`, never a retry loop. */
export function adviseHandlers(options: AdviseOptions): Pick<Handlers, 'advise'> {
	return {
		advise: async (due) => {
			for (const row of due) await adviseOn(row, options);
		},
	};
}

async function adviseOn(due: Due, options: AdviseOptions): Promise<void> {
	const { database, adviser, clock } = options;
	const done = { entries: [], done: [due] };
	const read = adviser === null ? null : await readIncidentToAdvise(database, due.key);
	if (adviser === null || read === null || read.incident.state === 'resolved' || read.incident.state === 'merged') {
		await record(database, done, clock());
		return;
	}
	const masker = createMasker(options.maskPolicy, { people: peopleOf(read) });
	const playbooks = options.playbooks();
	const prompt = incidentPrompt(options.prompts, caseOf(read, playbooks), masker);
	// Nothing new was seen since the last answer: the same question is not paid for twice.
	if (read.incident.advice?.['prompt_hash'] === promptHash(adviser.model, prompt)) {
		await record(database, done, clock());
		return;
	}
	const answer = await adviser.ask({
		prompt,
		schemaName: 'incident_advice',
		schema: IncidentAdvice,
		jsonSchema: INCIDENT_ADVICE_SCHEMA,
	});
	await record(database, outcomeOf(due, read, answer, masker, options), clock());
}

/** What is recorded of an answer: bounds are set before anything is kept. */
function outcomeOf(
	due: Due,
	read: IncidentToAdvise,
	answer: AdviserAnswer<IncidentAdvice>,
	masker: Masker,
	options: AdviseOptions,
): ToRecord {
	const now = options.clock();
	const { incident } = read;
	const facts = {
		model: answer.model,
		prompt_hash: answer.promptHash,
		prompt_version: answer.promptVersion,
		tokens: answer.tokens,
		ms: Math.round(answer.ms),
		calls: answer.calls,
	};
	const entry = (kind: 'advice.given' | 'advice.failed', data: NewEntry['data']): NewEntry => ({
		kind,
		actor: { kind: 'adviser', id: answer.model },
		at: now,
		incident: incident.id,
		refs: [incident.id],
		data: { ...facts, ...data },
	});
	if (!answer.ok) {
		const detail = oneLine(answer.detail, 200);
		return { entries: [entry('advice.failed', { reason: answer.reason, detail })], done: [due] };
	}
	const playbooks = new Set(options.playbooks());
	const severity = Severity.parse(incident.severity);
	const advice = clampAdvice(answer.data, {
		severity,
		severity_floor: read.alerts.reduce(
			(floor, row) => maxSeverity(floor, row.verdict?.severity_floor ?? floor),
			severity,
		),
		attack: options.attack,
		hasPlaybook: (id) => playbooks.has(id),
	});
	const stored: StoredAdvice = {
		...unmasked(advice, masker),
		model: answer.model,
		prompt_hash: answer.promptHash,
		prompt_version: answer.promptVersion,
		at: now,
	};
	return {
		// The ledger keeps the masked words: it cannot forget, and names must be erasable.
		entries: [entry('advice.given', { via: answer.via, ...advice })],
		changes: [{ op: 'update', table: 'incidents', id: incident.id, set: { advice: stored, updated_at: now } }],
		topics: [{ topic: 'card', key: incident.id }],
		done: [due],
	};
}

function unmasked(advice: ClampedAdvice, masker: Masker): ClampedAdvice {
	return {
		...advice,
		summary: masker.unmask(advice.summary),
		likely_path: masker.unmask(advice.likely_path),
		check_next: advice.check_next.map(masker.unmask),
	};
}

function peopleOf(read: IncidentToAdvise): string[] {
	return read.alerts.flatMap((row) =>
		row.entities.filter((e) => ['user', 'account', 'email'].includes(e.type)).map((e) => e.value),
	);
}

function caseOf(read: IncidentToAdvise, playbooks: readonly string[]): IncidentCase {
	const { incident } = read;
	return {
		title: incident.title,
		severity: incident.severity,
		domain: incident.domain,
		category: incident.category,
		zones: incident.zones,
		techniques: incident.techniques,
		alertCount: incident.alert_count,
		playbooks,
		alerts: read.alerts.map((row) => ({
			at: toIso(row.occurred_at),
			source: row.source,
			title: row.title,
			description: row.description,
			severity: row.verdict?.severity ?? row.severity ?? 'unknown',
			category: row.verdict?.category ?? 'other',
			techniques: row.verdict?.techniques.map((t) => t.id) ?? [],
			assets: row.verdict?.assets ?? [],
			repeats: row.repeats,
		})),
	};
}
