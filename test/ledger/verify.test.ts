import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatExport, type Pack } from '../../src/ledger/export.ts';
import { formatVkey, verifierOf } from '../../src/ledger/note.ts';
import { verifyExport } from '../../src/ledger/verify.ts';
import {
	AT,
	canonicalOf,
	checkpointOver,
	commitment,
	entryLine,
	INCIDENT,
	packOf,
	signer,
	story,
	type Written,
} from './pack.ts';

const bytesOf = (pack: Pack): Buffer => Buffer.from(formatExport(pack), 'utf8');
const reportOf = (pack: Pack) => verifyExport(bytesOf(pack));
const failedOf = (pack: Pack): string[] =>
	reportOf(pack)
		.claims.filter((claim) => !claim.ok)
		.map((claim) => claim.claim);
const faultsOf = (written: readonly Written[]): string[] =>
	reportOf(packOf(written)).claims.flatMap((claim) => claim.faults);

const pack = packOf(INCIDENT, [3, 8]);
const forger = { name: signer.name, seed: Buffer.alloc(32, 66) };

describe('an export', () => {
	it('verifies on its own, and says what that does not show', () => {
		const report = reportOf(pack);
		expect(report.claims.filter((claim) => !claim.ok)).toEqual([]);
		expect(report).toMatchObject({ ok: true, entries: 8, keys: [{ from: 'file' }] });
		expect(report.unknown.join(' ')).toMatch(/signing key.*no witness/);
	});

	it('verifies against the published key, and not against another one', () => {
		expect(verifyExport(bytesOf(pack), { keys: [verifierOf(signer)] })).toMatchObject({
			ok: true,
			keys: [{ from: 'caller' }],
		});
		expect(verifyExport(bytesOf(pack), { keys: [verifierOf(forger)] }).ok).toBe(false);
	});

	it('of any entries with any checkpoints verifies', () => {
		const written = fc.record({
			kind: fc.constantFrom('alert.stored', 'program.fault', 'message.sent'),
			data: fc.dictionary(fc.string(), fc.oneof(fc.string({ unit: 'binary' }), fc.integer(), fc.boolean())),
		});
		fc.assert(
			fc.property(fc.array(written, { minLength: 1, maxLength: 20 }), fc.nat(), (entries, n) => {
				const well = entries.map((entry) => ({
					...entry,
					data: Object.fromEntries(
						Object.entries(entry.data).filter(([key, value]) => key.isWellFormed() && String(value).isWellFormed()),
					),
				})) as Written[];
				const sizes = [...new Set([1 + (n % well.length), well.length])].sort((a, b) => a - b);
				expect(reportOf(packOf(well, sizes)).ok).toBe(true);
			}),
			{ numRuns: 50 },
		);
	});

	it('of which any single bit is changed is refused', () => {
		const bytes = bytesOf(pack);
		for (let at = 0; at < bytes.length; at++) {
			const changed = Buffer.from(bytes);
			changed[at] = changed[at]! ^ (1 << (at % 8));
			expect(verifyExport(changed).ok, `byte ${at}`).toBe(false);
		}
	});

	it('that was cut off anywhere, or has anything added, is refused', () => {
		const bytes = bytesOf(pack);
		for (let end = 0; end < bytes.length; end += 7)
			expect(verifyExport(bytes.subarray(0, end)).ok, `at ${end}`).toBe(false);
		for (const more of ['\n', ' ', '{}\n'])
			expect(verifyExport(Buffer.concat([bytes, Buffer.from(more)])).ok).toBe(false);
	});

	it('that is anything at all never makes the check throw', () => {
		fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => verifyExport(bytes).ok === false));
		fc.assert(fc.property(fc.string(), (text) => verifyExport(Buffer.from(`${text}\n`)).ok === false));
	});
});

