// Disables or enables one account in Active Directory: looks first, changes the one bit only if nobody else changed the account
// meanwhile, and looks again. Says what is known of the effect. NOT here: whether it may (the grant), and how the link is made.
import type { Instant } from '../../domain/time.ts';
import { controlAfter, type DirectoryAccount, isDisabled } from './active-directory-account.ts';
import { findAccount, isActiveDirectory, type Protection, type Scope, whyProtected } from './active-directory-guard.ts';
import { type Directory, LinkFailed, type LinkSettings, withDirectory } from './active-directory-link.ts';
import type { CallResult, Probe, ReadBack } from './connector.ts';
import { CALL_BUDGET_MS } from './retry.ts';

/** Looks at the account in one call: the first included, after each one that broke off or lost a race. */
const TRIES_MAX = 3;
const PAUSE_MS = 250;

export type ChangeSettings = LinkSettings & { readonly scope: Scope; readonly protection: Protection };
export type ChangeEdge = { readonly now: () => Instant; readonly sleep: (ms: number) => Promise<void> };

/** `isTrouble`: the directory, and not the account, was the reason. */
export type Changed = CallResult & { readonly isTrouble: boolean };

/**
 * Disables the account, or enables it again.
 *
 * `done` only after the directory itself showed the new state. A try that broke off after the change was sent is followed by a look:
 * the change names the old value, so that making it again can neither do it twice nor overwrite what somebody else changed.
 */
export async function changeAccount(
	settings: ChangeSettings,
	password: string,
	name: string,
	disable: boolean,
	edge: ChangeEdge,
): Promise<Changed> {
	const deadline = edge.now() + CALL_BUDGET_MS;
	let doubt: string | null = null;
	for (let tries = 1; ; tries++) {
		let tried: Tried;
		try {
			const leftMs = Math.max(1, deadline - edge.now());
			const link = { ...settings, timeoutMs: Math.min(settings.timeoutMs, leftMs) };
			tried = await withDirectory(link, password, (directory) =>
				tryOnce(directory, settings, name, disable, doubt !== null),
			);
		} catch (cause) {
			tried = ofFailure(cause);
		}
		if (tried.effect === 'unknown') doubt ??= tried.detail;
		const isLast = !tried.isAgain || tries >= TRIES_MAX || edge.now() + PAUSE_MS >= deadline;
		if (isLast) {
			// A try whose effect is unknown stays in doubt, whatever the next one was refused for, unless the directory showed the state.
			const effect = tried.effect === 'not_done' && doubt !== null ? 'unknown' : tried.effect;
			const before = doubt === null || doubt === tried.detail ? '' : `; an earlier try: ${doubt}`;
			return { effect, detail: `${tried.detail}${before}`, tries, isTrouble: tried.isTrouble };
		}
		await edge.sleep(PAUSE_MS);
	}
}

type Tried = {
	readonly effect: CallResult['effect'];
	readonly detail: string;
	/** Worth another look: nothing was sent, it broke off, or somebody else was quicker. */
	readonly isAgain: boolean;
	readonly isTrouble: boolean;
};

const said = (effect: Tried['effect'], detail: string): Tried => ({ effect, detail, isAgain: false, isTrouble: false });

function ofFailure(cause: unknown): Tried {
	if (!(cause instanceof LinkFailed)) throw cause;
	const isAgain = cause.kind === 'not_sent';
	return { effect: 'not_done', detail: `not changed: ${cause.message}`, isAgain, isTrouble: true };
}

async function tryOnce(
	directory: Directory,
	settings: ChangeSettings,
	name: string,
	disable: boolean,
	isSecondLook: boolean,
): Promise<Tried> {
	const isAd = await isActiveDirectory(directory);
	const found = await findAccount(directory, settings.scope, name);
	if (!found.ok) return said('not_done', found.error);
	const account = found.value;
	const word = disable ? 'disabled' : 'enabled';
	if (isDisabled(account) === disable)
		return said(
			'done',
			`\`${account.names.sam}\` is ${word}: ${isSecondLook ? 'the directory shows it' : 'it was before this call'}`,
		);
	// Both ways: an account that nobody here may disable is not enabled here either (krbtgt, Guest, what another hand switched off).
	const why = await whyProtected(directory, account, settings.protection, isAd);
	if (why !== null)
		return said('not_done', `\`${account.names.sam}\` is left alone: ${why}. A person decides what becomes of it`);
	const next = controlAfter(account, disable);
	const modified = await directory.exchange(
		addressOf(account, isAd),
		'userAccountControl',
		String(account.control),
		String(next),
	);
	switch (modified.kind) {
		case 'done':
			return await seen(directory, account, isAd, disable);
		case 'raced':
			return { ...said('not_done', `not ${word}: ${modified.reason}`), isAgain: true };
		case 'unknown':
			return { effect: 'unknown', detail: `the answer broke off: ${modified.reason}`, isAgain: true, isTrouble: true };
		case 'busy':
			return { effect: 'not_done', detail: `not ${word}: ${modified.reason}`, isAgain: true, isTrouble: true };
		case 'refused':
			return said('not_done', `not ${word}: ${modified.reason}`);
	}
}

