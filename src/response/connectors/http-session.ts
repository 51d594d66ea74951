// One call to a service over HTTPS that has a login: requests with a token that is fetched, kept and renewed, one time budget for all of
// them, and JSON answers that are looked at before they are believed. Which request means what stands in the service's own file.
import { err, ok, type Result } from '../../domain/result.ts';
import type { Instant } from '../../domain/time.ts';
import { SECOND } from '../../domain/time.ts';
import type { Resolve } from './address-guard.ts';
import { type Answer, type Exchange, exchange } from './exchange.ts';
import { CALL_BUDGET_MS, meaningOf, pauseBefore } from './retry.ts';

/** Pages of one list: more is for a person, or a sign that the question was wrong. */
const PAGES_MAX = 20;
/** A token is renewed this long before its end. */
const TOKEN_MARGIN_MS = 60 * SECOND;

export type HttpReach = {
	readonly baseUrl: string;
	readonly timeoutMs: number;
	readonly allowPrivate: boolean;
	readonly resolve: Resolve;
	readonly now: () => Instant;
	readonly sleep: (ms: number) => Promise<void>;
};

/** The value of the Authorization header and when it ends; null for one without an end. */
export type Token = { readonly value: string; readonly until: Instant | null };

/** `isTrouble`: the service or the way to it, and not the account, was the reason. */
export class Stopped extends Error {
	readonly isTrouble: boolean;
	constructor(reason: string, isTrouble = true) {
		super(reason);
		this.isTrouble = isTrouble;
	}
}

/** What became of a request that changes something. `answered` with any status but 2xx means that nothing was changed. */
export type Sent =
	| { readonly kind: 'done'; readonly body: unknown }
	| { readonly kind: 'answered'; readonly status: number; readonly body: unknown; readonly reason: string }
	| { readonly kind: 'not_done'; readonly reason: string }
	| { readonly kind: 'unknown'; readonly reason: string };

export type Method = 'POST' | 'PATCH' | 'DELETE';

type Whole = { readonly body: unknown; readonly headers: Readonly<Record<string, string>> };

export type HttpSession = {
	/** A GET. The answer's JSON, or null for 404. @throws Stopped for everything else */
	read(path: string): Promise<unknown>;
	/** The same with the answer's headers, by their lower-case names. */
	readWhole(path: string): Promise<Whole | null>;
	/** Every item of a list, over all its pages. @throws Stopped where it cannot be read to its end */
	list(path: string, itemsOf: (body: unknown) => readonly unknown[] | null): Promise<unknown[]>;
	/** One change. Tried again only where it surely was not taken. @throws Stopped where there is no token */
	send(method: Method, path: string, body: object | null): Promise<Sent>;
};

/** The token of one connector, from call to call. */
export type TokenBox = { held: Token | null };

/**
 * A session for one call.
 *
 * @param fetchToken asks for a new token; `post` makes a form request, also to another host of the configuration
 * @param nextPage where the next page of a list is, from its answer; null at the end
 */
export function openSession(
	reach: HttpReach,
	box: TokenBox,
	fetchToken: (post: PostForm) => Promise<Result<Token, string>>,
	nextPage: (body: unknown, headers: Readonly<Record<string, string>>) => string | null,
): HttpSession {
	const deadline = reach.now() + CALL_BUDGET_MS;
	const base = new URL(reach.baseUrl);
	const tokenNow = async (): Promise<string> => {
		const held = box.held;
		if (held !== null && (held.until === null || held.until - TOKEN_MARGIN_MS > reach.now())) return held.value;
		const fetched = await fetchToken((url, form) => postForm(reach, deadline, url, form));
		if (!fetched.ok) throw new Stopped(`not logged in: ${fetched.error}`);
		box.held = fetched.value;
		return fetched.value.value;
	};
	const ask = async (method: Method | 'GET', target: URL, body: string | null): Promise<Answer> => {
		// A token that ends in the middle is renewed once; a 401 was not carried out.
		for (let isRenewed = false; ; isRenewed = true) {
			const token = await tokenNow();
			const answer = await tryOften(reach, deadline, requestOf(reach, method, target, body, token), method === 'GET');
			const isRefused = answer.kind === 'answered' && answer.status === 401;
			if (!isRefused || isRenewed || box.held?.until === null) return answer;
			box.held = null;
		}
	};
	const get = async (target: URL): Promise<Whole | null> => {
		const answer = await ask('GET', target, null);
		if (answer.kind !== 'answered') throw new Stopped(`cannot be read: ${answer.reason}`);
		if (answer.status === 404) return null;
		const body = answer.cut ? undefined : jsonOf(answer.text);
		if (answer.status !== 200)
			throw new Stopped(
				`cannot be read: answered ${answer.status}${wordsOf(jsonOf(answer.text))}`,
				answer.status !== 403,
			);
		if (body === undefined) throw new Stopped('cannot be read: the answer is no whole JSON');
		return { body, headers: answer.headers ?? {} };
	};
	return {
		read: async (path) => (await get(urlAt(base, path)))?.body ?? null,
		readWhole: async (path) => await get(urlAt(base, path)),
		async list(path, itemsOf) {
			const all: unknown[] = [];
			let target: URL | null = urlAt(base, path);
			for (let page = 0; target !== null; page++) {
				if (page >= PAGES_MAX) throw new Stopped(`the list has more than ${PAGES_MAX} pages`, false);
				const got = await get(target);
				const items = got === null ? null : itemsOf(got.body);
				if (got === null || items === null) throw new Stopped('the list cannot be read');
				all.push(...items);
				const next: string | null = nextPage(got.body, got.headers);
				// A page elsewhere would get the token: there is none elsewhere.
				target = next === null ? null : sameHost(base, next);
			}
			return all;
		},
		async send(method, path, body) {
			const answer = await ask(method, urlAt(base, path), body === null ? null : JSON.stringify(body));
			const meaning = meaningOf(answer);
			if (meaning.effect === 'done' && answer.kind === 'answered') {
				const said = answer.cut ? undefined : jsonOf(answer.text);
				// These services answer with JSON or nothing: anything else comes from something on the way, and says nothing.
				return said === undefined && answer.text.trim() !== ''
					? { kind: 'unknown', reason: `${meaning.reason}, and the answer is no whole JSON` }
					: { kind: 'done', body: said };
			}
			if (meaning.effect === 'unknown' || answer.kind !== 'answered')
				return { kind: meaning.effect === 'unknown' ? 'unknown' : 'not_done', reason: meaning.reason };
			const said = jsonOf(answer.text);
			return {
				kind: 'answered',
				status: answer.status,
				body: said,
				reason: `answered ${answer.status}${wordsOf(said)}`,
			};
		},
	};
}

