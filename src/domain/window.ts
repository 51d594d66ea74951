// A maintenance window or work permit: who may change what, where, from when to when. Read from windows.csv by config/.
import { z } from 'zod';

export const Window = z.object({
	/** The change or permit number, as the plant calls it. */
	change: z.string().min(1).max(200),
	/** Instants in milliseconds; `start` counts, `end` does not. */
	start: z.number(),
	end: z.number(),
	site: z.string().nullable(),
	zone: z.string().nullable(),
	/** Ids or names of assets; empty means every asset of the zone (or site). */
	assets: z.array(z.string()),
	/** The host that the work is done from; null where any. */
	from_host: z.string().nullable(),
	/** The account that does the work; null where any. */
	user: z.string().nullable(),
});
export type Window = z.infer<typeof Window>;

/** True at `start` and up to, not including, `end`. */
export function isOpen(window: Window, now: number): boolean {
	return window.start <= now && now < window.end;
}
