// Configuration of the connectors that isolate computers: CrowdStrike Falcon, Microsoft Defender for Endpoint, SentinelOne. No secret in it,
// only its name.
import { z } from 'zod';
import { HttpsUrl } from '../https-url.ts';

const SECRET = { secret_env: z.string().optional(), secret_file: z.string().optional() };

/** Hosts that the program leaves alone whatever was approved: by name, and by the id of a group or a tag. Has to be written, if only empty. */
const protectedBy = (group: z.ZodString) =>
	z.strictObject({ hosts: z.array(z.string().min(1).max(253)).max(500), groups: z.array(group).max(20) });

const COMMON = {
	name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/),
	/** Private and loopback addresses are refused unless this says otherwise (SSRF). */
	allow_private: z.boolean().default(false),
	timeout_ms: z.number().int().min(100).max(60_000).default(10_000),
	actions: z
		.array(z.enum(['isolate_host', 'release_host']))
		.min(1)
		.refine((list) => new Set(list).size === list.length, { error: 'an action stands twice' }),
};

export const CrowdStrikeConfig = z.strictObject({
	...COMMON,
	kind: z.literal('crowdstrike'),
	/** The cloud of the customer: US-1 where nothing is said. */
	base_url: HttpsUrl.default('https://api.crowdstrike.com'),
	client_id: z.string().regex(/^[A-Za-z0-9-]{1,100}$/),
	auth: z.strictObject({ type: z.literal('client_secret'), ...SECRET }),
	/** Groups by the id of a host group. */
	protected: protectedBy(z.string().regex(/^[0-9a-f]{32}$/)),
});
export type CrowdStrikeConfig = z.infer<typeof CrowdStrikeConfig>;

export const DefenderEndpointConfig = z.strictObject({
	...COMMON,
	kind: z.literal('defender-endpoint'),
	/** The API of the tenant's region: `https://eu.api.security.microsoft.com` is nearer for Europe. */
	base_url: HttpsUrl.default('https://api.security.microsoft.com'),
	login_url: HttpsUrl.default('https://login.microsoftonline.com'),
	/** Whom the token is for; other clouds (US government) have another one. */
	audience: HttpsUrl.default('https://api.securitycenter.microsoft.com'),
	tenant_id: z.guid(),
	/** The id of an app registration of its own. */
	client_id: z.guid(),
	auth: z.strictObject({ type: z.literal('client_secret'), ...SECRET }),
	/** Full cuts every connection but the one to Defender; Selective leaves Outlook, Teams and Skype theirs (Windows). */
	isolation: z.enum(['Full', 'Selective']).default('Full'),
	/** Groups by the name of a device tag. */
	protected: protectedBy(z.string().min(1).max(200)),
});
export type DefenderEndpointConfig = z.infer<typeof DefenderEndpointConfig>;

export const SentinelOneConfig = z.strictObject({
	...COMMON,
	kind: z.literal('sentinelone'),
	/** The console of the customer: `https://plant.sentinelone.net`. */
	base_url: HttpsUrl,
	/** The API token of a service user. */
	auth: z.strictObject({ type: z.literal('api_token'), ...SECRET }),
	/** Ids of the sites whose computers may be touched: nothing is asked of any other. */
	sites: z
		.array(z.string().regex(/^[0-9]{10,25}$/))
		.min(1)
		.max(50),
	/** Groups by their id. */
	protected: protectedBy(z.string().regex(/^[0-9]{10,25}$/)),
});
export type SentinelOneConfig = z.infer<typeof SentinelOneConfig>;
export type EndpointConfig = CrowdStrikeConfig | DefenderEndpointConfig | SentinelOneConfig;
