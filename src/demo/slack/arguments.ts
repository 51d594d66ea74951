// The arguments of a Web API call, form-encoded or JSON, read one by one with Slack's error codes. Pure.
import { SlackApiError } from './api-error.ts';
import { asObject, asText, type JsonObject, parseJson } from './json.ts';

/** The arguments in a request body; a form may carry JSON in its values, which `Arguments.json` reads. */
export function parseArguments(contentType: string, raw: string, query: URLSearchParams): JsonObject {
	const fromQuery = Object.fromEntries(query);
	if (raw === '') return fromQuery;
	if (contentType.includes('application/json')) {
		const body = parseJson(raw);
		if (body === undefined) throw new SlackApiError('invalid_json');
		if (typeof body !== 'object' || body === null || Array.isArray(body)) throw new SlackApiError('json_not_object');
		return { ...fromQuery, ...asObject(body) };
	}
	return { ...fromQuery, ...Object.fromEntries(new URLSearchParams(raw)) };
}

export class Arguments {
	readonly #values: JsonObject;

	constructor(values: JsonObject) {
		this.#values = values;
	}

	has(key: string): boolean {
		const value = this.#values[key];
		return value !== undefined && value !== null && value !== '';
	}

	text(key: string): string {
		const value = this.#values[key];
		return typeof value === 'number' ? String(value) : asText(value);
	}

	/** @throws SlackApiError invalid_arguments, with Slack's message, where it is missing */
	required(key: string): string {
		const value = this.text(key);
		if (value === '') throw new SlackApiError('invalid_arguments', [`[ERROR] missing required field: ${key}`]);
		return value;
	}

	flag(key: string): boolean {
		const value = this.#values[key];
		return value === true || value === 'true' || value === '1';
	}

	/** A whole number between 1 and `max`; `fallback` where none is given. */
	count(key: string, fallback: number, max: number): number {
		if (!this.has(key)) return fallback;
		const value = Number(this.#values[key]);
		if (!Number.isInteger(value) || value < 1) throw new SlackApiError('invalid_limit');
		return Math.min(value, max);
	}

	/** A structured value: an object or array, or the JSON text of one; undefined where the argument is missing. */
	json(key: string, errorCode: string): unknown {
		const value = this.#values[key];
		if (value === undefined || value === null || value === '') return undefined;
		if (typeof value !== 'string') return value;
		const parsed = parseJson(value);
		if (parsed === undefined) throw new SlackApiError(errorCode, [`[ERROR] must be valid JSON [json-pointer:/${key}]`]);
		return parsed;
	}

	/** A list of ids: an array, JSON of one, or ids with commas between. */
	ids(key: string): string[] {
		const value = this.#values[key];
		if (Array.isArray(value)) return value.map(asText);
		const text = asText(value).trim();
		const parsed = text.startsWith('[') ? parseJson(text) : undefined;
		const entries = Array.isArray(parsed) ? parsed.map(asText) : text.split(',');
		return entries.map((entry) => entry.trim()).filter((entry) => entry !== '');
	}
}
