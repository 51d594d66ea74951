// An endless stream of judged alerts of a plant of 640 hosts, the same for the same seed: what happens every day on hosts and lines,
// flapping links, scans, a switch that fails, and intrusions from the office to a controller, fast and slow. For load, not for scores.
import type { Alert } from '../../src/domain/alert.ts';
import type { Asset } from '../../src/domain/asset.ts';
import { type Inventory, indexInventory } from '../../src/domain/inventory.ts';
import type { Severity } from '../../src/domain/severity.ts';
import { HOUR, MINUTE, SECOND } from '../../src/domain/time.ts';

const START = Date.UTC(2026, 0, 5);
const OFFICE = 400;
const LINES = 8;
const PER_LINE = 25;

function asset(id: string, zone: string, level: Asset['level'], kind: Asset['class'], ip: string): Asset {
	return {
		id,
		hostnames: [id],
		ips: [ip],
		macs: [],
		vendor_ids: [],
		site: 'works',
		zone,
		level,
		class: kind,
		class_raw: null,
		vendor: null,
		os: null,
		criticality: null,
		domain: level === '4' || level === '3.5' ? 'it' : 'ot',
		switch: kind === 'plc' ? `sw-${zone}` : null,
		owner: null,
		facts: {},
		tags: {},
		confirmed_at: null,
	};
}

export function plant(): Inventory {
	const assets: Asset[] = [];
	for (let i = 0; i < OFFICE; i++)
		assets.push(asset(`pc-${i}`, 'office', '4', 'endpoint', `10.9.${i >> 7}.${(i & 127) + 1}`));
	for (let line = 0; line < LINES; line++)
		for (let i = 0; i < PER_LINE; i++)
			assets.push(asset(`plc-${line}-${i}`, `line-${line}`, '1', 'plc', `10.1.${line}.${i + 1}`));
	for (let i = 0; i < 30; i++) assets.push(asset(`hmi-${i}`, `line-${i % LINES}`, '2', 'hmi', `10.2.0.${i + 1}`));
	for (let i = 0; i < 6; i++) assets.push(asset(`eng-${i}`, 'ops', '3', 'engineering_workstation', `10.4.0.${i + 1}`));
	for (let i = 0; i < 3; i++) assets.push(asset(`jump-${i}`, 'dmz', '3.5', 'jump_host', `10.5.0.${i + 1}`));
	assets.push(asset('scanner', 'office', '4', 'scanner', '10.9.9.9'));
	return indexInventory({ assets, zones: [], conduits: [], confirmedAt: 0 });
}

/** Park and Miller's generator: numbers in [0, 1), the same for the same seed. */
function numbers(seed: number): () => number {
	let at = seed;
	return () => {
		at = (at * 48_271) % 2_147_483_647;
		return at / 2_147_483_647;
	};
}

type Step = {
	title: string;
	target: string;
	actor?: string;
	user?: string;
	ip?: string;
	hash?: string;
	severity: Severity;
	kind?: Alert['kind'];
};

/** Alerts one after the other, `every` ms of event time apart on average, as the JSON in which a store would hand them over. */
export function* stream(every: number, seed = 1): Generator<string> {
	const chance = numbers(seed);
	const pick = (count: number): number => Math.floor(chance() * count);
	let now = START;
	let nth = 0;
	/** Steps of intrusions under way, each with its time. */
	const planned: { at: number; step: Step }[] = [];
	for (;;) {
		now += every * 2 * chance();
		const due = planned.findIndex((item) => item.at <= now);
		const step = due < 0 ? ordinary(pick) : planned.splice(due, 1)[0]?.step;
		if (chance() < 0.004) planned.push(...intrusion(now, pick, nth));
		if (chance() < 0.0002) planned.push(...outage(now, pick));
		if (step !== undefined) yield JSON.stringify(alertOf(step, now, nth++));
	}
}

