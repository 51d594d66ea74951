// The page's own routes: its three files, its state as HTML, server-sent events, and what a person does on it.
// Every answer carries a strict content policy, and requests that a foreign web site could make are refused.
import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isIP } from 'node:net';
import type { ActResult } from './act.ts';
import { asObject, asText, type JsonObject, parseJson, textOf } from './json.ts';
import { pageState } from './page/page-state.ts';
import type { Parts } from './parts.ts';
import { sendJson } from './send-json.ts';
import type { RawValue } from './values.ts';

const POLICY =
	"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'";
const HEADERS = {
	'content-security-policy': POLICY,
	'x-content-type-options': 'nosniff',
	'referrer-policy': 'no-referrer',
	'cross-origin-opener-policy': 'same-origin',
	'cross-origin-resource-policy': 'same-origin',
	'cache-control': 'no-store',
} as const;

const FILES: ReadonlyMap<string, { readonly type: string; readonly file: URL }> = new Map([
	['/', { type: 'text/html', file: new URL('./page/page.html', import.meta.url) }],
	['/page.css', { type: 'text/css', file: new URL('./page/page.css', import.meta.url) }],
	['/page.js', { type: 'text/javascript', file: new URL('./page/page.js', import.meta.url) }],
	['/icon.svg', { type: 'image/svg+xml', file: new URL('./page/icon.svg', import.meta.url) }],
]);

export async function servePage(
	parts: Parts,
	request: IncomingMessage,
	response: ServerResponse,
	url: URL,
	body: () => Promise<Buffer>,
): Promise<void> {
	for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
	if (!isOwnRequest(request, parts.address.url)) {
		return sendJson(response, 403, {
			ok: false,
			error: 'foreign_host',
			detail: 'open the page by the address that was printed',
		});
	}
	const file = FILES.get(url.pathname);
	if (request.method === 'GET' && file) {
		response.setHeader('content-type', `${file.type}; charset=utf-8`);
		response.end(readFileSync(file.file));
		return;
	}
	if (request.method === 'GET' && url.pathname === '/page/state')
		return sendJson(response, 200, stateFor(parts, url.searchParams));
	if (request.method === 'GET' && url.pathname === '/page/changes') return streamChanges(parts, request, response);
	if (request.method === 'POST' && url.pathname === '/page/act') return act(parts, request, response, await body());
	const permalink = /^\/archives\/([A-Z0-9]{1,40})\/p(\d{10})(\d{6})$/.exec(url.pathname);
	if (permalink) {
		const [, channel = '', seconds = '', micros = ''] = permalink;
		const thread = url.searchParams.get('thread_ts') ?? '';
		const query = new URLSearchParams({ channel, at: `${seconds}.${micros}`, ...(thread === '' ? {} : { thread }) });
		response.writeHead(302, { location: `/?${query}` }).end();
		return;
	}
	sendJson(response, 404, { ok: false, error: 'not_found' });
}

/** A host by name could be anybody's name for 127.0.0.1 (DNS rebinding); a foreign Origin is another site's script. */
function isOwnRequest(request: IncomingMessage, ownUrl: string): boolean {
	const host = request.headers.host ?? '';
	const name = URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : '';
	const isOwnHost =
		name === 'localhost' || isIP(name.replace(/^\[|\]$/g, '')) !== 0 || name === new URL(ownUrl).hostname;
	const origin = request.headers.origin;
	return isOwnHost && (origin === undefined || origin === `http://${host}` || origin === `https://${host}`);
}

function stateFor(parts: Parts, query: URLSearchParams): JsonObject {
	return pageState(parts, {
		person: query.get('as') ?? '',
		channel: query.get('channel') ?? '',
		thread: query.get('thread') ?? '',
		zone: query.get('zone') ?? 'UTC',
	});
}

/** Says `changed` at every change; the page then asks for its state. Many changes at once are said once. */
function streamChanges(parts: Parts, request: IncomingMessage, response: ServerResponse): void {
	response.writeHead(200, { 'content-type': 'text/event-stream' });
	response.write('retry: 1000\n\ndata: changed\n\n');
	let timer: NodeJS.Timeout | null = null;
	const stop = parts.workspace.onChange(() => {
		timer ??= setTimeout(() => {
			timer = null;
			response.write('data: changed\n\n');
		}, 50);
	});
	const beat = setInterval(() => response.write(': still here\n\n'), 15_000);
	beat.unref();
	request.on('close', () => {
		stop();
		clearInterval(beat);
		if (timer) clearTimeout(timer);
	});
}

async function act(parts: Parts, request: IncomingMessage, response: ServerResponse, raw: Buffer): Promise<void> {
	const isOurScript =
		request.headers['x-local-slack'] === '1' && (request.headers['content-type'] ?? '').startsWith('application/json');
	if (!isOurScript) return sendJson(response, 403, { ok: false, error: 'not_from_the_page' });
	const body = asObject(parseJson(raw.toString('utf8')));
	sendJson(response, 200, await perform(parts, body));
}

async function perform(parts: Parts, body: JsonObject): Promise<ActResult> {
	const person = textOf(body, 'as');
	const channel = textOf(body, 'channel');
	const text = textOf(body, 'text');
	const viewId = textOf(body, 'view');
	const values = asObject(body['values']);
	switch (body['do']) {
		case 'message': {
			const thread = textOf(body, 'thread') || null;
			return text.startsWith('/') && thread === null
				? parts.act.command(person, channel, text)
				: parts.act.message(person, channel, text, thread);
		}
		case 'click': {
			const value = rawValue(body['value']);
			const named = {
				action_id: textOf(body, 'action_id'),
				block_id: textOf(body, 'block_id'),
				values,
				...(value === undefined ? {} : { value }),
			};
			return parts.act.click(
				person,
				viewId === '' ? { channel, ts: textOf(body, 'ts'), ...named } : { viewId, ...named },
			);
		}
		case 'submit':
			return parts.act.submit(person, viewId, values);
		case 'close':
			return parts.act.close(person, viewId, body['all'] === true);
		case 'home':
			return parts.act.openHome(person, body['tab'] === 'messages' ? 'messages' : 'home');
		case 'join':
			return parts.act.join(person, channel);
		case 'read':
			parts.workspace.markRead(person, channel);
			return { ok: true };
		default:
			return { ok: false, error: 'unknown_act' };
	}
}

function rawValue(value: unknown): RawValue | undefined {
	if (Array.isArray(value)) return value.map(asText);
	return typeof value === 'string' || value === null ? value : undefined;
}
