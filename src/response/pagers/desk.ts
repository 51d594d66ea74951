// What sending pages needs of the world, and what is said of each of them in the ledger. NOT here: when one is sent (send-page.ts).
import type { NewEntry } from '../../domain/entry.ts';
import { Incident } from '../../domain/incident.ts';
import type { PagerConfig } from '../../domain/pager.ts';
import type { Person } from '../../domain/person.ts';
import { type Instant, MINUTE, SECOND } from '../../domain/time.ts';
import type { Database } from '../../store/database.ts';
import { readIncidentRow } from '../../store/read/escalation.ts';
import type { Breaker } from '../connectors/breaker.ts';
import type { Page } from './page.ts';
import type { Pager } from './pager.ts';

export type Paging = {
	readonly pagers: readonly Pager[];
	/** Those whose addresses mail goes to, as people.yaml has them. */
	readonly people: readonly Person[];
	/** Pagers for what Slack, or another pager, does not take. */
	readonly fallback: readonly string[];
	/** What Slack has not taken for so long goes out by them. */
	readonly slackAfterMs: number;
	/** Whether calls to Slack fail at this moment: then nothing is waited for. */
	readonly isSlackDown: () => boolean;
	readonly count: (pager: string, result: 'sent' | 'later' | 'refused' | 'dropped') => void;
	/** A fault that lasts, in words, or null where the pager works again. */
	readonly onHealth: (pager: string, fault: string | null) => void;
};

export type PageDesk = {
	readonly database: Database;
	readonly paging: Paging;
	readonly breakers: ReadonlyMap<string, Breaker>;
	readonly newId: (prefix: 'pst') => string;
	readonly clock: () => Instant;
};

export const NO_PAGING: Paging = {
	pagers: [],
	people: [],
	fallback: [],
	slackAfterMs: 2 * MINUTE,
	isSlackDown: () => false,
	count: () => undefined,
	onHealth: () => undefined,
};

export function configsOf(paging: Paging): readonly PagerConfig[] {
	return paging.pagers.map((pager) => pager.config);
}

const PAUSE_FIRST_MS = 5 * SECOND;
const PAUSE_MAX_MS = 5 * MINUTE;
const SAFETY_PAUSE_MAX_MS = 30 * SECOND;
/** What was refused is tried again after this: somebody may have repaired it meanwhile. */
const REFUSED_PAUSE_MS = 10 * MINUTE;
const SAFETY_REFUSED_PAUSE_MS = 2 * MINUTE;

/** How long until the next try: doubling, and never past half a minute for process safety; what the other side asks for counts up to there. */
export function pauseBefore(
	tries: number,
	isRefused: boolean,
	isSafety: boolean,
	asked: Instant | null,
	now: Instant,
): number {
	const max = isSafety ? SAFETY_PAUSE_MAX_MS : PAUSE_MAX_MS;
	if (isRefused) return isSafety ? SAFETY_REFUSED_PAUSE_MS : REFUSED_PAUSE_MS;
	const own = Math.min(max, PAUSE_FIRST_MS * 2 ** Math.min(tries - 1, 10));
	const wanted = asked === null ? 0 : asked - now;
	return isSafety ? Math.min(max, Math.max(own, wanted)) : Math.max(own, wanted);
}

/** An entry about one page. People stand in it by their id; an address never does. */
export function pageEntry(
	kind: 'page.intent' | 'page.sent' | 'page.failed' | 'page.dropped',
	row: { readonly id: string; readonly key: string; readonly incident: string | null },
	page: Omit<Page, 'text'>,
	data: NewEntry['data'],
	now: Instant,
): NewEntry {
	return {
		kind,
		actor: { kind: 'bot', id: 'pager' },
		at: now,
		incident: row.incident,
		refs: [row.id],
		data: { key: row.key, pager: page.pager, what: page.what, to: page.to === '' ? null : page.to, ...data },
	};
}

/** The incident that a page is about; null where it belongs to none. What the adviser wrote is not asked for. */
export async function readAbout(database: Database, id: string | null): Promise<Incident | null> {
	const row = id === null ? null : await readIncidentRow(database, id);
	return row === null ? null : Incident.parse({ ...row, advice: null });
}
