// What the demo's people say outside chat: they type it on the server's command line, with a token of their own, as docs/operating.md says.
import { makePersonToken, TOKEN_HOLDS_MS } from '../chat/person-token.ts';
import type { Config } from '../config/config.ts';
import type { Outside } from '../demo/acted-people.ts';
import type { Database } from '../store/database.ts';
import { incident } from './incident.ts';
import { EXIT } from './io.ts';
import { directoryOf, readPersonKey } from './person.ts';

/**
 * @param open the running program's database; it is not closed here
 * @returns a function that runs `interlock incident fact WORDS` as a person; false where it was not accepted or the database is away
 */
export function outsideChat(config: Config, open: () => Promise<Database>): Outside {
	const { dataFolder } = config.environment;
	return async (who, words) => {
		const key = readPersonKey(dataFolder, true);
		if (!key.ok) throw new Error(key.error);
		const code = await incident(
			['fact', ...words],
			{
				env: {
					INTERLOCK_PERSON: who.id,
					INTERLOCK_PERSON_TOKEN: makePersonToken(key.value, who.id, Date.now() + TOKEN_HOLDS_MS),
				},
				out: () => undefined,
				err: () => undefined,
				stdin: async () => new Uint8Array(),
			},
			{
				directory: directoryOf(config, Date.now()),
				dataFolder,
				open: async () => ({ database: await open(), close: async () => undefined }),
				now: Date.now,
			},
		);
		return code === EXIT.ok;
	};
}
