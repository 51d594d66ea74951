// One Web API call: token, method, rate limit, method's own rules, in Slack's order of refusal. NOT here: HTTP (server.ts).
import { SlackApiError } from './api-error.ts';
import { Arguments, parseArguments } from './arguments.ts';
import type { JsonObject } from './json.ts';
import { APP_TOKEN_METHODS, METHODS } from './methods/index.ts';
import type { Parts } from './parts.ts';

export type ApiAnswer = {
	readonly status: number;
	readonly headers: { readonly [name: string]: string };
	readonly body: JsonObject;
};
export type ApiRequest = {
	readonly method: string;
	readonly contentType: string;
	readonly authorization: string;
	readonly raw: string;
	readonly query: URLSearchParams;
};

/** Answers one call: HTTP 200 with `ok` for all that Slack answers so, 429 with Retry-After above the rate. */
export function callApi(parts: Parts, request: ApiRequest): ApiAnswer {
	try {
		const args = new Arguments(parseArguments(request.contentType, request.raw, request.query));
		const method = METHODS.get(request.method);
		if (!method) throw new SlackApiError('unknown_method');
		checkToken(parts, request, args);
		// A channel has one rate, whether it is called by id or by name.
		const channel = parts.workspace.findChannel(args.text('channel'))?.id ?? args.text('channel');
		const wait = parts.limiter.secondsToWait(request.method, channel, parts.workspace.now());
		if (wait > 0)
			return { status: 429, headers: { 'retry-after': String(wait) }, body: { ok: false, error: 'ratelimited' } };
		const body = method({
			args,
			workspace: parts.workspace,
			views: parts.views,
			url: parts.address.url,
			socketUrl: () => `${parts.address.url.replace('http:', 'ws:')}/socket?ticket=${parts.socket.newTicket()}`,
			announce: (message, change) => parts.act.announce(message, change),
		});
		return { status: 200, headers: {}, body };
	} catch (error) {
		if (error instanceof SlackApiError) return { status: 200, headers: {}, body: error.toBody() };
		throw error;
	}
}

function checkToken(parts: Parts, request: ApiRequest, args: Arguments): void {
	if (request.method === 'api.test') return;
	const bearer = /^Bearer (\S{1,500})$/.exec(request.authorization)?.[1];
	const token = bearer ?? args.text('token');
	if (token === '') throw new SlackApiError('not_authed');
	const wantsApp = APP_TOKEN_METHODS.has(request.method);
	if (token === (wantsApp ? parts.tokens.app : parts.tokens.bot)) return;
	const isOther = token === (wantsApp ? parts.tokens.bot : parts.tokens.app);
	throw new SlackApiError(isOther ? 'not_allowed_token_type' : 'invalid_auth');
}
