// chat.*: what a bot says, changes and takes back, with Slack's refusals.
import { SlackApiError } from '../api-error.ts';
import { type Content, checkContent, checkMetadata } from '../content.ts';
import type { JsonObject } from '../json.ts';
import { type Channel, type Message, messageJson } from '../workspace.ts';
import { type Call, channelOf, type Method, messageOf, ownChannelOf } from './call.ts';

function contentOf(call: Call): Content {
	return checkContent(
		{
			text: call.args.text('text'),
			blocks: call.args.json('blocks', 'invalid_blocks_format'),
			attachments: call.args.json('attachments', 'invalid_attachments'),
		},
		() => call.workspace.nextId('', 5),
	);
}

/** The conversation to post to: a channel, a name, or a person's id for the direct conversation. */
function targetOf(call: Call): Channel {
	const id = call.args.text('channel');
	if (call.workspace.person(id)) return call.workspace.directChannel(id);
	return ownChannelOf(call);
}

function threadOf(call: Call, channel: Channel): string | null {
	if (!call.args.has('thread_ts')) return null;
	const parent = call.workspace.findMessage(channel, call.args.text('thread_ts'));
	if (!parent || parent.ephemeralTo !== null) throw new SlackApiError('thread_not_found');
	return parent.threadTs ?? parent.ts;
}

function answer(call: Call, channel: Channel, message: Message): JsonObject {
	return { ok: true, channel: channel.id, ts: message.ts, message: messageJson(call.workspace, message, true) };
}

const postMessage: Method = (call) => {
	const channel = targetOf(call);
	const content = contentOf(call);
	const metadata = checkMetadata(call.args.json('metadata', 'invalid_metadata_format'));
	const threadTs = threadOf(call, channel);
	const clientMsgId = call.args.has('client_msg_id') ? call.args.text('client_msg_id') : null;
	// A repeat of the same client_msg_id is the same message: the first answer is given again and nothing is posted.
	const repeated =
		clientMsgId === null ? undefined : channel.messages.find((message) => message.clientMsgId === clientMsgId);
	if (repeated) return answer(call, channel, repeated);
	const isBroadcast = threadTs !== null && call.args.flag('reply_broadcast');
	const message = call.workspace.post(channel, {
		user: call.workspace.bot.userId,
		isFromBot: true,
		...content,
		metadata,
		threadTs,
		clientMsgId,
		isBroadcast,
	});
	call.announce(message, 'posted');
	return answer(call, channel, message);
};

const postEphemeral: Method = (call) => {
	const channel = ownChannelOf(call);
	const person = call.workspace.person(call.args.required('user'));
	if (!person || !channel.members.has(person.id)) throw new SlackApiError('user_not_in_channel');
	const message = call.workspace.post(channel, {
		user: call.workspace.bot.userId,
		isFromBot: true,
		...contentOf(call),
		threadTs: threadOf(call, channel),
		ephemeralTo: person.id,
	});
	return { ok: true, message_ts: message.ts };
};

const update: Method = (call) => {
	const channel = channelOf(call);
	const message = messageOf(call, channel);
	if (!message.isFromBot) throw new SlackApiError('cant_update_message');
	const hasBlocks = call.args.json('blocks', 'invalid_blocks_format') !== undefined;
	const hasAttachments = call.args.json('attachments', 'invalid_attachments') !== undefined;
	const content = contentOf(call);
	const metadata = checkMetadata(call.args.json('metadata', 'invalid_metadata_format'));
	message.text = content.text;
	// Text without blocks takes the blocks away, as Slack does; attachments stay unless named.
	if (hasBlocks || call.args.has('text')) message.blocks = content.blocks;
	if (hasAttachments) message.attachments = content.attachments;
	if (metadata !== null) message.metadata = metadata;
	message.editedTs = call.workspace.nextTs();
	call.workspace.changed();
	call.announce(message, 'changed');
	return { ...answer(call, channel, message), text: message.text };
};

const remove: Method = (call) => {
	const channel = channelOf(call);
	const message = messageOf(call, channel);
	if (!message.isFromBot) throw new SlackApiError('cant_delete_message');
	call.workspace.removeMessage(channel, message.ts);
	call.announce(message, 'deleted');
	return { ok: true, channel: channel.id, ts: message.ts };
};

const getPermalink: Method = (call) => {
	const channel = channelOf(call);
	const message = messageOf(call, channel, 'message_ts');
	const thread = message.threadTs === null ? '' : `?thread_ts=${message.threadTs}&cid=${channel.id}`;
	const permalink = `${call.url}/archives/${channel.id}/p${message.ts.replace('.', '')}${thread}`;
	return { ok: true, channel: channel.id, permalink };
};

export const CHAT_METHODS: { readonly [name: string]: Method } = {
	'chat.postMessage': postMessage,
	'chat.postEphemeral': postEphemeral,
	'chat.update': update,
	'chat.delete': remove,
	'chat.getPermalink': getPermalink,
};
