// `node bench/intake/run.ts`: alerts per second acknowledged after commit, beside what else takes the same bodies. Every server is
// measured in the same run, in turns, because a machine is never as fast twice. bench/README.md says what is compared and why.
import { type ChildProcess, fork } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Figures, Job } from './client.ts';
import { type Memory, SERVER_NAMES, type Server, type ServerName, startServer } from './servers.ts';

const { values } = parseArgs({
	options: {
		connections: { type: 'string', default: '1,16,64,256' },
		alerts: { type: 'string', default: '1,64' },
		servers: { type: 'string', default: SERVER_NAMES.join(',') },
		rounds: { type: 'string', default: '3' },
		seconds: { type: 'string', default: '3' },
		json: { type: 'string' },
	},
});
const CONNECTIONS = values.connections.split(',').map(Number);
const ALERTS = values.alerts.split(',').map(Number);
const WANTED = values.servers.split(',') as ServerName[];
const ROUNDS = Number(values.rounds);
const MEASURE_MS = Number(values.seconds) * 1000;
const WARM_UP_MS = 700;
/** Between two measurements: what one server still does must not slow the next. */
const REST_MS = 300;
/** More than any server takes in one job. */
const NUMBERS_PER_JOB = 10_000_000;

type Run = Figures & { readonly server: ServerName; readonly connections: number; readonly alerts: number };
type Row = {
	readonly server: ServerName;
	readonly connections: number;
	readonly alerts: number;
	/** Alerts a second: the median of the rounds. */
	readonly rate: number;
	readonly p50: number;
	readonly p99: number;
	readonly refused: number;
	readonly clientCpu: number;
};

const servers: Server[] = [];
let jobs = 0;
const runs: Run[] = [];
const memory: Record<string, { before: Memory; after: Memory; alerts: number }> = {};

try {
	for (const name of WANTED) {
		const server = await startServer(name);
		if (server !== null) servers.push(server);
	}
	for (const server of servers) {
		await measure(server, 16, 1, WARM_UP_MS);
		memory[server.name] = { before: server.memory(), after: server.memory(), alerts: 0 };
	}
	for (const alerts of ALERTS) {
		for (const connections of CONNECTIONS) {
			for (let round = 0; round < ROUNDS; round++) {
				// Another one begins each round: whatever follows from the order is spread over all.
				for (let i = 0; i < servers.length; i++) {
					const server = servers[(i + round) % servers.length]!;
					const figures = await measure(server, connections, alerts, MEASURE_MS);
					runs.push({ server: server.name, connections, alerts, ...figures });
					memory[server.name]!.alerts += figures.requests * alerts;
				}
			}
			console.error(`measured: ${alerts} alert(s) a body, ${connections} connection(s)`);
		}
	}
	for (const server of servers) memory[server.name]!.after = server.memory();
} finally {
	await Promise.allSettled(servers.map((server) => server.stop()));
}
report();

/** A load generator of its own for each measurement: nothing is carried over. */
async function measure(server: Server, connections: number, alerts: number, measureMs: number): Promise<Figures> {
	const client: ChildProcess = fork(fileURLToPath(new URL('client.ts', import.meta.url)));
	const { port, path, headers } = server;
	const job: Job = {
		port,
		path,
		headers,
		connections,
		alerts,
		warmUpMs: WARM_UP_MS,
		measureMs,
		firstNumber: jobs++ * NUMBERS_PER_JOB,
	};
	const figures = await new Promise<Figures>((done, fail) => {
		client.once('message', (message: { figures?: Figures; error?: string }) =>
			message.figures === undefined ? fail(new Error(message.error)) : done(message.figures),
		);
		client.once('exit', (code) => fail(new Error(`the load generator ended with ${code}`)));
		client.send(job);
	});
	client.kill();
	await new Promise((done) => setTimeout(done, REST_MS));
	return figures;
}

