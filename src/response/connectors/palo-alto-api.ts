// The XML API of a Palo Alto firewall, as far as tags on addresses and sessions need it: one request, its answer read strictly, and which firewall of a
// pair is the active one. NOT here: what is changed and what an answer means for a step (palo-alto.ts,
// globalprotect.ts).
import type { Instant } from '../../domain/time.ts';
import type { Blind } from './address-block.ts';
import type { Resolve } from './address-guard.ts';
import { type Answer, exchange } from './exchange.ts';
import { CALL_BUDGET_MS, meaningOf, pauseBefore } from './retry.ts';

export type FirewallReach = {
	readonly vsys: string | null;
	readonly key: string;
	readonly timeoutMs: number;
	readonly allowPrivate: boolean;
	readonly resolve: Resolve;
	readonly now: () => Instant;
	readonly sleep: (ms: number) => Promise<void>;
	/** Bytes of an answer that are read; left out, those of a receipt. */
	readonly bytesMax?: number;
};

/**
 * success   `<response status="success">`
 * refused   an answer that says that nothing was changed: wrong key, missing right, malformed or unknown command
 * said      `status="error"` about single entries (a tag that is there already, or is not there): only a look tells
 * unknown   no whole answer, or an error inside the firewall
 */
export type Reply =
	| { readonly kind: 'success'; readonly xml: string }
	| { readonly kind: 'refused'; readonly reason: string; readonly isTrouble: boolean }
	| { readonly kind: 'said'; readonly reason: string }
	| { readonly kind: 'unknown'; readonly reason: string };

/**
 * Codes of the answer's own status that say that the request was not carried out (PAN-OS XML API error codes): bad request, forbidden,
 * unknown command, bad path, object not present, denied, unauthorised, invalid and malformed command, session timed out.
 */
const REFUSED_CODES = ['400', '403', '1', '6', '7', '12', '14', '15', '16', '17', '18', '22'];

/** Addresses of one show command; an asset has a handful. */
const WORDS_MAX = 200;

export type Firewall = {
	/**
	 * Asks or changes.
	 *
	 * @param canRepeat whether it may be sent again after an answer that never came: as it may for a tag, which is there once or not at all
	 */
	ask(url: string, type: 'op' | 'user-id', cmd: string, canRepeat?: boolean): Promise<Reply>;
	isOverdue(): boolean;
};

/** One call's conversation: all its requests share one time budget. */
export function openFirewall(reach: FirewallReach): Firewall {
	const deadline = reach.now() + CALL_BUDGET_MS;
	const once = async (url: string, body: string, leftMs: number): Promise<Answer> =>
		await exchange({
			url: new URL(`${url.replace(/\/$/, '')}/api/`),
			method: 'POST',
			// The key in a header and not in the address: addresses stand in logs of proxies.
			headers: {
				accept: 'application/xml',
				'user-agent': 'interlock',
				'content-type': 'application/x-www-form-urlencoded',
				'x-pan-key': reach.key,
			},
			body,
			timeoutMs: Math.min(reach.timeoutMs, leftMs),
			allowPrivate: reach.allowPrivate,
			resolve: reach.resolve,
			...(reach.bytesMax === undefined ? {} : { bytesMax: reach.bytesMax }),
		});
	return {
		isOverdue: () => reach.now() >= deadline,
		async ask(url, type, cmd, canRepeat = true) {
			const form = new URLSearchParams({ type, cmd, ...(reach.vsys === null ? {} : { vsys: reach.vsys }) }).toString();
			// What one try left open stays open, however clear the refusal of the next was.
			let doubt: string | null = null;
			for (let tries = 1; ; tries++) {
				const leftMs = deadline - reach.now();
				if (leftMs <= 0 && doubt !== null) return { kind: 'unknown', reason: doubt };
				if (leftMs <= 0)
					return { kind: 'refused', reason: 'not sent: the time for this call is over', isTrouble: true };
				const answer = await once(url, form, leftMs);
				const pause = pauseBefore(answer, canRepeat, tries, deadline - reach.now(), reach.now());
				if (pause === null) return stillOpen(replyOf(answer), doubt);
				const meaning = meaningOf(answer);
				if (meaning.effect === 'unknown') doubt = meaning.reason;
				await reach.sleep(pause);
			}
		},
	};
}

function stillOpen(reply: Reply, doubt: string | null): Reply {
	return doubt === null || reply.kind !== 'refused'
		? reply
		: { kind: 'unknown', reason: `${reply.reason}; a try before: ${doubt}` };
}

