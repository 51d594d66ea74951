// A recorded stream of bodies, line by line, parsed into alerts as the door would; what cannot be read is told with its line.
// Used by `interlock replay`. NOT here: judging and placing.
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import type { Alert } from '../domain/alert.ts';
import { fromIso } from '../domain/time.ts';
import { parseBody } from '../intake/parse-body.ts';
import { sourceKind } from '../intake/sources/index.ts';

/** Where faults are told. */
type Told = { err(text: string): void };

/** Faults told one by one; the rest are counted. */
export const FAULTS_SHOWN_MAX = 20;

const StreamLine = z.looseObject({
	position: z.number().int().nonnegative(),
	received_at: z.string(),
	source: z.string().min(1).max(100),
	body: z.unknown(),
});

/** One position of the stream: none of its alerts where the line or its body was not understood. */
export type Recorded = {
	readonly line: number;
	readonly position: number;
	readonly receivedAt: number;
	readonly alerts: readonly Alert[];
};

/** Reads the file to its end; a line without a position is told and left out. Throws where the file cannot be read. */
export async function* readRecorded(file: string, faults: Faults): AsyncGenerator<Recorded> {
	let line = 0;
	const lines = createInterface({ input: createReadStream(file, 'utf8'), crlfDelay: Number.POSITIVE_INFINITY });
	for await (const text of lines) {
		line++;
		if (text.trim() === '') continue;
		const read = readLine(text);
		if ('fault' in read) {
			faults.tell(line, read.fault);
			// Each position once: a line that cannot be read is a cluster of its own.
			if (read.position !== null) yield { line, position: read.position, receivedAt: 0, alerts: [] };
			continue;
		}
		const { position, receivedAt, source, kind } = read;
		const body = parseBody(kind, read.body, { source, receivedAt, timeZone: 'UTC' });
		if (body.kind === 'refused')
			faults.tell(line, `${body.problem.field}: ${body.problem.found}, expected ${body.problem.expected}`);
		const alerts = (body.kind === 'parsed' ? body.items : []).flatMap((item) => {
			if (item.kind === 'alert') return [item.alert];
			const problem = item.problems[0];
			faults.tell(
				line,
				problem === undefined ? 'not understood' : `${problem.field}: ${problem.found}, expected ${problem.expected}`,
			);
			return [];
		});
		yield { line, position, receivedAt, alerts };
	}
}

type Line = { position: number; receivedAt: number; source: string; kind: string; body: string };

type Unread = { readonly fault: string; readonly position: number | null };

function readLine(text: string): Line | Unread {
	let value: unknown;
	try {
		value = JSON.parse(text);
	} catch (fault) {
		return {
			fault: `no JSON: ${fault instanceof Error ? fault.message.slice(0, 200) : String(fault)}`,
			position: null,
		};
	}
	const line = StreamLine.safeParse(value);
	if (!line.success) {
		const fault = line.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
		return {
			fault,
			position: StreamLine.shape.position.safeParse(Reflect.get(Object(value), 'position')).data ?? null,
		};
	}
	const { position } = line.data;
	const receivedAt = fromIso(line.data.received_at);
	if (receivedAt === null)
		return {
			fault: `received_at: \`${line.data.received_at.slice(0, 60)}\` is no ISO 8601 time with a zone`,
			position,
		};
	if (sourceKind(line.data.source) === null)
		return { fault: `source: \`${line.data.source}\` is no kind of source`, position };
	const body = typeof line.data.body === 'string' ? line.data.body : JSON.stringify(line.data.body ?? null);
	return { position, receivedAt, source: line.data.source, kind: line.data.source, body };
}

/** Faults of the stream, told with their line up to a limit, and counted. */
export class Faults {
	#count = 0;
	readonly #file: string;
	readonly #io: Told;

	constructor(file: string, io: Told) {
		this.#file = file;
		this.#io = io;
	}

	tell(line: number, what: string): void {
		this.#count++;
		if (this.#count <= FAULTS_SHOWN_MAX) this.#io.err(`${this.#file}:${line}: ${what}\n`);
	}

	end(): number {
		if (this.#count > FAULTS_SHOWN_MAX) this.#io.err(`${this.#count - FAULTS_SHOWN_MAX} further faults\n`);
		return this.#count > 0 ? 1 : 0;
	}
}
