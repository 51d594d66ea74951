// Configuration of the connector that speaks OpenC2 to packet filters. No secret in it, only its name.
import { z } from 'zod';
import { HttpsUrl } from '../https-url.ts';
import { NEVER } from './network.ts';

/** Plain HTTP would hand the login to everybody on the way: it is for a stand-in on the same machine alone. */
const HTTPS = HttpsUrl.refine((url) => new URL(url).pathname === '/' && new URL(url).search === '', {
	error: 'only the host is needed: the path is /.well-known/openc2',
});
const SECRET = { secret_env: z.string().optional(), secret_file: z.string().optional() };
const HOUR_MS = 3_600_000;

export const OpenC2Config = z.strictObject({
	name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/),
	kind: z.literal('openc2'),
	/** The consumer: `https://fw1.plant.example`. */
	base_url: HTTPS,
	/** Private and loopback addresses are refused unless this says otherwise (SSRF). */
	allow_private: z.boolean().default(false),
	timeout_ms: z.number().int().min(100).max(60_000).default(10_000),
	auth: z.discriminatedUnion('type', [
		z.strictObject({ type: z.literal('bearer'), ...SECRET }),
		z.strictObject({ type: z.literal('basic'), user: z.string().regex(/^[^:\p{Cc}]{1,200}$/u), ...SECRET }),
	]),
	/** Which filter, where several stand behind one consumer. Never a group: each of its filters would have a number of its own for the rule. */
	actuator: z
		.strictObject({
			hostname: z
				.string()
				.regex(/^[A-Za-z0-9][A-Za-z0-9.-]{0,252}$/)
				.optional(),
			asset_id: z.string().min(1).max(200).optional(),
		})
		.refine((of) => Object.values(of).some((value) => value !== undefined), { error: 'name at least one' })
		.optional(),
	/** Left to the filter where it is `filter`: older ones refuse a command that says it. */
	direction: z.enum(['both', 'ingress', 'egress', 'filter']).default('both'),
	/** A rule ends by itself after this, should nobody be there to take it back; longer than the longest containment. */
	stop_after_ms: z
		.number()
		.int()
		.min(HOUR_MS)
		.max(90 * 24 * HOUR_MS)
		.optional(),
	never: NEVER,
});
export type OpenC2Config = z.infer<typeof OpenC2Config>;
