// Replays judged alerts through the engine and remembers, for each position of the stream, where it ended. Pure.
import type { Alert } from '../domain/alert.ts';
import type { Verdict } from '../domain/verdict.ts';
import { createEngine, type EngineContext } from './engine.ts';
import { observationOf, verdictLite } from './observation.ts';
import { DEFAULT_SETTINGS, type Settings } from './settings.ts';
import { newState } from './state.ts';

type ReplayRow = {
	readonly position: number;
	/** `inc-...` for several conditions that belong together, `con-...` for a condition that joined none. */
	readonly cluster: string;
	readonly score: number;
	/** The maintenance window it was marked with. */
	readonly change: string | null;
	readonly evidence: string;
};

export type Replay = {
	/** Places the alerts of one position, in order; false where the position stands already (then nothing is done). */
	add(position: number, alerts: readonly { readonly alert: Alert; readonly verdict: Verdict }[]): boolean;
	/** One row a position, in order of position. */
	rows(): Iterable<ReplayRow>;
	totals(): { positions: number; clusters: number; merges: number };
};

type Kept = { cluster: string; score: number; change: string | null; evidence: string };

export function createReplay(context: EngineContext, settings: Settings = DEFAULT_SETTINGS): Replay {
	const engine = createEngine(context, settings);
	const state = newState();
	const kept = new Map<number, Kept>();
	const went = new Map<string, string>();
	const conditions = new Map<string, string>();
	const several = new Set<string>();
	let opened = 0;
	const newId = (): string => String(++opened).padStart(6, '0');
	const final = (id: string): string => {
		let at = id;
		for (let next = went.get(at); next !== undefined; next = went.get(at)) at = next;
		return at;
	};
	return {
		add: (position, alerts) => {
			if (kept.has(position)) return false;
			for (const [index, { alert, verdict }] of alerts.entries()) {
				const observation = observationOf(`${position}.${index}`, alert, verdictLite(verdict), context.inventory);
				const placement = engine.place(state, observation, newId);
				for (const merge of placement.merges) {
					went.set(merge.from, merge.into);
					several.add(merge.into);
				}
				const first = conditions.get(placement.cluster);
				if (first === undefined) conditions.set(placement.cluster, observation.condition);
				else if (first !== observation.condition) several.add(placement.cluster);
				// A body of several alerts is shown where its first one went.
				if (index === 0) {
					const evidence = placement.join.parts.map((part) => `${part.evidence} ${part.weight} (${part.detail})`);
					kept.set(position, {
						cluster: placement.cluster,
						score: placement.join.score,
						change: placement.change,
						evidence: placement.opened ? '' : evidence.join('; ').slice(0, 1_000),
					});
				}
			}
			// What held no alert, or was not understood, is a matter of its own.
			if (alerts.length === 0) kept.set(position, { cluster: newId(), score: 0, change: null, evidence: '' });
			return true;
		},
		*rows() {
			for (const [position, row] of [...kept].sort(([a], [b]) => a - b)) {
				const cluster = final(row.cluster);
				yield { ...row, position, cluster: `${several.has(cluster) ? 'inc' : 'con'}-${cluster}` };
			}
		},
		totals: () => ({ positions: kept.size, clusters: opened - went.size, merges: went.size }),
	};
}
