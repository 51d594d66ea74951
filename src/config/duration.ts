// Durations as people write them: `30s`, `15m`, `8h`, `7d`. Read into milliseconds.
import { z } from 'zod';
import { DAY, HOUR, MINUTE, SECOND } from '../domain/time.ts';

const UNITS: Readonly<Record<string, number>> = { s: SECOND, m: MINUTE, h: HOUR, d: DAY };

/** Longest duration that may be written: ten years. */
const DURATION_MAX = 3_650 * DAY;

/** Milliseconds of `15m`; null where the text is no duration. */
function durationMs(text: string): number | null {
	const match = /^(\d{1,6})\s?([smhd])$/.exec(text.trim());
	const unit = UNITS[match?.[2] ?? ''];
	if (match === null || unit === undefined) return null;
	const ms = Number(match[1]) * unit;
	return ms > 0 && ms <= DURATION_MAX ? ms : null;
}

/** Schema of a duration: text in, milliseconds out. */
export const Duration = z.string().transform((text, context) => {
	const ms = durationMs(text);
	if (ms !== null) return ms;
	context.issues.push({ code: 'custom', message: 'is no duration: write it as in 30s, 15m, 8h or 7d', input: text });
	return z.NEVER;
});
