// The export pack: one JSONL file that holds the ledger's entries with their exact bytes, the signed checkpoints and the keys to
// check them with. Writing and reading its form only; whether it is true is verify.ts's.
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { canonicalJson } from '../domain/canonical.ts';
import { Actor, EntryKind } from '../domain/entry.ts';
import { err, ok, type Result } from '../domain/result.ts';

export const EXPORT_FORMAT = 'interlock-ledger-export';
export const EXPORT_VERSION = 1;

/** Bytes of one line. */
const LINE_BYTES_MAX = 32 * 1024 * 1024;

const Place = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

const HeaderLine = z.strictObject({
	type: z.literal('header'),
	format: z.literal(EXPORT_FORMAT),
	version: z.literal(EXPORT_VERSION),
	/** The log's name, as in its checkpoints. */
	origin: z.string().min(1),
	/** Entries in this file: all from place 0 up to the last checkpoint. */
	size: Place,
	exported_at: z.iso.datetime(),
	/** Verifier keys of the log and its witnesses. Compare them with the published ones: a forger would bring his own. */
	vkeys: z.array(z.string()).min(1).max(100),
});

const EntryLine = z.strictObject({
	type: z.literal('entry'),
	place: Place,
	/** The canonical JSON (RFC 8785) that was hashed, byte for byte. */
	canonical: z.string(),
	/** SHA-256(0x00 || canonical), hexadecimal, as stored. */
	leaf: z.string().regex(/^[0-9a-f]{64}$/),
});

/** A value that the entry holds only as a hash, because it must be erasable; there only where the export was asked for it. */
const PersonalLine = z.strictObject({
	type: z.literal('personal'),
	entry: z.string(),
	name: z.string(),
	salt: z.string(),
	value: z.string(),
});

const CheckpointLine = z.strictObject({ type: z.literal('checkpoint'), note: z.string() });

