// What a person does: click, choose, command, submit, close, write, open the home. The page and headless tests call the same
// functions, so what a test proves holds for a person. NOT here: how requests travel (deliver.ts), the page (page/*).
import { homeOpened, messageEvents, type Subscription } from './announce.ts';
import { SlackApiError } from './api-error.ts';
import { elementsIn } from './check-blocks.ts';
import { composedText } from './compose.ts';
import type { Delivery } from './deliver.ts';
import type { Failure } from './envelope.ts';
import { asObject, asObjects, asText, type JsonObject, textOf } from './json.ts';
import { checkedView } from './methods/views.ts';
import {
	type Clicked,
	commandPayload,
	eventPayload,
	messageClick,
	viewClick,
	viewClosed,
	viewSubmission,
} from './payloads.ts';
import type { ResponseUrls } from './response-urls.ts';
import { fieldErrors, type RawValue, type RawValues, spreadValues } from './values.ts';
import type { View, Views } from './views.ts';
import type { Channel, Message, SlackPerson, Workspace } from './workspace.ts';

export type ActResult = { readonly ok: true; readonly ts?: string } | { readonly ok: false; readonly error: string };

export type ClickTarget = ({ readonly channel: string; readonly ts: string } | { readonly viewId: string }) & {
	readonly action_id: string;
	/** Needed only where two elements share an action_id. */
	readonly block_id?: string;
	/** What was chosen, for elements other than buttons; for a button, picks the one with this value. */
	readonly value?: RawValue;
	/** What stands in the other fields of the same message or view. */
	readonly values?: { readonly [name: string]: unknown };
};

/** Slack's own words where an app does not answer in time. */
const NO_ANSWER: Readonly<Record<Failure, string>> = {
	timeout: 'operation_timeout',
	http_error: 'dispatch_failed',
	not_connected: 'app_not_connected',
};
const TROUBLE = 'We had some trouble connecting. Try again?';
const SELECTION_STATES_MAX = 2_000;

export class Act {
	readonly #workspace: Workspace;
	readonly #views: Views;
	readonly #delivery: Delivery;
	readonly #responseUrls: ResponseUrls;
	readonly #commands: ReadonlySet<string>;
	readonly #subscriptions: ReadonlySet<Subscription>;
	/** What each person has chosen in each message or view, until it changes; Slack sends it along with the next click. */
	readonly #chosen = new Map<string, RawValues>();

	constructor(parts: {
		workspace: Workspace;
		views: Views;
		delivery: Delivery;
		responseUrls: ResponseUrls;
		commands: ReadonlySet<string>;
		subscriptions: ReadonlySet<Subscription>;
	}) {
		this.#workspace = parts.workspace;
		this.#views = parts.views;
		this.#delivery = parts.delivery;
		this.#responseUrls = parts.responseUrls;
		this.#commands = parts.commands;
		this.#subscriptions = parts.subscriptions;
	}

	/** Presses a button, or chooses in a select, in a message or view; ends when the bot has acknowledged it. */
	async click(personId: string, target: ClickTarget): Promise<ActResult> {
		const person = this.#workspace.person(personId);
		if (!person) return refuse('user_not_found');
		return 'viewId' in target ? this.#clickView(person, target.viewId, target) : this.#clickMessage(person, target);
	}

