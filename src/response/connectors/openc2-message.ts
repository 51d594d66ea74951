// OpenC2 messages over HTTPS: what a command looks like on the wire, and what an answer means. Follows the OpenC2 Language Specification 1.0,
// the transfer over HTTPS 1.1 and the profile for stateless packet filtering 1.0 (OASIS). NOT here: what is commanded, and the grant
// (openc2.ts); commands that are read from playbooks (cacao/openc2.ts).
import { createHash } from 'node:crypto';
import { isJsonObject, type JsonObject, readStrictJson } from '../cacao/strict-json.ts';
import type { Answer } from './exchange.ts';
import { meaningOf } from './retry.ts';

export const OPENC2_PATH = '/.well-known/openc2';
export const OPENC2_TYPE = 'application/openc2+json;version=1.0';
const WORDS_MAX = 200;

/** A command without its envelope. */
export type Command = {
	readonly action: 'query' | 'deny' | 'delete';
	readonly target: Readonly<Record<string, unknown>>;
	readonly args: Readonly<Record<string, unknown>>;
	readonly actuator: { readonly slpf: Readonly<Record<string, unknown>> };
	readonly command_id: string;
};

/** The message as it is sent; the id stands in it and in the header `X-Request-ID`. */
export function messageOf(command: Command, created: number): string {
	return JSON.stringify({
		headers: { request_id: command.command_id, created, from: 'interlock' },
		body: { openc2: { request: command } },
	});
}

/** The same id for the same part of the same step, in the form of a random UUID, so that a consumer that knows ids acts once. */
export function idFor(...parts: readonly string[]): string {
	const bytes = createHash('sha256').update(parts.join('\n')).digest().subarray(0, 16);
	bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
	bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
	const hex = bytes.toString('hex');
	return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/**
 * done     the consumer says that it did it
 * refused  it says that it did not, or the message surely never reached it
 * unknown  it is at it (102), or nobody can say
 */
export type Response =
	| { readonly kind: 'done'; readonly results: JsonObject }
	| { readonly kind: 'refused'; readonly reason: string; readonly isTrouble: boolean }
	| { readonly kind: 'unknown'; readonly reason: string };

/** Codes that say that the command was not carried out: not understood, not allowed, not found, not implemented. */
const REFUSED = [400, 401, 403, 404, 501];

/** What an answer says. An answer that does not carry the id of the command is about another one. */
export function responseOf(answer: Answer, id: string): Response {
	const meaning = meaningOf(answer);
	if (answer.kind !== 'answered' || answer.status === 429 || (answer.status >= 300 && answer.status < 400))
		return meaning.effect === 'unknown'
			? { kind: 'unknown', reason: meaning.reason }
			: { kind: 'refused', reason: meaning.reason, isTrouble: meaning.isTrouble };
	const said = answer.cut ? null : contentOf(answer, id);
	if (said === null) {
		// Without a whole answer of OpenC2 only the codes of HTTP itself speak.
		if (meaning.effect === 'not_done') return { kind: 'refused', reason: meaning.reason, isTrouble: meaning.isTrouble };
		return {
			kind: 'unknown',
			reason: meaning.effect === 'done' ? 'the answer is no answer of OpenC2 to this command' : meaning.reason,
		};
	}
	const { status } = said;
	const words = typeof said['status_text'] === 'string' ? `: ${said['status_text'].slice(0, WORDS_MAX)}` : '';
	const reason = `the consumer answered ${String(status)}${words}`;
	if (typeof status !== 'number') return { kind: 'unknown', reason: 'the answer has no status' };
	// HTTP and OpenC2 say the same, or HTTP only that there is an answer: anything else is no answer to rely on.
	const isOne = answer.status === status || answer.status === 200;
	if (isOne && REFUSED.includes(status)) return { kind: 'refused', reason, isTrouble: status === 401 };
	if (status !== 200 || answer.status !== 200) return { kind: 'unknown', reason };
	const results = said['results'];
	return { kind: 'done', results: isJsonObject(results) ? results : {} };
}

function contentOf(answer: Extract<Answer, { kind: 'answered' }>, id: string): JsonObject | null {
	const read = readStrictJson(Buffer.from(answer.text, 'utf8'));
	if (!read.ok || !isJsonObject(read.value)) return null;
	const headers = read.value['headers'];
	const own = isJsonObject(headers) ? headers['request_id'] : undefined;
	if ((own ?? answer.headers?.['x-request-id']) !== id) return null;
	const body = read.value['body'];
	const content = isJsonObject(body) ? body['openc2'] : undefined;
	const response = isJsonObject(content) ? content['response'] : undefined;
	return isJsonObject(response) ? response : null;
}

/** The number of the rule that a filter has made; null where it names none. */
export function ruleNumberOf(results: JsonObject): number | null {
	const slpf = results['slpf'];
	const rule = isJsonObject(slpf) ? slpf['rule_number'] : undefined;
	return typeof rule === 'number' && Number.isSafeInteger(rule) && rule >= 0 ? rule : null;
}

/** What a filter can do, as `query features` shows it. */
export type Features = { readonly profiles: readonly string[]; readonly pairs: ReadonlyMap<string, readonly string[]> };

export function featuresOf(results: JsonObject): Features | null {
	const { profiles, pairs } = results;
	if (!Array.isArray(profiles) || !isJsonObject(pairs)) return null;
	const read = Object.entries(pairs).map(([action, targets]) => [action, stringsIn(targets)] as const);
	return { profiles: stringsIn(profiles), pairs: new Map(read) };
}

function stringsIn(value: unknown): string[] {
	return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}

/** The profile is written as `slpf`, or by the name of its schema. */
export function speaksSlpf({ profiles }: Features): boolean {
	return profiles.some((name) => name === 'slpf' || /\/ap-slpf$|\/oc2slpf(?:[-/].{0,40})?$/.test(name));
}

const RULE_TARGETS = ['slpf:rule_number', 'slpf/rule_number'] as const;
export type RuleTarget = (typeof RULE_TARGETS)[number];

/** What the filter calls the target that a rule is deleted by: versions 1 and 2 of the language differ. Null where it cannot. */
export function ruleTargetOf({ pairs }: Features): RuleTarget | null {
	const targets = pairs.get('delete') ?? [];
	return RULE_TARGETS.find((name) => targets.includes(name)) ?? null;
}
