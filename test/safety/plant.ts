// A small world for the tests of the gate: assets, statements about everything, people. Best, worst and unknown versions of it.
import type { Asset, AssetClass, Level, Zone } from '../../src/domain/asset.ts';
import { FACT_NAMES, FACTS, type FactName, type FactReading, type FactValue } from '../../src/domain/fact.ts';
import type { Person } from '../../src/domain/person.ts';
import type { Facts, ProposedStep } from '../../src/safety/decide.ts';

export const NOW = Date.UTC(2026, 10, 22, 3, 0, 0);

export function asset(assetClass: AssetClass, level: Level, more: Partial<Asset> = {}): Asset {
	return {
		id: 'target-1',
		hostnames: [],
		ips: [],
		macs: [],
		vendor_ids: [],
		site: 'north',
		zone: 'unit-1',
		level,
		class: assetClass,
		class_raw: null,
		vendor: null,
		os: null,
		criticality: null,
		domain: null,
		switch: null,
		owner: null,
		facts: {},
		tags: {},
		confirmed_at: null,
		...more,
	};
}

export function zone(more: Partial<Zone> = {}): Zone {
	return {
		id: 'unit-1',
		name: null,
		site: 'north',
		level: null,
		sis: false,
		ranges: [],
		owner: null,
		facts: {},
		...more,
	};
}

/** The id that each kind of fact is about in these tests. */
export const SUBJECT = {
	asset: 'target-1',
	zone: 'unit-1',
	site: 'north',
	account: 'j.doe',
	session: 'ses-7',
	flow: 'a>b:502',
	indicator: '203.0.113.7',
	service: 'spooler',
	step: 'stp_1',
	incident: 'inc_1',
	plant: 'plant',
	target: 'target-1',
} as const;

export function subjectOf(name: FactName): string {
	return SUBJECT[FACTS[name].subject];
}

export function state(name: FactName, value: FactValue, more: Partial<FactReading> = {}): FactReading {
	return {
		id: `fct-${name}`,
		name,
		subject: subjectOf(name),
		value,
		source: 'person',
		supplied_by: 'p-operator',
		stated_at: NOW - 60_000,
		expires_at: NOW + 3_600_000,
		...more,
	};
}

/** Every fact at its best, for the asset and for a bare account or indicator. */
export function bestReadings(): FactReading[] {
	return FACT_NAMES.flatMap((name) => {
		const best = FACTS[name].order[0]!;
		const own = state(name, best);
		if (FACTS[name].subject !== 'target') return [own];
		return [own, { ...own, subject: SUBJECT.account }, { ...own, subject: SUBJECT.indicator }];
	});
}

export function worstReadings(): FactReading[] {
	return bestReadings().map((reading) => ({ ...reading, value: FACTS[reading.name].worst }));
}

/** The readings with one fact at another value, or without it (undefined). */
export function withFact(
	readings: readonly FactReading[],
	name: FactName,
	value: FactValue | undefined,
): FactReading[] {
	if (value === undefined) return readings.filter((reading) => reading.name !== name);
	return readings.map((reading) => (reading.name === name ? { ...reading, value } : reading));
}

export function step(action: string, more: Partial<ProposedStep> = {}): ProposedStep {
	return {
		id: SUBJECT.step,
		action,
		targets: ['target-1'],
		params: {
			account: SUBJECT.account,
			session: SUBJECT.session,
			flow: SUBJECT.flow,
			indicator: SUBJECT.indicator,
			service: SUBJECT.service,
		},
		playbook: 'contain',
		playbook_version: 'v1',
		requested_by: 'bot',
		incident: SUBJECT.incident,
		attempt: 0,
		containment_ms: 3_600_000,
		...more,
	};
}

export function facts(target: Asset | null, more: Partial<Facts> = {}): Facts {
	return {
		targets: { 'target-1': target },
		zones: { 'unit-1': zone() },
		inventory_confirmed_at: NOW - 3_600_000,
		readings: bestReadings(),
		freezes: [],
		confidence_firm: 1,
		automatic_last_hour: 0,
		site_rules: [],
		...more,
	};
}

export function person(id: string, ...roles: Person['roles']): Person {
	return { id, name: `Person ${id}`, slack: `U${id}`, email: `${id}@example.org`, roles };
}

export const PEOPLE: readonly Person[] = [
	person('it1', { role: 'it_lead' }),
	person('it2', { role: 'it_analyst' }),
	person('ot1', { role: 'ot_engineer', sites: ['north'] }),
	person('ot2', { role: 'ot_operator', sites: ['north'], zones: ['unit-1'] }),
	person('ot-south', { role: 'ot_engineer', sites: ['south'] }),
	person('ot-zone2', { role: 'ot_engineer', zones: ['unit-2'] }),
	person('both', { role: 'it_lead' }, { role: 'ot_engineer' }),
	person('net', { role: 'network_owner' }),
	person('rep', { role: 'reporter' }),
	person('admin', { role: 'admin' }),
];