describe('somebody who changes an export and makes its digest fit', () => {
	const [first, ...others] = pack.entries;
	const changed = entryLine(canonicalOf({ kind: 'program.stopped' }, 0), 0);
	const cases: readonly [string, Pack, string][] = [
		['changes an entry', { ...pack, entries: [changed, ...others] }, 'every checkpoint fits the entries'],
		[
			'changes an entry but not its leaf',
			{ ...pack, entries: [{ ...changed, leaf: first!.leaf }, ...others] },
			'every entry is the bytes that were hashed',
		],
		['drops an entry', { ...pack, entries: others }, 'no place is missing'],
		[
			'drops an entry and numbers the rest again',
			{ ...pack, header: { ...pack.header, size: 7 }, entries: others.map((entry, place) => ({ ...entry, place })) },
			'every checkpoint fits the entries',
		],
		[
			'swaps two entries',
			{ ...pack, entries: [{ ...pack.entries[1]!, place: 0 }, { ...first!, place: 1 }, ...others.slice(1)] },
			'every checkpoint fits the entries',
		],
		[
			'adds an unsigned entry',
			{
				...pack,
				header: { ...pack.header, size: 9 },
				entries: [...pack.entries, entryLine(canonicalOf({ kind: 'program.stopped' }, 8), 8)],
			},
			'every entry is under a signature',
		],
		['repeats an entry', packOf2(), 'every entry is the bytes that were hashed'],
		[
			'drops the last checkpoint',
			{ ...pack, checkpoints: pack.checkpoints.slice(0, 1) },
			'every entry is under a signature',
		],
		['drops all checkpoints', { ...pack, checkpoints: [] }, 'every entry is under a signature'],
		[
			'turns the checkpoints round',
			{ ...pack, checkpoints: pack.checkpoints.toReversed() },
			'every checkpoint is signed',
		],
		[
			'takes a checkpoint of another log',
			{ ...pack, checkpoints: [checkpointOver(pack.entries, 8, { name: 'other', seed: signer.seed })] },
			'every checkpoint is signed',
		],
		[
			'signs with a key of his own',
			{ ...pack, entries: [changed, ...others], checkpoints: [checkpointOver([changed, ...others], 8, forger)] },
			'every checkpoint is signed',
		],
		[
			'writes a key that is none',
			{ ...pack, header: { ...pack.header, vkeys: ['x+y+z', ...pack.header.vkeys] } },
			'the keys are readable',
		],
		[
			'adds a personal value',
			{ ...pack, personal: [{ type: 'personal', entry: 'ent_000000000001', name: 'user', salt: 's', value: 'Eve' }] },
			'personal values fit their hashes',
		],
		['claims another size', { ...pack, header: { ...pack.header, size: 5 } }, 'no place is missing'],
		['claims another log', { ...pack, header: { ...pack.header, origin: 'other' } }, 'every checkpoint is signed'],
	];

	function packOf2(): Pack {
		const entries = [...pack.entries, { ...pack.entries[1]!, place: 8 }];
		return { ...pack, header: { ...pack.header, size: 9 }, entries, checkpoints: [checkpointOver(entries, 9)] };
	}

	it.each(cases)('%s: it is noticed', (_, tampered, claim) => {
		expect(failedOf(tampered)).toContain(claim);
	});

	it('brings his own key with it: noticed only against the published key, and the report says so', () => {
		const entries = [changed, ...others];
		const forged = {
			...pack,
			header: { ...pack.header, vkeys: [formatVkey(verifierOf(forger))] },
			entries,
			checkpoints: [checkpointOver(entries, 8, forger)],
		};
		expect(reportOf(forged).ok).toBe(true);
		expect(reportOf(forged).unknown.join(' ')).toContain('it came with the file');
		expect(verifyExport(bytesOf(forged), { keys: [verifierOf(signer)] }).ok).toBe(false);
	});

	it('cuts off the newest entries together with their checkpoint: noticed against a checkpoint kept elsewhere', () => {
		const short = packOf(INCIDENT.slice(0, 3));
		expect(reportOf(short).ok).toBe(true);
		const kept = pack.checkpoints[1]!;
		expect(verifyExport(bytesOf(short), { outside: kept }).ok).toBe(false);
		expect(verifyExport(bytesOf(pack), { outside: pack.checkpoints[0]! }).ok).toBe(true);
		const rewritten = packOf([{ kind: 'program.stopped' }, ...INCIDENT.slice(1)]);
		expect(
			verifyExport(bytesOf(rewritten), { outside: kept })
				.claims.flatMap((claim) => claim.faults)
				.join(),
		).toContain('history was rewritten');
		expect(verifyExport(bytesOf(pack), { outside: 'no checkpoint' }).ok).toBe(false);
	});
});

