// The stage: one sealer gives committed entries their place and signs checkpoints; at start it rebuilds the tree and refuses
// to go on where what is stored does not fit. Entries come in through store/record.ts; exports are made in make-export.ts.
import { leafHash } from '../domain/canonical.ts';
import { err, ok, type Result } from '../domain/result.ts';
import type { Instant } from '../domain/time.ts';
import type { Database, Transaction } from '../store/database.ts';
import {
	allCheckpoints,
	entriesByPlace,
	lastCheckpoint,
	lastPlacedSeq,
	nextPlace,
	sealedSize,
	unsealedAmong,
	unsealedEntries,
} from '../store/read/ledger.ts';
import { whileSealing, writeCheckpoint, writeSeals } from '../store/seal.ts';
import { verifyCheckpoint } from './checkpoint.ts';
import type { LedgerKeys } from './key-file.ts';
import { appendLeaf, EMPTY_FRONTIER, EMPTY_ROOT, type Frontier, frontierRoot } from './merkle.ts';
import {
	type LateLimits,
	LedgerFault,
	type Mark,
	marksAfter,
	NOTHING_SEEN,
	planSeals,
	type SealSettings,
	type Seen,
	seenAfter,
} from './seal-plan.ts';

/** Entries sealed in one transaction. */
const BATCH_MAX = 2_000;

/** A wider look, for entries that committed later than any pass looks for them: over all at the start, over the last hour then. */
const SWEEP_EVERY_MS = 60_000;
const SWEEP_MS = 60 * 60_000;
const LATE: LateLimits = { entries: 20_000, ms: SWEEP_EVERY_MS };

export type Sealed = { readonly size: number; readonly sealed: number; readonly checkpoint: string | null };

export type Ledger = {
	/** Entries with a place, as far as this process has seen. */
	readonly size: () => number;
	/**
	 * Places everything that is committed now, and signs a checkpoint where one is due (or anything is new and `isForced`).
	 * Null where another process is sealing. Calls are made one after the other.
	 *
	 * @throws LedgerFault where what is stored no longer fits what was sealed: stop sealing and tell people
	 */
	readonly seal: (now: Instant, isForced?: boolean) => Promise<Sealed | null>;
};

/**
 * Rebuilds the tree from the entries' bytes and compares it with every stored checkpoint: root, size and signature.
 *
 * @returns the ledger, or in words what does not fit: then nothing may be sealed or signed
 */
export async function openLedger(
	database: Database,
	keys: LedgerKeys,
	settings: SealSettings,
): Promise<Result<Ledger, string>> {
	const rebuilt = await rebuildFrontier(database, keys);
	if (!rebuilt.ok) return rebuilt;
	let frontier = rebuilt.value;
	let sweptAt = Number.NEGATIVE_INFINITY;
	// What committed late below it is found by the first pass, which looks over all.
	let seen: Seen = { ...NOTHING_SEEN, to: await lastPlacedSeq(database.db) };
	const atStart = Math.max(0, seen.to - LATE.entries);
	let marks: readonly Mark[] = [];
	let busy: Promise<unknown> = Promise.resolve();

	/** One batch; the frontier moves only when the transaction has committed. */
	const sealBatch = async (
		now: Instant,
		isForced: boolean,
		fromSeq: number,
		late: readonly number[],
	): Promise<(Sealed & { readonly to: number }) | null> => {
		const done = await whileSealing(database, async (tx) => {
			const current = await catchUp(tx, frontier);
			// Another sealer has looked through what it placed.
			const placed = current.size > frontier.size ? await lastPlacedSeq(tx) : 0;
			const entries = [...(await unsealedAmong(tx, late)), ...(await unsealedEntries(tx, fromSeq, BATCH_MAX))];
			const last = (await lastCheckpoint(tx)) ?? { size: 0, at: 0 };
			// A checkpoint that is asked for stands over everything: only behind the last batch.
			const force = isForced && entries.length < BATCH_MAX;
			const plan = planSeals(current, entries, last, settings, keys.signer, now, force);
			await writeSeals(tx, plan.seals);
			if (plan.checkpoint !== null) await writeCheckpoint(tx, plan.checkpoint);
			return { plan, placed, found: entries.map((entry) => entry.seq) };
		});
		if (done === null) return null;
		frontier = done.plan.frontier;
		seen = seenAfter({ ...seen, to: Math.max(seen.to, done.placed) }, done.found, LATE, now);
		return {
			size: frontier.size,
			sealed: done.plan.seals.length,
			checkpoint: done.plan.checkpoint?.note ?? null,
			to: done.found.at(-1) ?? 0,
		};
	};

	const sealAll = async (now: Instant, isForced: boolean): Promise<Sealed | null> => {
		const isFirst = marks.length === 0;
		const isSweep = isFirst || isForced || now - sweptAt >= SWEEP_EVERY_MS;
		let sealed = 0;
		let checkpoint: string | null = null;
		let fromSeq = isFirst ? 0 : isSweep ? (marks[0]?.to ?? 0) : seen.to + 1;
		let late = isSweep ? [] : [...seen.late.keys()];
		for (;;) {
			const batch = await sealBatch(now, isForced, fromSeq, late);
			if (batch === null) return null;
			sealed += batch.sealed;
			checkpoint = batch.checkpoint ?? checkpoint;
			if (batch.sealed < BATCH_MAX) {
				if (isSweep) {
					sweptAt = now;
					marks = isFirst ? [{ to: atStart, at: now }] : marksAfter(marks, seen.to, SWEEP_MS, now);
				}
				return { size: batch.size, sealed, checkpoint };
			}
			// What is below has been looked through in this pass.
			fromSeq = batch.to + 1;
			late = [];
		}
	};

	return ok({
		size: () => frontier.size,
		seal: (now, isForced = false) => {
			const next = busy.then(() => sealAll(now, isForced));
			// The chain goes on after a failure; the failure itself goes to whoever asked.
			busy = next.catch(() => undefined);
			return next;
		},
	});
}

