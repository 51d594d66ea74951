// conversations.*, bookmarks, pins and reactions: the rooms and what hangs in them.
import { SlackApiError } from '../api-error.ts';
import type { JsonObject } from '../json.ts';
import { BOOKMARKS_PER_CHANNEL_MAX, CHANNEL_NAME_MAX, CHANNELS_PER_PAGE_MAX, PINS_PER_CHANNEL_MAX } from '../limits.ts';
import { pageOf } from '../pages.ts';
import { type Channel, messageJson, type Workspace } from '../workspace.ts';
import { type Call, channelOf, type Method, messageOf, ownChannelOf } from './call.ts';

function channelJson(workspace: Workspace, channel: Channel, withCount: boolean): JsonObject {
	const shared = {
		id: channel.id,
		created: Math.floor(channel.createdAt / 1000),
		is_archived: channel.isArchived,
		context_team_id: workspace.team.id,
	};
	const person = [...channel.members].find((member) => member !== workspace.bot.userId);
	if (channel.kind === 'im') return { ...shared, is_im: true, user: person, is_user_deleted: false, priority: 0 };
	const info = (value: string): JsonObject => ({ value, creator: value === '' ? '' : channel.creator, last_set: 0 });
	return {
		...shared,
		name: channel.name,
		name_normalized: channel.name,
		is_channel: channel.kind === 'public',
		is_group: channel.kind === 'private',
		is_im: false,
		is_mpim: channel.kind === 'mpim',
		is_private: channel.kind !== 'public',
		is_general: false,
		is_member: channel.members.has(workspace.bot.userId),
		creator: channel.creator,
		topic: info(channel.topic),
		purpose: info(channel.purpose),
		...(withCount ? { num_members: channel.members.size } : {}),
	};
}

const KIND_OF_TYPE: { readonly [type: string]: Channel['kind'] } = {
	public_channel: 'public',
	private_channel: 'private',
	im: 'im',
	mpim: 'mpim',
};

function visibleChannels(call: Call, member: string | null): Channel[] {
	const types = call.args.has('types') ? call.args.ids('types') : ['public_channel'];
	for (const type of types) if (!Object.hasOwn(KIND_OF_TYPE, type)) throw new SlackApiError('invalid_types');
	const kinds = new Set(types.map((type) => KIND_OF_TYPE[type]));
	const bot = call.workspace.bot.userId;
	return [...call.workspace.channels.values()].filter(
		(channel) =>
			kinds.has(channel.kind) &&
			(channel.kind === 'public' || channel.members.has(bot)) &&
			(member === null || channel.members.has(member)) &&
			!(call.args.flag('exclude_archived') && channel.isArchived),
	);
}

const list: Method = (call) => {
	const page = pageOf(visibleChannels(call, null), call.args, 100, CHANNELS_PER_PAGE_MAX);
	return {
		ok: true,
		channels: page.items.map((channel) => channelJson(call.workspace, channel, true)),
		response_metadata: page.metadata,
	};
};

const usersConversations: Method = (call) => {
	const member = call.args.has('user') ? call.args.text('user') : call.workspace.bot.userId;
	const page = pageOf(visibleChannels(call, member), call.args, 100, CHANNELS_PER_PAGE_MAX);
	return {
		ok: true,
		channels: page.items.map((channel) => channelJson(call.workspace, channel, false)),
		response_metadata: page.metadata,
	};
};

/** Names are lower-case letters, digits, hyphens and underscores, at most 80; a taken one stays taken when archived. */
const create: Method = (call) => {
	const name = call.args.text('name');
	if (name === '') throw new SlackApiError('invalid_name_required');
	if (name.length > CHANNEL_NAME_MAX) throw new SlackApiError('invalid_name_maxlength');
	if (/^[-_]+$/.test(name)) throw new SlackApiError('invalid_name_punctuation');
	if (!/^[\p{Ll}\p{Lo}\p{N}_-]+$/u.test(name)) throw new SlackApiError('invalid_name_specials');
	if (call.workspace.findChannel(name)) throw new SlackApiError('name_taken');
	const bot = call.workspace.bot.userId;
	const channel = call.workspace.addChannel(name, call.args.flag('is_private') ? 'private' : 'public', bot, [bot]);
	return { ok: true, channel: channelJson(call.workspace, channel, false) };
};

