// A connector's process that was taken over: what the program tells it first names the harm that it tries. It works under the same flags as the
// real one (src/response/connectors/process/main.ts), in whose place hostile-process.test.ts starts it.
import { writeSync } from 'node:fs';

const CHANNEL = 3;
const MEGABYTE = 1024 * 1024;

function say(message: object): void {
	process.send?.(message);
}

const HARMS: Readonly<Record<string, (id: number) => void>> = {
	'writes what is no JSON': () => void writeSync(CHANNEL, 'not a message\n'),
	'writes a line without an end': () => {
		for (let written = 0; written < 64; written++) writeAll('x'.repeat(MEGABYTE));
	},
	'speaks to Node itself': () => void writeSync(CHANNEL, '{"cmd":"NODE_HANDLE","type":"x"}\n'),
	'looks without end': () => {
		for (let look = 0; look < 5_000; look++) say({ op: 'look', id: look, name: 'events', step: '' });
	},
	'answers what nobody asked': (id) => {
		for (let answer = 1; answer < 1_000; answer++) say({ op: 'answer', id: id + answer, value: null });
	},
	'is ready again and again': () => {
		for (let times = 0; times < 1_000; times++) say({ op: 'ready' });
	},
	'answers with a record without bounds': (id) => {
		const record = { rows: 'x'.repeat(3 * MEGABYTE) };
		say({ op: 'answer', id, value: { effect: 'done', detail: '', tries: 1, record } });
	},
	'answers with a record without a floor': (id) => {
		const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
		const value = `{"effect":"done","detail":"","tries":1,"record":{"deep":${deep}}}`;
		writeAll(`{"op":"answer","id":${id},"value":${value}}\n`);
	},
};

/** The pipe takes a part at a time. */
function writeAll(text: string): void {
	for (let rest = Buffer.from(text); rest.length > 0; ) {
		try {
			rest = rest.subarray(writeSync(CHANNEL, rest));
		} catch (error) {
			if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error;
		}
	}
}

let harm = '';
process.on(
	'message',
	(message: { readonly op: string; readonly id: number; readonly config?: { readonly name: string } }) => {
		if (message.op === 'start') {
			harm = message.config?.name ?? '';
			say({ op: 'ready' });
		} else HARMS[harm]?.(message.id);
	},
);
process.on('disconnect', () => process.exit(0));
