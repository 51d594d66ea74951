// Which live session of a gateway a step can only mean, and whether it is one to leave alone. Pure. Names come from alerts, which attackers
// write: what fits two sessions is nobody's.
import { isAddressIn } from '../../domain/address.ts';
import { err, ok, type Result } from '../../domain/result.ts';
import type { StepParams } from '../../domain/step.ts';
import { type Instant, toIso } from '../../domain/time.ts';
import { isProtectedName, isSameName, readAccountName } from './identity-name.ts';
import { plainAddress } from './indicator.ts';

export type LiveSession = {
	/** What the gateway ends it by: two with one key cannot be ended one without the other. */
	readonly key: string;
	/** Whose it is, in each spelling that the gateway has. */
	readonly accounts: readonly string[];
	/** The address that it was given, and those that it comes from. */
	readonly addresses: readonly string[];
	/** The computer's name, or a number that the gateway keeps to this session for good. */
	readonly names: readonly string[];
	/** Numbers that the next session gets again: they name one only together with the account. */
	readonly places: readonly string[];
	/** When it began, in the gateway's own words: another value, another session. */
	readonly began: string;
	/** The same as a time; null where the words cannot be read as one. */
	readonly since: Instant | null;
};

/** A session that is over: when it ended, and how the gateway says that. */
export type Former = LiveSession & { readonly until: Instant | null; readonly words: string };

/** What the step says, as the gate has judged it. */
export type Named = {
	readonly session: string;
	/** The address that `session` is; null where it is none. */
	readonly address: string | null;
	readonly account: string | null;
};

/** Reads the parameters `session` and `account`: nothing else chooses (docs/safety.md). */
export function readNamed(params: StepParams, accountNeeded: boolean): Result<Named, string> {
	const [session, account] = [params['session'], params['account']];
	if (typeof session !== 'string' || session.trim() === '') return err('the step names no session');
	const name = typeof account === 'string' && account.trim() !== '' ? account.trim() : null;
	if (name !== null) {
		const read = readAccountName(name);
		if (!read.ok) return read;
	}
	if (name === null && accountNeeded)
		return err('the step names no account: an address or a number alone may be somebody else by now');
	const own = session.trim();
	return ok({ session: own, address: plainAddress(own), account: name });
}

/** Whether the session is one that the step can mean. Everything that the step says has to fit. */
export function fits(session: LiveSession, { session: name, address, account }: Named): boolean {
	if (account !== null && !isAccountOf(session, account)) return false;
	if (address !== null) return session.addresses.some((held) => plainAddress(held) === address);
	return (
		session.names.some((held) => isSameName(held, name)) ||
		(account !== null && session.places.includes(name)) ||
		isAccountOf(session, name)
	);
}

/** Two spellings of one account: `PLANT\jdoe` and `jdoe` fit, `a@one.example` and `a@two.example` do not. */
function isAccountOf({ accounts }: LiveSession, named: string): boolean {
	if (accounts.some((held) => isSameName(held, named))) return true;
	const wanted = readAccountName(named);
	if (!wanted.ok) return false;
	const held = accounts.flatMap((account) => {
		const read = readAccountName(account);
		return read.ok ? [read.value] : [];
	});
	const isApart = (one: string | null, other: string | null): boolean =>
		one !== null && other !== null && !isSameName(one, other);
	return (
		held.some(({ local }) => isSameName(local, wanted.value.local)) &&
		!held.some(({ suffix, netbios }) => isApart(suffix, wanted.value.suffix) || isApart(netbios, wanted.value.netbios))
	);
}

export function isSameSession(one: LiveSession, other: LiveSession): boolean {
	return one.key === other.key && one.began === other.began;
}

/** Why a session is nobody's to end; null where the configuration says nothing about it. */
export function whyLeftAlone(
	session: LiveSession,
	protection: { readonly accounts: readonly string[]; readonly addresses: readonly string[] },
): string | null {
	if (isProtectedName(protection.accounts, ...session.accounts))
		return 'the configuration lists its account under `protected`';
	const range = protection.addresses.find((one) => session.addresses.some((address) => isAddressIn(address, one)));
	return range === undefined ? null : `the configuration lists ${range} under \`protected\``;
}

/** A session in words for people. */
export function titleOf({ accounts, names, addresses, since, began }: LiveSession): string {
	const on = names[0] === undefined ? '' : ` on ${names[0]}`;
	const at = addresses.length === 0 ? '' : ` (${addresses.slice(0, 3).join(', ')})`;
	return `the session of \`${accounts[0] ?? '?'}\`${on}${at} since ${since === null ? began : toIso(since)}`;
}
