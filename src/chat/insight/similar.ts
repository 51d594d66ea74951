// Incidents of the past that look like this one, why, and how they ended. A sum of four shares, each of them told. Pure.
// Candidates are read by index and bounded (store/read/insight.ts); nothing is learned here.
import type { FeedbackKind } from '../../domain/learned.ts';
import type { Instant } from '../../domain/time.ts';

/** Shares of the whole. Our choice: the same doing on the same things is what people mean by "we had that before". */
export const SHARES = { techniques: 0.35, assets: 0.3, messages: 0.2, category: 0.15 } as const;
/** Below it two incidents have little in common but their kind. */
export const ALIKE_MIN = 0.35;
const ALIKE_SHOWN = 3;

export type Likeness = {
	readonly category: string;
	readonly techniques: readonly string[];
	readonly assets: readonly string[];
	/** Messages without their numbers and names (`templateOf`). */
	readonly messages: readonly string[];
};

export type Past = Likeness & {
	readonly id: string;
	readonly number: number;
	readonly title: string;
	readonly last_at: Instant;
	readonly acknowledged_by: string | null;
	readonly resolved_by: string | null;
	readonly resolution: string | null;
	readonly feedback: readonly FeedbackKind[];
};

export type Similar = Omit<Past, keyof Likeness> & {
	/** 0 to 1. */
	readonly score: number;
	/** What is alike, with its part of the score; parts that are nothing are left out. */
	readonly parts: readonly {
		readonly what: keyof typeof SHARES;
		readonly part: number;
		readonly shared: readonly string[];
	}[];
	/** People said that it was none. */
	readonly was_false_positive: boolean;
};

/** The most alike first; equal ones newest first. */
export function similarTo(incident: Likeness, past: readonly Past[]): Similar[] {
	return past
		.map((one) => compareTo(incident, one))
		.filter((one) => one.score >= ALIKE_MIN)
		.sort((a, b) => b.score - a.score || b.last_at - a.last_at || (a.id < b.id ? -1 : 1))
		.slice(0, ALIKE_SHOWN);
}

function compareTo(incident: Likeness, past: Past): Similar {
	const { category, techniques, assets, messages, ...rest } = past;
	const all = [
		part('techniques', overlap(incident.techniques, techniques)),
		part('assets', overlap(incident.assets, assets)),
		part('messages', overlap(incident.messages, messages)),
		part('category', category === incident.category ? { share: 1, shared: [category] } : { share: 0, shared: [] }),
	];
	return {
		...rest,
		score: Math.round(all.reduce((sum, one) => sum + one.part, 0) * 1000) / 1000,
		parts: all.filter((one) => one.part > 0),
		was_false_positive: past.feedback.includes('false_positive'),
	};
}

function part(what: keyof typeof SHARES, { share, shared }: Overlap): Similar['parts'][number] {
	return { what, part: SHARES[what] * share, shared: shared.slice(0, 5) };
}

type Overlap = { readonly share: number; readonly shared: readonly string[] };

/** Jaccard: what both have, of what either has; nothing on either side is nothing in common. */
function overlap(a: readonly string[], b: readonly string[]): Overlap {
	const other = new Set(b);
	const shared = [...new Set(a)].filter((one) => other.has(one)).sort();
	const either = new Set([...a, ...b]).size;
	return { share: either === 0 ? 0 : shared.length / either, shared };
}

/** A title without numbers, addresses and the like: what is left says what kind of message it is. Linear. */
export function templateOf(title: string): string {
	return title
		.toLowerCase()
		.slice(0, 300)
		.split(/[\s,;()'"[\]]+/)
		.filter((word) => word !== '' && !/[0-9]/.test(word))
		.join(' ');
}
