// Secrets that people wrote into a file of the configuration.
import type { ConfigFolder } from './config-folder.ts';
import { shown } from './finding.ts';
import { textAt, textsAt, type WrittenEntry } from './written.ts';

/** Keys under which people write a secret itself. */
const SECRET_WORDS = ['secret', 'token', 'password', 'passphrase', 'key', 'bearer', 'api_key', 'routing_key'];

/** A secret in a file that stands under version control is known to all who read it: it is refused, and not repeated. */
export function checkNoSecret(folder: ConfigFolder, entries: readonly WrittenEntry[], what: string): void {
	for (const { value, at } of entries) {
		const whose = `${what} ${shown(textAt(value, 'name') ?? '')}`;
		const refuse = (...path: (string | number)[]): void => {
			const { file, line, column } = at(...path);
			folder.error(
				file,
				line,
				column,
				`${whose}: a secret is never written here`,
				'put it into a variable or a file and name that by `secret_env` or `secret_file`; whoever has read this file knows it: make a new one',
			);
		};
		for (const key of SECRET_WORDS) {
			if (textAt(value, 'auth', key) !== null) refuse('auth', key);
			if (textAt(value, key) !== null) refuse(key);
		}
		for (const { index } of textsAt(value, 'auth', 'secrets')) refuse('auth', 'secrets', index);
	}
}
