// docs/sources.md says what the code does: its part about kinds is written from the source files (`npm run golden` rewrites it).
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { SOURCE_KINDS, type SourceKind } from '../../src/intake/sources/index.ts';

const page = new URL('../../docs/sources.md', import.meta.url);
const BEGIN = '<!-- kinds:begin -->';
const END = '<!-- kinds:end -->';

const cell = (text: string): string => text.replaceAll('|', '\\|');

function overview(): string[] {
	return [
		'| kind | aliases | product | domain |',
		'| --- | --- | --- | --- |',
		...SOURCE_KINDS.map(
			({ name, aliases, title, domain }) =>
				`| \`${name}\` | ${aliases.map((alias) => `\`${alias}\``).join(', ')} | ${cell(title)} | ${domain ?? 'by the inventory'} |`,
		),
	];
}

function section(kind: SourceKind): string[] {
	return [
		`### ${kind.title}`,
		'',
		`Kind \`${kind.name}\`. The same condition: ${kind.identity}.`,
		'',
		...kind.forms.map((form) => `- takes: ${form}`),
		...kind.setup.map((step) => `- set up: ${step}`),
		...kind.notHandled.map((gap) => `- not handled: ${gap}`),
		'',
		'| the vendor states | severity |',
		'| --- | --- |',
		...kind.severities.map(([raw, severity]) => `| ${cell(raw)} | ${severity ?? 'none (`null`)'} |`),
	];
}

describe('docs/sources.md', () => {
	it('holds the kinds as the source files describe them', async () => {
		const text = readFileSync(page, 'utf8');
		const [before, rest] = text.split(BEGIN);
		const after = rest?.split(END)[1];
		if (before === undefined || after === undefined) throw new Error('docs/sources.md has lost its markers');
		const kinds = [overview(), ...SOURCE_KINDS.map(section)].map((lines) => lines.join('\n')).join('\n\n');
		await expect(`${before}${BEGIN}\n\n${kinds}\n\n${END}${after}`).toMatchFileSnapshot('../../docs/sources.md');
	});

	it.each(SOURCE_KINDS)('kind $name says how it is set up, what it takes and by what it knows a condition', (kind) => {
		expect(kind.setup.length).toBeGreaterThan(0);
		expect(kind.forms.length).toBeGreaterThan(0);
		expect(kind.severities.length).toBeGreaterThan(1);
		expect(kind.identity).not.toBe('');
		expect(kind.aliases).not.toContain(kind.name);
	});

	it('no name or alias stands for two kinds', () => {
		const names = SOURCE_KINDS.flatMap((kind) => [kind.name, ...kind.aliases]);
		expect(new Set(names).size).toBe(names.length);
	});
});
