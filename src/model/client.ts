// The one place that speaks to a language model: any OpenAI-compatible endpoint, through the openai SDK. It asks for JSON,
// steps down where the endpoint cannot (schema, JSON object, plain text) and parses every answer. It never throws.
// NOT here: what is asked (prompt.ts), what is hidden (mask.ts), what the answer may change (triage/clamp.ts).
import OpenAI, { APIConnectionTimeoutError, APIError, APIUserAbortError, RateLimitError } from 'openai';
import { z } from 'zod';
import { type Destination, destinationOf, isOnList } from '../domain/destination.ts';
import type { Instant } from '../domain/time.ts';
import {
	type Breaker,
	type Budget,
	createBreaker,
	createBudget,
	type Reservation,
	type Spent,
	type Use,
} from './budget.ts';
import { type Prompt, promptHash } from './prompt.ts';

/** Bytes of one response; a server that sends more is cut off. */
const RESPONSE_BYTES_MAX = 512 * 1024;
/** Tokens that an answer may have. */
const ANSWER_TOKENS_MAX = 900;
const TRIES_PER_FORMAT = 2;

export type AdviserOptions = {
	readonly baseUrl: string;
	/** Empty where the endpoint wants none. */
	readonly apiKey: string;
	readonly model: string;
	/** For the whole ladder of calls, retries included. */
	readonly timeoutMs: number;
	readonly tokensPerHour: number;
	readonly tokensPerDay?: number;
	/** What a million tokens cost, and how much may be spent in an hour: in one currency, whichever. Free where left out. */
	readonly price?: Price;
	readonly moneyPerHour?: number;
	/** Failures in a row that open the breaker, and for how long. */
	readonly breaker?: { readonly failures: number; readonly pauseMs: number };
	/** The clock; a test gives its own. */
	readonly now?: () => Instant;
};

export type Price = { readonly inputPerMillion: number; readonly outputPerMillion: number };

type Question<T> = {
	readonly prompt: Prompt;
	readonly schemaName: string;
	/** What the answer must be; unknown keys fall away. */
	readonly schema: z.ZodType<T>;
	/** The same for the endpoint. */
	readonly jsonSchema: Readonly<Record<string, unknown>>;
	readonly signal?: AbortSignal;
};

type Format = 'json_schema' | 'json_object' | 'text';
type FailureReason =
	| 'budget'
	| 'breaker'
	| 'timeout'
	| 'aborted'
	| 'unreachable'
	| 'rate_limited'
	| 'http_error'
	| 'refusal'
	| 'cut_short'
	| 'filtered'
	| 'invalid';

/** What an answer or a failure is recorded with. */
type CallFacts = {
	readonly model: string;
	/** SHA-256 of the messages exactly as sent first (masked), canonical JSON. */
	readonly promptHash: string;
	readonly promptVersion: string;
	/** SHA-256 of the prompt file, header included. */
	readonly promptFile: string;
	/** As the endpoint counts them; estimated by length where it does not. */
	readonly tokens: number;
	/** In the currency of the prices; 0 where there are none. */
	readonly money: number;
	readonly ms: number;
	readonly calls: number;
};
export type AdviserAnswer<T> =
	| ({ readonly ok: true; readonly data: T; readonly via: Format } & CallFacts)
	| ({ readonly ok: false; readonly reason: FailureReason; readonly detail: string } & CallFacts);

export type Adviser = {
	readonly model: string;
	ask<T>(question: Question<T>): Promise<AdviserAnswer<T>>;
	/** Counts what another process, or this one before a restart, has spent. */
	note(use: Use, at: Instant): void;
	/** What was used in the last hour and day, and what an hour holds. */
	status(): Spent & { readonly tokensPerHour: number };
};

type Failure = { readonly reason: FailureReason; readonly detail: string };
type Ladder<T> = ({ readonly data: T; readonly via: Format } | Failure) & {
	/** Over all calls, and of the last one alone. */
	readonly usage: Usage;
	readonly last: Usage;
	readonly calls: number;
};
/** Tokens sent and received, over all calls for one question. */
type Usage = { readonly input: number; readonly output: number };

