// Records that are no alarm, answers that end one, and the forms in which one vendor's record travels inside another's.
import { describe, expect, it } from 'vitest';
import { alertOf, alertsOf, entity, eveAlert, nozomiAlert, wazuhAlert } from '../builders.ts';

describe('CEF kind', () => {
	it.each([
		[
			'Microsoft|Microsoft Windows|10|Microsoft-Windows-Security-Auditing:4624|An account was successfully logged on.|3',
			'audit',
		],
		['Microsoft|Microsoft Windows|10|Microsoft-Windows-Security-Auditing:4634|An account was logged off.|Low', 'audit'],
		['Trend Micro|Control Manager|7|700107|User Signed In|3', 'audit'],
		['Palo Alto Networks|PAN-OS|10|end|TRAFFIC|1', 'audit'],
		['Palo Alto Networks|PAN-OS|10|deny|TRAFFIC|1', 'security'],
		['Nozomi Networks|N2OS|24|AUDIT:SESSIONS:CREATE|User signed in|0', 'audit'],
		['Acme|VPN|1|7|Session closed|2', 'audit'],
		['Acme|VPN|1|8|Logout|', 'audit'],
		[
			'Microsoft|Microsoft Windows|10|Microsoft-Windows-Security-Auditing:4625|An account failed to log on.|3',
			'security',
		],
		['Acme|VPN|1|9|Suspicious login from two countries|3', 'security'],
		['Acme|VPN|1|10|User logged on|8', 'security'],
		['Acme|IDS|1|11|Session hijacking|3', 'security'],
	])('%s is %s', (header, kind) => {
		expect(alertOf('cef', `CEF:0|${header}|src=172.20.1.1 suser=ana`).kind).toBe(kind);
	});

	it('a log-in whose outcome is a failure is no audit record', () => {
		expect(alertOf('cef', 'CEF:0|A|B|1|9|User login|3|suser=ana outcome=failure').kind).toBe('security');
	});
});

describe('CEF IPv6 fields', () => {
	it('have the roles of their labels', () => {
		const alert = alertOf(
			'cef',
			'CEF:0|A|B|1|9|N|5|c6a2=FD00:0:0:0::0005 c6a2Label=Source IPv6 Address c6a3=fd00::6 c6a3Label=Destination IPv6 Address c6a1=fd00::7 c6a1Label=Device IPv6 Address c6a4=fd00::8 c6a4Label=Source IPv6 Translated',
		);
		const ips = alert.entities.filter((item) => item.type === 'ip').map(({ value, role }) => `${value} ${role}`);
		expect(ips.toSorted()).toEqual(['fd00::5 actor', 'fd00::6 target', 'fd00::7 observer', 'fd00::8 actor']);
	});

	it('tell conditions apart where there is no other address', () => {
		const of = (ip: string) => alertOf('cef', `CEF:0|A|B|1|9|N|5|c6a2=${ip} c6a2Label=Source IPv6 Address`).fingerprint;
		expect(of('fd00::5')).not.toBe(of('fd00::6'));
		expect(of('fd00::5')).toBe(of('FD00:0::5'));
	});
});

describe('Wazuh', () => {
	const suricata = (more: object = {}) =>
		wazuhAlert(
			{ id: '86601', level: 3, groups: ['ids', 'suricata'], description: 'Suricata: Alert - S' },
			{
				data: {
					event_type: 'alert',
					src_ip: '172.20.10.4',
					src_port: '50000',
					dest_ip: '172.20.41.11',
					dest_port: '502',
					proto: 'TCP',
					app_proto: 'modbus',
					alert: { action: 'blocked', gid: '1', signature_id: '2210051', signature: 'S', category: 'C', severity: '1' },
					...more,
				},
			},
		);

	it.each([
		[['ids', 'suricata'], {}, 'security'],
		[['ossec', 'syscheck', 'syscheck_file'], {}, 'security'],
		[['ossec', 'rootcheck'], {}, 'security'],
		[['web', 'attack'], {}, 'security'],
		[['vulnerability-detector'], {}, 'vulnerability'],
		[['syslog', 'sshd', 'authentication_success'], {}, 'audit'],
		[['ids', 'suricata'], { data: { event_type: 'dns' } }, 'audit'],
	])('level 3 of groups %j %j is %s', (groups, more, kind) => {
		expect(alertOf('wazuh', wazuhAlert({ level: 3, groups }, more)).kind).toBe(kind);
	});

	it('gives what a Suricata alert inside it says', () => {
		const alert = alertOf('wazuh', suricata());
		expect(entity(alert, 'ip', '172.20.10.4')).toBe('actor');
		expect(entity(alert, 'port', '50000')).toBe('actor');
		expect(entity(alert, 'ip', '172.20.41.11')).toBe('target');
		expect(entity(alert, 'port', '502')).toBe('target');
		expect(entity(alert, 'protocol', 'modbus')).toBe('related');
		expect(alert.labels).toMatchObject({
			signature_id: '2210051',
			rule_id: '86601',
			protocol: 'TCP',
			app_protocol: 'modbus',
			action: 'blocked',
			src_port: '50000',
			dst_port: '502',
		});
	});

	it('two signatures of Suricata are two conditions, another source port is none', () => {
		const print = alertOf('wazuh', suricata()).fingerprint;
		expect(alertOf('wazuh', suricata({ alert: { signature_id: '9' } })).fingerprint).not.toBe(print);
		expect(alertOf('wazuh', suricata({ src_port: '50001' })).fingerprint).toBe(print);
	});

	const vulnerability = (id: string, status: string, more: object = {}) =>
		wazuhAlert(
			{ id, level: id === '23502' ? 3 : 10, groups: ['vulnerability-detector'] },
			{
				data: { vulnerability: { cve: 'CVE-2024-22222', status, package: { name: 'openssl', version: id }, ...more } },
			},
		);

	it.each(['23503', '23504', '23505', '23506'])('a solved vulnerability closes what rule %s opened', (id) => {
		const opened = alertOf('wazuh', vulnerability(id, 'Active'));
		const solved = alertOf('wazuh', vulnerability('23502', 'Solved'));
		expect(opened.status).toBe('open');
		expect(solved).toMatchObject({ status: 'closed', kind: 'vulnerability', fingerprint: opened.fingerprint });
		const other = alertOf('wazuh', vulnerability('23502', 'Solved', { package: { name: 'zlib' } }));
		expect(other.fingerprint).not.toBe(opened.fingerprint);
	});
});

