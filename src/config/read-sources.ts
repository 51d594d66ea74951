// The sources of sources.yaml with their credentials in hand.
import type { ConfigFolder } from './config-folder.ts';
import type { FilePlace } from './finding.ts';
import { checkNoSecret } from './no-secret.ts';
import { readSecrets, type Secret } from './secret.ts';
import { SECRETS_MAX, SOURCES_MAX, SourceEntry } from './sources-file.ts';

/** How a source proves who it is, with its secrets in hand: two may be valid at once. Null header or form: the default of the type. */
export type Credential =
	| { readonly type: 'bearer'; readonly secrets: readonly Secret[]; readonly header: string | null }
	| {
			readonly type: 'hmac';
			readonly secrets: readonly Secret[];
			readonly header: string | null;
			readonly form: string | null;
	  }
	| { readonly type: 'basic'; readonly user: string; readonly secrets: readonly Secret[] }
	/** SHA-256 of the certificates in bare lower-case digits, or what the subject must say. */
	| {
			readonly type: 'mtls';
			readonly certificates: readonly string[];
			readonly subject: Readonly<Record<string, string>> | null;
	  };

export type SourceConfig = {
	readonly name: string;
	readonly kind: string;
	/** Null: the common bearer token (INTERLOCK_TOKEN). */
	readonly credential: Credential | null;
	/** Addresses and ranges that may send; null for any. */
	readonly addressAllow: readonly string[] | null;
	readonly heartbeatMs: number | null;
	readonly timeZone: string;
	readonly site: string | null;
	readonly place: FilePlace;
};

/** One source of each kind, named as the kind, with the common bearer token: what holds without sources.yaml. */
export function defaultSources(kinds: readonly string[]): SourceConfig[] {
	return kinds.map((kind) => ({
		name: kind,
		kind,
		credential: null,
		addressAllow: null,
		heartbeatMs: null,
		timeZone: 'UTC',
		site: null,
		place: { file: 'defaults', line: 0, column: 0 },
	}));
}

export function readSources(folder: ConfigFolder): SourceConfig[] | null {
	const file = 'sources.yaml';
	const entries = folder.readList(file, 'sources', SourceEntry, SOURCES_MAX);
	if (!folder.has(file)) return null;
	checkNoSecret(folder, folder.written(file).list('sources'), 'source');
	return entries.flatMap(({ entry, written }) => {
		const credential = credentialOf(folder, entry, () => written.at('auth'));
		if (credential === undefined) return [];
		return [
			{
				name: entry.name,
				kind: entry.kind,
				credential,
				addressAllow: entry.address_allow ?? null,
				heartbeatMs: entry.heartbeat ?? null,
				timeZone: entry.time_zone,
				site: entry.site ?? null,
				place: written.at(),
			},
		];
	});
}

/** Undefined where the secret cannot be had: the finding is recorded. */
function credentialOf(folder: ConfigFolder, entry: SourceEntry, place: () => FilePlace): Credential | null | undefined {
	const { auth } = entry;
	if (auth === undefined) return null;
	if (auth.type === 'mtls') {
		const { certificate = [], subject = null } = auth;
		const certificates = [certificate].flat().map((text) => text.replaceAll(':', '').toLowerCase());
		return { type: 'mtls', certificates, subject };
	}
	const read = readSecrets(auth, folder.env, (path) => folder.secretFile(path), SECRETS_MAX);
	if (!read.ok) {
		const { file, line, column } = place();
		folder.error(file, line, column, `source \`${entry.name}\`: ${read.error}`);
		return undefined;
	}
	const secrets = read.value;
	if (auth.type === 'basic') return { type: 'basic', user: auth.user, secrets };
	const header = auth.header?.toLowerCase() ?? null;
	if (auth.type === 'bearer') return { type: 'bearer', secrets, header };
	return { type: 'hmac', secrets, header, form: auth.form ?? null };
}
