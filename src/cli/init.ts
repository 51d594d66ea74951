// `interlock init [FOLDER]`: a first configuration folder, every file with comments. It overwrites nothing.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { EXIT, type Io } from './io.ts';

const TEMPLATES = fileURLToPath(new URL('./first-folder/', import.meta.url));
const FOLDER_DEFAULT = 'interlock-config';
/** File in the new folder, and what it is made from. */
const FILES = [
	['interlock.yaml', 'interlock.yaml'],
	['sources.yaml', 'sources.yaml'],
	['people.yaml', 'people.yaml'],
	['routes.yaml', 'routes.yaml'],
	['inventory.yaml', 'inventory.yaml'],
	['.env.example', 'env.example'],
] as const;
/** Neither secrets nor the filled-in environment belong into version control. */
const IGNORED = '.env\nsecrets/\n';

const USAGE = `usage: interlock init [FOLDER] [--json]

Writes a first configuration folder (default: ${FOLDER_DEFAULT}). Nothing that is there is overwritten.`;

/** @returns 0 written, 1 where one of the files is there already (then none is written), 2 on wrong usage, 3 where the folder cannot be written */
export async function init(args: string[], io: Io): Promise<number> {
	let folder: string;
	let json: boolean;
	try {
		const { values, positionals } = parseArgs({
			args,
			allowPositionals: true,
			options: { json: { type: 'boolean', default: false } },
		});
		if (positionals.length > 1) throw new Error(`one folder at most, ${positionals.length} given`);
		folder = positionals[0] ?? FOLDER_DEFAULT;
		json = values.json;
	} catch (error) {
		io.err(`init: ${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
		return EXIT.usage;
	}
	const texts = new Map<string, string>([
		...FILES.map(
			([name, from]) =>
				[name, readFileSync(join(TEMPLATES, from), 'utf8').replaceAll('@FOLDER@', shellWord(resolve(folder)))] as const,
		),
		['.gitignore', IGNORED],
	]);
	const held = [...texts.keys()].filter((name) => existsSync(join(folder, name)));
	// An inventory may be the other kind of file: two would be a fault.
	if (existsSync(join(folder, 'inventory.csv'))) held.push('inventory.csv');
	if (held.length > 0) {
		io.err(
			`init: nothing was written: \`${folder}\` holds ${held.join(', ')} already\n    help: name another folder, or add what is missing by hand`,
		);
		return EXIT.finding;
	}
	try {
		mkdirSync(folder, { recursive: true });
		for (const [name, text] of texts) writeFileSync(join(folder, name), text, { flag: 'wx' });
	} catch (error) {
		io.err(`init: \`${folder}\` cannot be written: ${error instanceof Error ? error.message : String(error)}`);
		return EXIT.unable;
	}
	const files = [...texts.keys()].map((name) => join(folder, name));
	if (json) io.out(JSON.stringify({ folder, files }));
	else io.out(files.join('\n'));
	io.err(
		[
			'',
			'Next:',
			`  export INTERLOCK_CONFIG=${shellWord(resolve(folder))}`,
			'  interlock source add KIND      a system that sends alerts (kinds: docs/sources.md)',
			'  interlock check                is everything right?',
			'  interlock serve                run it; in another terminal: interlock source test NAME',
		].join('\n'),
	);
	return EXIT.ok;
}

/** A path as a shell takes it. */
function shellWord(text: string): string {
	return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
