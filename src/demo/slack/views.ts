// Modals (a stack of up to three for each person) and App Homes, with the triggers that allow the bot to open them.
// NOT here: whether a view is valid (check-view.ts), what people typed into it (values.ts).
import { randomBytes } from 'node:crypto';
import { SlackApiError } from './api-error.ts';
import { withIds } from './check-blocks.ts';
import { asText, type JsonObject } from './json.ts';
import { TRIGGER_LIFETIME_MS, VIEW_STACK_MAX } from './limits.ts';
import type { Workspace } from './workspace.ts';

export type View = {
	readonly id: string;
	readonly person: string;
	readonly rootId: string;
	readonly previousId: string | null;
	hash: string;
	/** What the bot sent, with the ids that Slack adds. */
	content: JsonObject;
	/** Refusals of the last submission by block_id, from the bot or from the fields' own rules; '' belongs to the whole. */
	errors: { readonly [blockId: string]: string };
};

type Trigger = { readonly person: string; readonly expiresAt: number; isUsed: boolean; readonly viewId: string | null };

export class Views {
	readonly #workspace: Workspace;
	readonly #stacks = new Map<string, View[]>();
	readonly #homes = new Map<string, View>();
	readonly #triggers = new Map<string, Trigger>();

	constructor(workspace: Workspace) {
		this.#workspace = workspace;
	}

	/** A trigger lets the bot open one view for this person within three seconds, once. */
	newTrigger(person: string, viewId: string | null): string {
		const now = this.#workspace.now();
		for (const [id, trigger] of this.#triggers) if (trigger.expiresAt < now - 60_000) this.#triggers.delete(id);
		const id = `${Math.floor(now)}.${this.#triggers.size}.${randomBytes(16).toString('hex')}`;
		this.#triggers.set(id, { person, expiresAt: now + TRIGGER_LIFETIME_MS, isUsed: false, viewId });
		return id;
	}

	/** @throws SlackApiError invalid_trigger_id, exchanged_trigger_id or expired_trigger_id */
	checkTrigger(id: string): Trigger {
		const trigger = this.#triggers.get(id);
		if (!trigger) throw new SlackApiError('invalid_trigger_id');
		if (trigger.isUsed) throw new SlackApiError('exchanged_trigger_id');
		if (trigger.expiresAt < this.#workspace.now()) throw new SlackApiError('expired_trigger_id');
		return trigger;
	}

	stack(person: string): readonly View[] {
		return this.#stacks.get(person) ?? [];
	}

	top(person: string): View | undefined {
		return this.stack(person).at(-1);
	}

	home(person: string): View | undefined {
		return this.#homes.get(person);
	}

	find(viewId: string, externalId = ''): View | undefined {
		const all = [...this.#homes.values(), ...[...this.#stacks.values()].flat()];
		return all.find((view) =>
			viewId === '' ? externalId !== '' && asText(view.content['external_id']) === externalId : view.id === viewId,
		);
	}

	open(triggerId: string, content: JsonObject): View {
		const trigger = this.checkTrigger(triggerId);
		trigger.isUsed = true;
		// A modal that is open is replaced: Slack shows one stack for each app and person.
		this.#stacks.set(trigger.person, []);
		return this.#push(trigger.person, content);
	}

	push(triggerId: string, content: JsonObject): View {
		const trigger = this.checkTrigger(triggerId);
		if (trigger.viewId === null || this.stack(trigger.person).length === 0) throw new SlackApiError('not_found');
		trigger.isUsed = true;
		return this.pushFor(trigger.person, content);
	}

	/** @throws SlackApiError push_limit_reached above three views */
	pushFor(person: string, content: JsonObject): View {
		if (this.stack(person).length >= VIEW_STACK_MAX) throw new SlackApiError('push_limit_reached');
		return this.#push(person, content);
	}

	update(view: View, content: JsonObject): void {
		view.content = this.#named(content);
		view.hash = this.#newHash();
		view.errors = {};
		this.#workspace.changed();
	}

	publish(person: string, content: JsonObject): View {
		const found = this.#homes.get(person);
		if (found) {
			this.update(found, content);
			return found;
		}
		const view = this.#newView(person, content, null, null);
		this.#homes.set(person, view);
		this.#workspace.changed();
		return view;
	}

	/** Takes the top view away, or all of them; returns those taken, top first. */
	close(person: string, isCleared: boolean): View[] {
		const stack = [...this.stack(person)];
		const kept = isCleared ? [] : stack.slice(0, -1);
		this.#stacks.set(person, kept);
		this.#workspace.changed();
		return stack.slice(kept.length).reverse();
	}

	#push(person: string, content: JsonObject): View {
		const stack = this.stack(person);
		const view = this.#newView(person, content, stack[0]?.id ?? null, stack.at(-1)?.id ?? null);
		this.#stacks.set(person, [...stack, view]);
		this.#workspace.changed();
		return view;
	}

	#newView(person: string, content: JsonObject, rootId: string | null, previousId: string | null): View {
		const id = this.#workspace.nextId('V');
		return {
			id,
			person,
			rootId: rootId ?? id,
			previousId,
			hash: this.#newHash(),
			content: this.#named(content),
			errors: {},
		};
	}

	#named(content: JsonObject): JsonObject {
		return { ...content, blocks: withIds(content['blocks'], () => this.#workspace.nextId('', 5)) };
	}

	#newHash(): string {
		return `${Math.floor(this.#workspace.now() / 1000)}.${this.#workspace.nextId('', 8)}`;
	}
}

/** A view as the Web API and payloads show it. */
export function viewJson(workspace: Workspace, view: View, values: JsonObject = {}): JsonObject {
	const content = view.content;
	return {
		id: view.id,
		team_id: workspace.team.id,
		private_metadata: '',
		callback_id: '',
		title: null,
		close: null,
		submit: null,
		clear_on_close: false,
		notify_on_close: false,
		...content,
		external_id: asText(content['external_id']),
		state: { values },
		hash: view.hash,
		previous_view_id: view.previousId,
		root_view_id: view.rootId,
		app_id: workspace.bot.appId,
		app_installed_team_id: workspace.team.id,
		bot_id: workspace.bot.botId,
	};
}
