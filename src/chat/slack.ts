// The one place where Bolt and Slack's Web API are known: what comes from Slack becomes plain values for `handlers`, and what is to be
// said becomes calls with time limits, bounded retries and a breaker. Acknowledges first, works after. Decides nothing.
import type { IncomingHttpHeaders, Server } from 'node:http';
import type { App, Logger as BoltLogger, HTTPReceiver, SocketModeReceiver } from '@slack/bolt';
import type { WebClient } from '@slack/web-api';
import { forwardedSender } from '../domain/address.ts';
import { slackDestinations } from '../domain/destination.ts';
import { type JsonObject, type Message, plainReply } from './blocks.ts';
import { createPacer, type Pacer } from './pacer.ts';
import { slackFetch } from './slack-fetch.ts';
import { readChoices, readFields } from './submission.ts';

/** One call may take so long; two tries and a pause stay below the lease of an outbox row. */
const CALL_TIMEOUT_MS = 8_000;
const TRIES_MAX = 2;
/** A 429 is waited for inside a call up to here; beyond it the caller comes back later. */
const RETRY_AFTER_WAIT_MAX_MS = 3_000;
/** Slack refuses old requests by its own rule; Bolt looks at the past only, so the future is looked at here. */
const CLOCK_SKEW_MAX_S = 5 * 60;
const BODY_BYTES_MAX = 1_000_000;
/** A page of history that is looked through for a message whose fate is unknown. */
const HISTORY_PAGE = 100;
const GROUPS_CACHED_MS = 60_000;
/** After so many failures in a row no call is made until the pause is over. */
const BREAKER_FAILURES = 4;
const BREAKER_PAUSE_MS = 10_000;
/** Event ids that are remembered, so that Slack's repeats are answered and not worked twice. */
const EVENTS_REMEMBERED = 1_000;
/** Slack's own faults, said with status 200; its pages say of the first two that some of the work may have been done. */
const FAULT_CODES = ['fatal_error', 'internal_error', 'service_unavailable'];
/** Too much at once, said with status 200 and without a time to come back. */
const LIMIT_CODES = ['ratelimited', 'rate_limited'];
const LIMIT_PAUSE_MS = 30_000;
const METADATA_EVENT = 'interlock_message';

/** What Slack could not do, in one closed set for the caller to switch on. */
export type SlackFault =
	| {
			readonly kind: 'unavailable';
			readonly detail: string;
			readonly retryAt: number;
			readonly isAmbiguous: boolean;
			/** Slack asked for the pause: the same is not asked before. */
			readonly isLimit?: true;
	  }
	| { readonly kind: 'refused'; readonly code: string; readonly detail: string };

export class SlackFailure extends Error {
	override name = 'SlackFailure';
	readonly fault: SlackFault;
	constructor(fault: SlackFault) {
		super(
			fault.kind === 'refused'
				? `Slack refused: ${fault.code}: ${fault.detail}`
				: `Slack is not reachable: ${fault.detail}`,
		);
		this.fault = fault;
	}
}

export type Posted = { readonly ts: string; readonly channel: string };
type NewMessage = Message & {
	readonly channel: string;
	readonly threadTs: string | null;
	readonly key: string;
};

/** The calls that chat makes. A foreign Slack-compatible server may lack some: `unsupported` is then the answer, never a hang. */
export type SlackCalls = {
	readonly post: (message: NewMessage) => Promise<Posted>;
	readonly update: (channel: string, ts: string, message: Message) => Promise<void>;
	/** Looks for a message of ours by its key: its ts, `absent` where it is certainly not there, `unknown` where that cannot be told. */
	readonly find: (
		channel: string,
		threadTs: string | null,
		key: string,
		sinceAt: number,
	) => Promise<Posted | 'absent' | 'unknown'>;
	readonly whisper: (channel: string | null, user: string, threadTs: string | null, text: string) => Promise<void>;
	readonly openModal: (triggerId: string, view: JsonObject) => Promise<string | null>;
	readonly updateModal: (viewId: string, view: JsonObject) => Promise<void>;
	readonly publishHome: (user: string, view: JsonObject) => Promise<void>;
	/** When a message or edit may go (pacer.ts): not later than now where it may at once. Asked before anything is recorded. */
	readonly turn: Pacer['turn'];
	/** Slack user ids of the groups (id or handle), at most a minute old; a group that cannot be read has no members. */
	readonly members: (groups: readonly string[]) => Promise<ReadonlyMap<string, readonly string[]>>;
};

