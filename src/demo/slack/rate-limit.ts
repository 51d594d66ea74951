// Slack's rate limits as token buckets: a tier for each method, and about one message a second for each channel.
// Figures: docs.slack.dev rate limits page (tiers 1, 20, 50, 100 a minute). Time is an argument. NOT here: the 429 answer.

export type RateLimits = {
	/** Calls a minute by tier. Slack promises "1+", "20+", ...: we hold bots to the promise, not to the generosity. */
	readonly tiers: { readonly 1: number; readonly 2: number; readonly 3: number; readonly 4: number };
	readonly postsPerSecond: number;
	/** How many messages a channel takes at once before the rate holds. Slack says "short bursts" and no number. */
	readonly postBurst: number;
};

export const SLACK_RATE_LIMITS: RateLimits = {
	tiers: { 1: 10, 2: 20, 3: 50, 4: 100 },
	postsPerSecond: 1,
	postBurst: 5,
};

type Tier = 1 | 2 | 3 | 4;
const TIER_OF_METHOD: { readonly [method: string]: Tier } = {
	'apps.connections.open': 1,
	'bookmarks.add': 2,
	'chat.delete': 3,
	'chat.postEphemeral': 4,
	'chat.update': 3,
	'conversations.create': 2,
	'conversations.history': 3,
	'conversations.info': 3,
	'conversations.invite': 3,
	'conversations.join': 3,
	'conversations.list': 2,
	'conversations.members': 4,
	'conversations.open': 3,
	'conversations.replies': 3,
	'files.completeUploadExternal': 4,
	'files.getUploadURLExternal': 4,
	'pins.add': 2,
	'reactions.add': 3,
	'team.info': 3,
	'usergroups.list': 2,
	'usergroups.users.list': 2,
	'users.conversations': 3,
	'users.info': 4,
	'users.list': 2,
	'users.lookupByEmail': 3,
	'views.open': 4,
	'views.publish': 4,
	'views.push': 4,
	'views.update': 4,
};

/** A bucket holds `capacity` calls and fills at `perSecond`; taking from an empty one says how long to wait. */
class Bucket {
	readonly #capacity: number;
	readonly #perSecond: number;
	#tokens: number;
	#at: number;

	constructor(capacity: number, perSecond: number, now: number) {
		this.#capacity = capacity;
		this.#perSecond = perSecond;
		this.#tokens = capacity;
		this.#at = now;
	}

	/** @returns 0 where the call may pass, else the whole seconds to wait (at least 1) */
	take(now: number): number {
		const elapsed = Math.max(0, now - this.#at) / 1000;
		this.#tokens = Math.min(this.#capacity, this.#tokens + elapsed * this.#perSecond);
		this.#at = now;
		if (this.#tokens < 1) return Math.max(1, Math.ceil((1 - this.#tokens) / this.#perSecond));
		this.#tokens -= 1;
		return 0;
	}
}

export class RateLimiter {
	readonly #limits: RateLimits | null;
	readonly #buckets = new Map<string, Bucket>();

	/** @param limits null switches the limits off */
	constructor(limits: RateLimits | null) {
		this.#limits = limits;
	}

	/** Seconds that the caller must wait before this call; 0 where it may pass now. */
	secondsToWait(method: string, channel: string, now: number): number {
		if (this.#limits === null) return 0;
		if (method === 'chat.postMessage')
			return this.#take(`post ${channel}`, this.#limits.postBurst, this.#limits.postsPerSecond, now);
		const tier = Object.hasOwn(TIER_OF_METHOD, method) ? TIER_OF_METHOD[method] : undefined;
		if (tier === undefined) return 0;
		const perMinute = this.#limits.tiers[tier];
		return this.#take(method, perMinute, perMinute / 60, now);
	}

	#take(key: string, capacity: number, perSecond: number, now: number): number {
		const bucket = this.#buckets.get(key) ?? new Bucket(capacity, perSecond, now);
		this.#buckets.set(key, bucket);
		return bucket.take(now);
	}
}
