// What a change of rules would have done to a recorded day: each alert judged both ways, each way through a correlation of its own.
// Pure: verdicts come in, differences come out. NOT here: reading the stream (recorded-stream.ts), the words (replay-diff-text.ts).
import type { EngineContext } from '../correlation/engine.ts';
import { createReplay } from '../correlation/replay-stream.ts';
import type { Alert } from '../domain/alert.ts';
import { maxSeverity, type Severity, severityRank } from '../domain/severity.ts';
import type { Verdict } from '../domain/verdict.ts';
import { ALSO_FIRED } from '../triage/judge.ts';

/** What of a verdict people act on. */
export type Judged = Pick<Verdict, 'severity' | 'category' | 'muted' | 'tags' | 'playbooks'> & {
	/** Rules that fired, in order. */
	readonly rules: readonly string[];
};
type Field = keyof Judged;
const FIELDS: readonly Field[] = ['severity', 'category', 'muted', 'tags', 'playbooks', 'rules'];

type AlertChange = {
	readonly position: number;
	/** Which alert of the body, from 0. */
	readonly index: number;
	readonly source: string;
	readonly title: string;
	readonly fields: readonly Field[];
	readonly before: Judged;
	readonly after: Judged;
};

/** An incident one way; `opened` says that people would have seen it. */
type IncidentSide = { readonly opened: boolean; readonly severity: Severity; readonly alerts: number };

type IncidentChange = {
	/** Where its first alert stands. */
	readonly position: number;
	readonly title: string;
	readonly change: 'opened' | 'not_opened' | 'raised' | 'lowered' | 'regrouped';
	readonly before: IncidentSide | null;
	readonly after: IncidentSide | null;
};

export type RuleDiff = {
	readonly alerts: readonly AlertChange[];
	readonly incidents: readonly IncidentChange[];
	readonly counts: Readonly<Record<string, number>>;
};

type Entry = { readonly alert: Alert; readonly before: Verdict; readonly after: Verdict };
type Kept = { readonly position: number; readonly index: number; readonly entry: Entry };

/** Gathers a recorded day; `add` is false where the position stands already. */
export function createRuleDiff(context: EngineContext): {
	add(position: number, entries: readonly Entry[]): boolean;
	result(): RuleDiff;
} {
	const ways = { before: createReplay(context), after: createReplay(context) };
	const kept: Kept[] = [];
	const seen = new Set<number>();
	return {
		add(position, entries) {
			if (seen.has(position)) return false;
			seen.add(position);
			for (const [index, entry] of entries.entries()) {
				// Each alert is a position of its own here, so that every one of a body is found again.
				ways.before.add(kept.length, [{ alert: entry.alert, verdict: entry.before }]);
				ways.after.add(kept.length, [{ alert: entry.alert, verdict: entry.after }]);
				kept.push({ position, index, entry });
			}
			return true;
		},
		result() {
			const alerts = kept.flatMap(changeOf);
			const before = incidentsOf([...ways.before.rows()], kept, 'before');
			const after = incidentsOf([...ways.after.rows()], kept, 'after');
			const incidents = incidentChanges(before, after, kept);
			return { alerts, incidents, counts: countsOf(kept, alerts, incidents, before, after) };
		},
	};
}

function changeOf({ position, index, entry }: Kept): AlertChange[] {
	const before = judgedOf(entry.before);
	const after = judgedOf(entry.after);
	const fields = FIELDS.filter((field) => JSON.stringify(before[field]) !== JSON.stringify(after[field]));
	if (fields.length === 0) return [];
	return [{ position, index, source: entry.alert.source, title: entry.alert.title, fields, before, after }];
}

function judgedOf(verdict: Verdict): Judged {
	const { severity, category, muted, tags, playbooks } = verdict;
	return { severity, category, muted, tags, playbooks, rules: firedIn(verdict) };
}

