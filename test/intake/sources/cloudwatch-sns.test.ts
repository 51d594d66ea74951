import { describe, expect, it } from 'vitest';
import { parseBody } from '../../../src/intake/parse-body.ts';
import { alertOf, alertsOf, entity, itemsOf, receivedAt, sampleOf } from '../builders.ts';

const sample = (name: string) => sampleOf('cloudwatch-sns', name);
const topic = 'arn:aws:sns:eu-central-1:210987654321:plant-alarms';
const link = (host: string, arn = topic, action = 'ConfirmSubscription') =>
	`https://${host}/?Action=${action}&TopicArn=${arn}&Token=2336412f37`;
const confirmation = (SubscribeURL: string) => ({
	Type: 'SubscriptionConfirmation',
	TopicArn: topic,
	Token: 't',
	SubscribeURL,
});

function noteOf(body: unknown): string {
	const parsed = parseBody('cloudwatch-sns', JSON.stringify(body), { source: 's', receivedAt, timeZone: 'UTC' });
	if (parsed.kind !== 'protocol') throw new Error(`not protocol: ${JSON.stringify(parsed)}`);
	return parsed.note;
}

describe('cloudwatch-sns', () => {
	it.each([
		['ALARM', 'open'],
		['INSUFFICIENT_DATA', 'open'],
		['OK', 'closed'],
	])('state %s is %s, and states no severity', (NewStateValue, status) => {
		const body = { AlarmName: 'a', NewStateValue, StateChangeTime: '2025-05-04T08:00:00.000+0000' };
		expect(alertOf('cloudwatch-sns', body)).toMatchObject({ status, severity: null, severity_raw: null });
	});

	it('ALARM, INSUFFICIENT_DATA by raw delivery and OK are one condition', () => {
		const alarm = alertOf('cloudwatch-sns', sample('notification-alarm.json'));
		const ok = alertOf('cloudwatch-sns', sample('notification-ok.json'));
		const raw = alertOf('cloudwatch-sns', sample('raw-insufficient-data.json'));
		expect(alarm).toMatchObject({
			status: 'open',
			occurred_at: '2025-05-04T08:02:03.456Z',
			title: 'mes-db-connections',
		});
		expect(ok).toMatchObject({
			status: 'closed',
			fingerprint: alarm.fingerprint,
			occurred_at: '2025-05-04T08:12:03.456Z',
		});
		expect(raw.fingerprint).toBe(alarm.fingerprint);
		expect(entity(alarm, 'cloud_resource', 'mes-db')).toBe('target');
		expect(entity(alarm, 'cloud_resource', topic)).toBe('observer');
		expect(entity(alarm, 'ip', '172.20.8.14')).toBe('related');
	});

	it('reads composite alarms and metric math out of the records of a Lambda function', () => {
		const [composite, math] = alertsOf('cloudwatch-sns', sample('lambda-composite-and-math.json'));
		expect(entity(composite!, 'cloud_resource', 'arn:aws:cloudwatch:eu-central-1:210987654321:alarm:gw')).toBe(
			'related',
		);
		expect(entity(math!, 'cloud_resource', 'i-0a1b2c3d4e5f60718')).toBe('target');
		expect(math!.labels['metric']).toBe('CPUUtilization');
	});

	it('reads EventBridge, alone and through SNS', () => {
		const [alarm, ok, change, text, cut] = itemsOf('cloudwatch-sns', sample('eventbridge.ndjson'));
		if (alarm?.kind !== 'alert' || ok?.kind !== 'alert') throw new Error('unparsed');
		expect(alarm.alert).toMatchObject({ status: 'open', occurred_at: '2025-05-04T08:04:00.697Z' });
		expect(entity(alarm.alert, 'host', 'mes-app-02')).toBe('target');
		expect(ok.alert).toMatchObject({ status: 'closed', fingerprint: alarm.alert.fingerprint });
		expect(change).toMatchObject({ alert: { kind: 'audit', severity: 'informational' } });
		expect(text).toMatchObject({ alert: { title: 'note', kind: 'audit', occurred_at: '2025-05-04T08:02:03.600Z' } });
		expect(cut).toMatchObject({
			kind: 'alert',
			alert: { severity: null },
			problems: [{ field: expect.stringMatching(/^Message/) }],
		});
	});

	it.each(['sns.eu-central-1.amazonaws.com', 'sns.us-gov-west-1.amazonaws.com', 'sns.cn-north-1.amazonaws.com.cn'])(
		'a confirmation from %s is no alert: its link is told to a person',
		(host) => {
			expect(noteOf(confirmation(link(host)))).toContain(`open ${link(host)}`);
		},
	);

	it.each([
		['another host', link('sns.eu-central-1.amazonaws.com.evil.example')],
		['a look-alike', link('sns-eu-central-1.amazonaws.com')],
		['a user before the host', link('sns.eu-central-1.amazonaws.com@evil.example')],
		['a port', link('sns.eu-central-1.amazonaws.com:8443')],
		['no https', link('sns.eu-central-1.amazonaws.com').replace('https', 'http')],
		['another topic', link('sns.eu-central-1.amazonaws.com', 'arn:aws:sns:eu-central-1:1:x')],
		['another action', link('sns.eu-central-1.amazonaws.com', topic, 'Unsubscribe')],
		['an address inside', link('169.254.169.254')],
		['no link', 'nothing'],
	])('a confirmation with %s is told to be false, and its link is not shown', (_, url) => {
		const note = noteOf(confirmation(url));
		expect(note).toContain('do not open');
		expect(note).not.toContain('https://');
	});

	it('the end of a subscription is no alert', () => {
		expect(noteOf({ Type: 'UnsubscribeConfirmation', TopicArn: topic })).toContain('unsubscribed');
	});

	it('what is no alarm and no envelope is unparsed', () => {
		expect(itemsOf('cloudwatch-sns', { hello: 1 })[0]!.kind).toBe('unparsed');
		expect(itemsOf('cloudwatch-sns', { AlarmName: ['x'], Trigger: 7 })[0]!.problems.length).toBeGreaterThan(0);
	});
});
