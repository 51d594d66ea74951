// Which events a message gives, for the subscriptions that the bot has: message, app_mention, app_home_opened. Pure.
import type { JsonObject } from './json.ts';
import { channelType } from './payloads.ts';
import { type View, viewJson } from './views.ts';
import { type Channel, type Message, messageJson, type Workspace } from './workspace.ts';

export const SUBSCRIPTIONS = [
	'app_mention',
	'app_home_opened',
	'message.channels',
	'message.groups',
	'message.im',
	'message.mpim',
] as const;
export type Subscription = (typeof SUBSCRIPTIONS)[number];

const SUBSCRIPTION_OF_KIND: Readonly<Record<Channel['kind'], Subscription>> = {
	public: 'message.channels',
	private: 'message.groups',
	im: 'message.im',
	mpim: 'message.mpim',
};

/** The events for one change of a message; none for ephemeral ones and where the bot is not in the channel. */
export function messageEvents(
	workspace: Workspace,
	channel: Channel,
	message: Message,
	change: 'posted' | 'changed' | 'deleted',
	subscriptions: ReadonlySet<Subscription>,
): JsonObject[] {
	if (message.ephemeralTo !== null || !channel.members.has(workspace.bot.userId)) return [];
	const body = messageJson(workspace, message, true);
	const place = { channel: channel.id, channel_type: channelType(channel) };
	const events: JsonObject[] = [];
	if (subscriptions.has(SUBSCRIPTION_OF_KIND[channel.kind])) {
		if (change === 'posted') events.push({ ...body, ...place, event_ts: message.ts });
		if (change === 'changed')
			events.push({
				type: 'message',
				subtype: 'message_changed',
				hidden: true,
				message: body,
				...place,
				ts: message.editedTs,
				event_ts: message.editedTs,
			});
		if (change === 'deleted') {
			const at = workspace.nextTs();
			events.push({
				type: 'message',
				subtype: 'message_deleted',
				hidden: true,
				deleted_ts: message.ts,
				previous_message: body,
				...place,
				ts: at,
				event_ts: at,
			});
		}
	}
	const mentionsBot =
		message.text.includes(`<@${workspace.bot.userId}>`) || message.text.includes(`<@${workspace.bot.userId}|`);
	if (
		change === 'posted' &&
		mentionsBot &&
		!message.isFromBot &&
		channel.kind !== 'im' &&
		subscriptions.has('app_mention')
	) {
		events.push({ ...body, type: 'app_mention', channel: channel.id, event_ts: message.ts });
	}
	return events;
}

/** A person opens the app's page: `home` carries the view shown, `messages` none. */
export function homeOpened(
	workspace: Workspace,
	personId: string,
	tab: 'home' | 'messages',
	view: View | undefined,
): JsonObject {
	return {
		type: 'app_home_opened',
		user: personId,
		channel: workspace.directChannel(personId).id,
		tab,
		event_ts: workspace.nextTs(),
		...(tab === 'home' && view ? { view: viewJson(workspace, view) } : {}),
	};
}
