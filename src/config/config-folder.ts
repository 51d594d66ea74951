// The configuration folder as texts: what stands where in which file, and every finding about it. Files are handed in by a reader
// (read-folder.ts is the real one). What the entries of a file mean is read in the files beside this one.
import { z } from 'zod';
import { nearest } from '../domain/nearest.ts';
import type { Finding, Result } from '../domain/result.ts';
import { Findings, shown } from './finding.ts';
import { readWith } from './schema-findings.ts';
import { type WrittenEntry, type WrittenFile, writtenFile } from './written.ts';
import { parseYaml, type YamlFile } from './yaml-file.ts';

/** How files come in. Paths in the folder are relative, with forward slashes. */
export type ConfigReader = {
	/** The texts of the folder's files by path, or why it cannot be read. */
	readonly folder: (path: string) => Result<ReadonlyMap<string, string>, string>;
	/** A secret's file, relative to the folder; or why it cannot be read. */
	readonly secretFile: (folder: string, path: string) => Result<string, string>;
};

const TOP_FILES = [
	'interlock.yaml',
	'sources.yaml',
	'people.yaml',
	'routes.yaml',
	'inventory.yaml',
	'inventory.csv',
	'windows.csv',
	'facts.yaml',
];
const FOLDERS = ['rules', 'playbooks', 'safety', 'mappings', 'drills'];

/** One reading of the folder: the texts, and the findings so far. */
export class ConfigFolder {
	readonly findings: Finding[];
	readonly env: Readonly<Record<string, string | undefined>>;
	readonly #folder: string;
	readonly #reader: ConfigReader;
	readonly #texts: ReadonlyMap<string, string>;
	readonly #parsed = new Map<string, YamlFile>();

	/** @param folder empty for none: then no file is there */
	constructor(
		env: Readonly<Record<string, string | undefined>>,
		folder: string,
		reader: ConfigReader,
		findings: Finding[],
	) {
		this.env = env;
		this.#folder = folder.replace(/\/$/, '');
		this.#reader = reader;
		this.findings = findings;
		this.#texts = this.#readTexts();
	}

	has(...files: string[]): boolean {
		return files.some((file) => this.#texts.has(file));
	}

	/** Empty for a file that is not there. */
	text(file: string): string {
		return this.#texts.get(file) ?? '';
	}

	/** A file beside the configuration that holds a secret or a certificate. */
	secretFile(path: string): Result<string, string> {
		return this.#reader.secretFile(this.#folder, path);
	}

	paths(folder: string): string[] {
		return [...this.#texts.keys()].filter((path) => path.startsWith(`${folder}/`) && path.endsWith('.yaml')).sort();
	}

	name(file: string): string {
		return this.#folder === '' ? file : `${this.#folder}/${file}`;
	}

	yaml(file: string): YamlFile {
		const held = this.#parsed.get(file) ?? parseYaml(this.text(file), this.name(file));
		this.#parsed.set(file, held);
		return held;
	}

	written(file: string): WrittenFile {
		return writtenFile(this.yaml(file), this.name(file));
	}

	/** A file that is a list, or a mapping with that one list under a key. The entries that are right, whatever the others are. */
	readList<T>(
		file: string,
		key: string,
		schema: z.ZodType<T>,
		entriesMax: number,
	): { readonly entry: T; readonly written: WrittenEntry }[] {
		if (!this.#texts.has(file)) return [];
		const yaml = this.yaml(file);
		const findings = new Findings(this.name(file));
		findings.addAll(yaml.findings);
		const { value } = yaml;
		const isKeyed = typeof value === 'object' && value !== null && !Array.isArray(value);
		const base = isKeyed ? [key] : [];
		let list: unknown = value;
		if (isKeyed) {
			const members = new Map<string, unknown>(Object.entries(value));
			list = members.get(key);
			for (const other of members.keys()) {
				if (other !== key)
					findings.error(
						yaml.place([other], 'key'),
						`unknown key ${shown(other)}`,
						`the file is a list, or has the one key \`${key}\``,
					);
			}
		}
		if (list !== undefined && list !== null)
			readWith(z.array(z.unknown()).max(entriesMax), list, yaml.place, findings, base);
		const entries = writtenFile(yaml, this.name(file))
			.list(key)
			.slice(0, entriesMax)
			.flatMap((written) => {
				const entry = readWith(schema, written.value, yaml.place, findings, [...base, written.index]);
				return entry === null ? [] : [{ entry, written }];
			});
		this.findings.push(...findings.list());
		return entries;
	}

	error(file: string, line: number, column: number, message: string, help?: string): void {
		this.findings.push({ file, line, column, message, ...(help === undefined ? {} : { help }), level: 'error' });
	}

	#readTexts(): ReadonlyMap<string, string> {
		if (this.#folder === '') return new Map();
		const read = this.#reader.folder(this.#folder);
		if (!read.ok) {
			this.error('environment', 0, 0, `INTERLOCK_CONFIG names ${shown(this.#folder)}: ${read.error}`);
			return new Map();
		}
		for (const path of [...read.value.keys()].sort()) this.#checkName(path);
		return read.value;
	}

	/** A file that nobody reads because its name has a slip would be a silent loss. */
	#checkName(path: string): void {
		const [head, ...rest] = path.split('/');
		if (head === undefined || TOP_FILES.includes(path) || path.startsWith('.')) return;
		if (rest.length === 0) {
			const near = /\.(ya?ml|csv)$/i.test(head) ? nearest(head, TOP_FILES) : null;
			if (near !== null)
				this.error(
					this.name(path),
					1,
					1,
					`${shown(head)} is no file of the configuration folder`,
					`did you mean \`${near}\`?`,
				);
			return;
		}
		const near = FOLDERS.includes(head) ? null : nearest(head, FOLDERS);
		if (near !== null)
			this.error(
				this.name(path),
				1,
				1,
				`${shown(head)} is no part of the configuration folder`,
				`did you mean \`${near}/\`?`,
			);
		else if (FOLDERS.includes(head) && /\.yml$/i.test(path))
			this.error(this.name(path), 1, 1, 'files here end in `.yaml`');
	}
}
