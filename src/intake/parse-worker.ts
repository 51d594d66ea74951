// The thread in which bodies are parsed while the door's own thread reads requests and commits (parse-pool.ts). Nothing is decided here.
import { parentPort } from 'node:worker_threads';
import type { IntakeContext } from '../domain/alert.ts';
import { parseBody } from './parse-body.ts';

export type ParseJob = {
	readonly id: number;
	readonly kind: string;
	/** The bytes of the body, one a character. */
	readonly body: string;
	readonly context: IntakeContext;
};
/** `parsed` is a ParsedBody as JSON: read faster on the other side than a copied tree of objects. Null with a reason where parsing failed. */
export type ParseAnswer = { readonly id: number; readonly parsed: string | null; readonly fault: string | null };

/** Answers go out together up to this size: few messages under load, and none waits for a large one behind it. */
const ANSWER_MAX = 64 * 1024;

function parse({ id, kind, body, context }: ParseJob): ParseAnswer {
	try {
		return { id, parsed: JSON.stringify(parseBody(kind, Buffer.from(body, 'latin1'), context)), fault: null };
	} catch (error) {
		return { id, parsed: null, fault: error instanceof Error ? error.message : String(error) };
	}
}

parentPort?.on('message', (jobs: readonly ParseJob[]) => {
	let answers: ParseAnswer[] = [];
	let size = 0;
	for (const job of jobs) {
		const answer = parse(job);
		answers.push(answer);
		size += answer.parsed?.length ?? 0;
		if (size < ANSWER_MAX) continue;
		parentPort?.postMessage(answers);
		answers = [];
		size = 0;
	}
	if (answers.length > 0) parentPort?.postMessage(answers);
});
