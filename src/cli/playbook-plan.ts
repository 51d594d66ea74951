// `interlock playbook plan`: what a playbook would do, on every way that it could take, so that whoever leads it can read it and sign: what
// the bot does, what it asks, what hands do, and what it refuses and why. Prints; nothing is done.
import { parseArgs } from 'node:util';
import type { DecisionClass } from '../domain/decision.ts';
import type { Step } from '../domain/step.ts';
import { wayWords } from '../response/flow/decide-block.ts';
import type { Fork } from '../response/rehearse.ts';
import { EXIT, type Io } from './io.ts';
import { parsed, SITUATION_OPTIONS, type Situation, Stop, situationFor } from './playbook-situation.ts';
import { durationText, isQuestionTo, waitText, waysText } from './playbook-words.ts';

export const PLAN_USAGE = `interlock playbook plan ID --asset ID [--asset ID ...] [--actor ID] [--assets FILE] [--facts FILE] [--value name=value ...]
                               [--input name=value ...] [--severity S] [--domain it|ot|cross] [--confidence 0..1] [--at T] [--json]
       --value gives what alerts would: user, session, actor_ip, domain, url, file_hash; --input an input of the playbook`;

export function plan(args: string[], io: Io): number {
	const usage = `usage: ${PLAN_USAGE}\n`;
	const options = { ...SITUATION_OPTIONS, json: { type: 'boolean', default: false } } as const;
	const { values, positionals } = parsed(() => parseArgs({ args, options, allowPositionals: true }), usage);
	const [id] = positionals;
	if (id === undefined || positionals.length > 1 || values.asset.length === 0) throw new Stop(EXIT.usage, usage);
	const situation = situationFor(id, values, 'plan', io);
	io.out(values.json ? JSON.stringify(jsonOf(situation), null, 2) : pageOf(situation));
	return EXIT.ok;
}

function jsonOf({ loaded, rehearsal }: Situation): object {
	return {
		playbook: loaded.playbook.id,
		version: loaded.version,
		steps: rehearsal.steps.map(({ step, ways }) => {
			const { key, title, action, target, params, after, state, decision } = step;
			const { instructions, checklist, containment_ms } = step;
			const group = groupOf(step);
			return {
				...{ key, title, action, target, params, after, state, group, ways, decision },
				...{ instructions, checklist, containment_ms },
			};
		}),
		forks: rehearsal.forks.map((fork) => ({
			key: fork.instance.key,
			title: fork.instance.part.node.title ?? null,
			now: fork.now,
			because: fork.because,
		})),
		left_out: rehearsal.leftOut,
	};
}

const GROUPS = ['does', 'asks', 'hands', 'refuses'] as const;
type Group = (typeof GROUPS)[number];

const HEADINGS: Readonly<Record<Group, string>> = {
	does: 'WHAT THE BOT DOES BY ITSELF',
	asks: 'WHAT IT ASKS, AND WHOM (a question, or leave to do it)',
	hands: 'WHAT HANDS DO (written out by the bot, done by people with their own tools)',
	refuses: 'WHAT IT REFUSES, AND WHY',
};
const GROUP_OF: Readonly<Record<DecisionClass, Group>> = {
	AUTO: 'does',
	ONE: 'asks',
	TWO: 'asks',
	HANDS: 'hands',
	NEVER: 'refuses',
};

/** Where a step stands on the page; one without a decision would be refused. */
function groupOf(step: Step): Group {
	if (step.decision === null) return 'refuses';
	return isQuestion(step) ? 'asks' : GROUP_OF[step.decision.class];
}

function isQuestion(step: Step): boolean {
	return isQuestionTo(step) && step.decision?.class === 'AUTO';
}

/** Whom a question goes to. */
function askedOf(step: Step): string {
	const role = step.params['role'];
	if (step.action === 'ask_control_room') return 'the control room';
	return typeof role === 'string' ? role.replaceAll('_', ' ') : 'whoever leads';
}

