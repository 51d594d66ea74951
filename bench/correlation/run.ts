// `node bench/correlation/run.ts`: alerts per second that the engine places on one core, after 1,000 to 1,000,000 alerts of history, beside
// JSON.parse of the same alerts, and the memory that it holds. bench/README.md says what is measured and what was promised.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createEngine } from '../../src/correlation/engine.ts';
import { observationOf, type VerdictLite } from '../../src/correlation/observation.ts';
import { newState } from '../../src/correlation/state.ts';
import type { Alert } from '../../src/domain/alert.ts';
import { plant, stream } from './stream.ts';

const { values } = parseArgs({
	options: {
		history: { type: 'string', default: '1000,10000,100000,1000000' },
		measure: { type: 'string', default: '10000' },
		every: { type: 'string', default: '2000,60000' },
		json: { type: 'string' },
	},
});
const HISTORY = values.history.split(',').map(Number);
const MEASURE = Number(values.measure);
/** Alerts made before they are placed: making them is no part of what is measured. */
const CHUNK = 5_000;
/** Promised: alerts a second on one core. */
const PROMISED = 5_000;
/** Promised: with the longest history no slower than this share of the rate with the second shortest, which is warm. */
const FLAT = 0.6;

setFlagsFromString('--expose-gc');
const collect: unknown = runInNewContext('gc');
if (typeof collect !== 'function') throw new Error('no garbage collector to call');

type Row = {
	readonly every: number;
	readonly history: number;
	readonly rate: number;
	readonly parseRate: number;
	readonly megabytes: number;
	readonly clusters: number;
	readonly things: number;
};

const rows: Row[] = [];
head();
for (const every of values.every.split(',').map(Number)) rows.push(...measureOne(every));
console.log(`\nat least ${PROMISED} a second: ${isSlow() ? 'no' : 'yes'}; flat: ${isFlat() ? 'yes' : 'no'}`);
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(rows, null, '\t')}\n`);

process.exitCode = isSlow() || !isFlat() ? 1 : 0;

function measureOne(every: number): Row[] {
	const inventory = plant();
	const engine = createEngine({ inventory, windows: [] });
	const alerts = stream(every);
	const before = heap();
	const state = newState();
	let placed = 0;
	const place = (texts: readonly string[]): void => {
		for (const text of texts) {
			const alert = JSON.parse(text) as Alert; // made by stream()
			const id = `alr_${placed++}`;
			engine.place(state, observationOf(id, alert, verdictOf(alert), inventory), () => id);
		}
	};
	const found: Row[] = [];
	for (const history of HISTORY) {
		while (placed < history) place(take(alerts, Math.min(CHUNK, history - placed)));
		const megabytes = (heap() - before) / 1e6;
		const texts = take(alerts, MEASURE);
		const parse = seconds(() => texts.map((text) => JSON.parse(text)));
		const both = seconds(() => place(texts));
		const row = {
			every,
			history,
			rate: MEASURE / both,
			parseRate: MEASURE / parse,
			megabytes,
			clusters: state.clusters.size,
			things: state.touches.size,
		};
		tell(row);
		found.push(row);
	}
	return found;
}

/** What triage would say: the tactic decides little, so one stands for all. */
function verdictOf(alert: Alert): VerdictLite {
	return {
		category: alert.kind === 'availability' ? 'availability' : 'intrusion',
		severity: alert.severity ?? 'medium',
		techniques: [],
		tactics: alert.kind === 'availability' ? [] : ['execution'],
		process_safety: false,
	};
}

function take(alerts: Generator<string>, count: number): string[] {
	const found: string[] = [];
	while (found.length < count) {
		const next = alerts.next();
		if (next.done === true) break;
		found.push(next.value);
	}
	return found;
}

/** Seconds of processor time: others use the machine too. The collector's threads count. */
function seconds(work: () => void): number {
	const begun = process.cpuUsage();
	work();
	const { user, system } = process.cpuUsage(begun);
	return Math.max(1, user + system) / 1e6;
}

function heap(): number {
	if (typeof collect === 'function') collect();
	return process.memoryUsage().heapUsed;
}

function isFlat(): boolean {
	const last = HISTORY.at(-1);
	const warm = HISTORY[1];
	return rows.every((row) => {
		const base = rows.find((other) => other.every === row.every && other.history === warm);
		return row.history !== last || base === undefined || row.rate >= FLAT * base.rate;
	});
}

function head(): void {
	const names = [
		'one alert every',
		'history',
		'alerts a second',
		'JSON.parse of the same',
		'ratio',
		'state MB',
		'clusters',
		'things',
	];
	console.log(`| ${names.join(' | ')} |`);
	console.log(`|${names.map(() => '---').join('|')}|`);
}

function tell(row: Row): void {
	const cells = [
		`${row.every / 1000} s`,
		row.history.toLocaleString('en'),
		Math.round(row.rate).toLocaleString('en'),
		Math.round(row.parseRate).toLocaleString('en'),
		(row.rate / row.parseRate).toFixed(3),
		row.megabytes.toFixed(1),
		row.clusters.toLocaleString('en'),
		row.things.toLocaleString('en'),
	];
	console.log(`| ${cells.join(' | ')} |`);
}

function isSlow(): boolean {
	return rows.some((row) => row.rate < PROMISED);
}
