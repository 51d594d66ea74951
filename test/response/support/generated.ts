// Playbooks, plants, alerts, people and their answers drawn from a seed: what an author, an attacker and a bad night could come up with
// together. The same seed gives the same, so that a failure is a test.
import type { Entity } from '../../../src/domain/alert.ts';
import type { Asset, Zone } from '../../../src/domain/asset.ts';
import type { Approval } from '../../../src/domain/decision.ts';
import { FACT_NAMES, FACTS } from '../../../src/domain/fact.ts';
import { type Inventory, indexInventory } from '../../../src/domain/inventory.ts';
import { Playbook, playbookVersion } from '../../../src/domain/playbook.ts';
import type { Step, StepState } from '../../../src/domain/step.ts';
import { HOUR, MINUTE } from '../../../src/domain/time.ts';
import { RUNNABLE } from '../../../src/response/actions/index.ts';
import type { LoadedPlaybook } from '../../../src/response/choose.ts';
import type { Script } from '../../../src/response/flow/act-out.ts';
import { libraryOf } from '../../../src/response/flow/program.ts';
import type { View } from '../../../src/response/view.ts';
import { ACTION_NAMES } from '../../../src/safety/actions.ts';
import { alert, incident, NOW, PEOPLE } from './plant.ts';

type Chance = () => number;
const pick = <T>(chance: Chance, list: readonly T[]): T => list[Math.floor(chance() * list.length)]!;
const some = <T>(chance: Chance, list: readonly T[], share: number): T[] => list.filter(() => chance() < share);

/** A small generator with a long period (mulberry32), so that a world is one number. */
export function chanceOf(seed: number): Chance {
	let state = (seed * 2_654_435_761) >>> 0;
	return () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let t = state;
		t = Math.imul(t ^ (t >>> 15), t | 1);
		t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
		return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
	};
}

const CLASSES = [
	'plc',
	'rtu',
	'sis',
	'dcs',
	'hmi',
	'scada_server',
	'engineering_workstation',
	'jump_host',
	'historian',
	'server',
	'endpoint',
	'ied',
	'bms_controller',
] as const;
const LEVELS = ['0', '1', '2', '3', '3.5', '4', '5', 'unknown'] as const;
const ASSET_FACTS = FACT_NAMES.filter((name) => ['asset', 'target'].includes(FACTS[name].subject));
const HOSTILE = [
	'<!channel>',
	'{user}',
	'a b',
	"x'; drop table steps",
	'../../plc-1',
	'plc-1',
	'true',
	'yes',
	'$(x)',
	'\u202eexe',
	'',
];

/** In a good world most facts are known and at their best, and most machines stand in the office: there the bot may do something. */
function plantOf(chance: Chance, isGood: boolean): Inventory {
	const zones: Zone[] = ['office', 'dmz', 'cell', 'sis-zone'].map((id) => ({
		...{ id, name: null, site: 'north', level: null, ranges: [], owner: null },
		sis: id === 'sis-zone',
		facts: {},
	}));
	const assets = Array.from({ length: 3 + Math.floor(chance() * 4) }, (_, index): Asset => {
		const stated = some(chance, ASSET_FACTS, 0.7).map(
			(name) =>
				[name, isGood && chance() < 0.95 ? (FACTS[name].order[0] ?? false) : pick(chance, FACTS[name].order)] as const,
		);
		return {
			...{ id: `a-${index}`, hostnames: [`host-${index}`], ips: [`10.0.0.${index + 1}`], macs: [], vendor_ids: [] },
			...{
				site: 'north',
				zone: isGood && chance() < 0.7 ? 'office' : pick(chance, ['office', 'dmz', 'cell', 'sis-zone', null]),
				level: isGood && chance() < 0.7 ? '4' : pick(chance, LEVELS),
			},
			...{
				class: isGood && chance() < 0.7 ? 'endpoint' : pick(chance, CLASSES),
				class_raw: null,
				vendor: null,
				os: null,
				criticality: pick(chance, [null, 1, 5]),
			},
			...{
				domain: isGood && chance() < 0.7 ? ('it' as const) : pick(chance, ['it', 'ot', null] as const),
				switch: null,
				owner: null,
				tags: {},
				confirmed_at: null,
			},
			facts: Object.fromEntries(stated),
		};
	});
	return indexInventory({
		assets,
		zones,
		conduits: [],
		confirmedAt: chance() < 0.8 ? NOW - HOUR : NOW - 90 * 24 * HOUR,
	});
}

