// The registry of actions that the program can carry out. Everything else of the catalogue is for hands. A control effect here is
// impossible twice: the type has no name for it, and the program refuses to start.
import { mayHaveConnector } from '../../safety/actions.ts';
import type { Action } from './action.ts';
import { askControlRoom } from './ask-control-room.ts';
import { askPerson } from './ask-person.ts';
import { blockIndicator } from './block-indicator.ts';
import { blockInternal } from './block-internal.ts';
import { disableAccount } from './disable-account.ts';
import { disableVendorAccount } from './disable-vendor-account.ts';
import { enableAccount } from './enable-account.ts';
import { enableVendorAccount } from './enable-vendor-account.ts';
import { endSession } from './end-session.ts';
import { enrich } from './enrich.ts';
import { isolateHost } from './isolate-host.ts';
import { notify } from './notify.ts';
import { openTicket } from './open-ticket.ts';
import { page } from './page.ts';
import { queryHistorian } from './query-historian.ts';
import { queryLogs } from './query-logs.ts';
import { readBackup } from './read-backup.ts';
import { releaseHost } from './release-host.ts';
import { revokeTokens } from './revoke-tokens.ts';
import { startCapture } from './start-capture.ts';
import { unblockIndicator } from './unblock-indicator.ts';
import { unblockInternal } from './unblock-internal.ts';

const REGISTERED: readonly Action[] = [
	notify,
	page,
	askPerson,
	askControlRoom,
	enrich,
	openTicket,
	isolateHost,
	releaseHost,
	endSession,
	disableAccount,
	enableAccount,
	revokeTokens,
	disableVendorAccount,
	enableVendorAccount,
	blockIndicator,
	unblockIndicator,
	blockInternal,
	unblockInternal,
	queryHistorian,
	queryLogs,
	readBackup,
	startCapture,
];

/**
 * Makes the registry.
 *
 * @throws TypeError for an action whose effect can have no connector (G10), for a name twice, and for an undo that undoes nothing
 */
export function registerActions(actions: readonly Action[]): ReadonlyMap<string, Action> {
	const registry = new Map<string, Action>();
	for (const action of actions) {
		if (!mayHaveConnector(action.name)) {
			throw new TypeError(
				`action \`${action.name}\`: its effect is for people's hands; the program has no way to do it (rule G10)`,
			);
		}
		if (registry.has(action.name)) throw new TypeError(`action \`${action.name}\` is registered twice`);
		registry.set(action.name, action);
	}
	return registry;
}

export const RUNNABLE: ReadonlyMap<string, Action> = registerActions(REGISTERED);