export type Click = {
	readonly action: string;
	readonly value: string;
	readonly user: string;
	readonly channel: string | null;
	readonly threadTs: string | null;
	readonly triggerId: string;
};
export type Submission = {
	readonly callback: string;
	readonly messageId: string;
	readonly user: string;
	/** Text by block. */
	readonly fields: Readonly<Record<string, string>>;
	/** Checkboxes over all blocks: how many there were, how many are ticked. */
	readonly ticks: { readonly shown: number; readonly ticked: number };
};
export type Typed = { readonly text: string; readonly user: string; readonly channel: string };

/** What chat does with what comes from Slack. Called after the acknowledgement; a throw is logged and counted, never unhandled. */
export type SlackHandlers = {
	readonly click: (click: Click) => Promise<void>;
	/** Faults by block, shown in the window; looked at before the acknowledgement, so it must be quick and pure. */
	readonly check: (submission: Submission) => Readonly<Record<string, string>> | null;
	readonly submit: (submission: Submission) => Promise<void>;
	readonly command: (typed: Typed) => Promise<string>;
	readonly home: (user: string) => Promise<void>;
};

export type SlackLog = {
	readonly info: (message: string, fields?: Record<string, unknown>) => void;
	readonly warn: (message: string, fields?: Record<string, unknown>) => void;
	readonly error: (message: string, fields?: Record<string, unknown>) => void;
};

export type SlackOptions = {
	readonly token: string;
	readonly appToken: string | null;
	readonly signingSecret: string | null;
	/** Null: Slack itself. */
	readonly apiUrl: string | null;
	readonly mode: 'socket' | 'http';
	/** For `http`; 0 takes a free port. */
	readonly port: number;
	readonly handlers: SlackHandlers;
	readonly log: SlackLog;
	readonly now: () => number;
	readonly sleep?: (ms: number) => Promise<void>;
	/** Told when calls begin to fail and when they work again. */
	readonly onHealth?: (state: 'down' | 'back', detail: string) => void;
	readonly count?: (name: string, labels: Readonly<Record<string, string>>) => void;
	/** Told of each request that says it is Slack's and is not proved to be; `address` is who sent it. */
	readonly onRefused?: (address: string, why: SlackRefusal) => void;
	/** Proxies in front of the door whose word about the sender counts. */
	readonly trustedProxies?: readonly string[];
};

/** What was wrong with a request at the door: its time is more than five minutes from the clock here, or its signature is another's. */
export type SlackRefusal = 'time' | 'signature';

export type SlackEdge = {
	readonly calls: SlackCalls;
	/** Port of the HTTP receiver once started; null in socket mode. */
	readonly port: () => number | null;
	readonly start: () => Promise<void>;
	/** The program is ending: from now on no call waits to be tried again; what cannot go at once stays due. */
	readonly hurry: () => void;
	readonly stop: () => Promise<void>;
};

/** Loads Bolt and builds the edge; nothing is connected before `start`. */
export async function createSlack(options: SlackOptions): Promise<SlackEdge> {
	// Loaded here and not at the top: a command line that never talks to Slack does not pay for it.
	const [bolt, web] = await Promise.all([import('@slack/bolt'), import('@slack/web-api')]);
	const log = boltLogger(options.log, bolt.LogLevel.WARN);
	const api = {
		fetch: slackFetch(slackDestinations(options.apiUrl)),
		...(options.apiUrl === null
			? {}
			: { slackApiUrl: options.apiUrl.endsWith('/') ? options.apiUrl : `${options.apiUrl}/` }),
	};
	const client = new web.WebClient(options.token, {
		...api,
		timeout: CALL_TIMEOUT_MS,
		retryConfig: { retries: 0 },
		rejectRateLimitedCalls: true,
		logger: log,
	});
	const receiver =
		options.mode === 'http'
			? new bolt.HTTPReceiver({
					signingSecret: options.signingSecret ?? '',
					endpoints: ['/slack/events'],
					port: options.port,
					bodyLimit: BODY_BYTES_MAX,
					logger: log,
				})
			: new bolt.SocketModeReceiver({
					appToken: options.appToken ?? '',
					logger: log,
					installerOptions: { clientOptions: { ...api, timeout: CALL_TIMEOUT_MS } },
				});
	const app = new bolt.App({
		receiver,
		token: options.token,
		logger: log,
		clientOptions: { ...api, timeout: CALL_TIMEOUT_MS, retryConfig: { retries: 0 }, rejectRateLimitedCalls: true },
		tokenVerificationEnabled: false,
		deferInitialization: true,
	});
	listen(app, options);
	const caller = createCaller(options, web);
	if ('requestListener' in receiver) guardDoor(receiver, options);
	else watchConnections(receiver, options);
	let isStarted = false;
	return {
		calls: createCalls(client, caller, options),
		hurry: caller.hurry,
		port: () => ('requestListener' in receiver ? portOf(receiver) : null),
		// May be called again after it failed.
		start: async () => {
			await app.init();
			const server = await app.start(options.port);
			isStarted = true;
			if ('requestListener' in receiver) servers.set(receiver, server as Server); // HTTPReceiver.start gives its server
		},
		stop: async () => {
			if (!isStarted) return;
			isStarted = false;
			// A server waits for its idle connections otherwise.
			servers.get(receiver)?.closeIdleConnections();
			await app.stop();
		},
	};
}

