// Section 6.3 of the table: network containment. Rows N01 to N16b.
import type { ActionName } from '../actions.ts';
import {
	ANY_CLASS,
	ANY_LEVEL,
	at,
	type Condition,
	DMZ,
	DMZ_CLASSES,
	eitherShown,
	G3_CHECK,
	HIGH_CONFIDENCE,
	IT_CLASSES,
	LEVEL_45,
	MACHINES,
	NOT_SIS,
	otherwise,
	type Row,
	row,
	shown,
	unlessOt,
	when,
} from '../row.ts';

const PORT_CHANGES: readonly ActionName[] = ['change_switch_port', 'change_vlan', 'change_acl', 'nac_quarantine'];
const SERVICE_CHANGES: readonly ActionName[] = [
	'change_dns',
	'change_dhcp',
	'change_ntp',
	'change_routing',
	'change_certificate',
];
const RADIO_CHANGES: readonly ActionName[] = ['disable_wireless', 'disable_modem'];
const ANY_NETWORK_CHANGE: readonly ActionName[] = [
	...PORT_CHANGES,
	...SERVICE_CHANGES,
	...RADIO_CHANGES,
	'block_flow',
	'reopen_flow',
	'close_all_conduits',
	'block_industrial_commands',
	'change_mirror',
];
const BLOCK_FLOW = 'I can block one flow at the conduit instead (N03, two people).';
const END_SESSION = 'I can end the remote session instead: one approval, OT is told (N06).';
const OT_LISTS_NO_RADIO = shown('wireless_carries_ot', 'no OT traffic on it');
const UNUSED_BY_OT = shown('used_by_ot', 'proven unused by OT');

/** Both must be confirmed before any session is cut. */
const SESSION_CONFIRMED: readonly Condition[] = [
	shown('session_is_live_maintenance', 'the session is confirmed to be no live maintenance'),
	shown('session_sole_remote_operator', 'the session is confirmed not to be the only remote operator'),
];

