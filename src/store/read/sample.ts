// A few alerts of an incident, the first and the last: what a summary for people needs of them. One query an end, whatever the size.
// NOT here: what is said of them (chat/views/summary.ts).
import type { Entity } from '../../domain/alert.ts';
import type { Database, Transaction } from '../database.ts';
import { asc, desc, eq } from '../drizzle.ts';
import { alerts } from '../schema.ts';

/** Alerts read from each end of an incident. */
const SAMPLE_EACH_END = 12;
/** Entities looked at of one alert. */
const ENTITIES_MAX = 40;

export type SampleAlert = {
	readonly source: string;
	readonly title: string;
	readonly kind: string;
	readonly status: 'open' | 'closed';
	readonly at: number;
	readonly entities: readonly Entity[];
	/** Inventory ids, targets first. */
	readonly assets: readonly string[];
	/** What a storm it belongs to comes from (`switch:sw-1`), or the maintenance window it fell into; null for neither. */
	readonly via: { readonly kind: 'storm' | 'window'; readonly cause: string } | null;
	/** The way from IT into OT that its join tells of (`office to ops by conduit fw-1`); null where it tells of none. */
	readonly crossing: string | null;
};

/** The evidence of a join (correlation/path.ts) by which IT was left. */
const INTO_OT = 'from IT into OT';

/** At most 24 alerts in order of event time, each once. */
export async function readSample(source: Database['db'] | Transaction, incident: string): Promise<SampleAlert[]> {
	const columns = {
		id: alerts.id,
		source: alerts.source,
		title: alerts.title,
		kind: alerts.kind,
		status: alerts.status,
		at: alerts.occurred_at,
		entities: alerts.entities,
		verdict: alerts.verdict,
		join: alerts.join,
	};
	const end = async (order: typeof asc) =>
		await source
			.select(columns)
			.from(alerts)
			.where(eq(alerts.incident, incident))
			.orderBy(order(alerts.occurred_at), order(alerts.seq))
			.limit(SAMPLE_EACH_END);
	const first = await end(asc);
	const last = first.length < SAMPLE_EACH_END ? [] : await end(desc);
	const seen = new Set(first.map((row) => row.id));
	return [...first, ...last.toReversed().filter((row) => !seen.has(row.id))].map((row) => {
		const taken = row.join?.taken;
		return {
			source: row.source,
			title: row.title,
			kind: row.kind,
			status: row.status,
			at: row.at,
			entities: row.entities.slice(0, ENTITIES_MAX),
			assets: row.verdict?.assets ?? [],
			via:
				taken === undefined || taken.via === 'evidence' || taken.cause === null
					? null
					: { kind: taken.via, cause: taken.cause },
			crossing: row.join?.parts.find((part) => part.evidence === INTO_OT)?.detail ?? null,
		};
	});
}
