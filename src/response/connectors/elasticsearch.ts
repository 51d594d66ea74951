// The log store: searches that the site has written, about one asset, in a window around the incident, in Elasticsearch or OpenSearch. Entries are
// shown to people and not kept in the ledger, which forgets nothing: it gets how many there were. NOT here: grant and login (reading-connector.ts).
import { z } from 'zod';
import type { Asset } from '../../domain/asset.ts';
import type { ElasticsearchConfig, LogSearch } from '../../domain/connector-kinds/reading.ts';
import type { Json } from '../../domain/entry.ts';
import type { Inventory } from '../../domain/inventory.ts';
import { err, ok, type Result } from '../../domain/result.ts';
import { fromIso, type Instant, MINUTE, toIso } from '../../domain/time.ts';
import type { CallRequest, Connector, Probe, ProbeWish } from './connector.ts';
import type { HttpEdge } from './generic-http.ts';
import { clockOf, dayOf } from './historian-values.ts';
import { field, Stopped } from './http-session.ts';
import { plainAddress } from './indicator.ts';
import { createReadingConnector, quoted, type Reading } from './reading-connector.ts';
import { openReading, type ReadingSession } from './reading-session.ts';

/** Entries of one search that people see; how many there are is counted up to a limit, as the store does by itself. */
const ENTRIES_MAX = 5;
const COUNTED_MAX = 10_000;
/** Addresses of one asset that are searched for. */
const ADDRESSES_MAX = 8;
/** How long the store itself works on one search. */
const SEARCH_TIME = '5s';

const Answer = z.object({
	timed_out: z.boolean(),
	_shards: z.object({ failed: z.number().int().min(0) }),
	hits: z.object({
		total: z.object({ value: z.number().int().min(0), relation: z.string().max(10) }),
		hits: z.array(z.object({ _source: z.record(z.string(), z.unknown()).optional() })).max(ENTRIES_MAX),
	}),
});

type Found = {
	readonly search: LogSearch;
	readonly count: number;
	/** There are more than were counted. */
	readonly isMore: boolean;
	/** The store gave up before the end, or a part of it did not answer. */
	readonly isPart: boolean;
	/** The newest entries, newest first. */
	readonly entries: readonly Readonly<Record<string, unknown>>[];
};

/** @param secret the encoded API key, or the password: it appears in no result and no error */
export function createElasticsearch(
	config: ElasticsearchConfig,
	secret: string | null,
	inventory: Inventory,
	edge: HttpEdge,
): Connector {
	const { auth } = config;
	const authorization =
		auth.type === 'api_key'
			? `ApiKey ${secret ?? ''}`
			: `Basic ${Buffer.from(`${auth.user}:${secret ?? ''}`, 'utf8').toString('base64')}`;
	return createReadingConnector({
		...{
			name: config.name,
			action: 'query_logs',
			asset: config.asset,
			perHour: config.per_hour,
			secret,
			inventory,
			edge,
		},
		hidden: [authorization.slice(authorization.indexOf(' ') + 1)],
		open: () =>
			openReading({
				...{ baseUrl: config.base_url, timeoutMs: config.timeout_ms, allowPrivate: config.allow_private, edge },
				headers: { authorization },
			}),
		read: async (session, request, now) => await read(config, inventory, session, request, now),
		probe: async (session, wish) => await probe(config, inventory, session, wish),
	});
}

async function read(
	config: ElasticsearchConfig,
	inventory: Inventory,
	session: ReadingSession,
	request: CallRequest,
	now: Instant,
): Promise<Result<Reading, string>> {
	const about = inventory.find(String(request.params['about'] ?? ''));
	if (about === null) return err(`${quoted(request.params['about'])} is not in the inventory: nothing is searched for`);
	const named = request.params['around'];
	const around = named === undefined ? now : fromIso(String(named));
	if (around === null) return err(`${quoted(named)} is no time`);
	const from = around - config.minutes_before * MINUTE;
	const to = Math.min(now, around + config.minutes_after * MINUTE);
	if (from >= to) return err('the time that it names is not over yet');
	const found: Found[] = [];
	const missed: string[] = [];
	for (const search of config.searches) {
		const q = queryFor(search, about);
		if (q === null) {
			missed.push(`${quoted(search.words, 80)} was not searched: the inventory does not have what it asks for.`);
			continue;
		}
		try {
			found.push(await searchFor(session, search, q, from, to));
		} catch (cause) {
			if (!(cause instanceof Stopped)) throw cause;
			if (cause.isTrouble && found.length === 0) throw cause;
			missed.push(`${quoted(search.words, 80)} was not searched: ${cause.message}.`);
			if (cause.isTrouble) break;
		}
	}
	if (found.length === 0) return err(missed.join(' '));
	const untried = config.searches.length - found.length - missed.length;
	if (untried > 0) missed.push(`${untried} more were not asked for.`);
	const clock = clockOf(config.time_zone, from);
	const head = `Logs in \`${config.asset}\` about ${quoted(about.id)} from ${clock(from)} to ${clock(to)} (${dayOf(config.time_zone, from)}).`;
	return ok({
		lines: [
			head,
			...found.flatMap((one) => [countOf(one), ...one.entries.map((entry) => entryOf(one, entry, clock))]),
			...missed,
		],
		summary: [head, ...found.map(countOf), ...missed],
		record: {
			...{ about: about.id, from: toIso(from), to: toIso(to), around: toIso(around) },
			...{ searches: found.map(recordOf), not_read: config.searches.length - found.length },
		},
	});
}

