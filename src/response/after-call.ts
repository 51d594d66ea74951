// What is recorded with the result of every connector call: the first look at the target, and the questions to the control rooms. In the same
// transaction as the result, so that a crash right after it loses neither. Pure.
import type { Step } from '../domain/step.ts';
import type { Instant } from '../domain/time.ts';
import type { ToRecord } from '../store/record.ts';
import { firstLook } from './verify.ts';
import type { View } from './view.ts';
import { askViews } from './view-question.ts';

/**
 * @param step           as it is after the call
 * @param what           its result, as it is recorded
 * @param hasReadBack    whether the target can be asked what has become of it
 * @param isCalled       false where another incident had done it already: nothing changed for a view, and what holds is watched all the same
 */
export function afterCall(
	step: Step,
	what: ToRecord,
	view: View,
	hasReadBack: boolean,
	isCalled: boolean,
	newId: (prefix: 'pst') => string,
	now: Instant,
): ToRecord {
	if (!isCalled && step.contained_until === null) return what;
	const asked = isCalled ? askViews(step, view, newId, now) : { entries: [], changes: [], topics: [] };
	const look = hasReadBack ? firstLook(step, now) : null;
	return {
		entries: [...what.entries, ...asked.entries],
		changes: [...(what.changes ?? []), ...asked.changes],
		topics: [...(what.topics ?? []), ...asked.topics, ...(look === null ? [] : [look])],
	};
}
