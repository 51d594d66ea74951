// Learned rules as triage uses them: those in force, read before each batch, compiled once. One small indexed query a batch.
// A row that does not read or compile is left out and told: an alert is then shown that might have been muted, never the other way.
import type { Alert } from '../domain/alert.ts';
import { isInForce, type Learned } from '../domain/learned.ts';
import { toIso } from '../domain/time.ts';
import type { Database } from '../store/database.ts';
import { readLearnedInForce } from '../store/read/learned.ts';
import { compileLearned, type LearnedRule } from './learn/rule.ts';
import type { CompiledRules } from './rules.ts';

export type LearnedOf = (alert: Pick<Alert, 'source' | 'title'>) => CompiledRules;

/** The learned rules that hold at `now`, by the alerts that they may speak of: however many hold, an alert is asked of its own. */
export function createLearnedRules(
	database: Database,
	onFault: (where: string, error: unknown) => void,
): (now: number) => Promise<LearnedOf> {
	const compiledBefore = new Map<string, CompiledRules>();
	return async (now) => {
		const rows = (await readLearnedInForce(database, now)).filter((row) => isInForce(row, now));
		const known = new Set(rows.map((row) => row.id));
		for (const id of compiledBefore.keys()) if (!known.has(id)) compiledBefore.delete(id);
		const byAlert = new Map<string, CompiledRules>();
		for (const row of rows) {
			if (row.content.kind !== 'rule') continue;
			const compiled = compiledBefore.get(row.id) ?? compileRow(row, row.content, onFault);
			compiledBefore.set(row.id, compiled);
			const key = keyOf(row.content.match);
			byAlert.set(key, [...(byAlert.get(key) ?? []), ...compiled]);
		}
		return (alert) => byAlert.get(keyOf(alert)) ?? [];
	};
}

/** Its conditions compare both as a whole (learn/rule.ts), so that no other alert can match. */
function keyOf({ source, title }: Pick<Alert, 'source' | 'title'>): string {
	return JSON.stringify([source, title]);
}

/** None where it does not compile: that is told once, and the row is not tried again while it holds. */
function compileRow(
	{ id, expires_at }: Learned,
	content: Pick<LearnedRule, 'match' | 'effect'>,
	onFault: (where: string, error: unknown) => void,
): CompiledRules {
	const { match, effect } = content;
	const compiled = compileLearned([{ id, match, effect, expiresAt: toIso(expires_at ?? 0) }]);
	if (compiled.ok) return compiled.value;
	onFault(`learned rule ${id}`, new Error(compiled.error));
	return [];
}
