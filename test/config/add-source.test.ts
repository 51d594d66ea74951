import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { addSource } from '../../src/config/add-source.ts';

const entry = { name: 'nozomi-north', kind: 'nozomi', auth: { type: 'bearer', secret_file: 'secrets/nozomi-north' } };
const added = (text: string): string => {
	const result = addSource(text, entry);
	if (!result.ok) throw new Error(result.error);
	return result.value;
};

describe('a source added to sources.yaml', () => {
	it.each([
		['an empty file', '', []],
		['a file of comments', '# our sources\n', []],
		['a list that is empty', '# our sources\nsources: []  # none yet\n', []],
		['a list that holds nothing', 'sources:\n', []],
		['a list under its key', 'sources:\n  - name: a\n    kind: wazuh\n', [{ name: 'a', kind: 'wazuh' }]],
		['a list by itself', '- name: a\n  kind: wazuh\n', [{ name: 'a', kind: 'wazuh' }]],
		['a list at the margin', 'sources:\n- {name: a, kind: wazuh}\n', [{ name: 'a', kind: 'wazuh' }]],
		['a list in brackets', 'sources: [{name: a, kind: wazuh}]\n', [{ name: 'a', kind: 'wazuh' }]],
		['a file without a last line end', 'sources:\n  - name: a\n    kind: wazuh', [{ name: 'a', kind: 'wazuh' }]],
	])('%s: says what it said before, and the source', (_, text, before) => {
		const value = parse(added(text)) as { sources: unknown[] } | unknown[];
		expect(Array.isArray(value) ? value : value.sources).toEqual([...before, entry]);
		for (const comment of text.match(/#.*/g) ?? []) expect(added(text)).toContain(comment);
	});

	it('leaves every line of people as it stands: comments, quotes, columns, blank lines', () => {
		const text = [
			'# Sources of the north plant.',
			'',
			'sources:',
			"  - name:  'a'       # lined up",
			'    kind:  wazuh',
			'',
			'    auth: {type: bearer,   secret_env: A_TOKEN}   # rotated in May',
			'  # the next one is old',
			'  - name: b',
			'    kind: "splunk"   # until December',
			'# the end',
			'',
		].join('\n');
		const lines = added(text).split('\n');
		for (const line of text.split('\n')) expect(lines).toContain(line);
		expect(added(text).indexOf('nozomi-north')).toBeGreaterThan(text.indexOf('until December'));
	});

	it.each([
		[
			'a name that is there',
			'sources:\n  - {name: nozomi-north, kind: nozomi}\n',
			'a source `nozomi-north` is there already',
		],
		['broken YAML', 'sources: [\n', 'not readable as YAML'],
		['a file of something else', 'people: []\n', 'no list of sources'],
		['a text', 'hello\n', 'no list of sources'],
	])('is refused by %s', (_, text, why) => {
		const result = addSource(text, entry);
		expect(result.ok ? '' : result.error).toContain(why);
	});

	it('one after the other stands behind the others, whatever their names', () => {
		const names = fc.uniqueArray(fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,20}$/), { minLength: 1, maxLength: 8 });
		fc.assert(
			fc.property(names, (list) => {
				let text = '# kept\nsources: []\n';
				for (const name of list) {
					const result = addSource(text, { ...entry, name });
					text = result.ok ? result.value : text;
				}
				const { sources } = parse(text) as { sources: { name: unknown }[] };
				expect(sources.map((one) => one.name)).toEqual(list);
				expect(text).toContain('# kept');
			}),
			{ numRuns: 60 },
		);
	});
});
