// What the attributes of an account in Active Directory say: whether it can log in, and whether it is one that machines, services or
// whole shifts use. Pure. Such an account is never disabled by the program: it may be what an operator's screen is logged in with.
import { isProtectedName } from './identity-name.ts';

/** Bits of userAccountControl (Microsoft, MS-ADTS 2.2.16). */
const DISABLED = 0x2;
const PASSWORD_NOT_REQUIRED = 0x20;
const INTERDOMAIN_TRUST = 0x800;
const WORKSTATION_TRUST = 0x1000;
const SERVER_TRUST = 0x2000;
const TRUSTED_FOR_DELEGATION = 0x80000;
const TRUSTED_TO_AUTHENTICATE = 0x1000000;

/** Classes of accounts that machines use, in lower case: computers and managed service accounts. */
const MACHINE_CLASSES: readonly string[] = [
	'computer',
	'msds-managedserviceaccount',
	'msds-groupmanagedserviceaccount',
	'msds-delegatedmanagedserviceaccount',
];

export type DirectoryAccount = {
	/** Distinguished name. */
	readonly dn: string;
	/** objectGUID in lower-case hexadecimal; null where the directory keeps none. */
	readonly guid: string | null;
	readonly names: { readonly sam: string; readonly upn: string | null };
	readonly control: number;
	readonly classes: readonly string[];
	readonly servicePrincipalNames: readonly string[];
	/** userWorkstations: the only machines on which the account may log in. */
	readonly workstations: readonly string[];
	readonly memberOf: readonly string[];
	readonly isCritical: boolean;
	readonly isCut: boolean;
};

/** The attributes that an account is read with. */
export const ACCOUNT_ATTRIBUTES: readonly string[] = [
	'objectGUID',
	'objectClass',
	'sAMAccountName',
	'userPrincipalName',
	'userAccountControl',
	'servicePrincipalName',
	'userWorkstations',
	'memberOf',
	'isCriticalSystemObject',
];

/** An entry as it came: attribute names in lower case, every value as bytes. */
export type RawEntry = {
	readonly dn: string;
	readonly attributes: ReadonlyMap<string, readonly Buffer[]>;
	/** True where the directory handed out only a part of a long list. */
	readonly isCut: boolean;
};

const texts = (entry: RawEntry, name: string): string[] =>
	(entry.attributes.get(name.toLowerCase()) ?? []).map((value) => value.toString('utf8'));

/** Reads an entry; null where it is no account that can be disabled: no userAccountControl, or one that is no number. */
export function accountOf(entry: RawEntry): DirectoryAccount | null {
	const [control = '', ...more] = texts(entry, 'userAccountControl');
	const [sam = ''] = texts(entry, 'sAMAccountName');
	// A signed 32-bit number: AD writes the highest bit as a minus.
	if (!/^-?\d{1,10}$/.test(control) || more.length > 0 || sam === '') return null;
	const workstations = texts(entry, 'userWorkstations').flatMap((list) => list.split(','));
	return {
		dn: entry.dn,
		guid: entry.attributes.get('objectguid')?.[0]?.toString('hex') ?? null,
		names: { sam, upn: texts(entry, 'userPrincipalName')[0] ?? null },
		control: Number(control),
		classes: texts(entry, 'objectClass').map((name) => name.toLowerCase()),
		servicePrincipalNames: texts(entry, 'servicePrincipalName'),
		workstations: workstations.map((name) => name.trim()).filter((name) => name !== ''),
		memberOf: texts(entry, 'memberOf'),
		isCritical: texts(entry, 'isCriticalSystemObject').some((text) => text.toUpperCase() === 'TRUE'),
		isCut: entry.isCut,
	};
}

export const isDisabled = (account: DirectoryAccount): boolean => (account.control & DISABLED) !== 0;

/** userAccountControl with the one bit set or cleared, everything else as it was. */
export function controlAfter(account: DirectoryAccount, disable: boolean): number {
	return disable ? account.control | DISABLED : account.control & ~DISABLED;
}

/**
 * Why the program does not disable this account; null where nothing speaks against it. Every sign counts by itself: each may be
 * innocent, but the account that three shifts log in with looks like any other, and a person can look.
 *
 * @param protectedNames accounts that the configuration keeps away from the program
 */
export function whyShared(account: DirectoryAccount, protectedNames: readonly string[]): string | null {
	const { sam, upn } = account.names;
	if (account.isCut) return 'it is in more groups, or runs more services, than the directory lists at once';
	if (isProtectedName(protectedNames, sam, upn ?? sam)) return 'the configuration lists it under `protected`';
	const machine = account.classes.find((name) => MACHINE_CLASSES.includes(name));
	if (machine !== undefined || (account.control & (INTERDOMAIN_TRUST | WORKSTATION_TRUST | SERVER_TRUST)) !== 0)
		return `it is the account of a machine, a trust or a managed service (${machine ?? 'userAccountControl'})`;
	if (account.isCritical) return 'it is a critical system object';
	if (account.servicePrincipalNames.length > 0)
		return `services run under it (servicePrincipalName: ${account.servicePrincipalNames.slice(0, 3).join(', ')})`;
	if ((account.control & (TRUSTED_FOR_DELEGATION | TRUSTED_TO_AUTHENTICATE)) !== 0)
		return 'it is trusted for delegation, as accounts of services are';
	if ((account.control & PASSWORD_NOT_REQUIRED) !== 0) return 'it needs no password, as shared logins do';
	if (account.workstations.length > 0)
		return `it is bound to machines, as operator logins are (userWorkstations: ${account.workstations.slice(0, 3).join(', ')})`;
	return null;
}
