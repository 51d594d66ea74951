// `interlock audit`: evidence out of the ledger, and proof of it. `verify` needs the file alone; the other subcommands open the
// database through the function they are given. What is proved, and how, is in ledger/.
import { open, readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import type { Instant } from '../domain/time.ts';
import { type LedgerKeys, openLedgerKeys } from '../ledger/key-file.ts';
import { type Ledger, openLedger, rebuildFrontier, type Sealed } from '../ledger/ledger.ts';
import { exportLines, proveEntry } from '../ledger/make-export.ts';
import { frontierRoot } from '../ledger/merkle.ts';
import { formatVkey, parseVkey, type VerifierKey } from '../ledger/note.ts';
import { formatProof, PROOF_HEAD, parseProof, verifyProof } from '../ledger/proof.ts';
import type { SealSettings } from '../ledger/seal-plan.ts';
import { type VerifyReport, verifyExport } from '../ledger/verify.ts';
import type { Database } from '../store/database.ts';
import { lastCheckpoint } from '../store/read/ledger.ts';
import { record } from '../store/record.ts';
import { auditAdvice } from './audit-advice.ts';
import { EXIT, type Io } from './io.ts';

/** The ledger's database and what belongs to it. */
export type AuditStore = {
	readonly database: Database;
	/** Where the ledger's key lies. */
	readonly dataFolder: string;
	/** The log's name (settings.ledger.origin). */
	readonly origin: string;
	readonly settings: SealSettings;
	close(): Promise<void>;
};

export type AuditIo = Pick<Io, 'out' | 'err' | 'stdin'> & {
	readonly now: () => Instant;
	/** Who runs the command, for the ledger; the operating system's user name. */
	readonly user: string;
	/** Opens the database; throws with words for people where it cannot. */
	readonly open: () => Promise<AuditStore>;
};

const USAGE = `usage: interlock audit export [--out FILE] [--format jsonl] [--with-personal]
       interlock audit verify FILE|- [--key VKEY]... [--checkpoint FILE] [--json]
       interlock audit checkpoint
       interlock audit prove ENTRY [--out FILE]
       interlock audit rebuild
       interlock audit advice [--json]
`;

/** Tries for the sealer's lock before the command gives up, a quarter of a second apart. */
const SEAL_TRIES_MAX = 40;
const SEAL_PAUSE_MS = 250;

/**
 * Runs the command.
 *
 * @returns 0 done or verified, 1 something does not hold, 2 wrong usage, 3 the file, the database or the key cannot be read
 */
export async function audit(args: string[], io: AuditIo): Promise<number> {
	const options = readOptions(args);
	if (typeof options === 'string') {
		io.err(`audit: ${options}\n${USAGE}`);
		return EXIT.usage;
	}
	switch (options.command) {
		case 'verify':
			return verify(options, io);
		case 'export':
			return withStore(io, (store) => exportAll(options, store, io));
		case 'checkpoint':
			return withStore(io, (store) => checkpoint(store, io));
		case 'prove':
			return withStore(io, (store) => prove(options, store, io));
		case 'rebuild':
			return withStore(io, (store) => rebuild(store, io));
		case 'advice':
			return withStore(io, (store) => auditAdvice(store.database, options.json, io));
	}
}

const COMMANDS = ['export', 'verify', 'checkpoint', 'prove', 'rebuild', 'advice'] as const;

type Options = {
	readonly command: (typeof COMMANDS)[number];
	/** FILE of verify, ENTRY of prove. */
	readonly subject: string;
	readonly out: string | null;
	readonly keys: readonly VerifierKey[];
	readonly checkpoint: string | null;
	readonly json: boolean;
	readonly withPersonal: boolean;
};

function readOptions(args: string[]): Options | string {
	let parsed: ReturnType<typeof parseAuditArgs>;
	try {
		parsed = parseAuditArgs(args);
	} catch (error) {
		return error instanceof Error ? error.message : String(error);
	}
	const { values, positionals } = parsed;
	const command = COMMANDS.find((known) => known === positionals[0]);
	if (command === undefined)
		return positionals.length === 0 ? 'a subcommand is missing' : `there is no subcommand \`${positionals[0]}\``;
	const takes = command === 'verify' || command === 'prove' ? 2 : 1;
	if (positionals.length !== takes)
		return `\`${command}\` takes ${takes - 1} argument${takes === 2 ? '' : 's'}, ${positionals.length - 1} given`;
	const format = values.format ?? 'jsonl';
	if (format !== 'jsonl') return `the format \`${format}\` is not known: \`jsonl\` is`;
	const keys: VerifierKey[] = [];
	for (const text of values.key ?? []) {
		const key = parseVkey(text);
		if (!key.ok) return `--key ${key.error}`;
		keys.push(key.value);
	}
	return {
		command,
		subject: positionals[1] ?? '',
		out: values.out ?? null,
		keys,
		checkpoint: values.checkpoint ?? null,
		json: values.json ?? false,
		withPersonal: values['with-personal'] ?? false,
	};
}

function parseAuditArgs(args: string[]) {
	return parseArgs({
		args,
		allowPositionals: true,
		options: {
			out: { type: 'string' },
			format: { type: 'string' },
			key: { type: 'string', multiple: true },
			checkpoint: { type: 'string' },
			json: { type: 'boolean' },
			'with-personal': { type: 'boolean' },
		},
	});
}

async function verify(options: Options, io: AuditIo): Promise<number> {
	let bytes: Uint8Array;
	let outside: string | undefined;
	try {
		bytes = options.subject === '-' ? await io.stdin() : await readFile(options.subject);
		outside = options.checkpoint === null ? undefined : await readFile(options.checkpoint, 'utf8');
	} catch (error) {
		io.err(`audit verify: ${error instanceof Error ? error.message : String(error)}\n`);
		return EXIT.unable;
	}
	if (Buffer.from(bytes.subarray(0, PROOF_HEAD.length)).toString('utf8') === PROOF_HEAD)
		return verifyOne(bytes, options, io);
	const report = verifyExport(bytes, { keys: options.keys, ...(outside === undefined ? {} : { outside }) });
	io.out(options.json ? `${JSON.stringify(report)}\n` : formatReport(report));
	return report.ok ? EXIT.ok : EXIT.finding;
}

/** A proof of one entry: it carries no key, so one has to be given. */
function verifyOne(bytes: Uint8Array, options: Options, io: AuditIo): number {
	if (options.keys.length === 0) {
		io.err('audit verify: a proof carries no key: give the published one with --key\n');
		return EXIT.usage;
	}
	const proof = parseProof(Buffer.from(bytes).toString('utf8'));
	const checked = proof.ok ? verifyProof(proof.value, options.keys) : proof;
	if (!checked.ok || !proof.ok) {
		io.out(`NOT verified: ${checked.ok ? '' : checked.error}\n`);
		return EXIT.finding;
	}
	const { origin, size } = checked.value;
	io.out(
		`verified: the entry stands at place ${proof.value.index} of the log \`${origin}\` of size ${size}\n${proof.value.canonical}\n`,
	);
	return EXIT.ok;
}

/** The report as people read it: a line a claim, its faults below it, and what cannot be known at the end. */
function formatReport(report: VerifyReport): string {
	const lines = report.claims.flatMap((claim) => [
		`${claim.ok ? 'ok     ' : 'FAILED '} ${claim.claim} (${claim.detail})`,
		...claim.faults.map((fault) => `          ${fault}`),
	]);
	const head = report.ok
		? `verified: ${report.entries} entries of \`${report.origin ?? ''}\`, root ${report.root ?? ''}`
		: 'NOT verified';
	const keys = report.keys.map(
		(key) => `key     ${key.vkey} (${key.from === 'file' ? 'brought by the file' : 'given by you'})`,
	);
	const unknown = report.unknown.map((text) => `unknown ${text}`);
	return `${[...lines, ...keys, ...unknown, head].join('\n')}\n`;
}

async function withStore(io: AuditIo, work: (store: AuditStore) => Promise<number>): Promise<number> {
	let store: AuditStore;
	try {
		store = await io.open();
	} catch (error) {
		io.err(`audit: ${error instanceof Error ? error.message : String(error)}\n`);
		return EXIT.unable;
	}
	try {
		return await work(store);
	} finally {
		await store.close();
	}
}

async function exportAll(options: Options, store: AuditStore, io: AuditIo): Promise<number> {
	const opened = await openForSealing(store, io);
	if (typeof opened === 'number') return opened;
	const now = io.now();
	// The export itself is a fact, and it is in the export.
	await record(
		store.database,
		{
			entries: [
				{
					kind: 'ledger.exported',
					actor: { kind: 'system', id: io.user },
					at: now,
					incident: null,
					refs: [],
					data: { format: 'jsonl', with_personal: options.withPersonal },
				},
			],
		},
		now,
	);
	if ((await sealNow(opened.ledger, io)) === null) return EXIT.unable;
	const lines = exportLines(store.database, opened.keys.verifiers, store.origin, now, options.withPersonal);
	if (options.out === null) {
		for await (const text of lines) io.out(text);
		return EXIT.ok;
	}
	try {
		await writeLines(options.out, lines);
	} catch (error) {
		io.err(`audit export: ${error instanceof Error ? error.message : String(error)}\n`);
		return EXIT.unable;
	}
	io.err(`written: ${options.out} (${opened.ledger.size()} entries)\n`);
	return EXIT.ok;
}

/** Readable by its owner only: an export tells everything. */
async function writeLines(path: string, lines: AsyncIterable<string>): Promise<void> {
	const file = await open(path, 'w', 0o600);
	try {
		for await (const text of lines) await file.write(text);
		await file.sync();
	} finally {
		await file.close();
	}
}

async function checkpoint(store: AuditStore, io: AuditIo): Promise<number> {
	const opened = await openForSealing(store, io);
	if (typeof opened === 'number') return opened;
	if ((await sealNow(opened.ledger, io)) === null) return EXIT.unable;
	const last = await lastCheckpoint(store.database.db);
	if (last === null) {
		io.err('audit checkpoint: the ledger is empty: there is nothing to sign\n');
		return EXIT.finding;
	}
	io.out(last.note);
	for (const key of opened.keys.verifiers) io.err(`key ${formatVkey(key)}\n`);
	return EXIT.ok;
}

async function prove(options: Options, store: AuditStore, io: AuditIo): Promise<number> {
	const proof = await proveEntry(store.database, options.subject);
	if (!proof.ok) {
		io.err(`audit prove: ${proof.error}\n`);
		return EXIT.finding;
	}
	const text = formatProof(proof.value);
	if (options.out === null) {
		io.out(text);
		return EXIT.ok;
	}
	await writeLines(options.out, oneLine(text));
	return EXIT.ok;
}

async function* oneLine(text: string): AsyncGenerator<string> {
	yield text;
}

async function rebuild(store: AuditStore, io: AuditIo): Promise<number> {
	const keys = readKeys(store, io);
	if (keys === null) return EXIT.unable;
	const rebuilt = await rebuildFrontier(store.database, keys);
	if (!rebuilt.ok) {
		io.out(`the ledger does NOT fit its checkpoints: ${rebuilt.error}\n`);
		return EXIT.finding;
	}
	io.out(
		`rebuilt: ${rebuilt.value.size} entries, root ${frontierRoot(rebuilt.value).toString('base64')}, every checkpoint fits\n`,
	);
	return EXIT.ok;
}

/** The ledger and its keys, or the exit code: without keys nothing can be done, a ledger that does not fit is a finding. */
async function openForSealing(store: AuditStore, io: AuditIo): Promise<{ ledger: Ledger; keys: LedgerKeys } | 1 | 3> {
	const keys = readKeys(store, io);
	if (keys === null) return EXIT.unable;
	const ledger = await openLedger(store.database, keys, store.settings);
	if (ledger.ok) return { ledger: ledger.value, keys };
	io.err(`audit: ${ledger.error}\n`);
	return EXIT.finding;
}

function readKeys(store: AuditStore, io: AuditIo): LedgerKeys | null {
	const keys = openLedgerKeys(store.dataFolder, store.origin, false);
	if (keys.ok) return keys.value;
	io.err(`audit: ${keys.error}\n`);
	return null;
}

/** Seals everything committed and signs it; waits for a sealer that holds the lock. */
async function sealNow(ledger: Ledger, io: AuditIo): Promise<Sealed | null> {
	for (let tries = 0; tries < SEAL_TRIES_MAX; tries++) {
		const sealed = await ledger.seal(io.now(), true);
		if (sealed !== null) return sealed;
		await new Promise((resolve) => setTimeout(resolve, SEAL_PAUSE_MS));
	}
	io.err('audit: another process holds the ledger for sealing and does not let go: try again\n');
	return null;
}
