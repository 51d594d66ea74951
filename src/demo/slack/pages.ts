// Cursor pagination as Slack does it: an opaque cursor, `next_cursor` empty on the last page. Pure.
import { SlackApiError } from './api-error.ts';
import type { Arguments } from './arguments.ts';
import type { JsonObject } from './json.ts';

export type PageOf<T> = { readonly items: readonly T[]; readonly metadata: JsonObject; readonly hasMore: boolean };

/** @throws SlackApiError invalid_cursor where the cursor was not ours */
export function pageOf<T>(all: readonly T[], args: Arguments, fallback: number, max: number): PageOf<T> {
	const limit = args.count('limit', fallback, max);
	const start = args.has('cursor') ? fromCursor(args.text('cursor')) : 0;
	const end = start + limit;
	const hasMore = end < all.length;
	const next = hasMore ? Buffer.from(`offset:${end}`).toString('base64') : '';
	return { items: all.slice(start, end), metadata: { next_cursor: next }, hasMore };
}

function fromCursor(cursor: string): number {
	const match = /^offset:(\d{1,9})$/.exec(Buffer.from(cursor, 'base64').toString('utf8'));
	if (!match) throw new SlackApiError('invalid_cursor');
	return Number(match[1]);
}
