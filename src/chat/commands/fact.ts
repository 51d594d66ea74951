// `fact NAME SUBJECT VALUE [for 2h] [reason]`: a person states what is so. Checked against the catalogue: the name, the value, who may
// say it there, and for how long it holds. Pure. NOT here: what a fact does to a decision (safety/).

import {
	FACT_NAMES,
	FACTS,
	type FactName,
	type FactSpec,
	type FactValue,
	isFactName,
	isFactValue,
	maySupply,
} from '../../domain/fact.ts';
import { didYouMean, nearest } from '../../domain/nearest.ts';
import { DAY, HOUR, MINUTE } from '../../domain/time.ts';
import { needsSecond, whyNotInChat } from '../../safety/admit.ts';
import { type Answer, actorOf, STRANGER, say, wayOf } from '../answer.ts';
import { REASON_MAX } from '../blocks.ts';
import { cut, shown } from '../text.ts';
import { durationWords, roleWords } from '../views/words.ts';
import { type Command, type CommandCall, judgeAgain, refuseCommand, type Subject } from './command.ts';

/** For facts whose subject ends by itself: a person's word still ends with the shift. */
const HOLDS_DEFAULT_MS = 8 * HOUR;

export const fact: Command = {
	name: 'fact',
	usage: 'fact NAME SUBJECT VALUE [for 2h] [reason]',
	help: 'state a fact that a decision lacked; without a value it says what can be stated',
	takesIncident: false,
	reads: ['subject'],
	run: stateFact,
};

function stateFact(call: CommandCall): Answer {
	const [name = '', subject, value, ...rest] = call.words;
	if (name === '') return say(`Facts: ${FACT_NAMES.join(', ')}\nMore about one: /interlock fact NAME`);
	if (!isFactName(name))
		return refuseCommand(call, 'fact', 'unknown fact', `No fact \`${shown(name, 60)}\`. ${suggest(name)}`);
	const spec = FACTS[name];
	if (subject === undefined || value === undefined) return say(describe(name, spec));
	if (call.acting.person === null) return refuseCommand(call, 'fact', 'unknown person', STRANGER);
	const parsed = readValue(name, value);
	if (parsed === null) {
		return refuseCommand(
			call,
			'fact',
			'value',
			`Not recorded: \`${name}\` is none of \`${shown(value, 60)}\`. It is one of: ${spec.order.map(valueWord).join(', ')}.`,
		);
	}
	const found = subjectOf(call, spec, subject);
	if (!('id' in found)) {
		return refuseCommand(
			call,
			'fact',
			'unknown subject',
			`Not recorded: no ${spec.subject} \`${shown(subject, 80)}\`.${found.near === null ? '' : ` Did you mean \`${found.near}\`?`}`,
		);
	}
	// It speaks for every place that it touches, so the right is asked at each.
	for (const place of found.places) {
		const may = maySupply(call.acting.person, name, place.site, place.zone);
		if (!may.ok) return refuseCommand(call, 'fact', 'role', `Not recorded: ${may.reason}.`);
	}
	const nothing = call.acting.via === 'slack' ? whyNotInChat(name, parsed) : null;
	if (nothing !== null) return refuseCommand(call, 'fact', 'said in chat', `Not recorded: ${nothing}.`);
	return stated(call, { name, spec, subject: found.id, value: parsed, rest });
}

/** What the word means: as the database knows it (steps, incidents, what steps reach), else as the plant does. */
function subjectOf(call: CommandCall, spec: FactSpec, word: string): Subject | { readonly near: string | null } {
	const { subject } = call.loaded;
	if (subject === 'unknown') return { near: null };
	if (subject !== null) return subject;
	const found = call.places.subject(spec.subject, word);
	return 'id' in found ? { id: found.id, places: [found.place] } : found;
}

type Statement = {
	readonly name: FactName;
	readonly spec: FactSpec;
	readonly subject: string;
	readonly value: FactValue;
	readonly rest: readonly string[];
};

function stated(call: CommandCall, { name, spec, subject, value, rest }: Statement): Answer {
	const { acting, now } = call;
	const asked = rest[0] === 'for' ? readDuration(rest[1] ?? '') : null;
	if (rest[0] === 'for' && asked === null) {
		return refuseCommand(
			call,
			'fact',
			'duration',
			`Not recorded: \`for ${shown(rest[1] ?? '', 20)}\` is no duration. Write for 90m, for 2h or for 1d.`,
		);
	}
	const most = spec.maxAgeMs ?? Number.POSITIVE_INFINITY;
	const holds = Math.min(asked ?? Math.min(most, HOLDS_DEFAULT_MS), most);
	const expires = now + holds;
	const reason = cut((asked === null ? rest : rest.slice(2)).join(' ').trim(), REASON_MAX) || null;
	const id = call.newId('fct');
	const shorter = asked !== null && asked > holds ? ` No statement of \`${name}\` holds longer.` : '';
	const second = needsSecond(name, value) ? ' It counts when a second person says the same.' : '';
	return {
		outcome: 'done',
		entries: [
			{
				kind: 'fact.stated',
				actor: actorOf(acting),
				at: now,
				incident: null,
				refs: [id],
				data: { name, subject, value, expires_at: expires, reason, ...wayOf(acting) },
			},
		],
		changes: [
			{
				op: 'insert',
				table: 'facts',
				row: {
					id,
					name,
					subject,
					value,
					source: 'person',
					supplied_by: acting.id,
					stated_at: now,
					expires_at: expires,
				},
			},
		],
		topics: judgeAgain(call),
		reply: `Recorded: \`${name}\` of \`${shown(subject, 80)}\` is ${valueWord(value)}, for ${durationWords(holds)}.${shorter} Open plans are judged again.${second}`,
	};
}

