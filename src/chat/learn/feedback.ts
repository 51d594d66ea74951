// "False positive", "wrong severity", "wrong grouping": a click says that the program was wrong, and becomes a proposal that somebody else
// may apply. The click itself changes nothing. Pure. NOT here: applying (decide.ts), what a rule may say (triage/learn, handed in).
import { canonicalHash } from '../../domain/canonical.ts';
import { isDrill } from '../../domain/drill.ts';
import type { NewEntry } from '../../domain/entry.ts';
import type {
	FeedbackKind,
	Learned,
	LearnedContent,
	LearnedEffect,
	LearnedMatch,
	LearnedPreview,
} from '../../domain/learned.ts';
import type { Result } from '../../domain/result.ts';
import { DAY, HOUR, type Instant } from '../../domain/time.ts';
import type { LearnableAlert } from '../../store/read/learned.ts';
import type { Change } from '../../store/record.ts';
import { type Answer, actorOf, STRANGER, say, wayOf } from '../answer.ts';
import { type IncidentClick, refuseClick } from '../buttons/incident-click.ts';
import { isOnCallFor } from '../people.ts';
import { count, cut } from '../text.ts';
import { incidentName } from '../views/words.ts';

/** Proposals of one person within an hour, and proposals that wait over all: clicks cannot flood the people who decide. */
export const ASKED_PER_HOUR_MAX = 10;
export const WAITING_MAX = 200;
export const ASKED_WINDOW_MS = HOUR;
/** A proposal that nobody answered is void then: what it was drawn from is old. */
export const PROPOSED_FOR_MS = 14 * DAY;
/** Alerts that are proposed to be taken out; the rest is people's work (`split`). */
const SPLIT_PROPOSED_MAX = 20;
const SPLIT_HOLDS_MS = 7 * DAY;

/** A rule as triage proposes it (triage/learn/propose.ts). */
type ProposedRule = {
	readonly match: LearnedMatch;
	readonly effect: LearnedEffect;
	readonly touchesOt: boolean;
	readonly site: string | null;
	readonly zone: string | null;
	readonly holdsMs: number;
};
type RuleContent = Pick<ProposedRule, 'match' | 'effect'>;
type LearnAlert = Pick<LearnableAlert, 'id' | 'alert' | 'verdict'>;

/** Triage's rules about rules, handed in. */
export type Learning = {
	readonly propose: (
		feedback: Exclude<FeedbackKind, 'wrong_grouping'>,
		alerts: readonly LearnAlert[],
	) => { readonly made: readonly ProposedRule[]; readonly not: readonly string[] };
	readonly keyOf: (content: RuleContent) => string;
	readonly preview: (
		content: RuleContent,
		alerts: readonly LearnAlert[],
		now: Instant,
	) => Result<LearnedPreview, string>;
	readonly diff: (before: readonly Learned[], after: readonly Learned[]) => readonly string[];
	readonly file: (learned: readonly Learned[]) => string;
};

export type FeedbackClick = IncidentClick & {
	readonly feedback: FeedbackKind;
	/** The incident's alerts, first ones first. */
	readonly alerts: readonly LearnableAlert[];
	/** The newest alerts of all, newest first: what a rule is tried on. */
	readonly lookedBack: readonly LearnableAlert[];
	/** Proposals that nobody answered in time: ended along with the next click. */
	readonly void: readonly Learned[];
	/** Which of these keys wait or hold already. */
	readonly known: (keys: readonly string[]) => readonly Learned[];
	readonly asked: { readonly asked: number; readonly waiting: number };
	readonly learning: Learning;
	readonly newId: (prefix: 'lrn') => string;
};

export const FEEDBACK_WORDS: Readonly<Record<FeedbackKind, string>> = {
	false_positive: 'false positive',
	too_high: 'severity too high',
	too_low: 'severity too low',
	wrong_grouping: 'wrong grouping',
};

export function isVoid(learned: Pick<Learned, 'state' | 'asked_at'>, now: Instant): boolean {
	return learned.state === 'proposed' && now > learned.asked_at + PROPOSED_FOR_MS;
}

/** The key under which the same proposal is one. */
export function learnedKey(learning: Learning, content: LearnedContent): string {
	return canonicalHash(
		content.kind === 'rule' ? { rule: learning.keyOf(content) } : { split: [...content.alerts].sort() },
	);
}

