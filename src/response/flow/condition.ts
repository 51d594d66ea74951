// What a condition of a playbook comes to, part by part, each with the value that it was decided on: that is what the ledger keeps. Pure.
// A part that cannot be answered does not hold. NOT here: reading facts (facts-for-block.ts), and what follows (decide-block.ts).
import type { FactState } from '../../domain/fact.ts';
import type { Inventory } from '../../domain/inventory.ts';
import type { Condition, Scalar, STEP_ENDS } from '../../domain/playbook-condition.ts';
import { severityRank } from '../../domain/severity.ts';
import type { StepState } from '../../domain/step.ts';
import type { Instant } from '../../domain/time.ts';
import type { EvidenceAlert, IncidentSummary, Named } from '../evidence.ts';
import { endingOf } from '../order.ts';
import { evidenceFor } from './items.ts';
import type { Variable } from './walk.ts';

/** Parts that are named with an answer; the others are decided all the same. */
const SAID_MAX = 12;

export type Asked = {
	readonly incident: IncidentSummary;
	readonly alerts: readonly EvidenceAlert[];
	readonly inventory: Inventory;
	/** What the block is about: the loop's item where it is an asset, else the primary asset. */
	readonly target: Named | null;
	/** States of the steps under a key of the same playbook. */
	readonly statesOf: (key: string) => readonly StepState[];
	readonly variable: (name: string) => Variable;
	/** The fact about what the condition names; null where nothing is there that it could be about. */
	readonly fact: (name: string, of: string | undefined) => FactState | null;
	/** When the wait began; null for a branch. */
	readonly beganAt: Instant | null;
};

export type Answered = { readonly holds: boolean; readonly because: readonly string[] };

/** Whether everything that is written holds, and what each part was decided on. */
export function answer(condition: Condition, asked: Asked): Answered {
	const { all, any, not, ...parts } = condition;
	const said: Answered[] = [
		...plainParts(parts, asked),
		...(all ?? []).map((one) => answer(one, asked)),
		...(any === undefined ? [] : [anyOf(any.map((one) => answer(one, asked)))]),
		...(not === undefined ? [] : [negated(answer(not, asked))]),
	];
	const broken = said.filter((one) => !one.holds);
	const holds = broken.length === 0;
	return { holds, because: (holds ? said : broken).flatMap((one) => one.because).slice(0, SAID_MAX) };
}

function anyOf(said: readonly Answered[]): Answered {
	const good = said.find((one) => one.holds);
	return good ?? { holds: false, because: said.flatMap((one) => one.because).slice(0, SAID_MAX) };
}

function negated({ holds, because }: Answered): Answered {
	return { holds: !holds, because };
}

const say = (holds: boolean, because: string): Answered => ({ holds, because: [because.slice(0, 300)] });

function plainParts(condition: Omit<Condition, 'all' | 'any' | 'not'>, asked: Asked): Answered[] {
	const { incident } = asked;
	const { severity_min, domain, categories, process_safety, confidence_min, target_class } = condition;
	const said: Answered[] = [];
	if (severity_min !== undefined)
		said.push(say(severityRank(incident.severity) >= severityRank(severity_min), `severity is ${incident.severity}`));
	if (domain !== undefined) said.push(say(domain.includes(incident.domain), `domain is ${incident.domain}`));
	if (categories !== undefined)
		said.push(say(categories.includes(incident.category), `category is ${incident.category}`));
	if (process_safety !== undefined)
		said.push(
			say(
				process_safety === incident.process_safety,
				`process-safety alarm: ${incident.process_safety ? 'yes' : 'no'}`,
			),
		);
	if (confidence_min !== undefined)
		said.push(
			say(incident.confidence_firm >= confidence_min, `confidence of rules and sources is ${incident.confidence_firm}`),
		);
	if (target_class !== undefined) {
		const found = asked.target?.asset?.class ?? 'unknown';
		said.push(say(target_class.includes(found), `${asked.target?.id ?? 'the incident'} is ${found}`));
	}
	if (condition.step !== undefined) said.push(stepSays(condition.step, asked));
	if (condition.variable !== undefined) said.push(variableSays(condition.variable, asked));
	if (condition.fact !== undefined) said.push(factSays(condition.fact, asked));
	if (condition.evidence !== undefined) said.push(evidenceSays(condition.evidence, asked));
	if (condition.alert !== undefined) said.push(alertSays(condition.alert, asked));
	return said;
}