/**
 * The search for this asset: its addresses and its name in the places that stand for them, as quoted terms. Null where the inventory has none:
 * a search with a gap in it would find everything.
 */
function queryFor({ q }: LogSearch, about: Asset): string | null {
	const ips = about.ips.flatMap((ip) => plainAddress(ip) ?? []).slice(0, ADDRESSES_MAX);
	const name = [about.hostnames[0] ?? about.id].find((text) => /^[A-Za-z0-9][A-Za-z0-9._-]{0,252}$/.test(text));
	if ((q.includes('{ip}') && ips.length === 0) || (q.includes('{name}') && name === undefined)) return null;
	const filled = (ip: string): string => q.replaceAll('{ip}', `"${ip}"`).replaceAll('{name}', `"${name ?? ''}"`);
	return q.includes('{ip}') ? ips.map((ip) => `(${filled(ip)})`).join(' OR ') : filled('');
}

/** @throws Stopped where it cannot be searched */
async function searchFor(
	session: ReadingSession,
	search: LogSearch,
	q: string,
	from: Instant,
	to: Instant,
): Promise<Found> {
	const body = await session.get(`/${encodeURIComponent(search.index)}/_search`, {
		q: `(${q}) AND ${search.time}:["${toIso(from)}" TO "${toIso(to)}"]`,
		...{ size: String(ENTRIES_MAX), sort: `${search.time}:desc`, track_total_hits: String(COUNTED_MAX) },
		...{ _source_includes: [search.time, ...search.fields].join(','), timeout: SEARCH_TIME },
		// A pattern that fits nothing is a mistyped one, and no reason to say that there was nothing.
		allow_no_indices: 'false',
	});
	if (body === null) throw new Stopped('there is no such index, or this login may not see it', false);
	const answer = Answer.safeParse(body);
	if (!answer.success) throw new Stopped('the answer is none of a log store');
	const { hits, timed_out, _shards } = answer.data;
	return {
		...{ search, count: hits.total.value, isMore: hits.total.relation !== 'eq' },
		isPart: timed_out || _shards.failed > 0,
		entries: hits.hits.flatMap((hit) => (hit._source === undefined ? [] : [hit._source])),
	};
}

function countOf({ search, count, isMore, isPart, entries }: Found): string {
	const many = isMore
		? `more than ${count} entries`
		: count === 1
			? 'one entry'
			: `${count === 0 ? 'no' : count} entries`;
	const shown = count > entries.length && entries.length > 0 ? `; the newest ${entries.length} are shown` : '';
	const part = isPart ? '. ONLY A PART WAS SEARCHED: there may be more' : '';
	return `${quoted(search.words, 80)}: ${many}${shown}${part}.`;
}

/** One entry as a line: when, and the fields that the site wants to see. */
function entryOf({ search }: Found, entry: Readonly<Record<string, unknown>>, clock: (at: Instant) => string): string {
	const at = fromIso(String(contentOf(entry, search.time) ?? ''));
	const parts = search.fields.flatMap((name) => {
		const value = contentOf(entry, name);
		return value === undefined || value === null ? [] : [`${name} ${quoted(plain(value), 80)}`];
	});
	return `  ${at === null ? 'time not known' : clock(at)}: ${parts.length === 0 ? 'none of the fields' : parts.join(', ')}`;
}

/** `source.ip` stands in an entry as an object in an object, or as one name with a dot in it. */
function contentOf(entry: Readonly<Record<string, unknown>>, name: string): unknown {
	return Object.hasOwn(entry, name) ? entry[name] : field(entry, ...name.split('.'));
}

function plain(value: unknown): string {
	return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
		? String(value)
		: (JSON.stringify(value) ?? '');
}

function recordOf({ search, count, isMore, isPart }: Found): Json {
	return { words: search.words, index: search.index, entries: count, more: isMore, part_only: isPart };
}

/** Reach and login, and for an asset how many entries each search finds, at whatever time. No entry is read. */
async function probe(
	config: ElasticsearchConfig,
	inventory: Inventory,
	session: ReadingSession,
	{ target }: ProbeWish,
): Promise<readonly Probe[]> {
	const what = 'reach and login';
	const home = z.object({ version: z.object({ number: z.string().max(60) }) }).safeParse(await session.get('/'));
	if (!home.success) return [{ what, state: 'not', detail: 'the answer is none of a log store' }];
	const found: Probe[] = [
		{ what, state: 'well', detail: `version ${quoted(home.data.version.number, 40)} answered` },
		{
			what: 'rights',
			state: 'open',
			detail: 'that the login may only read shows in the store: only GET is ever sent from here',
		},
	];
	if (target === null) return found;
	const about = inventory.find(target);
	if (about === null) return [...found, { what: target, state: 'not', detail: 'it is not in the inventory' }];
	for (const search of config.searches) {
		const q = queryFor(search, about);
		if (q === null) {
			found.push({ what: search.words, state: 'not', detail: 'the inventory does not have what it asks for' });
			continue;
		}
		try {
			const body = await session.get(`/${encodeURIComponent(search.index)}/_count`, { q, allow_no_indices: 'false' });
			const count = z.object({ count: z.number().int().min(0) }).safeParse(body);
			found.push(
				count.success
					? { what: search.words, state: 'well', detail: `would search for ${q}: ${count.data.count} entries in all` }
					: { what: search.words, state: 'not', detail: 'there is no such index, or this login may not see it' },
			);
		} catch (cause) {
			if (!(cause instanceof Stopped)) throw cause;
			found.push({ what: search.words, state: 'not', detail: cause.message });
		}
	}
	return found;
}
