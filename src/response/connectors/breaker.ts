// A fuse per connector: after several failures in a row it stays quiet for a while, so that a target in trouble is left alone and a
// queue of steps does not wait for one time-out after another. State in memory; a restart closes it, which only costs one try.
import { type Instant, SECOND } from '../../domain/time.ts';

/** Failures in a row that open it, and how long it then stays open. */
export const FAILURES_MAX = 5;
export const OPEN_MS = 30 * SECOND;

export type Breaker = {
	/** Null where a call may be made; otherwise when the next one may. While open, one call is let through after the pause. */
	blockedUntil(now: Instant): Instant | null;
	succeeded(): void;
	failed(now: Instant): void;
};

export function createBreaker(failuresMax = FAILURES_MAX, openMs = OPEN_MS): Breaker {
	let failures = 0;
	let openUntil = 0;
	return {
		blockedUntil(now) {
			if (failures < failuresMax) return null;
			if (now < openUntil) return openUntil;
			// The trial: others keep waiting until it has told us something.
			openUntil = now + openMs;
			return null;
		},
		succeeded() {
			failures = 0;
			openUntil = 0;
		},
		failed(now) {
			failures++;
			if (failures >= failuresMax) openUntil = now + openMs;
		},
	};
}
