import { describe, expect, it } from 'vitest';
import { alertOf, alertsOf, entity, eveAlert } from '../builders.ts';

describe('syslog', () => {
	it.each([
		[0, 'critical'],
		[1, 'critical'],
		[2, 'critical'],
		[3, 'high'],
		[4, 'medium'],
		[5, 'low'],
		[6, 'informational'],
		[7, 'informational'],
	])('level %i is %s, in any facility', (level, severity) => {
		for (const facility of [0, 4, 16, 23]) {
			const alert = alertOf('syslog', `<${facility * 8 + level}>May  4 08:00:00 h app: text`);
			expect(alert).toMatchObject({ severity, severity_raw: String(level) });
		}
	});

	it.each([
		['May  4 08:00:00 h app: level=error disk', 'error', 'high'],
		['May  4 08:00:00 h app: WARNING: disk', 'WARNING', 'medium'],
		['May  4 08:00:00 h app: nothing stated', null, null],
		['<13>May  4 08:00:00 h app: ERROR: disk', '5', 'low'],
	])('%s states %s', (line, severity_raw, severity) => {
		expect(alertOf('syslog', line)).toMatchObject({ severity_raw, severity });
	});

	it('takes the level of a Cisco message before that of a relay', () => {
		const alert = alertOf(
			'syslog',
			'<13>May  4 08:00:00 fw-1 %ASA-2-106001: Inbound TCP connection denied from 198.51.100.20/1 to 172.20.41.11/502',
		);
		expect(alert).toMatchObject({ severity: 'critical', severity_raw: '2', kind: 'security' });
		expect(alert.labels).toMatchObject({ vendor: 'Cisco', category: 'ASA', signature_id: '106001' });
		expect(entity(alert, 'ip', '198.51.100.20')).toBe('actor');
		expect(entity(alert, 'ip', '172.20.41.11')).toBe('target');
		expect(entity(alert, 'port', '502')).toBe('target');
		expect(entity(alert, 'host', 'fw-1')).toBe('observer');
	});

	it.each([
		['Failed password for invalid user admin from 198.51.100.20 port 22 ssh2', 'admin', 'security'],
		['Accepted publickey for ana from 172.20.10.4 port 22 ssh2', 'ana', 'audit'],
		["'su root' failed for lonvick on /dev/pts/8", 'lonvick', 'audit'],
		['An account failed to log on. Account Name: bob', 'bob', 'security'],
		['pam_unix(sshd:session): session opened for user bob by (uid=0)', 'bob', 'audit'],
		['Login failed user="CORP\\ana" client=172.20.10.4', 'ana', 'security'],
	])('%s names %s and is %s', (text, user, kind) => {
		const alert = alertOf('syslog', `<38>May  4 08:00:00 bastion sshd[7]: ${text}`);
		expect(alert.kind).toBe(kind);
		expect(alert.entities.filter((item) => item.type === 'user').map((item) => item.value)).toEqual([user]);
	});

	it('names who used sudo, whom a DHCP server serves, and both sides of a dropped packet', () => {
		const sudo = alertOf('syslog', '<85>May  4 08:00:00 web-1 sudo:   ana : TTY=pts/0 ; USER=root ; COMMAND=/bin/ls');
		expect(sudo.entities.filter((item) => item.type === 'user').map((item) => item.value)).toEqual(['root', 'ana']);
		const dhcp = alertOf(
			'syslog',
			'<30>May  4 08:00:00 gw dhcpd: DHCPACK on 172.20.1.50 to 00:1c:06:aa:bb:10 (hmi-7) via eth0',
		);
		expect(entity(dhcp, 'host', 'hmi-7')).toBe('related');
		expect(entity(dhcp, 'mac', '00:1c:06:aa:bb:10')).toBe('related');
		const drop = alertOf(
			'syslog',
			'<4>May  4 08:00:00 gw kernel: DROP IN=eth0 MAC=00:1c:06:aa:bb:01:00:1c:06:aa:bb:02:08:00 SRC=198.51.100.20 DST=172.20.1.5 DPT=502',
		);
		expect(drop.kind).toBe('security');
		expect(entity(drop, 'mac', '00:1c:06:aa:bb:02')).toBe('actor');
		expect(entity(drop, 'mac', '00:1c:06:aa:bb:01')).toBe('target');
		expect(entity(drop, 'ip', '172.20.1.5')).toBe('target');
	});

	it.each([
		[
			"<34>Oct 11 22:14:15 mymachine su: 'su root' failed for lonvick on /dev/pts/8",
			'mymachine',
			'2024-10-11T22:14:15.000Z',
		],
		['<13>Feb  5 17:32:18 10.0.0.99 Use the BFG!', '10.0.0.99', '2025-02-05T17:32:18.000Z'],
		['<165>Aug 24 05:34:00 CST 1987 mymachine myproc[10]: %% It is time', 'mymachine', '1987-08-24T11:34:00.000Z'],
		[
			'<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - - %% It is time',
			'192.0.2.1',
			'2003-08-24T12:14:15.000Z',
		],
		[
			"<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - BOM'su root' failed",
			'mymachine.example.com',
			'2003-10-11T22:14:15.003Z',
		],
	])('reads the example of an RFC: %s', (line, host, at) => {
		const alert = alertOf('syslog', line);
		expect(alert.occurred_at).toBe(at);
		expect(alert.entities.find((item) => item.role === 'target')?.value).toBe(host);
	});

	it('reads structured data into labels and entities', () => {
		const alert = alertOf(
			'syslog',
			'<165>1 2025-05-04T08:00:00Z h app 7 ID [a@1 ip="172.20.1.1" user="ana" say="x\\]\\"y"] text',
		);
		expect(alert.labels).toMatchObject({ 'a@1.say': 'x]"y', message_id: 'ID', process_id: '7' });
		expect(entity(alert, 'ip', '172.20.1.1')).toBe('related');
		expect(entity(alert, 'user', 'ana')).toBe('related');
	});

	it('a port that comes up closes what its going down opened, and another port is another condition', () => {
		const of = (state: string, port = 'GigabitEthernet0/1', at = '00') =>
			alertOf(
				'syslog',
				`<189>May  4 08:${at}:00 edge-1 %LINEPROTO-5-UPDOWN: Line protocol on Interface ${port}, changed state to ${state}`,
			);
		const [down, up] = [of('down'), of('up', undefined, '05')];
		expect([down.status, up.status, up.kind]).toEqual(['open', 'closed', 'availability']);
		expect(up.fingerprint).toBe(down.fingerprint);
		expect(of('down', 'GigabitEthernet0/2').fingerprint).not.toBe(down.fingerprint);
	});

	it('folds a message whose numbers change, and not another', () => {
		const of = (text: string) => alertOf('syslog', `<131>May  4 08:00:00 h app[${text.length}]: ${text}`).fingerprint;
		expect(of('retry 17 of 20 took 3.5 ms to 10.0.0.1:5011')).toBe(of('retry 18 of 20 took 12 ms to 10.0.0.1:5012'));
		expect(of('retry 17 to 10.0.0.1')).not.toBe(of('retry 17 to 10.0.0.2'));
		expect(of('pump-1 stopped')).not.toBe(of('pump-2 stopped'));
	});

	it("hands CEF, LEEF, JSON and vendors' text to their own mapping, and keeps its own name", () => {
		const header = '<13>May  4 08:00:00 relay-1';
		const nozomi = alertOf(
			'syslog',
			`${header} CEF:0|Nozomi Networks|N2OS|24|SIGN:PROGRAM:CHANGE|Program change|8|src=172.20.1.1`,
		);
		expect(nozomi).toMatchObject({ source: 'syslog', domain: 'ot' });
		const leef = alertOf(
			'syslog',
			`${header} LEEF:1.0|Palo Alto Networks|PAN-OS Syslog Integration|10|X(1)|cat=THREAT|Severity=high|src=172.20.1.1`,
		);
		expect(leef).toMatchObject({ source: 'syslog', severity_raw: 'high', domain: 'it' });
		const eve = alertOf('syslog', `${header} suricata: ${JSON.stringify(eveAlert({}, { flow_id: 1 }))}`);
		expect(eve.labels).toMatchObject({ product: 'Suricata' });
		expect(entity(eve, 'host', 'relay-1')).toBe('observer');
		const forti = alertOf(
			'syslog',
			`${header} logid="0419016384" type="utm" subtype="ips" level="alert" severity="low" srcip=172.20.1.1`,
		);
		expect(forti.labels).toMatchObject({ product: 'FortiGate' });
		const json = alertOf('syslog', `${header} app: {"note":"from 172.20.1.9"}`);
		expect(json).toMatchObject({ severity: 'low', severity_raw: '5', occurred_at: '2025-05-04T08:00:00.000Z' });
	});

	it('keeps broken JSON and an empty message as what they are', () => {
		expect(alertOf('syslog', '<13>May  4 08:00:00 h app: {"a": 1').title).toBe('{"a": 1');
		expect(alertOf('syslog', '<13>May  4 08:00:00 h app: ').title).toBe('app');
	});

	it('takes each line of a body as a message, with and without priority', () => {
		const alerts = alertsOf(
			'syslog',
			'<13>May  4 08:00:00 a x: 1\nMay  4 08:00:01 b x: 2\n2025-05-04T08:00:02Z c x: 3\n  wrapped\n<13>May  4 08:00:03 d x: 4',
		);
		expect(alerts.map((alert) => alert.entities[0]?.value)).toEqual(['a', 'b', 'c', 'd']);
		expect(alerts[2]?.description).toBe('3\n  wrapped');
	});
});
