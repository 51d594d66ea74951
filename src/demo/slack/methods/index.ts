// The registry of Web API methods: what is not in it answers unknown_method.
import type { Method } from './call.ts';
import { CHAT_METHODS } from './chat.ts';
import { CONVERSATION_METHODS } from './conversations.ts';
import { FILE_METHODS } from './files.ts';
import { PEOPLE_METHODS } from './people.ts';
import { VIEW_METHODS } from './views.ts';

export const METHODS: ReadonlyMap<string, Method> = new Map<string, Method>([
	...Object.entries(PEOPLE_METHODS),
	...Object.entries(CHAT_METHODS),
	...Object.entries(CONVERSATION_METHODS),
	...Object.entries(VIEW_METHODS),
	...Object.entries(FILE_METHODS),
	['apps.connections.open', ({ socketUrl }) => ({ ok: true, url: socketUrl() })],
]);

/** The one method that wants the app's token (xapp-) in place of the bot's. */
export const APP_TOKEN_METHODS: ReadonlySet<string> = new Set(['apps.connections.open']);
