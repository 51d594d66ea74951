// Where a person's click or command meets the database: reads everything fresh, asks the pure part, records its answer; on a
// conflict it reads and asks again. Shared by Slack (chat.ts) and the command line (cli/incident.ts). Decides nothing.
import { FACTS, isFactName } from '../domain/fact.ts';
import { makeId } from '../domain/id.ts';
import type { FeedbackKind, Learned } from '../domain/learned.ts';
import { never } from '../domain/result.ts';
import { viewQuestions } from '../domain/view-question.ts';
import { type Facts, placesOf } from '../safety/decide.ts';
import { proposeStep } from '../safety/proposed-step.ts';
import { confirmationOf } from '../safety/step-up.ts';
import type { Database } from '../store/database.ts';
import { outboxDepth } from '../store/outbox.ts';
import {
	countOpen,
	countUnparsed,
	findIncident,
	MERGE_ALERTS_MAX,
	readAlertIds,
	readAlertLines,
	readEntry,
	readFaults,
	readFreezes,
	readMessages,
	readOpenIncidents,
	readPendingSteps,
	readSituation,
	readStep,
	readStepsNaming,
	readUnknownAssets,
	readUnseen,
	readViewEntries,
} from '../store/read/chat.ts';
import { readAlertsOfIncident, readIncidents } from '../store/read/correlation.ts';
import { readDeputyEntries } from '../store/read/deputies.ts';
import { readLearnedInForce, readLearnedProposed } from '../store/read/learned.ts';
import { Conflict, cryptoRandom, record } from '../store/record.ts';
import { type Answer, say } from './answer.ts';
import { BUTTONS } from './buttons/index.ts';
import type { StepClick } from './buttons/step-click.ts';
import { asViewEntries } from './buttons/view.ts';
import { type CommandCall, type Loaded, NOTHING_LOADED, type Read, type Split } from './commands/command.ts';
import { DEPUTY_MAX_MS } from './commands/deputy.ts';
import { findCommand, readIncidentNumber, runCommand } from './commands/index.ts';
import { NEW_INCIDENT } from './commands/split.ts';
import { isTaken } from './deliver.ts';
import { type Deputy, deputiesOf, withDeputies } from './deputies.ts';
import { insightFor, readFeedback, readLearnedClick } from './desk-learning.ts';
import type { Directory } from './directory.ts';
import { type DrillGround, readDrillDesk } from './drill-desk.ts';
import { giveFeedback, type Learning } from './learn/feedback.ts';
import { type Acting, attestRoles, placesOfIncident, type Standing } from './people.ts';
import type { Place, Situation, Step } from './situation.ts';
import type { Ticks } from './views/modals.ts';
import { incidentName } from './views/words.ts';

/** Somebody else may change the same row between reading and recording; so often we look again before we say so. */
const TRIES_MAX = 5;
const FAULTS_LOOKBACK_MS = 6 * 60 * 60_000;

/** Alerts that `show` lists, names of the worklist, steps that are looked through for a value: lists for people. */
const ALERTS_SHOWN = 10;
const UNKNOWN_MAX = 1_000;
const UNSEEN_MAX = 500;
const NAMING_MAX = 200;

export type Desk = {
	readonly database: Database;
	readonly directory: Directory;
	/** Takes alerts out of an incident: correlation's rule, handed in. */
	readonly split: Split;
	/** What a learned rule is and would do: triage's rules about rules, handed in. */
	readonly learning: Learning;
	/** The scenarios of drills and when people are at work; left out where nothing is set up. */
	readonly drills?: DrillGround;
	readonly now: () => number;
};

/** Makes an answer from fresh reads and records it. */
async function decideAndRecord(desk: Desk, decide: (now: number) => Promise<Answer>): Promise<Answer> {
	for (let attempt = 1; ; attempt++) {
		const now = desk.now();
		const answer = await decide(now);
		if (answer.entries.length === 0 && answer.changes.length === 0 && answer.topics.length === 0) return answer;
		try {
			await record(desk.database, answer, now);
			return answer;
		} catch (cause) {
			// Two people who ask for the same at once: the second one meets the first one's row.
			if (!(cause instanceof Conflict || isTaken(cause)) || attempt >= TRIES_MAX) throw cause;
		}
	}
}

/** Who stands in for whom, by the ledger. */
export async function readDeputies(database: Database, now: number): Promise<readonly Deputy[]> {
	return deputiesOf(await readDeputyEntries(database, now - DEPUTY_MAX_MS));
}

