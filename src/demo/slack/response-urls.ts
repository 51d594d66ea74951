// response_url: the address by which a bot answers a click or command, five times within thirty minutes.
import { randomBytes } from 'node:crypto';
import { SlackApiError } from './api-error.ts';
import { checkContent } from './content.ts';
import type { JsonObject } from './json.ts';
import { textOf } from './json.ts';
import { RESPONSE_URL_LIFETIME_MS, RESPONSE_URL_USES_MAX } from './limits.ts';
import type { Channel, Message, Workspace } from './workspace.ts';

type Issued = {
	readonly person: string;
	readonly channel: Channel;
	/** The message that was clicked; null for a command. */
	readonly originalTs: string | null;
	readonly expiresAt: number;
	uses: number;
};

const ISSUED_MAX = 10_000;

export class ResponseUrls {
	readonly #workspace: Workspace;
	readonly #url: () => string;
	readonly #announce: (message: Message, change: 'posted' | 'changed' | 'deleted') => void;
	readonly #issued = new Map<string, Issued>();

	constructor(
		workspace: Workspace,
		url: () => string,
		announce: (message: Message, change: 'posted' | 'changed' | 'deleted') => void,
	) {
		this.#workspace = workspace;
		this.#url = url;
		this.#announce = announce;
	}

	issue(person: string, channel: Channel, originalTs: string | null): string {
		const token = randomBytes(24).toString('base64url');
		const expiresAt = this.#workspace.now() + RESPONSE_URL_LIFETIME_MS;
		this.#issued.set(token, { person, channel, originalTs, expiresAt, uses: 0 });
		const oldest = this.#issued.size > ISSUED_MAX ? this.#issued.keys().next().value : undefined;
		if (oldest !== undefined) this.#issued.delete(oldest);
		return `${this.#url()}/response/${token}`;
	}

	/**
	 * Does what the body asks: replaces or deletes the clicked message, or posts (to the one person unless `in_channel`).
	 *
	 * @throws SlackApiError expired_url, used_url, or what the content's check says
	 */
	use(token: string, body: JsonObject): void {
		const issued = this.#issued.get(token);
		if (!issued || issued.expiresAt < this.#workspace.now()) throw new SlackApiError('expired_url');
		if (issued.uses >= RESPONSE_URL_USES_MAX) throw new SlackApiError('used_url');
		issued.uses += 1;
		const original =
			issued.originalTs === null ? undefined : this.#workspace.findMessage(issued.channel, issued.originalTs);
		if (body['delete_original'] === true) this.#remove(issued.channel, original);
		else if (body['replace_original'] === true && original) this.#replace(original, body);
		else this.answer(issued.person, issued.channel, body);
	}

	/** Posts an answer to a command or click: for one person, or for the channel where `response_type` says so. */
	answer(person: string, channel: Channel, body: JsonObject): Message {
		const isForAll = body['response_type'] === 'in_channel';
		const threadTs = textOf(body, 'thread_ts');
		const message = this.#workspace.post(channel, {
			user: this.#workspace.bot.userId,
			isFromBot: true,
			...this.#content(body),
			ephemeralTo: isForAll ? null : person,
			threadTs: threadTs === '' ? null : threadTs,
		});
		if (isForAll) this.#announce(message, 'posted');
		return message;
	}

	#content(body: JsonObject): ReturnType<typeof checkContent> {
		const parts = { text: textOf(body, 'text'), blocks: body['blocks'], attachments: body['attachments'] };
		return checkContent(parts, () => this.#workspace.nextId('', 5));
	}

	#replace(original: Message, body: JsonObject): void {
		const content = this.#content(body);
		original.text = content.text;
		original.blocks = content.blocks;
		original.attachments = content.attachments;
		original.editedTs = this.#workspace.nextTs();
		this.#workspace.changed();
		if (original.ephemeralTo === null) this.#announce(original, 'changed');
	}

	#remove(channel: Channel, original: Message | undefined): void {
		if (!original) return;
		this.#workspace.removeMessage(channel, original.ts);
		if (original.ephemeralTo === null) this.#announce(original, 'deleted');
	}
}
