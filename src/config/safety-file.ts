// safety/*.yaml: rules of the site that tighten the gate, in the form of domain/site-rule.ts. A rule can only name a class, and the
// gate takes the stricter one: no key here could loosen anything.
import { z } from 'zod';
import { SiteRule } from '../domain/site-rule.ts';

/** A level written as a number (`levels: [1, 3.5]`) and an absent `match` (every step) are what people mean. */
export const WrittenRule = z.preprocess((value) => {
	if (typeof value !== 'object' || value === null) return value;
	const match: unknown = Reflect.get(value, 'match') ?? {};
	if (typeof match !== 'object' || match === null) return value;
	const levels: unknown = Reflect.get(match, 'levels');
	if (!Array.isArray(levels)) return { ...value, match };
	return {
		...value,
		match: { ...match, levels: levels.map((level) => (typeof level === 'number' ? String(level) : level)) },
	};
}, SiteRule);

/** Rules of one file. */
export const SITE_RULES_MAX = 1_000;
