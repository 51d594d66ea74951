// What people see, as stored answers and as laws: whatever an incident holds, Slack takes the message and nothing in it is live.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Message } from '../../src/chat/blocks.ts';
import { messageHash, textLength } from '../../src/chat/blocks.ts';
import { show } from '../../src/chat/commands/show.ts';
import { approvalRequest, askedAgain } from '../../src/chat/views/approval-request.ts';
import { cardFor } from '../../src/chat/views/card.ts';
import { doubtMessage } from '../../src/chat/views/doubt.ts';
import { handsMessage } from '../../src/chat/views/hands.ts';
import { homeFor } from '../../src/chat/views/home.ts';
import {
	attestModal,
	refuseModal,
	resolveModal,
	settleModal,
	sorryModal,
	waitModal,
} from '../../src/chat/views/modals.ts';
import { markRepeat, mergeSuggestion, plainPost, stormDigest, unparsedNotice } from '../../src/chat/views/notices.ts';
import { timelineLine, timelineNote } from '../../src/chat/views/timeline.ts';
import { blockFaults, textLength as slackTextLength } from '../../src/demo/slack/check-blocks.ts';
import { SEVERITIES } from '../../src/domain/severity.ts';
import { STEP_STATES } from '../../src/domain/step.ts';
import { approval, BINDING, decision, directory, entry, incident, NOW, situation, step } from './world.ts';

const { naming } = directory;
const ROW = 'pst_00000000000000000001';

const HOSTILE = '<!channel> <https://evil.example|ok> *bold* `code` @here \u202Eexe.gpj \u001b[2J\u0007 &amp; :boom:';

function faults(message: Message): string[] {
	const found = blockFaults(message.blocks, 'message', '/blocks');
	if (slackTextLength(message.blocks) > 12_500) found.push(`total ${slackTextLength(message.blocks)}`);
	if (message.text.length > 4_000 || message.text === '') found.push(`fallback ${message.text.length}`);
	return found;
}

const missing = [
	{ name: 'sole_view', subject: 'ews-4', worst: 'yes', why: 'missing' as const, suppliers: ['ot_operator' as const] },
];
const rich = situation({
	incident: incident({
		advice: 'Looks like a stolen vendor account.\n- check the VPN log',
		acknowledged_by: 'ana',
		state: 'acknowledged',
	}),
	steps: [
		step({ decision: decision({ missing }) }),
		step({
			id: 'stp_00000000000000000002',
			state: 'done',
			title: 'Tell the control room',
			action: 'notify',
			target: null,
			outcome: 'posted',
			decision: decision({ class: 'AUTO', needs: [] }),
		}),
		step({
			id: 'stp_00000000000000000003',
			state: 'hands',
			title: 'Compare the program of plc-7',
			action: 'restore_logic',
			target: 'plc-7',
			instructions: 'Read the program.\nCompare it.',
			checklist: ['Permit open'],
			decision: decision({
				class: 'HANDS',
				needs: [],
				rows: [{ row: 'C02', class: 'HANDS', reason: 'a controller' }],
				summary: 'For hands: a controller at level 1.',
			}),
		}),
		step({
			id: 'stp_00000000000000000004',
			state: 'forbidden',
			title: 'Stop the SIS',
			action: 'bypass_sis',
			target: 'sis-1',
			decision: decision({
				class: 'NEVER',
				needs: [],
				rows: [{ row: 'S01', class: 'NEVER', reason: 'a safety system' }],
				summary: 'Never done: a safety system.',
				instead: 'Call the SIS engineer.',
			}),
		}),
		step({
			id: 'stp_00000000000000000005',
			state: 'in_doubt',
			title: 'End the session',
			outcome: 'no answer from the gateway',
		}),
	],
	approvals: [approval()],
});

