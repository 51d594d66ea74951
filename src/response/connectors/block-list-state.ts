// What stands on a list that firewalls fetch, from what the ledger says was done, and the text of it. Pure: the list has no table of its
// own, so nobody can write on it but by a step that the gate let through, and it is the same after a restart.
import { createHash } from 'node:crypto';
import type { BlockListConfig } from '../../domain/connector-kinds/network.ts';
import type { Inventory } from '../../domain/inventory.ts';
import { type Instant, toIso } from '../../domain/time.ts';
import { type Indicator, readIndicator, whyNever } from './indicator.ts';

/** One step of this connector that was done, in the ledger's order. */
export type ListEvent = {
	readonly step: string;
	readonly incident: string;
	readonly action: string;
	readonly indicator: string;
	readonly at: Instant;
	/** When its containment ends; null for one without an end. */
	readonly until: Instant | null;
};

/** Who fetched which list last, and what it was. */
export type Poll = { readonly list: string; readonly address: string; readonly at: Instant; readonly etag: string };

/** One incident's wish that an indicator is blocked. */
export type Held = ListEvent & { readonly read: Indicator };

/**
 * What is held now. A containment that has run out holds no more: the block ends by itself. Taking back ends what the same incident
 * holds; what another incident holds stays until that is taken back or runs out.
 */
export function heldNow(events: readonly ListEvent[], now: Instant): Held[] {
	const held = new Map<string, Held>();
	for (const event of events) {
		const read = readIndicator(event.indicator);
		if (!read.ok || !event.action.endsWith('_indicator')) continue;
		const key = `${event.incident} ${read.value.type} ${read.value.value}`;
		if (event.action === 'unblock_indicator') held.delete(key);
		else held.set(key, { ...event, read: read.value });
	}
	return [...held.values()].filter((one) => one.until === null || one.until > now);
}

type ListSettings = BlockListConfig['lists'][number];

export type ListText = { readonly text: string; readonly etag: string; readonly entries: number };

/** The text of one list: each indicator once, oldest first. What has become internal since it was blocked is left out. */
export function listText(
	list: ListSettings,
	held: readonly Held[],
	inventory: Inventory,
	never: BlockListConfig['never'],
): ListText {
	const byValue = Map.groupBy(
		held.filter(({ read }) => read.type === list.type && whyNever(read, inventory, never) === null),
		({ read }) => read.value,
	);
	const lines = [...byValue].flatMap(([value, of]) => {
		if (list.comments === 'none') return [value];
		const ends = of.map(({ until }) => until ?? Number.POSITIVE_INFINITY);
		const until = Math.max(...ends);
		const words = `${of[0]?.step ?? ''}${Number.isFinite(until) ? ` until ${toIso(until)}` : ''}`;
		return list.comments === 'after' ? [`${value} # ${words}`] : [`# ${words}`, value];
	});
	const text = lines.map((line) => `${line}\n`).join('');
	const etag = `"${createHash('sha256').update(text).digest('hex').slice(0, 32)}"`;
	return { text, etag, entries: byValue.size };
}

/**
 * Another incident that still wants it blocked, and whether this one does.
 *
 * @param key the indicator in its one spelling, or the id of the asset
 */
export function holdersOf(
	events: readonly ListEvent[],
	kind: 'indicator' | 'internal',
	key: string,
	incident: string | null,
	now: Instant,
): { readonly other: string | null; readonly isOwn: boolean } {
	const holders = new Map<string, ListEvent>();
	for (const event of events) {
		if (!event.action.endsWith(kind)) continue;
		const read = kind === 'indicator' ? readIndicator(event.indicator) : null;
		const own = read === null ? event.indicator : read.ok ? read.value.value : null;
		if (own !== key) continue;
		if (event.action.startsWith('unblock')) holders.delete(event.incident);
		else holders.set(event.incident, event);
	}
	const other = [...holders.values()].find(
		(event) => event.incident !== incident && (event.until === null || event.until > now),
	);
	return { other: other?.incident ?? null, isOwn: incident !== null && holders.has(incident) };
}
