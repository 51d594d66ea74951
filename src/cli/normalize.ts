// `interlock normalize`: prints the alerts that a payload becomes, as JSON lines. Nothing is stored and nothing is sent.
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { formatFinding } from '../config/finding.ts';
import { mappingKind, readMappingFile } from '../config/mapping-file.ts';
import type { IntakeContext, Parsed, ParsedBody, Problem } from '../domain/alert.ts';
import { fromIso, type Instant } from '../domain/time.ts';
import { isTimeZone } from '../intake/formats/time-text.ts';
import { decodeUtf8 } from '../intake/formats/utf8.ts';
import { mappedKind } from '../intake/mapping.ts';
import { parseBody } from '../intake/parse-body.ts';
import { type SourceKind, sourceKind, sourceKindNames } from '../intake/sources/index.ts';

export type NormalizeIo = {
	out(text: string): void;
	err(text: string): void;
	stdin(): Promise<Uint8Array>;
};

const USAGE =
	'usage: interlock normalize --source KIND [--mapping FILE] [--lines] [--received-at T] [--tz ZONE] [FILE|-]';

type Options = {
	/** Name of the kind: a built-in one, or the mapping file's. */
	readonly kind: string;
	readonly mapping: string | null;
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
	const mapped = options.mapping === null ? [] : await readMapping(options.mapping, io);
	if (typeof mapped === 'number') return mapped;
	const parse = (body: Uint8Array | string): ParsedBody => parseBody(options.kind, body, options.context, mapped);
	let bytes: Uint8Array;
	try {
		bytes = options.file === '-' ? await io.stdin() : await readFile(options.file);
	} catch (fault) {
		io.err(`cannot read \`${options.file}\`: ${fault instanceof Error ? fault.message : String(fault)}\n`);
		return 3;
	}
	if (!options.lines) return print(parse(bytes), options.file, io);
	return printLines(bytes, options.file, parse, io);
}

/** The kind that a mapping file describes; or the exit code, after saying what is wrong: 3 not readable, 1 with faults. */
async function readMapping(file: string, io: NormalizeIo): Promise<SourceKind[] | number> {
	let text: string;
	try {
		text = await readFile(file, 'utf8');
	} catch (fault) {
		io.err(`cannot read \`${file}\`: ${fault instanceof Error ? fault.message : String(fault)}\n`);
		return 3;
	}
	const { mapping, findings } = readMappingFile(text, file);
	for (const finding of findings) io.err(`${formatFinding(finding)}\n`);
	return mapping === null ? 1 : [mappedKind(mapping)];
}

/** Each line is one message: a line that is refused does not stop those after it. */
function printLines(bytes: Uint8Array, file: string, parse: (line: string) => ParsedBody, io: NormalizeIo): number {
	const text = decodeUtf8(bytes);
	if (!text.ok) return print({ kind: 'refused', problem: text.error }, file, io);
	let code = 0;
	for (const [index, line] of text.value.split('\n').entries()) {
		if (line.trim() === '') continue;
		code = Math.max(code, print(parse(line), `${file}:${index + 1}`, io));
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
	const kind = kindOf(values.source, values.mapping);
	if (typeof kind !== 'string') return kind.fault;
	if (positionals.length > 1) return `one FILE is read, found ${positionals.length}: ${positionals.join(', ')}`;
	const timeZone = values.tz ?? 'UTC';
	if (!isTimeZone(timeZone)) return `unknown time zone \`${timeZone}\`: an IANA name such as Europe/Berlin is expected`;
	const receivedAt: Instant | null = values['received-at'] === undefined ? Date.now() : fromIso(values['received-at']);
	if (receivedAt === null) {
		return `\`--received-at\` is \`${values['received-at']}\`: an instant such as 2025-03-03T08:00:00Z is expected`;
	}
	const context = { source: values.source ?? kind, receivedAt, timeZone };
	const mapping = values.mapping ?? null;
	return { kind, mapping, lines: values.lines === true, context, file: positionals[0] ?? '-' };
}

/** The kind to read by: with a mapping file that of its name, and `--source` is then any name for the alerts' source. */
function kindOf(source: string | undefined, mapping: string | undefined): string | { readonly fault: string } {
	if (mapping !== undefined) return mappingKind(mapping);
	const known = sourceKindNames();
	if (source === undefined) return { fault: `\`--source\` is missing: one of ${known.join(', ')}` };
	if (sourceKind(source) !== null) return source;
	const near = nearest(source, known);
	const hint = near === null ? '' : `, did you mean \`${near}\`?`;
	return { fault: `unknown source \`${source}\`${hint} known are: ${known.join(', ')}` };
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
