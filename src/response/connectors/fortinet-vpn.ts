// SSL VPN of FortiGate firewalls: which sessions there are, and the requests that end one. No policy and no user is touched. The
// documentation that this follows: FortiOS REST API, monitor, vpn/ssl and vpn/ssl/delete. NOT here: grant, which session is meant, looks
// before and after, and what is reported (session-end.ts).
import { z } from 'zod';
import type { FortinetVpnConfig } from '../../domain/connector-kinds/remote-access.ts';
import type { Inventory } from '../../domain/inventory.ts';
import { SECOND } from '../../domain/time.ts';
import type { Blind, Told } from './address-block.ts';
import type { Connector } from './connector.ts';
import { type Answer, exchange } from './exchange.ts';
import { Envelope, fortiRequest, jsonOf } from './fortios-api.ts';
import type { HttpEdge } from './generic-http.ts';
import { plainAddress } from './indicator.ts';
import { CALL_BUDGET_MS, meaningOf, pauseBefore } from './retry.ts';
import { createSessionEnder, type GatewayTalk } from './session-end.ts';
import { isSameSession, type LiveSession } from './session-named.ts';

const PATH = '/api/v2/monitor/vpn/ssl';
/** A session is about 700 bytes of JSON; a list of more is not read, and nothing is ended then. */
const LIST_BYTES_MAX = 1024 * 1024;
const TUNNELS_MAX = 8;

const Tunnel = z.object({ index: z.number().int().min(0), aip: z.string().max(100).optional() });
const Login = z.object({
	index: z.number().int().min(0),
	user_name: z.string().min(1).max(300),
	remote_host: z.string().max(300),
	/** Words of the firewall's own time zone; the number is there from FortiOS 7.0 on. */
	last_login_time: z.string().max(100).optional(),
	last_login_timestamp: z.number().int().positive().optional(),
	subsessions: z.array(Tunnel).max(TUNNELS_MAX).default([]),
});
const Logins = Envelope.extend({ results: z.array(Login) });
type Login = z.infer<typeof Login>;

/** @param secret the token of the REST API administrator; it appears in no result and no error */
export function createFortinetVpn(
	config: FortinetVpnConfig,
	secret: string | null,
	inventory: Inventory,
	edge: HttpEdge,
): Connector {
	return createSessionEnder({
		name: config.name,
		assets: config.assets,
		accountNeeded: config.account_needed,
		protection: config.protected,
		secret,
		inventory,
		edge,
		talk: () => talkTo(config, secret ?? '', edge),
		rights: 'whether the token may end sessions shows only in use',
	});
}

function talkTo(config: FortinetVpnConfig, token: string, edge: HttpEdge): GatewayTalk {
	const deadline = edge.now() + CALL_BUDGET_MS;
	const ask = async (method: 'GET' | 'POST', path: string, body: object | null): Promise<Answer> => {
		for (let tries = 1; ; tries++) {
			const leftMs = deadline - edge.now();
			if (leftMs <= 0) return { kind: 'not_sent', reason: 'the time for this call is over' };
			const answer = await exchange({
				...fortiRequest(config, token, method, path, body),
				timeoutMs: Math.min(config.timeout_ms, leftMs),
				resolve: edge.resolve,
				bytesMax: LIST_BYTES_MAX,
			});
			// An index goes to the next session: a request to end one is never sent again after an answer that did not come.
			const pause = pauseBefore(answer, method === 'GET', tries, deadline - edge.now(), edge.now());
			if (pause === null) return answer;
			await edge.sleep(pause);
		}
	};
	const logins = async (): Promise<readonly Login[] | Blind> => loginsOf(await ask('GET', PATH, null), config.vdom);
	const look = async (): Promise<readonly LiveSession[] | Blind> => {
		const read = await logins();
		return 'reason' in read ? read : read.map(sessionOf);
	};
	return {
		look,
		// FortiOS keeps who was there in its log and not in a list.
		former: null,
		isOverdue: () => edge.now() >= deadline,
		async end(session): Promise<Told> {
			// Looked at once more, straight before: an index may have gone to somebody else since the look before.
			const read = await logins();
			if ('reason' in read) return { kind: 'refused', ...read };
			const login = read.find((one) => isSameSession(sessionOf(one), session));
			if (login === undefined) return { kind: 'said', reason: 'it was gone before it was told to end' };
			const parts = [
				...login.subsessions.map(({ index }) => ({ type: 'subsession', index })),
				{ type: 'websession', index: login.index },
			];
			let told: Told = { kind: 'taken' };
			for (const [at, part] of parts.entries()) {
				// With its tunnel the login may be gone already, and its index may be another's.
				const now = at === 0 ? login : await again(logins, session);
				if (now === null) return told;
				if ('reason' in now) return { kind: 'unknown', reason: now.reason };
				if (part.type === 'subsession' && !now.subsessions.some(({ index }) => index === part.index)) continue;
				const next = toldOf(await ask('POST', `${PATH}/delete`, part), config.vdom);
				// What a part before it did is done: the refusal of a later one leaves the whole open.
				if (next.kind === 'refused') return at === 0 ? next : { kind: 'said', reason: next.reason };
				if (next.kind !== 'taken') return next;
				told = next;
			}
			return told;
		},
	};
}

