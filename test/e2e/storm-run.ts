// A storm of one cause against the real program: the switch of a hall fails, hundreds of hosts behind it stop answering, and everything
// that watches them says so again and again. In the middle of it a gas alarm. What is kept is what the database, Slack and /proc say.
import { readFileSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import type { Database } from '../../src/store/database.ts';
import { type Child, openWorld, until, type World } from './program.ts';

/** Hosts behind the switch that fails. */
const HALL_HOSTS = 400;
const CONNECTIONS = 16;

/** Adds a hall with its switch and hosts to the demo's plant. */
function addHall(configFolder: string): void {
	const file = join(configFolder, 'inventory.yaml');
	const zone = '  - { id: hall-2, name: Hall 2, site: nordhafen, purdue: 2, ranges: [10.20.100.0/22] }\n';
	const asset = (id: string, ip: string, kind: string): string =>
		`  - { id: ${id}, hostname: ${id}, ip: ${ip}, site: nordhafen, zone: hall-2, purdue: 2, kind: ${kind}, domain: ot, switch: sw-h2 }\n`;
	const hosts = Array.from({ length: HALL_HOSTS }, (_, i) =>
		asset(hallHost(i), `10.20.${100 + Math.floor(i / 200)}.${10 + (i % 200)}`, 'hmi'),
	);
	const text = readFileSync(file, 'utf8').replace('zones:\n', `zones:\n${zone}`);
	writeFileSync(file, `${text.trimEnd()}\n${asset('sw-h2', '10.20.103.1', 'switch')}${hosts.join('')}`);
}

function hallHost(i: number): string {
	return `h2-${String(i).padStart(3, '0')}`;
}

/** What monitoring says of a host that it cannot reach, and of what ran on it. */
const SAYINGS: readonly { readonly name: string; readonly severity: string; readonly summary: string }[] = [
	{ name: 'HostUnreachable', severity: 'critical', summary: 'does not answer' },
	{ name: 'ScrapeFailed', severity: 'warning', summary: 'target down' },
	{ name: 'OpcServerDown', severity: 'high', summary: 'OPC server is down: connection lost' },
	{ name: 'TimeSyncLost', severity: 'warning', summary: 'time server not reachable' },
	{ name: 'HistorianGap', severity: 'warning', summary: 'historian gets no data: connection lost' },
];

/**
 * The alerts of the storm in the order in which they come. Everything once, then once more, as monitoring does.
 *
 * @param distinct true: every alert is a condition of its own (another service on the hosts); false: five conditions a host, repeated
 */
function stormAlerts(count: number, startedAt: number, distinct: boolean): object[] {
	const alert = (name: string, host: string, severity: string, summary: string, at: number, more = {}): object => ({
		status: 'firing',
		labels: { alertname: name, instance: host, severity, ...more },
		annotations: { summary: `${host}: ${summary}` },
		startsAt: new Date(at).toISOString(),
	});
	const first = alert('SwitchDown', 'sw-h2', 'critical', 'the switch does not answer', startedAt);
	return Array.from({ length: count }, (_, i) => {
		if (i === 0) return first;
		const saying = SAYINGS[Math.floor(i / HALL_HOSTS) % SAYINGS.length] ?? SAYINGS[0]!;
		// A minute of storm in event time, whatever the test takes.
		const at = startedAt + Math.floor((i / count) * 60_000);
		const more = distinct ? { service: `svc-${Math.floor(i / (HALL_HOSTS * SAYINGS.length))}` } : {};
		return alert(saying.name, hallHost(i % HALL_HOSTS), saying.severity, saying.summary, at, more);
	});
}

type StormOutcome = {
	readonly seconds: number;
	readonly accepted: number;
	/** Answers that asked to wait (429, 503): what they refused was sent again. */
	readonly askedToWait: number;
	/** Milliseconds from the POST of each gas alarm to its answer, and to its words in Slack. */
	readonly gas: readonly Told[];
	/** Resident MiB of the program's own process, the largest seen. */
	readonly rssMax: number;
};

/** Sends it all as fast as it is taken; gas alarms go in between, one after the other. */
async function sendStorm(
	world: World,
	child: Child,
	alerts: readonly object[],
	options: { readonly alertsInBody: number; readonly gasAlarms: number },
): Promise<StormOutcome> {
	const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
	const bodies: object[][] = [];
	for (let i = 0; i < alerts.length; i += options.alertsInBody) bodies.push(alerts.slice(i, i + options.alertsInBody));
	let [next, accepted, askedToWait, rssMax] = [0, 0, 0, 0];
	const began = performance.now();
	const sender = async (): Promise<void> => {
		for (let body = bodies[next++]; body !== undefined; body = bodies[next++]) {
			for (;;) {
				const answer = await post(world, agent, body);
				if (answer.status === 202) {
					accepted += answer.alerts;
					break;
				}
				if (answer.status !== 503 && answer.status !== 429) throw new Error(`storm: answered ${answer.status}`);
				askedToWait++;
				await sleep(200);
			}
		}
	};
	const watch = setInterval(() => {
		rssMax = Math.max(rssMax, residentMiB(child.pid));
	}, 250);
	const told: Told[] = [];
	const gas = async (): Promise<void> => {
		for (let i = 0; i < options.gasAlarms; i++) {
			await sleep(300);
			told.push(await gasAlarm(world, i));
		}
	};
	try {
		await Promise.all([gas(), ...Array.from({ length: CONNECTIONS }, sender)]);
	} finally {
		clearInterval(watch);
		agent.destroy();
	}
	return { seconds: (performance.now() - began) / 1000, accepted, askedToWait, gas: told, rssMax };
}

type Told = { readonly answered: number; readonly shown: number };

/** One gas alarm of a detector of its own; milliseconds from its POST. */
async function gasAlarm(world: World, i: number): Promise<Told> {
	const name = `GD-${700 + i}`;
	const began = performance.now();
	const seen = world.slack.waitFor(
		() =>
			world.slack.state
				.messages('incidents')
				.some((message) => JSON.stringify([message.text, message.blocks]).includes(name)),
		60_000,
	);
	const answered = await world.post('alertmanager', {
		version: '4',
		status: 'firing',
		alerts: [
			{
				status: 'firing',
				labels: { alertname: 'GasDetectorHigh', instance: name, severity: 'critical' },
				annotations: { summary: `Gas detector ${name}: 60 % LEL, second alarm level` },
				startsAt: new Date().toISOString(),
			},
		],
	});
	if (answered.status !== 202) throw new Error(`the gas alarm was answered ${answered.status}`);
	const answeredAt = performance.now();
	await seen;
	return { answered: answeredAt - began, shown: performance.now() - began };
}

function post(world: World, agent: Agent, alerts: readonly object[]): Promise<{ status: number; alerts: number }> {
	const body = JSON.stringify({ version: '4', status: 'firing', alerts });
	return new Promise((done, fail) => {
		const sent = request(
			`${world.door}/v1/alerts/alertmanager`,
			{
				method: 'POST',
				agent,
				headers: {
					authorization: `Bearer ${world.token}`,
					'content-type': 'application/json',
					'content-length': Buffer.byteLength(body),
				},
			},
			(response) => {
				const parts: Buffer[] = [];
				response.on('data', (chunk: Buffer) => parts.push(chunk));
				response.on('end', () => {
					const text = Buffer.concat(parts).toString('utf8');
					const status = response.statusCode ?? 0;
					done({ status, alerts: status === 202 ? (JSON.parse(text) as { alerts: unknown[] }).alerts.length : 0 });
				});
			},
		);
		sent.once('error', fail);
		sent.end(body);
	});
}

function residentMiB(pid: number): number {
	return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
}

type Stored = {
	readonly rows: number;
	readonly messages: number;
	/** Alerts of the storm that are in no incident. */
	readonly outside: number;
	/** Incidents that hold alerts of the storm, merged ones not counted. */
	readonly incidents: number;
	/** Rows of the outbox that are due and not given up. */
	readonly due: number;
	readonly parked: number;
};

async function storedOf(database: Database): Promise<Stored> {
	const [row] = await database.raw`
		SELECT count(*)::int AS rows, coalesce(sum(repeats), 0)::int AS messages, count(*) FILTER (WHERE incident IS NULL)::int AS outside,
			count(DISTINCT incident)::int AS incidents,
			(SELECT count(*)::int FROM outbox WHERE NOT parked AND due_at <= ${Date.now()}) AS due,
			(SELECT count(*)::int FROM outbox WHERE parked) AS parked
		FROM alerts WHERE kind <> 'process_safety'`;
	return row as unknown as Stored; // the columns named right above
}

/** Resident MiB that the program may reach: what it takes idle, its two parsing threads, and bodies and rows under way. */
const RSS_MAX = 1_200;
/** Messages in the channel besides one for each gas alarm: the storm's card, the news of a first alert, and what is asked of people. */
const MESSAGES_MAX = 8;

type StormCheck = {
	readonly alerts: number;
	readonly distinct: boolean;
	readonly alertsInBody: number;
	readonly gasAlarms: number;
	/** How long it may take until all of it is judged and placed. */
	readonly restMs: number;
};

/** A storm in a world of its own: accepted, folded, one incident, bounded memory, a handful of messages. Prints what it saw. */
export async function checkStorm(check: StormCheck): Promise<StormOutcome> {
	const world = await openWorld({ prepare: addHall });
	try {
		const child = await world.ready();
		// The program's first alarm also loads what every later one uses.
		await gasAlarm(world, 99);
		const alerts = stormAlerts(check.alerts, Date.now() - 60_000, check.distinct);
		const seen = await sendStorm(world, child, alerts, check);
		expect(seen.accepted).toBe(check.alerts);
		const began = performance.now();
		let rssMax = seen.rssMax;
		const database = await world.database();
		const stored = await until(
			'everything judged and placed',
			async () => {
				rssMax = Math.max(rssMax, residentMiB(child.pid));
				const now = await storedOf(database);
				return now.outside === 0 && now.due === 0 && now;
			},
			check.restMs,
			() => child.err().slice(-2_000),
		);
		const said = world.slack.state.messages('incidents').length - check.gasAlarms - 1;
		console.log(
			`${check.alerts} alerts${check.distinct ? ', all distinct' : ''}: accepted in ${seen.seconds.toFixed(1)} s, placed ${((performance.now() - began) / 1000).toFixed(0)} s later; ` +
				`${stored.rows} rows, ${stored.incidents} incident(s), ${said} messages; RSS at most ${rssMax.toFixed(0)} MiB; ` +
				`gas alarms answered after ${seen.gas.map((told) => told.answered.toFixed(0)).join(', ')} ms, in Slack after ${seen.gas.map((told) => told.shown.toFixed(0)).join(', ')} ms`,
		);
		expect(stored).toMatchObject({ messages: check.alerts, incidents: 1, outside: 0, parked: 0 });
		expect(stored.rows).toBe(check.distinct ? check.alerts : Math.min(check.alerts, HALL_HOSTS * SAYINGS.length + 1));
		expect(said).toBeLessThanOrEqual(MESSAGES_MAX);
		expect(rssMax).toBeLessThan(RSS_MAX);
		return seen;
	} finally {
		await world.close();
	}
}
