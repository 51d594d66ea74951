// The connector for anything that takes HTTP calls: an EDR, a VPN gateway, a ticket system. What it calls is configuration; whether it
// may, is a Grant that only safety/ can make. NOT here: whether a step runs, and what becomes of a step whose effect is unknown.
import type { ConnectorCall, GenericHttpConfig } from '../../domain/connector.ts';
import type { StepParams } from '../../domain/step.ts';
import type { Instant } from '../../domain/time.ts';
import { mayHaveConnector } from '../../safety/actions.ts';
import { checkGrant, type Grant } from '../../safety/grant.ts';
import { type Resolve, resolveBySystem } from './address-guard.ts';
import { createBreaker } from './breaker.ts';
import { bodyFor, urlFor } from './call-template.ts';
import type { CallRequest, Connector, ReadBack } from './connector.ts';
import { type Answer, type Exchange, exchange } from './exchange.ts';
import { CALL_BUDGET_MS, meaningOf, pauseBefore } from './retry.ts';
import { authHeaders, masked } from './secret.ts';

export type HttpEdge = {
	readonly now: () => Instant;
	readonly sleep: (ms: number) => Promise<void>;
	readonly resolve: Resolve;
};

/** The clock, the timer and the resolver of the machine. */
export const EDGE: HttpEdge = {
	now: () => Date.now(),
	sleep: (ms) => new Promise((done) => setTimeout(done, ms)),
	resolve: resolveBySystem,
};

/**
 * Makes a connector from its configuration.
 *
 * @param secret the value that `auth` names, read by the caller; it appears in no result and no error
 * @throws TypeError where the configuration names an action for which no connector may exist (effects `control`, `destroy`,
 *   `attack`, `raw`, `policy`, and every unknown action): rule G10, the missing capability
 */
export function createGenericHttp(config: GenericHttpConfig, secret: string | null, edge: HttpEdge = EDGE): Connector {
	for (const action of Object.keys(config.calls)) {
		if (!mayHaveConnector(action)) {
			throw new TypeError(
				`connector \`${config.name}\`: action \`${action}\` has no connector and can have none (rule G10)`,
			);
		}
	}
	const breaker = createBreaker();
	const callOf = (action: string): ConnectorCall | null =>
		Object.hasOwn(config.calls, action) ? (config.calls[action] ?? null) : null;
	return {
		name: config.name,
		actions: Object.keys(config.calls),
		isIdempotent: (action) => callOf(action)?.idempotent ?? false,
		hasReadBack: (action) => callOf(action)?.read_back !== undefined,
		async call(grant, request) {
			const call = callOf(request.action);
			const refusal = refuse(call, grant, request, edge.now());
			if (refusal !== null || call === null) return { effect: 'not_done', detail: refusal ?? 'no such call', tries: 0 };
			const prepared = prepare(config, call, request, secret, edge);
			if (typeof prepared === 'string') return { effect: 'not_done', detail: masked(prepared, secret), tries: 0 };
			const blocked = breaker.blockedUntil(edge.now());
			if (blocked !== null) {
				return {
					effect: 'not_done',
					detail: `not sent: \`${config.name}\` failed several times in a row and is left alone for a while`,
					tries: 0,
				};
			}
			const { answer, tries, doubt } = await tryCall(prepared, call.idempotent, edge);
			const meaning = meaningOf(answer);
			if (meaning.isTrouble) breaker.failed(edge.now());
			else breaker.succeeded();
			// One try whose effect is unknown stays in doubt, however clear the refusal of the next was.
			const effect = meaning.effect === 'not_done' && doubt !== null ? 'unknown' : meaning.effect;
			return { effect, detail: detailOf(meaning.reason, answer, doubt, secret), tries };
		},
		async readBack(grant, request) {
			const call = callOf(request.action);
			const refusal = refuse(call, grant, request, edge.now(), true);
			if (refusal !== null || call?.read_back === undefined)
				return { state: 'unknown', detail: refusal ?? 'no read-back configured' };
			const { path, done_when } = call.read_back;
			const prepared = prepare(config, { method: 'GET', path, idempotent: true }, request, secret, edge);
			if (typeof prepared === 'string') return { state: 'unknown', detail: masked(prepared, secret) };
			const { answer } = await tryCall(prepared, true, edge);
			return readState(answer, done_when, secret);
		},
	};
}

