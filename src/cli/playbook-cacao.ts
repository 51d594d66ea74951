// `interlock playbook import|export`: CACAO v2.0 playbooks in and out. Reads and writes files and prints; what a playbook means is decided in
// response/cacao/, what a step may do in safety/. Nothing that exists is overwritten, and no secret is printed or kept.
import { createPrivateKey, type KeyObject, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { originalName, playbookYaml } from '../config/cacao-file.ts';
import { shown } from '../config/finding.ts';
import { type LoadedPlaybookFile, readPlaybook } from '../config/playbook-file.ts';
import { ASSET_CLASSES, type AssetClass } from '../domain/asset.ts';
import { canonicalHash } from '../domain/canonical.ts';
import { didYouMean } from '../domain/nearest.ts';
import { Role } from '../domain/person.ts';
import { playbookVersion } from '../domain/playbook.ts';
import { fromIso, type Instant, toIso } from '../domain/time.ts';
import { decisionsFor, USUAL_LEVEL } from '../response/cacao/decisions.ts';
import { cacaoIdOf, toCacao } from '../response/cacao/from-playbook.ts';
import { parseIdentifier } from '../response/cacao/identifier.ts';
import { type Imported, type ImportResult, importCacao } from '../response/cacao/import.ts';
import { publicKeyOf, signPlaybook } from '../response/cacao/signature.ts';
import { isJsonObject, JSON_BYTES_MAX, type JsonObject, readStrictJson } from '../response/cacao/strict-json.ts';
import { toPlaybook } from '../response/cacao/to-playbook.ts';
import { validateCacao } from '../response/cacao/validate.ts';
import { checkPlaybook } from './check-playbook.ts';
import { EXIT, type Io } from './io.ts';
import { loadPlaybooks, noPlaybook, parsed, Stop, told } from './playbook-situation.ts';

export const IMPORT_USAGE = `interlock playbook import FILE|- [--id ID] [--lead ROLE] [--trust PEM ...] [--require-trusted] [--asset-class CLASS ...] [--out FOLDER] [--json]
       a CACAO v2.0 playbook becomes a playbook of the site (--out, or playbooks/ of INTERLOCK_CONFIG; without either nothing is written)`;
export const EXPORT_USAGE = `interlock playbook export ID [--sign KEY] [--signee NAME] [--created-by identity--UUID] [--at T] [--out FILE]
       as CACAO v2.0; KEY is a private key in PEM form: Ed25519, Ed448, RSA or P-256, P-384, P-521`;

const CLASSES_SHOWN: readonly AssetClass[] = ['endpoint', 'hmi', 'plc'];

/** `playbook import`: 0 imported, 1 refused (every reason is told) or there is such a playbook already, 2 wrong usage, 3 a file cannot be read or written. */
export async function importPlaybook(args: string[], io: Io): Promise<number> {
	const usage = `usage: ${IMPORT_USAGE}\n`;
	const { values, positionals } = parsed(
		() =>
			parseArgs({
				args,
				allowPositionals: true,
				options: {
					id: { type: 'string' },
					lead: { type: 'string', default: 'incident_lead' },
					trust: { type: 'string', multiple: true, default: [] as string[] },
					'require-trusted': { type: 'boolean', default: false },
					'asset-class': { type: 'string', multiple: true, default: [] as string[] },
					out: { type: 'string' },
					json: { type: 'boolean', default: false },
				},
			}),
		usage,
	);
	const [file] = positionals;
	if (file === undefined || positionals.length > 1) throw new Stop(EXIT.usage, usage);
	const lead = Role.safeParse(values.lead);
	if (!lead.success)
		throw new Stop(
			EXIT.usage,
			`playbook import: --lead ${shown(values.lead)}\n    help: ${didYouMean(values.lead, Role.options)}\n`,
		);
	if (values.id !== undefined && !/^[a-z0-9][a-z0-9-]{0,62}$/.test(values.id))
		throw new Stop(
			EXIT.usage,
			`playbook import: --id ${shown(values.id)}: lower-case letters, digits and hyphens, up to 63\n`,
		);
	const classes = values['asset-class'].length === 0 ? CLASSES_SHOWN : values['asset-class'].map(classOf);
	const now = Date.now();
	const { playbooks, config } = loadPlaybooks(io, now);
	const bytes = await bytesOf(file, io);
	const configured = config?.environment.configFolder ?? null;
	const folder = values.out ?? (configured === null ? null : join(configured, 'playbooks'));
	const trusted = values.trust.map(trustedKey);
	const called = (cacaoId: string) => calledBy(cacaoId, playbooks);
	const importAs = (id: string | null) =>
		importCacao(bytes, { id, lead: lead.data, trusted, needsTrusted: values['require-trusted'], called, now });
	let result = importAs(values.id ?? null);
	let kept = result.imported === null ? null : keep(result.imported, folder, playbooks, io);
	// Two playbooks of strangers may have one name; the site's own stay what they are, and the new one gets a number.
	const base = result.imported?.playbook.id ?? '';
	for (
		let at = 2;
		at <= 9 && kept?.isTaken === true && values.id === undefined && result.imported?.original != null;
		at++
	) {
		result = importAs(`${base.slice(0, 60)}-${at}`);
		kept = result.imported === null ? null : keep(result.imported, folder, playbooks, io);
	}
	const { imported } = result;
	io.out(
		values.json
			? JSON.stringify(jsonOf(file, result, kept, classes, now), null, 2)
			: pageOf(file, result, kept, classes, now),
	);
	if (imported === null || kept === null) return EXIT.finding;
	return kept.isRefused ? EXIT.finding : EXIT.ok;
}

function classOf(text: string): AssetClass {
	const found = ASSET_CLASSES.find((one) => one === text);
	if (found === undefined)
		throw new Stop(
			EXIT.usage,
			`playbook import: --asset-class ${shown(text)}\n    help: ${didYouMean(text, ASSET_CLASSES)}\n`,
		);
	return found;
}

/** A playbook of this site that stands for a CACAO id: imported from it, or exported as it. */
function calledBy(cacaoId: string, playbooks: readonly LoadedPlaybookFile[]): string | null {
	const found = playbooks.find(({ playbook }) => playbook.cacao?.id === cacaoId || cacaoIdOf(playbook.id) === cacaoId);
	return found?.playbook.id ?? null;
}

async function bytesOf(file: string, io: Io): Promise<Uint8Array> {
	if (file === '-') return io.stdin();
	try {
		// One byte more than is allowed is enough to be refused with the reason.
		if (statSync(file).size > JSON_BYTES_MAX) return new Uint8Array(JSON_BYTES_MAX + 1);
		return readFileSync(file);
	} catch (error) {
		throw unable('import', file, error);
	}
}

function unable(command: string, file: string, error: unknown): Stop {
	return new Stop(
		EXIT.unable,
		`playbook ${command}: ${shown(file)}: ${error instanceof Error ? error.message : String(error)}\n`,
	);
}

function trustedKey(file: string): string {
	try {
		const pem = readFileSync(file, 'utf8');
		if (/PRIVATE KEY/.test(pem) || publicKeyOf(pem) === null)
			throw new Stop(EXIT.usage, `playbook import: --trust ${shown(file)}: no public key or certificate in PEM form\n`);
		return pem;
	} catch (error) {
		throw error instanceof Stop ? error : unable('import', file, error);
	}
}

/** What was written, or why nothing was. */
type Kept = {
	readonly files: readonly string[];
	readonly said: string;
	readonly isRefused: boolean;
	readonly isTaken?: true;
};

function keep(imported: Imported, folder: string | null, playbooks: readonly LoadedPlaybookFile[], io: Io): Kept {
	const { playbook, written, original } = imported;
	const { id } = playbook;
	const version = playbookVersion(playbook);
	const text = playbookYaml(written, [
		original === null
			? 'A playbook of Interlock, imported from its CACAO form.'
			: `Imported from ${playbook.cacao?.id ?? ''}; the original lies beside it: ${originalName(id)}`,
		'Read every step before you add triggers. What a step may do is decided by the safety gate, for each asset.',
	]);
	const again = readPlaybook(text, `playbooks/${id}.yaml`);
	if (again.loaded === null || again.loaded.version !== version)
		throw new Error(`the playbook ${id} does not come back the same from its file`);
	const findings = checkPlaybook(again.loaded, playbooks);
	if (findings.length > 0) io.err(told(findings));
	if (findings.some((finding) => finding.level === 'error'))
		return { files: [], said: 'Nothing was written: the check above finds errors in what it became.', isRefused: true };
	const twin = playbooks.find((one) => one.playbook.id === id);
	if (twin !== undefined && twin.version === version)
		return { files: [], said: `Nothing was written: ${twin.file} is the same playbook.`, isRefused: false };
	if (twin !== undefined)
		return {
			files: [],
			said: `Nothing was written: there is another playbook ${shown(id)} already (${twin.file}). Name this one with --id.`,
			isRefused: true,
			isTaken: true,
		};
	if (folder === null)
		return {
			files: [],
			said: 'Nothing was written: name a folder with --out, or a configuration with INTERLOCK_CONFIG.',
			isRefused: false,
		};
	return write(folder, id, text, original);
}

function write(folder: string, id: string, text: string, original: JsonObject | null): Kept {
	const yaml = join(folder, `${id}.yaml`);
	const json = join(folder, originalName(id));
	for (const file of [yaml, json]) {
		if (!existsSync(file)) continue;
		if (existsSync(yaml) && isSameText(yaml, text))
			return { files: [], said: `Nothing was written: ${yaml} is the same playbook.`, isRefused: false };
		return {
			files: [],
			said: `Nothing was written: ${file} exists already. Name this one with --id.`,
			isRefused: true,
			isTaken: true,
		};
	}
	try {
		mkdirSync(folder, { recursive: true });
		if (original !== null) writeFileSync(json, `${JSON.stringify(original, null, 2)}\n`, { flag: 'wx' });
		try {
			writeFileSync(yaml, text, { flag: 'wx' });
		} catch (error) {
			if (original !== null) unlinkSync(json);
			throw error;
		}
	} catch (error) {
		throw unable('import', folder, error);
	}
	const files = original === null ? [yaml] : [yaml, json];
	return { files, said: `Written: ${files.join(', ')}`, isRefused: false };
}

function isSameText(file: string, text: string): boolean {
	try {
		return readFileSync(file, 'utf8') === text;
	} catch (error) {
		throw unable('import', file, error);
	}
}

function rowsOf(imported: Imported, classes: readonly AssetClass[], now: Instant) {
	const decided = classes.map((one) => [one, decisionsFor(imported.playbook, one, now)] as const);
	return imported.became.map((one) => ({
		...one,
		decisions: one.keys.flatMap((key) =>
			decided.flatMap(([name, decisions]) => {
				const decision = decisions.get(key);
				return decision === undefined
					? []
					: [
							{
								key,
								asset_class: name,
								class: decision.class,
								rows: decision.rows.map((row) => row.row),
								summary: decision.summary,
							},
						];
			}),
		),
	}));
}

function jsonOf(
	file: string,
	result: ImportResult,
	kept: Kept | null,
	classes: readonly AssetClass[],
	now: Instant,
): object {
	const { imported } = result;
	return {
		file,
		imported: imported !== null && kept !== null && !kept.isRefused,
		id: imported?.playbook.id ?? null,
		version: imported === null ? null : playbookVersion(imported.playbook),
		files: kept?.files ?? [],
		said: kept?.said ?? 'refused',
		findings: result.findings,
		signatures: result.signatures,
		secrets_removed: result.removed,
		steps: imported === null ? [] : rowsOf(imported, classes, now),
		notes: imported?.notes ?? [],
	};
}

/** The report for people: what is wrong with it, what each step became, and what the gate says to it. */
function pageOf(
	file: string,
	result: ImportResult,
	kept: Kept | null,
	classes: readonly AssetClass[],
	now: Instant,
): string {
	const { imported, findings } = result;
	const lines = findings.map(
		({ level, path, message }) => `${level === 'error' ? 'ERROR  ' : 'warning'} ${path}: ${message}`,
	);
	for (const one of result.signatures)
		lines.push(`signature ${shown(one.id)} of ${shown(one.signee)}: ${one.state} (${one.why})`);
	if (imported === null) return [...lines, '', `REFUSED: ${shown(file)} is not imported.`].join('\n');
	lines.push(
		'',
		`${imported.playbook.id}: ${imported.playbook.title}`,
		'',
		`Decisions while nothing else is known, for ${classes.map((one) => `${one} (level ${USUAL_LEVEL[one]})`).join(', ')}:`,
		'',
	);
	for (const row of rowsOf(imported, classes, now)) {
		const name = row.name === '' ? '' : `  ${shown(row.name)}`;
		lines.push(`${row.step}${name}`);
		lines.push(`    ${row.action === null ? '' : `${row.action}: `}${row.why}`);
		for (const key of row.keys) {
			const said = row.decisions.filter((one) => one.key === key).map((one) => `${one.asset_class} ${one.class}`);
			if (said.length > 0) lines.push(`    ${key}: ${said.join(', ')}`);
		}
	}
	if (imported.notes.length > 0) lines.push('', 'Not taken over:', ...imported.notes.map((note) => `  - ${note}`));
	return [...lines, '', kept?.said ?? ''].join('\n');
}

/** `playbook export`: 0 written, 1 the original beside an imported playbook is not the one it was imported from, 2 wrong usage, 3 a file cannot be read or written. */
export function exportPlaybook(args: string[], io: Io): number {
	const usage = `usage: ${EXPORT_USAGE}\n`;
	const { values, positionals } = parsed(
		() =>
			parseArgs({
				args,
				allowPositionals: true,
				options: {
					sign: { type: 'string' },
					signee: { type: 'string', default: 'Interlock' },
					'created-by': { type: 'string' },
					at: { type: 'string' },
					out: { type: 'string' },
				},
			}),
		usage,
	);
	const [id] = positionals;
	if (id === undefined || positionals.length > 1) throw new Stop(EXIT.usage, usage);
	const createdBy = values['created-by'] ?? null;
	if (createdBy !== null && parseIdentifier(createdBy)?.type !== 'identity')
		throw new Stop(EXIT.usage, `playbook export: --created-by ${shown(createdBy)}: expected identity--UUID\n`);
	const now = values.at === undefined ? Date.now() : fromIso(values.at);
	if (now === null)
		throw new Stop(EXIT.usage, `playbook export: --at ${shown(values.at)} is no time: 2026-11-22T03:00:00Z\n`);
	const key = values.sign === undefined ? null : privateKey(values.sign);
	const { playbooks } = loadPlaybooks(io, now);
	const loaded = playbooks.find((one) => one.playbook.id === id);
	if (loaded === undefined) throw new Stop(EXIT.usage, noPlaybook(id, playbooks, 'export'));
	const at = toIso(now);
	const original = loaded.playbook.cacao === undefined ? null : originalOf(loaded, playbooks, io);
	const object = original ?? {
		...toCacao(loaded.playbook, { created: at, modified: at, createdBy }),
		...derivation(loaded),
	};
	const creator = createdBy ?? object['created_by'];
	const signed = key === null ? object : sign(object, key, values.signee, String(creator), at);
	const { findings } = validateCacao(signed);
	if (findings.some((one) => one.level === 'error'))
		throw new Error(`what was exported is not valid CACAO: ${JSON.stringify(findings.slice(0, 3))}`);
	deliver(`${JSON.stringify(signed, null, 2)}\n`, values.out ?? null, io);
	return EXIT.ok;
}

function sign(object: JsonObject, key: KeyObject, signee: string, createdBy: string, at: string): JsonObject {
	try {
		return signPlaybook(object, key, { id: `jss--${randomUUID()}`, signee, createdBy, at });
	} catch (error) {
		throw new Stop(EXIT.usage, `playbook export: --sign: ${error instanceof Error ? error.message : String(error)}\n`);
	}
}

function privateKey(file: string): KeyObject {
	let pem: string;
	try {
		pem = readFileSync(file, 'utf8');
	} catch (error) {
		throw unable('export', file, error);
	}
	try {
		return createPrivateKey(pem);
	} catch {
		// What node says of a bad key may repeat parts of the file.
		throw new Stop(
			EXIT.usage,
			`playbook export: --sign ${shown(file)}: no private key in PEM form that can be read without a passphrase\n`,
		);
	}
}

/** A playbook whose steps the site has changed since its import is a playbook of its own, derived from the original. */
function derivation({ playbook }: LoadedPlaybookFile): JsonObject {
	return playbook.cacao === undefined ? {} : { derived_from: [playbook.cacao.id] };
}

/** The object that the playbook was imported from; null where its steps are no longer those, so that nobody is shown the old ones. */
function originalOf(loaded: LoadedPlaybookFile, playbooks: readonly LoadedPlaybookFile[], io: Io): JsonObject | null {
	const { playbook } = loaded;
	const { cacao } = playbook;
	if (cacao === undefined) return null;
	const file = join(dirname(loaded.file), originalName(playbook.id));
	let bytes: Uint8Array;
	try {
		bytes = readFileSync(file);
	} catch (error) {
		throw unable('export', file, error);
	}
	const read = readStrictJson(bytes);
	if (!read.ok || !isJsonObject(read.value) || canonicalHash(read.value) !== cacao.sha256)
		throw new Stop(
			EXIT.finding,
			`playbook export: ${shown(file)} is not the original that ${shown(playbook.id)} was imported from: its hash is another\n`,
		);
	const valid = validateCacao(read.value).playbook;
	const again =
		valid === null
			? null
			: toPlaybook(valid, {
					id: playbook.id,
					lead: playbook.lead,
					called: (id) => calledBy(id, playbooks),
					origin: cacao,
				});
	if (again?.ok === true && canonicalHash(again.value.playbook.steps) === canonicalHash(playbook.steps))
		return read.value;
	io.err(
		`warning: the steps of ${shown(playbook.id)} are not those of its original any more: this export is a playbook of its own, derived from it\n`,
	);
	return null;
}

function deliver(text: string, file: string | null, io: Io): void {
	if (file === null) {
		io.out(text);
		return;
	}
	try {
		writeFileSync(file, text, { flag: 'wx' });
	} catch (error) {
		throw unable('export', file, error);
	}
	io.err(`Written: ${file}\n`);
}