describe('stored views', () => {
	it.each([
		['card', cardFor(rich, ROW, naming)],
		[
			'card-process-safety',
			cardFor(
				situation({
					incident: incident({
						process_safety: true,
						severity: 'critical',
						category: 'process_safety',
						title: 'Gas detector GD-12 high high',
					}),
					steps: [],
				}),
				ROW,
				naming,
			),
		],
		[
			'card-resolved',
			cardFor(
				situation({ incident: incident({ state: 'resolved', resolved_by: 'ana', resolution: 'scanner' }), steps: [] }),
				ROW,
				naming,
			),
		],
		[
			'card-hostile',
			cardFor(
				situation({
					incident: incident({ title: HOSTILE, advice: HOSTILE, zones: [HOSTILE], assets: [HOSTILE] }),
					steps: [step({ title: HOSTILE, params: { a: HOSTILE } })],
				}),
				ROW,
				naming,
			),
		],
		['approval-request', approvalRequest(rich, step({ decision: decision({ missing }) }), BINDING, ROW, naming)],
		[
			'approval-refused',
			approvalRequest(
				situation({ approvals: [approval({ answer: 'no', reason: 'batch running' })] }),
				step({ state: 'refused', outcome: 'refused by Ana IT: batch running' }),
				BINDING,
				ROW,
				naming,
			),
		],
		['hands', handsMessage(rich, rich.steps[2] ?? step(), BINDING, ROW, naming)],
		[
			'doubt',
			doubtMessage(
				situation({
					timeline: [entry({ kind: 'step.intent', actor: { kind: 'bot', id: 'bot' }, data: { connector: 'edr' } })],
				}),
				step({ state: 'in_doubt', attempts: 1, outcome: 'no answer; asked the target: state unknown' }),
				'1',
				ROW,
				naming,
			),
		],
		[
			'doubt-settled',
			doubtMessage(
				situation(),
				step({ state: 'done', attempts: 1, outcome: 'Olaf OT looked: it was done: console says isolated' }),
				'1',
				ROW,
				naming,
			),
		],
		[
			'approval-expired',
			approvalRequest(
				situation(),
				step({ state: 'expired', expires_at: null, outcome: 'nobody answered in time' }),
				BINDING,
				ROW,
				naming,
			),
		],
		['approval-asked-again', askedAgain(situation(), step({ requested_by: 'olaf' }), ROW, ROW, naming)],
		['settle-modal', settleModal(ROW, false)],
		[
			'note',
			timelineNote(
				[
					entry(),
					entry({
						seq: 2,
						kind: 'step.result',
						actor: { kind: 'bot', id: 'bot' },
						data: { step_title: 'Tell', outcome: 'posted' },
					}),
				],
				naming,
				'more',
			),
		],
		[
			'unparsed',
			unparsedNotice('nozomi-north', 3, [
				{
					id: 'u',
					source: 'nozomi-north',
					received_at: NOW,
					raw: HOSTILE,
					problems: [{ field: 'time', found: 'yesterday', expected: 'milliseconds' }],
					repeats: 2,
				},
			]),
		],
		[
			'merge',
			mergeSuggestion(
				incident(),
				incident({ number: 18, title: 'Scan' }),
				entry({ kind: 'incident.merge_suggested', data: { score: 0.61, threshold: 0.7 } }),
				ROW,
				null,
			),
		],
		['digest', stormDigest([incident(), incident({ number: 18 })])],
		['refuse-modal', refuseModal(ROW)],
		[
			'attest-modal',
			attestModal(ROW, step({ checklist: ['Permit is open', 'Program compared'], instructions: 'Compare.' })),
		],
		['home', homeFor('Ana IT', [incident()], 1, [{ incident: incident(), step: step() }], ['Frozen: all'], naming)],
	])('%s', async (name, view) => {
		await expect(`${JSON.stringify(view, null, 1)}\n`).toMatchFileSnapshot(`golden/${name}.json`);
	});
});

