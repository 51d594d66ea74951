// The bytes of a syslog connection become messages (RFC 6587: octet counting and newline framing, told apart once per connection;
// RFC 5425 uses the first). Pure: bytes in, messages out, in whatever chunks the bytes come. What a message says is read elsewhere.

/** One message of a stream. `fault` says why it is not whole; a message with `isBroken` is kept as not understood. */
export type Frame = { readonly bytes: Buffer; readonly fault: string | null; readonly isBroken: boolean };

const LF = 10;
const CR = 13;
const NUL = 0;
const SPACE = 32;
/** Digits of a message length: 99,999,999 bytes, far more than is ever kept. */
const LENGTH_DIGITS_MAX = 8;
/** Bytes after a length that tell a message from a line that happens to begin with a number (`12 Mar 2026 ...`). */
const LOOK_BYTES = 5;

/**
 * Octet counting is `MSG-LEN SP MSG`; anything else is a line. A message begins with `<PRI>` or, at appliances that leave it away, with
 * CEF, LEEF or JSON: only then a number in front of it counts as its length. Null while too few bytes are there to tell.
 */
function isCounted(bytes: Buffer): boolean | null {
	const head = bytes.toString('latin1', 0, LENGTH_DIGITS_MAX + 1 + LOOK_BYTES);
	const number = /^[1-9]\d{0,7}(?: |$)/.exec(head);
	if (number === null) return false;
	const after = head.slice(number[0].length);
	if (!number[0].endsWith(' ') || after === '') return null;
	const marks = ['<', '{', '[', 'CEF:', 'LEEF:', '@cee:'];
	if (marks.some((mark) => after.startsWith(mark))) return true;
	return marks.some((mark) => mark.startsWith(after)) ? null : false;
}

/**
 * Takes a stream apart.
 *
 * Lines end in LF, CR LF or NUL; empty ones are nothing. After a counted message line ends are passed over, as some senders write both.
 * A count that is none ends the counting: what stands up to the next line end is kept as broken, and framing is told anew behind it.
 * A message longer than the limit is given cut there, with a fault; its rest is passed over. Time is linear in the bytes, and no more
 * than `messageMax` and one chunk are held.
 */
export class Framer {
	readonly #messageMax: number;
	#mode: 'unknown' | 'counted' | 'lines' = 'unknown';
	#waiting: Buffer[] = [];
	#size = 0;
	/** Of a counted message: its length; null between messages. */
	#wanted: number | null = null;
	/** Bytes of a counted message that was given cut, still to pass over. */
	#skip = 0;
	/** The same of a line: up to its end. */
	#isSkippingLine = false;
	/** True from a count that is none to the next line end. */
	#isLost = false;

	constructor(messageMax: number) {
		this.#messageMax = messageMax;
	}

	/** Bytes held of a message that is not complete. */
	get held(): number {
		return this.#size;
	}

