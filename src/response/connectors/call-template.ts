// From a configured call and a step's parameters to a URL and a body. Parameters may come from alert text, which an attacker writes:
// in a path they must be plain words and are URL-encoded, in a body they are JSON strings and can be nothing else. Pure.
import { err, ok, type Result } from '../../domain/result.ts';
import type { StepParams } from '../../domain/step.ts';

/** What may stand in a path: names, addresses, ids. No slash, no percent, no dot first, nothing that a proxy may read as another path. */
const PATH_VALUE = /^[A-Za-z0-9][A-Za-z0-9._:@-]{0,199}$/;
const PLACEHOLDER = /\{([a-z][a-z0-9_]{0,39})\}/g;
const LONE_PLACEHOLDER = /^\{([a-z][a-z0-9_]{0,39})\}$/;
/** Characters of one value in a body. */
const BODY_VALUE_MAX = 4_000;

export type Values = StepParams;

/**
 * The address of one call: the base URL's own path, then the call's, with its placeholders filled in.
 *
 * @returns why not, where a value is missing or is no plain word, or where the result would leave the base URL
 */
export function urlFor(baseUrl: string, path: string, values: Values): Result<URL, string> {
	let fault: string | null = null;
	const filled = path.replace(PLACEHOLDER, (_whole, name: string) => {
		const value = values[name];
		const text = typeof value === 'string' || typeof value === 'number' ? String(value) : '';
		if (!PATH_VALUE.test(text))
			fault ??= value === undefined ? `parameter \`${name}\` is missing` : `parameter \`${name}\` is no plain word`;
		return encodeURIComponent(text);
	});
	if (fault !== null) return err(fault);
	const base = new URL(baseUrl);
	if (base.username !== '' || base.password !== '') return err('the base URL carries credentials: use `auth`');
	const root = base.pathname.endsWith('/') ? base.pathname.slice(0, -1) : base.pathname;
	const url = new URL(base);
	const [way = '', query = ''] = filled.split('?', 2);
	url.pathname = `${root}/${way.replace(/^\/+/, '')}`;
	url.search = query === '' ? '' : `?${query}`;
	url.hash = '';
	if (url.origin !== base.origin || (url.pathname !== root && !url.pathname.startsWith(`${root}/`))) {
		return err('the path leads away from the base URL');
	}
	return ok(url);
}

/**
 * The JSON body. A text that is one placeholder keeps the value's type (a list stays a list); inside other text it becomes text.
 * A placeholder without a value is an error: a call that says `null` where a host should be named is worse than none.
 */
export function bodyFor(
	template: Readonly<Record<string, string>> | undefined,
	values: Values,
): Result<string, string> {
	const body: Record<string, unknown> = {};
	let fault: string | null = null;
	for (const [name, text] of Object.entries(template ?? {})) {
		const lone = LONE_PLACEHOLDER.exec(text)?.[1];
		const held = lone === undefined ? undefined : values[lone];
		if (held !== undefined && typeof held !== 'string') {
			body[name] = held;
			continue;
		}
		body[name] = text
			.replace(PLACEHOLDER, (_whole, wanted: string) => {
				const value = values[wanted];
				if (value === undefined) fault ??= `parameter \`${wanted}\` is missing`;
				return Array.isArray(value) ? value.join(', ') : String(value ?? '');
			})
			.slice(0, BODY_VALUE_MAX);
	}
	return fault === null ? ok(JSON.stringify(body)) : err(fault);
}
