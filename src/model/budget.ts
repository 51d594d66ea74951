// Two brakes on the adviser: what it may spend (tokens an hour and a day, money an hour), and a breaker that stops asking an endpoint
// which keeps failing. Pure state over time given as an argument; one process keeps one of each.
import { DAY, HOUR, type Instant, MINUTE } from '../domain/time.ts';

/** What one call costs. Money is in the currency of the configured prices. */
export type Use = { readonly tokens: number; readonly money: number };

export type BudgetLimits = {
	readonly tokensPerHour: number;
	/** No limit where it is left out. */
	readonly tokensPerDay?: number;
	/** No limit where it is left out. */
	readonly moneyPerHour?: number;
};

export type Spent = { readonly tokensHour: number; readonly tokensDay: number; readonly moneyHour: number };

export type Reservation = { readonly ok: true; settle(use: Use): void };
/** Which limit does not hold the call, in words: `80,000 tokens an hour`. */
export type Refused = { readonly ok: false; readonly limit: string };

export type Budget = {
	/** Sets a call's cost aside; refused where a limit does not hold it. Give the true figure to `settle`. */
	reserve(use: Use, now: Instant): Reservation | Refused;
	/** Counts what another process, or this one before a restart, has spent. */
	note(use: Use, at: Instant): void;
	/** Spent or set aside in the hour and the day before `now`. */
	spent(now: Instant): Spent;
};

/** A budget over sliding hours and days, kept by the minute: at most 1,441 numbers. Zero tokens refuse every call. */
export function createBudget(limits: BudgetLimits): Budget {
	const minutes = new Map<Instant, { tokens: number; money: number }>();
	const at = (now: Instant): { tokens: number; money: number } => {
		const minute = Math.ceil(now / MINUTE) * MINUTE;
		const held = minutes.get(minute) ?? { tokens: 0, money: 0 };
		minutes.set(minute, held);
		return held;
	};
	const spent = (now: Instant): Spent => {
		const sum = { tokensHour: 0, tokensDay: 0, moneyHour: 0 };
		for (const [minute, use] of minutes) {
			if (now - minute >= DAY) minutes.delete(minute);
			else sum.tokensDay += use.tokens;
			if (now - minute >= HOUR) continue;
			sum.tokensHour += use.tokens;
			sum.moneyHour += use.money;
		}
		return sum;
	};
	const refusal = (use: Use, now: Instant): string | null => {
		const { tokensPerHour, tokensPerDay, moneyPerHour } = limits;
		const held = spent(now);
		if (held.tokensHour + use.tokens > tokensPerHour) return `${tokensPerHour.toLocaleString('en-US')} tokens an hour`;
		if (tokensPerDay !== undefined && held.tokensDay + use.tokens > tokensPerDay)
			return `${tokensPerDay.toLocaleString('en-US')} tokens a day`;
		if (moneyPerHour !== undefined && held.moneyHour + use.money > moneyPerHour)
			return `${moneyPerHour} an hour in money`;
		return null;
	};
	return {
		spent,
		note: (use, when) => {
			const held = at(when);
			held.tokens += use.tokens;
			held.money += use.money;
		},
		reserve: (use, now) => {
			const limit = refusal(use, now);
			if (limit !== null) return { ok: false, limit };
			const held = at(now);
			held.tokens += use.tokens;
			held.money += use.money;
			return {
				ok: true,
				settle: (used) => {
					held.tokens += used.tokens - use.tokens;
					held.money += used.money - use.money;
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
