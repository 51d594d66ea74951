import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Alert } from '../../src/domain/alert.ts';
import { DAY, HOUR, MINUTE, toIso } from '../../src/domain/time.ts';
import { fold, type Held, type Message } from '../../src/intake/fold.ts';

const T = Date.UTC(2026, 0, 5, 3);
let count = 0;
const message = (
	fingerprint: string,
	status: 'open' | 'closed',
	at: number,
	severity: Alert['severity'] = 'low',
	receivedAt = T + DAY,
): Message => ({
	id: `alr_${++count}`,
	receivedAt,
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
	kind: 'security',
	first_seen: T,
	last_seen: lastSeen,
	closed_at: status === 'closed' ? lastSeen : null,
	severity: 'low',
	incident: 'inc_1',
	entities: [],
	techniques: [],
	turns: [[lastSeen, status === 'open' ? 1 : 0]],
	flapping: false,
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

const M = 60_000;
/** Messages one after the other, each on the rows that the ones before left: what commits of one message would do. */
function delivered(list: readonly Message[]): { rows: Held[]; newest: Held } {
	const rows = new Map<string, Held>();
	let newest: Held | null = null;
	for (const one of list) {
		const folded = fold([one], newest === null ? [] : [newest]);
		for (const { row } of folded.rows) rows.set(row.id, row);
		newest = rows.get(folded.results[0]?.id ?? '') ?? newest;
	}
	if (newest === null) throw new Error('nothing was delivered');
	return { rows: [...rows.values()], newest };
}

describe('late and out of order', () => {
	const at = (minute: number, status: 'open' | 'closed') => message('f', status, T + minute * M);

	it('a late close that is older than a newer open does not close it', () => {
		expect(delivered([at(0, 'open'), at(9, 'open'), at(5, 'closed')]).newest.status).toBe('open');
	});

	it('a late open that is older than a close does not reopen it', () => {
		const { newest, rows } = delivered([at(0, 'open'), at(9, 'closed'), at(5, 'open')]);
		expect([newest.status, newest.closed_at, rows.length]).toEqual(['closed', T + 9 * M, 1]);
	});

	it('a close that comes before its opening stays a close', () => {
		expect(delivered([at(5, 'closed'), at(0, 'open')]).newest).toMatchObject({ status: 'closed', first_seen: T });
	});

	it('of two closings the later holds, and neither is a new alert', () => {
		const { newest, rows } = delivered([at(0, 'open'), at(5, 'closed'), at(7, 'closed')]);
		expect([newest.closed_at, rows.length]).toEqual([T + 7 * M, 1]);
	});

	it('a late message of an occurrence that was over makes the next one no older', () => {
		const { newest } = delivered([at(0, 'open'), at(5, 'closed'), at(20, 'open'), at(2, 'open')]);
		expect([newest.status, newest.first_seen]).toEqual(['open', T + 20 * M]);
	});

	it('any order of the same deliveries, alone or gathered in commits, leaves the condition in the same state', () => {
		const any = fc.record({ open: fc.boolean(), minute: fc.integer({ min: 0, max: 90 }) });
		const orders = fc
			.array(any, { minLength: 1, maxLength: 14 })
			.chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })));
		const made = (list: readonly { open: boolean; minute: number }[]): Message[] =>
			list.map((item) => at(item.minute, item.open ? 'open' : 'closed'));
		const state = ({ status, last_seen, closed_at, turns, flapping }: Held) => ({
			status,
			last_seen,
			closed_at,
			turns,
			flapping,
		});
		fc.assert(
			fc.property(orders, ([list, shuffled]) => {
				const one = delivered(made(list));
				const other = delivered(made(shuffled));
				const messages = made(shuffled);
				const together = fold(messages, []);
				const id = together.results.at(-1)?.id;
				const newest = together.rows.at(-1)?.row;
				expect(state(other.newest)).toEqual(state(one.newest));
				expect(newest === undefined ? null : state(newest)).toEqual(state(one.newest));
				expect(together.rows.some((row) => row.row.id === id)).toBe(true);
				// The law itself: the latest message decides, at one instant the close.
				const latest = Math.max(...list.map((item) => item.minute));
				const isOpen = list.filter((item) => item.minute === latest).every((item) => item.open);
				expect(one.newest.status).toBe(isOpen ? 'open' : 'closed');
				expect(one.rows.filter((row) => row.status === 'open')).toHaveLength(isOpen ? 1 : 0);
			}),
			{ numRuns: 500 },
		);
	});
});

