// What is said in Slack, and when: an incident's card, the requests and notes in its thread, posts of other stages, what was not
// understood. Reads and delivers. What each message says is in views/, how it gets through in deliver.ts.
import type { Incident } from '../domain/incident.ts';
import { SEVERITIES, severityRank } from '../domain/severity.ts';
import { viewKey, viewQuestions } from '../domain/view-question.ts';
import {
	countRecent,
	readCardless,
	readMessage,
	readMessages,
	readNewUnparsed,
	readSituation,
} from '../store/read/chat.ts';
import { readLearnedInForce, readLearnedOf } from '../store/read/learned.ts';
import { type Change, record } from '../store/record.ts';
import type { Message } from './blocks.ts';
import { asViewEntries } from './buttons/view.ts';
import { type Delivered, deliver, EDIT_SPACING_MS, type Outlet, REFUSED_PAUSE_MS, type Wanted } from './deliver.ts';
import { CARD_ALERTS_MAX, insightFor } from './desk-learning.ts';
import type { Directory } from './directory.ts';
import { heldByDrill, isDrillsOwn } from './drill-post.ts';
import { type Desk, readSuggestion } from './perform.ts';
import type { PostedMessage, Situation, Step } from './situation.ts';
import { approvalRequest, askedAgain } from './views/approval-request.ts';
import { cardFor, moreAt } from './views/card.ts';
import { doubtMessage } from './views/doubt.ts';
import { handsMessage } from './views/hands.ts';
import { mergeSuggestion, plainPost, stormDigest, unparsedNotice } from './views/notices.ts';
import { proposalMessage } from './views/proposal.ts';
import { isNoted, timelineNote } from './views/timeline.ts';
import { viewQuestionMessage } from './views/view-question.ts';
import { incidentName, severityWords } from './views/words.ts';

/** Incidents below it have no card of their own: they are in `list`, `status` and App Home. A process-safety alarm always has one. */
const CARD_SEVERITY_MIN = 'medium';
/** New cards within a minute, over all channels; beyond them a digest tells of the rest, worst first, and cards follow. */
const CARDS_PER_MINUTE_MAX = 4;
/** The same for high and critical incidents, and for those in which a step asks people. */
const URGENT_CARDS_PER_MINUTE_MAX = 8;
const ASKING_CARDS_PER_MINUTE_MAX = 16;
/** Requests and instructions that one pass posts to one thread: the rest follows in the next. */
const REQUESTS_PER_PASS_MAX = 10;
/** Notes of one thread are gathered for so long. */
const NOTE_SPACING_MS = 5_000;
const MINUTE_MS = 60_000;
const DIGEST_MAX = 50;
/** So long a post waits for its incident's card; then it stands alone. */
const CARD_WAIT_MS = 30_000;

/** What the messages need of the world. */
export type Room = {
	readonly database: Outlet['database'];
	readonly outlet: Outlet;
	readonly desk: Desk;
	readonly directory: Directory;
	readonly channelOf: (incident: Incident) => string;
	readonly defaultChannel: string;
	readonly now: () => number;
};

/** When a key has to be looked at again; null where everything is said. */
export type Next = number | null;

function sooner(a: Next, b: Next): Next {
	return a === null ? b : b === null ? a : Math.min(a, b);
}

/** What a delivery means for the next look. */
function nextAfter(delivered: Delivered, now: number): Next {
	if (delivered.kind === 'later') return delivered.at;
	return delivered.kind === 'refused' ? now + REFUSED_PAUSE_MS : null;
}

function asksPeople(step: Step): boolean {
	return (
		step.state === 'hands' ||
		step.state === 'in_doubt' ||
		(step.state === 'waiting' && (step.decision?.needs.length ?? 0) > 0)
	);
}

