// Dates and times as Slack's date tokens write them, in the reader's time zone. Pure: the zone is an argument.

/** A zone that this machine knows, or UTC. */
export function knownZone(zone: string): string {
	try {
		new Intl.DateTimeFormat('en-GB', { timeZone: zone });
		return zone;
	} catch {
		return 'UTC';
	}
}

const FORMATS: { readonly [token: string]: Intl.DateTimeFormatOptions } = {
	date: { day: 'numeric', month: 'long', year: 'numeric' },
	date_short: { day: 'numeric', month: 'short', year: 'numeric' },
	date_long: { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' },
	date_pretty: { day: 'numeric', month: 'long', year: 'numeric' },
	date_short_pretty: { day: 'numeric', month: 'short', year: 'numeric' },
	date_long_pretty: { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' },
	day_divider_pretty: { weekday: 'long', day: 'numeric', month: 'long' },
	time: { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
	time_secs: { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' },
};

function formatted(options: Intl.DateTimeFormatOptions, at: number, zone: string): string {
	return new Intl.DateTimeFormat('en-GB', { ...options, timeZone: zone }).format(at);
}

/** Fills `{date_short}`, `{time}` and the like; unknown tokens stay as they are, as in Slack. */
export function dateText(format: string, at: number, zone: string): string {
	return format.replace(/\{([a-z_]{1,30})\}/g, (whole, token: string) => {
		if (token === 'date_num') return new Intl.DateTimeFormat('en-CA', { timeZone: zone }).format(at);
		const options = Object.hasOwn(FORMATS, token) ? FORMATS[token] : undefined;
		return options ? formatted(options, at, zone) : whole;
	});
}

/** The time beside a message: `09:41`. */
export function clockText(ts: string, zone: string): string {
	return dateText('{time}', Number(ts) * 1000, zone);
}

/** The line between days: `Sunday 22 November`. */
export function dayText(ts: string, zone: string): string {
	return dateText('{day_divider_pretty}', Number(ts) * 1000, zone);
}
