// What the headless demo says it did, and the check of each claim: against the database, the demo's target, the local Slack and an export
// of the ledger that is verified as an auditor would, without the database.

import type { Acted } from '../demo/acted-people.ts';
import { STORM_ALERTS } from '../demo/scenario/jump-host-attack.ts';
import type { Answered } from '../demo/send.ts';
import type { Effect, Target } from '../demo/target.ts';
import { DECISION_CLASSES } from '../domain/decision.ts';
import type { Step } from '../domain/step.ts';
import { toIso } from '../domain/time.ts';
import { openLedgerKeys } from '../ledger/key-file.ts';
import { exportLines } from '../ledger/make-export.ts';
import { type VerifyReport, verifyExport } from '../ledger/verify.ts';
import { ACTIONS, isActionName } from '../safety/actions.ts';
import type { Database } from '../store/database.ts';
import {
	countAlerts,
	countEntries,
	type EntryRow,
	readAlertPlaces,
	readAllIncidents,
	readAllMessages,
	readAllSteps,
	readEntriesOfKind,
} from '../store/read/demo.ts';
import type { Running } from './running.ts';

export type Claim = { readonly text: string; readonly holds: boolean; readonly found: string };

export type Ended = {
	readonly running: Running;
	readonly target: Target;
	readonly answered: readonly Answered[];
	readonly people: Acted;
	readonly startAt: number;
	readonly dataFolder: string;
	readonly origin: string;
};

export async function readSummary(database: Database): Promise<{ steps: Step[]; entries: number }> {
	return { steps: await readAllSteps(database), entries: await countEntries(database) };
}

/** A gas alarm that is written in the channel later than this is late. */
const SAFETY_CARD_MS = 5_000;

type Facts = {
	readonly alerts: Awaited<ReturnType<typeof countAlerts>>;
	readonly places: ReadonlyMap<string, string | null>;
	readonly incidents: Awaited<ReturnType<typeof readAllIncidents>>;
	readonly messages: Awaited<ReturnType<typeof readAllMessages>>;
	readonly steps: readonly Step[];
	readonly entries: readonly EntryRow[];
	readonly ledgerSize: number;
	readonly effects: readonly Effect[];
	readonly report: VerifyReport;
};

/** Reads everything afresh, words the summary and checks each claim. */
export async function checkClaims(ended: Ended): Promise<{ lines: string[]; claims: Claim[] }> {
	const { database } = ended.running.store;
	const facts: Facts = {
		alerts: await countAlerts(database),
		places: await readAlertPlaces(database),
		incidents: await readAllIncidents(database),
		messages: await readAllMessages(database),
		steps: await readAllSteps(database),
		entries: await readEntriesOfKind(database, [
			'step.decided',
			'step.branched',
			'step.intent',
			'step.result',
			'approval.given',
			'approval.refused',
			'approval.rejected',
			'step.attested',
		]),
		ledgerSize: await countEntries(database),
		effects: ended.target.effects(),
		report: await verifyLedger(ended),
	};
	return {
		lines: [...timeline(ended), ...summary(ended, facts)],
		claims: [
			...alertClaims(ended, facts),
			summaryClaim(facts),
			...stepClaims(facts),
			...peopleClaims(ended, facts),
			...ledgerClaims(facts),
		],
	};
}

async function verifyLedger({ running, dataFolder, origin }: Ended): Promise<VerifyReport> {
	const keys = openLedgerKeys(dataFolder, origin, false);
	if (!keys.ok) throw new Error(keys.error);
	const lines: string[] = [];
	for await (const line of exportLines(running.store.database, keys.value.verifiers, origin, Date.now()))
		lines.push(line);
	return verifyExport(Buffer.from(lines.join(''), 'utf8'), { keys: keys.value.verifiers });
}

// ---- what is printed ---------------------------------------------------------------------------------------------------------

function timeline({ answered, people, startAt }: Ended): string[] {
	const sent = answered
		.filter(({ sent }) => sent.label === 'attack' || sent.label === 'safety')
		.map(({ sent, sentAt, status }) => ({
			at: sentAt,
			text: `${sent.body.source}: ${sent.label} alert, answered ${status}`,
		}));
	const storm = answered.filter(({ sent }) => sent.label === 'storm');
	const burst = {
		at: storm[0]?.sentAt ?? startAt,
		text: `alertmanager: ${STORM_ALERTS} alerts of a dead switch begin`,
	};
	const said = people.said.map(({ at, who, what }) => ({ at, text: `${who} ${what}` }));
	const lines = [...sent, burst, ...said]
		.toSorted((a, b) => a.at - b.at)
		.map(({ at, text }) => `  ${((at - startAt) / 1000).toFixed(1).padStart(5)} s  ${text}`);
	return ['Timeline:', ...lines, ''];
}

