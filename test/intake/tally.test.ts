import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MINUTE, SECOND } from '../../src/domain/time.ts';
import { createRefusals } from '../../src/intake/refusals.ts';
import { createDropTally, createRefusalTally, createSlackRefusalTally } from '../../src/intake/tally.ts';

const T = Date.UTC(2026, 0, 5);

describe('refused credentials', () => {
	it('are one alert with their count, not one each', () => {
		const tally = createRefusalTally();
		for (let i = 0; i < 400; i++) tally.count('wazuh', i % 2 === 0 ? '10.0.0.9' : '2001:db8::1', 1, T + i);
		expect(tally.due(T + 400)).toEqual([]);
		const [alert, ...more] = tally.due(T + SECOND);
		expect(more).toEqual([]);
		expect(alert).toMatchObject({
			condition: 'credential_refused',
			subject: 'wazuh',
			status: 'open',
			kind: 'security',
		});
		expect(alert?.title).toContain('400');
		expect(alert?.entities?.map((entity) => entity.value)).toEqual(['10.0.0.9', '2001:db8::1']);
		expect(tally.due(T + 2 * SECOND)).toEqual([]);
	});

	it('that are a slip are none', () => {
		const tally = createRefusalTally();
		for (let i = 0; i < 4; i++) tally.count('wazuh', '10.0.0.9', 1, T);
		expect(tally.due(T + MINUTE)).toEqual([]);
		// An hour and a half later four are a slip again.
		for (let i = 0; i < 4; i++) tally.count('wazuh', '10.0.0.9', 1, T + 90 * MINUTE);
		expect(tally.due(T + 91 * MINUTE)).toEqual([]);
	});

	it('that go on are told again after ten minutes, and their end half an hour after the last', () => {
		const tally = createRefusalTally();
		const told: string[] = [];
		for (let minute = 0; minute < 90; minute++) {
			if (minute < 30) tally.count('nozomi', '10.0.0.9', 10, T + minute * MINUTE);
			for (const alert of tally.due(T + minute * MINUTE + 2 * SECOND))
				told.push(`${minute} ${alert.status} ${/\d+/.exec(alert.title)?.[0]}`);
		}
		expect(told).toEqual(['0 open 10', '10 open 110', '20 open 210', '30 open 300', '59 closed 300']);
	});

	it('of a source are never lost from the count, however many addresses there are', () => {
		fc.assert(
			fc.property(fc.array(fc.ipV6(), { minLength: 5, maxLength: 200 }), (addresses) => {
				const tally = createRefusalTally();
				for (const address of addresses) tally.count('s', address, 1, T);
				const [alert] = tally.due(T + MINUTE);
				const listed = [...(alert?.description ?? '').matchAll(/\((\d+)\)/g)].reduce(
					(sum, match) => sum + Number(match[1]),
					0,
				);
				expect([alert?.labels?.['count'], listed]).toEqual([String(addresses.length), addresses.length]);
			}),
			{ numRuns: 50 },
		);
	});
});

describe('refused requests in Slack’s name', () => {
	it('are told from the first on, with what is wrong and what to look at', () => {
		const tally = createSlackRefusalTally();
		tally.count('time', '203.0.113.9', 1, T);
		tally.count('signature', '203.0.113.9', 3, T);
		const [time, signature] = tally.due(T + SECOND);
		expect(time).toMatchObject({ condition: 'slack_refused', subject: 'time', severity: 'high', status: 'open' });
		expect(time?.description).toContain('the clock here is wrong');
		expect(signature?.title).toContain('3 request(s)');
		expect(signature?.description).toContain('the signing secret was changed');
		expect(tally.due(T + 31 * MINUTE).map(({ status }) => status)).toEqual(['closed', 'closed']);
	});
});

describe('dropped messages', () => {
	it('are told from the first on, with where', () => {
		const tally = createDropTally();
		tally.count('syslog:udp:0.0.0.0:5514', 'the buffer of the kernel is full', 17, T);
		const [alert] = tally.due(T + SECOND);
		expect(alert).toMatchObject({ severity: 'high', kind: 'availability', status: 'open' });
		expect(`${alert?.title} ${alert?.description}`).toMatch(/17 messages .*kernel is full \(17\)/s);
	});
});

describe('a sender that is wrong', () => {
	it('is told to wait after thirty in a minute, and is heard again in the next', () => {
		let now = T;
		const refusals = createRefusals(() => now);
		for (let i = 0; i < 30; i++) {
			expect(refusals.isOver('s', '10.0.0.1')).toBe(false);
			refusals.count('s', '10.0.0.1');
		}
		expect([
			refusals.isOver('s', '10.0.0.1'),
			refusals.isOver('s', '10.0.0.2'),
			refusals.isOver('t', '10.0.0.1'),
		]).toEqual([true, false, false]);
		now += MINUTE;
		expect(refusals.isOver('s', '10.0.0.1')).toBe(false);
	});

	it('gains nothing by the addresses of its IPv6 network, nor by ten thousand others', () => {
		const refusals = createRefusals(() => T);
		for (let i = 0; i < 40; i++) refusals.count('s', `2001:db8::${i.toString(16)}`);
		expect(refusals.isOver('s', '2001:db8::ffff')).toBe(true);
		for (let i = 0; i < 20_000; i++) refusals.count('s', `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`);
		expect(refusals.isOver('s', '172.16.0.1')).toBe(true);
		expect(refusals.isOver('s', '2001:db8::1')).toBe(true);
	});

	it('fills no ledger: a hundred and twenty entries of a source and minute are enough', () => {
		const refusals = createRefusals(() => T);
		const written = Array.from({ length: 1_000 }, (_, i) => refusals.count('s', `10.0.${i >> 8}.${i & 255}`)).filter(
			Boolean,
		);
		expect(written).toHaveLength(120);
	});
});