/** The one who acts and everybody else, with the roles that they hold for others at this moment. */
export async function withStandIns(
	desk: Pick<Desk, 'database' | 'directory'>,
	acting: Acting,
	now: number,
): Promise<Standing> {
	const { person } = acting;
	const { people } = desk.directory;
	const known = person === null ? people : [...people.filter((one) => one.id !== person.id), person];
	const all = withDeputies(known, await readDeputies(desk.database, now), now);
	if (person === null) return { acting, people: all };
	return { acting: { ...acting, person: all.find((one) => one.id === person.id) ?? person }, people: all };
}

const GONE = 'That is not there any more. All open incidents: /interlock list';

/** Where the people who decide about the step must hold their roles, as the gate itself says. */
export function stepPlaces({ inventory }: Directory, step: Step, now: number): readonly Place[] {
	const proposed = proposeStep(step);
	const found = proposed.targets.map((id) => [id, inventory.find(id)] as const);
	const zones = found.flatMap(([, asset]) =>
		asset?.zone == null ? [] : [[asset.zone, inventory.zone(asset.zone)] as const],
	);
	// Only inventory and parameters say where a step is: the rest of the facts has no say in it.
	const facts: Facts = {
		targets: Object.fromEntries(found),
		zones: Object.fromEntries(zones),
		inventory_confirmed_at: inventory.data.confirmedAt,
		readings: [],
		freezes: [],
		confidence_firm: 0,
		automatic_last_hour: 0,
		site_rules: [],
	};
	return placesOf(proposed, facts, now);
}

/** The roles whose attestation counts for the step. */
export function stepAttestRoles({ inventory }: Directory, step: Step) {
	return attestRoles(step.target === null ? null : inventory.find(step.target), step.target !== null);
}

export type StepWish = {
	readonly acting: Acting;
	readonly step: string;
	/** The binding of the decision that was shown. */
	readonly binding: string;
	readonly button: StepButton;
	readonly reason: string | null;
	/** What was typed in the window that a yes asks for; left out where none was open. */
	readonly typed?: string;
	readonly ticks: Ticks;
};

export type StepButton = 'approve' | 'refuse' | 'attest' | 'settle_done' | 'settle_not_done' | 'ask_again';

/** What a person says about one step. */
export async function performOnStep(desk: Desk, wish: StepWish): Promise<Answer> {
	return await decideAndRecord(desk, async (now) => {
		const held = await readStep(desk.database, wish.step);
		const situation = held === null ? null : await readSituation(desk.database, held.incident);
		const step = situation?.steps.find((candidate) => candidate.id === wish.step) ?? null;
		if (situation === null || step === null) return say(GONE);
		const { acting, people } = await withStandIns(desk, wish.acting, now);
		const click: StepClick = {
			acting,
			situation,
			step,
			...(await aroundStep(desk, wish.button, step)),
			binding: wish.binding,
			places: stepPlaces(desk.directory, step, now),
			people,
			attestRoles: stepAttestRoles(desk.directory, step),
			reason: wish.reason,
			confirmation: confirmationOf(step, desk.directory.naming.touchesOt(step)),
			typed: wish.typed ?? null,
			now,
			newId: (prefix: 'apr') => makeId(prefix, now, cryptoRandom),
		};
		return BUTTONS[wish.button].answer(click, wish.ticks);
	});
}

/** What only some buttons have to see. */
async function aroundStep(
	desk: Desk,
	button: StepButton,
	step: Step,
): Promise<Pick<StepClick, 'requests' | 'heldBack'>> {
	const isSettling = button === 'settle_done' || button === 'settle_not_done';
	const open = isSettling && desk.directory.naming.touchesOt(step) ? await readOpenIncidents(desk.database) : [];
	const rows = button === 'ask_again' ? await readMessages(desk.database, step.incident) : [];
	return {
		requests: rows.filter((row) => row.key.startsWith(`ask:${step.id}:`)).map(({ id, key }) => ({ id, key })),
		heldBack: open.map((incident) => incident.id).filter((id) => id !== step.incident),
	};
}

export type IncidentWish = {
	readonly acting: Acting;
	readonly incident: string;
	readonly button: 'acknowledge' | 'resolve';
	readonly reason: string | null;
};

