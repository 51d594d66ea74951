// What is done again and again: sealing, own alerts, forgetting, listening for silence.
import { HOUR, SECOND } from '../domain/time.ts';
import { SILENCE_EVERY_MS } from '../intake/silence-watch.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { LedgerFault } from '../ledger/seal-plan.ts';
import { UNHEARD_EVERY_MS } from '../response/pagers/unheard.ts';
import { freezeItself } from '../response/self-freeze.ts';
import { cryptoRandom } from '../store/record.ts';
import { forgetSignatures } from '../store/record-alerts.ts';
import type { Faults } from './faults.ts';
import type { FlowParts } from './parts.ts';

const SEAL_EVERY_MS = SECOND;
const FORGET_EVERY_MS = HOUR;
const WATCH_EVERY_MS = SECOND;

export function startTimers(
	parts: FlowParts,
	ledger: Ledger,
	faults: Faults,
	watch: () => Promise<void>,
	look: () => Promise<void>,
	lookUnheard: () => Promise<void>,
): { stop(): void } {
	let isStopped = false;
	const repeat = (everyMs: number, where: string, work: () => Promise<unknown>): NodeJS.Timeout =>
		setTimeout(() => {
			work()
				.then(() => faults.set(where, null))
				.catch((error: unknown) => faults.set(where, error instanceof Error ? error.message : String(error)))
				.finally(() => {
					if (!isStopped) timers.set(where, repeat(everyMs, where, work));
				});
		}, everyMs);
	const timers = new Map<string, NodeJS.Timeout>();
	timers.set(
		'ledger',
		repeat(SEAL_EVERY_MS, 'ledger', async () => {
			try {
				await ledger.seal(parts.clock());
			} catch (error) {
				if (error instanceof LedgerFault) {
					const why = `the ledger does not fit: ${error.message}`;
					await freezeItself(parts.database, why, parts.config.people, parts.clock(), cryptoRandom);
				}
				throw error;
			}
		}),
	);
	timers.set('own alerts', repeat(WATCH_EVERY_MS, 'own alerts', watch));
	timers.set(
		'signatures',
		repeat(FORGET_EVERY_MS, 'signatures', () => forgetSignatures(parts.database, parts.clock() - FORGET_EVERY_MS)),
	);
	if (parts.roles.includes('intake')) timers.set('silence', repeat(SILENCE_EVERY_MS, 'silence', look));
	if (parts.roles.includes('response'))
		timers.set('unheard', repeat(UNHEARD_EVERY_MS, 'what Slack does not take', lookUnheard));
	return {
		stop() {
			isStopped = true;
			for (const timer of timers.values()) clearTimeout(timer);
		},
	};
}
