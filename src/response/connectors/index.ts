// The registry of connectors: from configuration to connectors, and which one an action goes to.
import type { ConnectorConfig } from '../../domain/connector.ts';
import { connectorDestinations, readOnlyAsset } from '../../domain/destination.ts';
import { indexInventory } from '../../domain/inventory.ts';
import { never } from '../../domain/result.ts';
import { refuseDestination } from '../../safety/destination.ts';
import { bindResolve } from './address-guard.ts';
import { createBlockList, type ListGround } from './block-list.ts';
import type { Connector } from './connector.ts';
import { createElasticsearch } from './elasticsearch.ts';
import { createEndpointConnector } from './endpoint-connector.ts';
import { createFortiNdrCloud } from './fortindr-cloud.ts';
import { createFortinet } from './fortinet.ts';
import { createFortinetVpn } from './fortinet-vpn.ts';
import { createGenericHttp, EDGE, type HttpEdge } from './generic-http.ts';
import { createGitLab } from './gitlab.ts';
import { createGlobalProtect } from './globalprotect.ts';
import { createActiveDirectory, createEntraId, createOkta } from './identity-connector.ts';
import { createOpenC2 } from './openc2.ts';
import { createPaloAlto } from './palo-alto.ts';
import { createPiWebApi } from './pi-web-api.ts';
import { createTicketConnector } from './ticket-connector.ts';

/** Nothing of the plant and nothing done: for a connector that is only looked at. */
export const NO_GROUND: ListGround = {
	inventory: indexInventory({ assets: [], zones: [], conduits: [], confirmedAt: 0 }),
	reader: { events: async () => [], polls: async () => [], incidentOf: async () => null },
};

/**
 * Makes every configured connector.
 *
 * @param secretOf the value of the secret that a connector's `auth` names, null where it has none or it is not set
 * @param ground inventory and ledger, for the connectors of the network: without it they find no asset and do nothing
 * @throws TypeError for a connector with a call for an action that can have none (G10)
 */
export function createConnectors(
	configs: readonly ConnectorConfig[],
	secretOf: (config: ConnectorConfig) => string | null,
	edge: HttpEdge = EDGE,
	ground: ListGround = NO_GROUND,
): Connector[] {
	return configs.map((config) => createConnector(config, secretOf(config), ownEdge(config, edge, ground), ground));
}

/** An edge with which a connector reaches what its own configuration names and nothing else, and no asset of OT under any name. */
function ownEdge(config: ConnectorConfig, edge: HttpEdge, { inventory }: ListGround): HttpEdge {
	const refuse = (address: string): string | null => refuseDestination(inventory.data, address, readOnlyAsset(config));
	return { ...edge, resolve: bindResolve(edge.resolve, connectorDestinations(config), refuse) };
}

function createConnector(
	config: ConnectorConfig,
	secret: string | null,
	edge: HttpEdge,
	ground: ListGround,
): Connector {
	switch (config.kind) {
		case 'generic-http':
			return createGenericHttp(config, secret, edge);
		case 'okta':
			return createOkta(config, secret, edge);
		case 'entra-id':
			return createEntraId(config, secret, edge);
		case 'active-directory':
			return createActiveDirectory(config, secret, edge);
		case 'block-list':
			return createBlockList(config, ground, edge.now);
		case 'fortinet':
			return createFortinet(config, secret, ground, edge);
		case 'palo-alto':
			return createPaloAlto(config, secret, ground, edge);
		case 'crowdstrike':
		case 'defender-endpoint':
		case 'sentinelone':
			return createEndpointConnector(config, secret, ground.inventory, edge);
		case 'pi-web-api':
			return createPiWebApi(config, secret, ground.inventory, edge);
		case 'gitlab':
			return createGitLab(config, secret, ground.inventory, edge);
		case 'elasticsearch':
			return createElasticsearch(config, secret, ground.inventory, edge);
		case 'fortindr-cloud':
			return createFortiNdrCloud(config, secret, ground.inventory, edge);
		case 'openc2':
			return createOpenC2(config, secret, ground, edge);
		case 'globalprotect':
			return createGlobalProtect(config, secret, ground.inventory, edge);
		case 'fortinet-vpn':
			return createFortinetVpn(config, secret, ground.inventory, edge);
		case 'servicenow':
		case 'jira':
			return createTicketConnector(config, secret, ground.reader, edge);
		default:
			return never(config);
	}
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
