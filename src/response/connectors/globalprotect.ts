// GlobalProtect gateways of Palo Alto firewalls: which sessions a gateway has, and the request that ends one. No commit is made. The
// documentation that this follows: PAN-OS XML API, "Show and Manage GlobalProtect Users". NOT here: grant, which session is meant, looks
// before and after, and what is reported (session-end.ts); the XML API (palo-alto-api.ts).
import type { GlobalProtectConfig } from '../../domain/connector-kinds/remote-access.ts';
import type { Inventory } from '../../domain/inventory.ts';
import { SECOND } from '../../domain/time.ts';
import type { Blind, Told } from './address-block.ts';
import type { Connector } from './connector.ts';
import type { HttpEdge } from './generic-http.ts';
import { plainAddress } from './indicator.ts';
import { activeOf, blind, type Firewall, openFirewall } from './palo-alto-api.ts';
import { createSessionEnder, type GatewayTalk } from './session-end.ts';
import type { Former, LiveSession } from './session-named.ts';

/** A session is about 1 KiB of XML; a list of more is not read, and nothing is ended then. */
const LIST_BYTES_MAX = 1024 * 1024;

/** @param secret the API key; it appears in no result and no error */
export function createGlobalProtect(
	config: GlobalProtectConfig,
	secret: string | null,
	inventory: Inventory,
	edge: HttpEdge,
): Connector {
	const urls = [config.base_url, ...(config.peer_url === undefined ? [] : [config.peer_url])];
	const reach = {
		vsys: config.vsys ?? null,
		key: secret ?? '',
		timeoutMs: config.timeout_ms,
		allowPrivate: config.allow_private,
		resolve: edge.resolve,
		now: edge.now,
		sleep: edge.sleep,
		bytesMax: LIST_BYTES_MAX,
	};
	return createSessionEnder({
		name: config.name,
		assets: config.assets,
		accountNeeded: config.account_needed,
		protection: config.protected,
		secret,
		inventory,
		edge,
		talk: () => talkTo(openFirewall(reach), urls, config.gateway),
		rights: 'whether the key may log clients out shows only in use',
	});
}

function talkTo(firewall: Firewall, urls: readonly string[], gateway: string): GatewayTalk {
	// The pair is asked once in a call: what is looked at, ended and looked at again is one firewall.
	let at: string | null = null;
	const list = async (which: 'current-user' | 'previous-user'): Promise<Former[] | Blind> => {
		if (at === null) {
			const active = await activeOf(firewall, urls);
			if (typeof active !== 'string') return active;
			at = active;
		}
		const cmd = `<show><global-protect-gateway><${which}><gateway>${escaped(gateway)}</gateway></${which}></global-protect-gateway></show>`;
		const reply = await firewall.ask(at, 'op', cmd);
		const words = which === 'current-user' ? 'the live sessions cannot be read' : 'the former sessions cannot be read';
		if (reply.kind !== 'success') return blind(reply, words);
		return sessionsOf(reply.xml) ?? { reason: `${words}: the answer is none of GlobalProtect`, isTrouble: true };
	};
	return {
		look: async () => await list('current-user'),
		former: async () => await list('previous-user'),
		isOverdue: firewall.isOverdue,
		async end({ key }): Promise<Told> {
			if (at === null) return { kind: 'refused', reason: 'not sent: no firewall was looked at', isTrouble: false };
			const [user = '', domain = '', computer = ''] = key.split('\n');
			const of = domain === '' ? '' : `<domain>${escaped(domain)}</domain>`;
			const cmd = `<request><global-protect-gateway><client-logout><gateway>${escaped(gateway)}</gateway>${of}<user>${escaped(user)}</user><computer>${escaped(computer)}</computer><reason>force-logout</reason></client-logout></global-protect-gateway></request>`;
			const reply = await firewall.ask(at, 'op', cmd, false);
			return reply.kind === 'success' ? takenOf(reply.xml) : reply;
		},
	};
}

/** The answer has one of its own inside, whose status counts; a refusal there leaves open what happened, so the list is looked at. */
function takenOf(xml: string): Told {
	const inner = /<result>\s*<response\s[^>]{0,100}?\bstatus\s*=\s*["'](\w{1,20})["']/.exec(xml)?.[1];
	if (inner === 'success') return { kind: 'taken' };
	const why = /<error>([^<]{1,200})<\/error>/.exec(xml)?.[1];
	return { kind: 'said', reason: `the gateway answered: ${plain(why ?? inner ?? 'nothing about the session')}` };
}

/** Every entry of a list; null where one of them cannot be read, because it might be the one that is meant. */
function sessionsOf(xml: string): Former[] | null {
	if (!/<result\b/.test(xml)) return null;
	const sessions = xml
		.split(/<entry\b/)
		.slice(1)
		.map(sessionOf);
	const read = sessions.filter((session) => session !== null);
	return read.length === sessions.length ? read : null;
}

function sessionOf(part: string): Former | null {
	const entry = part.slice(0, part.indexOf('</entry>') + 1);
	const of = (name: string): string => textIn(entry, name);
	const [user, domain, computer, began] = [of('username'), of('domain'), of('computer'), of('login-time-utc')];
	if (user === '' || began === '' || entry === '') return null;
	const addresses = ['virtual-ip', 'virtual-ipv6', 'client-ip', 'public-ip', 'public-ipv6'].flatMap((name) => {
		const address = plainAddress(of(name));
		return address === null || address === '0.0.0.0' || address === '::' ? [] : [address];
	});
	const own = domain === '' ? user : `${domain}\\${user}`;
	const until = timeOf(of('logout-time-utc'));
	return {
		key: [user, domain, computer].join('\n'),
		accounts: [...new Set([own, of('primary-username')].filter((name) => name !== ''))],
		addresses: [...new Set(addresses)],
		names: computer === '' ? [] : [computer],
		places: [],
		began,
		since: timeOf(began),
		until,
		words: of('reason') === '' ? 'logged out' : of('reason'),
	} satisfies LiveSession & Former;
}

/** Seconds of the epoch as a time; null where it is no such number. */
function timeOf(text: string): number | null {
	return /^\d{9,11}$/.test(text) ? Number(text) * SECOND : null;
}

/** The text of one element; empty where it is missing or empty. */
function textIn(entry: string, name: string): string {
	const start = entry.indexOf(`<${name}>`);
	const end = start < 0 ? -1 : entry.indexOf(`</${name}>`, start);
	return end < 0 ? '' : plain(entry.slice(start + name.length + 2, end));
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };

/** Without entities and without anything that is no character of a name. */
function plain(text: string): string {
	return text
		.slice(0, 300)
		.replace(/&(lt|gt|quot|apos|amp);/g, (_, name: string) => ENTITIES[name] ?? '')
		.replace(/[\p{Cc}\p{Cf}]+/gu, ' ')
		.trim();
}

/** A name from the gateway's own list goes back into XML: nothing in it may become a mark. */
function escaped(text: string): string {
	return text
		.replaceAll('&', '&amp;')
		.replaceAll('<', '&lt;')
		.replaceAll('>', '&gt;')
		.replaceAll('"', '&quot;')
		.replaceAll("'", '&apos;');
}
