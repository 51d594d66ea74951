// Real grants of the gate for a ticket, planned from a playbook.
import type { CallRequest } from '../../../src/response/connectors/connector.ts';
import { permit } from '../../../src/response/gate.ts';
import { planFor } from '../../../src/response/plan.ts';
import type { Grant } from '../../../src/safety/grant.ts';
import { proposeStep } from '../../../src/safety/proposed-step.ts';
import { alert, INVENTORY, incident, NOW, playbook, view } from './plant.ts';

export { NOW };

/** Leave for one ticket, and the request that goes with it; the same key is the same step. */
export function ticketGrant(params: object, key = 'ticket', now = NOW): { grant: Grant; request: CallRequest } {
	const alerts = [alert('alr_1', { entities: [{ type: 'host', value: 'lap-1', role: 'target' }] })];
	const loaded = playbook('p', [{ key, title: 'x', action: 'open_ticket', params }]);
	const ground = { incident: incident(), alerts, inventory: INVENTORY, held: [], canRun: () => true };
	const [step] = planFor(ground, loaded, NOW).steps;
	if (step === undefined) throw new Error('nothing was planned');
	const permitted = permit(step, view([loaded], [step]), now);
	if (!permitted.ok) throw new Error(permitted.reason);
	const { id, action, target, params: planned } = step;
	return {
		grant: permitted.grant,
		request: { step: id, action, target, targets: proposeStep(step).targets, params: planned, since: NOW },
	};
}
