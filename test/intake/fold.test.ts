import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Alert } from '../../src/domain/alert.ts';
import { toIso } from '../../src/domain/time.ts';
import { fold, type Held, type Message } from '../../src/intake/fold.ts';

const T = Date.UTC(2026, 0, 5, 3);
let count = 0;
const message = (
	fingerprint: string,
	status: 'open' | 'closed',
	at: number,
	severity: Alert['severity'] = 'low',
): Message => ({
	id: `alr_${++count}`,
	alert: {
		source: 's',
		external_id: null,
		fingerprint,
		status,
		title: 't',
		description: null,
		severity,
		severity_raw: null,
		kind: 'security',
		domain: null,
		occurred_at: toIso(at),
		time_basis: 'event',
		entities: [],
		techniques: [],
		labels: {},
	},
});
const held = (status: 'open' | 'closed', lastSeen: number): Held => ({
	id: 'alr_held',
	source: 's',
	fingerprint: 'f',
	status,
	first_seen: T,
	last_seen: lastSeen,
	closed_at: status === 'closed' ? lastSeen : null,
	severity: 'low',
	incident: 'inc_1',
	entities: [],
	techniques: [],
});

describe('folding', () => {
	it.each([
		['a first message makes a row', [], [message('f', 'open', T)], ['stored'], 'open'],
		['a repeat raises the count', [held('open', T)], [message('f', 'open', T + 1)], ['repeat'], 'open'],
		['a clearing message closes', [held('open', T)], [message('f', 'closed', T + 1)], ['repeat'], 'closed'],
		[
			'a clearing message that is older than the last one does not close',
			[held('open', T + 9)],
			[message('f', 'closed', T + 1)],
			['repeat'],
			'open',
		],
		[
			'a message after the close opens a new row',
			[held('closed', T)],
			[message('f', 'open', T + 1)],
			['stored'],
			'open',
		],
		[
			'a late copy from before the close is no news',
			[held('closed', T + 9)],
			[message('f', 'open', T + 1)],
			['repeat'],
			'closed',
		],
		[
			'the closing message again is no news',
			[held('closed', T + 9)],
			[message('f', 'closed', T + 9)],
			['repeat'],
			'closed',
		],
		[
			'open, cleared and open again in one commit are two rows',
			[],
			[message('f', 'open', T), message('f', 'closed', T + 1), message('f', 'open', T + 2)],
			['stored', 'repeat', 'stored'],
			'open',
		],
	] as const)('%s', (_, before, messages, statuses, last) => {
		const folded = fold(messages, before);
		expect(folded.results.map((result) => result.status)).toEqual(statuses);
		const id = folded.results.at(-1)?.id;
		expect(folded.rows.find((row) => row.row.id === id)?.row.status ?? before[0]?.status).toBe(last);
	});

	it('a worse repeat raises the severity and says so; a better one changes nothing', () => {
		const worse = fold([message('f', 'open', T + 1, 'high')], [held('open', T)]).rows[0];
		expect([worse?.row.severity, worse?.hasNews]).toEqual(['high', true]);
		const better = fold([message('f', 'open', T + 1, 'informational')], [held('open', T)]).rows[0];
		expect([better?.row.severity, better?.hasNews]).toEqual(['low', false]);
	});

	it('what a repeat names beyond the first message is kept, and the verdict is made again', () => {
		const more = message('f', 'open', T + 1);
		const entity = { type: 'host', value: 'pump-7', role: 'target' } as const;
		const named = { ...more, alert: { ...more.alert, entities: [entity], techniques: ['T0843'] } };
		const folded = fold([named, named], [held('open', T)]).rows[0];
		expect([folded?.row.entities, folded?.row.techniques, folded?.hasNews]).toEqual([[entity], ['T0843'], true]);
	});

	it('no message is lost: each has an answer, and rows and repeats add up', () => {
		const any = fc.record({
			f: fc.constantFrom('a', 'b', 'c'),
			open: fc.boolean(),
			at: fc.integer({ min: T, max: T + 50 }),
		});
		fc.assert(
			fc.property(fc.array(any, { maxLength: 60 }), (list) => {
				const messages = list.map((item) => message(item.f, item.open ? 'open' : 'closed', item.at));
				const folded = fold(messages, []);
				expect(folded.results).toHaveLength(messages.length);
				expect(folded.rows.reduce((sum, row) => sum + row.repeats + (row.from === null ? 0 : 1), 0)).toBe(
					messages.length,
				);
				for (const row of folded.rows) expect(row.row.first_seen).toBeLessThanOrEqual(row.row.last_seen);
				// At most one open row a condition: what the database enforces too.
				const open = folded.rows.filter((row) => row.row.status === 'open').map((row) => row.row.fingerprint);
				expect(new Set(open).size).toBe(open.length);
			}),
		);
	});
});
