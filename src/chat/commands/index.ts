// The registry of commands: `/interlock ...` in Slack and the same words on the command line. Help is made from it. Pure.
import { isDrill } from '../../domain/drill.ts';
import { nearest } from '../../domain/nearest.ts';
import { type Answer, say } from '../answer.ts';
import { shown } from '../text.ts';
import { ack } from './ack.ts';
import { type Command, type CommandCall, refuseCommand } from './command.ts';
import { deputy } from './deputy.ts';
import { details } from './details.ts';
import { drill } from './drill.ts';
import { fact } from './fact.ts';
import { feedback } from './feedback.ts';
import { freeze } from './freeze.ts';
import { list } from './list.ts';
import { merge } from './merge.ts';
import { resolve } from './resolve.ts';
import { apply, decline, revoke, rules } from './rules.ts';
import { show } from './show.ts';
import { detach, split } from './split.ts';
import { status } from './status.ts';
import { thaw } from './thaw.ts';
import { told } from './told.ts';
import { seen, unknown } from './unknown.ts';
import { veto } from './veto.ts';
import { view } from './view.ts';

const WORKING: readonly Command[] = [
	status,
	list,
	show,
	details,
	ack,
	resolve,
	freeze,
	thaw,
	veto,
	view,
	fact,
	told,
	deputy,
	drill,
	merge,
	split,
	detach,
	feedback,
	rules,
	apply,
	decline,
	revoke,
	unknown,
	seen,
];

const help: Command = {
	name: 'help',
	usage: 'help',
	help: 'this list',
	takesIncident: false,
	run: () => say(helpText()),
};

export const COMMANDS: readonly Command[] = [...WORKING, help];

export function findCommand(name: string): Command | null {
	return COMMANDS.find((command) => command.name === name) ?? null;
}

/** Longest text of a command that is read; the rest is not a command. */
const TYPED_MAX = 4_000;

/** Splits what was typed into the command and its words. An empty line is `help`. */
export function readTyped(text: string): { readonly name: string; readonly words: readonly string[] } {
	const [name = 'help', ...words] = text
		.slice(0, TYPED_MAX)
		.trim()
		.split(/\s+/)
		.filter((word) => word !== '');
	return { name: name.toLowerCase(), words };
}

/** The number in `17`, `INC-17`, `#17`; null where the word is none. */
export function readIncidentNumber(word: string | undefined): number | null {
	const match = /^(?:inc-|#)?(\d{1,9})$/i.exec(word ?? '');
	return match === null ? null : Number(match[1]);
}

/** Runs a typed command; an unknown one is answered with the nearest name and the list. */
export function runCommand(name: string, call: CommandCall): Answer {
	const command = findCommand(name);
	if (command === null) {
		const near = nearest(
			name,
			COMMANDS.map((known) => known.name),
		);
		return say(`No command \`${shown(name, 40)}\`.${near === null ? '' : ` Did you mean \`${near}\`?`}\n${helpText()}`);
	}
	if (command.takesIncident && call.words[0] !== undefined && call.situation === null) {
		return say(`No incident \`${shown(call.words[0], 40)}\`. Numbers are on the cards; all open ones: /interlock list`);
	}
	const real = onlyForReal(command.name, call);
	return real ?? command.run(call);
}

/** What would reach beyond a drill into the plant's own memory or grouping. What people say of the plant itself is never part of a drill. */
const NOT_IN_DRILLS = ['merge', 'split', 'detach', 'feedback', 'view'];

function onlyForReal(name: string, call: CommandCall): Answer | null {
	const incidents = [call.situation?.incident, call.loaded.other?.situation.incident];
	if (!NOT_IN_DRILLS.includes(name) || !incidents.some((incident) => isDrill(incident?.id))) return null;
	return refuseCommand(call, name, 'drill', `Not recorded: this is a drill, and \`${name}\` would reach what is real.`);
}

export function helpText(): string {
	return COMMANDS.map((command) => `/interlock ${command.usage}\n    ${command.help}`).join('\n');
}
