// What is known of an incident beyond its row, in words: three short lines for the card, and the whole of it for details and `show`. Pure.
// Every name and title from alerts goes through `shown`. NOT here: what is so (chat/insight/).
import { toIso } from '../../domain/time.ts';
import { type Crossing, NO_KNOWN_CONDUIT } from '../insight/crossing.ts';
import type { Insight } from '../insight/insight.ts';
import type { Stage } from '../insight/kill-chain.ts';
import type { Similar } from '../insight/similar.ts';
import { FEEDBACK_WORDS } from '../learn/feedback.ts';
import type { Naming } from '../situation.ts';
import { count, nameList, shown } from '../text.ts';

const CARD_STAGES = 5;
const STAGES_SHOWN = 20;
const ZONES_SHOWN = 12;
const NAME_MAX = 60;

export type InsightLine = { readonly label: string; readonly text: string };

/** At most four lines: the way so far, what was crossed, what lies open, what it was the last time. */
export function cardInsight(insight: Insight): InsightLine[] {
	const lines: InsightLine[] = [];
	if (insight.stages.length > 0) lines.push({ label: 'Path', text: pathWords(insight.stages, CARD_STAGES) });
	if (insight.is_cross) lines.push({ label: 'Crossed', text: crossedWords(insight) });
	const [worst] = insight.radius.most_critical;
	if (insight.radius.reachable.length > 0 || worst !== undefined) {
		const next = worst === undefined ? '' : `, first of all ${assetWords(worst)}`;
		lines.push({ label: 'Within reach', text: `${reachWords(insight)}${next}` });
	}
	const [alike] = insight.similar;
	if (alike !== undefined) lines.push({ label: 'Seen before', text: similarWords(alike) });
	return lines;
}

/** All of it, in lines of text. */
export function insightLines(insight: Insight, naming: Naming): string[] {
	return [
		...stageLines(insight, naming),
		'',
		...crossingLines(insight),
		...radiusLines(insight),
		'',
		...similarLines(insight, naming),
	];
}

