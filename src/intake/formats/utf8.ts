// Bytes to text. Nothing but UTF-8 is taken, and an invalid byte is named with its offset.
import type { Problem } from '../../domain/alert.ts';
import type { Result } from '../../domain/result.ts';
import { err, ok } from '../../domain/result.ts';

/** The text of UTF-8 bytes, without a byte order mark; a Problem with the offset of the first invalid byte (RFC 3629). */
export function decodeUtf8(bytes: Uint8Array): Result<string, Problem> {
	try {
		return ok(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
	} catch (fault) {
		if (!(fault instanceof TypeError)) throw fault;
		const offset = firstInvalid(bytes);
		const found = `byte 0x${(bytes[offset] ?? 0).toString(16).padStart(2, '0')}`;
		return err({ field: `byte offset ${offset}`, found, expected: 'UTF-8' });
	}
}

/** The longest valid start, by halving: each probe decodes once, so the cost is the text's length times its logarithm at worst. */
function firstInvalid(bytes: Uint8Array): number {
	let low = 0;
	let high = bytes.length;
	while (high - low > 1) {
		const middle = (low + high) >> 1;
		if (isValidStart(bytes.subarray(0, middle))) low = middle;
		else high = middle;
	}
	// `low` bytes are a valid start; a sequence that begins before `low` and breaks after it is told by its first byte.
	let at = low;
	while (at > 0 && low - at < 3 && ((bytes[at] ?? 0) & 0xc0) === 0x80) at--;
	return at;
}

/** True where the bytes are valid, or would be with more behind them. */
function isValidStart(bytes: Uint8Array): boolean {
	try {
		new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
		return true;
	} catch (fault) {
		if (fault instanceof TypeError) return false;
		throw fault;
	}
}
