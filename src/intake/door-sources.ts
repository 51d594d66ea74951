// Which source a name at the door means. Built from the configuration elsewhere; credentials are checked in authenticate.ts.
import type { DoorSource } from './http.ts';
import { sourceKind } from './sources/index.ts';

/**
 * The sources by name.
 *
 * @param hasAliases without sources.yaml an alias of a kind is a source too (`defender`, `cef-generic`)
 */
export function sourceFinder(sources: readonly DoorSource[], hasAliases: boolean): (name: string) => DoorSource | null {
	const byName = new Map(sources.map((source) => [source.name, source]));
	return (name) => {
		const held = byName.get(name);
		if (held !== undefined || !hasAliases) return held ?? null;
		const kind = sourceKind(name);
		const source = kind === null ? undefined : byName.get(kind.name);
		return source === undefined ? null : { ...source, name };
	};
}
