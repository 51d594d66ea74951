// Configuration of the connectors that change accounts: Okta, Microsoft Entra ID, Active Directory. No secret in it, only its name.
import { z } from 'zod';
import { HttpsUrl } from '../https-url.ts';

const NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;

/** One secret: from the environment or from a file, by name. */
const SECRET = { secret_env: z.string().optional(), secret_file: z.string().optional() };

/**
 * Accounts that the program leaves alone whatever a playbook says: those of operators, panels, services. Has to be written, if only
 * with empty lists, because nobody but the site knows them. Groups are named as the service identifies them, so that a renamed group
 * stays the same group; one that does not exist stops the connector.
 */
const PROTECTED = <Group extends z.ZodType<string>>(group: Group) =>
	z.strictObject({ groups: z.array(group).max(20), accounts: z.array(z.string().min(1).max(200)).max(500) });

/** Which of its actions the connector does: a plant may have Okta for the office and Active Directory for the rest. */
const ACCOUNT_ACTIONS = [
	'disable_account',
	'enable_account',
	'disable_vendor_account',
	'enable_vendor_account',
] as const;
const ACTIONS = <Action extends string>(names: readonly [Action, ...Action[]]) =>
	z
		.array(z.enum(names))
		.min(1)
		.refine((list) => new Set(list).size === list.length, { error: 'an action stands twice' });

const COMMON = {
	name: z.string().regex(NAME),
	/** Private and loopback addresses are refused unless this says otherwise (SSRF). */
	allow_private: z.boolean().default(false),
	timeout_ms: z.number().int().min(100).max(60_000).default(10_000),
	/** What may stand before `\` in an account: `PLANT\jdoe`. Left out, such names are refused. */
	netbios_domain: z
		.string()
		.regex(/^[A-Za-z0-9][A-Za-z0-9.-]{0,14}$/)
		.optional(),
};
const LOGIN_SUFFIX = z
	.string()
	.regex(/^[A-Za-z0-9][A-Za-z0-9.-]{0,99}$/)
	.optional();

export const OktaConfig = z.strictObject({
	...COMMON,
	kind: z.literal('okta'),
	/** The organisation: `https://plant.okta.com`. */
	base_url: HttpsUrl,
	auth: z.discriminatedUnion('type', [
		z.strictObject({ type: z.literal('api_token'), ...SECRET }),
		/** A service app: the secret is its private key in PEM form. */
		z.strictObject({
			type: z.literal('private_key'),
			client_id: z.string().min(1).max(100),
			key_id: z.string().max(200).optional(),
			...SECRET,
		}),
	]),
	/** Behind the `@` of every login; left out where there are several. */
	login_suffix: LOGIN_SUFFIX,
	actions: ACTIONS([...ACCOUNT_ACTIONS, 'revoke_tokens']),
	/** Groups by their id: `00g...`. */
	protected: PROTECTED(z.string().regex(/^[A-Za-z0-9]{1,60}$/)),
});
export type OktaConfig = z.infer<typeof OktaConfig>;

export const EntraIdConfig = z.strictObject({
	...COMMON,
	kind: z.literal('entra-id'),
	/** Microsoft Graph; another one in national clouds. */
	base_url: HttpsUrl.default('https://graph.microsoft.com'),
	login_url: HttpsUrl.default('https://login.microsoftonline.com'),
	tenant_id: z.guid(),
	client_id: z.guid(),
	/** The app's client secret. */
	auth: z.strictObject({ type: z.literal('client_secret'), ...SECRET }),
	login_suffix: LOGIN_SUFFIX,
	actions: ACTIONS([...ACCOUNT_ACTIONS, 'revoke_tokens']),
	/** Groups by their object id. */
	protected: PROTECTED(z.guid()),
});
export type EntraIdConfig = z.infer<typeof EntraIdConfig>;

export const ActiveDirectoryConfig = z.strictObject({
	...COMMON,
	kind: z.literal('active-directory'),
	/** One domain controller: `ldaps://dc1.plant.example`, or `ldap://` which is upgraded by StartTLS before anything is said. */
	base_url: z.url({ protocol: /^ldaps?$/ }),
	/** Certificates of the authority that signed the controller's; left out: those that the system trusts. */
	ca_file: z.string().min(1).max(1_000).optional(),
	base_dn: z.string().min(1).max(1_000),
	/** The login of the connector: a distinguished name, `user@domain` or `DOMAIN\user`. */
	bind_dn: z.string().min(1).max(1_000),
	auth: z.strictObject({ type: z.literal('bind'), ...SECRET }),
	actions: ACTIONS([...ACCOUNT_ACTIONS]),
	/** Groups by their distinguished names. */
	protected: PROTECTED(z.string().min(3).max(1_000)),
});
export type ActiveDirectoryConfig = z.infer<typeof ActiveDirectoryConfig>;
