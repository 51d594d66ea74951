// Real grants of the gate for cutting an office computer off and giving it back: planned from a playbook, judged on facts, approved.
import type { Approval } from '../../../src/domain/decision.ts';
import type { CallRequest } from '../../../src/response/connectors/connector.ts';
import { judge, permit } from '../../../src/response/gate.ts';
import { planFor } from '../../../src/response/plan.ts';
import type { Grant } from '../../../src/safety/grant.ts';
import { proposeStep } from '../../../src/safety/proposed-step.ts';
import { alert, incident, inventoryAt, NOW, playbook, view } from './plant.ts';

export type HostAction = 'isolate_host' | 'release_host';

/** Leave for one action on an office computer, and the request that goes with it. */
export function hostGrant(
	action: HostAction,
	params: object = {},
	asset = 'lap-1',
	now = NOW,
): { grant: Grant; request: CallRequest } {
	const inventory = inventoryAt(now);
	const alerts = [alert('alr_1', { entities: [{ type: 'host', value: asset, role: 'target' }] })];
	const loaded = playbook('p', [{ key: 'act', title: 'x', action, target: 'primary', params }]);
	const [step] = planFor({ incident: incident(), alerts, inventory, held: [], canRun: () => true }, loaded, now).steps;
	if (step === undefined) throw new Error('nothing was planned');
	const statements = [
		{
			id: 'f',
			name: 'eradication_confirmed',
			subject: asset,
			value: true,
			source: 'person',
			supplied_by: 'ida',
			stated_at: now,
			expires_at: null,
		},
	];
	const plain = view([loaded], [step], { statements });
	const before = { ...plain, setting: { ...plain.setting, inventory } };
	const { binding } = judge(step, before, now);
	const approvals: Approval[] = ['ida', 'ian', 'otto', 'olga'].map((person) => ({
		id: `apr_${person}`,
		step: step.id,
		person,
		roles: [],
		answer: 'yes',
		reason: null,
		binding,
		via: 'cli',
		at: now,
		expires_at: now + 600_000,
		withdrawn_at: null,
	}));
	const permitted = permit(step, { ...before, approvals }, now);
	if (!permitted.ok) throw new Error(permitted.reason);
	const { id, target, params: planned } = step;
	return {
		grant: permitted.grant,
		request: { step: id, action, target, targets: proposeStep(step).targets, params: planned, since: now },
	};
}
