// The proof of who types on the command line: a token made from the server's key for one person, with an end. Pure.
// NOT here: where the key lies (cli/person.ts), what the person may do (people.ts).
import { createHmac, timingSafeEqual } from 'node:crypto';
import { err, ok, type Result } from '../domain/result.ts';
import { DAY, type Instant } from '../domain/time.ts';

/** A token that nobody renews ends by itself; our choice. */
export const TOKEN_HOLDS_MS = 90 * DAY;
export const TOKEN_HOLDS_MAX_MS = 366 * DAY;
const PREFIX = 'ilp';

function mac(key: Uint8Array, person: string, endsAt: Instant): Buffer {
	// The name of the use comes first: the same key can never vouch for anything else.
	return createHmac('sha256', key).update(`interlock person token v1\n${endsAt}\n${person}`, 'utf8').digest();
}

/** `ilp_<end, base 36>_<HMAC-SHA256, hex>` for this person. */
export function makePersonToken(key: Uint8Array, person: string, endsAt: Instant): string {
	return `${PREFIX}_${Math.floor(endsAt).toString(36)}_${mac(key, person, Math.floor(endsAt)).toString('hex')}`;
}

/** Whether the token proves this person now. The comparison takes the same time whatever is wrong. */
export function checkPersonToken(
	key: Uint8Array,
	person: string,
	token: string,
	now: Instant,
): Result<null, 'wrong' | 'ended'> {
	const match = /^ilp_([0-9a-z]{1,12})_([0-9a-f]{64})$/.exec(token.trim());
	const endsAt = match === null ? 0 : Number.parseInt(match[1] ?? '', 36);
	const given = Buffer.from(match?.[2] ?? '0'.repeat(64), 'hex');
	const isRight = timingSafeEqual(given, mac(key, person, endsAt));
	if (match === null || !isRight) return err('wrong');
	return endsAt > now ? ok(null) : err('ended');
}
