import { describe, expect, it } from 'vitest';
import { parseBody } from '../../../src/intake/parse-body.ts';
import { alertOf, alertsOf, entity, itemsOf, receivedAt, sampleOf } from '../builders.ts';

const sample = (name: string) => sampleOf('netdata', name);

describe('netdata', () => {
	it.each([
		['critical', 'critical'],
		['warning', 'medium'],
		['clear', 'informational'],
		['WARNING', 'medium'],
		['odd', null],
	])('%s is %s', (raw, severity) => {
		expect(alertOf('netdata', { alert: 'a', severity: raw })).toMatchObject({ severity, severity_raw: raw });
	});

	it('critical and clear of Netdata Cloud are one condition of the node in the message', () => {
		const open = alertOf('netdata', sample('cloud-critical.json'));
		const clear = alertOf('netdata', sample('cloud-clear.json'));
		expect(open).toMatchObject({ status: 'open', occurred_at: '2025-05-04T08:00:00.000Z' });
		expect(clear).toMatchObject({ status: 'closed', fingerprint: open.fingerprint });
		expect(entity(open, 'host', 'mes-app-02')).toBe('target');
		expect(entity(open, 'ip', '172.20.8.1')).toBe('related');
		expect(entity(open, 'domain', 'app.netdata.cloud')).toBe('observer');
	});

	it('a node that is not reached and is reached again is one condition', () => {
		const [down, up] = alertsOf('netdata', sample('reachability.ndjson'));
		expect(down).toMatchObject({ status: 'open', severity: 'critical', kind: 'availability', time_basis: 'received' });
		expect(up).toMatchObject({ status: 'closed', fingerprint: down!.fingerprint });
		expect(entity(down!, 'host', 'plc-gw-1')).toBe('target');
	});

	it('reads what an agent posts and its list of alarms', () => {
		const [warning, clear, ram] = alertsOf('netdata', sample('agent.ndjson'));
		expect(warning).toMatchObject({
			status: 'open',
			severity: 'medium',
			kind: 'process',
			occurred_at: '2025-05-04T08:00:00.000Z',
		});
		expect(clear).toMatchObject({ status: 'closed', fingerprint: warning!.fingerprint });
		expect(ram).toMatchObject({ severity: 'critical', severity_raw: 'CRITICAL' });
		expect(entity(ram!, 'host', 'hist-2')).toBe('target');
	});

	it('a test message of Netdata Cloud is no alert', () => {
		const body = JSON.stringify({ message: 'm', title: 't', token: 'abc' });
		expect(parseBody('netdata', body, { source: 's', receivedAt, timeZone: 'UTC' }).kind).toBe('protocol');
	});

	it('wrong types are named and the rest is kept', () => {
		const [item] = itemsOf('netdata', sample('wrong-types.json'));
		if (item?.kind !== 'alert') throw new Error('unparsed');
		expect(item.problems.map((problem) => problem.field)).toEqual(['severity', 'status', 'date']);
		expect(entity(item.alert, 'ip', '172.20.5.5')).toBe('related');
		expect(itemsOf('netdata', { hello: 1 })[0]!.kind).toBe('unparsed');
	});
});
