import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = new URL('../../', import.meta.url).pathname;
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const PAGES = [
	'README.md',
	...readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
		.filter((file) => file.endsWith('.md'))
		.map((file) => `docs/${file}`),
];

describe('the documentation', () => {
	it.each(PAGES)('%s links only to what is there', (page) => {
		const links = [...read(page).matchAll(/\]\(([^)\s#]+)(#[^)]*)?\)/g)].map((match) => match[1] ?? '');
		const local = links.filter((link) => !/^(https?:|mailto:)/.test(link));
		expect(local.filter((link) => !existsSync(join(ROOT, page, '..', link)))).toEqual([]);
	});

	it.each(PAGES)('%s names only scripts and commands that exist', (page) => {
		const scripts = Object.keys((JSON.parse(read('package.json')) as { scripts: Record<string, string> }).scripts);
		const main = read('src/main.ts');
		const text = read(page);
		const named = [...text.matchAll(/npm run ([a-z][a-z0-9:-]*)/g)].map((match) => match[1] ?? '');
		expect(named.filter((name) => !scripts.includes(name))).toEqual([]);
		const commands = [...text.matchAll(/(?:npx |`)interlock ([a-z]+)/g)].map((match) => match[1] ?? '');
		expect(commands.filter((name) => !new RegExp(`\\n\\t${name}: \\{`).test(main))).toEqual([]);
	});
});

describe('the tree', () => {
	it('speaks only of itself: no path of a machine and no address of a registry', () => {
		const lock = read('package-lock.json');
		expect(lock).not.toMatch(/"resolved"/);
		for (const page of PAGES) expect(read(page), page).not.toMatch(/\/(work|home|root)\/[a-z]/);
	});
});
