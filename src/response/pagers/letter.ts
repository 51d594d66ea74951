// What a page says, made safe: no secret leaves, no control character, no live link, no second header. Pure; the same page gives the same
// letter, whoever sends it again. NOT here: the forms of PagerDuty (pagerduty.ts) and of mail (smtp.ts).

import type { Severity } from '../../domain/severity.ts';
import { cut, shown, shownLines } from '../../domain/shown-text.ts';
import type { Instant } from '../../domain/time.ts';
import { createMasker } from '../../model/mask.ts';
import { dedupKey, readPageKey } from './page.ts';

const SUBJECT_MAX = 200;
const BODY_MAX = 6_000;
const BODY_LINES_MAX = 80;
const PLACES_SHOWN = 10;
/** Only secrets: people on call have to read names and addresses. */
const SECRETS_ONLY = { people: false, addresses: 'none', hosts: false } as const;

export type Letter = {
	/** The same for every try of one page. */
	readonly key: string;
	readonly dedupKey: string;
	/** Messages of one incident belong together. */
	readonly thread: string | null;
	readonly subject: string;
	readonly body: string;
	readonly severity: Severity;
	readonly isSafety: boolean;
	/** What is affected: an asset, a site. */
	readonly source: string;
	readonly site: string | null;
	readonly category: string | null;
	readonly number: number | null;
	/** When the page was made. */
	readonly at: Instant;
};

export type About = {
	readonly id: string;
	readonly number: number;
	readonly severity: Severity;
	readonly process_safety: boolean;
	readonly category: string;
	readonly sites: readonly string[];
	readonly zones: readonly string[];
	readonly assets: readonly string[];
};

type Row = { readonly key: string; readonly text: string; readonly created_at: Instant };

/** The letter of one page; `about` null for what belongs to no incident. */
export function letterOf(row: Row, about: About | null): Letter {
	const page = readPageKey(row.key);
	const text = clean(row.text);
	const [head = ''] = text.split('\n');
	const places = [...(about?.assets ?? []), ...(about?.zones ?? []), ...(about?.sites ?? [])].slice(0, PLACES_SHOWN);
	const number = about?.number ?? null;
	const how =
		number === null
			? ['On the server: interlock incident status']
			: [
					`Without Slack, on the server: interlock incident show ${number}`,
					`To stop the next ones from being called: interlock incident ack ${number}`,
				];
	const body = [
		text,
		'',
		...(about === null ? [] : [`Severity ${about.severity}${about.process_safety ? ', process safety' : ''}`]),
		...(places.length === 0 ? [] : [`Where: ${places.map((place) => shown(place, 100)).join(', ')}`]),
		...how,
		'Interlock changes nothing at a controller or a safety system.',
		`Page ${shown(row.key, 300)}`,
	];
	return {
		key: row.key,
		dedupKey: dedupKey(page?.what ?? row.key, about?.id ?? null),
		thread: about?.id ?? null,
		subject: cut(head, SUBJECT_MAX),
		body: body.join('\n'),
		severity: about?.severity ?? 'critical',
		isSafety: about?.process_safety ?? false,
		source: shown(about?.assets[0] ?? about?.sites[0] ?? 'interlock', 200),
		site: about?.sites[0] === undefined ? null : shown(about.sites[0], 200),
		category: about?.category ?? null,
		number,
		at: row.created_at,
	};
}

function clean(text: string): string {
	return shownLines(createMasker(SECRETS_ONLY).mask(text), BODY_MAX, BODY_LINES_MAX);
}
