// What Slack does not take goes out by pagers: looked at every few seconds, from what the outbox still owes, so that it makes no difference
// whether Slack is away, refuses, or the process that talks to it is dead. One page for process safety each, one for all the rest together.
import { SEVERITIES, severityRank } from '../../domain/severity.ts';
import { type Instant, MINUTE, SECOND } from '../../domain/time.ts';
import type { NextTopic } from '../../domain/topic.ts';
import { readLastPage, readPagesSent, readUnsaid, type Unsaid } from '../../store/read/pages.ts';
import { record } from '../../store/record.ts';
import { configsOf, type PageDesk, type Paging } from './desk.ts';
import { followKey, SLACK } from './follow.ts';
import { type Page, pagesOf, rowsOf } from './page.ts';

/** How often it is looked. */
export const UNHEARD_EVERY_MS = 5 * SECOND;
/** Process safety waits no longer for Slack than this; while calls to Slack fail one after the other, nothing waits long. */
const SAFETY_AFTER_MS = 15 * SECOND;
const DOWN_SAFETY_AFTER_MS = 5 * SECOND;
const DOWN_AFTER_MS = 30 * SECOND;
/** News of one incident with process safety, and of all the others together, are paged no more often. */
const SAFETY_SPACING_MS = MINUTE;
const SPACING_MS = 10 * MINUTE;
const LINES_MAX = 20;
const LINE_MAX = 200;
const CARD_SEVERITY_MIN = 'medium';

/** Words that people wait for, or that wait for people. Notes and edits are none. */
const URGENT = ['ask', 'hands', 'doubt', 'view', 'page', 'escalation', 'tampering', 'self-freeze'];

type Group = { readonly name: string; readonly items: readonly Unsaid[]; readonly isSafety: boolean };

/** What has to be paged now; pure. A group is due once one of its words is late and was in no page before. */
export function groupsOf(unsaid: readonly Unsaid[]): readonly Group[] {
	const urgent = unsaid.filter(isUrgent);
	const isSafety = (item: Unsaid): boolean => item.incident?.process_safety === true;
	const ids = [...new Set(urgent.filter(isSafety).flatMap((item) => item.incident?.id ?? []))];
	const own = ids.map((id) => ({
		name: id,
		items: urgent.filter((item) => item.incident?.id === id),
		isSafety: true,
	}));
	const rest = urgent.filter((item) => !isSafety(item));
	return rest.length === 0 ? own : [...own, { name: 'rest', items: rest, isSafety: false }];
}

function isUrgent({ key, incident }: Unsaid): boolean {
	const [kind = ''] = key.split(':');
	if (incident?.process_safety === true && kind === 'card') return true;
	if (kind === 'card') return incident !== null && severityRank(incident.severity) >= severityRank(CARD_SEVERITY_MIN);
	return URGENT.includes(kind);
}

/** Whether the group has something late that no page has told yet. */
export function isDue(group: Group, last: Instant | null, wait: number, now: Instant): boolean {
	const spacing = group.isSafety ? SAFETY_SPACING_MS : SPACING_MS;
	if (last !== null && now - last < spacing) return false;
	return group.items.some((item) => item.since <= now - wait && (last === null || item.since > last));
}

/** How long the words of a group may wait for Slack. */
export function waitOf(
	group: Group,
	{ slackAfterMs, isSlackDown }: Pick<Paging, 'slackAfterMs' | 'isSlackDown'>,
): number {
	const most = isSlackDown()
		? { safety: DOWN_SAFETY_AFTER_MS, rest: DOWN_AFTER_MS }
		: { safety: SAFETY_AFTER_MS, rest: slackAfterMs };
	return Math.min(slackAfterMs, group.isSafety ? most.safety : most.rest);
}

/** The words of one group's page. */
export function textOf(group: Group, now: Instant): string {
	const oldest = Math.min(...group.items.map((item) => item.since));
	const waited = Math.round((now - oldest) / SECOND);
	const long = waited < 120 ? `${Math.max(2, waited)} seconds` : `${Math.round(waited / 60)} minutes`;
	const worst = [...group.items].sort((a, b) => rankOf(b) - rankOf(a));
	const lines = [...new Set(worst.map(lineOf))];
	const incidents = new Set(group.items.flatMap((item) => item.incident?.id ?? []));
	const [first] = worst;
	const head =
		group.isSafety && first !== undefined
			? `${headOf(first)}. Slack has not taken this for ${long}`
			: `Slack has not taken what Interlock has to say for ${long}: ${incidents.size === 1 ? '1 incident' : `${incidents.size} incidents`}`;
	const more = lines.length - LINES_MAX;
	return [head, '', ...lines.slice(0, LINES_MAX), ...(more > 0 ? [`and ${more} more`] : [])].join('\n');
}

function rankOf({ incident }: Unsaid): number {
	if (incident === null) return SEVERITIES.length;
	return (incident.process_safety ? SEVERITIES.length + 1 : 0) + severityRank(incident.severity);
}

function headOf({ incident, text }: Unsaid): string {
	if (incident === null) return text.split('\n')[0] ?? '';
	const safety = incident.process_safety ? ', process safety' : '';
	return `INC-${incident.number} (${incident.severity}${safety}): ${incident.title}`;
}

function lineOf(item: Unsaid): string {
	if (item.key.startsWith('card:')) return headOf(item).slice(0, LINE_MAX);
	const [said = ''] = item.text.split('\n');
	const name = item.incident === null ? '' : `INC-${item.incident.number}`;
	const of = name === '' || said.startsWith(name) ? '' : `${name}: `;
	return `${of}${said}`.slice(0, LINE_MAX);
}

/** Looks once. Two processes that look at the same moment make the same rows, and one of them stays. */
export function createUnheard(desk: PageDesk): { look(): Promise<void> } {
	// What an earlier process paged about Slack may still be open at PagerDuty.
	let mayBeOpen = true;
	return {
		async look() {
			const { paging, database } = desk;
			if (paging.fallback.length === 0) return;
			const now = desk.clock();
			const groups = groupsOf(await readUnsaid(database));
			for (const group of groups) {
				const what = `slack-${group.name}-`;
				const wait = waitOf(group, paging);
				const isLate = isDue(group, null, wait, now);
				if (!isLate || !isDue(group, await readLastPage(database, what), wait, now)) continue;
				if (!group.isSafety) mayBeOpen = true;
				await tell(desk, group, what, now);
			}
			if (mayBeOpen && !groups.some((group) => !group.isSafety)) mayBeOpen = await closeOpen(desk, now);
		},
	};
}

async function tell(desk: PageDesk, group: Group, what: string, now: Instant): Promise<void> {
	const bucket = Math.floor(now / (group.isSafety ? SAFETY_SPACING_MS : SPACING_MS));
	const incident = group.isSafety ? group.name : null;
	const { pages } = pagesOf({
		pagers: configsOf(desk.paging),
		people: [],
		named: desk.paging.fallback,
		what: `${what}${bucket}`,
		text: textOf(group, now),
		worth: null,
	});
	const rows = rowsOf(pages satisfies readonly Page[], incident, group.isSafety, desk.newId, now);
	await record(desk.database, { entries: [], ...rows }, now);
}

/** Slack has taken everything: what was paged about it is over. */
async function closeOpen(desk: PageDesk, now: Instant): Promise<boolean> {
	const open = (await readPagesSent(desk.database, null)).some((row) => row.ts !== null && row.ts !== 'resolve');
	const topics: NextTopic[] = open ? [{ topic: 'pager', key: followKey(SLACK) }] : [];
	if (open) await record(desk.database, { entries: [], topics }, now);
	return open;
}
