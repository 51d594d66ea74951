// sources.yaml: the systems that may send alerts, how each proves who it is. A secret is named here, never written here.
import { z } from 'zod';
import { isIpv4Range, normaliseIp } from './address.ts';
import { Duration } from './duration.ts';
import { TimeZone } from './settings-file.ts';

/** Sources of one site. */
export const SOURCES_MAX = 1_000;

const SECRET_KEYS = {
	/** The environment variable that holds the secret. */
	secret_env: z
		.string()
		.regex(/^[A-Za-z_]\w{0,127}$/, 'is no name of an environment variable')
		.optional(),
	/** A file that holds the secret; relative to the configuration folder. */
	secret_file: z.string().min(1).max(1_000).optional(),
};

const Header = z.string().regex(/^[A-Za-z0-9-]{1,100}$/, 'is no name of a header');

/** `bearer` token, `hmac` over the body, `basic` user and password, `mtls` client certificate, `none` (address list only). */
const SourceAuth = z.discriminatedUnion('type', [
	z.strictObject({ type: z.literal('bearer'), ...SECRET_KEYS, header: Header.optional() }),
	z.strictObject({
		type: z.literal('hmac'),
		...SECRET_KEYS,
		header: Header.optional(),
		/** How the header is written: `<hex>` or `<base64>` is the signature, `<t>` the time. Default `t=<t>,v1=<hex>`. */
		form: z
			.string()
			.max(100)
			.refine((form) => /<hex>|<base64>/.test(form), 'needs `<hex>` or `<base64>`, as in `sha256=<hex>`')
			.optional(),
	}),
	z.strictObject({ type: z.literal('basic'), ...SECRET_KEYS, user: z.string().min(1).max(200) }),
	z.strictObject({
		type: z.literal('mtls'),
		/** SHA-256 of the client certificate, hexadecimal with or without colons. */
		certificate: z.string().regex(/^[0-9A-Fa-f:]{64,95}$/, 'is no SHA-256 fingerprint'),
	}),
]);

const AddressOrRange = z
	.string()
	.refine(
		(text) => isIpv4Range(text) || normaliseIp(text) !== null,
		'is neither an address nor an IPv4 range as in 10.10.0.0/16',
	);

export const SourceEntry = z.strictObject({
	name: z
		.string()
		.regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'is no source name: lower-case letters, digits and dashes, at most 63'),
	kind: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'is no kind: lower-case letters, digits and dashes'),
	auth: SourceAuth.optional(),
	address_allow: z.array(AddressOrRange).min(1).max(1_000).optional(),
	/** Silence longer than this is an alert of its own; in milliseconds after reading. */
	heartbeat: Duration.optional(),
	time_zone: TimeZone.default('UTC'),
	site: z.string().max(200).optional(),
});
export type SourceEntry = z.infer<typeof SourceEntry>;
