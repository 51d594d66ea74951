// From configuration to pagers.
import type { PagerConfig } from '../../domain/pager.ts';
import { never } from '../../domain/result.ts';
import type { Pager } from './pager.ts';
import { createPagerDuty, type PagerEdge } from './pagerduty.ts';
import { createSmtp } from './smtp.ts';

/** A pager as it is configured, with what it needs in hand. */
export type PagerParts = { readonly config: PagerConfig; readonly secret: string | null; readonly ca: string | null };

export function createPager({ config, secret, ca }: PagerParts, edge: PagerEdge): Pager {
	switch (config.kind) {
		case 'pagerduty':
			return createPagerDuty(config, secret ?? '', edge);
		case 'smtp':
			return createSmtp(config, secret, ca, edge.resolve);
		default:
			return never(config);
	}
}
