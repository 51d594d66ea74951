// What the program brings along: playbooks and rules, joined with a site's own. Every fault of every file at once.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Config } from '../config/config.ts';
import { readDrillFiles } from '../config/drill-file.ts';
import { type LoadedPlaybookFile, readPlaybooks } from '../config/playbook-file.ts';
import type { DrillScenario } from '../domain/drill-scenario.ts';
import type { Finding } from '../domain/result.ts';
import type { CompiledRules } from '../triage/rules.ts';
import { loadRules } from './rule-files.ts';

const DRILLS = fileURLToPath(new URL('../../drills/', import.meta.url));
const PLAYBOOKS = fileURLToPath(new URL('../../playbooks/', import.meta.url));

/** The shipped playbooks: file name and text. */
export function shippedPlaybooks(): (readonly [file: string, text: string])[] {
	return readdirSync(PLAYBOOKS)
		.filter((name) => name.endsWith('.yaml'))
		.sort()
		.map((name) => [`playbooks/${name}`, readFileSync(join(PLAYBOOKS, name), 'utf8')] as const);
}

/** The shipped scenarios of drills: file name and text. */
export function shippedDrills(): (readonly [file: string, text: string])[] {
	return readdirSync(DRILLS)
		.filter((name) => name.endsWith('.yaml'))
		.sort()
		.map((name) => [`drills/${name}`, readFileSync(join(DRILLS, name), 'utf8')] as const);
}

/** Playbooks, drills and rules as they are run, or all findings. */
export function loadShipped(config: Config): {
	playbooks: LoadedPlaybookFile[];
	drills: DrillScenario[];
	rules: CompiledRules | null;
	findings: Finding[];
} {
	const read = readPlaybooks([
		...shippedPlaybooks(),
		...config.playbooks.map((file) => [file.file, file.text] as const),
	]);
	const drills = readDrillFiles([
		...shippedDrills(),
		...(config.drills ?? []).map((file) => [file.file, file.text] as const),
	]);
	const folder = config.environment.configFolder;
	const rules = loadRules(
		folder === null ? [] : [join(folder, 'rules')],
		(id) => read.ids.has(id),
		(name) => config.routes.some((route) => route.name === name),
	);
	return {
		playbooks: read.playbooks,
		drills: drills.scenarios,
		rules: rules.ok ? rules.value : null,
		findings: [...read.findings, ...drills.findings, ...(rules.ok ? [] : rules.error)],
	};
}
