// `interlock person token ID`: prints the token with which a person proves who they are on the command line. The server's key lies in the
// data folder, mode 0600: who may read it may speak for everybody, so it is guarded like the database itself.
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createDirectory, type Directory } from '../chat/directory.ts';
import { makePersonToken, TOKEN_HOLDS_MAX_MS, TOKEN_HOLDS_MS } from '../chat/person-token.ts';
import type { Config } from '../config/config.ts';
import { indexInventory } from '../domain/inventory.ts';
import { nearest } from '../domain/nearest.ts';
import type { Person } from '../domain/person.ts';
import { err, ok, type Result } from '../domain/result.ts';
import { DAY, type Instant, toIso } from '../domain/time.ts';
import { attackTable, findTechnique } from '../triage/attack-table.ts';
import { EXIT, type Io } from './io.ts';
import { openConfig } from './open.ts';

const KEY_FILE = 'person-key';
const KEY_BYTES = 32;

const USAGE = 'usage: interlock person token ID [--days N]\n       interlock person list\n';

export type PersonDeps = {
	readonly dataFolder: string;
	readonly people: readonly Person[];
	readonly now: () => Instant;
};

/**
 * The server's key for person tokens. A file that others may read, or that is damaged, is an error and is never replaced.
 *
 * @param mayMake true for the command that hands out tokens; false where a token is checked
 */
export function readPersonKey(dataFolder: string, mayMake: boolean): Result<Buffer, string> {
	const path = join(dataFolder, KEY_FILE);
	try {
		if (mayMake) makeKey(dataFolder, path);
		const { mode } = statSync(path);
		if ((mode & 0o077) !== 0)
			return err(
				`${path}: other users may read it\n    help: chmod 600 ${path}, then make new tokens if somebody else has seen it`,
			);
		const key = Buffer.from(readFileSync(path, 'utf8').trim(), 'hex');
		return key.length === KEY_BYTES
			? ok(key)
			: err(
					`${path}: holds no key of ${KEY_BYTES} bytes\n    help: remove it to begin anew; every token made with it ends`,
				);
	} catch (cause) {
		const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
		if (code === 'ENOENT')
			return err(
				`${path}: is not there: no token has been made on this server yet\n    help: interlock person token ID`,
			);
		return err(`${path}: cannot be read (${code})\n    help: run this as the user that runs Interlock`);
	}
}

function makeKey(dataFolder: string, path: string): void {
	mkdirSync(dataFolder, { recursive: true });
	try {
		writeFileSync(path, `${randomBytes(KEY_BYTES).toString('hex')}\n`, { mode: 0o600, flag: 'wx' });
	} catch (cause) {
		// There already: never replaced.
		if (!(cause instanceof Error && 'code' in cause && cause.code === 'EEXIST')) throw cause;
	}
}

/** The plant and its people as configured; shared with `incident` and `serve`. */
export function directoryOf(config: Config, now: Instant): Directory {
	const inventory = config.inventory ?? { assets: [], zones: [], conduits: [], confirmedAt: now };
	return createDirectory({
		people: config.people,
		groups: config.groups,
		inventory: indexInventory(inventory),
		sites: config.settings.sites.map((site) => site.name),
		technique: (id) => findTechnique(attackTable, id)?.name ?? null,
	});
}

function depsOf(io: Io): PersonDeps | null {
	const config = openConfig(io, Date.now());
	return config === null ? null : { dataFolder: config.environment.dataFolder, people: config.people, now: Date.now };
}

/** @returns 0 printed, 2 wrong usage or nobody of that id, 3 the key cannot be read */
export async function person(args: string[], io: Io, given: PersonDeps | null = null): Promise<number> {
	let parsed: { values: { days?: string | undefined }; positionals: string[] };
	try {
		parsed = parseArgs({ args, allowPositionals: true, options: { days: { type: 'string' } } });
	} catch (error) {
		io.err(`person: ${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
		return EXIT.usage;
	}
	const [command, id] = parsed.positionals;
	const deps = given ?? depsOf(io);
	if (deps === null) return EXIT.unable;
	if (command === 'list') {
		for (const one of deps.people) io.out(`${one.id}  ${one.name}  ${one.roles.map((grant) => grant.role).join(', ')}`);
		return EXIT.ok;
	}
	if (command !== 'token' || id === undefined) {
		io.err(USAGE);
		return EXIT.usage;
	}
	if (!deps.people.some((one) => one.id === id)) {
		const near = nearest(
			id,
			deps.people.map((one) => one.id),
		);
		io.err(`people.yaml: nobody has the id \`${id}\`${near === null ? '' : `\n    help: did you mean \`${near}\`?`}`);
		return EXIT.usage;
	}
	const days = parsed.values.days === undefined ? TOKEN_HOLDS_MS / DAY : Number(parsed.values.days);
	if (!(days > 0 && days * DAY <= TOKEN_HOLDS_MAX_MS)) {
		io.err(`--days \`${parsed.values.days}\`: a number from 1 to ${TOKEN_HOLDS_MAX_MS / DAY}`);
		return EXIT.usage;
	}
	const key = readPersonKey(deps.dataFolder, true);
	if (!key.ok) {
		io.err(key.error);
		return EXIT.unable;
	}
	const endsAt = deps.now() + days * DAY;
	io.out(makePersonToken(key.value, id, endsAt));
	io.err(
		`Holds until ${toIso(endsAt)}. The person sets it on this server: INTERLOCK_PERSON=${id} INTERLOCK_PERSON_TOKEN=<the line above>`,
	);
	return EXIT.ok;
}
