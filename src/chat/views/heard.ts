// A source speaks for the first time, or a test of it arrived: what was understood of the alert and what was not, so that a person sees
// at once whether it is wired rightly. Pure.
import type { Entity, Problem } from '../../domain/alert.ts';
import { assetsOf, isPrivateAddress } from '../../domain/inventory.ts';
import type { Severity } from '../../domain/severity.ts';
import { bold, bullets, code, date, fitMessage, header, type Inline, type Message, plain, rich } from '../blocks.ts';
import type { Directory } from '../directory.ts';
import { count, nameList, shown } from '../text.ts';

export type HeardAlert = {
	readonly id: string;
	readonly source: string;
	readonly source_kind: string;
	readonly title: string;
	readonly severity: string | null;
	readonly severity_raw: string | null;
	readonly kind: string;
	readonly status: string;
	readonly time_basis: string;
	readonly occurred_at: number;
	readonly entities: readonly Entity[];
	readonly verdict: { readonly severity: Severity; readonly category: string } | null;
};

const NAMES_SHOWN = 8;
const PROBLEMS_SHOWN = 5;

export function heardNotice(
	alert: HeardAlert,
	problems: readonly Problem[],
	directory: Pick<Directory, 'inventory' | 'naming'>,
	isTest: boolean,
): Message {
	const name = shown(alert.source, 80);
	const text = isTest
		? `Test alert of source ${name} arrived. It is a sample: nothing happened.`
		: `First alert of source ${name}`;
	const lines: Inline[][] = [
		[bold('title '), plain(shown(alert.title, 200))],
		[bold('kind '), plain(shown(alert.kind.replaceAll('_', ' '), 40))],
		[bold('severity '), plain(severityLine(alert))],
		[bold('time '), ...timeLine(alert)],
		...assetLines(alert.entities, directory),
		...problems
			.slice(0, PROBLEMS_SHOWN)
			.map((problem) => [
				bold('not understood '),
				plain(
					`${shown(problem.field, 80)}: found ${shown(problem.found, 80)}, expected ${shown(problem.expected, 120)}`,
				),
			]),
	];
	const outcome = isTest
		? 'It is marked as a test: it opened no incident, and no step follows from it.'
		: 'Compare it with the vendor’s own screen once: if something is wrong here, it is wrong in every alert of this source.';
	return fitMessage(
		text,
		[
			header(text),
			rich([plain(`Understood as ${shown(alert.source_kind, 40)}:`)]),
			bullets(lines),
			rich([plain(`${outcome} Its id: `), code(alert.id)]),
		],
		'The rest is in the stored alert.',
	);
}

function severityLine({ severity, severity_raw, verdict }: HeardAlert): string {
	const stated =
		severity_raw === null
			? 'the source states none'
			: `${severity ?? 'unknown'}, stated as “${shown(severity_raw, 60)}”`;
	return verdict === null
		? stated
		: `${stated}; judged here as ${verdict.severity}, ${verdict.category.replaceAll('_', ' ')}`;
}

function timeLine({ occurred_at, time_basis }: HeardAlert): Inline[] {
	return time_basis === 'event'
		? [date(occurred_at), plain(', as the source states it')]
		: [date(occurred_at), plain(', when it arrived: no time was understood in it')];
}

/** Which of the names and inside addresses are in the inventory; those outside are nobody's assets. */
function assetLines(
	entities: readonly Entity[],
	{ inventory, naming }: Pick<Directory, 'inventory' | 'naming'>,
): Inline[][] {
	const found = assetsOf(entities, inventory);
	const missing = entities.filter(
		(entity) =>
			(entity.type === 'host' || entity.type === 'mac' || (entity.type === 'ip' && isPrivateAddress(entity.value))) &&
			assetsOf([entity], inventory).length === 0,
	);
	const foundLine =
		found.length === 0
			? 'none'
			: nameList(
					found.map((asset) => naming.asset(asset.id)),
					NAMES_SHOWN,
					90,
				);
	const lines = [[bold('assets in the inventory '), plain(foundLine)]];
	if (missing.length > 0)
		lines.push([
			bold('not in the inventory '),
			plain(nameList([...new Set(missing.map((entity) => entity.value))], NAMES_SHOWN, 90)),
		]);
	if (entities.length === 0) lines.push([bold('names and addresses '), plain('none were found in it')]);
	else lines.push([bold('names and addresses '), plain(count(entities.length, 'entity', 'entities'))]);
	return lines;
}
