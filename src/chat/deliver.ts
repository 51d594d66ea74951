// One message of ours, brought to Slack or brought up to date: intent before, result after, so that a crash in between neither loses
// it nor posts it twice. What it says is handed in; when it is said and what follows is chat.ts's business.
//
//   (no row) -> intent -> sent          posted
//   intent, young                       another worker is at it: later
//   intent, old                         a crash: looked up by its key, posted again only if it is not there
//   pending, failed                     posted again (nothing got through before)
//   sent                                edited where what people would see differs; posted anew where it, or the card above it, is gone
import { makeId } from '../domain/id.ts';
import type { Database } from '../store/database.ts';
import { readMessage } from '../store/read/chat.ts';
import { type Change, Conflict, cryptoRandom, record } from '../store/record.ts';
import { type Message, messageHash } from './blocks.ts';
import { inDrill } from './drill-mark.ts';
import type { PostedMessage } from './situation.ts';
import { type Posted, type SlackCalls, SlackFailure, type SlackLog } from './slack.ts';
import { markRepeat } from './views/notices.ts';

/** Longer than a call can take with its tries: an intent older than this belongs to nobody any more. */
const INTENT_MAX_MS = 20_000;
/** One card is edited no more often than this; what happens meanwhile is in the next edit. */
export const EDIT_SPACING_MS = 2_000;
/** A message that Slack refused is tried again after this, or when somebody has repaired what was wrong. */
export const REFUSED_PAUSE_MS = 60_000;
/** Codes after which the message that should be edited is gone: it is posted anew. */
const GONE_CODES = ['message_not_found', 'cant_update_message', 'edit_window_closed'];
/** Codes that the same words would meet again, and those of a server that cannot edit. All other refusals people repair: an invitation, a token, a scope. */
const LASTING_CODES = [
	'invalid_blocks',
	'invalid_blocks_format',
	'invalid_arguments',
	'msg_too_long',
	'msg_blocks_too_long',
	'no_text',
	'unknown_method',
];
/** Between tries of an edit that was refused: a tenth of the message's age, so that an archived channel of last month costs next to nothing. */
const EDIT_PAUSE_MAX_MS = 15 * 60_000;
/** Somebody else may be at the same row, at most a few times in a row. */
const FORGET_TRIES_MAX = 5;

export type Outlet = {
	readonly database: Database;
	readonly calls: SlackCalls;
	readonly now: () => number;
	readonly log: SlackLog;
	readonly count: (name: string, labels: Readonly<Record<string, string>>) => void;
};

export type Wanted = {
	/** What this message is; one row and one message in Slack for each key, ever. */
	readonly key: string;
	readonly incident: string | null;
	readonly channel: string;
	readonly threadTs: string | null;
	readonly isUrgent: boolean;
	/** What it says, given its own row's id (what buttons carry); called again for every edit. */
	readonly render: (id: string) => Message;
	/** Rows that change together with the news that it was posted. */
	readonly onPosted?: (posted: Posted) => readonly Change[];
};

export type Delivered =
	| { readonly kind: 'sent' | 'edited' | 'unchanged'; readonly channel: string; readonly ts: string }
	/** Not now: come back at this instant. Nothing is lost. */
	| { readonly kind: 'later'; readonly at: number }
	| { readonly kind: 'refused'; readonly code: string };

export async function deliver(outlet: Outlet, asked: Wanted): Promise<Delivered> {
	const wanted = inDrill(asked);
	try {
		const row = await readMessage(outlet.database, { key: wanted.key });
		switch (row?.state) {
			case 'sent':
				return await edit(outlet, wanted, row);
			case 'intent':
				return await clearUp(outlet, wanted, row);
			case 'failed':
				if (outlet.now() - row.updated_at < REFUSED_PAUSE_MS) return { kind: 'refused', code: row.error ?? 'unknown' };
				break;
			case 'pending':
			case undefined:
		}
		const at = turnFor(outlet, wanted);
		if (at > outlet.now()) return { kind: 'later', at };
		return row === null ? await postNew(outlet, wanted) : await postAgain(outlet, wanted, row, false);
	} catch (cause) {
		// Another worker was quicker; it brings the news.
		if (cause instanceof Conflict || isTaken(cause)) return { kind: 'later', at: outlet.now() + EDIT_SPACING_MS };
		if (cause instanceof SlackFailure && cause.fault.kind === 'unavailable')
			return { kind: 'later', at: cause.fault.retryAt };
		throw cause;
	}
}

