// Reads triage rule files: the shipped ones and a site's own. Used by the commands that start or check something.
// NOT here: what a rule may say (triage/rules.ts), watching for changes.
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseYaml } from '../config/yaml-file.ts';
import { err, type Finding, type Result } from '../domain/result.ts';
import { attackTable, findTechnique } from '../triage/attack-table.ts';
import { type CompiledRules, compileRules, type RuleSource } from '../triage/rules.ts';

/** Where the shipped rules lie. */
const SHIPPED_RULES = fileURLToPath(new URL('../triage/rules/', import.meta.url));

/** Paths of the rule files of a folder, in order of name; none where the folder does not exist. */
function listRuleFiles(folder: string): string[] {
	try {
		return readdirSync(folder)
			.filter((name) => /\.ya?ml$/.test(name))
			.sort()
			.map((name) => join(folder, name));
	} catch (error) {
		if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
		throw error;
	}
}

/**
 * Reads and compiles the shipped rules and those of `folders`, all faults of all files at once. A site's rule may not take
 * the name of a shipped one: to differ from it, the site writes a later rule (`order`) with `set`.
 *
 * @param hasPlaybook where given, a rule that proposes an unknown playbook is a finding
 * @param hasRoute where given, a rule that names an unknown route is a finding
 */
export function loadRules(
	folders: readonly string[] = [],
	hasPlaybook?: (id: string) => boolean,
	hasRoute?: (name: string) => boolean,
): Result<CompiledRules, Finding[]> {
	const files = [SHIPPED_RULES, ...folders].flatMap(listRuleFiles);
	const sources: RuleSource[] = [];
	const findings: Finding[] = [];
	for (const path of files) {
		const file = path.startsWith(SHIPPED_RULES) ? `triage/rules/${basename(path)}` : path;
		const read = ruleSourcesOf(readFileSync(path, 'utf8'), file);
		sources.push(...read.sources);
		findings.push(...read.findings);
	}
	const compiled = compileRules(sources, {
		hasTechnique: (id) => findTechnique(attackTable, id) !== null,
		...(hasPlaybook === undefined ? {} : { hasPlaybook }),
		...(hasRoute === undefined ? {} : { hasRoute }),
	});
	if (!compiled.ok) return err([...findings, ...compiled.error]);
	return findings.length > 0 ? err(findings) : compiled;
}

/** The rules of one file's text, each with its place: a mapping with the one key `rules`, a list. */
export function ruleSourcesOf(text: string, file: string): { sources: RuleSource[]; findings: Finding[] } {
	const yaml = parseYaml(text, file);
	const findings = [...yaml.findings];
	if (findings.some((finding) => finding.level === 'error')) return { sources: [], findings };
	const rules: unknown =
		typeof yaml.value === 'object' && yaml.value !== null ? Reflect.get(yaml.value, 'rules') : undefined;
	const others = typeof yaml.value === 'object' && yaml.value !== null ? Object.keys(yaml.value) : [];
	if (yaml.value === undefined) return { sources: [], findings };
	if (!Array.isArray(rules) || others.some((key) => key !== 'rules')) {
		findings.push({
			file,
			line: 1,
			column: 1,
			level: 'error',
			message: 'a rule file holds the one key `rules`, a list of rules',
		});
		return { sources: [], findings };
	}
	const sources = rules.map((value: unknown, i): RuleSource => {
		const place = yaml.place(['rules', i]);
		return { value, file, ...place, placeOf: (path) => yaml.place(['rules', i, ...path]) };
	});
	return { sources, findings };
}
