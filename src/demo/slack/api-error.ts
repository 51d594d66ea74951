// How a Web API method says no: one error class with Slack's code, turned into `{ok: false, error}` by the server.
import type { JsonObject } from './json.ts';

/** Ends a Web API method with Slack's error code; `messages` becomes `response_metadata.messages`, as Slack writes it. */
export class SlackApiError extends Error {
	readonly code: string;
	readonly messages: readonly string[];

	constructor(code: string, messages: readonly string[] = []) {
		super(messages.length === 0 ? code : `${code}: ${messages.join('; ')}`);
		this.name = 'SlackApiError';
		this.code = code;
		this.messages = messages;
	}

	toBody(): JsonObject {
		if (this.messages.length === 0) return { ok: false, error: this.code };
		const errors = this.messages.map((message) => message.replace('[ERROR] ', ''));
		return { ok: false, error: this.code, errors, response_metadata: { messages: this.messages } };
	}
}
