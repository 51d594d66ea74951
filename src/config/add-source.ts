// Writes one more entry into the text of sources.yaml and leaves everything else in it as people wrote it. Pure: text in, text out.
import { type Document, isMap, isScalar, isSeq, parseDocument, type YAMLSeq } from 'yaml';
import { err, ok, type Result } from '../domain/result.ts';

/** An entry in the order in which its keys are written. */
export type NewSource = {
	readonly name: string;
	readonly kind: string;
	readonly auth: { readonly type: string; readonly user?: string; readonly secret_file: string };
};

/**
 * The text with the entry at the end of its list.
 *
 * @param text what the file holds; empty for none
 * @returns the new text, or why the file cannot be added to: it is no list of sources, or a source has this name already
 */
export function addSource(text: string, source: NewSource): Result<string, string> {
	const document = parseDocument(text, { keepSourceTokens: true });
	if (document.errors.length > 0)
		return err(`the file is not readable as YAML: ${document.errors[0]?.message.split('\n')[0]}`);
	const list = listOf(document);
	if (list === 'other') return err('the file is no list of sources');
	if (list === null) {
		const entry = entryLines(source, '  ').join('\n');
		return ok(`${text === '' || text.endsWith('\n') ? text : `${text}\n`}sources:\n${entry}\n`);
	}
	const names = list.items.map((item) => (isMap(item) ? item.get('name') : null));
	if (names.includes(source.name)) return err(`a source \`${source.name}\` is there already`);
	const added = list.flow === true || list.items.length === 0 ? null : appended(text, list, source);
	if (added !== null && says(added, document, source)) return ok(added);
	// A list in brackets, or one that is written in a way of its own: the yaml package writes it anew and keeps the comments.
	list.flow = false;
	list.add(document.createNode(source));
	return ok(document.toString({ lineWidth: 0 }));
}

function listOf(document: Document): YAMLSeq | 'other' | null {
	const { contents } = document;
	if (contents === null || (isScalar(contents) && contents.value === null)) return null;
	if (isSeq(contents)) return contents;
	if (!isMap(contents)) return 'other';
	if (!contents.has('sources')) return contents.items.length === 0 ? null : 'other';
	const held = contents.get('sources', true);
	if (isSeq(held)) return held;
	if (!isScalar(held) || held.value !== null) return 'other';
	const list = document.createNode([]);
	contents.set('sources', list);
	return list;
}

/** The text with the entry's lines right behind the last entry, indented like it; null where that place cannot be told. */
function appended(text: string, list: YAMLSeq, source: NewSource): string | null {
	const last = list.items.at(-1);
	const range = isMap(last) ? last.range : null;
	if (range === null || range === undefined) return null;
	const dash = text.lastIndexOf('-', range[0]);
	const lineStart = text.lastIndexOf('\n', dash) + 1;
	const indent = text.slice(lineStart, dash);
	if (indent.trim() !== '') return null;
	// The value may end before a comment on its line; what stands behind it belongs to that line.
	const valueEnd = text.slice(0, range[1]).trimEnd().length;
	const lineEnd = text.indexOf('\n', valueEnd);
	const head = lineEnd < 0 ? `${text}\n` : text.slice(0, lineEnd + 1);
	const tail = lineEnd < 0 ? '' : text.slice(lineEnd + 1);
	return `${head}${entryLines(source, indent).join('\n')}\n${tail}`;
}

function entryLines({ name, kind, auth }: NewSource, indent: string): string[] {
	return [
		`${indent}- name: ${name}`,
		`${indent}  kind: ${kind}`,
		`${indent}  auth:`,
		`${indent}    type: ${auth.type}`,
		...(auth.user === undefined ? [] : [`${indent}    user: ${auth.user}`]),
		`${indent}    secret_file: ${auth.secret_file}`,
	];
}

/** Whether the new text says exactly what the old one said, and the entry. */
function says(text: string, before: Document, source: NewSource): boolean {
	const after = parseDocument(text);
	if (after.errors.length > 0) return false;
	const old: unknown = before.toJS();
	const list = Array.isArray(old) ? old : Object(old)['sources'];
	const wanted = [...list, source];
	return (
		JSON.stringify(after.toJS()) === JSON.stringify(Array.isArray(old) ? wanted : { ...Object(old), sources: wanted })
	);
}
