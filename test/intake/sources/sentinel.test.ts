// Sentinel: an incident in every form is one condition, and its entities are read from JSON inside text too.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseBody } from '../../../src/intake/parse-body.ts';
import { alertOf, alertsOf, entity, itemsOf } from '../builders.ts';

const sample = (name: string): string => readFileSync(new URL(`../samples/sentinel/${name}`, import.meta.url), 'utf8');

describe('Sentinel', () => {
	it.each([
		['High', 'high'],
		['Medium', 'medium'],
		['Low', 'low'],
		['Informational', 'informational'],
		['Purple', null],
	])('severity %s is %s', (raw, severity) => {
		expect(alertOf('sentinel', { DisplayName: 'T', AlertSeverity: raw })).toMatchObject({
			severity,
			severity_raw: raw,
		});
		expect(alertOf('sentinel', { title: 'T', severity: raw })).toMatchObject({ severity, severity_raw: raw });
	});

	it.each([
		['New', 'open'],
		['Active', 'open'],
		['InProgress', 'open'],
		['Closed', 'closed'],
		['Resolved', 'closed'],
		['Dismissed', 'closed'],
	])('status %s is %s', (status, ours) => {
		expect(alertOf('sentinel', { title: 'T', severity: 'Low', status }).status).toBe(ours);
	});

	it('reads a row of SecurityAlert with every kind of entity', () => {
		const alert = alertOf('sentinel', sample('security-alert-row.json'));
		expect(alert).toMatchObject({
			title: 'Suspicious process',
			severity: 'medium',
			occurred_at: '2025-05-04T08:00:00.500Z',
			techniques: ['T1059', 'T1547'],
			external_id: 'sa-1',
		});
		expect(entity(alert, 'host', 'ENG-07.plant.example')).toBe('target');
		expect(entity(alert, 'account', 'm.keller@plant.example')).toBe('target');
		expect(entity(alert, 'account', 'S-1-5-21-1-2-3-1107')).toBe('target');
		expect(entity(alert, 'ip', '203.0.113.40')).toBe('related');
		expect(entity(alert, 'ip', '203.0.113.41')).toBe('related');
		expect(entity(alert, 'file', 'C:\\Temp\\a.exe')).toBe('related');
		expect(entity(alert, 'url', 'https://evil.example/x')).toBe('related');
		expect(alert.entities.filter(({ type }) => type === 'file_hash')).toHaveLength(1);
	});

	it('the trigger, the API and the table tell of one incident, and closing it has its fingerprint', () => {
		const opened = alertOf('sentinel', sample('incident-trigger.json'));
		const closed = alertOf('sentinel', sample('incidents-api.json'));
		const row = alertOf('sentinel', sample('incident-row.json'));
		expect(opened).toMatchObject({ status: 'open', techniques: ['T1110'], occurred_at: '2025-05-04T08:00:00.250Z' });
		expect(closed).toMatchObject({ status: 'closed', fingerprint: opened.fingerprint });
		expect(row).toMatchObject({ status: 'open', fingerprint: opened.fingerprint, techniques: ['T1110'] });
		expect(entity(opened, 'account', 'PLANT\\m.keller')).toBe('target');
		expect(entity(opened, 'host', 'HIST-01')).toBe('target');
	});

	it('reads the spelling of the SDK for Python', () => {
		const alert = alertOf('sentinel', {
			id: '/x/Incidents/9D1C-41',
			title: 'Several sign-ins',
			severity: 'High',
			status: 'Active',
			last_activity_time_utc: '2025-05-04T08:00:00.250000+00:00',
			created_time_utc: '2025-05-04T08:05:00+00:00',
			labels: [{ label_name: 'ot' }],
			additional_data: { tactics: ['Impact'], alert_product_names: ['Azure Sentinel'] },
		});
		expect(alert).toMatchObject({
			occurred_at: '2025-05-04T08:00:00.250Z',
			labels: { category: 'Impact', tags: 'ot' },
		});
		expect(alert.fingerprint).toBe(alertOf('sentinel', sample('incident-trigger.json')).fingerprint);
	});

	const table = (rows: unknown[][], more: object = {}) => ({
		tables: [
			{
				name: 'PrimaryResult',
				columns: [
					{ name: 'TimeGenerated', type: 'datetime' },
					{ name: 'IncidentName', type: 'string' },
					{ name: 'Title', type: 'string' },
					{ name: 'Severity', type: 'string' },
					{ name: 'Status', type: 'string' },
					{ name: 'LastActivityTime', type: 'datetime' },
					{ name: 'AdditionalData', type: 'dynamic' },
				],
				rows,
			},
		],
		...more,
	});
	const row = (name: string, status: string): unknown[] => [
		'2025-05-04T08:40:00Z',
		name,
		'Several sign-ins',
		'High',
		status,
		'2025-05-04T08:00:00.25Z',
		'{"techniques": ["T1110"]}',
	];

	it('reads the answer of a query, a row an alert, as the same row posted by itself', () => {
		const [open, closed] = alertsOf('sentinel', table([row('9d1c-41', 'Active'), row('9d1c-42', 'Closed')]));
		expect(open).toMatchObject({
			status: 'open',
			title: 'Several sign-ins',
			severity: 'high',
			techniques: ['T1110'],
			occurred_at: '2025-05-04T08:00:00.250Z',
			fingerprint: alertOf('sentinel', sample('incident-row.json')).fingerprint,
		});
		expect(closed).toMatchObject({ status: 'closed', external_id: '9d1c-42' });
	});

	it('a query that finds nothing is no alert, and one that answers in part says so', () => {
		const context = { source: 'sentinel', receivedAt: 0, timeZone: 'UTC' };
		expect(parseBody('sentinel', JSON.stringify(table([])), context)).toMatchObject({ kind: 'protocol' });
		const error = { code: 'PartialError', message: 'There were some errors when processing your query.' };
		expect(itemsOf('sentinel', table([row('9d1c-41', 'Active')], { error }))[0]?.problems).toMatchObject([
			{ field: 'error', found: expect.stringContaining('PartialError') },
		]);
		expect(itemsOf('sentinel', table([], { error }))).toMatchObject([{ kind: 'unparsed' }]);
		expect(itemsOf('sentinel', { tables: [{ name: 'PrimaryResult' }] })).toMatchObject([{ kind: 'unparsed' }]);
	});

	it('notes entities that break off and keeps what they name; gives up fields of the wrong type', () => {
		const [item] = itemsOf('sentinel', {
			DisplayName: 'T',
			AlertSeverity: 'Low',
			Status: {},
			Entities: '[{"Address":"203.0.113.9"',
		});
		expect(item?.problems.map(({ field }) => field.split(':')[0])).toEqual(['entities', 'status']);
		if (item?.kind !== 'alert') throw new Error('not an alert');
		expect(entity(item.alert, 'ip', '203.0.113.9')).toBe('related');
		expect(itemsOf('sentinel', { hello: 1 })).toMatchObject([{ kind: 'unparsed' }]);
	});
});