function median(numbers: readonly number[]): number {
	const sorted = numbers.toSorted((a, b) => a - b);
	const middle = Math.floor(sorted.length / 2);
	return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

function rowOf(server: ServerName, connections: number, alerts: number): Row | null {
	const of = runs.filter((run) => run.server === server && run.connections === connections && run.alerts === alerts);
	if (of.length === 0) return null;
	return {
		server,
		connections,
		alerts,
		rate: median(of.map((run) => (run.requests * alerts) / run.seconds)),
		p50: median(of.map((run) => run.p50)),
		p99: median(of.map((run) => run.p99)),
		refused: of.reduce((sum, run) => sum + Object.values(run.refused).reduce((a, b) => a + b, 0), 0),
		clientCpu: median(of.map((run) => run.clientCpu)),
	};
}

function report(): void {
	const rows = ALERTS.flatMap((alerts) =>
		CONNECTIONS.flatMap((connections) => servers.flatMap((server) => rowOf(server.name, connections, alerts) ?? [])),
	);
	console.log(
		`${cpus()[0]?.model ?? 'unknown CPU'}, ${cpus().length} cores, node ${process.version}; ${ROUNDS} rounds of ${MEASURE_MS / 1000} s, medians\n`,
	);
	console.log('| alerts/body | connections | server | alerts/s | p50 ms | p99 ms | not 2xx | client CPU |');
	console.log('|---:|---:|---|---:|---:|---:|---:|---:|');
	for (const row of rows) {
		const cells = [
			row.alerts,
			row.connections,
			row.server,
			Math.round(row.rate),
			row.p50.toFixed(2),
			row.p99.toFixed(2),
			row.refused,
			row.clientCpu.toFixed(2),
		];
		console.log(`| ${cells.join(' | ')} |`);
	}
	console.log('\n| server | alerts sent | RSS before MiB | RSS after MiB | PostgreSQL before MiB | after MiB |');
	console.log('|---|---:|---:|---:|---:|---:|');
	for (const [name, { before, after, alerts }] of Object.entries(memory)) {
		const cells = [name, alerts, ...[before.own, after.own, before.database, after.database].map(Math.round)];
		console.log(`| ${cells.join(' | ')} |`);
	}
	const verdicts = targets(rows);
	console.log(`\nAt 64 connections:\n${verdicts.map((line) => `- ${line}`).join('\n')}`);
	if (values.json !== undefined) {
		writeFileSync(
			values.json,
			`${JSON.stringify({ node: process.version, cpu: cpus()[0]?.model, cores: cpus().length, rounds: ROUNDS, measureMs: MEASURE_MS, rows, memory, runs }, null, '\t')}\n`,
		);
	}
}

/** The figures that were promised, beside what came out. */
function targets(rows: readonly Row[]): string[] {
	const at = (server: ServerName, alerts: number): Row | undefined =>
		rows.find((row) => row.server === server && row.connections === 64 && row.alerts === alerts);
	const line = (what: string, value: number | undefined, isMet: (value: number) => boolean): string[] =>
		value === undefined || Number.isNaN(value)
			? []
			: [`${what}: ${value.toFixed(2)} ${isMet(value) ? 'reached' : 'NOT REACHED'}`];
	const share = (a: number | undefined, b: number | undefined): number | undefined =>
		a === undefined || b === undefined ? undefined : a / b;
	return (['door', 'whole'] as const).flatMap((ours) => [
		...ALERTS.flatMap((alerts) => [
			...line(
				`${ours}, ${alerts} alert(s) a body: rate / floor's (at least 0.80)`,
				share(at(ours, alerts)?.rate, at('floor', alerts)?.rate),
				(v) => v >= 0.8,
			),
			...line(
				`${ours}, ${alerts} alert(s) a body: p99 / floor's (at most 1.50)`,
				share(at(ours, alerts)?.p99, at('floor', alerts)?.p99),
				(v) => v <= 1.5,
			),
		]),
		...line(
			`${ours}, single alerts: rate / Alertmanager's (at least 0.55)`,
			share(at(ours, 1)?.rate, at('alertmanager', 1)?.rate),
			(v) => v >= 0.55,
		),
		...line(
			`${ours}, 64 alerts a body: rate / Alertmanager's (at least 1.00)`,
			share(at(ours, 64)?.rate, at('alertmanager', 64)?.rate),
			(v) => v >= 1,
		),
	]);
}
