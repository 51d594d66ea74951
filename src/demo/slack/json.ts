// Reading of JSON whose shape is not known: what a bot sent, what a page posted. A missing or wrong value reads as
// nothing. NOT here: any judgement of it (check-blocks.ts, check-view.ts).

export type JsonObject = { readonly [key: string]: unknown };

export function isObject(value: unknown): value is JsonObject {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function asObject(value: unknown): JsonObject {
	return isObject(value) ? value : {};
}

export function asText(value: unknown): string {
	return typeof value === 'string' ? value : '';
}

export function asList(value: unknown): readonly unknown[] {
	return Array.isArray(value) ? value : [];
}

export function asObjects(value: unknown): readonly JsonObject[] {
	return asList(value).filter(isObject);
}

/** The text of `value[key]`, or '' where there is none. */
export function textOf(value: unknown, key: string): string {
	return asText(asObject(value)[key]);
}

/** Parses a text; undefined where it is no JSON. */
export function parseJson(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}
