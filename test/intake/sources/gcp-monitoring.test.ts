import { describe, expect, it } from 'vitest';
import { alertOf, entity, itemsOf, sampleOf } from '../builders.ts';

const sample = (name: string) => sampleOf('gcp-monitoring', name);
const incident = (more: object) => ({
	incident: { incident_id: '0.a', state: 'open', policy_name: 'p', ...more },
	version: '1.2',
});

describe('gcp-monitoring', () => {
	it.each([
		['Critical', 'critical'],
		['Error', 'high'],
		['Warning', 'medium'],
		['No severity', null],
	])('%s is %s', (raw, severity) => {
		const [item] = itemsOf('gcp-monitoring', incident({ severity: raw }));
		expect(item).toMatchObject({ alert: { severity, severity_raw: raw }, problems: [] });
	});

	it('takes the label of the policy where it states no severity', () => {
		const alert = alertOf('gcp-monitoring', incident({ policy_user_labels: { severity: 'major' } }));
		expect(alert).toMatchObject({ severity: 'high', severity_raw: 'major' });
	});

	it('an incident and its end are one condition', () => {
		const open = alertOf('gcp-monitoring', sample('open-1.2.json'));
		const closed = alertOf('gcp-monitoring', sample('closed-1.2.json'));
		expect(open).toMatchObject({ status: 'open', occurred_at: '2025-05-04T08:00:00.000Z' });
		expect(closed).toMatchObject({
			status: 'closed',
			occurred_at: '2025-05-04T08:30:00.000Z',
			fingerprint: open.fingerprint,
		});
		expect(entity(open, 'host', 'mes-gw-1')).toBe('target');
		expect(entity(open, 'ip', '172.20.8.21')).toBe('related');
		expect(entity(open, 'email', 'ops@mill.example')).toBe('related');
	});

	it('two time series of one condition are two', () => {
		const of = (instance_name: string) =>
			alertOf('gcp-monitoring', incident({ metric: { labels: { instance_name } } }));
		expect(of('a').fingerprint).not.toBe(of('b').fingerprint);
	});

	it('unwraps a Pub/Sub push, and leaves what is none as it is', () => {
		expect(alertOf('gcp-monitoring', sample('pubsub-push.json'))).toMatchObject({
			severity: 'critical',
			fingerprint: alertOf('gcp-monitoring', sample('open-1.2.json')).fingerprint,
		});
		expect(itemsOf('gcp-monitoring', { message: { data: '!!' } })[0]!.kind).toBe('unparsed');
		expect(itemsOf('gcp-monitoring', { message: { data: 'AAAAA=A' } })[0]!.kind).toBe('unparsed');
	});

	it('version 1.1: acknowledged is open, an empty end is none', () => {
		const [item] = itemsOf('gcp-monitoring', sample('version-1.1.json'));
		expect(item).toMatchObject({
			alert: { status: 'open', kind: 'process', occurred_at: '2025-05-04T08:00:00.000Z' },
			problems: [],
		});
	});
});