const servers = new WeakMap<object, Server>();

function portOf(receiver: HTTPReceiver): number | null {
	const address = servers.get(receiver)?.address();
	return typeof address === 'object' && address !== null ? address.port : null;
}

/** Puts the checks that Bolt lacks in front of its own: a timestamp more than five minutes ahead is as wrong as an old one. */
function guardDoor(receiver: HTTPReceiver, options: SlackOptions): void {
	const { now } = options;
	const inner = receiver.requestListener;
	receiver.requestListener = (request, response) => {
		// Whatever refuses it, Bolt or this: seen where the answer goes out.
		const remote = request.socket.remoteAddress ?? '';
		response.once('finish', () => {
			const why = response.statusCode === 401 ? whyRefused(request.headers, now()) : null;
			const forwarded = request.headers['x-forwarded-for'];
			if (why !== null) options.onRefused?.(forwardedSender(remote, forwarded, options.trustedProxies ?? []), why);
		});
		const turnAway = (status: 401 | 404 | 413): void => {
			// The rest of the body is not read, so the connection cannot be used again.
			response.writeHead(status, { connection: 'close' });
			response.end();
		};
		const stated = Number(request.headers['x-slack-request-timestamp']);
		if (!Number.isFinite(stated) || stated > now() / 1000 + CLOCK_SKEW_MAX_S) return turnAway(401);
		if (Number(request.headers['content-length'] ?? 0) > BODY_BYTES_MAX) return turnAway(413);
		try {
			inner(request, response);
		} catch {
			// Bolt throws for every path that is not its own.
			turnAway(404);
		}
	};
}

/** Null for what does not even say that it is Slack's: the internet knocks at every door. */
function whyRefused(headers: IncomingHttpHeaders, now: number): SlackRefusal | null {
	const stated = headers['x-slack-request-timestamp'];
	if (stated === undefined || headers['x-slack-signature'] === undefined) return null;
	return Math.abs(now / 1000 - Number(stated)) <= CLOCK_SKEW_MAX_S ? 'signature' : 'time';
}

/** Half-open sockets pile up unseen behind some NATs; the number in the hello frame is the only sign (python-slack-sdk 1940). */
function watchConnections(receiver: SocketModeReceiver, options: SlackOptions): void {
	receiver.client.on('ws_message', (data: unknown) => {
		const match = /"type":\s*"hello".{0,2000}?"num_connections":\s*(\d+)/s.exec(String(data).slice(0, 4_000));
		const connections = match === null ? 0 : Number(match[1]);
		if (connections > 5)
			options.log.warn('Slack counts many open sockets of this app: some may be dead', { connections });
	});
}

function boltLogger(log: SlackLog, level: BoltLogger extends { getLevel(): infer L } ? L : never): BoltLogger {
	const text = (parts: readonly unknown[]): string =>
		parts
			.map((part) => (part instanceof Error ? part.message : String(part)))
			.join(' ')
			.slice(0, 1_000);
	return {
		debug: () => undefined,
		info: () => undefined,
		warn: (...parts) => log.warn(`Slack client: ${text(parts)}`),
		error: (...parts) => log.error(`Slack client: ${text(parts)}`),
		setLevel: () => undefined,
		getLevel: () => level,
		setName: () => undefined,
	};
}

/** Runs work after the acknowledgement; what goes wrong in it is logged and counted. */
async function work(options: SlackOptions, what: string, run: () => Promise<void>): Promise<void> {
	try {
		await run();
	} catch (cause) {
		options.count?.('slack_handler_failed', { what });
		options.log.error(`Slack ${what} was acknowledged but could not be worked`, {
			cause: cause instanceof Error ? cause.message : String(cause),
		});
	}
}

