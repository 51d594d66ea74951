// Wazuh's `syslog_output` in its default text format, for managers that can send nothing else.
import type { EntityRole, IntakeContext } from '../../domain/alert.ts';
import type { Severity } from '../../domain/severity.ts';
import { Draft } from '../formats/draft.ts';
import type { SyslogMessage } from '../formats/syslog.ts';
import type { Reading } from './source-kind.ts';

const HEAD = /Alert Level: (\d{1,2}); Rule: (\d{1,9}) - ([^;]{0,1000}); Location: ([^;]{0,500});/;
/** `; name: value` pairs that follow the head; what comes after them is the log line itself. */
const PAIRS: readonly (readonly [string, (draft: Draft, value: string) => void])[] = [
	['srcip', (draft, value) => draft.entity('ip', value, 'actor')],
	['dstip', (draft, value) => draft.entity('ip', value, 'target')],
	['user', (draft, value) => draft.user(value, null, 'target')],
];

/** `ossec: Alert Level: 5; Rule: 5710 - text; Location: (agent) 10.0.0.1->/var/log/x; srcip: 1.2.3.4; user: root; log`; null for other text. */
export function readWazuhLine(text: string, header: SyslogMessage | null, context: IntakeContext): Reading | null {
	const match = HEAD.exec(text.slice(0, 4_000));
	if (match === null) return null;
	const [head, level = '', rule = '', description = '', location = ''] = match;
	const draft = new Draft(context);
	const agent = /^\(([^)]{1,200})\)/.exec(location)?.[1] ?? location.split('->')[0] ?? null;
	const role: EntityRole = agent === header?.host ? 'observer' : 'target';
	draft.endpoint(agent, role);
	draft.mentions(location.split('->')[0], 'target');
	draft.endpoint(header?.host, 'observer');
	const rest = text.slice(match.index + head.length);
	const found = new Map<string, string>();
	for (const [name, add] of PAIRS) {
		const value = new RegExp(`(?:^|;) ?${name}: ([^;]{1,300});`).exec(rest)?.[1];
		if (value === undefined) continue;
		found.set(name, value.trim());
		add(draft, value);
	}
	draft.mentions(rest, 'related');
	draft.labelsFrom({ vendor: 'Wazuh', product: 'Wazuh', signature_id: rule, rule_level: level, location });
	const cve = VULNERABILITY.exec(description);
	return {
		kind: 'alert',
		problems: [],
		alert: draft.finish({
			externalId: null,
			identity:
				cve === null
					? [rule, agent, found.get('user'), found.get('srcip')]
					: vulnerabilityIdentity(agent, cve[1] ?? '', cve[2] ?? null),
			status: rule === '23502' ? 'closed' : 'open',
			title: description,
			description: rest,
			severity: wazuhSeverity(level),
			severityRaw: level,
			kind: cve !== null ? 'vulnerability' : Number(level) <= 3 && !DETECTORS.test(rule) ? 'audit' : 'security',
			domain: null,
			occurredAt: header?.occurredAt ?? null,
		}),
	};
}

/** What rules 23502 to 23506 say: `CVE-2024-1 affects openssl`, `The CVE-2024-1 that affected openssl was solved due to ...`. */
const VULNERABILITY = /\b(CVE-\d{4}-\d{4,7}) (?:that )?affect(?:s|ed) (\S{1,200})/i;
/** Rules of Suricata alerts (86601), of file integrity (550 to 554, 594 to 598) and of rootcheck (509 to 516). */
const DETECTORS = /^(?:86601|55[0-4]|59[4-8]|509|51[0-6])$/;

/** Rule groups whose alerts are findings of a detector, at whatever level. */
export function isWazuhAlarm(group: string): boolean {
	return ALARM_GROUP.test(group);
}

const ALARM_GROUP =
	/^(?:ids|suricata|snort|attacks?|web_?attack|sql_injection|syscheck\w*|rootcheck|vulnerabilit\S*|exploit_attempt|recon|malware|virus|yara|invalid_login|authentication_fail\w*|multiple_drops)$/;

/** A vulnerability is known by where it is: agent, CVE and package, whatever rule tells of it. */
export function vulnerabilityIdentity(agent: string | null, cve: string, item: string | null): (string | null)[] {
	return ['vulnerability', agent, cve.toUpperCase(), item?.toLowerCase() ?? null];
}

/** Wazuh dashboard's scale: low up to 6, medium 7 to 11, high 12 to 14, critical from 15. */
export function wazuhSeverity(text: string | null): Severity | null {
	const level = Number(text ?? Number.NaN);
	if (!(level >= 0 && level <= 16)) return null;
	return level >= 15 ? 'critical' : level >= 12 ? 'high' : level >= 7 ? 'medium' : 'low';
}