function summary({ answered, startAt }: Ended, facts: Facts): string[] {
	const classes = DECISION_CLASSES.map(
		(name) => `${name} ${facts.steps.filter((step) => step.decision?.class === name).length}`,
	);
	const states = [...new Set(facts.steps.map((step) => step.state))].map(
		(state) => `${state} ${facts.steps.filter((step) => step.state === state).length}`,
	);
	const open = facts.incidents.filter((incident) => incident.state !== 'merged');
	return [
		`Summary (${toIso(startAt)}):`,
		`  alerts      ${answered.flatMap((one) => one.alerts).length} sent in ${answered.length} deliveries: ${facts.alerts.rows} conditions, ${facts.alerts.messages - facts.alerts.rows} repeats folded, ${facts.alerts.unparsed} unparsed`,
		`  incidents   ${open.length}: ${open.map((incident) => `INC-${incident.number} ${incident.severity} (${incident.alert_count})`).join(', ')}`,
		`  decisions   ${classes.join(', ')}`,
		`  steps       ${states.join(', ')}`,
		`  effects     ${facts.effects.map((effect) => effect.what).join(', ') || 'none'}`,
		`  messages    ${facts.messages.filter((message) => message.state === 'sent').length} in Slack`,
		`  ledger      ${facts.ledgerSize} entries, root ${facts.report.root ?? 'none'}`,
		`  verified    ${facts.report.ok ? 'yes' : 'NO'}: ${facts.report.claims.filter((claim) => claim.ok).length} of ${facts.report.claims.length} claims of the export hold`,
	];
}

// ---- what is checked ---------------------------------------------------------------------------------------------------------

function claim(text: string, found: readonly unknown[] | string | null): Claim {
	const faults = found === null ? [] : typeof found === 'string' ? [found] : found;
	return { text, holds: faults.length === 0, found: faults.slice(0, 5).map(String).join('; ') };
}

function alertClaims({ answered }: Ended, facts: Facts): Claim[] {
	const all = answered.flatMap((one) => one.alerts);
	const incidentsOf = (label: string): Set<string | null | undefined> =>
		new Set(
			answered
				.filter(({ sent }) => sent.label === label)
				.flatMap((one) => one.alerts.map((alert) => facts.places.get(alert.id))),
		);
	const attack = incidentsOf('attack');
	const storm = incidentsOf('storm');
	const gas = answered.find(({ sent }) => sent.label === 'safety');
	const gasIncident = facts.places.get(gas?.alerts[0]?.id ?? '') ?? '';
	const card = facts.messages.find((message) => message.key === `card:${gasIncident}`);
	const cardMs = card === undefined || gas === undefined ? null : card.created_at - gas.sentAt;
	return [
		claim(
			'every delivery was answered 202',
			answered.filter((one) => one.status !== 202).map((one) => one.status),
		),
		claim(
			'every alert that was answered is in the database',
			all.filter((alert) => !facts.places.has(alert.id)).map((alert) => alert.id),
		),
		claim(
			'conditions and repeats add up to what was sent',
			facts.alerts.messages + facts.alerts.unparsed === all.length
				? null
				: `${facts.alerts.messages} + ${facts.alerts.unparsed} of ${all.length}`,
		),
		claim(
			'the whole attack is one incident',
			attack.size === 1 && !attack.has(null) && !attack.has(undefined) ? null : `${attack.size} incidents`,
		),
		claim(`the storm of ${STORM_ALERTS} alerts is one incident`, storm.size === 1 ? null : `${storm.size} incidents`),
		claim(
			'attack, storm and gas alarm are three incidents',
			new Set([...attack, ...storm, gasIncident]).size === 3 ? null : 'they share one',
		),
		claim(
			`the gas alarm was in the channel within ${SAFETY_CARD_MS / 1000} s`,
			cardMs !== null && cardMs <= SAFETY_CARD_MS && card?.state === 'sent'
				? null
				: `${cardMs ?? 'never'} ms, ${card?.state ?? 'no card'}`,
		),
	];
}

/** The card's first words: what, where (chat/views/summary.ts). They are there whether or not a model is. */
const TWO_SENTENCES = /“[^”]{1,200}”\. It (?:began|was seen)[^.]{10,}\./;