describe('hostile text', () => {
	it('reaches no view as anything but text', () => {
		const s = situation({
			incident: incident({
				title: HOSTILE,
				advice: HOSTILE,
				sites: [HOSTILE],
				zones: [HOSTILE],
				assets: [HOSTILE],
				resolution: HOSTILE,
			}),
			steps: [
				step({
					title: HOSTILE,
					target: HOSTILE,
					action: HOSTILE,
					outcome: HOSTILE,
					instructions: HOSTILE,
					checklist: [HOSTILE],
					params: { [HOSTILE]: HOSTILE },
					decision: decision({
						summary: HOSTILE,
						instead: HOSTILE,
						rows: [{ row: HOSTILE, class: 'TWO', reason: HOSTILE }],
					}),
				}),
			],
			approvals: [approval({ reason: HOSTILE, person: HOSTILE })],
			timeline: [entry({ data: { reason: HOSTILE } })],
		});
		const one = s.steps[0] ?? step();
		const views = [
			cardFor(s, ROW, naming),
			approvalRequest(s, one, BINDING, ROW, naming),
			handsMessage(s, { ...one, state: 'hands' }, BINDING, ROW, naming),
			doubtMessage(s, { ...one, state: 'in_doubt' }, '0', ROW, naming),
			askedAgain(s, { ...one, requested_by: HOSTILE }, ROW, ROW, naming),
			timelineNote(s.timeline, naming, ''),
			plainPost({ text: HOSTILE }),
			attestModal(ROW, one),
			stormDigest([s.incident]),
			mergeSuggestion(s.incident, s.incident, entry({ data: {} }), ROW, null),
			homeFor(HOSTILE, [s.incident], 1, [{ incident: s.incident, step: one }], [HOSTILE], naming),
		];
		for (const view of views) {
			const text = JSON.stringify(view);
			expect(text).not.toMatch(/<!|<@|<http|:\/\/|@here|"mrkdwn"|\\u001b|\u202e/);
			// Buttons carry the id of a row and nothing of the alert.
			for (const [, value] of text.matchAll(/"value":"([^"]*)"/g)) expect(value).toMatch(/^(pst_\w+|\d+)$/);
		}
	});

	it('of a megabyte in every field still fits', () => {
		const big = '<!channel>'.repeat(100_000);
		const s = situation({
			incident: incident({
				title: big,
				advice: big,
				sites: [big],
				zones: Array(500).fill(big),
				assets: Array(500).fill('x'.repeat(1_000)),
				techniques: Array(100).fill('T0843'),
			}),
			steps: Array.from({ length: 100 }, (_, at) =>
				step({
					id: `stp_${String(at).padStart(20, '0')}`,
					title: big,
					outcome: big,
					instructions: big,
					checklist: Array(20).fill(big),
					params: Object.fromEntries(Array.from({ length: 50 }, (_, n) => [`p${n}`, big])),
					decision: decision({
						missing: Array.from({ length: 50 }, (_, n) => ({ ...missing[0]!, subject: `${n}${big}` })),
					}),
				}),
			),
		});
		expect(faults(cardFor(s, ROW, naming))).toEqual([]);
		expect(faults(approvalRequest(s, s.steps[0]!, BINDING, ROW, naming))).toEqual([]);
		expect(faults(handsMessage(s, { ...s.steps[0]!, state: 'hands' }, BINDING, ROW, naming))).toEqual([]);
		expect(blockFaults(attestModal(ROW, s.steps[0]!)['blocks'], 'modal', '/view/blocks')).toEqual([]);
	}, 30_000);
});

