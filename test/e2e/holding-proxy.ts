// Stands between the program and a server, passes everything on, and withholds answers while it is told to: what was asked for has
// happened then, and the one who asked does not know.
import { createServer } from 'node:http';

export type HoldingProxy = {
	readonly url: string;
	hold(isHolding: boolean): void;
	/** Requests whose answer is withheld at the moment. */
	held(): number;
	close(): Promise<void>;
};

/** @param to `http://host:port` of the server behind */
export async function startHoldingProxy(to: string): Promise<HoldingProxy> {
	let isHolding = false;
	let held = 0;
	const server = createServer((request, response) => {
		const work = async (): Promise<void> => {
			const parts: Buffer[] = [];
			for await (const part of request) parts.push(part as Buffer);
			const { host: _host, connection: _connection, 'content-length': _length, ...headers } = request.headers;
			const answer = await fetch(`${to}${request.url ?? ''}`, {
				method: request.method ?? 'GET',
				headers: headers as Record<string, string>,
				...(parts.length === 0 ? {} : { body: Buffer.concat(parts) }),
			});
			const body = await answer.text();
			if (isHolding) {
				held++;
				return;
			}
			response.writeHead(answer.status, { 'content-type': 'application/json' }).end(body);
		};
		work().catch(() => response.destroy());
	});
	await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
	const address = server.address();
	return {
		url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
		hold: (value) => {
			isHolding = value;
		},
		held: () => held,
		close: () =>
			new Promise((done) => {
				server.closeAllConnections();
				server.close(() => done());
			}),
	};
}
