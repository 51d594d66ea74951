// The texts of an export (files or fetched pages) become records, by platform. Pure. NOT here: the platforms' own shapes (inventory-platforms.ts).
import { err, ok, type Result } from '../domain/result.ts';
import type { Instant } from '../domain/time.ts';
import { formatFinding } from './finding.ts';
import { readOwnForm } from './inventory-own.ts';
import { entriesOf, entriesOfCsv, readPlatform } from './inventory-platforms.ts';
import type { ImportExport, Platform } from './inventory-record.ts';

/** One file or page, and what messages call it. */
export type ExportText = { readonly name: string; readonly text: string };

/** Reads an export. A text that is not of the platform's form refuses the whole: half of an export looks like removed assets. */
export function readExport(
	platform: Platform,
	texts: readonly ExportText[],
	now: Instant,
): Result<ImportExport, string> {
	if (platform === 'csv' || platform === 'yaml') {
		const [only = { name: '-', text: '' }] = texts;
		const read = readOwnForm(platform, only.text, only.name, now);
		if (read.export !== null) return ok(read.export);
		return err(
			read.findings
				.filter((finding) => finding.level === 'error')
				.slice(0, 20)
				.map(formatFinding)
				.join('\n'),
		);
	}
	const all: Parameters<typeof readPlatform>[1][number][] = [];
	for (const { name, text } of texts) {
		const read = entriesIn(text, name);
		if (!read.ok) return err(`${name}: ${read.error}`);
		for (const entry of read.value) all.push(entry);
	}
	const result = readPlatform(platform, all, now);
	return all.length > 0 && result.records.length === 0
		? err(
				`none of its ${all.length} entries is a thing that ${platform} lists:\n${result.notes.slice(0, 10).join('\n')}`,
			)
		: ok(result);
}

function entriesIn(text: string, name: string): Result<NonNullable<ReturnType<typeof entriesOf>>, string> {
	const body = text.startsWith('\ufeff') ? text.slice(1) : text;
	if (!/^\s*[[{]/.test(body)) {
		const { entries, fault } = entriesOfCsv(body, name);
		const isOne = fault === null && /^[^\n]*[,;]/.test(body) && !/^\s*</.test(body);
		return isOne ? ok(entries) : err(`neither JSON nor CSV${fault === null ? '' : ` (${fault})`}`);
	}
	const values = jsonOf(body);
	if (values === null) return err('is not readable as JSON');
	const entries = entriesOf(values);
	return entries === null ? err('holds no list of assets') : ok(entries);
}

/** One JSON value, or one a line. */
function jsonOf(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		try {
			return text
				.split('\n')
				.filter((line) => line.trim() !== '')
				.map((line): unknown => JSON.parse(line));
		} catch {
			return null;
		}
	}
}
