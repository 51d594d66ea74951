// How an account is written, and which account of a directory it can only mean. Pure. Names come from alerts, which attackers write:
// what is no plain name is refused, and a name that fits two accounts is nobody's.
import { err, ok, type Result } from '../../domain/result.ts';

/** What the program leaves alone: groups as the service identifies them, accounts by name. */
export type Protection = { readonly groups: readonly string[]; readonly accounts: readonly string[] };

/** The forms of Windows and of the web: `jdoe`, `PLANT\jdoe`, `jdoe@plant.example`. */
export type AccountName = {
	readonly local: string;
	/** What stands behind the `@`; null without one. */
	readonly suffix: string | null;
	/** What stands before the `\`; null without one. */
	readonly netbios: string | null;
};

// The characters of logon names that need no quoting anywhere; `#` for guests of Entra ID (`name_home.example#EXT#@plant.example`).
const LOCAL = /^[\p{L}\p{N}_][\p{L}\p{N}._+#$'-]{0,99}$/u;
const SUFFIX = /^[A-Za-z0-9][A-Za-z0-9.-]{0,99}$/;
const NETBIOS = /^[A-Za-z0-9][A-Za-z0-9.-]{0,29}$/;

/** Reads what an alert or a person calls an account; the error says what is wrong with it. */
export function readAccountName(text: string): Result<AccountName, string> {
	const name = text.trim();
	const slash = name.indexOf('\\');
	const netbios = slash < 0 ? null : name.slice(0, slash);
	const rest = slash < 0 ? name : name.slice(slash + 1);
	const at = rest.lastIndexOf('@');
	const local = at < 0 ? rest : rest.slice(0, at);
	const suffix = at < 0 ? null : rest.slice(at + 1);
	const isPlain =
		LOCAL.test(local) && (suffix === null || SUFFIX.test(suffix)) && (netbios === null || NETBIOS.test(netbios));
	if (!isPlain) return err('the account is no plain account name');
	if (netbios !== null && suffix !== null) return err('the account is written with `\\` and with `@`: one of them');
	return ok({ local, suffix: suffix?.toLowerCase() ?? null, netbios: netbios?.toLowerCase() ?? null });
}

/** Two spellings of one account: directories fold case. */
export function isSameName(a: string, b: string): boolean {
	return a.trim().toLowerCase() === b.trim().toLowerCase();
}

/**
 * Whether a list of the site says that an account is nobody's to disable. Only the name itself counts, without its domain: a list
 * that says `svc-historian` or `PLANT\svc-historian` protects it in every domain, and so protects too much and never too little.
 */
export function isProtectedName(protectedNames: readonly string[], ...spellings: readonly string[]): boolean {
	return protectedNames.some((entry) => spellings.some((name) => isSameName(bareName(entry), bareName(name))));
}

function bareName(text: string): string {
	const after = text.slice(text.indexOf('\\') + 1);
	const at = after.lastIndexOf('@');
	return at < 0 ? after : after.slice(0, at);
}
