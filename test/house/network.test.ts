// Who may open a connection: the files that NETWORK in .dependency-cruiser.mjs names. Its rule sees modules; here it is proved that the rule turns
// red, and that the globals which need no import (`fetch`, `WebSocket`) and the ways round an import are used in no other file.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseSync } from '@swc/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = new URL('../../', import.meta.url).pathname;
const rules = new URL('../../.dependency-cruiser.mjs', import.meta.url).href;
const { NETWORK } = (await import(rules)) as { NETWORK: Readonly<Record<string, string>> };

/** Globals that connect without any import. */
const CONNECTS = ['fetch', 'WebSocket', 'WebSocketStream', 'EventSource', 'XMLHttpRequest'];
/** Ways to a module, or to a global, that the import rules do not see. */
const HIDES = ['createRequire', 'require', 'getBuiltinModule', 'eval', 'Function', 'globalThis', 'global'];
/** The same as properties: of `process` alone. */
const HIDES_IN_PROCESS = ['getBuiltinModule', 'binding', '_linkedBinding'];
/** Files that may: each with its reason. */
const MAY_HIDE: Readonly<Record<string, readonly string[]>> = {
	// drizzle-orm is loaded as CommonJS (docs/decisions/0004-drizzle-by-require.md).
	'src/store/drizzle.ts': ['createRequire'],
	// Finds the folder of the PostgreSQL binaries.
	'src/store/embedded.ts': ['createRequire'],
};
const COMPUTED_IMPORT = 'import()';

/** Names that a file uses as values or types; not the names of properties, except of the global object and of `process`. */
function namesIn(source: string): Set<string> {
	const found = new Set<string>();
	const visit = (node: unknown): void => {
		if (Array.isArray(node)) {
			for (const one of node) visit(one);
			return;
		}
		if (typeof node !== 'object' || node === null) return;
		const { type, value, ...parts } = node as { type?: string; value?: unknown } & Record<string, unknown>;
		if (type === 'Identifier' && typeof value === 'string') found.add(value);
		if (type === 'CallExpression') {
			const callee = parts['callee'] as { type: string };
			const [first] = parts['arguments'] as { expression: { type: string } }[];
			if (callee.type === 'Import' && first?.expression.type !== 'StringLiteral') found.add(COMPUTED_IMPORT);
		}
		for (const [key, part] of Object.entries({ ...parts, ...(typeof value === 'object' ? { value } : {}) })) {
			const isName =
				type === 'MemberExpression' && key === 'property' && (part as { type: string }).type !== 'Computed';
			const isKey = key === 'key' || (type === 'TsPropertySignature' && key === 'key');
			if (isName) {
				const { value: name } = part as { value: string };
				const { value: owner } = parts['object'] as { value?: unknown };
				if (owner === 'process' && HIDES_IN_PROCESS.includes(name)) found.add('getBuiltinModule');
			} else if (!isKey || (part as { type?: string } | null)?.type === 'Computed') visit(part);
		}
	};
	visit(parseSync(source, { syntax: 'typescript', target: 'es2022' }).body);
	return found;
}

const files = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
	.filter((file) => /\.(?:ts|mjs)$/.test(file) && !file.includes('planted'))
	.map((file) => `src/${file}`);
const used = new Map(files.map((file) => [file, namesIn(readFileSync(join(ROOT, file), 'utf8'))] as const));

