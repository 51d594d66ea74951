// What is usual here: how often unrelated alerts name a thing, and how common a message is. Counts fade, so that a plant
// may change; memory is bounded. A thing that many unrelated incidents name (jump host, DNS server, scanner) proves little.

/** A count that halves every half-life. */
export type Fading = { value: number; at: number };

export function fadingNow(count: Fading, at: number, halfLife: number): number {
	return count.value * 2 ** (-Math.max(0, at - count.at) / halfLife);
}

/** Adds to a fading count; a late alert counts a little less, never more. */
export function fadingAdd(count: Fading, at: number, halfLife: number, by = 1): void {
	if (at >= count.at) {
		count.value = fadingNow(count, at, halfLife) + by;
		count.at = at;
	} else {
		count.value += by * 2 ** (-(count.at - at) / halfLife);
	}
}

/**
 * Adds to the count of one key in a bounded table. A key that is used moves to the end of the map; when the table is full
 * the key that was not used for longest is forgotten.
 */
export function countKey(table: Map<string, Fading>, key: string, at: number, halfLife: number, limit: number): void {
	const held = table.get(key) ?? { value: 0, at };
	table.delete(key);
	fadingAdd(held, at, halfLife);
	table.set(key, held);
	if (table.size > limit) {
		for (const oldest of table.keys()) {
			table.delete(oldest);
			break;
		}
	}
}

/** How much time the fading counts stand for: grows to halfLife / ln 2 and stays there (ms). */
export function watched(since: number, at: number, halfLife: number): number {
	return (halfLife / Math.LN2) * (1 - 2 ** (-Math.max(0, at - since) / halfLife));
}
