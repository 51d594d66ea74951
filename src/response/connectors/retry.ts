// What an answer means for the effect, and whether the request may be made again. Pure.
import { never } from '../../domain/result.ts';
import { type Instant, SECOND } from '../../domain/time.ts';
import type { Answer } from './exchange.ts';

/** Tries of one call, the first included, and the longest that all of them may take: call and read-back together stay below the outbox lease and the grant, a minute each. */
const TRIES_MAX = 3;
export const CALL_BUDGET_MS = 25 * SECOND;
const PAUSE_FIRST_MS = 250;
const PAUSE_ASKED_MAX_MS = 15 * SECOND;

/**
 * done       the target said that it did it
 * not_done   it said no, or the request surely never reached it: nothing has happened
 * unknown    it may have happened
 */
export type Meaning = {
	readonly effect: 'done' | 'not_done' | 'unknown';
	readonly reason: string;
	readonly isTrouble: boolean;
};

/** Reads an answer. Redirects are never followed: what stands behind one was not checked, and the request may already have acted. */
export function meaningOf(answer: Answer): Meaning {
	switch (answer.kind) {
		case 'refused':
			return { effect: 'not_done', reason: answer.reason, isTrouble: false };
		case 'not_sent':
			return { effect: 'not_done', reason: `not sent: ${answer.reason}`, isTrouble: true };
		case 'unknown':
			return { effect: 'unknown', reason: answer.reason, isTrouble: true };
		case 'answered':
			return meaningOfStatus(answer.status, answer.retryAfter);
		default:
			return never(answer);
	}
}

function meaningOfStatus(status: number, retryAfter: string | null): Meaning {
	if (status >= 200 && status < 300) return { effect: 'done', reason: `answered ${status}`, isTrouble: false };
	if (status >= 300 && status < 400) {
		return { effect: 'unknown', reason: `answered ${status}: redirects are not followed`, isTrouble: true };
	}
	if (status === 429 || (status === 503 && retryAfter !== null)) {
		return { effect: 'not_done', reason: `answered ${status}: busy`, isTrouble: true };
	}
	// 408 and 409 say that a request like this is or was under way; the other 4xx say that it was not taken.
	if (status >= 400 && status < 500 && status !== 408 && status !== 409) {
		return { effect: 'not_done', reason: `answered ${status}`, isTrouble: false };
	}
	return { effect: 'unknown', reason: `answered ${status}`, isTrouble: true };
}

/**
 * How long to wait before the next try; null where there is none. A request is repeated only if it surely had no effect and the
 * trouble may pass, or if the target takes the same key twice as one request.
 *
 * @param tries already made; `leftMs` of the call's budget
 */
export function pauseBefore(
	answer: Answer,
	isIdempotent: boolean,
	tries: number,
	leftMs: number,
	now: Instant,
): number | null {
	const meaning = meaningOf(answer);
	if (tries >= TRIES_MAX || meaning.effect === 'done' || !meaning.isTrouble) return null;
	if (answer.kind === 'answered' && answer.status >= 300 && answer.status < 400) return null;
	if (meaning.effect === 'unknown' && !isIdempotent) return null;
	const asked = answer.kind === 'answered' ? retryAfterMs(answer.retryAfter, now) : null;
	if (asked !== null && asked > PAUSE_ASKED_MAX_MS) return null;
	const pause = Math.max(asked ?? 0, PAUSE_FIRST_MS * 2 ** (tries - 1));
	return pause < leftMs ? pause : null;
}

/** Retry-After in milliseconds: seconds or an HTTP date; null where it says nothing that can be read. */
function retryAfterMs(header: string | null, now: Instant): number | null {
	if (header === null) return null;
	if (/^\d{1,6}$/.test(header.trim())) return Number(header.trim()) * SECOND;
	const at = Date.parse(header);
	return Number.isNaN(at) ? null : Math.max(0, at - now);
}
