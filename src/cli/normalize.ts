// `interlock normalize`: prints the alerts that a payload becomes, as JSON lines. Nothing is stored and nothing is sent.
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import type { IntakeContext, Parsed, ParsedBody, Problem } from '../domain/alert.ts';
import { fromIso, type Instant } from '../domain/time.ts';
import { isTimeZone } from '../intake/formats/time-text.ts';
import { decodeUtf8 } from '../intake/formats/utf8.ts';
import { parseBody } from '../intake/parse-body.ts';
import { sourceKind, sourceKindNames } from '../intake/sources/index.ts';

export type NormalizeIo = {
	out(text: string): void;
	err(text: string): void;
	stdin(): Promise<Uint8Array>;
};

const USAGE = 'usage: interlock normalize --source KIND [--lines] [--received-at T] [--tz ZONE] [FILE|-]';

type Options = {
	readonly source: string;
	readonly lines: boolean;
	readonly context: IntakeContext;
	readonly file: string;
};

/**
 * Runs the command.
 *
 * @returns 0 where everything became alerts, 1 where anything was unparsed or refused, 2 on wrong usage, 3 where the file cannot be read
 */
export async function normalize(args: string[], io: NormalizeIo): Promise<number> {
	const options = readOptions(args);
	if (typeof options === 'string') {
		io.err(`${options}\n${USAGE}\n`);
		return 2;
	}
	let bytes: Uint8Array;
	try {
		bytes = options.file === '-' ? await io.stdin() : await readFile(options.file);
	} catch (fault) {
		io.err(`cannot read \`${options.file}\`: ${fault instanceof Error ? fault.message : String(fault)}\n`);
		return 3;
	}
	if (!options.lines) return print(parseBody(options.source, bytes, options.context), options.file, io);
	return printLines(bytes, options, io);
}

/** Each line is one message: a line that is refused does not stop those after it. */
function printLines(bytes: Uint8Array, options: Options, io: NormalizeIo): number {
	const text = decodeUtf8(bytes);
	if (!text.ok) return print({ kind: 'refused', problem: text.error }, options.file, io);
	let code = 0;
	for (const [index, line] of text.value.split('\n').entries()) {
		if (line.trim() === '') continue;
		const body = parseBody(options.source, line, options.context);
		code = Math.max(code, print(body, `${options.file}:${index + 1}`, io));
	}
	return code;
}

function print(body: ParsedBody, place: string, io: NormalizeIo): number {
	switch (body.kind) {
		case 'refused':
			io.err(`${place}: refused: ${inWords(body.problem)}\n`);
			return 1;
		case 'protocol':
			io.err(`${place}: no alert: ${body.note}\n`);
			return 0;
		default:
			return printItems(body.items, place, io);
	}
}

function printItems(items: readonly Parsed[], place: string, io: NormalizeIo): number {
	let code = 0;
	for (const [index, item] of items.entries()) {
		const where = items.length === 1 ? place : `${place}: alert ${index + 1}`;
		for (const problem of item.problems)
			io.err(`${where}: ${item.kind === 'alert' ? 'note' : 'unparsed'}: ${inWords(problem)}\n`);
		if (item.kind === 'alert') {
			io.out(`${JSON.stringify(item.alert)}\n`);
		} else {
			if (item.problems.length === 0) io.err(`${where}: unparsed\n`);
			code = 1;
		}
	}
	return code;
}

function inWords(problem: Problem): string {
	return `${problem.field}: found ${problem.found}, expected ${problem.expected}`;
}

/** The options, or what is wrong with them in one line. */
function readOptions(args: string[]): Options | string {
	const parsed = parse(args);
	if (typeof parsed === 'string') return parsed;
	const { values, positionals } = parsed;
	if (values.mapping !== undefined) {
		return '`--mapping` is not available in this version: name one of the built-in kinds with `--source`';
	}
	const known = sourceKindNames();
	if (values.source === undefined) return `\`--source\` is missing: one of ${known.join(', ')}`;
	if (sourceKind(values.source) === null) {
		const near = nearest(values.source, known);
		const hint = near === null ? '' : `, did you mean \`${near}\`?`;
		return `unknown source \`${values.source}\`${hint} known are: ${known.join(', ')}`;
	}
	if (positionals.length > 1) return `one FILE is read, found ${positionals.length}: ${positionals.join(', ')}`;
	const timeZone = values.tz ?? 'UTC';
	if (!isTimeZone(timeZone)) return `unknown time zone \`${timeZone}\`: an IANA name such as Europe/Berlin is expected`;
	const receivedAt: Instant | null = values['received-at'] === undefined ? Date.now() : fromIso(values['received-at']);
	if (receivedAt === null) {
		return `\`--received-at\` is \`${values['received-at']}\`: an instant such as 2025-03-03T08:00:00Z is expected`;
	}
	const context = { source: values.source, receivedAt, timeZone };
	return { source: values.source, lines: values.lines === true, context, file: positionals[0] ?? '-' };
}

function parse(args: string[]) {
	try {
		return parseArgs({
			args,
			allowPositionals: true,
			options: {
				source: { type: 'string' },
				mapping: { type: 'string' },
				lines: { type: 'boolean' },
				'received-at': { type: 'string' },
				tz: { type: 'string' },
			},
		});
	} catch (fault) {
		// parseArgs throws a TypeError whose message names the argument and what is wrong with it.
		if (fault instanceof TypeError) return fault.message;
		throw fault;
	}
}

/** The known name with the fewest edits from the word; null where none is near. */
function nearest(word: string, known: readonly string[]): string | null {
	const ranked = known
		.map((name) => ({ name, edits: editsBetween(word.slice(0, 40).toLowerCase(), name) }))
		.sort((a, b) => a.edits - b.edits);
	const best = ranked[0];
	return best !== undefined && best.edits <= Math.max(2, Math.floor(best.name.length / 3)) ? best.name : null;
}

/** Levenshtein distance. */
function editsBetween(a: string, b: string): number {
	let row = Array.from({ length: b.length + 1 }, (_, index) => index);
	for (let i = 1; i <= a.length; i++) {
		const next = [i];
		for (let j = 1; j <= b.length; j++) {
			const swap = (row[j - 1] ?? 0) + (a.charAt(i - 1) === b.charAt(j - 1) ? 0 : 1);
			next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, swap));
		}
		row = next;
	}
	return row[b.length] ?? 0;
}
