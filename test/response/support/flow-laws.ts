// What holds for every playbook, plant and night, checked from the outside: by the catalogue of effects, the inventory and the answers that
// were given, not by asking the gate again.
import type { PlaybookNode } from '../../../src/domain/playbook-step.ts';
import type { Step } from '../../../src/domain/step.ts';
import { type Acted, actOut } from '../../../src/response/flow/act-out.ts';
import { passOf } from '../../../src/response/flow/pass.ts';
import { nodeOf } from '../../../src/response/flow/program.ts';
import { EFFECTS_WITH_CONNECTOR, effectOf, TOUCH_FREE_EFFECTS } from '../../../src/safety/actions.ts';
import { type Generated, generate, reachesControl } from './generated.ts';
import { NOW } from './plant.ts';

const IT = ['ida', 'ian'];
const OT = ['otto', 'olga'];

export type Tally = { plays: number; steps: number; calls: number; asked: number; branches: number; undone: number };
export const noTally = (): Tally => ({ plays: 0, steps: 0, calls: 0, asked: 0, branches: 0, undone: 0 });

/** Plays the world of a seed and says what broke; empty where every law holds. */
export function brokenLaws(seed: number, tally: Tally): string[] {
	const world = generate(seed);
	const acted = actOut(world.view, world.script, NOW);
	tally.plays += 1;
	tally.steps += acted.steps.length;
	tally.calls += acted.calls.size;
	tally.asked += acted.begun.size;
	tally.branches += acted.ways.size;
	tally.undone += acted.steps.filter((step) => step.key.startsWith('undo:')).length;
	return [
		...(acted.isOver ? [] : ['the plan has no end']),
		...acted.steps.flatMap((step) => stepLaws(step, acted, world)),
		...orderLaws(acted, world),
		// Twice the work: every eighth world is played a second time.
		...(seed % 8 === 0 ? againLaws(acted, world) : []),
	];
}

function stepLaws(step: Step, acted: Acted, world: Generated): string[] {
	const calls = acted.calls.get(step.id) ?? 0;
	const broken: string[] = [];
	if (calls > 1) broken.push(`${step.key} was called ${calls} times`);
	if (calls === 0) return broken;
	const effect = effectOf(step.action);
	const { inventory } = world.view.setting;
	if (!EFFECTS_WITH_CONNECTOR.some((one) => one === effect))
		broken.push(`${step.key}: \`${step.action}\` was called (${effect})`);
	const isTouchFree = TOUCH_FREE_EFFECTS.some((one) => one === effect);
	if (!isTouchFree && reachesControl(step, inventory))
		broken.push(`${step.key}: \`${step.action}\` reached ${step.target ?? '-'} ${JSON.stringify(step.params)}`);
	const decision = acted.decisions.get(step.id);
	const yes = world
		.approvalsFor({ ...step, decision: decision ?? null }, NOW)
		.filter(
			(one) =>
				one.answer === 'yes' &&
				one.step === step.id &&
				one.binding === decision?.binding &&
				one.withdrawn_at === null &&
				one.expires_at > NOW,
		)
		.map((one) => one.person);
	if (decision?.class === 'ONE' && yes.length === 0) broken.push(`${step.key} ran without the one approval`);
	if (decision?.class === 'TWO' && !(yes.some((id) => IT.includes(id)) && yes.some((id) => OT.includes(id))))
		broken.push(`${step.key} ran without one of IT and one of OT: ${yes.join(', ')}`);
	if (decision?.class === 'HANDS' || decision?.class === 'NEVER')
		broken.push(`${step.key} is ${decision.class} and was called`);
	if ((decision?.holds.length ?? 0) > 0) broken.push(`${step.key} was held and was called`);
	return broken;
}

/** Nothing of a way that was not taken, and nothing before what it waits for. */
function orderLaws(acted: Acted, world: Generated): string[] {
	const broken: string[] = [];
	const keys = new Set<string>();
	for (const step of acted.steps) {
		const name = `${step.key} ${step.target}`;
		if (keys.has(name)) broken.push(`${name} is in the plan twice`);
		keys.add(name);
		const begun = acted.begun.get(step.id);
		const found = nodeOf(step, world.view.setting.playbooks);
		const isAny = found?.node.join === 'any';
		for (const key of begun === undefined || isAny ? [] : (found?.node.after ?? [])) {
			const same = acted.steps.filter((other) => other.key === key && step.key === found?.node.key);
			for (const before of same) {
				const ended = acted.ended.get(before.id);
				if (ended !== undefined && begun !== undefined && ended > begun)
					broken.push(`${step.key} was begun before ${key} was over`);
				if (
					ended === undefined &&
					['planned', 'queued', 'waiting', 'hands'].includes(before.state) &&
					begun !== undefined
				)
					broken.push(`${step.key} was begun while ${key} is ${before.state}`);
			}
		}
	}
	for (const [key, took] of acted.ways) {
		const step = acted.steps.find((one) => one.key === key);
		const node = step && nodeOf(step, world.view.setting.playbooks)?.node;
		if (node === undefined || /[@#/]/.test(key)) continue;
		for (const [way, inner] of waysOf(node))
			for (const { key: child } of inner)
				if (way !== took && acted.steps.some((one) => one.key === child))
					broken.push(`${child} is planned, and ${key} went ${took}`);
	}
	return broken;
}

function waysOf(node: PlaybookNode): [string, readonly PlaybookNode[]][] {
	if ('if' in node)
		return [
			['do', node.do],
			['else', node.else ?? []],
		];
	if ('cases' in node)
		return [
			...Object.entries(node.cases).map(([name, nodes]): [string, readonly PlaybookNode[]] => [`case:${name}`, nodes]),
			['default', node.default ?? []],
		];
	return 'wait' in node
		? [
				['do', node.do ?? []],
				['deadline', node.on_deadline ?? []],
			]
		: [];
}

/** The same world comes out the same, and a look at a plan that is over finds nothing more to do. */
function againLaws(acted: Acted, world: Generated): string[] {
	const again = actOut(world.view, world.script, NOW);
	const text = (one: Acted): string => one.steps.map((step) => `${step.id} ${step.state}`).join();
	const pass = passOf(world.view, NOW);
	const twice = passOf(pass.view, NOW);
	return [
		...(text(acted) === text(again) ? [] : ['it came out differently a second time']),
		...(twice.fresh.length === 0 && twice.entries.length === 0 ? [] : ['a second look planned or decided more']),
	];
}
