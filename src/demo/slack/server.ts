// The stand-in's HTTP server: Web API, uploads, response_url, Socket Mode upgrade, and the page. Holds no rules of Slack.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { SlackApiError } from './api-error.ts';
import { asObject, parseJson } from './json.ts';
import { FILE_BYTES_MAX, REQUEST_BODY_BYTES_MAX } from './limits.ts';
import { servePage } from './page-routes.ts';
import type { Parts } from './parts.ts';
import { sendJson } from './send-json.ts';
import { callApi } from './web-api.ts';

class TooLarge extends Error {}

export async function listen(
	parts: Parts,
	port: number,
	host: string,
): Promise<{ url: string; port: number; close(): Promise<void> }> {
	const server = createServer((request, response) => {
		route(parts, request, response).catch((error: unknown) => fail(response, error));
	});
	server.on('upgrade', (request, duplex, head) => {
		duplex.on('error', () => duplex.destroy());
		const url = urlOf(request);
		if (url?.pathname === '/socket') parts.socket.upgrade(request, duplex, head, url.searchParams.get('ticket') ?? '');
		else duplex.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n');
	});
	await new Promise<void>((resolve, reject) => {
		server.once('error', reject);
		server.listen(port, host, () => resolve());
	});
	const address = server.address();
	const actual = typeof address === 'object' && address !== null ? address.port : port;
	return {
		url: `http://${host.includes(':') ? `[${host}]` : host}:${actual}`,
		port: actual,
		close: () => closeServer(server),
	};
}

function closeServer(server: Server): Promise<void> {
	return new Promise((resolve) => {
		server.close(() => resolve());
		server.closeAllConnections();
	});
}

/** The request's address; null where it cannot be read, which must not throw outside a promise. */
function urlOf(request: IncomingMessage): URL | null {
	return URL.parse(request.url ?? '/', 'http://local');
}

async function route(parts: Parts, request: IncomingMessage, response: ServerResponse): Promise<void> {
	const url = urlOf(request);
	if (url === null) return sendJson(response, 400, { ok: false, error: 'invalid_url' });
	const [, first = '', ...rest] = url.pathname.split('/');
	if (first === 'api') return api(parts, request, response, rest.join('/'), url.searchParams);
	if (first === 'response' && request.method === 'POST') return responseUrl(parts, request, response, rest.join('/'));
	if (first === 'upload' && request.method === 'POST') return upload(parts, request, response, rest.at(-1) ?? '');
	await servePage(parts, request, response, url, () => readBody(request, REQUEST_BODY_BYTES_MAX));
}

async function api(
	parts: Parts,
	request: IncomingMessage,
	response: ServerResponse,
	method: string,
	query: URLSearchParams,
): Promise<void> {
	const raw = await readBody(request, REQUEST_BODY_BYTES_MAX);
	const answer = callApi(parts, {
		method,
		query,
		contentType: request.headers['content-type'] ?? '',
		authorization: request.headers.authorization ?? '',
		raw: raw.toString('utf8'),
	});
	sendJson(response, answer.status, answer.body, answer.headers);
}

async function responseUrl(
	parts: Parts,
	request: IncomingMessage,
	response: ServerResponse,
	token: string,
): Promise<void> {
	const body = parseJson((await readBody(request, REQUEST_BODY_BYTES_MAX)).toString('utf8'));
	if (body === undefined) return sendJson(response, 400, { ok: false, error: 'invalid_payload' });
	try {
		parts.responseUrls.use(token, asObject(body));
		response.writeHead(200, { 'content-type': 'text/html' }).end('ok');
	} catch (error) {
		if (!(error instanceof SlackApiError)) throw error;
		const isGone = error.code === 'expired_url' || error.code === 'used_url';
		sendJson(response, isGone ? 404 : 400, error.toBody());
	}
}

/** Takes the bytes of step two of an upload: as they are, or as the one file of a form. */
async function upload(parts: Parts, request: IncomingMessage, response: ServerResponse, fileId: string): Promise<void> {
	const raw = await readBody(request, FILE_BYTES_MAX);
	const file = parts.workspace.files.get(fileId);
	if (!file) return sendJson(response, 404, { ok: false, error: 'file_not_found' });
	const bytes = await fileBytes(request.headers['content-type'] ?? '', raw);
	if (bytes.length === 0) return sendJson(response, 400, { ok: false, error: 'no_file_data' });
	parts.workspace.files.set(fileId, { ...file, bytes });
	response.writeHead(200, { 'content-type': 'text/plain' }).end(`OK - ${bytes.length}`);
}

async function fileBytes(contentType: string, raw: Buffer): Promise<Buffer> {
	if (!contentType.startsWith('multipart/form-data')) return raw;
	const form = await new Response(new Uint8Array(raw), { headers: { 'content-type': contentType } }).formData();
	for (const entry of form.values()) {
		if (typeof entry !== 'string') return Buffer.from(await entry.arrayBuffer());
	}
	return Buffer.alloc(0);
}

async function readBody(request: IncomingMessage, bytesMax: number): Promise<Buffer> {
	const chunks: Buffer[] = [];
	let size = 0;
	for await (const chunk of request) {
		const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
		size += bytes.length;
		if (size > bytesMax) throw new TooLarge(`the body is larger than ${bytesMax} bytes`);
		chunks.push(bytes);
	}
	return Buffer.concat(chunks);
}

function fail(response: ServerResponse, error: unknown): void {
	if (response.headersSent) {
		response.destroy();
		return;
	}
	const isTooLarge = error instanceof TooLarge;
	const message = error instanceof Error ? error.message : String(error);
	// The cause is shown: this is a stand-in on the reader's own machine, and a hidden fault would look like the bot's.
	sendJson(
		response,
		isTooLarge ? 413 : 500,
		{ ok: false, error: isTooLarge ? 'request_too_large' : 'fatal_error', detail: message },
		{ connection: 'close' },
	);
}