/** The plan as a person reads it: what must not be done comes first. Numbers are the playbook's order. */
function pageOf({ loaded, rehearsal, incident, setting }: Situation): string {
	const { id, version, title, lead, must_not, summary } = loaded.playbook;
	const lines = [`${id} ${version}: ${title}`, `File ${loaded.version.slice(0, 16)}   Lead: ${lead}`, ''];
	for (const name of incident.assets) {
		const asset = setting.inventory.find(name);
		const place =
			asset === null
				? 'not in the inventory: judged as a level 1 controller'
				: `${asset.class}, level ${asset.level}, zone ${asset.zone ?? 'not stated'}, site ${asset.site ?? 'not stated'}`;
		lines.push(`About: ${name} (${place})`);
	}
	lines.push('', summary.trim(), '', 'Must not be done:', ...must_not.map((line) => `  - ${line}`));
	for (const group of GROUPS) {
		const steps = rehearsal.steps.map((one, index) => ({ ...one, number: index + 1 }));
		const own = steps.filter(({ step }) => groupOf(step) === group);
		lines.push('', HEADINGS[group], ...(own.length === 0 ? ['  nothing'] : []));
		for (const { step, ways, number } of own) lines.push(...stepLines(step, ways, number, group));
	}
	if (rehearsal.forks.length > 0) lines.push('', 'WHERE THE PLAN TURNS', ...rehearsal.forks.flatMap(forkLines));
	if (rehearsal.leftOut.length > 0)
		lines.push('', 'NOT IN THIS PLAN', ...rehearsal.leftOut.map((left) => `  - ${left.key}: ${left.why}`));
	lines.push(
		'',
		'Numbers are the order of the playbook. Each step is judged again when its turn comes, and just before it is done.',
	);
	return lines.join('\n');
}

function stepLines(step: Step, ways: readonly string[], number: number, group: Group): string[] {
	const { decision } = step;
	const kind = isQuestion(step) ? 'ASK ' : group === 'asks' || group === 'hands' ? `${decision?.class ?? ''} ` : '';
	const lines = [
		`${String(number).padStart(3)}. ${kind}${step.key}: ${step.title}`,
		`     ${step.action}${step.target === null ? '' : ` on ${step.target}`}${waitText(step.after)}${waysText(ways)}`,
	];
	if (decision === null) return lines;
	if (isQuestion(step)) {
		const answer = step.params['answer'];
		const what = answer === undefined ? 'waits for the word that it is done' : `waits for the answer ${String(answer)}`;
		return [...lines, `     to ${askedOf(step)}; ${what}`, ...step.checklist.map((line) => `     [ ] ${line}`)];
	}
	lines.push(`     ${decision.summary}`);
	for (const need of decision.needs) lines.push(`     needs: ${need.roles.join(' or ')}`);
	for (const hold of decision.holds) lines.push(`     waits for: ${hold.rule} ${hold.reason}`);
	for (const fact of decision.missing)
		lines.push(
			`     not known: ${fact.name}${fact.suppliers.length === 0 ? '' : ` (${fact.suppliers.join(' or ')} can say)`}`,
		);
	if (decision.instead !== '') lines.push(`     instead: ${decision.instead}`);
	if (group === 'asks' && step.containment_ms !== null)
		lines.push(`     holds for ${durationText(step.containment_ms)}, then it is taken back or asked about`);
	if (group === 'hands') lines.push(...step.checklist.map((line) => `     [ ] ${line}`));
	return lines;
}

function forkLines({ instance, now, because }: Fork): string[] {
	const { node } = instance.part;
	const title = `  ${instance.key}${node.title === undefined ? '' : `: ${node.title}`}${waysText(instance.ways)}`;
	if ('wait' in node) {
		const until =
			node.wait.until === undefined
				? `a pause of ${durationText(node.wait.for)}`
				: `waits at most ${durationText(node.wait.for)}`;
		const isThere =
			node.wait.until !== undefined && now === 'do'
				? `; as things stand it is there already (${because.join('; ')})`
				: '';
		return [
			title,
			`     ${until}${isThere}${node.on_deadline === undefined ? '' : '; then the steps for the deadline'}`,
		];
	}
	return [
		title,
		`     as things stand: ${wayWords(now ?? '')}${because.length === 0 ? '' : ` (${because.join('; ')})`}`,
	];
}