/** Acknowledge or resolve one incident. */
export async function performOnIncident(desk: Desk, wish: IncidentWish): Promise<Answer> {
	return await decideAndRecord(desk, async (now) => {
		const situation = await readSituation(desk.database, wish.incident);
		if (situation === null) return say(GONE);
		const { acting } = await withStandIns(desk, wish.acting, now);
		return BUTTONS[wish.button].answer({ acting, situation, reason: wish.reason, now });
	});
}

/** The control room's answer about one step, from the button under its question. */
export async function performView(
	desk: Desk,
	wish: {
		readonly acting: Acting;
		readonly step: string;
		readonly zone: string | null;
		readonly button: 'view_alive' | 'view_impaired' | 'view_lost';
	},
): Promise<Answer> {
	return await decideAndRecord(desk, async (now) => {
		const held = await readStep(desk.database, wish.step);
		const situation = held === null ? null : await readSituation(desk.database, held.incident);
		if (situation === null) return say(GONE);
		const asked = viewQuestions(asViewEntries(await readViewEntries(desk.database, situation.incident.id)));
		const { acting, people } = await withStandIns(desk, wish.acting, now);
		const open = await readOpenIncidents(desk.database);
		return BUTTONS[wish.button].answer({
			acting,
			situation,
			questions: asked.filter((one) => one.step === wish.step && one.zone === wish.zone),
			answer: VIEW_ANSWER[wish.button],
			freezes: await readFreezes(desk.database),
			people,
			open: open.map((incident) => incident.id),
			now,
			newId: (prefix) => makeId(prefix, now, cryptoRandom),
		});
	});
}

const VIEW_ANSWER = { view_alive: 'alive', view_impaired: 'impaired', view_lost: 'lost' } as const;

/** The two incidents that an entry `incident.merge_suggested` speaks of; null where one of them is gone. */
export async function readSuggestion(
	desk: Desk,
	entryId: string,
): Promise<{ readonly into: Situation; readonly from: Situation } | null> {
	const entry = await readEntry(desk.database, entryId);
	if (entry === null || entry.kind !== 'incident.merge_suggested') return null;
	const ids = suggestedIncidents(entry);
	const [into, from] = await Promise.all(ids.slice(0, 2).map(async (id) => await readSituation(desk.database, id)));
	return into === null || into === undefined || from === null || from === undefined ? null : { into, from };
}

/** Incident ids of a suggestion: the entry's own first, then those that it refers to. */
function suggestedIncidents(entry: { readonly incident: string | null; readonly refs: readonly string[] }): string[] {
	return [...new Set([entry.incident ?? '', ...entry.refs])].filter((id) => id.startsWith('inc_'));
}

/** Answers "same incident?". */
export async function performMerge(
	desk: Desk,
	wish: { readonly acting: Acting; readonly suggestion: string; readonly button: 'merge_yes' | 'merge_no' },
): Promise<Answer> {
	return await decideAndRecord(desk, async (now) => {
		const found = await readSuggestion(desk, wish.suggestion);
		if (found === null) return say(GONE);
		const alerts = wish.button === 'merge_yes' ? await readAlertIds(desk.database, found.from.incident.id) : [];
		if (alerts.length >= MERGE_ALERTS_MAX)
			return say(
				`Not merged: more than ${MERGE_ALERTS_MAX} alerts would have to move. Resolve the smaller one instead.`,
			);
		return BUTTONS[wish.button].answer({
			acting: wish.acting,
			situation: found.into,
			from: found.from,
			alerts,
			suggestion: wish.suggestion,
			zones: desk.directory.places.zones,
			reason: null,
			now,
		});
	});
}

/** Everything a command may look at; `reads` names what it has to see beyond what every command sees. */
export async function readCall(
	desk: Desk,
	{ acting, people }: Standing,
	words: readonly string[],
	incident: string | null,
	reads: readonly Read[],
	now: number,
): Promise<CommandCall> {
	const { database, directory } = desk;
	const [open, totals, freezes, topics, faults, unparsed, situation] = await Promise.all([
		readOpenIncidents(database),
		countOpen(database),
		readFreezes(database),
		outboxDepth(database),
		readFaults(database, now - FAULTS_LOOKBACK_MS),
		countUnparsed(database),
		incident === null ? null : readSituation(database, incident),
	]);
	const pending = await readPendingSteps(
		database,
		open.map((row) => row.id),
	);
	return {
		acting,
		words,
		situation,
		open,
		totals,
		pending,
		freezes,
		health: { topics, faults, unparsed },
		people,
		places: directory.places,
		naming: directory.naming,
		loaded: await readLoaded(desk, { acting, people }, reads, words, incident, now),
		split: desk.split,
		now,
		newId: (prefix) => makeId(prefix, now, cryptoRandom),
	};
}

