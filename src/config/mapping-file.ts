// mappings/<kind>.yaml: read, its expressions and pattern compiled once so that every fault is told with its place. What runs them is
// intake/mapping.ts.
import { basename } from 'node:path/posix';
import {
	BODY_VARIABLES,
	expressionsOf,
	MAPPING_KIND,
	Mapping,
	type NamedMapping,
	RECORD_VARIABLES,
} from '../domain/mapping.ts';
import type { Finding } from '../domain/result.ts';
import { compileCondition, compileExpression, type Variables } from '../expression/condition.ts';
import { compileLinePattern } from '../expression/line-pattern.ts';
import { Findings, shown } from './finding.ts';
import { readWith } from './schema-findings.ts';
import { parseYaml, type YamlFile } from './yaml-file.ts';

/** The mapping of a file's text; the name of its kind is the file's. Findings have every fault of the file. */
export function readMappingFile(
	text: string,
	file: string,
): { readonly mapping: NamedMapping | null; readonly findings: readonly Finding[] } {
	const yaml = parseYaml(text, file);
	if (yaml.findings.some((finding) => finding.level === 'error')) return { mapping: null, findings: yaml.findings };
	const findings = new Findings(file);
	findings.addAll(yaml.findings);
	const kind = mappingKind(file);
	if (!MAPPING_KIND.test(kind)) {
		findings.error(
			{ line: 1, column: 1 },
			`${shown(kind)} is no name of a kind`,
			'name the file with small letters, digits and `-`: `press-monitor.yaml`',
		);
	}
	const mapping = readWith(Mapping, yaml.value, yaml.place, findings);
	if (mapping !== null) checkExpressions(mapping, yaml, findings);
	const isGood = mapping !== null && !findings.hasErrors;
	return { mapping: isGood ? { kind, mapping, file } : null, findings: findings.list() };
}

/** The kind that a mapping file's name gives. */
export function mappingKind(file: string): string {
	return basename(file.replaceAll('\\', '/')).replace(/\.ya?ml$/i, '');
}

function checkExpressions(mapping: Mapping, yaml: YamlFile, findings: Findings): void {
	for (const { path, text } of expressionsOf(mapping)) {
		const isCondition = path.at(-1) === 'closed_when';
		check(text, RECORD_VARIABLES, isCondition, [...path], yaml, findings);
	}
	if (mapping.each !== undefined) check(mapping.each, BODY_VARIABLES, false, ['each'], yaml, findings);
	if (mapping.line !== undefined) {
		const pattern = compileLinePattern(mapping.line);
		if (!pattern.ok)
			findings.error(
				yaml.place(['line']),
				`\`line\`: ${pattern.error}`,
				'RE2 syntax: no look-ahead, no back references',
			);
	}
}

function check(
	text: string,
	variables: Variables,
	isCondition: boolean,
	path: (string | number)[],
	yaml: YamlFile,
	findings: Findings,
): void {
	const compiled = isCondition ? compileCondition(text, variables) : compileExpression(text, variables);
	if (compiled.ok) return;
	const { line, column, message, caret } = compiled.error;
	// In the short form (`title: record.text`) there is no `value` of its own: the place is then that of the field.
	const where = path.filter((part) => part !== 'value').join('.');
	const names = Object.keys(variables).map((name) => `\`${name}\``);
	findings.error(
		yaml.place(path),
		`\`${where}\`: line ${line}, column ${column} of the expression: ${message}`,
		`${caret}\n    an expression here names ${names.join(', ')}: \`${names[0] === '`body`' ? 'body.items' : 'record.field'}\``,
	);
}
