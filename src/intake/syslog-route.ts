// Whose is a syslog message, and what becomes of it: routing by listener, sender and the CEF or LEEF header, then the same parsers as at the
// HTTP door. Pure. Sockets are in syslog.ts, the bytes of a stream are taken apart in syslog-framing.ts.
import { isAddressIn } from '../domain/address.ts';
import type { IntakeContext, Parsed, ParsedBody, Problem } from '../domain/alert.ts';
import { authenticate, type PeerCertificate } from './authenticate.ts';
import { isPlantSafety } from './formats/words.ts';
import type { DoorSource } from './http.ts';

export type Route = {
	/** All that are given must match. */
	readonly address: string | null;
	readonly vendor: string | null;
	readonly product: string | null;
	readonly source: DoorSource;
};

export type Routing = {
	/** What people call the listener; messages for no source are kept under this name. */
	readonly name: string;
	readonly routes: readonly Route[];
	/** Of what no route takes; null where there is none. */
	readonly source: DoorSource | null;
};

/** One message as it came. */
export type SyslogMessage = {
	readonly bytes: Uint8Array;
	readonly sender: string;
	readonly receivedAt: number;
	readonly peer: PeerCertificate | null;
	/** Why it is not whole; null where it is. */
	readonly fault: string | null;
	/** Kept as not understood, whatever its text looks like. */
	readonly isBroken: boolean;
};

/** What one message became: items for a source; without a source they are kept under the listener's name. */
export type Routed = {
	readonly source: DoorSource | null;
	readonly items: readonly Parsed[];
	/** The source that the sender may not send for, and why; null where nothing was refused. */
	readonly refused: { readonly source: string; readonly reason: string } | null;
};

type Parse = (kind: string, body: string, context: IntakeContext) => ParsedBody;

/** Where a CEF or LEEF header may begin: behind a syslog header. */
const HEADER_MAX = 1_000;
/** Also without `CEF:`, as some appliances send it. */
const HEADER = /(?:^|[ >])(?:(?:CEF|LEEF): ?)?\d{1,2}(?:\.\d{1,2})?\|([^|\n]{0,200})\|([^|\n]{0,200})\|/;

/**
 * Reads one message for the source it belongs to. What the parsers refuse is kept as unparsed: there is nobody to answer to. Nothing is
 * ever dropped here, and nothing throws on content.
 */
export function readMessage(message: SyslogMessage, routing: Routing, parse: Parse): Routed {
	const { text, note } = decode(message);
	const source = sourceOf(text, message, routing);
	if (source === null) {
		const header = HEADER.exec(text.slice(0, HEADER_MAX));
		const product = header === null ? '' : `, vendor \`${header[1]}\`, product \`${header[2]}\``;
		const expected = `a \`source\` or a route of listener ${routing.name}, in interlock.yaml`;
		return unrouted(text, { field: 'sender', found: `${message.sender}${product}`, expected }, null);
	}
	const reason = refusalOf(source, message);
	if (reason !== null) {
		const problem = { field: 'sender', found: message.sender, expected: `a sender that may: ${reason}` };
		return unrouted(text, problem, { source: source.name, reason });
	}
	const notes = note === null ? [] : [note];
	if (message.isBroken) return { source, items: [{ kind: 'unparsed', raw: text, problems: notes }], refused: null };
	const { name, kind, timeZone } = source;
	const parsed = parse(kind, text, { source: name, receivedAt: message.receivedAt, timeZone });
	switch (parsed.kind) {
		case 'parsed':
			return { source, items: withNotes(parsed.items, notes), refused: null };
		case 'refused':
			return { source, items: [{ kind: 'unparsed', raw: text, problems: [...notes, parsed.problem] }], refused: null };
		case 'protocol':
			return { source, items: [], refused: null };
	}
}

/** Bytes in which the words of an alarm are looked for. */
const WORDS_BYTES = 2_000;

/**
 * True for a message that speaks of gas, fire, pressure, a trip or a safety system: it may be a process-safety alarm and goes ahead of the
 * others. Whether it is one, its source's parser says.
 */
export function mayBeSafety({ bytes }: SyslogMessage): boolean {
	return isPlantSafety(
		Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, WORDS_BYTES)).toString('latin1'),
	);
}

function unrouted(text: string, problem: Problem, refused: Routed['refused']): Routed {
	return { source: null, items: [{ kind: 'unparsed', raw: text, problems: [problem] }], refused };
}

function withNotes(items: readonly Parsed[], notes: readonly Problem[]): readonly Parsed[] {
	const [first, ...rest] = items;
	if (first === undefined || notes.length === 0) return items;
	return [{ ...first, problems: [...notes, ...first.problems] }, ...rest];
}

/** The first route that matches, else the listener's source. */
function sourceOf(text: string, message: SyslogMessage, routing: Routing): DoorSource | null {
	const header = routing.routes.some((route) => route.vendor !== null || route.product !== null)
		? HEADER.exec(text.slice(0, HEADER_MAX))
		: null;
	const isSame = (wanted: string | null, found: string | undefined): boolean =>
		wanted === null || wanted.trim().toLowerCase() === found?.trim().toLowerCase();
	const route = routing.routes.find(
		({ address, vendor, product }) =>
			(address === null || isAddressIn(message.sender, address)) &&
			isSame(vendor, header?.[1]) &&
			isSame(product, header?.[2]),
	);
	return route?.source ?? routing.source;
}

/** Syslog carries no secret: of a source's credential the address list and the client certificate count. */
function refusalOf(source: DoorSource, message: SyslogMessage): string | null {
	if (source.addressAllow.length > 0 && !source.addressAllow.some((range) => isAddressIn(message.sender, range)))
		return 'this address may not send for this source';
	if (source.credential.type !== 'mtls') return null;
	const proof = authenticate(source.credential, {}, new Uint8Array(), message.receivedAt, message.peer);
	return proof.ok ? null : proof.reason;
}

/** UTF-8, else Latin-1, which old appliances send: each of its bytes is a character, so that nothing is lost. */
function decode({ bytes, fault }: SyslogMessage): { text: string; note: Problem | null } {
	const whole = fault === null ? null : { field: 'message', found: fault, expected: 'a whole message' };
	try {
		return {
			text: new TextDecoder('utf-8', { fatal: true }).decode(fault === null ? bytes : wholeCharacters(bytes)),
			note: whole,
		};
	} catch {
		// TextDecoder has no other way to say that the bytes are not UTF-8.
		const note = { field: 'message', found: 'bytes that are not UTF-8', expected: 'UTF-8: read as Latin-1' };
		return { text: Buffer.from(bytes).toString('latin1'), note: whole ?? note };
	}
}

/** Without the last character where the cut went through it. */
function wholeCharacters(bytes: Uint8Array): Uint8Array {
	for (let back = 1; back <= Math.min(3, bytes.length); back++) {
		const byte = bytes[bytes.length - back] ?? 0;
		if (byte < 0x80) return bytes;
		if (byte < 0xc0) continue;
		const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
		return length > back ? bytes.subarray(0, bytes.length - back) : bytes;
	}
	return bytes;
}
