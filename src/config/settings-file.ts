// interlock.yaml: sites, default channel, model budget, limits, connectors. Strict keys, every one with a default.
import { z } from 'zod';
import { ConnectorConfig } from '../domain/connector.ts';
import { HOUR, SECOND } from '../domain/time.ts';
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

const ModelSettings = z.strictObject({
	/** Tokens that may be spent in a day (UTC); 0 switches the adviser off. */
	tokens_per_day: z.number().int().min(0).max(1_000_000_000).default(2_000_000),
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
	/** The connector that opens tickets. */
	tickets: z.strictObject({ connector: z.string() }).optional(),
});
export type Settings = z.infer<typeof Settings>;

/** What holds where there is no interlock.yaml. */
export const DEFAULT_SETTINGS: Settings = Settings.parse({});