const info: Method = (call) => {
	const channel = channelOf(call);
	return { ok: true, channel: channelJson(call.workspace, channel, call.args.flag('include_num_members')) };
};

const open: Method = (call) => {
	if (call.args.has('channel')) return { ok: true, channel: channelJson(call.workspace, channelOf(call), false) };
	const users = call.args.ids('users');
	if (users.length === 0) throw new SlackApiError('users_list_not_supplied');
	for (const user of users) if (!call.workspace.person(user)) throw new SlackApiError('user_not_found');
	const [first] = users;
	if (users.length === 1 && first !== undefined)
		return { ok: true, channel: { id: call.workspace.directChannel(first).id } };
	const members = new Set([call.workspace.bot.userId, ...users]);
	const same = [...call.workspace.channels.values()].find(
		(channel) =>
			channel.kind === 'mpim' &&
			channel.members.size === members.size &&
			[...members].every((member) => channel.members.has(member)),
	);
	const name = `mpdm-${[...members].map((member) => call.workspace.person(member)?.name ?? 'bot').join('--')}-1`.slice(
		0,
		CHANNEL_NAME_MAX,
	);
	const channel = same ?? call.workspace.addChannel(name, 'mpim', call.workspace.bot.userId, members);
	return { ok: true, channel: { id: channel.id } };
};

const join: Method = (call) => {
	const channel = channelOf(call);
	if (channel.isArchived) throw new SlackApiError('is_archived');
	if (channel.kind !== 'public') throw new SlackApiError('method_not_supported_for_channel_type');
	const wasMember = channel.members.has(call.workspace.bot.userId);
	channel.members.add(call.workspace.bot.userId);
	call.workspace.changed();
	const body = { ok: true, channel: channelJson(call.workspace, channel, false) };
	return wasMember
		? { ...body, warning: 'already_in_channel', response_metadata: { warnings: ['already_in_channel'] } }
		: body;
};

const invite: Method = (call) => {
	const channel = ownChannelOf(call);
	const users = call.args.ids('users');
	if (users.length === 0) throw new SlackApiError('no_user');
	for (const user of users) {
		if (user === call.workspace.bot.userId) throw new SlackApiError('cant_invite_self');
		if (!call.workspace.person(user)) throw new SlackApiError('user_not_found');
	}
	const fresh = users.filter((user) => !channel.members.has(user));
	if (fresh.length === 0) throw new SlackApiError('already_in_channel');
	for (const user of fresh) channel.members.add(user);
	call.workspace.changed();
	return { ok: true, channel: channelJson(call.workspace, channel, false) };
};

const members: Method = (call) => {
	const page = pageOf([...channelOf(call).members], call.args, 100, CHANNELS_PER_PAGE_MAX);
	return { ok: true, members: page.items, response_metadata: page.metadata };
};

function within(call: Call, ts: string): boolean {
	const { oldest, latest } = { oldest: call.args.text('oldest'), latest: call.args.text('latest') };
	const isInclusive = call.args.flag('inclusive');
	const after = oldest === '' || Number(ts) > Number(oldest) || (isInclusive && ts === oldest);
	const before = latest === '' || Number(ts) < Number(latest) || (isInclusive && ts === latest);
	return after && before;
}

const history: Method = (call) => {
	const channel = ownChannelOf(call);
	const all = channel.messages
		.filter(
			(message) =>
				message.ephemeralTo === null && (message.threadTs === null || message.isBroadcast) && within(call, message.ts),
		)
		.reverse();
	const page = pageOf(all, call.args, 100, 999);
	const messages = page.items.map((message) =>
		messageJson(call.workspace, message, call.args.flag('include_all_metadata')),
	);
	const pins = channel.messages.filter((message) => message.isPinned).length;
	return {
		ok: true,
		messages,
		has_more: page.hasMore,
		pin_count: pins,
		...(page.hasMore ? { response_metadata: page.metadata } : {}),
	};
};

