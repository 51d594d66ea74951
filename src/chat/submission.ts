// Reads what a window sent back: text by block, and how many boxes of how many are ticked. Pure; any shape is survived.

const FIELD_MAX = 3_000;

/** The text of each block's first element that holds text. */
export function readFields(values: unknown): Record<string, string> {
	const fields: Record<string, string> = {};
	for (const [block, elements] of entriesOf(values)) {
		for (const [, element] of entriesOf(elements)) {
			const value = isRecord(element) ? element['value'] : undefined;
			if (typeof value === 'string') fields[block] = value.slice(0, FIELD_MAX);
		}
	}
	return fields;
}

/** Over all checkbox blocks of the window: options shown, options ticked. */
export function readChoices(blocks: unknown, values: unknown): { readonly shown: number; readonly ticked: number } {
	let shown = 0;
	let ticked = 0;
	for (const block of Array.isArray(blocks) ? blocks : []) {
		const element = isRecord(block) ? block['element'] : undefined;
		if (isRecord(element) && element['type'] === 'checkboxes' && Array.isArray(element['options']))
			shown += element['options'].length;
	}
	for (const [, elements] of entriesOf(values)) {
		for (const [, element] of entriesOf(elements)) {
			const chosen = isRecord(element) ? element['selected_options'] : undefined;
			if (Array.isArray(chosen))
				ticked += new Set(chosen.map((option) => (isRecord(option) ? String(option['value']) : ''))).size;
		}
	}
	return { shown, ticked };
}

function isRecord(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function entriesOf(value: unknown): [string, unknown][] {
	return isRecord(value) ? Object.entries(value) : [];
}
