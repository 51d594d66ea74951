// A rule of the site that tightens the safety table. Its form holds nothing that could loosen: it names a class, and the gate
// takes the stricter of the two.
import { z } from 'zod';
import { AssetClass, Level } from './asset.ts';
import { DecisionClass } from './decision.ts';

const Names = z.array(z.string().min(1).max(200)).min(1).max(1_000);

/** All that `match` names must fit; an empty `match` fits every step. */
export const SiteRule = z.strictObject({
	id: z.string().min(1).max(100),
	match: z.strictObject({
		actions: Names.optional(),
		effects: Names.optional(),
		classes: z.array(AssetClass).min(1).max(100).optional(),
		levels: z.array(Level).min(1).max(20).optional(),
		sites: Names.optional(),
		zones: Names.optional(),
		assets: Names.optional(),
	}),
	/** The rule holds once the bot has acted alone so many times within the hour; left out: always. */
	after_per_hour: z.int().min(0).max(1_000).optional(),
	class: DecisionClass.exclude(['AUTO']),
	reason: z.string().min(1).max(500),
});
export type SiteRule = z.infer<typeof SiteRule>;
