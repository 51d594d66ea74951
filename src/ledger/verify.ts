// Verifies an export on its own, without the database: a list of claims, each a call, that an auditor can read aloud.
// What the file's form must be is export.ts's; what an entry's order must be is verify-order.ts's.
import { createHash } from 'node:crypto';
import { leafHash } from '../domain/canonical.ts';
import { type Checkpoint, verifyCheckpoint } from './checkpoint.ts';
import { canonicalOrNull, Envelope, type Pack, readExport } from './export.ts';
import { appendLeaf, EMPTY_FRONTIER, EMPTY_ROOT, frontierRoot } from './merkle.ts';
import { formatVkey, parseNote, parseVkey, type VerifierKey } from './note.ts';
import { type PlacedEntry, verifyApprovals, verifyDecisions, verifyIntents } from './verify-order.ts';

/** Faults named of one claim; the rest are counted. */
const FAULTS_MAX = 20;

export type Claim = {
	readonly claim: string;
	readonly ok: boolean;
	readonly detail: string;
	readonly faults: readonly string[];
};

export type VerifyReport = {
	/** True where every claim holds. */
	readonly ok: boolean;
	readonly origin: string | null;
	readonly entries: number;
	/** Root of the last checkpoint, base64. */
	readonly root: string | null;
	/** Keys that were used, and whether the caller named them or the file brought them. */
	readonly keys: readonly { readonly vkey: string; readonly from: 'caller' | 'file' }[];
	readonly claims: readonly Claim[];
	/** What this verification cannot know. */
	readonly unknown: readonly string[];
};

export type VerifyOptions = {
	/** Published verifier keys; without them the file's own are used, and the report says so. */
	readonly keys?: readonly VerifierKey[];
	/** A signed checkpoint kept elsewhere: the export must continue it. */
	readonly outside?: string;
};

/**
 * Checks everything that an export claims. Never throws on any input.
 *
 * @param bytes the file as it is
 */
export function verifyExport(bytes: Uint8Array, options: VerifyOptions = {}): VerifyReport {
	const read = readExport(bytes);
	if (!read.ok) return unreadable(read.error);
	const pack = read.value;
	const keys = keysOf(pack, options);
	const form = claim(
		'the file is whole',
		`${pack.entries.length} entries, ${pack.checkpoints.length} checkpoints, digest fits`,
		[],
	);
	const [entries, wellFormed] = readEntries(pack);
	const checkpoints = readCheckpoints(pack, keys.usable);
	const claims = [
		form,
		wellFormed,
		verifyPlaces(pack),
		keys.claim,
		checkpoints.claim,
		verifyRoots(pack, checkpoints.list),
		verifyCover(pack, checkpoints.list),
		...(options.outside === undefined ? [] : [verifyOutside(pack, options.outside, keys.usable)]),
		claim(
			'intents come before results',
			`${entries.filter((entry) => entry.envelope.kind === 'step.result').length} results`,
			verifyIntents(entries),
		),
		claim(
			'what ran had been decided',
			`${entries.filter((entry) => entry.envelope.kind === 'step.decided').length} decisions`,
			verifyDecisions(entries),
		),
		claim(
			'approvals fit what ran',
			`${entries.filter((entry) => entry.envelope.kind === 'approval.given').length} approvals`,
			verifyApprovals(entries),
		),
		verifyPersonal(pack, entries),
	];
	return {
		ok: claims.every((item) => item.ok),
		origin: pack.header.origin,
		entries: pack.entries.length,
		root: checkpoints.list.at(-1)?.root.toString('base64') ?? null,
		keys: keys.used,
		claims,
		unknown: unknownOf(pack, keys.used, options),
	};
}

function unreadable(why: string): VerifyReport {
	const claims = [claim('the file is whole', 'it cannot be read', [why])];
	return {
		ok: false,
		origin: null,
		entries: 0,
		root: null,
		keys: [],
		claims,
		unknown: ['everything behind the fault: nothing else was looked at'],
	};
}

function claim(text: string, detail: string, faults: readonly string[]): Claim {
	const more = faults.length - FAULTS_MAX;
	const shown = more > 0 ? [...faults.slice(0, FAULTS_MAX), `and ${more} more`] : faults;
	return { claim: text, ok: faults.length === 0, detail, faults: shown };
}

