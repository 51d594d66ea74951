import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeSilence, SILENCE_SLACK_MS, type Sounding } from '../../src/intake/silence.ts';

const NOW = Date.UTC(2026, 2, 1, 10);
const BEAT = 600_000;
const LATE = BEAT + SILENCE_SLACK_MS + 1;
const watched = [{ name: 'nozomi-north', kind: 'nozomi', heartbeatMs: BEAT }];
const state = (given: Partial<Sounding> = {}): Sounding => ({
	id: 'nozomi-north',
	source_kind: 'nozomi',
	last_heard: NOW - LATE,
	carries_safety: false,
	observers: [],
	silent_since: null,
	...given,
});
const LONG_AGO = NOW - 10 * LATE;

describe('a source with a heartbeat', () => {
	it.each([
		['is silent when it was last heard longer ago than that', state(), LONG_AGO, 'silent'],
		['is not silent within it', state({ last_heard: NOW - BEAT }), LONG_AGO, null],
		['has one whole heartbeat after the program began to listen', state(), NOW - BEAT, null],
		['is silent when it was not heard in that time either', state(), NOW - LATE, 'silent'],
		['is told of once', state({ silent_since: NOW - 1 }), LONG_AGO, null],
		['is heard again', state({ silent_since: NOW - LATE, last_heard: NOW - 1 }), LONG_AGO, 'heard'],
		['stays silent over a restart of the program', state({ silent_since: NOW - LATE }), NOW - 1, null],
	] as const)('%s', (_, one, since, expected) => {
		expect(judgeSilence(watched, [one], since, NOW)[0]?.change ?? null).toBe(expected);
	});

	it('that never sent anything is told of in other words, with what to do', () => {
		const [never] = judgeSilence(watched, [], NOW - LATE, NOW);
		const [silent] = judgeSilence(watched, [state()], LONG_AGO, NOW);
		expect(never?.alert.title).toBe('Source never heard: nozomi-north has sent nothing yet');
		expect(never?.alert.description).toContain('interlock source test nozomi-north');
		expect(never?.alert.labels?.['last_heard']).toBe('never');
		expect(silent?.alert.title).toBe('Source silent: nothing from nozomi-north for 10 min');
		expect([silent?.alert.condition, silent?.alert.subject]).toEqual([never?.alert.condition, never?.alert.subject]);
	});

	it('is medium, high where it carried process-safety alarms, and its sensors are what is blind', () => {
		const sensor = { type: 'host', value: 'guardian-1', role: 'observer' } as const;
		const [plain] = judgeSilence(watched, [state()], LONG_AGO, NOW);
		const [grave] = judgeSilence(watched, [state({ carries_safety: true, observers: [sensor] })], LONG_AGO, NOW);
		expect([plain?.alert.severity, grave?.alert.severity, plain?.alert.kind]).toEqual([
			'medium',
			'high',
			'availability',
		]);
		expect(grave?.alert.entities).toContainEqual({ type: 'host', value: 'guardian-1', role: 'target' });
		expect(grave?.alert.description).toContain('tell the control room now');
	});

	it('whose heartbeat is taken out of the configuration is silent no longer', () => {
		const turned = judgeSilence([], [state({ silent_since: NOW - LATE }), state({ id: 'other' })], LONG_AGO, NOW);
		expect(turned.map((one) => [one.source, one.change, one.alert.status])).toEqual([
			['nozomi-north', 'unwatched', 'closed'],
		]);
	});

	it('is never both: what turned silent does not turn back without being heard', () => {
		const ago = fc.integer({ min: 0, max: 4 * LATE });
		fc.assert(
			fc.property(fc.option(ago), fc.option(ago), ago, (heard, silent, listening) => {
				const last_heard = heard === null ? null : NOW - heard;
				const one = state({ last_heard, silent_since: silent === null ? null : NOW - silent });
				const [turned] = judgeSilence(watched, [one], NOW - listening, NOW);
				if (turned === undefined) return;
				const after = { ...one, silent_since: turned.change === 'silent' ? NOW : null };
				expect(judgeSilence(watched, [after], NOW - listening, NOW)).toEqual([]);
			}),
		);
	});
});
