// `unknown`: what people have to look at so that Interlock understands the plant better: names and addresses that alerts used and the
// inventory does not have, and messages that no parser understood. `seen` marks one of those as looked at. Pure.
import { toIso } from '../../domain/time.ts';
import { type Answer, actorOf, STRANGER, say, wayOf } from '../answer.ts';
import { isOnCall } from '../people.ts';
import { count, nameList, shown } from '../text.ts';
import { durationWords } from '../views/words.ts';
import { type Command, type CommandCall, refuseCommand } from './command.ts';
import { findByEnding } from './ending.ts';

const SHOWN_MAX = 20;
/** First characters of a message that was not understood: as text, whatever it holds. */
const RAW_SHOWN = 120;

export const unknown: Command = {
	name: 'unknown',
	usage: 'unknown',
	help: 'names and addresses that the inventory lacks, and messages that were not understood',
	takesIncident: false,
	reads: ['worklist'],
	run: (call) => say(unknownLines(call).join('\n'), unknownData(call)),
};

function unknownLines({ loaded, now }: CommandCall): string[] {
	const { unknown: assets, unparsed } = loaded.worklist;
	const lines = assets
		.slice(0, SHOWN_MAX)
		.map(
			(row) =>
				`  ${shown(row.type, 20)} ${shown(row.value, 80)}  ${count(row.times, 'time')}, last ${durationWords(now - row.last_seen)} ago, by ${nameList(row.sources, 3)}`,
		);
	const messages = unparsed.slice(0, SHOWN_MAX).flatMap((row) => {
		const problem = row.problems[0];
		const why =
			problem === undefined
				? 'form not known'
				: `${shown(problem.field, 60)}: found ${shown(problem.found, 60)}, expected ${shown(problem.expected, 80)}`;
		return [
			`  ${row.id}  ${shown(row.source, 60)}, ${count(row.repeats, 'time')}, ${toIso(row.received_at).slice(0, 19)}Z: ${why}`,
			`      ${shown(row.raw, RAW_SHOWN) || '-'}`,
		];
	});
	const more = (all: number): string[] =>
		all > SHOWN_MAX ? [`  and ${all - SHOWN_MAX} more: --json on the command line`] : [];
	if (lines.length === 0 && messages.length === 0)
		return ['Nothing: every name is in the inventory and every message was understood.'];
	return [
		...(lines.length === 0
			? []
			: [
					`Not in the inventory (judged as a level 1 controller until it is): ${assets.length}`,
					...lines,
					...more(assets.length),
				]),
		...(messages.length === 0
			? []
			: [
					`Not understood (stored as it came; one may be an alarm): ${unparsed.length}`,
					...messages,
					...more(unparsed.length),
					'Looked at one? /interlock seen ID',
				]),
	];
}

function unknownData({ loaded }: CommandCall) {
	return {
		unknown: loaded.worklist.unknown.map((row) => ({ ...row, value: shown(row.value, 300) })),
		unparsed: loaded.worklist.unparsed.map(({ raw, ...row }) => ({
			...row,
			problems: row.problems.map((problem) => ({ ...problem })),
			begins: shown(raw, 300),
		})),
	};
}

export const seen: Command = {
	name: 'seen',
	usage: 'seen UNP...',
	help: 'mark messages that were not understood as looked at (ids: unknown)',
	takesIncident: false,
	reads: ['worklist'],
	run: markSeen,
};

function markSeen(call: CommandCall): Answer {
	const { acting, now, loaded } = call;
	if (call.words.length === 0) return say('Which message? Its id is in /interlock unknown: seen unp_...');
	if (acting.person === null) return refuseCommand(call, 'seen', 'unknown person', STRANGER);
	if (!isOnCall(acting.person))
		return refuseCommand(call, 'seen', 'role', 'Not recorded: only people who work on incidents mark them as seen.');
	const { unparsed } = loaded.worklist;
	const ids = unparsed.map((row) => row.id);
	const found = call.words.map((word) => findByEnding(word, ids));
	const wrong = found.indexOf(null);
	if (wrong !== -1)
		return refuseCommand(
			call,
			'seen',
			'unknown message',
			`Not recorded: no single message \`${shown(call.words[wrong] ?? '', 60)}\` waits to be seen. Ids: /interlock unknown`,
		);
	const rows = unparsed.filter((row) => found.includes(row.id));
	return {
		outcome: 'done',
		entries: rows.map((row) => ({
			kind: 'alert.unparsed_seen',
			actor: actorOf(acting),
			at: now,
			incident: null,
			refs: [row.id],
			data: { source: row.source, repeats: row.repeats, ...wayOf(acting) },
		})),
		changes: rows.map((row) => ({ op: 'update', table: 'unparsed', id: row.id, set: { state: 'seen' } })),
		topics: [],
		reply: `Marked as seen: ${count(rows.length, 'message')}. ${rows.length === unparsed.length ? 'None is left.' : `${unparsed.length - rows.length} left: /interlock unknown`}`,
	};
}
