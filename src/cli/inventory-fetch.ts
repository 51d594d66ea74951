// Fetches an asset export over HTTP, page by page: bounded in time, size, pages and tries, TLS verified, never away from the host that was named
// (the token would go with it). What the pages mean is config/inventory-export.ts's.
import type { ExportText } from '../config/inventory-export.ts';
import type { Platform } from '../config/inventory-record.ts';
import { err, ok, type Result } from '../domain/result.ts';

const PAGES_MAX = 5_000;
const BYTES_MAX = 256 * 1024 * 1024;
const REQUEST_MS = 30_000;
const TRIES_MAX = 4;
const PAUSE_MS = 500;
/** A platform may ask for a pause; longer ones are an error. */
const PAUSE_MAX_MS = 30_000;
const PAGE_SIZE = 500;

type Request = { readonly url: URL; readonly body: string | null };
type Answer = Readonly<Record<string, unknown>>;
/** How a platform is asked: the first requests, and what follows an answer. */
type Paging = {
	readonly first: readonly Request[];
	readonly next: (request: Request, answer: Answer | null) => Request | Error | null;
};

export type FetchOptions = {
	readonly token: string | null;
	readonly pauseMs?: number;
	readonly bytesMax?: number;
	readonly tell: (text: string) => void;
};

/** The address as it may be fetched, or why not: TLS, except to this machine, and no password in it. */
export function readUrl(text: string): URL | string {
	const url = URL.parse(text);
	if (url === null) return 'is no address';
	const isHere = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname);
	if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isHere))
		return 'must begin with https:// (http:// only to this machine): on the way, others could read the token and change the assets';
	if (url.username !== '' || url.password !== '')
		return 'holds a user or password: give them in the environment, as `user:password` (--token-env)';
	return url;
}

/** @returns every page's text, or what went wrong in words: a part of an export is never returned as the whole */
export async function fetchExport(
	platform: Platform,
	url: URL,
	options: FetchOptions,
): Promise<Result<ExportText[], string>> {
	const paging = pagingOf(platform, url);
	const waiting = [...paging.first];
	const texts: ExportText[] = [];
	const seen = new Set<string>();
	let bytes = 0;
	for (let request = waiting.shift(); request !== undefined; request = waiting.shift()) {
		const key = `${request.url.href} ${request.body ?? ''}`;
		if (seen.has(key)) return err(`${request.url.href}: the pages go in a circle`);
		seen.add(key);
		if (seen.size > PAGES_MAX) return err(`${url.href}: more than ${PAGES_MAX} pages`);
		const read = await fetchPage(platform, request, (options.bytesMax ?? BYTES_MAX) - bytes, options);
		if (!read.ok) return err(`${request.url.href}: ${read.error}`);
		bytes += Buffer.byteLength(read.value);
		texts.push({ name: request.url.href, text: read.value });
		const next = paging.next(request, jsonOrNull(read.value));
		if (next instanceof Error) return err(`${request.url.href}: ${next.message}`);
		if (next !== null) waiting.unshift(next);
	}
	return ok(texts);
}

async function fetchPage(
	platform: Platform,
	request: Request,
	bytesLeft: number,
	options: FetchOptions,
): Promise<Result<string, string>> {
	for (let tries = 1; ; tries++) {
		const answer = await tryPage(platform, request, bytesLeft, options.token);
		if (answer.kind === 'done') return ok(answer.text);
		if (answer.kind === 'final' || tries >= TRIES_MAX)
			return err(tries > 1 ? `${answer.reason} (${tries} tries)` : answer.reason);
		const pause = answer.pauseMs ?? (options.pauseMs ?? PAUSE_MS) * 2 ** (tries - 1);
		if (pause > PAUSE_MAX_MS)
			return err(`${answer.reason}: it asks to wait ${Math.round(pause / 1000)} s, try again then`);
		options.tell(`${request.url.host}: ${answer.reason}, once more in ${Math.round(pause / 100) / 10} s`);
		await new Promise((done) => setTimeout(done, pause));
	}
}

type Tried =
	| { readonly kind: 'done'; readonly text: string }
	| { readonly kind: 'final'; readonly reason: string }
	| { readonly kind: 'again'; readonly reason: string; readonly pauseMs: number | null };

async function tryPage(
	platform: Platform,
	{ url, body }: Request,
	bytesLeft: number,
	token: string | null,
): Promise<Tried> {
	try {
		const response = await fetch(url, {
			method: body === null ? 'GET' : 'POST',
			headers: {
				accept: 'application/json, text/csv, application/yaml, */*',
				...(body === null ? {} : { 'content-type': 'application/json' }),
				...(token === null ? {} : { authorization: authorization(platform, token) }),
			},
			body,
			// A redirect would carry the token to wherever the answer says.
			redirect: 'error',
			signal: AbortSignal.timeout(REQUEST_MS),
		});
		if (response.status === 429 || response.status >= 500) {
			await response.body?.cancel();
			const asked = Number(response.headers.get('retry-after') ?? Number.NaN);
			return { kind: 'again', reason: `answered ${response.status}`, pauseMs: asked >= 0 ? asked * 1000 : null };
		}
		if (!response.ok) {
			await response.body?.cancel();
			const help =
				response.status === 401 || response.status === 403 ? ': is the token right, and may it read assets?' : '';
			return { kind: 'final', reason: `answered ${response.status}${help}` };
		}
		return await readBounded(response, bytesLeft);
	} catch (error) {
		const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
		const reason = cause instanceof Error ? cause.message : String(cause);
		const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
		// A certificate or a redirect does not get better by asking again.
		return /CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO/.test(code) || reason.includes('redirect')
			? { kind: 'final', reason: code === '' ? reason : `${reason} (${code})` }
			: { kind: 'again', reason, pauseMs: null };
	}
}