/** Null where the call may be made. Checked here and not only by the caller: the connector is the last door. */
function refuse(
	call: ConnectorCall | null,
	grant: Grant,
	request: CallRequest,
	now: Instant,
	isLook = false,
): string | null {
	if (!mayHaveConnector(request.action)) return `action \`${request.action}\` has no connector (rule G10)`;
	if (call === null) return `no call is configured for \`${request.action}\``;
	if (request.target !== null && !request.targets.includes(request.target))
		return 'no grant: the target is none that was judged';
	const { step, action, targets, params } = request;
	const checked = checkGrant(grant, { step, action, targets, params, isLook }, now);
	return checked.ok ? null : `no grant: ${checked.error}`;
}

type PreparedCall = Pick<ConnectorCall, 'method' | 'path' | 'body' | 'idempotent'>;

/** The request as it will go out, or why it cannot. */
function prepare(
	config: GenericHttpConfig,
	call: PreparedCall,
	request: CallRequest,
	secret: string | null,
	edge: HttpEdge,
): Exchange | string {
	if (config.auth !== undefined && (secret === null || secret === '')) return 'the secret that `auth` names is not set';
	const values: StepParams = {
		...request.params,
		step: request.step,
		...(request.target === null ? {} : { target: request.target }),
	};
	const url = urlFor(config.base_url, call.path, values);
	if (!url.ok) return url.error;
	const body = call.method === 'GET' ? null : bodyFor(call.body, values);
	if (body !== null && !body.ok) return body.error;
	return {
		url: url.value,
		method: call.method,
		headers: {
			accept: 'application/json',
			'user-agent': 'interlock',
			...(body === null ? {} : { 'content-type': 'application/json' }),
			'idempotency-key': request.step,
			...authHeaders(config.auth, secret),
		},
		body: body?.value ?? null,
		timeoutMs: config.timeout_ms,
		allowPrivate: config.allow_private,
		resolve: edge.resolve,
	};
}

type Tried = { readonly answer: Answer; readonly tries: number; readonly doubt: string | null };

async function tryCall(prepared: Exchange, isIdempotent: boolean, edge: HttpEdge): Promise<Tried> {
	const deadline = edge.now() + CALL_BUDGET_MS;
	let doubt: string | null = null;
	for (let tries = 1; ; tries++) {
		const leftMs = Math.max(1, deadline - edge.now());
		const answer = await exchange({ ...prepared, timeoutMs: Math.min(prepared.timeoutMs, leftMs) });
		const pause = pauseBefore(answer, isIdempotent, tries, deadline - edge.now(), edge.now());
		if (pause === null) return { answer, tries, doubt };
		const meaning = meaningOf(answer);
		if (meaning.effect === 'unknown') doubt = meaning.reason;
		await edge.sleep(pause);
	}
}

/** Words for people: what happened, and a piece of what the target said. */
function detailOf(reason: string, answer: Answer, doubt: string | null, secret: string | null): string {
	const said = answer.kind === 'answered' && answer.text !== '' ? `: ${answer.text.slice(0, 500)}` : '';
	const before = doubt === null ? '' : `; an earlier try: ${doubt}`;
	return masked(`${reason}${before}${said}`, secret);
}

function readState(answer: Answer, doneWhen: string, secret: string | null): ReadBack {
	if (answer.kind !== 'answered' || answer.status !== 200 || answer.cut)
		return { state: 'unknown', detail: masked(meaningOf(answer).reason, secret) };
	let parsed: unknown;
	try {
		parsed = JSON.parse(answer.text);
	} catch {
		return { state: 'unknown', detail: 'the answer is no JSON' };
	}
	const state = typeof parsed === 'object' && parsed !== null && 'state' in parsed ? parsed.state : undefined;
	if (typeof state !== 'string') return { state: 'unknown', detail: 'the answer has no text `state`' };
	return { state: state === doneWhen ? 'done' : 'not_done', detail: masked(`state is \`${state}\``, secret) };
}