function listen(app: App, options: SlackOptions): void {
	const { handlers } = options;
	const seen = new Set<string>();
	app.action({ type: 'block_actions' }, async ({ ack, body, action }) => {
		await ack();
		if (action.type !== 'button') return;
		const channel = body.channel?.id ?? null;
		const message: { ts?: unknown; thread_ts?: unknown } = body.message ?? {};
		const threadTs = typeof message.thread_ts === 'string' ? message.thread_ts : null;
		const click = {
			action: action.action_id,
			value: action.value ?? '',
			user: body.user.id,
			channel,
			threadTs,
			triggerId: body.trigger_id,
		};
		await work(options, 'click', async () => await handlers.click(click));
	});
	app.view(/.{1,100}/, async ({ ack, body, view }) => {
		if (body.type !== 'view_submission') return await ack();
		const submission = {
			callback: view.callback_id,
			messageId: view.private_metadata,
			user: body.user.id,
			fields: readFields(view.state.values),
			ticks: readChoices(view.blocks, view.state.values),
		};
		const errors = handlers.check(submission);
		if (errors !== null) return await ack({ response_action: 'errors', errors: { ...errors } });
		await ack();
		await work(options, 'submission', async () => await handlers.submit(submission));
	});
	app.command(/.{1,64}/, async ({ ack, command, respond }) => {
		await ack();
		await work(options, 'command', async () => {
			const text = await handlers.command({ text: command.text, user: command.user_id, channel: command.channel_id });
			await respond(loose({ response_type: 'ephemeral', ...plainReply(text), mrkdwn: false }));
		});
	});
	app.event('app_home_opened', async ({ event, body }) => {
		if (isRepeat(seen, body.event_id)) return;
		if (event.tab === 'home') await work(options, 'home', async () => await handlers.home(event.user));
	});
	app.error(async (error) => {
		options.count?.('slack_handler_failed', { what: 'bolt' });
		options.log.error('Slack request could not be worked', { cause: error.message });
	});
}

function isRepeat(seen: Set<string>, id: string): boolean {
	if (seen.has(id)) return true;
	seen.add(id);
	if (seen.size > EVENTS_REMEMBERED) seen.delete(seen.values().next().value ?? '');
	return false;
}

type Caller = {
	/** @param lane what Slack counts for itself where that is less than the method: a channel, for posts */
	readonly call: <T>(what: string, run: () => Promise<T>, repeatable: boolean, lane?: string) => Promise<T>;
	readonly pacer: Pacer;
	readonly hurry: () => void;
};