/** Whether an incident is worth a card of its own. */
function needsCard({ incident, steps }: Pick<Situation, 'incident' | 'steps'>): boolean {
	if (incident.state === 'merged' || incident.state === 'resolved') return false;
	return (
		incident.process_safety ||
		severityRank(incident.severity) >= severityRank(CARD_SEVERITY_MIN) ||
		steps.some(asksPeople)
	);
}

/** Brings one incident's card and thread up to date. */
export async function bringCard(room: Room, id: string): Promise<Next> {
	const situation = await readSituation(room.database, id);
	if (situation === null) return null;
	const rows = await readMessages(room.database, id);
	const held = rows.find((row) => row.key === `card:${id}`);
	// Where it stands it stays. One that never got through goes where the routes say now: they may have been put right.
	const channel = held?.ts == null ? room.channelOf(situation.incident) : held.channel;
	if (held === undefined) {
		if (!needsCard(situation)) return null;
		const wait = await stormWait(room, situation, channel);
		if (wait !== null) return wait;
	}
	const insight = await insightFor(room.desk, situation.incident, CARD_ALERTS_MAX);
	const card = await deliver(room.outlet, {
		key: `card:${id}`,
		incident: id,
		channel,
		threadTs: null,
		// A request stands under its card: where people are asked, the card does not queue. Nor does one that has become graver than it shows.
		isUrgent:
			situation.incident.process_safety ||
			(held === undefined ? situation.steps.some(asksPeople) : isGraverThan(held.text, situation.incident)),
		render: (rowId) => cardFor({ ...situation, insight }, rowId, room.directory.naming),
		onPosted: (posted): Change[] => [
			{ op: 'update', table: 'incidents', id, set: { channel: posted.channel, card_ts: posted.ts } },
		],
	});
	const next = nextAfter(card, room.now());
	const ts = 'ts' in card ? card.ts : (held?.ts ?? null);
	if (ts === null) return next;
	// An edit that has to wait does not hold up the people who are asked.
	const thread = { channel: 'channel' in card ? card.channel : channel, ts };
	const requests = await bringRequests(room, situation, rows, thread);
	const notes = await bringNotes(room, situation, rows, thread);
	return [requests, notes].reduce(sooner, next);
}

/** Whether the card that people see names a lower severity than the incident has. */
function isGraverThan(text: string, incident: Situation['incident']): boolean {
	const name = incidentName(incident);
	const shown = SEVERITIES.find((severity) => text.startsWith(`${name} ${severityWords(severity)}`));
	return shown !== undefined && severityRank(incident.severity) > severityRank(shown);
}

/** In a storm: tells of this incident in a digest and says when its card may come. Null where it may come now. */
async function stormWait(room: Room, situation: Situation, channel: string): Promise<Next> {
	const { incident, steps } = situation;
	if (incident.process_safety) return null;
	const now = room.now();
	const most = steps.some(asksPeople)
		? ASKING_CARDS_PER_MINUTE_MAX
		: severityRank(incident.severity) >= severityRank('high')
			? URGENT_CARDS_PER_MINUTE_MAX
			: CARDS_PER_MINUTE_MAX;
	if ((await countRecent(room.database, 'card:', now - MINUTE_MS)) < most) return null;
	const found = await readCardless(room.database, DIGEST_MAX);
	const cardless = found.filter((one) => room.channelOf(one) === channel);
	if (cardless.length > 0) {
		const minute = Math.floor(now / MINUTE_MS);
		await deliver(room.outlet, {
			key: `digest:${channel}:${minute}`,
			incident: null,
			channel,
			threadTs: null,
			// One a minute, and it stands for many: it does not queue.
			isUrgent: true,
			render: () => stormDigest(cardless, found.length < DIGEST_MAX),
		});
	}
	// Spread over the next minute by number, so that they do not all come back at once.
	return now + MINUTE_MS / 2 + (incident.number % 30) * 1_000;
}

type Thread = { readonly channel: string; readonly ts: string };

