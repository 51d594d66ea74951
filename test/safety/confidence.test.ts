import { describe, expect, it } from 'vitest';
import { decide } from '../../src/safety/decide.ts';
import { asset, facts, NOW, step } from './plant.ts';

/** Rows that let the bot act alone only where rules and sources are sure (H01, A01, N01). */
const SURE: readonly (readonly [string, string, ReturnType<typeof asset> | null])[] = [
	['H01', 'isolate_host', asset('endpoint', '4')],
	['A01', 'disable_account', asset('endpoint', '4')],
	['A01', 'revoke_tokens', asset('endpoint', '5')],
	['N01', 'block_indicator', null],
];

describe('how sure rules and sources are', () => {
	it.each(SURE)('%s: %s is done alone only with high confidence; else one person decides', (row, action, target) => {
		const asked = step(action, target === null ? { targets: [] } : {});
		const world = (confidence: number) =>
			target === null
				? facts(null, { targets: {}, confidence_firm: confidence })
				: facts(target, { confidence_firm: confidence });
		const sure = decide(asked, world(0.9), NOW);
		expect(sure.rows.map((say) => say.row)).toContain(row);
		expect(sure.class).toBe('AUTO');
		for (const confidence of [0, 0.5, 0.79, Number.NaN]) {
			expect(decide(asked, world(confidence), NOW).class, String(confidence)).toBe('ONE');
		}
	});
});
