// A secret as a value that does not leak: printing, logging or serialising it shows only that it is one.
import { err, ok, type Result } from '../domain/result.ts';

/** A signing secret shorter than this can be guessed. */
const SECRET_LENGTH_MIN = 8;

export class Secret {
	readonly #value: string;

	constructor(value: string) {
		this.#value = value;
	}

	/** The text itself: for the one place that compares or sends it. */
	reveal(): string {
		return this.#value;
	}

	toString(): string {
		return '[secret]';
	}

	toJSON(): string {
		return '[secret]';
	}

	/** What node's inspector prints. */
	[Symbol.for('nodejs.util.inspect.custom')](): string {
		return '[secret]';
	}
}

type Named = { readonly secret_env?: string | undefined; readonly secret_file?: string | undefined };
type Variables = Readonly<Record<string, string | undefined>>;
type ReadFile = (path: string) => Result<string, string>;

/**
 * The secret that a file of ours names: the variable `secret_env` or the file `secret_file`, exactly one of them. The file's
 * last line end does not belong to it.
 */
export function readSecret(named: Named, env: Variables, readFile: ReadFile): Result<Secret, string> {
	const read = readNamed(named, env, readFile);
	if (!read.ok) return read;
	const { text, where } = read.value;
	return longEnough(text, where);
}

/**
 * The secrets of a source: one name whose text holds one, or one a line; or a list of such names. All of them are valid at once.
 *
 * @param secretsMax more than so many are refused: a secret that nobody takes back is a door left open
 */
export function readSecrets(
	named: Named & { readonly secrets?: readonly Named[] | undefined },
	env: Variables,
	readFile: ReadFile,
	secretsMax: number,
): Result<Secret[], string> {
	const isSingle = named.secret_env !== undefined || named.secret_file !== undefined;
	if (named.secrets !== undefined && isSingle)
		return err('name the secret once: `secrets` stands instead of the others');
	const found: Secret[] = [];
	for (const one of named.secrets ?? [named]) {
		const read = readNamed(one, env, readFile);
		if (!read.ok) return read;
		const { text, where } = read.value;
		const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
		for (const line of lines) {
			const secret = longEnough(line, where);
			if (!secret.ok) return secret;
			found.push(secret.value);
		}
	}
	if (found.length > secretsMax)
		return err(`${found.length} secrets, at most ${secretsMax} may be valid at once: the old one and the new one`);
	return ok(found);
}

function readNamed(
	{ secret_env: variable, secret_file: path }: Named,
	env: Variables,
	readFile: ReadFile,
): Result<{ text: string; where: string }, string> {
	if ((variable === undefined) === (path === undefined))
		return err('name the secret by `secret_env` or by `secret_file`, one of them');
	const read = variable !== undefined ? ok(env[variable] ?? '') : readFile(path ?? '');
	const where = variable !== undefined ? `the environment variable \`${variable}\`` : `the file \`${path}\``;
	if (!read.ok) return err(`${where}: ${read.error}`);
	const text = read.value.replace(/\r?\n$/, '');
	if (text.trim() === '') return err(`${where} is ${variable !== undefined ? 'not set' : 'empty'}`);
	return ok({ text, where });
}

function longEnough(text: string, where: string): Result<Secret, string> {
	if (text.length < SECRET_LENGTH_MIN)
		return err(`the secret in ${where} has ${text.length} characters, at least ${SECRET_LENGTH_MIN} are needed`);
	return ok(new Secret(text));
}