describe('the order of entries', () => {
	const { step, decided, yes, intent, result } = story;
	const it_ = yes('anna', ['it_lead']);
	const ot = yes('ole', ['ot_operator']);
	const named = (decisionClass: string, binding: string): Written => ({
		...intent,
		data: { class: decisionClass, binding },
	});
	const good: readonly [string, readonly Written[]][] = [
		['a step that ran by itself', [decided('AUTO'), intent, result]],
		['a step that one person approved', [decided('ONE'), it_, intent, result]],
		['a step that IT and OT approved', [decided('TWO'), it_, ot, intent, result]],
		[
			'a decision inside `decision`',
			[
				{ kind: 'step.decided', refs: [step], data: { decision: { class: 'ONE', binding: 'b1' } } },
				it_,
				intent,
				result,
			],
		],
		['a step that got looser after it was approved', [decided('ONE'), it_, named('AUTO', 'b2'), result]],
		['a step that ran under a new decision of the same class', [decided('AUTO'), named('AUTO', 'b2'), result]],
		['a step that was retried', [decided('AUTO'), intent, result, intent, result]],
		['a step in doubt', [decided('AUTO'), intent, { kind: 'step.in_doubt', refs: [step] }]],
	];
	it.each(good)('of %s is right', (_, written) => {
		expect(faultsOf(written)).toEqual([]);
	});

	const bad: readonly [string, readonly Written[], RegExp][] = [
		['a result without an intent', [decided('AUTO'), result], /result of stp_0000000001 has no intent/],
		['a result before its intent', [decided('AUTO'), result, intent], /has no intent before it/],
		['an intent without a decision', [intent, result], /without a decision/],
		['an intent before its decision', [intent, decided('AUTO'), result], /without a decision/],
		['a step for hands that ran', [decided('HANDS'), intent], /decided HANDS/],
		['a forbidden step that ran', [decided('AUTO'), decided('NEVER'), intent], /decided NEVER/],
		['a decision that says nothing', [{ kind: 'step.decided', refs: [step] }, intent], /no class and binding/],
		['no approval where one is needed', [decided('ONE'), intent], /yes of one person/],
		['one approval where two are needed', [decided('TWO'), it_, intent], /another of OT/],
		['two approvals of one side', [decided('TWO'), it_, yes('bert', ['it_analyst']), intent], /another of OT/],
		['one person for both sides', [decided('TWO'), yes('anna', ['it_lead', 'ot_operator']), intent], /another of OT/],
		['an approval of another decision', [decided('ONE'), yes('anna', ['it_lead'], 'b0'), intent], /to that decision/],
		[
			'an approval before the decision changed',
			[decided('ONE'), it_, decided('ONE', 'b2'), intent],
			/to that decision/,
		],
		[
			'an approval that was withdrawn',
			[decided('ONE'), it_, { kind: 'approval.withdrawn', by: 'anna', refs: [step] }, intent],
			/yes of one person/,
		],
		['an approval that had ended', [decided('ONE'), yes('anna', ['it_lead'], 'b1', AT), intent], /yes of one person/],
		[
			'the yes of the requester',
			[decided('ONE'), it_, { ...intent, data: { requested_by: 'anna' } }],
			/yes of one person/,
		],
		['the yes of a program', [decided('ONE'), { ...it_, by: undefined as never }, intent], /not a person/],
		['a step that got looser before it was approved', [decided('ONE'), named('AUTO', 'b2')], /yes of one person/],
		['an intent that names a decision for hands', [decided('AUTO'), named('HANDS', 'b2')], /decided HANDS/],
		['an intent under a decision that nobody approved', [decided('ONE'), it_, named('ONE', 'b2')], /to that decision/],
		['an approval after the fact', [decided('ONE'), intent, it_, result], /yes of one person/],
		['the approval of another step', [decided('ONE'), { ...it_, refs: ['stp_9'] }, intent], /yes of one person/],
	];
	it.each(bad)('with %s is a fault', (_, written, why) => {
		const faults = faultsOf(written);
		expect(faults.join('\n')).toMatch(why);
	});
});

describe('personal values', () => {
	it('in an export must be those that the entries hold the hashes of', () => {
		const written: Written[] = [{ kind: 'alert.stored', personal: { user: commitment('salt', 'Ada') } }];
		const base = packOf(written);
		const line = { type: 'personal' as const, entry: 'ent_000000000000', name: 'user', salt: 'salt', value: 'Ada' };
		expect(reportOf({ ...base, personal: [line] }).ok).toBe(true);
		for (const change of [{ value: 'Eve' }, { salt: 'pepper' }, { name: 'host' }, { entry: 'ent_1' }]) {
			expect(reportOf({ ...base, personal: [{ ...line, ...change }] }).ok).toBe(false);
		}
	});
});