	/** Types a slash command, such as `/interlock status`. */
	async command(personId: string, channelName: string, typed: string): Promise<ActResult> {
		const place = this.#place(personId, channelName);
		if (typeof place === 'string') return refuse(place);
		const { person, channel } = place;
		const [command = '', ...rest] = typed.trim().split(' ');
		if (!this.#commands.has(command)) {
			this.#slackbot(channel, person, `\`${command.slice(0, 50)}\` is not a valid command.`);
			return refuse('unknown_command');
		}
		const payload = commandPayload(this.#workspace, person, channel, {
			command,
			text: composedText(rest.join(' ').trim(), this.#workspace),
			triggerId: this.#views.newTrigger(person.id, null),
			responseUrl: this.#responseUrls.issue(person.id, channel, null),
		});
		const outcome = await this.#delivery.send('slash_commands', payload);
		if (!outcome.ok) {
			const error = NO_ANSWER[outcome.reason];
			this.#slackbot(channel, person, `${command} failed with the error "${error}"`);
			return refuse(error);
		}
		if (
			outcome.body['text'] === undefined &&
			outcome.body['blocks'] === undefined &&
			outcome.body['attachments'] === undefined
		)
			return { ok: true };
		try {
			return { ok: true, ts: this.#responseUrls.answer(person.id, channel, outcome.body).ts };
		} catch (error) {
			return this.#refuseApi(error);
		}
	}

	/** Submits a modal with the values named by action_id or block_id; ends when the bot's answer is shown. */
	async submit(
		personId: string,
		viewId: string,
		values: { readonly [name: string]: unknown } = {},
	): Promise<ActResult> {
		const person = this.#workspace.person(personId);
		const view = this.#views.top(personId);
		if (!person || !view || view.id !== viewId) return refuse('view_not_found');
		const blocks = asObjects(view.content['blocks']);
		const spread = this.#remember(personId, view.id, blocks, values);
		if (spread.unknown.length > 0) return refuse(`unknown_field: ${spread.unknown.join(', ')}`);
		const errors = fieldErrors(blocks, spread.values);
		if (Object.keys(errors).length > 0) return this.#showErrors(view, errors, 'field_errors');
		const triggerId = this.#views.newTrigger(personId, view.id);
		const payload = viewSubmission(this.#workspace, person, view, { triggerId, values: spread.values });
		const outcome = await this.#delivery.send('interactive', payload);
		if (!outcome.ok) return this.#showErrors(view, { '': TROUBLE }, NO_ANSWER[outcome.reason]);
		return this.#applyResponse(person, view, outcome.body);
	}

	/** Closes the top modal (all of them with `isCleared`, as the cross does); tells the bot where it asked to know. */
	async close(personId: string, viewId: string, isCleared = false): Promise<ActResult> {
		const person = this.#workspace.person(personId);
		const view = this.#views.top(personId);
		if (!person || !view || view.id !== viewId) return refuse('view_not_found');
		const all = isCleared || view.content['clear_on_close'] === true;
		for (const closed of this.#views.close(personId, all)) {
			this.#chosen.delete(`${personId} ${closed.id}`);
			if (closed.content['notify_on_close'] !== true) continue;
			await this.#delivery.send('interactive', viewClosed(this.#workspace, person, closed, all));
		}
		return { ok: true };
	}

	/** Writes a message; `@name`, `#channel` and `@group` become mentions, everything else stays what was typed. */
	async message(
		personId: string,
		channelName: string,
		text: string,
		threadTs: string | null = null,
	): Promise<ActResult> {
		const place = this.#place(personId, channelName);
		if (typeof place === 'string') return refuse(place);
		if (text.trim() === '') return refuse('no_text');
		if (threadTs !== null && !this.#workspace.findMessage(place.channel, threadTs)) return refuse('thread_not_found');
		const message = this.#workspace.post(place.channel, {
			user: personId,
			text: composedText(text, this.#workspace),
			threadTs,
		});
		this.announce(message, 'posted');
		return { ok: true, ts: message.ts };
	}

	/** Joins a public channel. */
	async join(personId: string, channelName: string): Promise<ActResult> {
		const channel = this.#workspace.findChannel(channelName);
		if (!this.#workspace.person(personId) || channel?.kind !== 'public') return refuse('channel_not_found');
		channel.members.add(personId);
		this.#workspace.markRead(personId, channel.id);
		this.#workspace.changed();
		return { ok: true };
	}

	/** Opens the app's Home tab (or its Messages tab): the bot is told and may publish a view. */
	async openHome(personId: string, tab: 'home' | 'messages' = 'home'): Promise<ActResult> {
		if (!this.#workspace.person(personId)) return refuse('user_not_found');
		if (!this.#subscriptions.has('app_home_opened')) return { ok: true };
		const event = homeOpened(this.#workspace, personId, tab, this.#views.home(personId));
		const outcome = await this.#delivery.send('events_api', eventPayload(this.#workspace, event));
		return outcome.ok ? { ok: true } : refuse(NO_ANSWER[outcome.reason]);
	}

	/** What the person has chosen so far in a message or view. */
	chosen(personId: string, place: string): RawValues {
		return this.#chosen.get(`${personId} ${place}`) ?? {};
	}

	/** Tells the bot of a message, where it subscribed; failures are retried and then dropped, as Slack does. */
	announce(message: Message, change: 'posted' | 'changed' | 'deleted'): void {
		const channel = this.#workspace.channels.get(message.channel);
		if (!channel || !this.#delivery.isConnected) return;
		for (const event of messageEvents(this.#workspace, channel, message, change, this.#subscriptions)) {
			void this.#delivery.sendEvent(eventPayload(this.#workspace, event));
		}
	}

	async #clickMessage(
		person: SlackPerson,
		target: ClickTarget & { readonly channel: string; readonly ts: string },
	): Promise<ActResult> {
		const channel = this.#workspace.findChannel(target.channel);
		const message = channel && this.#workspace.findMessage(channel, target.ts);
		const isVisible = message && (message.ephemeralTo === null || message.ephemeralTo === person.id);
		if (!channel?.members.has(person.id) || !isVisible) return refuse('message_not_found');
		const blocks = [...message.blocks, ...message.attachments.flatMap((attachment) => asObjects(attachment['blocks']))];
		const clicked = findClicked(blocks, target);
		if (!clicked) return refuse('action_not_found');
		const { values } = this.#remember(person.id, message.ts, blocks, valuesWith(target, clicked));
		const payload = messageClick(this.#workspace, person, clicked, {
			channel,
			message,
			values,
			triggerId: this.#views.newTrigger(person.id, null),
			responseUrl: this.#responseUrls.issue(person.id, channel, message.ts),
		});
		const outcome = await this.#delivery.send('interactive', payload);
		return outcome.ok ? { ok: true } : refuse(NO_ANSWER[outcome.reason]);
	}

	async #clickView(person: SlackPerson, viewId: string, target: ClickTarget): Promise<ActResult> {
		const view = this.#views.find(viewId);
		if (!view || view.person !== person.id) return refuse('view_not_found');
		const blocks = asObjects(view.content['blocks']);
		const clicked = findClicked(blocks, target);
		if (!clicked) return refuse('action_not_found');
		const { values } = this.#remember(person.id, view.id, blocks, valuesWith(target, clicked));
		const triggerId = this.#views.newTrigger(person.id, view.content['type'] === 'home' ? null : view.id);
		const outcome = await this.#delivery.send(
			'interactive',
			viewClick(this.#workspace, person, clicked, { view, triggerId, values }),
		);
		return outcome.ok ? { ok: true } : refuse(NO_ANSWER[outcome.reason]);
	}

	#applyResponse(person: SlackPerson, view: View, body: JsonObject): ActResult {
		try {
			switch (body['response_action']) {
				case undefined:
					this.#views.close(person.id, view.content['clear_on_close'] === true);
					return { ok: true };
				case 'clear':
					this.#views.close(person.id, true);
					return { ok: true };
				case 'update':
					this.#views.update(view, checkedView(body['view'], 'modal'));
					return { ok: true };
				case 'push':
					this.#views.pushFor(person.id, checkedView(body['view'], 'modal'));
					return { ok: true };
				case 'errors':
					return this.#showErrors(view, textsOf(body['errors']), 'bot_errors');
				default:
					return this.#showErrors(view, { '': TROUBLE }, 'invalid_response_action');
			}
		} catch (error) {
			this.#showErrors(view, { '': TROUBLE }, '');
			return this.#refuseApi(error);
		}
	}

	#showErrors(view: View, errors: { readonly [blockId: string]: string }, code: string): ActResult {
		view.errors = errors;
		this.#workspace.changed();
		return refuse(`${code}: ${Object.values(errors).join(' ')}`);
	}

	#refuseApi(error: unknown): ActResult {
		if (error instanceof SlackApiError) return refuse(error.message);
		throw error;
	}

	#remember(
		personId: string,
		place: string,
		blocks: readonly JsonObject[],
		given: { readonly [name: string]: unknown },
	): ReturnType<typeof spreadValues> {
		const spread = spreadValues(blocks, given);
		const merged: { [blockId: string]: { readonly [actionId: string]: RawValue } } = {
			...this.chosen(personId, place),
		};
		for (const [blockId, values] of Object.entries(spread.values)) merged[blockId] = { ...merged[blockId], ...values };
		this.#chosen.set(`${personId} ${place}`, merged);
		const oldest = this.#chosen.size > SELECTION_STATES_MAX ? this.#chosen.keys().next().value : undefined;
		if (oldest !== undefined) this.#chosen.delete(oldest);
		return { values: merged, unknown: spread.unknown };
	}

	#place(personId: string, channelName: string): { readonly person: SlackPerson; readonly channel: Channel } | string {
		const person = this.#workspace.person(personId);
		const channel = this.#workspace.findChannel(channelName);
		if (!person) return 'user_not_found';
		if (!channel || (channel.kind !== 'public' && !channel.members.has(personId))) return 'channel_not_found';
		if (!channel.members.has(personId)) return 'not_in_channel';
		return channel.isArchived ? 'is_archived' : { person, channel };
	}

