// Real grants of the gate for ending a remote session: planned from a playbook, judged on facts, approved by people of both sides.
import type { Approval } from '../../../src/domain/decision.ts';
import type { CallRequest } from '../../../src/response/connectors/connector.ts';
import { judge, permit } from '../../../src/response/gate.ts';
import { planFor } from '../../../src/response/plan.ts';
import type { Grant } from '../../../src/safety/grant.ts';
import { alert, INVENTORY, incident, NOW, playbook, view } from './plant.ts';

/** Leave to end one session at the jump host, and the request that goes with it. */
export function sessionGrant(params: Record<string, string>): { grant: Grant; request: CallRequest } {
	const alerts = [alert('alr_1', { entities: [{ type: 'host', value: 'jump-1', role: 'target' }] })];
	const loaded = playbook('p', [{ key: 'end', title: 'x', action: 'end_session', target: 'primary', params }]);
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
		supplied_by: 'olga',
		stated_at: NOW,
		expires_at: null,
	});
	const statements = [
		stated('zone_state', 'dmz', 'normal'),
		stated('zone_safety_alarm_active', 'dmz', false),
		stated('action_cuts_own_path', 'jump-1', false),
		stated('fallback_confirmed', 'jump-1', true),
	].concat(
		['jump-1', params['session'] ?? ''].flatMap((subject) => [
			stated('session_is_live_maintenance', subject, false),
			stated('session_sole_remote_operator', subject, false),
			stated('ot_told', subject, true),
		]),
	);
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
	const targets = step.target === null ? [] : [step.target];
	return {
		grant: permitted.grant,
		request: { step: step.id, action: 'end_session', target: step.target, targets, params: step.params, since: NOW },
	};
}
