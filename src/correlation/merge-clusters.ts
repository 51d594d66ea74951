// Two clusters become one in the engine's memory: everything that named the first now names the second. Nothing is decided here.
import type { Settings } from './settings.ts';
import { finalId, type State, type Touch } from './state.ts';

/** Brings one cluster into another: everything that named the first now names the second. */
export function mergeClusters(state: State, from: string, into: string, settings: Settings): void {
	const source = state.clusters.get(finalId(state, from));
	const target = state.clusters.get(finalId(state, into));
	if (source === undefined || target === undefined || source === target) return;
	state.clusters.delete(source.id);
	state.merged.set(source.id, target.id);
	target.first = Math.min(target.first, source.first);
	target.last = Math.max(target.last, source.last);
	target.size += source.size;
	target.failures += source.failures;
	for (const condition of source.conditions) target.conditions.add(condition);
	for (const template of source.templates) target.templates.add(template);
	for (const zone of source.zones) target.zones.add(zone);
	for (const site of source.sites) target.sites.add(site);
	for (const type of source.types) target.types.add(type);
	target.belief = Math.min(settings.beliefMax, Math.max(target.belief, source.belief) + 1);
	target.processSafety ||= source.processSafety;
	for (const key of source.keys) {
		target.keys.add(key);
		const list = state.touches.get(key);
		if (list === undefined) continue;
		const one = list.find((item) => item.cluster === source.id);
		const other = list.find((item) => item.cluster === target.id);
		if (one === undefined) continue;
		const rest = list.filter((item) => item !== one && item !== other);
		rest.push(joinTouches(one, other, target.id));
		state.touches.set(key, rest);
	}
}

function joinTouches(one: Touch, other: Touch | undefined, cluster: string): Touch {
	if (other === undefined) return { ...one, cluster };
	return {
		cluster,
		first: Math.min(one.first, other.first),
		last: Math.max(one.last, other.last),
		count: one.count + other.count,
		asTarget: Math.max(one.asTarget, other.asTarget),
		asActor: Math.max(one.asActor, other.asActor),
	};
}
