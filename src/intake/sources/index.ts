// The registry of source kinds: a new kind is one file here and one line below.
import { alertmanager } from './alertmanager.ts';
import { cefGeneric } from './cef-generic.ts';
import { defenderXdr } from './defender-xdr.ts';
import { nozomi } from './nozomi.ts';
import type { SourceKind } from './source-kind.ts';
import { suricata } from './suricata.ts';
import { wazuh } from './wazuh.ts';

export type { SourceKind } from './source-kind.ts';

export const SOURCE_KINDS: readonly SourceKind[] = [alertmanager, cefGeneric, defenderXdr, nozomi, suricata, wazuh];

const BY_NAME = new Map(
	SOURCE_KINDS.flatMap((kind) => [kind.name, ...kind.aliases].map((name) => [name, kind] as const)),
);

/** The kind with this name or alias (`defender` is `defender-xdr`, `cef` is `cef-generic`); null where there is none. */
export function sourceKind(name: string): SourceKind | null {
	return BY_NAME.get(name) ?? null;
}

/** Every name and alias that a source kind can be given by, sorted. */
export function sourceKindNames(): string[] {
	return [...BY_NAME.keys()].sort();
}
