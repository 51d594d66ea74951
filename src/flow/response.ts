// Wires response with its connectors and pagers.
import { storesOf } from '../domain/connector.ts';
import type { Inventory } from '../domain/inventory.ts';
import { reachesBySelf } from '../domain/pager.ts';
import { resolveBySystem } from '../response/connectors/address-guard.ts';
import { type ConnectorProcesses, createConnectorProcesses } from '../response/connectors/process/processes.ts';
import type { Paging } from '../response/pagers/desk.ts';
import { createPager } from '../response/pagers/index.ts';
import { openResponse } from '../response/response.ts';
import { cryptoRandom } from '../store/record.ts';
import type { ChatEdge } from './chat.ts';
import type { Faults } from './faults.ts';
import { listGround } from './lists.ts';
import type { FlowParts } from './parts.ts';
import { escalationFor, routeFor } from './routes.ts';

export function connectorsOf(
	{ config, database, clock }: FlowParts,
	inventory: Inventory,
	faults: Faults,
): ConnectorProcesses {
	const secrets = new Map(config.connectors.map((connector) => [connector.config.name, connector.secret]));
	return createConnectorProcesses(
		config.connectors.map((connector) => connector.config),
		(connector) => secrets.get(connector.name)?.reveal() ?? null,
		listGround(database, inventory),
		(reason) => faults.report('connectors', reason),
		clock,
	);
}

/** The ways outside Slack, and what has to be known of Slack to use them. */
function pagingOf({ config, clock, metrics }: FlowParts, chat: ChatEdge, faults: Faults): Paging {
	const edge = { now: clock, resolve: resolveBySystem };
	const { fallback, slack_after } = config.settings.paging;
	return {
		pagers: config.pagers.map(({ config: one, secret, ca }) =>
			createPager({ config: one, secret: secret?.reveal() ?? null, ca }, edge, config.inventory),
		),
		people: config.people,
		fallback: fallback ?? config.pagers.flatMap(({ config: one }) => (reachesBySelf(one) ? [one.name] : [])),
		slackAfterMs: slack_after,
		isSlackDown: chat.isDown,
		count: metrics.page,
		onHealth: (pager, fault) =>
			faults.set(`pager ${pager}`, fault === null ? null : `pages do not get through: ${fault}`),
	};
}

export function buildResponse(
	parts: FlowParts,
	inventory: Inventory,
	chat: ChatEdge,
	faults: Faults,
	connectors: ConnectorProcesses['connectors'],
): ReturnType<typeof openResponse> {
	const { config, database, clock, log } = parts;
	return openResponse({
		database,
		inventory,
		playbooks: parts.playbooks,
		people: chat.people,
		staff: chat.staff,
		paging: pagingOf(parts, chat, faults),
		windows: config.windows,
		facts: config.facts,
		siteRules: config.siteRules.map((entry) => entry.rule),
		connectors,
		clock,
		random: cryptoRandom,
		log: {
			info: (fields, message) => log.info(message, { ...fields }),
			warn: (fields, message) => log.warn(message, { ...fields }),
			error: (fields, message) => log.error(message, { ...fields }),
		},
		stores: storesOf(config.connectors.map((connector) => connector.config)),
		approvalMs: config.settings.approvals.wait_for,
		escalation: (incident) => escalationFor(config, incident),
		routeOf: (incident) => routeFor(config, incident),
	});
}