	/** The messages that these bytes complete. */
	push(chunk: Buffer): Frame[] {
		const frames: Frame[] = [];
		if (this.#isStillWaiting(chunk)) {
			this.#hold(chunk);
			return frames;
		}
		// Bytes that were held as part of a line hold no line end: it is looked for behind them only.
		let searched = this.#mode === 'lines' ? this.#size : 0;
		this.#hold(chunk);
		let bytes: Buffer | null = this.#joined();
		while (bytes !== null && bytes.length > 0) {
			if (this.#skip > 0 || this.#isSkippingLine) bytes = this.#passOver(bytes);
			else if (this.#mode === 'unknown') bytes = this.#begin(bytes);
			else if (this.#mode === 'lines') bytes = this.#takeLine(bytes, searched, frames);
			else if (this.#wanted === null) bytes = this.#takeLength(bytes);
			else bytes = this.#takeCounted(bytes, this.#wanted, frames);
			searched = 0;
		}
		// What waits must not keep a whole chunk alive for a few bytes of it.
		this.#waiting = this.#waiting.map((held) => (held.length < chunk.length ? Buffer.from(held) : held));
		return frames;
	}

	/** What is left when the connection ends: a message that never came to its end, or nothing. */
	end(): Frame[] {
		const fault =
			this.#wanted === null
				? 'the connection ended before the line did'
				: `the connection ended after ${this.#size} of ${this.#wanted} bytes`;
		return this.#broken(trimEnd(this.#joined()), fault);
	}

	#hold(bytes: Buffer): null {
		if (bytes.length > 0) this.#waiting.push(bytes);
		this.#size += bytes.length;
		return null;
	}

	#joined(): Buffer {
		const [only] = this.#waiting;
		const all = this.#waiting.length === 1 && only !== undefined ? only : Buffer.concat(this.#waiting);
		this.#waiting = [];
		this.#size = 0;
		return all;
	}

	/** True where the bytes held and these cannot end a message: joining them with each chunk would cost more than it gives. */
	#isStillWaiting(chunk: Buffer): boolean {
		const size = this.#size + chunk.length;
		if (this.#size === 0) return false;
		if (this.#wanted !== null) return size < Math.min(this.#wanted, this.#messageMax);
		return this.#mode === 'lines' && size <= this.#messageMax && lineEnd(chunk, 0) === -1;
	}

	// Each of the following takes what it can from the front and gives back the rest, or null where more bytes are needed.

	#begin(bytes: Buffer): Buffer | null {
		const rest = trimStart(bytes, isLineEnd);
		if (rest.length === 0) return null;
		const counted = isCounted(rest);
		if (counted === null) return this.#hold(rest);
		this.#mode = counted ? 'counted' : 'lines';
		return rest;
	}

	#takeLength(bytes: Buffer): Buffer | null {
		const rest = trimStart(bytes, (byte) => isLineEnd(byte) || byte === SPACE);
		const head = rest.toString('latin1', 0, LENGTH_DIGITS_MAX + 1);
		const length = /^([1-9]\d{0,7}) /.exec(head)?.[1];
		if (length !== undefined) {
			this.#wanted = Number(length);
			return rest.subarray(length.length + 1);
		}
		if (/^(?:[1-9]\d{0,7})?$/.test(head)) return this.#hold(rest);
		this.#mode = 'lines';
		this.#isLost = true;
		return rest;
	}

	#takeCounted(bytes: Buffer, wanted: number, frames: Frame[]): Buffer | null {
		const keep = Math.min(wanted, this.#messageMax);
		if (bytes.length < keep) return this.#hold(bytes);
		frames.push(...(wanted > keep ? [this.#cut(bytes)] : whole(trimEnd(bytes.subarray(0, wanted)))));
		this.#skip = wanted - keep;
		this.#wanted = null;
		return bytes.subarray(keep);
	}

	#takeLine(bytes: Buffer, searched: number, frames: Frame[]): Buffer | null {
		const end = lineEnd(bytes, searched);
		if (end === -1 && bytes.length <= this.#messageMax) return this.#hold(bytes);
		if (end === -1 || end > this.#messageMax) {
			frames.push(...(this.#isLost ? this.#broken(bytes, LOST) : [this.#cut(bytes)]));
			this.#isSkippingLine = true;
			return bytes.subarray(this.#messageMax);
		}
		const line = trimEnd(bytes.subarray(0, end));
		frames.push(...(this.#isLost ? this.#broken(line, LOST) : whole(line)));
		this.#findAgain();
		return bytes.subarray(end + 1);
	}

	#passOver(bytes: Buffer): Buffer {
		if (this.#skip > 0) {
			const passed = Math.min(this.#skip, bytes.length);
			this.#skip -= passed;
			return bytes.subarray(passed);
		}
		const end = lineEnd(bytes, 0);
		if (end === -1) return bytes.subarray(bytes.length);
		this.#isSkippingLine = false;
		this.#findAgain();
		return bytes.subarray(end + 1);
	}

	/** Behind the line that broke the counting its next message may stand. */
	#findAgain(): void {
		if (this.#isLost) this.#mode = 'unknown';
		this.#isLost = false;
	}

	#cut(bytes: Buffer): Frame {
		const fault = `longer than ${this.#messageMax} bytes: cut there`;
		return { bytes: bytes.subarray(0, this.#messageMax), fault, isBroken: false };
	}

	#broken(bytes: Buffer, fault: string): Frame[] {
		return bytes.length === 0 ? [] : [{ bytes: bytes.subarray(0, this.#messageMax), fault, isBroken: true }];
	}
}

const LOST = 'it begins with no length, as the messages before it did';

function whole(bytes: Buffer): Frame[] {
	return bytes.length === 0 ? [] : [{ bytes, fault: null, isBroken: false }];
}

function trimStart(bytes: Buffer, isPassed: (byte: number | undefined) => boolean): Buffer {
	let at = 0;
	while (at < bytes.length && isPassed(bytes[at])) at++;
	return bytes.subarray(at);
}

function isLineEnd(byte: number | undefined): boolean {
	return byte === LF || byte === CR || byte === NUL;
}

function lineEnd(bytes: Buffer, from: number): number {
	const lf = bytes.indexOf(LF, from);
	const nul = (lf === -1 ? bytes : bytes.subarray(0, lf)).indexOf(NUL, from);
	return nul === -1 ? lf : nul;
}

function trimEnd(bytes: Buffer): Buffer {
	let end = bytes.length;
	while (end > 0 && isLineEnd(bytes[end - 1])) end--;
	return bytes.subarray(0, end);
}
