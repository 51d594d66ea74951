// The load generator, in a process of its own: keep-alive connections over plain sockets, one request under way on each.
// Job in by IPC, figures out by IPC. It reads of an answer what it must (status, length) and nothing more.
import { connect, type Socket } from 'node:net';
import { type Body, makeBody } from './body.ts';

export type Job = {
	readonly port: number;
	readonly path: string;
	readonly headers: Readonly<Record<string, string>>;
	readonly connections: number;
	readonly alerts: number;
	readonly warmUpMs: number;
	readonly measureMs: number;
	/** Number of the first alert: no two jobs of a run send the same one. */
	readonly firstNumber: number;
};

export type Figures = {
	readonly requests: number;
	readonly seconds: number;
	/** Milliseconds from the first byte written to the last byte read. */
	readonly p50: number;
	readonly p99: number;
	/** Answers that were not 2xx, by status. */
	readonly refused: Readonly<Record<string, number>>;
	/** Share of a core that this process used: near 1 it was the bottleneck. */
	readonly clientCpu: number;
};

type Line = { readonly socket: Socket; readonly body: Body; startedAt: number };

async function run(job: Job): Promise<Figures> {
	const took: number[] = [];
	const refused: Record<string, number> = {};
	let isMeasuring = false;
	let isOver = false;
	let underWay = 0;
	let allAnswered: () => void = () => undefined;
	const answered = new Promise<void>((done) => {
		allAnswered = done;
	});
	let number = job.firstNumber;
	const next = (): number => number++;
	const send = (line: Line): void => {
		line.body.renumber(next);
		underWay++;
		line.startedAt = performance.now();
		line.socket.write(line.body.bytes);
	};
	const onAnswer = (line: Line, status: number): void => {
		underWay--;
		if (isMeasuring) {
			took.push(performance.now() - line.startedAt);
			if (status < 200 || status > 299) refused[status] = (refused[status] ?? 0) + 1;
		}
		if (!isOver) send(line);
		else if (underWay === 0) allAnswered();
	};
	const lines = await Promise.all(Array.from({ length: job.connections }, () => open(job, onAnswer)));
	for (const line of lines) send(line);
	await sleep(job.warmUpMs);
	isMeasuring = true;
	const cpuAt = process.cpuUsage();
	const from = performance.now();
	await sleep(job.measureMs);
	isMeasuring = false;
	const seconds = (performance.now() - from) / 1000;
	const cpu = process.cpuUsage(cpuAt);
	isOver = true;
	await Promise.race([answered, sleep(20_000)]);
	for (const line of lines) line.socket.destroy();
	took.sort((a, b) => a - b);
	const at = (share: number): number => took[Math.min(took.length - 1, Math.floor(took.length * share))] ?? Number.NaN;
	return {
		requests: took.length,
		seconds,
		p50: at(0.5),
		p99: at(0.99),
		refused,
		clientCpu: (cpu.user + cpu.system) / 1e6 / seconds,
	};
}

function open(job: Job, onAnswer: (line: Line, status: number) => void): Promise<Line> {
	const head = (length: number): string =>
		[
			`POST ${job.path} HTTP/1.1`,
			`host: 127.0.0.1:${job.port}`,
			'content-type: application/json',
			`content-length: ${length}`,
			...Object.entries(job.headers).map(([name, value]) => `${name}: ${value}`),
			'',
			'',
		].join('\r\n');
	const socket = connect({ port: job.port, host: '127.0.0.1', noDelay: true });
	const line: Line = { socket, body: makeBody(job.alerts, head), startedAt: 0 };
	let status = 0;
	/** Bytes of the answer's body that are still to come; null while the head is read. */
	let left: number | null = null;
	let held = '';
	socket.on('data', (chunk: Buffer) => {
		if (left === null) {
			held += chunk.toString('latin1');
			const end = held.indexOf('\r\n\r\n');
			if (end === -1) return;
			status = Number(held.slice(9, 12));
			const length = /\r\ncontent-length: *(\d+)/i.exec(held.slice(0, end));
			left = Number(length?.[1] ?? 0) - (held.length - end - 4);
			held = '';
		} else {
			left -= chunk.length;
		}
		if (left > 0) return;
		left = null;
		onAnswer(line, status);
	});
	return new Promise((done, fail) => {
		socket.once('error', fail);
		socket.once('connect', () => {
			socket.off('error', fail);
			socket.on('error', (error) => console.error(`client: ${error.message}`));
			done(line);
		});
	});
}

function sleep(ms: number): Promise<void> {
	return new Promise((done) => setTimeout(done, ms));
}

process.on('message', (job: Job) => {
	run(job).then(
		(figures) => process.send?.({ figures }),
		(error: unknown) => process.send?.({ error: String(error) }),
	);
});
