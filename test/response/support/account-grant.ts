// Real grants of the gate for actions on accounts: planned from a playbook, judged on facts, approved by two people.
import type { Approval } from '../../../src/domain/decision.ts';
import type { CallRequest } from '../../../src/response/connectors/connector.ts';
import { judge, permit } from '../../../src/response/gate.ts';
import { planFor } from '../../../src/response/plan.ts';
import type { Grant } from '../../../src/safety/grant.ts';
import { alert, INVENTORY, incident, NOW, playbook, view } from './plant.ts';

export type AccountAction = 'disable_account' | 'enable_account' | 'revoke_tokens' | 'disable_vendor_account';

/** Leave for one action on one account of the office, and the request that goes with it. */
export function accountGrant(action: AccountAction, account: string): { grant: Grant; request: CallRequest } {
	// A vendor's account is used at the jump host.
	const asset = action === 'disable_vendor_account' ? 'jump-1' : 'lap-1';
	const alerts = [alert('alr_1', { entities: [{ type: 'host', value: asset, role: 'target' }] })];
	const loaded = playbook('p', [{ key: 'act', title: 'x', action, target: 'primary', params: { account } }]);
	const [step] = planFor(
		{ incident: incident(), alerts, inventory: INVENTORY, held: [], canRun: () => true },
		loaded,
		NOW,
	).steps;
	if (step === undefined) throw new Error('nothing was planned');
	const stated = (name: string, subject: string, value: unknown) => ({
		id: `${name}:${subject}`,
		name,
		subject,
		value,
		source: 'person',
		supplied_by: 'otto',
		stated_at: NOW,
		expires_at: null,
	});
	const statements = [
		stated('account_used_by_ot', account, false),
		stated('vendor_permit_open', account, false),
		stated('identity_compromised', step.incident, false),
		stated('out_of_band_confirmed', step.id, true),
		stated('zone_safety_alarm_active', 'dmz', false),
		stated('zone_state', 'dmz', 'normal'),
		stated('eradication_confirmed', asset, true),
		stated('eradication_confirmed', account, true),
	];
	const before = view([loaded], [step], { statements });
	const { binding } = judge(step, before, NOW);
	const approvals: Approval[] = ['ida', 'ian', 'otto', 'olga'].map((person) => ({
		id: `apr_${person}`,
		step: step.id,
		person,
		roles: [],
		answer: 'yes',
		reason: null,
		binding,
		via: 'cli',
		at: NOW,
		expires_at: NOW + 600_000,
		withdrawn_at: null,
	}));
	const permitted = permit(step, { ...before, approvals }, NOW);
	if (!permitted.ok) throw new Error(permitted.reason);
	return {
		grant: permitted.grant,
		request: {
			step: step.id,
			action,
			target: step.target,
			targets: step.target === null ? [] : [step.target],
			params: step.params,
			since: NOW,
		},
	};
}
