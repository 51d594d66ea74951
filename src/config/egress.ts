// Every host and port to which the program opens a connection, with the reason and the place where it is written: computed from the
// configuration alone. Whether one of them is a thing of OT is said by the inventory (safety/destination.ts). NOT here: how it is printed.
import type { InventoryData } from '../domain/asset.ts';
import { assetsCalled } from '../domain/asset-names.ts';
import type { ConnectorConfig } from '../domain/connector.ts';
import {
	connectorDestinations,
	type Destination,
	destinationOf,
	hostOf,
	modelDestination,
	pagerDestinations,
	readOnlyAsset,
	shownDestination,
	slackDestinations,
} from '../domain/destination.ts';
import { isPrivateAddress } from '../domain/inventory.ts';
import type { PagerConfig } from '../domain/pager.ts';
import type { Finding } from '../domain/result.ts';
import { refuseDestination } from '../safety/destination.ts';
import type { Environment } from './environment.ts';
import { type FilePlace, shown } from './finding.ts';

/** One line of the list. */
export type Egress = Destination & {
	/** What is there: `connector edr (crowdstrike)`, `the queue`. */
	readonly what: string;
	/** Where the host is written, or who chose it. */
	readonly from: string;
	/** What in the program keeps the connection to this line. */
	readonly held: 'list' | 'url';
	/** The asset of the inventory that a connector only reads; null for everything that can do more. */
	readonly readOnly: string | null;
	/** Null where it is not written in a file. */
	readonly place: FilePlace | null;
};

type Placed<Config> = { readonly config: Config; readonly place: FilePlace | null };

/** The list of an installation, in the order of the configuration. */
export function egressOf(
	environment: Environment,
	connectors: readonly Placed<ConnectorConfig>[],
	pagers: readonly Placed<PagerConfig>[],
): Egress[] {
	return [
		...ofEnvironment(environment),
		...connectors.flatMap(({ config, place }) =>
			ofFile('connector', config, connectorDestinations(config), readOnlyAsset(config), place),
		),
		...pagers.flatMap(({ config, place }) => ofFile('pager', config, pagerDestinations(config), null, place)),
	];
}

function ofFile(
	word: string,
	{ name, kind }: { readonly name: string; readonly kind: string },
	list: readonly Destination[],
	readOnly: string | null,
	place: FilePlace | null,
): Egress[] {
	const from = place === null ? 'interlock.yaml' : `${place.file}:${place.line}`;
	return list.map((to) => ({ ...to, what: `${word} ${name} (${kind})`, from, held: 'list', readOnly, place }));
}

function ofEnvironment({ databaseUrl, databaseMigrateUrl, redisUrl, slack, model }: Environment): Egress[] {
	const own = (from: string, what: string, held: Egress['held'], list: readonly (Destination | null)[]): Egress[] =>
		list.flatMap((to) => (to === null ? [] : [{ ...to, what, from, held, readOnly: null, place: null }]));
	const chosen = (variable: string, url: string | null): string =>
		url === null ? `built in (no ${variable})` : variable;
	return [
		...own('DATABASE_URL', 'the database', 'url', databaseDestinations(databaseUrl?.reveal() ?? null)),
		...own(
			'DATABASE_MIGRATE_URL',
			'the database, as its owner',
			'url',
			databaseDestinations(databaseMigrateUrl?.reveal() ?? null),
		),
		...own('REDIS_URL', 'the queue', 'url', [redisUrl === null ? null : destinationOf(redisUrl.reveal())]),
		...(slack === null
			? []
			: own(chosen('SLACK_API_URL', slack.apiUrl), 'Slack', 'list', slackDestinations(slack.apiUrl))),
		...(model === null
			? []
			: own(chosen('OPENAI_BASE_URL', model.baseUrl), 'the adviser', 'list', [modelDestination(model.baseUrl)])),
	];
}

/** Hosts of a database's URL, which may name several (`postgres://a:5432,b/interlock`). Without a host it is this machine. */
function databaseDestinations(url: string | null): Destination[] {
	if (url === null) return [];
	const [authority = ''] = url.replace(/^[a-z]+:\/\//i, '').split(/[/?#]/);
	const hosts = authority.slice(authority.lastIndexOf('@') + 1).split(',');
	return hosts.flatMap((text): Destination[] => {
		const match = /^(.*?)(?::(\d{1,5}))?$/.exec(decoded(text));
		const host = hostOf(match?.[1] === undefined || match[1] === '' ? 'localhost' : match[1]);
		return host === null ? [] : [{ host, port: Number(match?.[2] ?? 5432) }];
	});
}

function decoded(text: string): string {
	try {
		return decodeURIComponent(text);
	} catch {
		// A lone percent sign: the text stands for itself.
		return text;
	}
}

/**
 * What the inventory has against the list. An error for what is a controller, a safety system or stands low in the plant: the program does
 * not start with it. A warning for an address inside the plant that the inventory does not have: nobody can say what is there.
 */
export function checkEgress(list: readonly Egress[], inventory: InventoryData): Finding[] {
	return list.flatMap((one): Finding[] => {
		const { place, from, what, host } = one;
		const at = place ?? { file: 'environment', line: 0, column: 0 };
		const whose = place === null ? `${from}: ${what}` : what;
		const reason = refuseDestination(inventory, host, one.readOnly);
		if (reason !== null) {
			return [
				{
					...at,
					message: `${whose} is at ${shownDestination(one)}, and ${reason}: no connection is made there`,
					help: 'a connector stands before a server at level 3 or above; only one that reads (historian, versions, logs) may name a server at level 2 as its `asset`',
					level: 'error',
				},
			];
		}
		const isKnown = assetsCalled(inventory, host).length > 0;
		const isHere = host === '::1' || host.startsWith('127.');
		if (isKnown || isHere || !isPrivateAddress(host)) return [];
		return [
			{
				...at,
				message: `${whose} is at ${shownDestination(one)}, and the inventory does not have ${shown(host)}: nobody can say that it is no controller`,
				help: 'add it to the inventory with its class and level',
				level: 'warning',
			},
		];
	});
}