/** Entries whose order or personal values are looked at later; the others need not be kept (an export may hold millions). */
function isOrdered({ kind, personal }: Envelope): boolean {
	return kind.startsWith('step.') || kind.startsWith('approval.') || personal !== undefined;
}

/** Every entry is canonical JSON of the known envelope, hashes to its stored leaf, and stands once. */
function readEntries(pack: Pack): [PlacedEntry[], Claim] {
	const faults: string[] = [];
	const entries: PlacedEntry[] = [];
	const ids = new Map<string, number>();
	for (const { place, canonical, leaf } of pack.entries) {
		if (leafHash(Buffer.from(canonical, 'utf8')).toString('hex') !== leaf)
			faults.push(`entry ${place}: its stored leaf hash is not that of its bytes`);
		const envelope = readEnvelope(canonical);
		if (envelope === null) {
			faults.push(`entry ${place}: it is no ledger entry in canonical form`);
			continue;
		}
		const first = ids.get(envelope.id);
		if (first !== undefined) faults.push(`entry ${place}: ${envelope.id} stands at place ${first} already`);
		ids.set(envelope.id, place);
		if (isOrdered(envelope)) entries.push({ place, envelope });
	}
	return [
		entries,
		claim('every entry is the bytes that were hashed', `${pack.entries.length} leaf hashes computed`, faults),
	];
}

function readEnvelope(canonical: string): Envelope | null {
	try {
		const value: unknown = JSON.parse(canonical);
		const parsed = Envelope.safeParse(value);
		return parsed.success && canonicalOrNull(value) === canonical ? parsed.data : null;
	} catch (error) {
		if (error instanceof SyntaxError) return null;
		throw error;
	}
}

/** Places run from 0 without a gap: nothing was left out in between. */
function verifyPlaces(pack: Pack): Claim {
	const faults: string[] = [];
	pack.entries.forEach((entry, index) => {
		if (entry.place !== index) faults.push(`place ${entry.place} stands where ${index} is due`);
	});
	if (pack.header.size !== pack.entries.length)
		faults.push(`the header says ${pack.header.size} entries, ${pack.entries.length} are there`);
	return claim('no place is missing', `places 0 to ${pack.entries.length - 1}`, faults);
}

type Keys = { usable: VerifierKey[]; used: VerifyReport['keys']; claim: Claim };

/** The caller's keys, or those that the file brings. */
function keysOf(pack: Pack, options: VerifyOptions): Keys {
	const faults: string[] = [];
	const own: VerifierKey[] = [];
	for (const vkey of pack.header.vkeys) {
		const parsed = parseVkey(vkey);
		if (parsed.ok) own.push(parsed.value);
		else faults.push(`a key of the file ${parsed.error}`);
	}
	const given = options.keys ?? [];
	const usable = given.length > 0 ? [...given] : own;
	const from = given.length > 0 ? ('caller' as const) : ('file' as const);
	const used = usable.map((key) => ({ vkey: formatVkey(key), from }));
	return {
		usable,
		used,
		claim: claim('the keys are readable', `${own.length} in the file, ${given.length} given by you`, faults),
	};
}

type Checkpoints = { list: Checkpoint[]; claim: Claim };

/** Every checkpoint is signed, names this log, and is larger than the one before. */
function readCheckpoints(pack: Pack, keys: readonly VerifierKey[]): Checkpoints {
	const faults: string[] = [];
	const list: Checkpoint[] = [];
	pack.checkpoints.forEach((note, index) => {
		const checkpoint = verifyCheckpoint(note, keys);
		if (!checkpoint.ok) {
			faults.push(`checkpoint ${index + 1}: ${checkpoint.error}`);
			return;
		}
		const { origin, size } = checkpoint.value;
		const before = list.at(-1);
		if (origin !== pack.header.origin) faults.push(`checkpoint ${index + 1}: it is of the log \`${origin}\``);
		if (before !== undefined && size <= before.size)
			faults.push(`checkpoint ${index + 1}: size ${size} after size ${before.size}`);
		list.push(checkpoint.value);
	});
	return { list, claim: claim('every checkpoint is signed', `${pack.checkpoints.length} checkpoints`, faults) };
}