export const EDGE_ROWS: readonly Row[] = [
	row({
		id: 'N01',
		title: 'block external IP/domain/URL/hash at enterprise firewall, proxy, DNS, mail',
		effect: 'contain',
		actions: ['block_indicator'],
		where: at(IT_CLASSES, LEVEL_45, { bare: true }),
		cases: [
			when(
				[HIGH_CONFIDENCE, shown('block_has_expiry', 'the block has an expiry')],
				'AUTO',
				'high confidence, expiry; not a vendor remote-support, cloud historian, time or licence address; never an internal or OT range',
			),
			otherwise(
				'ONE',
				'otherwise; not a vendor remote-support, cloud historian, time or licence address; never an internal or OT range',
			),
		],
		proofs: [
			{
				condition: shown('indicator_external', 'it is outside every internal and OT range'),
				class: 'NEVER',
				rule: 'N01',
				why: 'an internal or OT range is never blocked as an external indicator',
			},
			unlessOt(
				shown(
					'indicator_on_dependency_allowlist',
					'it is no vendor remote-support, cloud historian, time, licence or chat address',
				),
			),
		],
		it: true,
		reason: 'IT-only; allowlist protects OT dependencies',
		source: 'PRAC; judgement',
		instead: 'An internal host falls under N02 (one person), a flow at the conduit under N03 (two people).',
	}),
	row({
		id: 'N02',
		title: 'block internal IT host or subnet at enterprise firewall',
		effect: 'contain',
		actions: ['block_internal'],
		where: at(IT_CLASSES, ['4']),
		cases: [otherwise('ONE', 'dependency check of G3')],
		proofs: [G3_CHECK],
		it: true,
		reason: 'may feed OT (batch, lab, licence)',
		source: 'RWF',
		instead: BLOCK_FLOW,
	}),
	row({
		id: 'N03',
		title: 'block one flow (source, destination, port) at IT/OT conduit',
		effect: 'contain',
		actions: ['block_flow'],
		where: at(DMZ_CLASSES, DMZ),
		cases: [
			otherwise('TWO', 'flow known, process effect "none" or accepted by operator; timed rollback', [
				shown('flow_known', 'the flow is known'),
				shown('flow_process_effect', 'its process effect is none or accepted by the operator', ['none', 'accepted']),
				shown('timed_rollback', 'the block undoes itself after a set time'),
			]),
		],
		approver: 'network',
		reason: 'preferred containment point; still may remove data operators use',
		source: 'RWF, PRAC, ATT M0930/M0937',
		instead: END_SESSION,
	}),
	row({
		id: 'N04',
		title: 'close all IT/OT traffic (island mode)',
		effect: 'contain',
		actions: ['close_all_conduits'],
		where: at(DMZ_CLASSES, DMZ),
		cases: [
			when(
				[shown('island_procedure_signed', 'the site has a tested, pre-signed island procedure and connector')],
				'TWO',
				'only if the site has a tested, pre-signed island procedure and connector; operator ready for manual or local operation',
				[shown('operator_ready_for_island', 'the operator is ready for manual or local operation')],
			),
			otherwise('HANDS', 'by plant decision; operator ready for manual or local operation'),
		],
		approver: 'network',
		checklist: ['plant_decision', 'operator_ready_for_island', 'manual_controls_tested'],
		reason: 'production effect; Colonial-type decision belongs to management',
		source: 'RWF, PRAC',
		instead: BLOCK_FLOW,
	}),
	row({
		id: 'N05',
		title: 're-open a blocked conduit flow',
		effect: 'restore',
		actions: ['reopen_flow'],
		where: at(DMZ_CLASSES, DMZ),
		cases: [
			otherwise('TWO', 'after eradication check', [shown('eradication_confirmed', 'the eradication check is done')]),
		],
		approver: 'network',
		reason: 'may let the intruder back',
		source: 'judgement',
	}),
	row({
		id: 'N06',
		title: 'terminate one remote-access/VPN/jump session',
		effect: 'contain',
		actions: ['end_session'],
		where: at(DMZ_CLASSES, ['3.5', '4']),
		cases: [
			when(
				[
					shown('session_preapproved', 'the site has pre-approved it'),
					shown('session_outside_window', 'the session is outside an approved window'),
					shown('engineer_under_permit', 'no engineer is working under permit'),
				],
				'AUTO',
				'only if site pre-approves for sessions outside an approved window and with no engineer working under permit; confirm the session is not a live maintenance or the only remote operator',
				SESSION_CONFIRMED,
			),
			otherwise(
				'ONE',
				'OT told at once; confirm the session is not a live maintenance or the only remote operator',
				SESSION_CONFIRMED,
			),
		],
		checklist: ['ot_told'],
		reason:
			'fast, reversible, cuts the common entry path; but a half-finished download left by a cut session is dangerous',
		source: 'NSA21 (disconnect unmonitored remote access), PMOT; judgement',
		instead: 'Ask the control room whether the session is live maintenance (R02).',
	}),
	row({
		id: 'N07',
		title: 'disable remote access for all vendors/users into OT',
		effect: 'contain',
		actions: ['disable_remote_access'],
		where: at(DMZ_CLASSES, DMZ),
		cases: [
			otherwise('TWO', 'unmanned sites: view and control confirmed elsewhere', [
				eitherShown(
					'the site is manned, or view and control are confirmed elsewhere',
					shown('site_manned', 'the site is manned'),
					shown('view_confirmed_elsewhere', 'view and control are confirmed elsewhere'),
				),
			]),
		],
		approver: 'network',
		reason: 'same, wide effect',
		source: 'NSA21, PMOT',
		instead: END_SESSION,
	}),
	row({
		id: 'N08',
		title: 'isolate jump host / remote gateway',
		effect: 'contain',
		actions: ['isolate_host'],
		where: at(['jump_host', 'vpn_gateway'], DMZ),
		cases: [
			otherwise('TWO', 'alternative access stated', [
				shown('alternative_access_stated', 'it is stated how engineers get in without it'),
			]),
		],
		approver: 'network',
		reason: 'may be the only path for engineers',
		source: 'judgement',
		instead: END_SESSION,
	}),
];

