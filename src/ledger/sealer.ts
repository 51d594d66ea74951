// The edge that keeps sealing: a pass every half second while the program runs, and a last one with a checkpoint when it stops.
import type { Instant } from '../domain/time.ts';
import type { Ledger } from './ledger.ts';
import { LedgerFault } from './seal-plan.ts';

/** Between two passes: entries wait no longer than this for their place. */
const PASS_EVERY_MS = 500;

export type Sealer = {
	/** Seals and signs what is there, once more, and ends. Never rejects. */
	readonly stop: () => Promise<void>;
	/** A pass now; for tests and for the close of an incident. */
	readonly now: () => Promise<void>;
};

/**
 * Starts sealing.
 *
 * @param onFault told of every failed pass; `isFinal` where the ledger does not fit and sealing has stopped for good. A
 *                database that is away is not final: the next pass tries again
 */
export function startSealer(
	ledger: Ledger,
	clock: () => Instant,
	onFault: (error: unknown, isFinal: boolean) => void,
	passEveryMs = PASS_EVERY_MS,
): Sealer {
	let isStopped = false;
	let timer: ReturnType<typeof setTimeout> | null = null;
	let running: Promise<void> = Promise.resolve();

	const pass = async (isForced: boolean): Promise<void> => {
		if (isStopped) return;
		try {
			await ledger.seal(clock(), isForced);
		} catch (error) {
			const isFinal = error instanceof LedgerFault;
			if (isFinal) isStopped = true;
			onFault(error, isFinal);
		}
	};
	const loop = (): void => {
		timer = setTimeout(() => {
			running = pass(false).then(() => {
				if (!isStopped) loop();
			});
		}, passEveryMs);
	};
	loop();
	return {
		now: () => pass(true),
		async stop() {
			if (timer !== null) clearTimeout(timer);
			await running;
			if (timer !== null) clearTimeout(timer);
			await pass(true);
			isStopped = true;
		},
	};
}
