import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AuditIo, audit } from '../../src/cli/audit.ts';
import type { NewEntry } from '../../src/domain/entry.ts';
import { openLedgerKeys } from '../../src/ledger/key-file.ts';
import { type Ledger, openLedger } from '../../src/ledger/ledger.ts';
import { formatVkey } from '../../src/ledger/note.ts';
import { startSealer } from '../../src/ledger/sealer.ts';
import { verifyExport } from '../../src/ledger/verify.ts';
import { allCheckpoints, placeOf } from '../../src/store/read/ledger.ts';
import { insertEntries, type PreparedEntry, prepareEntry, record } from '../../src/store/record.ts';
import { whileSealing } from '../../src/store/seal.ts';
import { type Fresh, freshDatabase } from './harness.ts';

const NOW = Date.UTC(2026, 0, 5, 3);
const ORIGIN = 'plant.example/ledger';
const settings = { checkpointEntries: 10, checkpointEveryMs: 60_000 };

let fresh: Fresh;
let folder: string;

beforeEach(async () => {
	fresh = await freshDatabase();
	folder = mkdtempSync(join(tmpdir(), 'interlock-ledger-'));
});
afterEach(async () => {
	await fresh.close();
	rmSync(folder, { recursive: true, force: true });
});

const entry = (n: number, more: Partial<NewEntry> = {}): NewEntry => ({
	kind: 'alert.stored',
	actor: { kind: 'source', id: 'suricata' },
	at: NOW + n,
	incident: null,
	refs: [`alr_${n}`],
	data: { n },
	...more,
});
const write = (count: number, from = 0): Promise<string[]> =>
	record(fresh.database, { entries: Array.from({ length: count }, (_, i) => entry(from + i)) }, NOW);

const ledgerKeys = (name = ORIGIN) => {
	const keys = openLedgerKeys(folder, name, true);
	if (!keys.ok) throw new Error(keys.error);
	return keys.value;
};
const opened = async (): Promise<Ledger> => {
	const ledger = await openLedger(fresh.database, ledgerKeys(), settings);
	if (!ledger.ok) throw new Error(ledger.error);
	return ledger.value;
};

function consoleOf(input = ''): AuditIo & { text: string; talk: string } {
	const io = {
		text: '',
		talk: '',
		out: (text: string) => {
			io.text += text;
		},
		err: (text: string) => {
			io.talk += text;
		},
		stdin: async () => Buffer.from(input, 'utf8'),
		now: () => NOW + 1_000_000,
		user: 'auditor',
		open: async () => ({
			database: fresh.database,
			dataFolder: folder,
			origin: ORIGIN,
			settings,
			close: async () => undefined,
		}),
	};
	return io;
}

const ONE_ROW = 'json_to_recordset($1::text::json)';
const ROW_TYPES =
	'id text, kind text, at bigint, actor_kind text, actor_id text, incident text, canonical text, leaf text';
const rowText = (row: PreparedEntry['row']): string => JSON.stringify([{ ...row, incident: null }]);

