// Storms: one cause (a switch, a power feed, a firewall), hundreds of hosts that stop answering at once behind it.
// Counts distinct hosts with failures behind one switch, or in one zone where the inventory names no switch.
import type { Observation } from './observation.ts';
import type { Settings } from './settings.ts';
import type { State, StormTrack } from './state.ts';

/** Failures remembered for one switch or zone. */
const RECENT_MAX = 500;

export type StormSay =
	/** Part of a storm that is under way. */
	| { readonly kind: 'joins'; readonly storm: string; readonly cause: string }
	/** This alert makes it a storm; these clusters were its first alerts. */
	| { readonly kind: 'starts'; readonly cause: string; readonly gathered: readonly string[]; readonly hosts: number }
	| { readonly kind: 'calm'; readonly cause: string | null };

/** What this alert would be a symptom of: its switch, or its zone; a switch's own message counts for the hosts behind it. */
export function causesOf(observation: Observation, switches: ReadonlySet<string>): string[] {
	if (!observation.isFailure || observation.processSafety) return [];
	const causes: string[] = [];
	const subject = observation.condition.slice(observation.template.length + 1);
	if (switches.has(subject)) causes.push(`switch:${subject}`);
	if (observation.switch !== null) causes.push(`switch:${observation.switch.toLowerCase()}`);
	else if (observation.zone !== null) causes.push(`zone:${observation.zone}`);
	return causes;
}

/** Whether it may be one of many with one cause. */
export function isStormLike(observation: Observation): boolean {
	return observation.isFailure && !observation.processSafety && (observation.switch ?? observation.zone) !== null;
}

/** Looks and decides; `noteFailure` must follow with the cluster that the alert went to. */
export function stormOf(
	observation: Observation,
	causes: readonly string[],
	state: State,
	settings: Settings,
): StormSay {
	for (const cause of causes) {
		const track = state.storms.get(cause);
		if (track === undefined) continue;
		if (track.storm !== null && Math.abs(observation.at - track.last) <= settings.stormQuiet) {
			return { kind: 'joins', storm: track.storm, cause };
		}
		const near = track.recent.filter((item) => Math.abs(observation.at - item.at) <= settings.stormWindow);
		const hosts = new Set(near.map((item) => item.host)).add(hostOf(observation));
		if (hosts.size >= settings.stormHosts) {
			return { kind: 'starts', cause, gathered: [...new Set(near.map((item) => item.cluster))], hosts: hosts.size };
		}
	}
	return { kind: 'calm', cause: causes[0] ?? null };
}

/** Remembers a failure under its cause; `storm` where it belongs to one. */
export function noteFailure(
	observation: Observation,
	cause: string,
	cluster: string,
	storm: string | null,
	state: State,
	settings: Settings,
): void {
	const track: StormTrack = state.storms.get(cause) ?? { recent: [], storm: null, last: -Infinity };
	track.recent = track.recent.filter((item) => observation.at - item.at <= settings.stormWindow).slice(-RECENT_MAX);
	track.recent.push({ host: hostOf(observation), at: observation.at, cluster });
	if (storm !== null) {
		track.storm = storm;
		track.last = Math.max(track.last, observation.at);
	}
	state.storms.set(cause, track);
}

function hostOf(observation: Observation): string {
	return observation.target?.id ?? observation.condition.slice(observation.template.length + 1);
}