/** Runs a typed command. */
export async function performCommand(
	desk: Desk,
	acting: Acting,
	name: string,
	words: readonly string[],
): Promise<Answer> {
	const answer = await decideAndRecord(desk, async (now) => {
		const command = findCommand(name);
		const incident = command?.takesIncident === true ? await findNamed(desk, words[0]) : null;
		const standing = await withStandIns(desk, acting, now);
		return runCommand(name, await readCall(desk, standing, words, incident, command?.reads ?? [], now));
	});
	return answer.opened === undefined ? answer : await withNumber(desk, answer, answer.opened);
}

/** The reply with the number that the database gave the new incident. */
async function withNumber(desk: Desk, answer: Answer, opened: string): Promise<Answer> {
	const read = await readSituation(desk.database, opened);
	const name = read === null ? 'a new incident' : incidentName(read.incident);
	return { ...answer, reply: answer.reply.replace(NEW_INCIDENT, name) };
}

/** One click on a card: what the program got wrong. */
export async function performFeedback(
	desk: Desk,
	acting: Acting,
	incident: string,
	feedback: FeedbackKind,
): Promise<Answer> {
	return await decideAndRecord(desk, async (now) => {
		const situation = await readSituation(desk.database, incident);
		if (situation === null) return say(GONE);
		const reads = await readFeedback(desk, acting, situation, now);
		return giveFeedback({ acting, situation, reason: null, now, feedback, ...reads });
	});
}

/** The id of the incident that the word names by number or id; null where there is none. */
async function findNamed(desk: Desk, word: string | undefined): Promise<string | null> {
	const number = readIncidentNumber(word);
	if (number !== null) return await findIncident(desk.database, number);
	return word?.startsWith('inc_') === true ? word : null;
}

async function readLoaded(
	desk: Desk,
	standing: Standing,
	reads: readonly Read[],
	words: readonly string[],
	incident: string | null,
	now: number,
): Promise<Loaded> {
	const { database, directory } = desk;
	const wants = (read: Read): boolean => reads.includes(read);
	return {
		other: wants('other') ? await readOther(desk, words[1]) : null,
		members: wants('members') && incident !== null ? await readMembers(desk, incident) : null,
		alerts: wants('alerts') && incident !== null ? await readAlertLines(database, incident, ALERTS_SHOWN) : [],
		subject: wants('subject') ? await readSubject(desk, words[0] ?? '', words[1], now) : null,
		worklist: wants('worklist')
			? {
					// What has been added to the inventory since, or dismissed there, is no work any more.
					unknown: (await readUnknownAssets(database, UNKNOWN_MAX)).filter(
						(row) =>
							directory.inventory.find(row.value) === null &&
							directory.inventory.data.dismissed?.includes(row.value.toLowerCase()) !== true,
					),
					unparsed: await readUnseen(database, UNSEEN_MAX),
				}
			: NOTHING_LOADED.worklist,
		drills: wants('drills') ? await readDrillDesk(desk, words) : null,
		deputies: wants('deputies') ? { people: directory.people, held: await readDeputies(database, now) } : null,
		...(await readLearning(desk, standing, reads, words, incident, now)),
	};
}

/** What learning and `details` ask for. */
async function readLearning(
	desk: Desk,
	standing: Standing,
	reads: readonly Read[],
	words: readonly string[],
	incident: string | null,
	now: number,
): Promise<Pick<Loaded, 'feedback' | 'learned' | 'decided' | 'insight'>> {
	const { database, learning } = desk;
	const wants = (read: Read): boolean => reads.includes(read);
	const isAsked = (wants('feedback') || wants('insight')) && incident !== null;
	const situation = isAsked ? await readSituation(database, incident) : null;
	const splitOff = async (learned: Learned): Promise<Answer> => await splitProposed(desk, standing, learned, now);
	return {
		feedback:
			wants('feedback') && situation !== null ? await readFeedback(desk, standing.acting, situation, now) : null,
		insight: wants('insight') && situation !== null ? await insightFor(desk, situation.incident) : null,
		learned: wants('learned')
			? {
					proposed: await readLearnedProposed(database),
					inForce: await readLearnedInForce(database, now),
					diff: learning.diff,
					file: learning.file,
				}
			: null,
		decided: wants('decided')
			? await readLearnedClick(
					desk,
					standing,
					words[0] ?? '',
					async (id) => await readSituation(database, id),
					splitOff,
					now,
				)
			: null,
	};
}

