// Real grants of the gate for a ticket, planned from a playbook.
import type { CallRequest } from '../../../src/response/connectors/connector.ts';
import { permit } from '../../../src/response/gate.ts';
import { planFor } from '../../../src/response/plan.ts';
import type { Grant } from '../../../src/safety/grant.ts';
import { proposeStep } from '../../../src/safety/proposed-step.ts';
import { alert, INVENTORY, incident, NOW, playbook, view } from './plant.ts';

export { NOW };

/** Leave for one ticket, and the request that goes with it; the same key is the same step, unless `as` gives it another id. */
export function ticketGrant(
	params: object,
	key = 'ticket',
	now = NOW,
	as: string | null = null,
): { grant: Grant; request: CallRequest } {
	const alerts = [alert('alr_1', { entities: [{ type: 'host', value: 'lap-1', role: 'target' }] })];
	const loaded = playbook('p', [{ key, title: 'x', action: 'open_ticket', params }]);
	const ground = { incident: incident(), alerts, inventory: INVENTORY, held: [], canRun: () => true };
	const [planned] = planFor(ground, loaded, NOW).steps;
	if (planned === undefined) throw new Error('nothing was planned');
	const step = { ...planned, id: as ?? planned.id };
	const permitted = permit(step, view([loaded], [step]), now);
	if (!permitted.ok) throw new Error(permitted.reason);
	const { id, action, target } = step;
	return {
		grant: permitted.grant,
		request: { step: id, action, target, targets: proposeStep(step).targets, params: step.params, since: NOW },
	};
}