/** The rules as the reasons name them: every rule that fired is there, under its own id. */
function firedIn(verdict: Verdict): string[] {
	return verdict.reasons.flatMap(({ by, text }) => {
		if (by !== 'rule') return [];
		if (text.startsWith(ALSO_FIRED)) return text.slice(ALSO_FIRED.length).split(', ');
		const id = /^([a-z0-9-]+): /.exec(text)?.[1];
		return id === undefined ? [] : [id];
	});
}

type Group = IncidentSide & { readonly members: readonly number[] };

/** By the place of its first alert; opened where one of its alerts is worth people's eyes (as in correlation/correlation.ts). */
function incidentsOf(
	rows: readonly { readonly position: number; readonly cluster: string }[],
	kept: readonly Kept[],
	way: 'before' | 'after',
): Map<number, Group> {
	const clusters = new Map<string, number[]>();
	for (const { position, cluster } of rows) {
		const members = clusters.get(cluster);
		if (members === undefined) clusters.set(cluster, [position]);
		else members.push(position);
	}
	const groups = new Map<number, Group>();
	for (const members of clusters.values()) {
		const verdicts = members.flatMap((member) => kept[member]?.entry[way] ?? []);
		const severity = verdicts.map((verdict) => verdict.severity).reduce(maxSeverity, 'informational');
		const opened = verdicts.some(isSeen);
		groups.set(members[0] ?? 0, { opened, severity, alerts: members.length, members });
	}
	return groups;
}

function isSeen(verdict: Verdict): boolean {
	if (verdict.category === 'process_safety') return true;
	return !verdict.muted && severityRank(verdict.severity) >= severityRank('medium');
}

function incidentChanges(
	before: ReadonlyMap<number, Group>,
	after: ReadonlyMap<number, Group>,
	kept: readonly Kept[],
): IncidentChange[] {
	const firsts = [...new Set([...before.keys(), ...after.keys()])].sort((a, b) => a - b);
	return firsts.flatMap((first): IncidentChange[] => {
		const one = before.get(first);
		const other = after.get(first);
		const change = kindOf(one, other);
		const named = kept[first];
		if (change === null || named === undefined) return [];
		const { position, entry } = named;
		return [{ position, title: entry.alert.title, change, before: sideOf(one), after: sideOf(other) }];
	});
}

function kindOf(before: Group | undefined, after: Group | undefined): IncidentChange['change'] | null {
	const was = before?.opened === true;
	const is = after?.opened === true;
	if (!was && !is) return null;
	if (!was) return 'opened';
	if (!is) return 'not_opened';
	const step = severityRank(after.severity) - severityRank(before.severity);
	if (step !== 0) return step > 0 ? 'raised' : 'lowered';
	return before.members.join() === after.members.join() ? null : 'regrouped';
}

function sideOf(group: Group | undefined): IncidentSide | null {
	return group === undefined ? null : { opened: group.opened, severity: group.severity, alerts: group.alerts };
}

function countsOf(
	kept: readonly Kept[],
	alerts: readonly AlertChange[],
	incidents: readonly IncidentChange[],
	before: ReadonlyMap<number, Group>,
	after: ReadonlyMap<number, Group>,
): Record<string, number> {
	const step = ({ before: was, after: is }: AlertChange): number =>
		severityRank(is.severity) - severityRank(was.severity);
	const opened = (groups: ReadonlyMap<number, Group>): number =>
		[...groups.values()].filter((one) => one.opened).length;
	const changed = (change: IncidentChange['change']): number => incidents.filter((one) => one.change === change).length;
	return {
		alerts: kept.length,
		alerts_changed: alerts.length,
		alerts_raised: alerts.filter((one) => step(one) > 0).length,
		alerts_lowered: alerts.filter((one) => step(one) < 0).length,
		alerts_muted: alerts.filter((one) => one.after.muted && !one.before.muted).length,
		alerts_unmuted: alerts.filter((one) => one.before.muted && !one.after.muted).length,
		incidents_before: opened(before),
		incidents_after: opened(after),
		incidents_opened: changed('opened'),
		incidents_not_opened: changed('not_opened'),
		incidents_raised: changed('raised'),
		incidents_lowered: changed('lowered'),
		incidents_regrouped: changed('regrouped'),
	};
}
