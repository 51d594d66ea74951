// A thread of the door: a listener of its own on the shared port, with its own parsers and its own sessions with the database, so that
// triage, cards and advice never stand in the way of an alert, and more than one core takes them in. What must be one for the whole
// program (metrics, refusals, faults) is asked of door-threads.ts.
import { parentPort, workerData } from 'node:worker_threads';
import { indexInventory } from '../domain/inventory.ts';
import type { Topic } from '../domain/topic.ts';
import { openDatabase } from '../store/database.ts';
import { sourceFinder } from './door-sources.ts';
import type { Answered, FromThread, ThreadStart, ToThread } from './door-threads.ts';
import {
	closeDoor,
	createDoor,
	type ListAnswer,
	type ListRequest,
	type Statement,
	type StatementAnswer,
} from './http.ts';
import { createIntake, GATHERED_MAX, openCalm } from './intake.ts';
import { mappedKind } from './mapping.ts';
import { parseBody } from './parse-body.ts';
import { createParsePool } from './parse-pool.ts';
import { createSilenceWatch } from './silence-watch.ts';
import { sourceKind } from './sources/index.ts';

/** Answers that are told together: metrics need no message each. */
const ANSWERED_MAX = 1_000;
/** A body of this size takes about five milliseconds to parse: so long others of this thread may wait. */
const PARSED_HERE_MAX = 64 * 1024;
/** The other threads have a commit in flight each: a second one of the same thread is worth it for this many messages. */
const SECOND_COMMIT_FROM = 4;
/** Its drizzle client writes who was heard and nothing else. */
const CONNECTIONS_MAX = 1;

const start = workerData as ThreadStart; // made by door-threads.ts
const clock = Date.now;
const database = openDatabase(start.databaseUrl, start.databaseRole, CONNECTIONS_MAX);
const inventory = indexInventory(start.inventory);
const mapped = start.mappings.map(mappedKind);
const own = new Set(mapped.map(({ name }) => name));
const pool = createParsePool(
	(kind, body, context) => parseBody(kind, body, context, mapped),
	(kind) => !own.has(kind) && sourceKind(kind) !== null,
	PARSED_HERE_MAX,
);
// It writes down whom it heard; who has gone silent is judged in the program's own thread.
const silence = createSilenceWatch({
	database,
	watched: [],
	clock,
	lead: { take: async () => 'elsewhere', release: async () => undefined },
});
const intake = silence.listening(
	createIntake(database, () => inventory, clock, {
		gatheredMax: Math.floor(GATHERED_MAX / start.threads),
		calm: openCalm(start.calm),
		secondCommitFrom: SECOND_COMMIT_FROM,
	}),
);

function tell(message: FromThread): void {
	parentPort?.postMessage(message);
}

let answered: Answered[] = [];
function tellAnswered(): void {
	if (answered.length === 0) return;
	tell({ what: 'answered', answered });
	answered = [];
}

let topics = new Set<Topic>();
// Commits of one turn wake the others once.
database.onTopics = (fresh) => {
	if (topics.size === 0 && fresh.length > 0)
		setImmediate(() => {
			tell({ what: 'topics', topics: [...topics] });
			topics = new Set();
		});
	// The topics of a commit are those of its rows.
	for (const topic of fresh) topics.add(topic as Topic);
};

let asked = 0;
const waiting = new Map<number, (answer: string | boolean | null) => void>();
function ask(
	question:
		| { readonly what: 'fault' | 'metrics' }
		| { readonly what: 'refused'; readonly refused: readonly [string, string, string] }
		| { readonly what: 'statement'; readonly statement: Statement }
		| { readonly what: 'list'; readonly request: ListRequest },
) {
	return new Promise<string | boolean | null>((done) => {
		const id = asked++;
		waiting.set(id, done);
		tell({ ...question, id });
	});
}

/** The person's token and rights are looked at where the rest of the program is. */
async function askStatement(statement: Statement) {
	const answer = await ask({ what: 'statement', statement });
	if (typeof answer !== 'string' || answer === '') throw new Error('the statement could not be worked');
	return JSON.parse(answer) as StatementAnswer; // made by door-threads.ts
}

async function askList(request: ListRequest) {
	const answer = await ask({ what: 'list', request });
	if (typeof answer !== 'string' || answer === '') throw new Error('the list could not be read');
	return JSON.parse(answer) as ListAnswer; // made by door-threads.ts
}

const door = createDoor({
	intake,
	source: sourceFinder(start.sources, start.hasAliases),
	parse: pool.parse,
	clock,
	fault: async () => {
		const fault = await ask({ what: 'fault' });
		return typeof fault === 'string' ? fault : null;
	},
	metrics: async () => String(await ask({ what: 'metrics' })),
	trustedProxies: start.trustedProxies,
	...(start.tls === null ? {} : { tls: start.tls }),
	countRefused: async (source, address, reason) =>
		(await ask({ what: 'refused', refused: [source, address, reason] })) === true,
	onRefused: () => undefined,
	...(start.hasStatements ? { onStatement: askStatement } : {}),
	...(start.hasLists ? { onList: askList } : {}),
	onProtocol: (source, note) => tell({ what: 'protocol', source, note }),
	onError: (error) => tell({ what: 'error', error: error instanceof Error ? error.message : String(error) }),
	bodyMax: start.bodyMax,
	alertsMax: start.alertsMax,
	readingShare: start.threads,
	onAnswer(_source, status, ms) {
		answered.push([status, ms]);
		if (answered.length >= ANSWERED_MAX) tellAnswered();
	},
});
door.once('close', () => void pool.stop());
door.once('error', (error) => tell({ what: 'listening', port: null, error: error.message }));
door.listen({ port: start.port, reusePort: start.isShared }, () => {
	const address = door.address();
	tell({ what: 'listening', port: typeof address === 'object' && address !== null ? address.port : null, error: null });
});

async function stop(): Promise<void> {
	await closeDoor(door);
	await intake.settle();
	await silence.look();
	tellAnswered();
}

async function answer(message: ToThread): Promise<void> {
	switch (message.what) {
		case 'answer':
			waiting.get(message.id)?.(message.answer);
			waiting.delete(message.id);
			return;
		case 'figures':
			tellAnswered();
			tell({ what: 'done', id: message.id, gathered: intake.gathered(), error: null });
			return;
		case 'heard':
			await silence.look();
			tell({ what: 'done', id: message.id, gathered: intake.gathered(), error: null });
			return;
		case 'stop':
			try {
				await stop();
			} finally {
				await database.close();
			}
			tell({ what: 'done', id: message.id, gathered: 0, error: null });
			parentPort?.close();
	}
}

parentPort?.on('message', (message: ToThread) => {
	answer(message).catch((error: unknown) => {
		const words = error instanceof Error ? error.message : String(error);
		if (message.what !== 'answer') tell({ what: 'done', id: message.id, gathered: intake.gathered(), error: words });
		if (message.what === 'stop') parentPort?.close();
	});
});
