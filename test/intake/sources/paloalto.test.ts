import { describe, expect, it } from 'vitest';
import { alertOf, alertsOf, entity, itemsOf } from '../builders.ts';

/** A THREAT line by the columns of PAN-OS 10.2, with what a test is about. */
function threat(
	more: Partial<
		Record<'subtype' | 'severity' | 'misc' | 'threat' | 'action' | 'generated' | 'precise' | 'src', string>
	> = {},
): string {
	const {
		subtype = 'vulnerability',
		severity = 'high',
		misc = '',
		threat: id = 'Modbus Write(55555)',
		action = 'alert',
	} = more;
	const head = ['1', '2025/05/04 08:00:05', '0072', 'THREAT', subtype, '2561', more.generated ?? '2025/05/04 08:00:00'];
	const session =
		'172.20.41.11,203.0.113.4,0.0.0.0,plant-in,corp\\ana,,modbus-base,vsys1,office,plant,ethernet1/1,ethernet1/2,fwd,2025/05/04 08:00:00,1107,1,50123,502,0,0,0x0,tcp'.split(
			',',
		);
	const cells = [
		...head,
		more.src ?? '172.20.10.4',
		...session,
		action,
		misc,
		id,
		'any',
		severity,
		'client-to-server',
		'7',
		'0x8',
		'10.0.0.0-10.255.255.255',
	];
	return `${cells.map((cell) => (/[",]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(',')},,,,0,,,${more.precise ?? ''},,0`;
}