describe('the sealer', () => {
	it('gives committed entries places from 0 in their order, without a gap', async () => {
		const ids = [...(await write(7)), ...(await write(5, 7))];
		const ledger = await opened();
		expect(await ledger.seal(NOW)).toMatchObject({ size: 12, sealed: 12 });
		expect(await Promise.all(ids.map((id) => placeOf(fresh.database.db, id)))).toEqual(ids.map((_, i) => i));
		expect(await ledger.seal(NOW)).toMatchObject({ size: 12, sealed: 0, checkpoint: null });
	});

	it('signs a checkpoint after so many entries, after so long, and when asked', async () => {
		const ledger = await opened();
		await write(3);
		expect((await ledger.seal(NOW))?.checkpoint).toContain(`${ORIGIN}\n3\n`);
		await write(9);
		expect((await ledger.seal(NOW + 1))?.checkpoint).toBeNull();
		await write(1);
		expect((await ledger.seal(NOW + 2))?.checkpoint).toContain('\n13\n');
		await write(1);
		expect((await ledger.seal(NOW + 3))?.checkpoint).toBeNull();
		expect((await ledger.seal(NOW + 70_000))?.checkpoint).toContain('\n14\n');
		await write(1);
		expect((await ledger.seal(NOW + 70_001, true))?.checkpoint).toContain('\n15\n');
		expect((await allCheckpoints(fresh.database.db)).map((row) => row.size)).toEqual([3, 13, 14, 15]);
	});

	it('lets one sealer at a time work, and a second one continue where the first stopped', async () => {
		const [first, second] = [await opened(), await opened()];
		await write(4);
		const held = await whileSealing(fresh.database, async () => second.seal(NOW));
		expect(held).toBeNull();
		await first.seal(NOW);
		await write(6, 4);
		expect(await second.seal(NOW)).toMatchObject({ size: 10, sealed: 6 });
		await write(2, 10);
		expect(await first.seal(NOW, true)).toMatchObject({ size: 12, sealed: 2 });
		expect(await openLedger(fresh.database, ledgerKeys(), settings)).toMatchObject({ ok: true });
	});

	it('places an entry that committed after later ones, at the next pass', async () => {
		const ledger = await opened();
		await write(3);
		await ledger.seal(NOW);
		const { row } = prepareEntry(entry(3), NOW);
		await fresh.database.raw.begin(async (tx) => {
			// It has its number now, and is there for others when this transaction ends.
			await tx.unsafe(insertEntries(`${ONE_ROW} AS r(${ROW_TYPES})`), [rowText(row)]);
			await write(4, 4);
			expect(await ledger.seal(NOW + 500)).toMatchObject({ size: 7, sealed: 4 });
		});
		expect(await ledger.seal(NOW + 1_000)).toMatchObject({ size: 8, sealed: 1 });
		expect(await placeOf(fresh.database.db, row.id)).toBe(7);
		expect(await ledger.seal(NOW + 1_500)).toMatchObject({ size: 8, sealed: 0 });
	});

	it('places an entry that committed a minute late, at a wider look', async () => {
		const ledger = await opened();
		await write(3);
		await ledger.seal(NOW);
		const { row } = prepareEntry(entry(3), NOW);
		await fresh.database.raw.begin(async (tx) => {
			await tx.unsafe(insertEntries(`${ONE_ROW} AS r(${ROW_TYPES})`), [rowText(row)]);
			await write(4, 4);
			expect(await ledger.seal(NOW + 500)).toMatchObject({ size: 7 });
			expect(await ledger.seal(NOW + 61_000)).toMatchObject({ size: 7 });
		});
		expect(await ledger.seal(NOW + 61_500)).toMatchObject({ size: 7 });
		expect(await ledger.seal(NOW + 122_000)).toMatchObject({ size: 8, sealed: 1 });
	});

	it('goes on after a start behind what was placed before', async () => {
		await write(5);
		await (await opened()).seal(NOW);
		const again = await opened();
		expect(await again.seal(NOW)).toMatchObject({ size: 5, sealed: 0 });
		await write(2, 5);
		expect(await again.seal(NOW + 500)).toMatchObject({ size: 7, sealed: 2 });
	});

	it('seals many writers at once into one line', async () => {
		const ledger = await opened();
		const sealing = Promise.all(Array.from({ length: 10 }, (_, i) => ledger.seal(NOW + i)));
		await Promise.all(Array.from({ length: 20 }, (_, i) => write(10, i * 10)));
		await sealing;
		expect(await ledger.seal(NOW + 100_000, true)).toMatchObject({ size: 200 });
		const io = consoleOf();
		expect(await audit(['export'], io)).toBe(0);
		expect(verifyExport(Buffer.from(io.text)).ok).toBe(true);
	});
});

describe('the sealer in a running program', () => {
	it('seals by itself, and signs what is left when it stops', async () => {
		const ledger = await opened();
		const sealer = startSealer(
			ledger,
			() => NOW,
			() => undefined,
			20,
		);
		await write(3);
		await expect.poll(() => ledger.size(), { timeout: 5_000 }).toBe(3);
		await write(4, 3);
		await sealer.stop();
		expect((await allCheckpoints(fresh.database.db)).at(-1)?.size).toBe(7);
	});

	it('stops for good and says so where the ledger was changed under it', async () => {
		const ledger = await opened();
		await write(3);
		await ledger.seal(NOW);
		const owner = fresh.owner();
		await owner.unsafe('ALTER TABLE ledger_seals DISABLE TRIGGER ALL');
		await owner.unsafe('DELETE FROM ledger_seals WHERE idx = 2');
		const faults: [unknown, boolean][] = [];
		const sealer = startSealer(
			ledger,
			() => NOW,
			(error, isFinal) => faults.push([error, isFinal]),
			10,
		);
		await expect.poll(() => faults.length, { timeout: 5_000 }).toBe(1);
		expect(faults[0]).toMatchObject([{ message: expect.stringContaining('removed') }, true]);
		await sealer.stop();
		expect(faults).toHaveLength(1);
	});
});

