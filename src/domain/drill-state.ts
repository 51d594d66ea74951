// What a drill is at the moment, from its ledger entries alone: running, suspended, ended, and how long it stood still. Pure.
import { z } from 'zod';
import { DRILL_MEASURES, DrillAlert } from './drill-scenario.ts';
import type { Actor, EntryKind, Json } from './entry.ts';
import type { Instant } from './time.ts';

/** A ledger entry of a drill, with its place in the tree: null while it is not sealed. */
export type DrillEntry = {
	readonly id: string;
	readonly place: number | null;
	readonly kind: EntryKind;
	readonly at: Instant;
	readonly actor: Actor;
	readonly refs: readonly string[];
	readonly data: { readonly [key: string]: Json | undefined };
};

/** What `drill.started` records: all that the drill needs from then on. */
export const DrillStart = z.object({
	scenario: z.string(),
	scenario_hash: z.string(),
	title: z.string(),
	site: z.string().nullable(),
	lasts: z.number(),
	anytime: z.boolean(),
	/** Whether its pages go out by pagers too. */
	pagers: z.boolean().optional(),
	/** Asset ids by the scenario's names. */
	cast: z.record(z.string(), z.string()),
	alerts: z.array(DrillAlert),
	targets: z.partialRecord(z.enum(DRILL_MEASURES), z.number()),
	/** Roles of the people at the start, by id: whose reactions the report times. */
	people: z.record(z.string(), z.array(z.string())),
});
export type DrillStart = z.infer<typeof DrillStart>;

export type Drill = DrillStart & {
	readonly id: string;
	readonly by: string;
	readonly startedAt: Instant;
	/** Since when and why it stands still; null while it runs. */
	readonly suspended: { readonly at: Instant; readonly why: string } | null;
	/** How long it stood still before, in milliseconds. */
	readonly stoodStill: number;
	readonly ended: { readonly at: Instant; readonly by: string; readonly why: string } | null;
	/** Everything that was begun in it is closed. */
	readonly isCleared: boolean;
};

/** @returns null where the entries hold no start that can be read */
export function drillFrom(
	id: string,
	entries: readonly Pick<DrillEntry, 'kind' | 'at' | 'actor' | 'data'>[],
): Drill | null {
	let drill: Drill | null = null;
	for (const { kind, at, actor, data } of entries) {
		if (kind === 'drill.started') {
			const start = DrillStart.safeParse(data);
			if (!start.success || drill !== null) continue;
			drill = {
				...start.data,
				id,
				by: actor.id,
				startedAt: at,
				suspended: null,
				stoodStill: 0,
				ended: null,
				isCleared: false,
			};
		} else if (drill !== null) drill = after(drill, { kind, at, actor, data });
	}
	return drill;
}

function after(drill: Drill, { kind, at, actor, data }: Pick<DrillEntry, 'kind' | 'at' | 'actor' | 'data'>): Drill {
	const why = typeof data['why'] === 'string' ? data['why'] : '';
	const still = drill.suspended === null ? 0 : Math.max(0, at - drill.suspended.at);
	if (kind === 'drill.cleared') return { ...drill, isCleared: true };
	if (drill.ended !== null) return drill;
	if (kind === 'drill.suspended') return drill.suspended === null ? { ...drill, suspended: { at, why } } : drill;
	// Only a person lets it go on.
	if (kind === 'drill.resumed' && actor.kind === 'person')
		return { ...drill, suspended: null, stoodStill: drill.stoodStill + still };
	if (kind === 'drill.ended')
		return { ...drill, suspended: null, stoodStill: drill.stoodStill + still, ended: { at, by: actor.id, why } };
	return drill;
}

/** When something that the scenario has at this time is due: what stood still is added. */
export function dueAt(drill: Drill, offset: number): Instant {
	return drill.startedAt + offset + drill.stoodStill;
}
