// The row of an incident, from its alerts: title, severity, where, what. Pure; grows by one alert at a time or from all of them.
import type { Alert } from '../domain/alert.ts';
import { drillOf, markDrill, markReal } from '../domain/drill.ts';
import type { Inventory } from '../domain/inventory.ts';
import { maxSeverity, type Severity, severityRank } from '../domain/severity.ts';
import type { Category, Verdict } from '../domain/verdict.ts';
import { crossingOf, endsOf, namesAsset } from './path.ts';

/** Assets, zones, techniques kept in one incident's row; more are in its alerts. */
const LIST_MAX = 200;
const TITLE_MAX = 160;

/** What the alerts of an incident say together. */
export type Gathered = {
	readonly title: string;
	readonly severity: Severity;
	readonly domain: 'it' | 'ot' | 'cross';
	readonly category: Category;
	readonly process_safety: boolean;
	readonly sites: string[];
	readonly zones: string[];
	readonly assets: string[];
	readonly techniques: string[];
	readonly tactics: string[];
	readonly playbooks: string[];
	/** The route that a rule chose; null where the conditions of routes.yaml decide. */
	readonly route: string | null;
	readonly confidence_firm: number;
	readonly alert_count: number;
	readonly first_at: number;
	readonly last_at: number;
};

export type Member = {
	readonly alert: Alert;
	readonly verdict: Verdict;
	readonly firstSeen: number;
	readonly lastSeen: number;
};

/** The row of an incident of one alert. */
export function gatheredOf(member: Member, inventory: Inventory): Gathered {
	const { alert, verdict } = member;
	const found = verdict.assets.map((id) => inventory.find(id)).filter((asset) => asset !== null);
	const isSafety = alert.kind === 'process_safety' || verdict.category === 'process_safety';
	return {
		title: titleOf(alert, found[0]?.hostnames[0] ?? found[0]?.id ?? null),
		severity: verdict.severity,
		// Who acts from IT on OT has left IT, whatever side the alert itself is filed under.
		domain: crosses(alert, inventory) ? 'cross' : verdict.domain,
		category: verdict.category,
		process_safety: isSafety,
		sites: uniq(found.map((asset) => asset.site ?? '').filter((site) => site !== '')),
		zones: uniq(found.map((asset) => asset.zone ?? '').filter((zone) => zone !== '')),
		assets: uniq(verdict.assets),
		techniques: uniq(verdict.techniques.filter((technique) => technique.score >= 0.5).map((technique) => technique.id)),
		tactics: uniq(verdict.tactics),
		playbooks: uniq(verdict.playbooks),
		route: isSafety ? null : (verdict.route ?? null),
		confidence_firm: verdict.confidence_firm,
		alert_count: 1,
		first_at: Math.min(member.firstSeen, member.lastSeen),
		last_at: Math.max(member.firstSeen, member.lastSeen),
	};
}

/**
 * Two parts of one incident together. The graver one names it (on a tie the first); evidence on both sides makes it `cross`;
 * a process-safety alarm in it stays one whatever joins.
 */
export function gather(one: Gathered, other: Gathered): Gathered {
	const lead = severityRank(other.severity) > severityRank(one.severity) ? other : one;
	const safety = one.process_safety ? one : other.process_safety ? other : null;
	const named = safety ?? lead;
	return {
		title: named.title,
		severity: maxSeverity(one.severity, other.severity),
		domain: one.domain === other.domain ? one.domain : 'cross',
		category: named.category,
		process_safety: safety !== null,
		sites: uniq([...one.sites, ...other.sites]),
		zones: uniq([...one.zones, ...other.zones]),
		assets: uniq([...one.assets, ...other.assets]),
		techniques: uniq([...one.techniques, ...other.techniques]),
		tactics: uniq([...one.tactics, ...other.tactics]),
		playbooks: uniq([...one.playbooks, ...other.playbooks]),
		// Of process safety the conditions of routes.yaml decide, whatever a rule says of what joined.
		route: safety === null ? (named.route ?? one.route ?? other.route) : null,
		confidence_firm: Math.max(one.confidence_firm, other.confidence_firm),
		alert_count: one.alert_count + other.alert_count,
		first_at: Math.min(one.first_at, other.first_at),
		last_at: Math.max(one.last_at, other.last_at),
	};
}

/** Only an intrusion leaves IT: a monitor in the office that finds a controller silent does not. */
function crosses(alert: Alert, inventory: Inventory): boolean {
	if (alert.kind !== 'security') return false;
	const { actor, target } = endsOf(alert.entities, (entity) =>
		namesAsset(entity) ? inventory.find(entity.value) : null,
	);
	return crossingOf(actor, target, inventory)?.intoOt ?? false;
}

/** One line for people: what, on what. */
function titleOf(alert: Alert, name: string | null): string {
	// The mark stands in front, where no cut reaches it; a real alert cannot take it on.
	const given = drillOf(alert.source) === null ? markReal(alert.title) : markDrill(alert.title);
	const title = given.slice(0, TITLE_MAX).toWellFormed();
	if (name === null || title.toLowerCase().includes(name.toLowerCase())) return title;
	return `${title} (${name})`.slice(0, TITLE_MAX + 60);
}

function uniq(values: readonly string[]): string[] {
	return [...new Set(values)].slice(0, LIST_MAX);
}
