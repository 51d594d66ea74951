// Time as a value. Nothing in the pure folders reads a clock: `now` is always an argument.

/** Milliseconds since 1970-01-01T00:00:00Z (UTC). */
export type Instant = number;

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** ISO 8601 UTC with milliseconds, the one form in which instants leave the program. */
export function toIso(at: Instant): string {
	return new Date(at).toISOString();
}

/** How far ahead (ms) a clock runs that stamped `stamped` on what came at `receivedAt`; 0 where that is a day or less, as of zones. */
export function clockError(stamped: Instant, receivedAt: Instant): number {
	const ahead = stamped - receivedAt;
	return ahead > DAY ? ahead : 0;
}

/** Reads what `toIso` wrote, or any other ISO 8601 text with a zone; null where it is none. */
export function fromIso(text: string): Instant | null {
	if (!/^\d{4}-\d\d-\d\d/.test(text)) return null;
	const at = Date.parse(text);
	return Number.isNaN(at) ? null : at;
}
