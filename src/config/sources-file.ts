// sources.yaml: the systems that may send alerts, how each proves who it is. A secret is named here, never written here.
import { z } from 'zod';
import { AddressOrRange } from './address.ts';
import { Duration } from './duration.ts';
import { TimeZone } from './settings-file.ts';
import { SourceName } from './source-name.ts';

/** Sources of one site. */
export const SOURCES_MAX = 1_000;

/** Secrets of one source that are valid at once: the old one and the new one, while the sender is changed over. */
export const SECRETS_MAX = 2;

const NAMED = {
	/** The environment variable that holds the secret. */
	secret_env: z
		.string()
		.regex(/^[A-Za-z_]\w{0,127}$/, 'is no name of an environment variable')
		.optional(),
	/** A file that holds the secret; relative to the configuration folder. */
	secret_file: z.string().min(1).max(1_000).optional(),
};

/** One secret by name, a line of it each where two are valid at once; or two names. */
const SECRET_KEYS = { ...NAMED, secrets: z.array(z.strictObject(NAMED)).min(1).max(SECRETS_MAX).optional() };

const Fingerprint = z
	.string()
	.regex(/^(?:[0-9A-Fa-f]{64}|[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){31})$/, 'is no SHA-256 fingerprint');

const Header = z.string().regex(/^[A-Za-z0-9-]{1,100}$/, 'is no name of a header');

/** `bearer` token, `hmac` over the body, `basic` user and password, `mtls` client certificate. */
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
	z
		.strictObject({
			type: z.literal('mtls'),
			/** SHA-256 of the client certificate, hexadecimal with or without colons; two while a certificate is replaced. */
			certificate: z.union([Fingerprint, z.array(Fingerprint).min(1).max(SECRETS_MAX)]).optional(),
			/** What its subject must say, as in `{CN: nozomi-north, O: Plant}`: every part that is given. */
			subject: z
				.record(
					z.string().regex(/^[A-Za-z]{1,40}$/, 'is no part of a subject, as in CN or O'),
					z.string().min(1).max(200),
				)
				.refine((parts) => Object.keys(parts).length > 0, 'names no part: write it as in {CN: nozomi-north}')
				.optional(),
		})
		.refine(
			(auth) => (auth.certificate === undefined) !== (auth.subject === undefined),
			'name the client by `certificate` (its SHA-256) or by `subject`, one of them',
		),
]);

export const SourceEntry = z.strictObject({
	name: SourceName,
	kind: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'is no kind: lower-case letters, digits and dashes'),
	auth: SourceAuth.optional(),
	address_allow: z.array(AddressOrRange).min(1).max(1_000).optional(),
	/** Silence longer than this is an alert of its own; in milliseconds after reading. */
	heartbeat: Duration.optional(),
	time_zone: TimeZone.default('UTC'),
	site: z.string().max(200).optional(),
});
export type SourceEntry = z.infer<typeof SourceEntry>;
