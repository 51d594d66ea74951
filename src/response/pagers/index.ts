// From configuration to pagers: each reaches its own host and nothing else, and no asset of OT under any name.
import type { InventoryData } from '../../domain/asset.ts';
import { pagerDestinations } from '../../domain/destination.ts';
import type { PagerConfig } from '../../domain/pager.ts';
import { never } from '../../domain/result.ts';
import { refuseDestination } from '../../safety/destination.ts';
import { bindResolve } from '../connectors/address-guard.ts';
import type { Pager } from './pager.ts';
import { createPagerDuty, type PagerEdge } from './pagerduty.ts';
import { createSmtp } from './smtp.ts';

/** A pager as it is configured, with what it needs in hand. */
export type PagerParts = { readonly config: PagerConfig; readonly secret: string | null; readonly ca: string | null };

/** @param inventory null where there is none: then nothing is known of the plant */
export function createPager(
	{ config, secret, ca }: PagerParts,
	{ now, resolve }: PagerEdge,
	inventory: InventoryData | null,
): Pager {
	const refuse = (address: string): string | null =>
		inventory === null ? null : refuseDestination(inventory, address, null);
	const edge = { now, resolve: bindResolve(resolve, pagerDestinations(config), refuse) };
	switch (config.kind) {
		case 'pagerduty':
			return createPagerDuty(config, secret ?? '', edge);
		case 'smtp':
			return createSmtp(config, secret, ca, edge.resolve);
		default:
			return never(config);
	}
}
