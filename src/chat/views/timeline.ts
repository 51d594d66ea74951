// Ledger entries as lines for people: what goes under the card, and what `show` prints. Pure.
// The order of alerts, verdicts and messages is left out: the card has the counts, the export has everything.
import type { EntryKind, Json } from '../../domain/entry.ts';
import { bullets, date, fitMessage, type Inline, type Message, plain } from '../blocks.ts';
import type { Naming, TimelineEntry } from '../situation.ts';
import { shown } from '../text.ts';

/** Lines of one note; what is beyond is counted. */
const NOTE_LINES_MAX = 20;
const DETAIL_MAX = 260;

/** What a line says before its detail. A kind that is not here makes no line. */
const WORDS: Partial<Record<EntryKind, string>> = {
	'incident.opened': 'incident opened',
	'incident.merged': 'incidents merged',
	'incident.split': 'incident split',
	'incident.acknowledged': 'acknowledged',
	'incident.escalated': 'people told',
	'incident.resolved': 'resolved',
	'incident.reopened': 'opened again',
	'plan.made': 'plan made',
	'step.branched': 'the plan goes on',
	'step.result': 'step result',
	'step.in_doubt': 'step begun, result not known',
	'step.hands': 'step written out for hands',
	'step.attested': 'attested as done by hand',
	'step.refused': 'step not done',
	'step.expired': 'step not done: nobody answered in time',
	'step.cancelled': 'step cancelled',
	'step.undone': 'step taken back',
	'step.verified': 'checked at the target',
	'step.unseen': 'cannot be seen at the target',
	'step.view_asked': 'control room asked whether its view is alive',
	'step.view_answered': 'control room answered',
	'step.view_unanswered': 'control room did not answer',
	'step.view_quiet': 'went quiet',
	'approval.given': 'approved',
	'approval.refused': 'refused',
	'approval.rejected': 'an answer did not count',
	'approval.withdrawn': 'approval withdrawn',
	'approval.told': 'told in person, not an approval',
	'fact.stated': 'fact stated',
	'freeze.set': 'freeze set',
	'freeze.thaw_asked': 'thaw asked for',
	'freeze.thawed': 'freeze lifted',
	'source.heard': 'no longer silent',
	'command.refused': 'command refused',
	'feedback.given': 'said that it was wrong',
	'rule.proposed': 'a change to the rules proposed',
	'rule.approved': 'one of two said yes to a change of the rules',
	'rule.applied': 'a change to the rules applied',
	'rule.declined': 'a change to the rules declined',
	'rule.revoked': 'a learned rule revoked',
	'advice.failed': 'the model did not answer',
	'page.sent': 'paged outside Slack',
	'page.failed': 'a page outside Slack did not get through',
	'page.dropped': 'a page outside Slack was left out',
};

/** Entries that have words of their own under the card, or none there. */
const NOT_NOTED: readonly EntryKind[] = [
	'advice.failed',
	'incident.escalated',
	'page.sent',
	'page.failed',
	'page.dropped',
];

/** Whether an entry makes a line under the card. */
export function isNoted(entry: TimelineEntry): boolean {
	return WORDS[entry.kind] !== undefined && !NOT_NOTED.includes(entry.kind);
}

/** One line of text for one entry; null where people need none. */
export function timelineLine(entry: TimelineEntry, naming: Naming): string | null {
	const words = WORDS[entry.kind];
	if (words === undefined) return null;
	const who = entry.actor.kind === 'person' ? `${shown(naming.person(entry.actor.id), 80)}: ` : '';
	const detail = detailOf(entry.data);
	return `${who}${words}${detail === '' ? '' : `: ${shown(detail, DETAIL_MAX)}`}`;
}

const DETAILS = [
	'title',
	'step_title',
	'action',
	'target',
	'pager',
	'name',
	'subject',
	'value',
	'scope',
	'outcome',
	'state',
	'why',
	'reason',
	'note',
	'learned',
	'expires_at',
	'resolution',
	'summary',
] as const;

/** The values that say most, in a fixed order: entries of all stages name things alike. */
function detailOf(data: TimelineEntry['data']): string {
	return DETAILS.flatMap((name) => {
		const value = data[name];
		return isScalar(value) && value !== '' ? [String(value)] : [];
	}).join(', ');
}

function isScalar(value: Json | undefined): value is string | number | boolean {
	return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

/** The note that goes to the thread for these entries (only noted ones count); null where there is nothing to say. */
export function timelineNote(entries: readonly TimelineEntry[], naming: Naming, more: string): Message | null {
	const noted = entries.filter(isNoted);
	if (noted.length === 0) return null;
	const lines = noted
		.slice(-NOTE_LINES_MAX)
		.map((entry): Inline[] => [date(entry.at), plain(` ${timelineLine(entry, naming) ?? ''}`)]);
	const left = noted.length - lines.length;
	if (left > 0) lines.unshift([plain(`${left} earlier entries are not repeated here`)]);
	const last = noted.at(-1);
	const text = last === undefined ? '' : (timelineLine(last, naming) ?? '');
	return fitMessage(noted.length === 1 ? text : `${noted.length} entries, the last: ${text}`, [bullets(lines)], more);
}
