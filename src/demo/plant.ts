// The demo's plant as a configuration: the files of src/demo/plant/, with the address of the demo's target filled in.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Config, loadConfig } from '../config/config.ts';
import type { ConfigReader } from '../config/config-folder.ts';
import type { Person } from '../domain/person.ts';
import { err, type Finding, ok, type Result } from '../domain/result.ts';

const FOLDER = fileURLToPath(new URL('./plant/', import.meta.url));

/** The demo's configuration; `target` is where its connectors go. */
export function demoConfig(
	env: Readonly<Record<string, string | undefined>>,
	target: string,
	now: number,
): Result<Config, Finding[]> {
	const reader: ConfigReader = {
		folder: () =>
			ok(
				new Map(
					readdirSync(FOLDER).map((name) => [
						name,
						readFileSync(`${FOLDER}${name}`, 'utf8').replaceAll('@TARGET@', target),
					]),
				),
			),
		secretFile: () => err('the demo has no secret files'),
	};
	return loadConfig({ ...env, INTERLOCK_CONFIG: FOLDER }, reader, now);
}

/** The demo's people, for a local Slack without people of its own. */
export function demoPeople(): readonly Person[] {
	const config = demoConfig({ DEMO_TARGET_TOKEN: 'none-of-the-connectors-is-used' }, 'http://127.0.0.1:9', Date.now());
	if (!config.ok) throw new Error(`the demo's own files have a fault: ${config.error[0]?.message}`);
	return config.value.people;
}
