// interlock.yaml: sites, default channel, model budget, limits, retention, connectors. Strict keys, every one with a default.
import { z } from 'zod';
import { ConnectorConfig } from '../domain/connector.ts';
import { DAY, HOUR, SECOND } from '../domain/time.ts';
import { Duration } from './duration.ts';

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

const ModelSettings = z.strictObject({
	/** Tokens that may be spent in a day (UTC); 0 switches the adviser off. */
	tokens_per_day: z.number().int().min(0).max(1_000_000_000).default(2_000_000),
	tokens_per_call: z.number().int().min(100).max(1_000_000).default(20_000),
	timeout: Duration.default(20 * SECOND),
	/** Failures in a row after which the adviser is left alone for a while. */
	breaker_failures: z.number().int().min(1).max(1_000).default(5),
	breaker_pause: Duration.default(60 * SECOND),
});

const Limits = z.strictObject({
	/** Bytes of one webhook body. */
	body_bytes: z
		.number()
		.int()
		.min(1_024)
		.max(256 * 1024 * 1024)
		.default(10 * 1024 * 1024),
	/** Alerts in one body. */
	body_alerts: z.number().int().min(1).max(100_000).default(10_000),
	/** Requests that one source may send in a minute. */
	source_requests_per_minute: z.number().int().min(1).max(10_000_000).default(60_000),
	/** Cards that may be posted to one channel in an hour, before they are gathered. */
	cards_per_hour: z.number().int().min(1).max(10_000).default(60),
});

const Retention = z.strictObject({
	/** Raw texts of alerts. */
	raw: Duration.default(90 * DAY),
	alerts: Duration.default(730 * DAY),
	/** Erasable personal data beside the ledger; ledger entries themselves are kept. */
	personal: Duration.default(365 * DAY),
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

export const Settings = z.strictObject({
	sites: z.array(SiteSettings).max(10_000).default([]),
	/** Where cards go by default, a channel id or a name with #; SLACK_CHANNEL wins over it. */
	channel: z.string().min(1).max(100).optional(),
	model: z.prefault(ModelSettings, {}),
	limits: z.prefault(Limits, {}),
	retention: z.prefault(Retention, {}),
	ledger: z.prefault(LedgerSettings, {}),
	/** How long an approval counts, and how long a request for one waits. */
	approvals: z.prefault(
		z.strictObject({ valid_for: Duration.default(HOUR), wait_for: Duration.default(4 * HOUR) }),
		{},
	),
	connectors: z.array(ConnectorConfig).max(100).default([]),
	/** The connector that opens tickets. */
	tickets: z.strictObject({ connector: z.string() }).optional(),
});
export type Settings = z.infer<typeof Settings>;

/** What holds where there is no interlock.yaml. */
export const DEFAULT_SETTINGS: Settings = Settings.parse({});