describe('a repeat that is a process-safety alarm', () => {
	const safety = (at: number, status: 'open' | 'closed' = 'open'): Message => {
		const one = message('f', status, at);
		return { ...one, alert: { ...one.alert, kind: 'process_safety', title: 'gas', description: 'above 20 % LEL' } };
	};

	it('makes a process-safety alarm of the row, which is judged again under its words', () => {
		const folded = fold([safety(T + 1)], [held('open', T)]);
		const [row] = folded.rows;
		expect(folded.results).toEqual([{ id: 'alr_held', status: 'repeat' }]);
		expect(row?.row).toMatchObject({ id: 'alr_held', kind: 'process_safety', status: 'open' });
		expect([row?.hasNews, row?.raisedBy?.title]).toEqual([true, 'gas']);
	});

	it('does so within one body, late, and when it is the closing that says so', () => {
		expect(fold([message('f', 'open', T), safety(T + 1)], []).rows[0]).toMatchObject({
			row: { kind: 'process_safety' },
			raisedBy: { title: 'gas' },
		});
		expect(fold([safety(T - 9)], [held('open', T)]).rows[0]?.row.kind).toBe('process_safety');
		expect(fold([safety(T + 1, 'closed')], [held('open', T)]).rows[0]).toMatchObject({
			row: { kind: 'process_safety', status: 'closed' },
			hasNews: true,
		});
	});

	it('is never taken back by a lesser one, which is no news', () => {
		const row: Held = { ...held('open', T), kind: 'process_safety' };
		const [folded] = fold([message('f', 'open', T + 1)], [row]).rows;
		expect(folded).toMatchObject({ row: { kind: 'process_safety' }, raisedBy: null, hasNews: false });
	});

	it('raises once: the next one is a repeat', () => {
		const raised = fold([safety(T + 1)], [held('open', T)]).rows[0]?.row;
		const [again] = fold([safety(T + 2)], raised === undefined ? [] : [raised]).rows;
		expect([again?.hasNews, again?.raisedBy]).toEqual([false, null]);
	});

	it('leaves the same kind in any order of the messages of one occurrence', () => {
		const any = fc.array(fc.boolean(), { minLength: 1, maxLength: 8 });
		fc.assert(
			fc.property(any, (list) => {
				const messages = list.map((is, i) => (is ? safety(T + i) : message('f', 'open', T + i)));
				const kinds = [messages, messages.toReversed()].map((some) => delivered(some).newest.kind);
				expect(new Set(kinds)).toEqual(new Set([list.some((is) => is) ? 'process_safety' : 'security']));
			}),
		);
	});

	it('keeps a flapping safety condition visible: what opens it again is a new row, whatever its kind', () => {
		const row: Held = {
			...held('closed', T),
			kind: 'process_safety',
			turns: [0, 1, 2, 3, 4].map((i) => [T - (4 - i), i % 2 === 0 ? 1 : 0]),
		};
		const next = message('f', 'open', T + 1);
		expect(fold([next], [row]).results).toEqual([{ id: next.id, status: 'stored' }]);
	});
});

