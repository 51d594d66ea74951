// One step of one kind of connector in a plant of its own, up to the moment where the worker takes it; and workers that are killed with
// SIGKILL around its call. What the stand-in has afterwards is what happened.
import { type ChildProcess, fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { inject } from 'vitest';
import { ConnectorConfig } from '../../src/domain/connector.ts';
import { indexInventory } from '../../src/domain/inventory.ts';
import type { Step } from '../../src/domain/step.ts';
import { createConnectors } from '../../src/response/connectors/index.ts';
import { createResponse } from '../../src/response/response.ts';
import { claimDue } from '../../src/store/outbox.ts';
import { cryptoRandom, record } from '../../src/store/record.ts';
import { playbookOf } from '../response/support/kind-grant.ts';
import { type KindWorld, plantAt } from '../response/support/kind-world.ts';
import { PEOPLE } from '../response/support/plant.ts';
import type { CrashJob } from './crash-worker.ts';
import type { Fresh } from './harness.ts';

const WORKER = fileURLToPath(new URL('./crash-worker.ts', import.meta.url));
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
const INCIDENT = 'inc_000000000001';

/**
 * worker     the worker, and with it its channel to the connector's process
 * connector  the connector's process alone: the worker goes on
 */
export type Death = {
	readonly who: 'worker' | 'connector';
	/** At this request of the call, after the system has done its part or before. */
	readonly count: number;
	readonly isAfter: boolean;
};

/** A worker that is loaded and waits for its job. */
export type Waiting = { readonly child: ChildProcess; readonly ready: Promise<void> };

export function startWorker(): Waiting {
	const child = fork(WORKER, [], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
	const ready = new Promise<void>((done, failed) => {
		child.once('message', () => done());
		child.once('exit', () => failed(new Error('a worker did not start')));
	});
	ready.catch(() => undefined);
	return { child, ready };
}

/** Gives a worker its job. The state of the step when it was over, or null where the worker was killed. */
export async function runWorker({ child, ready }: Waiting, job: CrashJob): Promise<string | null> {
	await ready;
	return await new Promise((done, failed) => {
		child.once('exit', () => done(null));
		child.on('message', (message: { state?: string; fault?: string }) => {
			child.disconnect();
			if (message.state === undefined) failed(new Error(message.fault));
			else done(message.state);
		});
		child.send(job);
	});
}

/** The next death: whoever is meant is killed at the request that was drawn. */
export function armDeath(
	world: KindWorld,
	child: ChildProcess,
	{ who, count, isAfter }: Death,
	died: () => void,
): void {
	world.dieAt(count, isAfter, () => {
		const pid = who === 'worker' ? child.pid : childOf(child.pid ?? 0);
		if (pid === undefined) return;
		process.kill(pid, 'SIGKILL');
		died();
	});
}

/** The one process that a worker has started: that of its connector. */
function childOf(pid: number): number | undefined {
	const first = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0];
	return first === undefined || first === '' ? undefined : Number(first);
}

/** Plans the step, has everything said and approved, and leaves it to the worker. */
export async function readyStep(fresh: Fresh, world: KindWorld): Promise<CrashJob> {
	const { database } = fresh;
	const { task } = world;
	const now = Date.now();
	const config = ConnectorConfig.parse(world.config);
	const inventory = indexInventory(plantAt(now));
	const planner = createResponse({
		...{ database, inventory, playbooks: [playbookOf(task)], people: PEOPLE, windows: [], siteRules: [] },
		// It only plans: nothing is called from here.
		connectors: createConnectors([config], () => null),
		...{ clock: Date.now, random: cryptoRandom, log: silent },
	});
	const plan = async (): Promise<Step> => {
		await record(database, { entries: [], topics: [{ topic: 'plan', key: INCIDENT }] }, Date.now());
		for (let due = await claimDue(database, 'plan', 20, Date.now()); due.length > 0; ) {
			await planner['plan']?.(due);
			due = await claimDue(database, 'plan', 20, Date.now());
		}
		const [row] = await database.raw`SELECT * FROM steps WHERE incident = ${INCIDENT}`;
		if (row === undefined) throw new Error(`nothing was planned for ${task.action}`);
		return row as unknown as Step;
	};
	await openIncident(fresh, task.asset, now);
	await state(
		fresh,
		task.facts.filter(([, subject]) => subject !== 'step'),
	);
	const planned = await plan();
	await state(
		fresh,
		task.facts.filter(([, subject]) => subject === 'step').map(([name, , value]) => [name, planned.id, value]),
	);
	const step = await plan();
	if (step.state === 'waiting') await approve(fresh, step);
	else if (step.state !== 'queued') throw new Error(`${task.action} is ${step.state}: ${step.decision?.summary}`);
	return {
		...{ runUrl: fresh.runUrl, role: inject('role'), config: world.config, secret: world.secret, task, step: step.id },
	};
}

async function openIncident({ database }: Fresh, asset: string, now: number): Promise<void> {
	const verdict = {
		...{ domain: 'it', category: 'malware', severity: 'high', severity_floor: 'high', matrix: 'enterprise' },
		...{ tactics: [], techniques: [], confidence: 0.95, confidence_firm: 0.95, assets: [asset], playbooks: ['p'] },
		...{ tags: [], muted: false, reasons: [] },
	} as const;
	const incident = {
		...{ id: INCIDENT, title: 't', state: 'open', severity: 'high', domain: 'it', category: 'malware' },
		...{ process_safety: false, sites: ['north'], zones: [], assets: [asset], techniques: [], tactics: [] },
		...{ playbooks: ['p'], confidence_firm: 0.95, alert_count: 1, first_at: now, last_at: now, opened_at: now },
		...{ created_at: now, updated_at: now },
	} as const;
	const alert = {
		...{ id: 'alr_00000000000000000001', source: 'edr', source_kind: 'syslog', fingerprint: 'f', status: 'open' },
		...{ title: 'x', severity: 'high', kind: 'security', time_basis: 'event', occurred_at: now, received_at: now },
		...{ first_seen: now, last_seen: now, techniques: [], labels: {}, raw: '{}', incident: INCIDENT },
		entities: [{ type: 'host' as const, value: asset, role: 'target' as const }],
	} as const;
	const opened = { kind: 'incident.opened' as const, actor: { kind: 'bot' as const, id: 'bot' }, at: now };
	await record(
		database,
		{
			entries: [{ ...opened, incident: INCIDENT, refs: [], data: {} }],
			changes: [
				{ op: 'insert', table: 'incidents', row: incident as never },
				{ op: 'insert', table: 'alerts', row: { ...alert, verdict } as never },
			],
		},
		now,
	);
}

async function state({ database }: Fresh, facts: KindWorld['task']['facts']): Promise<void> {
	for (const [name, subject, value] of facts) {
		const now = Date.now();
		const id = `fct_${name}_${subject}`.slice(0, 60);
		const data = { name, subject, value, expires_at: null, via: 'cli' };
		const stated = { kind: 'fact.stated' as const, actor: { kind: 'person' as const, id: 'olga' }, at: now };
		const row = { id, name, subject, value, source: 'person', supplied_by: 'olga', stated_at: now, expires_at: null };
		await record(
			database,
			{
				entries: [{ ...stated, incident: null, refs: [id], data }],
				changes: [{ op: 'insert', table: 'facts', row }],
			},
			now,
		);
	}
}

/** A yes of everybody, as chat records it; whose counts is for the gate. */
async function approve({ database }: Fresh, step: Step): Promise<void> {
	for (const { id: person, roles: held } of PEOPLE) {
		const now = Date.now();
		const id = `apr_${person}`;
		const roles = held.map(({ role }) => role);
		const row = {
			...{ id, step: step.id, person, roles, answer: 'yes' as const, reason: null, via: 'slack' as const },
			...{ binding: step.decision?.binding ?? '', at: now, expires_at: now + 900_000, withdrawn_at: null },
		};
		const data = { binding: row.binding, roles, via: row.via, expires_at: row.expires_at, reason: null };
		const given = { kind: 'approval.given' as const, actor: { kind: 'person' as const, id: person }, at: now };
		await record(
			database,
			{
				entries: [{ ...given, incident: step.incident, refs: [step.id, id], data }],
				changes: [{ op: 'insert', table: 'approvals', row }],
				topics: [{ topic: 'run', key: step.id }],
			},
			now,
		);
	}
}