function pathWords(stages: readonly Stage[], most: number): string {
	const words = stages.slice(0, most).map((stage) => `${stageName(stage)} (${zoneWords(stage.zone)})`);
	const more = stages.length - words.length;
	return `${words.join(' → ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function stageName({ tactic }: Stage): string {
	return shown(tactic.replaceAll('-', ' '), 40);
}

function zoneWords(zone: string | null): string {
	return zone === null ? 'zone not known' : shown(zone, NAME_MAX);
}

function crossedWords({ crossings }: Insight): string {
	const [first] = crossings;
	if (first === undefined) return 'both sides are in it; which way is not known';
	const more = crossings.length - 1;
	return `${crossingWords(first)}${more > 0 ? `, and ${more} more` : ''}`;
}

function crossingWords({ from, to, conduits, known_by }: Crossing): string {
	const way =
		conduits.length === 0
			? `${NO_KNOWN_CONDUIT}: the inventory knows no way there`
			: `conduit ${conduits.map((id) => shown(id, NAME_MAX)).join(', then ')}`;
	return `${shown(from, NAME_MAX)} to ${shown(to, NAME_MAX)}, ${way}${known_by === 'sequence' ? ' (by the order of alerts; none names the step)' : ''}`;
}

function reachWords({ radius }: Insight): string {
	const { reachable } = radius;
	const own = `${count(radius.reachable_assets, 'more asset')} in ${count(radius.zones.length, 'touched zone')}`;
	if (reachable.length === 0) return own;
	return `${own} and ${count(reachable.length, 'zone')} within ${count(reachable.at(-1)?.hops ?? 1, 'conduit')}`;
}

type Reached = Insight['radius']['most_critical'][number];

function assetWords({ id, class: kind, criticality, zone, hops }: Reached): string {
	const parts = [
		kind,
		criticality === null ? '' : `criticality ${criticality}`,
		`zone ${shown(zone, NAME_MAX)}`,
		hopWords(hops),
	];
	return `${shown(id, NAME_MAX)} (${parts.filter((part) => part !== '').join(', ')})`;
}

function hopWords(hops: number): string {
	return hops === 0 ? 'same zone' : `${count(hops, 'conduit')} away`;
}

function similarWords(similar: Similar): string {
	return `INC-${similar.number} (${percent(similar.score)} alike: ${similar.parts.map(partWords).join('; ')}), ${endWords(similar)}`;
}

const PARTS = { techniques: 'techniques', assets: 'assets', messages: 'messages', category: 'category' } as const;

function partWords({ what, shared }: Similar['parts'][number]): string {
	return `${PARTS[what]} ${nameList(shared, 2, 50)}`;
}

/** How it ended: the words of whoever resolved it, and what people said of it. */
function endWords({ was_false_positive, resolution }: Similar): string {
	const end = resolution === null ? 'resolved without words' : `ended: ${shown(resolution, 120)}`;
	return was_false_positive ? `called a false positive; ${end}` : end;
}

function percent(share: number): string {
	return `${Math.round(share * 100)} %`;
}

function stageLines({ stages, stages_left, unstaged, unread }: Insight, naming: Naming): string[] {
	const lines = stages.slice(0, STAGES_SHOWN).map((stage) => {
		const techniques = stage.techniques.map((id) => `${id} ${naming.technique(id) ?? ''}`.trim());
		return `  ${toIso(stage.first_at).slice(0, 19)}Z ${stageName(stage)} in ${zoneWords(stage.zone)}, ${count(stage.alerts, 'alert')}${techniques.length > 0 ? `: ${nameList(techniques, 4, 60)}` : ''}`;
	});
	const left = stages_left + Math.max(0, stages.length - STAGES_SHOWN);
	const notes = [
		left > 0 ? `${count(left, 'later stage')} not shown` : '',
		unstaged > 0 ? `${count(unstaged, 'alert')} without a stage` : '',
		unread > 0 ? `${count(unread, 'later alert')} not looked at` : '',
	].filter((note) => note !== '');
	return [
		'path, by event time:',
		...(lines.length > 0 ? lines : ['  no alert names a stage']),
		...(notes.length > 0 ? [`  (${notes.join('; ')})`] : []),
	];
}

function crossingLines({ is_cross, crossings }: Insight): string[] {
	if (crossings.length === 0)
		return [`between IT and OT: ${is_cross ? 'both sides are in it; which way is not known' : 'not crossed'}`];
	return [
		'between IT and OT:',
		...crossings.map((one) => `  ${toIso(one.at).slice(0, 19)}Z into ${one.into.toUpperCase()}: ${crossingWords(one)}`),
	];
}

function radiusLines({ radius }: Insight): string[] {
	return [
		`touched: ${count(radius.assets.length, 'asset')}, zones ${nameList(radius.zones, ZONES_SHOWN) || 'not known'}, conduits ${nameList(radius.conduits, ZONES_SHOWN) || 'none'}`,
		'within reach by the inventory:',
		...radius.reachable
			.slice(0, ZONES_SHOWN)
			.map(
				(one) =>
					`  ${shown(one.zone, NAME_MAX)}: ${hopWords(one.hops)}, by ${shown(one.by, NAME_MAX)}, ${count(one.assets, 'asset')}`,
			),
		...(radius.reachable.length > ZONES_SHOWN ? [`  and ${radius.reachable.length - ZONES_SHOWN} more zones`] : []),
		...(radius.reachable.length === 0 ? ['  no other zone: no conduit is known'] : []),
		`  most critical: ${radius.most_critical.map(assetWords).join('; ') || 'none'}`,
		...(radius.is_cut ? ['  (limits were reached: there is more)'] : []),
	];
}

function similarLines({ similar }: Insight, naming: Naming): string[] {
	if (similar.length === 0) return ['seen before: nothing alike among those that ended'];
	return [
		'seen before:',
		...similar.flatMap((one) => [
			`  INC-${one.number} ${shown(one.title, 100)}, last alert ${toIso(one.last_at).slice(0, 10)}, ${percent(one.score)} alike`,
			`    alike: ${one.parts.map((part) => `${partWords(part)} (${percent(part.part)})`).join('; ')}`,
			`    ${endWords(one)}${one.feedback.length > 0 ? `; people said: ${one.feedback.map((kind) => FEEDBACK_WORDS[kind]).join(', ')}` : ''}`,
			`    acted: ${[one.acknowledged_by, one.resolved_by].flatMap((id) => (id === null ? [] : [shown(naming.person(id), 60)])).join(', ') || 'nobody named'}`,
		]),
	];
}
