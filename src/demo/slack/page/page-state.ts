// What the page shows one person now, as pieces of HTML with keys: page.js replaces only the pieces that changed.

import type { JsonObject } from '../json.ts';
import type { Parts } from '../parts.ts';
import type { Channel, Message, SlackPerson, Workspace } from '../workspace.ts';
import { dayText, knownZone } from './dates.ts';
import { type Html, html, NOTHING } from './html.ts';
import { homeHtml, messageHtml, modalHtml, type Reader } from './message.ts';
import { mrkdwnHtml } from './mrkdwn.ts';

export type Asked = {
	readonly person: string;
	readonly channel: string;
	readonly thread: string;
	readonly zone: string;
};
type Piece = { readonly key: string; readonly html: string };

const MESSAGES_SHOWN_MAX = 300;
const HOME = 'home';

/** The state for one person: sidebar, the open channel or Home, the open thread, the open modal. */
export function pageState(parts: Parts, asked: Asked): JsonObject {
	const { workspace, views, act } = parts;
	const person = workspace.person(asked.person) ?? workspace.people[0];
	if (!person) return { error: 'no people are configured' };
	const reader = readerOf(workspace, asked.zone);
	const isHome = asked.channel === HOME;
	const channel = isHome ? undefined : openChannel(workspace, person, asked.channel);
	const thread = channel && asked.thread !== '' ? workspace.findMessage(channel, asked.thread) : undefined;
	const modal = views.top(person.id);
	const home = views.home(person.id);
	const homePiece = {
		key: HOME,
		html: homeHtml(home, act.chosen(person.id, home?.id ?? ''), reader, workspace.bot.realName).text,
	};
	const modalPiece = modal && {
		key: modal.id,
		html: modalHtml(modal, views.stack(person.id).length, act.chosen(person.id, modal.id), reader).text,
	};
	return {
		team: workspace.team.name,
		person: person.id,
		people: workspace.people.map(({ id, realName, title }) => ({
			id,
			label: title === undefined ? realName : `${realName} · ${title}`,
		})),
		channel: channel?.id ?? (isHome ? HOME : ''),
		isConnected: parts.delivery.isReachable,
		sidebar: sidebarHtml(workspace, person, channel?.id ?? HOME).text,
		header: (channel ? channelHeader(workspace, channel, reader) : appHeader(workspace, person, HOME)).text,
		pieces: channel ? channelPieces(parts, channel, person, reader) : [homePiece],
		unread: channel ? workspace.unread(person.id, channel) : 0,
		isMember: channel?.members.has(person.id) === true,
		placeholder:
			channel === undefined
				? ''
				: channel.kind === 'im'
					? `Message ${workspace.bot.realName}`
					: `Message #${channel.name}, or a command such as /interlock help`,
		thread: channel && thread ? threadPieces(parts, channel, thread, person, reader) : null,
		threadTs: thread?.ts ?? '',
		modal: modalPiece ?? null,
	};
}

function readerOf(workspace: Workspace, zone: string): Reader {
	const channels = [...workspace.channels.values()].filter((channel) => channel.kind === 'public');
	return {
		names: {
			user: (id) => (id === workspace.bot.userId ? workspace.bot.realName : (workspace.person(id)?.realName ?? null)),
			channel: (id) => workspace.channels.get(id)?.name ?? null,
			group: (id) => workspace.groups.find((group) => group.id === id)?.handle ?? null,
			zone: knownZone(zone),
		},
		people: workspace.people.map((person) => ({ id: person.id, label: person.realName })),
		channels: channels.map((channel) => ({ id: channel.id, label: `#${channel.name}` })),
	};
}

function openChannel(workspace: Workspace, person: SlackPerson, asked: string): Channel | undefined {
	const found = workspace.channels.get(asked);
	if (found && (found.kind === 'public' || found.members.has(person.id))) return found;
	return [...workspace.channels.values()].find((channel) => channel.kind !== 'im' && channel.members.has(person.id));
}

function entryHtml(workspace: Workspace, person: SlackPerson, channel: Channel, current: string): Html {
	const unread = workspace.unread(person.id, channel);
	const state = channel.id === current ? ' current' : unread > 0 ? ' unread' : '';
	const count =
		unread > 0 && channel.id !== current
			? html` <span class="count" aria-label="${unread} unread">${unread}</span>`
			: NOTHING;
	const aria = channel.id === current ? html` aria-current="page"` : NOTHING;
	return html`<li><button type="button" class="entry${state}" data-open="${channel.id}"${aria}><span class="hash" aria-hidden="true">${channel.kind === 'private' ? '▪' : '#'}</span> <span class="name">${channel.name}</span>${count}</button></li>`;
}

