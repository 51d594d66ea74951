// A scenario of a drill: timed alerts whose assets are chosen from the installation's own inventory, and how quickly people should answer.
// Pure: the file is read in config/drill-file.ts, the drill is started in chat/commands/drill.ts.
import { z } from 'zod';
import { Alert, AlertKind, Domain, ENTITY_TYPES, EntityRole } from './alert.ts';
import { type Asset, AssetClass, Level } from './asset.ts';
import { canonicalHash } from './canonical.ts';
import { drillSource, markDrill } from './drill.ts';
import type { Inventory } from './inventory.ts';
import { err, ok, type Result } from './result.ts';
import { Severity } from './severity.ts';
import { type Instant, MINUTE, SECOND, toIso } from './time.ts';

const ALERTS_MAX = 50;
const PICKS_MAX = 20;
const DURATION_MAX_MS = 8 * 60 * MINUTE;
/** A name between braces in a text or value: `{workstation}`, `{workstation.ip}`. */
const PLACEHOLDER = /\{([a-z][a-z0-9_]{0,39})(?:\.(id|name|ip))?\}/g;

const Name = z.string().regex(/^[a-z][a-z0-9_]{0,39}$/, 'is no name: lower-case letters, digits and underscores');
const Text = z.string().min(1).max(400);
const Offset = z
	.string()
	.regex(/^\d{1,5}(s|min)$/, 'is no time: write it as in 90s or 15min')
	.transform((text) => Number.parseInt(text, 10) * (text.endsWith('min') ? MINUTE : SECOND));

const Pick = z.strictObject({
	classes: z.array(AssetClass).min(1).max(AssetClass.options.length),
	levels: z.array(Level).max(8).optional(),
	/** The chosen one stands in the same zone as the asset of this name. */
	same_zone_as: Name.optional(),
	/** It stands in another zone. */
	other_zone_than: Name.optional(),
});

const ScenarioAlert = z.strictObject({
	at: Offset,
	title: Text,
	description: z.string().max(2_000).optional(),
	severity: Severity,
	kind: AlertKind.default('security'),
	domain: Domain.optional(),
	techniques: z
		.array(z.string().regex(/^T\d{4}(\.\d{3})?$/))
		.max(20)
		.default([]),
	target: Name,
	actor: Name.optional(),
	entities: z
		.array(z.strictObject({ type: z.enum(ENTITY_TYPES), value: Text, role: EntityRole.default('related') }))
		.max(20)
		.default([]),
});

/** What is timed, in the words of the report. */
export const DRILL_MEASURES = ['first_look', 'acknowledge', 'approval', 'hands', 'told', 'close'] as const;
export type DrillMeasure = (typeof DRILL_MEASURES)[number];

export const DrillScenario = z.strictObject({
	id: z.string().regex(/^[a-z][a-z0-9-]{1,60}$/, 'is no scenario id: lower-case letters, digits and dashes'),
	title: Text,
	about: z.string().min(1).max(2_000),
	/** When the drill closes itself. */
	lasts: Offset.refine((ms) => ms > 0 && ms <= DURATION_MAX_MS, 'is too long: at most 480min'),
	/** The assets, by the name that the alerts use. */
	assets: z.record(Name, Pick).refine((picks) => Object.keys(picks).length <= PICKS_MAX, 'names too many assets'),
	alerts: z.array(ScenarioAlert).min(1).max(ALERTS_MAX),
	/** Pages go out by pagers too, marked: without it a drill stays in Slack. */
	pagers: z.boolean().optional(),
	/** How long each may take at most. */
	targets: z.partialRecord(z.enum(DRILL_MEASURES), Offset).default({}),
});
export type DrillScenario = z.infer<typeof DrillScenario>;

/** An alert of a drill with its place in time, in milliseconds after the start. */
export const DrillAlert = z.object({ at: z.number().int().min(0), alert: Alert });
export type DrillAlert = z.infer<typeof DrillAlert>;

/** What a scenario refers to and does not have; empty where it is whole. */
export function scenarioFaults(
	scenario: DrillScenario,
): { readonly path: (string | number)[]; readonly message: string }[] {
	const names = Object.keys(scenario.assets);
	const faults: { path: (string | number)[]; message: string }[] = [];
	const check = (name: string | undefined, path: (string | number)[], known: readonly string[]): void => {
		if (name !== undefined && !known.includes(name))
			faults.push({
				path,
				message: `no asset \`${name}\` stands before it; known here: ${known.join(', ') || 'none'}`,
			});
	};
	names.forEach((name, at) => {
		const pick = scenario.assets[name];
		check(pick?.same_zone_as, ['assets', name, 'same_zone_as'], names.slice(0, at));
		check(pick?.other_zone_than, ['assets', name, 'other_zone_than'], names.slice(0, at));
	});
	scenario.alerts.forEach((alert, at) => {
		check(alert.target, ['alerts', at, 'target'], names);
		check(alert.actor, ['alerts', at, 'actor'], names);
		const texts = [alert.title, alert.description ?? '', ...alert.entities.map((entity) => entity.value)];
		for (const [, name] of texts.join(' ').matchAll(PLACEHOLDER)) check(name, ['alerts', at], names);
		if (alert.at >= scenario.lasts)
			faults.push({ path: ['alerts', at, 'at'], message: 'comes after the end of the drill' });
	});
	return faults;
}

