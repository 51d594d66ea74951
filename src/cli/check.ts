// `interlock check [FOLDER]`: validates the environment, the configuration folder, rules, playbooks and site rules, shipped and
// own, and lists every finding with its place. It changes nothing and opens no database.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type Config, readConfig, type Written } from '../config/config.ts';
import { readDrillFiles } from '../config/drill-file.ts';
import { formatFinding, shown } from '../config/finding.ts';
import { readPlaybooks } from '../config/playbook-file.ts';
import { fileReader } from '../config/read-folder.ts';
import { textAt, textsAt, valueAt } from '../config/written.ts';
import { actionsOf, ConnectorConfig } from '../domain/connector.ts';
import { didYouMean, nearest } from '../domain/nearest.ts';
import type { Finding } from '../domain/result.ts';
import type { Instant } from '../domain/time.ts';
import { sourceKind, sourceKindNames } from '../intake/sources/index.ts';
import { RUNNABLE } from '../response/actions/index.ts';
import { ACTION_NAMES, EFFECTS, isActionName } from '../safety/actions.ts';
import { ruleConflicts } from '../triage/rule-conflicts.ts';
import { checkPlaybook } from './check-playbook.ts';
import { EXIT, type Io } from './io.ts';
import { loadRules } from './rule-files.ts';
import { shippedDrills } from './shipped.ts';

const SHIPPED_PLAYBOOKS = fileURLToPath(new URL('../../playbooks/', import.meta.url));

const USAGE = 'usage: interlock check [FOLDER] [--json]\n';

/**
 * Runs the command: all findings of all files at once.
 *
 * @param now when it runs: an inventory's `confirmed_at` may not lie behind it
 * @returns 0 without errors (warnings may be there), 1 with errors, 2 on wrong usage, 3 where the folder is none
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
	const fault = faultOfFolder(env['INTERLOCK_CONFIG'] ?? '');
	if (fault !== null) {
		io.err(`check: ${folder === undefined ? 'INTERLOCK_CONFIG names ' : ''}${fault}\n`);
		return EXIT.unable;
	}
	const findings = checkAll(env, now);
	for (const finding of findings) io.out(json ? `${JSON.stringify(finding)}\n` : `${formatFinding(finding)}\n`);
	const errors = findings.filter((finding) => finding.level === 'error').length;
	const place = env['INTERLOCK_CONFIG'] ?? 'no folder (INTERLOCK_CONFIG is not set), the defaults';
	io.err(`checked ${place}: ${count(errors, 'error')}, ${count(findings.length - errors, 'warning')}\n`);
	return errors > 0 ? EXIT.finding : EXIT.ok;
}

/** Why this is no configuration folder, in words; null where it is one, or where none is named. */
function faultOfFolder(path: string): string | null {
	if (path === '') return null;
	try {
		if (statSync(path).isDirectory()) return null;
		return `${shown(path)}, which is a file: the argument is the configuration folder with interlock.yaml in it`;
	} catch (cause) {
		const code = cause instanceof Error && 'code' in cause ? cause.code : null;
		if (code === 'ENOENT') return `${shown(path)}: there is no such folder`;
		return `${shown(path)}: ${cause instanceof Error ? cause.message : String(cause)}`;
	}
}

