// Configuration of the connectors that act on the network: lists that firewalls fetch here, and Palo Alto firewalls. No secret in it,
// only its name.
import { z } from 'zod';
import { isAddressRange } from '../address.ts';
import { HttpsUrl } from '../https-url.ts';

const NAME = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/);
const RANGE = z.string().max(60).refine(isAddressRange, { error: 'an address or a range is needed' });
const DOMAIN = z
	.string()
	.max(253)
	.regex(/^[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63}){0,10}$/, { error: 'a domain name in lower case is needed' });
const isOnce = (names: readonly string[]): boolean => new Set(names).size === names.length;

/**
 * What is never blocked whatever a step says, beside everything internal: remote support of vendors, time, licences, cloud historian,
 * sign-on, chat. Has to be written, if only with empty lists, because nobody but the site knows it.
 */
export const NEVER = z.strictObject({ addresses: z.array(RANGE).max(1_000), domains: z.array(DOMAIN).max(1_000) });

/** Lists of indicators that firewalls fetch at `GET /v1/blocklist/{name}.txt`: no credential of a firewall is needed. */
export const BlockListConfig = z.strictObject({
	name: NAME,
	kind: z.literal('block-list'),
	/** At most one of each type: an indicator goes to the one of its type. */
	lists: z
		.array(
			z.strictObject({
				name: NAME,
				type: z.enum(['ip', 'domain', 'url']),
				/** 50,000 is the smallest total that PAN-OS documents; FortiGate documents 131,072 for one feed. */
				entries_max: z.number().int().min(1).max(50_000).default(10_000),
				/** `after`: PAN-OS reads what follows the entry and a blank in lists of addresses. `above`: FortiOS reads lines with `#`. */
				comments: z.enum(['none', 'after', 'above']).default('none'),
			}),
		)
		.min(1)
		.max(3)
		.refine((lists) => isOnce(lists.map((list) => list.type)), { error: 'two lists are of one type' })
		.refine((lists) => isOnce(lists.map((list) => list.name)), { error: 'two lists have one name' })
		.refine((lists) => lists.every((list) => list.comments !== 'after' || list.type === 'ip'), {
			error: 'comments after the entry are for lists of addresses',
		}),
	/** Who may fetch: the firewalls. */
	pollers: z.array(RANGE).min(1).max(100),
	/** Basic authentication on top of it. PAN-OS stops enforcing a list whose login fails, so change it on the firewall first. */
	auth: z
		.strictObject({
			type: z.literal('basic'),
			user: z.string().regex(/^[^:\s]{1,100}$/),
			secret_env: z.string().optional(),
			secret_file: z.string().optional(),
		})
		.optional(),
	/** A list that nobody has fetched for longer blocks nothing: the step fails and says so. */
	polled_within_ms: z.number().int().min(1_200_000).max(86_400_000).default(7_200_000),
	never: NEVER,
});
export type BlockListConfig = z.infer<typeof BlockListConfig>;

/** Palo Alto firewalls: tags on addresses, by which dynamic address groups block. No commit is made. */
export const PaloAltoConfig = z.strictObject({
	name: NAME,
	kind: z.literal('palo-alto'),
	/** The management interface of the firewall: `https://fw1.plant.example`. */
	base_url: HttpsUrl,
	/** The other firewall of a pair: tags are told to the one that is active. */
	peer_url: HttpsUrl.optional(),
	allow_private: z.boolean().default(false),
	timeout_ms: z.number().int().min(100).max(60_000).default(10_000),
	/** The API key of an administrator of its own. */
	auth: z.strictObject({
		type: z.literal('api_key'),
		secret_env: z.string().optional(),
		secret_file: z.string().optional(),
	}),
	/** Of a firewall with several virtual systems: `vsys1`. */
	vsys: z
		.string()
		.regex(/^vsys[0-9]{1,3}$/)
		.optional(),
	/** The tag that each group matches; an action whose tag is missing is not done here. */
	tags: z
		.strictObject({ indicator: TAG().optional(), internal: TAG().optional() })
		.refine((tags) => tags.indicator !== undefined || tags.internal !== undefined, {
			error: 'at least one tag is needed',
		})
		.refine((tags) => tags.indicator !== tags.internal, { error: 'the two tags are the same' }),
	never: NEVER,
});
export type PaloAltoConfig = z.infer<typeof PaloAltoConfig>;

/** FortiGate firewalls: hosts of the plant on the list of banned sources. */
export const FortinetConfig = z.strictObject({
	name: NAME,
	kind: z.literal('fortinet'),
	/** The management interface of the firewall or of its cluster: `https://fgt1.plant.example`. */
	base_url: HttpsUrl,
	allow_private: z.boolean().default(false),
	timeout_ms: z.number().int().min(100).max(60_000).default(10_000),
	/** The token of a REST API administrator of its own. */
	auth: z.strictObject({
		type: z.literal('token'),
		secret_env: z.string().optional(),
		secret_file: z.string().optional(),
	}),
	/** The virtual domain through which the business network's traffic goes. */
	vdom: z
		.string()
		.regex(/^[A-Za-z0-9_-]{1,31}$/)
		.default('root'),
});
export type FortinetConfig = z.infer<typeof FortinetConfig>;

/** Up to 127 characters, and not the words of the match language (PAN-OS). Plain characters only: it is written into XML. */
function TAG() {
	return z
		.string()
		.regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,126}$/)
		.refine((tag) => !['and', 'or', 'not'].includes(tag.toLowerCase()), { error: 'and, or, not are no tags' });
}

type FirewallAction = 'block_indicator' | 'unblock_indicator' | 'block_internal' | 'unblock_internal';

/** The actions of a Palo Alto connector, by the tags that it has. */
export function paloAltoActions({ tags }: PaloAltoConfig): FirewallAction[] {
	return [
		...(tags.indicator === undefined ? [] : (['block_indicator', 'unblock_indicator'] as const)),
		...(tags.internal === undefined ? [] : (['block_internal', 'unblock_internal'] as const)),
	];
}
