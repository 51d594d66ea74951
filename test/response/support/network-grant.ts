// Real grants of the gate for actions on the network: planned from a playbook, judged on facts, approved by people of both sides.
import type { Approval } from '../../../src/domain/decision.ts';
import type { CallRequest } from '../../../src/response/connectors/connector.ts';
import { judge, permit } from '../../../src/response/gate.ts';
import { planFor } from '../../../src/response/plan.ts';
import type { Grant } from '../../../src/safety/grant.ts';
import { alert, incident, inventoryAt, NOW, playbook, view } from './plant.ts';

export type NetworkAction = 'block_indicator' | 'unblock_indicator' | 'block_internal' | 'unblock_internal';

/**
 * Leave for one action, and the request that goes with it.
 *
 * @param on the indicator, or the asset
 */
export function networkGrant(action: NetworkAction, on: string, now = NOW): { grant: Grant; request: CallRequest } {
	const inventory = inventoryAt(now);
	const isHost = action.endsWith('internal');
	const asset = isHost ? on : 'lap-1';
	const alerts = [alert('alr_1', { entities: [{ type: 'host', value: asset, role: 'target' }] })];
	const loaded = playbook('p', [
		{
			key: 'act',
			title: 'x',
			action,
			target: isHost ? 'primary' : 'none',
			params: isHost ? {} : { indicator: on },
			...(action.startsWith('block') ? { containment_for: '8h' } : {}),
		},
	]);
	const [step] = planFor({ incident: incident(), alerts, inventory, held: [], canRun: () => true }, loaded, now).steps;
	if (step === undefined) throw new Error('nothing was planned');
	const stated = (name: string, subject: string, value: unknown) => ({
		id: `${name}:${subject}`,
		name,
		subject,
		value,
		source: 'person',
		supplied_by: 'ida',
		stated_at: now,
		expires_at: null,
	});
	const statements = [
		stated('indicator_external', on, true),
		stated('indicator_on_dependency_allowlist', on, false),
		stated('eradication_confirmed', on, true),
		stated('used_by_ot', on, false),
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
	const targets = step.target === null ? [] : [step.target];
	return {
		grant: permitted.grant,
		request: { step: step.id, action, target: step.target, targets, params: step.params, since: now },
	};
}