function sidebarHtml(workspace: Workspace, person: SlackPerson, current: string): Html {
	const all = [...workspace.channels.values()].filter((channel) => channel.kind !== 'im' && !channel.isArchived);
	const own = all.filter((channel) => channel.members.has(person.id));
	const others = all.filter((channel) => channel.kind === 'public' && !channel.members.has(person.id));
	const direct = workspace.directChannel(person.id);
	const unread = workspace.unread(person.id, direct);
	const isApp = current === HOME || current === direct.id;
	return html`<h2>Channels</h2><ul>${own.map((channel) => entryHtml(workspace, person, channel, current))}</ul>${
		others.length === 0
			? NOTHING
			: html`<h2>Not joined</h2><ul>${others.map((channel) => entryHtml(workspace, person, channel, current))}</ul>`
	}<h2>Apps</h2><ul><li><button type="button" class="entry${isApp ? ' current' : unread > 0 ? ' unread' : ''}" data-open="${HOME}"><span class="hash" aria-hidden="true">◆</span> <span class="name">${workspace.bot.realName}</span>${unread > 0 && !isApp ? html` <span class="count" aria-label="${unread} unread">${unread}</span>` : NOTHING}</button></li></ul>`;
}

function channelHeader(workspace: Workspace, channel: Channel, reader: Reader): Html {
	if (channel.kind === 'im') return appHeader(workspace, null, channel.id);
	const people = [...channel.members].length;
	const bookmarks = channel.bookmarks.map((bookmark) =>
		mrkdwnHtml(`<${String(bookmark['link'])}|${String(bookmark['title']).replaceAll(/[<>|]/g, ' ')}>`, reader.names),
	);
	const state = channel.isArchived ? html` <span class="badge">archived</span>` : NOTHING;
	return html`<div class="title"><h1>${channel.kind === 'private' ? '▪' : '#'} ${channel.name}</h1>${state}<span class="members">${people} members</span></div>${channel.topic === '' ? NOTHING : html`<div class="topic">${channel.topic}</div>`}${bookmarks.length === 0 ? NOTHING : html`<div class="bookmarks">${bookmarks.map((bookmark) => html`<span>${bookmark}</span>`)}</div>`}`;
}

function appHeader(workspace: Workspace, person: SlackPerson | null, current: string): Html {
	const direct = person === null ? current : workspace.directChannel(person.id).id;
	const tab = (id: string, label: string): Html =>
		html`<button type="button" role="tab" aria-selected="${id === current ? 'true' : 'false'}" class="tab" data-open="${id}">${label}</button>`;
	return html`<div class="title"><h1>◆ ${workspace.bot.realName}</h1><span class="badge">app</span></div><div class="tabs" role="tablist">${tab(HOME, 'Home')}${tab(direct, 'Messages')}</div>`;
}

function piece(
	parts: Parts,
	channel: Channel,
	message: Message,
	person: SlackPerson,
	reader: Reader,
	isInThread: boolean,
): Piece {
	const author = message.isFromSlackbot ? 'Slackbot (local)' : parts.workspace.nameOf(message.user);
	const replies = isInThread ? [] : parts.workspace.replies(channel, message.ts);
	const values = parts.act.chosen(person.id, message.ts);
	return { key: message.ts, html: messageHtml({ message, author, values, replies, isInThread }, reader).text };
}

function channelPieces(parts: Parts, channel: Channel, person: SlackPerson, reader: Reader): Piece[] {
	const visible = channel.messages.filter(
		(message) =>
			(message.threadTs === null || message.isBroadcast) &&
			(message.ephemeralTo === null || message.ephemeralTo === person.id),
	);
	const pieces: Piece[] = [];
	if (!channel.members.has(person.id)) {
		pieces.push({
			key: 'join',
			html: html`<div class="empty"><p>${person.realName} is not in #${channel.name}.</p><button type="button" class="button primary" data-join="${channel.id}">Join</button></div>`
				.text,
		});
	}
	if (visible.length === 0)
		pieces.push({ key: 'none', html: html`<div class="empty"><p>Nothing has been written here yet.</p></div>`.text });
	if (visible.length > MESSAGES_SHOWN_MAX)
		pieces.push({
			key: 'earlier',
			html: html`<div class="day">The ${MESSAGES_SHOWN_MAX} latest of ${visible.length} messages</div>`.text,
		});
	let day = '';
	for (const message of visible.slice(-MESSAGES_SHOWN_MAX)) {
		const ofMessage = dayText(message.ts, reader.names.zone);
		if (ofMessage !== day)
			pieces.push({ key: `day ${ofMessage}`, html: html`<div class="day">${ofMessage}</div>`.text });
		day = ofMessage;
		pieces.push(piece(parts, channel, message, person, reader, false));
	}
	return pieces;
}

function threadPieces(parts: Parts, channel: Channel, parent: Message, person: SlackPerson, reader: Reader): Piece[] {
	const replies = channel.messages.filter(
		(message) => message.threadTs === parent.ts && (message.ephemeralTo === null || message.ephemeralTo === person.id),
	);
	return [parent, ...replies.slice(-MESSAGES_SHOWN_MAX)].map((message) =>
		piece(parts, channel, message, person, reader, true),
	);
}
