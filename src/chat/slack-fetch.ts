// The one way in which Slack's clients open a connection: to Slack's own hosts, following no redirect. What Slack names at run time (the socket of
// Socket Mode, the address for an answer to a command) is held to the same list. NOT here: what is said (slack.ts).
import type { FetchFunction } from '@slack/web-api';
import { type Destination, destinationOf, isOnList, shownDestination } from '../domain/destination.ts';

/** The method that answers with the address of the socket. */
const OPENS_SOCKET = '/apps.connections.open';

/**
 * A fetch for these destinations and no other.
 *
 * @throws TypeError (as a rejection) for an address that is not on the list, and for an answer that names a socket elsewhere
 */
export function slackFetch(list: readonly Destination[]): FetchFunction {
	return async (url, init) => {
		refuseElsewhere(list, url);
		const { body, ...rest } = init ?? {};
		const response = await fetch(url, { ...rest, ...(body === undefined ? {} : { body }), redirect: 'error' });
		if (destinationPath(url).endsWith(OPENS_SOCKET)) await checkSocket(list, response.clone());
		return response;
	};
}

function destinationPath(url: string | URL): string {
	return URL.parse(String(url))?.pathname ?? '';
}

function refuseElsewhere(list: readonly Destination[], url: string | URL): void {
	const to = destinationOf(url);
	if (to !== null && isOnList(list, to)) return;
	const shown = to === null ? 'an address that is none' : shownDestination(to);
	throw new TypeError(`${shown} is not where Slack is (${list.map(shownDestination).join(', ')}): nothing was sent`);
}

/** The client connects to whatever stands there; an answer that is no JSON it refuses itself. */
async function checkSocket(list: readonly Destination[], response: Response): Promise<void> {
	const answer: unknown = await response.json().catch(() => null);
	const url = typeof answer === 'object' && answer !== null && 'url' in answer ? answer.url : undefined;
	if (typeof url === 'string') refuseElsewhere(list, url);
}
