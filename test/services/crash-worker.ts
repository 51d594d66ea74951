// The worker of an installation as a process of its own, for tests that kill it: the stage with connectors in their processes, as configured,
// working through everything that is due. It is told what to work on, and says when the step that it was told of has come to an end.
import { type ConnectorConfig, ConnectorConfig as Parsed } from '../../src/domain/connector.ts';
import { indexInventory } from '../../src/domain/inventory.ts';
import type { Handlers, Topic } from '../../src/domain/topic.ts';
import { createConnectorProcesses } from '../../src/response/connectors/process/processes.ts';
import { createResponse } from '../../src/response/response.ts';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { claimDue, endLeases, failDue } from '../../src/store/outbox.ts';
import { readBlockEvents, readIncidentOfStep, readPolls } from '../../src/store/read/block-list.ts';
import { readRuleEvents } from '../../src/store/read/rules.ts';
import { cryptoRandom } from '../../src/store/record.ts';
import { playbookOf } from '../response/support/kind-grant.ts';
import { type KindTask, plantAt } from '../response/support/kind-world.ts';
import { PEOPLE } from '../response/support/plant.ts';

export type CrashJob = {
	readonly runUrl: string;
	readonly role: string | null;
	readonly config: unknown;
	readonly secret: string | null;
	readonly task: KindTask;
	readonly step: string;
};

const TOPICS: readonly Topic[] = ['plan', 'run', 'expire'];
const OVER = ['done', 'failed', 'in_doubt', 'hands', 'forbidden', 'expired', 'cancelled'];
/** Nothing has come to an end: the parent says what that means. */
const GIVE_UP_MS = 60_000;
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

function stageOf(database: Database, config: ConnectorConfig, { secret, task }: CrashJob) {
	const inventory = indexInventory(plantAt(Date.now()));
	const reader = {
		events: (name: string) => readBlockEvents(database, name),
		polls: (lists: readonly string[]) => readPolls(database, lists),
		incidentOf: (id: string) => readIncidentOfStep(database, id),
		rules: (name: string) => readRuleEvents(database, name),
	};
	const onFault = (): void => undefined;
	const processes = createConnectorProcesses([config], () => secret, { inventory, reader }, onFault, Date.now);
	const handlers = createResponse({
		...{ database, inventory, playbooks: [playbookOf(task)], people: PEOPLE, windows: [], siteRules: [] },
		...{ connectors: processes.connectors, clock: Date.now, random: cryptoRandom, log: silent },
	});
	return { handlers, stop: () => processes.stop() };
}

async function workThrough(database: Database, handlers: Handlers): Promise<void> {
	for (const topic of TOPICS) {
		const due = await claimDue(database, topic, 20, Date.now());
		if (due.length === 0) continue;
		try {
			await handlers[topic]?.(due);
		} catch (cause) {
			await failDue(database, due, String(cause), Date.now());
		}
	}
}

async function work(job: CrashJob): Promise<string> {
	const database = openDatabase(job.runUrl, job.role);
	const { handlers, stop } = stageOf(database, Parsed.parse(job.config), job);
	// What the killed worker before this one had in hand.
	await endLeases(database, Date.now());
	const until = Date.now() + GIVE_UP_MS;
	let state = '';
	while (Date.now() < until) {
		await workThrough(database, handlers);
		const [row] = await database.raw`SELECT state FROM steps WHERE id = ${job.step}`;
		state = String(row?.['state']);
		if (OVER.includes(state)) break;
		await new Promise((done) => setTimeout(done, 20));
	}
	await stop();
	await database.close();
	return state;
}

process.on('message', (job: CrashJob) => {
	void work(job).then(
		(state) => process.send?.({ state }),
		(fault: unknown) => process.send?.({ fault: String(fault) }),
	);
});
process.on('disconnect', () => process.exit(0));
process.send?.('ready');
