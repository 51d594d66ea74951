// A plant with a historian, its primary and a version server, and real grants of the gate for reading there and for captures.
import type { Approval } from '../../../src/domain/decision.ts';
import { indexInventory } from '../../../src/domain/inventory.ts';
import type { CallRequest } from '../../../src/response/connectors/connector.ts';
import { judge, permit } from '../../../src/response/gate.ts';
import { planFor } from '../../../src/response/plan.ts';
import type { Grant } from '../../../src/safety/grant.ts';
import { proposeStep } from '../../../src/safety/proposed-step.ts';
import { alert, INVENTORY, incident, NOW, playbook, view } from './plant.ts';

export { NOW };

const like = INVENTORY.find('ews-1');
if (like === null) throw new Error('the plant has lost its engineering station');
const server = (id: string, of: object) => ({ ...like, id, hostnames: [id], ips: [], facts: {}, ...of });

/** `hist-1` is the replica in the DMZ (row R06), `hist-0` the primary (row R07). */
export const READING_INVENTORY = indexInventory({
	...INVENTORY.data,
	assets: [
		...INVENTORY.data.assets,
		server('hist-1', { class: 'historian', level: '3.5', zone: 'dmz', ips: ['10.35.0.20'] }),
		server('hist-0', { class: 'historian', level: '3', ips: ['10.3.0.20'] }),
		server('ver-1', { class: 'server', level: '3', ips: ['10.3.0.21'] }),
		server('siem-1', { class: 'server', level: '4', zone: 'office', domain: 'it' }),
		server('mute-1', { class: 'server', level: '3', zone: 'dmz', ips: [] }),
	],
});

export type ReadingAction = 'query_historian' | 'read_backup' | 'query_logs' | 'start_capture';

/** Leave for one action on an asset, and the request that goes with it. */
export function readingGrant(
	action: ReadingAction,
	on: string,
	params: object,
	now = NOW,
): { grant: Grant; request: CallRequest } {
	const alerts = [alert('alr_1', { entities: [{ type: 'host', value: on, role: 'target' }] })];
	const loaded = playbook('p', [{ key: 'act', title: 'x', action, target: 'primary', params }]);
	const ground = { incident: incident(), alerts, inventory: READING_INVENTORY, held: [], canRun: () => true };
	const [step] = planFor(ground, loaded, NOW).steps;
	if (step === undefined) throw new Error('nothing was planned');
	const stated = (name: string, subject: string, value: unknown) => ({
		...{ id: `${name}:${subject}`, name, subject, value, source: 'person', supplied_by: 'otto' },
		...{ stated_at: NOW, expires_at: null },
	});
	const statements = [
		stated('capture_device_installed', on, true),
		stated('saved_query_approved', step.id, true),
		...['dmz', 'cell-1'].flatMap((zone) => [
			stated('zone_state', zone, 'normal'),
			stated('zone_safety_alarm_active', zone, false),
		]),
	];
	const plain = view([loaded], [step], { statements });
	const before = { ...plain, setting: { ...plain.setting, inventory: READING_INVENTORY } };
	const { binding } = judge(step, before, now);
	const approvals: Approval[] = ['ida', 'otto'].map((person) => ({
		...{ id: `apr_${person}`, step: step.id, person, roles: [], answer: 'yes', reason: null, binding },
		...{ via: 'cli', at: NOW, expires_at: NOW + 600_000, withdrawn_at: null },
	}));
	const permitted = permit(step, { ...before, approvals }, now);
	if (!permitted.ok) throw new Error(permitted.reason);
	const { id, target, params: planned } = step;
	return {
		grant: permitted.grant,
		request: { step: id, action, target, targets: proposeStep(step).targets, params: planned, since: NOW },
	};
}