const replies: Method = (call) => {
	const channel = ownChannelOf(call);
	const message = messageOf(call, channel, 'ts', 'thread_not_found');
	const parent =
		message.threadTs === null ? message : (call.workspace.findMessage(channel, message.threadTs) ?? message);
	const thread = call.workspace.replies(channel, parent.ts).filter((reply) => within(call, reply.ts));
	const page = pageOf([parent, ...thread], call.args, 1_000, 1_000);
	const messages = page.items.map((reply) =>
		messageJson(call.workspace, reply, call.args.flag('include_all_metadata')),
	);
	return { ok: true, messages, has_more: page.hasMore, ...(page.hasMore ? { response_metadata: page.metadata } : {}) };
};

const setTopic: Method = (call) => {
	const channel = ownChannelOf(call);
	const topic = call.args.text('topic');
	if (topic.length > 250) throw new SlackApiError('too_long');
	channel.topic = topic;
	call.workspace.changed();
	return { ok: true, channel: channelJson(call.workspace, channel, false) };
};

const archive: Method = (call) => {
	const channel = ownChannelOf(call);
	channel.isArchived = true;
	call.workspace.changed();
	return { ok: true };
};

const addBookmark: Method = (call) => {
	const channel = channelOf(call, 'channel_id');
	const title = call.args.required('title');
	if (call.args.required('type') !== 'link') throw new SlackApiError('invalid_bookmark_type');
	const link = call.args.text('link');
	if (!/^https?:\/\//.test(link)) throw new SlackApiError('invalid_link');
	if (channel.bookmarks.length >= BOOKMARKS_PER_CHANNEL_MAX) throw new SlackApiError('too_many_bookmarks');
	const bookmark = {
		id: call.workspace.nextId('Bk'),
		channel_id: channel.id,
		title,
		link,
		emoji: call.args.text('emoji'),
		type: 'link',
	};
	channel.bookmarks.push(bookmark);
	call.workspace.changed();
	return { ok: true, bookmark };
};

const addPin: Method = (call) => {
	const channel = ownChannelOf(call);
	const message = messageOf(call, channel, 'timestamp');
	if (message.isPinned) throw new SlackApiError('already_pinned');
	if (channel.messages.filter((other) => other.isPinned).length >= PINS_PER_CHANNEL_MAX)
		throw new SlackApiError('too_many_pins');
	message.isPinned = true;
	call.workspace.changed();
	return { ok: true };
};

const addReaction: Method = (call) => {
	const channel = ownChannelOf(call);
	const message = messageOf(call, channel, 'timestamp');
	const name = call.args.required('name');
	if (!/^[a-z0-9_+'-]{1,100}(?:::skin-tone-[2-6])?$/.test(name)) throw new SlackApiError('invalid_name');
	const users = message.reactions.get(name) ?? new Set<string>();
	if (users.has(call.workspace.bot.userId)) throw new SlackApiError('already_reacted');
	message.reactions.set(name, users.add(call.workspace.bot.userId));
	call.workspace.changed();
	return { ok: true };
};

export const CONVERSATION_METHODS: { readonly [name: string]: Method } = {
	'conversations.archive': archive,
	'conversations.create': create,
	'conversations.history': history,
	'conversations.info': info,
	'conversations.invite': invite,
	'conversations.join': join,
	'conversations.list': list,
	'conversations.members': members,
	'conversations.open': open,
	'conversations.replies': replies,
	'conversations.setTopic': setTopic,
	'users.conversations': usersConversations,
	'bookmarks.add': addBookmark,
	'pins.add': addPin,
	'reactions.add': addReaction,
};