export const SWITCH_ROWS: readonly Row[] = [
	row({
		id: 'N09',
		title: 'switch port shutdown, VLAN move, ACL, NAC quarantine',
		effect: 'configure',
		actions: PORT_CHANGES,
		where: at(IT_CLASSES, ['4']),
		cases: [otherwise('ONE', 'not an uplink, not dual-homed to OT')],
		proofs: [
			unlessOt(shown('is_uplink', 'not an uplink')),
			unlessOt(shown('dual_homed', 'not dual-homed to OT')),
			G3_CHECK,
		],
		it: true,
		reason: 'normal IT',
		source: 'judgement',
		instead: BLOCK_FLOW,
	}),
	row({
		id: 'N10',
		title: 'switch port shutdown, VLAN move, ACL, NAC quarantine',
		effect: 'configure',
		actions: PORT_CHANGES,
		where: at(MACHINES, ['3', '3.5']),
		cases: [
			otherwise('TWO', 'exact port verified against drawing', [
				shown('port_verified', 'the exact port is verified against the drawing'),
			]),
		],
		approver: 'network',
		reason: 'wrong port removes servers',
		source: 'judgement',
		instead: BLOCK_FLOW,
	}),
	row({
		id: 'N11',
		title: 'switch port shutdown, VLAN move, ACL, NAC quarantine',
		effect: 'configure',
		actions: PORT_CHANGES,
		where: [
			at(NOT_SIS, ['1', '2']),
			at(NOT_SIS, ANY_LEVEL, { unless: [shown('ring_or_redundancy', 'no ring or redundancy switch')] }),
		],
		cases: [otherwise('HANDS', 'OT network engineer')],
		reason: 'loss of view/control, ring re-convergence, effect like T0813/T0815',
		source: 'ATT',
		instead: BLOCK_FLOW,
	}),
	row({
		id: 'N12',
		title: 'any change on a network carrying SIS or protection traffic',
		effect: 'configure',
		actions: ANY_NETWORK_CHANGE,
		where: [
			at(['sis', 'sis_workstation', 'ied'], ANY_LEVEL),
			at(ANY_CLASS, ANY_LEVEL, {
				unless: [shown('carries_safety_traffic', 'the network carries no SIS or protection traffic')],
			}),
		],
		cases: [otherwise('NEVER', '')],
		reason: 'may disable protection (T0837, T0880)',
		source: 'ATT, 61511',
		instead: 'Call the functional-safety engineer and the OT network engineer.',
	}),
	row({
		id: 'N13',
		title: 'inline prevention/drop of industrial protocol commands',
		effect: 'contain',
		actions: ['block_industrial_commands'],
		where: at(NOT_SIS, ['1', '2']),
		cases: [
			when([shown('engineering_project', 'it is an engineering project')], 'HANDS', 'as engineering project'),
			otherwise('NEVER', 'by the bot'),
		],
		reason: 'dropping a command can stop a corrective action (T0803)',
		source: 'ATT',
		instead: BLOCK_FLOW,
	}),
	row({
		id: 'N14',
		title: 'DHCP, DNS, NTP, routing, certificate or PKI change',
		effect: 'configure',
		actions: SERVICE_CHANGES,
		where: at(IT_CLASSES, ['4']),
		cases: [otherwise('ONE', 'not used by OT; proven unused by OT')],
		proofs: [unlessOt(UNUSED_BY_OT)],
		it: true,
		reason: 'IT',
		source: 'judgement',
	}),
	row({
		id: 'N15',
		title: 'DHCP, DNS, NTP, routing, certificate or PKI change',
		effect: 'configure',
		actions: SERVICE_CHANGES,
		where: [at(NOT_SIS, ['0', '1', '2', '3', 'unknown']), at(NOT_SIS, ANY_LEVEL, { unless: [UNUSED_BY_OT] })],
		cases: [otherwise('HANDS', 'used by L3 or below, or unknown; W')],
		window: true,
		reason: 'time or name loss breaks redundancy, historian order, logins',
		source: 'judgement; ATT M0814 (static configuration)',
		instead: 'I can block one external name or address at the enterprise edge (N01).',
	}),
	row({
		id: 'N16',
		title: 'wireless or cellular modem disable',
		effect: 'contain',
		actions: RADIO_CHANGES,
		where: at(IT_CLASSES, LEVEL_45),
		cases: [otherwise('ONE', 'no OT traffic on it')],
		proofs: [unlessOt(OT_LISTS_NO_RADIO)],
		it: true,
		reason: 'normal IT',
		source: 'judgement',
	}),
	row({
		id: 'N16b',
		title: 'wireless or cellular modem disable',
		effect: 'contain',
		actions: RADIO_CHANGES,
		where: at(NOT_SIS, ['0', '1', '2', '3']),
		cases: [otherwise('HANDS', '')],
		reason: 'field telemetry may ride on it',
		source: 'judgement',
	}),
];
