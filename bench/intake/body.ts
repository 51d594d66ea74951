// The bodies that every server of the bench gets: Alertmanager's list of API v2, each alert distinct by one label.
// A body is made once and its numbers are written over in place, so that making bodies costs the load generator nothing.

/** Digits of the number that makes an alert distinct. */
const DIGITS = 10;
const MARK = '@'.repeat(DIGITS);
/** Hosts of the bench's plant: all are in its inventory. */
export const HOSTS = 100;

export function hostName(i: number): string {
	return `gw-${String(i % HOSTS).padStart(3, '0')}`;
}

function alert(i: number): object {
	const host = hostName(i);
	return {
		labels: {
			alertname: 'FieldbusExceptionRate',
			instance: `${host}.north.example:9100`,
			job: 'gateway',
			severity: 'warning',
			line: 'press-3',
			unit: `u${MARK}`,
		},
		annotations: {
			summary: `Fieldbus exceptions on ${host} are above 5/s`,
			description: `The gateway answered 7.2 exceptions per second for 10 minutes (unit u${MARK}). Look at the link of the unit first.`,
			runbook_url: 'https://runbooks.north.example/fieldbus-exceptions',
		},
		startsAt: '2026-01-05T03:00:00.000Z',
		generatorURL: 'http://prometheus.north.example:9090/graph?g0.expr=rate%28fieldbus_exceptions_total%5B10m%5D%29',
	};
}

export type Body = {
	readonly bytes: Buffer;
	/** Makes every alert of the body another one; `next` gives the numbers. */
	renumber(next: () => number): void;
};

/** @param prefix bytes before the body (the request's head) that stand in the same buffer */
export function makeBody(alerts: number, prefix: (length: number) => string): Body {
	const text = JSON.stringify(Array.from({ length: alerts }, (_, i) => alert(i)));
	const bytes = Buffer.from(prefix(Buffer.byteLength(text)) + text, 'utf8');
	const places: number[] = [];
	for (let at = bytes.indexOf(MARK); at !== -1; at = bytes.indexOf(MARK, at + DIGITS)) places.push(at);
	// Each alert carries its number twice: as a label and in its description.
	const perAlert = places.length / alerts;
	return {
		bytes,
		renumber(next) {
			for (let i = 0; i < places.length; i += perAlert) {
				const digits = String(next()).padStart(DIGITS, '0');
				for (let j = i; j < i + perAlert; j++) bytes.write(digits, places[j]!, 'latin1');
			}
		},
	};
}
