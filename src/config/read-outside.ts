// What the program calls: connectors and pagers, each with its secret in hand.
import { ConnectorConfig } from '../domain/connector.ts';
import { PagerConfig } from '../domain/pager.ts';
import type { Instant } from '../domain/time.ts';
import type { ConfigFolder } from './config-folder.ts';
import type { FilePlace } from './finding.ts';
import { checkNoSecret } from './no-secret.ts';
import { readSecret, type Secret } from './secret.ts';
import { readAuthorities } from './tls-files.ts';
import type { WrittenEntry } from './written.ts';

/** A connector with its secret in hand. */
export type Connector = { readonly config: ConnectorConfig; readonly secret: Secret | null; readonly place: FilePlace };

/** A way to reach people outside Slack, with its secret and the certificates that it trusts in hand. */
export type Pager = {
	readonly config: PagerConfig;
	readonly secret: Secret | null;
	/** PEM; null: those of the system. */
	readonly ca: string | null;
	readonly place: FilePlace;
};

/** Every connector that is right in itself, also where the file has another fault: its secret is looked for all the same. */
export function readConnectors(folder: ConfigFolder): Connector[] {
	return connectorEntries(folder).flatMap(({ config, place, authPlace }): Connector[] => {
		if (config.auth === undefined) return [{ config, secret: null, place }];
		const secret = secretOf(folder, config.auth, `connector \`${config.name}\``, authPlace);
		return secret === null ? [] : [{ config, secret, place }];
	});
}

/** The same without their secrets: also those whose secret is not there. */
export function connectorEntries(
	folder: ConfigFolder,
): { config: ConnectorConfig; place: FilePlace; authPlace: () => FilePlace }[] {
	return folder
		.written('interlock.yaml')
		.list('connectors')
		.flatMap((written) => {
			const parsed = ConnectorConfig.safeParse(written.value);
			return parsed.success ? [{ config: parsed.data, place: written.at(), authPlace: () => written.at('auth') }] : [];
		});
}

/** Every pager that is right in itself, like the connectors. */
export function readPagers(folder: ConfigFolder, now: Instant): Pager[] {
	checkNoSecret(folder, folder.written('interlock.yaml').list('pagers'), 'pager');
	return pagerEntries(folder).flatMap(({ config, place, written }): Pager[] => {
		const whose = `pager \`${config.name}\``;
		const secret = config.auth === undefined ? null : secretOf(folder, config.auth, whose, () => written.at('auth'));
		const ca = config.kind === 'smtp' ? authoritiesOf(folder, config.ca_file, whose, written, now) : null;
		if ((config.auth !== undefined && secret === null) || ca === undefined) return [];
		return [{ config, secret, ca, place }];
	});
}

/** The same without their secrets. */
export function pagerEntries(folder: ConfigFolder): { config: PagerConfig; place: FilePlace; written: WrittenEntry }[] {
	return folder
		.written('interlock.yaml')
		.list('pagers')
		.flatMap((written) => {
			const parsed = PagerConfig.safeParse(written.value);
			return parsed.success ? [{ config: parsed.data, place: written.at(), written }] : [];
		});
}

function secretOf(
	folder: ConfigFolder,
	auth: { readonly secret_env?: string | undefined; readonly secret_file?: string | undefined },
	whose: string,
	place: () => FilePlace,
): Secret | null {
	const read = readSecret(auth, folder.env, (path) => folder.secretFile(path));
	if (read.ok) return read.value;
	const { file, line, column } = place();
	folder.error(file, line, column, `${whose}: ${read.error}`);
	return null;
}

/** Null: those of the system; undefined where the file cannot be used, and the finding is recorded. */
function authoritiesOf(
	folder: ConfigFolder,
	path: string | undefined,
	whose: string,
	written: WrittenEntry,
	now: Instant,
): string | null | undefined {
	if (path === undefined) return null;
	const read = readAuthorities(path, (file) => folder.secretFile(file), now);
	if (read.ok) return read.value;
	const { file, line, column } = written.at('ca_file');
	folder.error(file, line, column, `${whose}: \`ca_file\`: ${read.error}`);
	return undefined;
}
