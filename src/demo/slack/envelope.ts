// What travels to the bot and how it can end, for both ways there (deliver.ts, socket-mode.ts).
import type { JsonObject } from './json.ts';

export type EnvelopeType = 'events_api' | 'interactive' | 'slash_commands';
export type Retry = { readonly attempt: number; readonly reason: string };
export type Failure = 'timeout' | 'http_error' | 'not_connected';
export type Outcome =
	| { readonly ok: true; readonly body: JsonObject }
	| { readonly ok: false; readonly reason: Failure; readonly stopsRetries: boolean };