function suggest(name: string): string {
	const near = nearest(name, FACT_NAMES);
	return near === null
		? `All of them: /interlock fact. ${didYouMean(name, FACT_NAMES)}`.trim()
		: `Did you mean \`${near}\`?`;
}

function describe(name: FactName, spec: FactSpec): string {
	const holds =
		spec.maxAgeMs === null
			? ''
			: `, at most ${spec.maxAgeMs >= 2 * DAY ? `${Math.round(spec.maxAgeMs / DAY)} d` : durationWords(spec.maxAgeMs)}`;
	return [
		`\`${name}\`: ${spec.question}`,
		`about: ${spec.subject}; values: ${spec.order.map(valueWord).join(', ')}; not stated counts as ${valueWord(spec.worst)}${holds}`,
		`stated by: ${roleWords(spec.suppliers) || 'nobody, the program sees it itself'}`,
		`/interlock fact ${name} ${spec.subject.toUpperCase()} ${valueWord(spec.order[0] ?? '')} for 2h because ...`,
	].join('\n');
}

const YES = ['yes', 'true', 'on'];
const NO = ['no', 'false', 'off'];

/** `yes` and `no` for yes-or-no facts; the catalogue's own words for the others, in any case and with `-` for `_`. Null where none fits. */
export function readValue(name: FactName, word: string): FactValue | null {
	const wanted = word.toLowerCase();
	if (FACTS[name].type === 'boolean') return YES.includes(wanted) ? true : NO.includes(wanted) ? false : null;
	const found = FACTS[name].order.find(
		(value) => String(value).toLowerCase() === wanted || String(value).replaceAll('_', '-').toLowerCase() === wanted,
	);
	return found !== undefined && isFactValue(name, found) ? found : null;
}

function valueWord(value: FactValue): string {
	return value === true ? 'yes' : value === false ? 'no' : value;
}

const UNITS: Readonly<Record<string, number>> = { m: MINUTE, min: MINUTE, h: HOUR, d: DAY };

/** `90m`, `2h`, `1d` in milliseconds; null where it is none, or none that can be. */
export function readDuration(text: string): number | null {
	const match = /^(\d{1,4})(m|min|h|d)$/.exec(text.toLowerCase());
	const unit = UNITS[match?.[2] ?? ''];
	const number = Number(match?.[1] ?? 0);
	return unit === undefined || number <= 0 ? null : number * unit;
}
