// What every connector is to the rest of response: something that makes one call for one step, and says what is known of its effect.
import type { Json } from '../../domain/entry.ts';
import type { StepParams } from '../../domain/step.ts';
import type { Instant } from '../../domain/time.ts';
import type { Grant } from '../../safety/grant.ts';

/** One call for one step. `step` is the Idempotency-Key: the same step never acts twice at a target that honours it. */
export type CallRequest = {
	readonly step: string;
	readonly action: string;
	/** The asset as the target system may know it: the inventory's id. Null for actions without one. */
	readonly target: string | null;
	/** All targets as the gate judged them: what the grant is bound to. */
	readonly targets: readonly string[];
	readonly params: StepParams;
	/** When the step was last changed before its call: an effect that the target dates earlier is not this step's. */
	readonly since?: Instant;
};

/** `unknown` is never a failure: the call may have had its effect. `detail` is short, masked text. */
export type CallResult = {
	readonly effect: 'done' | 'not_done' | 'unknown';
	readonly detail: string;
	readonly tries: number;
	/** What was read or begun, in lines for people: they are posted in the incident's thread. */
	readonly told?: readonly string[];
	/** The same for the record, with where it came from: it stands in the ledger's entry of the result. */
	readonly record?: { readonly [key: string]: Json };
};

/** What the target says about an effect that is in doubt. */
export type ReadBack = { readonly state: 'done' | 'not_done' | 'unknown'; readonly detail: string };

/** One thing that was looked at without any effect: as it should be, not so, or not to be seen from here. */
export type Probe = { readonly what: string; readonly state: 'well' | 'not' | 'open'; readonly detail: string };

/** What to look at beside reach and login; null: nothing in particular. */
export type ProbeWish = {
	readonly account: string | null;
	readonly target: string | null;
	readonly indicator?: string | null;
};

export type Connector = {
	readonly name: string;
	/** Actions that it has a call for. */
	readonly actions: readonly string[];
	isIdempotent(action: string): boolean;
	hasReadBack(action: string): boolean;
	/** Makes the call. Never throws for anything that the target does. */
	call(grant: Grant, request: CallRequest): Promise<CallResult>;
	readBack(grant: Grant, request: CallRequest): Promise<ReadBack>;
	/** Tries it without any effect, for `interlock connector test`: reads only, and so needs no grant. Never throws. */
	probe?(wish: ProbeWish): Promise<readonly Probe[]>;
};
