// A storm of one cause, small: the real program, its embedded database and the local Slack. The large one is test/long/storm.test.ts.
import { expect, it } from 'vitest';
import { checkStorm } from './storm-run.ts';

it('six thousand alerts of one cause are one incident, and a gas alarm in the middle is in Slack at once', async () => {
	const seen = await checkStorm({ alerts: 6_000, distinct: false, alertsInBody: 100, gasAlarms: 3, restMs: 120_000 });
	// Many tests share the machine: the second of the specification is measured in the long test, alone.
	expect(Math.max(...seen.gas.map((told) => told.shown))).toBeLessThan(5_000);
});