/** What facts of each kind are stated about. */
const SUBJECTS: Readonly<Record<string, readonly string[]>> = {
	...{ asset: ['a-0', 'a-1', 'a-2'], target: ['a-0', 'a-1', 'a-2'], zone: ['cell', 'office'], site: ['north'] },
	...{ plant: ['plant'], account: ['j.doe'], session: ['S-17'] },
};
const RUNS = [...RUNNABLE.keys(), 'isolate_host', 'isolate_host', 'block_indicator', 'disable_account'];
const TARGETS = [
	'none',
	'primary',
	'primary',
	'primary',
	'actor',
	'assets',
	'assets',
	'assets.domain:ot',
	'variable:host',
];

type State = { keys: string[]; room: number; only: number };

/** Draws nested steps. Keys count up, and `after` names any key that is there already, in the block or out of it. */
function nodesOf(chance: Chance, depth: number, state: State, inLoop: boolean): object[] {
	const count = 1 + Math.floor(chance() * 3);
	return Array.from({ length: count }, () => nodeOf(chance, depth, state, inLoop)).filter((node) => node !== null);
}

function nodeOf(chance: Chance, depth: number, state: State, inLoop: boolean): object | null {
	if (state.room <= 0) return null;
	state.room -= 1;
	const key = `k${state.keys.length}`;
	const after = some(chance, state.keys.slice(-4), 0.2);
	state.keys.push(key);
	const base = { key, after, ...(chance() < 0.2 ? { join: 'any' } : {}) };
	const inner = (loop = inLoop): object[] => {
		const nodes = nodesOf(chance, depth - 1, state, loop);
		state.only += 1;
		return nodes.length > 0 ? nodes : [stepOf(chance, `only-${state.only}`, inLoop)];
	};
	const kind =
		depth <= 0
			? 'step'
			: pick(chance, [
					...Array.from({ length: 9 }, () => 'step'),
					'if',
					'switch',
					'each',
					'while',
					'group',
					'group',
					'wait',
					'call',
				]);
	switch (kind) {
		case 'if':
			return {
				...base,
				if: conditionOf(chance, state.keys),
				do: inner(),
				...(chance() < 0.7 ? { else: inner() } : {}),
			};
		case 'switch':
			return { ...base, switch: pick(chance, ['kind', 'said']), cases: { a: inner(), yes: inner() }, default: inner() };
		case 'each':
			return inLoop
				? { ...base, ...stepOf(chance, key, inLoop), after }
				: {
						...base,
						for_each: pick(chance, [
							{ assets: {} },
							{ assets: { domain: 'ot' } },
							{ users: {} },
							{ indicators: { types: ['ip', 'domain'] } },
						]),
						max: 3,
						do: inner(true),
					};
		case 'while':
			return { ...base, while: conditionOf(chance, state.keys), max: 2, do: inner() };
		case 'group':
			return { ...base, do: inner(), ...(chance() < 0.6 ? { if_given_up: 'undo' } : {}) };
		case 'wait':
			return {
				...base,
				wait: {
					for: pick(chance, ['5m', '2h']),
					...(chance() < 0.6 ? { until: conditionOf(chance, state.keys) } : {}),
				},
				do: inner(),
				...(chance() < 0.5 ? { on_failure: 'stop' } : {}),
			};
		case 'call':
			return {
				...base,
				playbook: pick(chance, ['child', 'p', 'nobody']),
				with: { kind: pick(chance, ['a', 'b', '{user}']) },
			};
		default:
			return {
				...base,
				...stepOf(chance, key, inLoop),
				after,
				...(chance() < 0.2 && depth > 0 ? { if_failed: inner() } : {}),
			};
	}
}

