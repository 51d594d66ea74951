// Configuration of the connectors that end remote sessions: GlobalProtect gateways of Palo Alto, SSL VPN of FortiGate. No secret in it,
// only its name.
import { z } from 'zod';
import { isAddressRange } from '../address.ts';
import { HttpsUrl } from '../https-url.ts';

const SECRET = { secret_env: z.string().optional(), secret_file: z.string().optional() };

const COMMON = {
	name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/),
	/**
	 * What the gateway is in the inventory, by id: itself, its peer, the jump host behind it. A step with another target ends nothing here,
	 * because the gate has judged that target and not this gateway.
	 */
	assets: z.array(z.string().min(1).max(200)).min(1).max(20),
	/** Private and loopback addresses are refused unless this says otherwise (SSRF). */
	allow_private: z.boolean().default(false),
	timeout_ms: z.number().int().min(100).max(60_000).default(10_000),
	/** False: an address or a computer alone may name a session, at the risk that somebody else has it by now. */
	account_needed: z.boolean().default(true),
	/**
	 * Whose sessions are left alone whatever was approved: operators, shared logins, services, on-call engineers, by account; and those that
	 * come from or have an address of a range. Has to be written, if only with empty lists, because nobody but the site knows it.
	 */
	protected: z.strictObject({
		accounts: z.array(z.string().min(1).max(200)).max(500),
		addresses: z
			.array(z.string().max(60).refine(isAddressRange, { error: 'an address or a range is needed' }))
			.max(500)
			.default([]),
	}),
};

export const GlobalProtectConfig = z.strictObject({
	...COMMON,
	kind: z.literal('globalprotect'),
	/** The management interface of the firewall: `https://fw1.plant.example`. */
	base_url: HttpsUrl,
	/** The other firewall of a pair: the active one is asked. */
	peer_url: HttpsUrl.optional(),
	/** The API key of an administrator of its own. */
	auth: z.strictObject({ type: z.literal('api_key'), ...SECRET }),
	/** Of a firewall with several virtual systems: `vsys1`. */
	vsys: z
		.string()
		.regex(/^vsys[0-9]{1,3}$/)
		.optional(),
	/** The gateway as it is called on the firewall (Network, GlobalProtect, Gateways). */
	gateway: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9 _.-]{0,62}$/),
});
export type GlobalProtectConfig = z.infer<typeof GlobalProtectConfig>;

export const FortinetVpnConfig = z.strictObject({
	...COMMON,
	kind: z.literal('fortinet-vpn'),
	/** The management interface of the firewall or of its cluster: `https://fgt1.plant.example`. */
	base_url: HttpsUrl,
	/** The token of a REST API administrator of its own. */
	auth: z.strictObject({ type: z.literal('token'), ...SECRET }),
	/** The virtual domain with the SSL VPN. */
	vdom: z
		.string()
		.regex(/^[A-Za-z0-9_-]{1,31}$/)
		.default('root'),
});
export type FortinetVpnConfig = z.infer<typeof FortinetVpnConfig>;
