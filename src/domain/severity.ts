// How bad: five words, ordered (OCSF severity_id 1 to 5). Never mixed with confidence.
import { z } from 'zod';

export const SEVERITIES = ['informational', 'low', 'medium', 'high', 'critical'] as const;
export const Severity = z.enum(SEVERITIES);
export type Severity = z.infer<typeof Severity>;

/** 0 (informational) to 4 (critical). */
export function severityRank(severity: Severity): number {
	return SEVERITIES.indexOf(severity);
}

export function maxSeverity(a: Severity, b: Severity): Severity {
	return severityRank(a) >= severityRank(b) ? a : b;
}

/**
 * A number of 0 to 10 from a vendor without a scale of its own (CEF severity, for one; DESIGN.md, Formats):
 * 0 informational, 1-3 low, 4-6 medium, 7-8 high, 9-10 critical. Null outside that range.
 */
export function severityOfTen(value: number): Severity | null {
	if (!(value >= 0 && value <= 10)) return null;
	if (value < 1) return 'informational';
	if (value < 4) return 'low';
	if (value < 7) return 'medium';
	if (value < 9) return 'high';
	return 'critical';
}
