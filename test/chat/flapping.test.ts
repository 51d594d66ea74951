import { describe, expect, it } from 'vitest';
import { cardFor } from '../../src/chat/views/card.ts';
import { directory, situation } from './world.ts';

describe('a card of an incident whose alerts flap', () => {
	it('says so, and says nothing of it where none does', () => {
		const text = (flapping?: number): string =>
			JSON.stringify(cardFor(situation(flapping === undefined ? {} : { flapping }), 'pst_1', directory.naming));
		expect(text(2)).toContain('flapping: 2, told once and not each time');
		expect(text(0)).not.toContain('flapping');
		expect(text()).not.toContain('flapping');
	});
});