function ordinary(pick: (count: number) => number): Step {
	const severity = (['informational', 'low', 'low', 'medium', 'medium', 'high'] as const)[pick(6)] ?? 'low';
	const what = pick(10);
	if (what < 4) return { title: `Usual message ${pick(120)}`, target: `pc-${pick(OFFICE)}`, severity };
	if (what < 5)
		return { title: `Odd program ${pick(2_000)}`, target: `pc-${pick(OFFICE)}`, user: `u${pick(300)}`, severity };
	if (what < 6)
		return { title: 'Link flapping', target: `plc-${pick(2)}-${pick(3)}`, severity: 'medium', kind: 'availability' };
	if (what < 7) return { title: 'Port probed', target: `pc-${pick(OFFICE)}`, actor: 'scanner', severity: 'low' };
	const line = pick(LINES);
	return {
		title: `New function ${pick(60)}`,
		target: `plc-${line}-${pick(PER_LINE)}`,
		actor: `hmi-${pick(30)}`,
		severity,
	};
}

function intrusion(from: number, pick: (count: number) => number, nth: number): { at: number; step: Step }[] {
	const pace = pick(5) === 0 ? 6 * HOUR : pick(2) === 0 ? 40 * MINUTE : 6 * MINUTE;
	const pc = `pc-${pick(OFFICE)}`;
	const [jump, eng, line] = [`jump-${pick(3)}`, `eng-${pick(6)}`, pick(LINES)];
	const hash = String(nth).padStart(64, '0');
	const ip = `203.0.${nth % 250}.${pick(250)}`;
	const inside = (title: string): Step => ({ title, target: pc, user: `u${pick(300)}`, severity: 'medium' });
	const steps: Step[] = [
		{ title: `Exploit ${pick(90)}`, target: pc, ip, severity: 'high' },
		{ ...inside(`Dropper ${pick(90)}`), hash },
		inside(`Persistence ${pick(90)}`),
		{ title: `Beacon ${pick(90)}`, target: pc, ip, severity: 'high' },
		{ ...inside(`Credentials ${pick(90)}`), hash },
		{ title: 'Remote logon', target: jump, actor: pc, user: `adm${pick(9)}`, severity: 'medium' },
		{ title: 'Remote session', target: eng, actor: jump, severity: 'high' },
		{ title: `Program download ${pick(5)}`, target: `plc-${line}-${pick(PER_LINE)}`, actor: eng, severity: 'critical' },
	];
	return steps.map((step, i) => ({ at: from + i * pace, step }));
}

function outage(from: number, pick: (count: number) => number): { at: number; step: Step }[] {
	const line = pick(LINES);
	return Array.from({ length: PER_LINE }, (_, i) => ({
		at: from + i * SECOND,
		step: {
			title: 'Does not answer',
			target: `plc-${line}-${i}`,
			severity: 'medium' as const,
			kind: 'availability' as const,
		},
	}));
}

function alertOf(step: Step, at: number, nth: number): Alert {
	const entities: Alert['entities'] = [{ type: 'host', value: step.target, role: 'target' }];
	if (step.actor !== undefined) entities.push({ type: 'host', value: step.actor, role: 'actor' });
	if (step.user !== undefined) entities.push({ type: 'user', value: step.user, role: 'related' });
	if (step.ip !== undefined) entities.push({ type: 'ip', value: step.ip, role: 'actor' });
	if (step.hash !== undefined) entities.push({ type: 'file_hash', value: step.hash, role: 'related' });
	return {
		source: 'bench',
		external_id: null,
		fingerprint: String(nth).padStart(32, '0'),
		status: 'open',
		title: step.title,
		description: `${step.title} on ${step.target}`,
		severity: step.severity,
		severity_raw: step.severity,
		kind: step.kind ?? 'security',
		domain: null,
		occurred_at: new Date(at).toISOString(),
		time_basis: 'event',
		entities,
		techniques: [],
		labels: {},
	};
}