describe('the start of the ledger', () => {
	it('makes a key that only its owner may read, and keeps it', () => {
		const first = ledgerKeys();
		expect(first.isNew).toBe(true);
		expect(statSync(join(folder, 'ledger-key')).mode & 0o777).toBe(0o600);
		expect(ledgerKeys()).toMatchObject({ isNew: false, signer: first.signer });
		expect(readFileSync(join(folder, 'ledger-vkeys'), 'utf8')).toBe(`${first.verifiers.map(formatVkey).join('\n')}\n`);
	});

	it('refuses a key that others may read, that is damaged, or of another log', () => {
		ledgerKeys();
		expect(openLedgerKeys(folder, 'other', true)).toMatchObject({ ok: false, error: expect.stringContaining(ORIGIN) });
		writeFileSync(join(folder, 'ledger-key'), 'nonsense');
		expect(openLedgerKeys(folder, ORIGIN, true)).toMatchObject({
			ok: false,
			error: expect.stringContaining('no signing key'),
		});
		rmSync(join(folder, 'ledger-key'));
		expect(openLedgerKeys(folder, ORIGIN, false)).toMatchObject({ ok: false });
		writeFileSync(join(folder, 'ledger-key'), 'x', { mode: 0o644 });
		expect(openLedgerKeys(folder, ORIGIN, true)).toMatchObject({
			ok: false,
			error: expect.stringContaining('chmod 600'),
		});
	});

	const tampering: readonly [string, string, RegExp][] = [
		[
			'an entry was changed',
			`UPDATE ledger_entries SET canonical = replace(canonical, '"n":1', '"n":9') WHERE canonical LIKE '%"n":1,%' OR canonical LIKE '%"n":1}%'`,
			/not those that the checkpoint signs/,
		],
		[
			'an entry was deleted',
			`DELETE FROM ledger_entries WHERE seq = (SELECT min(seq) FROM ledger_entries)`,
			/missing|removed/,
		],
		[
			'the last place was removed',
			'DELETE FROM ledger_seals WHERE idx = (SELECT max(idx) FROM ledger_seals)',
			/removed/,
		],
		['a place in the middle was removed', 'DELETE FROM ledger_seals WHERE idx = 2', /gap|removed/],
		[
			'two places were swapped',
			'UPDATE ledger_seals SET idx = CASE idx WHEN 0 THEN 1000 WHEN 1 THEN 0 END WHERE idx < 2; UPDATE ledger_seals SET idx = 1 WHERE idx = 1000',
			/not those that the checkpoint signs/,
		],
		['a root was changed', `UPDATE ledger_checkpoints SET root = 'AAAA'`, /another size or root/],
	];
	it.each(tampering)('refuses to go on where %s by somebody with all rights', async (_, statement, why) => {
		await write(6);
		await (await opened()).seal(NOW, true);
		const owner = fresh.owner();
		for (const table of ['ledger_entries', 'ledger_seals', 'ledger_checkpoints'])
			await owner.unsafe(`ALTER TABLE ${table} DISABLE TRIGGER ALL`);
		await owner.unsafe(statement);
		const again = await openLedger(fresh.database, ledgerKeys(), settings);
		expect(again.ok).toBe(false);
		expect(again.ok ? '' : again.error).toMatch(why);
		expect(await audit(['rebuild'], consoleOf())).toBe(1);
	});

	it('refuses to go on with another key', async () => {
		await write(2);
		await (await opened()).seal(NOW, true);
		rmSync(join(folder, 'ledger-key'));
		rmSync(join(folder, 'ledger-vkeys'));
		const again = await openLedger(fresh.database, ledgerKeys(), settings);
		expect(again).toMatchObject({ ok: false, error: expect.stringContaining('no known key') });
	});

	it('goes on under a new key where the old verifier key is kept beside it', async () => {
		await write(2);
		await (await opened()).seal(NOW, true);
		rmSync(join(folder, 'ledger-key'));
		expect(ledgerKeys()).toMatchObject({ isNew: true, verifiers: { length: 2 } });
		await write(2, 2);
		const io = consoleOf();
		expect(await audit(['export'], io)).toBe(0);
		expect(await audit(['verify', '-'], consoleOf(io.text))).toBe(0);
	});

	it('is refused update and delete of what it wrote itself', async () => {
		await write(1);
		await (await opened()).seal(NOW, true);
		const attempts = ['UPDATE ledger_seals SET idx = 5', 'DELETE FROM ledger_checkpoints', 'TRUNCATE ledger_seals'];
		for (const attempt of attempts)
			await expect(fresh.database.raw.unsafe(attempt)).rejects.toMatchObject({ code: '42501' });
	});
});

