// FortiGate firewalls: a host of the plant is put on the list of banned sources (quarantine), from which FortiOS takes no traffic. No policy
// is touched. NOT here: grant, looks before and after, and what is reported (address-block.ts). Indicators outside go on a list that the
// firewall fetches (block-list.ts): a ban stops what comes from an address and not what goes to it.
import { z } from 'zod';
import type { FortinetConfig } from '../../domain/connector-kinds/network.ts';
import { ok } from '../../domain/result.ts';
import { addressesOf, type Blind, createAddressBlocker, type FirewallTalk, type Told } from './address-block.ts';
import type { ListGround } from './block-list.ts';
import type { Connector, Probe } from './connector.ts';
import { type Answer, exchange } from './exchange.ts';
import { Envelope, fortiRequest, jsonOf } from './fortios-api.ts';
import type { HttpEdge } from './generic-http.ts';
import { plainAddress } from './indicator.ts';
import { CALL_BUDGET_MS, meaningOf, pauseBefore } from './retry.ts';

const PATH = '/api/v2/monitor/user/banned';
const Banned = Envelope.extend({ results: z.array(z.object({ ip_address: z.string().max(100) })) });

/** @param secret the token of the REST API administrator; it appears in no result and no error */
export function createFortinet(
	config: FortinetConfig,
	secret: string | null,
	ground: ListGround,
	edge: HttpEdge,
): Connector {
	return createAddressBlocker({
		name: config.name,
		actions: ['block_internal', 'unblock_internal'],
		secret,
		ground,
		edge,
		talk: () => talkTo(config, secret ?? '', edge),
		wanted({ action, target }) {
			const own = addressesOf(ground.inventory, target);
			if (!own.ok) return own;
			const { id, ips } = own.value;
			return ok({ addresses: ips, mark: 'ban', isBlock: action === 'block_internal', key: id });
		},
		probe: async (talk) => await probeReach(config, talk),
	});
}

/** The last answer, and what a try before it left open. */
type Asked = { readonly answer: Answer; readonly doubt: string | null };

function talkTo(config: FortinetConfig, token: string, edge: HttpEdge): FirewallTalk {
	const deadline = edge.now() + CALL_BUDGET_MS;
	// Every request here may be repeated: an address is banned once or not at all.
	const ask = async (method: 'GET' | 'POST', path: string, body: object | null): Promise<Asked> => {
		// What one try left open stays open, however clear the refusal of the next was.
		let doubt: string | null = null;
		for (let tries = 1; ; tries++) {
			const leftMs = deadline - edge.now();
			if (leftMs <= 0) return { answer: { kind: 'not_sent', reason: 'the time for this call is over' }, doubt };
			const answer = await exchange({
				...fortiRequest(config, token, method, path, body),
				timeoutMs: Math.min(config.timeout_ms, leftMs),
				resolve: edge.resolve,
			});
			const pause = pauseBefore(answer, true, tries, deadline - edge.now(), edge.now());
			if (pause === null) return { answer, doubt };
			const meaning = meaningOf(answer);
			if (meaning.effect === 'unknown') doubt = meaning.reason;
			await edge.sleep(pause);
		}
	};
	return {
		isOverdue: () => edge.now() >= deadline,
		async look({ addresses }) {
			const banned = bannedOf(await ask('GET', PATH, null), config.vdom);
			if (!Array.isArray(banned)) return banned;
			const held = new Set(banned.map(plainAddress));
			return { at: config.base_url, marked: addresses.filter((address) => held.has(address)) };
		},
		async tell(_at, { addresses, isBlock }) {
			// Expiry 0: until it is taken back. How long is for the step to say, and for people.
			const body = { ip_addresses: addresses, ...(isBlock ? { expiry: 0 } : {}) };
			return toldOf(await ask('POST', `${PATH}/${isBlock ? 'add_users' : 'clear_users'}`, body), config.vdom);
		},
	};
}

/** The addresses that are banned now; a list that was cut off says nothing about those that are missing. */
function bannedOf({ answer }: Asked, vdom: string): string[] | Blind {
	const meaning = meaningOf(answer);
	const words = 'the list of banned addresses cannot be read';
	if (answer.kind !== 'answered' || meaning.effect !== 'done')
		return { reason: `${words}: ${meaning.reason}`, isTrouble: meaning.isTrouble };
	if (answer.cut) return { reason: `${words}: it is too long or broke off`, isTrouble: false };
	const read = Banned.safeParse(jsonOf(answer.text));
	if (!read.success || read.data.status !== 'success')
		return { reason: `${words}: the answer is none of FortiOS`, isTrouble: true };
	if ((read.data.vdom ?? vdom) !== vdom)
		return { reason: `${words}: the firewall answered for another virtual domain`, isTrouble: false };
	return read.data.results.map((result) => result.ip_address);
}

function toldOf({ answer, doubt }: Asked, vdom: string): Told {
	const meaning = meaningOf(answer);
	if (meaning.effect === 'not_done' && doubt !== null)
		return { kind: 'unknown', reason: `${meaning.reason}; a try before: ${doubt}` };
	if (meaning.effect === 'not_done') return { kind: 'refused', reason: meaning.reason, isTrouble: meaning.isTrouble };
	if (answer.kind !== 'answered' || meaning.effect === 'unknown') return { kind: 'unknown', reason: meaning.reason };
	const read = Envelope.safeParse(jsonOf(answer.text));
	if (!read.success) return { kind: 'unknown', reason: 'the answer is none of FortiOS' };
	const isOwn = (read.data.vdom ?? vdom) === vdom;
	return read.data.status === 'success' && isOwn
		? { kind: 'taken' }
		: { kind: 'said', reason: `the firewall answered \`${read.data.status.slice(0, 60)}\`` };
}

async function probeReach(config: FortinetConfig, talk: FirewallTalk): Promise<Probe[]> {
	const looked = await talk.look({ addresses: [], isBlock: true, key: '', mark: 'ban' });
	if ('reason' in looked) return [{ what: 'firewall', state: 'not', detail: looked.reason }];
	return [
		{ what: 'firewall', state: 'well', detail: `takes the token and shows the bans of \`${config.vdom}\`` },
		{ what: 'rights', state: 'open', detail: 'whether the token may ban shows only in use' },
	];
}
