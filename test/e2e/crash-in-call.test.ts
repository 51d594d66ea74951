// The worst moment: the program is killed when a call has taken effect and its answer has not come.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jumpHostAttack } from '../../src/demo/scenario/jump-host-attack.ts';
import { sendScenario } from '../../src/demo/send.ts';
import { readAllSteps, readEntriesOfKind } from '../../src/store/read/demo.ts';
import { type HoldingProxy, startHoldingProxy } from './holding-proxy.ts';
import { openWorld, RECOVER_MS, until, type World } from './program.ts';

describe('killed between a call and its answer', () => {
	let world: World;
	let proxy: HoldingProxy;
	beforeAll(async () => {
		world = await openWorld();
		proxy = await startHoldingProxy(world.target.url);
		const file = join(world.configFolder, 'interlock.yaml');
		writeFileSync(file, readFileSync(file, 'utf8').replaceAll(world.target.url, proxy.url));
	});
	afterAll(async () => {
		await world?.close();
		await proxy?.close();
	});

	it('asks the target after the next start, at once, and does nothing a second time', async () => {
		const child = await world.ready();
		proxy.hold(true);
		// The laptop's malware is isolated without anybody's word (row H01), and a ticket opened.
		const malware = jumpHostAttack(Date.now(), 100)
			.filter((sent) => sent.label === 'attack')
			.slice(0, 2);
		await sendScenario(malware, () => world.door, world.token);
		await until('a call under way', () => world.target.effects().some((one) => one.what === 'isolate lt-eng-07'));
		child.signal('SIGKILL');
		await child.exited;
		proxy.hold(false);
		const before = world.target.effects().map((effect) => effect.what);
		await world.ready();
		const settled = await until(
			'the step settled',
			async () => {
				const steps = await readAllSteps(await world.database());
				const isolate = steps.find((step) => step.action === 'isolate_host' && step.target === 'lt-eng-07');
				return isolate?.state !== 'running' && isolate;
			},
			RECOVER_MS,
		);
		expect(settled.state).toBe('done');
		const entries = await readEntriesOfKind(await world.database(), ['step.intent', 'step.result', 'step.in_doubt']);
		const kinds = entries.filter((entry) => entry.canonical.includes(settled.id)).map((entry) => entry.kind);
		expect(kinds).toEqual(['step.intent', 'step.result']);
		const isolations = (all: readonly string[]): string[] => all.filter((what) => what.startsWith('isolate'));
		expect(isolations(before)).toEqual(['isolate lt-eng-07']);
		expect(isolations(world.target.effects().map((effect) => effect.what))).toEqual(['isolate lt-eng-07']);
	});
});
