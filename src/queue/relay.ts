// Brings due outbox rows to the stage that answers their topic. A reminder says "look now"; a sweep looks anyway.
// Nothing is decided here, and a lost reminder costs at most one sweep interval.
import { MINUTE } from '../domain/time.ts';
import type { Due, Handlers, Topic } from '../domain/topic.ts';
import type { Database } from '../store/database.ts';
import { claimDue, dueTopics, failDue, keepLeases, LEASE_MS } from '../store/outbox.ts';
import { Conflict, LeaseLost } from '../store/record.ts';
import type { Reminders } from './backend.ts';

/** How often the sweep asks Postgres for due topics: the longest a lost reminder or a delayed row waits. */
export const SWEEP_MS = 500;
/** The lanes of process-safety alarms, from the door to Slack. */
const SAFETY: readonly Topic[] = [
	'triage_safety',
	'correlate_safety',
	'escalate_safety',
	'pager_safety',
	'card_safety',
];
/** What a storm makes thousands of. */
const MASS: readonly Topic[] = ['triage', 'correlate', 'unparsed'];
const GIVE_WAY_MAX_MS = 1_000;
const GIVE_WAY_LOOK_MS = 5;
/** A step's call and the question to its target may take two minutes each; a handler that hangs for longer than this loses its rows. */
const HELD_MAX_MS = 10 * MINUTE;
/** Rows a handler gets at once. */
const BATCH: Readonly<Record<Topic, number>> = {
	// As many as take some tens of milliseconds: so long an alarm waits for the batch that is under way.
	triage: 100,
	triage_safety: 20,
	correlate: 100,
	correlate_safety: 20,
	plan: 20,
	advise: 1,
	run: 1,
	expire: 20,
	escalate: 10,
	escalate_safety: 2,
	// A page may take as long as its server: few of them wait for one another.
	pager: 4,
	pager_safety: 1,
	verify: 4,
	view: 10,
	card: 10,
	// One at a time, several side by side: a new alarm does not wait for what is still said of an earlier one.
	card_safety: 1,
	card_asked: 5,
	post: 10,
	unparsed: 20,
	heard: 20,
	drill: 5,
};
/** Looks that run side by side. One where order matters or one consumer owns state. */
const CONCURRENCY: Readonly<Record<Topic, number>> = {
	triage: 1,
	triage_safety: 1,
	correlate: 1,
	correlate_safety: 1,
	plan: 1,
	advise: 2,
	run: 4,
	expire: 1,
	escalate: 2,
	escalate_safety: 2,
	pager: 2,
	pager_safety: 4,
	verify: 2,
	view: 1,
	card: 1,
	card_safety: 3,
	card_asked: 1,
	post: 1,
	unparsed: 1,
	heard: 1,
	drill: 1,
};

export type Relay = {
	start(): void;
	/** Waits for what runs; takes nothing new. */
	stop(): Promise<void>;
	/** Resolves when no row of these topics is due: for tests and for the demo's end. */
	idle(timeoutMs: number): Promise<boolean>;
};

type Options = {
	readonly database: Database;
	readonly reminders: Reminders;
	readonly handlers: Handlers;
	readonly clock: () => number;
	readonly onFault: (where: string, error: unknown) => void;
	/** Rows given up after the last try: people must hear of it. */
	readonly onParked: (topic: Topic, count: number, error: string) => void;
	/** How often a handler that is still at work keeps its rows from others. */
	readonly keepEveryMs?: number;
};

