// Facts of the safety table as columns of the inventory: which names they have, and how their values are written.
import { FACT_NAMES, FACTS, isFactName } from '../domain/fact.ts';
import { didYouMean } from '../domain/nearest.ts';
import { err, ok, type Result } from '../domain/result.ts';
import { shown } from './finding.ts';

/** Names of facts that an inventory may state. */
export const FACT_COLUMNS: readonly string[] = FACT_NAMES;

/** The value of a fact as written (`true`, `yes`, or one of the words that it may take), or what would be right. */
export function readFactColumn(name: string, texts: readonly string[]): Result<boolean | string, string> {
	const text = (texts[0] ?? '').trim().toLowerCase();
	if (!isFactName(name)) return err(`there is no fact ${shown(name)}`);
	if (texts.length !== 1) return err('one value is expected');
	const { type, order } = FACTS[name];
	if (type === 'boolean') {
		if (['true', 'yes'].includes(text)) return ok(true);
		if (['false', 'no'].includes(text)) return ok(false);
		return err(`${shown(text)} is neither \`true\` nor \`false\``);
	}
	const word = order.find((value) => String(value).toLowerCase() === text);
	return word === undefined
		? err(`${shown(text)} is no value of it; ${didYouMean(text, order.map(String))}`)
		: ok(word);
}

/** Why a fact stated about an asset or a zone does not count there; null where it does. */
export function misplacedFact(name: string, about: 'asset' | 'zone'): string | null {
	if (!isFactName(name)) return null;
	const { subject } = FACTS[name];
	if (subject === about || (about === 'asset' && subject === 'target')) return null;
	return `fact \`${name}\` is about a ${subject}, stated about a ${about} it does not count`;
}
