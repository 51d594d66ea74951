// Laws of every shipped playbook, on every way that it can take, through the real planner and gate: on assets of every kind, with nothing known
// about the world and with everything known and good.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadInventoryFile } from '../../src/config/inventory-file.ts';
import { readPlaybooks } from '../../src/config/playbook-file.ts';
import type { Entity } from '../../src/domain/alert.ts';
import { stricter } from '../../src/domain/decision.ts';
import { FACT_NAMES, FACTS, type FactReading, type SubjectKind } from '../../src/domain/fact.ts';
import { indexInventory } from '../../src/domain/inventory.ts';
import type { Playbook } from '../../src/domain/playbook.ts';
import { allNodes } from '../../src/domain/playbook-step.ts';
import type { Step } from '../../src/domain/step.ts';
import { RUNNABLE } from '../../src/response/actions/index.ts';
import type { EvidenceAlert, IncidentSummary } from '../../src/response/evidence.ts';
import { libraryOf } from '../../src/response/flow/program.ts';
import { judge } from '../../src/response/gate.ts';
import { rehearse } from '../../src/response/rehearse.ts';
import type { Setting, View } from '../../src/response/view.ts';
import { effectOf, TOUCH_FREE_EFFECTS } from '../../src/safety/actions.ts';

const FOLDER = new URL('../../playbooks/', import.meta.url);
const NOW = Date.UTC(2026, 0, 5, 3);
const { playbooks } = readPlaybooks(
	readdirSync(FOLDER)
		.filter((name) => name.endsWith('.yaml'))
		.map((name) => [name, readFileSync(new URL(name, FOLDER), 'utf8')] as const),
);
const LIBRARY = libraryOf(playbooks);
const IDS = [...LIBRARY.keys()];
const plant = loadInventoryFile(readFileSync(new URL('tests/plant.yaml', FOLDER), 'utf8'), 'plant.yaml', NOW);
if (plant.data === null) throw new Error(JSON.stringify(plant.findings));
const inventory = indexInventory(plant.data);
const VALUES = { user: 'j.doe', session: 'S-1', ip: '10.4.0.11', domain: 'drop.example' } as const;

const setting: Setting = {
	inventory,
	...{ windows: [], siteRules: [], people: [], playbooks: LIBRARY, approvalMs: 900_000 },
	canRun: (action) => RUNNABLE.has(action),
};

/** An incident about these, that came from an office laptop through the jump host, grave and across both sides. */
function situation(targets: readonly string[]): { incident: IncidentSummary; alerts: EvidenceAlert[] } {
	const entities: Entity[] = [
		...targets.map((value): Entity => ({ type: 'asset_id', value, role: 'target' })),
		{ type: 'asset_id', value: 'ews-1', role: 'actor' },
		...Object.entries(VALUES).map(([type, value]): Entity => ({ type: type as Entity['type'], value, role: 'actor' })),
	];
	const common = { severity: 'critical' as const, techniques: [], tags: [], playbooks: [] };
	return {
		incident: {
			...{ id: 'inc_law000000', number: 7, severity: 'critical', domain: 'cross', category: 'intrusion' },
			...{ process_safety: false, sites: ['north'], zones: ['cell-1'], techniques: [], playbooks: [] },
			...{ assets: [...targets, 'ews-1', 'jump-1', 'lap-1'], confidence_firm: 1 },
		},
		alerts: [{ id: 'alr_law000000', occurredAt: NOW, entities, ...common, category: null, closedAt: null }],
	};
}

/** Every fact about everything that the step reaches, at its best value. */
function bestOf(step: Step): FactReading[] {
	const asset = step.target === null ? null : inventory.find(step.target);
	const { user, session, domain } = VALUES;
	const subjectsOf: Readonly<Record<SubjectKind, readonly (string | null | undefined)[]>> = {
		asset: [step.target],
		target: [step.target, user],
		zone: [asset?.zone],
		site: [asset?.site],
		plant: ['plant'],
		incident: [step.incident],
		account: [user],
		session: [session],
		flow: [String(step.params['flow'] ?? 'flow')],
		indicator: [domain, String(step.params['indicator'] ?? domain)],
		step: [step.id],
		service: [],
	};
	return FACT_NAMES.flatMap((name) =>
		subjectsOf[FACTS[name].subject].flatMap((subject, i): FactReading[] => {
			const value = FACTS[name].order[0];
			if (subject == null || value === undefined) return [];
			const said = { source: 'person' as const, supplied_by: 'x', stated_at: NOW, expires_at: null };
			return [{ id: `fct_${name}_${i}`, name, subject, value, ...said }];
		}),
	);
}

function stepsOf(id: string, targets: readonly string[], statements: (step: Step) => readonly FactReading[]): Step[] {
	const loaded = LIBRARY.get(id);
	if (loaded === undefined) throw new Error(id);
	const { incident, alerts } = situation(targets);
	return rehearse(loaded, incident, alerts, setting, statements, NOW).steps.map((one) => one.step);
}

const isFree = (step: Step): boolean => TOUCH_FREE_EFFECTS.some((free) => free === effectOf(step.action));
const isTheBots = (step: Step): boolean => ['AUTO', 'ONE', 'TWO'].includes(step.decision?.class ?? 'AUTO');
/** Controllers, levels 0 and 1, safety systems, the only sight of a running process, and what nobody knows. */
const CLOSED = ['plc-1', 'pump-1', 'ahu-1', 'sis-1', 'sisws-1', 'mystery'];
const SOLE_VIEW = 'hmi-1';
const nothing = (): FactReading[] => [];