export type PostForm = (url: string, form: Readonly<Record<string, string>>) => Promise<Result<unknown, string>>;

async function postForm(
	reach: HttpReach,
	deadline: Instant,
	url: string,
	form: Readonly<Record<string, string>>,
): Promise<Result<unknown, string>> {
	const request: Exchange = {
		url: new URL(url),
		method: 'POST',
		headers: {
			accept: 'application/json',
			'user-agent': 'interlock',
			'content-type': 'application/x-www-form-urlencoded',
		},
		body: new URLSearchParams(form).toString(),
		timeoutMs: reach.timeoutMs,
		allowPrivate: reach.allowPrivate,
		resolve: reach.resolve,
	};
	// Asking for a token changes nothing: it may be asked for as often as it takes.
	const answer = await tryOften(reach, deadline, request, true);
	if (answer.kind !== 'answered') return err(answer.reason);
	const body = jsonOf(answer.text);
	// Falcon answers 201 to a login.
	return (answer.status === 200 || answer.status === 201) && !answer.cut && body !== undefined
		? ok(body)
		: err(`answered ${answer.status}${wordsOf(body)}`);
}

function requestOf(reach: HttpReach, method: string, url: URL, body: string | null, token: string): Exchange {
	return {
		url,
		method,
		headers: {
			accept: 'application/json',
			'user-agent': 'interlock',
			authorization: token,
			...(body === null ? {} : { 'content-type': 'application/json' }),
		},
		// Some proxies refuse a POST that says no length.
		body: method === 'POST' ? (body ?? '') : body,
		timeoutMs: reach.timeoutMs,
		allowPrivate: reach.allowPrivate,
		resolve: reach.resolve,
	};
}

async function tryOften(
	reach: HttpReach,
	deadline: Instant,
	request: Exchange,
	isIdempotent: boolean,
): Promise<Answer> {
	for (let tries = 1; ; tries++) {
		const leftMs = deadline - reach.now();
		if (leftMs <= 0) return { kind: 'not_sent', reason: 'the time for this call is over' };
		const answer = withRetryAfter(
			await exchange({ ...request, timeoutMs: Math.min(request.timeoutMs, leftMs) }),
			reach.now(),
		);
		const pause = pauseBefore(answer, isIdempotent, tries, deadline - reach.now(), reach.now());
		if (pause === null) return answer;
		await reach.sleep(pause);
	}
}

/** Okta and Falcon say when their limit ends in a header of their own, as a second of the epoch; read as the Retry-After that it stands for. */
function withRetryAfter(answer: Answer, now: Instant): Answer {
	if (answer.kind !== 'answered' || answer.status !== 429 || answer.retryAfter !== null) return answer;
	const reset = Number(
		answer.headers?.['x-rate-limit-reset'] ?? answer.headers?.['x-ratelimit-retryafter'] ?? Number.NaN,
	);
	if (!Number.isFinite(reset)) return answer;
	return { ...answer, retryAfter: String(Math.max(1, Math.ceil(reset - now / SECOND))) };
}

function urlAt(base: URL, path: string): URL {
	const root = base.pathname.endsWith('/') ? base.pathname.slice(0, -1) : base.pathname;
	return new URL(`${base.origin}${root}${path}`);
}

function sameHost(base: URL, next: string): URL {
	const url = URL.canParse(next) ? new URL(next) : null;
	if (url === null || url.origin !== base.origin) throw new Stopped('the next page of a list is at another host');
	return url;
}

/** The JSON; undefined where it is none. */
function jsonOf(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

/** One field of an object that came from outside; undefined where there is none. */
export function field(body: unknown, ...names: readonly string[]): unknown {
	let at: unknown = body;
	for (const name of names) {
		if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return undefined;
		// hasOwn has just been asked.
		at = (at as Record<string, unknown>)[name];
	}
	return at;
}

/** The words of an error body, in the forms in which services write them. */
function wordsOf(body: unknown): string {
	const errors = field(body, 'errors');
	const first: unknown = Array.isArray(errors) ? errors[0] : undefined;
	const words = [
		[field(body, 'errorCode'), field(body, 'errorSummary')],
		[field(body, 'error', 'code'), field(body, 'error', 'message')],
		[field(body, 'error'), field(body, 'error_description')],
		[field(first, 'message') ?? field(first, 'detail') ?? field(first, 'title')],
	].find((pair) => typeof pair[0] === 'string');
	return words === undefined
		? ''
		: `: ${words
				.filter((word) => typeof word === 'string')
				.join(': ')
				.slice(0, 200)}`;
}
