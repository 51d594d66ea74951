// How a plan's order, ways and times read, on the screen and on paper.
import { DAY, HOUR, MINUTE } from '../domain/time.ts';
import { wayWords } from '../response/flow/decide-block.ts';

/** `8 h`, `15 min`, `2 d`. */
export function durationText(ms: number): string {
	if (ms % DAY === 0) return `${ms / DAY} d`;
	if (ms % HOUR === 0) return `${ms / HOUR} h`;
	return ms % MINUTE === 0 ? `${ms / MINUTE} min` : `${Math.round(ms / 1_000)} s`;
}

export function waitText(after: readonly string[]): string {
	return after.length === 0 ? '' : `, after ${after.join(', ')}`;
}

/** `; only if is-vendor: no`: the ways that lead to a step, outermost first. */
export function waysText(ways: readonly string[]): string {
	const words = ways.map((way) => {
		const at = way.indexOf(': ');
		const [block, took] = [way.slice(0, at), way.slice(at + 2)];
		return took === 'failed' ? `\`${block}\` fails` : `${block}: ${wayWords(took)}`;
	});
	return words.length === 0 ? '' : `; only if ${words.join(', and ')}`;
}

/** Steps that are a question to people, or a request: what the bot does there is to ask. */
const QUESTIONS: readonly string[] = ['ask_person', 'ask_control_room', 'manual_step'];

export function isQuestionTo({ action }: { readonly action: string }): boolean {
	return QUESTIONS.includes(action);
}