	#slackbot(channel: Channel, person: SlackPerson, text: string): void {
		this.#workspace.post(channel, { user: 'USLACKBOT', isFromSlackbot: true, text, ephemeralTo: person.id });
	}
}

function refuse(error: string): ActResult {
	return { ok: false, error };
}

function textsOf(value: unknown): { readonly [key: string]: string } {
	return Object.fromEntries(Object.entries(asObject(value)).map(([key, entry]) => [key, asText(entry)]));
}

function findClicked(blocks: readonly JsonObject[], target: ClickTarget): Clicked | null {
	for (const block of blocks) {
		if (target.block_id !== undefined && textOf(block, 'block_id') !== target.block_id) continue;
		for (const element of elementsIn(block)) {
			if (textOf(element, 'action_id') !== target.action_id) continue;
			const isOtherButton =
				element['type'] === 'button' && target.value !== undefined && element['value'] !== target.value;
			if (!isOtherButton) return { block, element, raw: target.value ?? null };
		}
	}
	return null;
}

function valuesWith(target: ClickTarget, clicked: Clicked): { readonly [name: string]: unknown } {
	const isPlainClick = clicked.element['type'] === 'button' || clicked.element['type'] === 'overflow';
	if (isPlainClick) return target.values ?? {};
	const blockId = textOf(clicked.block, 'block_id');
	const others = asObject(target.values?.[blockId]);
	return { ...target.values, [blockId]: { ...others, [textOf(clicked.element, 'action_id')]: clicked.raw } };
}
