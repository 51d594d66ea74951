// What a person types before a yes in Slack counts.
import { describe, expect, it } from 'vitest';
import { confirmationOf, isConfirmed } from '../../src/safety/step-up.ts';

const decision = (of: 'AUTO' | 'ONE' | 'TWO' | 'HANDS' | 'NEVER') => ({
	...{ class: of, rows: [], needs: [], holds: [], missing: [], summary: '', instead: '' },
	binding: '0123456789abcdef',
});

describe('the words that a yes takes', () => {
	it.each([
		['ONE', false, null],
		['ONE', true, 'ews-1'],
		['TWO', false, 'ews-1'],
		['TWO', true, 'ews-1'],
	] as const)('for %s (OT: %s): %s', (one, isOt, words) => {
		expect(confirmationOf({ target: 'ews-1', decision: decision(one) }, isOt)).toBe(words);
	});

	it('are the decision’s first digits where nothing is the target, and none where nothing is decided', () => {
		expect(confirmationOf({ target: null, decision: decision('TWO') }, false)).toBe('01234567');
		expect(confirmationOf({ target: 'ews-1', decision: null }, true)).toBeNull();
	});

	it('are taken in any capitals and with spaces around, and as nothing else', () => {
		for (const typed of ['ews-1', 'EWS-1', '  ews-1 ']) expect(isConfirmed(typed, 'ews-1')).toBe(true);
		for (const typed of [null, '', 'ews', 'ews-11', 'ews 1', 'x ews-1'])
			expect(isConfirmed(typed, 'ews-1')).toBe(false);
	});

	it('are the same name however a keyboard composes it, and nothing confirms a name that shows nothing', () => {
		expect(isConfirmed('cafe\u0301-1', 'caf\u00e9-1')).toBe(true);
		for (const asked of ['', '  ', '\u00a0'])
			for (const typed of ['', ' ', asked]) expect(isConfirmed(typed, asked)).toBe(false);
	});
});
