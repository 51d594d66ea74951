// The table of contents: which stage answers which topic, in which order, and what each is given. Everything is built here once;
// nothing is decided here.
//
//   POST /v1/alerts/{source}  intake        alert stored         -> triage, triage_safety
//   triage, triage_safety     triage        alert judged         -> correlate, correlate_safety
//   correlate(_safety)        correlation   incident opened ...  -> plan, advise, card, card_safety
//   plan, run, expire,        response      steps decided, run   -> run, expire, verify, view, card, card_asked, post
//   escalate(_safety)         response      nobody acknowledges  -> escalate, post, pager, pager_safety
//   pager(_safety)            response      sent outside Slack   -> pager, post
//   verify, view                            looked at the target -> verify, view, plan, card
//   drill                     response      a drill's next alert -> triage, card, post
//   advise                    triage+model  advice given         -> card
//   card(_safety, _asked),    chat          said in Slack        (clicks and commands -> run, plan, card)
//   post, unparsed, heard
//   (everything)              ledger        sealed, checkpointed
import { type Inventory, indexInventory } from './domain/inventory.ts';
import { SECOND } from './domain/time.ts';
import type { Handlers, Topic } from './domain/topic.ts';
import { buildChat } from './flow/chat.ts';
import { type Door, openDoor } from './flow/door.ts';
import { createFaults, type Faults } from './flow/faults.ts';
import { type FlowParts, NO_INVENTORY, type Role } from './flow/parts.ts';
import { openQueue } from './flow/queue.ts';
import { buildResponse, connectorsOf } from './flow/response.ts';
import { closeSyslog, openSyslog } from './flow/syslog.ts';
import { startTimers } from './flow/timers.ts';
import { type Advising, adviserOf, buildTriage } from './flow/triage.ts';
import { createIntake, openCalm } from './intake/intake.ts';
import { createOwnWatch } from './intake/own-watch.ts';
import { createSilenceWatch, type SilenceWatch } from './intake/silence-watch.ts';
import type { SyslogServer } from './intake/syslog.ts';
import { createDropTally, createRefusalTally, createSlackRefusalTally } from './intake/tally.ts';
import { openLedgerKeys } from './ledger/key-file.ts';
import { type Ledger, openLedger } from './ledger/ledger.ts';
import type { Scrape } from './metrics.ts';
import { createRelay } from './queue/relay.ts';
import { outboxDepth } from './store/outbox.ts';
import { record } from './store/record.ts';
import { createAdviceMemory } from './triage/advice-memory.ts';

/** Topics that each role answers; `intake` answers the door and seals the ledger. */
const TOPICS_OF_ROLE: Readonly<Record<Role, readonly Topic[]>> = {
	intake: [],
	triage: ['triage', 'triage_safety', 'correlate', 'correlate_safety', 'advise'],
	response: [
		'plan',
		'run',
		'expire',
		'escalate',
		'escalate_safety',
		'pager',
		'pager_safety',
		'verify',
		'view',
		'drill',
	],
	chat: ['card', 'card_safety', 'card_asked', 'post', 'unparsed', 'heard'],
};

export type Flow = {
	/** Port of the door; null without the intake role. */
	readonly port: number | null;
	/** Where syslog is taken; empty without listeners. */
	readonly syslog: SyslogServer['places'];
	readonly slackPort: () => number | null;
	readonly inventory: Inventory;
	/** What does not work at the moment, in words; null while everything does. */
	fault(): string | null;
	/** Resolves true when nothing is due any more. */
	idle(timeoutMs: number): Promise<boolean>;
	/** Seals what is committed and signs a checkpoint over it. */
	seal(): Promise<void>;
	stop(): Promise<void>;
};

/** Builds the stages and starts what the roles ask for. Throws, in words, where something essential cannot start. */
export async function startFlow(parts: FlowParts): Promise<Flow> {
	const undo: (() => Promise<void>)[] = [];
	try {
		return await buildFlow(parts, undo);
	} catch (error) {
		// What runs already would keep the program alive, and work on a database that is about to be closed.
		for (const stop of undo.reverse()) {
			await stop().catch((cause: unknown) => parts.log.error('a part did not stop', { error: String(cause) }));
		}
		throw error;
	}
}

