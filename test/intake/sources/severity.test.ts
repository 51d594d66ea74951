// Each vendor's severity values become ours as docs/sources.md says, and the vendor's own text is kept.
import { describe, expect, it } from 'vitest';
import { alertOf, defenderAlert, eveAlert, nozomiAlert, prometheusAlert, wazuhAlert } from '../builders.ts';

const cef = (severity: string) => `CEF:0|Acme|Gate|1|9|Name|${severity}|src=172.20.1.1`;

describe('severity', () => {
	it.each([
		['critical', 'critical'],
		['page', 'critical'],
		['P1', 'critical'],
		['major', 'high'],
		['error', 'high'],
		['warning', 'medium'],
		['minor', 'medium'],
		['notice', 'low'],
		['info', 'informational'],
		['none', 'informational'],
		['7', 'high'],
		['purple', null],
	])('Alertmanager label %s is %s', (raw, severity) => {
		expect(alertOf('alertmanager', prometheusAlert({ severity: raw }))).toMatchObject({ severity });
	});

	it('Alertmanager without a severity label states none', () => {
		expect(alertOf('alertmanager', prometheusAlert({}))).toMatchObject({ severity: null, severity_raw: null });
	});

	it.each([
		[0, 'informational'],
		[1, 'low'],
		[3, 'low'],
		[4, 'medium'],
		[6.5, 'medium'],
		[7, 'high'],
		[8, 'high'],
		[9, 'critical'],
		[10, 'critical'],
		[11, null],
	])('Nozomi %s is %s, its risk a label', (raw, severity) => {
		const alert = alertOf('nozomi', nozomiAlert({ severity: raw, risk: 2 }));
		expect(alert).toMatchObject({ severity, severity_raw: String(raw) });
		expect(alert.labels['risk']).toBe('2');
	});

	it('Nozomi without severity is judged by its risk', () => {
		expect(alertOf('nozomi', nozomiAlert({ severity: undefined, risk: 9 }))).toMatchObject({
			severity: 'critical',
			severity_raw: '9',
		});
	});

	it.each([
		[1, 'high'],
		[2, 'medium'],
		[3, 'low'],
		[4, 'informational'],
		[255, 'informational'],
		[0, null],
	])('Suricata %s is %s, signature_severity a label', (raw, severity) => {
		const alert = alertOf('suricata', eveAlert({ severity: raw, metadata: { signature_severity: ['Critical'] } }));
		expect(alert).toMatchObject({ severity, severity_raw: String(raw) });
		expect(alert.labels['signature_severity']).toBe('Critical');
	});

	it.each([
		[0, 'low'],
		[6, 'low'],
		[7, 'medium'],
		[11, 'medium'],
		[12, 'high'],
		[14, 'high'],
		[15, 'critical'],
	])('Wazuh level %s is %s', (level, severity) => {
		expect(alertOf('wazuh', wazuhAlert({ level }))).toMatchObject({ severity, severity_raw: String(level) });
	});

	it.each([
		['High', 'high'],
		['Medium', 'medium'],
		['Low', 'low'],
		['Informational', 'informational'],
		['UnSpecified', null],
		['unknown', null],
	])('Defender %s is %s', (raw, severity) => {
		expect(alertOf('defender', defenderAlert({ severity: raw }))).toMatchObject({ severity, severity_raw: raw });
	});

	it.each([
		['0', 'informational'],
		['3', 'low'],
		['5', 'medium'],
		['8', 'high'],
		['10', 'critical'],
		['Very-High', 'critical'],
		['High', 'high'],
		['Low', 'low'],
		['Unknown', null],
		['', null],
		['99', null],
	])('CEF %s is %s', (raw, severity) => {
		expect(alertOf('cef', cef(raw))).toMatchObject({ severity, severity_raw: raw === '' ? null : raw });
	});

	it.each([
		['0.5', 'low'],
		['3.9', 'low'],
		['6.9', 'medium'],
		['7.0', 'high'],
		['9.1', 'critical'],
	])('a Nozomi vulnerability of CVSS %s is %s', (score, severity) => {
		const alert = alertOf('nozomi', {
			cve: 'CVE-2024-11111',
			score,
			time: 1746345600000,
			event_type: 'vulnerabilities',
		});
		expect(alert).toMatchObject({ severity, severity_raw: score, kind: 'vulnerability' });
	});
});