function summaryClaim({ incidents, messages }: Facts): Claim {
	const silent = incidents.filter((incident) => {
		const card = messages.find((message) => message.key === `card:${incident.id}`);
		return incident.state !== 'merged' && !TWO_SENTENCES.test(JSON.stringify(card?.blocks ?? []));
	});
	return claim(
		'each incident says in two sentences what is going on',
		silent.map((incident) => `INC-${incident.number}`),
	);
}

function stepClaims(facts: Facts): Claim[] {
	const calls = facts.steps.filter(
		(step) => isActionName(step.action) && ACTIONS[step.action].effect !== 'inform' && step.state === 'done',
	);
	const controlled = facts.steps.filter(
		(step) =>
			isActionName(step.action) && ['control', 'destroy', 'attack', 'raw'].includes(ACTIONS[step.action].effect),
	);
	const ids = (kind: string): string[] =>
		facts.entries.filter((entry) => entry.kind === kind).flatMap((entry) => refsOf(entry));
	const intents = new Set(ids('step.intent'));
	const decided = new Set(ids('step.decided'));
	// The row of a branch, a round or a wait is no act: what it has in the ledger is the way that was taken, once its turn had come.
	const turned = new Set(ids('step.branched'));
	const isAhead = (step: Step): boolean =>
		step.action === 'write_record' && step.state === 'planned' && step.decision === null;
	const keys = facts.effects.map((effect) => effect.key);
	return [
		claim(
			'every step has its decision in the ledger',
			facts.steps
				.filter((step) => !decided.has(step.id) && !turned.has(step.id) && !isAhead(step))
				.map((step) => step.key),
		),
		claim(
			'no step that changes a controller, the process or a safety system was anything but hands or never',
			controlled
				.filter((step) => step.decision?.class !== 'HANDS' && step.decision?.class !== 'NEVER')
				.map((step) => step.key),
		),
		claim(
			'no such step was run',
			controlled.filter((step) => intents.has(step.id)).map((step) => step.key),
		),
		claim(
			'everything that took effect at the target was a step with an intent before it',
			keys.filter((key) => !intents.has(key)),
		),
		claim(
			'nothing took effect twice',
			keys.filter((key, i) => keys.indexOf(key) !== i),
		),
		claim('something took effect', calls.length > 0 && facts.effects.length > 0 ? null : 'nothing did'),
		claim(
			'nothing is in doubt',
			facts.steps.filter((step) => step.state === 'in_doubt' || step.state === 'running').map((step) => step.key),
		),
	];
}

function peopleClaims({ people }: Ended, facts: Facts): Claim[] {
	const approved = facts.entries.filter((entry) => entry.kind === 'approval.given');
	const ran = facts.steps.filter(
		(step) => step.state === 'done' && (step.decision?.class === 'ONE' || step.decision?.class === 'TWO'),
	);
	const answered = (step: Step): number =>
		new Set(approved.filter((entry) => refsOf(entry).includes(step.id)).map(actorOf)).size;
	const rejected = facts.entries.filter((entry) => entry.kind === 'approval.rejected');
	return [
		claim('a person approved, and a step ran on it', ran.length > 0 ? null : 'no approved step ran'),
		claim(
			'each step that needed two people had two different ones',
			ran.filter((step) => answered(step) < (step.decision?.class === 'TWO' ? 2 : 1)).map((step) => step.key),
		),
		claim(
			'a person refused, and the step did not run',
			facts.steps.some((step) => step.state === 'refused') ? null : 'no step was refused',
		),
		claim(
			'clicks of people who may not decide were refused and recorded',
			people.wrongClicks.length > 0 &&
				people.wrongClicks.every((click) => rejected.some((entry) => refsOf(entry).includes(click.step)))
				? null
				: `${people.wrongClicks.length} clicks, ${rejected.length} entries`,
		),
	];
}

function ledgerClaims({ report }: Facts): Claim[] {
	return [
		claim(
			'the exported ledger verifies on its own',
			report.claims.filter((one) => !one.ok).map((one) => `${one.claim} (${one.faults[0] ?? one.detail})`),
		),
		claim('the export covers the whole ledger', report.entries > 0 ? null : 'it is empty'),
	];
}

type Envelope = { refs?: string[]; actor?: { id?: string } };

function refsOf(entry: EntryRow): string[] {
	return (JSON.parse(entry.canonical) as Envelope).refs ?? []; // written by record(): the envelope is ours
}

function actorOf(entry: EntryRow): string {
	return (JSON.parse(entry.canonical) as Envelope).actor?.id ?? '';
}