describe('PAN-OS CSV', () => {
	it.each([
		['url', '"evil.example/x.php"', 'url', 'evil.example/x.php'],
		['url', '"evil.example/x.php"', 'domain', 'evil.example'],
		['vulnerability', '"evil.example/login.php"', 'url', 'evil.example/login.php'],
		['spyware', '"c2.example"', 'domain', 'c2.example'],
		['spyware(13001)', '"c2.example"', 'domain', 'c2.example'],
		['wildfire', '"setup.exe"', 'file', 'setup.exe'],
	] as const)('a CEF %s log names in `request=%s` the %s %s', (subtype, request, type, value) => {
		const line = `CEF:0|Palo Alto Networks|PAN-OS|10.2|${subtype}|THREAT|4|src=172.20.1.1 cat=C2(77) request=${request}`;
		const alert = alertOf('paloalto', line);
		expect(entity(alert, type, value)).toBe('related');
		expect(alert.entities.filter((one) => one.value.includes('"'))).toEqual([]);
	});

	it.each([
		['informational', 'informational'],
		['low', 'low'],
		['medium', 'medium'],
		['high', 'high'],
		['critical', 'critical'],
	])('severity %s', (raw, severity) => {
		expect(alertOf('paloalto', threat({ severity: raw }))).toMatchObject({ severity, severity_raw: raw, domain: 'it' });
	});

	it('reads the columns of a threat, alone and in syslog', () => {
		for (const line of [threat(), `<14>May  4 08:00:06 pan-fw-1 ${threat()}`]) {
			const alert = alertOf('paloalto', line);
			expect(alert).toMatchObject({ title: 'Modbus Write(55555)', kind: 'security', status: 'open' });
			expect(alert.labels).toMatchObject({
				signature_id: '55555',
				action: 'alert',
				rule: 'plant-in',
				log_type: 'THREAT',
			});
			expect(entity(alert, 'ip', '172.20.10.4')).toBe('actor');
			expect(entity(alert, 'ip', '203.0.113.4')).toBe('actor');
			expect(entity(alert, 'ip', '172.20.41.11')).toBe('target');
			expect(entity(alert, 'account', 'corp\\ana')).toBe('actor');
			expect(entity(alert, 'zone', 'plant')).toBe('target');
		}
	});

	it("takes the time with an offset before the firewall's clock, which is in the source's zone", () => {
		expect(alertOf('paloalto', threat(), 'Europe/Berlin').occurred_at).toBe('2025-05-04T06:00:00.000Z');
		expect(alertOf('paloalto', threat({ precise: '2025-05-04T08:00:00.250-04:00' }), 'Europe/Berlin').occurred_at).toBe(
			'2025-05-04T12:00:00.250Z',
		);
	});

	it('reads a URL with commas and quotes, and names it where the threat is only a number', () => {
		const alert = alertOf(
			'paloalto',
			threat({
				subtype: 'url',
				misc: 'bad.example/a?q="x",2',
				threat: '(9999)',
				action: 'block-url',
				severity: 'informational',
			}),
		);
		expect(alert).toMatchObject({ title: 'bad.example/a?q="x",2', kind: 'security' });
		expect(entity(alert, 'domain', 'bad.example')).toBe('related');
		expect(
			alertOf(
				'paloalto',
				threat({ subtype: 'url', misc: 'news.example/', threat: '(9999)', severity: 'informational' }),
			).kind,
		).toBe('audit');
	});

	it.each([
		['TRAFFIC,end,2561,2025/05/04 08:00:00,172.20.1.1,172.20.2.2', 'audit', null],
		[
			"SYSTEM,auth,0,2025/05/04 08:00:00,,auth-fail,x,0,0,general,medium,failed authentication for user 'bob' From: 172.20.1.1",
			'security',
			'medium',
		],
		[
			'SYSTEM,hw,0,2025/05/04 08:00:00,,ps-failure,,0,0,general,critical,Power Supply #2 failed',
			'availability',
			'critical',
		],
		[
			'SYSTEM,general,0,2025/05/04 08:00:00,,general,,0,0,general,informational,Commit job succeeded',
			'audit',
			'informational',
		],
		['CONFIG,0,0,2025/05/04 08:00:00,172.20.1.1,vsys1,set,admin,Web,Succeeded,policy', 'audit', null],
		['GLOBALPROTECT,0,2561,2025/05/04 08:00:00,vsys1,gateway-auth,login,LDAP,,ana,DE,lap-7,172.20.1.1', 'audit', null],
		[
			'CORRELATION,,,2025/05/04 08:00:00,172.20.1.1,corp\\ana,,compromised-host,high,0,0,0,0,,fw,1,Beacon,6005,c2',
			'security',
			'high',
		],
		['USERID,login,2561,2025/05/04 08:00:00,vsys1,172.20.1.1,corp\\ana,src', 'audit', null],
		['HIP-MATCH,hipmatch,2561,2025/05/04 08:00:00,ana,vsys1,lap-7,Windows,172.20.1.1', 'audit', null],
		['NEWTYPE,x,2561,2025/05/04 08:00:00,172.20.1.1', 'security', null],
	])('%s', (rest, kind, severity) => {
		const alert = alertOf('paloalto', `1,2025/05/04 08:00:05,0072,${rest}`);
		expect(alert).toMatchObject({ kind, severity, occurred_at: '2025-05-04T08:00:00.000Z' });
		if (rest.includes('172.20.1.1')) expect(entity(alert, 'ip', '172.20.1.1')).not.toBeNull();
		if (rest.includes('bob')) expect(entity(alert, 'user', 'bob')).toBe('actor');
	});

	it('folds a repeat, tells sources apart, and takes each line of a body', () => {
		const [first, repeat, other] = alertsOf(
			'paloalto',
			[threat(), threat({ generated: '2025/05/04 08:09:00' }), threat({ src: '172.20.10.5' })].join('\n'),
		);
		expect(repeat?.fingerprint).toBe(first?.fingerprint);
		expect(other?.fingerprint).not.toBe(first?.fingerprint);
	});

	it('is unparsed where the line is none of theirs', () => {
		expect(itemsOf('paloalto', 'Power Supply #2 failed')[0]?.kind).toBe('unparsed');
		expect(itemsOf('paloalto', '{"a":1}')).toMatchObject([{ kind: 'unparsed', problems: [{ field: 'LogType' }] }]);
		expect(alertOf('paloalto', '1,2025/05/04 08:00:05,0072,THREAT,virus')).toMatchObject({ severity: null });
	});
});

describe('PAN-OS in other forms', () => {
	it.each([
		['1', 'informational'],
		['2', 'low'],
		['3', 'medium'],
		['4', 'high'],
		['5', 'critical'],
		['high', 'high'],
	])('CEF severity %s is %s', (raw, severity) => {
		const alert = alertOf(
			'paloalto',
			`CEF:0|Palo Alto Networks|PAN-OS|10.2|spyware|THREAT|${raw}|src=172.20.1.1 cat=C2(77) cs1Label=Rule cs1=out`,
		);
		expect(alert).toMatchObject({
			severity,
			severity_raw: raw,
			title: 'C2(77)',
			labels: { rule: 'out', category: 'C2(77)' },
		});
	});

	it('LEEF has its bar for a delimiter, and Strata Logging nested addresses', () => {
		const leef = alertOf(
			'paloalto',
			'LEEF:1.0|Palo Alto Networks|PAN-OS Syslog Integration|10|W(5)|ReceiveTime=2025/05/04 09:00:00|cat=THREAT|Subtype=virus|devTime=May 04 2025 08:00:00 GMT|src=172.20.1.1|vSrcName=vsys1|Severity=critical',
		);
		expect(leef).toMatchObject({ severity: 'critical', occurred_at: '2025-05-04T08:00:00.000Z', title: 'W(5)' });
		expect(leef.entities.filter((item) => item.type === 'host')).toEqual([]);
		const strata = alertOf('paloalto', {
			log_type: 'threat',
			sub_type: 'virus',
			time_generated: 1_746_345_600_000_000,
			source_ip: { value: '172.20.1.1' },
			vendor_severity: 'Low',
		});
		expect(strata).toMatchObject({ severity: 'low', severity_raw: 'Low', occurred_at: '2025-05-04T08:00:00.000Z' });
		expect(entity(strata, 'ip', '172.20.1.1')).toBe('actor');
	});
});

