// Alerts that say that something fell silent or that operators lost sight, within a span of time. Reads only. NOT here: whether it has to do
// with a step (nobody knows: response says "since", never "because").
import type { Entity } from '../../domain/alert.ts';
import type { Database } from '../database.ts';
import { and, asc, gt, lte, sql } from '../drizzle.ts';
import { alerts } from '../schema.ts';

const QUIET_MAX = 200;

/** ATT&CK for ICS: denial and loss of view, denial and loss of control, loss of availability, block of reporting messages. */
const QUIET_TECHNIQUES = ['T0815', 'T0829', 'T0813', 'T0827', 'T0826', 'T0804'] as const;

/** Conditions that began after one instant and not after another, by time of receipt: lost contact, silent sources, loss of view. */
export async function readQuietSince(
	database: Database,
	since: number,
	until: number,
): Promise<
	{
		readonly source: string;
		readonly title: string;
		readonly entities: Entity[];
		/** A source that is heard no longer: what it watches is not seen. */
		readonly isSource: boolean;
	}[]
> {
	return await database.db
		.select({
			source: alerts.source,
			title: alerts.title,
			entities: alerts.entities,
			isSource: sql<boolean>`COALESCE(${alerts.labels}->>'condition' = 'source_silent', false)`,
		})
		.from(alerts)
		.where(
			and(
				gt(alerts.received_at, since),
				lte(alerts.received_at, until),
				sql`${alerts.status} = 'open'`,
				sql`(${alerts.kind} = 'availability' OR ${alerts.verdict}->>'category' = 'ot_availability'
					OR ${alerts.techniques} ?| array(SELECT json_array_elements_text(${JSON.stringify(QUIET_TECHNIQUES)}::text::json)))`,
			),
		)
		.orderBy(asc(alerts.received_at), asc(alerts.id))
		.limit(QUIET_MAX);
}
