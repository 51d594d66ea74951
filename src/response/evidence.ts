// What an incident's alerts say that a plan needs: which assets it is about, where it came from, and the values that a playbook's
// placeholders stand for. Pure. Alert text is hostile: only plain words pass, everything else counts as not known.
import type { Entity } from '../domain/alert.ts';
import type { Asset } from '../domain/asset.ts';
import type { Inventory } from '../domain/inventory.ts';
import { PLAIN_WORD } from '../domain/playbook-condition.ts';
import { type Severity, severityRank } from '../domain/severity.ts';
import { toIso } from '../domain/time.ts';
import type { Category } from '../domain/verdict.ts';

/** One alert, as far as planning looks. */
export type EvidenceAlert = {
	readonly id: string;
	readonly occurredAt: number;
	readonly severity: Severity;
	readonly entities: readonly Entity[];
	readonly techniques: readonly string[];
	readonly tags: readonly string[];
	/** Playbooks that triage's rules proposed. */
	readonly playbooks: readonly string[];
	/** What triage called it; and when its condition ended, where it has. */
	readonly category?: Category | null;
	readonly closedAt?: number | null;
};

/** The incident's own row, as far as planning looks. */
export type IncidentSummary = {
	readonly id: string;
	readonly number: number;
	readonly severity: Severity;
	readonly domain: 'it' | 'ot' | 'cross';
	readonly category: Category;
	readonly process_safety: boolean;
	readonly sites: readonly string[];
	readonly zones: readonly string[];
	readonly assets: readonly string[];
	readonly techniques: readonly string[];
	readonly playbooks: readonly string[];
	readonly confidence_firm: number;
};

/** Placeholders that a playbook may use, and what each stands for. */
export const PLACEHOLDERS = {
	incident: 'the incident as people call it: INC-17',
	severity: 'its severity',
	site: 'its first site',
	zone: "the target's zone, or the incident's first",
	assets: "the incident's assets by their host names, the target of its gravest alert first",
	target: "the target's id in the inventory",
	target_name: "the target's host name",
	target_ip: "the target's first address",
	target_vendor_id: 'the id by which an EDR knows the target',
	primary: 'the id of what the incident is about, also where the target is another',
	first_alert: 'when its first alert happened: 2026-06-10T03:00:00.000Z',
	actor: 'the id of the asset it came from',
	actor_name: 'its host name',
	actor_ip: 'the address it came from',
	user: 'the account that acted',
	session: 'the remote session',
	domain: 'the internet domain that the alerts name',
	url: 'the URL that the alerts name',
	file_hash: 'the file hash that the alerts name',
	technique: 'the first ATT&CK technique',
} as const;
export type Placeholder = keyof typeof PLACEHOLDERS;
export const PLACEHOLDER_NAMES = Object.keys(PLACEHOLDERS);

/** The value if it is a plain word; null otherwise (it stays in the alert, where people can read it as text). */
export function plainWord(value: string | null | undefined): string | null {
	return value !== null && value !== undefined && PLAIN_WORD.test(value) ? value : null;
}

/** Gravest first, then earliest, then by id: the same alerts always give the same order. */
export function gravestFirst(alerts: readonly EvidenceAlert[]): EvidenceAlert[] {
	return alerts.toSorted(
		(a, b) =>
			severityRank(b.severity) - severityRank(a.severity) ||
			a.occurredAt - b.occurredAt ||
			(a.id < b.id ? -1 : a.id > b.id ? 1 : 0),
	);
}

/** An asset for a step: one of the inventory, or only what an alert called it, which the gate judges as the worst. */
export type Named = { readonly id: string; readonly asset: Asset | null };

const ADDRESSES: ReadonlySet<Entity['type']> = new Set(['asset_id', 'host', 'ip', 'mac']);

/**
 * The first asset with this role in the gravest alert that names one. One that the inventory knows comes before one that it
 * does not; where none is known, the alert's own word for it is returned, so that the gate sees an unknown asset and not nothing.
 */
export function firstNamed(
	alerts: readonly EvidenceAlert[],
	role: 'target' | 'actor',
	inventory: Inventory,
): Named | null {
	let unknown: Named | null = null;
	for (const alert of gravestFirst(alerts)) {
		for (const entity of alert.entities) {
			if (entity.role !== role || !ADDRESSES.has(entity.type)) continue;
			const asset = inventory.find(entity.value);
			if (asset !== null) return { id: asset.id, asset };
			const word = plainWord(entity.value);
			if (word !== null) unknown ??= { id: word, asset: null };
		}
	}
	return unknown;
}