const text = fc.oneof(
	fc.string({ unit: 'binary', maxLength: 300 }),
	fc.constant(HOSTILE),
	fc.constant(''),
	fc.constant('長'.repeat(3_000)),
);
const anyStep = fc
	.record({
		title: text,
		action: fc.constantFrom('isolate_host', 'notify', 'nonsense'),
		target: fc.option(text, { nil: null }),
		state: fc.constantFrom(...STEP_STATES),
		outcome: fc.option(text, { nil: null }),
		instructions: fc.option(text, { nil: null }),
		checklist: fc.array(text, { maxLength: 20 }),
		summary: text,
		instead: text,
		reason: text,
		rows: fc.integer({ min: 0, max: 40 }),
		expires: fc.option(fc.integer({ min: 0, max: 2 ** 45 }), { nil: null }),
	})
	.map((given) =>
		step({
			title: given.title,
			action: given.action,
			target: given.target,
			state: given.state,
			outcome: given.outcome,
			instructions: given.instructions,
			checklist: given.checklist,
			expires_at: given.expires,
			decision: decision({
				summary: given.summary,
				instead: given.instead,
				rows: Array.from({ length: given.rows }, (_, at) => ({
					row: `N${at}`,
					class: 'TWO' as const,
					reason: given.reason,
				})),
				missing,
			}),
		}),
	);
const anySituation = fc
	.record({
		title: text,
		advice: fc.option(text, { nil: null }),
		severity: fc.constantFrom(...SEVERITIES),
		state: fc.constantFrom('open' as const, 'acknowledged' as const, 'resolved' as const, 'merged' as const),
		process_safety: fc.boolean(),
		zones: fc.array(text, { maxLength: 30 }),
		first_at: fc.integer({ min: 0, max: 2 ** 50 }),
		steps: fc.array(anyStep, { maxLength: 60 }),
	})
	.map(({ steps, ...given }) =>
		situation({
			incident: incident({
				...given,
				acknowledged_by: given.title,
				resolved_by: given.title,
				resolution: given.title,
				merged_into: given.title,
			}),
			steps,
		}),
	);

describe('any incident', () => {
	it('renders within the limits of Slack, in every view', () => {
		fc.assert(
			fc.property(anySituation, (s) => {
				const messages = [
					cardFor(s, ROW, naming),
					...s.steps
						.slice(0, 5)
						.flatMap((one) => [
							approvalRequest(s, one, BINDING, ROW, naming),
							handsMessage(s, one, BINDING, ROW, naming),
							doubtMessage(s, one, '0', ROW, naming),
						]),
					stormDigest([s.incident]),
					plainPost({ text: s.incident.title }),
					markRepeat(cardFor(s, ROW, naming)),
				];
				for (const message of messages) expect(faults(message)).toEqual([]);
				expect(
					blockFaults(
						homeFor(
							s.incident.title,
							[s.incident],
							1,
							s.steps.map((one) => ({ incident: s.incident, step: one })),
							[s.incident.title],
							naming,
						)['blocks'],
						'home',
						'/view/blocks',
					),
				).toEqual([]);
			}),
			{ numRuns: 60 },
		);
	});

	it('renders the same twice, so that an edit that changes nothing is not sent', () => {
		fc.assert(
			fc.property(
				anySituation,
				(s) => messageHash(cardFor(s, ROW, naming)) === messageHash(cardFor(structuredClone(s), ROW, naming)),
			),
			{ numRuns: 30 },
		);
	});

	it('is measured as Slack measures it', () => {
		const { blocks } = cardFor(rich, ROW, naming);
		expect(textLength([...blocks])).toBe(slackTextLength(blocks));
	});
});

describe('windows', () => {
	it.each([
		['refuse', refuseModal(ROW)],
		['resolve', resolveModal(ROW)],
		['settle', settleModal(ROW, true)],
		[
			'attest',
			attestModal(ROW, step({ checklist: Array.from({ length: 20 }, (_, at) => `line ${at} ${'x'.repeat(300)}`) })),
		],
		['wait', waitModal()],
		['sorry', sorryModal('gone')],
	])('%s are taken by Slack', (_name, view) => {
		expect(blockFaults(view['blocks'], 'modal', '/view/blocks')).toEqual([]);
	});
});