/** The assets of the scenario by its names. */
type Cast = Readonly<Record<string, Asset>>;

/**
 * Chooses the scenario's assets from an inventory that it has never seen: the most critical that fits, by id where several do, so that
 * the same inventory gives the same cast. Each asset plays one part.
 *
 * @param site only assets of this site; null for all
 * @returns the cast, or the reason why this inventory cannot play it
 */
export function pickCast(scenario: DrillScenario, inventory: Inventory, site: string | null): Result<Cast, string> {
	const found = castFrom(Object.entries(scenario.assets), {}, inventory, site);
	if (found !== null) return ok(found);
	const wants = Object.entries(scenario.assets).map(([name, pick]) => {
		const alone = inventory.data.assets.filter((asset) => fits(asset, pick, {}, inventory, site, false)).length;
		return `${name}: ${wordsOf(pick)} (${alone} here)`;
	});
	return err(
		`the inventory${site === null ? '' : ` of site ${site}`} has no assets that fit together: ${wants.join('; ')}`,
	);
}

type Parts = readonly (readonly [name: string, pick: z.infer<typeof Pick>])[];
/** Assets that one part is tried with: beyond it another choice would hardly help. */
const TRIED_MAX = 12;
/** Parts put together at most: the search ends, whatever the inventory. */
const SEARCH_MAX = 20_000;

function castFrom(parts: Parts, cast: Cast, inventory: Inventory, site: string | null): Cast | null {
	let tries = 0;
	const from = (at: number, held: Cast): Cast | null => {
		const part = parts[at];
		if (part === undefined) return held;
		const [name, pick] = part;
		const able = inventory.data.assets
			.filter((asset) => fits(asset, pick, held, inventory, site, true))
			.toSorted((a, b) => (b.criticality ?? 0) - (a.criticality ?? 0) || (a.id < b.id ? -1 : 1))
			.slice(0, TRIED_MAX);
		for (const asset of able) {
			if (++tries > SEARCH_MAX) return null;
			const whole = from(at + 1, { ...held, [name]: asset });
			if (whole !== null) return whole;
		}
		return null;
	};
	return from(0, cast);
}

function fits(
	asset: Asset,
	pick: z.infer<typeof Pick>,
	held: Cast,
	inventory: Inventory,
	site: string | null,
	withOthers: boolean,
): boolean {
	if (site !== null && asset.site !== site) return false;
	if (!pick.classes.includes(asset.class) || pick.levels?.includes(asset.level) === false) return false;
	// The alert has to find it by its id: a name that two claim finds neither.
	if (inventory.find(asset.id)?.id !== asset.id) return false;
	if (!withOthers) return true;
	if (Object.values(held).some((other) => other.id === asset.id)) return false;
	const zoneOf = (name: string): string | null => held[name]?.zone ?? null;
	if (pick.same_zone_as !== undefined && (asset.zone === null || asset.zone !== zoneOf(pick.same_zone_as)))
		return false;
	return pick.other_zone_than === undefined || (asset.zone !== null && asset.zone !== zoneOf(pick.other_zone_than));
}

function wordsOf(pick: z.infer<typeof Pick>): string {
	const levels = pick.levels === undefined ? '' : ` at level ${pick.levels.join(' or ')}`;
	const zone =
		pick.same_zone_as === undefined
			? pick.other_zone_than === undefined
				? ''
				: ` in another zone than ${pick.other_zone_than}`
			: ` in the zone of ${pick.same_zone_as}`;
	return `${pick.classes.join(' or ')}${levels}${zone}`;
}

/** The scenario's alerts on these assets: marked, of the drill's own source, each with its time after the start. */
export function drillAlerts(scenario: DrillScenario, cast: Cast, drill: string, start: Instant): DrillAlert[] {
	const fill = (text: string): string =>
		text.replaceAll(PLACEHOLDER, (whole, name: string, part: string | undefined) => {
			const asset = cast[name];
			if (asset === undefined) return whole;
			if (part === 'id') return asset.id;
			if (part === 'ip') return asset.ips[0] ?? asset.id;
			return asset.hostnames[0] ?? asset.id;
		});
	return scenario.alerts.map((one, n) => {
		const of = (name: string | undefined, role: 'target' | 'actor') => {
			const asset = name === undefined ? undefined : cast[name];
			return asset === undefined ? [] : [{ type: 'asset_id' as const, value: asset.id, role }];
		};
		const alert: Alert = {
			source: drillSource(drill),
			external_id: null,
			fingerprint: canonicalHash({ drill, n }).slice(0, 32),
			status: 'open',
			title: markDrill(fill(one.title)).slice(0, 500),
			description: markDrill(fill(one.description ?? scenario.title)),
			severity: one.severity,
			severity_raw: null,
			kind: one.kind,
			domain: one.domain ?? null,
			occurred_at: toIso(start + one.at),
			time_basis: 'event',
			entities: [
				...of(one.target, 'target'),
				...of(one.actor, 'actor'),
				...one.entities.map((entity) => ({ ...entity, value: fill(entity.value) })),
			],
			techniques: one.techniques,
			labels: { drill },
		};
		return { at: one.at, alert };
	});
}
