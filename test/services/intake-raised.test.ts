import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Door, openDoor } from './door.ts';
import { type Fresh, freshDatabase } from './harness.ts';

let fresh: Fresh;
let door: Door;
beforeAll(async () => {
	fresh = await freshDatabase();
	door = await openDoor(fresh.database, {});
});
afterAll(async () => {
	await door.close();
	await fresh.close();
});

const firing = (summary: string) =>
	JSON.stringify({
		version: '4',
		status: 'firing',
		receiver: 'i',
		alerts: [
			{
				status: 'firing',
				labels: { alertname: 'Detector12', instance: 'hall-3', severity: 'warning' },
				annotations: { summary },
				startsAt: '2026-01-05T03:00:00.000Z',
				endsAt: '0001-01-01T00:00:00Z',
			},
		],
	});
type Row = { kind: string; title: string; repeats: number };
const row = async (id: string): Promise<Row | undefined> =>
	(await fresh.database.raw.unsafe<Row[]>(`SELECT kind, title, repeats FROM alerts WHERE id = '${id}'`))[0];
const topicsOf = async (id: string): Promise<string[]> =>
	(
		await fresh.database.raw.unsafe<{ topic: string }[]>(`SELECT topic FROM outbox WHERE key = '${id}' ORDER BY topic`)
	).map((one) => one.topic);

it('a repeat that is a process-safety alarm makes one of the row, on the lane for safety; a lesser one takes nothing back', async () => {
	const send = async (summary: string) => (await door.post('alertmanager', firing(summary))).body['alerts'];
	const [first] = (await send('Detector 12 reports a value')) as { id: string }[];
	const id = first?.id ?? '';
	expect(await row(id)).toMatchObject({ kind: 'availability', repeats: 1 });
	expect(await topicsOf(id)).toEqual(['triage']);
	expect(await send('Gas detector 12 above 20 % LEL')).toMatchObject([{ id, status: 'repeat' }]);
	expect(await row(id)).toEqual({ kind: 'process_safety', title: 'Gas detector 12 above 20 % LEL', repeats: 2 });
	expect(await topicsOf(id)).toEqual(['triage', 'triage_safety']);
	expect(await send('Detector 12 reports a value')).toMatchObject([{ id, status: 'repeat' }]);
	expect(await row(id)).toEqual({ kind: 'process_safety', title: 'Gas detector 12 above 20 % LEL', repeats: 3 });
	const entries = await fresh.database.raw.unsafe<{ canonical: string }[]>(
		`SELECT canonical FROM ledger_entries WHERE kind = 'alert.stored' ORDER BY seq`,
	);
	const kinds = entries.map((entry) => JSON.parse(entry.canonical).data.kind);
	expect(kinds).toEqual(['availability', 'process_safety', undefined]);
});