/** Tries, pauses, the breaker and what is said about them. */
function createCaller(options: SlackOptions, web: typeof import('@slack/web-api')): Caller {
	const sleep = options.sleep ?? (async (ms: number) => await new Promise<void>((resolve) => setTimeout(resolve, ms)));
	const ending = new AbortController();
	const ended = new Promise<void>((done) => ending.signal.addEventListener('abort', () => done()));
	let failures = 0;
	let openUntil = 0;
	const worked = (): void => {
		if (failures >= BREAKER_FAILURES) options.onHealth?.('back', 'calls work again');
		failures = 0;
	};
	const failed = (detail: string): number => {
		failures++;
		const pause = Math.min(
			BREAKER_PAUSE_MS * 6,
			BREAKER_PAUSE_MS * 2 ** Math.max(0, Math.min(4, failures - BREAKER_FAILURES)),
		);
		if (failures >= BREAKER_FAILURES) openUntil = options.now() + pause;
		if (failures === BREAKER_FAILURES) options.onHealth?.('down', detail);
		return failures >= BREAKER_FAILURES ? openUntil : options.now() + 1_000 * failures;
	};
	const once = async <T>(what: string, run: () => Promise<T>): Promise<T | SlackFault> => {
		try {
			const value = await run();
			worked();
			options.count?.('slack_call', { what, result: 'ok' });
			return value;
		} catch (cause) {
			options.count?.('slack_call', { what, result: 'failed' });
			if (cause instanceof web.WebAPIPlatformError && FAULT_CODES.includes(cause.data.error)) {
				const detail = `${what}: ${cause.data.error}`;
				return { kind: 'unavailable', detail, retryAt: failed(detail), isAmbiguous: true };
			}
			if (cause instanceof web.WebAPIPlatformError) {
				worked();
				if (LIMIT_CODES.includes(cause.data.error)) return limitedUntil(what, options.now() + LIMIT_PAUSE_MS);
				const { messages } = (cause.data.response_metadata ?? {}) as { messages?: string[] }; // Slack's own explanation, where it gives one
				return { kind: 'refused', code: cause.data.error, detail: (messages ?? []).join('; ').slice(0, 500) };
			}
			if (cause instanceof web.WebAPIRateLimitedError)
				return limitedUntil(what, options.now() + cause.retryAfter * 1_000);
			if (cause instanceof web.WebAPIHTTPError && cause.statusCode < 500) {
				return { kind: 'refused', code: `http_${cause.statusCode}`, detail: `${what} is not there` };
			}
			const detail = `${what}: ${cause instanceof Error ? cause.message : String(cause)}`.slice(0, 300);
			return {
				kind: 'unavailable',
				detail,
				retryAt: failed(detail),
				isAmbiguous: !/ECONNREFUSED|ENOTFOUND/.test(causeChain(cause)),
			};
		}
	};
	/** Who was told to come back later is not asked before, by whichever message: an app that goes on asking is limited for longer. */
	const limits = new Map<string, number>();
	const call: Caller['call'] = async (what, run, repeatable, lane = '') => {
		const counted = `${what} ${lane}`;
		for (let attempt = 1; ; attempt++) {
			if (options.now() < openUntil)
				throw new SlackFailure({
					kind: 'unavailable',
					detail: 'calls failed before and wait',
					retryAt: openUntil,
					isAmbiguous: false,
				});
			const until = attempt === 1 ? (limits.get(counted) ?? 0) : 0;
			const result = until > options.now() ? limitedUntil(what, until) : await once(what, run);
			if (!isFault(result)) {
				limits.delete(counted);
				return result;
			}
			if (result.kind === 'unavailable' && result.isLimit) limits.set(counted, result.retryAt);
			if (result.kind === 'refused' || attempt >= TRIES_MAX || (result.isAmbiguous && !repeatable))
				throw new SlackFailure(result);
			const pause = result.retryAt - options.now();
			if (pause > RETRY_AFTER_WAIT_MAX_MS || ending.signal.aborted) throw new SlackFailure(result);
			await Promise.race([sleep(Math.max(0, pause)), ended]);
			if (ending.signal.aborted) throw new SlackFailure(result);
		}
	};
	return { call, pacer: createPacer(options.now), hurry: () => ending.abort() };
}

function limitedUntil(what: string, retryAt: number): SlackFault {
	return { kind: 'unavailable', detail: `${what}: rate limited`, retryAt, isAmbiguous: false, isLimit: true };
}

function isFault(value: unknown): value is SlackFault {
	return (
		typeof value === 'object' &&
		value !== null &&
		'kind' in value &&
		(value.kind === 'refused' || value.kind === 'unavailable')
	);
}

/** Messages and codes of an error and its causes: fetch hides the reason two levels down. */
function causeChain(error: unknown, depth = 0): string {
	if (!(error instanceof Error) || depth > 4) return String(error);
	const { code, original } = error as { code?: unknown; original?: unknown }; // Node's errors carry a code, the Web API's the original
	return `${String(code)} ${error.message} ${causeChain(error.cause, depth + 1)} ${original === undefined ? '' : causeChain(original, depth + 1)}`;
}

/** The client's own types want Block Kit as literals; ours is checked by tests against Slack's limits. */
function loose(value: unknown): never {
	return value as never; // JSON that Slack checks itself
}

