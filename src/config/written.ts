// Files of the configuration folder as they were written: names are compared on these raw values, so that a fault of form in one
// entry hides no fault of meaning beside it. Nothing here is valid yet; what an entry must look like is its schema's.
import type { FilePlace } from './finding.ts';
import type { Path, YamlFile } from './yaml-file.ts';

/** One entry of a list, with the place of anything in it. */
export type WrittenEntry = {
	readonly index: number;
	readonly value: unknown;
	readonly at: (...path: Path) => FilePlace;
};

/** One file; without a file it has no entries. */
export type WrittenFile = {
	/** False where the text is no YAML: then nobody knows which names it holds. */
	readonly isReadable: boolean;
	readonly value: unknown;
	readonly at: (...path: Path) => FilePlace;
	/** The entries of the list under a key, or of the file itself where that is a list. */
	readonly list: (key: string) => readonly WrittenEntry[];
};

/** The view of one file; `name` is what findings call it. */
export function writtenFile(yaml: YamlFile, name: string): WrittenFile {
	const at = (...path: Path): FilePlace => ({ file: name, ...yaml.place(path) });
	return {
		isReadable: !yaml.findings.some((finding) => finding.level === 'error'),
		value: yaml.value,
		at,
		list: (key) => {
			const isList = Array.isArray(yaml.value);
			const list = isList ? yaml.value : valueAt(yaml.value, key);
			const base: Path = isList ? [] : [key];
			return entriesOf(list).map((value, index) => ({
				index,
				value,
				at: (...path: Path) => at(...base, index, ...path),
			}));
		},
	};
}

/** What stands at a path of plain values; undefined where it leads nowhere. */
export function valueAt(value: unknown, ...path: Path): unknown {
	let found: unknown = value;
	for (const key of path) {
		found =
			typeof found === 'object' && found !== null && Object.hasOwn(found, key) ? Reflect.get(found, key) : undefined;
	}
	return found;
}

/** The text at a path; null where there is none. */
export function textAt(value: unknown, ...path: Path): string | null {
	const found = valueAt(value, ...path);
	return typeof found === 'string' ? found : null;
}

/** The texts of a list at a path, each with its place in the list. */
export function textsAt(value: unknown, ...path: Path): { readonly index: number; readonly text: string }[] {
	return entriesOf(valueAt(value, ...path)).flatMap((text, index) =>
		typeof text === 'string' ? [{ index, text }] : [],
	);
}

/** The entries of a list at a path; none where there is no list. */
export function entriesOf(value: unknown): readonly unknown[] {
	return Array.isArray(value) ? value : [];
}