/** What a person says of an incident. An entry each time that something new is said; a proposal where one can be made. */
export function giveFeedback(click: FeedbackClick): Answer {
	const { acting, feedback } = click;
	const { incident, timeline } = click.situation;
	const name = incidentName(incident);
	if (acting.person === null) return refuseClick(click, 'feedback', 'unknown person', STRANGER);
	if (isDrill(incident.id))
		return refuseClick(click, 'feedback', 'drill', `Not recorded: ${name} is a drill, and nothing is learned from it.`);
	if (!isOnCallFor(acting.person, incident.sites, incident.zones))
		return refuseClick(click, 'feedback', 'role', `Not recorded: you hold no role for the sites and zones of ${name}.`);
	if (incident.process_safety && (feedback === 'false_positive' || feedback === 'too_high'))
		return refuseClick(
			click,
			'feedback',
			'process safety',
			`Not recorded: ${name} holds a process-safety alarm. Nothing mutes it or makes it less; resolve it with what it was.`,
		);
	if (incident.state === 'merged') return say(`${name} is part of another incident: say it there.`);
	const isSaid = timeline.some(
		(entry) => entry.kind === 'feedback.given' && entry.actor.id === acting.id && entry.data['feedback'] === feedback,
	);
	if (isSaid) return say(`You have said that of ${name} already. What is proposed: /interlock rules`);
	const wanted = feedback === 'wrong_grouping' ? splitWanted(click) : rulesWanted(click, feedback);
	const room = Math.max(0, Math.min(ASKED_PER_HOUR_MAX - click.asked.asked, WAITING_MAX - click.asked.waiting));
	const made = wanted.made.slice(0, room);
	const not = [
		...wanted.not,
		...(made.length < wanted.made.length
			? [
					`too much is proposed already (${ASKED_PER_HOUR_MAX} an hour for one person, ${WAITING_MAX} waiting): decide those first`,
				]
			: []),
	];
	const said: NewEntry = {
		kind: 'feedback.given',
		actor: actorOf(acting),
		at: click.now,
		incident: incident.id,
		refs: [incident.id, ...made.map((one) => one.row.id), ...click.void.map((one) => one.id)],
		data: {
			feedback,
			name: FEEDBACK_WORDS[feedback],
			proposed: made.length,
			not: not.map((why) => cut(why, 300)),
			...wayOf(acting),
		},
	};
	return {
		outcome: 'done',
		entries: [said, ...made.map((one) => one.entry)],
		changes: [
			// What is void makes room: there is one proposal of a key at a time, and the list of those that wait stays short.
			...click.void.map(
				(old): Change => ({
					op: 'update',
					table: 'learned_rules',
					id: old.id,
					set: { state: 'declined', ended_at: click.now, updated_at: Math.max(click.now, old.updated_at + 1) },
					expect: { state: old.state, updated_at: old.updated_at },
				}),
			),
			...made.map(({ row }): Change => ({ op: 'insert', table: 'learned_rules', row })),
		],
		topics: [{ topic: 'card', key: incident.id }],
		reply: replyFor(click, made, wanted.known, not),
	};
}

type Made = { readonly row: Learned; readonly entry: NewEntry };
type Wanted = { readonly made: readonly Made[]; readonly known: readonly Learned[]; readonly not: readonly string[] };

function rulesWanted(click: FeedbackClick, feedback: Exclude<FeedbackKind, 'wrong_grouping'>): Wanted {
	const { learning, alerts, lookedBack, now } = click;
	const { made, not } = learning.propose(feedback, alerts);
	const refused = new Set(not);
	const keyed = made.map((rule) => {
		const content = { kind: 'rule' as const, match: rule.match, effect: rule.effect };
		return { rule, content, key: learnedKey(learning, content) };
	});
	const known = click.known(keyed.map((one) => one.key));
	const fresh = keyed
		.filter((one) => !known.some((held) => held.key === one.key))
		.flatMap(({ rule, content, key }) => {
			const preview = learning.preview(rule, lookedBack, now);
			if (preview.ok)
				return [
					makeRow(click, {
						content,
						key,
						preview: preview.value,
						touchesOt: rule.touchesOt,
						site: rule.site,
						zone: rule.zone,
						holdsMs: rule.holdsMs,
					}),
				];
			refused.add(preview.error);
			return [];
		});
	return { made: fresh, known, not: [...refused] };
}