/** The same login as it is listed now; null where it is gone. */
async function again(
	logins: () => Promise<readonly Login[] | Blind>,
	session: LiveSession,
): Promise<Login | Blind | null> {
	const read = await logins();
	if ('reason' in read) return read;
	return read.find((one) => isSameSession(sessionOf(one), session)) ?? null;
}

function sessionOf(login: Login): LiveSession {
	const assigned = login.subsessions.flatMap(({ aip }) => plainAddress(aip ?? '') ?? []);
	const from = plainAddress(login.remote_host);
	return {
		key: String(login.index),
		accounts: [login.user_name],
		addresses: [...assigned, ...(from === null ? [] : [from])],
		names: [],
		places: [String(login.index)],
		began: `${login.user_name} ${login.last_login_timestamp ?? ''} ${login.last_login_time ?? ''}`,
		since: login.last_login_timestamp === undefined ? null : login.last_login_timestamp * SECOND,
	};
}

/** Every login now; one that cannot be read spoils the list, because it might be the one that is meant. */
function loginsOf(answer: Answer, vdom: string): readonly Login[] | Blind {
	const meaning = meaningOf(answer);
	const words = 'the live sessions cannot be read';
	if (answer.kind !== 'answered' || meaning.effect !== 'done')
		return { reason: `${words}: ${meaning.reason}`, isTrouble: meaning.isTrouble };
	if (answer.cut) return { reason: `${words}: the list is too long or broke off`, isTrouble: false };
	const read = Logins.safeParse(jsonOf(answer.text));
	if (!read.success || read.data.status !== 'success')
		return { reason: `${words}: the answer is none of FortiOS`, isTrouble: true };
	if ((read.data.vdom ?? vdom) !== vdom)
		return { reason: `${words}: the firewall answered for another virtual domain`, isTrouble: false };
	return read.data.results;
}

function toldOf(answer: Answer, vdom: string): Told {
	const meaning = meaningOf(answer);
	if (meaning.effect === 'not_done') return { kind: 'refused', reason: meaning.reason, isTrouble: meaning.isTrouble };
	if (answer.kind !== 'answered' || meaning.effect === 'unknown') return { kind: 'unknown', reason: meaning.reason };
	const read = Envelope.safeParse(jsonOf(answer.text));
	if (!read.success) return { kind: 'unknown', reason: 'the answer is none of FortiOS' };
	return read.data.status === 'success' && (read.data.vdom ?? vdom) === vdom
		? { kind: 'taken' }
		: { kind: 'said', reason: `the firewall answered \`${read.data.status.slice(0, 60)}\`` };
}
