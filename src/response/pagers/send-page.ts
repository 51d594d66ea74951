// The topics `pager` and `pager_safety`: one page on its way out. Intent before, result after, like every call to the outside; but a page is
// never in doubt: what may have got through is sent again under the same name, because a page twice is better than none.
//
//   pending -> intent -> sent                      taken
//                     -> pending (later)           tried again, with growing pauses
//                     -> failed  (refused)         people hear of it; tried again all the same
//   intent found                                   the program died in the call: sent again, same name
//   anything -> failed (dropped)                   the incident is over, somebody has it, the drill is over, or a day has passed
import { DRILL_WAIT_MS, isDrill } from '../../domain/drill.ts';
import type { Incident } from '../../domain/incident.ts';
import { DAY, type Instant, MINUTE, SECOND } from '../../domain/time.ts';
import type { Due, NextTopic } from '../../domain/topic.ts';
import { readMessage } from '../../store/read/chat.ts';
import { readDrill } from '../../store/read/drill.ts';
import { type Change, record } from '../../store/record.ts';
import { messagesOf } from '../outcome.ts';
import { configsOf, type PageDesk, pageEntry, pauseBefore, readAbout } from './desk.ts';
import { followKey, followPages, isFollowKey } from './follow.ts';
import { letterOf } from './letter.ts';
import { addressOf, dedupKey, laneOf, type Page, pagesOf, readPageKey, rowsOf } from './page.ts';
import type { Pager, Sent } from './pager.ts';

/** A page that could not be sent for a day wakes nobody any more: it is told and given up. */
const PAGE_AGE_MAX_MS = DAY;
/** After so much trouble people hear that a page does not get through; of process safety sooner. */
const TELL_AFTER_MS = 2 * MINUTE;
const SAFETY_TELL_AFTER_MS = 15 * SECOND;
/** Pages that stand in for others end so; nothing stands in for them. */
const INSTEAD = '-instead';

type Row = NonNullable<Awaited<ReturnType<typeof readMessage>>>;
type Attempt = {
	readonly due: Due;
	readonly row: Row;
	readonly page: Omit<Page, 'text'>;
	readonly incident: Incident | null;
	readonly isSafety: boolean;
	readonly tries: number;
	readonly isTold: boolean;
};

/** Does what is due for one page, or for the end of an incident's pages. */
export async function sendPage(desk: PageDesk, due: Due): Promise<void> {
	if (isFollowKey(due.key)) return await followPages(desk, due);
	const { database, clock } = desk;
	const row = await readMessage(database, { id: due.key });
	const page = row === null ? null : readPageKey(row.key);
	if (row === null || page === null || row.state === 'sent')
		return void (await record(database, { entries: [], done: [due] }, clock()));
	const incident = await readAbout(database, row.incident);
	const attempt: Attempt = {
		...{ due, row, page, incident },
		isSafety: incident?.process_safety === true && !isDrill(row.incident),
		tries: Number(due.data['tries'] ?? 0) + 1,
		isTold: due.data['told'] === true,
	};
	const drill = await heldByDrill(desk, row, clock());
	if (typeof drill === 'number') return await comeBack(desk, attempt, drill);
	const over = drill ?? whyOver(attempt, clock());
	if (over !== null) return await drop(desk, attempt, over);
	const pager = desk.paging.pagers.find((one) => one.config.name === page.pager);
	if (pager === undefined) {
		const reason = `there is no pager \`${page.pager}\` any more`;
		return await failed(desk, attempt, { kind: 'refused', reason }, row.updated_at);
	}
	const blocked = attempt.isSafety ? null : (desk.breakers.get(page.pager)?.blockedUntil(clock()) ?? null);
	if (blocked !== null) return await comeBack(desk, attempt, blocked);
	await attemptOnce(desk, attempt, pager);
}

/** When to look again, or why not at all, where the page belongs to a drill; null where nothing of a drill holds it. */
async function heldByDrill(desk: PageDesk, row: Row, now: Instant): Promise<Instant | string | null> {
	if (!isDrill(row.incident)) return null;
	const drill = await readDrill(desk.database, row.incident ?? '');
	if (drill === null || drill.ended !== null) return 'the drill is over';
	if (drill.pagers !== true) return 'the drill leaves pagers out';
	return drill.suspended === null ? null : now + DRILL_WAIT_MS;
}

/** Why a page wakes nobody any more; null while it has to go out. */
function whyOver({ row, page, incident }: Attempt, now: Instant): string | null {
	if (now - row.created_at > PAGE_AGE_MAX_MS) return 'it could not be sent for a day';
	if (incident === null) return null;
	if (incident.state === 'resolved' || incident.state === 'merged') return `the incident is ${incident.state}`;
	const isLevel = page.what.startsWith(`${incident.id}-`);
	return isLevel && incident.state === 'acknowledged' ? `${incident.acknowledged_by ?? 'somebody'} has it` : null;
}

/** The same row again at this instant; it was no try. */
async function comeBack(desk: PageDesk, { due }: Attempt, after: Instant): Promise<void> {
	const topics: NextTopic[] = [{ topic: due.topic, key: due.key, after, data: due.data }];
	await record(desk.database, { entries: [], topics, done: [due] }, desk.clock());
}

async function drop(desk: PageDesk, attempt: Attempt, why: string): Promise<void> {
	const { due, row, page } = attempt;
	const now = desk.clock();
	desk.paging.count(page.pager, 'dropped');
	await record(
		desk.database,
		{
			entries: [pageEntry('page.dropped', row, page, { why }, now)],
			changes: [changed(row, { state: 'failed', error: why, updated_at: Math.max(now, row.updated_at + 1) })],
			done: [due],
		},
		now,
	);
}

