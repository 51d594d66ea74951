// What every action is: a name of the catalogue, its parameters, what it does when its turn has come, and how it is taken back.
// What it does to the world is NOT said here: that is safety/actions.ts, and the gate reads nothing else.
import type { z } from 'zod';
import type { Asset } from '../../domain/asset.ts';
import type { Inventory } from '../../domain/inventory.ts';
import type { PagerConfig } from '../../domain/pager.ts';
import type { Person } from '../../domain/person.ts';
import type { Severity } from '../../domain/severity.ts';
import type { Step } from '../../domain/step.ts';
import type { Instant } from '../../domain/time.ts';
import type { ActionName } from '../../safety/actions.ts';
import type { Grant } from '../../safety/grant.ts';
import type { CallResult, Connector } from '../connectors/connector.ts';
import type { Page } from '../pagers/page.ts';

/** A message that an action wants to be posted; the chat stage makes it safe to show and posts it once. */
export type Note = {
	/** Unique for ever: `note:<step>`, `page:<step>:<person>`. */
	readonly key: string;
	/** Slack channel or user id; empty for the incident's own channel and thread. */
	readonly channel: string;
	readonly text: string;
};

/** What an internal action comes to. Nothing has happened yet: all of it is recorded together with the result, in one transaction. */
type Told = {
	readonly state: 'done' | 'hands';
	/** One line for the step's row and the timeline. */
	readonly outcome: string;
	readonly notes: readonly Note[];
	/** The same to the same people outside Slack. */
	readonly pages?: readonly Page[];
};

type PastIncident = {
	readonly number: number;
	readonly title: string;
	readonly state: string;
	readonly lastAt: Instant;
};

/** What an action may see. */
export type ActionInput = {
	readonly step: Step;
	readonly asset: Asset | null;
	readonly incident: {
		readonly id: string;
		readonly number: number;
		readonly severity: Severity;
		readonly process_safety: boolean;
		readonly sites: readonly string[];
		readonly zones: readonly string[];
	};
	readonly inventory: Inventory;
	readonly people: readonly Person[];
	/** Pages that each person got within the last hour. */
	readonly recentPages: Readonly<Record<string, number>>;
	readonly pastIncidents: readonly PastIncident[];
	/** The ways outside Slack that are set up. */
	readonly pagers?: readonly PagerConfig[];
	readonly now: Instant;
};

/** How an action is taken back, or why it cannot be. */
type Undo = { readonly by: RunnableName } | { readonly none: string };

/**
 * The actions that the program can carry out. Written out here, so that the compiler refuses a file for any other: there is no word
 * for an action with a control effect (G10). That each of these may have a connector is asserted again when the registry is made.
 */
type RunnableName = Extract<
	ActionName,
	| 'notify'
	| 'page'
	| 'ask_person'
	| 'ask_control_room'
	| 'enrich'
	| 'open_ticket'
	| 'isolate_host'
	| 'release_host'
	| 'end_session'
	| 'disable_account'
	| 'enable_account'
	| 'revoke_tokens'
	| 'disable_vendor_account'
	| 'enable_vendor_account'
	| 'block_indicator'
	| 'unblock_indicator'
	| 'block_internal'
	| 'unblock_internal'
	| 'query_historian'
	| 'query_logs'
	| 'read_backup'
	| 'start_capture'
>;

type Common = {
	readonly name: RunnableName;
	/** Strict: a parameter that the action does not know is a finding, because somebody meant something by it. */
	readonly params: z.ZodType<Readonly<Record<string, unknown>>>;
	readonly undo: Undo;
};

/** Happens inside the program: messages and reading. Its effect is a row in our own database, so it is exactly once by itself. */
export type InternalAction = Common & { readonly kind: 'internal'; run(input: ActionInput): Told };

/** Happens at another system, through a connector that has a call for it, under a grant. */
export type ConnectorAction = Common & {
	readonly kind: 'connector';
	run(grant: Grant, step: Step, targets: readonly string[], connector: Connector): Promise<CallResult>;
};

export type Action = InternalAction | ConnectorAction;

/** An action that is one call of a connector: all that differs is its name, its parameters and its inverse. */
export function connectorAction(what: Common): ConnectorAction {
	return {
		...what,
		kind: 'connector',
		run: (grant, step, targets, connector) =>
			connector.call(grant, { step: step.id, action: step.action, target: step.target, targets, params: step.params }),
	};
}
