// `interlock audit advice`: decides again what may stand of each recorded answer of the model, from the ledger alone, and says where
// this version would keep something else. No model is called. NOT here: how it is decided (triage/replay-advice.ts).
import type { Instant } from '../domain/time.ts';
import { toIso } from '../domain/time.ts';
import type { Database } from '../store/database.ts';
import { readAdviceEntries } from '../store/read/triage.ts';
import { attackTable } from '../triage/attack-table.ts';
import { replayAdvice } from '../triage/replay-advice.ts';
import { EXIT, type Io } from './io.ts';

/** The newest answers that are judged again. */
const ANSWERS_MAX = 10_000;

/**
 * Prints one line an answer.
 *
 * @returns 0 where every recorded result follows from its answer, 1 where one does not
 */
export async function auditAdvice(database: Database, json: boolean, io: Pick<Io, 'out' | 'err'>): Promise<number> {
	const entries = await readAdviceEntries(database, -1, ANSWERS_MAX);
	let differing = 0;
	let answers = 0;
	for (const { id, at, data } of entries) {
		// A failure has no answer to judge.
		if (data['answer'] === undefined) continue;
		answers++;
		const again = replayAdvice(data, attackTable);
		const says = !again.ok ? `cannot be read: ${again.problem}` : again.same ? 'same' : 'differs';
		if (says !== 'same') differing++;
		const { about, model, prompt_version: prompt, prompt_hash: hash, tokens, money } = data;
		io.out(
			json
				? JSON.stringify({ entry: id, at: toIso(at), about, model, prompt, prompt_hash: hash, tokens, money, says })
				: line(id, at, [about, model, prompt, `${String(tokens)} tokens`, says]),
		);
	}
	io.err(`${answers} answers judged again without a call: ${answers - differing} same, ${differing} not`);
	return differing === 0 ? EXIT.ok : EXIT.finding;
}

/** Model names come from the configuration, everything else is ours. */
function line(id: string, at: Instant, parts: readonly unknown[]): string {
	return [id, toIso(at), ...parts.map(String)].join('  ');
}
