import { describe, expect, it } from 'vitest';
import { alertOf, alertsOf, entity, itemsOf, sampleOf } from '../builders.ts';

const sample = (name: string) => sampleOf('server-storage', name);
const redfish = (more: object) => ({ Events: [{ MessageId: 'A.1.0.B', ...more }] });

describe('server-storage', () => {
	it.each([
		[{ MessageSeverity: 'Critical', Severity: 'OK' }, 'Critical', 'critical'],
		[{ Severity: 'Warning' }, 'Warning', 'medium'],
		[{ Severity: 'OK' }, 'OK', 'informational'],
		[{}, null, null],
	])('Redfish %j states %s, which is %s', (fields, severity_raw, severity) => {
		expect(alertOf('server-storage', redfish(fields))).toMatchObject({ severity, severity_raw });
	});

	it('Redfish: a status that changes back closes what it opened, whatever the version of the registry', () => {
		const [critical, ok, access] = alertsOf('server-storage', sample('redfish.json'));
		expect(critical).toMatchObject({ status: 'open', severity: 'critical', occurred_at: '2025-05-04T13:00:00.000Z' });
		expect(ok).toMatchObject({ status: 'closed', fingerprint: critical!.fingerprint });
		expect(entity(critical!, 'ip', '172.20.8.90')).toBe('related');
		expect(access).toMatchObject({ kind: 'security', severity: 'medium', status: 'open' });
		expect(entity(access!, 'user', 'root')).toBe('actor');
		expect(entity(access!, 'ip', '198.51.100.4')).toBe('related');
	});

	it('vCenter: an alarm that turns red and green is one condition', () => {
		const [red, green] = alertsOf('server-storage', sample('vcenter-and-esxi.log'));
		expect(red).toMatchObject({
			status: 'open',
			severity: 'critical',
			severity_raw: 'Red',
			occurred_at: '2025-05-04T08:00:00.120Z',
		});
		expect(green).toMatchObject({ status: 'closed', fingerprint: red!.fingerprint });
		expect(entity(red!, 'host', 'esx-2.mill.example')).toBe('target');
		expect(entity(red!, 'host', 'vcsa.mill.example')).toBe('observer');
	});

	it('vCenter and ESXi: sessions, machines, logs, single sign-on', () => {
		const [, , login, off, esxi, signOn] = alertsOf('server-storage', sample('vcenter-and-esxi.log'));
		expect(login).toMatchObject({ kind: 'security', severity: 'high', severity_raw: 'error' });
		expect(entity(login!, 'account', 'MILL\\op7')).toBe('actor');
		expect(entity(login!, 'ip', '172.20.31.9')).toBe('actor');
		expect(off).toMatchObject({ kind: 'audit', severity: 'informational' });
		expect(entity(off!, 'host', 'mes-app-01')).toBe('target');
		expect(esxi).toMatchObject({ severity: 'medium', severity_raw: 'warning', kind: 'availability' });
		expect(entity(esxi!, 'ip', '172.20.9.50')).toBe('related');
		expect(signOn).toMatchObject({ kind: 'security', occurred_at: '2025-05-04T08:24:00.000Z', severity_raw: 'INFO' });
		expect(entity(signOn!, 'account', 'op7@vsphere.local')).toBe('actor');
	});

	it('ESXi 8 and vpxd without a priority state the level in the line', () => {
		const short = alertsOf('server-storage', sample('vcenter-and-esxi.log'))[6];
		const word = alertOf('server-storage', sample('vpxd.log'));
		expect(short).toMatchObject({
			severity: 'medium',
			severity_raw: 'warning',
			occurred_at: '2025-05-04T08:25:01.000Z',
		});
		expect(entity(short!, 'ip', '172.20.9.51')).toBe('related');
		expect(word).toMatchObject({
			severity: 'high',
			severity_raw: 'error',
			kind: 'security',
			occurred_at: '2025-05-04T08:26:01.000Z',
		});
		expect(entity(word, 'account', 'MILL\\op7')).toBe('actor');
	});

	it('Veeam: severity by the header, a job that succeeds closes the one that failed', () => {
		const [failed, success, malware] = alertsOf('server-storage', sample('veeam.log'));
		expect(failed).toMatchObject({ severity: 'medium', severity_raw: 'warning', status: 'open', kind: 'availability' });
		expect(success).toMatchObject({ status: 'closed', fingerprint: failed!.fingerprint });
		expect(entity(failed!, 'host', 'vbr-1.mill.example')).toBe('observer');
		expect(entity(failed!, 'account', 'MILL\\backup7')).toBe('actor');
		expect(entity(failed!, 'ip', '172.20.8.70')).toBe('related');
		expect(malware).toMatchObject({ severity: 'critical', kind: 'security' });
		expect(entity(malware!, 'host', 'mes-db-1')).toBe('target');
	});

	it('Veeam with its time before the priority', () => {
		const line =
			'2025-05-04T13:30:25.1+02:00 <11> VBR-2 Veeam_MP [categoryId=0 instanceId=110 JobID="c1" Description="x"]';
		const alert = alertOf('server-storage', line);
		expect(alert).toMatchObject({ severity: 'high', severity_raw: 'error', occurred_at: '2025-05-04T11:30:25.100Z' });
		expect(entity(alert, 'host', 'VBR-2')).toBe('observer');
	});

	it('Veeam without its header states no severity and no time; quotes inside quotes are borne', () => {
		const alert = alertOf('server-storage', sample('veeam-bare.txt'));
		expect(alert).toMatchObject({ severity: null, severity_raw: null, time_basis: 'received', kind: 'audit' });
		expect(entity(alert, 'ip', '172.20.8.71')).toBe('target');
		expect(entity(alert, 'user', 'backup8')).toBe('actor');
		expect(alert.labels['signature_id']).toBe('29120');
	});

	it('NetApp, iDRAC, Synology and any other line', () => {
		const [ems, idrac, synology, other] = alertsOf('server-storage', sample('storage.log'));
		expect(ems).toMatchObject({ severity: 'critical', severity_raw: 'ALERT', kind: 'availability' });
		expect(ems!.labels['signature_id']).toBe('monitor.volume.full');
		expect(entity(ems!, 'host', 'nas-cl1-01')).toBe('target');
		expect(idrac).toMatchObject({
			severity: 'critical',
			severity_raw: 'Critical',
			title: 'The power input for power supply 1 is lost.',
		});
		expect(idrac!.labels['signature_id']).toBe('PSU0003');
		expect(synology).toMatchObject({ kind: 'security', severity_raw: 'notice' });
		expect(entity(synology!, 'user', 'admin9')).toBe('actor');
		expect(entity(synology!, 'ip', '198.51.100.61')).toBe('actor');
		expect(other).toMatchObject({ severity: 'medium', severity_raw: 'warning' });
	});

	it('repeats of a line fold although their numbers differ', () => {
		const of = (percent: number) =>
			alertOf('server-storage', `<12>May  4 10:03:00 unity-1 mgmtd: Pool a reached ${percent} percent`);
		expect(of(90).fingerprint).toBe(of(91).fingerprint);
	});

	it('New Relic: an issue and its end are one condition; the older incident', () => {
		const [open, closed, incident] = alertsOf('server-storage', sample('new-relic.ndjson'));
		expect(open).toMatchObject({
			status: 'open',
			severity: 'high',
			severity_raw: 'HIGH',
			occurred_at: '2025-05-04T08:00:01.000Z',
		});
		expect(closed).toMatchObject({ status: 'closed', fingerprint: open!.fingerprint });
		expect(incident).toMatchObject({ severity: 'medium', status: 'open' });
		expect(entity(incident!, 'host', 'mes-app-04')).toBe('target');
	});

	it('Veeam: who removed what is named, and `This server` is nobody', () => {
		const alert = alertOf(
			'server-storage',
			String.raw`[categoryId=0 instanceId=10050 VmName="HIST-01" ServerName="This server" Version="1" Description="Restore point for VM 'HIST-01' has been removed by user PLANT\jdoe."]`,
		);
		expect(entity(alert, 'account', 'PLANT\\jdoe')).toBe('actor');
		expect(entity(alert, 'user', 'jdoe')).toBe('actor');
		expect(entity(alert, 'host', 'HIST-01')).toBe('target');
		expect(entity(alert, 'host', 'This server')).toBeNull();
	});

	it('the version of Veeam looks like an address and is none', () => {
		const alert = alertOf(
			'server-storage',
			'<14>1 2025-05-04T08:00:00Z vbr Veeam_MP - - [origin enterpriseId="31023"] [categoryId=0 instanceId=190 JobName="X" VbrHostName="vbr.plant.example" VbrVersion="12.1.2.172" Version="1" Description="Backup job X failed on 172.20.1.8."]',
		);
		expect(alert.entities.filter(({ type }) => type === 'ip').map(({ value }) => value)).toEqual(['172.20.1.8']);
	});

	it('is not understood without any known member, and survives wrong types and long lines', () => {
		expect(itemsOf('server-storage', { hello: 1 })[0]!.kind).toBe('unparsed');
		const [odd] = itemsOf('server-storage', redfish({ MessageSeverity: ['x'], EventTimestamp: { a: '172.20.1.8' } }));
		if (odd?.kind !== 'alert') throw new Error('unparsed');
		expect(odd.problems.map((problem) => problem.field)).toEqual(['EventTimestamp', 'MessageSeverity']);
		expect(entity(odd.alert, 'ip', '172.20.1.8')).toBe('related');
		const started = performance.now();
		for (const part of ['a="', 'Message: ', 'User [', 'x=\\"', "Alarm '"])
			alertsOf('server-storage', `categoryId=0 ${part.repeat(200_000)}`);
		expect(performance.now() - started).toBeLessThan(3_000);
	});
});
