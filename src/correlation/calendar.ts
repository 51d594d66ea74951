// Maintenance windows and permits: what an alert has to match to belong to one. A match marks and gathers, it hides nothing.
import type { Inventory } from '../domain/inventory.ts';
import { normaliseName } from '../domain/inventory.ts';
import type { Window } from '../domain/window.ts';
import type { Observation } from './observation.ts';

type Entry = {
	readonly window: Window;
	/** Stable name of the window: change numbers are used twice in real calendars. */
	readonly key: string;
	readonly assets: ReadonlySet<string>;
	readonly fromHost: string | null;
};

export type Calendar = {
	match(observation: Observation, slack: number): { key: string; change: string; detail: string } | null;
};

/**
 * Builds the look-up. A window that names no asset, zone or site matches nothing: it would match everything.
 */
export function calendarOf(windows: readonly Window[], inventory: Inventory): Calendar {
	const idOf = (name: string): string => inventory.find(name)?.id ?? normaliseName(name);
	const entries: Entry[] = windows
		.filter((window) => window.assets.length > 0 || window.zone !== null || window.site !== null)
		.map((window) => ({
			window,
			key: `${window.change}@${window.start}`,
			assets: new Set(window.assets.map(idOf)),
			fromHost: window.from_host === null ? null : idOf(window.from_host),
		}))
		.toSorted((a, b) => a.window.start - b.window.start || (a.key < b.key ? -1 : 1));
	return {
		match: (observation, slack) => {
			for (const entry of entries) {
				if (entry.window.start - slack > observation.at) break;
				const detail = matches(entry, observation, slack);
				if (detail !== null) return { key: entry.key, change: entry.window.change, detail };
			}
			return null;
		},
	};
}

/**
 * The place must be the window's, and whoever acts must be the window's host or user: a change from anywhere else on the
 * same assets is exactly what must not pass as maintenance. Without an actor (a device that stops answering) the place decides.
 */
function matches(entry: Entry, observation: Observation, slack: number): string | null {
	const { window } = entry;
	if (observation.at >= window.end + slack || observation.processSafety) return null;
	const target = observation.target;
	if (target === null) return null;
	const listed = entry.assets.has(target.id);
	if (entry.assets.size > 0 && !listed) return null;
	if (window.site !== null && target.site !== window.site) return null;
	if (entry.assets.size === 0 && window.zone !== null && target.zone !== window.zone) return null;
	const user = window.user === null ? null : normaliseName(window.user);
	if (user !== null && observation.user !== null && observation.user !== user) return null;
	const outside = observation.keys.find((key) => key.type === 'address');
	if (outside !== undefined) return null;
	if (observation.actor !== null) {
		if (entry.fromHost !== null && observation.actor.id !== entry.fromHost) return null;
		return `${target.id} from ${observation.actor.id}`;
	}
	if (!observation.isFailure && (user === null || observation.user !== user)) return null;
	return `${target.id}`;
}
