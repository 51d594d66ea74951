// What a firewall gets that fetches a list: who may, the text or "not modified", and the note in the ledger that it was there. NOT here:
// HTTP itself (intake/http.ts) and what stands on a list (block-list-state.ts).
import { createHash, timingSafeEqual } from 'node:crypto';
import { bareAddress, isAddressIn } from '../../domain/address.ts';
import type { BlockListConfig } from '../../domain/connector-kinds/network.ts';
import type { NewEntry } from '../../domain/entry.ts';
import { type Instant, MINUTE, SECOND } from '../../domain/time.ts';
import type { ListGround } from './block-list.ts';
import { heldNow, type ListText, listText } from './block-list-state.ts';

/** One request for a list; `name` as it stands in the path. */
type ListRequest = {
	readonly name: string;
	readonly address: string;
	readonly authorization: string | null;
	readonly ifNoneMatch: string | null;
};
type ListAnswer = {
	readonly status: number;
	readonly body: string;
	readonly headers: Readonly<Record<string, string>>;
};

export type ServedLists = {
	answer(request: ListRequest): Promise<ListAnswer>;
	/** Entries of each list and the newest fetch that this process has seen, for the metrics. */
	figures(): readonly { readonly list: string; readonly entries: number; readonly fetchedAt: Instant | null }[];
};

/** A list is made anew at most so often: a firewall that asks without pause asks the ledger no more than this. */
const FRESH_MS = 2 * SECOND;
/** An unchanged list is noted in the ledger at most so often for one firewall. Below `polled_within_ms`, which rests on these notes. */
export const NOTED_EVERY_MS = 15 * MINUTE;
const ADDRESSES_MAX = 1_000;

type Own = { readonly config: BlockListConfig; readonly secret: string | null };

/** @param note records that a list was fetched; where that fails the fetch fails too: what nobody noted nobody can rely on */
export function createServedLists(
	own: readonly Own[],
	ground: ListGround,
	note: (entry: NewEntry) => Promise<void>,
	now: () => Instant,
): ServedLists {
	const made = new Map<string, { readonly at: Instant; readonly text: Promise<ListText> }>();
	const entries = new Map<string, number>();
	const fetched = new Map<string, Instant>();
	const noted = new Map<string, { readonly at: Instant; readonly etag: string }>();
	const textOf = (config: BlockListConfig, list: BlockListConfig['lists'][number]): Promise<ListText> => {
		const held = made.get(list.name);
		if (held !== undefined && now() - held.at < FRESH_MS) return held.text;
		const text = ground.reader
			.events(config.name)
			.then((events) => listText(list, heldNow(events, now()), ground.inventory, config.never));
		made.set(list.name, { at: now(), text });
		// A fault of the database is not remembered.
		text.catch(() => made.delete(list.name));
		return text;
	};
	const noteFetch = async (list: string, address: string, text: ListText): Promise<void> => {
		const key = `${list} ${address}`;
		const last = noted.get(key);
		fetched.set(list, now());
		if (last !== undefined && last.etag === text.etag && now() - last.at < NOTED_EVERY_MS) return;
		if (noted.size >= ADDRESSES_MAX) noted.clear();
		await note({
			kind: 'blocklist.fetched',
			actor: { kind: 'system', id: 'door' },
			at: now(),
			incident: null,
			refs: [],
			data: { list, address, etag: text.etag, entries: text.entries },
		});
		noted.set(key, { at: now(), etag: text.etag });
	};
	return {
		async answer(request) {
			const found = own
				.flatMap(({ config, secret }) => config.lists.map((list) => ({ config, secret, list })))
				.find(({ list }) => list.name === request.name);
			if (found === undefined) return said(404, 'no list has this name');
			const { config, secret, list } = found;
			const address = bareAddress(request.address);
			if (!config.pollers.some((range) => isAddressIn(address, range)))
				return said(403, 'this address may not fetch the list');
			if (config.auth !== undefined && !isLogin(request.authorization, config.auth.user, secret))
				return { ...said(401, 'a login is needed'), headers: { 'www-authenticate': 'Basic realm="interlock"' } };
			const text = await textOf(config, list);
			entries.set(list.name, text.entries);
			await noteFetch(list.name, address, text);
			const headers = { etag: text.etag, 'cache-control': 'no-cache' };
			return isSame(request.ifNoneMatch, text.etag)
				? { status: 304, body: '', headers }
				: { status: 200, body: text.text, headers };
		},
		figures: () =>
			own.flatMap(({ config }) =>
				config.lists.map(({ name }) => ({
					list: name,
					entries: entries.get(name) ?? 0,
					fetchedAt: fetched.get(name) ?? null,
				})),
			),
	};
}

const said = (status: number, body: string): ListAnswer => ({ status, body: `${body}\n`, headers: {} });

function isLogin(authorization: string | null, user: string, secret: string | null): boolean {
	if (secret === null || secret === '' || authorization === null) return false;
	const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
	const wanted = `Basic ${Buffer.from(`${user}:${secret}`, 'utf8').toString('base64')}`;
	return timingSafeEqual(digest(authorization.replace(/^basic /i, 'Basic ')), digest(wanted));
}

/** RFC 9110, 13.1.2: any of the list, compared weakly. */
function isSame(ifNoneMatch: string | null, etag: string): boolean {
	if (ifNoneMatch === null) return false;
	return ifNoneMatch
		.slice(0, 1_000)
		.split(',')
		.some((one) => ['*', etag].includes(one.trim().replace(/^W\//, '')));
}
