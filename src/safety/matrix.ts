// The table as objects that other programs read (`interlock policy matrix`), and as Markdown, CSV and JSON text. It is printed
// from the same rows that decide.ts asks, so it cannot say anything else than the gate does.
import { ASSET_CLASSES, type AssetClass, LEVELS, type Level } from '../domain/asset.ts';
import type { DecisionClass } from '../domain/decision.ts';
import { ACTION_NAMES, ACTIONS, type ActionName, type Effect } from './actions.ts';
import type { Case, Row } from './row.ts';
import { RULES } from './rules.ts';
import { ROWS } from './table.ts';

/** DESIGN.md, "Policy matrix": these keys are a contract. One object per row and condition; class null: a rule. */
export type MatrixEntry = {
	readonly row: string;
	readonly actions: readonly ActionName[];
	readonly effect: Effect | 'rule';
	readonly asset_classes: readonly AssetClass[];
	readonly levels: readonly Level[];
	readonly class: DecisionClass | null;
	readonly condition: string;
	readonly reason: string;
	readonly source: string;
};

/** The whole table: its rows in their order, then the rules. */
export function policyMatrix(): MatrixEntry[] {
	const rows = ROWS.flatMap((row) => row.cases.flatMap((option) => entriesOf(row, option)));
	const rules = RULES.map(
		(rule): MatrixEntry => ({
			row: rule.id,
			actions: [],
			effect: 'rule',
			asset_classes: [],
			levels: [],
			class: null,
			condition: rule.text,
			reason: rule.reason,
			source: rule.source,
		}),
	);
	return [...rows, ...rules];
}

function entriesOf(row: Row, option: Case): MatrixEntry[] {
	return row.where.map((where) => {
		const doubt = (where.unless ?? []).map((condition) => `unless shown: ${condition.text}`);
		return {
			row: row.id,
			// Taking something back falls under the rows of what it takes back, but never by itself.
			actions: option.class === 'AUTO' ? row.actions : [...row.actions, ...undoOf(row)],
			effect: row.effect,
			asset_classes: where.classes,
			levels: where.levels,
			class: option.class,
			condition: [option.condition, ...doubt].filter((text) => text !== '').join('; '),
			reason: row.reason,
			source: row.source,
		};
	});
}

function undoOf(row: Row): ActionName[] {
	return ACTION_NAMES.filter((name) => row.actions.some((action) => action === ACTIONS[name].undoes));
}

/** `classes` as people write them: all of them in one word. */
function listed(values: readonly string[], all: number): string {
	return values.length === all ? 'any' : values.join(' ');
}

const CLASSES_ALL = ASSET_CLASSES.length;
const LEVELS_ALL = LEVELS.length;

/** One Markdown table, a line per object. */
export function matrixMarkdown(entries: readonly MatrixEntry[]): string {
	const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
	const lines = entries.map((entry) =>
		[
			entry.row,
			entry.actions.join(' '),
			entry.effect,
			listed(entry.asset_classes, CLASSES_ALL),
			listed(entry.levels, LEVELS_ALL),
			entry.class ?? 'rule',
			entry.condition,
			entry.reason,
			entry.source,
		]
			.map(cell)
			.join(' | '),
	);
	return [
		'| row | actions | effect | asset classes | levels | class | condition | reason | source |',
		'|---|---|---|---|---|---|---|---|---|',
		...lines.map((line) => `| ${line} |`),
		'',
	].join('\n');
}

/** RFC 4180; lists are separated by spaces, an empty class is a rule. */
export function matrixCsv(entries: readonly MatrixEntry[]): string {
	const cell = (text: string): string => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
	const lines = entries.map((entry) =>
		[
			entry.row,
			entry.actions.join(' '),
			entry.effect,
			entry.asset_classes.join(' '),
			entry.levels.join(' '),
			entry.class ?? '',
			entry.condition,
			entry.reason,
			entry.source,
		]
			.map(cell)
			.join(','),
	);
	return `${['row,actions,effect,asset_classes,levels,class,condition,reason,source', ...lines].join('\r\n')}\r\n`;
}

export function matrixJson(entries: readonly MatrixEntry[]): string {
	return `${JSON.stringify(entries, null, 2)}\n`;
}
