// Opens the HTTP door: in threads of its own, or in this one.
import type { Server } from 'node:http';
import type { Desk } from '../chat/perform.ts';
import { takeStatement } from '../chat/statement.ts';
import { splitIncident } from '../correlation/people.ts';
import { indexInventory } from '../domain/inventory.ts';
import { type DoorThreads, openDoorThreads } from '../intake/door-threads.ts';
import { closeDoor, createDoor, type DoorOptions } from '../intake/http.ts';
import type { Intake } from '../intake/intake.ts';
import { mappedKind } from '../intake/mapping.ts';
import { createParsePool } from '../intake/parse-pool.ts';
import { createRefusals } from '../intake/refusals.ts';
import { sourceKind } from '../intake/sources/index.ts';
import { directoryOf } from './chat.ts';
import type { Faults } from './faults.ts';
import { type Lists, listsOf } from './lists.ts';
import { type FlowParts, NO_INVENTORY, type Watched } from './parts.ts';
import { tellRefused } from './refused.ts';
import { doorSources, parserOf, revealed, sourceOf } from './sources.ts';
import { learningOf } from './triage.ts';

export type Door = Pick<DoorThreads, 'port' | 'gathered' | 'heard' | 'stop'> & {
	/** Of the lists that firewalls fetch. */
	lists(): ReturnType<NonNullable<Lists>['figures']>;
};

type DoorParts = {
	readonly intake: Intake;
	readonly calm: SharedArrayBuffer;
	readonly faults: Faults;
	readonly watched: Watched;
};

/** In threads of its own in the running program; in this one where a test has its own clock. Opened last: who has an answer relies on the rest. */
export async function openDoor(parts: FlowParts, own: DoorParts): Promise<Door> {
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

function portOf(server: Server): number {
	const address = server.address();
	if (typeof address !== 'object' || address === null) throw new Error('the door has no port');
	return address.port;
}
