// What the wiring is given, and what its parts share. Nothing is built here.
import type { Config } from '../config/config.ts';
import type { SlackEnvironment } from '../config/environment.ts';
import type { DrillScenario } from '../domain/drill-scenario.ts';
import type { Result } from '../domain/result.ts';
import type { Tally } from '../intake/tally.ts';
import type { Log } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import type { LoadedPlaybook } from '../response/choose.ts';
import type { Database } from '../store/database.ts';
import type { CompiledRules } from '../triage/rules.ts';

export const ROLES = ['intake', 'triage', 'response', 'chat'] as const;
export type Role = (typeof ROLES)[number];

export const NO_INVENTORY = { assets: [], zones: [], conduits: [], confirmedAt: 0 };

export type FlowParts = {
	readonly config: Config;
	readonly roles: readonly Role[];
	readonly database: Database;
	/** Of the database as the program's account: the queue lives there where REDIS_URL is not set. */
	readonly runUrl: string;
	readonly token: string;
	/** Where Slack is: a workspace, or the local stand-in. Null for a process without the chat role. */
	readonly slack: SlackEnvironment | null;
	readonly channel: string;
	readonly rules: CompiledRules;
	readonly playbooks: readonly LoadedPlaybook[];
	readonly clock: () => number;
	readonly log: Log;
	readonly metrics: Metrics;
	/** The door in threads of its own: the clock is the system's then. */
	readonly isThreaded?: boolean;
	/** Scenarios of drills. */
	readonly drills?: readonly DrillScenario[];
	/** The key of person tokens, for statements over HTTP (POST /v1/facts); without it there is no such door. */
	readonly personKey?: () => Result<Uint8Array, string>;
};

/** What is counted at the doors and told to people when it is too much. */
export type Watched = { readonly refusals: Tally; readonly slack: Tally; readonly drops: Tally };
