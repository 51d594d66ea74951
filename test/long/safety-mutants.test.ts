// Are the tests of the gate any good? Each mutant is one small lie in a copy of src/safety; the tests under test/safety must notice.
// The comparison of docs/safety.md with the table is left out: it would notice every changed row without knowing why it is wrong.
// MUTANTS how many are drawn (default 150), LONG_SEED which ones (printed), LONG_SECONDS when to stop; MUTANTS_AT only those at these
// places, e.g. `decide.ts:208,rows/host.ts:104`, to look at survivors again.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { type Mutant, mutantsOf } from './mutants.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const SEED = process.env['LONG_SEED'] ?? String(Date.now() % 1_000_000);
const COUNT = Number(process.env['MUTANTS'] ?? 150);
const LIMIT_MS = Number(process.env['LONG_SECONDS'] ?? Number.POSITIVE_INFINITY) * 1_000;
const AT = (process.env['MUTANTS_AT'] ?? '').split(',').filter((place) => place !== '');
const SIDE_BY_SIDE = 2;
/** Progress is told after so many. */
const TOLD_EVERY = 50;
/** Words for people only: nothing in these files decides. */
const WORDS = ['wording.ts', 'explain.ts'];
/** Most lies fall to the first stage, which takes a second; the slow ones are asked last. */
const STAGES = [
	['table', 'facts', 'grant', 'attacks', 'confidence', 'survivors'],
	['matrix', 'touches-ot'],
	['reference', 'laws'],
] as const;

/** A copy of what the tests of the gate need, with node_modules by link. */
function copyTo(folder: string): void {
	for (const part of ['src', 'test/safety', 'playbooks', 'docs'])
		cpSync(join(ROOT, part), join(folder, part), { recursive: true });
	for (const file of ['package.json', 'tsconfig.json']) cpSync(join(ROOT, file), join(folder, file));
	symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
	writeFileSync(
		join(folder, 'vitest.config.ts'),
		"export default { test: { include: ['test/safety/**/*.test.ts'], testTimeout: 60_000 } };\n",
	);
}

/** Whether the tests pass in the folder; `names` are files under test/safety. */
function passes(folder: string, names: readonly string[]): Promise<boolean> {
	const files = names.map((name) => `test/safety/${name}.test.ts`);
	const args = [
		join(ROOT, 'node_modules/vitest/vitest.mjs'),
		'run',
		'--bail=1',
		'--no-isolate',
		'--no-file-parallelism',
		'-t',
		'^(?!.*docs/safety)',
		...files,
	];
	return new Promise((done) => {
		const child = spawn(process.execPath, args, { cwd: folder, stdio: 'ignore', timeout: 120_000 });
		child.on('exit', (code) => done(code === 0));
	});
}

async function survives(folder: string, mutant: Mutant): Promise<boolean> {
	const file = join(folder, mutant.file);
	const before = readFileSync(file, 'utf8');
	writeFileSync(file, mutant.text);
	try {
		for (const stage of STAGES) if (!(await passes(folder, stage))) return false;
		return true;
	} finally {
		writeFileSync(file, before);
	}
}

test('the tests of the gate notice nineteen lies of twenty', async () => {
	const base = mkdtempSync(join(tmpdir(), 'interlock-mutants-'));
	const startedAt = performance.now();
	try {
		const folders = Array.from({ length: SIDE_BY_SIDE }, (_, index) => join(base, String(index)));
		for (const folder of folders) {
			mkdirSync(folder);
			copyTo(folder);
		}
		const [first = base] = folders;
		expect(await passes(first, STAGES.flat()), 'the tests pass without a lie').toBe(true);
		const files = globSync('src/safety/**/*.ts', { cwd: ROOT }).filter(
			(file) => !WORDS.some((name) => file.endsWith(name)),
		);
		const all = files
			.flatMap((file) => mutantsOf(file, readFileSync(join(ROOT, file), 'utf8')))
			.filter(({ file, line }) => AT.length === 0 || AT.some((place) => `${file}:${line}`.endsWith(place)));
		const place = (mutant: Mutant): string =>
			createHash('sha256').update(`${SEED} ${mutant.file} ${mutant.text}`).digest('hex');
		const drawn = all.map((mutant) => [place(mutant), mutant] as const).toSorted(([a], [b]) => (a < b ? -1 : 1));
		const queue = drawn.slice(0, COUNT).map(([, mutant]) => mutant);
		const survivors: Mutant[] = [];
		let tried = 0;
		const work = async (folder: string): Promise<void> => {
			for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
				if (performance.now() - startedAt > LIMIT_MS) return;
				if (await survives(folder, mutant)) {
					survivors.push(mutant);
					process.stdout.write(`survived: ${mutant.file}:${mutant.line} ${mutant.what}\n`);
				}
				if (++tried % TOLD_EVERY === 0) process.stdout.write(`${tried - survivors.length} of ${tried} killed\n`);
			}
		};
		await Promise.all(folders.map(work));
		const seconds = Math.round((performance.now() - startedAt) / 1_000);
		process.stdout.write(
			`LONG_SEED=${SEED}: ${tried - survivors.length} of ${tried} mutants killed (of ${all.length} possible), ${seconds} s\n`,
		);
		expect(tried).toBeGreaterThan(0);
		// A sample that the clock cut short may be unlucky, and survivors take longest: it fails where so many of them have less than
		// one chance in two hundred with nineteen of twenty killed. Of a whole sample nineteen of twenty are killed.
		if (tried < Math.min(COUNT, all.length))
			expect(chanceOfAtLeast(survivors.length, tried, 0.05)).toBeGreaterThan(0.005);
		else expect(tried - survivors.length).toBeGreaterThanOrEqual(0.95 * tried);
	} finally {
		rmSync(base, { recursive: true, force: true });
	}
});

/** Exact binomial tail: the chance of `count` or more among `tries`, each with probability `each`. */
function chanceOfAtLeast(count: number, tries: number, each: number): number {
	let chance = (1 - each) ** tries;
	let below = 0;
	for (let k = 0; k < count; k++) {
		below += chance;
		chance *= ((tries - k) / (k + 1)) * (each / (1 - each));
	}
	return 1 - below;
}