function createCalls(client: WebClient, { call, pacer }: Caller, options: SlackOptions): SlackCalls {
	return {
		turn: pacer.turn,
		post: async ({ channel, threadTs, key, text, blocks }) => {
			const answer = await call(
				'chat.postMessage',
				async () =>
					await client.chat.postMessage(
						loose({
							channel,
							text,
							blocks,
							...(threadTs === null ? {} : { thread_ts: threadTs }),
							unfurl_links: false,
							unfurl_media: false,
							parse: 'none',
							link_names: false,
							mrkdwn: false,
							metadata: { event_type: METADATA_EVENT, event_payload: { key } },
						}),
					),
				false,
				channel,
			);
			return { ts: String(answer.ts), channel: answer.channel ?? channel };
		},
		update: async (channel, ts, { text, blocks }) => {
			await call(
				'chat.update',
				async () => await client.chat.update(loose({ channel, ts, text, blocks, parse: 'none', link_names: false })),
				true,
			);
		},
		find: async (channel, threadTs, key, sinceAt) =>
			await findMessage(client, call, { channel, threadTs, key, sinceAt }),
		whisper: async (channel, user, threadTs, text) => {
			const options_ = { ...plainReply(text), mrkdwn: false, parse: 'none', link_names: false };
			if (channel !== null) {
				const thread = threadTs === null ? {} : { thread_ts: threadTs };
				await call(
					'chat.postEphemeral',
					async () => await client.chat.postEphemeral(loose({ channel, user, ...thread, ...options_ })),
					true,
				);
			} else {
				await call(
					'chat.postMessage',
					async () => await client.chat.postMessage(loose({ channel: user, ...options_ })),
					false,
				);
			}
		},
		openModal: async (triggerId, view) => {
			const answer = await call(
				'views.open',
				async () => await client.views.open(loose({ trigger_id: triggerId, view })),
				false,
			);
			return answer.view?.id ?? null;
		},
		updateModal: async (viewId, view) => {
			await call('views.update', async () => await client.views.update(loose({ view_id: viewId, view })), true);
		},
		publishHome: async (user, view) => {
			await call('views.publish', async () => await client.views.publish(loose({ user_id: user, view })), true);
		},
		members: createMembers(client, call, options),
	};
}

type Wanted = {
	readonly channel: string;
	readonly threadTs: string | null;
	readonly key: string;
	readonly sinceAt: number;
};

/** One page of the channel or thread since the intent. Servers that give no metadata back cannot tell: `unknown`. */
async function findMessage(
	client: WebClient,
	call: Caller['call'],
	{ channel, threadTs, key, sinceAt }: Wanted,
): Promise<Posted | 'absent' | 'unknown'> {
	const common = {
		channel,
		oldest: ((sinceAt - CLOCK_SKEW_MAX_S * 1_000) / 1_000).toFixed(6),
		limit: HISTORY_PAGE,
		include_all_metadata: true,
	};
	try {
		const page =
			threadTs === null
				? await call('conversations.history', async () => await client.conversations.history(loose(common)), true)
				: await call(
						'conversations.replies',
						async () => await client.conversations.replies(loose({ ...common, ts: threadTs })),
						true,
					);
		let isMetadataSeen = false;
		for (const message of page.messages ?? []) {
			const payload: unknown = message.metadata?.event_payload;
			if (message.metadata?.event_type !== METADATA_EVENT || typeof payload !== 'object' || payload === null) continue;
			isMetadataSeen = true;
			if ('key' in payload && payload.key === key && message.ts !== undefined) return { ts: message.ts, channel };
		}
		const isWhole = page.has_more !== true;
		return isWhole && (isMetadataSeen || (page.messages ?? []).length === 0) ? 'absent' : 'unknown';
	} catch (cause) {
		if (cause instanceof SlackFailure && cause.fault.kind === 'refused') return 'unknown';
		throw cause;
	}
}

/** Members of user groups, at most a minute old. What cannot be read lends no role: fail closed, and say so. */
function createMembers(client: WebClient, call: Caller['call'], options: SlackOptions): SlackCalls['members'] {
	const cache = new Map<string, { readonly at: number; readonly users: readonly string[] }>();
	let handles: ReadonlyMap<string, string> = new Map();
	const idOf = async (group: string): Promise<string> => {
		if (/^S[A-Z0-9]{2,30}$/.test(group)) return group;
		const wanted = group.replace(/^@/, '');
		if (!handles.has(wanted)) {
			const answer = await call('usergroups.list', async () => await client.usergroups.list(), true);
			handles = new Map((answer.usergroups ?? []).map((found) => [found.handle ?? '', found.id ?? '']));
		}
		return handles.get(wanted) ?? group;
	};
	const read = async (group: string): Promise<readonly string[]> => {
		const held = cache.get(group);
		if (held !== undefined && options.now() - held.at < GROUPS_CACHED_MS) return held.users;
		try {
			const usergroup = await idOf(group);
			const answer = await call(
				'usergroups.users.list',
				async () => await client.usergroups.users.list({ usergroup }),
				true,
			);
			const users = answer.users ?? [];
			cache.set(group, { at: options.now(), users });
			return users;
		} catch (cause) {
			options.log.warn('members of a Slack user group could not be read: it lends no role now', {
				group,
				cause: cause instanceof Error ? cause.message : String(cause),
			});
			return [];
		}
	};
	return async (groups) => {
		const found = new Map<string, readonly string[]>();
		for (const group of new Set(groups)) found.set(group, await read(group));
		return found;
	};
}
