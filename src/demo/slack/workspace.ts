// What the stand-in remembers: people, groups, channels, messages, files. In memory only; a change tells its listeners.
// NOT here: rules of the Web API (methods/*), modals and App Home (views.ts), the way to the bot (deliver.ts).
import type { JsonObject } from './json.ts';
import { MESSAGES_PER_CHANNEL_KEPT_MAX } from './limits.ts';

export type Team = { readonly id: string; readonly name: string; readonly domain: string };
export type SlackPerson = {
	readonly id: string;
	readonly name: string;
	readonly realName: string;
	readonly email?: string;
	readonly title?: string;
};
export type SlackGroup = {
	readonly id: string;
	readonly handle: string;
	readonly name?: string;
	readonly users: readonly string[];
};
export type Bot = {
	readonly userId: string;
	readonly botId: string;
	readonly appId: string;
	readonly name: string;
	readonly realName: string;
};
export type ChannelKind = 'public' | 'private' | 'im' | 'mpim';

export type Channel = {
	readonly id: string;
	name: string;
	readonly kind: ChannelKind;
	readonly members: Set<string>;
	readonly creator: string;
	readonly createdAt: number;
	topic: string;
	purpose: string;
	isArchived: boolean;
	readonly messages: Message[];
	readonly bookmarks: JsonObject[];
};

export type FileRecord = { readonly id: string; readonly name: string; readonly title: string; readonly bytes: Buffer };

export type Message = {
	readonly ts: string;
	readonly channel: string;
	/** The author's user id: a person, or the bot's own. */
	readonly user: string;
	readonly isFromBot: boolean;
	/** Set where the stand-in itself speaks to one person, as Slackbot does. */
	readonly isFromSlackbot: boolean;
	text: string;
	blocks: JsonObject[];
	attachments: JsonObject[];
	metadata: JsonObject | null;
	readonly threadTs: string | null;
	readonly isBroadcast: boolean;
	editedTs: string | null;
	/** The one person who sees it; null where all members do. */
	readonly ephemeralTo: string | null;
	readonly clientMsgId: string | null;
	readonly reactions: Map<string, Set<string>>;
	isPinned: boolean;
	readonly files: readonly FileRecord[];
};

export type NewMessage = Pick<Message, 'user'> &
	Partial<Omit<Message, 'ts' | 'channel' | 'user' | 'reactions' | 'isPinned' | 'editedTs'>>;

export class Workspace {
	readonly team: Team;
	readonly bot: Bot;
	readonly people: readonly SlackPerson[];
	readonly groups: readonly SlackGroup[];
	readonly channels = new Map<string, Channel>();
	readonly files = new Map<string, FileRecord>();
	readonly now: () => number;
	#lastMicros = 0;
	#lastId = 0;
	readonly #lastRead = new Map<string, string>();
	readonly #listeners = new Set<() => void>();

	constructor(parts: {
		team: Team;
		bot: Bot;
		people: readonly SlackPerson[];
		groups: readonly SlackGroup[];
		now: () => number;
	}) {
		this.team = parts.team;
		this.bot = parts.bot;
		this.people = parts.people;
		this.groups = parts.groups;
		this.now = parts.now;
	}

