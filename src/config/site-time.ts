// The time zone in which the people of a site work, as interlock.yaml says it. Pure.
import type { Config } from './config.ts';

/** UTC where the site is not named; for the whole plant the first site's. */
export function timeZoneOf(config: Pick<Config, 'settings'>, site: string | null): string {
	const { sites } = config.settings;
	const named = site === null ? sites[0] : sites.find((one) => one.name === site);
	return named?.time_zone ?? 'UTC';
}