/** Makes the adviser; no call is made before the first question. */
export function createAdviser(options: AdviserOptions): Adviser {
	const now = options.now ?? Date.now;
	const budget: Budget = createBudget(options);
	const breaker: Breaker = createBreaker(options.breaker?.failures ?? 4, options.breaker?.pauseMs ?? 60_000);
	const client = new OpenAI({
		baseURL: options.baseUrl,
		apiKey: options.apiKey === '' ? 'none' : options.apiKey,
		// Nothing from the environment: what is configured is what is used.
		organization: null,
		project: null,
		maxRetries: 1,
		timeout: options.timeoutMs,
		logLevel: 'off',
		fetch: boundedFetch(destinationOf(options.baseUrl)),
	});
	const ask = async <T>(question: Question<T>): Promise<AdviserAnswer<T>> => {
		const began = now();
		const { prompt } = question;
		const hash = promptHash(options.model, prompt);
		const facts = (usage: Usage, calls: number): CallFacts => ({
			model: options.model,
			promptHash: hash,
			promptVersion: prompt.version,
			promptFile: prompt.file,
			...useOf(usage, options.price),
			calls,
			ms: Math.max(0, now() - began),
		});
		if (!breaker.mayCall(began)) {
			return { ok: false, reason: 'breaker', detail: 'too many failures in a row: waiting', ...facts(NOTHING, 0) };
		}
		const expected = { input: estimateTokens(prompt.system + prompt.user), output: ANSWER_TOKENS_MAX };
		const reservation = budget.reserve(useOf(expected, options.price), began);
		if (!reservation.ok) return { ok: false, reason: 'budget', detail: reservation.limit, ...facts(NOTHING, 0) };
		// Each further try is a call that has to be paid for: it sets its own cost aside, or is not made.
		let held: Reservation = reservation;
		const mayAgain = (last: Usage): boolean => {
			held.settle(useOf(last, options.price));
			const input = Math.max(expected.input, last.input);
			const next = budget.reserve(useOf({ ...expected, input }, options.price), now());
			held = next.ok ? next : NOT_HELD;
			return next.ok;
		};
		const result = await climb(client, options, question, mayAgain);
		held.settle(useOf(result.last, options.price));
		if ('data' in result) {
			breaker.succeeded();
			return { ok: true, data: result.data, via: result.via, ...facts(result.usage, result.calls) };
		}
		// A refusal is an answer: the endpoint is well.
		if (result.reason === 'refusal' || result.reason === 'filtered' || result.reason === 'aborted') breaker.succeeded();
		else breaker.failed(now());
		return { ok: false, reason: result.reason, detail: result.detail, ...facts(result.usage, result.calls) };
	};
	return {
		model: options.model,
		ask,
		note: budget.note,
		status: () => ({ ...budget.spent(now()), tokensPerHour: options.tokensPerHour }),
	};
}

const NOTHING: Usage = { input: 0, output: 0 };
/** What nothing was set aside for: the last call is settled already. */
const NOT_HELD: Reservation = { ok: true, settle: () => undefined };

function useOf({ input, output }: Usage, price: Price | undefined): Use {
	const money = price === undefined ? 0 : (input * price.inputPerMillion + output * price.outputPerMillion) / 1_000_000;
	return { tokens: input + output, money };
}

/**
 * The ladder of STACK.md section 6: two tries at each form, one deadline over all of them.
 *
 * @param mayAgain asked before each further call, with what the last one used; a no ends the ladder
 */
async function climb<T>(
	client: OpenAI,
	options: AdviserOptions,
	question: Question<T>,
	mayAgain: (last: Usage) => boolean,
): Promise<Ladder<T>> {
	const deadline = AbortSignal.timeout(options.timeoutMs);
	const signal = question.signal === undefined ? deadline : AbortSignal.any([deadline, question.signal]);
	let usage = NOTHING;
	let last = NOTHING;
	let calls = 0;
	let fault = '';
	for (const format of ['json_schema', 'json_object', 'text'] as const) {
		for (let attempt = 0; attempt < TRIES_PER_FORMAT; attempt++) {
			if (calls > 0 && !mayAgain(last)) {
				const detail = `${fault}; the budget holds no further try`.slice(-300);
				return { reason: 'invalid', detail, usage, last, calls };
			}
			const messages = messagesFor(question, format, fault);
			try {
				calls++;
				const response = await client.chat.completions.create(
					{
						model: options.model,
						messages,
						temperature: 0,
						max_tokens: ANSWER_TOKENS_MAX,
						...responseFormat(question, format),
					},
					{ signal },
				);
				last = usageOf(response, messages);
				usage = sum(usage, last);
				const read = readAnswer(response, question.schema);
				if ('data' in read) return { data: read.data, via: format, usage, last, calls };
				if (read.reason !== 'invalid') return { ...read, usage, last, calls };
				fault = read.detail;
			} catch (error) {
				const failure = failureOf(error, deadline);
				last = { input: estimateTokens(messages.map((message) => message.content).join('')), output: 0 };
				usage = sum(usage, last);
				// Some endpoints answer 400 or 422 to a form they do not know: step down.
				if (error instanceof APIError && (error.status === 400 || error.status === 422) && format !== 'text') break;
				return { ...failure, usage, last, calls };
			}
		}
	}
	return { reason: 'invalid', detail: fault.slice(0, 300), usage, last, calls };
}

type Message = { role: 'system' | 'user'; content: string };

function messagesFor<T>(question: Question<T>, format: Format, fault: string): Message[] {
	const schema =
		format === 'json_schema'
			? ''
			: `\n\nThe JSON object must match this schema:\n${JSON.stringify(question.jsonSchema)}`;
	// The fault is ours (zod's words about keys), never text of the alert.
	const again = fault === '' ? '' : `\n\nYour last answer could not be used: ${fault.slice(0, 300)}`;
	return [
		{ role: 'system', content: question.prompt.system + schema + again },
		{ role: 'user', content: question.prompt.user.toWellFormed() },
	];
}

