import { describe, expect, it } from 'vitest';
import type { DoorSource } from '../../src/intake/http.ts';
import { parseBody } from '../../src/intake/parse-body.ts';
import { type Routing, readMessage, type SyslogMessage } from '../../src/intake/syslog-route.ts';

const source = (name: string, more: Partial<DoorSource> = {}): DoorSource => ({
	name,
	kind: 'cef',
	credential: { type: 'default', secrets: ['x'] },
	addressAllow: [],
	timeZone: 'UTC',
	...more,
});
const route = (more: Partial<Routing['routes'][number]>) => ({
	address: null,
	vendor: null,
	product: null,
	source: source('routed'),
	...more,
});
const NAME = 'syslog:udp:0.0.0.0:5514';
const message = (text: string | Buffer, more: Partial<SyslogMessage> = {}): SyslogMessage => ({
	bytes: Buffer.from(text),
	sender: '10.20.1.5',
	receivedAt: Date.UTC(2026, 2, 1),
	peer: null,
	fault: null,
	isBroken: false,
	...more,
});
const CEF = '<134>Mar  1 10:00:00 fw CEF:0|Acme Corp|Wall|1|7|Port scan|8|src=10.1.1.9';
const to = (text: string, routing: Partial<Routing>, more: Partial<SyslogMessage> = {}) =>
	readMessage(message(text, more), { name: NAME, routes: [], source: null, ...routing }, parseBody);

describe('a syslog message', () => {
	it.each<[string, Partial<Routing>, string | null]>([
		['the listener', { source: source('all') }, 'all'],
		['its address', { routes: [route({ address: '10.20.0.0/16' })], source: source('all') }, 'routed'],
		['an address that is another', { routes: [route({ address: '10.21.0.0/16' })], source: source('all') }, 'all'],
		['its vendor, in other letters', { routes: [route({ vendor: 'ACME corp' })] }, 'routed'],
		['its product', { routes: [route({ product: 'wall' })] }, 'routed'],
		['vendor and product, one of them another', { routes: [route({ vendor: 'Acme Corp', product: 'Gate' })] }, null],
		['address and vendor', { routes: [route({ address: '10.20.1.5', vendor: 'acme corp' })] }, 'routed'],
		[
			'the first route that matches',
			{ routes: [route({ vendor: 'x' }), route({ product: 'Wall', source: source('second') }), route({})] },
			'second',
		],
		['nothing', { routes: [route({ vendor: 'other' })] }, null],
	])('goes by %s', (_, routing, expected) => {
		const { source: found, items } = to(CEF, routing);
		expect(found?.name ?? null).toBe(expected);
		expect(items[0]?.kind).toBe(expected === null ? 'unparsed' : 'alert');
	});

	it('of LEEF, and of CEF without its mark, is routed by its vendor too', () => {
		const routes = [route({ vendor: 'Acme', product: 'Wall' })];
		expect(to('<13>Mar  1 10:00:00 h LEEF:1.0|Acme|Wall|1|x|src=1.2.3.4', { routes }).source?.name).toBe('routed');
		expect(to('<13>Mar  1 10:00:00 h 0|Acme|Wall|1|7|n|8|', { routes }).source?.name).toBe('routed');
	});

	it('for no source is kept with who sent it and what it calls itself', () => {
		const { items } = to(CEF, {});
		expect(items).toEqual([
			{
				kind: 'unparsed',
				raw: CEF,
				problems: [
					{
						field: 'sender',
						found: '10.20.1.5, vendor `Acme Corp`, product `Wall`',
						expected: expect.stringContaining(NAME),
					},
				],
			},
		]);
	});

	it('uses the time zone of its source for times without one', () => {
		const { items } = to(CEF, { source: source('oslo', { timeZone: 'Europe/Oslo' }) });
		expect(items[0]?.kind === 'alert' && items[0].alert.occurred_at).toBe('2026-03-01T09:00:00.000Z');
	});

	it('of an address that may not send for its source is kept, and refused', () => {
		const { source: found, items, refused } = to(CEF, { source: source('all', { addressAllow: ['10.30.0.0/16'] }) });
		expect([found, items[0]?.kind, refused?.source]).toEqual([null, 'unparsed', 'all']);
	});

	it('of a source with a certificate comes in with that certificate only', () => {
		const fingerprint = 'ab'.repeat(32);
		const own = source('tls', { credential: { type: 'mtls', fingerprints: [fingerprint], subject: null } });
		const peer = { isTrusted: true, fingerprint, subject: {} };
		expect(to(CEF, { source: own }, { peer }).source?.name).toBe('tls');
		expect(to(CEF, { source: own }, { peer: { ...peer, isTrusted: false } }).refused?.source).toBe('tls');
		expect(to(CEF, { source: own }, { peer: { ...peer, fingerprint: 'cd'.repeat(32) } }).refused?.source).toBe('tls');
		expect(to(CEF, { source: own }).refused?.source).toBe('tls');
	});

	it('that is not UTF-8 is read as Latin-1, and says so', () => {
		const bytes = Buffer.from(CEF.replace('Port scan', 'Tür offen'), 'latin1');
		const { items } = readMessage(message(bytes), { name: NAME, routes: [], source: source('all') }, parseBody);
		expect(items[0]?.kind === 'alert' && items[0].alert.title).toContain('Tür offen');
		expect(items[0]?.problems[0]?.expected).toContain('Latin-1');
	});

	it('that was cut in the middle of a character is read up to it', () => {
		const bytes = Buffer.from(`${CEF} msg=ä`).subarray(0, -1);
		const { items } = readMessage(
			message(bytes, { fault: 'cut' }),
			{ name: NAME, routes: [], source: source('all') },
			parseBody,
		);
		expect(items[0]?.kind).toBe('alert');
		expect(items[0]?.problems[0]?.found).toBe('cut');
	});

	it('whose connection ended in its middle, and broken JSON, are kept as not understood', () => {
		expect(
			to(CEF, { source: source('all') }, { isBroken: true, fault: 'the connection ended' }).items[0],
		).toMatchObject({
			kind: 'unparsed',
			problems: [{ found: 'the connection ended' }],
		});
		expect(to('{"a": ', { source: source('all') }).items[0]?.kind).toBe('unparsed');
	});
});
