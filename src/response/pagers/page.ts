// What goes to people outside Slack: which pages one telling comes to, the rows that carry them, and the name by which a repeat is known.
// Pure. NOT here: when somebody is told (escalation.ts, actions/page.ts, unheard.ts), and the sending (send-page.ts).
import { createHash } from 'node:crypto';
import { isDrill, markDrill } from '../../domain/drill.ts';
import { MailAddress, type PagerConfig } from '../../domain/pager.ts';
import type { Person } from '../../domain/person.ts';
import { type Severity, severityRank } from '../../domain/severity.ts';
import type { Instant } from '../../domain/time.ts';
import type { NextTopic } from '../../domain/topic.ts';
import type { Change } from '../../store/record.ts';

/** Keys of the rows of pages begin so: nothing of Slack's does. */
const PREFIX = 'pager';

/**
 * One page of one pager. `what` says which telling it belongs to (`<incident>-<level>`, a step, `slack-<post>`); it holds no colon.
 * `to` is a person's id, the hash of an address of the pager's own list, or empty where the pager itself is the recipient.
 */
export type Page = {
	readonly pager: string;
	readonly what: string;
	readonly to: string;
	readonly text: string;
};

type Worth = { readonly severity: Severity; readonly process_safety: boolean };

type Wanted = {
	readonly pagers: readonly PagerConfig[];
	/** People who are told: each through their own pagers. */
	readonly people: readonly Person[];
	/** Pagers that are told whoever else is. */
	readonly named: readonly string[];
	readonly what: string;
	readonly text: string;
	/** Null for what belongs to no incident: then every pager is asked. */
	readonly worth: Worth | null;
};

export type Paged = {
	readonly pages: readonly Page[];
	/** Pagers by the person whom they reach. */
	readonly through: ReadonlyMap<string, readonly string[]>;
	/** Pagers that were named and reach somebody by themselves. */
	readonly named: readonly string[];
};

/** The pages of one telling: none twice, none that leads to nobody. */
export function pagesOf({ pagers, people, named, what, text, worth }: Wanted): Paged {
	const able = pagers.filter((pager) => worth === null || isWorth(pager, worth));
	const found = new Map<string, Page>();
	const add = (pager: string, to: string): void => {
		const page = { pager, what, to, text };
		found.set(pageKey(page), page);
	};
	const through = new Map<string, readonly string[]>();
	for (const person of people) {
		const own = able.filter((pager) => person.pagers?.includes(pager.name) && reaches(pager, person));
		for (const pager of own) add(pager.name, pager.kind === 'smtp' ? person.id : '');
		if (own.length > 0)
			through.set(
				person.id,
				own.map((pager) => pager.name),
			);
	}
	const self = able.filter((pager) => named.includes(pager.name) && ownRecipients(pager).length > 0);
	for (const pager of self) for (const to of ownRecipients(pager)) add(pager.name, to);
	return { pages: [...found.values()], through, named: self.map((pager) => pager.name) };
}

/** `by pager: Ole Dahl (oncall, mail)`; empty where nobody is reached so. */
export function throughWords(people: readonly Person[], through: Paged['through']): string {
	const names = people.flatMap((person) => {
		const pagers = through.get(person.id);
		return pagers === undefined ? [] : [`${person.name} (${pagers.join(', ')})`];
	});
	return names.length === 0 ? '' : `by pager: ${names.join(', ')}`;
}

/** Process safety goes out by every pager. */
function isWorth(pager: PagerConfig, worth: Worth): boolean {
	return worth.process_safety || severityRank(worth.severity) >= severityRank(pager.from_severity);
}

function reaches(pager: PagerConfig, person: Person): boolean {
	return pager.kind === 'pagerduty' || MailAddress.safeParse(person.email).success;
}

function ownRecipients(pager: PagerConfig): readonly string[] {
	return pager.kind === 'pagerduty' ? [''] : pager.to.map(addressHash);
}

/** An address in a key is personal data that stays for ever; its hash finds it again in the configuration. */
function addressHash(address: string): string {
	return `#${createHash('sha256').update(address.toLowerCase()).digest('hex').slice(0, 16)}`;
}

/** The address that a page goes to, as the configuration has it now; null where it has none any more. */
export function addressOf(page: Pick<Page, 'to'>, pager: PagerConfig, people: readonly Person[]): string | null {
	if (pager.kind !== 'smtp') return null;
	const address = page.to.startsWith('#')
		? pager.to.find((one) => addressHash(one) === page.to)
		: people.find((person) => person.id === page.to)?.email;
	const read = MailAddress.safeParse(address);
	return read.success ? read.data : null;
}

export function pageKey(page: Omit<Page, 'text'>): string {
	return `${PREFIX}:${page.pager}:${page.what}:${page.to}`;
}

/** Reads a key; null for a row that is no page. */
export function readPageKey(key: string): Omit<Page, 'text'> | null {
	const [prefix, pager, what, ...to] = key.split(':');
	if (prefix !== PREFIX || !pager || !what || to.length === 0) return null;
	return { pager, what, to: to.join(':') };
}

/**
 * The name that all of one page's tries carry, so that a repeat is folded by PagerDuty (at most 255 characters there) and recognised in a
 * mailbox. It begins with the incident, and names the level or step: a new level must ring again.
 */
export function dedupKey(what: string, incident: string | null): string {
	return incident === null || what.startsWith(incident) ? `interlock/${what}` : `interlock/${incident}/${what}`;
}

/** Rows and topics that bring pages out. A key that is there already is not sent again. */
export function rowsOf(
	pages: readonly Page[],
	incident: string | null,
	isSafety: boolean,
	newId: (prefix: 'pst') => string,
	now: Instant,
): { readonly changes: Change[]; readonly topics: NextTopic[] } {
	const rows = pages.map((page) => ({ page, id: newId('pst') }));
	return {
		changes: rows.map(({ page, id }) => ({
			op: 'ensure',
			table: 'messages',
			row: {
				id,
				key: pageKey(page),
				incident,
				channel: `${PREFIX}:${page.pager}`,
				text: isDrill(incident) ? markDrill(page.text) : page.text,
				state: 'pending',
				created_at: now,
				updated_at: now,
			},
		})),
		topics: rows.map(({ id }) => ({ topic: laneOf(isSafety && !isDrill(incident)), key: id })),
	};
}

export function laneOf(isSafety: boolean): 'pager' | 'pager_safety' {
	return isSafety ? 'pager_safety' : 'pager';
}