function changed(
	row: Pick<Row, 'id' | 'updated_at'>,
	set: Extract<Change, { table: 'messages'; op: 'update' }>['set'],
): Change {
	return { op: 'update', table: 'messages', id: row.id, set, expect: { updated_at: row.updated_at } };
}

async function attemptOnce(desk: PageDesk, attempt: Attempt, pager: Pager): Promise<void> {
	const { row, page, incident, tries } = attempt;
	const now = desk.clock();
	const at = Math.max(now, row.updated_at + 1);
	const letter = letterOf(row, incident);
	// INVARIANT: the intent is committed before the call; what is found in this state after a death is sent again under the same name.
	const intent = { dedup_key: letter.dedupKey, try: tries, may_repeat: row.state === 'intent' };
	await record(
		desk.database,
		{
			entries: [pageEntry('page.intent', row, page, intent, now)],
			changes: [changed(row, { state: 'intent', updated_at: at })],
		},
		now,
	);
	const sent = await pager.send(letter, 'trigger', addressOf(page, pager.config, desk.paging.people));
	const breaker = desk.breakers.get(page.pager);
	if (sent.kind === 'later') breaker?.failed(desk.clock());
	else breaker?.succeeded();
	desk.paging.count(page.pager, sent.kind);
	if (sent.kind === 'sent') await taken(desk, attempt, pager, sent.detail, at);
	else await failed(desk, attempt, sent, at);
}

async function taken(desk: PageDesk, attempt: Attempt, pager: Pager, detail: string, since: Instant): Promise<void> {
	const { due, row, page, incident, tries, isTold } = attempt;
	const now = desk.clock();
	desk.paging.onHealth(page.pager, null);
	const isFollowed = pager.config.kind === 'pagerduty';
	const name = dedupKey(page.what, row.incident);
	const note = { key: `page-sent:${row.id}`, channel: '', text: `The page through ${page.pager} has got through now.` };
	const said = isTold ? messagesOf([note], { incident: row.incident }, desk.newId, now) : { changes: [], topics: [] };
	await record(
		desk.database,
		{
			entries: [pageEntry('page.sent', row, page, { action: 'trigger', dedup_key: name, tries, detail }, now)],
			changes: [
				changed(
					{ id: row.id, updated_at: since },
					// What PagerDuty was told last of this page: its life goes on from here (follow.ts).
					{ state: 'sent', ts: isFollowed ? 'trigger' : null, error: null, updated_at: Math.max(now, since + 1) },
				),
				...said.changes,
			],
			// Somebody may have acknowledged while it was on its way.
			topics: [
				...said.topics,
				...(isFollowed && incident !== null ? [{ topic: 'pager', key: followKey(incident.id) } as const] : []),
			],
			done: [due],
		},
		now,
	);
}

/** The page has not got through: it comes again, and people hear of it once it is certain or has lasted. */
async function failed(
	desk: PageDesk,
	attempt: Attempt,
	why: Exclude<Sent, { kind: 'sent' }>,
	since: Instant,
): Promise<void> {
	const { due, row, page, tries, isSafety, isTold } = attempt;
	const now = desk.clock();
	const isRefused = why.kind === 'refused';
	const pause = pauseBefore(tries, isRefused, isSafety, why.kind === 'later' ? why.retryAt : null, now);
	const isLong = now - row.created_at >= (isSafety ? SAFETY_TELL_AFTER_MS : TELL_AFTER_MS);
	const tells = !isTold && (isRefused || isLong);
	const told = tells ? tell(desk, attempt, why.reason, now) : { changes: [], topics: [] };
	if (tells) desk.paging.onHealth(page.pager, why.reason);
	await record(
		desk.database,
		{
			entries: [
				pageEntry(
					'page.failed',
					row,
					page,
					{ reason: why.reason, try: tries, again_in_ms: pause, may_be_there: why.kind === 'later' && why.isAmbiguous },
					now,
				),
			],
			changes: [
				changed(
					{ id: row.id, updated_at: since },
					{ state: isRefused ? 'failed' : 'pending', error: why.reason, updated_at: Math.max(now, since + 1) },
				),
				...told.changes,
			],
			topics: [
				...told.topics,
				{ topic: due.topic, key: due.key, after: now + pause, data: { tries, told: isTold || tells } },
			],
			done: [due],
		},
		now,
	);
}

/** Under the card, and through the pagers that stand in for others. */
function tell(
	desk: PageDesk,
	{ row, page, incident, isSafety }: Attempt,
	reason: string,
	now: Instant,
): { readonly changes: Change[]; readonly topics: NextTopic[] } {
	const person = desk.paging.people.find((one) => one.id === page.to);
	const whom = person === undefined ? '' : ` to ${person.name}`;
	const text = `A page${whom} through ${page.pager} does not get through: ${reason}. It is tried again; do not wait for it, telephone.`;
	const note = messagesOf(
		[{ key: `page-failed:${row.id}`, channel: '', text }],
		{ incident: row.incident },
		desk.newId,
		now,
	);
	if (page.what.endsWith(INSTEAD)) return note;
	const instead = pagesOf({
		pagers: configsOf(desk.paging),
		people: [],
		named: desk.paging.fallback.filter((name) => name !== page.pager),
		what: `${page.what}${INSTEAD}`,
		text: `${row.text}\n${text}`,
		worth: incident,
	});
	const rows = rowsOf(instead.pages, row.incident, laneOf(isSafety) === 'pager_safety', desk.newId, now);
	return { changes: [...note.changes, ...rows.changes], topics: [...note.topics, ...rows.topics] };
}
