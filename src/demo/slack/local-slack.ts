// The local Slack: a small stand-in of the Slack Web API with a page for people, for demo, tests and newcomers. It is NOT
// Slack and keeps nothing on disk. This file builds the parts and joins them; each part's rules stand in its own file.
import { randomBytes } from 'node:crypto';
import { Act } from './act.ts';
import { SUBSCRIPTIONS, type Subscription } from './announce.ts';
import { Delivery } from './deliver.ts';
import { ACK_TIMEOUT_MS, EVENT_RETRY_DELAYS_MS } from './limits.ts';
import type { Parts } from './parts.ts';
import { RateLimiter, type RateLimits, SLACK_RATE_LIMITS } from './rate-limit.ts';
import { ResponseUrls } from './response-urls.ts';
import { listen } from './server.ts';
import { SocketMode } from './socket-mode.ts';
import { type View, Views } from './views.ts';
import {
	type Bot,
	type Channel,
	type Message,
	type SlackGroup,
	type SlackPerson,
	type Team,
	Workspace,
} from './workspace.ts';

export type LocalSlackOptions = {
	/** 0 takes a free port. */
	readonly port: number;
	readonly host?: string;
	readonly botToken: string;
	readonly appToken: string;
	readonly signingSecret: string;
	readonly team: Team;
	readonly bot?: Partial<Bot>;
	readonly people: readonly SlackPerson[];
	/** Everybody and the bot are members, unless `members` names others or `hasBot` is false. */
	readonly channels: readonly {
		readonly name: string;
		readonly isPrivate?: boolean;
		readonly members?: readonly string[];
		readonly hasBot?: boolean;
		readonly topic?: string;
	}[];
	readonly groups: readonly SlackGroup[];
	/** Where signed requests go (`http://127.0.0.1:3000/slack/events`); null where the bot uses Socket Mode. */
	readonly eventsUrl: string | null;
	readonly commands?: readonly string[];
	readonly subscriptions?: readonly Subscription[];
	/** Slack's limits by default; null switches them off. */
	readonly rateLimits?: RateLimits | null;
	readonly ackTimeoutMs?: number;
	readonly eventRetryDelaysMs?: readonly number[];
	readonly now?: () => number;
};

type LocalSlackState = {
	/** A channel by id or name. */
	channel(name: string): Channel | undefined;
	/** What stands in the channel, oldest first, without threads; with a person's id also what only they see. */
	messages(channel: string, person?: string): readonly Message[];
	/** The message and its replies, oldest first. */
	thread(channel: string, ts: string, person?: string): readonly Message[];
	/** The person's open modals, the top one last. */
	views(person: string): readonly View[];
	home(person: string): View | undefined;
};

export type LocalSlack = {
	/** `http://127.0.0.1:PORT`: the page. */
	readonly url: string;
	/** `http://127.0.0.1:PORT/api/`: what a bot is given as SLACK_API_URL. */
	readonly apiUrl: string;
	readonly port: number;
	readonly bot: Bot;
	readonly act: Act;
	readonly state: LocalSlackState;
	/** Ends with the predicate's first truthy answer, asked at every change; rejects after `timeoutMs`. */
	waitFor<T>(predicate: () => T | null | undefined | false, timeoutMs?: number): Promise<T>;
	/** Changes where signed requests go, once the bot's port is known. */
	setEventsUrl(url: string | null): void;
	/** Sends Slack's `url_verification`; true where the bot gave the challenge back. */
	verifyEventsUrl(): Promise<boolean>;
	/** Open Socket Mode connections. */
	connections(): number;
	/** Asks Socket Mode clients to reconnect, as Slack does now and then. */
	refreshConnections(): void;
	close(): Promise<void>;
};

const DEFAULT_BOT: Bot = {
	userId: 'UINTERLOCK',
	botId: 'BINTERLOCK',
	appId: 'AINTERLOCK',
	name: 'interlock',
	realName: 'Interlock',
};
const WAIT_MS = 5_000;

