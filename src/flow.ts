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
import type { Server } from 'node:http';
import { createChat } from './chat/chat.ts';
import { createDirectory, type Directory } from './chat/directory.ts';
import type { Desk } from './chat/perform.ts';
import { createSlack, type SlackEdge, type SlackHandlers, type SlackOptions } from './chat/slack.ts';
import { takeStatement } from './chat/statement.ts';
import { type Config, defaultSources, type SourceConfig } from './config/config.ts';
import type { SlackEnvironment } from './config/environment.ts';
import { tokensPerHour } from './config/settings-file.ts';
import { timeZoneOf } from './config/site-time.ts';
import { correlationHandlers } from './correlation/correlation.ts';
import { splitIncident } from './correlation/people.ts';
import type { IntakeContext } from './domain/alert.ts';
import { storesOf } from './domain/connector.ts';
import type { DrillScenario } from './domain/drill-scenario.ts';
import type { NewEntry } from './domain/entry.ts';
import type { Incident } from './domain/incident.ts';
import { type Inventory, indexInventory } from './domain/inventory.ts';
import { reachesBySelf } from './domain/pager.ts';
import type { Person } from './domain/person.ts';
import type { Result } from './domain/result.ts';
import { HOUR, SECOND } from './domain/time.ts';
import type { Handlers, Topic } from './domain/topic.ts';
import { evaluate } from './expression/condition.ts';
import type { Credential } from './intake/authenticate.ts';
import { sourceFinder } from './intake/door-sources.ts';
import { type DoorThreads, openDoorThreads } from './intake/door-threads.ts';
import { closeDoor, createDoor, type DoorOptions, type DoorSource } from './intake/http.ts';
import { createIntake, type Intake, openCalm } from './intake/intake.ts';
import { mappedKind } from './intake/mapping.ts';
import { createOwnWatch } from './intake/own-watch.ts';
import { parseBody } from './intake/parse-body.ts';
import { createParsePool } from './intake/parse-pool.ts';
import { createRefusals } from './intake/refusals.ts';
import { createSilenceWatch, SILENCE_EVERY_MS, type SilenceWatch } from './intake/silence-watch.ts';
import { sourceKind, sourceKindNames } from './intake/sources/index.ts';
import { type SyslogServer, startSyslog } from './intake/syslog.ts';
import { createDropTally, createRefusalTally, createSlackRefusalTally, type Tally } from './intake/tally.ts';
import type { TlsPair } from './intake/tls.ts';
import { openLedgerKeys } from './ledger/key-file.ts';
import { type Ledger, openLedger } from './ledger/ledger.ts';
import { LedgerFault } from './ledger/seal-plan.ts';
import type { Log } from './log.ts';
import type { Metrics, Scrape } from './metrics.ts';
import { type Adviser, createAdviser } from './model/client.ts';
import { loadPrompts } from './model/prompt.ts';
import { openReminders } from './queue/backend.ts';
import { createRelay } from './queue/relay.ts';
import type { LoadedPlaybook } from './response/choose.ts';
import { resolveBySystem } from './response/connectors/address-guard.ts';
import type { ListGround } from './response/connectors/block-list.ts';
import { createServedLists, type ServedLists } from './response/connectors/block-list-served.ts';
import { type ConnectorProcesses, createConnectorProcesses } from './response/connectors/process/processes.ts';
import { createForeignTeller } from './response/foreign-job.ts';
import type { Paging } from './response/pagers/desk.ts';
import { createPager } from './response/pagers/index.ts';
import { UNHEARD_EVERY_MS } from './response/pagers/unheard.ts';
import { openResponse } from './response/response.ts';
import { freezeItself } from './response/self-freeze.ts';
import type { Database } from './store/database.ts';
import { outboxDepth } from './store/outbox.ts';
import { readBlockEvents, readIncidentOfStep, readPolls } from './store/read/block-list.ts';
import { readRuleEvents } from './store/read/rules.ts';
import { cryptoRandom, record } from './store/record.ts';
import { forgetSignatures } from './store/record-alerts.ts';
import { type AdviceMemory, createAdviceMemory } from './triage/advice-memory.ts';
import { adviseHandlers } from './triage/advise.ts';
import { attackTable, findTechnique } from './triage/attack-table.ts';
import { loadWeights } from './triage/classifier/load.ts';
import type { Weights } from './triage/classifier/weights.ts';
import { createLearning, type Learning } from './triage/learn/learning.ts';
import { createLearnedRules } from './triage/load-learned.ts';
import type { CompiledRules } from './triage/rules.ts';
import { triageHandlers } from './triage/triage.ts';

