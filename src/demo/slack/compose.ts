// What Slack makes of what a person types: &, < and > escaped, names turned into mentions. Pure.
import type { Workspace } from './workspace.ts';

const BROADCASTS: ReadonlySet<string> = new Set(['here', 'channel', 'everyone']);

/** Escapes the three characters that mrkdwn gives a meaning, as Slack asks every sender to. */
function escapeMrkdwn(text: string): string {
	return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** The text that the bot and other people get for what was typed. Nothing that is typed can be a link or control. */
export function composedText(typed: string, workspace: Workspace): string {
	return escapeMrkdwn(typed)
		.replace(/(^|[\s(])@([\p{L}\p{N}._-]{1,80})/gu, (whole, before: string, name: string) => {
			const mention = mentionOf(name, workspace);
			return mention === null ? whole : `${before}${mention}`;
		})
		.replace(/(^|[\s(])#([\p{Ll}\p{N}_-]{1,80})/gu, (whole, before: string, name: string) => {
			const channel = workspace.findChannel(name);
			return channel ? `${before}<#${channel.id}|${channel.name}>` : whole;
		});
}

function mentionOf(name: string, workspace: Workspace): string | null {
	if (name === workspace.bot.name) return `<@${workspace.bot.userId}>`;
	const person = workspace.people.find((candidate) => candidate.name === name);
	if (person) return `<@${person.id}>`;
	const group = workspace.groups.find((candidate) => candidate.handle === name);
	if (group) return `<!subteam^${group.id}|@${group.handle}>`;
	return BROADCASTS.has(name) ? `<!${name}>` : null;
}