/** @param undo is filled with what stops each part that was started */
async function buildFlow(parts: FlowParts, undo: (() => Promise<void>)[]): Promise<Flow> {
	const { config, database, log, clock } = parts;
	const faults = createFaults(parts);
	const inventory = indexInventory(config.inventory ?? NO_INVENTORY);
	const ledger = await startLedger(parts, faults);
	const watched = { refusals: createRefusalTally(), slack: createSlackRefusalTally(), drops: createDropTally() };
	const chat = await buildChat(parts, inventory, faults, watched);
	const processes = connectorsOf(parts, inventory, faults);
	const advising: Advising = { adviser: adviserOf(config), memory: createAdviceMemory() };
	const response = buildResponse(parts, inventory, chat, faults, processes.connectors);
	const handlers = handlersOf(parts, {
		...buildTriage(parts, inventory, faults, advising),
		...response.handlers,
		...chat.handlers,
	});
	undo.push(() => processes.stop());
	const reminders = await openQueue(parts, faults);
	undo.push(() => reminders.close());
	const relay = createRelay({
		database,
		reminders,
		handlers,
		clock,
		onFault: faults.report,
		onParked: (topic, count, error) => faults.report(`topic ${topic}: ${count} given up`, error),
	});
	undo.push(
		() => relay.stop(),
		() => chat.stop(),
	);
	relay.start();
	chat.start();
	const silence = silenceWatch(parts);
	const calm = new SharedArrayBuffer(8);
	const intake = silence.listening(createIntake(database, () => inventory, clock, { calm: openCalm(calm) }));
	const watch = createOwnWatch(Object.values(watched), intake, clock);
	const syslog = parts.roles.includes('intake') ? await openSyslog(parts, intake, faults, watched) : null;
	if (syslog !== null) undo.push(() => closeSyslog(syslog, log));
	const door = parts.roles.includes('intake') ? await openDoor(parts, { intake, calm, faults, watched }) : null;
	if (door !== null) undo.push(() => door.stop());
	const timers = startTimers(parts, ledger, faults, watch, () => lookForSilence(door, silence), response.lookUnheard);
	undo.push(async () => timers.stop());
	parts.metrics.onScrape(async () => ({
		outbox: await outboxDepth(database),
		gathered: intake.gathered() + ((await door?.gathered()) ?? 0),
		syslog: syslog?.buffered() ?? [],
		...figuresOf(advising, door, ledger),
	}));
	await record(database, { entries: [startedEntry(parts)] }, clock());
	return {
		port: door?.port ?? null,
		syslog: syslog?.places ?? [],
		slackPort: chat.port,
		inventory,
		fault: faults.current,
		idle: (timeoutMs) => relay.idle(timeoutMs),
		seal: async () => void (await ledger.seal(clock(), true)),
		async stop() {
			await door?.stop();
			if (syslog !== null) await closeSyslog(syslog, log);
			// What was counted last is told too, where the database still answers.
			await within(FAREWELL_MS, watch()).catch((error: unknown) => faults.report('own alerts', error));
			await intake.settle();
			chat.hurry();
			await relay.stop();
			await processes.stop();
			await reminders.close();
			await chat.stop();
			timers.stop();
			await farewell(parts, ledger);
			log.info('stopped');
		},
	};
}

/** A database that is gone must not keep the program from ending: what was accepted is on its disk. */
async function farewell(parts: FlowParts, ledger: Awaited<ReturnType<typeof startLedger>>): Promise<void> {
	const { database, clock, log } = parts;
	const stopped = record(database, { entries: [{ ...startedEntry(parts), kind: 'program.stopped' }] }, clock()).then(
		() => ledger.seal(clock(), true),
	);
	await within(FAREWELL_MS, stopped).catch((error: unknown) =>
		log.error('the stop was not recorded', { error: error instanceof Error ? error.message : String(error) }),
	);
}

/** Whoever judges silence has to know whom every thread has heard. */
async function lookForSilence(door: Door | null, silence: SilenceWatch): Promise<void> {
	await door?.heard();
	await silence.look();
}

/** How long the last entry and checkpoint may take at the end. */
const FAREWELL_MS = 5 * SECOND;

function within<T>(ms: number, work: Promise<T>): Promise<T> {
	let timer: NodeJS.Timeout | null = null;
	const late = new Promise<never>((_, fail) => {
		timer = setTimeout(() => fail(new Error(`no answer in ${ms / SECOND} s`)), ms);
	});
	return Promise.race([work, late]).finally(() => (timer === null ? undefined : clearTimeout(timer)));
}

function handlersOf(parts: FlowParts, all: Handlers): Handlers {
	const topics = parts.roles.flatMap((role) => TOPICS_OF_ROLE[role]);
	return Object.fromEntries(Object.entries(all).filter(([topic]) => topics.some((known) => known === topic)));
}

function startedEntry(parts: FlowParts) {
	return {
		kind: 'program.started' as const,
		actor: { kind: 'system' as const, id: 'interlock' },
		at: parts.clock(),
		incident: null,
		refs: [],
		data: {
			roles: parts.roles,
			node: process.version,
			playbooks: Object.fromEntries(parts.playbooks.map((p) => [p.playbook.id, p.version])),
		},
	};
}

async function startLedger(parts: FlowParts, faults: Faults): Promise<Ledger> {
	const { config, database } = parts;
	const { origin, checkpoint_every, checkpoint_entries } = config.settings.ledger;
	const keys = openLedgerKeys(config.environment.dataFolder, origin, true);
	if (!keys.ok) throw new Error(keys.error);
	const opened = await openLedger(database, keys.value, {
		checkpointEveryMs: checkpoint_every,
		checkpointEntries: checkpoint_entries,
	});
	if (!opened.ok) {
		faults.set('ledger', opened.error);
		throw new Error(`the ledger does not verify, so nothing is started: ${opened.error}`);
	}
	return opened.value;
}

function silenceWatch({ config, database, clock }: FlowParts): SilenceWatch {
	const watched = (config.sources ?? []).flatMap(({ name, kind, heartbeatMs }) =>
		heartbeatMs === null ? [] : [{ name, kind, heartbeatMs }],
	);
	return createSilenceWatch({ database, watched, clock });
}

function figuresOf(
	{ adviser, memory }: Advising,
	door: Door | null,
	ledger: Ledger,
): Pick<Scrape, 'adviser' | 'lists' | 'sealed'> {
	return {
		sealed: ledger.size(),
		adviser: adviser === null ? null : { ...adviser.status(), ...memory.counts() },
		lists: door?.lists() ?? [],
	};
}
