// Packet capture: a task for sensors of FortiNDR Cloud that listen already, on a mirror port or tap. It captures the addresses of one asset,
// for so many minutes, and ends by itself: nothing here has to come back to stop it. No switch and no host is touched.
// NOT here: whether a capture may be begun (row R08). The interface is the one that Fortinet's own clients use: `pcaptasks` of the sensor service.
import { z } from 'zod';
import type { FortiNdrCloudConfig } from '../../domain/connector-kinds/reading.ts';
import type { Inventory } from '../../domain/inventory.ts';
import { err, ok, type Result } from '../../domain/result.ts';
import { fromIso, type Instant, MINUTE, SECOND, toIso } from '../../domain/time.ts';
import { mayHaveConnector } from '../../safety/actions.ts';
import { checkGrant, type Grant } from '../../safety/grant.ts';
import { addressesOf } from './address-block.ts';
import { createBreaker } from './breaker.ts';
import type { CallRequest, CallResult, Connector, Probe, ProbeWish, ReadBack } from './connector.ts';
import { type Answer, exchange } from './exchange.ts';
import type { HttpEdge } from './generic-http.ts';
import { quoted } from './reading-connector.ts';
import { CALL_BUDGET_MS, meaningOf, pauseBefore } from './retry.ts';
import { masked } from './secret.ts';

const ACTION = 'start_capture';
const TASKS = '/v1/pcaptasks';
/** What the names of our tasks begin with; the step's id follows, so that a task is found again and never begun twice. */
const NAME = 'interlock ';
/** A new task is looked for so often before it counts as not seen. */
const LOOKS = 3;
/** Captures of an asset that a try shows. */
const PROBED_MAX = 5;
const LOOK_AGAIN_MS = SECOND;

const Task = z.object({
	task_uuid: z.string().regex(/^[0-9A-Za-z-]{1,60}$/),
	name: z.string().max(500),
	status: z.string().max(60),
	bpf: z.string().max(4_000).nullish(),
	requested_end_time: z.string().max(40).nullish(),
	has_files: z.boolean().nullish(),
	files: z.array(z.unknown()).max(1_000).nullish(),
});
type Task = z.infer<typeof Task>;
const Tasks = z.object({ pcaptasks: z.array(Task).max(2_000) });
const Sensors = z.object({ sensors: z.array(z.object({ sensor_id: z.string().max(100) })).max(2_000) });

/** What one step means: which addresses, on which sensors, for how long. */
type Wanted = {
	readonly asset: string;
	readonly ips: readonly string[];
	readonly sensors: readonly string[];
	readonly minutes: number;
	readonly name: string;
};
type Blind = { readonly reason: string; readonly isTrouble: boolean };
type Talk = { ask(method: 'GET' | 'POST', path: string, body: object | null): Promise<Answer>; isOverdue(): boolean };

/** @param secret the API token: it appears in no result and no error */
export function createFortiNdrCloud(
	config: FortiNdrCloudConfig,
	secret: string | null,
	inventory: Inventory,
	edge: HttpEdge,
): Connector {
	const breaker = createBreaker();
	const clean = (text: string): string => masked(text, secret, 600);
	const prepare = (grant: Grant, request: CallRequest, isLook: boolean): Result<Wanted, string> => {
		const refusal = refuse(grant, request, edge.now(), isLook);
		if (refusal !== null) return err(refusal);
		if (secret === null || secret === '') return err('the secret that `auth` names is not set');
		return wantedOf(config, inventory, request);
	};
	return {
		name: config.name,
		actions: [ACTION],
		// A task has no key of ours at the other end but its name, which is only looked for: it is not sent a second time.
		isIdempotent: () => false,
		hasReadBack: (action) => action === ACTION,
		async call(grant, request) {
			const wanted = prepare(grant, request, false);
			if (!wanted.ok) return { effect: 'not_done', detail: clean(wanted.error), tries: 0 };
			if (breaker.blockedUntil(edge.now()) !== null) {
				const detail = `not sent: \`${config.name}\` failed several times in a row and is left alone for a while`;
				return { effect: 'not_done', detail, tries: 0 };
			}
			const { isTrouble, ...result } = await start(config, talkTo(config, secret ?? '', edge), wanted.value, edge);
			if (isTrouble) breaker.failed(edge.now());
			else breaker.succeeded();
			return { ...result, detail: clean(result.detail), ...(result.told ? { told: result.told.map(clean) } : {}) };
		},
		async readBack(grant, request) {
			const wanted = prepare(grant, request, true);
			if (!wanted.ok) return { state: 'unknown', detail: clean(wanted.error) };
			const looked = await ownTask(talkTo(config, secret ?? '', edge), wanted.value.name);
			const { state, detail } = readState(looked, edge.now());
			return { state, detail: clean(detail) };
		},
		async probe(wish) {
			if (secret === null || secret === '')
				return [{ what: 'login', state: 'not', detail: 'the secret that `auth` names is not set' }];
			const found = await probe(config, inventory, talkTo(config, secret, edge), wish, edge.now());
			return found.map((one) => ({ ...one, detail: clean(one.detail) }));
		},
	};
}