/** SHA-256 over every byte before this line: a slip of the disk or the mail shows, whatever line it hits. */
const EndLine = z.strictObject({
	type: z.literal('end'),
	lines: Place,
	sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

const Line = z.discriminatedUnion('type', [HeaderLine, EntryLine, PersonalLine, CheckpointLine, EndLine]);
type Line = z.infer<typeof Line>;

/** What an entry's canonical text holds (made by store/record.ts). */
export const Envelope = z.strictObject({
	v: z.literal(1),
	id: z.string().min(1),
	kind: EntryKind,
	at: z.iso.datetime(),
	recorded_at: z.iso.datetime(),
	actor: Actor,
	incident: z.string().nullable(),
	refs: z.array(z.string()),
	data: z.record(z.string(), z.unknown()),
	personal: z.record(z.string(), z.string()).optional(),
});
export type Envelope = z.infer<typeof Envelope>;

export type Pack = {
	readonly header: z.infer<typeof HeaderLine>;
	readonly entries: readonly z.infer<typeof EntryLine>[];
	readonly personal: readonly z.infer<typeof PersonalLine>[];
	readonly checkpoints: readonly string[];
};

/** Makes an export's lines one after the other, and the last one from all before it. */
export class ExportWriter {
	readonly #hash = createHash('sha256');
	#lines = 0;

	/** One line with its newline. */
	line(line: Exclude<Line, { type: 'end' }>): string {
		const text = `${canonicalJson(line)}\n`;
		this.#hash.update(text, 'utf8');
		this.#lines++;
		return text;
	}

	/** The last line. */
	end(): string {
		return `${canonicalJson({ type: 'end', lines: this.#lines, sha256: this.#hash.digest('hex') })}\n`;
	}
}

/** The whole pack as text, for what fits in memory. */
export function formatExport(pack: Pack): string {
	const writer = new ExportWriter();
	const lines = [
		pack.header,
		...pack.entries,
		...pack.personal,
		...pack.checkpoints.map((note) => ({ type: 'checkpoint' as const, note })),
	];
	return lines.map((line) => writer.line(line)).join('') + writer.end();
}

/**
 * Reads an export. Every line must be exactly the canonical form of what it says, in the order header, entries, personal
 * values, checkpoints, end; and the end line's digest must fit: any byte that was changed, added or cut off is an error.
 */
export function readExport(bytes: Uint8Array): Result<Pack, string> {
	const hash = createHash('sha256');
	const reader = new PackReader();
	let from = 0;
	let number = 0;
	while (from < bytes.length) {
		const end = bytes.indexOf(0x0a, from);
		number++;
		if (end < 0) return err(`line ${number}: it does not end: the file was cut off`);
		if (end - from > LINE_BYTES_MAX)
			return err(`line ${number}: it has ${end - from} bytes, ${LINE_BYTES_MAX} are allowed`);
		const line = readLine(bytes.subarray(from, end));
		if (!line.ok) return err(`line ${number}: ${line.error}`);
		const digest = line.value.type === 'end' ? hash.digest('hex') : null;
		const refused = reader.take(line.value, digest);
		if (refused !== null) return err(`line ${number}: ${refused}`);
		if (digest === null) hash.update(bytes.subarray(from, end + 1));
		from = end + 1;
		if (digest !== null)
			return from === bytes.length ? reader.pack() : err(`line ${number + 1}: something stands behind the end line`);
	}
	return err(`line ${number + 1}: the end line is missing: the file was cut off`);
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function readLine(bytes: Uint8Array): Result<Line, string> {
	let value: unknown;
	let text: string;
	try {
		text = UTF8.decode(bytes);
		value = JSON.parse(text);
	} catch {
		// Both say the same to the reader: these bytes are not what was exported.
		return err('it is not JSON in UTF-8');
	}
	const parsed = Line.safeParse(value);
	if (!parsed.success) return err(`it is no line of an export: ${parsed.error.issues[0]?.message ?? ''}`);
	const isSame = canonicalOrNull(parsed.data) === text;
	return isSame ? ok(parsed.data) : err('it is not in canonical form: it was edited');
}

/** The canonical form; null for what has none (numbers beyond 2^53, lone surrogates). */
export function canonicalOrNull(value: unknown): string | null {
	try {
		return canonicalJson(value);
	} catch (error) {
		if (error instanceof TypeError || error instanceof RangeError) return null;
		throw error;
	}
}

const ORDER = ['header', 'entry', 'personal', 'checkpoint', 'end'] as const;

/** Collects lines and keeps their order. */
class PackReader {
	#header: Pack['header'] | null = null;
	readonly #entries: Pack['entries'][number][] = [];
	readonly #personal: Pack['personal'][number][] = [];
	readonly #checkpoints: string[] = [];
	#stage = -1;
	#lines = 0;

	/** Null, or why the line cannot stand here. */
	take(line: Line, digest: string | null): string | null {
		const stage = ORDER.indexOf(line.type);
		if (this.#header === null ? stage !== 0 : stage < Math.max(this.#stage, 1))
			return `a line of type ${line.type} cannot stand here`;
		this.#stage = stage;
		switch (line.type) {
			case 'header':
				this.#header = line;
				break;
			case 'entry':
				this.#entries.push(line);
				break;
			case 'personal':
				this.#personal.push(line);
				break;
			case 'checkpoint':
				this.#checkpoints.push(line.note);
				break;
			case 'end':
				if (line.lines !== this.#lines) return `it counts ${line.lines} lines, ${this.#lines} are there`;
				return line.sha256 === digest ? null : 'its digest does not fit: the file was changed after it was exported';
		}
		this.#lines++;
		return null;
	}

	pack(): Result<Pack, string> {
		if (this.#header === null) return err('the header is missing');
		return ok({
			header: this.#header,
			entries: this.#entries,
			personal: this.#personal,
			checkpoints: this.#checkpoints,
		});
	}
}