/** A turn in the channel, asked for before the intent is written: who has to wait leaves no trace. */
function turnFor({ calls }: Outlet, { channel, key, isUrgent }: Wanted): number {
	return calls.turn(channel, key, isUrgent);
}

/** Two workers began the same message: the unique key let one of them (SQLSTATE 23505, wherever the driver's layers put it). */
export function isTaken(cause: unknown, depth = 0): boolean {
	if (!(cause instanceof Error) || depth > 3) return false;
	return ('code' in cause && cause.code === '23505') || isTaken(cause.cause, depth + 1);
}

async function postNew(outlet: Outlet, wanted: Wanted): Promise<Delivered> {
	const now = outlet.now();
	const id = makeId('pst', now, cryptoRandom);
	const message = wanted.render(id);
	const row = {
		id,
		key: wanted.key,
		incident: wanted.incident,
		channel: wanted.channel,
		thread_ts: wanted.threadTs,
		text: message.text,
		blocks: [...message.blocks],
		state: 'intent' as const,
		created_at: now,
		updated_at: now,
	};
	// INVARIANT: the intent is committed before the call, so a crash in the call leaves a row that tells the next worker to look.
	await record(
		outlet.database,
		{ entries: [entry('message.intent', wanted, id, now)], changes: [{ op: 'insert', table: 'messages', row }] },
		now,
	);
	return await send(outlet, wanted, { id, updated_at: now }, message);
}

/** Takes the row for this worker and posts; `isRepeat` where it may be there already. */
async function postAgain(outlet: Outlet, wanted: Wanted, row: PostedMessage, isRepeat: boolean): Promise<Delivered> {
	const now = Math.max(outlet.now(), row.updated_at + 1);
	const message = isRepeat ? markRepeat(wanted.render(row.id)) : wanted.render(row.id);
	await record(
		outlet.database,
		{
			entries: [entry('message.intent', wanted, row.id, now, { again: true, may_repeat: isRepeat })],
			changes: [
				{
					op: 'update',
					table: 'messages',
					id: row.id,
					set: {
						state: 'intent',
						channel: wanted.channel,
						thread_ts: wanted.threadTs,
						text: message.text,
						blocks: [...message.blocks],
						ts: null,
						error: null,
						updated_at: now,
					},
					expect: { state: row.state, updated_at: row.updated_at },
				},
			],
		},
		now,
	);
	return await send(outlet, wanted, { id: row.id, updated_at: now }, message);
}

/** An intent without a result: young ones are being worked, old ones are looked up in Slack before anything is posted again. */
async function clearUp(outlet: Outlet, wanted: Wanted, row: PostedMessage): Promise<Delivered> {
	const age = outlet.now() - row.updated_at;
	if (age < INTENT_MAX_MS) return { kind: 'later', at: row.updated_at + INTENT_MAX_MS };
	const found = await outlet.calls.find(row.channel, row.thread_ts, row.key, row.updated_at);
	if (found === 'absent') return await postAgain(outlet, wanted, row, false);
	if (found === 'unknown') return await postAgain(outlet, wanted, row, true);
	outlet.log.info('a message whose fate was unknown was found in Slack', { key: row.key });
	// Recorded without a hash, so that the next look brings it up to date.
	await markSent(outlet, wanted, row, found, null, 'found after a restart');
	return { kind: 'later', at: outlet.now() + EDIT_SPACING_MS };
}

