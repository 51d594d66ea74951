// Slack takes about one message a second in a channel, with short bursts. Whoever posts takes a turn here; urgent messages do not queue.

const SPACING_MS = 1_000;
/** Turns that may be taken at once after a quiet while. */
const BURST = 3;

export type Pacer = {
	/** Ends when the channel may take one more message. Urgent ones go at once and move the others back. */
	readonly turn: (channel: string, isUrgent: boolean) => Promise<void>;
};

export function createPacer(now: () => number, sleep: (ms: number) => Promise<void>): Pacer {
	const free = new Map<string, number>();
	return {
		turn: async (channel, isUrgent) => {
			const earliest = now() - (BURST - 1) * SPACING_MS;
			const mine = Math.max(free.get(channel) ?? 0, earliest);
			free.set(channel, mine + SPACING_MS);
			const wait = mine - now();
			if (!isUrgent && wait > 0) await sleep(wait);
		},
	};
}
