// All that this folder has to say of one incident, from what was read of it. Pure. NOT here: the words (views/insight.ts).
import type { Entity } from '../../domain/alert.ts';
import type { Incident } from '../../domain/incident.ts';
import type { Inventory } from '../../domain/inventory.ts';
import type { InsightAlert, InsightRead } from '../../store/read/insight.ts';
import { type BlastRadius, blastRadius } from './blast-radius.ts';
import { type Crossing, crossingsOf } from './crossing.ts';
import { killChain, type SeenAlert, type Stage } from './kill-chain.ts';
import { type Similar, similarTo, templateOf } from './similar.ts';

export type Insight = {
	readonly stages: readonly Stage[];
	/** Stages beyond the limit, alerts without one, alerts beyond those that were looked at. */
	readonly stages_left: number;
	readonly unstaged: number;
	readonly unread: number;
	readonly is_cross: boolean;
	readonly crossings: readonly Crossing[];
	readonly radius: BlastRadius;
	readonly similar: readonly Similar[];
};

const TEMPLATES_MAX = 30;

export function insightOf(incident: Incident, read: InsightRead, inventory: Inventory): Insight {
	const seen = read.alerts.map((alert) => seenOf(alert, inventory));
	const { stages, left, unstaged } = killChain(seen, inventory);
	const crossings = crossingsOf(seen, inventory);
	return {
		stages,
		stages_left: left,
		unstaged,
		unread: Math.max(0, incident.alert_count - read.alerts.length),
		is_cross: incident.domain === 'cross',
		crossings,
		radius: blastRadius(incident.assets, incident.zones, inventory),
		similar: similarTo(
			{ ...incident, messages: templates(read.alerts.map((alert) => alert.title)) },
			read.past.map((one) => ({ ...one, messages: templates(one.titles) })),
		),
	};
}

function templates(titles: readonly string[]): string[] {
	return [...new Set(titles.map(templateOf).filter((text) => text !== ''))].slice(0, TEMPLATES_MAX);
}

function seenOf(alert: InsightAlert, inventory: Inventory): SeenAlert {
	const target = alert.assets[0] ?? null;
	return { ...alert, actor: actorOf(alert.entities, target, inventory) };
}

function actorOf(entities: readonly Entity[], target: string | null, inventory: Inventory): string | null {
	for (const entity of entities) {
		if (entity.role !== 'actor' || !['host', 'ip', 'mac', 'asset_id'].includes(entity.type)) continue;
		const asset = inventory.find(entity.value);
		if (asset !== null && asset.id !== target) return asset.id;
	}
	return null;
}
