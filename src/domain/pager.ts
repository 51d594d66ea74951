// The ways in which people are reached outside Slack: PagerDuty (Events API v2) and mail (SMTP). Configuration only, no secret in it.
// What a page is and when it is sent stands in response/pagers/.
import { z } from 'zod';
import { HttpsUrl } from './https-url.ts';

const NAME = /^[a-z0-9][a-z0-9-]{0,62}$/;

/** One secret: from the environment or from a file, by name. */
const SECRET = { secret_env: z.string().optional(), secret_file: z.string().optional() };

/**
 * One bare address: no display name, no comment, no quoted part, nothing that could be read as a second address or header. ASCII only: an
 * address that looks like another reaches a stranger.
 */
export const MailAddress = z
	.string()
	.max(254)
	.regex(
		/^[A-Za-z0-9._%+'=/-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,186}[A-Za-z0-9])?$/,
		'is no plain mail address: write name@host',
	);

/** Whom a pager wakes: the severities that have a card at all. A process-safety alarm always goes out. */
const LEAST = ['medium', 'high', 'critical'] as const;

const COMMON = {
	name: z.string().regex(NAME),
	/** Incidents below it are not sent this way; process safety always is. */
	from_severity: z.enum(LEAST).default('medium'),
	timeout_ms: z.number().int().min(100).max(30_000).default(10_000),
};

export const PagerDutyConfig = z.strictObject({
	...COMMON,
	kind: z.literal('pagerduty'),
	/** `https://events.eu.pagerduty.com` for accounts of the EU region. */
	base_url: HttpsUrl.default('https://events.pagerduty.com'),
	/** The integration key of an Events API v2 integration of one service: its escalation policy says who is called. */
	auth: z.strictObject({ type: z.literal('routing_key'), ...SECRET }),
	/** Private and loopback addresses are refused unless this says otherwise (SSRF). */
	allow_private: z.boolean().default(false),
});
export type PagerDutyConfig = z.infer<typeof PagerDutyConfig>;

export const SmtpConfig = z
	.strictObject({
		...COMMON,
		kind: z.literal('smtp'),
		host: z.string().regex(/^[A-Za-z0-9](?:[A-Za-z0-9.:-]{0,251}[A-Za-z0-9])?$/, 'is no host name'),
		/** 587 with `starttls`, 465 with `tls`, 25 with `none`. */
		port: z.number().int().min(1).max(65_535).optional(),
		/** `starttls` and `tls` send nothing where the server cannot or its certificate does not hold; `none` sends in the clear. */
		tls: z.enum(['starttls', 'tls', 'none']).default('starttls'),
		/** Certificates (PEM) that the server's must lead to, instead of those of the system: a plant's own authority. */
		ca_file: z.string().min(1).max(1_000).optional(),
		auth: z.strictObject({ type: z.literal('login'), user: z.string().min(1).max(200), ...SECRET }).optional(),
		from: MailAddress,
		/** Who gets every page that names this pager itself: in a route, a level, or `paging.fallback`. People have their own address. */
		to: z.array(MailAddress).max(50).default([]),
		/** A mail server inside the plant is the rule; addresses that nobody may call stay refused. */
		allow_private: z.boolean().default(true),
	})
	.refine((config) => config.tls !== 'none' || config.auth === undefined, {
		error: 'a password is never sent in the clear: `auth` needs `tls: starttls` or `tls: tls`',
		path: ['auth'],
	});
export type SmtpConfig = z.infer<typeof SmtpConfig>;

export const PagerConfig = z.discriminatedUnion('kind', [PagerDutyConfig, SmtpConfig]);
export type PagerConfig = z.infer<typeof PagerConfig>;

/** Port of the mail server where none is written. */
export function smtpPort({ port, tls }: Pick<SmtpConfig, 'port' | 'tls'>): number {
	return port ?? { starttls: 587, tls: 465, none: 25 }[tls];
}

/** Whether naming the pager alone reaches somebody: a service of PagerDuty, or addresses that stand beside it. */
export function reachesBySelf(config: PagerConfig): boolean {
	return config.kind === 'pagerduty' || config.to.length > 0;
}

/** Names of pagers of a person, a route or a level. */
export const PagerNames = z.array(z.string().min(1).max(63)).max(20);
