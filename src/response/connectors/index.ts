// The registry of connectors: from configuration to connectors, and which one an action goes to.
import type { ConnectorConfig } from '../../domain/connector.ts';
import type { Connector } from './connector.ts';
import { createGenericHttp, type HttpEdge } from './generic-http.ts';

/**
 * Makes every configured connector.
 *
 * @param secretOf the value of the secret that a connector's `auth` names, null where it has none or it is not set
 * @throws TypeError for a connector with a call for an action that can have none (G10)
 */
export function createConnectors(
	configs: readonly ConnectorConfig[],
	secretOf: (config: ConnectorConfig) => string | null,
	edge?: HttpEdge,
): Connector[] {
	return configs.map((config) => createGenericHttp(config, secretOf(config), edge));
}

/**
 * Which connector does an action.
 *
 * @throws TypeError where two claim the same action: which of them was meant is nothing to guess about
 */
export function connectorsByAction(connectors: readonly Connector[]): ReadonlyMap<string, Connector> {
	const byAction = new Map<string, Connector>();
	for (const connector of connectors) {
		for (const action of connector.actions) {
			const held = byAction.get(action);
			if (held !== undefined)
				throw new TypeError(
					`action \`${action}\`: connectors \`${held.name}\` and \`${connector.name}\` both have a call for it; keep one`,
				);
			byAction.set(action, connector);
		}
	}
	return byAction;
}
