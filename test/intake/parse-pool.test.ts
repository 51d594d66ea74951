import { afterAll, describe, expect, it } from 'vitest';
import { parseBody } from '../../src/intake/parse-body.ts';
import { createParsePool } from '../../src/intake/parse-pool.ts';

const context = { source: 'am', receivedAt: Date.parse('2026-01-05T03:00:00Z'), timeZone: 'UTC' };
const bytes = (text: string): Uint8Array => Buffer.from(text, 'utf8');
const list = (count: number): Uint8Array =>
	bytes(
		JSON.stringify(
			Array.from({ length: count }, (_, i) => ({
				labels: { alertname: `Überdruck ${i}`, instance: '10.1.2.3:9100' },
				annotations: { summary: 'Druck „hoch“ 💧' },
				startsAt: '2026-01-05T02:00:00Z',
			})),
		),
	);

describe('parsing beside the thread of the door', () => {
	const pool = createParsePool(parseBody, (kind) => kind !== 'own');
	afterAll(() => pool.stop());

	it.each([
		['a small body', list(1)],
		['a large body, with letters of every kind', list(300)],
		['a large body that is broken', bytes(`[${' '.repeat(40_000)}{"labels": `)],
		['a large body that is no UTF-8', Buffer.concat([list(300), Buffer.from([0xff])])],
	])('makes of %s what the parser makes of it', async (_, body) => {
		expect(await pool.parse('alertmanager', body, context)).toEqual(parseBody('alertmanager', body, context));
	});

	it('answers each of many bodies at once with its own', async () => {
		const sizes = Array.from({ length: 60 }, (_, i) => (i % 7) * 40 + 1);
		const parsed = await Promise.all(sizes.map(async (size) => pool.parse('alertmanager', list(size), context)));
		expect(parsed.map((one) => (one.kind === 'parsed' ? one.items.length : one.kind))).toEqual(sizes);
	});

	it('leaves the thread of the door free while a body of ten thousand alerts is parsed', async () => {
		const body = list(10_000);
		let turns = 0;
		const timer = setInterval(() => turns++, 5);
		const parsed = await pool.parse('alertmanager', body, context);
		clearInterval(timer);
		expect(parsed.kind).toBe('parsed');
		expect(turns).toBeGreaterThan(10);
	});

	it('parses kinds that the threads do not know where it is', async () => {
		const own = createParsePool(
			() => ({ kind: 'protocol', note: 'here' }),
			() => false,
		);
		expect(await own.parse('own', list(300), context)).toEqual({ kind: 'protocol', note: 'here' });
		await own.stop();
	});

	it('fails a delivery whose thread ended under it, so that its sender sends it again', async () => {
		const doomed = createParsePool(parseBody, () => true);
		const parsing = doomed.parse('alertmanager', list(5_000), context);
		await doomed.stop();
		await expect(parsing).rejects.toThrow('ended');
	});
});