describe('flapping', () => {
	const chatter = (minutes: readonly number[], kind: Alert['kind'] = 'availability'): Message[] =>
		minutes.map((minute, i) => {
			const one = message('f', i % 2 === 0 ? 'open' : 'closed', T + minute * M);
			return { ...one, alert: { ...one.alert, kind } };
		});

	it('is marked at the third opening within an hour, and from then on opens no new row', () => {
		const before = delivered(chatter([0, 5, 10, 15]));
		expect([before.newest.flapping, before.rows.length]).toEqual([false, 2]);
		const after = delivered(chatter([0, 5, 10, 15, 20, 25, 30]));
		expect([after.newest.flapping, after.newest.status, after.rows.length]).toEqual([true, 'open', 2]);
		const last = fold(chatter([30]), [delivered(chatter([0, 5, 10, 15, 20, 25])).newest]);
		expect([last.results[0]?.status, last.rows[0]?.hasNews]).toEqual(['repeat', false]);
	});

	it('over more than an hour is ordinary coming and going', () => {
		const slow = delivered(chatter([0, 30, 60, 90, 120, 150]));
		expect([slow.newest.flapping, slow.rows.length]).toEqual([false, 3]);
	});

	it('is over when the condition has been quiet: the next opening is a new row and no flapping', () => {
		const { newest, rows } = delivered(chatter([0, 5, 10, 15, 20, 25, 200]));
		expect([newest.flapping, newest.status, newest.first_seen, rows.length]).toEqual([false, 'open', T + 200 * M, 3]);
	});

	it('hides no process-safety alarm: each is a row of its own, marked', () => {
		const { newest, rows } = delivered(chatter([0, 5, 10, 15, 20], 'process_safety'));
		expect([newest.flapping, rows.length]).toEqual([true, 3]);
	});

	it('keeps a short memory, whatever comes', () => {
		const many = Array.from({ length: 400 }, (_, i) => message('f', i % 7 === 0 ? 'closed' : 'open', T + i * 1_000));
		const { newest } = delivered(many);
		expect(newest.turns.length).toBeLessThanOrEqual(32);
		expect(newest.flapping).toBe(true);
	});
});

describe('a clock that is ahead', () => {
	/** @param minute when it came; the clock was `ahead` of that */
	const came = (minute: number, status: 'open' | 'closed', ahead = 0) =>
		message('f', status, T + minute * MINUTE + ahead, 'low', T + minute * MINUTE);
	const safely = (one: Message): Message => ({ ...one, alert: { ...one.alert, kind: 'process_safety' } });

	it.each([
		['decades', 20_000 * DAY],
		['a night', 9 * HOUR],
		['ten minutes', 10 * MINUTE],
	])('hides no alarm by having closed the condition %s from now', (_, ahead) => {
		for (const as of [(one: Message) => one, safely]) {
			const { newest, rows } = delivered([came(0, 'open'), came(1, 'closed', ahead), came(2, 'open')].map(as));
			expect([newest.status, rows.length]).toEqual(['open', 2]);
		}
	});

	it('keeps no condition open for ever by having seen it in the future', () => {
		const { newest } = delivered([came(0, 'open'), came(1, 'open', 9 * HOUR), came(2, 'closed')]);
		expect(newest.status).toBe('closed');
	});

	it('is still the order of its own messages, whenever they come', () => {
		const inOrder = delivered([came(0, 'open', 8 * HOUR), came(9, 'closed', 8 * HOUR), came(20, 'open', 8 * HOUR)]);
		expect([inOrder.newest.status, inOrder.rows.length]).toEqual(['open', 2]);
		const late = message('f', 'open', T + 8 * HOUR + 5 * MINUTE, 'low', T + 10 * MINUTE);
		expect(delivered([came(0, 'open', 8 * HOUR), came(9, 'closed', 8 * HOUR), late]).newest.status).toBe('closed');
	});

	it('of decades is stored as the time of receipt, also in the middle of a body', () => {
		const years = 20_000 * DAY;
		const body = [came(0, 'open', years), came(0, 'closed', years + 1), came(0, 'open', years + 2)];
		const newest = fold(body, []).rows.at(-1)?.row;
		expect(newest).toMatchObject({ status: 'open', first_seen: T, last_seen: T });
		expect(delivered([came(0, 'open'), came(3, 'open', years)]).newest.last_seen).toBe(T + 3 * MINUTE);
	});
});
