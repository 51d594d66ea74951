// Slack's request signature, version v0: the one proof a bot has that a request came from Slack. Pure.
import { createHmac } from 'node:crypto';

/**
 * The two headers that Slack sets: HMAC-SHA256 of `v0:<timestamp>:<raw body>` under the signing secret.
 *
 * @param raw the exact bytes of the body as text
 * @param atSeconds unix seconds
 */
export function signatureHeaders(
	raw: string,
	secret: string,
	atSeconds: number,
): { readonly [header: string]: string } {
	const digest = createHmac('sha256', secret).update(`v0:${atSeconds}:${raw}`).digest('hex');
	return { 'x-slack-request-timestamp': String(atSeconds), 'x-slack-signature': `v0=${digest}` };
}
