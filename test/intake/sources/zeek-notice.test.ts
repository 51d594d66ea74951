// Zeek's notices, weirds and intel hits.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { alertOf, alertsOf, entity } from '../builders.ts';

const sample = (name: string) => readFileSync(new URL(`../samples/zeek-notice/${name}`, import.meta.url), 'utf8');
const notice = (more: object = {}) => ({
	_path: 'notice',
	ts: 1746345600.5,
	note: 'Scan::Port_Scan',
	msg: '172.20.9.14 scanned at least 15 unique ports of host 172.20.30.5 in 0m2s',
	sub: 'remote',
	src: '172.20.9.14',
	dst: '172.20.30.5',
	...more,
});

describe('Zeek notices', () => {
	it.each([
		['Scan::Port_Scan', 'security'],
		['ATTACK::Execution', 'security'],
		['SSL::Invalid_Server_Cert', 'security'],
		['SSL::Certificate_Expired', 'maintenance'],
		['Software::Vulnerable_Version', 'vulnerability'],
		['PacketFilter::Dropped_Packets', 'availability'],
		['CaptureLoss::Too_Much_Loss', 'availability'],
	])('%s is %s, without a severity', (note, kind) => {
		expect(alertOf('zeek-notice', notice({ note }))).toMatchObject({
			kind,
			severity: null,
			severity_raw: null,
			status: 'open',
		});
	});

	it('name the techniques of BZAR wherever they stand, and everybody in the text', () => {
		const [guessing, moved, loss] = alertsOf('zeek-notice', sample('notice.log'));
		expect(moved!.techniques).toEqual(['T1570', 'T1021.002']);
		expect(moved!.title).toContain('Müller.exe');
		expect(moved).toMatchObject({ occurred_at: '2025-05-04T08:00:01.100Z', time_basis: 'event' });
		expect(entity(moved!, 'ip', '172.20.30.5')).toBe('target');
		expect(entity(moved!, 'port', '445')).toBe('target');
		expect(entity(guessing!, 'ip', '172.20.9.14')).toBe('actor');
		expect(entity(guessing!, 'ip', '172.20.30.6')).toBe('related');
		expect(entity(guessing!, 'email', 'soc@plant.example')).toBe('observer');
		expect(guessing!.labels['actions']).toBe('Notice::ACTION_LOG, Notice::ACTION_EMAIL');
		expect(entity(loss!, 'host', 'worker-2')).toBe('observer');
	});

	it('fold by note and ends, whatever the text counts; another technique is another condition', () => {
		const first = alertOf('zeek-notice', notice());
		expect(alertOf('zeek-notice', notice({ msg: 'scanned 99 ports', ts: 1746349999, uid: 'Cx' })).fingerprint).toBe(
			first.fingerprint,
		);
		expect(alertOf('zeek-notice', notice({ dst: '172.20.30.6' })).fingerprint).not.toBe(first.fingerprint);
		expect(alertOf('zeek-notice', notice({ sub: 'T1046 scan' })).fingerprint).not.toBe(first.fingerprint);
		const nameless = { src: undefined, dst: undefined };
		expect(alertOf('zeek-notice', notice({ ...nameless, msg: 'a' })).fingerprint).not.toBe(
			alertOf('zeek-notice', notice({ ...nameless, msg: 'b' })).fingerprint,
		);
	});

	it('weirds are records unless a policy raised them; intel hits are alerts that name the indicator', () => {
		const [raised, plain, intel] = alertsOf('zeek-notice', sample('weird-and-intel.ndjson'));
		expect(raised).toMatchObject({ kind: 'security', title: 'Zeek weird: binpac exception' });
		expect(plain).toMatchObject({ kind: 'audit' });
		expect(intel).toMatchObject({ kind: 'security', labels: { indicator_type: 'Intel::DOMAIN' } });
		expect(entity(intel!, 'domain', 'bad.example.net')).toBe('related');
		expect(entity(intel!, 'ip', '198.51.100.7')).toBe('target');
	});

	it.each([
		['Intel::ADDR', '203.0.113.9', 'ip', '203.0.113.9'],
		['Intel::URL', 'bad.example.net/x.exe', 'url', 'http://bad.example.net/x.exe'],
		['Intel::FILE_HASH', 'D41D8CD98F00B204E9800998ECF8427E', 'file_hash', 'd41d8cd98f00b204e9800998ecf8427e'],
		['Intel::EMAIL', 'a@bad.example', 'email', 'a@bad.example'],
		['Intel::USER_NAME', 'mallory', 'user', 'mallory'],
		['Intel::FILE_NAME', 'x.exe', 'file', 'x.exe'],
	])('an indicator of type %s is an entity', (type, indicator, kind, value) => {
		const alert = alertOf('zeek-notice', {
			ts: 1746345600,
			uid: 'C1',
			'seen.indicator': indicator,
			'seen.indicator_type': type,
		});
		expect(entity(alert, kind, value)).toBe('related');
	});
});
