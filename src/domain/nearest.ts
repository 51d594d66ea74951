// "Did you mean": the known name that a misspelt one most likely stands for. Pure; the caller decides what that means.

/** Longer words are compared by their beginning only: the cost is quadratic, and nobody misspells a key of this length. */
const LENGTH_MAX = 64;

/**
 * Edits between two words: insertions, deletions, substitutions, and swaps of neighbours counted as one
 * (optimal string alignment distance).
 */
export function editDistance(left: string, right: string): number {
	const a = left.slice(0, LENGTH_MAX);
	const b = right.slice(0, LENGTH_MAX);
	let before: number[] = [];
	let last = Array.from({ length: b.length + 1 }, (_, j) => j);
	for (let i = 1; i <= a.length; i++) {
		const row = [i];
		for (let j = 1; j <= b.length; j++) {
			const cost = a[i - 1] === b[j - 1] ? 0 : 1;
			let best = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + cost);
			if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
				best = Math.min(best, (before[j - 2] ?? 0) + 1);
			row.push(best);
		}
		before = last;
		last = row;
	}
	return last[b.length] ?? 0;
}

/**
 * The known name nearest to a word, or null where none is near: one edit for names of up to five letters, two for longer
 * ones. Names of two letters are near only when a letter was added or the two were swapped, because `ou` is not `os`.
 */
export function nearest(word: string, known: Iterable<string>): string | null {
	const wanted = word.trim().toLowerCase();
	let found: string | null = null;
	let least = 3;
	for (const name of known) {
		const target = name.toLowerCase();
		if (Math.abs(target.length - wanted.length) > 2) continue;
		const distance = editDistance(wanted, target);
		const allowed = Math.min(target.length, wanted.length) <= 5 ? 1 : 2;
		if (distance > allowed || distance >= least) continue;
		if (target.length === 2 && wanted.length === 2 && [...wanted].sort().join() !== [...target].sort().join()) continue;
		if (target.length === 2 && wanted.length < 2) continue;
		found = name;
		least = distance;
	}
	return found;
}

/** The help line for an unknown name: the nearest known one where there is one, and all known ones where they are few. */
export function didYouMean(word: string, known: readonly string[]): string {
	const near = nearest(word, known);
	const list = known.length <= 40 ? `known names are: ${[...known].sort().join(', ')}` : '';
	return [near === null ? '' : `did you mean \`${near}\`?`, list].filter((part) => part !== '').join(' ');
}
