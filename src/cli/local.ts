// The local Slack beside the bot: for the demo, and for `serve` where no workspace is configured.
import { randomBytes } from 'node:crypto';
import type { SlackEnvironment } from '../config/environment.ts';
import { Secret } from '../config/secret.ts';
import { type LocalSlack, startLocalSlack } from '../demo/slack/local-slack.ts';
import type { Person } from '../domain/person.ts';

export type LocalWorkspace = {
	readonly slack: LocalSlack;
	/** What the bot is given, as if it were a workspace. */
	readonly environment: SlackEnvironment;
};

/** Channels of the local workspace; the first takes the cards. */
export const LOCAL_CHANNELS = ['incidents', 'control-room', 'general'] as const;

/**
 * Starts the stand-in with these people in it; `setEventsUrl` must be called when the bot's own port is known.
 *
 * @param port of the page; where it is taken, any free one
 */
export async function startLocalWorkspace(
	people: readonly Person[],
	port: number,
	isQuick: boolean,
): Promise<LocalWorkspace> {
	const secret = (prefix: string): string => `${prefix}-local-${randomBytes(12).toString('hex')}`;
	const tokens = { botToken: secret('xoxb'), appToken: secret('xapp'), signingSecret: randomBytes(16).toString('hex') };
	const options = {
		...tokens,
		team: { id: 'T0LOCAL', name: 'Nordhafen', domain: 'nordhafen' },
		people: people.flatMap((person) =>
			person.slack === null ? [] : [{ id: person.slack, name: person.id, realName: person.name }],
		),
		channels: LOCAL_CHANNELS.map((name) => ({ name })),
		groups: [],
		eventsUrl: null,
		...(isQuick ? { rateLimits: null } : {}),
	};
	const slack = await startLocalSlack({ ...options, port }).catch((error: NodeJS.ErrnoException) => {
		if (error.code !== 'EADDRINUSE' || port === 0) throw error;
		return startLocalSlack({ ...options, port: 0 });
	});
	return {
		slack,
		environment: {
			mode: 'http',
			botToken: new Secret(tokens.botToken),
			appToken: new Secret(tokens.appToken),
			signingSecret: new Secret(tokens.signingSecret),
			apiUrl: slack.apiUrl,
		},
	};
}