function stepOf(chance: Chance, key: string, inLoop: boolean): object {
	const action = chance() < 0.5 ? pick(chance, RUNS) : chance() < 0.95 ? pick(chance, ACTION_NAMES) : 'open_all_valves';
	const isAsk = action === 'ask_person' || action === 'ask_control_room';
	return {
		...{ key, title: `${key} {user}`, action, target: inLoop && chance() < 0.6 ? 'item' : pick(chance, TARGETS) },
		params: {
			...(chance() < 0.3 ? { text: 'about {target_name} {said}' } : {}),
			...(chance() < 0.1 ? { session: pick(chance, ['{session}', 'S-17']) } : {}),
			...(chance() < 0.2
				? { device: pick(chance, ['{target}', '{target}', '{target}', 'a-0', '{said}', '{item}']) }
				: {}),
			...(chance() < 0.1 ? { account: '{user}' } : {}),
		},
		on_failure: pick(chance, ['continue', 'stop', 'ask']),
		...(chance() < 0.4 ? { containment_for: '1h' } : {}),
		...(isAsk && chance() < 0.8
			? {
					answer: pick(chance, [
						{ name: 'said', type: 'choice', options: ['a', 'yes'] },
						{ name: 'host', type: 'asset' },
						{ name: 'sure', type: 'boolean' },
					]),
				}
			: {}),
	};
}

function conditionOf(chance: Chance, keys: readonly string[]): object {
	const one = (): object =>
		pick(chance, [
			{ severity_min: pick(chance, ['low', 'critical']) },
			{ domain: ['ot'] },
			{ variable: { name: pick(chance, ['said', 'sure', 'kind']), known: true } },
			{ variable: { name: 'sure', is: true } },
			{ step: { key: pick(chance, keys), ended: [pick(chance, ['well', 'badly'])] } },
			{ fact: { name: pick(chance, FACT_NAMES), known: chance() < 0.5 } },
			{ evidence: { users: {} } },
			{ alert: { state: 'closed' } },
		]);
	return chance() < 0.7 ? one() : pick(chance, [{ not: one() }, { any: [one(), one()] }, { all: [one(), one()] }]);
}

function alertsOf(chance: Chance): View['alerts'] {
	const word = (): string =>
		chance() < 0.3 ? pick(chance, HOSTILE) : pick(chance, ['j.doe', 'S-17', '203.0.113.9', 'bad.example']);
	const entities = Array.from(
		{ length: 5 },
		(_, index): Entity => ({
			type: pick(
				chance,
				index < 3 ? (['asset_id', 'host', 'ip'] as const) : (['user', 'session', 'domain', 'ip'] as const),
			),
			value: index < 3 && chance() < 0.9 ? `a-${Math.floor(chance() * 4)}` : word() || 'x',
			role: pick(chance, ['target', 'actor', 'related'] as const),
		}),
	);
	return [alert('alr_1', { entities, closedAt: chance() < 0.3 ? NOW : null, playbooks: ['p'] })];
}

export type Generated = {
	readonly view: View;
	readonly script: Script;
	readonly loaded: LoadedPlaybook;
	/** The approvals that people gave for a step under this decision. */
	readonly approvalsFor: (step: Step, now: number) => readonly Approval[];
};

/** A chance that belongs to one step and decision, so that the same question gets the same answer. */
function chanceFor(seed: number, text: string): Chance {
	let hash = seed;
	for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) >>> 0;
	return chanceOf(hash);
}

function answersTo(seed: number) {
	return (step: Step, now: number): readonly Approval[] => {
		const binding = step.decision?.binding ?? '';
		const chance = chanceFor(seed, `${step.id} ${binding}`);
		return some(chance, PEOPLE, 0.75).map((person, index): Approval => {
			const bad = chance();
			return {
				...{ id: `apr_${step.id.slice(4, 14)}${index}`, step: bad < 0.04 ? 'stp_other' : step.id, person: person.id },
				...{
					roles: person.roles.map((one) => one.role),
					answer: bad > 0.96 ? 'no' : 'yes',
					reason: null,
					via: 'cli',
					at: now,
				},
				binding: bad > 0.04 && bad < 0.1 ? 'another' : binding,
				expires_at: bad > 0.1 && bad < 0.14 ? now - 1 : now + 15 * MINUTE,
				withdrawn_at: bad > 0.14 && bad < 0.18 ? now : null,
			};
		});
	};
}

