// Which rules of a packet filter are this connector's, from what the ledger says of its steps. Pure. A number may be given to another rule
// once its rule is gone, so a number that may have been deleted is never deleted again.
import { readIndicator } from './indicator.ts';

/** The last thing that the ledger says of one step of the connector, in the order in which they began. */
export type RuleEvent = {
	readonly step: string;
	readonly action: string;
	readonly indicator: string;
	/** `done`, `failed`, `in_doubt`; null where the step began and nothing more is known. */
	readonly state: string | null;
	/** The same of the attempt before, where the step was begun more than once; null where it was not. */
	readonly earlier: string | null;
	/** Requests that were made; null where the result is not the program's own. */
	readonly tries: number | null;
	/** The rules that it made, or took away; null where it did not say. */
	readonly rules: readonly number[] | null;
};

export type Rules = {
	/** There by all that is known. */
	readonly known: readonly number[];
	/** In words: what may be there beside them, or may be gone. */
	readonly doubts: readonly string[];
};

/**
 * What is known of the rules for one indicator.
 *
 * @param value the indicator in its one spelling
 * @param own   the step that asks: of its own attempts those before this one count
 */
export function rulesOf(events: readonly RuleEvent[], value: string, own: string): Rules {
	let known: number[] = [];
	const doubts: string[] = [];
	for (const event of events) {
		const read = readIndicator(event.indicator);
		if (!read.ok || read.value.value !== value) continue;
		const isBlock = event.action === 'block_indicator';
		const doubt = (): void => {
			if (isBlock) doubts.push(`step ${event.step} may have made a rule whose number nobody knows`);
			else if (known.length > 0) doubts.push(`step ${event.step} may have deleted rule ${known.join(', ')} already`);
			if (!isBlock) known = [];
		};
		if (event.earlier === 'in_doubt') doubt();
		if (event.step === own || event.state === 'failed') continue;
		if (event.state === 'done' && event.rules !== null) {
			const { rules } = event;
			known = isBlock ? [...known, ...rules] : known.filter((rule) => !rules.includes(rule));
		} else if (isBlock || event.state !== 'done' || event.tries !== 0) doubt();
	}
	return { known: [...new Set(known)], doubts };
}
