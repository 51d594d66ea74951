// What a reader of a sample finds there: severity in the vendor's word and ours, and the instant of the event
// (null where the payload has none, and the time of receipt stands for it). Of a sample with several alerts that differ, a row each.
type Row = readonly [severityRaw: string | null, severity: string | null, occurredAt: string | null];
export type Expected = Readonly<Record<string, Row | readonly Row[]>>;

/** What the alert at this place of its sample is expected to say. */
export function rowAt(expected: Row | readonly Row[], index: number): Row {
	const [first] = expected;
	const row = Array.isArray(first) ? expected[index] : expected;
	if (row === undefined || !isRow(row)) throw new Error(`no row is expected for alert ${index + 1}`);
	return row;
}

function isRow(row: unknown): row is Row {
	return Array.isArray(row) && row.length === 3;
}
