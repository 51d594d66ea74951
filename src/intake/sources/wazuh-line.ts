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
	return {
		kind: 'alert',
		problems: [],
		alert: draft.finish({
			externalId: null,
			identity: [rule, agent, found.get('user'), found.get('srcip')],
			status: 'open',
			title: description,
			description: rest,
			severity: wazuhSeverity(level),
			severityRaw: level,
			kind: Number(level) <= 3 ? 'audit' : 'security',
			domain: null,
			occurredAt: header?.occurredAt ?? null,
		}),
	};
}

/** Wazuh dashboard's scale: low up to 6, medium 7 to 11, high 12 to 14, critical from 15. */
export function wazuhSeverity(text: string | null): Severity | null {
	const level = Number(text ?? Number.NaN);
	if (!(level >= 0 && level <= 16)) return null;
	return level >= 15 ? 'critical' : level >= 12 ? 'high' : level >= 7 ? 'medium' : 'low';
}
