// Builds exports for tests, entry by entry, with the same envelope as the product writes.
import { createHash } from 'node:crypto';
import { canonicalJson, leafHash } from '../../src/domain/canonical.ts';
import type { EntryKind } from '../../src/domain/entry.ts';
import { signCheckpoint } from '../../src/ledger/checkpoint.ts';
import { EXPORT_FORMAT, EXPORT_VERSION, type Pack } from '../../src/ledger/export.ts';
import { treeRoot } from '../../src/ledger/merkle.ts';
import { formatVkey, verifierOf } from '../../src/ledger/note.ts';

export const ORIGIN = 'plant.example/ledger';
export const signer = { name: ORIGIN, seed: Buffer.alloc(32, 7) };
export const AT = Date.UTC(2026, 0, 5, 3);

export type Written = {
	readonly kind: EntryKind;
	readonly by?: string;
	readonly refs?: readonly string[];
	readonly data?: Readonly<Record<string, unknown>>;
	readonly minute?: number;
	readonly personal?: Readonly<Record<string, string>>;
};

export function canonicalOf(entry: Written, place: number): string {
	const at = new Date(AT + (entry.minute ?? place) * 60_000).toISOString();
	return canonicalJson({
		v: 1,
		id: `ent_${String(place).padStart(12, '0')}`,
		kind: entry.kind,
		at,
		recorded_at: at,
		actor: { kind: entry.by === undefined ? 'bot' : 'person', id: entry.by ?? 'bot' },
		incident: 'inc_1',
		refs: entry.refs ?? [],
		data: entry.data ?? {},
		personal: entry.personal,
	});
}

export const entryLine = (canonical: string, place: number): Pack['entries'][number] => ({
	type: 'entry',
	place,
	canonical,
	leaf: leafHash(Buffer.from(canonical, 'utf8')).toString('hex'),
});

export const checkpointOver = (entries: Pack['entries'], size: number, by = signer): string =>
	signCheckpoint(
		{
			origin: by.name,
			size,
			root: treeRoot(
				entries.map((entry) => leafHash(Buffer.from(entry.canonical, 'utf8'))),
				0,
				size,
			),
		},
		by,
	);

export const commitment = (salt: string, value: string): string =>
	createHash('sha256').update(`${salt}:${value}`, 'utf8').digest('hex');

/** A whole pack with checkpoints at these sizes (by default one over everything). */
export function packOf(written: readonly Written[], sizes: readonly number[] = [written.length]): Pack {
	const entries = written.map((entry, place) => entryLine(canonicalOf(entry, place), place));
	return {
		header: {
			type: 'header',
			format: EXPORT_FORMAT,
			version: EXPORT_VERSION,
			origin: ORIGIN,
			size: entries.length,
			exported_at: new Date(AT).toISOString(),
			vkeys: [formatVkey(verifierOf(signer))],
		},
		entries,
		personal: [],
		checkpoints: sizes.map((size) => checkpointOver(entries, size)),
	};
}

const step = 'stp_0000000001';
const decided = (decisionClass: string, binding = 'b1'): Written => ({
	kind: 'step.decided',
	refs: [step],
	data: { class: decisionClass, binding },
});
const yes = (by: string, roles: readonly string[], binding = 'b1', expires_at = AT + 3_600_000): Written => ({
	kind: 'approval.given',
	by,
	refs: [step, `apr_${by}`],
	data: { binding, roles, expires_at },
});
const intent: Written = { kind: 'step.intent', refs: [step], data: { requested_by: 'bot' } };
const result: Written = { kind: 'step.result', refs: [step] };
export const story = { step, decided, yes, intent, result };

/** A small incident: stored, decided, approved by two, run. */
export const INCIDENT: readonly Written[] = [
	{ kind: 'program.started' },
	{ kind: 'alert.stored', refs: ['alr_1'], data: { title: 'download to PLC "north" \u00e4\u20ac' } },
	{ kind: 'incident.opened', refs: ['inc_1'] },
	decided('TWO'),
	yes('anna', ['it_lead']),
	yes('ole', ['ot_operator']),
	intent,
	result,
];
