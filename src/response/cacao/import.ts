// The way in for a stranger's playbook: bytes are read strictly, checked, their signatures verified, their secrets taken out, and every step
// gets a name in our catalogue. Pure: nothing is written, nothing fetched. Files and printing: cli/playbook-cacao.ts.
import { canonicalHash } from '../../domain/canonical.ts';
import type { Role } from '../../domain/person.ts';
import type { Playbook } from '../../domain/playbook.ts';
import type { Instant } from '../../domain/time.ts';
import type { CacaoFinding } from './finding.ts';
import { parseTimestamp } from './identifier.ts';
import { ownPlaybookIn } from './own.ts';
import type { CacaoPlaybook } from './schema.ts';
import { removeSecrets } from './secrets.ts';
import { checkSignatures, type SignatureCheck } from './signature.ts';
import { isJsonObject, type JsonObject, readStrictJson } from './strict-json.ts';
import { type Became, type Raw, toPlaybook } from './to-playbook.ts';
import { validateCacao } from './validate.ts';

export type ImportSettings = {
	/** The id that it gets here; null makes one of its name. */
	readonly id: string | null;
	readonly lead: Role;
	/** Public keys and certificates (PEM) that the site trusts. */
	readonly trusted: readonly string[];
	/** Refuse what none of these keys has signed. */
	readonly needsTrusted: boolean;
	readonly called: (cacaoId: string) => string | null;
	readonly now: Instant;
};

export type Imported = {
	readonly playbook: Playbook;
	/** As it stands in the file. */
	readonly written: Raw;
	/** The object to keep beside it, without secrets; null for a playbook of our own, which needs none. */
	readonly original: JsonObject | null;
	readonly became: readonly Became[];
	readonly notes: readonly string[];
};

export type ImportResult = {
	/** Null where it is refused: `findings` say why. */
	readonly imported: Imported | null;
	readonly findings: readonly CacaoFinding[];
	readonly signatures: readonly SignatureCheck[];
	/** JSON paths from which a secret was taken out. */
	readonly removed: readonly string[];
};

/**
 * Reads one CACAO v2.0 playbook. Never throws on what a stranger can send.
 *
 * A signature that does not fit refuses it always: somebody changed it. One that is missing, revoked, out of date or cannot be checked is
 * told, and refuses only where `needsTrusted`.
 */
export function importCacao(bytes: Uint8Array, settings: ImportSettings): ImportResult {
	const refused = (findings: readonly CacaoFinding[], signatures: readonly SignatureCheck[] = []): ImportResult => ({
		imported: null,
		findings,
		signatures,
		removed: [],
	});
	const read = readStrictJson(bytes);
	if (!read.ok) {
		const { line, column, path, message } = read.error;
		return refused([{ level: 'error', path, message: `line ${line}, column ${column}: ${message}` }]);
	}
	const { playbook, findings } = validateCacao(read.value);
	if (playbook === null || !isJsonObject(read.value)) return refused(findings);
	const signatures = checkSignatures(read.value, settings.trusted, settings.now);
	const told: CacaoFinding[] = [
		...findings,
		...validityOf(playbook, settings.now),
		...saidOfSignatures(signatures, settings),
	];
	const cleaned = removeSecrets(read.value);
	if (cleaned.removed.length > 0 && signatures.length > 0)
		told.push(
			error(
				'$.signatures',
				`it is signed and holds secrets in clear text (${cleaned.removed.slice(0, 3).join(', ')}): they are not kept, and without them the signature would no longer fit. Ask its maker to pass them as variables`,
			),
		);
	else
		for (const path of cleaned.removed)
			told.push(warning(path, 'a secret in clear text: it was taken out, a variable stands in its place'));
	if (told.some((finding) => finding.level === 'error')) return refused(told, signatures);
	const own = ownPlaybookIn(read.value);
	if (own !== null) {
		if (own.ok) return { imported: { ...own.value, original: null }, findings: told, signatures, removed: [] };
		told.push(warning('$.playbook_extensions', own.error));
	}
	return converted(cleaned, settings, told, signatures);
}

function converted(
	cleaned: ReturnType<typeof removeSecrets>,
	settings: ImportSettings,
	told: CacaoFinding[],
	signatures: readonly SignatureCheck[],
): ImportResult {
	const { playbook, findings } = validateCacao(cleaned.value);
	// What stands in a secret's place is longer than some secrets: a text at its limit may pass it.
	if (playbook === null) {
		const why = findings[0]?.message ?? '';
		const finding = error('$', `with its secrets taken out it is no longer valid: ${why}`);
		return { imported: null, findings: [...told, finding], signatures, removed: [] };
	}
	const made = toPlaybook(playbook, {
		id: settings.id ?? idOf(playbook),
		lead: settings.lead,
		called: settings.called,
		origin: { id: playbook.id, modified: playbook.modified, sha256: canonicalHash(cleaned.value) },
	});
	if (!made.ok)
		return { imported: null, findings: [...told, error('$.workflow', made.error)], signatures, removed: [] };
	return { imported: { ...made.value, original: cleaned.value }, findings: told, signatures, removed: cleaned.removed };
}

function error(path: string, message: string): CacaoFinding {
	return { level: 'error', path, message };
}

function warning(path: string, message: string): CacaoFinding {
	return { level: 'warning', path, message };
}

/** Times at which the playbook itself is not valid: it may be read, and whoever uses it is told. */
function validityOf(playbook: CacaoPlaybook, now: Instant): CacaoFinding[] {
	const at = (text: string | undefined) => (text === undefined ? null : (parseTimestamp(text)?.at ?? null));
	const [from, until] = [at(playbook.valid_from), at(playbook.valid_until)];
	if (from !== null && now < from)
		return [warning('$.valid_from', `the playbook is not valid before ${playbook.valid_from}`)];
	if (until !== null && now >= until)
		return [warning('$.valid_until', `the playbook was valid until ${playbook.valid_until}`)];
	return [];
}

function saidOfSignatures(signatures: readonly SignatureCheck[], settings: ImportSettings): CacaoFinding[] {
	const told = signatures.flatMap((one, at): CacaoFinding[] => {
		const path = `$.signatures[${at}]`;
		if (one.state === 'bad') return [error(path, `the signature is not good: ${one.why}`)];
		return one.state === 'trusted' ? [] : [warning(path, `signature: ${one.why}`)];
	});
	if (signatures.length === 0) told.push(warning('$.signatures', 'it is not signed: nobody vouches for it'));
	if (settings.needsTrusted && !signatures.some((one) => one.state === 'trusted'))
		told.push(error('$.signatures', 'no signature is by a key that you trust'));
	return told;
}

/** An id of its name: lower-case words and hyphens, and the beginning of its UUID, so that two of one name stay two. */
function idOf(playbook: CacaoPlaybook): string {
	const words = playbook.name
		.normalize('NFKD')
		.toLowerCase()
		.replace(/[^a-z0-9]+/g, '-')
		.replace(/^-+/, '')
		.slice(0, 45)
		.replace(/-+$/, '');
	return `${words === '' ? 'cacao' : words}-${playbook.id.slice(-12, -4).toLowerCase()}`;
}
