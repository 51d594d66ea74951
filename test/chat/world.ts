// A small plant with people, an incident and steps, for tests of chat: values with sensible defaults that a test changes in part.

import { createDirectory } from '../../src/chat/directory.ts';
import type { Acting } from '../../src/chat/people.ts';
import type { Situation, TimelineEntry } from '../../src/chat/situation.ts';
import type { Asset } from '../../src/domain/asset.ts';
import type { Approval, Decision } from '../../src/domain/decision.ts';
import type { Incident } from '../../src/domain/incident.ts';
import { indexInventory } from '../../src/domain/inventory.ts';
import type { Person } from '../../src/domain/person.ts';
import type { Step } from '../../src/domain/step.ts';

export const NOW = Date.UTC(2026, 2, 1, 3, 0, 0);
export const INCIDENT_ID = 'inc_00000000000000000001';
export const STEP_ID = 'stp_00000000000000000001';
export const BINDING = 'b1ndb1ndb1ndb1ndb1ndb1ndb1ndb1nd';

export function asset(given: Partial<Asset> = {}): Asset {
	return {
		id: 'ews-4',
		hostnames: ['ews-4'],
		ips: ['10.20.3.4'],
		macs: [],
		vendor_ids: [],
		site: 'north',
		zone: 'cell-3',
		level: '3',
		class: 'engineering_workstation',
		class_raw: 'eng',
		vendor: null,
		os: null,
		criticality: 4,
		domain: 'ot',
		switch: null,
		owner: null,
		facts: {},
		tags: {},
		confirmed_at: null,
		...given,
	};
}

export const ASSETS = [
	asset(),
	asset({ id: 'plc-7', hostnames: ['plc-7'], ips: ['10.20.1.7'], level: '1', class: 'plc', class_raw: 'plc' }),
	asset({ id: 'sis-1', hostnames: ['sis-1'], ips: ['10.20.1.9'], level: '1', class: 'sis', class_raw: 'sis' }),
	asset({
		id: 'laptop-12',
		hostnames: ['laptop-12'],
		ips: ['10.50.0.12'],
		site: 'north',
		zone: 'office',
		level: '4',
		class: 'endpoint',
		class_raw: 'ws',
		domain: 'it',
	}),
	asset({
		id: 'plc-s',
		hostnames: ['plc-s'],
		ips: ['10.80.1.7'],
		site: 'south',
		zone: 'cell-9',
		level: '1',
		class: 'plc',
		class_raw: 'plc',
	}),
];

const person = (id: string, name: string, slack: string | null, roles: Person['roles']): Person => ({
	id,
	name,
	slack,
	email: `${id}@plant.example`,
	roles,
});

export const PEOPLE: readonly Person[] = [
	person('ana', 'Ana IT', 'UANA000001', [{ role: 'it_analyst' }, { role: 'it_lead' }]),
	person('olaf', 'Olaf OT', 'UOLAF00001', [{ role: 'ot_engineer', sites: ['north'] }]),
	person('pia', 'Pia Operator', 'UPIA000001', [{ role: 'ot_operator', sites: ['north'] }]),
	person('sven', 'Sven South', 'USVEN00001', [{ role: 'ot_engineer', sites: ['south'] }]),
	person('rita', 'Rita Reader', 'URITA00001', [{ role: 'reporter' }]),
	person('sisi', 'Sisi SIS', null, [{ role: 'sis_engineer' }]),
];

export const inventory = indexInventory({ assets: ASSETS, zones: [], conduits: [], confirmedAt: NOW });

export const directory = createDirectory({
	people: PEOPLE,
	groups: [],
	inventory,
	sites: ['north', 'south'],
	technique: (id) => ({ T0843: 'Program Download', T1566: 'Phishing' })[id] ?? null,
});

export function acting(id: string, via: 'slack' | 'cli' = 'slack'): Acting {
	const found = PEOPLE.find((one) => one.id === id) ?? null;
	return { person: found, id: found?.id ?? `slack:${id}`, groups: [], via };
}

export function decision(given: Partial<Decision> = {}): Decision {
	return {
		class: 'TWO',
		rows: [{ row: 'H04', class: 'TWO', reason: 'an engineering workstation reaches controllers' }],
		needs: [
			{ side: 'it', roles: ['it_analyst', 'it_lead'] },
			{ side: 'ot', roles: ['ot_engineer', 'ot_operator'] },
		],
		holds: [],
		missing: [],
		summary: 'Isolating `ews-4` needs one person of IT and one of OT.',
		instead: '',
		binding: BINDING,
		...given,
	};
}

export function step(given: Partial<Step> = {}): Step {
	return {
		id: STEP_ID,
		incident: INCIDENT_ID,
		playbook: 'malware',
		playbook_version: 'a'.repeat(64),
		key: 'isolate',
		position: 0,
		title: 'Isolate the engineering workstation',
		action: 'isolate_host',
		target: 'ews-4',
		params: { reason: 'malware on it' },
		instructions: null,
		checklist: [],
		state: 'waiting',
		decision: decision(),
		after: [],
		requested_by: 'bot',
		expires_at: NOW + 15 * 60_000,
		containment_ms: 4 * 3_600_000,
		contained_until: null,
		attempts: 0,
		outcome: null,
		created_at: NOW - 60_000,
		updated_at: NOW - 60_000,
		...given,
	};
}

export function incident(given: Partial<Incident> = {}): Incident {
	return {
		id: INCIDENT_ID,
		number: 17,
		title: 'Unauthorised logic download to plc-7',
		state: 'open',
		severity: 'high',
		domain: 'cross',
		category: 'ot_change',
		process_safety: false,
		sites: ['north'],
		zones: ['cell-3'],
		assets: ['plc-7', 'ews-4'],
		techniques: ['T0843', 'T1566'],
		tactics: ['execution'],
		alert_count: 12,
		first_at: NOW - 1_800_000,
		last_at: NOW - 60_000,
		opened_at: NOW - 1_700_000,
		acknowledged_by: null,
		resolved_by: null,
		resolution: null,
		merged_into: null,
		advice: null,
		channel: null,
		card_ts: null,
		created_at: NOW - 1_700_000,
		updated_at: NOW - 60_000,
		...given,
	};
}

export function approval(given: Partial<Approval> = {}): Approval {
	return {
		id: 'apr_00000000000000000001',
		step: STEP_ID,
		person: 'ana',
		roles: ['it_analyst'],
		answer: 'yes',
		reason: null,
		binding: BINDING,
		via: 'slack',
		at: NOW - 30_000,
		expires_at: NOW + 600_000,
		withdrawn_at: null,
		...given,
	};
}

export function entry(given: Partial<TimelineEntry> = {}): TimelineEntry {
	return {
		id: 'ent_00000000000000000001',
		seq: 1,
		kind: 'approval.given',
		at: NOW - 30_000,
		actor: { kind: 'person', id: 'ana' },
		incident: INCIDENT_ID,
		refs: [STEP_ID],
		data: { step_title: 'Isolate the engineering workstation' },
		...given,
	};
}

export function situation(given: Partial<Situation> = {}): Situation {
	return { incident: incident(), steps: [step()], approvals: [], timeline: [], ...given };
}
