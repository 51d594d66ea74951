// The card says which fact nobody has stated made a decision strict, what it is taken for, who can say it, and how.
import { describe, expect, it } from 'vitest';
import { approvalRequest } from '../../src/chat/views/approval-request.ts';
import { cardFor } from '../../src/chat/views/card.ts';
import { BINDING, decision, directory, situation, step } from './world.ts';

const missing = [
	{ name: 'sole_view', subject: 'ews-4', worst: 'true', why: 'missing' as const, suppliers: ['ot_engineer' as const] },
	{
		name: 'out_of_band_confirmed',
		subject: 'stp_1',
		worst: 'false',
		why: 'missing' as const,
		suppliers: ['it_lead' as const],
	},
	{ name: 'parallel_ot_step', subject: 'stp_1', worst: 'true', why: 'missing' as const, suppliers: [] },
];
const asked = step({ decision: decision({ missing }) });

describe('what is not known', () => {
	it.each([
		['on the request', () => approvalRequest(situation({ steps: [asked] }), asked, BINDING, 'pst_1', directory.naming)],
		['on the card', () => cardFor(situation({ steps: [asked] }), 'pst_1', directory.naming)],
	])('stands %s: the question, the worst, who says it, and the command', (_name, view) => {
		const text = JSON.stringify(view().blocks);
		expect(text).toContain('Is it the only place from which its part of the process can be seen?');
		expect(text).toContain('Taken as true');
		expect(text).toContain('OT engineer');
		expect(text).toContain('/interlock fact sole_view ews-4 no for 2h');
		expect(text).toContain('types on the command line');
		expect(text).toContain('interlock incident fact out_of_band_confirmed stp_1 yes for 2h');
		expect(text).not.toContain('/interlock fact out_of_band_confirmed');
		expect(text).toContain('Only the inventory or a file says it.');
	});
});
