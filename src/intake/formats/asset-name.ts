// Names that OT products give to assets: host names, addresses, and words of people (`PLC #11`, `HMI (Line 2)`, `S7-1500/ET200`).
import type { EntityRole } from '../../domain/alert.ts';
import type { Draft } from './draft.ts';
import { present } from './draft.ts';

/** Adds an asset's name: an address or a host name where it has the form of one, else the whole text as the name of a host. */
export function addAssetName(draft: Draft, name: string | null | undefined, role: EntityRole): void {
	const text = present(name);
	if (text === null) return;
	if (/^[\w.:-]{1,255}$/.test(text)) draft.endpoint(text, role);
	else draft.entity('host', text, role);
}
