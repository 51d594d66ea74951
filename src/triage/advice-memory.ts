// What the adviser has answered before, so that a storm costs one call: by wording of the alert, and by question about an incident.
// Bounded, the longest unused goes first. It is filled again from the ledger after a restart (advise.ts). Pure but for its own memory.
import type { IncidentAdvice } from '../model/advice.ts';
import type { TemplateNote } from './clamp.ts';

/** Wordings and incident answers remembered: about 2 MB together. */
const TEMPLATES_MAX = 2_000;
const ANSWERS_MAX = 300;

export type CacheCounts = {
	/** Answered from memory, and asked for. */
	readonly templateHits: number;
	readonly templateMisses: number;
	readonly incidentHits: number;
	readonly incidentMisses: number;
};

export type AdviceMemory = {
	/** The note on a wording; null where it was never asked for. Counts a hit or a miss. */
	template(key: string): TemplateNote | null;
	/** Whether a wording is known, without counting. */
	knows(key: string): boolean;
	keepTemplate(key: string, note: TemplateNote): void;
	/** The (masked) answer to the very same question, with the ledger entry that holds it. */
	incident(promptHash: string): KnownAnswer | null;
	keepIncident(promptHash: string, answer: KnownAnswer): void;
	counts(): CacheCounts;
};

export type KnownAnswer = { readonly answer: IncidentAdvice; readonly entry: string };

export function createAdviceMemory(templatesMax = TEMPLATES_MAX, answersMax = ANSWERS_MAX): AdviceMemory {
	const templates = new Map<string, TemplateNote>();
	const answers = new Map<string, KnownAnswer>();
	const counts = { templateHits: 0, templateMisses: 0, incidentHits: 0, incidentMisses: 0 };
	return {
		template: (key) => {
			const found = used(templates, key);
			if (found === null) counts.templateMisses++;
			else counts.templateHits++;
			return found;
		},
		knows: (key) => templates.has(key),
		keepTemplate: (key, note) => keep(templates, key, note, templatesMax),
		incident: (hash) => {
			const found = used(answers, hash);
			if (found === null) counts.incidentMisses++;
			else counts.incidentHits++;
			return found;
		},
		keepIncident: (hash, answer) => keep(answers, hash, answer, answersMax),
		counts: () => ({ ...counts }),
	};
}

/** A map keeps the order of insertion: what is used moves to the end. */
function used<T>(map: Map<string, T>, key: string): T | null {
	const found = map.get(key);
	if (found === undefined) return null;
	map.delete(key);
	map.set(key, found);
	return found;
}

function keep<T>(map: Map<string, T>, key: string, value: T, max: number): void {
	map.delete(key);
	map.set(key, value);
	if (map.size <= max) return;
	for (const oldest of map.keys()) {
		map.delete(oldest);
		break;
	}
}
