// Whether a step reaches OT, for the rule that steps on OT run one at a time (row P04). Pure. NOT here: what may be done to it (decide.ts).
import type { FactName } from '../domain/fact.ts';
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
	// At levels 4 and 5 too: what takes two people, one of them of OT, is something that OT is about.
	if (step.decision?.class === 'TWO') return true;
	return targets.some((id) => {
		const asset = inventory.find(id);
		if (asset === null || asset.domain === 'ot' || (asset.level !== '4' && asset.level !== '5')) return true;
		const zone = asset.zone === null ? null : inventory.zone(asset.zone);
		return REACHES_OT.some((name) => (asset.facts[name] ?? zone?.facts[name]) === true);
	});
}

/** What the inventory states about an office asset that reaches into OT all the same. */
const REACHES_OT: readonly FactName[] = [
	'ot_dependency',
	'dual_homed',
	'operator_remote_view',
	'sole_view',
	'sole_control',
	'used_by_ot',
	'wireless_carries_ot',
	'carries_safety_traffic',
	'control_depends_on_historian',
];