function responseFormat<T>(
	question: Question<T>,
	format: Format,
): Pick<OpenAI.Chat.ChatCompletionCreateParamsNonStreaming, 'response_format'> {
	if (format === 'text') return {};
	if (format === 'json_object') return { response_format: { type: 'json_object' } };
	return {
		response_format: {
			type: 'json_schema',
			json_schema: { name: question.schemaName, strict: true, schema: { ...question.jsonSchema } },
		},
	};
}

/** Endpoints lie about their own types, so the answer is unknown until parsed. */
const Completion = z.object({
	choices: z
		.array(
			z.object({
				finish_reason: z.string().nullish(),
				message: z.object({ content: z.string().nullish(), refusal: z.string().nullish() }),
			}),
		)
		.min(1),
});

function readAnswer<T>(response: unknown, schema: z.ZodType<T>): { readonly data: T } | Failure {
	const completion = Completion.safeParse(response);
	const choice = completion.data?.choices[0];
	if (choice === undefined) return { reason: 'invalid', detail: 'no choices in the response' };
	if (choice.message.refusal) return { reason: 'refusal', detail: choice.message.refusal.slice(0, 300) };
	if (choice.finish_reason === 'length')
		return { reason: 'cut_short', detail: `more than ${ANSWER_TOKENS_MAX} tokens` };
	if (choice.finish_reason === 'content_filter') return { reason: 'filtered', detail: 'content filter' };
	const value = extractJson(choice.message.content ?? '');
	if (value === undefined) return { reason: 'invalid', detail: 'not a JSON object' };
	const parsed = schema.safeParse(value);
	if (parsed.success) return { data: parsed.data };
	return { reason: 'invalid', detail: z.prettifyError(parsed.error).slice(0, 300) };
}

/** The JSON object in an answer: fences and talk around it are ignored; undefined where there is none. */
export function extractJson(text: string): unknown {
	const from = text.indexOf('{');
	const to = text.lastIndexOf('}');
	if (from < 0 || to <= from) return undefined;
	try {
		return JSON.parse(text.slice(from, to + 1));
	} catch {
		// Not JSON: the caller says so and tries again.
		return undefined;
	}
}

function failureOf(error: unknown, deadline: AbortSignal): Failure {
	const detail = (error instanceof Error ? error.message : String(error)).slice(0, 300);
	if (deadline.aborted || error instanceof APIConnectionTimeoutError) return { reason: 'timeout', detail };
	if (error instanceof APIUserAbortError) return { reason: 'aborted', detail };
	if (error instanceof RateLimitError) return { reason: 'rate_limited', detail };
	if (error instanceof APIError && error.status !== undefined) return { reason: 'http_error', detail };
	if (error instanceof SyntaxError) return { reason: 'invalid', detail: 'the response is not JSON' };
	return { reason: 'unreachable', detail };
}

function usageOf(response: unknown, messages: readonly Message[]): Usage {
	const count = z.number().int().nonnegative().max(10_000_000);
	const stated = z
		.object({
			usage: z.object({ total_tokens: count, prompt_tokens: count.nullish(), completion_tokens: count.nullish() }),
		})
		.safeParse(response).data?.usage;
	// An endpoint that claims no tokens were used cannot talk the budget down: the text we sent counts at least.
	const sent = estimateTokens(messages.map((message) => message.content).join(''));
	const total = Math.max(sent, stated?.total_tokens ?? 0);
	// Where only a total is stated, what we did not send was the answer: the dearer part.
	const input = Math.min(total, stated?.prompt_tokens ?? sent);
	return { input, output: total - input };
}

function sum(one: Usage, other: Usage): Usage {
	return { input: one.input + other.input, output: one.output + other.output };
}

/** Four bytes of UTF-8 are about one token: in English a little less, in Chinese a little more. */
export function estimateTokens(text: string): number {
	return Math.ceil(Buffer.byteLength(text, 'utf8') / 4);
}

/** fetch for one host and port, that stops reading after 512 KiB and follows no redirect: the key goes where it was configured to go. */
function boundedFetch(own: Destination | null): typeof fetch {
	return async (input, init) => {
		const to = destinationOf(input instanceof Request ? input.url : input);
		if (own === null || to === null || !isOnList([own], to)) throw new TypeError('this is not the configured endpoint');
		return bounded(await fetch(input, { ...init, redirect: 'error' }));
	};
}

function bounded(response: Response): Response {
	if (response.body === null) return response;
	let seen = 0;
	const body = response.body.pipeThrough(
		new TransformStream<Uint8Array, Uint8Array>({
			transform(chunk, controller) {
				seen += chunk.byteLength;
				if (seen > RESPONSE_BYTES_MAX) controller.error(new Error(`response above ${RESPONSE_BYTES_MAX} bytes`));
				else controller.enqueue(chunk);
			},
		}),
	);
	return new Response(body, { status: response.status, headers: response.headers });
}
