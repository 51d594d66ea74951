// `interlock classify [FILE|-] [--model]`: JSON lines in, verdicts by words out, one line each and in the same order.
// Offline unless --model. NOT here: how a text is judged (triage/classify-record.ts).
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { ALERT_ADVICE_SCHEMA, AlertAdvice } from '../model/advice.ts';
import { type Adviser, createAdviser } from '../model/client.ts';
import { createMasker, MASK_ALL } from '../model/mask.ts';
import { alertPrompt, loadPrompts, type Prompts } from '../model/prompt.ts';
import { loadWeights } from '../triage/classifier/load.ts';
import type { Weights } from '../triage/classifier/weights.ts';
import { ClassifyInput, type ClassifyOutput, classifyRecord, withAdvice } from '../triage/classify-record.ts';
import { EXIT, type Io } from './io.ts';

const USAGE = 'usage: interlock classify [FILE|-] [--model]\n';
const LINE_MAX = 1024 * 1024;
/** Faulty lines told one by one; the rest are counted. */
const FAULTS_SHOWN_MAX = 50;
const OUT_LINES = 500;
const ADVISER_AT_ONCE = 4;

/**
 * Runs the command. Exit codes: 0 all lines answered, 1 some line could not be read (each is told with its number),
 * 2 wrong usage, 3 the file or the model's address is missing.
 *
 * With `--model`: `OPENAI_BASE_URL`, `OPENAI_API_KEY` and `INTERLOCK_MODEL`. A model that does not answer leaves the
 * offline verdict; its answer moves severity by at most one level and names only techniques that exist.
 */
export async function classify(args: string[], io: Io): Promise<number> {
	const usage = readUsage(args);
	if (usage === null) {
		io.err(USAGE);
		return EXIT.usage;
	}
	let bytes: Uint8Array;
	try {
		bytes = usage.file === '-' ? await io.stdin() : await readFile(usage.file);
	} catch (error) {
		io.err(`classify: ${usage.file}: ${error instanceof Error ? error.message : String(error)}\n`);
		return EXIT.unable;
	}
	const weights = loadWeights();
	if (!usage.model) return classifyLines(bytes, weights, io);
	const adviser = adviserFrom(io.env);
	if (adviser === null) {
		io.err('classify: --model needs OPENAI_BASE_URL (or OPENAI_API_KEY) and INTERLOCK_MODEL\n');
		return EXIT.unable;
	}
	return classifyWithModel(bytes, weights, adviser, io);
}

function readUsage(args: string[]): { file: string; model: boolean } | null {
	try {
		const { values, positionals } = parseArgs({
			args,
			allowPositionals: true,
			options: { model: { type: 'boolean', default: false }, json: { type: 'boolean', default: false } },
		});
		return positionals.length > 1 ? null : { file: positionals[0] ?? '-', model: values.model };
	} catch {
		// parseArgs throws on an unknown option; the usage line answers it.
		return null;
	}
}

function adviserFrom(env: Io['env']): Adviser | null {
	const { OPENAI_BASE_URL: baseUrl, OPENAI_API_KEY: apiKey, INTERLOCK_MODEL: model } = env;
	if (!model || (!baseUrl && !apiKey)) return null;
	return createAdviser({
		baseUrl: baseUrl || 'https://api.openai.com/v1',
		apiKey: apiKey ?? '',
		model,
		timeoutMs: 20_000,
		tokensPerHour: 2_000_000,
	});
}

type Line = { readonly input: ClassifyInput } | { readonly fault: string };

function* readLines(bytes: Uint8Array): Generator<{ number: number; line: Line }> {
	const newline = 0x0a;
	const decoder = new TextDecoder('utf-8');
	let number = 0;
	let from = 0;
	while (from < bytes.length) {
		const at = bytes.indexOf(newline, from);
		const to = at < 0 ? bytes.length : at;
		number++;
		const text = to - from > LINE_MAX ? null : decoder.decode(bytes.subarray(from, to)).trim();
		from = to + 1;
		if (text === '') continue;
		yield { number, line: text === null ? { fault: `longer than ${LINE_MAX} bytes` } : parseLine(text) };
	}
}

function parseLine(text: string): Line {
	let value: unknown;
	try {
		value = JSON.parse(text);
	} catch {
		return { fault: 'not JSON' };
	}
	const parsed = ClassifyInput.safeParse(value);
	if (parsed.success) return { input: parsed.data };
	const issue = parsed.error.issues[0];
	return { fault: `${issue?.path.join('.') || 'line'}: ${issue?.message ?? z.prettifyError(parsed.error)}` };
}

/** Collects faults: told at once up to a number, then counted. */
function faultCounter(io: Io): { add(number: number, fault: string): void; end(): number } {
	let faults = 0;
	return {
		add: (number, fault) => {
			if (++faults <= FAULTS_SHOWN_MAX) io.err(`line ${number}: ${fault}\n`);
		},
		end: () => {
			if (faults > FAULTS_SHOWN_MAX) io.err(`${faults - FAULTS_SHOWN_MAX} more lines could not be read\n`);
			return faults === 0 ? EXIT.ok : EXIT.finding;
		},
	};
}

function classifyLines(bytes: Uint8Array, weights: Weights, io: Io): number {
	const faults = faultCounter(io);
	let waiting: string[] = [];
	const flush = (): void => {
		if (waiting.length > 0) io.out(`${waiting.join('\n')}\n`);
		waiting = [];
	};
	for (const { number, line } of readLines(bytes)) {
		if ('fault' in line) faults.add(number, line.fault);
		else waiting.push(JSON.stringify(classifyRecord(weights, line.input)));
		if (waiting.length >= OUT_LINES) flush();
	}
	flush();
	return faults.end();
}

async function classifyWithModel(bytes: Uint8Array, weights: Weights, adviser: Adviser, io: Io): Promise<number> {
	const faults = faultCounter(io);
	const prompts = loadPrompts();
	let group: Promise<ClassifyOutput>[] = [];
	const flush = async (): Promise<void> => {
		for (const output of await Promise.all(group)) io.out(`${JSON.stringify(output)}\n`);
		group = [];
	};
	for (const { number, line } of readLines(bytes)) {
		if ('fault' in line) faults.add(number, line.fault);
		else group.push(advised(line.input, weights, adviser, prompts));
		if (group.length >= ADVISER_AT_ONCE) await flush();
	}
	await flush();
	return faults.end();
}

async function advised(
	input: ClassifyInput,
	weights: Weights,
	adviser: Adviser,
	prompts: Prompts,
): Promise<ClassifyOutput> {
	const offline = classifyRecord(weights, input);
	const masker = createMasker(MASK_ALL);
	const answer = await adviser.ask({
		prompt: alertPrompt(prompts, { title: input.title ?? '', text: input.text ?? '' }, masker),
		schemaName: 'alert_advice',
		schema: AlertAdvice,
		jsonSchema: ALERT_ADVICE_SCHEMA,
	});
	if (answer.ok) return withAdvice(offline, answer.data, adviser.model);
	return { ...offline, reasons: [...offline.reasons, { by: 'adviser', text: `no answer: ${answer.reason}` }] };
}
