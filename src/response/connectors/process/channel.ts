// The program's end of the pipe to the process of one connector: a JSON text a line, both ways, which is what Node's own channel speaks at the
// other end. Read here, because Node's reader trusts who writes: a line that is no JSON throws where nobody can catch it and ends the program, and
// one without an end is kept until the memory is full. NOT here: what a message means (link.ts).
import type { Duplex } from 'node:stream';

/** Bytes of one message: more than any list that a system may answer with (1 MiB) is after it was read. */
export const MESSAGE_BYTES_MAX = 4 * 1024 * 1024;
const LINE_END = 0x0a;

export type Channel = {
	/** @param then is told once the process has it, or why it never will */
	send(message: object, then: (error: Error | null) => void): void;
	close(): void;
};

export type Hearer = {
	readonly onMessage: (message: unknown) => void;
	/** What came is no message: nothing is read from then on. */
	readonly onFault: () => void;
	/** Whoever closed it. */
	readonly onClose: () => void;
};

export function openChannel(pipe: Duplex, { onMessage, onFault, onClose }: Hearer): Channel {
	let parts: Buffer[] = [];
	let bytes = 0;
	let isOver = false;
	const stop = (): void => {
		isOver = true;
		parts = [];
		pipe.destroy();
		onFault();
	};
	const take = (part: Buffer): boolean => {
		bytes += part.length;
		if (bytes > MESSAGE_BYTES_MAX) return false;
		parts.push(part);
		return true;
	};
	const endLine = (): boolean => {
		const line = Buffer.concat(parts).toString('utf8');
		parts = [];
		bytes = 0;
		let message: unknown;
		try {
			message = JSON.parse(line);
		} catch {
			return false;
		}
		onMessage(message);
		return true;
	};
	pipe.on('data', (data: Buffer) => {
		for (let from = 0; from < data.length && !isOver; ) {
			const end = data.indexOf(LINE_END, from);
			const isTaken = take(data.subarray(from, end < 0 ? data.length : end));
			if (!isTaken || (end >= 0 && !endLine())) return stop();
			from = end < 0 ? data.length : end + 1;
		}
	});
	// A pipe whose other end is gone: `close` follows.
	pipe.on('error', () => undefined);
	pipe.on('close', onClose);
	return {
		send(message, then) {
			pipe.write(`${JSON.stringify(message)}\n`, (error) => then(error ?? null));
		},
		close: () => void pipe.end(),
	};
}
