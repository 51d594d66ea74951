// A value that cannot be read is named beside the alert that is stored all the same; a vendor's way of saying nothing is not.
import { describe, expect, it } from 'vitest';
import {
	alertOf,
	defenderAlert,
	entity,
	eveAlert,
	itemsOf,
	nozomiAlert,
	prometheusAlert,
	wazuhAlert,
} from '../builders.ts';

const cef = (extension: string, severity = '5') => `CEF:0|Acme|Gate|1|9|Name|${severity}|${extension}`;

describe('a value that cannot be read', () => {
	it.each<[string, string, unknown, string, string]>([
		['a word for a time', 'alertmanager', prometheusAlert({}, { startsAt: 'yesterday' }), 'startsAt', '"yesterday"'],
		['a number for a time', 'alertmanager', prometheusAlert({}, { startsAt: 5 }), 'startsAt', '"5"'],
		['a day that is none', 'alertmanager', prometheusAlert({}, { startsAt: '2024-02-30' }), 'startsAt', '"2024-02-30"'],
		['an end', 'alertmanager', prometheusAlert({}, { status: 'resolved', endsAt: 'soon' }), 'endsAt', '"soon"'],
		[
			'a list as severity',
			'alertmanager',
			prometheusAlert({ severity: ['critical'] }),
			'labels.severity',
			'["critical"]',
		],
		['a severity word of no scale', 'alertmanager', prometheusAlert({ severity: 'purple' }), 'severity', '"purple"'],
		['CEF smac', 'cef', cef('src=172.20.1.1 smac=zz'), 'smac', '"zz"'],
		['CEF src', 'cef', cef('src=999.1.1.1'), 'src', '"999.1.1.1"'],
		['CEF dst', 'cef', cef('dst=fd00::1::2'), 'dst', '"fd00::1::2"'],
		['CEF dpt', 'cef', cef('src=172.20.1.1 dpt=99999'), 'dpt', '"99999"'],
		['CEF end', 'cef', cef('src=172.20.1.1 end=later'), 'end', '"later"'],
		['CEF rt beside a good start', 'cef', cef('src=172.20.1.1 start=1746345600000 rt=x'), 'rt', '"x"'],
		['CEF severity out of scale', 'cef', cef('src=172.20.1.1', '99'), 'severity', '"99"'],
		['CEF IPv6', 'cef', cef('c6a2=nonsense c6a2Label=Source IPv6 Address'), 'c6a2', '"nonsense"'],
		['Suricata address', 'suricata', eveAlert({}, { src_ip: '999.1.1.1' }), 'src_ip', '"999.1.1.1"'],
		['Suricata port', 'suricata', eveAlert({}, { dest_port: 70000 }), 'dest_port', '"70000"'],
		['Suricata time', 'suricata', eveAlert({}, { timestamp: 'noon' }), 'timestamp', '"noon"'],
		['Suricata severity list', 'suricata', eveAlert({ severity: [1] }), 'alert.severity', '[1]'],
		['Nozomi address', 'nozomi', nozomiAlert({ ip_src: '999.1.1.1' }), 'ip_src', '"999.1.1.1"'],
		['Nozomi time', 'nozomi', nozomiAlert({ time: 'noon' }), 'time', '"noon"'],
		['Wazuh address', 'wazuh', wazuhAlert({}, { data: { srcip: '999.1.1.1' } }), 'data.srcip', '"999.1.1.1"'],
		['Wazuh time', 'wazuh', wazuhAlert({}, { timestamp: 'noon' }), 'timestamp', '"noon"'],
		['Defender time', 'defender', defenderAlert({ lastEventTime: 'noon' }), 'lastEventTime', '"noon"'],
	])('%s is a problem, and the alert is kept', (_, kind, body, field, found) => {
		const [item] = itemsOf(kind, body);
		expect(item?.kind).toBe('alert');
		expect(item?.problems).toContainEqual({ field, found, expected: expect.stringMatching(/\S/) });
	});

	it('is no entity and no label', () => {
		const alert = alertOf('cef', cef('src=999.1.1.1 smac=zz dpt=99999 dst=172.20.1.1'));
		expect(alert.entities).toEqual([{ type: 'ip', value: '172.20.1.1', role: 'target' }]);
		expect(alert.labels['dst_port']).toBeUndefined();
	});

	it('a host name where the standard wants an address is a host', () => {
		const [item] = itemsOf('cef', cef('src=hmi-7.plant.example'));
		expect(item?.problems).toEqual([]);
		expect(entity(alertOf('cef', cef('src=hmi-7.plant.example')), 'host', 'hmi-7.plant.example')).toBe('actor');
	});

	it.each<[string, unknown]>([
		['alertmanager', prometheusAlert({})],
		['alertmanager', prometheusAlert({ severity: 'unknown' })],
		['cef', cef('src=0.0.0.0 smac=00:00:00:00:00:00 dst=:: rt=0 dpt=- shost=-', 'Unknown')],
		['nozomi', nozomiAlert({ closed_time: 0, mac_src: '00:00:00:00:00:00' })],
		['wazuh', wazuhAlert({}, { agent: { id: '000', name: 'w', ip: 'any' } })],
		['defender', defenderAlert({ severity: 'unknownFutureValue', lastActivity: '0001-01-01T00:00:00Z' })],
	])("%s: a vendor's way of saying nothing is no problem", (kind, body) => {
		expect(itemsOf(kind, body)[0]?.problems).toEqual([]);
	});
});