describe('interlock audit', () => {
	it('exports what verifies on its own, and the export is itself recorded', async () => {
		ledgerKeys();
		await record(fresh.database, { entries: [entry(0), entry(1, { personal: { name: 'Ada' } })] }, NOW);
		const io = consoleOf();
		expect(await audit(['export', '--with-personal'], io)).toBe(0);
		expect(io.text).toContain('ledger.exported');
		const report = verifyExport(Buffer.from(io.text));
		expect(report.claims.filter((claim) => !claim.ok)).toEqual([]);
		expect(report.entries).toBe(3);
		const check = consoleOf(io.text);
		expect(await audit(['verify', '-'], check)).toBe(0);
		expect(check.text).toMatch(/verified: 3 entries/);
		expect(await audit(['verify', '-', '--key', formatVkey(ledgerKeys().verifiers[0]!)], consoleOf(io.text))).toBe(0);
		expect(await audit(['verify', '-'], consoleOf(io.text.replace('Ada', 'Eve')))).toBe(1);
	});

	it('keeps personal values out of an export that does not ask for them', async () => {
		ledgerKeys();
		await record(fresh.database, { entries: [entry(1, { personal: { name: 'Ada' } })] }, NOW);
		const io = consoleOf();
		expect(await audit(['export'], io)).toBe(0);
		expect(io.text).not.toContain('Ada');
	});

	it('proves one entry under the newest checkpoint', async () => {
		ledgerKeys();
		const ids = await write(23);
		expect(await audit(['checkpoint'], consoleOf())).toBe(0);
		const io = consoleOf();
		expect(await audit(['prove', ids[17] ?? ''], io)).toBe(0);
		const key = formatVkey(ledgerKeys().verifiers[0]!);
		expect(await audit(['verify', '-', '--key', key], consoleOf(io.text))).toBe(0);
		expect(await audit(['verify', '-'], consoleOf(io.text))).toBe(2);
		expect(await audit(['verify', '-', '--key', key], consoleOf(io.text.replace('index 17', 'index 18')))).toBe(1);
		expect(await audit(['prove', 'ent_nobody'], consoleOf())).toBe(1);
	});

	it('notices that entries were cut off, where a checkpoint was kept elsewhere', async () => {
		ledgerKeys();
		await write(5);
		const early = consoleOf();
		await audit(['export'], early);
		await write(5);
		const kept = consoleOf();
		await audit(['checkpoint'], kept);
		const note = join(folder, 'kept.txt');
		writeFileSync(note, kept.text);
		expect(await audit(['verify', '-'], consoleOf(early.text))).toBe(0);
		const io = consoleOf(early.text);
		expect(await audit(['verify', '-', '--checkpoint', note], io)).toBe(1);
		expect(io.text).toContain('entries were cut off');
	});

	it('writes a file that only its owner may read', async () => {
		ledgerKeys();
		await write(2);
		const path = join(folder, 'export.jsonl');
		expect(await audit(['export', '--out', path], consoleOf())).toBe(0);
		expect(statSync(path).mode & 0o777).toBe(0o600);
		expect(await audit(['verify', path], consoleOf())).toBe(0);
	});

	it('says how it is used, and what it cannot read', async () => {
		const usages = [
			[],
			['nonsense'],
			['verify'],
			['verify', 'a', 'b'],
			['export', '--format', 'pdf'],
			['verify', 'x', '--key', 'y'],
			['--frob'],
		];
		for (const args of usages) expect(await audit(args, consoleOf())).toBe(2);
		expect(await audit(['verify', '/nowhere/at/all'], consoleOf())).toBe(3);
		const io = { ...consoleOf(), open: () => Promise.reject(new Error('no database')) };
		expect(await audit(['rebuild'], io)).toBe(3);
	});
});
