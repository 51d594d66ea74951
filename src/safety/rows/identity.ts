// Section 6.4 of the table: identity. Rows A01 to A06.
import type { ActionName } from '../actions.ts';
import {
	ANY_LEVEL,
	at,
	DMZ,
	DMZ_CLASSES,
	HIGH_CONFIDENCE,
	IT_CLASSES,
	LEVEL_45,
	MACHINES,
	NOT_SIS,
	otherwise,
	type Row,
	row,
	shown,
	when,
} from '../row.ts';

const ACCOUNT_ACTIONS: readonly ActionName[] = ['disable_account', 'reset_account', 'revoke_tokens', 'force_mfa'];

export const IDENTITY_ROWS: readonly Row[] = [
	row({
		id: 'A01',
		title: 'disable or reset an IT-only user, revoke tokens, force MFA',
		effect: 'account',
		actions: ACCOUNT_ACTIONS,
		where: at(IT_CLASSES, LEVEL_45, { bare: true }),
		cases: [
			when([HIGH_CONFIDENCE], 'AUTO', 'high confidence; account proven not used by OT'),
			otherwise('ONE', 'otherwise; account proven not used by OT'),
		],
		it: true,
		reason: 'normal IT',
		source: 'judgement',
	}),
	row({
		id: 'A02',
		title:
			'disable/reset an account that is also used by an HMI, service, historian, OPC, scheduled task or shared operator login',
		effect: 'account',
		actions: ACCOUNT_ACTIONS,
		where: [
			at(MACHINES, ['2', '3']),
			at(IT_CLASSES, LEVEL_45, {
				unless: [shown('account_used_by_ot', 'account proven not used by OT')],
				bare: true,
			}),
		],
		cases: [
			when(
				[shown('account_is_live_operator_login', "it is not an operator's live login")],
				'TWO',
				'list of dependants shown; replacement login working first',
				[
					shown('account_dependants_listed', 'the list of dependants has been shown'),
					shown('replacement_login_ready', 'the replacement login works'),
				],
			),
			otherwise('HANDS', "if it is the operator's live login"),
		],
		reason: 'locks out operators or stops services (T0892, T0813)',
		source: 'ATT, 62443 (SR 1.1 emergency note)',
		instead: 'I can end the remote session that uses it (N06) or ask the control room (R02).',
	}),
	row({
		id: 'A03',
		title: 'disable a vendor or contractor remote account',
		effect: 'account',
		actions: ['disable_vendor_account'],
		where: at(DMZ_CLASSES, DMZ, { bare: true }),
		cases: [
			when([shown('vendor_permit_open', 'no open permit for that vendor')], 'ONE', 'no open permit for that vendor'),
			otherwise('TWO', 'else: a permit for that vendor is open'),
		],
		approver: 'ot',
		reason: 'entry path; may be mid-work',
		source: 'NSA21, PMOT',
		instead: 'I can end the remote session (N06).',
	}),
	row({
		id: 'A04',
		title: 'OT domain policy, group policy, domain controller change',
		effect: 'configure',
		actions: ['change_domain_policy'],
		where: at(NOT_SIS, ['3']),
		cases: [otherwise('HANDS', 'W')],
		window: true,
		reason: 'hits every HMI at once',
		source: 'judgement',
	}),
	row({
		id: 'A05',
		title: 'change PLC/controller/relay password',
		effect: 'control',
		actions: ['change_controller_password'],
		where: at(NOT_SIS, ['1']),
		cases: [
			when([shown('responsible_person_asked', 'the engineer does it')], 'HANDS', 'by engineer'),
			otherwise('NEVER', 'by the bot'),
		],
		reason: 'lost password may need factory reset (T0892)',
		source: 'ATT',
		instead: 'Ask the OT engineer to do it with their own tool. I can block the flow at the conduit (N03).',
	}),
	row({
		id: 'A06',
		title: 'change SIS passwords, keys or key-switch custody',
		effect: 'control',
		actions: ['change_sis_credentials'],
		where: at(['sis', 'sis_workstation'], ANY_LEVEL),
		cases: [otherwise('NEVER', '')],
		reason: 'SIS custody is physical and procedural',
		source: '61511 (bypass protection), PRAC',
		instead: 'Call the functional-safety engineer.',
	}),
];
