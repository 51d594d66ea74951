// The REST API of FortiOS, as far as its monitor goes: how a request is worded and how an answer is read. NOT here: what is asked and changed, what may be
// sent again, and what an answer means for a step (fortinet.ts, fortinet-vpn.ts).
import { z } from 'zod';
import type { Exchange } from './exchange.ts';

/** An answer says whom it is about: one of another virtual domain would be about other hosts and sessions. */
export const Envelope = z.object({ status: z.string().max(100), vdom: z.string().max(100).optional() });

/** One request in a virtual domain, without the time that it may take. */
export function fortiRequest(
	where: { readonly base_url: string; readonly vdom: string; readonly allow_private: boolean },
	token: string,
	method: 'GET' | 'POST',
	path: string,
	body: object | null,
): Pick<Exchange, 'url' | 'method' | 'headers' | 'body' | 'allowPrivate'> {
	return {
		url: new URL(`${where.base_url.replace(/\/$/, '')}${path}?vdom=${encodeURIComponent(where.vdom)}`),
		method,
		headers: {
			accept: 'application/json',
			'user-agent': 'interlock',
			authorization: `Bearer ${token}`,
			...(body === null ? {} : { 'content-type': 'application/json' }),
		},
		body: body === null ? null : JSON.stringify(body),
		allowPrivate: where.allow_private,
	};
}

/** The JSON; undefined where it is none. */
export function jsonOf(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}
