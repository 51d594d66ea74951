// FortiOS's two scales of severity, and what kind of alert its log types are. The fields are read in fortinet.ts.
import type { AlertKind } from '../../domain/alert.ts';
import type { Severity } from '../../domain/severity.ts';
import type { CefRecord } from '../formats/cef.ts';

/** Severity of an attack, FortiGuard: info to critical. */
const OF_ATTACK: Readonly<Record<string, Severity>> = {
	critical: 'critical',
	high: 'high',
	medium: 'medium',
	low: 'low',
	info: 'informational',
	informational: 'informational',
};
/** FortiOS Log Message Reference, priority levels, as RFC 5424 has them; the CEF header is 8 (emergency) down to 1 (debug). */
const OF_LEVEL: Readonly<Record<string, Severity>> = {
	emergency: 'critical',
	alert: 'critical',
	critical: 'critical',
	error: 'high',
	warning: 'medium',
	notice: 'low',
	notification: 'low',
	information: 'informational',
	informational: 'informational',
	debug: 'informational',
	'8': 'critical',
	'7': 'critical',
	'6': 'critical',
	'5': 'high',
	'4': 'medium',
	'3': 'low',
	'2': 'informational',
	'1': 'informational',
	'0': 'informational',
};

/** What the attack is, where the log says it (every attack that is logged has level `alert`); else the level of the log. */
export function severityOf(
	fields: ReadonlyMap<string, string>,
	cef: CefRecord | null,
): { severity: Severity | null; severityRaw: string | null } {
	const attack = fields.get('severity')?.toLowerCase() ?? '';
	if (Object.hasOwn(OF_ATTACK, attack))
		return { severity: OF_ATTACK[attack] ?? null, severityRaw: fields.get('severity') ?? null };
	const raw = cef === null ? (fields.get('level') ?? fields.get('pri') ?? null) : cef.severity;
	const level = (raw ?? '').toLowerCase();
	return { severity: Object.hasOwn(OF_LEVEL, level) ? (OF_LEVEL[level] ?? null) : null, severityRaw: raw };
}

/** Security profiles, which have types of their own in FortiOS 5.4 and before, and subtypes of `utm` after it. */
const DETECTORS =
	/^(?:utm|ips|virus|anomaly|dlp|emailfilter|spam|waf|dns|ssh|ssl|voip|file-filter|icap|casb|webfilter|app-ctrl|attack|app|virtual-patch|threat)$/;
/** Of these a record that lets something pass is a log of use. */
const USE = /^(?:webfilter|app-ctrl|app|dns|ssl|ssh|voip|file-filter|casb)$/;

export function kindOf(type: string, subtype: string, severity: Severity | null, words: string): AlertKind {
	const isRefused =
		/\b(?:block\w*|den(?:y|ied)|drop\w*|fail\w*|reset\w*|invalid|disabled|redirect|quarantine\w*|clear_session|detected|infected|botnet)\b/i.test(
			words,
		);
	const isGrave = severity === 'medium' || severity === 'high' || severity === 'critical';
	if (DETECTORS.test(type)) return USE.test(subtype || type) && !isRefused && !isGrave ? 'audit' : 'security';
	// FortiDeceptor: who touches a decoy has no business there, however low it is rated.
	if (subtype === 'attack') return 'security';
	if (type === 'traffic') return isRefused && isGrave ? 'security' : 'audit';
	if (/^(?:system|ha|router|wad|sdwan|connector|fortiextender|switch-controller|wireless)$/.test(subtype) && isGrave)
		return /\b(?:log ?in|admin|password|brute|rogue|fake)\b/i.test(words) ? 'security' : 'availability';
	return isGrave && isRefused ? 'security' : isGrave && subtype !== 'vpn' ? 'security' : 'audit';
}
