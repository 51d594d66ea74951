// Where the program listens: TLS of the door, syslog listeners, and whether a source that is known by its certificate can be.
import type { Instant } from '../domain/time.ts';
import type { ConfigFolder } from './config-folder.ts';
import { type FilePlace, shown } from './finding.ts';
import type { SourceConfig } from './read-sources.ts';
import type { Settings } from './settings-file.ts';
import { type ListenerSettings, listenAt, type TlsFiles } from './syslog-settings.ts';
import { readTls, type TlsConfig } from './tls-files.ts';

/** A syslog listener with its TLS files in hand. */
export type SyslogListenerConfig = {
	/** What people call it: `syslog:udp:0.0.0.0:5514`. No source can have this name. */
	readonly name: string;
	readonly host: string;
	readonly port: number;
	readonly transport: ListenerSettings['transport'];
	readonly tls: TlsConfig | null;
	readonly source: string | null;
	readonly routes: ListenerSettings['routes'];
	readonly place: FilePlace;
};

export function tlsOf(
	folder: ConfigFolder,
	files: TlsFiles,
	path: readonly (string | number)[],
	now: Instant,
): TlsConfig | null {
	const read = readTls(files, (file) => folder.secretFile(file), now);
	if (read.ok) return read.value;
	const { key, message } = read.error;
	const { file, line, column } = folder.written('interlock.yaml').at(...path, key);
	folder.error(file, line, column, `\`${key}\`: ${message}`);
	return null;
}

export function readListeners(folder: ConfigFolder, settings: Settings, now: Instant): SyslogListenerConfig[] {
	const seen = new Set<string>();
	return settings.syslog.listeners.map((listener, index) => {
		const path = ['syslog', 'listeners', index] as const;
		const { host, port } = listenAt(listener);
		const { transport, routes } = listener;
		const name = `syslog:${transport}:${host.includes(':') ? `[${host}]` : host}:${port}`;
		const place = folder.written('interlock.yaml').at(...path, 'listen');
		const socket = `${transport === 'udp' ? 'udp' : 'tcp'} ${host} ${port}`;
		if (port !== 0 && seen.has(socket))
			folder.error(place.file, place.line, place.column, `another listener is at ${shown(listener.listen)} already`);
		seen.add(socket);
		const tls = listener.tls === undefined ? null : tlsOf(folder, listener.tls, [...path, 'tls'], now);
		return { name, host, port, transport, tls, source: listener.source ?? null, routes, place };
	});
}

/** A source that is known by its certificate can send only where one is asked for. */
export function checkCertificates(folder: ConfigFolder, sources: readonly SourceConfig[], settings: Settings): void {
	for (const { name, credential, place } of sources) {
		if (credential?.type !== 'mtls') continue;
		const listeners = settings.syslog.listeners.filter((listener) =>
			[listener.source, ...listener.routes.map((route) => route.source)].includes(name),
		);
		const blind = listeners.find((listener) => listener.tls?.client_ca_file === undefined);
		if (blind === undefined && (listeners.length > 0 || settings.tls?.client_ca_file !== undefined)) continue;
		const where = blind === undefined ? 'the door' : `the syslog listener at ${shown(blind.listen)}`;
		folder.error(
			place.file,
			place.line,
			place.column,
			`source \`${name}\` proves itself by a certificate, and ${where} asks for none`,
			'write `tls` with `client_ca_file` in interlock.yaml',
		);
	}
}