export function createRelay(options: Options): Relay {
	const { database, reminders, handlers, clock, onFault } = options;
	const topics = Object.keys(handlers) as Topic[];
	const reminded = new Set<string>();
	const running = new Set<Promise<void>>();
	const looking = new Map<Topic, number>();
	const cameMeanwhile = new Set<Topic>();
	let isStopping = false;
	let timer: NodeJS.Timeout | null = null;

	/** What must not wait for the queue's round trip: looked at here and now, and once more where it came during a look. */
	const lookNow = (topic: Topic): void => {
		if ((looking.get(topic) ?? 0) >= CONCURRENCY[topic]) {
			cameMeanwhile.add(topic);
			return;
		}
		cameMeanwhile.delete(topic);
		void look(topic).then(() => {
			if (cameMeanwhile.has(topic) && !isStopping) lookNow(topic);
		});
	};
	const remind = (topic: string): void => {
		if (isStopping || reminded.has(topic) || !topics.includes(topic as Topic)) return;
		reminded.add(topic);
		reminders.remind(topic).catch((error: unknown) => {
			reminded.delete(topic);
			onFault(`queue ${topic}: reminder not placed`, error);
		});
	};
	const isHurried = (): boolean => SAFETY.some((topic) => (looking.get(topic) ?? 0) > 0);
	const look = (topic: Topic): Promise<void> => {
		// Cleared before the look: a row that arrives during it is reminded of again.
		reminded.delete(topic);
		const work = drain(topic, options, () => isStopping, isHurried).catch((error: unknown) =>
			onFault(`topic ${topic}`, error),
		);
		running.add(work);
		looking.set(topic, (looking.get(topic) ?? 0) + 1);
		return work.finally(() => {
			running.delete(work);
			looking.set(topic, (looking.get(topic) ?? 1) - 1);
		});
	};
	const sweep = async (): Promise<void> => {
		try {
			for (const topic of await dueTopics(database, clock())) {
				// Somebody is draining it right now; what he misses is due at the next sweep.
				if ((looking.get(topic) ?? 0) >= CONCURRENCY[topic]) continue;
				// A reminder may have been lost with its queue: the sweep places another, whatever we believe.
				reminded.delete(topic);
				remind(topic);
			}
		} catch (error) {
			onFault('outbox sweep', error);
		}
		if (!isStopping) timer = setTimeout(() => void sweep(), SWEEP_MS);
	};
	return {
		start() {
			for (const topic of topics) reminders.listen(topic, CONCURRENCY[topic], () => look(topic));
			database.onTopics = (written) => {
				for (const topic of written) {
					const urgent = SAFETY.find((one) => one === topic && topics.includes(one));
					if (urgent === undefined) remind(topic);
					else if (!isStopping) lookNow(urgent);
				}
			};
			void sweep();
		},
		async stop() {
			isStopping = true;
			if (timer !== null) clearTimeout(timer);
			database.onTopics = () => undefined;
			await Promise.all(running);
		},
		async idle(timeoutMs) {
			const end = Date.now() + timeoutMs;
			for (;;) {
				if (running.size === 0 && (await dueTopics(database, clock())).length === 0) return true;
				if (Date.now() > end) return false;
				await new Promise((done) => setTimeout(done, 50));
			}
		},
	};
}

/** Takes batches of the topic until none is due. One failing batch does not stop the next. */
async function drain(
	topic: Topic,
	options: Options,
	isStopping: () => boolean,
	isHurried: () => boolean,
): Promise<void> {
	const handler = options.handlers[topic];
	if (handler === undefined) return;
	while (!isStopping()) {
		if (MASS.includes(topic)) await giveWay(isHurried);
		const due = await claimDue(options.database, topic, BATCH[topic], options.clock());
		if (due.length === 0) return;
		await handle(topic, due, handler, options);
	}
}

/** Processor and database are shared by all lanes: what comes in thousands stands aside while a safety alarm is on its way, but not for ever. */
async function giveWay(isHurried: () => boolean): Promise<void> {
	const end = performance.now() + GIVE_WAY_MAX_MS;
	while (isHurried() && performance.now() < end) await new Promise((done) => setTimeout(done, GIVE_WAY_LOOK_MS));
}

async function handle(
	topic: Topic,
	due: readonly Due[],
	handler: (due: readonly Due[]) => Promise<void>,
	options: Options,
): Promise<void> {
	try {
		await whileHeld(due, options, () => handler(due));
	} catch (error) {
		if (error instanceof LeaseLost) return;
		// Rows that the handler finished before it failed are gone already; the rest comes back after a pause.
		if (!(error instanceof Conflict)) options.onFault(`topic ${topic}`, error);
		const message = error instanceof Error ? error.message : String(error);
		const parked = await failDue(options.database, due, message, options.clock());
		if (parked > 0) options.onParked(topic, parked, message);
	}
}

/** Does the work, and meanwhile keeps the rows: another worker that took them would do a second time what is still under way. */
async function whileHeld(due: readonly Due[], options: Options, work: () => Promise<void>): Promise<void> {
	const { database, clock, onFault, keepEveryMs = LEASE_MS / 3 } = options;
	const end = clock() + HELD_MAX_MS;
	const timer = setInterval(() => {
		if (clock() < end)
			keepLeases(database, due, clock()).catch((error: unknown) => onFault('outbox: a lease was not kept', error));
	}, keepEveryMs);
	try {
		await work();
	} finally {
		clearInterval(timer);
	}
}
