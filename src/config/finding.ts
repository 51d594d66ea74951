// How a finding is worded and listed: place, cause, way out. Used by every loader of this folder and by `interlock check`.
import type { Finding } from '../domain/result.ts';

/** Findings kept of one file; the rest are counted. */
const FINDINGS_MAX = 200;

/** Characters of a user's own words that a message repeats. */
const SHOWN_MAX = 80;

/** Where something stands in a file; both count from 1. */
export type Place = { readonly line: number; readonly column: number };

/** The same with its file, for findings that other parts add. */
export type FilePlace = Place & { readonly file: string };

/** The user's own words in backticks: cut to 80 characters, control characters written as escapes, so no terminal obeys them. */
export function shown(value: unknown): string {
	const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
	const cut = text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}...` : text;
	const safe = cut.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, (char) => {
		return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
	});
	return `\`${safe.replaceAll('`', "'")}\``;
}

/** Collects the findings of one file and keeps their number in bounds. */
export class Findings {
	readonly file: string;
	readonly #list: Finding[] = [];
	#more = 0;
	#errors = 0;

	constructor(file: string) {
		this.file = file;
	}

	error(place: Place, message: string, help?: string): void {
		this.#errors++;
		this.#add({ file: this.file, ...at(place), message, ...(help ? { help } : {}), level: 'error' });
	}

	warning(place: Place, message: string, help?: string): void {
		this.#add({ file: this.file, ...at(place), message, ...(help ? { help } : {}), level: 'warning' });
	}

	addAll(findings: readonly Finding[]): void {
		for (const finding of findings) {
			if (finding.level === 'error') this.#errors++;
			this.#add(finding);
		}
	}

	get hasErrors(): boolean {
		return this.#errors > 0;
	}

	/** All findings in the order of their place, and a last one that counts those left out. */
	list(): Finding[] {
		const sorted = this.#list.toSorted((a, b) => a.line - b.line || a.column - b.column);
		if (this.#more === 0) return sorted;
		// Whatever was left out may have been an error: the count stands as one.
		const message = `${this.#more} more findings are not listed`;
		return [...sorted, { file: this.file, line: 1, column: 1, message, level: this.hasErrors ? 'error' : 'warning' }];
	}

	#add(finding: Finding): void {
		if (this.#list.length < FINDINGS_MAX) this.#list.push(finding);
		else this.#more++;
	}
}

function at(place: Place): Place {
	return { line: place.line, column: place.column };
}

/** `file:line:column: message`, and the help on a line of its own (STYLE of messages: place, cause, way out). */
export function formatFinding(finding: Finding): string {
	const level = finding.level === 'warning' ? 'warning: ' : '';
	// What has no lines (the environment) is named alone.
	const place = finding.line === 0 ? finding.file : `${finding.file}:${finding.line}:${finding.column}`;
	const head = `${place}: ${level}${finding.message}`;
	return finding.help === undefined ? head : `${head}\n    help: ${finding.help}`;
}
