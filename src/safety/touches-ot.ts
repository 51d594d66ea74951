// Whether a step reaches OT, for the rule that steps on OT run one at a time (row P04). Pure. NOT here: what may be done to it (decide.ts).
import type { Inventory } from '../domain/inventory.ts';
import type { Step } from '../domain/step.ts';
import { ACTIONS, effectOf, isActionName, TOUCH_FREE_EFFECTS } from './actions.ts';
import { proposeStep } from './proposed-step.ts';

/** True where the step may touch OT or it is not known that it does not: then it runs alone (row P04). */
export function touchesOt(step: Step, inventory: Inventory): boolean {
	const effect = effectOf(step.action);
	if (TOUCH_FREE_EFFECTS.some((free) => free === effect)) return false;
	const { targets } = proposeStep(step);
	if (targets.length === 0)
		return !(isActionName(step.action) && ACTIONS[step.action].target === 'none' && effect === 'disclose');
	return targets.some((id) => {
		const asset = inventory.find(id);
		return asset === null || asset.domain === 'ot' || (asset.level !== '4' && asset.level !== '5');
	});
}
