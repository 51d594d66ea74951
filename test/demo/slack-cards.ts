// Cards in the manner of an incident bot, for the tests of the page: every kind of block that the page draws.

const plain = (text: string) => ({ type: 'plain_text' as const, text });
const mrkdwn = (text: string) => ({ type: 'mrkdwn' as const, text });
const option = (label: string, value: string) => ({ text: plain(label), value });

export const stormCard = {
	text: 'inc_0006: 203 alerts from one switch failure',
	blocks: [
		{ type: 'header' as const, text: plain(':large_yellow_circle: inc_0006 · Switch failure, area 2') },
		{
			type: 'section' as const,
			text: mrkdwn(
				'*203 alerts* in 40 s fold into one cause: `sw-area2-1` lost its uplink. Process values are still shown on both operator views.',
			),
		},
		{
			type: 'context' as const,
			elements: [
				mrkdwn('medium · availability · OT'),
				mrkdwn('first seen <!date^1790000000^{date_short} {time_secs}|2026-09-21>'),
			],
		},
	],
};

export const attackCard = {
	text: 'inc_0007: logic changed on plc-cap-1 from eng-ws-3',
	blocks: [
		{ type: 'header' as const, text: plain(':red_circle: inc_0007 · Unauthorised logic download to plc-cap-1') },
		{
			type: 'section' as const,
			text: mrkdwn(
				'An engineering workstation that <@U0BEN> saw phished at 09:12 wrote new logic to the capping line’s controller. *No change is planned* for this asset today.',
			),
			fields: [
				mrkdwn('*Severity*\ncritical'),
				mrkdwn('*Domain*\ncross (IT → OT)'),
				mrkdwn('*Asset*\n`plc-cap-1`, level 1, zone Capping'),
				mrkdwn('*Technique*\nT0843 Program Download'),
			],
		},
		{ type: 'divider' as const },
		{
			type: 'section' as const,
			text: mrkdwn(
				'*Step 3 of 7: isolate `eng-ws-3` from the network*\nTwo people: IT and OT (row N06). <!subteam^S0OT> approves for OT. It is undone by itself after 4 h.',
			),
		},
		{
			type: 'actions' as const,
			block_id: 'step-3',
			elements: [
				{
					type: 'button' as const,
					action_id: 'approve',
					style: 'primary' as const,
					text: plain('Approve'),
					value: 'apr_31',
					confirm: {
						title: plain('Isolate eng-ws-3?'),
						text: mrkdwn('Its screens go *dark for the operator* of cell 3.'),
						confirm: plain('Isolate it'),
						deny: plain('Not yet'),
					},
				},
				{
					type: 'button' as const,
					action_id: 'refuse',
					style: 'danger' as const,
					text: plain('Refuse…'),
					value: 'apr_31',
				},
				{ type: 'button' as const, action_id: 'acknowledge', text: plain('Acknowledge'), value: 'inc_7' },
				{
					type: 'overflow' as const,
					action_id: 'more',
					options: [option('Show the evidence', 'evidence'), option('Hand over', 'handover')],
				},
			],
		},
		{
			type: 'section' as const,
			block_id: 'hands',
			text: mrkdwn('*For hands:* compare the running logic with the last approved version at the controller.'),
			accessory: {
				type: 'static_select' as const,
				action_id: 'attest',
				placeholder: plain('Attest…'),
				options: [option('Done: same logic', 'same'), option('Done: differs', 'differs')],
			},
		},
		{
			type: 'context' as const,
			elements: [
				mrkdwn('asked 09:41 · expires 10:11'),
				mrkdwn('ledger entry 1,204'),
				mrkdwn('<https://wiki.example/runbooks/plc|runbook>'),
			],
		},
	],
};

export const timeline = [
	'*09:39:58* nozomi-north: program download to `plc-cap-1` from 10.3.0.17',
	'*09:40:02* joined with 3 alerts of `eng-ws-3`: shared host, attack path IT → DMZ → area 1 (score 0.91)',
	'*09:40:03* Plan made: 7 steps, 2 automatic, 2 approvals, 3 for hands',
	'> “Do not touch the controller from here.” row R01',
];

export const refuseModal = {
	type: 'modal' as const,
	callback_id: 'refuse',
	title: plain('Refuse the step'),
	submit: plain('Refuse'),
	close: plain('Back'),
	blocks: [
		{
			type: 'section' as const,
			text: mrkdwn('*Isolate `eng-ws-3`* stays undone. The reason goes into the ledger under your name.'),
		},
		{
			type: 'input' as const,
			block_id: 'reason',
			label: plain('What speaks against it?'),
			hint: plain('One sentence is enough.'),
			element: { type: 'plain_text_input' as const, action_id: 'text', multiline: true, max_length: 500 },
		},
		{
			type: 'input' as const,
			block_id: 'zone',
			label: plain('Zone state'),
			element: {
				type: 'static_select' as const,
				action_id: 'state',
				placeholder: plain('As you see it now'),
				options: [option('Normal', 'normal'), option('Upset', 'upset')],
			},
		},
		{
			type: 'input' as const,
			block_id: 'tell',
			optional: true,
			label: plain('Also tell'),
			element: {
				type: 'checkboxes' as const,
				action_id: 'who',
				options: [option('Control room', 'control'), option('Shift lead', 'shift')],
			},
		},
	],
};

export const homeView = {
	type: 'home' as const,
	blocks: [
		{ type: 'header' as const, text: plain('Waiting for you') },
		{
			type: 'section' as const,
			text: mrkdwn(':red_circle: *inc_0007* · isolate `eng-ws-3` · approval for OT, expires 10:11'),
			accessory: { type: 'button' as const, action_id: 'open', text: plain('Open'), value: 'inc_7' },
		},
		{ type: 'divider' as const },
		{ type: 'header' as const, text: plain('Open incidents') },
		{
			type: 'section' as const,
			fields: [
				mrkdwn('*inc_0007* critical\nLogic download to plc-cap-1'),
				mrkdwn('*inc_0006* medium\nSwitch failure, area 2'),
			],
		},
		{
			type: 'context' as const,
			elements: [
				mrkdwn(':large_green_circle: freeze is off'),
				mrkdwn(':large_green_circle: ledger verified 2 min ago'),
			],
		},
	],
};
