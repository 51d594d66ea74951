// What people do in Slack: clicks, windows, typed commands, App Home. Reads who they are, hands over to perform.ts, tells them the answer.
// What a click means is in buttons/ and commands/; whatever Slack shows, rights are checked there on fresh reads.
import { readMessage, readSituation, readStep } from '../store/read/chat.ts';
import type { Answer } from './answer.ts';
import type { Room } from './bring.ts';
import {
	FEEDBACK_BUTTONS,
	type FeedbackButton,
	isFeedbackButton,
	isLearnedButton,
	LEARNED_BUTTONS,
	type LearnedButton,
} from './buttons/feedback.ts';
import { isButton } from './buttons/index.ts';
import { readTyped } from './commands/index.ts';
import { notesFor, worklistNotes } from './commands/status.ts';
import { insightFor } from './desk-learning.ts';
import { type Acting, actingOf, mayAttest, needsMetBy, peopleWithGroups } from './people.ts';
import {
	performCommand,
	performFeedback,
	performMerge,
	performOnIncident,
	performOnStep,
	performView,
	readCall,
	stepAttestRoles,
	stepPlaces,
	withStandIns,
} from './perform.ts';
import type { PostedMessage, Step } from './situation.ts';
import { type Click, type SlackCalls, SlackFailure, type SlackLog, type Submission, type Typed } from './slack.ts';
import { cut, shown } from './text.ts';
import { homeFor } from './views/home.ts';
import { insightLines } from './views/insight.ts';
import {
	attestModal,
	confirmModal,
	detailsModal,
	type Modal,
	refuseModal,
	resolveModal,
	settleModal,
	sorryModal,
	waitModal,
} from './views/modals.ts';
import { incidentName } from './views/words.ts';

/** What fits an ephemeral message; the rest is on the command line. */
const REPLY_MAX = 3_500;

/** The room with Slack in it. */
export type Counter = Room & { readonly calls: SlackCalls; readonly log: SlackLog };

async function actingFor(room: Counter, user: string): Promise<Acting> {
	const { people, groups } = room.directory;
	const members = await room.calls.members(groups.map((grant) => grant.group));
	return actingOf(user, people, groups, members);
}

/** The desk with the roles that Slack groups lend now: an earlier yes counts only while its role is held, lent ones included. */
async function deskWithGroups({ desk, calls }: Counter): Promise<Counter['desk']> {
	const { people, groups } = desk.directory;
	const members = await calls.members(groups.map((grant) => grant.group));
	return { ...desk, directory: { ...desk.directory, people: peopleWithGroups(people, groups, members) } };
}

/** What a button's value stands for: the row of the message that it stood under. */
async function readValue(
	room: Counter,
	value: string,
): Promise<{
	readonly row: PostedMessage;
	readonly kind: string;
	readonly id: string;
	readonly binding: string;
} | null> {
	const row = /^pst_[0-9a-z]{10,40}$/.test(value) ? await readMessage(room.database, { id: value }) : null;
	if (row === null) return null;
	const [kind = '', id = '', ...binding] = row.key.split(':');
	return { row, kind, id, binding: binding.join(':') };
}

const NO_TICKS = { shown: 0, ticked: 0 };
const NOT_RECORDED =
	'Not recorded: something of Interlock did not answer. Press again; if that does not help: interlock incident on the command line.';
const UNKNOWN_BUTTON = 'I do not know this button any more. Open incidents: /interlock list';

/** A click whose work fails is not silent: the person is told that nothing was recorded, and can press again. */
export async function takeClick(room: Counter, click: Click): Promise<void> {
	await told(room, click, async () => await workClick(room, click));
}

async function told(
	room: Counter,
	to: { readonly channel: string | null; readonly user: string; readonly threadTs: string | null },
	work: () => Promise<void>,
): Promise<void> {
	try {
		await work();
	} catch (cause) {
		await whisper(room, to, NOT_RECORDED);
		throw cause;
	}
}