/** Null where the call may be made. Checked here and not only by the caller: the connector is the last door. */
function refuse(grant: Grant, request: CallRequest, now: Instant, isLook: boolean): string | null {
	const { step, action, target, targets, params } = request;
	if (!mayHaveConnector(action)) return `action \`${action}\` has no connector (rule G10)`;
	if (action !== ACTION) return `no call is configured for \`${action}\``;
	if (target === null || !targets.includes(target)) return 'no grant: the target is none that was judged';
	const checked = checkGrant(grant, { step, action, targets, params, isLook }, now);
	return checked.ok ? null : `no grant: ${checked.error}`;
}

function wantedOf(
	config: FortiNdrCloudConfig,
	inventory: Inventory,
	{ step, target, params }: Pick<CallRequest, 'step' | 'target' | 'params'>,
): Result<Wanted, string> {
	const own = addressesOf(inventory, target);
	if (!own.ok) return own;
	const { id, ips } = own.value;
	const zone = inventory.find(id)?.zone ?? null;
	const sensors = zone !== null && Object.hasOwn(config.sensors, zone) ? config.sensors[zone] : undefined;
	if (sensors === undefined) return err(`no sensor is listed for the zone of \`${id}\`: nothing is mirrored for it`);
	const asked = params['duration_minutes'];
	const minutes = Math.min(config.minutes_max, typeof asked === 'number' ? asked : config.minutes_max);
	return ok({ asset: id, ips, sensors, minutes, name: `${NAME}${step}` });
}

function talkTo(config: FortiNdrCloudConfig, token: string, edge: HttpEdge): Talk {
	const deadline = edge.now() + CALL_BUDGET_MS;
	return {
		isOverdue: () => edge.now() >= deadline,
		async ask(method, path, body) {
			for (let tries = 1; ; tries++) {
				const leftMs = deadline - edge.now();
				if (leftMs <= 0) return { kind: 'not_sent', reason: 'the time for this call is over' };
				const answer = await exchange({
					url: new URL(`${config.base_url.replace(/\/$/, '')}${path}`),
					method,
					headers: {
						...{ accept: 'application/json', 'user-agent': 'interlock', authorization: `IBToken ${token}` },
						...(body === null ? {} : { 'content-type': 'application/json' }),
					},
					body: body === null ? null : JSON.stringify(body),
					timeoutMs: Math.min(config.timeout_ms, leftMs),
					allowPrivate: config.allow_private,
					resolve: edge.resolve,
				});
				const pause = pauseBefore(answer, method === 'GET', tries, deadline - edge.now(), edge.now());
				if (pause === null) return answer;
				await edge.sleep(pause);
			}
		},
	};
}

