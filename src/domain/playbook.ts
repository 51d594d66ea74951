// A response procedure as a site writes it: the schema of one file in playbooks/, and nothing else. What a step may really do is
// decided by the safety gate for each asset; nothing that a playbook says about itself counts there.
import { z } from 'zod';
import { AssetClass } from './asset.ts';
import { canonicalHash } from './canonical.ts';
import { Role } from './person.ts';
import { PlaybookInput, VariableName } from './playbook-condition.ts';
import { allNodes, PlaybookId, PlaybookNodes } from './playbook-step.ts';
import { Severity } from './severity.ts';
import { Category } from './verdict.ts';

/** Steps and blocks of one playbook; a procedure that is longer is two. */
const PLAYBOOK_NODES_MAX = 120;
/** Blocks inside one another. */
const BLOCK_DEPTH_MAX = 6;
const INPUTS_MAX = 20;

const Text = (max: number) => z.string().trim().min(1).max(max);

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
		/** Playbooks that this one is the more exact word for: where both fit, it stands in their place. */
		instead_of: z.array(PlaybookId).min(1).max(20).optional(),
		/** What must not be done, in words for people: shown before everything else. */
		must_not: z.array(Text(300)).min(1).max(10),
		/** Values that a caller, a test or a person may hand over; `{name}` stands for them as for values of the incident. */
		inputs: z.record(VariableName, PlaybookInput).optional(),
		/** Where it was imported from: the CACAO playbook that lies beside this file, its version, and the hash that pins it. */
		cacao: z
			.strictObject({
				id: z.string().max(150),
				modified: z.string().max(40),
				sha256: z.string().regex(/^[0-9a-f]{64}$/, '64 hexadecimal digits'),
			})
			.optional(),
		steps: PlaybookNodes,
	})
	.superRefine((playbook, context) => {
		const seen = new Set<string>();
		const placed = allNodes(playbook.steps);
		const issue = (path: readonly (string | number)[], message: string): void =>
			context.addIssue({ code: 'custom', path: [...path], message });
		for (const { node, path, around } of placed) {
			if (seen.has(node.key)) issue([...path, 'key'], `key \`${node.key}\` is used twice`);
			seen.add(node.key);
			if (around.length > BLOCK_DEPTH_MAX - ('action' in node ? 0 : 1))
				issue(path, `at most ${BLOCK_DEPTH_MAX} blocks stand inside one another`);
		}
		if (placed.length > PLAYBOOK_NODES_MAX)
			issue(
				['steps'],
				`${placed.length} steps and blocks: at most ${PLAYBOOK_NODES_MAX}; a procedure that is longer is two`,
			);
		if (Object.keys(playbook.inputs ?? {}).length > INPUTS_MAX) issue(['inputs'], `at most ${INPUTS_MAX} inputs`);
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
