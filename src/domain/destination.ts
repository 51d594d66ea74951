// Where a connection of the program may lead: host and port, read from what the configuration says. Which of them a connector has is said here
// and nowhere else. NOT here: whether a destination may be (safety/destination.ts), and the connection (response/connectors/exchange.ts).
import { isAddressRange } from './address.ts';
import type { ConnectorConfig } from './connector.ts';
import { type PagerConfig, smtpPort } from './pager.ts';

/** Host in the one form in which hosts are compared: lower case, no brackets, no last dot, an IPv4 address in four numbers. */
export type Destination = { readonly host: string; readonly port: number };

const DEFAULT_PORTS: Readonly<Record<string, number>> = {
	'http:': 80,
	'ws:': 80,
	'https:': 443,
	'wss:': 443,
	'ldap:': 389,
	'ldaps:': 636,
	'smtp:': 25,
	'smtps:': 465,
	'postgres:': 5432,
	'postgresql:': 5432,
	'redis:': 6379,
	'rediss:': 6379,
};

/**
 * The host in the form in which it is compared; null where the text is none. Numbers that resolvers take for IPv4 addresses (`0x0a000001`,
 * `10.1`) become the address that they mean: written otherwise it would pass as a name.
 */
export function hostOf(text: string): string | null {
	const bare = text.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
	// A `*` stands for many hosts: no file may name one.
	if (/[/?#\\@*]/.test(bare)) return null;
	const url = URL.parse(`http://${bare.includes(':') ? `[${bare}]` : bare}/`);
	if (url === null || url.hostname === '') return null;
	return url.hostname.replace(/^\[|\]$/g, '');
}

/** Host and port of an address; null where it is none, or of a protocol whose port is not known. */
export function destinationOf(address: string | URL): Destination | null {
	const url = typeof address === 'string' ? URL.parse(address) : address;
	if (url === null) return null;
	const host = hostOf(url.hostname);
	const port = url.port === '' ? DEFAULT_PORTS[url.protocol] : Number(url.port);
	return host === null || port === undefined ? null : { host, port };
}

/** `host:port`, an IPv6 address in brackets. */
export function shownDestination({ host, port }: Destination): string {
	return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

export function isSameDestination(a: Destination, b: Destination): boolean {
	return a.host === b.host && a.port === b.port;
}

/** Whether a list holds a destination. `*.slack.com` on a list stands for every host below `slack.com`, and not for that itself. */
export function isOnList(list: readonly Destination[], wanted: Destination): boolean {
	return list.some(
		({ host, port }) =>
			port === wanted.port && (host === wanted.host || (host.startsWith('*.') && wanted.host.endsWith(host.slice(1)))),
	);
}

/**
 * Where the parts of Slack are: the Web API, and below its host what Slack names at run time (the socket of Socket Mode, which is
 * `wss-primary.slack.com` or another, and the address for the answer to a command, `hooks.slack.com`).
 *
 * @param apiUrl another Slack-compatible server; null for Slack
 */
export function slackDestinations(apiUrl: string | null): Destination[] {
	const own = destinationOf(apiUrl ?? 'https://slack.com/api/');
	if (own === null) return [];
	const isName = !isAddressRange(own.host) && own.host.includes('.');
	return isName && own.port === 443 ? [own, { host: `*.${own.host}`, port: 443 }] : [own];
}

/** The model's endpoint; null for the one of OpenAI. */
export function modelDestination(baseUrl: string | null): Destination | null {
	return destinationOf(baseUrl ?? 'https://api.openai.com/v1');
}

/**
 * Where a connector may connect to: every address that its configuration names under `*_url` (`base_url`, `login_url`, `peer_url`). What a
 * kind reaches beside these would be refused: a new kind that names its host otherwise is added here.
 */
export function connectorDestinations(config: ConnectorConfig): Destination[] {
	const named = Object.entries(config).flatMap(([key, value]: [string, unknown]) =>
		key.endsWith('_url') && typeof value === 'string' ? [destinationOf(value)] : [],
	);
	const found = named.filter((one) => one !== null);
	return found.filter((one, at) => found.findIndex((other) => isSameDestination(one, other)) === at);
}

/** Where a pager may connect to. */
export function pagerDestinations(config: PagerConfig): Destination[] {
	if (config.kind === 'pagerduty') {
		const to = destinationOf(config.base_url);
		return to === null ? [] : [to];
	}
	const host = hostOf(config.host);
	return host === null ? [] : [{ host, port: smtpPort(config) }];
}

/** Kinds that have GET and HEAD and no other words (response/connectors/reading-session.ts). */
const READING_KINDS: readonly ConnectorConfig['kind'][] = ['pi-web-api', 'gitlab', 'elasticsearch'];

/** The asset that a connector stands before and can only read; null for every connector that can do more. */
export function readOnlyAsset(config: ConnectorConfig): string | null {
	return READING_KINDS.includes(config.kind) && 'asset' in config ? config.asset : null;
}