/** Requests and instructions in the thread: posted once for each step and decision, edited when the matter has moved on. */
async function bringRequests(
	room: Room,
	situation: Situation,
	rows: readonly PostedMessage[],
	thread: Thread,
): Promise<Next> {
	let next: Next = null;
	let posted = 0;
	for (const wanted of [
		...openRequests(room, situation),
		...earlierRequests(room, situation, rows, thread),
		...viewRequests(room, situation),
		...suggestions(room, situation, rows),
		...(await proposals(room, situation, rows)),
	]) {
		const isNew = !rows.some((row) => row.key === wanted.key);
		if (isNew && posted >= REQUESTS_PER_PASS_MAX) return sooner(next, room.now() + EDIT_SPACING_MS);
		if (isNew) posted++;
		const full = 'load' in wanted ? await wanted.load() : wanted;
		if (full === null) continue;
		next = sooner(
			next,
			nextAfter(await deliver(room.outlet, { ...full, channel: thread.channel, threadTs: thread.ts }), room.now()),
		);
	}
	return next;
}

type InThread = Omit<Wanted, 'channel' | 'threadTs'>;
type Loaded = { readonly key: string; readonly load: () => Promise<InThread | null> };

/** What the messages about a step are: a request, instructions, a result that is not known, a request that was overtaken. */
const REQUEST_VIEWS = { ask: approvalRequest, hands: handsMessage, doubt: doubtMessage, asked: askedAgain } as const;
type RequestKind = keyof typeof REQUEST_VIEWS;

function isRequestKind(kind: string | undefined): kind is RequestKind {
	return kind !== undefined && Object.hasOwn(REQUEST_VIEWS, kind);
}

/** @param round the decision's binding, the attempt in doubt, or the id of an overtaken message: what tells two messages on one step apart */
function request(room: Room, situation: Situation, step: Step, kind: RequestKind, round: string): InThread {
	return {
		key: `${kind}:${step.id}:${round}`,
		incident: situation.incident.id,
		// People wait for a request, and a step waits for people: it goes ahead of notes. There are few of them.
		isUrgent: kind !== 'asked',
		render: (id) => REQUEST_VIEWS[kind](situation, step, round, id, room.directory.naming),
	};
}

function openRequests(room: Room, situation: Situation): InThread[] {
	const isClosed = situation.incident.state === 'resolved' || situation.incident.state === 'merged';
	return situation.steps.flatMap((step) => {
		// What has become of a call is asked whatever became of the incident.
		if (step.state === 'in_doubt') return [request(room, situation, step, 'doubt', String(step.attempts))];
		if (isClosed || step.decision === null) return [];
		if (step.state === 'hands') return [request(room, situation, step, 'hands', step.decision.binding)];
		return step.state === 'waiting' && step.decision.needs.length > 0
			? [request(room, situation, step, 'ask', step.decision.binding)]
			: [];
	});
}

/** The questions to control rooms: ahead of everything, because somebody may be blind. */
function viewRequests(room: Room, situation: Situation): InThread[] {
	return viewQuestions(asViewEntries(situation.timeline)).map((question) => ({
		key: `view:${viewKey(question.step, question.zone)}`,
		incident: situation.incident.id,
		isUrgent: true,
		render: (id) => viewQuestionMessage(situation, question, id, room.directory.naming),
	}));
}

/** Requests that stand in the thread and are answered, overtaken or void by now. */
function earlierRequests(room: Room, situation: Situation, rows: readonly PostedMessage[], thread: Thread): InThread[] {
	const open = new Set(openRequests(room, situation).map((wanted) => wanted.key));
	return rows.flatMap((row) => {
		const about = readRequestKey(row.key);
		const step = about === null ? undefined : situation.steps.find((candidate) => candidate.id === about.step);
		if (about === null || step === undefined || open.has(row.key) || row.state === 'pending' || row.state === 'failed')
			return [];
		// Under a card that was deleted: it is over, and does not come again under the new one.
		if (row.state === 'sent' && row.thread_ts !== thread.ts) return [];
		return [request(room, situation, step, about.kind, about.round)];
	});
}

