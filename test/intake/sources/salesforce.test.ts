// Salesforce: platform events, event log files as CSV, the audit trail; only what Salesforce itself holds for a threat is a finding.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { alertOf, alertsOf, entity, itemsOf } from '../builders.ts';

const sample = (name: string): string =>
	readFileSync(new URL(`../samples/salesforce/${name}`, import.meta.url), 'utf8');

describe('Salesforce', () => {
	it.each([
		['ApiAnomalyEvent', {}, 'security', null],
		['CredentialStuffingEventStore', {}, 'security', null],
		['ReportAnomalyEventStore', {}, 'security', null],
		['GuestUserAnomalyEvent', {}, 'security', null],
		['LoginEvent', {}, 'audit', 'informational'],
		['LoginEvent', { PolicyOutcome: 'Block' }, 'security', null],
		['ReportEvent', { PolicyOutcome: 'NoAction' }, 'audit', 'informational'],
		['ApiEvent', { PolicyOutcome: 'Notified' }, 'security', null],
		['LoginAsEvent', {}, 'audit', 'informational'],
	])('%s with %j is %s', (type, more, kind, severity) => {
		const alert = alertOf('salesforce', { attributes: { type }, EventDate: '2025-05-04T08:00:00Z', ...more });
		expect(alert).toMatchObject({ kind, severity, severity_raw: null });
	});

	it('reads a threat detection event: both addresses, also those of its data, and the score as a label', () => {
		const alert = alertOf('salesforce', sample('threat-detection.json'));
		expect(alert).toMatchObject({
			occurred_at: '2025-05-04T08:00:00.250Z',
			description: 'Session fingerprint changed',
		});
		expect(alert.labels['score']).toBe('74.2');
		expect(entity(alert, 'ip', '203.0.113.4')).toBe('actor');
		expect(entity(alert, 'ip', '198.51.100.20')).toBe('actor');
		expect(entity(alert, 'ip', '198.51.100.21')).toBe('related');
		expect(entity(alert, 'account', 'ana@plant.example')).toBe('actor');
	});

	it('reads an event log file as CSV, a row an alert, with its own form of time', () => {
		const [good, bad] = alertsOf('salesforce', sample('event-log-file.csv'), 'Asia/Tokyo');
		expect(good).toMatchObject({ occurred_at: '2025-05-04T08:00:00.250Z', title: 'Salesforce Login: LOGIN_NO_ERROR' });
		expect(bad).toMatchObject({ occurred_at: '2025-05-04T08:01:00.000Z', kind: 'audit' });
		expect(entity(bad!, 'ip', '203.0.113.4')).toBe('actor');
		expect(good?.fingerprint).not.toBe(bad?.fingerprint);
	});

	it('takes the name of the event from the channel where the payload has none', () => {
		expect(alertOf('salesforce', sample('login-stream.json'))).toMatchObject({
			title: 'Salesforce Login: Success',
			kind: 'audit',
		});
	});

	it('reads the audit trail, and who logged in as whom', () => {
		const [setup, as, blocked] = alertsOf('salesforce', sample('setup-audit-trail.json'));
		expect(setup).toMatchObject({
			description: expect.stringContaining('M. Keller'),
			labels: { category: 'Manage Users' },
		});
		expect(entity(setup!, 'account', 'support@vendor.example')).toBe('actor');
		expect(entity(as!, 'account', 'm.keller@plant.example')).toBe('actor');
		expect(entity(as!, 'account', 'ana@plant.example')).toBe('target');
		expect(blocked).toMatchObject({ kind: 'security', labels: { policy_outcome: 'Block' } });
	});

	it('a repeat with another id and time folds, another user does not', () => {
		const of = (more: object) => alertOf('salesforce', { EVENT_TYPE: 'Login', USER_NAME: 'a', ...more }).fingerprint;
		expect(of({ REQUEST_ID: '1', TIMESTAMP: '20250504080000.000' })).toBe(of({ REQUEST_ID: '2' }));
		expect(of({ USER_NAME: 'b' })).not.toBe(of({}));
	});

	it('gives up fields of the wrong type, and keeps what is no event as unparsed', () => {
		expect(itemsOf('salesforce', { EVENT_TYPE: 'Login', USER_NAME: ['x'], TIMESTAMP: 'yesterday' })).toMatchObject([
			{ kind: 'alert', problems: [{ field: 'username' }, { field: 'TIMESTAMP' }] },
		]);
		expect(itemsOf('salesforce', { hello: 1 })).toMatchObject([{ kind: 'unparsed' }]);
	});
});