async function send(
	outlet: Outlet,
	wanted: Wanted,
	row: { readonly id: string; readonly updated_at: number },
	message: Message,
): Promise<Delivered> {
	try {
		const posted = await outlet.calls.post({
			...message,
			channel: wanted.channel,
			threadTs: wanted.threadTs,
			key: wanted.key,
		});
		return await markSent(outlet, wanted, row, posted, message, null);
	} catch (cause) {
		if (!(cause instanceof SlackFailure)) throw cause;
		const now = outlet.now();
		const { fault } = cause;
		if (fault.kind === 'refused') return await markRefused(outlet, wanted, row, fault, { state: 'failed' });
		// Unknown whether it got through: the intent stands, and is looked up when it has grown old.
		if (fault.isAmbiguous) return { kind: 'later', at: Math.max(fault.retryAt, now + INTENT_MAX_MS) };
		await record(
			outlet.database,
			{
				entries: [],
				changes: [
					{
						op: 'update',
						table: 'messages',
						id: row.id,
						set: { state: 'pending', updated_at: now },
						expect: { state: 'intent', updated_at: row.updated_at },
					},
				],
			},
			now,
		);
		return { kind: 'later', at: fault.retryAt };
	}
}

async function markSent(
	outlet: Outlet,
	wanted: Wanted,
	row: { readonly id: string; readonly updated_at: number },
	posted: Posted,
	message: Message | null,
	note: string | null,
): Promise<Delivered> {
	const now = outlet.now();
	const hash = message === null ? null : messageHash(message);
	const at = Math.max(now, row.updated_at + 1);
	await record(
		outlet.database,
		{
			entries: [entry('message.sent', wanted, row.id, now, { channel: posted.channel, ts: posted.ts, hash, note })],
			changes: [
				{
					op: 'update',
					table: 'messages',
					id: row.id,
					set: { state: 'sent', channel: posted.channel, ts: posted.ts, sent_hash: hash, error: null, updated_at: at },
					expect: { updated_at: row.updated_at },
				},
				...(wanted.onPosted?.(posted) ?? []),
			],
		},
		now,
	);
	outlet.count('slack_message', { what: wanted.key.split(':')[0] ?? '', result: 'sent' });
	return { kind: 'sent', channel: posted.channel, ts: posted.ts };
}

async function markRefused(
	outlet: Outlet,
	wanted: Wanted,
	row: Pick<PostedMessage, 'id' | 'updated_at'> & Partial<Pick<PostedMessage, 'sent_hash' | 'error'>>,
	{ code, detail }: { readonly code: string; readonly detail: string },
	set: { readonly state: 'failed' } | { readonly sent_hash: string },
): Promise<Delivered> {
	const now = outlet.now();
	outlet.count('slack_message', { what: wanted.key.split(':')[0] ?? '', result: 'refused' });
	// The same edit refused for the same reason once more: told and recorded the first time.
	const isKnown = 'sent_hash' in set && row.sent_hash === set.sent_hash && row.error === code;
	if (!isKnown) outlet.log.error('Slack refused a message', { key: wanted.key, channel: wanted.channel, code, detail });
	await record(
		outlet.database,
		{
			entries: isKnown
				? []
				: [
						entry('message.failed', wanted, row.id, now, { channel: wanted.channel, code, detail }),
						{
							kind: 'program.fault',
							actor: { kind: 'system', id: 'chat' },
							at: now,
							incident: wanted.incident,
							refs: [row.id],
							data: {
								part: 'slack',
								what: `Slack refuses messages to ${wanted.channel} (${code}): ${refusedHelp(code)}`,
							},
						},
					],
			changes: [
				{
					op: 'update',
					table: 'messages',
					id: row.id,
					set: { ...set, error: code, updated_at: Math.max(now, row.updated_at + 1) },
					expect: { updated_at: row.updated_at },
				},
			],
		},
		now,
	);
	return { kind: 'refused', code };
}

/** The way out, for the person who reads the fault. */
function refusedHelp(code: string): string {
	switch (code) {
		case 'channel_not_found':
		case 'not_in_channel':
		case 'is_archived':
		case 'is_inactive':
			return 'invite the app to the channel, or name another one in SLACK_CHANNEL or routes.yaml';
		case 'invalid_auth':
		case 'not_authed':
		case 'token_revoked':
		case 'account_inactive':
			return 'the bot token is not valid any more: install the app again and set SLACK_BOT_TOKEN';
		case 'missing_scope':
			return 'the app lacks a scope: compare it with docs/slack-manifest.yaml and install it again';
		default:
			return 'incidents are handled all the same; people can use interlock incident';
	}
}