const WAYS_IN: readonly string[] = ['jump_host', 'vpn_gateway'];

/** Where a remote session comes through (selector `way_in`): a known jump host or gateway at either end of an alert, else an OT target. */
export function wayIn(alerts: readonly EvidenceAlert[], inventory: Inventory): Named | null {
	const ends = gravestFirst(alerts).flatMap((alert) =>
		alert.entities.flatMap(({ type, value, role }) => {
			const asset = ADDRESSES.has(type) && (role === 'target' || role === 'actor') ? inventory.find(value) : null;
			return asset === null ? [] : [{ asset, role }];
		}),
	);
	const found =
		ends.find(({ asset }) => WAYS_IN.includes(asset.class)) ??
		ends.find(({ asset, role }) => role === 'target' && asset.domain === 'ot');
	return found === undefined ? null : { id: found.asset.id, asset: found.asset };
}

/** The first plain value of a type; actors before targets before the rest. */
function firstValue(
	alerts: readonly EvidenceAlert[],
	types: readonly Entity['type'][],
	roles?: readonly Entity['role'][],
): string | null {
	const order: readonly Entity['role'][] = roles ?? ['actor', 'target', 'related', 'observer'];
	for (const role of order) {
		for (const alert of alerts) {
			for (const entity of alert.entities) {
				if (entity.role !== role || !types.includes(entity.type)) continue;
				const word = plainWord(entity.value);
				if (word !== null) return word;
			}
		}
	}
	return null;
}

/** Names of a sentence: what is beyond is counted. */
const ASSETS_NAMED = 3;

function assetNames(incident: IncidentSummary, ordered: readonly EvidenceAlert[], inventory: Inventory): string | null {
	const first = firstNamed(ordered, 'target', inventory)?.id;
	const ids = [...new Set([...(first === undefined ? [] : [first]), ...incident.assets])];
	const names = ids.flatMap((id) => plainWord(inventory.find(id)?.hostnames[0] ?? id) ?? []);
	if (names.length === 0) return null;
	const more = names.length - ASSETS_NAMED;
	return `${names.slice(0, ASSETS_NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

export type PlaceholderValues = Readonly<Record<Placeholder, string | null>>;

/** The values for one step's target. Null means not known or not plain; who asked for it decides what that means. */
export function placeholderValues(
	incident: IncidentSummary,
	alerts: readonly EvidenceAlert[],
	target: Named | null,
	inventory: Inventory,
): PlaceholderValues {
	const ordered = gravestFirst(alerts);
	const actor = firstNamed(ordered, 'actor', inventory);
	return {
		incident: `INC-${incident.number}`,
		severity: incident.severity,
		site: plainWord(target?.asset?.site ?? incident.sites[0]),
		zone: plainWord(target?.asset?.zone ?? incident.zones[0]),
		assets: assetNames(incident, ordered, inventory),
		target: plainWord(target?.id),
		target_name: plainWord(target?.asset?.hostnames[0] ?? target?.id),
		target_ip: plainWord(target?.asset?.ips[0]),
		target_vendor_id: plainWord(target?.asset?.vendor_ids[0]),
		primary: plainWord(firstNamed(ordered, 'target', inventory)?.id ?? incident.assets[0]),
		first_alert: ordered.length === 0 ? null : toIso(Math.min(...ordered.map((alert) => alert.occurredAt))),
		actor: plainWord(actor?.id),
		actor_name: plainWord(actor?.asset?.hostnames[0] ?? actor?.id),
		actor_ip: firstValue(ordered, ['ip'], ['actor']) ?? plainWord(actor?.asset?.ips[0]),
		user: firstValue(ordered, ['user', 'account']),
		session: firstValue(ordered, ['session']),
		domain: firstValue(ordered, ['domain']),
		url: firstValue(ordered, ['url']),
		file_hash: firstValue(ordered, ['file_hash']),
		technique: plainWord(ordered.flatMap((alert) => alert.techniques)[0] ?? incident.techniques[0]),
	};
}