/** `ask:<step>:<binding>`, `hands:...`, `doubt:<step>:<attempt>`, `asked:<step>:<message>`; null for any other key. */
function readRequestKey(
	key: string,
): { readonly kind: RequestKind; readonly step: string; readonly round: string } | null {
	const [kind, step, ...round] = key.split(':');
	if (!isRequestKind(kind) || step === undefined || round.length === 0) return null;
	return { kind, step, round: round.join(':') };
}

/** "Same incident?" for each suggestion in the timeline; read from the database only where it may have changed. */
function suggestions(room: Room, { incident, timeline }: Situation, rows: readonly PostedMessage[]): Loaded[] {
	return timeline
		.filter((entry) => entry.kind === 'incident.merge_suggested' && entry.incident === incident.id)
		.slice(-5)
		.map((entry) => {
			const key = `merge:${entry.id}`;
			const answer = timeline.find(
				(later) =>
					(later.kind === 'incident.merged' || later.kind === 'incident.split') && later.refs.includes(entry.id),
			);
			const load = async (): Promise<InThread | null> => {
				const found = await readSuggestion(room.desk, entry.id);
				const isClosed =
					found === null ||
					[found.into, found.from].some(({ incident: one }) => one.state === 'merged' || one.state === 'resolved');
				if (found === null || (isClosed && !rows.some((row) => row.key === key))) return null;
				const words =
					answer === undefined
						? 'No longer asked: one of them is closed.'
						: answer.kind === 'incident.merged'
							? 'Merged.'
							: 'Kept apart.';
				const closed = answer !== undefined || isClosed ? words : null;
				return {
					key,
					incident: incident.id,
					isUrgent: false,
					render: (id) => mergeSuggestion(found.into.incident, found.from.incident, entry, id, closed),
				};
			};
			return { key, load };
		});
}

/** What clicks asked for, each with its buttons; those that were over before they were told stay untold. */
async function proposals(room: Room, { incident }: Situation, rows: readonly PostedMessage[]): Promise<InThread[]> {
	const learned = await readLearnedOf(room.database, incident.id);
	if (learned.length === 0) return [];
	const now = room.now();
	const inForce = await readLearnedInForce(room.database, now);
	const { naming } = room.directory;
	return learned.flatMap((one): InThread[] => {
		const key = `learn:${one.id}`;
		if (one.state !== 'proposed' && !rows.some((row) => row.key === key)) return [];
		const others = inForce.filter((other) => other.id !== one.id);
		const diff = room.desk.learning.diff(others, [...others, one]);
		return [
			{ key, incident: incident.id, isUrgent: false, render: (id) => proposalMessage(one, diff, id, naming, now) },
		];
	});
}

/** What happened since the last note, as one message in the thread. */
async function bringNotes(
	room: Room,
	situation: Situation,
	rows: readonly PostedMessage[],
	thread: Thread,
): Promise<Next> {
	const id = situation.incident.id;
	const prefix = `note:${id}:`;
	const notes = rows.filter((row) => row.key.startsWith(prefix));
	const common = { incident: id, channel: thread.channel, threadTs: thread.ts, isUrgent: false };
	let refused: Next = null;
	for (const row of notes.filter((note) => note.state !== 'sent')) {
		const delivered = await deliver(room.outlet, { ...common, key: row.key, render: () => asStored(row) });
		if (delivered.kind === 'later') return delivered.at;
		// A note that Slack refuses comes again, also where nothing else happens in the incident.
		refused = sooner(refused, nextAfter(delivered, room.now()));
	}
	const last = Math.max(0, ...notes.map((note) => Number(note.key.slice(prefix.length))));
	const fresh = situation.timeline.filter((entry) => entry.seq > last && isNoted(entry));
	const newest = fresh.at(-1);
	if (newest === undefined) return refused;
	const since = Math.max(0, ...notes.map((note) => note.updated_at));
	if (room.now() - since < NOTE_SPACING_MS) return since + NOTE_SPACING_MS;
	const message = timelineNote(fresh, room.directory.naming, moreAt(situation.incident.number));
	if (message === null) return refused;
	const delivered = await deliver(room.outlet, { ...common, key: `${prefix}${newest.seq}`, render: () => message });
	return sooner(refused, nextAfter(delivered, room.now()));
}