/** Starts the stand-in; it listens when the promise ends, and leaves nothing behind after `close()`. */
export async function startLocalSlack(options: LocalSlackOptions): Promise<LocalSlack> {
	const now = options.now ?? Date.now;
	const bot: Bot = { ...DEFAULT_BOT, ...options.bot };
	const workspace = new Workspace({ team: options.team, bot, people: options.people, groups: options.groups, now });
	for (const { name, isPrivate, members, hasBot, topic } of options.channels) {
		const people = members ?? options.people.map((person) => person.id);
		const channel = workspace.addChannel(
			name,
			isPrivate ? 'private' : 'public',
			options.people[0]?.id ?? bot.userId,
			people,
		);
		if (hasBot !== false) channel.members.add(bot.userId);
		channel.topic = topic ?? '';
	}
	for (const person of options.people) workspace.directChannel(person.id);
	const parts = join(options, workspace, now);
	const listening = await listen(parts, options.port, options.host ?? '127.0.0.1').catch(async (error: unknown) => {
		await parts.socket.close();
		throw error;
	});
	parts.address.url = listening.url;
	return {
		url: listening.url,
		apiUrl: `${listening.url}/api/`,
		port: listening.port,
		bot,
		act: parts.act,
		state: stateOf(workspace, parts.views),
		waitFor: (predicate, timeoutMs = WAIT_MS) => waitFor(workspace, predicate, timeoutMs),
		setEventsUrl: (url) => {
			parts.delivery.eventsUrl = url;
			workspace.changed();
		},
		verifyEventsUrl: () => parts.delivery.verifyUrl(randomBytes(24).toString('hex')),
		connections: () => parts.socket.connections,
		refreshConnections: () => parts.socket.refresh(),
		close: async () => {
			parts.delivery.close();
			await parts.socket.close();
			await listening.close();
		},
	};
}

function join(options: LocalSlackOptions, workspace: Workspace, now: () => number): Parts {
	const views = new Views(workspace);
	const socket = new SocketMode(workspace.bot.appId, () => workspace.changed());
	const delivery = new Delivery(options.eventsUrl, socket, {
		signingSecret: options.signingSecret,
		ackTimeoutMs: options.ackTimeoutMs ?? ACK_TIMEOUT_MS,
		eventRetryDelaysMs: options.eventRetryDelaysMs ?? EVENT_RETRY_DELAYS_MS,
		now,
	});
	const address = { url: '' };
	const announce: Act['announce'] = (message, change) => act.announce(message, change);
	const responseUrls = new ResponseUrls(workspace, () => address.url, announce);
	const act = new Act({
		workspace,
		views,
		delivery,
		responseUrls,
		commands: new Set(options.commands ?? ['/interlock']),
		subscriptions: new Set(options.subscriptions ?? SUBSCRIPTIONS),
	});
	const limiter = new RateLimiter(options.rateLimits === undefined ? SLACK_RATE_LIMITS : options.rateLimits);
	const tokens = { bot: options.botToken, app: options.appToken };
	return { workspace, views, socket, delivery, responseUrls, act, limiter, tokens, address };
}

function stateOf(workspace: Workspace, views: Views): LocalSlackState {
	const visible = (message: Message, person: string | undefined): boolean =>
		message.ephemeralTo === null || message.ephemeralTo === person;
	return {
		channel: (name) => workspace.findChannel(name),
		messages: (name, person) =>
			(workspace.findChannel(name)?.messages ?? []).filter(
				(message) => (message.threadTs === null || message.isBroadcast) && visible(message, person),
			),
		thread: (name, ts, person) =>
			(workspace.findChannel(name)?.messages ?? []).filter(
				(message) => (message.ts === ts || message.threadTs === ts) && visible(message, person),
			),
		views: (person) => views.stack(person),
		home: (person) => views.home(person),
	};
}

function waitFor<T>(
	workspace: Workspace,
	predicate: () => T | null | undefined | false,
	timeoutMs: number,
): Promise<T> {
	return new Promise((resolve, reject) => {
		const settle = (finish: () => void): void => {
			clearTimeout(timer);
			stop();
			finish();
		};
		const look = (): void => {
			try {
				const found = predicate();
				if (found) settle(() => resolve(found));
			} catch (error) {
				settle(() => reject(error));
			}
		};
		const timer = setTimeout(
			() => settle(() => reject(new Error(`nothing seen within ${timeoutMs} ms: ${predicate}`))),
			timeoutMs,
		);
		const stop = workspace.onChange(look);
		look();
	});
}
