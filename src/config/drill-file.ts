// drills/*.yaml: text becomes the scenario of a drill by the schema of domain/drill-scenario.ts, with findings at their places. Whether an
// inventory can play it is asked when it is started.
import { DrillScenario, scenarioFaults } from '../domain/drill-scenario.ts';
import type { Finding } from '../domain/result.ts';
import { Findings } from './finding.ts';
import { readWith } from './schema-findings.ts';
import { parseYaml } from './yaml-file.ts';

/** Reads the scenarios; one that stands in two files is an error of the second, one with an error is left out. */
export function readDrillFiles(texts: Iterable<readonly [file: string, text: string]>): {
	readonly scenarios: DrillScenario[];
	readonly findings: Finding[];
} {
	const scenarios: DrillScenario[] = [];
	const findings: Finding[] = [];
	for (const [file, text] of texts) {
		const found = new Findings(file);
		const yaml = parseYaml(text, file);
		found.addAll(yaml.findings);
		if (!found.hasErrors && yaml.value === undefined)
			found.error({ line: 1, column: 1 }, 'the file is empty', 'a scenario begins with `id:`');
		const scenario = found.hasErrors ? null : readWith(DrillScenario, yaml.value, yaml.place, found);
		for (const fault of scenario === null ? [] : scenarioFaults(scenario))
			found.error(yaml.place(fault.path), fault.message);
		if (scenarios.some((other) => other.id === scenario?.id))
			found.error(yaml.place(['id']), `the scenario \`${scenario?.id}\` stands in another file already`);
		findings.push(...found.list());
		if (scenario !== null && !found.hasErrors) scenarios.push(scenario);
	}
	return { scenarios, findings };
}
