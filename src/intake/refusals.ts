// How often a sender may be wrong: refused credentials by source and address, and what of them is written down. Pure but for the clock
// that is handed in. Whether many of them are an alert of their own is decided in tally.ts.
import { senderOf } from '../domain/address.ts';

/** Refused credentials of one address at one source in a minute before it is told to wait (429). */
const REFUSALS_PER_MINUTE = 30;
/** Refusals of one source that the ledger gets in a minute, from however many addresses: more of them say nothing new. */
const ENTRIES_PER_MINUTE = 120;
const WINDOW_MS = 60_000;
/** Senders remembered in a minute. Past it new ones share one count, so that memory stays bounded and many addresses win nothing. */
const SENDERS_MAX = 10_000;

export type Refusals = {
	/** Counts one; true where it is worth an entry of its own. */
	count(source: string, address: string): boolean;
	/** True where this sender has been wrong too often for now. */
	isOver(source: string, address: string): boolean;
};

export function createRefusals(clock: () => number): Refusals {
	let windowAt = Number.NEGATIVE_INFINITY;
	let senders = new Map<string, number>();
	let entries = new Map<string, number>();
	const keyOf = (source: string, address: string): string => {
		if (clock() - windowAt >= WINDOW_MS) {
			windowAt = clock();
			senders = new Map();
			entries = new Map();
		}
		const key = `${source} ${senderOf(address)}`;
		return senders.has(key) || senders.size < SENDERS_MAX ? key : 'the rest';
	};
	return {
		count(source, address) {
			const key = keyOf(source, address);
			senders.set(key, (senders.get(key) ?? 0) + 1);
			const written = entries.get(source) ?? 0;
			if (written >= ENTRIES_PER_MINUTE) return false;
			entries.set(source, written + 1);
			return true;
		},
		isOver(source, address) {
			// First the key: a new minute has a new map.
			const key = keyOf(source, address);
			return (senders.get(key) ?? 0) >= REFUSALS_PER_MINUTE;
		},
	};
}
