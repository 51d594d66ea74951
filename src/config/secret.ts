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

/**
 * The secret that a file of ours names: the variable `secret_env` or the file `secret_file`, exactly one of them. The file's
 * last line end does not belong to it.
 */
export function readSecret(
	named: { readonly secret_env?: string | undefined; readonly secret_file?: string | undefined },
	env: Readonly<Record<string, string | undefined>>,
	readFile: (path: string) => Result<string, string>,
): Result<Secret, string> {
	const { secret_env: variable, secret_file: path } = named;
	if ((variable === undefined) === (path === undefined))
		return err('name the secret by `secret_env` or by `secret_file`, one of them');
	const read = variable !== undefined ? ok(env[variable] ?? '') : readFile(path ?? '');
	const where = variable !== undefined ? `the environment variable \`${variable}\`` : `the file \`${path}\``;
	if (!read.ok) return err(`${where}: ${read.error}`);
	const value = read.value.replace(/\r?\n$/, '');
	if (value === '') return err(`${where} is ${variable !== undefined ? 'not set' : 'empty'}`);
	if (value.length < SECRET_LENGTH_MIN)
		return err(`the secret in ${where} has ${value.length} characters, at least ${SECRET_LENGTH_MIN} are needed`);
	return ok(new Secret(value));
}