const PLANTED = 'src/domain/planted.ts';
const folder = mkdtempSync(join(tmpdir(), 'interlock-network-'));
beforeAll(() => {
	mkdirSync(join(folder, 'src/domain'), { recursive: true });
	cpSync(join(ROOT, '.dependency-cruiser.mjs'), join(folder, '.dependency-cruiser.mjs'));
	cpSync(join(ROOT, 'package.json'), join(folder, 'package.json'));
	symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('who may open a connection', () => {
	it('uses no global that connects outside of the named files', () => {
		const wrong = [...used].flatMap(([file, names]) =>
			Object.hasOwn(NETWORK, file) ? [] : CONNECTS.filter((name) => names.has(name)).map((name) => `${file}: ${name}`),
		);
		expect(wrong).toEqual([]);
	});

	it('goes round no import rule', () => {
		const wrong = [...used].flatMap(([file, names]) =>
			[...HIDES, COMPUTED_IMPORT]
				.filter((name) => names.has(name) && MAY_HIDE[file]?.includes(name) !== true)
				.map((name) => `${file}: ${name}`),
		);
		expect(wrong).toEqual([]);
	});

	it.each([
		['const a = fetch;', 'fetch'],
		['await fetch("http://x")', 'fetch'],
		['new WebSocket("ws://x")', 'WebSocket'],
		['globalThis["fetch"]("http://x")', 'globalThis'],
		['process.getBuiltinModule("net")', 'getBuiltinModule'],
		['process.binding("tcp_wrap")', 'getBuiltinModule'],
		['const m = await import(name);', COMPUTED_IMPORT],
		['import { createRequire } from "node:module";', 'createRequire'],
		['new Function("return fetch")()', 'Function'],
		['export const f = { fetch };', 'fetch'],
	])('sees %s', (source, name) => {
		expect([...namesIn(source)]).toContain(name);
	});

	it.each(['store.fetch()', 'const o = { fetch: 1 }; type T = { fetch: number };', '// fetch', '"fetch"'])(
		'does not take %s for one',
		(source) => {
			expect(CONNECTS.filter((name) => namesIn(source).has(name))).toEqual([]);
		},
	);

	it('makes lists of destinations where a connector or pager is made from its configuration, and nowhere else', () => {
		const makers = [...used].flatMap(([file, names]) => (names.has('bindResolve') ? [file] : []));
		expect(makers.toSorted()).toEqual([
			'src/response/connectors/address-guard.ts',
			'src/response/connectors/index.ts',
			'src/response/pagers/index.ts',
		]);
	});

	it('names only files that are there and use what they are named for, each with a reason', () => {
		const importing = /from 'node:(?:http|https|net|tls|dgram|dns|dns\/promises|child_process)'/.source;
		for (const [file, reason] of Object.entries(NETWORK)) {
			expect(reason.length).toBeGreaterThan(10);
			const text = readFileSync(join(ROOT, file), 'utf8');
			const connects = CONNECTS.some((name) => used.get(file)?.has(name));
			expect([file, connects || new RegExp(importing).test(text)]).toEqual([file, true]);
		}
	});

	it('is held to it by the import rule, which turns red on a value and lets a type pass', () => {
		// In a folder of its own: another test looks at the whole of src at the same time.
		const violations = (text: string): string[] => {
			writeFileSync(join(folder, PLANTED), text);
			const done = spawnSync(
				join(ROOT, 'node_modules/.bin/depcruise'),
				['--config', '.dependency-cruiser.mjs', '--output-type', 'json', PLANTED],
				{ cwd: folder, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
			);
			const cruised = JSON.parse(done.stdout) as {
				summary: { violations: { rule: { name: string }; from: string; to: string }[] };
			};
			return cruised.summary.violations.map(({ rule, from, to }) => `${rule.name} ${from} ${to}`);
		};
		const modules = ['http', 'https', 'net', 'tls', 'dgram', 'dns', 'dns/promises', 'http2', 'child_process'];
		const planted = violations(
			modules.map((name, at) => `import * as m${at} from 'node:${name}';\nexport { m${at} };`).join('\n'),
		);
		for (const name of modules) expect(planted).toContain(`network-at-named-files ${PLANTED} ${name}`);
		const typed = violations("import type { Server } from 'node:http';\nexport type S = Server;\n");
		expect(typed.filter((line) => line.startsWith('network-at-named-files'))).toEqual([]);
	}, 60_000);
});
