// Reads lists that products write into one text: `a, b`, `a;b`, Python's `['a', None]`, JSON's `["a"]`. What the items mean is
// said in sources/.
import { present } from './draft.ts';

const ITEMS_MAX = 500;
const LENGTH_MAX = 20_000;

/** The items of a list in a text, without brackets, quotes and empty or absent (`None`) ones; a text that is no list is one item. */
export function listIn(text: string | null | undefined): string[] {
	const inner = (text ?? '').slice(0, LENGTH_MAX).trim().replace(/^\[/, '').replace(/\]$/, '');
	const items: string[] = [];
	for (const part of inner.split(/[,;\n]/)) {
		const item = present(
			part
				.trim()
				.replace(/^u?['"]/, '')
				.replace(/['"]$/, ''),
		);
		if (item !== null && items.length < ITEMS_MAX) items.push(item);
	}
	return items;
}
