// A log store as the reference of Elasticsearch documents it, as far as searches by address go: API key or Basic, quoted terms of fields joined by OR,
// a range of time, newest first, only the fields that are asked for, and a count that stops at a limit.
import { startVendor, type VendorRequest, type VendorResponse, type VendorServer } from './server.ts';

export type LogEntry = { readonly index: string; readonly at: number; readonly source: Record<string, unknown> };
export type LogStore = VendorServer & {
	readonly entries: LogEntry[];
	readonly logins: Set<string>;
	/** Its clock: what `Date` says. */
	clock: number;
	/** A shard that does not answer. */
	failed: number;
};

export const API_KEY = 'ZWxhc3RpYzprZXktMDEyMzQ1Njc4OQ==';

export async function startLogStore(
	entries: LogEntry[],
	clock: number,
	tls: { readonly key: string; readonly cert: string } | null = null,
): Promise<LogStore> {
	const vendor = await startVendor((request) => answer(request, store), tls);
	const store: LogStore = Object.assign(vendor, { entries, clock, logins: new Set([`ApiKey ${API_KEY}`]), failed: 0 });
	return store;
}

const flat = (value: unknown, path = ''): [string, string][] =>
	typeof value === 'object' && value !== null
		? Object.entries(value).flatMap(([key, inner]) => flat(inner, path === '' ? key : `${path}.${key}`))
		: [[path, String(value)]];

function answer(request: VendorRequest, store: LogStore): VendorResponse {
	const said = (status: number, body: object): VendorResponse => ({
		...{
			status,
			headers: { 'content-type': 'application/json', date: new Date(store.clock).toUTCString() },
			body: JSON.stringify(body),
		},
	});
	if (request.method !== 'GET') return said(405, { error: 'method' });
	if (!store.logins.has(request.headers.authorization ?? ''))
		return said(401, { error: { type: 'security_exception', reason: 'unable to authenticate' }, status: 401 });
	if (request.path === '/') return said(200, { name: 'n', cluster_name: 'c', version: { number: '8.15.0' } });
	const [, encoded = '', verb] = /^\/([^/]+)\/(_search|_count)$/.exec(request.path) ?? [];
	const index = new RegExp(`^${decodeURIComponent(encoded).replaceAll('.', '\\.').replaceAll('*', '.*')}$`);
	const held = store.entries.filter((entry) => index.test(entry.index));
	if (verb === undefined || held.length === 0)
		return said(404, { error: { type: 'index_not_found_exception' }, status: 404 });
	const q = request.query.get('q') ?? '';
	const range = /:\["([^"]+)" TO "([^"]+)"\]/.exec(q);
	const terms = [...q.matchAll(/([A-Za-z_.@]+):"([^"]*)"/g)].map((match) => [match[1] ?? '', match[2] ?? ''] as const);
	const matching = held
		.filter(({ source }) => {
			const fields = flat(source);
			return terms.some(([name, value]) => fields.some(([path, text]) => path === name && text === value));
		})
		.filter(({ at }) => range === null || (at >= Date.parse(range[1] ?? '') && at <= Date.parse(range[2] ?? '')))
		.toSorted((a, b) => b.at - a.at);
	if (verb === '_count') return said(200, { count: matching.length, _shards: { failed: store.failed } });
	const limit = Number(request.query.get('track_total_hits') ?? 10_000);
	const wanted = request.query.get('_source_includes')?.split(',') ?? [];
	const total = { value: Math.min(limit, matching.length), relation: matching.length > limit ? 'gte' : 'eq' };
	const hits = matching.slice(0, Number(request.query.get('size') ?? 10)).map(({ index: _index, at, source }) => ({
		...{ _index, _id: String(at), _score: null },
		_source: Object.fromEntries(
			flat({ ...source, '@timestamp': new Date(at).toISOString() }).filter(([path]) => wanted.includes(path)),
		),
	}));
	return said(200, {
		...{
			took: 3,
			timed_out: false,
			_shards: { total: 3, successful: 3 - store.failed, skipped: 0, failed: store.failed },
		},
		hits: { total, max_score: null, hits },
	});
}
