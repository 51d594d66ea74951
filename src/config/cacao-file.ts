// Writes an imported playbook as the YAML file of a site's folder. The original CACAO object lies beside it as JSON; what either means is
// not known here (response/cacao/).
import { stringify } from 'yaml';

/** Characters in a line before a text goes on in the next. */
const LINE_WIDTH = 140;

/** The file of a playbook: a comment, and the playbook as it is written. Reading it gives the same playbook. */
export function playbookYaml(written: Readonly<Record<string, unknown>>, comment: readonly string[]): string {
	const head = comment.map((line) => `# ${line.replace(/[^\x20-\x7e]/g, '?')}\n`).join('');
	return head + stringify(written, { lineWidth: LINE_WIDTH, aliasDuplicateObjects: false });
}

/** The name of the original beside `ID.yaml`. */
export function originalName(id: string): string {
	return `${id}.cacao.json`;
}
