// The sources of the configuration as the doors want them: credentials, parsers, certificates.
import type { Config } from '../config/config.ts';
import { defaultSources, type SourceConfig } from '../config/read-sources.ts';
import type { IntakeContext } from '../domain/alert.ts';
import type { Credential } from '../intake/authenticate.ts';
import { sourceFinder } from '../intake/door-sources.ts';
import type { DoorSource } from '../intake/http.ts';
import { mappedKind } from '../intake/mapping.ts';
import { parseBody } from '../intake/parse-body.ts';
import { sourceKindNames } from '../intake/sources/index.ts';
import type { TlsPair } from '../intake/tls.ts';
import type { FlowParts } from './parts.ts';

/** The program's kinds and those of the site's mapping files. */
export function parserOf({ config }: FlowParts) {
	const mapped = config.mappings.map(mappedKind);
	return (kind: string, body: Uint8Array | string, context: IntakeContext) => parseBody(kind, body, context, mapped);
}

/** The sources, and whether aliases of their kinds are sources too: without sources.yaml they are (`defender`, `cef-generic`). */
export function doorSources({ config, token }: FlowParts): {
	readonly sources: readonly DoorSource[];
	readonly hasAliases: boolean;
} {
	const all = config.sources ?? defaultSources([...sourceKindNames(), ...config.mappings.map(({ kind }) => kind)]);
	return { sources: all.map((source) => doorSource(source, token)), hasAliases: config.sources === null };
}

export function sourceOf(parts: FlowParts): (name: string) => DoorSource | null {
	const { sources, hasAliases } = doorSources(parts);
	return sourceFinder(sources, hasAliases);
}

function doorSource(source: SourceConfig, token: string): DoorSource {
	return {
		name: source.name,
		kind: source.kind,
		credential: credentialOf(source, token),
		addressAllow: source.addressAllow ?? [],
		timeZone: source.timeZone,
	};
}

function credentialOf({ credential }: SourceConfig, token: string): Credential {
	if (credential === null) return { type: 'default', secrets: [token] };
	switch (credential.type) {
		case 'bearer':
			return {
				type: 'bearer',
				secrets: credential.secrets.map((secret) => secret.reveal()),
				...(credential.header === null ? {} : { header: credential.header }),
			};
		case 'hmac':
			return {
				type: 'hmac',
				secrets: credential.secrets.map((secret) => secret.reveal()),
				...(credential.header === null ? {} : { header: credential.header }),
				...(credential.form === null ? {} : { form: credential.form }),
			};
		case 'basic':
			return { type: 'basic', user: credential.user, secrets: credential.secrets.map((secret) => secret.reveal()) };
		case 'mtls':
			return { type: 'mtls', fingerprints: credential.certificates, subject: credential.subject };
	}
}

export function revealed(tls: NonNullable<Config['tls']>): TlsPair {
	return { cert: tls.cert, key: tls.key.reveal(), clientCa: tls.clientCa };
}
