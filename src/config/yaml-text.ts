// Values as YAML text, for what the program prints as a file. NOT here: files that people write, whose comments must stay (add-source.ts).
import { stringify } from 'yaml';

/** No line is folded, and nothing is written as a reference to something above: every document can be read by itself. */
export function yamlText(value: unknown): string {
	return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
}