/** PAN-OS answers 200 also where it refuses: what counts is the status inside. */
function replyOf(answer: Answer): Reply {
	const meaning = meaningOf(answer);
	const root =
		answer.kind === 'answered' ? /^\s*(?:<\?xml[^>]{0,100}\?>\s*)?<response\s([^>]{0,200})>/.exec(answer.text) : null;
	const isWhole = answer.kind === 'answered' && !answer.cut && /<\/response>\s*$/.test(answer.text.slice(-200));
	if (answer.kind === 'answered' && root !== null && isWhole) {
		const status = /\bstatus\s*=\s*["'](\w{1,20})["']/.exec(root[1] ?? '')?.[1];
		const code = /\bcode\s*=\s*["'](\d{1,4})["']/.exec(root[1] ?? '')?.[1];
		if (meaning.effect === 'done' && status === 'success') return { kind: 'success', xml: answer.text };
		const reason = `the firewall answered${code === undefined ? '' : ` ${code}`}: ${wordsOf(answer.text)}`;
		if (status === 'error' && code !== undefined && REFUSED_CODES.includes(code))
			return { kind: 'refused', reason, isTrouble: code === '22' };
		if (status === 'error' && code === undefined && meaning.effect === 'done') return { kind: 'said', reason };
		if (meaning.effect !== 'not_done') return { kind: 'unknown', reason };
	}
	if (meaning.effect === 'not_done') return { kind: 'refused', reason: meaning.reason, isTrouble: meaning.isTrouble };
	return {
		kind: 'unknown',
		reason: meaning.effect === 'done' ? 'the answer is no whole answer of PAN-OS' : meaning.reason,
	};
}

/** The words between the marks, for people. */
function wordsOf(xml: string): string {
	const messages = [...xml.matchAll(/\bmessage\s*=\s*"([^"]{1,200})"/g)].map((match) => match[1]);
	const plain = xml
		.replace(/<[^>]{0,500}>/g, ' ')
		.replace(/\s+/g, ' ')
		.trim();
	return [...messages, plain]
		.filter((word) => word !== '')
		.join('; ')
		.slice(0, WORDS_MAX);
}

/** The tags of an address from `show object registered-ip`; null where the answer is not the one that was asked for. */
export function tagsOf(xml: string, isSame: (ip: string) => boolean): Set<string> | null {
	if (!/<result\b/.test(xml)) return null;
	const found = new Set<string>();
	for (const part of xml.split('<entry').slice(1)) {
		const ip = /^\s[^>]{0,300}?\bip\s*=\s*["']([0-9A-Fa-f:./-]{2,100})["']/.exec(part)?.[1];
		if (ip === undefined) return null;
		if (!isSame(ip)) continue;
		for (const member of part.matchAll(/<member\b[^>]{0,200}>([^<]{1,200})<\/member>/g))
			found.add((member[1] ?? '').trim());
	}
	return found;
}

/**
 * Whether this firewall is one that tags have to be told to: alone, or the active one of a pair. A passive peer gets them from the active
 * one and what it is told itself is not passed on.
 */
async function isActive(firewall: Firewall, url: string): Promise<Reply | 'active' | 'passive'> {
	const reply = await firewall.ask(url, 'op', '<show><high-availability><state></state></high-availability></show>');
	if (reply.kind !== 'success') return reply;
	if (/<enabled>\s*no\s*<\/enabled>/.test(reply.xml)) return 'active';
	const local = /<local-info>([\s\S]{0,20000}?)<\/local-info>/.exec(reply.xml)?.[1];
	const state = /<state>\s*([a-z-]{1,40})\s*<\/state>/.exec(local ?? '')?.[1];
	if (state === undefined) return { kind: 'unknown', reason: 'the firewall does not say whether it is the active one' };
	return state === 'active' || state === 'active-primary' ? 'active' : 'passive';
}

/** The one of the pair to talk to. */
export async function activeOf(firewall: Firewall, urls: readonly string[]): Promise<string | Blind> {
	let why: Blind | null = null;
	for (const url of urls) {
		const state = await isActive(firewall, url);
		if (state === 'active') return url;
		if (state !== 'passive') why = blind(state, 'the state of the pair cannot be read');
	}
	return why ?? { reason: 'no firewall of the pair is the active one', isTrouble: true };
}

/** Why nothing can be seen, in words for people. */
export function blind(reply: Reply, words: string): Blind {
	const reason = 'reason' in reply ? `${words}: ${reply.reason}` : words;
	return { reason, isTrouble: reply.kind !== 'refused' || reply.isTrouble };
}
