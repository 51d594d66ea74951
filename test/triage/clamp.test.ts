import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SEVERITIES, severityRank } from '../../src/domain/severity.ts';
import { IncidentAdvice } from '../../src/model/advice.ts';
import { attackTable } from '../../src/triage/attack-table.ts';
import { clampAdvice, clampSeverity } from '../../src/triage/clamp.ts';
import { LIE } from '../model/lying-server.ts';

const bounds = {
	severity: 'high' as const,
	severity_floor: 'high' as const,
	attack: attackTable,
	hasPlaybook: (id: string) => id === 'plc-logic-change',
};

describe('an adviser’s answer', () => {
	it('that lies keeps only what exists, and says what was cut', () => {
		const clamped = clampAdvice(IncidentAdvice.parse(LIE), bounds);
		expect(clamped).toMatchObject({ techniques: ['T0843', 'T0816'], severity_opinion: 'high', playbook: null });
		expect(clamped.clamped).toEqual([
			'severity low became high: an opinion lowers nothing',
			'2 of 4 techniques left out: not in the table, or too many',
			'the playbook it named does not exist',
			'taken out of its words: calls to act, links, mentions, markup',
		]);
		expect(Object.keys(clamped)).not.toContain('decision');
	});

	it('names a playbook that exists', () => {
		expect(clampAdvice(IncidentAdvice.parse({ ...LIE, playbook: 'plc-logic-change' }), bounds).playbook).toBe(
			'plc-logic-change',
		);
	});

	it('moves severity by at most one level up and never down, for all of them', () => {
		for (const opinion of SEVERITIES) {
			for (const severity of SEVERITIES) {
				for (const severity_floor of SEVERITIES) {
					const least = Math.max(severityRank(severity), severityRank(severity_floor));
					const got = severityRank(clampSeverity(opinion, { severity, severity_floor }));
					expect(got).toBeGreaterThanOrEqual(least);
					expect(got).toBeLessThanOrEqual(least + 1);
				}
			}
		}
	});

	it('is one clean, bounded line in every text, whatever comes', () => {
		fc.assert(
			fc.property(fc.string({ maxLength: 3_000, unit: 'binary' }), (text) => {
				const parsed = IncidentAdvice.parse({ ...LIE, summary: text, likely_path: text, check_next: [text, text] });
				for (const line of [parsed.summary, parsed.likely_path, ...parsed.check_next]) {
					expect(line.length).toBeLessThanOrEqual(600);
					expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069]/);
					expect(line.isWellFormed()).toBe(true);
				}
			}),
		);
	});
});
