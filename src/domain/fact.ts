// What is known about the world, as statements with a source, an age and an expiry; the safety gate reads nothing else.
// Recording a statement (ledger) and asking for one (chat) happen elsewhere; nothing here looks at a clock.
import { z } from 'zod';
import { FACT_NAMES, FACTS, type FactName, type FactValue, MOMENTARY_MAX_AGE_MS } from './fact-catalogue.ts';
import { holdsRole, type Person, type Role } from './person.ts';
import type { Instant } from './time.ts';

export { FACT_NAMES, FACTS, type FactName, type FactSpec, type FactValue, type SubjectKind } from './fact-catalogue.ts';

/** Whether the word is a name of the catalogue. */
export function isFactName(name: string): name is FactName {
	return Object.hasOwn(FACTS, name);
}

/** inventory: the inventory files; file: another file (windows, facts); system: what the program sees itself; person: somebody said so. */
export const FACT_SOURCES = ['inventory', 'file', 'system', 'person'] as const;
export type FactSource = (typeof FACT_SOURCES)[number];

/**
 * One statement of one fact. `subject` is the id of what it is about (asset id, zone id, account name, step id, ...;
 * `plant` for facts about the whole plant): the fact's name says which kind of id that is.
 */
export const FactReading = z
	.object({
		id: z.string().min(1).max(200),
		name: z.enum(FACT_NAMES as readonly [FactName, ...FactName[]]), // the catalogue is not empty
		subject: z.string().min(1).max(500),
		value: z.union([z.boolean(), z.string().max(100)]),
		source: z.enum(FACT_SOURCES),
		/** The person's id, the file's name or the stage that states it. */
		supplied_by: z.string().min(1).max(200),
		stated_at: z.number(),
		expires_at: z.number().nullable(),
	})
	.refine((reading) => isFactValue(reading.name, reading.value), 'value is none that this fact can take');
export type FactReading = z.infer<typeof FactReading>;

/** Whether the fact can take the value. */
export function isFactValue(name: FactName, value: unknown): value is FactValue {
	return FACTS[name].order.some((known) => known === value);
}

/** 0 for the best value, rising to the worst; a value that the fact cannot take ranks as the worst. */
export function badness(name: FactName, value: FactValue): number {
	const order = FACTS[name].order;
	const rank = order.indexOf(value);
	return rank === -1 ? order.length - 1 : rank;
}

/** What a fact counts as, and why: `known` where a current statement says so, else the worst value with the reason. */
export type FactState = {
	readonly name: FactName;
	readonly subject: string;
	readonly value: FactValue;
	readonly state: 'known' | 'missing' | 'expired' | 'stale';
	/** The statement that decided, where there is one. */
	readonly reading: FactReading | null;
};

/** Why a statement no longer holds at `now`; null where it holds. A statement from the future holds no more than an old one. */
export function endOf(reading: FactReading, now: Instant): 'expired' | 'stale' | null {
	if (!Number.isFinite(reading.stated_at) || reading.stated_at > now + CLOCK_SKEW_MS) return 'stale';
	if (reading.expires_at !== null && !(reading.expires_at > now)) return 'expired';
	const { maxAgeMs } = FACTS[reading.name];
	// A person may say how long it holds, but never longer than the fact can.
	if (maxAgeMs !== null && now - reading.stated_at > maxAgeMs) return 'stale';
	return null;
}

/** Clocks of the machines that state facts may differ by so much. */
export const CLOCK_SKEW_MS = 5 * 60_000;

/**
 * What the fact counts as now. A missing, expired or stale fact decides as its worst value (DESIGN.md, Safety).
 *
 * Of each source the newest statement counts, and across sources the worst: a person can tighten what the inventory says
 * but not loosen it (changing a safety tag takes two people, row P06). A statement that has ended stands as its own value
 * beside a current one of another source, so that nothing gets better by waiting. Good news about the moment
 * (`process_running: false`) is not taken from the inventory: a file does not see the process.
 */
export function readFact(readings: readonly FactReading[], name: FactName, subject: string, now: Instant): FactState {
	const spec = FACTS[name];
	const newest = newestBySource(readings, name, subject);
	if (newest.length === 0) {
		const value = spec.promised ? promisedValue(name) : spec.worst;
		return { name, subject, value, state: spec.promised ? 'known' : 'missing', reading: null };
	}
	let worst: FactReading | null = null;
	let ended: 'expired' | 'stale' | null = null;
	let isCurrent = false;
	for (const reading of newest) {
		const end = endOf(reading, now) ?? (vouchesForTheMoment(reading) ? null : 'stale');
		if (end === null) isCurrent = true;
		else ended = end;
		if (worst === null || badness(name, reading.value) > badness(name, worst.value)) worst = reading;
	}
	if (!isCurrent || worst === null)
		return { name, subject, value: spec.worst, state: ended ?? 'stale', reading: worst };
	const value = isFactValue(name, worst.value) ? worst.value : spec.worst;
	return { name, subject, value, state: 'known', reading: worst };
}

/** What the product's code promises: the text of messages comes from reviewed templates, all else is at its best. */
function promisedValue(name: FactName): FactValue {
	if (name === 'message_author') return 'template';
	return FACTS[name].order[0] ?? FACTS[name].worst;
}

function vouchesForTheMoment(reading: FactReading): boolean {
	if (reading.source !== 'inventory') return true;
	const { maxAgeMs } = FACTS[reading.name];
	return maxAgeMs === null || maxAgeMs > MOMENTARY_MAX_AGE_MS;
}

/** The newest statement of each source; of two at the same instant the worse. */
function newestBySource(readings: readonly FactReading[], name: FactName, subject: string): FactReading[] {
	const newest = new Map<FactSource, FactReading>();
	for (const reading of readings) {
		if (reading.name !== name || reading.subject !== subject) continue;
		const held = newest.get(reading.source);
		const isNewer =
			held === undefined ||
			reading.stated_at > held.stated_at ||
			(reading.stated_at === held.stated_at && badness(name, reading.value) > badness(name, held.value));
		if (isNewer) newest.set(reading.source, reading);
	}
	return [...newest.values()];
}

/** Whether this person may state the fact at this place, and if not, why, in words for the person. */
export function maySupply(
	person: Person,
	name: FactName,
	site: string | null,
	zone: string | null,
): { readonly ok: true } | { readonly ok: false; readonly reason: string } {
	const { suppliers } = FACTS[name];
	if (suppliers.length === 0)
		return { ok: false, reason: `\`${name}\` is seen by the program itself and stated by nobody` };
	if (suppliers.some((role: Role) => holdsRole(person, role, site, zone))) return { ok: true };
	const place = [site, zone].filter((part) => part !== null).join(', zone ');
	const where = place === '' ? 'everywhere' : `at ${place}`;
	return {
		ok: false,
		reason: `\`${name}\` is stated by ${suppliers.join(' or ')}, and ${person.name} holds none of these ${where}`,
	};
}
