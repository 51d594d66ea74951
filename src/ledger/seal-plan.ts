// Which places the next entries get and whether a checkpoint is due: pure. Reading, locking and writing are ledger.ts's.
import { leafHash } from '../domain/canonical.ts';
import type { Instant } from '../domain/time.ts';
import { signCheckpoint } from './checkpoint.ts';
import { appendLeaf, type Frontier, frontierRoot } from './merkle.ts';
import type { SignerKey } from './note.ts';

/** What is stored does not fit what was sealed: nothing more may be sealed or signed before people have looked. */
export class LedgerFault extends Error {
	override name = 'LedgerFault';
}

export type ToSeal = { readonly id: string; readonly seq: number; readonly leaf: Buffer; readonly canonical: string };

export type SealSettings = {
	/** A checkpoint after so many entries, or after so long where there is any new entry. */
	readonly checkpointEntries: number;
	readonly checkpointEveryMs: number;
};

export type SealPlan = {
	readonly frontier: Frontier;
	readonly seals: readonly { readonly idx: number; readonly entry: string; readonly entry_seq: number }[];
	readonly checkpoint: {
		readonly size: number;
		readonly root: string;
		readonly note: string;
		readonly at: Instant;
	} | null;
};

/**
 * Which numbers of entries a sealer has come by: all up to `to`, but for those in `late`, which were missing when it looked, each with
 * the time of the look.
 */
export type Seen = { readonly to: number; readonly late: ReadonlyMap<number, Instant> };

export const NOTHING_SEEN: Seen = { to: 0, late: new Map() };

/** How far below the newest number, and for how long, one that is missing is looked for at every pass. */
export type LateLimits = { readonly entries: number; readonly ms: number };

/**
 * What is seen after a look that found the entries with these numbers. The database numbers entries before they commit, so a number that
 * is left out may still come; one of a transaction that was rolled back never does.
 *
 * @param found ascending
 */
export function seenAfter(seen: Seen, found: readonly number[], limits: LateLimits, now: Instant): Seen {
	const to = Math.max(seen.to, found.at(-1) ?? 0);
	const here = new Set(found);
	const lowest = to - limits.entries;
	const late = new Map<number, Instant>();
	for (const [number, since] of seen.late)
		if (number >= lowest && now - since < limits.ms && !here.has(number)) late.set(number, since);
	for (let number = Math.max(seen.to + 1, lowest); number < to; number++) if (!here.has(number)) late.set(number, now);
	return { to, late };
}

/** Up to where a sealer had come by entries, and when. */
export type Mark = { readonly to: number; readonly at: Instant };

/**
 * The marks that are still needed: those of the last `ms`, and the newest one before them, from which a sweep looks. No transaction of
 * the program lives as long, so nothing below that one can still commit, and a sweep costs the same however old the ledger is.
 *
 * @param marks ascending; the first is that of the start
 */
export function marksAfter(marks: readonly Mark[], to: number, ms: number, now: Instant): readonly Mark[] {
	const all = [...marks, { to, at: now }];
	const first = all.findLastIndex((mark) => now - mark.at >= ms);
	return first <= 0 ? all : all.slice(first);
}

/**
 * Places the entries behind the frontier in the order given and signs a checkpoint where one is due.
 *
 * @param last      size and time of the newest checkpoint; size 0 before the first
 * @param isForced  a checkpoint over anything new, due or not
 * @throws LedgerFault where a stored leaf is not the hash of its bytes: such an entry must not be signed
 */
export function planSeals(
	frontier: Frontier,
	entries: readonly ToSeal[],
	last: { readonly size: number; readonly at: Instant },
	settings: SealSettings,
	signer: SignerKey,
	now: Instant,
	isForced: boolean,
): SealPlan {
	let next = frontier;
	const seals = entries.map(({ id, seq, leaf, canonical }) => {
		const computed = leafHash(Buffer.from(canonical, 'utf8'));
		if (!computed.equals(leaf)) throw new LedgerFault(`entry ${id}: its stored leaf hash is not that of its bytes`);
		next = appendLeaf(next, computed);
		return { idx: next.size - 1, entry: id, entry_seq: seq };
	});
	const fresh = next.size - last.size;
	const isDue = fresh >= settings.checkpointEntries || now - last.at >= settings.checkpointEveryMs;
	if (fresh === 0 || !(isDue || isForced)) return { frontier: next, seals, checkpoint: null };
	const root = frontierRoot(next);
	const note = signCheckpoint({ origin: signer.name, size: next.size, root }, signer);
	return { frontier: next, seals, checkpoint: { size: next.size, root: root.toString('base64'), note, at: now } };
}
