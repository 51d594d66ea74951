// A pattern with named groups that takes a line of text apart, for mapping files. RE2: linear time whatever the pattern and the line.
import { RE2JS } from 're2js';
import { err, ok, type Result } from '../domain/result.ts';

/** A line longer than this is cut before the pattern looks at it. */
const LINE_MAX = 20_000;

export type LinePattern = (line: string) => Readonly<Record<string, string>> | null;

/** Compiles a pattern such as `^(?P<time>\S+) (?P<text>.*)`. It must name at least one group. */
export function compileLinePattern(text: string): Result<LinePattern, string> {
	let compiled: RE2JS;
	try {
		compiled = RE2JS.compile(text);
	} catch (error) {
		// The library throws on whatever is no RE2 pattern, look-ahead and back references among it.
		return err(error instanceof Error ? error.message : String(error));
	}
	if (!/\(\?P?<[A-Za-z]/.test(text)) return err('the pattern names no group: write `(?P<name>...)`');
	return ok((line) => {
		const matcher = compiled.matcher(line.slice(0, LINE_MAX));
		if (!matcher.find()) return null;
		const groups = Object.entries(matcher.getNamedGroups());
		return Object.fromEntries(groups.map(([name, value]) => [name, value ?? '']));
	});
}
