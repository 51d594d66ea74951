// playbooks/*.yaml: text becomes a Playbook by the schema of domain/playbook.ts, with findings at their places. Whether its actions
// exist and what the gate says to them is judged in cli/check-playbook.ts and response/.
import { Playbook, playbookVersion } from '../domain/playbook.ts';
import type { Finding } from '../domain/result.ts';
import { Findings } from './finding.ts';
import { readWith } from './schema-findings.ts';
import { parseYaml, type YamlFile } from './yaml-file.ts';

export type LoadedPlaybookFile = {
	readonly file: string;
	readonly playbook: Playbook;
	/** Hash of the canonical form: what approvals bind to. */
	readonly version: string;
	readonly place: YamlFile['place'];
};

/** Reads one playbook; `loaded` is null where it has an error, `id` then is what the file says all the same. */
export function readPlaybook(
	text: string,
	file: string,
): {
	loaded: LoadedPlaybookFile | null;
	id: string | null;
	findings: Finding[];
} {
	const yaml = parseYaml(text, file);
	const findings = new Findings(file);
	findings.addAll(yaml.findings);
	if (!findings.hasErrors && yaml.value === undefined)
		findings.error({ line: 1, column: 1 }, 'the file is empty', 'a playbook begins with `id:`');
	const playbook = findings.hasErrors ? null : readWith(Playbook, yaml.value, yaml.place, findings);
	const loaded = playbook === null ? null : { file, playbook, version: playbookVersion(playbook), place: yaml.place };
	return { loaded, id: idOf(yaml.value), findings: findings.list() };
}

function idOf(value: unknown): string | null {
	const id: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, 'id') : null;
	return typeof id === 'string' ? id : null;
}

/** Reads several; an id that stands in two files is an error of the second. */
export function readPlaybooks(texts: Iterable<readonly [file: string, text: string]>): {
	playbooks: LoadedPlaybookFile[];
	/** Ids of all files, also of those with errors: what names such a playbook is not at fault itself. */
	ids: ReadonlySet<string>;
	findings: Finding[];
} {
	const playbooks: LoadedPlaybookFile[] = [];
	const findings: Finding[] = [];
	const ids = new Set<string>();
	for (const [file, text] of texts) {
		const read = readPlaybook(text, file);
		findings.push(...read.findings);
		if (read.id !== null) ids.add(read.id);
		if (read.loaded === null) continue;
		const { id } = read.loaded.playbook;
		const twin = playbooks.find((other) => other.playbook.id === id);
		if (twin === undefined) playbooks.push(read.loaded);
		else
			findings.push({
				file,
				...read.loaded.place(['id']),
				message: `the playbook \`${id}\` stands in ${twin.file} already`,
				level: 'error',
			});
	}
	return { playbooks, ids, findings };
}
