// The connectors of an installation, each with its work in a process of its own: what the program makes of its configuration. Lists that
// firewalls fetch call nobody and have no secret to lose: they stay with the ledger they read.
import type { ConnectorConfig } from '../../../domain/connector.ts';
import type { ListGround } from '../block-list.ts';
import type { Connector } from '../connector.ts';
import { EDGE } from '../generic-http.ts';
import { createConnectors } from '../index.ts';
import { createConnectorProcess } from './connector-process.ts';

export type ConnectorProcesses = {
	readonly connectors: readonly Connector[];
	/** Ends every process; a call that is still under way is in doubt then. */
	stop(): Promise<void>;
};

/**
 * Starts nothing yet: a process starts with the first call of its connector.
 *
 * @param secretOf the value of the secret that a connector's `auth` names, null where it has none or it is not set
 * @param onFault is told, in words, when a process ends by itself
 * @throws TypeError for a connector with a call for an action that can have none (G10)
 */
export function createConnectorProcesses(
	configs: readonly ConnectorConfig[],
	secretOf: (config: ConnectorConfig) => string | null,
	ground: ListGround,
	onFault: (reason: string) => void,
	now: () => number,
): ConnectorProcesses {
	const isOwn = (config: ConnectorConfig): boolean => config.kind !== 'block-list';
	const processes = configs
		.filter(isOwn)
		.map((config) => createConnectorProcess({ config, secret: secretOf(config), ground, onFault, now }));
	const here = createConnectors(
		configs.filter((config) => !isOwn(config)),
		() => null,
		{ ...EDGE, now },
		ground,
	);
	return {
		connectors: [...processes, ...here],
		async stop() {
			await Promise.all(processes.map((one) => one.stop()));
		},
	};
}
