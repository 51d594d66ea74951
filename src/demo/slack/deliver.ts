// The way to the bot: signed HTTP where an address is known, else the open Socket Mode connections. Waits three seconds for
// the acknowledgement; events that get none are sent again, clicks and commands are not (as with Slack).
import type { EnvelopeType, Outcome, Retry } from './envelope.ts';
import { asObject, type JsonObject, parseJson, textOf } from './json.ts';
import { signatureHeaders } from './sign.ts';
import type { SocketMode } from './socket-mode.ts';

const ANSWER_CHARACTERS_MAX = 500_000;

export type DeliveryOptions = {
	readonly signingSecret: string;
	readonly ackTimeoutMs: number;
	readonly eventRetryDelaysMs: readonly number[];
	readonly now: () => number;
};

export class Delivery {
	eventsUrl: string | null;
	readonly #socket: SocketMode;
	readonly #options: DeliveryOptions;
	readonly #timers = new Set<NodeJS.Timeout>();
	#isClosed = false;
	#wasUnreachable = false;

	constructor(eventsUrl: string | null, socket: SocketMode, options: DeliveryOptions) {
		this.eventsUrl = eventsUrl;
		this.#socket = socket;
		this.#options = options;
	}

	/** False where the last request found nobody at the address. */
	get isReachable(): boolean {
		return this.isConnected && (this.#socket.connections > 0 || !this.#wasUnreachable);
	}

	get isConnected(): boolean {
		return this.eventsUrl !== null || this.#socket.connections > 0;
	}

	/** Sends once and says how it was answered. An open socket wins over the address: Slack knows one mode at a time. */
	send(type: EnvelopeType, payload: JsonObject, retry: Retry | null = null): Promise<Outcome> {
		if (this.#isClosed) return Promise.resolve({ ok: false, reason: 'not_connected', stopsRetries: true });
		if (this.#socket.connections > 0) return this.#socket.send(type, payload, this.#options.ackTimeoutMs, retry);
		if (this.eventsUrl === null) return Promise.resolve({ ok: false, reason: 'not_connected', stopsRetries: false });
		return this.#post(this.eventsUrl, type, payload, retry);
	}

	/** Sends an event until it is acknowledged, up to three times more; settles when that is decided. */
	async sendEvent(payload: JsonObject): Promise<Outcome> {
		let outcome = await this.send('events_api', payload);
		for (const [at, delayMs] of this.#options.eventRetryDelaysMs.entries()) {
			if (outcome.ok || outcome.stopsRetries || this.#isClosed) return outcome;
			const reason =
				outcome.reason === 'timeout'
					? 'http_timeout'
					: outcome.reason === 'http_error'
						? 'http_error'
						: 'connection_failed';
			await this.#pause(delayMs);
			outcome = await this.send('events_api', payload, { attempt: at + 1, reason });
		}
		return outcome;
	}

	/** Slack's check of a new address: the bot must give the challenge back. */
	async verifyUrl(challenge: string): Promise<boolean> {
		if (this.eventsUrl === null) return false;
		const payload = { type: 'url_verification', challenge, token: 'local-slack-legacy-token' };
		const outcome = await this.#post(this.eventsUrl, 'events_api', payload, null);
		if (!outcome.ok) return false;
		return textOf(outcome.body, 'challenge') === challenge || textOf(outcome.body, 'text') === challenge;
	}

	close(): void {
		this.#isClosed = true;
		for (const timer of this.#timers) clearTimeout(timer);
	}

	#pause(delayMs: number): Promise<void> {
		return new Promise((resolve) => {
			const timer = setTimeout(() => {
				this.#timers.delete(timer);
				resolve();
			}, delayMs);
			timer.unref();
			this.#timers.add(timer);
		});
	}

	async #post(url: string, type: EnvelopeType, payload: JsonObject, retry: Retry | null): Promise<Outcome> {
		const raw = bodyOf(type, payload);
		const headers = {
			'content-type': type === 'events_api' ? 'application/json' : 'application/x-www-form-urlencoded',
			'user-agent': 'Slackbot 1.0 (local stand-in)',
			...signatureHeaders(raw, this.#options.signingSecret, Math.floor(this.#options.now() / 1000)),
			...(retry === null ? {} : { 'x-slack-retry-num': String(retry.attempt), 'x-slack-retry-reason': retry.reason }),
		};
		try {
			const signal = AbortSignal.timeout(this.#options.ackTimeoutMs);
			const response = await fetch(url, { method: 'POST', headers, body: raw, signal, redirect: 'manual' });
			const text = (await response.text()).slice(0, ANSWER_CHARACTERS_MAX);
			this.#wasUnreachable = false;
			const stopsRetries = response.headers.get('x-slack-no-retry') === '1';
			if (!response.ok) return { ok: false, reason: 'http_error', stopsRetries };
			return { ok: true, body: answerOf(response.headers.get('content-type') ?? '', text) };
		} catch (error) {
			const isTimeout = error instanceof Error && error.name === 'TimeoutError';
			this.#wasUnreachable = !isTimeout;
			return { ok: false, reason: isTimeout ? 'timeout' : 'not_connected', stopsRetries: false };
		}
	}
}

function bodyOf(type: EnvelopeType, payload: JsonObject): string {
	switch (type) {
		case 'events_api':
			return JSON.stringify(payload);
		case 'interactive':
			return new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
		case 'slash_commands':
			return new URLSearchParams(
				Object.entries(payload).map(([key, value]): [string, string] => [key, String(value)]),
			).toString();
	}
}

/** The answer as an object; plain text, which Slack shows for commands, becomes `{text}`. */
function answerOf(contentType: string, text: string): JsonObject {
	const parsed = contentType.includes('json') || text.startsWith('{') ? parseJson(text) : undefined;
	if (parsed !== undefined) return asObject(parsed);
	return text.trim() === '' ? {} : { text };
}