async function readBounded(response: Response, bytesLeft: number): Promise<Tried> {
	const parts: Uint8Array[] = [];
	let size = 0;
	for await (const part of response.body ?? []) {
		size += part.byteLength;
		if (size > bytesLeft) return { kind: 'final', reason: 'the export is larger than is allowed' };
		parts.push(part);
	}
	try {
		return { kind: 'done', text: new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(parts)) };
	} catch {
		return { kind: 'final', reason: 'is not UTF-8 text' };
	}
}

/** `user:password` is Basic everywhere; else each platform's own word. */
function authorization(platform: Platform, token: string): string {
	if (/^[^:\s]+:\S+$/.test(token)) return `Basic ${Buffer.from(token).toString('base64')}`;
	if (platform === 'netbox') return token.startsWith('nbt_') ? `Bearer ${token}` : `Token ${token}`;
	return platform === 'claroty-ctd' ? token : `Bearer ${token}`;
}

function pagingOf(platform: Platform, url: URL): Paging {
	const get = (address: URL): Request => ({ url: address, body: null });
	switch (platform) {
		case 'csv':
		case 'yaml':
			return { first: [get(url)], next: () => null };
		case 'netbox':
			return netboxPaging(url, get);
		case 'nozomi': {
			const start = at(url, '/api/open/query/do', { query: 'assets', page: '1', count: String(PAGE_SIZE) });
			return {
				first: [get(start)],
				next: (request, answer) => nextByNumber(request, listLength(answer, 'result'), 'page', 'count'),
			};
		}
		case 'claroty-ctd': {
			const start = at(url, '/ranger/assets', { page: '1', per_page: String(PAGE_SIZE) });
			return {
				first: [get(start)],
				next: (request, answer) => nextByNumber(request, listLength(answer, 'objects'), 'page', 'per_page'),
			};
		}
		case 'claroty-xdome': {
			const ask = (offset: number): Request => ({
				url: at(url, '/api/v1/devices/', {}),
				body: JSON.stringify({ offset, limit: PAGE_SIZE, fields: XDOME_FIELDS }),
			});
			return {
				first: [ask(0)],
				next: ({ body }, answer) => {
					const offset: unknown = jsonOrNull(body ?? '')?.['offset'];
					return typeof offset !== 'number' || listLength(answer, 'devices') < PAGE_SIZE
						? null
						: ask(offset + PAGE_SIZE);
				},
			};
		}
	}
}

/** What xDome is asked for: it answers with the fields that are named. */
const XDOME_FIELDS = [
	'uid',
	'asset_id',
	'local_name',
	'device_name',
	'dhcp_last_seen_hostname',
	'ip_list',
	'mac_list',
	'device_category',
	'device_subcategory',
	'device_type',
	'manufacturer',
	'os_name',
	'purdue_level',
	'site_name',
	'switch_name_list',
	'last_seen_list',
	'retired',
];

const NETBOX_LISTS = [
	'dcim/devices',
	'dcim/interfaces',
	'virtualization/virtual-machines',
	'virtualization/interfaces',
	'ipam/ip-addresses',
];

/** An address that names one of NetBox's lists is asked as it is, with its filters; else all lists are. */
function netboxPaging(url: URL, get: (address: URL) => Request): Paging {
	const first = url.pathname.includes('/api/')
		? [get(url)]
		: NETBOX_LISTS.map((list) => get(at(url, `/api/${list}/`, { limit: String(PAGE_SIZE) })));
	return {
		first,
		next: (_, answer) => {
			const next = answer?.['next'];
			if (next === null || next === undefined) return null;
			const address = typeof next === 'string' ? URL.parse(next, url.href) : null;
			if (address === null || address.hostname !== url.hostname)
				return new Error('the next page lies on another host, which does not get the token');
			// Behind a proxy NetBox may write its inner scheme and port: only the path is taken.
			return get(new URL(address.pathname + address.search, url));
		},
	};
}

/** The base address with the platform's own path behind it, unless it names a path of the platform already. */
function at(url: URL, path: string, query: Readonly<Record<string, string>>): URL {
	const made = new URL(url);
	const base = made.pathname.replace(/\/$/, '');
	if (!base.includes(path.replace(/\/$/, ''))) made.pathname = base + path;
	for (const [name, value] of Object.entries(query))
		if (!made.searchParams.has(name)) made.searchParams.set(name, value);
	return made;
}

/** The next page, where this one was full. */
function nextByNumber(request: Request, length: number, page: string, size: string): Request | null {
	const count = Number(request.url.searchParams.get(size));
	if (length === 0 || length < count) return null;
	const url = new URL(request.url);
	url.searchParams.set(page, String(Number(url.searchParams.get(page)) + 1));
	return { url, body: null };
}

function listLength(answer: Answer | null, name: string): number {
	const list = answer?.[name];
	return Array.isArray(list) ? list.length : 0;
}

function jsonOrNull(text: string): Answer | null {
	try {
		const value: unknown = JSON.parse(text);
		return typeof value === 'object' && value !== null && !Array.isArray(value)
			? Object.fromEntries(Object.entries(value))
			: null;
	} catch {
		return null;
	}
}
