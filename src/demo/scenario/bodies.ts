// Alerts in their vendors' shapes, for the demo's scenarios. Pure: what happens and when are arguments.
import { createHash } from 'node:crypto';
import { toIso } from '../../domain/time.ts';

/** One webhook body or syslog line, as a monitoring system sends it. */
export type Body = { readonly source: string; readonly contentType: string; readonly body: string };

const json = (source: string, value: object): Body => ({
	source,
	contentType: 'application/json',
	body: JSON.stringify(value),
});
const hex = (text: string, length: number): string => createHash('sha256').update(text).digest('hex').slice(0, length);
const uuid = (text: string): string => hex(text, 32).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');

export type EdrAlert = {
	readonly id: string;
	readonly title: string;
	readonly description: string;
	readonly severity: 'Informational' | 'Low' | 'Medium' | 'High';
	readonly category: string;
	readonly host: string;
	readonly user: string;
	readonly techniques: readonly string[];
	readonly file?: { readonly name: string; readonly sha256: string };
	readonly at: number;
};

/** Defender for Endpoint alert. */
export function edr(alert: EdrAlert): Body {
	const at = toIso(alert.at);
	return json('defender-xdr', {
		id: `da${alert.id}`,
		severity: alert.severity,
		status: 'New',
		classification: null,
		detectionSource: 'WindowsDefenderAtp',
		category: alert.category,
		title: alert.title,
		description: alert.description,
		alertCreationTime: at,
		firstEventTime: at,
		lastEventTime: at,
		lastUpdateTime: at,
		resolvedTime: null,
		machineId: hex(alert.host, 40),
		computerDnsName: `${alert.host}.nordhafen.example`,
		relatedUser: { userName: alert.user, domainName: 'NORDHAFEN' },
		mitreTechniques: alert.techniques,
		evidence: [
			{
				entityType: alert.file === undefined ? 'User' : 'File',
				sha256: alert.file?.sha256 ?? null,
				fileName: alert.file?.name ?? null,
				accountName: alert.user,
				domainName: 'NORDHAFEN',
				ipAddress: null,
				url: null,
			},
		],
	});
}

export type HostAlert = {
	readonly rule: string;
	readonly level: number;
	readonly description: string;
	readonly host: string;
	readonly ip: string;
	readonly user?: string;
	readonly from?: string;
	readonly techniques?: readonly string[];
	readonly at: number;
};

/** Wazuh alert of a Windows agent. */
export function host(alert: HostAlert): Body {
	return json('wazuh', {
		timestamp: toIso(alert.at).replace('Z', '+0000'),
		rule: {
			level: alert.level,
			description: alert.description,
			id: alert.rule,
			firedtimes: 1,
			mail: false,
			groups: ['windows', 'windows_security'],
			...(alert.techniques === undefined ? {} : { mitre: { id: alert.techniques } }),
		},
		agent: { id: String(Number.parseInt(hex(alert.host, 3), 16)), name: alert.host, ip: alert.ip },
		manager: { name: 'wazuh-manager' },
		id: `${Math.floor(alert.at / 1000)}.${Number.parseInt(hex(`${alert.rule}${alert.at}`, 5), 16)}`,
		decoder: { name: 'windows_eventchannel' },
		data: {
			win: {
				system: { computer: alert.host, channel: 'Security' },
				eventdata: {
					...(alert.user === undefined ? {} : { targetUserName: alert.user }),
					...(alert.from === undefined ? {} : { ipAddress: alert.from }),
				},
			},
		},
		location: 'EventChannel',
	});
}

export type ControlAlert = {
	readonly id: string;
	readonly type: string;
	readonly name: string;
	readonly description: string;
	readonly risk: number;
	readonly from: { readonly ip: string; readonly label: string; readonly zone: string };
	readonly to: { readonly ip: string; readonly label: string; readonly zone: string; readonly port: number };
	readonly protocol: string;
	readonly user?: string;
	readonly session?: string;
	readonly techniques?: readonly string[];
	readonly at: number;
};

