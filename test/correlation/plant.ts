// A small plant and short ways to write observations, for the tests of correlation.

import type { EvidenceKey, Observation } from '../../src/correlation/observation.ts';
import { crossingOf } from '../../src/correlation/path.ts';
import type { Asset } from '../../src/domain/asset.ts';
import { indexInventory } from '../../src/domain/inventory.ts';
import type { Severity } from '../../src/domain/severity.ts';

export const START = Date.UTC(2026, 2, 2, 8);

function asset(id: string, given: Partial<Asset> = {}): Asset {
	return {
		id,
		hostnames: [id],
		ips: [],
		macs: [],
		vendor_ids: [],
		site: 'works',
		zone: 'line-1',
		level: '1',
		class: 'plc',
		class_raw: null,
		vendor: null,
		os: null,
		criticality: null,
		domain: 'ot',
		switch: null,
		owner: null,
		facts: {},
		tags: {},
		confirmed_at: null,
		...given,
	};
}

const ASSETS: Asset[] = [
	...Array.from({ length: 30 }, (_, i) => asset(`plc-${i}`, { switch: 'sw-line', ips: [`10.1.1.${i + 1}`] })),
	...Array.from({ length: 30 }, (_, i) => asset(`io-${i}`, { zone: 'line-2', ips: [`10.1.2.${i + 1}`] })),
	...Array.from({ length: 40 }, (_, i) =>
		asset(`pc-${i}`, { zone: 'office', level: '4', class: 'endpoint', domain: 'it', ips: [`10.9.1.${i + 1}`] }),
	),
	asset('jump', { zone: 'dmz', level: '3.5', class: 'jump_host', domain: 'it', ips: ['10.5.0.1'] }),
	asset('eng', { zone: 'ops', level: '3', class: 'engineering_workstation', ips: ['10.4.0.1'] }),
	asset('eng2', { zone: 'ops', level: '3', class: 'engineering_workstation', ips: ['10.4.0.2'] }),
	asset('scanner', { zone: 'office', level: '4', class: 'scanner', domain: 'it', ips: ['10.9.9.9'] }),
];
export const INVENTORY = indexInventory({ assets: ASSETS, zones: [], conduits: [], confirmedAt: 0 });

let nth = 0;

type Given = {
	readonly at: number;
	readonly what: string;
	readonly target?: string;
	readonly actor?: string;
	readonly user?: string;
	readonly address?: string;
	readonly hash?: string;
	readonly domain?: string;
	readonly severity?: Severity;
	readonly failure?: boolean;
	readonly safety?: boolean;
	/** What the classifier takes it for. */
	readonly tactic?: string;
};

export function seen(given: Given): Observation {
	const target = given.target === undefined ? null : INVENTORY.find(given.target);
	const actor = given.actor === undefined ? null : INVENTORY.find(given.actor);
	const severity = given.severity ?? 'high';
	const failure = given.failure ?? false;
	const keys: EvidenceKey[] = [];
	if (given.hash !== undefined) keys.push({ type: 'hash', key: `hash:${given.hash}`, role: 'other' });
	if (given.address !== undefined) keys.push({ type: 'address', key: `ip:${given.address}`, role: 'other' });
	if (given.domain !== undefined) keys.push({ type: 'domain', key: `domain:${given.domain}`, role: 'other' });
	if (target !== null) keys.push({ type: 'asset', key: `asset:${target.id}`, role: 'target' });
	if (actor !== null) keys.push({ type: 'asset', key: `asset:${actor.id}`, role: 'actor' });
	if (actor !== null && target !== null && actor !== target)
		keys.push({ type: 'link', key: `link:asset:${actor.id}>asset:${target.id}`, role: 'other' });
	if (given.user !== undefined) keys.push({ type: 'user', key: `user:${given.user}`, role: 'other' });
	if (failure && severity !== 'medium' && target?.zone != null) {
		keys.push({ type: 'zone_failures', key: `zone:${target.zone}`, role: 'other' });
	}
	return {
		id: `alr_${String(++nth).padStart(12, '0')}`,
		at: given.at,
		template: given.what,
		condition: `${given.what}|${given.target ?? '-'}`,
		keys,
		severity,
		category: failure ? 'ot_availability' : 'intrusion',
		tactics: given.tactic === undefined ? [] : [given.tactic],
		isFailure: failure,
		processSafety: given.safety ?? false,
		target,
		actor,
		zone: target?.zone ?? null,
		site: target?.site ?? null,
		switch: target?.switch ?? null,
		user: given.user ?? null,
		crossing: crossingOf(actor === target ? null : actor, target, INVENTORY),
	};
}
