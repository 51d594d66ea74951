// 100,000 alerts of one cause through the door of the real program; fewer where the run is time-boxed. STORM_ALERTS sets another number.
import { describe, expect, it } from 'vitest';
import { checkStorm } from '../e2e/storm-run.ts';

const ALERTS = Number(process.env['STORM_ALERTS'] ?? (process.env['LONG_SECONDS'] === undefined ? 100_000 : 20_000));
/** A gas alarm is in Slack within this time of its POST. */
const SAFETY_MS = 1_000;

describe(`${ALERTS} alerts of one cause`, () => {
	it.each([
		['two thousand conditions, each again and again', false],
		['each a condition of its own', true],
	])(
		'(%s) are one incident; memory is bounded, Slack sees a handful, a gas alarm is there in under a second',
		async (_, distinct) => {
			const seen = await checkStorm({ alerts: ALERTS, distinct, alertsInBody: 200, gasAlarms: 5, restMs: 900_000 });
			const shown = seen.gas.map((told) => told.shown).toSorted((a, b) => a - b);
			expect(shown[Math.floor(shown.length / 2)]).toBeLessThan(SAFETY_MS);
			expect(Math.max(...shown), 'the slowest').toBeLessThan(SAFETY_MS);
		},
	);
});