describe('Suricata', () => {
	const ja3 = 'e7d705a3286e19ea42f587b344ee6865';
	const ja3s = 'f4febc55ea12b31ae17cfb7e614afda8';

	it.each(['suricata', 'wazuh'])('%s: TLS client and server prints are labels, no hashes of files', (kind) => {
		const tls = { ja3: { hash: ja3, string: '771,4865' }, ja3s: { hash: ja3s, string: '771,49' } };
		const alert = alertOf(kind, kind === 'suricata' ? eveAlert({}, { tls }) : wazuhAlert({}, { data: { tls } }));
		expect(alert.labels).toMatchObject({ ja3, ja3s });
		expect(alert.entities.filter((item) => item.type === 'file_hash')).toEqual([]);
	});

	it.each([
		'@cee: ',
		'@cee:',
		' @cee:',
		'<142>May  4 08:00:00 ids-2 suricata[9]: @cee: ',
		'<142>1 2025-05-04T08:00:00Z ids-2 suricata 9 - - @cee:',
	])('reads what stands behind %j', (prefix) => {
		expect(alertOf('suricata', `${prefix}${JSON.stringify(eveAlert())}`)).toMatchObject({ severity: 'medium' });
	});

	it('reads several lines with that prefix', () => {
		const line = `@cee: ${JSON.stringify(eveAlert())}`;
		expect(alertsOf('suricata', `${line}\n${line}\n`)).toHaveLength(2);
	});
});

describe('Nozomi', () => {
	it.each(['audit', 'health'])('a JSON %s record without a severity is informational', (event_type) => {
		expect(alertOf('nozomi', { event_type, info: 'x', time: 1746345600000 }).severity).toBe('informational');
	});

	it.each([
		{ type_id: 'AUDIT:SESSIONS:CREATE', name: 'User signed in' },
		{ event_type: 'audit', event: 'login' },
	])('the user and address of an audit record act: %j', (more) => {
		const alert = alertOf('nozomi', { ...more, username: 'ana', ip: '172.20.2.2', time: 1746345600000 });
		expect(alert).toMatchObject({ kind: 'audit', severity: 'informational' });
		expect(entity(alert, 'user', 'ana')).toBe('actor');
		expect(entity(alert, 'ip', '172.20.2.2')).toBe('actor');
	});

	it.each([
		['PROC:CRITICAL-STATE-ON', 'Gas concentration in hall 3', 'process_safety'],
		['PROC:CRITICAL-STATE-ON', 'pressure in V-101 above 12 bar', 'process_safety'],
		['PROC:CRITICAL-STATE-OFF', 'pressure in V-101 above 12 bar', 'process_safety'],
		['PROC:VARIABLE-FLOW-ANOMALY', 'fire in turbine hall', 'process_safety'],
		['PROC:SYNC-ASKED-AGAIN', 'SIS_mode changed', 'process_safety'],
		['PROC:CRITICAL-STATE-ON', 'compressor tripped', 'process_safety'],
		['PROC:CRITICAL-STATE-ON', 'Level of tank 4', 'process'],
		['PROC:STALE-VARIABLE', 'round trip of polls', 'process'],
		['SIGN:PROGRAM:CHANGE', 'fire and gas controller', 'security'],
	])('%s, %s is %s', (type_id, description, kind) => {
		expect(alertOf('nozomi', nozomiAlert({ type_id, name: 'N', description })).kind).toBe(kind);
		expect(
			alertOf('nozomi', `CEF:0|Nozomi Networks|N2OS|24|${type_id}|N|6|src=172.20.1.1 msg=${description}`).kind,
		).toBe(kind);
	});
});
