// The parts of a running stand-in, as its routes see them. Built by local-slack.ts.
import type { Act } from './act.ts';
import type { Delivery } from './deliver.ts';
import type { RateLimiter } from './rate-limit.ts';
import type { ResponseUrls } from './response-urls.ts';
import type { SocketMode } from './socket-mode.ts';
import type { Views } from './views.ts';
import type { Workspace } from './workspace.ts';

/** Everything that the routes reach; built once by local-slack.ts. */
export type Parts = {
	readonly workspace: Workspace;
	readonly views: Views;
	readonly socket: SocketMode;
	readonly delivery: Delivery;
	readonly responseUrls: ResponseUrls;
	readonly act: Act;
	readonly limiter: RateLimiter;
	readonly tokens: { readonly bot: string; readonly app: string };
	/** Where we listen; known once we do. */
	readonly address: { url: string };
};
