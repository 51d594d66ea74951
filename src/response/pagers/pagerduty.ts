// PagerDuty, Events API v2 (developer.pagerduty.com/docs/events-api-v2/overview, read 2026-11): one POST to /v2/enqueue; 202 taken, 400 wrong for
// good, 429 and 5xx and no answer: the same event again, which its dedup_key folds into the alert that stands.
import type { PagerDutyConfig } from '../../domain/pager.ts';
import type { Severity } from '../../domain/severity.ts';
import { cut } from '../../domain/shown-text.ts';
import { type Instant, SECOND, toIso } from '../../domain/time.ts';
import type { Resolve } from '../connectors/address-guard.ts';
import { type Answer, exchange } from '../connectors/exchange.ts';
import { masked } from '../connectors/secret.ts';
import type { Letter } from './letter.ts';
import type { PageAction, Pager, Sent } from './pager.ts';

/** Limits of the API: characters of a summary; an event may have 512 KB, and ours has a fraction. */
const SUMMARY_MAX = 1_024;
const RETRY_ASKED_MAX_MS = 15 * 60 * SECOND;

export type PagerEdge = { readonly now: () => Instant; readonly resolve: Resolve };

/** @param key the routing key; it appears in no result */
export function createPagerDuty(config: PagerDutyConfig, key: string, edge: PagerEdge): Pager {
	const url = new URL('/v2/enqueue', config.base_url);
	return {
		config,
		send: async (letter, action) => {
			const answer = await exchange({
				url,
				method: 'POST',
				headers: { accept: 'application/json', 'content-type': 'application/json', 'user-agent': 'interlock' },
				body: JSON.stringify(eventOf(letter, action, key)),
				timeoutMs: config.timeout_ms,
				allowPrivate: config.allow_private,
				resolve: edge.resolve,
			});
			return meaningOf(answer, key, edge.now());
		},
	};
}

/** The severities of PD-CEF; process safety is never less than critical. */
const SEVERITY: Readonly<Record<Severity, 'critical' | 'error' | 'warning' | 'info'>> = {
	critical: 'critical',
	high: 'error',
	medium: 'warning',
	low: 'info',
	informational: 'info',
};

/** The event as it goes out. Everything that only a trigger may have is left out of the others. */
export function eventOf(letter: Letter, action: PageAction, key: string): Readonly<Record<string, unknown>> {
	const common = { routing_key: key, event_action: action, dedup_key: letter.dedupKey };
	if (action !== 'trigger') return common;
	return {
		...common,
		client: 'Interlock',
		payload: {
			summary: cut(letter.subject, SUMMARY_MAX),
			source: letter.source,
			severity: letter.isSafety ? 'critical' : SEVERITY[letter.severity],
			timestamp: toIso(letter.at),
			...(letter.site === null ? {} : { group: letter.site }),
			...(letter.category === null ? {} : { class: letter.category }),
			custom_details: {
				...(letter.number === null ? {} : { incident: `INC-${letter.number}` }),
				text: letter.body,
			},
		},
	};
}

function meaningOf(answer: Answer, key: string, now: Instant): Sent {
	const later = (reason: string, isAmbiguous: boolean, retryAt: Instant | null = null): Sent => ({
		kind: 'later',
		reason: masked(reason, key),
		retryAt,
		isAmbiguous,
	});
	switch (answer.kind) {
		case 'refused':
			return { kind: 'refused', reason: masked(answer.reason, key) };
		case 'not_sent':
			return later(`not sent: ${answer.reason}`, false);
		case 'unknown':
			return later(answer.reason, true);
		case 'answered':
			break;
	}
	const { status } = answer;
	const said = saidIn(answer.text);
	const words = masked(`answered ${status}${said.words === '' ? '' : `: ${said.words}`}`, key);
	// A 202 that is not PagerDuty's own answer (a proxy, a captive portal) has woken nobody; asked again, PagerDuty folds the repeat.
	if (status === 202) return said.isSuccess && !answer.cut ? { kind: 'sent', detail: words } : later(words, true);
	if (status === 429 || status === 408) return later(words, status === 408, retryAt(answer.retryAfter, now));
	if (status >= 500) return later(words, true, retryAt(answer.retryAfter, now));
	if (status >= 400) return { kind: 'refused', reason: words };
	return { kind: 'refused', reason: `${words}: that is no answer of the Events API` };
}

function saidIn(text: string): { readonly isSuccess: boolean; readonly words: string } {
	try {
		const parsed: unknown = JSON.parse(text);
		if (typeof parsed !== 'object' || parsed === null) return { isSuccess: false, words: text.slice(0, 200) };
		const { status, message, errors } = parsed as { status?: unknown; message?: unknown; errors?: unknown }; // each is looked at below
		const words = [status, message, ...(Array.isArray(errors) ? errors : [])]
			.filter((part) => typeof part === 'string')
			.join('; ');
		return { isSuccess: status === 'success', words: words.slice(0, 500) };
	} catch {
		// No JSON: somebody else answered.
		return { isSuccess: false, words: text.slice(0, 200) };
	}
}

function retryAt(header: string | null, now: Instant): Instant | null {
	const seconds = header === null ? null : /^\d{1,6}$/.exec(header.trim());
	return seconds === null ? null : now + Math.min(Number(seconds[0]) * SECOND, RETRY_ASKED_MAX_MS);
}