describe('words that people act on', () => {
	// Short lines, as instructions are written: more of them than a screen has.
	const lines = Array.from({ length: 70 }, (_, at) => `${at + 1}. turn key ${at + 1} back, see http://x`);
	const hands = step({ state: 'hands', instructions: lines.join('\n'), decision: decision({ class: 'HANDS' }) });
	const last = '70. turn key 70 back, see http[:]//x';

	it('of a step for hands come whole: in its message, in the window where people attest, and on the command line', () => {
		const given = situation({ steps: [hands] });
		const message = handsMessage(given, hands, BINDING, ROW, naming);
		expect(faults(message)).toEqual([]);
		expect(JSON.stringify(message.blocks)).toContain(last);
		const window = attestModal(ROW, hands);
		expect(blockFaults(window['blocks'], 'modal', '/view/blocks')).toEqual([]);
		expect(JSON.stringify(window)).toContain(last);
		const answer = show.run({
			...{ situation: given, naming, loaded: { insight: null, alerts: [] } },
		} as unknown as Parameters<typeof show.run>[0]);
		expect('reply' in answer ? answer.reply : '').toContain(last);
	});

	it('of a step in doubt come whole', () => {
		const doubtful = { ...hands, state: 'in_doubt' as const, attempts: 1 };
		const message = doubtMessage(situation({ steps: [doubtful] }), doubtful, '1', ROW, naming);
		expect(JSON.stringify(message.blocks)).toContain(last);
	});

	it('that were read for them come with every line', () => {
		const read = Array.from({ length: 60 }, (_, at) => `${at + 1}: ${'logon of vendor7 '.repeat(5)}`).join('\n');
		const message = plainPost({ text: read });
		expect(faults(message)).toEqual([]);
		expect(JSON.stringify(message.blocks)).toContain('60: logon');
	});
});

describe('a digest', () => {
	it('does not say that it knows of all where it was handed only the worst', () => {
		const fifty = Array.from({ length: 50 }, (_, at) => incident({ number: at + 1 }));
		const message = stormDigest(fifty, false);
		expect(message.text).toBe('At least 50 incidents more opened within a minute');
		expect(JSON.stringify(message.blocks)).toContain('and at least 35 more: /interlock list');
		expect(stormDigest(fifty).text).toBe('50 incidents more opened within a minute');
	});
});

describe('what the card says next', () => {
	it.each([
		['someone has to take it', situation({ steps: [] }), /press Acknowledge/i],
		['a step waits', situation({ incident: incident({ state: 'acknowledged' }) }), /Decide 1 step in the thread/],
		['nothing waits', situation({ incident: incident({ state: 'acknowledged' }), steps: [] }), /Nothing waits/],
		[
			'a process alarm comes first',
			situation({ incident: incident({ process_safety: true }), steps: [] }),
			/^INC-17.*Operator: answer the process alarm/,
		],
	])('%s', (_name, given, want) => {
		expect(cardFor(given, ROW, naming).text).toMatch(want);
	});

	it('a question to people does not say that the bot does it', () => {
		const asked = step({
			action: 'ask_control_room',
			state: 'hands',
			decision: decision({ class: 'AUTO', needs: [], summary: 'I do it by myself' }),
		});
		const text = JSON.stringify(handsMessage(situation(), asked, BINDING, ROW, naming));
		expect(text).toContain('it is a question to people');
		expect(text).not.toContain('by myself');
	});

	it('a request whose decision has changed has no buttons and says so', () => {
		const message = approvalRequest(
			situation(),
			step({ decision: decision({ binding: 'other' }) }),
			BINDING,
			ROW,
			naming,
		);
		expect(JSON.stringify(message.blocks)).not.toContain('approve');
		expect(message.text).toContain('No longer asked');
	});

	it('an entry without words makes no line', () => {
		expect(timelineLine(entry({ kind: 'alert.stored' }), naming)).toBeNull();
	});
});
