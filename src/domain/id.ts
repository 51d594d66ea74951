// Branded ids: one kind cannot stand for another. Sort-friendly and prefixed for people.
import { z } from 'zod';
import type { Instant } from './time.ts';

export const AlertId = z
	.string()
	.regex(/^alr_[0-9a-z]{10,40}$/)
	.brand<'AlertId'>();
export type AlertId = z.infer<typeof AlertId>;
export const IncidentId = z
	.string()
	.regex(/^inc_[0-9a-z]{10,40}$/)
	.brand<'IncidentId'>();
export type IncidentId = z.infer<typeof IncidentId>;
export const StepId = z
	.string()
	.regex(/^stp_[0-9a-z]{10,40}$/)
	.brand<'StepId'>();
export type StepId = z.infer<typeof StepId>;
export const EntryId = z
	.string()
	.regex(/^ent_[0-9a-z]{10,40}$/)
	.brand<'EntryId'>();
export type EntryId = z.infer<typeof EntryId>;
export const AssetId = z.string().min(1).max(200).brand<'AssetId'>();
export type AssetId = z.infer<typeof AssetId>;
export const PersonId = z.string().min(1).max(100).brand<'PersonId'>();
export type PersonId = z.infer<typeof PersonId>;

export type IdPrefix = 'alr' | 'inc' | 'stp' | 'ent' | 'apr' | 'fct' | 'unp' | 'pst' | 'frz' | 'cp' | 'lrn' | 'dpt';

/**
 * A prefixed id of 9 base-36 digits of time (milliseconds) and 12 of chance: sorts by time, unique without a server.
 *
 * @param random a number in [0, 1) per call; the edge passes a cryptographic one, tests a seeded one
 */
export function makeId(prefix: IdPrefix, now: Instant, random: () => number): string {
	const time = Math.max(0, Math.floor(now)).toString(36).padStart(9, '0');
	let chance = '';
	for (let i = 0; i < 12; i++) chance += Math.floor(random() * 36).toString(36);
	return `${prefix}_${time}${chance}`;
}
