// One running Interlock in this process: database, stages and, where no workspace is configured, the local Slack. Shared by `serve` and `demo`.
import type { Config } from '../config/config.ts';
import type { LocalSlack } from '../demo/slack/local-slack.ts';
import type { Role } from '../flow/parts.ts';
import { type Flow, startFlow } from '../flow.ts';
import type { Log } from '../log.ts';
import { createMetrics } from '../metrics.ts';
import { endLeases } from '../store/outbox.ts';
import { type LocalWorkspace, startLocalWorkspace } from './local.ts';
import { openStore, type Store } from './open.ts';
import { readPersonKey } from './person.ts';
import { loadShipped } from './shipped.ts';

export type Running = {
	readonly flow: Flow;
	readonly store: Store;
	/** The stand-in, where it is used. */
	readonly localSlack: LocalSlack | null;
	stop(): Promise<void>;
};

export type RunOptions = {
	readonly config: Config;
	readonly roles: readonly Role[];
	readonly token: string;
	readonly log: Log;
	/** Port of the local Slack's page. */
	readonly localSlackPort: number;
	/** Without Slack's rate limits: for a run that nobody watches. */
	readonly isQuick: boolean;
};

/** How long the bot's own Slack port may take to open. */
const SLACK_READY_MS = 15_000;

/** Starts everything, or stops what was started and throws in words. */
export async function startRunning(options: RunOptions): Promise<Running> {
	const { config, log } = options;
	const shipped = loadShipped(config);
	if (shipped.rules === null || shipped.findings.some((finding) => finding.level === 'error')) {
		throw new Error(
			`playbooks or rules have faults: run \`interlock check\` (${shipped.findings[0]?.file}: ${shipped.findings[0]?.message})`,
		);
	}
	const store = await openStore(config.environment, 'own');
	const opened: { stop(): Promise<void> }[] = [{ stop: () => store.close() }];
	try {
		if (store.warning !== null) log.warn(store.warning);
		// The embedded server has one program, and that is this one: whoever held a lease is dead.
		if (store.isEmbedded) await endLeases(store.database, Date.now());
		const workspace = await openWorkspace(options);
		if (workspace !== null) opened.unshift({ stop: () => workspace.slack.close() });
		const flow = await startFlow({
			config,
			roles: options.roles,
			database: store.database,
			runUrl: store.runUrl,
			token: options.token,
			slack: workspace?.environment ?? config.environment.slack,
			channel: config.environment.slackChannel ?? config.settings.channel ?? '#incidents',
			rules: shipped.rules,
			playbooks: shipped.playbooks,
			drills: shipped.drills,
			clock: Date.now,
			log,
			metrics: createMetrics(),
			isThreaded: true,
			personKey: () => readPersonKey(config.environment.dataFolder, false),
		});
		opened.unshift(flow);
		if (workspace !== null) workspace.slack.setEventsUrl(`http://127.0.0.1:${await slackPort(flow)}/slack/events`);
		return { flow, store, localSlack: workspace?.slack ?? null, stop: () => stopAll(opened) };
	} catch (error) {
		await stopAll(opened);
		throw error;
	}
}

async function openWorkspace(options: RunOptions): Promise<LocalWorkspace | null> {
	const { config } = options;
	if (config.environment.slack !== null || !options.roles.includes('chat')) return null;
	return startLocalWorkspace(config.people, options.localSlackPort, options.isQuick);
}

async function slackPort(flow: Flow): Promise<number> {
	for (let waited = 0; waited < SLACK_READY_MS; waited += 50) {
		const port = flow.slackPort();
		if (port !== null) return port;
		await new Promise((done) => setTimeout(done, 50));
	}
	throw new Error(
		`the port for Slack's requests did not open: ${flow.fault() ?? 'no reason given'}. SLACK_PORT names another`,
	);
}

/** In order; a part that does not stop cleanly must not keep the others running. */
async function stopAll(parts: readonly { stop(): Promise<void> }[]): Promise<void> {
	const failures: unknown[] = [];
	for (const part of parts) await part.stop().catch((error: unknown) => failures.push(error));
	if (failures.length > 0) throw failures[0];
}