export const ROLES = ['intake', 'triage', 'response', 'chat'] as const;
export type Role = (typeof ROLES)[number];

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

const NO_INVENTORY = { assets: [], zones: [], conduits: [], confirmedAt: 0 };
const SEAL_EVERY_MS = SECOND;
const FORGET_EVERY_MS = HOUR;
const WATCH_EVERY_MS = SECOND;
const SLACK_RETRY_MS = 5 * SECOND;
/** A fault of one place is logged once in the first time and recorded in the ledger once in the second; metrics count each. */
const FAULT_LOG_EVERY_MS = 10 * SECOND;
const FAULT_ENTRY_EVERY_MS = 10 * 60 * SECOND;

export type FlowParts = {
	readonly config: Config;
	readonly roles: readonly Role[];
	readonly database: Database;
	/** Of the database as the program's account: the queue lives there where REDIS_URL is not set. */
	readonly runUrl: string;
	readonly token: string;
	/** Where Slack is: a workspace, or the local stand-in. Null for a process without the chat role. */
	readonly slack: SlackEnvironment | null;
	readonly channel: string;
	readonly rules: CompiledRules;
	readonly playbooks: readonly LoadedPlaybook[];
	readonly clock: () => number;
	readonly log: Log;
	readonly metrics: Metrics;
	/** The door in threads of its own: the clock is the system's then. */
	readonly isThreaded?: boolean;
	/** Scenarios of drills. */
	readonly drills?: readonly DrillScenario[];
	/** The key of person tokens, for statements over HTTP (POST /v1/facts); without it there is no such door. */
	readonly personKey?: () => Result<Uint8Array, string>;
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

function openQueue(parts: FlowParts, faults: Faults): ReturnType<typeof openReminders> {
	const { config } = parts;
	return openReminders({
		url: config.environment.redisUrl?.reveal() ?? parts.runUrl,
		onFault: (_where, error) => faults.set('queue', queueWords(config, error)),
		onWell: () => faults.set('queue', null),
		onForeign: foreignJob(parts, faults),
	});
}

/** A job in the queue that is none of ours does nothing, and is told. */
function foreignJob({ database, clock }: FlowParts, faults: Faults): (topic: string, what: string) => void {
	const tell = createForeignTeller(database, clock, cryptoRandom, (error) => faults.report('queue', error));
	return (topic, what) => {
		faults.report('queue', `a job of topic ${topic} that Interlock did not write: it is not used`);
		tell(topic, what);
	};
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

/** What still holds, in the words of the person who has to act. */
function queueWords(config: Config, error: Error): string {
	const redis = config.environment.redisUrl;
	const where = redis === null ? 'PostgreSQL' : `Redis (\`REDIS_URL\` host \`${new URL(redis.reveal()).host}\`)`;
	return `the queue on ${where} does not answer (${error.message.slice(0, 200)}): alerts are accepted and stored; nothing runs until it is back`;
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

// ---- faults ------------------------------------------------------------------------------------------------------------------

type Faults = {
	readonly report: (where: string, error: unknown) => void;
	/** A state that lasts until it is cleared: shown by /readyz and `/interlock status`. */
	readonly set: (where: string, what: string | null) => void;
	readonly current: () => string | null;
};

function createFaults({ log, metrics, database, clock }: FlowParts): Faults {
	const lasting = new Map<string, string>();
	const recordedAt = new Map<string, number>();
	const loggedAt = new Map<string, { at: number; held: number }>();
	const report = (where: string, error: unknown): void => {
		const message = error instanceof Error ? error.message : String(error);
		metrics.fault(where);
		const now = clock();
		const logged = loggedAt.get(where);
		// The same place again and again says nothing new: metrics count each, the log says how many.
		if (logged !== undefined && now - logged.at < FAULT_LOG_EVERY_MS) logged.held++;
		else {
			log.error(`fault: ${where}`, {
				error: message.slice(0, 1000),
				...(logged?.held ? { repeats: logged.held } : {}),
			});
			loggedAt.set(where, { at: now, held: 0 });
		}
		if (now - (recordedAt.get(where) ?? Number.NEGATIVE_INFINITY) < FAULT_ENTRY_EVERY_MS) return;
		recordedAt.set(where, now);
		const entry = {
			kind: 'program.fault' as const,
			actor: { kind: 'system' as const, id: 'interlock' },
			at: now,
			incident: null,
			refs: [],
			data: { where: where.slice(0, 200), message: message.slice(0, 500).toWellFormed() },
		};
		// Where the database itself is the fault there is nowhere to record it: the log line above stands.
		record(database, { entries: [entry] }, now).catch((cause: unknown) =>
			log.error('a fault could not be recorded', { error: String(cause) }),
		);
	};
	return {
		report,
		set(where, what) {
			if (what === null) {
				if (lasting.delete(where)) log.info(`works again: ${where}`);
				return;
			}
			if (lasting.get(where) === what) return;
			lasting.set(where, what);
			report(where, what);
		},
		current: () => (lasting.size === 0 ? null : [...lasting].map(([where, what]) => `${where}: ${what}`).join('; ')),
	};
}

// ---- the stages --------------------------------------------------------------------------------------------------------------

type Advising = { readonly adviser: Adviser | null; readonly memory: AdviceMemory };

function buildTriage(parts: FlowParts, inventory: Inventory, faults: Faults, { adviser, memory }: Advising): Handlers {
	const { config, database, clock } = parts;
	const { model } = config.settings;
	const people = config.people.flatMap((person) => [person.name, person.id, person.email ?? '']);
	const classifier = loadWeights();
	const surroundings = { inventory, windows: config.windows };
	const learned = createLearnedRules(database, faults.report);
	return {
		...triageHandlers({
			database,
			context: async () => ({
				inventory,
				rules: parts.rules,
				learned: await learned(clock()),
				classifier,
				attack: attackTable,
				windows: config.windows,
			}),
			clock,
			onFault: faults.report,
		}),
		...adviseHandlers({
			database,
			adviser,
			memory,
			prompts: loadPrompts(),
			maskPolicy: model.mask,
			names: { people: () => people, hosts: (id) => inventory.find(id)?.hostnames ?? [] },
			askAgainMs: model.ask_again_after,
			attack: attackTable,
			playbooks: () => parts.playbooks.map((loaded) => loaded.playbook.id),
			clock,
			onFault: faults.report,
			count: parts.metrics.adviser,
		}),
		...correlationHandlers({ database, context: () => surroundings, clock, random: cryptoRandom }),
	};
}

/** Triage's rules about rules, for chat; the classifier is loaded when somebody first asks what a rule would do. */
function learningOf({ config, rules }: FlowParts, inventory: Inventory): Learning {
	let classifier: Weights | null = null;
	return createLearning(inventory, () => {
		classifier ??= loadWeights();
		return { inventory, rules, classifier, attack: attackTable, windows: config.windows };
	});
}

function adviserOf(config: Config): Adviser | null {
	const { model } = config.environment;
	const settings = config.settings.model;
	if (model === null || settings.tokens_per_day === 0) return null;
	return createAdviser({
		baseUrl: model.baseUrl ?? 'https://api.openai.com/v1',
		apiKey: model.apiKey?.reveal() ?? '',
		model: model.name,
		timeoutMs: settings.timeout,
		tokensPerHour: tokensPerHour(settings),
		tokensPerDay: settings.tokens_per_day,
		...(settings.price_per_million === undefined
			? {}
			: {
					price: {
						inputPerMillion: settings.price_per_million.input,
						outputPerMillion: settings.price_per_million.output,
					},
				}),
		...(settings.money_per_hour === undefined ? {} : { moneyPerHour: settings.money_per_hour }),
		breaker: { failures: settings.breaker_failures, pauseMs: settings.breaker_pause },
	});
}

function connectorsOf(
	{ config, database, clock }: FlowParts,
	inventory: Inventory,
	faults: Faults,
): ConnectorProcesses {
	const secrets = new Map(config.connectors.map((connector) => [connector.config.name, connector.secret]));
	return createConnectorProcesses(
		config.connectors.map((connector) => connector.config),
		(connector) => secrets.get(connector.name)?.reveal() ?? null,
		listGround(database, inventory),
		(reason) => faults.report('connectors', reason),
		clock,
	);
}

/** The ways outside Slack, and what has to be known of Slack to use them. */
function pagingOf({ config, clock, metrics }: FlowParts, chat: ChatEdge, faults: Faults): Paging {
	const edge = { now: clock, resolve: resolveBySystem };
	const { fallback, slack_after } = config.settings.paging;
	return {
		pagers: config.pagers.map(({ config: one, secret, ca }) =>
			createPager({ config: one, secret: secret?.reveal() ?? null, ca }, edge, config.inventory),
		),
		people: config.people,
		fallback: fallback ?? config.pagers.flatMap(({ config: one }) => (reachesBySelf(one) ? [one.name] : [])),
		slackAfterMs: slack_after,
		isSlackDown: chat.isDown,
		count: metrics.page,
		onHealth: (pager, fault) =>
			faults.set(`pager ${pager}`, fault === null ? null : `pages do not get through: ${fault}`),
	};
}

function buildResponse(
	parts: FlowParts,
	inventory: Inventory,
	chat: ChatEdge,
	faults: Faults,
	connectors: ConnectorProcesses['connectors'],
): ReturnType<typeof openResponse> {
	const { config, database, clock, log } = parts;
	return openResponse({
		database,
		inventory,
		playbooks: parts.playbooks,
		people: chat.people,
		staff: chat.staff,
		paging: pagingOf(parts, chat, faults),
		windows: config.windows,
		facts: config.facts,
		siteRules: config.siteRules.map((entry) => entry.rule),
		connectors,
		clock,
		random: cryptoRandom,
		log: {
			info: (fields, message) => log.info(message, { ...fields }),
			warn: (fields, message) => log.warn(message, { ...fields }),
			error: (fields, message) => log.error(message, { ...fields }),
		},
		stores: storesOf(config.connectors.map((connector) => connector.config)),
		approvalMs: config.settings.approvals.wait_for,
		escalation: (incident) => escalationFor(config, incident),
		routeOf: (incident) => routeFor(config, incident),
	});
}

type ChatEdge = {
	readonly handlers: Handlers;
	/** Those of the configuration, with the roles that Slack groups lend them; what response asks before it counts an approval. */
	readonly people: () => Promise<readonly Person[]>;
	/** The same without the roles of groups: Slack is not asked. */
	readonly staff: () => Promise<readonly Person[]>;
	/** Calls to Slack fail at this moment. */
	readonly isDown: () => boolean;
	start(): void;
	/** The program is ending: nothing waits to be tried again. */
	hurry(): void;
	stop(): Promise<void>;
	port(): number | null;
};

/** Slack being away delays words and nothing else: the connection is tried in the background, again and again. */
async function buildChat(parts: FlowParts, inventory: Inventory, faults: Faults, watched: Watched): Promise<ChatEdge> {
	const { config, database, clock, log, slack } = parts;
	if (slack === null) {
		const people = async (): Promise<readonly Person[]> => config.people;
		const nothing = { start: () => undefined, hurry: () => undefined, stop: async () => undefined };
		return { handlers: {}, people, staff: people, isDown: () => false, ...nothing, port: () => null };
	}
	let built: SlackHandlers | null = null;
	let isDown = false;
	const later = (): SlackHandlers => {
		if (built === null) throw new Error('chat is not built yet');
		return built;
	};
	const edge: SlackEdge = await createSlack({
		token: slack.botToken.reveal(),
		appToken: slack.appToken?.reveal() ?? null,
		signingSecret: slack.signingSecret?.reveal() ?? null,
		apiUrl: slack.apiUrl,
		mode: slack.mode,
		port: config.environment.slackPort,
		handlers: {
			click: (click) => later().click(click),
			check: (submission) => later().check(submission),
			submit: (submission) => later().submit(submission),
			command: (typed) => later().command(typed),
			home: (user) => later().home(user),
		},
		log,
		now: clock,
		onHealth: (state, detail) => {
			isDown = state === 'down';
			faults.set('Slack', isDown ? `not reachable: ${detail}. Cards wait; nothing else does` : null);
		},
		count: parts.metrics.chat,
		trustedProxies: config.settings.trusted_proxies,
		onRefused: slackRefusals(parts, faults, watched.slack),
	});
	const chat = createChat({
		database,
		calls: edge.calls,
		directory: directoryOf(config, inventory),
		channelOf: (incident) => routeFor(config, incident)?.channel ?? parts.channel,
		defaultChannel: parts.channel,
		split: (split, now) => splitIncident(split, inventory, now),
		learning: learningOf(parts, inventory),
		drills: { scenarios: parts.drills ?? [], inventory, timeZoneOf: (site) => timeZoneOf(config, site) },
		now: clock,
		log,
		count: parts.metrics.chat,
	});
	built = chat.slack;
	// A process without the chat role asks Slack for groups and listens to nothing.
	const isListening = parts.roles.includes('chat');
	const connection = isListening
		? connectForever(edge, faults)
		: { start: () => undefined, stop: async () => undefined };
	const { handlers, people, staff } = chat;
	return { handlers, people, staff, isDown: () => isDown, ...connection, hurry: edge.hurry, port: edge.port };
}

function directoryOf(config: Config, inventory: Inventory): Directory {
	return createDirectory({
		people: config.people,
		groups: config.groups,
		inventory,
		sites: config.settings.sites.map((site) => site.name),
		technique: (id) => findTechnique(attackTable, id)?.name ?? null,
	});
}

function connectForever(edge: SlackEdge, faults: Faults): { start(): void; stop(): Promise<void> } {
	let isStopped = false;
	let timer: NodeJS.Timeout | null = null;
	const connect = (): void => {
		edge
			.start()
			.then(() => faults.set('Slack connection', null))
			.catch((error: unknown) => {
				faults.set('Slack connection', error instanceof Error ? error.message : String(error));
				if (!isStopped) timer = setTimeout(connect, SLACK_RETRY_MS);
			});
	};
	return {
		start: connect,
		async stop() {
			isStopped = true;
			if (timer !== null) clearTimeout(timer);
			await edge.stop();
		},
	};
}

/**
 * The route that a triage rule chose, else the first that matches; one whose condition cannot be evaluated does not, and the default
 * channel takes the card.
 */
function routeFor(config: Config, incident: Incident): Config['routes'][number] | null {
	const chosen = incident.route == null ? null : config.routes.find(({ name }) => name === incident.route);
	if (chosen != null) return chosen;
	return config.routes.find((candidate) => evaluate(candidate.condition, { incident }) === true) ?? null;
}

/** Whom the route of an incident names for when nobody answers, those first who are called first. */
function escalationFor(config: Config, incident: object): readonly (readonly string[])[] {
	// The row as it was read: conditions read its columns by name, and one that cannot be evaluated matches nothing.
	const route = routeFor(config, incident as Incident);
	return (route?.escalation ?? []).toSorted((a, b) => a.after - b.after).map((level) => level.people);
}

// ---- the edges ---------------------------------------------------------------------------------------------------------------

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

function startTimers(
	parts: FlowParts,
	ledger: Ledger,
	faults: Faults,
	watch: () => Promise<void>,
	look: () => Promise<void>,
	lookUnheard: () => Promise<void>,
): { stop(): void } {
	let isStopped = false;
	const repeat = (everyMs: number, where: string, work: () => Promise<unknown>): NodeJS.Timeout =>
		setTimeout(() => {
			work()
				.then(() => faults.set(where, null))
				.catch((error: unknown) => faults.set(where, error instanceof Error ? error.message : String(error)))
				.finally(() => {
					if (!isStopped) timers.set(where, repeat(everyMs, where, work));
				});
		}, everyMs);
	const timers = new Map<string, NodeJS.Timeout>();
	timers.set(
		'ledger',
		repeat(SEAL_EVERY_MS, 'ledger', async () => {
			try {
				await ledger.seal(parts.clock());
			} catch (error) {
				if (error instanceof LedgerFault) {
					const why = `the ledger does not fit: ${error.message}`;
					await freezeItself(parts.database, why, parts.config.people, parts.clock(), cryptoRandom);
				}
				throw error;
			}
		}),
	);
	timers.set('own alerts', repeat(WATCH_EVERY_MS, 'own alerts', watch));
	timers.set(
		'signatures',
		repeat(FORGET_EVERY_MS, 'signatures', () => forgetSignatures(parts.database, parts.clock() - FORGET_EVERY_MS)),
	);
	if (parts.roles.includes('intake')) timers.set('silence', repeat(SILENCE_EVERY_MS, 'silence', look));
	if (parts.roles.includes('response'))
		timers.set('unheard', repeat(UNHEARD_EVERY_MS, 'what Slack does not take', lookUnheard));
	return {
		stop() {
			isStopped = true;
			for (const timer of timers.values()) clearTimeout(timer);
		},
	};
}

/** What is counted at the doors and told to people when it is too much. */
type Watched = { readonly refusals: Tally; readonly slack: Tally; readonly drops: Tally };

/** The program's kinds and those of the site's mapping files. */
function parserOf({ config }: FlowParts) {
	const mapped = config.mappings.map(mappedKind);
	return (kind: string, body: Uint8Array | string, context: IntakeContext) => parseBody(kind, body, context, mapped);
}

type Door = Pick<DoorThreads, 'port' | 'gathered' | 'heard' | 'stop'> & {
	/** Of the lists that firewalls fetch. */
	lists(): ReturnType<ServedLists['figures']>;
};
type DoorParts = {
	readonly intake: Intake;
	readonly calm: SharedArrayBuffer;
	readonly faults: Faults;
	readonly watched: Watched;
};
/** Null where no list is configured. */
type Lists = ServedLists | null;

/** In threads of its own in the running program; in this one where a test has its own clock. Opened last: who has an answer relies on the rest. */
async function openDoor(parts: FlowParts, own: DoorParts): Promise<Door> {
	const lists = listsOf(parts);
	const open = parts.isThreaded === true ? openThreads : openDoorHere;
	return { ...(await open(parts, own, lists)), lists: () => lists?.figures() ?? [] };
}

async function openThreads(parts: FlowParts, { calm, faults, watched }: DoorParts, lists: Lists): Promise<DoorThreads> {
	const { config, clock, metrics, database } = parts;
	const refusals = createRefusals(clock);
	return openDoorThreads({
		databaseUrl: database.url,
		databaseRole: database.role,
		...doorSources(parts),
		mappings: config.mappings,
		inventory: config.inventory ?? NO_INVENTORY,
		port: config.environment.port,
		tls: config.tls === null ? null : revealed(config.tls),
		trustedProxies: config.settings.trusted_proxies,
		bodyMax: config.settings.limits.body_bytes,
		alertsMax: config.settings.limits.body_alerts,
		calm,
		fault: faults.current,
		metrics: metrics.text,
		countRefused(source, address, reason) {
			const isOver = refusals.isOver(source, address);
			const isNew = refusals.count(source, address) && !isOver;
			tellRefused(parts, faults, watched, { source, address, reason, isNew });
			return isOver;
		},
		onTopics: (topics) => database.onTopics(topics),
		onProtocol: (source, note) => parts.log.warn('a message without an alert', { source, note }),
		...statements(parts),
		...(lists === null ? {} : { onList: lists.answer }),
		onError: (error) => faults.report('intake', error),
		onAnswer: (status, ms) => metrics.answered('', status, ms),
	});
}

async function openDoorHere(
	parts: FlowParts,
	{ intake, faults, watched }: DoorParts,
	lists: Lists,
): Promise<DoorThreads> {
	const { config, clock, metrics } = parts;
	const own = new Set(config.mappings.map((mapping) => mappedKind(mapping).name));
	const pool = createParsePool(parserOf(parts), (kind) => !own.has(kind) && sourceKind(kind) !== null);
	const door = createDoor({
		intake,
		source: sourceOf(parts),
		parse: pool.parse,
		clock,
		fault: faults.current,
		metrics: metrics.text,
		trustedProxies: config.settings.trusted_proxies,
		...(config.tls === null ? {} : { tls: revealed(config.tls) }),
		onRefused: (source, address, reason, isNew) =>
			tellRefused(parts, faults, watched, { source, address, reason, isNew }),
		onProtocol: (source, note) => parts.log.warn('a message without an alert', { source, note }),
		...statements(parts),
		...(lists === null ? {} : { onList: lists.answer }),
		onError: (error) => faults.report('intake', error),
		bodyMax: config.settings.limits.body_bytes,
		alertsMax: config.settings.limits.body_alerts,
		onAnswer: metrics.answered,
	});
	door.once('close', () => void pool.stop());
	await new Promise<void>((done, fail) => {
		door.once('error', fail);
		door.listen(config.environment.port, done);
	});
	return { port: portOf(door), gathered: async () => 0, heard: async () => undefined, stop: () => closeDoor(door) };
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

/** What the lists that firewalls fetch stand on. */
function listGround(database: Database, inventory: Inventory): ListGround {
	return {
		inventory,
		reader: {
			events: (connector) => readBlockEvents(database, connector),
			polls: (lists) => readPolls(database, lists),
			incidentOf: (step) => readIncidentOfStep(database, step),
			rules: (connector) => readRuleEvents(database, connector),
		},
	};
}

/** The lists of the configuration; null where there are none. */
function listsOf({ config, database, clock }: FlowParts): Lists {
	const own = config.connectors.flatMap((connector) =>
		connector.config.kind === 'block-list'
			? [{ config: connector.config, secret: connector.secret?.reveal() ?? null }]
			: [],
	);
	if (own.length === 0) return null;
	const note = async (entry: NewEntry): Promise<void> => {
		await record(database, { entries: [entry] }, clock());
	};
	const inventory = indexInventory(config.inventory ?? NO_INVENTORY);
	return createServedLists(own, listGround(database, inventory), note, clock);
}

/** What people state over HTTP is judged and recorded like `/interlock fact`. */
function statements(parts: FlowParts): Pick<DoorOptions, 'onStatement'> {
	const { personKey, database, clock, config } = parts;
	if (personKey === undefined) return {};
	const inventory = indexInventory(config.inventory ?? NO_INVENTORY);
	const desk: Desk = {
		database,
		directory: directoryOf(config, inventory),
		split: (split, now) => splitIncident(split, inventory, now),
		learning: learningOf(parts, inventory),
		now: clock,
	};
	return { onStatement: async (statement) => await takeStatement(desk, personKey, statement) };
}

/** The sources, and whether aliases of their kinds are sources too: without sources.yaml they are (`defender`, `cef-generic`). */
function doorSources({ config, token }: FlowParts): {
	readonly sources: readonly DoorSource[];
	readonly hasAliases: boolean;
} {
	const all = config.sources ?? defaultSources([...sourceKindNames(), ...config.mappings.map(({ kind }) => kind)]);
	return { sources: all.map((source) => doorSource(source, token)), hasAliases: config.sources === null };
}

function sourceOf(parts: FlowParts): (name: string) => DoorSource | null {
	const { sources, hasAliases } = doorSources(parts);
	return sourceFinder(sources, hasAliases);
}

type Refused = { readonly source: string; readonly address: string; readonly reason: string; readonly isNew: boolean };

/** Each one is counted; those that say something new are entries; many of them become one alert. */
function tellRefused(parts: FlowParts, faults: Faults, watched: Watched, refused: Refused): void {
	watched.refusals.count(refused.source, refused.address, 1, parts.clock());
	recordRefused(parts, faults, refused);
}

const REFUSED_WORDS = {
	time: 'in Slack’s name: its time is more than five minutes from the clock here',
	signature: 'in Slack’s name: the signature is not made with the signing secret',
} as const;

/** What comes in Slack's name and is not proved: the same, but the first is an alert already. */
function slackRefusals(parts: FlowParts, faults: Faults, tally: Tally): NonNullable<SlackOptions['onRefused']> {
	const refusals = createRefusals(parts.clock);
	return (address, why) => {
		const isNew = !refusals.isOver('slack', address) && refusals.count('slack', address);
		tally.count(why, address, 1, parts.clock());
		recordRefused(parts, faults, { source: 'slack', address, reason: REFUSED_WORDS[why], isNew });
	};
}

function recordRefused({ metrics, clock, database }: FlowParts, faults: Faults, refused: Refused): void {
	const { source, address, reason, isNew } = refused;
	metrics.refused(source);
	if (!isNew) return;
	const entry = {
		kind: 'credential.refused' as const,
		actor: { kind: 'source' as const, id: source },
		at: clock(),
		incident: null,
		refs: [],
		data: { source, address, reason },
	};
	record(database, { entries: [entry] }, clock()).catch((error: unknown) => faults.report('credential.refused', error));
}

function revealed(tls: NonNullable<Config['tls']>): TlsPair {
	return { cert: tls.cert, key: tls.key.reveal(), clientCa: tls.clientCa };
}

/** Null where interlock.yaml names no listener: then nothing listens. */
async function openSyslog(
	parts: FlowParts,
	intake: ReturnType<typeof createIntake>,
	faults: Faults,
	watched: Watched,
): Promise<SyslogServer | null> {
	const { config, clock, metrics } = parts;
	if (config.syslog.length === 0) return null;
	const find = sourceOf(parts);
	const known = (listener: string, name: string): DoorSource => {
		const source = find(name);
		if (source === null) throw new Error(`syslog listener ${listener}: there is no source \`${name}\``);
		return source;
	};
	const refusals = createRefusals(clock);
	const { syslog } = config.settings;
	return startSyslog({
		listeners: config.syslog.map(({ name, host, port, transport, tls, source, routes }) => ({
			name,
			host,
			port,
			transport,
			tls: tls === null ? null : revealed(tls),
			source: source === null ? null : known(name, source),
			routes: routes.map((route) => ({
				address: route.address ?? null,
				vendor: route.vendor ?? null,
				product: route.product ?? null,
				source: known(name, route.source),
			})),
		})),
		intake,
		parse: parserOf(parts),
		clock,
		messageBytes: syslog.message_bytes,
		udpBufferBytes: syslog.udp_buffer_bytes,
		connectionsMax: syslog.connections,
		connectionsPerAddress: syslog.connections_per_address,
		idleMs: syslog.idle_timeout,
		onCount: metrics.syslog,
		onDropped: (listener, where, times) => watched.drops.count(listener, where, times, clock()),
		onRefused(source, address, reason) {
			const isNew = !refusals.isOver(source, address) && refusals.count(source, address);
			tellRefused(parts, faults, watched, { source, address, reason, isNew });
		},
		onError: (listener, error) => faults.report(listener, error),
	});
}

async function closeSyslog(syslog: SyslogServer, log: Log): Promise<void> {
	const left = await syslog.stop();
	if (left > 0) log.error('syslog messages could not be stored before the stop', { lost: left });
}

function doorSource(source: SourceConfig, token: string): DoorSource {
	return {
		name: source.name,
		kind: source.kind,
		credential: credentialOf(source, token),
		addressAllow: source.addressAllow ?? [],
		timeZone: source.timeZone,
	};
}

function credentialOf({ credential }: SourceConfig, token: string): Credential {
	if (credential === null) return { type: 'default', secrets: [token] };
	switch (credential.type) {
		case 'bearer':
			return {
				type: 'bearer',
				secrets: credential.secrets.map((secret) => secret.reveal()),
				...(credential.header === null ? {} : { header: credential.header }),
			};
		case 'hmac':
			return {
				type: 'hmac',
				secrets: credential.secrets.map((secret) => secret.reveal()),
				...(credential.header === null ? {} : { header: credential.header }),
				...(credential.form === null ? {} : { form: credential.form }),
			};
		case 'basic':
			return { type: 'basic', user: credential.user, secrets: credential.secrets.map((secret) => secret.reveal()) };
		case 'mtls':
			return { type: 'mtls', fingerprints: credential.certificates, subject: credential.subject };
	}
}

function portOf(server: Server): number {
	const address = server.address();
	if (typeof address !== 'object' || address === null) throw new Error('the door has no port');
	return address.port;
}
