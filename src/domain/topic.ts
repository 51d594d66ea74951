// What must happen next. A stage records topics with its change; the relay brings each to the stage that flow.ts names.
// A topic never carries the truth, only where to look: ids, and a key under which pending repeats fold into one.

/**
 * triage            judge stored alerts                                       key alert
 * triage_safety     the same for process-safety alarms, own lane              key alert
 * correlate         place judged alerts into incidents                        key alert
 * correlate_safety  the same for process-safety alarms, waits for nothing     key alert
 * plan              make or extend the plan of an incident                    key incident
 * advise            ask the language model about an incident                  key incident
 * run               run one step that may run                                 key step
 * expire            look whether a step, approval or containment has run out  key step
 * escalate          tell who is next while nobody has acknowledged          key incident
 * escalate_safety   the same for process safety, ahead of everything        key incident
 * pager             send one page outside Slack, or tell its end            key post, or `life:` and the incident
 * pager_safety      the same for process safety, ahead of everything        key the same
 * verify            ask the target what became of a step           key step
 * view              look after the operators' view after a step    key step
 * card              bring an incident's card in Slack up to date              key incident
 * card_safety       the same, ahead of everything                             key incident
 * card_asked        the same, because a step asks people: ahead of notes      key incident
 * post              post one message                                          key post
 * unparsed          tell people of messages that were not understood          key source
 * heard             tell people of a source's first message, or of a test     key source, or `test:` and the alert
 * drill             go on with a drill: its next alert, its end, or a real alarm   key drill and what, or `real`
 */
export const TOPICS = [
	'triage',
	'triage_safety',
	'correlate',
	'correlate_safety',
	'plan',
	'advise',
	'run',
	'expire',
	'escalate',
	'escalate_safety',
	'pager',
	'pager_safety',
	'verify',
	'view',
	'card',
	'card_safety',
	'card_asked',
	'post',
	'unparsed',
	'heard',
	'drill',
] as const;
export type Topic = (typeof TOPICS)[number];

export type NextTopic = {
	readonly topic: Topic;
	/** Rows of a topic with the same key fold while they wait. */
	readonly key: string;
	/** Not before this instant; null for now. */
	readonly after?: number | null;
	readonly data?: { readonly [key: string]: string | number | boolean | null };
};

/** A row of the outbox as a stage gets it. */
export type Due = {
	readonly id: number;
	readonly topic: Topic;
	readonly key: string;
	readonly data: { readonly [key: string]: string | number | boolean | null };
	readonly attempts: number;
};

/**
 * What a stage does when rows of a topic are due: it records its work and names the rows in `done`, in one transaction.
 * A row that is not named stays due; throwing puts all of them back with a growing pause.
 */
export type Handler = (due: readonly Due[]) => Promise<void>;
export type Handlers = Partial<Record<Topic, Handler>>;
