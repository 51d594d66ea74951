// What a command may touch: data to standard output, talk to standard error, standard input on demand.

export type Io = {
	readonly out: (text: string) => void;
	readonly err: (text: string) => void;
	readonly stdin: () => Promise<Uint8Array>;
	readonly env: Readonly<Record<string, string | undefined>>;
};

/** Exit codes of every command (DESIGN.md, Command line). */
export const EXIT = { ok: 0, finding: 1, usage: 2, unable: 3 } as const;

export function processIo(): Io {
	return {
		out: (text) => void process.stdout.write(text.endsWith('\n') ? text : `${text}\n`),
		err: (text) => void process.stderr.write(text.endsWith('\n') ? text : `${text}\n`),
		stdin: async () => {
			const parts: Buffer[] = [];
			for await (const chunk of process.stdin) parts.push(Buffer.from(chunk as Uint8Array)); // no encoding set: bytes
			return Buffer.concat(parts);
		},
		env: process.env,
	};
}
