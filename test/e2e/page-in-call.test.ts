// The worst moment of a page: the program is killed when PagerDuty has taken it and its answer has not come. It goes out again, under the same
// name, and PagerDuty folds the two.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jumpHostAttack } from '../../src/demo/scenario/jump-host-attack.ts';
import { sendScenario } from '../../src/demo/send.ts';
import { readEntriesOfKind } from '../../src/store/read/demo.ts';
import { type PagerDuty, startPagerDuty } from '../response/vendors/pagerduty.ts';
import { openWorld, RECOVER_MS, until, type World } from './program.ts';

const KEY = 'a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d6';

describe('killed between a page and its answer', () => {
	let world: World;
	let events: PagerDuty;
	beforeAll(async () => {
		events = await startPagerDuty([KEY]);
		world = await openWorld();
		const at = (name: string): string => join(world.configFolder, name);
		const pager = `pagers:
  - { name: oncall, kind: pagerduty, base_url: "${events.url}", allow_private: true, auth: { type: routing_key, secret_file: key } }
`;
		writeFileSync(at('interlock.yaml'), `${readFileSync(at('interlock.yaml'), 'utf8')}\n${pager}`);
		writeFileSync(at('routes.yaml'), '- { name: all, when: "true", pagers: [oncall] }\n');
		writeFileSync(at('key'), KEY);
	});
	afterAll(async () => {
		await world?.close();
		await events?.close();
	});

	it('sends it again with the same name after the next start: one alert, told twice, nothing lost', async () => {
		events.spoil = (_, proceed) => {
			proceed();
			return 'hang';
		};
		const child = await world.ready();
		const malware = jumpHostAttack(Date.now(), 100)
			.filter((sent) => sent.label === 'attack')
			.slice(0, 2);
		await sendScenario(malware, () => world.door, world.token);
		await until('a page under way', () => events.alerts.length > 0);
		child.signal('SIGKILL');
		await child.exited;
		const before = events.alerts.map((alert) => alert.dedupKey);
		events.spoil = null;
		await world.ready();
		await until('the page again', () => events.alerts.every((alert) => alert.triggers > 1), RECOVER_MS);
		expect(events.alerts.map((alert) => alert.dedupKey)).toEqual(expect.arrayContaining(before));
		expect(new Set(events.alerts.map((alert) => alert.dedupKey)).size).toBe(events.alerts.length);
		const entries = await until('the result recorded', async () => {
			const all = await readEntriesOfKind(await world.database(), ['page.intent', 'page.sent']);
			return all.some((entry) => entry.kind === 'page.sent') && all;
		});
		const bodies = entries.map((entry) => ({ kind: entry.kind, ...JSON.parse(entry.canonical).data }));
		const own = bodies.filter((body) => body.dedup_key === before[0]);
		expect(own).toMatchObject([
			{ kind: 'page.intent', may_repeat: false },
			{ kind: 'page.intent', may_repeat: true },
			{ kind: 'page.sent', action: 'trigger' },
		]);
	});
});
