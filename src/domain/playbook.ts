// A response procedure as a site writes it: the schema of one file in playbooks/, and nothing else. What a step may really do is
// decided by the safety gate for each asset; nothing that a playbook says about itself counts there.
import { z } from 'zod';
import { Domain } from './alert.ts';
import { AssetClass } from './asset.ts';
import { canonicalHash } from './canonical.ts';
import { Role } from './person.ts';
import { Severity } from './severity.ts';
import { DAY, HOUR, MINUTE, SECOND } from './time.ts';
import { Category } from './verdict.ts';

/** Steps that one playbook may have; a procedure that is longer is two. */
const PLAYBOOK_STEPS_MAX = 60;
/** Characters of instructions: what fits a person's screen. */
const INSTRUCTIONS_MAX = 2_500;

const UNIT_MS: Readonly<Record<string, number>> = { s: SECOND, m: MINUTE, h: HOUR, d: DAY };

/** `90s`, `15m`, `8h`, `2d`: a whole number and a unit; in milliseconds afterwards. At most 30 days. */
export const Duration = z.string().transform((text, context): number => {
	const match = /^(\d{1,6})([smhd])$/.exec(text);
	const ms = match === null ? 0 : Number(match[1]) * (UNIT_MS[match[2] ?? ''] ?? 0);
	if (ms > 0 && ms <= 30 * DAY) return ms;
	context.addIssue({
		code: 'custom',
		message: `\`${text.slice(0, 40)}\` is no duration: write a whole number and s, m, h or d, up to 30d`,
	});
	return z.NEVER;
});

const ID = /^[a-z0-9][a-z0-9-]{0,62}$/;
const PlaybookId = z.string().regex(ID, 'lower-case letters, digits and hyphens, up to 63');

/**
 * Which assets a step is for.
 *
 * none             no asset (tell people, open a ticket)
 * primary          what the incident is about: the first target of its gravest alert
 * actor            where it came from: the first actor asset of its gravest alert
 * way_in           where a remote session comes through: the first jump host or VPN gateway of the gravest alert that names one, else
 *                  the first OT target
 * assets           every asset of the incident
 * assets.class:C   those of a class; assets.domain:D those of a side (`it`, `ot`)
 */
const TargetSelector = z
	.string()
	.regex(
		new RegExp(
			`^(none|primary|actor|way_in|assets|assets\\.class:(${AssetClass.options.join('|')})|assets\\.domain:(${Domain.options.join('|')}))$`,
		),
		'expected `none`, `primary`, `actor`, `way_in`, `assets`, `assets.class:<asset class>` or `assets.domain:it|ot`',
	);

/** Whether a step is planned at all: everything that is written must hold. Confidence is that of rules and sources, never the adviser's. */
export const StepCondition = z.strictObject({
	severity_min: Severity.optional(),
	/** Domains of the incident. */
	domain: z
		.array(z.enum(['it', 'ot', 'cross']))
		.min(1)
		.optional(),
	categories: z.array(Category).min(1).optional(),
	/** Classes of the step's own target. */
	target_class: z.array(AssetClass).min(1).optional(),
	process_safety: z.boolean().optional(),
	confidence_min: z.number().min(0).max(1).optional(),
});
export type StepCondition = z.infer<typeof StepCondition>;

const Text = (max: number) => z.string().trim().min(1).max(max);

const ParamValue = z.union([z.string().max(2_000), z.number(), z.boolean(), z.array(z.string().max(500)).max(50)]);

export const PlaybookStep = z.strictObject({
	key: z.string().regex(ID, 'lower-case letters, digits and hyphens, up to 63'),
	title: Text(150),
	/** A name of the action catalogue; its effect is looked up there. */
	action: z.string().regex(/^[a-z][a-z0-9_]{0,62}$/, 'an action name: lower-case letters, digits, underscores'),
	target: TargetSelector.default('none'),
	/** `{user}`, `{actor_ip}` ... stand for values of the incident (response/placeholders.ts). */
	params: z.record(z.string().regex(/^[a-z][a-z0-9_]{0,39}$/), ParamValue).default({}),
	/** Steps run side by side unless they wait for these; steps on OT assets run one at a time in any case (row P04). */
	after: z.array(z.string()).max(20).default([]),
	when: StepCondition.optional(),
	/** For a step that people do by hand, or that the gate may leave to them. */
	instructions: Text(INSTRUCTIONS_MAX).optional(),
	checklist: z.array(Text(300)).max(20).default([]),
	/** How long approvals are waited for, once asked. */
	expires_in: Duration.optional(),
	/** How long a containment holds; then it is taken back, or people are asked. */
	containment_for: Duration.optional(),
	/** What becomes of the steps behind it: they go on, are cancelled, or wait for one person's word. */
	on_failure: z.enum(['continue', 'stop', 'ask']).default('continue'),
	/** The action that takes it back; only needed where it is not the action's own inverse. */
	undo: z.string().optional(),
});
export type PlaybookStep = z.infer<typeof PlaybookStep>;

/** When a playbook proposes itself: any one of the list, and in it everything that is written. */
export const PlaybookTrigger = z.strictObject({
	categories: z.array(Category).min(1).optional(),
	/** ATT&CK ids; `T1021` stands for its sub-techniques too. */
	techniques: z
		.array(z.string().regex(/^T\d{4}(\.\d{3})?$/, 'an ATT&CK technique id: T0000 or T0000.000'))
		.min(1)
		.optional(),
	domain: z
		.array(z.enum(['it', 'ot', 'cross']))
		.min(1)
		.optional(),
	/** At least one asset of the incident has one of these classes. */
	asset_classes: z.array(AssetClass).min(1).optional(),
	tags: z.array(z.string().min(1).max(100)).min(1).optional(),
	severity_min: Severity.optional(),
	process_safety: z.boolean().optional(),
});
export type PlaybookTrigger = z.infer<typeof PlaybookTrigger>;

export const Playbook = z
	.strictObject({
		id: PlaybookId,
		title: Text(150),
		/** The author's own count; what approvals bind to is the hash of the whole file. */
		version: z.string().regex(/^\d+\.\d+\.\d+$/, 'three numbers: 1.0.0'),
		summary: Text(1_000),
		/** Who leads the response. */
		lead: Role,
		triggers: z.array(PlaybookTrigger).max(20).default([]),
		/** Not for an incident that began on known assets of these classes alone, whoever proposes it. */
		not_from: z.array(AssetClass).min(1).optional(),
		/** What must not be done, in words for people: shown before everything else. */
		must_not: z.array(Text(300)).min(1).max(10),
		steps: z.array(PlaybookStep).min(1).max(PLAYBOOK_STEPS_MAX),
	})
	.superRefine((playbook, context) => {
		const seen = new Set<string>();
		for (const [index, step] of playbook.steps.entries()) {
			if (seen.has(step.key)) {
				context.addIssue({
					code: 'custom',
					path: ['steps', index, 'key'],
					message: `key \`${step.key}\` is used twice`,
				});
			}
			seen.add(step.key);
		}
		for (const [index, trigger] of playbook.triggers.entries()) {
			if (Object.keys(trigger).length > 0) continue;
			context.addIssue({
				code: 'custom',
				path: ['triggers', index],
				message: 'an empty trigger would fit every incident: name a condition',
			});
		}
	});
export type Playbook = z.infer<typeof Playbook>;

/** What a parsed playbook is known by: SHA-256 of its canonical form, so that formatting does not count and everything else does. */
export function playbookVersion(playbook: Playbook): string {
	return canonicalHash(playbook);
}
