// Every statement that the gate may use for one step: what people and the program said, what the inventory states, and what
// follows from the step itself. Nothing is decided here, and no statement is made better.
import type { Asset } from '../domain/asset.ts';
import { CLOCK_SKEW_MS, FACTS, type FactName, type FactReading, isFactName, isFactValue } from '../domain/fact.ts';
import { inRange, ipv4Number, isPrivateAddress } from '../domain/inventory.ts';
import { DAY, fromIso, type Instant } from '../domain/time.ts';
import type { Facts, ProposedStep } from './proposed-step.ts';

/** An inventory that nobody has confirmed for longer is stale: its assets are judged as level 1 controllers. Our choice. */
export const INVENTORY_MAX_AGE_MS = 30 * DAY;

/**
 * Values of parameters as texts: one, or each of a list; of several names all of them, because a call may be filled with any.
 * A playbook that names a harmless `account` beside a dangerous `user` is judged by both.
 */
export function paramTexts(step: ProposedStep, ...names: readonly string[]): string[] {
	const texts = names.flatMap((name) => {
		const value = step.params[name];
		return typeof value === 'string' ? [value.trim()] : Array.isArray(value) ? value.map((text) => text.trim()) : [];
	});
	return [...new Set(texts.filter((text) => text !== ''))];
}

function reading(
	name: FactName,
	subject: string,
	value: boolean | string,
	source: FactReading['source'],
	at: Instant,
): FactReading {
	const supplied_by = source === 'inventory' ? 'inventory' : 'gate';
	return {
		id: `${source}:${name}:${subject}`,
		name,
		subject,
		value,
		source,
		supplied_by,
		stated_at: at,
		expires_at: null,
	};
}

/** What the inventory states about the targets, and about their zones; a zone speaks for its assets that say nothing. */
function inventoryReadings(facts: Facts): FactReading[] {
	const found: FactReading[] = [];
	const confirmedAt = facts.inventory_confirmed_at ?? Number.NaN;
	const state = (name: string, subject: string, value: unknown, at: Instant): void => {
		if (isFactName(name) && isFactValue(name, value)) found.push(reading(name, subject, value, 'inventory', at));
	};
	for (const zone of Object.values(facts.zones)) {
		if (zone === null) continue;
		for (const [name, value] of Object.entries(zone.facts)) {
			if (isFactName(name) && FACTS[name].subject === 'zone') state(name, zone.id, value, confirmedAt);
		}
	}
	for (const asset of Object.values(facts.targets)) {
		if (asset === null) continue;
		const at = asset.confirmed_at === null ? confirmedAt : (fromIso(asset.confirmed_at) ?? Number.NaN);
		for (const [name, value] of Object.entries(assetFacts(asset, facts))) state(name, asset.id, value, at);
		// The inventory itself calls it an OT asset: that it stands at level 4 or 5 proves no independence.
		if (asset.domain === 'ot') state('ot_dependency', asset.id, true, at);
	}
	return found;
}

function assetFacts(asset: Asset, facts: Facts): Record<string, unknown> {
	const zone = asset.zone === null ? null : (facts.zones[asset.zone] ?? null);
	const ofZone = Object.entries(zone?.facts ?? {}).filter(
		([name]) => isFactName(name) && (FACTS[name].subject === 'asset' || FACTS[name].subject === 'target'),
	);
	return { ...Object.fromEntries(ofZone), ...asset.facts };
}

/** Whether an indicator lies outside every internal range, as far as its own text tells; null where it does not. */
export function isExternal(indicator: string): boolean | null {
	const text = indicator.trim().toLowerCase();
	if (/^[0-9a-f]{32}$|^[0-9a-f]{40}$|^[0-9a-f]{64}$/.test(text)) return true;
	const host = /^https?:\/\/(?:[^/@]*@)?([^/:?#]+)/.exec(text)?.[1] ?? text;
	const [address = '', bits, more] = host.split('/');
	if (more !== undefined) return null;
	// Other ways to write an address (`10.1`, `012.0.0.1`, `0x0a.0.0.1`) mean different ones to different readers.
	const isAddress = ipv4Number(address) !== null && !/(?:^|\.)0\d/.test(address);
	if (!isAddress && /(?:^|\.)(?:\d+|0x[0-9a-f]*)$/.test(address)) return false;
	if (isAddress) {
		// A range wider than /16 is no indicator but a part of the internet, and may hold anything.
		if (bits !== undefined && !(Number(bits) >= 16 && Number(bits) <= 32)) return false;
		const isSpecial = ['0.0.0.0/8', '224.0.0.0/3'].some((range) => inRange(address, range));
		return !isPrivateAddress(address) && !isSpecial;
	}
	if (host.includes(':')) return isPrivateAddress(host) ? false : null;
	if (!/^[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63}){0,10}$/.test(host)) return null;
	const last = host.split('.').at(-1) ?? '';
	// A name without a dot, or below a private top-level name, is the plant's own.
	return (
		host.includes('.') &&
		!['local', 'lan', 'internal', 'intranet', 'corp', 'home', 'private', 'localdomain', 'arpa'].includes(last)
	);
}

/** What follows from the step itself. */
function stepReadings(step: ProposedStep, now: Instant): FactReading[] {
	const found = [reading('previous_attempt_failed', step.id, step.attempt > 0, 'system', now)];
	if (step.containment_ms !== null && step.containment_ms > 0) {
		found.push(reading('block_has_expiry', step.id, true, 'system', now));
	}
	for (const indicator of paramTexts(step, 'indicator')) {
		const external = isExternal(indicator);
		if (external !== null) found.push(reading('indicator_external', indicator, external, 'system', now));
	}
	return found;
}

/** The age of the inventory is seen, not said: a person can call a fresh one stale, but not a stale one fresh. */
function isInventoryCurrent(facts: Facts, now: Instant): boolean {
	const at = facts.inventory_confirmed_at;
	return at !== null && at <= now + CLOCK_SKEW_MS && now - at <= INVENTORY_MAX_AGE_MS;
}

/** All statements for this step by the name of their fact, in no order that matters. */
export function readingsFor(
	step: ProposedStep,
	facts: Facts,
	now: Instant,
): ReadonlyMap<FactName, readonly FactReading[]> {
	const inventory = reading('inventory_current', 'plant', isInventoryCurrent(facts, now), 'file', now);
	const all = [...facts.readings, inventory, ...inventoryReadings(facts), ...stepReadings(step, now)];
	return Map.groupBy(all, (one) => one.name);
}