/** The split that was proposed, judged by the command's own rule and rights. */
async function splitProposed(desk: Desk, standing: Standing, learned: Learned, now: number): Promise<Answer> {
	if (learned.content.kind !== 'split') return say(GONE);
	const words = [learned.incident, ...learned.content.alerts, 'because', `${learned.id}, ${learned.content.why}`];
	return runCommand('split', await readCall(desk, standing, words, learned.incident, ['members'], now));
}

async function readOther(desk: Desk, word: string | undefined): Promise<Loaded['other']> {
	const id = await findNamed(desk, word);
	const situation = id === null ? null : await readSituation(desk.database, id);
	if (situation === null) return null;
	const alerts = await readAlertIds(desk.database, situation.incident.id);
	return { situation, alerts, isWhole: alerts.length < MERGE_ALERTS_MAX };
}

async function readMembers(desk: Desk, incident: string): Promise<Loaded['members']> {
	const row = (await readIncidents(desk.database, [incident])).get(incident);
	if (row === undefined) return null;
	const alerts = await readAlertsOfIncident(desk.database, incident, MERGE_ALERTS_MAX);
	return { row, alerts, isWhole: alerts.length < MERGE_ALERTS_MAX };
}

/**
 * What a fact is about and every place that it speaks for. A step is where its targets are (a step without one where its incident is), an
 * incident at its sites and zones; an account, session, flow, indicator or service, and a target that the inventory lacks, where the steps
 * are that name it. Null for what the inventory answers, or where nothing names it.
 */
async function readSubject(
	desk: Desk,
	name: string,
	word: string | undefined,
	now: number,
): Promise<Loaded['subject']> {
	if (!isFactName(name) || word === undefined) return null;
	const { subject } = FACTS[name];
	switch (subject) {
		case 'asset':
		case 'zone':
		case 'site':
		case 'plant':
			return null;
		case 'incident': {
			const id = await findNamed(desk, word);
			const situation = id === null ? null : await readSituation(desk.database, id);
			if (situation === null) return 'unknown';
			return { id: situation.incident.id, places: orEverywhere(incidentPlaces(desk, situation.incident)) };
		}
		case 'step': {
			const step = await readStep(desk.database, word);
			return step === null ? 'unknown' : { id: step.id, places: await subjectPlaces(desk, [step], now) };
		}
		case 'target':
		case 'account':
		case 'session':
		case 'flow':
		case 'indicator':
		case 'service': {
			if (subject === 'target' && desk.directory.inventory.find(word) !== null) return null;
			const steps = await readStepsNaming(desk.database, word, NAMING_MAX);
			if (steps.length === 0) return null;
			const places = await subjectPlaces(desk, steps, now);
			// More steps than were read: only a role that holds everywhere speaks for all of them.
			return { id: word, places: steps.length < NAMING_MAX ? places : [...places, NOWHERE] };
		}
		default:
			return never(subject);
	}
}

/** Only a role that holds everywhere holds there. */
const NOWHERE: Place = { site: null, zone: null };

function orEverywhere(places: readonly Place[]): readonly Place[] {
	return places.length === 0 ? [NOWHERE] : places;
}

function incidentPlaces({ directory }: Desk, incident: Situation['incident']): Place[] {
	return placesOfIncident(incident, directory.places.zones);
}

/** Where these steps are; one whose targets have no place in the inventory is where its incident is. */
async function subjectPlaces(desk: Desk, steps: readonly Step[], now: number): Promise<readonly Place[]> {
	const found = new Map<string, Place>();
	const incidents = new Map<string, readonly Place[]>();
	for (const step of steps) {
		for (const place of stepPlaces(desk.directory, step, now)) {
			const isPlaced = place.site !== null || place.zone !== null;
			if (!isPlaced && !incidents.has(step.incident)) {
				const situation = await readSituation(desk.database, step.incident);
				incidents.set(step.incident, situation === null ? [] : incidentPlaces(desk, situation.incident));
			}
			for (const one of isPlaced ? [place] : orEverywhere(incidents.get(step.incident) ?? []))
				found.set(`${one.site} ${one.zone}`, one);
		}
	}
	return orEverywhere([...found.values()]);
}