/** The root of each checkpoint is the root over the first entries, so each continues the one before it. */
function verifyRoots(pack: Pack, checkpoints: readonly Checkpoint[]): Claim {
	const faults: string[] = [];
	const roots = rootsAt(pack, new Set(checkpoints.map((checkpoint) => checkpoint.size)));
	for (const { size, root } of checkpoints) {
		const computed = roots.get(size);
		if (computed === undefined)
			faults.push(`the checkpoint of size ${size} covers more than the ${pack.entries.length} entries that are there`);
		else if (!computed.equals(root))
			faults.push(`the checkpoint of size ${size}: its root is not that of the first ${size} entries`);
	}
	return claim('every checkpoint fits the entries', `${checkpoints.length} roots computed`, faults);
}

/** Roots over the first n entries, for each n asked for that the file reaches. */
function rootsAt(pack: Pack, sizes: ReadonlySet<number>): Map<number, Buffer> {
	const roots = new Map<number, Buffer>([[0, EMPTY_ROOT]]);
	let frontier = EMPTY_FRONTIER;
	for (const { canonical } of pack.entries) {
		frontier = appendLeaf(frontier, leafHash(Buffer.from(canonical, 'utf8')));
		if (sizes.has(frontier.size)) roots.set(frontier.size, frontierRoot(frontier));
	}
	return roots;
}

/** The last checkpoint covers the last entry: nothing in the file is unsigned. */
function verifyCover(pack: Pack, checkpoints: readonly Checkpoint[]): Claim {
	const size = checkpoints.at(-1)?.size ?? 0;
	const faults =
		size === pack.entries.length && checkpoints.length > 0
			? []
			: [`the last checkpoint covers ${size} of ${pack.entries.length} entries`];
	return claim('every entry is under a signature', `the last checkpoint covers ${size}`, faults);
}

/** A checkpoint that was kept elsewhere is a beginning of this export. */
function verifyOutside(pack: Pack, note: string, keys: readonly VerifierKey[]): Claim {
	const text = 'the export continues the checkpoint kept elsewhere';
	const checkpoint = verifyCheckpoint(note, keys);
	if (!checkpoint.ok) return claim(text, 'the checkpoint given', [checkpoint.error]);
	const { origin, size, root } = checkpoint.value;
	const computed = rootsAt(pack, new Set([size])).get(size);
	const faults: string[] = [];
	if (origin !== pack.header.origin)
		faults.push(`it is of the log \`${origin}\`, the export of \`${pack.header.origin}\``);
	if (computed === undefined)
		faults.push(
			`it covers ${size} entries, the export has ${pack.entries.length}: entries were cut off, or the export is older`,
		);
	else if (!computed.equals(root))
		faults.push(`the first ${size} entries are not those that it covers: history was rewritten`);
	return claim(text, `size ${size}`, faults);
}

/** Personal values, where the file has them, are those whose salted hashes the entries hold. */
function verifyPersonal(pack: Pack, entries: readonly PlacedEntry[]): Claim {
	const byId = new Map(entries.map((entry) => [entry.envelope.id, entry.envelope]));
	const faults = pack.personal.flatMap(({ entry, name, salt, value }) => {
		const commitment = new Map(Object.entries(byId.get(entry)?.personal ?? {})).get(name);
		const computed = createHash('sha256').update(`${salt}:${value}`, 'utf8').digest('hex');
		return commitment === computed
			? []
			: [`${entry}: the value of \`${name}\` is not the one that the entry holds the hash of`];
	});
	return claim('personal values fit their hashes', `${pack.personal.length} values`, faults);
}

function unknownOf(pack: Pack, keys: VerifyReport['keys'], options: VerifyOptions): string[] {
	const unknown = [
		'whether what the entries say was true: only that they were recorded, in this order, and not changed since the checkpoint over them',
		'whether every checkpoint that was signed is in the file: one between the first and the last may be missing, and nothing that was recorded is lost by it; only a witness can tell',
	];
	if (keys.some((key) => key.from === 'file')) {
		unknown.push(
			'whether the signing key is the right one: it came with the file; compare it with the published one, or give it by --key',
		);
	}
	const cosigned = pack.checkpoints.some((note) => {
		const parsed = parseNote(note);
		return parsed.ok && parsed.value.signatures.length > 1;
	});
	if (!cosigned && options.outside === undefined) {
		unknown.push(
			'whether the newest entries were cut off or another history was shown to others: no witness has signed, and no checkpoint kept elsewhere was given (--checkpoint)',
		);
	}
	return unknown;
}
