// What the gate would say to each step of a playbook on an asset of some class, while nothing else is known. Pure: the real decision is made
// for the real asset when the playbook is planned (`interlock playbook plan`), and three times after that.
import type { Asset, AssetClass, Level } from '../../domain/asset.ts';
import type { Decision } from '../../domain/decision.ts';
import { indexInventory } from '../../domain/inventory.ts';
import type { Playbook } from '../../domain/playbook.ts';
import { allNodes, type PlaybookStep } from '../../domain/playbook-step.ts';
import type { Step } from '../../domain/step.ts';
import type { Instant } from '../../domain/time.ts';
import { judge } from '../gate.ts';
import type { Setting, View } from '../view.ts';

/** Where assets of a class usually stand. */
export const USUAL_LEVEL: Readonly<Record<AssetClass, Level>> = {
	endpoint: '4',
	server: '4',
	domain_controller: '4',
	database: '4',
	erp: '4',
	crm: '5',
	cloud: '5',
	network: '4',
	vpn_gateway: '3.5',
	jump_host: '3.5',
	dmz_server: '3.5',
	scanner: '4',
	historian: '3',
	engineering_workstation: '3',
	sis_workstation: '2',
	scada_server: '2',
	opc_server: '3',
	hmi: '2',
	dcs: '1',
	plc: '1',
	rtu: '1',
	ied: '1',
	sis: '1',
	io: '0',
	bms_server: '2',
	bms_controller: '1',
	unknown: 'unknown',
};

/** The decision on every step by its key, for a target of this class that is in the inventory and of which nothing else is known. */
export function decisionsFor(playbook: Playbook, assetClass: AssetClass, now: Instant): Map<string, Decision> {
	const setting = settingOf(assetClass, now);
	const steps = allNodes(playbook.steps).flatMap(({ node }) => ('action' in node ? [node] : []));
	return new Map(
		steps.map((node) => {
			const step = stepOf(node, playbook.id, now);
			return [node.key, judge(step, viewOf(step, setting), now)];
		}),
	);
}

const TARGET = 'asset-1';

function settingOf(assetClass: AssetClass, now: Instant): Setting {
	const level = USUAL_LEVEL[assetClass];
	const domain = level === '4' || level === '5' ? 'it' : 'ot';
	const asset: Asset = {
		id: TARGET,
		hostnames: [],
		ips: [],
		macs: [],
		vendor_ids: [],
		site: null,
		zone: 'zone-1',
		level,
		class: assetClass,
		class_raw: null,
		vendor: null,
		os: null,
		criticality: null,
		domain,
		switch: null,
		owner: null,
		facts: {},
		tags: {},
		confirmed_at: null,
	};
	const zone = { id: 'zone-1', name: null, site: null, level, sis: false, ranges: [], owner: null, facts: {} };
	return {
		inventory: indexInventory({ assets: [asset], zones: [zone], conduits: [], confirmedAt: now }),
		windows: [],
		siteRules: [],
		people: [],
		playbooks: new Map(),
		canRun: () => true,
		approvalMs: 0,
	};
}

function stepOf(node: PlaybookStep, playbook: string, now: Instant): Step {
	return {
		id: `stp_${node.key}`,
		incident: 'inc_import',
		playbook,
		playbook_version: '',
		key: node.key,
		position: 0,
		title: node.title,
		action: node.action,
		target: node.target === 'none' ? null : TARGET,
		params: node.params,
		instructions: null,
		checklist: [],
		state: 'planned',
		decision: null,
		after: [],
		requested_by: 'bot',
		expires_at: null,
		containment_ms: null,
		contained_until: null,
		attempts: 0,
		outcome: null,
		created_at: now,
		updated_at: now,
	};
}

function viewOf(step: Step, setting: Setting): View {
	const incident = {
		id: 'inc_import',
		number: 0,
		severity: 'high' as const,
		domain: 'cross' as const,
		category: 'other' as const,
		process_safety: false,
		sites: [],
		zones: ['zone-1'],
		assets: [TARGET],
		techniques: [],
		playbooks: [],
		confidence_firm: 0,
		state: 'open' as const,
	};
	return {
		setting,
		incident,
		alerts: [],
		steps: [step],
		approvals: [],
		statements: [],
		freezes: [],
		busy: [],
		alarms: [],
		automaticLastHour: 0,
		findings: [],
	};
}