/** Nozomi Guardian alert as its API and webhooks give it. */
export function control(alert: ControlAlert): Body {
	return json('nozomi', {
		id: uuid(alert.id),
		ack: false,
		name: alert.name,
		time: alert.at,
		created_time: alert.at,
		closed_time: 0,
		status: 'open',
		type_id: alert.type,
		type_name: alert.name,
		description: alert.description,
		severity: alert.risk,
		risk: alert.risk,
		ip_src: alert.from.ip,
		id_src: alert.from.ip,
		label_src: alert.from.label,
		zone_src: alert.from.zone,
		ip_dst: alert.to.ip,
		id_dst: alert.to.ip,
		label_dst: alert.to.label,
		zone_dst: alert.to.zone,
		port_dst: alert.to.port,
		port_src: 49_152 + (Number.parseInt(hex(alert.id, 4), 16) % 16_000),
		protocol: alert.protocol,
		transport_protocol: 'tcp',
		...(alert.session === undefined ? {} : { session_id: alert.session }),
		is_incident: false,
		is_security: true,
		appliance_host: 'guardian-nordhafen',
		appliance_site: 'nordhafen',
		properties: {
			raised_by: 'n2os_ids',
			...(alert.user === undefined ? {} : { username: alert.user }),
			...(alert.techniques === undefined ? {} : { mitre_attack_for_ics: { techniques: alert.techniques } }),
		},
	});
}

export type Wire = {
	readonly sid: number;
	readonly signature: string;
	readonly category: string;
	readonly severity: 1 | 2 | 3;
	readonly from: string;
	readonly to: string;
	readonly port: number;
	readonly at: number;
};

/** Suricata EVE alert. */
export function wire(alert: Wire): Body {
	return json('suricata', {
		timestamp: toIso(alert.at).replace('Z', '000+0000'),
		flow_id: Number.parseInt(hex(`${alert.sid}${alert.at}`, 12), 16),
		in_iface: 'mirror0',
		event_type: 'alert',
		src_ip: alert.from,
		src_port: 50_000 + (alert.sid % 10_000),
		dest_ip: alert.to,
		dest_port: alert.port,
		proto: 'TCP',
		alert: {
			action: 'allowed',
			gid: 1,
			signature_id: alert.sid,
			rev: 2,
			signature: alert.signature,
			category: alert.category,
			severity: alert.severity,
		},
		app_proto: 'failed',
	});
}

export type Metric = {
	readonly name: string;
	readonly instance: string;
	readonly severity: string;
	readonly summary: string;
	readonly at: number;
};

/** Alertmanager webhook with these alerts. */
export function metrics(alerts: readonly Metric[]): Body {
	return json('alertmanager', {
		version: '4',
		receiver: 'interlock',
		status: 'firing',
		groupKey: '{}:{}',
		truncatedAlerts: 0,
		externalURL: 'http://alertmanager.nordhafen.example:9093',
		groupLabels: {},
		commonLabels: {},
		commonAnnotations: {},
		alerts: alerts.map((alert) => ({
			status: 'firing',
			labels: {
				alertname: alert.name,
				instance: alert.instance,
				job: 'plant',
				severity: alert.severity,
				site: 'nordhafen',
			},
			annotations: { summary: alert.summary },
			startsAt: toIso(alert.at),
			endsAt: '0001-01-01T00:00:00Z',
			generatorURL: 'http://prometheus.nordhafen.example:9090/graph',
			fingerprint: hex(`${alert.name}|${alert.instance}`, 16),
		})),
	});
}

/** A fire-and-gas system's alarm as a CEF line over syslog. */
export function gas(alarm: {
	readonly detector: string;
	readonly host: string;
	readonly ip: string;
	readonly level: string;
	readonly at: number;
}): Body {
	return {
		source: 'cef',
		contentType: 'text/plain',
		body:
			`<130>${toIso(alarm.at)} fgs-01 CEF:0|Draeger|REGARD|4.2|GAS-HH|Gas detector ${alarm.detector} high-high alarm|10|` +
			`cat=Process safety dhost=${alarm.host} dst=${alarm.ip} cs1=${alarm.level} cs1Label=Concentration ` +
			`msg=Gas detector ${alarm.detector} at the loading arm: ${alarm.level} rt=${alarm.at}`,
	};
}
