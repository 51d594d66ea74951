// interlock.yaml: sites, default channel, model budget, limits, connectors. Strict keys, every one with a default.
import { z } from 'zod';
import { ConnectorConfig } from '../domain/connector.ts';
import { PagerConfig, PagerNames } from '../domain/pager.ts';
import { HOUR, MINUTE, SECOND } from '../domain/time.ts';
import { AddressOrRange } from './address.ts';
import { Duration } from './duration.ts';
import { SyslogSettings, TlsFiles } from './syslog-settings.ts';

/** An IANA time zone that this runtime knows. */
export const TimeZone = z.string().refine(isTimeZone, 'is no time zone: write an IANA name as in Europe/Berlin');

function isTimeZone(name: string): boolean {
	try {
		new Intl.DateTimeFormat('en', { timeZone: name });
		return true;
	} catch {
		// Intl has no other way to ask.
		return false;
	}
}

const SiteSettings = z.strictObject({
	/** As the inventory's `site` column says it. */
	name: z.string().min(1).max(200),
	time_zone: TimeZone.default('UTC'),
	sector: z.string().max(100).optional(),
	/** Whose reporting clocks count (`eu`, `de`, `us` ...). */
	jurisdictions: z.array(z.string().min(1).max(50)).max(50).default([]),
});

/** No question with its answer needs more tokens (model/prompt.ts, PROMPT_BYTES_MAX): a budget below one question would never ask. */
export const ONE_QUESTION_TOKENS = 8_000;
const tokens = z
	.number()
	.int()
	.min(0)
	.max(1_000_000_000)
	.refine((count) => count === 0 || count >= ONE_QUESTION_TOKENS, {
		error: `is less than one question may need (${ONE_QUESTION_TOKENS}): 0 switches the adviser off`,
	});
const Price = z.number().min(0).max(1_000_000);

/** What is hidden from the model besides secrets, which always are. */
const MaskSettings = z.strictObject({
	/** User names, personal names, mail addresses. */
	people: z.boolean().default(true),
	addresses: z.enum(['all', 'private', 'none']).default('private'),
	/** Names of machines. */
	hosts: z.boolean().default(true),
});

const ModelSettings = z
	.strictObject({
		/** Tokens that may be spent in any 24 hours; 0 switches the adviser off. */
		tokens_per_day: tokens.default(2_000_000),
		/** Tokens in any hour; without it a 24th of the day's, and never less than one question. */
		tokens_per_hour: tokens.optional(),
		/** What a million tokens cost, in any one currency: answers are recorded with it. */
		price_per_million: z.strictObject({ input: Price, output: Price }).optional(),
		/** Money in any hour, in the currency of the prices. */
		money_per_hour: z.number().positive().max(1_000_000).optional(),
		mask: z.prefault(MaskSettings, {}),
		/** How long an incident that grows is left alone between two questions; one that gets worse is asked about at once. */
		ask_again_after: Duration.default(300 * SECOND),
		timeout: Duration.default(20 * SECOND),
		/** Failures in a row after which the adviser is left alone for a while. */
		breaker_failures: z.number().int().min(1).max(1_000).default(5),
		breaker_pause: Duration.default(60 * SECOND),
	})
	.refine((model) => model.money_per_hour === undefined || model.price_per_million !== undefined, {
		error: '`money_per_hour` needs `price_per_million`: without prices nothing costs anything',
		path: ['money_per_hour'],
	});
export type ModelSettings = z.infer<typeof ModelSettings>;

/** Tokens of an hour: as written, else a 24th of the day's, which must still hold one question. */
export function tokensPerHour(model: ModelSettings): number {
	const share = Math.max(ONE_QUESTION_TOKENS, Math.floor(model.tokens_per_day / 24));
	return Math.min(model.tokens_per_hour ?? share, model.tokens_per_day);
}

const Limits = z.strictObject({
	/** Bytes of one webhook body. */
	body_bytes: z
		.number()
		.int()
		.min(1_024)
		.max(256 * 1024 * 1024)
		.default(32 * 1024 * 1024),
	/** Alerts in one body. */
	body_alerts: z.number().int().min(1).max(100_000).default(10_000),
});

const LedgerSettings = z.strictObject({
	/** The log's name in checkpoints: a schema-less URL of the plant is advised. */
	origin: z
		.string()
		.min(1)
		.max(200)
		.regex(/^[^\s+\u0000-\u001f]+$/, 'is no log name: no white space and no plus sign')
		.default('interlock.local/ledger'),
	checkpoint_every: Duration.default(60 * SECOND),
	checkpoint_entries: z.number().int().min(1).max(1_000_000).default(1_000),
});

const CONNECTORS_MAX = 100;
const PAGERS_MAX = 50;

const PagingSettings = z.strictObject({
	/** What Slack has not taken for so long goes out by pagers; of process safety after a few seconds. */
	slack_after: Duration.default(2 * MINUTE),
	/** Pagers for that; left out: all that reach somebody by themselves. An empty list: none. */
	fallback: PagerNames.optional(),
});

export const Settings = z.strictObject({
	sites: z.array(SiteSettings).max(10_000).default([]),
	/** Where cards go by default, a channel id or a name with #; SLACK_CHANNEL wins over it. */
	channel: z.string().min(1).max(100).optional(),
	model: z.prefault(ModelSettings, {}),
	limits: z.prefault(Limits, {}),
	ledger: z.prefault(LedgerSettings, {}),
	/** How long a request for an approval waits. */
	approvals: z.prefault(z.strictObject({ wait_for: Duration.default(4 * HOUR) }), {}),
	/** The alerts' door speaks HTTPS with these; without them HTTP. */
	tls: TlsFiles.optional(),
	/** Proxies in front of the door whose `X-Forwarded-For` is believed; nobody's without. */
	trusted_proxies: z.array(AddressOrRange).max(1_000).default([]),
	/** Nothing listens for syslog that is not written here. */
	syslog: z.prefault(SyslogSettings, {}),
	connectors: z.array(ConnectorConfig).max(CONNECTORS_MAX).default([]),
	/** Ways to reach people outside Slack. */
	pagers: z.array(PagerConfig).max(PAGERS_MAX).default([]),
	paging: z.prefault(PagingSettings, {}),
	/** The connector that opens tickets. */
	tickets: z.strictObject({ connector: z.string() }).optional(),
});
export type Settings = z.infer<typeof Settings>;

/** What holds where there is no interlock.yaml. */
export const DEFAULT_SETTINGS: Settings = Settings.parse({});