/** The JSON of an answer that said yes; a list that was cut off says nothing about what is missing. */
async function readJson<Shape extends z.ZodType>(
	talk: Talk,
	path: string,
	shape: Shape,
): Promise<z.infer<Shape> | Blind> {
	const answer = await talk.ask('GET', path, null);
	const meaning = meaningOf(answer);
	if (answer.kind !== 'answered' || answer.status !== 200)
		return { reason: `cannot be read: ${meaning.reason}`, isTrouble: meaning.isTrouble };
	if (answer.cut) return { reason: 'cannot be read: the list is too long or broke off', isTrouble: false };
	const read = shape.safeParse(jsonOf(answer.text));
	return read.success ? read.data : { reason: 'cannot be read: the answer is another one', isTrouble: true };
}

const isBlind = (looked: object | null): looked is Blind => looked !== null && 'reason' in looked;

async function ownTask(talk: Talk, name: string): Promise<Task | null | Blind> {
	const tasks = await readJson(talk, TASKS, Tasks);
	return isBlind(tasks) ? tasks : (tasks.pcaptasks.find((task) => task.name === name) ?? null);
}

/** By its end: which words a status may be is not documented. One without an end counts as running. */
function isRunning(task: Task, now: Instant): boolean {
	const end = task.requested_end_time == null ? null : fromIso(task.requested_end_time);
	return end === null || end > now;
}

type Started = CallResult & { readonly isTrouble: boolean };
const said = (effect: CallResult['effect'], detail: string, isTrouble = false): Started => ({
	...{ effect, detail, isTrouble, tries: 1 },
});

async function start(config: FortiNdrCloudConfig, talk: Talk, wanted: Wanted, edge: HttpEdge): Promise<Started> {
	const tasks = await readJson(talk, TASKS, Tasks);
	if (isBlind(tasks)) return said('not_done', `not sent: the list of captures ${tasks.reason}`, tasks.isTrouble);
	const there = tasks.pcaptasks.find((task) => task.name === wanted.name);
	if (there !== undefined) return begun(wanted, there, 'it was begun before this call');
	const running = tasks.pcaptasks.filter((task) => task.name.startsWith(NAME) && isRunning(task, edge.now())).length;
	if (running >= config.running_max)
		return said('not_done', `not sent: ${running} captures of ours are running already, and ${config.running_max} may`);
	const from = edge.now();
	const answer = await talk.ask('POST', TASKS, {
		...{ name: wanted.name, description: `Interlock, ${wanted.asset}`, account_uuid: config.account_uuid },
		bpf: wanted.ips.map((ip) => `host ${ip}`).join(' or '),
		...{ sensor_ids: wanted.sensors, requested_start_date: toIso(from) },
		requested_end_date: toIso(from + wanted.minutes * MINUTE),
	});
	const meaning = meaningOf(answer);
	if (meaning.effect === 'not_done') return said('not_done', meaning.reason, meaning.isTrouble);
	let last = 'the list of captures does not show it';
	for (let looks = 0; looks < LOOKS && !talk.isOverdue(); looks++) {
		if (looks > 0) await edge.sleep(LOOK_AGAIN_MS);
		const looked = await ownTask(talk, wanted.name);
		if (isBlind(looked)) last = `the list of captures ${looked.reason}`;
		else if (looked !== null) return begun(wanted, looked, null);
	}
	return said('unknown', `${meaning.reason}; ${last}`, meaning.isTrouble);
}

function begun(wanted: Wanted, task: Task, before: string | null): Started {
	const end = task.requested_end_time == null ? null : fromIso(task.requested_end_time);
	const lines = [
		`Packet capture of \`${wanted.asset}\` (${wanted.ips.join(', ')}) on ${wanted.sensors.map((sensor) => quoted(sensor)).join(', ')}, which listen already; no switch was changed.`,
		`Task ${task.task_uuid}, ${quoted(task.status, 30)}, ${end === null ? `for ${wanted.minutes} minutes` : `ends by itself at ${toIso(end).slice(0, 16)} UTC`}${before === null ? '' : `; ${before}`}. ${filesOf(task)}`,
	];
	return {
		...said('done', lines.join(' ')),
		told: lines,
		record: {
			...{
				task: task.task_uuid,
				name: wanted.name,
				asset: wanted.asset,
				addresses: wanted.ips,
				sensors: wanted.sensors,
			},
			...{
				minutes: wanted.minutes,
				ends_at: end === null ? null : toIso(end),
				status: task.status.slice(0, 30).toWellFormed(),
			},
			method: 'capture on an installed sensor',
		},
	};
}

