// A small mutator: small lies told to the text of one file, one at a time. Only text goes in and comes out; running tests against it
// is done elsewhere. Comments, imports and types are left alone: a lie there changes nothing.

export type Mutant = { readonly file: string; readonly line: number; readonly what: string; readonly text: string };

type Swap = readonly [what: string, find: RegExp, replace: string | ((match: string, ...groups: string[]) => string)];

const SWAPS: readonly Swap[] = [
	['=== to !==', / === /g, ' !== '],
	['!== to ===', / !== /g, ' === '],
	['>= to <', / >= /g, ' < '],
	['<= to >', / <= /g, ' > '],
	['> to >=', /(?<![=<]) > (?!=)/g, ' >= '],
	['< to <=', / < (?!=)/g, ' <= '],
	['&& to ||', / && /g, ' || '],
	['|| to &&', / \|\| /g, ' && '],
	['every to some', /\.every\(/g, '.some('],
	['some to every', /\.some\(/g, '.every('],
	['AUTO to ONE', /'AUTO'/g, "'ONE'"],
	['ONE to AUTO', /'ONE'/g, "'AUTO'"],
	['TWO to ONE', /'TWO'/g, "'ONE'"],
	['HANDS to TWO', /'HANDS'/g, "'TWO'"],
	['NEVER to HANDS', /'NEVER'/g, "'HANDS'"],
	[
		'a level more',
		/\['(2|3|3\.5|4)'(, '[^\]]*)?\](?=[),])/g,
		(match) => match.replace('[', "['1', ").replace("'1', '1'", "'1'"),
	],
	['a level less', /\['[0-9.]+', ('[^\]]*)\](?=[),])/g, (_match, rest) => `[${rest}]`],
	['DMZ to level 4 and 5', /, DMZ(?=[,)])/g, ', LEVEL_45'],
	['levels 4 and 5 to any', /, LEVEL_45(?=[,)])/g, ', OT_LEVELS'],
	['no window', /\twindow: true,/g, ''],
	['no mark for IT', /\tit: true,/g, ''],
	['approver it', /approver: '(ot|network|reporter)'/g, "approver: 'it'"],
	['no unless', /, \{ unless: \[[^\]]*\] \}/g, ''],
	['not bare', /, \{ bare: true \}|, bare: true/g, ''],
	// `bare?: true` is a type: nobody runs it.
	['true to false', /(?<!\?: )\btrue\b(?!;? *\}?>)/g, 'false'],
	['false to true', /\bfalse\b/g, 'true'],
	['no negation', /(?<=[(\s])!(?=[a-zA-Z(])/g, ''],
];

const isCode = (line: string): boolean => !/^\s*(\/\/|\*|\/\*|import\b|export type\b|readonly\b|\|)/.test(line);

/** The end of the bracket that opens at `at`; -1 where it never closes. */
function closes(text: string, at: number, open: string, close: string): number {
	let depth = 0;
	for (let i = at; i < text.length; i++) {
		if (text[i] === open) depth++;
		else if (text[i] === close && --depth === 0) return i;
	}
	return -1;
}

/** Every lie that this file can be told. */
export function mutantsOf(file: string, source: string): Mutant[] {
	const found: Mutant[] = [];
	const lineOf = (at: number): number => source.slice(0, at).split('\n').length;
	const lines = source.split('\n');
	const isLie = (at: number): boolean => isCode(lines[lineOf(at) - 1] ?? '');
	const add = (at: number, what: string, text: string): void => {
		if (isLie(at) && text !== source) found.push({ file, line: lineOf(at), what, text });
	};
	const put = (at: number, length: number, by: string): string => source.slice(0, at) + by + source.slice(at + length);
	for (const [what, find, replace] of SWAPS) {
		for (const match of source.matchAll(find)) {
			const by =
				typeof replace === 'string' ? replace : replace(match[0], ...match.slice(1).map((group) => group ?? ''));
			add(match.index, what, put(match.index, match[0].length, by));
		}
	}
	for (const match of source.matchAll(/\bif \(/g)) {
		const open = match.index + 3;
		const close = closes(source, open, '(', ')');
		if (close === -1) continue;
		add(match.index, 'if never', put(open, close - open + 1, '(false)'));
		add(match.index, 'if negated', put(open, close - open + 1, `(!${source.slice(open, close + 1)})`));
	}
	for (const match of source.matchAll(/\n\trow\(\{/g)) {
		const open = match.index + 5;
		const close = closes(source, open, '(', ')');
		add(match.index + 1, 'no row', put(match.index + 1, close + 2 - match.index - 1, ''));
	}
	// A condition in a list of a row: `holds`, `when`, `proofs`. One is left out.
	for (const match of source.matchAll(/(?<=[[\s(])(shown|eitherShown|unlessOt)\('?/g)) {
		const open = source.indexOf('(', match.index);
		const close = closes(source, open, '(', ')');
		const before = source.slice(0, match.index).trimEnd().at(-1);
		const after = /^,?\s*/.exec(source.slice(close + 1))?.[0].length ?? 0;
		const isInList = before === '[' || before === ',';
		if (isInList && close !== -1)
			add(match.index, 'a condition less', put(match.index, close + 1 - match.index + after, ''));
	}
	for (const match of source.matchAll(/proofs: \[/g)) {
		const open = source.indexOf('[', match.index);
		const close = closes(source, open, '[', ']');
		add(match.index, 'no proofs', put(open, close - open + 1, '[]'));
	}
	return found;
}
