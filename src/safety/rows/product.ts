// Section 6.7 of the table: playbook and product actions that are rows of their own. P02 and P05 are rules (rules.ts).
import { ANY_LEVEL, ANYWHERE, at, NOT_SIS, otherwise, type Row, row, shown } from '../row.ts';

export const PRODUCT_ROWS: readonly Row[] = [
	row({
		id: 'P01',
		title: 'run a CACAO step of type manual',
		effect: 'inform',
		actions: ['manual_step'],
		where: ANYWHERE,
		cases: [otherwise('AUTO', 'to post; human completes')],
		reason: 'people act',
		source: 'docs/safety.md',
	}),
	row({
		id: 'P03',
		title: 'run ssh, bash, powershell, http-api, openc2-http, caldera-cmd against an OT target',
		effect: 'raw',
		actions: ['run_ssh', 'run_bash', 'run_powershell', 'call_http_api', 'run_openc2_http', 'run_caldera'],
		where: at(NOT_SIS, ANY_LEVEL),
		cases: [
			otherwise(
				'HANDS',
				'unless the effect is an AUTO/ONE/TWO row with a purpose-built connector (then it is that action)',
			),
		],
		reason: 'raw shells hide their effect',
		source: 'G2',
		instead: 'Write the step as the action whose effect it has: that has a row of its own.',
	}),
	row({
		id: 'P03',
		title: 'do what an imported text or command says whose effect nobody has judged',
		effect: 'raw',
		actions: ['do_imported_step'],
		where: ANYWHERE,
		cases: [otherwise('HANDS', 'a person reads it, decides and does it')],
		reason: 'raw shells hide their effect',
		source: 'G2',
		instead: 'Write the step as the action whose effect it has: that has a row of its own.',
	}),
	row({
		id: 'P06',
		title: "change this table, the asset inventory's safety tags or an approver list",
		effect: 'policy',
		actions: ['change_policy', 'change_safety_tags', 'change_approvers'],
		where: ANYWHERE,
		cases: [
			otherwise('TWO', 'logged, effective after review', [shown('policy_reviewed', 'the change has been reviewed')]),
		],
		reason: 'editing policy during an incident is an attack path',
		source: '62443 use control',
	}),
	row({
		id: 'P07',
		title: 'emergency override of the gate',
		effect: 'policy',
		actions: ['override_gate'],
		where: ANYWHERE,
		cases: [otherwise('NEVER', 'none exists; people act with their own tools, the bot records')],
		reason: 'people act with their own tools; bot records',
		source: 'G8',
		instead: 'Act with your own tools; I record what was done.',
	}),
];
