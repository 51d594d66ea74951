import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

const ROOT = new URL('../../', import.meta.url).pathname;
const DEPCRUISE = join(ROOT, 'node_modules/.bin/depcruise');

type Cruise = {
	modules: { source: string }[];
	summary: { error: number; violations: { rule: { name: string }; from: string; to: string }[] };
};

function cruise(...paths: string[]): Cruise {
	const done = spawnSync(DEPCRUISE, ['--config', '.dependency-cruiser.mjs', '--output-type', 'json', ...paths], {
		cwd: ROOT,
		encoding: 'utf8',
		maxBuffer: 256 * 1024 * 1024,
	});
	return JSON.parse(done.stdout) as Cruise;
}

const PLANTED = 'src/domain/planted-for-a-test.ts';
afterAll(() => rmSync(join(ROOT, PLANTED), { force: true }));

describe('the import rules', () => {
	it('saw every module and found nothing wrong', () => {
		const files = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' }).filter(
			(file) => file.endsWith('.ts') && !file.includes('planted'),
		);
		const seen = cruise('src');
		const sources = new Set(seen.modules.map((module) => module.source));
		expect(files.filter((file) => !sources.has(`src/${file}`))).toEqual([]);
		expect(seen.summary.violations.map((v) => `${v.rule.name}: ${v.from} -> ${v.to}`)).toEqual([]);
	}, 60_000);

	it('turn red on a wrong direction, a circle and a third-party name out of place', () => {
		mkdirSync(join(ROOT, 'src/domain'), { recursive: true });
		writeFileSync(
			join(ROOT, PLANTED),
			"import type { Database } from '../store/database.ts';\nimport { Queue } from 'bullmq';\nimport { readFileSync } from 'node:fs';\nexport type D = Database;\nexport const all = [Queue, readFileSync];\n",
		);
		try {
			const rules = new Set(cruise(PLANTED).summary.violations.map((violation) => violation.rule.name));
			expect([...rules]).toEqual(expect.arrayContaining(['domain-stands-alone', 'pure-folders-touch-nothing']));
			expect([...rules].some((rule) => rule.includes('bullmq'))).toBe(true);
		} finally {
			rmSync(join(ROOT, PLANTED), { force: true });
		}
	}, 60_000);
});

describe('what holds a connector’s process apart', () => {
	/** Files of the product in which a word stands as code. */
	const naming = (word: RegExp): string[] =>
		readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
			.filter((file) => file.endsWith('.ts') && word.test(readFileSync(join(ROOT, 'src', file), 'utf8')))
			.sort();

	it('is opened by the process of a connector alone', () => {
		expect(naming(/\bopenGrants\b/)).toEqual(['response/connectors/process/main.ts', 'safety/grant.ts']);
	});

	it('makes connectors nowhere else', () => {
		expect(naming(/\bcreateConnectors\b/)).toEqual([
			'response/connectors/index.ts',
			'response/connectors/process/connector-process.ts',
			'response/connectors/process/main.ts',
			'response/connectors/process/processes.ts',
		]);
	});
});
