// Secrets that a stranger's playbook carries in clear text are taken out before anything of it is kept or printed. Pure. The place of each
// stays, with a variable in it, as the specification advises (section 6): whoever runs the playbook elsewhere hands the value over there.
import { isJsonObject, type Json, type JsonObject, pathText } from './strict-json.ts';

export type Cleaned = {
	readonly value: JsonObject;
	/** JSON paths at which a secret stood. */
	readonly removed: readonly string[];
};

/** Members whose text is a secret, wherever they stand in authentication, agents, targets and extensions. */
const SECRET_MEMBERS =
	/^(pass(word|phrase|wd)?|secret|client_secret|token|access_token|refresh_token|bearer|api_?key|private_?key|credentials?)$/i;
const SECRET_VARIABLE = /(pass(word|phrase|wd)|secret|token|api_?key|private_?key|credential)/i;
const SECRET_HEADER =
	/^(authorization|proxy-authorization|x-api-key|api-key|x-auth-token|cookie|x-[a-z-]{0,30}token)$/i;
/** Not a secret: empty, or a variable. */
const STANDS_FOR_ONE = /^\s*((bearer|basic|token)\s+)?(__[a-zA-Z_][a-zA-Z0-9_-]{0,199}__(:value)?\s*)?$/i;

/** Secrets inside running text; each alternative is bounded and linear. */
const IN_TEXT: readonly RegExp[] = [
	/-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----(?:[^-]|-(?!----)){0,8000}-----END [A-Z ]{0,40}PRIVATE KEY-----/g,
	/(?<=:\/\/)[^\s/:@'"]{1,200}:[^\s/@'"]{1,200}(?=@)/g,
	/(?<=authorization["']?\s{0,3}[:=]\s{0,3}["']?)(?:bearer|basic|token)\s{1,3}(?!__)[A-Za-z0-9._~+/=-]{6,4000}/gi,
	/(?<=(?:password|passwd|pwd|secret|token|api[_-]?key)["']?\s{0,3}[:=]\s{0,3}["']?)(?!__|["'\s])[^\s"',;&]{3,500}/gi,
	/(?<=\s--?(?:password|passwd|token|secret|api-key)[= ])(?!__|-)[^\s"']{3,500}/gi,
];

/** Takes every secret out of a playbook. The same playbook gives the same result, and a cleaned one is left as it is. */
export function removeSecrets(playbook: JsonObject): Cleaned {
	const cleaner = new Cleaner();
	const value = cleaner.object(playbook, []);
	if (cleaner.removed.length === 0) return { value: playbook, removed: [] };
	const written = value['playbook_variables'];
	const variables = isJsonObject(written) ? written : {};
	return {
		value: Object.hasOwn(variables, NAME)
			? value
			: { ...value, playbook_variables: { ...variables, [NAME]: STAND_IN } },
		removed: cleaner.removed,
	};
}

const NAME = '__secret_removed__';
const STAND_IN: JsonObject = {
	type: 'string',
	description: 'Stands where a secret was written in clear text; it was taken out on import.',
	value: null,
	external: true,
};
const REFERENCE = `${NAME}:value`;

class Cleaner {
	readonly removed: string[] = [];

	object(value: JsonObject, path: readonly (string | number)[]): JsonObject {
		const copy: Record<string, Json> = {};
		for (const [name, member] of Object.entries(value)) copy[name] = this.#member(name, member, [...path, name], value);
		return copy;
	}

	#member(name: string, member: Json, path: readonly (string | number)[], parent: JsonObject): Json {
		// Signatures hold public keys and the proof itself; neither is a secret, and one changed letter would void them.
		if (path[0] === 'signatures') return member;
		if (typeof member === 'string' && SECRET_MEMBERS.test(name) && !STANDS_FOR_ONE.test(member))
			return this.#drop(path, REFERENCE);
		if (
			name === 'value' &&
			path.length > 1 &&
			SECRET_VARIABLE.test(String(path.at(-2))) &&
			this.#isVariable(parent, path)
		) {
			const isEmpty = member === null || member === '' || (typeof member === 'string' && STANDS_FOR_ONE.test(member));
			if (!isEmpty) return this.#drop(path, null);
		}
		if (Array.isArray(member) && path.at(-2) === 'headers' && SECRET_HEADER.test(name)) {
			return member.map((item, at) =>
				typeof item === 'string' && !STANDS_FOR_ONE.test(item) ? this.#drop([...path, at], REFERENCE) : item,
			);
		}
		return this.#any(member, path);
	}

	#isVariable(parent: JsonObject, path: readonly (string | number)[]): boolean {
		return (
			typeof parent['type'] === 'string' && (path.at(-3) === 'playbook_variables' || path.at(-3) === 'step_variables')
		);
	}

	#any(value: Json, path: readonly (string | number)[]): Json {
		if (typeof value === 'string') return this.#text(value, path);
		if (Array.isArray(value)) return value.map((item: Json, at) => this.#any(item, [...path, at]));
		return isJsonObject(value) ? this.object(value, path) : value;
	}

	#text(text: string, path: readonly (string | number)[]): string {
		const name = String(path.at(-1));
		if (name === 'command_b64' || name === 'content_b64') return this.#encoded(text, path);
		let clean = text;
		for (const form of IN_TEXT) clean = clean.replace(form, REFERENCE);
		if (clean !== text) this.removed.push(pathText(path));
		return clean;
	}

	#encoded(text: string, path: readonly (string | number)[]): string {
		const bytes = Buffer.from(text, 'base64');
		const inside = bytes.toString('utf8');
		// What is no text (an archive, a notebook with pictures) is kept as it is: it is run by nobody here.
		if (Buffer.compare(Buffer.from(inside, 'utf8'), bytes) !== 0) return text;
		let clean = inside;
		for (const form of IN_TEXT) clean = clean.replace(form, REFERENCE);
		if (clean === inside) return text;
		this.removed.push(pathText(path));
		return Buffer.from(clean, 'utf8').toString('base64');
	}

	#drop<T extends Json>(path: readonly (string | number)[], left: T): T {
		this.removed.push(pathText(path));
		return left;
	}
}
