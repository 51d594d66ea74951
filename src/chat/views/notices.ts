// The smaller messages: what was not understood, whether two incidents are one, a digest in a storm, a plain post. Pure.
import { canonicalHash } from '../../domain/canonical.ts';
import type { Json } from '../../domain/entry.ts';
import type { Incident } from '../../domain/incident.ts';
import type { Instant } from '../../domain/time.ts';
import {
	actions,
	type Block,
	bold,
	bullets,
	code,
	date,
	fitMessage,
	header,
	type Inline,
	type Message,
	plain,
	rich,
} from '../blocks.ts';
import type { PostedMessage, TimelineEntry } from '../situation.ts';
import { count, shown, shownLines } from '../text.ts';
import { incidentName, severityWords } from './words.ts';

const EXAMPLES_SHOWN = 5;
const DIGEST_SHOWN = 15;
/** More than any stage writes (response/tell-read.ts); below the total of one message. */
const POST_MAX = 8_000;
const POST_PART_MAX = 2_900;

export type UnparsedRow = {
	readonly id: string;
	readonly source: string;
	readonly received_at: Instant;
	readonly raw: string;
	readonly problems: readonly { readonly field: string; readonly found: string; readonly expected: string }[];
	readonly repeats: number;
};

/** Messages of one source that were stored but not understood: counts, examples, and what to do. */
export function unparsedNotice(source: string, total: number, rows: readonly UnparsedRow[]): Message {
	const name = shown(source, 80);
	const lines = rows.slice(0, EXAMPLES_SHOWN).map((row): Inline[] => {
		const problem = row.problems[0];
		const why =
			problem === undefined
				? 'form not known'
				: `${shown(problem.field, 80)}: found ${shown(problem.found, 80)}, expected ${shown(problem.expected, 120)}`;
		return [
			date(row.received_at),
			plain(` ${why}${row.repeats > 1 ? ` (${row.repeats} times)` : ''}: `),
			code(shown(row.raw, 160) || '-'),
		];
	});
	return fitMessage(
		`${count(total, 'message')} of source ${name} could not be understood. Stored, not lost.`,
		[
			header(`Not understood: ${count(total, 'message')} of ${name}`),
			rich([
				plain('Look at them: one may be an alarm. They are stored as they came and make no incident. All of them: '),
				code('/interlock unknown'),
				plain('; what the parser makes of one: '),
				code(`interlock normalize --source ${name}`),
			]),
			...(lines.length > 0 ? [bullets(lines)] : []),
		],
		'The rest: /interlock unknown',
	);
}

/** Asks whether two incidents are one. Its buttons carry the id of the message's own row. */
export function mergeSuggestion(
	into: Incident,
	from: Incident,
	entry: TimelineEntry,
	askId: string,
	closed: string | null,
): Message {
	const score = number(entry.data['score']);
	const threshold = number(entry.data['threshold']);
	const measure =
		score === null
			? ''
			: ` Score ${score.toFixed(2)}${threshold === null ? '' : `, ${threshold.toFixed(2)} would have joined them`}.`;
	const text = `Same incident? ${incidentName(from)} and ${incidentName(into)}`;
	return fitMessage(
		text,
		[
			header(text),
			bullets(
				[into, from].map((incident) => [
					bold(`${incidentName(incident)} `),
					plain(
						`${severityWords(incident.severity)} ${shown(incident.title, 150)}, ${count(incident.alert_count, 'alert')}, last `,
					),
					date(incident.last_at),
				]),
			),
			rich([plain(closed ?? `They share evidence, but not enough to join them without a person.${measure}`)]),
			...(closed === null
				? [
						actions([
							{ text: `Yes: merge into ${incidentName(into)}`, action: 'merge_yes', value: askId, style: 'primary' },
							{ text: 'No: keep apart', action: 'merge_no', value: askId },
						]),
					]
				: []),
		],
		'',
	);
}

function number(value: Json | undefined): number | null {
	return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/**
 * One message instead of many while incidents open faster than people can read: worst first.
 *
 * @param isAll false where there may be more than were read
 */
export function stormDigest(incidents: readonly Incident[], isAll = true): Message {
	const text = `${isAll ? '' : 'At least '}${count(incidents.length, 'incident')} more opened within a minute`;
	const lines = incidents
		.slice(0, DIGEST_SHOWN)
		.map((incident): Inline[] => [
			bold(`${incidentName(incident)} `),
			plain(
				`${severityWords(incident.severity)} ${shown(incident.title, 120)}, ${count(incident.alert_count, 'alert')}`,
			),
		]);
	if (incidents.length > lines.length)
		lines.push([plain(`and ${isAll ? '' : 'at least '}${incidents.length - lines.length} more: /interlock list`)]);
	return fitMessage(
		text,
		[
			header(text),
			bullets(lines),
			rich([
				plain('Their cards follow, the worst first, a few a minute. Process-safety alarms do not wait. All of them: '),
				code('/interlock list'),
			]),
		],
		'/interlock list shows all of them',
	);
}

/** A message that another stage wrote as text (`notify`, what was read for people): shown as text whatever it holds, with every line. */
export function plainPost(message: Pick<PostedMessage, 'text'>): Message {
	const text = shownLines(message.text, POST_MAX, POST_MAX) || '-';
	const parts = partsOf(text).map((part) => rich([plain(part)]));
	return fitMessage(shown(message.text, 1_000), parts, '');
}

/** The lines in blocks of a size that Slack takes. */
function partsOf(text: string): string[] {
	const parts: string[] = [];
	for (const line of text.split('\n').flatMap((long) => long.match(/.{1,2800}/gu) ?? [''])) {
		const last = parts.at(-1);
		if (last !== undefined && last.length + line.length < POST_PART_MAX) parts[parts.length - 1] = `${last}\n${line}`;
		else parts.push(line);
	}
	return parts;
}

const REPEAT: Block = {
	type: 'context',
	elements: [{ type: 'plain_text', text: 'May be a repeat: the program stopped while it posted this.', emoji: false }],
};
const REPEAT_HASH = canonicalHash(REPEAT);

/** The same message again after a crash left it unknown whether the first got through. One that says so already stays as it is. */
export function markRepeat(message: Message): Message {
	const last = message.blocks.at(-1);
	if (last !== undefined && canonicalHash(last) === REPEAT_HASH) return message;
	return { text: `(may be a repeat) ${message.text}`, blocks: [...message.blocks.slice(0, 49), REPEAT] };
}