	/** Message ids double as times; two never agree, and a later one is always greater, whatever the clock does. */
	nextTs(): string {
		this.#lastMicros = Math.max(Math.floor(this.now() * 1000), this.#lastMicros + 1);
		const micros = String(this.#lastMicros).padStart(16, '0');
		return `${micros.slice(0, -6)}.${micros.slice(-6)}`;
	}

	/** The same run gives the same ids: recorded answers of two runs can be compared. */
	nextId(prefix: string, length = 9): string {
		this.#lastId += 1;
		return prefix + this.#lastId.toString(36).toUpperCase().padStart(length, '0');
	}

	onChange(listener: () => void): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	changed(): void {
		for (const listener of [...this.#listeners]) listener();
	}

	person(id: string): SlackPerson | undefined {
		return this.people.find((person) => person.id === id);
	}

	nameOf(userId: string): string {
		if (userId === this.bot.userId) return this.bot.realName;
		return this.person(userId)?.realName ?? userId;
	}

	addChannel(name: string, kind: ChannelKind, creator: string, members: Iterable<string>): Channel {
		const id = this.nextId(kind === 'im' ? 'D' : kind === 'mpim' ? 'G' : 'C');
		const channel: Channel = {
			id,
			name,
			kind,
			creator,
			members: new Set(members),
			createdAt: this.now(),
			topic: '',
			purpose: '',
			isArchived: false,
			messages: [],
			bookmarks: [],
		};
		this.channels.set(id, channel);
		this.changed();
		return channel;
	}

	/** Finds a channel by id, or by name with or without `#` as chat.postMessage allows; archived names stay taken. */
	findChannel(idOrName: string): Channel | undefined {
		const byId = this.channels.get(idOrName);
		if (byId) return byId;
		const name = idOrName.replace(/^#/, '');
		return [...this.channels.values()].find((channel) => channel.name === name && channel.kind !== 'im');
	}

	/** The direct conversation between a person and the bot; made on first use, as conversations.open does. */
	directChannel(personId: string): Channel {
		const found = [...this.channels.values()].find((channel) => channel.kind === 'im' && channel.members.has(personId));
		return found ?? this.addChannel(`im-${personId}`, 'im', personId, [personId, this.bot.userId]);
	}

	post(channel: Channel, fresh: NewMessage): Message {
		const message: Message = {
			text: '',
			blocks: [],
			attachments: [],
			metadata: null,
			threadTs: null,
			isBroadcast: false,
			isFromBot: false,
			isFromSlackbot: false,
			ephemeralTo: null,
			clientMsgId: null,
			files: [],
			...fresh,
			ts: this.nextTs(),
			channel: channel.id,
			editedTs: null,
			reactions: new Map(),
			isPinned: false,
		};
		channel.messages.push(message);
		// The limit keeps a stand-in that runs for days from growing; Slack's own history is the workspace's business.
		if (channel.messages.length > MESSAGES_PER_CHANNEL_KEPT_MAX) channel.messages.shift();
		if (!message.isFromBot) this.markRead(message.user, channel.id);
		this.changed();
		return message;
	}

	findMessage(channel: Channel, ts: string): Message | undefined {
		return channel.messages.findLast((message) => message.ts === ts);
	}

	removeMessage(channel: Channel, ts: string): void {
		const at = channel.messages.findIndex((message) => message.ts === ts);
		if (at >= 0) channel.messages.splice(at, 1);
		this.changed();
	}

	replies(channel: Channel, threadTs: string): Message[] {
		return channel.messages.filter((message) => message.threadTs === threadTs && message.ephemeralTo === null);
	}

	markRead(personId: string, channelId: string): void {
		const last = this.channels.get(channelId)?.messages.at(-1);
		if (last) this.#lastRead.set(`${personId} ${channelId}`, last.ts);
	}

	unread(personId: string, channel: Channel): number {
		const since = this.#lastRead.get(`${personId} ${channel.id}`) ?? '';
		return channel.messages.filter(
			(message) =>
				message.ts > since &&
				message.user !== personId &&
				(message.threadTs === null || message.isBroadcast) &&
				(message.ephemeralTo === null || message.ephemeralTo === personId),
		).length;
	}
}

/** A message as the Web API and events show it. */
export function messageJson(workspace: Workspace, message: Message, withMetadata: boolean): JsonObject {
	const channel = workspace.channels.get(message.channel);
	const replies = channel && message.threadTs === null ? workspace.replies(channel, message.ts) : [];
	return {
		type: 'message',
		...(message.isBroadcast ? { subtype: 'thread_broadcast' } : {}),
		user: message.user,
		ts: message.ts,
		text: message.text,
		team: workspace.team.id,
		...(message.clientMsgId === null ? {} : { client_msg_id: message.clientMsgId }),
		...(message.isFromBot ? { bot_id: workspace.bot.botId, app_id: workspace.bot.appId } : {}),
		...(message.blocks.length === 0 ? {} : { blocks: message.blocks }),
		...(message.attachments.length === 0 ? {} : { attachments: message.attachments }),
		...(message.files.length === 0 ? {} : { files: message.files.map((file) => fileJson(file)) }),
		...(message.editedTs === null ? {} : { edited: { user: message.user, ts: message.editedTs } }),
		...(message.threadTs === null ? {} : { thread_ts: message.threadTs }),
		...(replies.length === 0
			? {}
			: {
					thread_ts: message.ts,
					reply_count: replies.length,
					latest_reply: replies.at(-1)?.ts,
					reply_users: [...new Set(replies.map((reply) => reply.user))],
				}),
		...(message.reactions.size === 0
			? {}
			: { reactions: [...message.reactions].map(([name, users]) => ({ name, users: [...users], count: users.size })) }),
		...(message.isPinned ? { pinned_to: [message.channel] } : {}),
		...(withMetadata && message.metadata !== null ? { metadata: message.metadata } : {}),
	};
}

export function fileJson(file: FileRecord): JsonObject {
	return {
		id: file.id,
		name: file.name,
		title: file.title,
		size: file.bytes.length,
		mode: 'hosted',
		is_external: false,
	};
}
