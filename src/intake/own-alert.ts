// Alerts that this program raises about itself and its sources: a source that went silent, log-ins that keep failing, messages that
// were dropped. They take the same door as all others: `intake.accept(ownDelivery([...], now))` commits, folds and hands them on.
// Pure: when a condition holds, is told by the file that watches it.
import type { AlertKind, Entity } from '../domain/alert.ts';
import type { Severity } from '../domain/severity.ts';
import { toIso } from '../domain/time.ts';
import { fingerprintOf } from './fingerprint.ts';
import type { Delivery } from './intake.ts';

/** The source of these alerts, and its kind; no configured source may have this name. */
export const OWN_SOURCE = 'interlock';

export type OwnAlert = {
	/** What holds, in one word that never changes: `source_silent`. It stands in the label `condition`, for rules. */
	readonly condition: string;
	/** What it holds of: condition and subject together identify it, so that the closing finds its opening. */
	readonly subject: string;
	readonly status: 'open' | 'closed';
	readonly title: string;
	readonly description: string;
	readonly severity: Severity;
	readonly kind: AlertKind;
	/** Since when it holds, or when it ended, in milliseconds. */
	readonly at: number;
	readonly entities?: readonly Entity[];
	readonly labels?: Readonly<Record<string, string>>;
};

/** One delivery of the program's own alerts, committed together. */
export function ownDelivery(alerts: readonly OwnAlert[], now: number): Delivery {
	return {
		source: OWN_SOURCE,
		sourceKind: OWN_SOURCE,
		items: alerts.map((own) => {
			const alert = alertOf(own);
			return { kind: 'alert', alert, raw: JSON.stringify(alert), problems: [] };
		}),
		receivedAt: now,
		signature: null,
	};
}

function alertOf(own: OwnAlert) {
	return {
		source: OWN_SOURCE,
		external_id: null,
		fingerprint: fingerprintOf(OWN_SOURCE, [own.condition, own.subject]),
		status: own.status,
		title: own.title.slice(0, 500),
		description: own.description.slice(0, 20_000),
		severity: own.severity,
		severity_raw: null,
		kind: own.kind,
		domain: null,
		occurred_at: toIso(own.at),
		time_basis: 'event' as const,
		entities: [...(own.entities ?? [])],
		techniques: [],
		labels: { ...own.labels, condition: own.condition },
	};
}
