// The one place that speaks to a language model: any OpenAI-compatible endpoint, through the openai SDK. It asks for JSON,
// steps down where the endpoint cannot (schema, JSON object, plain text) and parses every answer. It never throws.
// NOT here: what is asked (prompt.ts), what is hidden (mask.ts), what the answer may change (triage/clamp.ts).
import OpenAI, { APIConnectionTimeoutError, APIError, APIUserAbortError, RateLimitError } from 'openai';
import { z } from 'zod';
import type { Instant } from '../domain/time.ts';
import { type Breaker, type Budget, createBreaker, createBudget } from './budget.ts';
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
	/** Failures in a row that open the breaker, and for how long. */
	readonly breaker?: { readonly failures: number; readonly pauseMs: number };
	/** The clock; a test gives its own. */
	readonly now?: () => Instant;
};

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
	/** As the endpoint counts them; estimated by length where it does not. */
	readonly tokens: number;
	readonly ms: number;
	readonly calls: number;
};
export type AdviserAnswer<T> =
	| ({ readonly ok: true; readonly data: T; readonly via: Format } & CallFacts)
	| ({ readonly ok: false; readonly reason: FailureReason; readonly detail: string } & CallFacts);

export type Adviser = {
	readonly model: string;
	ask<T>(question: Question<T>): Promise<AdviserAnswer<T>>;
	/** Tokens used in the last hour, and whether the breaker lets calls through. */
	status(): { readonly tokensSpent: number; readonly tokensPerHour: number };
};

type Failure = { readonly reason: FailureReason; readonly detail: string };
type Ladder<T> = ({ readonly data: T; readonly via: Format } | Failure) & {
	readonly tokens: number;
	readonly calls: number;
};

/** Makes the adviser; no call is made before the first question. */
export function createAdviser(options: AdviserOptions): Adviser {
	const now = options.now ?? Date.now;
	const budget: Budget = createBudget(options.tokensPerHour);
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
		fetch: boundedFetch,
	});
	const ask = async <T>(question: Question<T>): Promise<AdviserAnswer<T>> => {
		const began = now();
		const { prompt } = question;
		const hash = promptHash(options.model, prompt);
		const facts = (tokens: number, calls: number): CallFacts => ({
			model: options.model,
			promptHash: hash,
			promptVersion: prompt.version,
			tokens,
			calls,
			ms: Math.max(0, now() - began),
		});
		if (!breaker.mayCall(began)) {
			return { ok: false, reason: 'breaker', detail: 'too many failures in a row: waiting', ...facts(0, 0) };
		}
		const expected = estimateTokens(prompt.system + prompt.user) + ANSWER_TOKENS_MAX;
		const reservation = budget.reserve(expected, began);
		if (reservation === null) {
			return { ok: false, reason: 'budget', detail: `${options.tokensPerHour} tokens an hour`, ...facts(0, 0) };
		}
		const result = await climb(client, options, question);
		reservation.settle(result.tokens);
		if ('data' in result) {
			breaker.succeeded();
			return { ok: true, data: result.data, via: result.via, ...facts(result.tokens, result.calls) };
		}
		// A refusal is an answer: the endpoint is well.
		if (result.reason === 'refusal' || result.reason === 'filtered' || result.reason === 'aborted') breaker.succeeded();
		else breaker.failed(now());
		return { ok: false, reason: result.reason, detail: result.detail, ...facts(result.tokens, result.calls) };
	};
	return {
		model: options.model,
		ask,
		status: () => ({ tokensSpent: budget.spent(now()), tokensPerHour: options.tokensPerHour }),
	};
}

/** The ladder of STACK.md section 6: two tries at each form, one deadline over all of them. */
async function climb<T>(client: OpenAI, options: AdviserOptions, question: Question<T>): Promise<Ladder<T>> {
	const deadline = AbortSignal.timeout(options.timeoutMs);
	const signal = question.signal === undefined ? deadline : AbortSignal.any([deadline, question.signal]);
	let tokens = 0;
	let calls = 0;
	let fault = '';
	for (const format of ['json_schema', 'json_object', 'text'] as const) {
		for (let attempt = 0; attempt < TRIES_PER_FORMAT; attempt++) {
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
				tokens += tokensOf(response, messages);
				const read = readAnswer(response, question.schema);
				if ('data' in read) return { data: read.data, via: format, tokens, calls };
				if (read.reason !== 'invalid') return { ...read, tokens, calls };
				fault = read.detail;
			} catch (error) {
				const failure = failureOf(error, deadline);
				tokens += estimateTokens(messages.map((message) => message.content).join(''));
				// Some endpoints answer 400 or 422 to a form they do not know: step down.
				if (error instanceof APIError && (error.status === 400 || error.status === 422) && format !== 'text') break;
				return { ...failure, tokens, calls };
			}
		}
	}
	return { reason: 'invalid', detail: fault.slice(0, 300), tokens, calls };
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

function tokensOf(response: unknown, messages: readonly Message[]): number {
	const usage = z.object({ usage: z.object({ total_tokens: z.number().int().nonnegative() }) }).safeParse(response);
	// An endpoint that claims no tokens were used cannot talk the budget down: the text we sent counts at least.
	const sent = estimateTokens(messages.map((message) => message.content).join(''));
	return Math.max(sent, usage.data?.usage.total_tokens ?? 0);
}

/** Four characters are about one token in English. */
function estimateTokens(text: string): number {
	return Math.ceil(text.length / 4);
}

/** fetch that stops reading after 512 KiB, and follows no redirect: the key goes where it was configured to go. */
const boundedFetch: typeof fetch = async (input, init) => {
	const response = await fetch(input, { ...init, redirect: 'error' });
	if (response.body === null) return response;
	let seen = 0;
	const bounded = response.body.pipeThrough(
		new TransformStream<Uint8Array, Uint8Array>({
			transform(chunk, controller) {
				seen += chunk.byteLength;
				if (seen > RESPONSE_BYTES_MAX) controller.error(new Error(`response above ${RESPONSE_BYTES_MAX} bytes`));
				else controller.enqueue(chunk);
			},
		}),
	);
	return new Response(bounded, { status: response.status, headers: response.headers });
};
