// ATT&CK Enterprise and ICS: ids, names and tactics, for every stage of triage. Read once; a table, no logic of ranking.
// © 2025 The MITRE Corporation. This work is reproduced and distributed with the permission of The MITRE Corporation.
import data from './data/attack.json' with { type: 'json' };

export type Matrix = 'enterprise' | 'ics';
export type Technique = { readonly id: string; readonly name: string; readonly tactics: readonly string[] };
type MatrixTable = {
	/** Name by short name (`lateral-movement`). */
	readonly tactics: Readonly<Record<string, string>>;
	readonly techniques: Readonly<Record<string, Technique>>;
};
export type AttackTable = {
	readonly version: string;
	/** To be shown wherever the table is shown (ATT&CK licence). */
	readonly attribution: string;
	readonly licence: string;
	readonly enterprise: MatrixTable;
	readonly ics: MatrixTable;
};

type Compact = { tactics: Record<string, string>; techniques: Record<string, string[]> };

function expand(matrix: Compact): MatrixTable {
	return {
		tactics: matrix.tactics,
		techniques: Object.fromEntries(
			Object.entries(matrix.techniques).map(([id, [name, ...tactics]]) => [id, { id, name: name ?? id, tactics }]),
		),
	};
}

export const attackTable: AttackTable = {
	version: data.attack_version,
	attribution: data.attribution,
	licence: data.licence,
	enterprise: expand(data.enterprise),
	ics: expand(data.ics),
};

/** The technique with this id in either matrix (no id is in both); null where our table has none. */
export function findTechnique(table: AttackTable, id: string): Technique | null {
	return table.enterprise.techniques[id] ?? table.ics.techniques[id] ?? null;
}

/**
 * The matrix an id belongs to, told from the id alone so that ids newer than our table are kept:
 * ICS techniques are T0xxx, Enterprise T1xxx and up.
 */
export function matrixOf(id: string): Matrix {
	return id.startsWith('T0') ? 'ics' : 'enterprise';
}

/** `T0843 Program Download`, or the bare id where the table does not know it. */
export function nameTechnique(table: AttackTable, id: string): string {
	const found = findTechnique(table, id);
	return found === null ? id : `${id} ${found.name}`;
}

/** Short names of the tactics of these techniques, most frequent first, then in order of appearance. */
export function tacticsOf(table: AttackTable, ids: readonly string[]): string[] {
	const counts = new Map<string, number>();
	for (const id of ids) {
		for (const tactic of findTechnique(table, id)?.tactics ?? []) counts.set(tactic, (counts.get(tactic) ?? 0) + 1);
	}
	return [...counts].sort((a, b) => b[1] - a[1]).map(([tactic]) => tactic);
}
