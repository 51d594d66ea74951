// Slack takes about one message a second in a channel, with short bursts. Whoever posts or edits asks for a turn here before anything is
// recorded; nobody waits here: who comes too early is told when to come back. Urgent messages do not queue.

/** A little slower than Slack's limits (one post a second in a channel, fifty edits a minute), so that urgent messages find room. */
const SPACING_MS = 1_200;
/** Turns that may be taken at once after a quiet while. */
const BURST = 3;
/** A booked turn that nobody came for is forgotten after this. */
const BOOKED_MAX_MS = 60_000;

export type Pacer = {
	/**
	 * The instant from which the message may go. Not later than now: go, the turn is taken. Later: come back then; the turn is kept for `key`.
	 * An urgent one always goes now, and moves those back who come after it.
	 */
	readonly turn: (channel: string, key: string, isUrgent: boolean) => number;
};

type Lane = { free: number; readonly booked: Map<string, number> };

export function createPacer(now: () => number): Pacer {
	const lanes = new Map<string, Lane>();
	return {
		turn: (channel, key, isUrgent) => {
			const at = now();
			const lane = lanes.get(channel) ?? { free: 0, booked: new Map<string, number>() };
			lanes.set(channel, lane);
			for (const [other, turn] of lane.booked) {
				if (turn + BOOKED_MAX_MS < at) lane.booked.delete(other);
			}
			const mine = isUrgent ? undefined : lane.booked.get(key);
			const next = mine ?? Math.max(lane.free, at - (BURST - 1) * SPACING_MS);
			if (mine === undefined) lane.free = next + SPACING_MS;
			lane.booked.delete(key);
			if (isUrgent || next <= at) return at;
			lane.booked.set(key, next);
			return next;
		},
	};
}
