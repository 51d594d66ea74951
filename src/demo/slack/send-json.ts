// One way to answer with JSON.
import type { ServerResponse } from 'node:http';

export function sendJson(
	response: ServerResponse,
	status: number,
	body: unknown,
	headers: { readonly [name: string]: string } = {},
): void {
	response.writeHead(status, {
		'content-type': 'application/json; charset=utf-8',
		'cache-control': 'no-store',
		...headers,
	});
	response.end(JSON.stringify(body));
}
