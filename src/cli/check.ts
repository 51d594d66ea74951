// `interlock check [FOLDER]`: validates the environment, the configuration folder, rules, playbooks and site rules, shipped and
// own, and lists every finding with its place. It changes nothing and opens no database.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Config, readConfig } from '../config/config.ts';
import { formatFinding, shown } from '../config/finding.ts';
import { readPlaybooks } from '../config/playbook-file.ts';
import { fileReader } from '../config/read-folder.ts';
import { didYouMean, nearest } from '../domain/nearest.ts';
import type { Finding } from '../domain/result.ts';
import type { Instant } from '../domain/time.ts';
import { sourceKind, sourceKindNames } from '../intake/sources/index.ts';
import { RUNNABLE } from '../response/actions/index.ts';
import { ACTION_NAMES, EFFECTS, isActionName } from '../safety/actions.ts';
import { checkPlaybook } from './check-playbook.ts';
import { EXIT, type Io } from './io.ts';
import { loadRules } from './rule-files.ts';

const SHIPPED_PLAYBOOKS = fileURLToPath(new URL('../../playbooks/', import.meta.url));

const USAGE = 'usage: interlock check [FOLDER] [--json]\n';

/**
 * Runs the command: all findings of all files at once.
 *
 * @param now when it runs: an inventory's `confirmed_at` may not lie behind it
 * @returns 0 without errors (warnings may be there), 1 with errors, 2 on wrong usage
 */
export async function check(args: string[], io: Io, now: Instant): Promise<number> {
	let folder: string | undefined;
	let json: boolean;
	try {
		const { values, positionals } = parseArgs({
			args,
			allowPositionals: true,
			options: { json: { type: 'boolean', default: false } },
		});
		if (positionals.length > 1) throw new Error(`one folder at most, ${positionals.length} given`);
		folder = positionals[0];
		json = values.json;
	} catch (error) {
		io.err(`check: ${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
		return EXIT.usage;
	}
	const env = folder === undefined ? io.env : { ...io.env, INTERLOCK_CONFIG: folder };
	const findings = checkAll(env, now);
	for (const finding of findings) io.out(json ? `${JSON.stringify(finding)}\n` : `${formatFinding(finding)}\n`);
	const errors = findings.filter((finding) => finding.level === 'error').length;
	const place = env['INTERLOCK_CONFIG'] ?? 'no folder (INTERLOCK_CONFIG is not set), the defaults';
	io.err(`checked ${place}: ${count(errors, 'error')}, ${count(findings.length - errors, 'warning')}\n`);
	return errors > 0 ? EXIT.finding : EXIT.ok;
}

/** Everything that can be said about a configuration without running it. */
export function checkAll(env: Readonly<Record<string, string | undefined>>, now: Instant): Finding[] {
	const { config, findings } = readConfig(env, fileReader, now);
	const playbooks = readPlaybooks([
		...shippedPlaybooks(),
		...config.playbooks.map((file) => [file.file, file.text] as const),
	]);
	const folder = env['INTERLOCK_CONFIG'];
	const rules = loadRules(folder === undefined || folder === '' ? [] : [join(folder, 'rules')], (id) =>
		playbooks.ids.has(id),
	);
	const all = [
		...findings,
		...playbooks.findings,
		...playbooks.playbooks.flatMap(checkPlaybook),
		...(rules.ok ? [] : rules.error),
		...checkKinds(config),
		...checkSiteRules(config),
		...checkConnectors(config),
	];
	// Rule files are read by triage too: what both found is said once.
	const said = new Set<string>();
	return all.filter((finding) => {
		const text = formatFinding(finding);
		return !said.has(text) && said.add(text);
	});
}

function shippedPlaybooks(): (readonly [string, string])[] {
	return readdirSync(SHIPPED_PLAYBOOKS)
		.filter((name) => name.endsWith('.yaml'))
		.sort()
		.map((name) => [`playbooks/${name}`, readFileSync(join(SHIPPED_PLAYBOOKS, name), 'utf8')] as const);
}

/** Kinds of sources that no parser answers to. */
function checkKinds(config: Config): Finding[] {
	const mapped = new Set(config.mappings.map((file) => file.file.replace(/^.*\//, '').replace(/\.yaml$/, '')));
	return (config.sources ?? []).flatMap((source): Finding[] => {
		if (sourceKind(source.kind) !== null || mapped.has(source.kind)) return [];
		return [
			error(
				source.place,
				`source ${shown(source.name)}: there is no kind ${shown(source.kind)}`,
				didYouMean(source.kind, sourceKindNames()),
			),
		];
	});
}

/** A site rule that names what does not exist matches nothing: somebody believes to be protected and is not. */
function checkSiteRules(config: Config): Finding[] {
	const assets = config.inventory?.assets ?? [];
	const places = {
		sites: new Set([...config.settings.sites.map((site) => site.name), ...assets.flatMap((asset) => asset.site ?? [])]),
		zones: new Set([
			...(config.inventory?.zones ?? []).map((zone) => zone.id),
			...assets.flatMap((asset) => asset.zone ?? []),
		]),
		assets: new Set(assets.map((asset) => asset.id)),
	};
	return config.siteRules.flatMap(({ rule, place }): Finding[] => {
		const whose = `site rule ${shown(rule.id)}`;
		const unknownActions = (rule.match.actions ?? []).filter((name) => !isActionName(name));
		const unknownEffects = (rule.match.effects ?? []).filter((name) => !EFFECTS.some((effect) => effect === name));
		const unknownPlaces = (['sites', 'zones', 'assets'] as const).flatMap((key) =>
			(rule.match[key] ?? [])
				.filter((name) => places[key].size > 0 && !places[key].has(name))
				.map((name) => ({ key, name })),
		);
		return [
			...unknownActions.map((name) =>
				error(place, `${whose}: there is no action ${shown(name)}`, helpFor(name, ACTION_NAMES)),
			),
			...unknownEffects.map((name) =>
				error(place, `${whose}: there is no effect ${shown(name)}`, didYouMean(name, EFFECTS)),
			),
			...unknownPlaces.map(
				({ key, name }): Finding => ({
					...error(
						place,
						`${whose}: \`${key}\`: the inventory does not have ${shown(name)}`,
						helpFor(name, [...places[key]]),
					),
					level: 'warning',
				}),
			),
		];
	});
}

function checkConnectors(config: Config): Finding[] {
	return config.connectors.flatMap(({ config: connector, place }): Finding[] =>
		Object.keys(connector.calls).flatMap((action): Finding[] => {
			const whose = `connector ${shown(connector.name)}`;
			if (!isActionName(action))
				return [error(place, `${whose}: there is no action ${shown(action)}`, helpFor(action, ACTION_NAMES))];
			if (RUNNABLE.get(action)?.kind === 'connector') return [];
			return [
				error(
					place,
					`${whose}: ${shown(action)} is not done by a connector`,
					"it happens inside the program, or it is for people's hands (rule G10)",
				),
			];
		}),
	);
}

function helpFor(name: string, known: readonly string[]): string | undefined {
	const near = nearest(name, known);
	return near === null ? undefined : `did you mean \`${near}\`?`;
}

function error(
	place: { readonly file: string; readonly line: number; readonly column: number },
	message: string,
	help?: string,
): Finding {
	return {
		file: place.file,
		line: place.line,
		column: place.column,
		message,
		...(help === undefined || help === '' ? {} : { help }),
		level: 'error',
	};
}

function count(n: number, word: string): string {
	return `${n} ${word}${n === 1 ? '' : 's'}`;
}