async function workClick(room: Counter, click: Click): Promise<void> {
	const name = click.action;
	if (isFeedbackButton(name) || isLearnedButton(name)) return await workLearning(room, click, name);
	if (name === 'details') return await openDetails(room, click);
	if (!isButton(name)) return;
	// Windows first: a trigger is dead after three seconds, whatever the database is doing. What may be done is judged at submission.
	if (name === 'refuse') return void (await openWindow(room, click, refuseModal(click.value)));
	if (name === 'resolve') return void (await openWindow(room, click, resolveModal(click.value)));
	if (name === 'attest') return await openAttest(room, click);
	if (name === 'settle_done' || name === 'settle_not_done')
		return void (await openWindow(room, click, settleModal(click.value, name === 'settle_done')));
	const about = await readValue(room, click.value);
	if (about === null) return await whisper(room, click, UNKNOWN_BUTTON);
	const acting = await actingFor(room, click.user);
	let answer: Answer | null = null;
	if ((name === 'approve' || name === 'ask_again') && about.kind === 'ask') {
		answer = await performOnStep(room.desk, {
			acting,
			step: about.id,
			binding: about.binding,
			button: name,
			reason: null,
			ticks: NO_TICKS,
		});
		// Read first, and then the window: what has to be typed stands in it. Where the trigger has died meanwhile, the person is told.
		if (answer.asks !== undefined)
			return void (await openWindow(
				room,
				click,
				confirmModal(click.value, await readStep(room.database, about.id), answer.asks),
			));
	} else if (name === 'acknowledge' && about.kind === 'card') {
		answer = await performOnIncident(room.desk, { acting, incident: about.id, button: 'acknowledge', reason: null });
	} else if ((name === 'view_alive' || name === 'view_impaired' || name === 'view_lost') && about.kind === 'view') {
		const zone = about.binding === '' ? null : about.binding;
		answer = await performView(await deskWithGroups(room), { acting, step: about.id, zone, button: name });
	} else if ((name === 'merge_yes' || name === 'merge_no') && about.kind === 'merge') {
		answer = await performMerge(room.desk, { acting, suggestion: about.id, button: name });
	}
	await whisper(room, click, answer?.reply ?? UNKNOWN_BUTTON);
}

/** What people say the program got wrong, and what becomes of what was proposed: the same words as the typed commands. */
async function workLearning(room: Counter, click: Click, name: FeedbackButton | LearnedButton): Promise<void> {
	const about = await readValue(room, click.value);
	const acting = await actingFor(room, click.user);
	let answer: Answer | null = null;
	if (isFeedbackButton(name) && about?.kind === 'card')
		answer = await performFeedback(room.desk, acting, about.id, FEEDBACK_BUTTONS[name]);
	else if (isLearnedButton(name) && about?.kind === 'learn')
		answer = await performCommand(await deskWithGroups(room), acting, LEARNED_BUTTONS[name], [about.id]);
	await whisper(room, click, answer?.reply ?? UNKNOWN_BUTTON);
}

/** Opens at once, reads what is known beyond the card, then shows it. Reading needs no role: who is in the channel reads the card. */
async function openDetails(room: Counter, click: Click): Promise<void> {
	const viewId = await openWindow(room, click, waitModal());
	if (viewId === null) return;
	const about = await readValue(room, click.value);
	const situation = about?.kind === 'card' ? await readSituation(room.database, about.id) : null;
	const view =
		situation === null
			? sorryModal(UNKNOWN_BUTTON)
			: detailsModal(
					incidentName(situation.incident),
					insightLines(await insightFor(room.desk, situation.incident), room.directory.naming),
				);
	await room.calls.updateModal(viewId, view);
}

/** The window's id; null where Slack would not open it, which the person is told. */
async function openWindow(room: Counter, click: Click, view: Modal): Promise<string | null> {
	try {
		return await room.calls.openModal(click.triggerId, view);
	} catch (cause) {
		room.log.warn('a window could not be opened in Slack', {
			cause: cause instanceof Error ? cause.message : String(cause),
		});
		await whisper(
			room,
			click,
			'The window could not be opened. Press again, or use the command line: interlock incident',
		);
		return null;
	}
}

/** Opens at once, reads the step, then shows its checklist. */
async function openAttest(room: Counter, click: Click): Promise<void> {
	const viewId = await openWindow(room, click, waitModal());
	if (viewId === null) return;
	const about = await readValue(room, click.value);
	const step = about?.kind === 'hands' ? await readStep(room.database, about.id) : null;
	await room.calls.updateModal(viewId, step === null ? sorryModal(UNKNOWN_BUTTON) : attestModal(click.value, step));
}

/** The field without which a window is not taken. */
const WORDS_NEEDED: Readonly<Record<string, string>> = {
	refuse: 'reason',
	resolve: 'resolution',
	settle_done: 'note',
	settle_not_done: 'note',
};

/** What the window itself can say at once: words that are missing, boxes that are not ticked. */
export function checkSubmission(submission: Submission): Readonly<Record<string, string>> | null {
	const field = WORDS_NEEDED[submission.callback] ?? null;
	if (field !== null && (submission.fields[field] ?? '').trim().length < 2)
		return { [field]: 'Please write at least a few words.' };
	if (submission.callback === 'attest' && submission.ticks.ticked < submission.ticks.shown) {
		return {
			checklist0: `${submission.ticks.ticked} of ${submission.ticks.shown} are ticked: do the rest first, or say in the thread why it cannot be done.`,
		};
	}
	return null;
}

/** The kind of message under which each window's button stands. */
const MESSAGE_OF = {
	approve: 'ask',
	refuse: 'ask',
	attest: 'hands',
	settle_done: 'doubt',
	settle_not_done: 'doubt',
} as const;