describe('every shipped playbook, on every way that it can take', () => {
	it.each(IDS)(
		'%s: nothing but words, records and stored copies reaches what is closed, however good the world is',
		(id) => {
			for (const target of CLOSED)
				for (const facts of [nothing, bestOf])
					for (const step of stepsOf(id, [target], facts))
						if (step.target === target && !isFree(step))
							expect(isTheBots(step), `${step.key} ${step.action} on ${target}: ${step.decision?.class}`).toBe(false);
		},
	);

	it.each(IDS)('%s: nothing touches the only sight of a process of which nothing is known', (id) => {
		for (const step of stepsOf(id, [SOLE_VIEW], nothing))
			if (step.target === SOLE_VIEW && !isFree(step)) expect(isTheBots(step), step.key).toBe(false);
	});

	it.each(IDS)('%s: with nothing known, the bot touches at most the office laptop of which all is stated', (id) => {
		for (const target of ['hmi-2', 'scada-1', 'hist-1', 'relay-1', 'lap-2', 'srv-1', 'bms-1'])
			for (const step of stepsOf(id, [target], nothing))
				if (!isFree(step) && step.decision?.class === 'AUTO') expect(step.target, step.key).toBe('lap-1');
	});

	it.each(IDS)('%s: no step is ever looser than what the gate says to it', (id) => {
		for (const target of ['hmi-1', 'plc-1', 'lap-1', 'ews-1'])
			for (const facts of [nothing, bestOf])
				for (const step of stepsOf(id, [target], facts)) {
					const { incident, alerts } = situation([target]);
					const view: View = {
						...{ setting, incident: { ...incident, state: 'open' }, alerts, steps: [step], approvals: [] },
						...{ statements: facts(step), freezes: [], busy: [], alarms: [], automaticLastHour: 0, findings: [] },
					};
					const gate = judge(step, view, NOW).class;
					const got = step.decision?.class ?? 'AUTO';
					expect(stricter(gate, got), `${step.key} on ${target}`).toBe(got);
					if (effectOf(step.action) === 'control') expect(['HANDS', 'NEVER']).toContain(got);
				}
	});

	it.each(IDS)('%s: every text is filled in, and fits what a person reads at night', (id) => {
		const steps = stepsOf(id, ['hmi-2', 'plc-1'], nothing);
		expect(steps.length).toBeGreaterThan(0);
		expect(steps.length).toBeLessThanOrEqual(60);
		for (const step of steps) {
			const texts = [step.title, step.instructions ?? '', ...step.checklist, ...Object.values(step.params).map(String)];
			for (const text of texts) expect(text, step.key).not.toMatch(/\{[a-z_]+\}/);
			expect((step.instructions ?? '').length, step.key).toBeLessThanOrEqual(1_400);
		}
		const pages = steps.filter((step) => step.action === 'page').map((step) => String(step.params['role']));
		for (const role of new Set(pages)) expect(pages.filter((one) => one === role).length, role).toBeLessThanOrEqual(3);
	});
});

describe('the laws above say something', () => {
	const classesOf = (id: string, target: string, facts: (step: Step) => FactReading[]): Record<string, string> =>
		Object.fromEntries(stepsOf(id, [target], facts).map((step) => [step.key, step.decision?.class ?? '']));

	it('in a good world people may let an engineering station be cut, and the laptop is cut at once', () => {
		expect(classesOf('plc-stop', 'plc-1', bestOf)['cut-station']).toBe('TWO');
		expect(classesOf('plc-stop', 'plc-1', nothing)['cut-station']).toBe('HANDS');
		expect(Object.values(classesOf('ransomware', 'lap-1', nothing))).toContain('AUTO');
	});
});

describe('the shipped playbooks as procedures', () => {
	const TOUCHING = ['contain', 'host_change', 'restore', 'control', 'configure'];
	const actionsOf = (playbook: Playbook): { action: string; key: string }[] =>
		allNodes(playbook.steps).flatMap(({ node }) => ('action' in node ? [node] : []));

	it.each(IDS)('%s: where it may touch OT it asks the control room or the people of OT first', (id) => {
		const playbook = LIBRARY.get(id)?.playbook;
		if (
			playbook === undefined ||
			!['ot_engineer', 'ot_operator', 'sis_engineer', 'incident_lead'].includes(playbook.lead)
		)
			return;
		const actions = actionsOf(playbook);
		if (!actions.some((step) => TOUCHING.includes(effectOf(step.action) ?? ''))) return;
		const told = actions.findIndex((step) =>
			['ask_control_room', 'ask_person', 'page', 'notify'].includes(step.action),
		);
		const touched = actions.findIndex((step) => TOUCHING.includes(effectOf(step.action) ?? ''));
		if (playbook.id !== 'shut-the-way') expect(told, id).toBeLessThan(touched);
		const asks = actions.some((step) => step.action === 'ask_control_room' || step.action === 'ask_person');
		expect(asks).toBe(true);
	});

	it.each(IDS)('%s: nothing is disclosed, destroyed, scanned or run as a raw command by any of it', (id) => {
		for (const { action, key } of actionsOf(LIBRARY.get(id)?.playbook as Playbook))
			expect(['disclose', 'destroy', 'scan', 'attack', 'raw', 'policy'], key).not.toContain(effectOf(action));
	});

	it('containment always has an end, but for strangers that are taken out by hand', () => {
		// Nobody is to be reminded to plug them in again.
		const forGood = ['new-device-in-ot unplug', 'sis-security-finding workstation'];
		const open = IDS.flatMap((id) =>
			allNodes(LIBRARY.get(id)?.playbook.steps ?? []).flatMap(({ node }) =>
				'action' in node &&
				effectOf(node.action) === 'contain' &&
				node.action !== 'end_session' &&
				node.containment_for === undefined
					? [`${id} ${node.key}`]
					: [],
			),
		);
		expect(open.toSorted()).toEqual(forGood);
	});
});
