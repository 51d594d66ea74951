import { describe, expect, it } from 'vitest';
import { alertOf, alertsOf, entity, itemsOf, sampleOf } from '../builders.ts';

const sample = (name: string) => sampleOf('elastic', name);
const document = (alert: object) => ({ '@timestamp': '2025-05-04T08:00:00Z', kibana: { alert } });

describe('elastic', () => {
	it.each(['critical', 'high', 'medium', 'low'])('%s is itself', (severity) => {
		expect(alertOf('elastic', document({ severity, rule: { name: 'R' } }))).toMatchObject({
			severity,
			severity_raw: severity,
		});
	});

	it('reads a nested alert of a connector: roles, hashes, techniques and the time of the event', () => {
		const alert = alertOf('elastic', sample('connector-alerts.json'));
		expect(alert).toMatchObject({
			title: 'Suspicious PLC tool',
			external_id: 'u-1',
			kind: 'security',
			status: 'open',
			occurred_at: '2025-05-04T07:59:58.123Z',
			techniques: ['T1059', 'T1059.001'],
		});
		expect(entity(alert, 'host', 'eng-ws-4')).toBe('target');
		expect(entity(alert, 'mac', '02:aa:bb:cc:dd:01')).toBe('target');
		expect(entity(alert, 'ip', '172.20.41.11')).toBe('target');
		expect(entity(alert, 'account', 'MILL\\op7')).toBe('target');
		expect(entity(alert, 'file_hash', 'ab'.repeat(32))).toBe('related');
	});

	it('the same alert with dotted keys, closed, is the same condition', () => {
		const [closed, fields] = alertsOf('elastic', sample('search-hits.json'));
		expect(closed).toMatchObject({
			status: 'closed',
			fingerprint: alertOf('elastic', sample('connector-alerts.json')).fingerprint,
		});
		expect(fields).toMatchObject({
			severity: 'critical',
			title: 'Malware',
			external_id: 'u-2',
			occurred_at: '2025-05-04T08:02:00.000Z',
		});
		expect(entity(fields!, 'file', '/opt/x.sh')).toBe('target');
	});

	it('reads ES|QL rows by their columns, and the signals of version 7', () => {
		const [first, second, signal] = alertsOf('elastic', sample('esql-and-signal.ndjson'));
		expect(first).toMatchObject({ severity: 'low', title: 'Scan' });
		expect(entity(first!, 'ip', '198.51.100.77')).toBe('actor');
		expect(second).toMatchObject({ severity: 'medium', techniques: ['T0846'] });
		expect(signal).toMatchObject({ severity: 'medium', kind: 'security', occurred_at: '2025-05-04T07:00:00.000Z' });
	});

	it('a rule of Kibana fires and recovers as one condition, and may be about a process', () => {
		const [fired, recovered] = alertsOf('elastic', sample('kibana-rule.ndjson'));
		expect(fired).toMatchObject({ status: 'open', kind: 'process', severity: null, severity_raw: null });
		expect(recovered).toMatchObject({ status: 'closed', fingerprint: fired!.fingerprint });
	});

	it('alerts as text, and those of a summary', () => {
		expect(alertsOf('elastic', { alerts: JSON.stringify([document({ rule: { name: 'a' } })]) })).toHaveLength(1);
		const group = (name: string) => ({ count: 1, data: [document({ rule: { name } })] });
		expect(
			alertsOf('elastic', { alerts: { new: group('a'), ongoing: group('b'), recovered: { count: 0, data: [] } } }),
		).toHaveLength(2);
	});

	it('names that mean something to the language are only names', () => {
		const [item] = itemsOf('elastic', sample('hostile-names.json'));
		if (item?.kind !== 'alert') throw new Error('unparsed');
		expect(entity(item.alert, 'host', 'odd-2')).toBe('target');
		expect(entity(item.alert, 'ip', '172.20.66.6')).toBe('related');
		expect(Reflect.get({}, 'polluted')).toBeUndefined();
		expect(itemsOf('elastic', { hello: 1 })[0]!.kind).toBe('unparsed');
	});
});
