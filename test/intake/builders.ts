// Bodies as vendors write them, with the one field that a test is about.
import { readFileSync } from 'node:fs';
import type { Alert, Parsed } from '../../src/domain/alert.ts';
import { parseBody } from '../../src/intake/parse-body.ts';

export const receivedAt = Date.UTC(2025, 4, 4, 9);

export function itemsOf(kind: string, body: unknown, timeZone = 'UTC'): readonly Parsed[] {
	const text = typeof body === 'string' ? body : JSON.stringify(body);
	const parsed = parseBody(kind, text, { source: kind, receivedAt, timeZone });
	if (parsed.kind !== 'parsed') throw new Error(`not parsed: ${JSON.stringify(parsed)}`);
	return parsed.items;
}

export function alertsOf(kind: string, body: unknown, timeZone = 'UTC'): Alert[] {
	return itemsOf(kind, body, timeZone).map((item) => {
		if (item.kind !== 'alert') throw new Error(`unparsed: ${JSON.stringify(item.problems)}`);
		return item.alert;
	});
}

export function alertOf(kind: string, body: unknown, timeZone = 'UTC'): Alert {
	const alerts = alertsOf(kind, body, timeZone);
	if (alerts.length !== 1) throw new Error(`${alerts.length} alerts instead of one`);
	return alerts[0]!;
}

/** The text of a stored sample of this folder. */
export function sampleOf(kind: string, name: string): string {
	return readFileSync(new URL(`./samples/${kind}/${name}`, import.meta.url), 'utf8');
}

export function entity(alert: Alert, type: string, value: string): string | null {
	return alert.entities.find((item) => item.type === type && item.value === value)?.role ?? null;
}

export const prometheusAlert = (labels: object, more: object = {}) => ({
	status: 'firing',
	labels: { alertname: 'A', ...labels },
	annotations: {},
	startsAt: '2025-05-04T08:00:00Z',
	endsAt: '0001-01-01T00:00:00Z',
	...more,
});

export const nozomiAlert = (more: object = {}) => ({
	id: 'n-1',
	type_id: 'SIGN:PROGRAM:CHANGE',
	name: 'Program change',
	time: 1746345600000,
	severity: 8,
	status: 'open',
	ip_src: '172.20.30.5',
	ip_dst: '172.20.41.11',
	protocol: 's7',
	is_security: true,
	...more,
});

export const eveAlert = (alert: object = {}, more: object = {}) => ({
	timestamp: '2025-05-04T08:00:00.000000+0000',
	event_type: 'alert',
	src_ip: '172.20.10.4',
	src_port: 50000,
	dest_ip: '172.20.41.11',
	dest_port: 502,
	proto: 'TCP',
	alert: { gid: 1, signature_id: 7, signature: 'S', severity: 2, ...alert },
	...more,
});

export const wazuhAlert = (rule: object = {}, more: object = {}) => ({
	timestamp: '2025-05-04T08:00:00.000+0000',
	rule: { level: 10, description: 'R', id: '5712', groups: ['sshd'], ...rule },
	agent: { id: '003', name: 'bastion', ip: '172.20.9.9' },
	manager: { name: 'wazuh-1' },
	id: '1746345600.1',
	data: { srcip: '198.51.100.20', dstuser: 'root' },
	...more,
});

export const defenderAlert = (more: object = {}) => ({
	id: 'da1',
	title: 'T',
	severity: 'Medium',
	status: 'New',
	machineId: '1111111111111111111111111111111111111111',
	alertCreationTime: '2025-05-04T09:30:00Z',
	lastEventTime: '2025-05-04T08:00:00Z',
	...more,
});
