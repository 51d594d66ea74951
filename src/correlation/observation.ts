// What the engine sees of a judged alert: when, what kind of message, and which things it names, looked up in the inventory.
// Pure; nothing is placed here. Replay and the live stage build observations with this one function.
import type { Alert, Entity } from '../domain/alert.ts';
import type { Asset } from '../domain/asset.ts';
import type { Inventory } from '../domain/inventory.ts';
import { isPrivateAddress, normaliseName } from '../domain/inventory.ts';
import { type Severity, severityRank } from '../domain/severity.ts';
import type { Category, Verdict } from '../domain/verdict.ts';
import { type Crossing, crossingOf, endsOf, namesAsset } from './path.ts';

/** The kinds of things that two alerts can share. The two last are places: failures in one zone or site at one time. */
export type EvidenceType =
	| 'asset'
	| 'user'
	| 'address'
	| 'domain'
	| 'hash'
	| 'session'
	/** One thing that acts on another: both are named by many, but seldom together. */
	| 'link'
	| 'zone_failures'
	| 'site_failures';

type EvidenceRole = 'target' | 'actor' | 'other';

export type EvidenceKey = {
	readonly type: EvidenceType;
	readonly key: string;
	readonly role: EvidenceRole;
	/** Things like this one: their name and how many there are. */
	readonly peers?: { readonly group: string; readonly count: number };
};

/** What of a verdict the engine reads. */
export type VerdictLite = {
	readonly category: Category;
	readonly severity: Severity;
	readonly techniques: readonly string[];
	readonly tactics: readonly string[];
	readonly process_safety: boolean;
};

/** What the engine reads of a whole verdict. */
export function verdictLite(verdict: Verdict): VerdictLite {
	return {
		category: verdict.category,
		severity: verdict.severity,
		techniques: verdict.techniques.map((technique) => technique.id),
		tactics: verdict.tactics,
		process_safety: verdict.category === 'process_safety',
	};
}

export type Observation = {
	readonly id: string;
	/** Event time, ms. */
	readonly at: number;
	/** The message with its variable parts taken out. */
	readonly template: string;
	/** Template and the thing it is about: another alert with the same one within a day is a repeat. */
	readonly condition: string;
	readonly keys: readonly EvidenceKey[];
	readonly severity: Severity;
	readonly category: Category;
	readonly tactics: readonly string[];
	/** Something does not answer, is overloaded or broken: what storms are made of. */
	readonly isFailure: boolean;
	readonly processSafety: boolean;
	/** The asset that it is about, where known, and the one that acts. */
	readonly target: Asset | null;
	readonly actor: Asset | null;
	readonly zone: string | null;
	readonly site: string | null;
	/** Network device behind which the target stands; null where the inventory does not say. */
	readonly switch: string | null;
	readonly user: string | null;
	/** The zones between which it tells of a step. */
	readonly crossing: Crossing | null;
};

const FAILURES: readonly Category[] = ['availability', 'ot_availability', 'performance', 'equipment_condition'];
/** What a device that cannot be reached is called, whatever the product files it under. */
const FAILURE_WORDS = [
	'unreachable',
	'timeout',
	'timed out',
	'no data',
	'nodata',
	'stale',
	'missing',
	'link lost',
	'connection lost',
	'lost connection',
	'link down',
	'offline',
	'not responding',
	'no response',
	'unavailable',
	'disconnect',
] as const;
/** Things that an alert may name; more than this many are cut, rarest types first kept. */
export const KEYS_MAX = 24;

/**
 * Builds the observation of one alert.
 *
 * @param id the alert's id, or its position in a replay
 */
export function observationOf(id: string, alert: Alert, verdict: VerdictLite, inventory: Inventory): Observation {
	const found = new Map<Entity, Asset | null>();
	for (const entity of alert.entities) {
		if (namesAsset(entity)) found.set(entity, inventory.find(entity.value));
	}
	const { actor, target } = endsOf(alert.entities, (entity) => found.get(entity) ?? null);
	const template = templateOf(alert);
	const subject = target?.id ?? subjectName(alert) ?? '-';
	// How bad the source calls it says how usual the message is; what criticality and rules add says how urgent it is.
	const severity = alert.severity ?? verdict.severity;
	const isFailure =
		alert.kind === 'availability' || FAILURES.includes(verdict.category) || soundsLikeFailure(template, severity);
	const zone = target?.zone ?? alert.labels['zone'] ?? null;
	const site = target?.site ?? alert.labels['site'] ?? null;
	const keys = keysOf(alert, found, inventory);
	// A warning that something is slow is no sign of a plant-wide burst.
	const isEffect = isFailure || alert.kind === 'process' || verdict.category === 'process_deviation';
	const isGrave = isEffect && severityRank(severity) >= severityRank('high');
	if (isGrave && zone !== null) keys.push({ type: 'zone_failures', key: `zone:${zone}`, role: 'other' });
	if (isGrave && site !== null) keys.push({ type: 'site_failures', key: `site:${site}`, role: 'other' });
	return {
		id,
		at: Date.parse(alert.occurred_at),
		template,
		condition: `${template}|${subject}`,
		keys,
		severity,
		category: verdict.category,
		tactics: verdict.tactics,
		isFailure,
		processSafety: alert.kind === 'process_safety' || verdict.process_safety,
		target,
		actor,
		zone,
		site,
		switch: target?.switch ?? null,
		crossing: crossingOf(actor, target, inventory),
		user: keys.find((key) => key.type === 'user')?.key.slice('user:'.length) ?? null,
	};
}

