// Listens at the door for who is heard, writes it down every few seconds, and raises what silence.ts finds. One process judges (a lead),
// each writes down what it heard itself.
import type { Parsed } from '../domain/alert.ts';
import type { NewEntry } from '../domain/entry.ts';
import { type Instant, SECOND } from '../domain/time.ts';
import type { NextTopic } from '../domain/topic.ts';
import type { Database } from '../store/database.ts';
import { type Lead, openLead } from '../store/lead.ts';
import { LOCK_SILENCE } from '../store/migrate.ts';
import { type Change, record } from '../store/record.ts';
import { type Heard, readIncidentsOf, readSourceStates, writeHeard } from '../store/source-states.ts';
import type { Delivery, Intake } from './intake.ts';
import { OWN_SOURCE, ownDelivery } from './own-alert.ts';
import { judgeSilence, type Turning, type Watched } from './silence.ts';

/** How often it looks; what a process that dies has not written down is of the last seconds. */
export const SILENCE_EVERY_MS = 5 * SECOND;
/** A longer pause between two looks is time in which nobody listened: a database that was away, a machine that slept. */
const GAP_MS = 4 * SILENCE_EVERY_MS;
const OBSERVERS_MAX = 5;
const PROBLEMS_MAX = 5;

export type SilenceWatch = {
	/** The same intake, which notes who is heard. */
	listening(intake: Intake): Intake;
	/** Writes down who was heard, with what; where this process has the lead, raises who has gone silent and closes who came back. */
	look(): Promise<void>;
};

export function createSilenceWatch(options: {
	readonly database: Database;
	/** Sources with a heartbeat. */
	readonly watched: readonly Watched[];
	readonly clock: () => Instant;
	/** Who may judge among several processes; by default one of its own on this database. */
	readonly lead?: Lead;
}): SilenceWatch {
	const { database, watched, clock } = options;
	const lead = options.lead ?? openLead(database, LOCK_SILENCE);
	let heard = new Map<string, Heard>();
	let intake: Intake | null = null;
	let listeningSince = clock();
	let lookedAt = clock();

	const write = async (): Promise<void> => {
		const batch = heard;
		heard = new Map();
		try {
			await writeHeard(database, [...batch.values()], clock());
		} catch (error) {
			for (const one of batch.values()) heard.set(one.id, merged(one, heard.get(one.id)));
			throw error;
		}
	};
	const judge = async (door: Intake): Promise<void> => {
		const held = await lead.take();
		const now = clock();
		if (held !== 'kept' || now - lookedAt > GAP_MS) listeningSince = now;
		lookedAt = now;
		if (held === 'elsewhere') return;
		const turned = judgeSilence(watched, await readSourceStates(database), listeningSince, now);
		if (turned.length === 0) return;
		// The alert first: should the program die in between, it is raised again and folds into the one that stands.
		const answer = await door.accept(
			ownDelivery(
				turned.map((one) => one.alert),
				now,
			),
		);
		if (answer.kind !== 'stored') return;
		const ids = answer.alerts.map((alert) => alert.id);
		await record(database, recordOf(turned, ids, await readIncidentsOf(database, ids), now), now);
	};
	return {
		listening(door) {
			intake = door;
			return {
				...door,
				async accept(delivery) {
					const answer = await door.accept(delivery);
					const isReal = delivery.source !== OWN_SOURCE && delivery.isTest !== true;
					if (answer.kind === 'stored' && isReal)
						heard.set(delivery.source, merged(heardIn(delivery), heard.get(delivery.source)));
					return answer;
				},
			};
		},
		async look() {
			await write();
			if (intake !== null) await judge(intake);
		},
	};
}

function heardIn(delivery: Delivery): Heard {
	const isAlert = (item: Parsed): item is Extract<Parsed, { kind: 'alert' }> => item.kind === 'alert';
	const [first, last] = [delivery.items.find(isAlert), delivery.items.findLast(isAlert)];
	const observers = last?.alert.entities.filter((entity) => entity.role === 'observer') ?? [];
	return {
		id: delivery.source,
		source_kind: delivery.sourceKind,
		last: delivery.receivedAt,
		first_alert: first === undefined ? null : delivery.receivedAt,
		first_problems: first?.problems.slice(0, PROBLEMS_MAX) ?? [],
		carries_safety: delivery.items.some((item) => isAlert(item) && item.alert.kind === 'process_safety'),
		observers: observers.slice(0, OBSERVERS_MAX),
	};
}

function merged(one: Heard, other: Heard | undefined): Heard {
	if (other === undefined) return one;
	const [early, late] = one.last < other.last ? [one, other] : [other, one];
	const first = early.first_alert === null ? late : early;
	return {
		...late,
		first_alert: first.first_alert,
		first_problems: first.first_problems,
		carries_safety: one.carries_safety || other.carries_safety,
		observers: late.observers.length > 0 ? late.observers : early.observers,
	};
}

function recordOf(
	turned: readonly Turning[],
	alerts: readonly string[],
	incidents: ReadonlyMap<string, string>,
	now: Instant,
) {
	const changes = turned.flatMap((one): Change[] => {
		const silent_since = one.change === 'silent' ? now : null;
		const row = { id: one.source, source_kind: one.kind };
		return [
			// One that was never heard has no row yet.
			{ op: 'ensure', table: 'source_states', row },
			{ op: 'update', table: 'source_states', id: one.source, set: { silent_since } },
		];
	});
	const entries = turned.map(
		(one, i): NewEntry => ({
			kind: one.change === 'silent' ? 'source.silent' : 'source.heard',
			actor: { kind: 'system', id: 'interlock' },
			at: now,
			// People who work on it read in its thread that the source is back.
			incident: incidents.get(alerts[i] ?? '') ?? null,
			refs: alerts[i] === undefined ? [] : [alerts[i]],
			data: { ...one.alert.labels, source: one.source, change: one.change, title: `source ${one.source}` },
		}),
	);
	const topics = entries.flatMap(({ incident }): NextTopic[] =>
		incident === null ? [] : [{ topic: 'card', key: incident }],
	);
	return { changes, entries, topics };
}
