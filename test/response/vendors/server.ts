// The HTTP side of a vendor's stand-in: a real server, over TLS or not, whose answers are a function of the request and whose next
// answers a test can spoil. What a vendor does stands in the vendor's own file.
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

export type VendorRequest = {
	readonly method: string;
	readonly path: string;
	readonly query: URLSearchParams;
	readonly headers: IncomingHttpHeaders;
	readonly body: string;
};
export type VendorResponse = {
	readonly status: number;
	readonly headers: Readonly<Record<string, string>>;
	readonly body: string;
};

/** What becomes of a request instead: `proceed` does what the vendor would have done, and a fault may do that first. */
type Spoil = (request: VendorRequest, proceed: () => VendorResponse) => VendorResponse | 'hang' | 'drop';

export type VendorServer = {
	readonly url: string;
	readonly requests: VendorRequest[];
	spoil: Spoil | null;
	close(): Promise<void>;
};

/** Starts a server whose every answer `answer` makes. */
export async function startVendor(
	answer: (request: VendorRequest) => VendorResponse,
	tls: { readonly key: string; readonly cert: string } | null = null,
): Promise<VendorServer> {
	const serve = (incoming: IncomingMessage, response: ServerResponse): void => {
		const parts: Buffer[] = [];
		incoming.on('data', (part: Buffer) => parts.push(part));
		incoming.on('end', () => {
			const url = new URL(incoming.url ?? '/', 'http://vendor.invalid');
			const request: VendorRequest = {
				method: incoming.method ?? '',
				path: url.pathname,
				query: url.searchParams,
				headers: incoming.headers,
				body: Buffer.concat(parts).toString('utf8'),
			};
			vendor.requests.push(request);
			const proceed = (): VendorResponse => answer(request);
			const answered = vendor.spoil === null ? proceed() : vendor.spoil(request, proceed);
			if (answered === 'hang') return;
			if (answered === 'drop') incoming.socket.destroy();
			else response.writeHead(answered.status, answered.headers).end(answered.body);
		});
	};
	const server = tls === null ? createServer(serve) : createTlsServer(tls, serve);
	await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
	// A listening TCP server has an address with a port.
	const { port } = server.address() as AddressInfo;
	const vendor: VendorServer = {
		url: `${tls === null ? 'http' : 'https'}://127.0.0.1:${port}`,
		requests: [],
		spoil: null,
		close: () =>
			new Promise((closed) => {
				server.close(() => closed());
				server.closeAllConnections();
			}),
	};
	return vendor;
}