function isOnStep(callback: string): callback is keyof typeof MESSAGE_OF {
	return Object.hasOwn(MESSAGE_OF, callback);
}

/** Works what a window sent back. */
export async function takeSubmission(room: Counter, submission: Submission): Promise<void> {
	await told(
		room,
		{ channel: null, user: submission.user, threadTs: null },
		async () => await workSubmission(room, submission),
	);
}

async function workSubmission(room: Counter, submission: Submission): Promise<void> {
	const about = await readValue(room, submission.messageId);
	const place = { channel: about?.row.channel ?? null, user: submission.user, threadTs: about?.row.thread_ts ?? null };
	if (about === null) return await whisper(room, place, UNKNOWN_BUTTON);
	const acting = await actingFor(room, submission.user);
	const { callback } = submission;
	let answer: Answer | null = null;
	if (isOnStep(callback) && about.kind === MESSAGE_OF[callback]) {
		const reason = submission.fields[callback === 'refuse' ? 'reason' : 'note'] ?? null;
		answer = await performOnStep(room.desk, {
			acting,
			step: about.id,
			binding: about.binding,
			button: callback,
			reason,
			...(callback === 'approve' ? { typed: submission.fields['confirmation'] ?? '' } : {}),
			ticks: submission.ticks,
		});
	} else if (callback === 'resolve' && about.kind === 'card') {
		answer = await performOnIncident(room.desk, {
			acting,
			incident: about.id,
			button: 'resolve',
			reason: submission.fields['resolution'] ?? null,
		});
	}
	const threadTs = about.kind === 'card' ? about.row.ts : place.threadTs;
	await whisper(room, { ...place, threadTs }, answer?.reply ?? UNKNOWN_BUTTON);
}

/** Answers a typed command with text. */
export async function takeCommand(room: Counter, typed: Typed): Promise<string> {
	const { name, words } = readTyped(typed.text);
	try {
		const answer = await performCommand(await deskWithGroups(room), await actingFor(room, typed.user), name, words);
		return fitReply(answer.reply, name, typed.text);
	} catch (cause) {
		room.log.error('a command could not be worked', {
			command: name,
			cause: cause instanceof Error ? cause.message : String(cause),
		});
		return `Not done: the database did not answer. Nothing was recorded. Try again, or on the command line: interlock incident ${name}`;
	}
}

/** What is too long for an answer in Slack ends at a line, and says that it does and where the whole of it is: the card names these commands for it. */
function fitReply(text: string, name: string, typed: string): string {
	if (text.length <= REPLY_MAX) return text;
	const line = `${name === 'drill' ? '' : 'incident '}${shown(typed, 80)}`;
	const hint = `Not all of it fits here. The whole of it, on the command line: interlock ${line}`;
	const head = cut(text, REPLY_MAX - hint.length - 1);
	const end = head.lastIndexOf('\n');
	return `${end > 0 ? head.slice(0, end) : head}\n${hint}`;
}

/** Shows the person what is open and what waits for them. */
export async function showHome(room: Counter, user: string): Promise<void> {
	const standing = await withStandIns(room.desk, await actingFor(room, user), room.now());
	const call = await readCall(room.desk, standing, [], null, ['worklist'], room.now());
	const { person } = standing.acting;
	const mine = call.pending.flatMap((step) => {
		const incident = call.open.find((one) => one.id === step.incident);
		return incident !== undefined && person !== null && mayAct(room, person, step) ? [{ incident, step }] : [];
	});
	await room.calls.publishHome(
		user,
		homeFor(
			person?.name ?? null,
			call.open,
			call.totals.open,
			mine,
			[...notesFor(call), ...worklistNotes(call)],
			room.directory.naming,
		),
	);
}

function mayAct(room: Counter, person: NonNullable<Acting['person']>, step: Step): boolean {
	const places = stepPlaces(room.directory, step, room.now());
	if (step.state === 'in_doubt' && (step.decision?.needs.length ?? 0) > 0 && step.decision !== null)
		return needsMetBy(person, step.decision, places).length > 0;
	if (step.state === 'hands' || step.state === 'in_doubt')
		return mayAttest(person, stepAttestRoles(room.directory, step), places);
	return (
		step.decision !== null && step.requested_by !== person.id && needsMetBy(person, step.decision, places).length > 0
	);
}

/** Words for one person; where they do not get through, what was recorded stands all the same. */
async function whisper(
	room: Counter,
	to: { readonly channel: string | null; readonly user: string; readonly threadTs: string | null },
	text: string,
): Promise<void> {
	try {
		await room.calls.whisper(to.channel, to.user, to.threadTs, cut(text, REPLY_MAX));
	} catch (cause) {
		if (!(cause instanceof SlackFailure)) throw cause;
		room.log.warn('an answer did not reach the person', { cause: cause.message });
	}
}