const ENDS: readonly StepState[] = [
	...Array.from({ length: 9 }, () => 'done' as const),
	'failed',
	'refused',
	'in_doubt',
];

/** One world. */
export function generate(seed: number): Generated {
	const chance = chanceOf(seed);
	const isGood = chance() < 0.6;
	const inventory = plantOf(chance, isGood);
	const draw = (id: string, room: number): LoadedPlaybook => {
		const playbook = Playbook.parse({
			...{ id, title: id, version: '1.0.0', summary: 's', lead: 'it_lead', must_not: ['-'], triggers: [] },
			inputs: { kind: { type: 'choice', options: ['a', 'b', 'yes'], default: 'a' } },
			steps: nodesOf(chance, 3, { keys: [], room, only: 0 }, false),
		});
		return { playbook, version: playbookVersion(playbook) };
	};
	const loaded = draw('p', 14);
	const library = libraryOf([loaded, draw('child', 3)]);
	const statements = some(chance, FACT_NAMES, isGood ? 0.95 : 0.6).flatMap((name) => {
		const value = isGood && chance() < 0.97 ? (FACTS[name].order[0] ?? false) : pick(chance, FACTS[name].order);
		return (SUBJECTS[FACTS[name].subject] ?? []).map((subject) => ({
			...{
				id: `${name}:${subject}`,
				name,
				subject,
				value,
				source: 'person',
				supplied_by: pick(chance, PEOPLE).id,
				expires_at: null,
			},
		}));
	});
	const approvalsFor = answersTo(seed);
	const assets = inventory.data.assets.map((asset) => asset.id);
	return {
		loaded,
		approvalsFor,
		view: {
			setting: {
				...{ inventory, windows: [], siteRules: [], people: PEOPLE, playbooks: library, approvalMs: 15 * MINUTE },
				// As if there were a connector for everything: what holds a step back then is the gate alone.
				canRun: () => true,
			},
			incident: incident({
				...{
					playbooks: ['p'],
					assets: some(chance, assets, 0.8),
					severity: pick(chance, ['low', 'high', 'critical'] as const),
				},
				...{
					domain: pick(chance, ['it', 'ot', 'cross'] as const),
					process_safety: chance() < 0.1,
					confidence_firm: isGood ? 0.95 : chance(),
				},
			}),
			alerts: alertsOf(chance),
			...{ steps: [], approvals: [], statements: [], busy: [], alarms: [], automaticLastHour: 0, findings: [] },
			freezes: chance() < 0.05 ? [{ id: 'frz_1', scope: 'zone:cell', set_by: 'olga', reason: 'x' }] : [],
		},
		script: {
			endOf: (step) => pick(chanceFor(seed, step.id), ENDS),
			answerTo: (variable, step) => {
				const own = chanceFor(seed, `answer ${step.id}`);
				return variable === 'sure'
					? own() < 0.5
					: variable === 'host'
						? pick(own, ['a-0', 'a-1', 'plc-9', '<!x>'])
						: pick(own, ['a', 'yes', 'other', true]);
			},
			approvalsFor,
			statementsFor: (_, now) => statements.map((one) => ({ ...one, stated_at: now })),
			comes: (key) => chanceFor(seed, `comes ${key}`)() < 0.3,
		},
	};
}

/** Whether anything that the step names is a controller, a safety system, or not known: by the inventory alone, not by the gate. */
export function reachesControl(step: Step, inventory: Inventory): boolean {
	const named = ['targets', 'target', 'device', 'host', 'asset'].flatMap((name) => step.params[name] ?? []).map(String);
	return [...(step.target === null ? [] : [step.target]), ...named].some((id) => {
		const asset = inventory.find(id);
		return (
			asset === null ||
			asset.level === '0' ||
			asset.level === '1' ||
			asset.level === 'unknown' ||
			asset.class === 'sis' ||
			asset.zone === 'sis-zone'
		);
	});
}
