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

export const Join = z.object({
	score: z.number(),
	/** The score that was needed. */
	threshold: z.number(),
	parts: z.array(JoinPart),
});
export type Join = z.infer<typeof Join>;
