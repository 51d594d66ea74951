// A small plant and small playbooks for the tests of response: written here, after no real site.
import type { Asset, InventoryData, Zone } from '../../../src/domain/asset.ts';
import { indexInventory } from '../../../src/domain/inventory.ts';
import type { Person } from '../../../src/domain/person.ts';
import { Playbook, playbookVersion } from '../../../src/domain/playbook.ts';
import type { Step } from '../../../src/domain/step.ts';
import { RUNNABLE } from '../../../src/response/actions/index.ts';
import type { LoadedPlaybook } from '../../../src/response/choose.ts';
import type { EvidenceAlert, IncidentSummary } from '../../../src/response/evidence.ts';
import type { Setting, View } from '../../../src/response/view.ts';

export const NOW = Date.UTC(2026, 5, 10, 3, 0, 0);

function asset(id: string, of: Partial<Asset> = {}): Asset {
	return {
		id,
		hostnames: [id],
		ips: [],
		macs: [],
		vendor_ids: [],
		site: 'north',
		zone: 'office',
		level: '4',
		class: 'endpoint',
		class_raw: null,
		vendor: null,
		os: null,
		criticality: 3,
		domain: 'it',
		switch: null,
		owner: null,
		facts: {},
		tags: {},
		confirmed_at: null,
		...of,
	};
}

/** What an office computer must be known to be before a bot may cut it off by itself. */
const IT_ONLY = {
	ot_dependency: false,
	dual_homed: false,
	operator_remote_view: false,
	action_cuts_own_path: false,
};

const zone = (id: string, of: Partial<Zone> = {}): Zone => ({
	id,
	name: null,
	site: 'north',
	level: null,
	sis: false,
	ranges: [],
	owner: null,
	facts: {},
	...of,
});

export const ASSETS = [
	asset('lap-1', { ips: ['10.4.0.11'], facts: IT_ONLY }),
	asset('lap-2', { ips: ['10.4.0.12'], facts: IT_ONLY, criticality: 5 }),
	asset('lap-x', { ips: ['10.4.0.13'] }),
	asset('jump-1', {
		ips: ['10.35.0.5'],
		class: 'jump_host',
		level: '3.5',
		zone: 'dmz',
		domain: 'ot',
		facts: { action_cuts_own_path: false },
	}),
	asset('ews-1', {
		ips: ['10.3.0.7'],
		class: 'engineering_workstation',
		level: '3',
		zone: 'cell-1',
		domain: 'ot',
		facts: { action_cuts_own_path: false },
	}),
	asset('ews-2', {
		ips: ['10.3.0.8'],
		class: 'engineering_workstation',
		level: '3',
		zone: 'cell-1',
		domain: 'ot',
		facts: { action_cuts_own_path: false },
	}),
	asset('plc-1', { ips: ['10.1.0.9'], class: 'plc', level: '1', zone: 'cell-1', domain: 'ot' }),
	asset('hmi-1', {
		ips: ['10.2.0.3'],
		class: 'hmi',
		level: '2',
		zone: 'cell-1',
		domain: 'ot',
		facts: { sole_view: true },
	}),
	asset('sis-1', { ips: ['10.1.9.1'], class: 'sis', level: '1', zone: 'sis-1', domain: 'ot' }),
];

const DATA: InventoryData = {
	assets: ASSETS,
	zones: [
		zone('office'),
		zone('dmz'),
		zone('cell-1', { ranges: ['10.1.0.0/24'] }),
		zone('sis-1', { sis: true, ranges: ['10.1.9.0/24'] }),
	],
	conduits: [{ id: 'c1', from: 'dmz', to: 'cell-1', via: null }],
	confirmedAt: NOW - 3_600_000,
};
export const INVENTORY = indexInventory(DATA);

/** The same plant, confirmed an hour before another moment than NOW. */
export const inventoryAt = (now: number) =>
	now === NOW ? INVENTORY : indexInventory({ ...DATA, confirmedAt: now - 3_600_000 });

const person = (id: string, role: Person['roles'][number]['role'], slack: string): Person => ({
	id,
	name: id,
	slack,
	email: null,
	roles: [{ role }],
});
export const PEOPLE: readonly Person[] = [
	person('ida', 'it_lead', 'U1'),
	person('ian', 'it_analyst', 'U2'),
	person('otto', 'ot_engineer', 'U3'),
	person('olga', 'ot_operator', 'U4'),
	person('sven', 'sis_engineer', 'U5'),
];

/** A playbook with these steps; the rest is filled in. */
export function playbook(id: string, steps: readonly object[], of: object = {}): LoadedPlaybook {
	const parsed = Playbook.parse({
		id,
		title: id,
		version: '1.0.0',
		summary: 's',
		lead: 'it_lead',
		must_not: ['-'],
		triggers: [],
		steps,
		...of,
	});
	return { playbook: parsed, version: playbookVersion(parsed) };
}

export function incident(of: Partial<IncidentSummary> = {}): IncidentSummary & { state: 'open' } {
	return {
		id: 'inc_0000000001',
		number: 7,
		severity: 'high',
		domain: 'it',
		category: 'malware',
		process_safety: false,
		sites: ['north'],
		zones: [],
		assets: ['lap-1'],
		techniques: [],
		playbooks: [],
		confidence_firm: 0.95,
		state: 'open',
		...of,
	};
}

export function alert(id: string, of: Partial<EvidenceAlert> = {}): EvidenceAlert {
	return {
		id,
		occurredAt: NOW,
		severity: 'high',
		entities: [{ type: 'host', value: 'lap-1', role: 'target' }],
		techniques: [],
		tags: [],
		playbooks: [],
		...of,
	};
}

function setting(playbooks: readonly LoadedPlaybook[], of: Partial<Setting> = {}): Setting {
	return {
		inventory: INVENTORY,
		windows: [],
		siteRules: [],
		people: PEOPLE,
		playbooks: new Map(playbooks.map((loaded) => [loaded.playbook.id, loaded])),
		canRun: (action) => RUNNABLE.has(action),
		approvalMs: 15 * 60_000,
		...of,
	};
}

export function view(playbooks: readonly LoadedPlaybook[], steps: readonly Step[], of: Partial<View> = {}): View {
	return {
		setting: setting(playbooks),
		incident: incident(),
		alerts: [alert('alr_1')],
		steps,
		approvals: [],
		statements: [],
		freezes: [],
		busy: [],
		alarms: [],
		automaticLastHour: 0,
		findings: [],
		...of,
	};
}
