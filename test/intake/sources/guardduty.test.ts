// GuardDuty: one finding in all its wrappings is one alert; every type of resource is named.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseBody } from '../../../src/intake/parse-body.ts';
import { alertOf, alertsOf, entity, itemsOf, receivedAt } from '../builders.ts';

const sample = (name: string): string => readFileSync(new URL(`../samples/guardduty/${name}`, import.meta.url), 'utf8');
const finding = (more: object = {}) => ({
	id: 'f',
	type: 'Recon:EC2/PortProbe',
	service: { archived: false },
	...more,
});

describe('GuardDuty', () => {
	it.each([
		[0, 'informational'],
		[0.1, 'low'],
		[2, 'low'],
		[3.9, 'low'],
		[4, 'medium'],
		[6.9, 'medium'],
		[7, 'high'],
		[8.9, 'high'],
		[9, 'critical'],
		[10, 'critical'],
		['8.0', 'high'],
		[11, null],
		['bad', null],
	])('severity %s is %s', (severity, ours) => {
		expect(alertOf('guardduty', finding({ severity }))).toMatchObject({
			severity: ours,
			severity_raw: String(severity),
		});
	});

	it('reads an EventBridge event: both ends, their ports, the instance, the last event', () => {
		const alert = alertOf('guardduty', sample('eventbridge.json'));
		expect(alert).toMatchObject({
			status: 'open',
			severity: 'medium',
			occurred_at: '2025-05-04T08:00:00.000Z',
			external_id: 'f00d1',
		});
		expect(entity(alert, 'ip', '203.0.113.77')).toBe('actor');
		expect(entity(alert, 'ip', '10.1.2.3')).toBe('target');
		expect(entity(alert, 'port', '22')).toBe('target');
		expect(entity(alert, 'port', '51234')).toBe('actor');
		expect(entity(alert, 'cloud_resource', 'i-0a1b2c3d')).toBe('target');
		expect(entity(alert, 'ip', '2001:db8::44')).toBe('target');
	});

	it('archiving closes what the finding opened, whatever wraps it', () => {
		const closed = alertOf('guardduty', sample('sns-notification.json'));
		expect(closed).toMatchObject({
			status: 'closed',
			fingerprint: alertOf('guardduty', sample('eventbridge.json')).fingerprint,
		});
		const queued = alertOf('guardduty', { Records: [{ body: JSON.stringify(finding({ id: 'f00d1' })) }] });
		expect(queued.fingerprint).toBe(closed.fingerprint);
	});

	it('names buckets, keys, databases, functions, clusters and their users', () => {
		const [bucket, database, lambda, cluster] = alertsOf('guardduty', sample('findings-list.json'));
		expect(entity(bucket!, 'cloud_resource', 'arn:aws:s3:::recipes')).toBe('target');
		expect(entity(bucket!, 'account', 'AKIAEXAMPLE1')).toBe('target');
		expect(entity(bucket!, 'user', 'backup')).toBe('target');
		expect(entity(database!, 'cloud_resource', 'mes-db')).toBe('target');
		expect(entity(database!, 'user', 'mes_app')).toBe('target');
		expect(entity(lambda!, 'cloud_resource', 'sync')).toBe('actor');
		expect(entity(lambda!, 'domain', 'evil.example')).toBe('related');
		expect(entity(cluster!, 'cloud_resource', 'opc-pod')).toBe('target');
		expect(entity(cluster!, 'file', '/bin/sh')).toBe('related');
	});

	it('an attack sequence names its actors and the techniques of its indicators; times without a zone are UTC', () => {
		const [alert] = alertsOf('guardduty', sample('attack-sequence.json'), 'Asia/Tokyo');
		expect(alert).toMatchObject({
			severity: 'critical',
			techniques: ['T1078.004', 'T1098.003'],
			occurred_at: '2025-05-04T08:00:00.000Z',
		});
		expect(entity(alert!, 'user', 'ana')).toBe('actor');
		expect(entity(alert!, 'ip', '203.0.113.90')).toBe('actor');
	});

	it('a subscription confirmation is talk, and its address is not called', () => {
		const body = JSON.stringify({
			Type: 'SubscriptionConfirmation',
			SubscribeURL: 'https://sns.example/x',
			Message: 'm',
		});
		const parsed = parseBody('guardduty', body, { source: 'g', receivedAt, timeZone: 'UTC' });
		expect(parsed).toMatchObject({ kind: 'protocol', note: expect.stringContaining('SubscriptionConfirmation') });
	});

	it('keeps what is no finding as unparsed, and gives up fields of the wrong type', () => {
		expect(itemsOf('guardduty', { Type: 'Notification', Message: '{"broken"' })).toMatchObject([{ kind: 'unparsed' }]);
		expect(itemsOf('guardduty', finding({ severity: {}, title: 'T' }))).toMatchObject([
			{ kind: 'alert', alert: { title: 'T', severity: null }, problems: [{ field: 'severity' }] },
		]);
	});
});
