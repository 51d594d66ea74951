// Which sources have gone silent, and which came back: a blind sensor is a finding. Pure; times of receipt, never of events, because a
// source may send old events and still be alive. Raising and recording are silence-watch.ts.
import type { Entity } from '../domain/alert.ts';
import { DAY, HOUR, type Instant, MINUTE, SECOND, toIso } from '../domain/time.ts';
import type { OwnAlert } from './own-alert.ts';

/** A source of the configuration that has to be heard within this time. */
export type Watched = { readonly name: string; readonly kind: string; readonly heartbeatMs: number };

export type Sounding = {
	readonly id: string;
	readonly source_kind: string;
	readonly last_heard: Instant | null;
	readonly carries_safety: boolean;
	readonly observers: readonly Entity[];
	readonly silent_since: Instant | null;
};

export type Turning = {
	readonly source: string;
	readonly kind: string;
	readonly change: 'silent' | 'heard' | 'unwatched';
	readonly alert: OwnAlert;
};

/** Beyond the heartbeat: another process writes down what it heard only every few seconds. */
export const SILENCE_SLACK_MS = 15 * SECOND;

/**
 * What changed: sources that are silent for longer than their heartbeat, and silent ones that were heard again or are watched no longer.
 *
 * @param listeningSince since when the program has listened without a gap: nobody is silent for a time in which nobody listened,
 *   so that each source has one whole heartbeat after a start
 */
export function judgeSilence(
	watched: readonly Watched[],
	states: readonly Sounding[],
	listeningSince: Instant,
	now: Instant,
): Turning[] {
	const byName = new Map(states.map((state) => [state.id, state]));
	const changed = watched.flatMap((source): Turning[] => {
		const state = byName.get(source.name);
		const lastHeard = state?.last_heard ?? null;
		const turning = (change: Turning['change'], alert: OwnAlert): Turning[] => [
			{ source: source.name, kind: source.kind, change, alert },
		];
		if ((state?.silent_since ?? null) === null) {
			const quietSince = Math.max(lastHeard ?? listeningSince, listeningSince);
			return now - quietSince > source.heartbeatMs + SILENCE_SLACK_MS
				? turning('silent', silentAlert(source, state ?? null, now))
				: [];
		}
		return lastHeard !== null && now - lastHeard <= source.heartbeatMs
			? turning('heard', heardAlert(source.name, 'It was heard again', now, lastHeard))
			: [];
	});
	const names = new Set(watched.map((source) => source.name));
	const unwatched = states
		.filter((state) => state.silent_since !== null && !names.has(state.id))
		.map((state): Turning => {
			const alert = heardAlert(state.id, 'Its heartbeat is no longer configured', now, state.last_heard);
			return { source: state.id, kind: state.source_kind, change: 'unwatched', alert };
		});
	return [...changed, ...unwatched];
}

function silentAlert({ name, kind, heartbeatMs }: Watched, state: Sounding | null, now: Instant): OwnAlert {
	const lastHeard = state?.last_heard ?? null;
	const isSafety = state?.carries_safety === true;
	const allowed = durationWords(heartbeatMs);
	const sensors = (state?.observers ?? []).map((entity): Entity => ({ ...entity, role: 'target' }));
	return {
		condition: 'source_silent',
		subject: name,
		status: 'open',
		title:
			lastHeard === null
				? `Source never heard: ${name} has sent nothing yet`
				: `Source silent: nothing from ${name} for ${durationWords(now - lastHeard)}`,
		description: [
			lastHeard === null
				? `${name} (${kind}) is configured with a heartbeat of ${allowed} and has never sent anything. It is probably not set up: wrong address, port or credential at the vendor, or a firewall in between. \`interlock source test ${name}\` shows whether this end works.`
				: `${name} (${kind}) was last heard at ${toIso(lastHeard)}. Its heartbeat is ${allowed}.`,
			'While it is silent what it watches is not seen: that no alarm comes from it does not mean that nothing happens.',
			...(isSafety
				? ['It has carried process-safety alarms: tell the control room now, and watch them at the plant’s own panels.']
				: []),
			'Look whether the system runs and reaches this address, and whether it is refused here (credential.refused in the ledger). Until it is back, let somebody watch by another way what it watched. If nobody switched it off, treat it as a possible attack on the sensor.',
		].join('\n'),
		severity: isSafety ? 'high' : 'medium',
		kind: 'availability',
		at: now,
		entities: [...sensors, { type: 'host', value: name, role: 'observer' }],
		labels: {
			source: name,
			source_kind: kind,
			heartbeat: allowed,
			last_heard: lastHeard === null ? 'never' : toIso(lastHeard),
			carries_safety: String(isSafety),
		},
	};
}

function heardAlert(name: string, why: string, now: Instant, lastHeard: Instant | null): OwnAlert {
	return {
		condition: 'source_silent',
		subject: name,
		status: 'closed',
		title: `Source silent: over for ${name}`,
		description: `${why}${lastHeard === null ? '' : `, last at ${toIso(lastHeard)}`}. What happened in between was not seen.`,
		severity: 'medium',
		kind: 'availability',
		at: now,
		entities: [{ type: 'host', value: name, role: 'observer' }],
		labels: { source: name },
	};
}

/** `2 d`, `90 min`: in the largest unit that is not rounded much. */
function durationWords(ms: number): string {
	const [unit, word] =
		ms >= 2 * DAY
			? [DAY, 'd']
			: ms >= 2 * HOUR
				? [HOUR, 'h']
				: ms >= 2 * MINUTE
					? [MINUTE, 'min']
					: ([SECOND, 's'] as const);
	return `${Math.round(ms / Number(unit))} ${word}`;
}
