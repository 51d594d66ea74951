// Alerts handled as one.
import { z } from 'zod';
import { Severity } from './severity.ts';
import { Category } from './verdict.ts';

export const IncidentState = z.enum(['open', 'acknowledged', 'resolved', 'merged']);
export type IncidentState = z.infer<typeof IncidentState>;

export const Incident = z.object({
	id: z.string(),
	/** What people say: 17 for INC-17. */
	number: z.number().int(),
	title: z.string(),
	state: IncidentState,
	severity: Severity,
	domain: z.enum(['it', 'ot', 'cross']),
	category: Category,
	/** A process-safety alarm is in it: own lane, no automatic mute, operator first. */
	process_safety: z.boolean(),
	sites: z.array(z.string()),
	zones: z.array(z.string()),
	assets: z.array(z.string()),
	techniques: z.array(z.string()),
	tactics: z.array(z.string()),
	alert_count: z.number().int(),
	/** Event time of the first and the last alert. */
	first_at: z.number(),
	last_at: z.number(),
	opened_at: z.number(),
	acknowledged_by: z.string().nullable(),
	resolved_by: z.string().nullable(),
	resolution: z.string().nullable(),
	merged_into: z.string().nullable(),
	/** Written by the adviser, shown as its own words; null until it answered. */
	advice: z.string().nullable(),
	/** Why the adviser has nothing to say to what is known now; left out where it has, or where there is none. */
	advice_note: z.string().nullish(),
	/** The route that a triage rule chose; null where the conditions of routes.yaml decide. */
	route: z.string().nullish(),
	channel: z.string().nullable(),
	card_ts: z.string().nullable(),
	created_at: z.number(),
	updated_at: z.number(),
});
export type Incident = z.infer<typeof Incident>;

/** Why an alert joined: each piece of evidence with its part of the score. */
export const JoinPart = z.object({
	evidence: z.string(),
	weight: z.number(),
	detail: z.string(),
});
export type JoinPart = z.infer<typeof JoinPart>;

export const Taken = z.object({
	/** Place in the order of placing. */
	order: z.number().int(),
	/** What was known of the ledger then: the last entry followed. */
	known: z.number().int(),
	/** The event time that it was placed at; a repeat moves the alert's own. */
	at: z.number(),
	cluster: z.string(),
	/** By evidence, as part of a storm, or in a maintenance window; with the storm's or the window's name. */
	via: z.enum(['evidence', 'storm', 'window']),
	cause: z.string().nullable(),
	/** Bits of evidence that linked it. */
	link: z.number(),
	/** Clusters that flowed into this one by the same alert. */
	gathered: z.array(z.string()),
	/** It opened its cluster; what it may go on from, with the bits of evidence: proven or not by what comes next. */
	before: z.object({ cluster: z.string(), link: z.number() }).optional(),
});
export type Taken = z.infer<typeof Taken>;

export const Join = z.object({
	score: z.number(),
	/** The score that was needed. */
	threshold: z.number(),
	parts: z.array(JoinPart),
	/** How the engine took the alert: all of them in order bring its memory back (correlation/mind.ts). */
	taken: Taken.optional(),
});
export type Join = z.infer<typeof Join>;
