// Wires chat with Slack; a process without the chat role still asks Slack who holds a role.
import { createChat } from '../chat/chat.ts';
import { createDirectory, type Directory } from '../chat/directory.ts';
import { createSlack, type SlackEdge, type SlackHandlers } from '../chat/slack.ts';
import type { Config } from '../config/config.ts';
import { timeZoneOf } from '../config/site-time.ts';
import { splitIncident } from '../correlation/people.ts';
import type { Inventory } from '../domain/inventory.ts';
import type { Person } from '../domain/person.ts';
import { SECOND } from '../domain/time.ts';
import type { Handlers } from '../domain/topic.ts';
import { attackTable, findTechnique } from '../triage/attack-table.ts';
import type { Faults } from './faults.ts';
import type { FlowParts, Watched } from './parts.ts';
import { slackRefusals } from './refused.ts';
import { routeFor } from './routes.ts';
import { learningOf } from './triage.ts';

const SLACK_RETRY_MS = 5 * SECOND;

export type ChatEdge = {
	readonly handlers: Handlers;
	/** Those of the configuration, with the roles that Slack groups lend them; what response asks before it counts an approval. */
	readonly people: () => Promise<readonly Person[]>;
	/** The same without the roles of groups: Slack is not asked. */
	readonly staff: () => Promise<readonly Person[]>;
	/** Calls to Slack fail at this moment. */
	readonly isDown: () => boolean;
	start(): void;
	/** The program is ending: nothing waits to be tried again. */
	hurry(): void;
	stop(): Promise<void>;
	port(): number | null;
};

/** Slack being away delays words and nothing else: the connection is tried in the background, again and again. */
export async function buildChat(
	parts: FlowParts,
	inventory: Inventory,
	faults: Faults,
	watched: Watched,
): Promise<ChatEdge> {
	const { config, database, clock, log, slack } = parts;
	if (slack === null) {
		const people = async (): Promise<readonly Person[]> => config.people;
		const nothing = { start: () => undefined, hurry: () => undefined, stop: async () => undefined };
		return { handlers: {}, people, staff: people, isDown: () => false, ...nothing, port: () => null };
	}
	let built: SlackHandlers | null = null;
	let isDown = false;
	const later = (): SlackHandlers => {
		if (built === null) throw new Error('chat is not built yet');
		return built;
	};
	const edge: SlackEdge = await createSlack({
		token: slack.botToken.reveal(),
		appToken: slack.appToken?.reveal() ?? null,
		signingSecret: slack.signingSecret?.reveal() ?? null,
		apiUrl: slack.apiUrl,
		mode: slack.mode,
		port: config.environment.slackPort,
		handlers: {
			click: (click) => later().click(click),
			check: (submission) => later().check(submission),
			submit: (submission) => later().submit(submission),
			command: (typed) => later().command(typed),
			home: (user) => later().home(user),
		},
		log,
		now: clock,
		onHealth: (state, detail) => {
			isDown = state === 'down';
			faults.set('Slack', isDown ? `not reachable: ${detail}. Cards wait; nothing else does` : null);
		},
		count: parts.metrics.chat,
		trustedProxies: config.settings.trusted_proxies,
		onRefused: slackRefusals(parts, faults, watched.slack),
	});
	const chat = createChat({
		database,
		calls: edge.calls,
		directory: directoryOf(config, inventory),
		channelOf: (incident) => routeFor(config, incident)?.channel ?? parts.channel,
		defaultChannel: parts.channel,
		split: (split, now) => splitIncident(split, inventory, now),
		learning: learningOf(parts, inventory),
		drills: { scenarios: parts.drills ?? [], inventory, timeZoneOf: (site) => timeZoneOf(config, site) },
		now: clock,
		log,
		count: parts.metrics.chat,
	});
	built = chat.slack;
	// A process without the chat role asks Slack for groups and listens to nothing.
	const isListening = parts.roles.includes('chat');
	const connection = isListening
		? connectForever(edge, faults)
		: { start: () => undefined, stop: async () => undefined };
	const { handlers, people, staff } = chat;
	return { handlers, people, staff, isDown: () => isDown, ...connection, hurry: edge.hurry, port: edge.port };
}

export function directoryOf(config: Config, inventory: Inventory): Directory {
	return createDirectory({
		people: config.people,
		groups: config.groups,
		inventory,
		sites: config.settings.sites.map((site) => site.name),
		technique: (id) => findTechnique(attackTable, id)?.name ?? null,
	});
}

function connectForever(edge: SlackEdge, faults: Faults): { start(): void; stop(): Promise<void> } {
	let isStopped = false;
	let timer: NodeJS.Timeout | null = null;
	const connect = (): void => {
		edge
			.start()
			.then(() => faults.set('Slack connection', null))
			.catch((error: unknown) => {
				faults.set('Slack connection', error instanceof Error ? error.message : String(error));
				if (!isStopped) timer = setTimeout(connect, SLACK_RETRY_MS);
			});
	};
	return {
		start: connect,
		async stop() {
			isStopped = true;
			if (timer !== null) clearTimeout(timer);
			await edge.stop();
		},
	};
}
