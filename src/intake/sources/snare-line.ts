// Windows events in the form of the Snare agent, which other collectors write too (NXLog, LogLogic): `MSWinEventLog` and fields with
// tabs between them, the event's own text last (Snare for Windows, appendix A "Windows Event Output Format").
import type { EntityRole } from '../../domain/alert.ts';
import type { Severity } from '../../domain/severity.ts';
import type { Draft } from '../formats/draft.ts';
import { present } from '../formats/draft.ts';

const TEXT_MAX = 16_000;
const PAIRS_MAX = 20;
/** It begins the text, or stands behind the host where there is no header: a text that only quotes it is another device's. */
const MARK = /^(?:[\w.-]{1,255}\s)?MSWinEventLog\s/;

export type WindowsEvent = {
	readonly criticality: string;
	readonly log: string;
	readonly time: string;
	readonly id: string;
	readonly provider: string;
	readonly user: string | null;
	readonly type: string;
	readonly computer: string | null;
	readonly category: string | null;
	/** What the event says, in Windows' words. */
	readonly text: string;
};

/** Fields of the form, in their order: what stands behind `computer` is category, strings, text and a counter or checksum. */
const FIELDS_BEFORE_TEXT = 11;

/** A relay may write each tab as a space: then the words that only the two types can be tell the fields apart. */
const RUN_TOGETHER =
	/^([0-4]) (\S{1,100}) \d{1,12} ([A-Z][a-z]{2} [A-Z][a-z]{2} {1,2}\d{1,2} [\d:]{5,8} \d{4}) (\d{1,6}) ([^\n]{1,300}?) (?:N\/A|User|Group|Domain|Alias|Well Known Group|Deleted Account|Invalid|Unknown|Computer) (Success Audit|Failure Audit|Information|Warning|Error|Critical|Verbose) (\S{1,255}) ([\s\S]*)$/;
const PROVIDER_AND_USER =
	/^(.{1,200}?) ((?:NT AUTHORITY|Window Manager|Font Driver Host)\\[^\\]{1,60}|(?:LOCAL|NETWORK) SERVICE|\S{1,200})$/;

/** The event of a message, or null where it is none, or one that was cut off before its text. */
export function readWindowsEvent(message: string): WindowsEvent | null {
	const mark = MARK.exec(message);
	if (mark === null) return null;
	const rest = message.slice(mark[0].length, mark[0].length + TEXT_MAX);
	const fields = rest.split('\t').map((field) => field.trim());
	if (fields.length <= FIELDS_BEFORE_TEXT) return readRunTogether(rest);
	const [criticality = '', log = '', , time = '', id = '', provider = '', user, , type = '', computer, category] =
		fields;
	if (!/^\d{1,6}$/.test(id)) return null;
	// Of the strings and the text one is empty; a counter or a checksum ends the line.
	const said = fields.slice(FIELDS_BEFORE_TEXT).filter((field) => field !== '' && !/^[\da-f]{1,64}$/i.test(field));
	return {
		criticality,
		log,
		time,
		id,
		provider,
		user: present(user),
		type,
		computer: present(computer),
		category: present(category),
		text: said.join('\n'),
	};
}

function readRunTogether(rest: string): WindowsEvent | null {
	const match = RUN_TOGETHER.exec(rest.replace(/\s+/g, ' ').trim());
	if (match === null) return null;
	const [, criticality = '', log = '', time = '', id = '', who = '', type = '', computer, text = ''] = match;
	const names = PROVIDER_AND_USER.exec(who);
	return {
		criticality,
		log,
		time,
		id,
		provider: names?.[1] ?? who,
		user: present(names?.[2]),
		type,
		computer: present(computer),
		category: null,
		text,
	};
}

/** Snare's criticality: 4 critical, 3 priority, 2 warning, 1 information, 0 clear. */
export function severityOfCriticality(text: string): Severity | null {
	const scale: readonly Severity[] = ['informational', 'informational', 'medium', 'high', 'critical'];
	return /^[0-4]$/.test(text) ? (scale[Number(text)] ?? null) : null;
}

const ADDRESSES: readonly (readonly [RegExp, EntityRole])[] = [
	[/\b(?:Source (?:Network )?|Client )Address:\s{1,8}([\da-f:.]{2,45})(?=\s|$)/i, 'actor'],
	[/\bDestination Address:\s{1,8}([\da-f:.]{2,45})(?=\s|$)/i, 'target'],
];

/**
 * Adds the computer that the event is about, the user that the event names, the accounts, machine and files of its text. The accounts of
 * machines (`EWS-07$`) are the machines themselves.
 */
export function addWindowsThings(draft: Draft, event: WindowsEvent): void {
	draft.endpoint(event.computer, 'target');
	draft.user(event.user?.endsWith('$') === true ? null : event.user, null, 'actor');
	const accounts = /\bAccount Name:\s{1,8}(\S{1,128})(?:\s{1,8}Account Domain:\s{1,8}(\S{1,128}))?/g;
	for (const [, name, domain] of [...event.text.matchAll(accounts)].slice(0, PAIRS_MAX))
		if (name?.endsWith('$') === false) draft.user(name, domain, 'actor');
	draft.endpoint(/\bWorkstation Name:\s{1,8}([\w.$-]{1,255})/.exec(event.text)?.[1], 'actor');
	for (const [pattern, role] of ADDRESSES) draft.entity('ip', pattern.exec(event.text)?.[1], role);
	// A path may hold spaces: it ends where the next field begins.
	const files =
		/\b(?:Process|File|Image|Object) Name:\s{1,8}([A-Za-z]:\\[^\t\n"]{1,400}?)(?=\s{2}|\s[A-Z][A-Za-z ]{1,40}:|$)/g;
	for (const [, path] of [...event.text.matchAll(files)].slice(0, PAIRS_MAX)) draft.file(path, 'related');
}

/** The first sentence of the event's text, or its provider where it says nothing. */
export function titleOf(event: WindowsEvent): string {
	const first = /^[^\n]{1,250}?(?:[.!?](?=\s|$)|(?=\s{2}|\n|$))/.exec(event.text)?.[0] ?? '';
	return `Windows event ${event.id}: ${first.trim() || event.provider}`;
}
