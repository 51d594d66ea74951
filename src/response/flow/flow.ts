// The words that planning, order and decisions share about a playbook in one incident. Types only.
import type { Instant } from '../../domain/time.ts';
import type { Program } from './program.ts';
import type { Dormant, Instance, Scope, Variable } from './walk.ts';

/** The way that a block's row took (null: none yet), and when its wait began and ends, as the ledger has it: by the row's id. */
export type Ways = ReadonlyMap<
	string,
	{ readonly took: string | null; readonly beganAt: Instant; readonly until: Instant | null }
>;

/** A playbook as far as its ways are decided. */
export type Flow = {
	readonly program: Program;
	readonly instances: readonly Instance[];
	/** Keys of steps that may still come, because somebody has to say something first. */
	readonly pending: ReadonlySet<string>;
	/** Ways that may still be taken. */
	readonly dormant: readonly Dormant[];
	readonly variable: (name: string, scope: Scope) => Variable;
};
