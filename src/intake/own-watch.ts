// Brings the program's own alerts to the same door as all others. What could not be stored is tried again at the next look; nothing is
// decided here.
import type { Intake } from './intake.ts';
import { type OwnAlert, ownDelivery } from './own-alert.ts';
import type { Tally } from './tally.ts';

/** Alerts that wait while the database is away; of the same subject the newest says all. */
const WAITING_MAX = 1_000;

/** Looks at the tallies and stores what they say; rejects where that could not be done, and keeps it for the next call. */
export function createOwnWatch(
	tallies: readonly Tally[],
	intake: Pick<Intake, 'accept'>,
	clock: () => number,
): () => Promise<void> {
	let waiting: OwnAlert[] = [];
	const look = async (): Promise<void> => {
		const now = clock();
		waiting.push(...tallies.flatMap((tally) => tally.due(now)));
		if (waiting.length === 0) return;
		const sending = waiting.slice(0, WAITING_MAX);
		const answer = await intake.accept(ownDelivery(sending, now));
		if (answer.kind === 'stored') waiting = waiting.filter((alert) => !sending.includes(alert));
		else waiting = waiting.slice(-WAITING_MAX);
	};
	let looking: Promise<void> | null = null;
	// Two looks at once would store the same alerts twice.
	return async () => {
		looking ??= look().finally(() => {
			looking = null;
		});
		await looking;
	};
}
