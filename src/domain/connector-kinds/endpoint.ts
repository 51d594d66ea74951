// Configuration of the connectors that isolate computers: CrowdStrike Falcon. No secret in it, only its name.
import { z } from 'zod';

/** Plain HTTP would hand the token to everybody on the way: it is for a stand-in on the same machine alone. */
const HTTPS = z
	.url({ protocol: /^https?$/ })
	.refine((url) => /^https:|^http:\/\/(?:127\.0\.0\.1|localhost)[:/]?/.test(url), { error: 'https is needed' });

export const CrowdStrikeConfig = z.strictObject({
	name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/),
	kind: z.literal('crowdstrike'),
	/** The cloud of the customer: US-1 where nothing is said. */
	base_url: HTTPS.default('https://api.crowdstrike.com'),
	client_id: z.string().regex(/^[A-Za-z0-9-]{1,100}$/),
	auth: z.strictObject({
		type: z.literal('client_secret'),
		secret_env: z.string().optional(),
		secret_file: z.string().optional(),
	}),
	/** Private and loopback addresses are refused unless this says otherwise (SSRF). */
	allow_private: z.boolean().default(false),
	timeout_ms: z.number().int().min(100).max(60_000).default(10_000),
	actions: z
		.array(z.enum(['isolate_host', 'release_host']))
		.min(1)
		.refine((list) => new Set(list).size === list.length, { error: 'an action stands twice' }),
	/** Hosts that the program leaves alone whatever was approved: by name, and by the id of a host group. Has to be written, if only empty. */
	protected: z.strictObject({
		hosts: z.array(z.string().min(1).max(253)).max(500),
		groups: z.array(z.string().regex(/^[0-9a-f]{32}$/)).max(20),
	}),
});
export type CrowdStrikeConfig = z.infer<typeof CrowdStrikeConfig>;