async function edit(outlet: Outlet, wanted: Wanted, row: PostedMessage): Promise<Delivered> {
	const { ts, channel } = row;
	if (ts === null) return await postAgain(outlet, wanted, row, false);
	// Its card was deleted and has come again: nobody finds what stands in a thread without a beginning. Buttons carry the row, so both count.
	if (wanted.threadTs !== null && row.thread_ts !== null && row.thread_ts !== wanted.threadTs) {
		const at = turnFor(outlet, wanted);
		return at > outlet.now() ? { kind: 'later', at } : await postAgain(outlet, wanted, row, false);
	}
	const message = wanted.render(row.id);
	const hash = messageHash(message);
	const now = outlet.now();
	if (hash === row.sent_hash) {
		// INVARIANT: a hash beside an error is of words that were refused and do not stand in Slack.
		if (row.error === null || isLasting(row.error)) return { kind: 'unchanged', channel, ts };
		if (now - row.updated_at < editPause(row, now)) return { kind: 'refused', code: row.error };
	}
	if (!wanted.isUrgent && now - row.updated_at < EDIT_SPACING_MS)
		return { kind: 'later', at: row.updated_at + EDIT_SPACING_MS };
	const turn = turnFor(outlet, wanted);
	if (turn > now) return { kind: 'later', at: turn };
	try {
		await outlet.calls.update(channel, ts, message);
	} catch (cause) {
		if (!(cause instanceof SlackFailure) || cause.fault.kind !== 'refused') throw cause;
		if (GONE_CODES.includes(cause.fault.code)) return await postAgain(outlet, wanted, row, false);
		// What stands in Slack stays until the words change or people have repaired what was wrong.
		return await markRefused(outlet, wanted, row, cause.fault, { sent_hash: hash });
	}
	const at = Math.max(outlet.now(), row.updated_at + 1);
	try {
		await record(
			outlet.database,
			{
				entries: [entry('message.sent', wanted, row.id, at, { channel, ts, hash, edit: true })],
				changes: [
					{
						op: 'update',
						table: 'messages',
						id: row.id,
						set: { text: message.text, blocks: [...message.blocks], sent_hash: hash, error: null, updated_at: at },
						expect: { updated_at: row.updated_at },
					},
				],
			},
			at,
		);
	} catch (cause) {
		if (cause instanceof Conflict) await forgetSent(outlet, row.id);
		throw cause;
	}
	outlet.count('slack_message', { what: wanted.key.split(':')[0] ?? '', result: 'edited' });
	return { kind: 'edited', channel, ts };
}

/**
 * Two processes have edited one message, and nobody knows whose words stand: its hash is forgotten, so that the next look edits it once more.
 * Otherwise a slow call with old words stands over a newer one, and the row says that all is told.
 */
async function forgetSent(outlet: Outlet, id: string): Promise<void> {
	for (let attempt = 1; ; attempt++) {
		const row = await readMessage(outlet.database, { id });
		if (row === null || row.state !== 'sent' || row.sent_hash === null) return;
		const set = { sent_hash: null, updated_at: Math.max(outlet.now(), row.updated_at + 1) };
		const expect = { state: row.state, updated_at: row.updated_at };
		try {
			await record(
				outlet.database,
				{ entries: [], changes: [{ op: 'update', table: 'messages', id, set, expect }] },
				outlet.now(),
			);
			return;
		} catch (cause) {
			if (!(cause instanceof Conflict) || attempt >= FORGET_TRIES_MAX) throw cause;
		}
	}
}

function isLasting(code: string): boolean {
	return LASTING_CODES.includes(code) || code.startsWith('http_');
}

function editPause({ created_at }: PostedMessage, now: number): number {
	return Math.min(EDIT_PAUSE_MAX_MS, Math.max(REFUSED_PAUSE_MS, (now - created_at) / 10));
}

function entry(
	kind: 'message.intent' | 'message.sent' | 'message.failed',
	wanted: Wanted,
	id: string,
	at: number,
	data: Record<string, string | boolean | null> = {},
) {
	return {
		kind,
		actor: { kind: 'bot' as const, id: 'chat' },
		at,
		incident: wanted.incident,
		refs: [id],
		data: { key: wanted.key, ...data },
	};
}
