// What does not work: logged, counted, recorded, and shown while it lasts.
import { SECOND } from '../domain/time.ts';
import { record } from '../store/record.ts';
import type { FlowParts } from './parts.ts';

/** A fault of one place is logged once in the first time and recorded in the ledger once in the second; metrics count each. */
const FAULT_LOG_EVERY_MS = 10 * SECOND;

const FAULT_ENTRY_EVERY_MS = 10 * 60 * SECOND;

export type Faults = {
	readonly report: (where: string, error: unknown) => void;
	/** A state that lasts until it is cleared: shown by /readyz and `/interlock status`. */
	readonly set: (where: string, what: string | null) => void;
	readonly current: () => string | null;
};

export function createFaults({ log, metrics, database, clock }: FlowParts): Faults {
	const lasting = new Map<string, string>();
	const recordedAt = new Map<string, number>();
	const loggedAt = new Map<string, { at: number; held: number }>();
	const report = (where: string, error: unknown): void => {
		const message = error instanceof Error ? error.message : String(error);
		metrics.fault(where);
		const now = clock();
		const logged = loggedAt.get(where);
		// The same place again and again says nothing new: metrics count each, the log says how many.
		if (logged !== undefined && now - logged.at < FAULT_LOG_EVERY_MS) logged.held++;
		else {
			log.error(`fault: ${where}`, {
				error: message.slice(0, 1000),
				...(logged?.held ? { repeats: logged.held } : {}),
			});
			loggedAt.set(where, { at: now, held: 0 });
		}
		if (now - (recordedAt.get(where) ?? Number.NEGATIVE_INFINITY) < FAULT_ENTRY_EVERY_MS) return;
		recordedAt.set(where, now);
		const entry = {
			kind: 'program.fault' as const,
			actor: { kind: 'system' as const, id: 'interlock' },
			at: now,
			incident: null,
			refs: [],
			data: { where: where.slice(0, 200), message: message.slice(0, 500).toWellFormed() },
		};
		// Where the database itself is the fault there is nowhere to record it: the log line above stands.
		record(database, { entries: [entry] }, now).catch((cause: unknown) =>
			log.error('a fault could not be recorded', { error: String(cause) }),
		);
	};
	return {
		report,
		set(where, what) {
			if (what === null) {
				if (lasting.delete(where)) log.info(`works again: ${where}`);
				return;
			}
			if (lasting.get(where) === what) return;
			lasting.set(where, what);
			report(where, what);
		},
		current: () => (lasting.size === 0 ? null : [...lasting].map(([where, what]) => `${where}: ${what}`).join('; ')),
	};
}
