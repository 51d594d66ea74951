// "Is your view alive?": what a control room is asked after a step that touches OT, and what has become of the question, read from the ledger's
// entries. Pure: response asks and chat answers by the same reading. NOT here: whom to ask (response/view-question.ts), who may answer (chat).
import { z } from 'zod';
import type { Instant } from './time.ts';

/** alive: the operators see and steer; impaired: only in part, or late; lost: they do not. */
export const VIEW_ANSWERS = ['alive', 'impaired', 'lost'] as const;
export const ViewAnswer = z.enum(VIEW_ANSWERS);
export type ViewAnswer = z.infer<typeof ViewAnswer>;

/** One control room asked about one step. */
export type ViewQuestion = {
	readonly step: string;
	readonly title: string;
	readonly target: string | null;
	/** Whose control room; null where the inventory does not say which zone it is. */
	readonly zone: string | null;
	readonly site: string | null;
	readonly askedAt: Instant;
	/** 1 for the first people asked; each that stays silent hands on to the next. */
	readonly round: number;
	/** Ids of the people asked in this round; empty where nobody is known: the thread asks all the same. */
	readonly asked: readonly string[];
	/** When this round ends without an answer; null where there is nobody further to ask. */
	readonly until: Instant | null;
	/** The last answer; null while there is none. */
	readonly answer: ViewAnswer | null;
	readonly answeredBy: string | null;
	readonly answeredAt: Instant | null;
	/** Somebody said at some time that the view is impaired or lost. */
	readonly wasBad: boolean;
	/** What went quiet since the step; related to it by time alone. */
	readonly quiet: readonly string[];
};

/** An entry as far as this reads it; `by` is the actor's id. */
export type ViewEntry = {
	readonly kind: string;
	readonly at: Instant;
	readonly by: string;
	readonly refs: readonly string[];
	readonly data: Readonly<Record<string, unknown>>;
};

const About = z.object({ zone: z.string().nullable() });
const Asked = About.extend({
	step_title: z.string(),
	target: z.string().nullable(),
	site: z.string().nullable(),
	round: z.number().int(),
	asked: z.array(z.string()),
	until: z.number().nullable(),
});
const Answered = About.extend({ answer: ViewAnswer });
const Quiet = About.extend({ quiet: z.array(z.string()) });

export function viewKey(step: string, zone: string | null): string {
	return `${step}:${zone ?? ''}`;
}

/** The questions of one incident from its entries, oldest first; in the order in which they were asked. */
export function viewQuestions(entries: readonly ViewEntry[]): ViewQuestion[] {
	const found = new Map<string, ViewQuestion>();
	for (const entry of entries) {
		const [step] = entry.refs;
		const about = step === undefined || !entry.kind.startsWith('step.view_') ? null : About.safeParse(entry.data);
		if (step === undefined || about?.success !== true) continue;
		const key = viewKey(step, about.data.zone);
		const next = after(found.get(key) ?? null, step, entry);
		if (next !== null) found.set(key, next);
	}
	return [...found.values()];
}

function after(held: ViewQuestion | null, step: string, { kind, at, by, data }: ViewEntry): ViewQuestion | null {
	if (kind === 'step.view_asked' || kind === 'step.view_unanswered') {
		const read = Asked.safeParse(data);
		if (!read.success || (held === null && kind === 'step.view_unanswered')) return held;
		const { step_title: title, target, zone, site, round, asked, until } = read.data;
		const none = { answer: null, answeredBy: null, answeredAt: null, wasBad: false, quiet: [], askedAt: at };
		return { ...none, ...held, ...{ step, title, target, zone, site, round, asked, until } };
	}
	if (held === null) return null;
	if (kind === 'step.view_answered') {
		const read = Answered.safeParse(data);
		if (!read.success) return held;
		const { answer } = read.data;
		return { ...held, answer, answeredBy: by, answeredAt: at, wasBad: held.wasBad || answer !== 'alive' };
	}
	if (kind === 'step.view_quiet') {
		const read = Quiet.safeParse(data);
		return read.success ? { ...held, quiet: [...new Set([...held.quiet, ...read.data.quiet])] } : held;
	}
	return held;
}

/** Whether an answer is still waited for. */
export function isViewOpen(question: ViewQuestion): boolean {
	return question.answer === null;
}