/** Where the packets lie. The interface gives no hash of them. */
function filesOf(task: Task): string {
	const names = (task.files ?? [])
		.slice(0, 3)
		.map((file) => quoted(typeof file === 'string' ? file : JSON.stringify(file), 120));
	const files = names.length === 0 ? 'no file yet' : `files ${names.join(', ')}`;
	return `The packets lie in FortiNDR Cloud under this task (${files}): export them and write down their hash before they roll over.`;
}

function readState(looked: Task | null | Blind, now: Instant): ReadBack {
	if (isBlind(looked)) return { state: 'unknown', detail: `the list of captures ${looked.reason}` };
	if (looked === null) return { state: 'not_done', detail: 'there is no capture of this step' };
	const running = isRunning(looked, now) ? 'is running' : 'has ended';
	return { state: 'done', detail: `the capture ${running} (${quoted(looked.status, 30)}). ${filesOf(looked)}` };
}

function jsonOf(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

/** Reach, login, whether the sensors are there, and what a capture of the asset would be. Nothing is begun. */
async function probe(
	config: FortiNdrCloudConfig,
	inventory: Inventory,
	talk: Talk,
	{ target }: ProbeWish,
	now: Instant,
): Promise<Probe[]> {
	const what = 'login, and reading sensors';
	const read = await readJson(talk, '/v1/sensors', Sensors);
	if (isBlind(read)) return [{ what, state: 'not', detail: read.reason }];
	const there = new Set(read.sensors.map((sensor) => sensor.sensor_id));
	const found: Probe[] = [{ what, state: 'well', detail: `${there.size} sensors` }];
	for (const [zone, sensors] of Object.entries(config.sensors))
		for (const sensor of sensors)
			found.push({
				...{ what: `sensor ${sensor} of zone ${zone}` },
				...(there.has(sensor) ? { state: 'well', detail: 'is there' } : { state: 'not', detail: 'is not there' }),
			});
	found.push({
		what: 'writing',
		state: 'open',
		detail: 'whether the token may begin captures shows only when it does',
	});
	if (target === null) return found;
	const wanted = wantedOf(config, inventory, { step: 'probe', target, params: {} });
	const end = (minutes: number): string => toIso(now + minutes * MINUTE).slice(0, 16);
	found.push(
		wanted.ok
			? {
					...{ what: ACTION, state: 'well' },
					detail: `would capture ${wanted.value.ips.join(', ')} on ${wanted.value.sensors.join(', ')} until ${end(wanted.value.minutes)} UTC at most`,
				}
			: { what: ACTION, state: 'not', detail: wanted.error },
	);
	return wanted.ok ? [...found, ...(await capturesOf(talk, wanted.value, now))] : found;
}

/** Captures of ours of these addresses, the newest first: whether they run, and where their packets lie. */
async function capturesOf(talk: Talk, { ips }: Wanted, now: Instant): Promise<Probe[]> {
	const tasks = await readJson(talk, TASKS, Tasks);
	if (isBlind(tasks)) return [{ what: 'captures so far', state: 'not', detail: `the list ${tasks.reason}` }];
	const own = tasks.pcaptasks.filter((task) => {
		const hosts = (task.bpf ?? '').split(' or ').map((term) => term.replace(/^host /, ''));
		return task.name.startsWith(NAME) && ips.some((ip) => hosts.includes(ip));
	});
	return own
		.toReversed()
		.slice(0, PROBED_MAX)
		.map((task) => ({ what: `capture ${task.task_uuid}`, state: 'well', detail: readState(task, now).detail }));
}