function stepSays({ key, ended }: NonNullable<Condition['step']>, asked: Asked): Answered {
	const states = asked.statesOf(key);
	const isOne = (state: StepState, end: (typeof STEP_ENDS)[number]): boolean =>
		end === 'well' ? endingOf(state) === 'good' : end === 'badly' ? endingOf(state) === 'bad' : end === state;
	const holds = states.some((state) => ended.some((end) => isOne(state, end)));
	return say(
		holds,
		`\`${key}\` ${states.length === 0 ? 'is not in the plan' : `is ${[...new Set(states)].join(', ')}`}`,
	);
}

function variableSays(of: NonNullable<Condition['variable']>, asked: Asked): Answered {
	const variable = asked.variable(of.name);
	const isKnown = variable.state === 'known';
	const value: Scalar | null = isKnown ? variable.value : null;
	const holds =
		(of.known === undefined || of.known === isKnown) &&
		(of.is === undefined || (isKnown && value === of.is)) &&
		(of.in === undefined || (value !== null && of.in.includes(value))) &&
		(of.min === undefined || (typeof value === 'number' && value >= of.min)) &&
		(of.max === undefined || (typeof value === 'number' && value <= of.max));
	return say(holds, `\`${of.name}\` ${isKnown ? `is ${String(value)}` : 'was not said'}`);
}

function factSays(of: NonNullable<Condition['fact']>, asked: Asked): Answered {
	const state = asked.fact(of.name, of.of);
	if (state === null) return say(of.known === false, `\`${of.name}\`: nothing is known that it could be about`);
	const isKnown = state.state === 'known';
	const holds =
		(of.known === undefined || of.known === isKnown) &&
		(of.is === undefined || state.value === of.is) &&
		(of.in === undefined || of.in.includes(state.value));
	const how = isKnown ? '' : ` (${state.state}: counts as its worst)`;
	return say(holds, `\`${of.name}\` of ${state.subject} is ${String(state.value)}${how}`);
}

function evidenceSays({ min, max, ...of }: NonNullable<Condition['evidence']>, asked: Asked): Answered {
	const found = evidenceFor(of, asked.incident, asked.alerts, asked.inventory).length;
	const what = Object.keys(of).find((name) => of[name as keyof typeof of] !== undefined) ?? 'evidence';
	return say(found >= (min ?? 1) && (max === undefined || found <= max), `${found} ${what}`);
}

function alertSays(of: NonNullable<Condition['alert']>, asked: Asked): Answered {
	const since = of.new === true ? (asked.beganAt ?? Number.POSITIVE_INFINITY) : Number.NEGATIVE_INFINITY;
	const found = asked.alerts.filter((alert) => {
		const at = of.state === 'closed' ? (alert.closedAt ?? Number.NEGATIVE_INFINITY) : alert.occurredAt;
		const isOpen = alert.closedAt === undefined || alert.closedAt === null;
		return (
			at >= since &&
			(of.state === undefined || (of.state === 'open') === isOpen) &&
			(of.categories === undefined ||
				(alert.category !== undefined && alert.category !== null && of.categories.includes(alert.category))) &&
			(of.severity_min === undefined || severityRank(alert.severity) >= severityRank(of.severity_min)) &&
			(of.tags === undefined || of.tags.some((tag) => alert.tags.includes(tag))) &&
			(of.techniques === undefined ||
				of.techniques.some((wanted) => alert.techniques.some((id) => id === wanted || id.startsWith(`${wanted}.`))))
		);
	}).length;
	return say(found >= (of.min ?? 1), `${found} such alerts`);
}
