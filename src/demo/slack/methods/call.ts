// What every Web API method is handed, and what it may do: read arguments, use the workspace, tell the bot of an event.
import { SlackApiError } from '../api-error.ts';
import type { Arguments } from '../arguments.ts';
import type { JsonObject } from '../json.ts';
import type { Views } from '../views.ts';
import type { Channel, Message, Workspace } from '../workspace.ts';

export type Call = {
	readonly args: Arguments;
	readonly workspace: Workspace;
	readonly views: Views;
	/** Where the stand-in listens, without a slash at the end. */
	readonly url: string;
	/** A fresh WebSocket address for Socket Mode. */
	readonly socketUrl: () => string;
	/** Tells subscribers of a message that was posted, changed or deleted. */
	readonly announce: (message: Message, change: 'posted' | 'changed' | 'deleted') => void;
};
export type Method = (call: Call) => JsonObject;

/** The conversation named by an argument, where the bot may see it. @throws SlackApiError channel_not_found */
export function channelOf(call: Call, key = 'channel'): Channel {
	const name = call.args.text(key);
	const found = name === '' ? undefined : call.workspace.findChannel(name);
	const isHidden = found && found.kind !== 'public' && !found.members.has(call.workspace.bot.userId);
	if (!found || isHidden) throw new SlackApiError('channel_not_found');
	return found;
}

/** The conversation, where the bot is a member of it. @throws SlackApiError channel_not_found, not_in_channel, is_archived */
export function ownChannelOf(call: Call, key = 'channel'): Channel {
	const channel = channelOf(call, key);
	if (channel.isArchived) throw new SlackApiError('is_archived');
	if (!channel.members.has(call.workspace.bot.userId)) throw new SlackApiError('not_in_channel');
	return channel;
}

/** A message that all members see. @throws SlackApiError message_not_found */
export function messageOf(call: Call, channel: Channel, key = 'ts', code = 'message_not_found'): Message {
	const message = call.workspace.findMessage(channel, call.args.text(key));
	if (!message || message.ephemeralTo !== null) throw new SlackApiError(code);
	return message;
}
