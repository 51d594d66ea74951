// Okta: a log-in is a record, a finding is one whatever severity it carries, and an unlocked account closes its lock.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { alertOf, alertsOf, entity, itemsOf } from '../builders.ts';

const sample = (name: string): string => readFileSync(new URL(`../samples/okta/${name}`, import.meta.url), 'utf8');
const event = (eventType: string, more: object = {}) => ({
	eventType,
	published: '2025-05-04T08:00:00.000Z',
	severity: 'INFO',
	actor: { id: 'a', type: 'User', alternateId: 'ana@plant.example' },
	outcome: { result: 'SUCCESS' },
	...more,
});

describe('Okta', () => {
	it.each([
		['ERROR', 'high', 'security'],
		['WARN', 'medium', 'security'],
		['INFO', 'informational', 'audit'],
		['DEBUG', 'informational', 'audit'],
		['LOUD', null, 'audit'],
	])('severity %s is %s, a log-in with it %s', (raw, severity, kind) => {
		expect(alertOf('okta', event('user.session.start', { severity: raw }))).toMatchObject({
			severity,
			severity_raw: raw,
			kind,
		});
	});

	it.each([
		['user.session.start', 'audit'],
		['user.authentication.sso', 'audit'],
		['user.lifecycle.create', 'audit'],
		['security.threat.detected', 'security'],
		['user.account.lock', 'security'],
		['user.account.report_suspicious_activity_by_enduser', 'security'],
		['user.mfa.okta_verify.deny_push', 'security'],
	])('%s is %s', (type, kind) => {
		expect(alertOf('okta', event(type)).kind).toBe(kind);
	});

	it('reads who, from where, to what, and every hop', () => {
		const alert = alertOf('okta', sample('log-in.json'));
		expect(alert).toMatchObject({
			title: 'User login to Okta',
			occurred_at: '2025-05-04T08:00:00.250Z',
			kind: 'audit',
		});
		expect(entity(alert, 'account', 'ana@plant.example')).toBe('actor');
		expect(entity(alert, 'user', 'Ana Silva')).toBe('actor');
		expect(entity(alert, 'cloud_resource', 'MES portal')).toBe('target');
		expect(entity(alert, 'ip', '203.0.113.8')).toBe('actor');
		expect(alert.entities.filter(({ type }) => type === 'file_hash')).toEqual([]);
	});

	it('an event hook gives each of its events; unlocking closes the lock of the same account', () => {
		const [lock, unlock] = alertsOf('okta', sample('event-hook.json'));
		expect(lock).toMatchObject({ status: 'open', severity: 'medium', kind: 'security' });
		expect(unlock).toMatchObject({ status: 'closed', fingerprint: lock?.fingerprint });
	});

	it('a repeat with another id and time folds, another address or outcome does not', () => {
		const of = (more: object) => alertOf('okta', event('user.session.start', more)).fingerprint;
		expect(of({ uuid: '1' })).toBe(of({ uuid: '2', published: '2025-05-04T08:01:00.000Z' }));
		expect(of({ client: { ipAddress: '198.51.100.1' } })).not.toBe(of({ client: { ipAddress: '198.51.100.2' } }));
		expect(of({ outcome: { result: 'FAILURE' } })).not.toBe(of({}));
	});

	it('reads a log stream whose actor is unknown, and events one a line', () => {
		expect(alertOf('okta', sample('log-stream.json'))).toMatchObject({
			kind: 'security',
			title: 'Request from suspicious actor',
		});
		expect(alertsOf('okta', sample('system-log.ndjson')).map(({ kind }) => kind)).toEqual([
			'audit',
			'security',
			'security',
		]);
	});

	it('gives up fields of the wrong type, and keeps what is no event as unparsed', () => {
		expect(itemsOf('okta', event('x.y', { client: { ipAddress: '999.9.9.9' }, target: 'none' }))).toMatchObject([
			{ kind: 'alert', problems: [{ field: 'target' }, { field: 'client.ipAddress' }] },
		]);
		expect(itemsOf('okta', { data: { events: [{ hello: 1 }] } })).toMatchObject([{ kind: 'unparsed' }]);
	});
});