/** Everything that can be said about a configuration without running it. */
export function checkAll(env: Readonly<Record<string, string | undefined>>, now: Instant): Finding[] {
	const { config, written, isInventoryKnown, findings } = readConfig(env, fileReader, now);
	const playbooks = readPlaybooks([
		...shippedPlaybooks(),
		...config.playbooks.map((file) => [file.file, file.text] as const),
	]);
	const folder = env['INTERLOCK_CONFIG'];
	const rules = loadRules(
		folder === undefined || folder === '' ? [] : [join(folder, 'rules')],
		(id) => playbooks.ids.has(id),
		(name) => config.routes.some((route) => route.name === name),
	);
	const all = [
		...findings,
		...playbooks.findings,
		...readDrillFiles([...shippedDrills(), ...(config.drills ?? []).map((file) => [file.file, file.text] as const)])
			.findings,
		...playbooks.playbooks.flatMap((one) => checkPlaybook(one, playbooks.playbooks)),
		...(rules.ok ? ruleConflicts(rules.value) : rules.error),
		...checkKinds(written, config),
		...checkSyslogKinds(config),
		...checkSiteRules(written, config, isInventoryKnown),
		...checkConnectors(written),
		...checkClaims(written),
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
function checkKinds(written: Written, config: Config): Finding[] {
	const own = config.mappings.map((mapping) => mapping.kind);
	const known = [...sourceKindNames(), ...own];
	const taken = config.mappings.flatMap(({ kind, file }): Finding[] => {
		if (sourceKind(kind) === null) return [];
		const help = 'give the file another name, and the sources of that kind too';
		return [error({ file, line: 1, column: 1 }, `${shown(kind)} is the name of a built-in kind`, help)];
	});
	return taken.concat(unknownKinds(written, known));
}

/** Without sources.yaml the sources are the kinds: a listener can name no other. */
function checkSyslogKinds({ syslog, sources, mappings }: Config): Finding[] {
	if (sources !== null) return [];
	const known = [...sourceKindNames(), ...mappings.map((mapping) => mapping.kind)];
	return syslog.flatMap(({ name, source, routes, place }) =>
		[...(source === null ? [] : [source]), ...routes.map((route) => route.source)]
			.filter((wanted) => !known.includes(wanted))
			.map((wanted) =>
				error(
					place,
					`listener ${shown(name)}: there is no source ${shown(wanted)}: without sources.yaml they are the kinds`,
					didYouMean(wanted, known),
				),
			),
	);
}

function unknownKinds(written: Written, known: readonly string[]): Finding[] {
	return written.sources.flatMap(({ value, at }): Finding[] => {
		const kind = textAt(value, 'kind');
		if (kind === null || known.includes(kind)) return [];
		const whose = `source ${shown(textAt(value, 'name') ?? '')}`;
		return [error(at(), `${whose}: there is no kind ${shown(kind)}`, didYouMean(kind, known))];
	});
}

/** A site rule that names what does not exist matches nothing: somebody believes to be protected and is not. */
function checkSiteRules(written: Written, config: Config, isInventoryKnown: boolean): Finding[] {
	const assets = config.inventory?.assets ?? [];
	const places = {
		sites: new Set([
			...written.sites.flatMap(({ value }) => textAt(value, 'name') ?? []),
			...assets.flatMap((asset) => asset.site ?? []),
		]),
		zones: new Set([
			...(config.inventory?.zones ?? []).map((zone) => zone.id),
			...assets.flatMap((asset) => asset.zone ?? []),
		]),
		assets: new Set(assets.map((asset) => asset.id)),
	};
	const where = config.inventory === null ? 'there is no inventory with' : 'the inventory does not have';
	return written.siteRules.flatMap(({ value, at }): Finding[] => {
		const whose = `site rule ${shown(textAt(value, 'id') ?? '')}`;
		const names = (key: string) => textsAt(value, 'match', key).map(({ text }) => text);
		return [
			...names('actions')
				.filter((name) => !isActionName(name))
				.map((name) => error(at(), `${whose}: there is no action ${shown(name)}`, helpFor(name, ACTION_NAMES))),
			...names('effects')
				.filter((name) => !EFFECTS.some((effect) => effect === name))
				.map((name) => error(at(), `${whose}: there is no effect ${shown(name)}`, didYouMean(name, EFFECTS))),
			...(['sites', 'zones', 'assets'] as const).flatMap((key) =>
				names(key)
					.filter((name) => isInventoryKnown && !places[key].has(name))
					.map((name) => error(at(), `${whose}: \`${key}\`: ${where} ${shown(name)}`, helpFor(name, [...places[key]]))),
			),
		];
	});
}

function checkConnectors(written: Written): Finding[] {
	return written.connectors.flatMap(({ value, at }): Finding[] => {
		const whose = `connector ${shown(textAt(value, 'name') ?? '')}`;
		const calls = valueAt(value, 'calls');
		return Object.keys(typeof calls === 'object' && calls !== null ? calls : {}).flatMap((action): Finding[] => {
			if (!isActionName(action))
				return [error(at(), `${whose}: there is no action ${shown(action)}`, helpFor(action, ACTION_NAMES))];
			if (RUNNABLE.get(action)?.kind === 'connector') return [];
			return [
				error(
					at(),
					`${whose}: ${shown(action)} is not done by a connector`,
					"it happens inside the program, or it is for people's hands (rule G10)",
				),
			];
		});
	});
}

/** An action that two connectors claim: which of them was meant is nothing to guess about, and the program does not start. */
function checkClaims(written: Written): Finding[] {
	const claimed = new Map<string, string>();
	return written.connectors.flatMap(({ value, at }): Finding[] => {
		const name = shown(textAt(value, 'name') ?? '');
		const read = ConnectorConfig.safeParse(value);
		const own = read.success ? actionsOf(read.data) : writtenActions(value);
		return own.flatMap((action): Finding[] => {
			const other = claimed.get(action);
			if (other === undefined) claimed.set(action, name);
			return other === undefined || other === name
				? []
				: [
						error(
							at(),
							`connector ${name}: ${shown(action)} is done by connector ${other} already`,
							'keep it at one of them',
						),
					];
		});
	});
}

/** What a connector with a fault elsewhere says that it does. */
function writtenActions(value: unknown): string[] {
	const [calls, actions] = [valueAt(value, 'calls'), valueAt(value, 'actions')];
	return [
		...Object.keys(typeof calls === 'object' && calls !== null ? calls : {}),
		...(Array.isArray(actions) ? actions.filter((action) => typeof action === 'string') : []),
	];
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