describe('Cortex XDR', () => {
	const alert = (more: object = {}) => ({
		alert_id: '9',
		severity: 'high',
		name: 'N',
		detection_timestamp: 1_746_345_600_000,
		host_name: 'eng-4',
		host_ip: ['172.20.10.4'],
		resolution_status: 'STATUS_010_NEW',
		...more,
	});

	it.each([
		['informational', 'informational'],
		['low', 'low'],
		['medium', 'medium'],
		['high', 'high'],
		['critical', 'critical'],
		['SEV_040_HIGH', 'high'],
		['unknown', null],
	])('severity %s', (raw, severity) => {
		expect(alertOf('paloalto', alert({ severity: raw }))).toMatchObject({ severity, severity_raw: raw });
	});

	it('is closed where it is resolved, as the same condition, at the last event', () => {
		const [open, closed] = [
			alert(),
			alert({
				resolution_status: 'STATUS_030_RESOLVED_THREAT_HANDLED',
				events: [{ event_timestamp: 1_746_345_660_000 }, { event_timestamp: 1_746_345_630_000 }],
			}),
		].map((record) => alertOf('paloalto', record));
		expect([open?.status, closed?.status]).toEqual(['open', 'closed']);
		expect(closed?.fingerprint).toBe(open?.fingerprint);
		expect(closed?.occurred_at).toBe('2025-05-04T08:01:00.000Z');
	});

	it('reads an answer with an incident and its alerts', () => {
		const reply = {
			incident: {
				incident_id: '7',
				severity: 'medium',
				status: 'under_investigation',
				modification_time: 1_746_345_600_000,
				hosts: ['eng-4:abc'],
				mitre_techniques_ids_and_names: ['T1003 - X'],
			},
			alerts: { data: [alert({ events: [{ actor_process_image_name: 'mimi.exe' }] })] },
		};
		const [incident, inner] = alertsOf('paloalto', { reply });
		expect(incident).toMatchObject({ external_id: '7', severity: 'medium', techniques: ['T1003'], status: 'open' });
		expect(entity(incident!, 'host', 'eng-4')).toBe('target');
		expect(entity(inner!, 'process', 'mimi.exe')).toBe('related');
		expect(entity(inner!, 'ip', '172.20.10.4')).toBe('target');
	});

	it('a link of one port is a condition of its own in every form, and one that is up is over', () => {
		const line = (port: string, state: string, severity: string) =>
			alertOf(
				'paloalto',
				`1,2025/05/04 08:00:10,001,SYSTEM,port,2817,2025/05/04 08:00:00,,link-change,${port},0,0,general,${severity},"Port ${port}: ${state} 1Gb/s-full duplex",7,0x0,0,0,0,0,,FW-1`,
			);
		const json = (port: string, state: string, severity: string) =>
			alertOf('paloalto', {
				LogType: 'SYSTEM',
				Subtype: 'port',
				EventTime: '2025-05-04T08:00:00.000000Z',
				EventName: 'link-change',
				EventComponent: port,
				VendorSeverity: severity,
				EventDescription: `Port ${port}: ${state}   1Gb/s-full duplex`,
				LogSourceName: 'FW-1',
			});
		for (const form of [line, json]) {
			const down = form('ethernet1/2', 'Down', 'critical');
			expect(down).toMatchObject({ status: 'open', kind: 'availability', severity: 'critical' });
			expect(form('ethernet1/3', 'Down', 'critical').fingerprint).not.toBe(down.fingerprint);
			expect(form('ethernet1/2', 'Up', 'informational')).toMatchObject({
				status: 'closed',
				fingerprint: down.fingerprint,
			});
		}
	});
});
