// The end of an incident's pages: what PagerDuty was told when it was opened is acknowledged when somebody has the incident, and resolved
// when it is over. Mail has no end. NOT here: the page itself (send-page.ts).
import { type Instant, MINUTE, SECOND } from '../../domain/time.ts';
import type { Due, NextTopic } from '../../domain/topic.ts';
import { readPagesSent } from '../../store/read/pages.ts';
import { record } from '../../store/record.ts';
import { type PageDesk, pageEntry, pauseBefore, readAbout } from './desk.ts';
import { letterOf } from './letter.ts';
import { readPageKey } from './page.ts';
import type { PageAction, Pager } from './pager.ts';

const PREFIX = 'life:';
/** Pages about Slack itself belong to no incident: they are over when Slack has taken everything. */
export const SLACK = 'slack';
/** Beside the news from chat: an incident may also end by being merged, or by the end of a drill. */
const LOOK_AGAIN_MS = 30 * SECOND;
const LOOK_AGAIN_LATER_MS = 5 * MINUTE;
const YOUNG_MS = 30 * MINUTE;
/** A pass with its last call stays below the lease of an outbox row; the rest follows in the next. */
const PASS_MAX_MS = 20 * SECOND;

/** The key under which the end of an incident's pages is told. */
export function followKey(incident: string): string {
	return `${PREFIX}${incident}`;
}

export function isFollowKey(key: string): boolean {
	return key.startsWith(PREFIX);
}

type PageRow = Awaited<ReturnType<typeof readPagesSent>>[number];

/** Tells PagerDuty of each page what has become of the incident; what it knows already is not said again. */
export async function followPages(desk: PageDesk, due: Due): Promise<void> {
	const { database } = desk;
	const id = due.key.slice(PREFIX.length);
	const incident = await readAbout(database, id === SLACK ? null : id);
	const wanted = id === SLACK ? 'resolve' : actionOf(incident?.state ?? 'resolved');
	const rows = await readPagesSent(database, id === SLACK ? null : id);
	const open = rows.filter((row) => row.ts !== null && row.ts !== 'resolve');
	const behind = wanted === null ? [] : open.filter((row) => row.ts !== wanted);
	const waits: number[] = [];
	const tries = Number(due.data['tries'] ?? 0) + 1;
	const end = performance.now() + PASS_MAX_MS;
	for (const row of behind) {
		if (performance.now() > end) {
			waits.push(0);
			break;
		}
		const asked = await tell(desk, row, wanted ?? 'resolve', incident, tries);
		if (asked !== null) waits.push(asked);
	}
	const now = desk.clock();
	const isLeft = wanted !== 'resolve' && open.length > 0;
	const opened = incident?.opened_at ?? now;
	if (waits.length === 0 && isLeft) waits.push(now - opened < YOUNG_MS ? LOOK_AGAIN_MS : LOOK_AGAIN_LATER_MS);
	const topics: NextTopic[] =
		waits.length === 0
			? []
			: [{ topic: due.topic, key: due.key, after: now + Math.min(...waits), data: { tries: isLeft ? 0 : tries } }];
	await record(database, { entries: [], topics, done: [due] }, now);
}

function actionOf(state: string): Exclude<PageAction, 'trigger'> | null {
	if (state === 'acknowledged') return 'acknowledge';
	return state === 'resolved' || state === 'merged' ? 'resolve' : null;
}

/** @returns milliseconds after which it has to be said again; null where it is said, or will never be taken */
async function tell(
	desk: PageDesk,
	row: PageRow,
	action: Exclude<PageAction, 'trigger'>,
	incident: Parameters<typeof letterOf>[1],
	tries: number,
): Promise<number | null> {
	const page = readPageKey(row.key);
	const pager: Pager | undefined = desk.paging.pagers.find((one) => one.config.name === page?.pager);
	if (page === null || pager === undefined) return null;
	const letter = letterOf(row, incident);
	const sent = await pager.send(letter, action, null);
	const now = desk.clock();
	desk.paging.count(page.pager, sent.kind);
	const data = { action, dedup_key: letter.dedupKey, try: tries };
	if (sent.kind === 'later') {
		await record(
			desk.database,
			{ entries: [pageEntry('page.failed', row, page, { ...data, reason: sent.reason }, now)] },
			now,
		);
		return pauseBefore(tries, false, false, sent.retryAt, now);
	}
	const entry =
		sent.kind === 'sent'
			? pageEntry('page.sent', row, page, { ...data, detail: sent.detail }, now)
			: pageEntry('page.failed', row, page, { ...data, reason: sent.reason }, now);
	await record(
		desk.database,
		{
			entries: [entry],
			changes: [
				{
					op: 'update',
					table: 'messages',
					id: row.id,
					// What was refused would be refused again: it is told as done with, and the entry says how.
					set: { ts: action, updated_at: laterThan(row.updated_at, now) },
					expect: { updated_at: row.updated_at },
				},
			],
		},
		now,
	);
	return null;
}

function laterThan(before: Instant, now: Instant): Instant {
	return Math.max(now, before + 1);
}
