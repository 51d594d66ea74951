// The stage: alerts that are due are read, judged and recorded, one entry each, and go on to correlation.
// Decides nothing itself (judge.ts). NOT here: the language model (advise.ts), which nothing waits for.
import { TEST_LABEL } from '../domain/alert.ts';
import { drillOf } from '../domain/drill.ts';
import type { NewEntry } from '../domain/entry.ts';
import { maxSeverity } from '../domain/severity.ts';
import type { Due, Handlers, NextTopic } from '../domain/topic.ts';
import type { Verdict } from '../domain/verdict.ts';
import type { Database } from '../store/database.ts';
import { type AlertToJudge, readAlertsToJudge } from '../store/read/triage.ts';
import { type Change, record } from '../store/record.ts';
import { type JudgeContext, judge } from './judge.ts';

export type TriageOptions = {
	readonly database: Database;
	/** Inventory, rules and the rest as they are now; asked once per batch. */
	readonly context: () => Omit<JudgeContext, 'now'> | Promise<Omit<JudgeContext, 'now'>>;
	readonly clock: () => number;
	/** Told where judging one alert failed; the alert itself goes on to people. */
	readonly onFault: (where: string, error: unknown) => void;
};

/** Handlers of `triage` and `triage_safety`: the same work on two lanes, so that a flood delays no safety alarm. */
export function triageHandlers(options: TriageOptions): Pick<Handlers, 'triage' | 'triage_safety'> {
	return {
		triage: (due) => judgeDue(due, options),
		triage_safety: (due) => judgeDue(due, options),
	};
}

/** Judges a batch in one transaction: verdicts, entries and the next topics stand together or not at all. */
async function judgeDue(due: readonly Due[], options: TriageOptions): Promise<void> {
	const now = options.clock();
	const alerts = await readAlertsToJudge(
		options.database,
		due.map((row) => row.key),
	);
	const context = { ...(await options.context()), now };
	const entries: NewEntry[] = [];
	const changes: Change[] = [];
	const topics: NextTopic[] = [];
	for (const given of alerts) {
		const verdict = judgeOrRaise(given, context, options.onFault);
		// A repeat or a closing brings the alert here again: what did not change is not recorded twice.
		if (given.verdict === null || !sameVerdict(given.verdict, verdict)) {
			entries.push(entryFor(given, verdict));
			changes.push({ op: 'update', table: 'alerts', id: given.id, set: { verdict, judged_at: now } });
		}
		// Also where it comes again and is judged as before: its incident may be closed by now, and a drill begun since.
		topics.push(...alarmOf(given, verdict));
		// A test goes no further than here: people are told what was understood of it, and nothing is opened.
		if (given.alert.labels[TEST_LABEL] !== undefined) {
			topics.push({ topic: 'heard', key: `test:${given.id}` });
			continue;
		}
		// A drill's alerts have their own way, which no engine and no memory is on.
		if (drillOf(given.alert.source) !== null) {
			topics.push({ topic: 'correlate_safety', key: given.id });
			continue;
		}
		// By the verdict, not by the lane it came on: a gas alarm that arrived as an ordinary one is on the fast lane from here.
		topics.push({ topic: verdict.category === 'process_safety' ? 'correlate_safety' : 'correlate', key: given.id });
	}
	// A due row whose alert is gone has nothing left to do: it is completed with the rest.
	await record(options.database, { entries, changes, topics, done: due }, now);
}

/**
 * A verdict in every case. A fault of ours must neither hold up the batch nor hide the alert: then the verdict is the
 * source's word, at least medium, not muted, with the fault as its reason.
 */
function judgeOrRaise(given: AlertToJudge, context: JudgeContext, onFault: TriageOptions['onFault']): Verdict {
	try {
		return judge(given.alert, context);
	} catch (error) {
		onFault(`triage of ${given.id}`, error);
		const isSafety = given.alert.kind === 'process_safety';
		const severity = maxSeverity(given.alert.severity ?? 'medium', isSafety ? 'critical' : 'medium');
		const domain = isSafety ? 'ot' : (given.alert.domain ?? 'ot');
		return {
			domain,
			category: isSafety ? 'process_safety' : 'other',
			severity,
			severity_floor: severity,
			matrix: domain === 'ot' ? 'ics' : 'enterprise',
			tactics: [],
			techniques: [],
			confidence: 0,
			confidence_firm: 0,
			assets: [],
			playbooks: [],
			tags: ['triage-fault'],
			muted: false,
			reasons: [{ by: 'default', text: 'triage failed on this alert: it stands as its source sent it' }],
		};
	}
}

/** A real alarm that drills give way to; whether one runs is looked up where the topic is answered. */
function alarmOf(given: AlertToJudge, verdict: Verdict): NextTopic[] {
	const isSafety = verdict.category === 'process_safety' || given.alert.kind === 'process_safety';
	const isReal = drillOf(given.alert.source) === null && given.alert.labels[TEST_LABEL] === undefined;
	if (!isReal || given.alert.status !== 'open' || !(isSafety || verdict.severity === 'critical')) return [];
	return [{ topic: 'drill', key: 'real', data: { alert: given.id, why: isSafety ? 'process safety' : 'critical' } }];
}

function sameVerdict(held: Verdict, made: Verdict): boolean {
	// jsonb gives keys back in its own order.
	const ordered = (value: unknown): string =>
		JSON.stringify(value, (_, item: unknown) =>
			typeof item === 'object' && item !== null && !Array.isArray(item)
				? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
				: item,
		);
	return ordered(held) === ordered(made);
}

function entryFor(given: AlertToJudge, verdict: Verdict): NewEntry {
	return {
		kind: 'alert.judged',
		actor: { kind: 'bot', id: 'triage' },
		at: given.occurredAt,
		incident: given.incident,
		refs: [given.id],
		data: {
			...verdict,
			techniques: verdict.techniques.map(({ id, score }) => ({ id, score })),
			reasons: verdict.reasons.map(({ by, text }) => ({ by, text: text.toWellFormed() })),
		},
	};
}