/** The message without what varies from one host, address or number to the next. Linear in the title's length. */
export function templateOf(alert: Alert): string {
	const names = new Set(alert.entities.map((entity) => entity.value.toLowerCase()));
	const words = alert.title
		.toLowerCase()
		.slice(0, 300)
		.split(/[\s,;()'"[\]]+/)
		.filter((word) => word !== '');
	return words
		.map((word) => {
			if (names.has(word) || names.has(word.replace(/[.:]+$/, ''))) return '*';
			if (/^[0-9a-f]{16,}$/.test(word) || /^\d[\d.:/-]*$/.test(word)) return '#';
			return word;
		})
		.join(' ');
}

/** Grave ones are judged by their evidence: an attacker makes things fail too. */
function soundsLikeFailure(template: string, severity: Severity): boolean {
	return severityRank(severity) <= severityRank('medium') && FAILURE_WORDS.some((word) => template.includes(word));
}

function subjectName(alert: Alert): string | null {
	const order = { target: 0, related: 1, actor: 2, observer: 3 } as const;
	const named = alert.entities
		.filter((entity) => ['host', 'ip', 'mac', 'asset_id', 'tag', 'cloud_resource'].includes(entity.type))
		.toSorted((a, b) => order[a.role] - order[b.role])[0];
	return named === undefined ? null : normaliseName(named.value);
}

/** Sensors that merely report are no evidence: they see everybody. */
function keysOf(alert: Alert, found: ReadonlyMap<Entity, Asset | null>, inventory: Inventory): EvidenceKey[] {
	const keys = new Map<string, EvidenceKey>();
	const add: Add = (type, key, role, peers) => {
		const held = keys.get(key);
		if (held === undefined || (held.role === 'other' && role !== 'other'))
			keys.set(key, peers === undefined ? { type, key, role } : { type, key, role, peers });
	};
	for (const entity of alert.entities) {
		if (entity.role === 'observer') continue;
		const role: EvidenceRole = entity.role === 'related' ? 'other' : entity.role;
		const asset = found.get(entity);
		if (asset !== undefined && asset !== null) add('asset', `asset:${asset.id}`, role, peersOf(asset, inventory));
		else if (entity.type === 'ip') addAddress(entity.value, role, add);
		else if (entity.type === 'host') addHost(entity.value, role, add);
		else addOther(entity, role, add, inventory);
	}
	const ends = [...keys.values()].filter((key) => key.type === 'asset');
	const from = ends.find((key) => key.role === 'actor');
	const to = ends.find((key) => key.role === 'target');
	if (from !== undefined && to !== undefined) add('link', `link:${from.key}>${to.key}`, 'other');
	const order: Record<EvidenceType, number> = {
		hash: 0,
		address: 1,
		domain: 2,
		session: 3,
		asset: 4,
		link: 5,
		user: 6,
		zone_failures: 7,
		site_failures: 8,
	};
	return [...keys.values()].toSorted((a, b) => order[a.type] - order[b.type]).slice(0, KEYS_MAX);
}

type Add = (type: EvidenceType, key: string, role: EvidenceRole, peers?: EvidenceKey['peers']) => void;

const CROWDS = new WeakMap<Inventory, Map<string, number>>();

/** The assets of the same class: what is usual for one is a good guess for the next. */
function peersOf(asset: Asset, inventory: Inventory): NonNullable<EvidenceKey['peers']> {
	let crowd = CROWDS.get(inventory);
	if (crowd === undefined) {
		crowd = new Map();
		for (const one of inventory.data.assets) crowd.set(one.class, (crowd.get(one.class) ?? 0) + 1);
		CROWDS.set(inventory, crowd);
	}
	return { group: `class:${asset.class}`, count: Math.max(1, crowd.get(asset.class) ?? 1) };
}

function addAddress(ip: string, role: EvidenceRole, add: Add): void {
	const value = normaliseName(ip);
	if (/^(0\.0\.0\.0|255\.255\.255\.255|127\.|224\.|239\.|::1?$)/.test(value)) return;
	// An inside address that nobody knows is a host like any other; an outside one is rare, and so strong.
	add(isPrivateAddress(value) ? 'asset' : 'address', `ip:${value}`, role);
}

function addHost(name: string, role: EvidenceRole, add: Add): void {
	add('asset', `host:${normaliseName(name).split('.')[0] ?? ''}`, role);
}

function addOther(entity: Entity, role: EvidenceRole, add: Add, inventory: Inventory): void {
	switch (entity.type) {
		case 'user':
		case 'account':
		case 'email': {
			const user = userName(entity.value);
			if (user !== null) add('user', `user:${user}`, 'other');
			return;
		}
		case 'file_hash':
			add('hash', `hash:${entity.value.toLowerCase()}`, 'other');
			return;
		case 'domain':
			add('domain', `domain:${normaliseName(entity.value)}`, 'other');
			return;
		case 'url': {
			const host = /^[a-z][a-z0-9+.-]*:\/\/([^/?#:@]+)/i.exec(entity.value.slice(0, 300))?.[1] ?? entity.value;
			if (/^[\w.-]{3,253}$/.test(host) && inventory.find(host) === null)
				add('domain', `domain:${normaliseName(host)}`, 'other');
			return;
		}
		case 'session':
			add('session', `session:${entity.value}`, 'other');
			return;
		case 'cloud_resource':
			add('asset', `cloud:${normaliseName(entity.value)}`, role);
			return;
		default:
			return;
	}
}

/** Accounts of the machine itself are the same on every host and identify nobody. */
const MACHINE_ACCOUNTS = new Set([
	'system',
	'local service',
	'network service',
	'localsystem',
	'anonymous logon',
	'root',
	'-',
	'n/a',
	'unknown',
]);

function userName(value: string): string | null {
	const name = normaliseName(value).split('\\').at(-1)?.split('@')[0] ?? '';
	return name === '' || MACHINE_ACCOUNTS.has(name) || name.endsWith('$') ? null : name;
}
