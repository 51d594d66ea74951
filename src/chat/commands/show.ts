// `show N`: one incident as text, with each step, its decision and the latest of its timeline. Pure.
import { toIso } from '../../domain/time.ts';
import { say } from '../answer.ts';
import { INSTRUCTIONS_MAX } from '../blocks.ts';
import type { Naming, Situation, Step } from '../situation.ts';
import { nameList, shown, shownLines } from '../text.ts';
import { nextFor } from '../views/card.ts';
import { insightLines } from '../views/insight.ts';
import { missingOf, stateCommand } from '../views/missing-facts.ts';
import { summaryFor } from '../views/summary.ts';
import { timelineLine } from '../views/timeline.ts';
import {
	domainWords,
	heldBackWords,
	incidentName,
	needWords,
	roleWords,
	severityWords,
	stateWords,
} from '../views/words.ts';
import type { Command, Loaded } from './command.ts';

const TIMELINE_SHOWN = 15;
const STEPS_SHOWN = 30;
/** Digits of a decision's binding that a person types on the command line: 32 bits of what was shown. */
export const DECISION_DIGITS = 8;

export const show: Command = {
	name: 'show',
	usage: 'show N',
	help: 'one incident: what is known, its steps and decisions, the last entries',
	takesIncident: true,
	reads: ['alerts', 'insight'],
	run: ({ situation, naming, loaded }) =>
		situation === null
			? say('Which incident? Its number is on the card: show 17')
			: say(
					[
						...showLines(situation, naming),
						...(loaded.insight === null ? [] : ['', ...insightLines(loaded.insight, naming)]),
						...alertLines(loaded, situation.incident.alert_count),
					].join('\n'),
					showData(situation, loaded),
				),
};

function showLines(situation: Situation, naming: Naming): string[] {
	const { incident, steps, timeline } = situation;
	const missing = missingOf(situation).slice(0, 10);
	return [
		`${incidentName(incident)} ${severityWords(incident.severity)}${incident.process_safety ? ' PROCESS SAFETY' : ''} ${shown(incident.title, 200)}`,
		summaryFor(situation, naming),
		`what:   ${incident.category.replaceAll('_', ' ')}, ${domainWords(incident.domain)}, ${incident.alert_count} alerts`,
		`where:  ${nameList([...incident.sites, ...incident.zones, ...incident.assets.map((id) => naming.asset(id))], 12, 90) || 'not in the inventory'}`,
		`since:  ${toIso(incident.first_at)}, last alert ${toIso(incident.last_at)}`,
		`state:  ${stateWords(incident.state)}${incident.acknowledged_by === null ? '' : `, acknowledged by ${shown(naming.person(incident.acknowledged_by), 80)}`}`,
		...(incident.techniques.length > 0
			? [
					`ATT&CK: ${nameList(
						incident.techniques.map((id) => `${id} ${naming.technique(id) ?? ''}`.trim()),
						10,
						80,
					)}`,
				]
			: []),
		`next:   ${nextFor(situation)}`,
		...(incident.advice_note == null ? [] : [`model:  ${shown(incident.advice_note, 300)}`]),
		...(incident.advice === null
			? []
			: [
					'suggested by the model (nobody has checked it; it decides nothing):',
					...shownLines(incident.advice, 2_000, 24)
						.split('\n')
						.map((line) => `  ${line}`),
				]),
		...(steps.length > 0 ? ['', 'steps:'] : []),
		...steps.slice(0, STEPS_SHOWN).flatMap((step) => stepLines(step, naming)),
		...(missing.length > 0 ? ['', 'not known, taken at its worst:'] : []),
		...missing.map((fact) =>
			fact.suppliers.length === 0
				? `  ${shown(fact.name, 60)} ${shown(fact.subject, 80)}: ${fact.why}; only the inventory or a file says it`
				: `  ${fact.why}; by ${roleWords(fact.suppliers)}: ${stateCommand(fact)}`,
		),
		...(timeline.length > 0 ? ['', 'last entries:'] : []),
		...timeline
			.flatMap((entry) => {
				const line = timelineLine(entry, naming);
				return line === null ? [] : [`  ${toIso(entry.at).slice(0, 19)}Z ${line}`];
			})
			.slice(-TIMELINE_SHOWN),
	];
}

function stepLines(step: Step, naming: Naming): string[] {
	const target = step.target === null ? '' : ` ${shown(naming.asset(step.target), 90)}`;
	const lines = [`  ${step.id}  ${step.state}  ${shown(step.title, 120)}${target}`];
	if (step.outcome !== null) lines.push(`      ${shown(step.outcome, 300)}`);
	if (step.state === 'in_doubt') {
		const held = heldBackWords(step, naming);
		lines.push(
			`      look at the target, then settle it (its message in the thread, or interlock incident settle)${held === '' ? '' : `. ${held}`}`,
		);
	}
	if (step.state === 'expired')
		lines.push('      still needed? Ask again under it in the thread, or: interlock incident ask');
	if (step.decision !== null && (step.state === 'waiting' || step.state === 'hands')) {
		lines.push(`      ${shown(step.decision.summary, 300)}`);
		if (step.state === 'waiting')
			lines.push(`      asks ${step.decision.needs.map(needWords).join(' and ') || 'nobody, it only waits'}`);
		lines.push(`      decision ${step.decision.binding.slice(0, DECISION_DIGITS)}`);
		if (step.instructions !== null && step.state === 'hands')
			lines.push(
				...shownLines(step.instructions, INSTRUCTIONS_MAX, INSTRUCTIONS_MAX)
					.split('\n')
					.map((line) => `      | ${line}`),
			);
		if (step.state === 'hands') lines.push(...step.checklist.map((item) => `      [ ] ${shown(item, 300)}`));
	}
	return lines;
}

/** The newest alerts with their ids: what `split` asks for. */
function alertLines({ alerts }: Loaded, total: number): string[] {
	if (alerts.length === 0) return [];
	return [
		'',
		total > alerts.length ? `last ${alerts.length} alerts of ${total}:` : 'alerts:',
		...alerts.map(
			(alert) =>
				`  ${alert.id}  ${toIso(alert.last_seen).slice(0, 19)}Z ${shown(alert.source, 40)}: ${shown(alert.title, 100)}${alert.repeats > 1 ? ` (${alert.repeats} times)` : ''}${alert.flapping === true ? ', flapping' : ''}`,
		),
	];
}

function showData({ incident, steps, approvals, timeline }: Situation, { alerts, insight }: Loaded) {
	return {
		...incident,
		// Data of our own making: plain JSON through and through.
		insight: insight === null ? null : JSON.parse(JSON.stringify(insight)),
		alerts: alerts.map((alert) => ({ ...alert, title: shown(alert.title, 500) })),
		steps: steps.map((step) => ({ ...step })),
		approvals: approvals.map((approval) => ({ ...approval })),
		timeline: timeline.map((entry) => ({ ...entry })),
	};
}