/** A message as it was begun before: blocks that we wrote ourselves, read back from its row. */
function asStored({ text, blocks }: PostedMessage): Message {
	return { text, blocks: (blocks ?? []) as Message['blocks'] };
}

/** A message that another stage wrote into `messages`: under its incident's card where it has one, else in its channel. */
export async function bringPost(room: Room, key: string): Promise<Next> {
	const row = (await readMessage(room.database, { id: key })) ?? (await readMessage(room.database, { key }));
	if (row === null || row.state === 'sent') return null;
	const held = await heldByDrill(room.database, row, room.now());
	if (held !== null) return held === 'never' ? null : held;
	const situation = row.incident === null ? null : await readSituation(room.database, row.incident);
	// A step may be quicker than the card under which its words belong.
	const isEarly =
		situation !== null &&
		situation.incident.card_ts === null &&
		needsCard(situation) &&
		room.now() - row.updated_at < CARD_WAIT_MS;
	if (isEarly && row.state === 'pending') return room.now() + EDIT_SPACING_MS / 2;
	const inThread = row.thread_ts ?? situation?.incident.card_ts ?? null;
	const channel =
		row.channel !== ''
			? row.channel
			: (situation?.incident.channel ??
				(situation === null ? room.defaultChannel : room.channelOf(situation.incident)));
	// A thread belongs to its channel: one of another channel would not be found.
	const threadTs = situation === null || channel === situation.incident.channel ? inThread : row.thread_ts;
	const delivered = await deliver(room.outlet, {
		key: row.key,
		incident: row.incident,
		channel,
		threadTs,
		isUrgent: isDrillsOwn(row) || (situation?.incident.process_safety ?? false),
		// Once begun, the row's text is what notifications show: one line, escaped and cut. The words themselves stand in its blocks from then on.
		render: () => (row.blocks === null ? plainPost(row) : asStored(row)),
	});
	return nextAfter(delivered, room.now());
}

/**
 * How many messages a notice has told of, by its own words. None where nobody knows that it stands as its row says (not sent, found after a
 * restart): what it was to tell of has not been marked as raised either, and is counted with what is new.
 */
function toldOf({ state, sent_hash, text }: Pick<PostedMessage, 'state' | 'sent_hash' | 'text'>): number {
	if (state !== 'sent' || sent_hash === null) return 0;
	return Number((/^(?:\(may be a repeat\) )?([\d,]+)/.exec(text)?.[1] ?? '0').replaceAll(',', ''));
}

/** Tells people of messages that were not understood; all of one source and hour in one message. */
export async function bringUnparsed(room: Room, source: string): Promise<Next> {
	const rows = await readNewUnparsed(room.database, source);
	if (rows.length === 0) return null;
	const now = room.now();
	const key = `unparsed:${source}:${Math.floor(now / (60 * MINUTE_MS))}`;
	const earlier = await readMessage(room.database, { key });
	const before = earlier === null ? 0 : toldOf(earlier);
	const delivered = await deliver(room.outlet, {
		key,
		incident: null,
		channel: room.defaultChannel,
		threadTs: null,
		isUrgent: false,
		render: () => unparsedNotice(source, before + rows.length, rows),
	});
	if (delivered.kind === 'later' || delivered.kind === 'refused') return nextAfter(delivered, now);
	const changes = rows.map(
		(row): Change => ({ op: 'update', table: 'unparsed', id: row.id, set: { state: 'raised' } }),
	);
	await record(room.database, { entries: [], changes }, room.now());
	// More than one read takes may be waiting.
	return room.now() + EDIT_SPACING_MS;
}
