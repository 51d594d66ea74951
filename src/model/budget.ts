// Two brakes on the adviser: tokens per hour, and a breaker that stops asking an endpoint which keeps failing.
// Pure state over time given as an argument; one process keeps one of each.
import { HOUR, type Instant } from '../domain/time.ts';

export type Budget = {
	/** Sets tokens aside for a call; null where the hour's budget does not hold them. Give the true figure back to `settle`. */
	reserve(tokens: number, now: Instant): Reservation | null;
	/** Tokens spent or set aside in the hour before `now`. */
	spent(now: Instant): number;
};
type Reservation = { settle(tokens: number): void };

/** A budget over a sliding hour. Zero refuses every call. */
export function createBudget(tokensPerHour: number): Budget {
	let uses: { at: Instant; tokens: number }[] = [];
	const spent = (now: Instant): number => {
		uses = uses.filter((use) => now - use.at < HOUR);
		return uses.reduce((sum, use) => sum + use.tokens, 0);
	};
	return {
		spent,
		reserve: (tokens, now) => {
			if (spent(now) + tokens > tokensPerHour) return null;
			const use = { at: now, tokens };
			uses.push(use);
			return {
				settle: (used) => {
					use.tokens = used;
				},
			};
		},
	};
}

export type Breaker = {
	/** True where calls may be made; after the pause one trial call may go through. */
	mayCall(now: Instant): boolean;
	succeeded(): void;
	failed(now: Instant): void;
};

/** Opens after `failures` in a row for `pauseMs`; then lets one call try, whose failure opens it again. */
export function createBreaker(failures: number, pauseMs: number): Breaker {
	let inRow = 0;
	let openUntil = Number.NEGATIVE_INFINITY;
	return {
		mayCall: (now) => {
			if (inRow < failures) return true;
			if (now < openUntil) return false;
			// The trial: until it ends, others wait.
			openUntil = now + pauseMs;
			return true;
		},
		succeeded: () => {
			inRow = 0;
		},
		failed: (now) => {
			inRow += 1;
			if (inRow >= failures) openUntil = now + pauseMs;
		},
	};
}
