// Leave of the real gate for the task of a kind: planned from a playbook, judged on facts, approved by people of both sides.
import type { Approval } from '../../../src/domain/decision.ts';
import { indexInventory } from '../../../src/domain/inventory.ts';
import type { CallRequest } from '../../../src/response/connectors/connector.ts';
import { judge, permit } from '../../../src/response/gate.ts';
import { planFor } from '../../../src/response/plan.ts';
import type { Grant } from '../../../src/safety/grant.ts';
import { proposeStep } from '../../../src/safety/proposed-step.ts';
import { type KindTask, plantAt } from './kind-world.ts';
import { alert, incident, playbook, view } from './plant.ts';

/** The playbook with this one step. */
export const playbookOf = (task: KindTask) =>
	playbook('p', [
		{
			...{ key: 'act', title: 'x', action: task.action, target: task.target, params: task.params },
			...(task.containmentFor === undefined ? {} : { containment_for: task.containmentFor }),
			instructions: 'by hand',
		},
	]);

/** @throws Error where the gate gives no leave */
export function kindGrant(task: KindTask, now: number): { grant: Grant; request: CallRequest } {
	const inventory = indexInventory(plantAt(now));
	const alerts = [alert('alr_1', { entities: [{ type: 'host', value: task.asset, role: 'target' }], occurredAt: now })];
	const loaded = playbookOf(task);
	const ground = { incident: incident({ assets: [task.asset] }), alerts, inventory, held: [], canRun: () => true };
	const [step] = planFor(ground, loaded, now).steps;
	if (step === undefined) throw new Error(`nothing was planned for ${task.action}`);
	const statements = task.facts.map(([name, subject, value], at) => ({
		...{ id: `f${at}`, name, subject: subject === 'step' ? step.id : subject, value },
		...{ source: 'person', supplied_by: 'olga', stated_at: now, expires_at: null },
	}));
	const plain = view([loaded], [step], { statements, alerts });
	const before = { ...plain, setting: { ...plain.setting, inventory } };
	const { binding } = judge(step, before, now);
	const approvals: Approval[] = ['ida', 'ian', 'otto', 'olga'].map((person) => ({
		...{ id: `apr_${person}`, step: step.id, person, roles: [], answer: 'yes', reason: null, binding },
		...{ via: 'cli', at: now, expires_at: now + 600_000, withdrawn_at: null },
	}));
	const permitted = permit(step, { ...before, approvals }, now);
	if (!permitted.ok) throw new Error(`${task.action}: ${permitted.reason}`);
	const { id, action, target, params } = step;
	return {
		grant: permitted.grant,
		request: { step: id, action, target, targets: proposeStep(step).targets, params, since: now },
	};
}
