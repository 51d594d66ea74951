// Identifiers and timestamps of CACAO (sections 10.10 and 10.17): their forms, and stable ones of our own. Pure.
import { hash } from 'node:crypto';

/** `type--uuid`; the type is lower-case letters, digits and hyphens. */
const IDENTIFIER =
	/^([a-z][a-z0-9-]{0,100}?)--([0-9a-f]{8}-[0-9a-f]{4}-([0-9a-f])[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12})$/i;
const RFC_VARIANT = /^.{19}[89ab]/i;

export type Identifier = { readonly type: string; readonly uuid: string; readonly version: number };

/** The parts of an identifier; null where the text is none. */
export function parseIdentifier(text: string): Identifier | null {
	const match = IDENTIFIER.exec(text);
	if (match === null) return null;
	const [, type = '', uuid = '', version = '0'] = match;
	return { type, uuid: uuid.toLowerCase(), version: RFC_VARIANT.test(uuid) ? Number.parseInt(version, 16) : 0 };
}

/** The namespace of playbooks that the specification gives for UUIDv5 (section 10.10). */
export const PLAYBOOK_NAMESPACE = 'aa7caf3a-d55a-4e9a-b34e-056215fba56a';
/** Our own, for everything else that an export names: UUIDv5 of the address of this form in the namespace of URLs (RFC 4122, appendix C). */
const EXPORT_NAMESPACE = uuidV5('6ba7b811-9dad-11d1-80b4-00c04fd430c8', 'https://interlock.invalid/cacao');

/** RFC 4122, section 4.3: SHA-1 of the namespace's 16 bytes and the name; the same name gives the same UUID for ever. */
export function uuidV5(namespace: string, name: string): string {
	const space = Buffer.from(namespace.replaceAll('-', ''), 'hex');
	return uuidOf(hash('sha1', Buffer.concat([space, Buffer.from(name, 'utf8')]), 'buffer'), 5);
}

/**
 * A UUID in the form of version 4 whose bits come from a hash instead of chance: steps must carry a version 4 (section 4.1), and an export
 * that names its steps anew each time could not be compared with the last one.
 */
export function stableUuidV4(name: string): string {
	return uuidOf(hash('sha256', `${EXPORT_NAMESPACE}\n${name}`, 'buffer'), 4);
}

function uuidOf(digest: Uint8Array, version: 4 | 5): string {
	const bytes = Buffer.from(digest.subarray(0, 16));
	bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | (version << 4), 6);
	bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
	const hex = bytes.toString('hex');
	return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

const TIMESTAMP = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?Z$/;

/** A timestamp's instant and the number of its sub-second digits; null where the text is none (RFC 3339 in UTC with `Z`). */
export function parseTimestamp(text: string): { readonly at: number; readonly digits: number } | null {
	const match = TIMESTAMP.exec(text);
	if (match === null) return null;
	const [, year, month, day, hour, minute, second, fraction = ''] = match;
	const at = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
	// The parts must come back as they were: February has no 30th. A leap second is one second further, and allowed.
	const back = new Date(at);
	const isReal =
		back.getUTCMonth() === Number(month) - 1 &&
		back.getUTCDate() === Number(day) &&
		Number(hour) < 24 &&
		Number(minute) < 60 &&
		Number(second) < 60;
	if (!isReal) return null;
	return { at: at + Number(`0.${fraction || '0'}`) * 1000, digits: fraction.length };
}