/** The alerts that hold on to the incident least: those without shared assets first, then by how little evidence joined them. */
function splitWanted(click: FeedbackClick): Wanted {
	const { alerts, situation, learning } = click;
	const [first, ...rest] = alerts;
	if (first === undefined || rest.length === 0)
		return { made: [], known: [], not: ['it holds one alert: there is nothing to take out'] };
	if (situation.incident.alert_count > alerts.length)
		return {
			made: [],
			known: [],
			not: [`it holds more than ${alerts.length} alerts: name those that do not belong with /interlock split`],
		};
	const rated = rest.map((one) => ({ one, margin: one.join === null ? 0 : one.join.score - one.join.threshold }));
	const weakest = rated.reduce(
		(least, next) => (next.margin < least.margin ? next : least),
		rated[0] ?? { one: first, margin: 0 },
	);
	const own = new Set(weakest.one.verdict.assets);
	const kin = rated.filter(
		({ one }) =>
			one === weakest.one ||
			(one.verdict.assets.some((id) => own.has(id)) && !first.verdict.assets.some((id) => own.has(id))),
	);
	const ids = kin.slice(0, SPLIT_PROPOSED_MAX).map(({ one }) => one.id);
	const content = {
		kind: 'split' as const,
		alerts: ids,
		why: `the weakest evidence joined ${ids.length === 1 ? 'it' : 'them'} (${weakest.margin.toFixed(1)} bits above what was needed)`,
	};
	const key = learnedKey(learning, content);
	const known = click.known([key]);
	if (known.length > 0) return { made: [], known, not: [] };
	const { incident } = situation;
	const made = makeRow(click, {
		content,
		key,
		preview: null,
		touchesOt: incident.domain !== 'it',
		site: incident.sites[0] ?? null,
		zone: incident.zones[0] ?? null,
		holdsMs: SPLIT_HOLDS_MS,
	});
	return { made: [made], known: [], not: [] };
}

type RowParts = {
	readonly content: LearnedContent;
	readonly key: string;
	readonly preview: LearnedPreview | null;
	readonly touchesOt: boolean;
	readonly site: string | null;
	readonly zone: string | null;
	readonly holdsMs: number;
};

function makeRow(click: FeedbackClick, parts: RowParts): Made {
	const { acting, feedback, now, learning } = click;
	const { incident } = click.situation;
	const row: Learned = {
		id: click.newId('lrn'),
		incident: incident.id,
		feedback,
		key: parts.key,
		state: 'proposed',
		content: parts.content,
		preview: parts.preview,
		touches_ot: parts.touchesOt,
		site: parts.site,
		zone: parts.zone,
		asked_by: acting.id,
		asked_at: now,
		holds_ms: parts.holdsMs,
		answers: [],
		applied_at: null,
		expires_at: null,
		ended_by: null,
		ended_at: null,
		updated_at: now,
	};
	const entry: NewEntry = {
		kind: 'rule.proposed',
		actor: actorOf(acting),
		at: now,
		incident: incident.id,
		refs: [row.id, incident.id],
		data: {
			learned: row.id,
			feedback,
			content_hash: parts.key,
			content:
				parts.content.kind === 'rule' ? learning.file([row]) : { alerts: parts.content.alerts, why: parts.content.why },
			preview: parts.preview,
			touches_ot: parts.touchesOt,
			...wayOf(acting),
		},
	};
	return { row, entry };
}

function replyFor(
	click: FeedbackClick,
	made: readonly Made[],
	known: readonly Learned[],
	not: readonly string[],
): string {
	const name = incidentName(click.situation.incident);
	return [
		`Recorded: ${name}, ${FEEDBACK_WORDS[click.feedback]}.`,
		made.length > 0
			? `${count(made.length, 'change')} proposed (${made.map((one) => one.row.id).join(', ')}): nothing changes until somebody with the right applies it, in the thread or with /interlock apply ID.`
			: '',
		known.length > 0 ? `Proposed or in force already: ${known.map((one) => one.id).join(', ')}.` : '',
		...not.map((why) => `Not proposed: ${why}.`),
	]
		.filter((line) => line !== '')
		.join('\n');
}
