import { describe, expect, it } from 'vitest';
import { alertOf, alertsOf, entity, itemsOf } from '../builders.ts';

const line = (rest: string) => `date=2025-05-04 time=08:00:00 devname="FG-1" devid="FG1" logid="0419016384" ${rest}`;

describe('FortiGate', () => {
	it.each([
		['level="alert" severity=critical crlevel=low', 'critical', 'critical'],
		['level="alert" severity="high"', 'high', 'high'],
		['level="alert" severity="medium"', 'medium', 'medium'],
		['level="alert" severity="low"', 'low', 'low'],
		['level="alert" severity="info" crlevel="critical"', 'informational', 'info'],
		['level="emergency"', 'critical', 'emergency'],
		['level="alert"', 'critical', 'alert'],
		['level="critical"', 'critical', 'critical'],
		['level="error"', 'high', 'error'],
		['level="warning" crlevel="critical" apprisk="high"', 'medium', 'warning'],
		['level="notice"', 'low', 'notice'],
		['level="information"', 'informational', 'information'],
		['level="debug"', 'informational', 'debug'],
	])('%s is %s', (rest, severity, severity_raw) => {
		expect(alertOf('fortinet', line(`type="utm" subtype="ips" ${rest}`))).toMatchObject({ severity, severity_raw });
	});

	it.each([
		['8', 'critical'],
		['7', 'critical'],
		['6', 'critical'],
		['5', 'high'],
		['4', 'medium'],
		['3', 'low'],
		['2', 'informational'],
	])('the CEF header %s is a level: %s', (raw, severity) => {
		const cef = `CEF:0|Fortinet|Fortigate|v7.2|8192|utm:virus|${raw}|cat=utm:virus src=172.20.1.1 FTNTFGTcrlevel=critical`;
		expect(alertOf('fortinet', cef)).toMatchObject({ severity, severity_raw: raw });
		expect(alertOf('cef', cef)).toMatchObject({ severity, source: 'cef', domain: 'it' });
	});

	it('takes the severity of the attack where CEF states one', () => {
		const alert = alertOf(
			'fortinet',
			'CEF:0|Fortinet|Fortigate|v7|1|utm:ips|7|cat=utm:ips FTNTFGTseverity=low FTNTFGTlevel=alert src=172.20.1.1',
		);
		expect(alert).toMatchObject({ severity: 'low', severity_raw: 'low', labels: { level: 'alert' } });
	});

	it.each([
		['eventtime=1746345600', '2025-05-04T08:00:00.000Z'],
		['eventtime=1746345600123456789 tz="+0200"', '2025-05-04T08:00:00.123Z'],
		['tz="+0200"', '2025-05-04T06:00:00.000Z'],
		['tz="-0530"', '2025-05-04T13:30:00.000Z'],
		['tz="UTC+2:00"', '2025-05-04T06:00:00.000Z'],
		['tz="UTC-10:00"', '2025-05-04T18:00:00.000Z'],
		['tz="UTC+2"', '2025-05-04T06:00:00.000Z'],
		['tz=UTC', '2025-05-04T08:00:00.000Z'],
		['', '2025-05-03T23:00:00.000Z'],
	])('the time with %s is %s', (rest, at) => {
		expect(alertOf('fortinet', line(`type=utm subtype=ips level=alert ${rest}`), 'Asia/Tokyo').occurred_at).toBe(at);
	});

	const bare = 'date=2025-05-04 time=08:00:00 tz="+0000" type="utm" subtype="ips" level="alert" severity="high"';

	it('reads a line without log id and device, under its own kind and under syslog', () => {
		const text = `<185>${bare} srcip=172.20.1.1 dstip=172.20.41.11 dstport=502 attack="Modbus.Write.Coil" action="dropped"`;
		for (const kind of ['fortinet', 'syslog'])
			expect(alertOf(kind, text)).toMatchObject({
				title: 'Modbus.Write.Coil',
				severity: 'high',
				kind: 'security',
				domain: 'it',
				occurred_at: '2025-05-04T08:00:00.000Z',
			});
		// A line of its own kind needs no date: a relay may have taken it off.
		expect(alertOf('fortinet', 'type=utm subtype=virus level=warning srcip=172.20.1.1 virus="V"').title).toBe('V');
		expect(alertOf('syslog', '<13>May  4 08:00:00 web1 app: type=a subtype=b level=info').domain).toBeNull();
		expect(alertOf('syslog', `<13>May  4 08:00:00 web1 app: refused a request for ${bare}`).domain).toBeNull();
	});

	it('each line of a body is an alert, whichever field it begins with', () => {
		for (const start of ['time=08:00:00', 'devname="FG-1"', 'version=1.2', 'eventtime=1746345600']) {
			const rest = 'devid=FG1 logid=0101039426 type=event subtype=vpn level=alert logdesc="SSL VPN login fail"';
			const body = `${start} ${rest} remip=198.51.100.20 user="ana"\n${start} ${rest} remip=198.51.100.21 user="bob"\n`;
			const [first, second] = alertsOf('fortinet', body);
			expect(entity(first!, 'ip', '198.51.100.21')).toBeNull();
			expect(entity(second!, 'ip', '198.51.100.21')).toBe('actor');
		}
	});

	it('without a log id, what a line describes tells two conditions apart', () => {
		const said = (logdesc: string) =>
			alertOf(
				'fortinet',
				`date=2025-05-04 time=08:00:00 type=event subtype=user level=warning srcip=172.20.1.1 user=ana logdesc="${logdesc}"`,
			).fingerprint;
		expect(said('Authentication failed')).not.toBe(said('Authentication lockout'));
		expect(said('Authentication failed')).toBe(said('Authentication failed'));
	});

	it('CEF whose fields carry no prefix states its attack, severity and types all the same', () => {
		const cef =
			'CEF:0|Fortinet|FortiGate-400E|7.2.5,build1517|0419016384|utm:ips signature|7|start=1746345600000 logid=0419016384 type=utm subtype=ips level=alert severity=medium src=172.20.1.1 dst=172.20.41.11 user=ana attack=Some.Exploit attackid=77 devname=FG-1';
		const alert = alertOf('fortinet', cef);
		expect(alert).toMatchObject({
			title: 'Some.Exploit',
			severity: 'medium',
			severity_raw: 'medium',
			kind: 'security',
			labels: { category: 'utm:ips', signature: 'Some.Exploit' },
		});
		expect(entity(alert, 'user', 'ana')).toBe('actor');
		expect(entity(alert, 'host', 'FG-1')).toBe('observer');
		const prefixed = cef.replace(/ (logid|type|subtype|level|severity|attack|attackid|devname)=/g, ' FTNTFGT$1=');
		expect(alertOf('fortinet', prefixed).fingerprint).toBe(alert.fingerprint);
	});

	it('an incident in a decoy is about its attacker and its victim, whom the message names', () => {
		const decoy = (attacker: string, severity = 'medium') =>
			alertOf(
				'fortinet',
				`version=1.2 devhost=decoy-1 devid=FDC1 tz=UTC date=2025-05-04 time=08:00:00 logid=0101000068 type=event subtype=attack level=alert user=system ui=GUI action=Incident_Detection status=success msg="EventID=92 IncidentID=93 DecoyGroup=OT_Decoy MITRE_ATT&CK_ID=T1110 AttackerIP=${attacker} AttackerPort=61230 VictimIP=172.20.41.250 VictimPort=502 Operation=Login Severity=${severity} AttackerMac=02:42:ac:11:00:05 Service=MODBUS Username=operator"`,
			);
		const alert = decoy('172.20.10.9');
		expect(alert).toMatchObject({
			severity: 'medium',
			severity_raw: 'medium',
			kind: 'security',
			techniques: ['T1110'],
			occurred_at: '2025-05-04T08:00:00.000Z',
		});
		expect(entity(alert, 'ip', '172.20.10.9')).toBe('actor');
		expect(entity(alert, 'mac', '02:42:ac:11:00:05')).toBe('actor');
		expect(entity(alert, 'ip', '172.20.41.250')).toBe('target');
		expect(entity(alert, 'port', '502')).toBe('target');
		expect(entity(alert, 'user', 'operator')).toBe('target');
		expect(entity(alert, 'host', 'decoy-1')).toBe('observer');
		expect(decoy('172.20.10.8').fingerprint).not.toBe(alert.fingerprint);
		// What stands in a message can only be more: the log's own fields are never overruled by it.
		const forged = alertOf(
			'fortinet',
			line(
				'type=utm subtype=ips level=alert severity=high srcip=172.20.1.1 attack=X msg="AttackerIP=172.20.9.9 Severity=low"',
			),
		);
		expect(forged.severity).toBe('high');
		expect(entity(forged, 'ip', '172.20.1.1')).toBe('actor');
		expect(entity(forged, 'ip', '172.20.9.9')).toBe('related');
	});

	it('reads fields with commas between them (`set format csv`)', () => {
		const alert = alertOf(
			'fortinet',
			'date=2025-05-04,time=08:00:00,logid=0720018433,type=anomaly,subtype=anomaly,level=alert,severity=critical,srcip=198.51.100.20,dstip=172.20.41.11,attack="icmp flood",msg="anomaly: icmp_flood, 34 > threshold 25"',
		);
		expect(alert).toMatchObject({
			title: 'icmp flood',
			severity: 'critical',
			description: 'anomaly: icmp_flood, 34 > threshold 25',
		});
		expect(entity(alert, 'ip', '172.20.41.11')).toBe('target');
	});

	it('a link that is up and fails its health check is not the end of anything', () => {
		const sla = (msg: string) =>
			alertOf(
				'fortinet',
				line(`type=event subtype=sdwan level=notice interface="wan1" healthcheck="ping1" status="up" msg="${msg}"`),
			).status;
		expect(sla('Health Check SLA status. SLA failed due to being over the performance metric threshold.')).toBe('open');
		expect(sla('Link is alive.')).toBe('closed');
	});

	it('a forged access point is about security', () => {
		const text =
			'type=event subtype=wireless level=warning logdesc="Fake AP on air" action="fake-ap-on-air" msg="Fake AP On-air plant"';
		expect(alertOf('fortinet', line(text)).kind).toBe('security');
	});

	it('gives things their roles', () => {
		const alert = alertOf(
			'fortinet',
			line(
				'type=utm subtype=virus level=warning srcip=172.20.1.1 srcmac="00:1c:06:aa:bb:01" dstip=203.0.113.9 transip=203.0.113.4 user="ana" virus="V" filename="a b.exe" url="http://f.example/a" analyticscksum="' +
					'a'.repeat(64) +
					'" msg="seen from 172.20.1.7"',
			),
		);
		expect(entity(alert, 'ip', '172.20.1.1')).toBe('actor');
		expect(entity(alert, 'mac', '00:1c:06:aa:bb:01')).toBe('actor');
		expect(entity(alert, 'ip', '203.0.113.9')).toBe('target');
		expect(entity(alert, 'host', 'FG-1')).toBe('observer');
		expect(entity(alert, 'user', 'ana')).toBe('actor');
		expect(entity(alert, 'file', 'a b.exe')).toBe('related');
		expect(entity(alert, 'domain', 'f.example')).toBe('related');
		expect(entity(alert, 'file_hash', 'a'.repeat(64))).toBe('related');
		expect(entity(alert, 'ip', '172.20.1.7')).toBe('related');
	});

	it.each([
		['type=utm subtype=ips level=alert severity=low attack=X', 'security'],
		['type=anomaly subtype=anomaly level=alert', 'security'],
		['type=utm subtype=webfilter level=notice action=passthrough', 'audit'],
		['type=utm subtype=webfilter level=warning action=blocked', 'security'],
		['type=traffic subtype=forward level=notice action=deny', 'audit'],
		['type=event subtype=system level=alert logdesc="Admin login failed" status=failed', 'security'],
		['type=event subtype=system level=critical logdesc="Disk failed"', 'availability'],
		['type=event subtype=user level=notice logdesc="User logged in" status=success', 'audit'],
	])('%s is %s', (rest, kind) => {
		expect(alertOf('fortinet', line(rest)).kind).toBe(kind);
	});

	it('an interface that is up closes what its going down opened', () => {
		const of = (status: string, port = 'port7') =>
			alertOf(
				'fortinet',
				line(
					`type=event subtype=system level=warning status="${status}" interface="${port}" msg="Link monitor: Interface ${port} was turned ${status}"`,
				),
			);
		const [down, up, other] = [of('DOWN'), of('UP'), of('DOWN', 'port8')];
		expect([down.status, up.status, up.kind]).toEqual(['open', 'closed', 'availability']);
		expect(up.fingerprint).toBe(down.fingerprint);
		expect(other.fingerprint).not.toBe(down.fingerprint);
	});

	it('folds a repeat and tells attacks and sources apart', () => {
		const of = (rest: string) => alertOf('fortinet', line(`type=utm subtype=ips level=alert ${rest}`)).fingerprint;
		expect(of('attackid=7 srcip=172.20.1.1 sessionid=1')).toBe(of('attackid=7 srcip=172.20.1.1 sessionid=2'));
		expect(of('attackid=7 srcip=172.20.1.1')).not.toBe(of('attackid=8 srcip=172.20.1.1'));
		expect(of('attackid=7 srcip=172.20.1.1')).not.toBe(of('attackid=7 srcip=172.20.1.2'));
	});

	it('takes several lines, JSON, and keeps what is none of it as unparsed', () => {
		expect(alertsOf('fortinet', `${line('type=utm level=alert')}\n${line('type=utm level=alert')}`)).toHaveLength(2);
		expect(alertOf('fortinet', { type: 'utm', level: 'alert', severity: 'low', srcip: '172.20.1.1' }).severity).toBe(
			'low',
		);
		expect(itemsOf('fortinet', 'date=2025-05-04 nothing else')[0]?.kind).toBe('unparsed');
		expect(itemsOf('fortinet', line('type=utm level=loud srcip=999.1.1.1'))[0]).toMatchObject({
			alert: { severity: null, severity_raw: 'loud' },
			problems: [{ field: 'srcip' }, { field: 'severity' }],
		});
	});
});
