// playbooks/tests/*.yaml: what a playbook is expected to come to, case by case, beside the playbooks. Text becomes cases by this schema, with
// findings at their places. Acting them out is cli/playbook-test.ts.
import { z } from 'zod';
import { DecisionClass } from '../domain/decision.ts';
import { Scalar } from '../domain/playbook-condition.ts';
import type { Finding } from '../domain/result.ts';
import { Severity } from '../domain/severity.ts';
import { StepState } from '../domain/step.ts';
import { Category } from '../domain/verdict.ts';
import { Findings } from './finding.ts';
import { readWith } from './schema-findings.ts';
import { parseYaml, type YamlFile } from './yaml-file.ts';

const CASES_MAX = 100;
const Names = z.array(z.string().min(1).max(200)).max(100);
const Word = z.string().min(1).max(200);

const Given = z.strictObject({
	/** Targets of the one alert; the first is what the incident is about. */
	assets: Names.default([]),
	actor: Word.optional(),
	/** Further assets of the incident. */
	also: Names.default([]),
	/** What the alert says beside: user, session, actor_ip, domain, url, file_hash. */
	values: z.record(Word, z.string().max(500)).default({}),
	severity: Severity.default('high'),
	domain: z.enum(['it', 'ot', 'cross']).optional(),
	category: Category.optional(),
	process_safety: z.boolean().optional(),
	confidence: z.number().min(0).max(1).default(1),
	tags: Names.default([]),
	techniques: Names.default([]),
	inputs: z.record(Word, Scalar).default({}),
	/** What people answer, by the variable's name. */
	answers: z.record(Word, Scalar).default({}),
	facts: z
		.array(
			z.strictObject({
				name: z.string(),
				subject: z.union([z.string(), z.number()]).optional(),
				value: z.union([z.boolean(), z.string()]),
			}),
		)
		.max(200)
		.default([]),
	/** How steps end where not well; of a wait whether what it waits for came. */
	ends: z.record(Word, z.union([StepState, z.enum(['came', 'deadline'])])).default({}),
	connectors: z.union([z.enum(['all', 'none']), Names]).default('all'),
	/** Where steps that read are aimed, by their action: an asset. */
	stores: z.record(Word, Word).default({}),
	approvals: z.enum(['given', 'none']).default('given'),
});

const Expected = z.strictObject({
	/** Decisions, by the step's key or `key@target`. */
	steps: z.record(Word, DecisionClass).default({}),
	/** States in which steps end. */
	ends: z.record(Word, StepState).default({}),
	not_planned: Names.default([]),
	/** `do`, `else`, a case's value, `default`, `came`, `deadline`; of a `while` the number of rounds. */
	branches: z.record(Word, z.union([z.string(), z.number(), z.boolean()])).default({}),
	/** Each is over before the next is begun. */
	order: Names.default([]),
	/** What the bot never does and never asks to do. */
	never: z.strictObject({ actions: Names.default([]), effects: Names.default([]), on: Names.default([]) }).optional(),
});

export const PlaybookTest = z.strictObject({
	playbook: Word,
	/** An inventory file beside this one. */
	inventory: z
		.string()
		.regex(/^[\w.-]{1,100}$/, 'the name of a file in the same folder')
		.default('plant.yaml'),
	cases: z
		.array(z.strictObject({ name: z.string().min(1).max(200), given: Given.prefault({}), expect: Expected }))
		.min(1)
		.max(CASES_MAX),
});
export type PlaybookTest = z.infer<typeof PlaybookTest>;
export type PlaybookCase = PlaybookTest['cases'][number];

/** Reads one file of tests; `test` is null where it has an error. */
export function readPlaybookTest(
	text: string,
	file: string,
): { readonly test: PlaybookTest | null; readonly place: YamlFile['place']; readonly findings: Finding[] } {
	const yaml = parseYaml(text, file);
	const findings = new Findings(file);
	findings.addAll(yaml.findings);
	const test = findings.hasErrors ? null : readWith(PlaybookTest, yaml.value, yaml.place, findings);
	return { test, place: yaml.place, findings: findings.list() };
}
