// What people, routes and `paging` say about pagers: names that must exist, and ways that must lead to somebody. A page that would reach nobody
// has to be known before the night it is needed.
import { nearest } from '../domain/nearest.ts';
import { MailAddress } from '../domain/pager.ts';
import type { Finding } from '../domain/result.ts';
import { type FilePlace, shown } from './finding.ts';
import { entriesOf, textAt, textsAt, valueAt, type WrittenEntry, type WrittenFile } from './written.ts';

type Known = {
	readonly names: readonly string[];
	/** Those that send mail, and those of them that have addresses of their own. */
	readonly mail: ReadonlySet<string>;
	readonly reachNobody: ReadonlySet<string>;
};

/** @returns errors for unknown names and ways to nobody, warnings for pagers that nobody names */
export function checkPagers(settings: WrittenFile, people: WrittenFile, routes: WrittenFile): Finding[] {
	if (!settings.isReadable) return [];
	const entries = settings.list('pagers');
	const known = knownOf(entries);
	const named = new Set<string>();
	const check = (list: unknown, at: (index: number) => FilePlace, whose: string): Finding[] =>
		textsAt({ list }, 'list').flatMap(({ index, text }) => {
			named.add(text);
			if (known.names.includes(text)) return [];
			const near = nearest(text, known.names);
			const help = known.names.length === 0 ? 'set it up under `pagers` in interlock.yaml' : undefined;
			const said = near === null ? help : `did you mean \`${near}\`?`;
			return [finding(at(index), `${whose}: there is no pager ${shown(text)}`, said)];
		});
	const bySelf = (list: unknown, at: (index: number) => FilePlace, whose: string): Finding[] => [
		...check(list, at, whose),
		...textsAt({ list }, 'list').flatMap(({ index, text }) =>
			known.reachNobody.has(text)
				? [finding(at(index), `${whose}: pager ${shown(text)} has no \`to\`: a page would reach nobody`)]
				: [],
		),
	];
	const fallback = bySelf(
		valueAt(settings.value, 'paging', 'fallback'),
		(index) => settings.at('paging', 'fallback', index),
		'`paging.fallback`',
	);
	const found = [
		...fallback,
		...people.list('people').flatMap((person) => ofPerson(person, known, check)),
		...routes.list('routes').flatMap((route) => ofRoute(route, bySelf)),
	];
	// Where `fallback` is left out, all that reach somebody by themselves are in it.
	const isAllFallback = valueAt(settings.value, 'paging', 'fallback') === undefined;
	const idle = entries.flatMap(({ value, at }): Finding[] => {
		const name = textAt(value, 'name');
		if (name === null || named.has(name) || (isAllFallback && !known.reachNobody.has(name))) return [];
		const help = 'name it under `pagers` of a person, a route or a level, or in `paging.fallback`';
		return [{ ...finding(at(), `nobody is reached by pager ${shown(name)}`, help), level: 'warning' }];
	});
	return [...found, ...(people.isReadable && routes.isReadable ? idle : [])];
}

function knownOf(entries: readonly WrittenEntry[]): Known {
	const names = entries.flatMap(({ value }) => textAt(value, 'name') ?? []);
	const isMail = ({ value }: WrittenEntry): boolean => textAt(value, 'kind') === 'smtp';
	const mail = entries.filter(isMail);
	const nameOf = ({ value }: WrittenEntry): string => textAt(value, 'name') ?? '';
	return {
		names,
		mail: new Set(mail.map(nameOf)),
		reachNobody: new Set(mail.filter(({ value }) => entriesOf(valueAt(value, 'to')).length === 0).map(nameOf)),
	};
}

type Check = (list: unknown, at: (index: number) => FilePlace, whose: string) => Finding[];

function ofPerson({ value, at }: WrittenEntry, known: Known, check: Check): Finding[] {
	const list = valueAt(value, 'pagers');
	const whose = `person ${shown(textAt(value, 'id') ?? '')}`;
	const found = check(list, (index) => at('pagers', index), whose);
	const mail = textsAt({ list }, 'list').find(({ text }) => known.mail.has(text));
	if (mail === undefined) return found;
	const email = textAt(value, 'email');
	if (email === null)
		return [...found, finding(at('pagers', mail.index), `${whose}: pager ${shown(mail.text)} needs \`email\``)];
	if (MailAddress.safeParse(email).success) return found;
	return [...found, finding(at('email'), `${whose}: ${shown(email)} is no plain mail address: write name@host`)];
}

function ofRoute({ value, at, index }: WrittenEntry, bySelf: Check): Finding[] {
	const name = textAt(value, 'name');
	const whose = `route ${name === null ? index + 1 : shown(name)}`;
	const levels = entriesOf(valueAt(value, 'escalation'));
	return [
		...bySelf(valueAt(value, 'pagers'), (n) => at('pagers', n), whose),
		...levels.flatMap((level, l) =>
			bySelf(valueAt(level, 'pagers'), (n) => at('escalation', l, 'pagers', n), `${whose}, level ${l + 1}`),
		),
	];
}

function finding({ file, line, column }: FilePlace, message: string, help?: string): Finding {
	return { file, line, column, message, ...(help === undefined ? {} : { help }), level: 'error' };
}
