// The bodies that Slack sends to a bot: events, slash commands, block_actions, view_submission, view_closed. Pure.
// NOT here: how they travel (deliver.ts), when they are sent (act.ts, announce.ts).
import type { JsonObject } from './json.ts';
import { asObjects, textOf } from './json.ts';
import { type RawValue, type RawValues, slackValue, stateValues } from './values.ts';
import { type View, viewJson } from './views.ts';
import { type Channel, type Message, messageJson, type SlackPerson, type Workspace } from './workspace.ts';

/** Slack's old verification token: sent for form's sake, never to be trusted; the signature is the proof. */
const LEGACY_TOKEN = 'local-slack-legacy-token';

function teamOf(workspace: Workspace): JsonObject {
	return { id: workspace.team.id, domain: workspace.team.domain };
}

function userOf(workspace: Workspace, person: SlackPerson): JsonObject {
	return { id: person.id, username: person.name, name: person.name, team_id: workspace.team.id };
}

function shared(workspace: Workspace, person: SlackPerson): JsonObject {
	return {
		team: teamOf(workspace),
		user: userOf(workspace, person),
		api_app_id: workspace.bot.appId,
		token: LEGACY_TOKEN,
		enterprise: null,
		is_enterprise_install: false,
	};
}

export function eventPayload(workspace: Workspace, event: JsonObject): JsonObject {
	return {
		token: LEGACY_TOKEN,
		team_id: workspace.team.id,
		context_team_id: workspace.team.id,
		context_enterprise_id: null,
		api_app_id: workspace.bot.appId,
		event,
		type: 'event_callback',
		event_id: workspace.nextId('Ev'),
		event_time: Math.floor(workspace.now() / 1000),
		authorizations: [
			{
				enterprise_id: null,
				team_id: workspace.team.id,
				user_id: workspace.bot.userId,
				is_bot: true,
				is_enterprise_install: false,
			},
		],
		is_ext_shared_channel: false,
		event_context: `4-${workspace.nextId('', 10)}`,
	};
}

export function channelType(channel: Channel): string {
	if (channel.kind === 'im' || channel.kind === 'mpim') return channel.kind;
	return channel.kind === 'public' ? 'channel' : 'group';
}

/** `conversation` as interactive payloads name it: private ones without their name. */
function channelName(channel: Channel): string {
	if (channel.kind === 'im') return 'directmessage';
	return channel.kind === 'private' ? 'privategroup' : channel.name;
}

export type Clicked = { readonly block: JsonObject; readonly element: JsonObject; readonly raw: RawValue };

function actionJson(workspace: Workspace, clicked: Clicked): JsonObject {
	const { block, element } = clicked;
	const named = {
		action_id: textOf(element, 'action_id'),
		block_id: textOf(block, 'block_id'),
		action_ts: workspace.nextTs(),
	};
	if (element['type'] !== 'button') {
		const placeholder = element['placeholder'] === undefined ? {} : { placeholder: element['placeholder'] };
		return { ...slackValue(element, clicked.raw), ...named, ...placeholder };
	}
	const optional = Object.fromEntries(
		['value', 'style', 'url', 'confirm'].filter((key) => element[key] !== undefined).map((key) => [key, element[key]]),
	);
	return { type: 'button', ...named, text: element['text'], ...optional };
}

export type ClickPlace = { readonly triggerId: string; readonly values: RawValues };

export function messageClick(
	workspace: Workspace,
	person: SlackPerson,
	clicked: Clicked,
	place: ClickPlace & { readonly channel: Channel; readonly message: Message; readonly responseUrl: string },
): JsonObject {
	const { channel, message } = place;
	const blocks = [...message.blocks, ...message.attachments.flatMap((attachment) => asObjects(attachment['blocks']))];
	return {
		type: 'block_actions',
		...shared(workspace, person),
		container: {
			type: 'message',
			message_ts: message.ts,
			channel_id: channel.id,
			is_ephemeral: message.ephemeralTo !== null,
			...(message.threadTs === null ? {} : { thread_ts: message.threadTs }),
		},
		trigger_id: place.triggerId,
		channel: { id: channel.id, name: channelName(channel) },
		// Slack leaves an ephemeral message's content out: the bot has the container's ts and no more.
		...(message.ephemeralTo === null ? { message: messageJson(workspace, message, true) } : {}),
		state: { values: stateValues(blocks, place.values) },
		response_url: place.responseUrl,
		actions: [actionJson(workspace, clicked)],
	};
}

export function viewClick(
	workspace: Workspace,
	person: SlackPerson,
	clicked: Clicked,
	place: ClickPlace & { readonly view: View },
): JsonObject {
	const values = stateValues(asObjects(place.view.content['blocks']), place.values);
	return {
		type: 'block_actions',
		...shared(workspace, person),
		container: { type: 'view', view_id: place.view.id },
		trigger_id: place.triggerId,
		view: viewJson(workspace, place.view, values),
		actions: [actionJson(workspace, clicked)],
	};
}

export function viewSubmission(workspace: Workspace, person: SlackPerson, view: View, place: ClickPlace): JsonObject {
	const values = stateValues(asObjects(view.content['blocks']), place.values);
	return {
		type: 'view_submission',
		...shared(workspace, person),
		trigger_id: place.triggerId,
		view: viewJson(workspace, view, values),
		response_urls: [],
	};
}

export function viewClosed(workspace: Workspace, person: SlackPerson, view: View, isCleared: boolean): JsonObject {
	return { type: 'view_closed', ...shared(workspace, person), view: viewJson(workspace, view), is_cleared: isCleared };
}

export function commandPayload(
	workspace: Workspace,
	person: SlackPerson,
	channel: Channel,
	typed: { readonly command: string; readonly text: string; readonly triggerId: string; readonly responseUrl: string },
): JsonObject {
	return {
		token: LEGACY_TOKEN,
		team_id: workspace.team.id,
		team_domain: workspace.team.domain,
		channel_id: channel.id,
		channel_name: channelName(channel),
		user_id: person.id,
		user_name: person.name,
		command: typed.command,
		text: typed.text,
		api_app_id: workspace.bot.appId,
		is_enterprise_install: 'false',
		response_url: typed.responseUrl,
		trigger_id: typed.triggerId,
	};
}