/** The controller said yes; what it shows counts. */
async function seen(directory: Directory, account: DirectoryAccount, isAd: boolean, disable: boolean): Promise<Tried> {
	const word = disable ? 'disabled' : 'enabled';
	const sam = account.names.sam;
	try {
		const control = await directory.entry(addressOf(account, isAd), ['userAccountControl']);
		const shown = Number(control?.attributes.get('useraccountcontrol')?.[0]?.toString('utf8') ?? Number.NaN);
		if (Number.isInteger(shown) && isDisabled({ ...account, control: shown }) === disable)
			return said(
				'done',
				`\`${sam}\` is ${word}: the directory shows it (userAccountControl ${account.control} -> ${shown})`,
			);
		return said('unknown', `the directory took the change of \`${sam}\` and does not show it`);
	} catch (cause) {
		if (!(cause instanceof LinkFailed)) throw cause;
		// The yes counts by itself: a modify is done as a whole before it is answered.
		return said('done', `\`${sam}\` is ${word}; it could not be looked at again: ${cause.message}`);
	}
}

/** By objectGUID where the server takes it: a name can come to mean another object between two requests, this cannot. */
function addressOf(account: DirectoryAccount, isAd: boolean): string {
	return isAd && account.guid !== null ? `<GUID=${account.guid}>` : account.dn;
}

/** What the directory says about an account whose change is in doubt. */
export async function readAccount(
	settings: ChangeSettings,
	password: string,
	name: string,
	disable: boolean,
): Promise<ReadBack> {
	try {
		return await withDirectory(settings, password, async (directory) => {
			const found = await findAccount(directory, settings.scope, name);
			if (!found.ok) return { state: 'unknown', detail: found.error };
			const is = isDisabled(found.value);
			const detail = `\`${found.value.names.sam}\` is ${is ? 'disabled' : 'enabled'} in the directory`;
			if (is === disable) return { state: 'done', detail };
			// One name for several controllers: the one that was asked may not have heard yet what another one did.
			const isAlone = (await settings.resolve(new URL(settings.url).hostname).catch(() => [])).length === 1;
			return isAlone
				? { state: 'not_done', detail }
				: { state: 'unknown', detail: `${detail}, as far as one of several controllers knows` };
		});
	} catch (cause) {
		if (!(cause instanceof LinkFailed)) throw cause;
		return { state: 'unknown', detail: cause.message };
	}
}

/**
 * Tries it without any effect: reach, TLS, login, the base, the protected groups; and for an account what each action would do and
 * whether this login may write it, as far as the directory says so (`allowedAttributesEffective`).
 */
export async function probeDirectory(
	settings: ChangeSettings,
	password: string,
	actions: readonly { readonly action: string; readonly disable: boolean }[],
	name: string | null,
): Promise<readonly Probe[]> {
	const what = 'reach, TLS and login';
	try {
		return await withDirectory(settings, password, async (directory) => {
			const isAd = await isActiveDirectory(directory);
			const kind = isAd
				? 'Active Directory'
				: 'a directory that is not Active Directory: groups count by memberOf alone';
			const probes: Probe[] = [{ what, state: 'well', detail: kind }];
			for (const dn of [settings.scope.baseDn, ...settings.protection.groups]) {
				const isThere = (await directory.entry(dn, ['objectClass'])) !== null;
				const title = dn === settings.scope.baseDn ? `base ${dn}` : `protected group ${dn}`;
				probes.push({
					what: title,
					state: isThere ? 'well' : 'not',
					detail: isThere ? 'is there' : 'is not in the directory',
				});
			}
			if (name === null) return probes;
			for (const { action, disable } of actions)
				probes.push(await probeAccount(directory, settings, isAd, name, action, disable));
			return probes;
		});
	} catch (cause) {
		if (!(cause instanceof LinkFailed)) throw cause;
		return [{ what, state: 'not', detail: cause.message }];
	}
}

async function probeAccount(
	directory: Directory,
	settings: ChangeSettings,
	isAd: boolean,
	name: string,
	action: string,
	disable: boolean,
): Promise<Probe> {
	const what = `${action} on ${name}`;
	const found = await findAccount(directory, settings.scope, name);
	if (!found.ok) return { what, state: 'not', detail: found.error };
	const account = found.value;
	const title = `\`${account.names.sam}\` (userAccountControl ${account.control})`;
	const why = await whyProtected(directory, account, settings.protection, isAd);
	if (why !== null) return { what, state: 'not', detail: `${title} would be left alone: ${why}` };
	const rights = await directory.entry(account.dn, ['allowedAttributesEffective']);
	const writable = (rights?.attributes.get('allowedattributeseffective') ?? []).map((one) =>
		one.toString('utf8').toLowerCase(),
	);
	if (isAd && !writable.includes('useraccountcontrol'))
		return { what, state: 'not', detail: `${title}: this login may not write userAccountControl of it` };
	const word = disable ? 'disabled' : 'enabled';
	if (isDisabled(account) === disable) return { what, state: 'well', detail: `${title} is ${word} already` };
	return {
		what,
		state: 'well',
		detail: `${title} would be ${word}: ${account.control} -> ${controlAfter(account, disable)}`,
	};
}