/** Takes in what another sealer placed since; a shrunken table is a fault. */
async function catchUp(tx: Transaction, frontier: Frontier): Promise<Frontier> {
	const size = await nextPlace(tx);
	if (size < frontier.size)
		throw new LedgerFault(`the ledger has ${size} places, ${frontier.size} were given out: places were removed`);
	let current = frontier;
	for await (const page of entriesByPlace(tx, frontier.size, size)) {
		for (const entry of page) {
			if (entry.place !== current.size) throw new LedgerFault(`place ${current.size} of the ledger is missing`);
			current = appendLeaf(current, leafHash(Buffer.from(entry.canonical, 'utf8')));
		}
	}
	if (current.size !== size) throw new LedgerFault(`place ${current.size} of the ledger is missing`);
	return current;
}

/** Reads every entry once, in one snapshot, and compares the roots at every checkpoint. */
export async function rebuildFrontier(
	database: Database,
	keys: Pick<LedgerKeys, 'verifiers'>,
): Promise<Result<Frontier, string>> {
	return database.db.transaction(
		async (tx) => {
			const { size, isGapless } = await sealedSize(tx);
			if (!isGapless) return err('the ledger has a gap in its places: a place was removed');
			const stored = await allCheckpoints(tx);
			const bySize = new Map(stored.map((checkpoint) => [checkpoint.size, checkpoint]));
			const largest = stored.at(-1)?.size ?? 0;
			if (largest > size) return err(`a checkpoint covers ${largest} entries, ${size} are there: entries were removed`);
			let frontier = EMPTY_FRONTIER;
			const check = (): string | null => {
				const checkpoint = bySize.get(frontier.size);
				if (checkpoint === undefined) return null;
				const root = frontier.size === 0 ? EMPTY_ROOT : frontierRoot(frontier);
				return checkpointFault(checkpoint, root, keys);
			};
			for await (const page of entriesByPlace(tx, 0, size)) {
				for (const entry of page) {
					if (entry.place !== frontier.size) return err(`place ${frontier.size} of the ledger is missing`);
					frontier = appendLeaf(frontier, leafHash(Buffer.from(entry.canonical, 'utf8')));
					const fault = check();
					if (fault !== null) return err(fault);
				}
			}
			if (frontier.size !== size)
				return err(`the ledger has ${size} places, but ${frontier.size} entries: entries were removed`);
			return ok(frontier);
		},
		{ isolationLevel: 'repeatable read', accessMode: 'read only' },
	);
}

function checkpointFault(
	checkpoint: { readonly size: number; readonly root: string; readonly note: string },
	root: Buffer,
	keys: Pick<LedgerKeys, 'verifiers'>,
): string | null {
	const { size } = checkpoint;
	const note = verifyCheckpoint(checkpoint.note, keys.verifiers);
	if (!note.ok)
		return `the checkpoint of size ${size}: ${note.error} (is the ledger key of this database in the data folder?)`;
	if (note.value.size !== size || note.value.root.toString('base64') !== checkpoint.root) {
		return `the checkpoint of size ${size} is stored beside another size or root than it signs`;
	}
	if (!note.value.root.equals(root))
		return `the first ${size} entries are not those that the checkpoint signs: the ledger was changed`;
	return null;
}
