// The syslog server: UDP, TCP and TLS sockets of the configured listeners (RFC 5426, 6587, 5425). Bytes in, messages to the queue; what they
// are and whose is decided in syslog-framing.ts and syslog-route.ts. UDP that does not fit is dropped, counted and told; TCP and TLS wait.
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { readFile } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { bareAddress, senderOf } from '../domain/address.ts';
import type { IntakeContext, Parsed, ParsedBody } from '../domain/alert.ts';
import type { Delivery, Intake } from './intake.ts';
import { Framer } from './syslog-framing.ts';
import { createSyslogQueue, type SyslogQueue } from './syslog-queue.ts';
import { mayBeSafety, type Routing, readMessage, type SyslogMessage } from './syslog-route.ts';
import { peerOf, type TlsPair, tlsOptions } from './tls.ts';

/** What the kernel is asked to hold of datagrams that we have not read yet; it may give less (net.core.rmem_max). */
const KERNEL_BUFFER_BYTES = 8 * 1024 * 1024;
const KERNEL_LOOK_MS = 5_000;
/** Bytes of one connection that wait for the database before it is paused. */
const CONNECTION_BYTES_MAX = 128 * 1024;
/** Messages for no source that one listener keeps in a minute: whoever reaches the port could fill the disk with them. */
const UNROUTED_PER_MINUTE = 6_000;
const KEEP_ALIVE_MS = 60_000;
const FORGET_LOOK_MS = 100;
/** Connections, and what came over them, have so long to be stored when the program stops. */
const DRAIN_MS = 8_000;

export type SyslogListener = Routing & {
	readonly host: string;
	readonly port: number;
	readonly transport: 'udp' | 'tcp' | 'tls';
	readonly tls: TlsPair | null;
};

/** Messages, and connections. */
const COUNTS = ['received', 'cut', 'unrouted', 'dropped', 'connected', 'closed', 'refused'] as const;
type SyslogCount = (typeof COUNTS)[number];

export type SyslogOptions = {
	readonly listeners: readonly SyslogListener[];
	readonly intake: Pick<Intake, 'accept'>;
	readonly parse: (kind: string, body: string, context: IntakeContext) => ParsedBody;
	readonly clock: () => number;
	readonly messageBytes: number;
	readonly udpBufferBytes: number;
	readonly connectionsMax: number;
	readonly connectionsPerAddress: number;
	readonly idleMs: number;
	readonly onCount: (what: SyslogCount, listener: string, times: number) => void;
	/** Messages that are gone: people must hear of it. `where` says in which buffer there was no room. */
	readonly onDropped: (listener: string, where: string, times: number) => void;
	/** A sender that may not: a wrong client certificate, or an address that is not on the source's list. */
	readonly onRefused: (source: string, address: string, reason: string) => void;
	readonly onError: (listener: string, error: unknown) => void;
};

export type SyslogServer = {
	readonly places: readonly { readonly name: string; readonly transport: string; readonly port: number }[];
	/** Bytes that wait, by listener. */
	buffered(): readonly (readonly [listener: string, bytes: number])[];
	/** Closes the sockets, stores what came, and gives the number of messages that could not be stored. */
	stop(): Promise<number>;
};

type Open = {
	readonly name: string;
	readonly transport: string;
	readonly port: number;
	readonly buffered: () => number;
	readonly stop: () => Promise<number>;
};

/** Opens every listener, or closes those that are open and throws, in words, where one cannot be. */
export async function startSyslog(options: SyslogOptions): Promise<SyslogServer> {
	const open: Open[] = [];
	// A count that is not there cannot be watched: each begins with nought.
	for (const { name } of options.listeners) for (const what of COUNTS) options.onCount(what, name, 0);
	try {
		for (const listener of options.listeners) {
			open.push(await (listener.transport === 'udp' ? openUdp(listener, options) : openStream(listener, options)));
		}
	} catch (error) {
		await Promise.all(open.map((one) => one.stop()));
		throw error;
	}
	return {
		places: open,
		buffered: () => open.map((one) => [one.name, one.buffered()]),
		async stop() {
			const left = await Promise.all(open.map((one) => one.stop()));
			return left.reduce((sum, count) => sum + count, 0);
		},
	};
}

function inWords({ name, host, port }: SyslogListener, error: Error): Error {
	return new Error(`syslog listener ${name} cannot listen at ${host} port ${port}: ${error.message}`, { cause: error });
}

function queueOf(listener: SyslogListener, options: SyslogOptions, bytesMax: number, onRoom: () => void): SyslogQueue {
	return createSyslogQueue({
		bytesMax,
		isUrgent: mayBeSafety,
		deliveriesOf: deliveriesOf(listener, options),
		accept: (delivery) => options.intake.accept(delivery),
		onError: (error) => options.onError(listener.name, error),
		onRoom,
	});
}

/** Messages of one batch, as one delivery for each source. */
function deliveriesOf(listener: SyslogListener, options: SyslogOptions) {
	const unrouted = { minute: 0, count: 0 };
	const mayKeep = (now: number): boolean => {
		const minute = Math.floor(now / 60_000);
		if (unrouted.minute !== minute) Object.assign(unrouted, { minute, count: 0 });
		unrouted.count++;
		return unrouted.count <= UNROUTED_PER_MINUTE;
	};
	return (batch: readonly SyslogMessage[]): Delivery[] => {
		const found = new Map<string, { readonly head: Omit<Delivery, 'items'>; readonly items: Parsed[] }>();
		for (const message of batch) {
			const { source, items, refused } = readMessage(message, listener, options.parse);
			if (refused !== null) options.onRefused(refused.source, message.sender, refused.reason);
			if (source === null) {
				options.onCount('unrouted', listener.name, 1);
				if (!mayKeep(message.receivedAt)) {
					options.onCount('dropped', listener.name, 1);
					options.onDropped(listener.name, 'more than may be kept without a source', 1);
					continue;
				}
			}
			const name = source?.name ?? listener.name;
			const held = found.get(name) ?? {
				head: { source: name, sourceKind: source?.kind ?? 'syslog', receivedAt: message.receivedAt, signature: null },
				items: [],
			};
			held.items.push(...items);
			found.set(name, held);
		}
		return [...found.values()].map(({ head, items }) => ({ ...head, items }));
	};
}

// ---- UDP ---------------------------------------------------------------------------------------------------------------------

async function openUdp(listener: SyslogListener, options: SyslogOptions): Promise<Open> {
	const { name } = listener;
	const queue = queueOf(listener, options, options.udpBufferBytes, () => undefined);
	const dropped = (times: number, where: string): void => {
		options.onCount('dropped', name, times);
		options.onDropped(name, where, times);
	};
	const socket = createSocket({ type: listener.host.includes(':') ? 'udp6' : 'udp4' });
	socket.on('message', (bytes, from) => {
		options.onCount('received', name, 1);
		const text = withoutEnd(bytes);
		if (text.length === 0) return;
		const isCut = text.length > options.messageBytes;
		if (isCut) options.onCount('cut', name, 1);
		const message = {
			bytes: isCut ? text.subarray(0, options.messageBytes) : text,
			sender: bareAddress(from.address),
			receivedAt: options.clock(),
			peer: null,
			fault: isCut ? `longer than ${options.messageBytes} bytes: cut there` : null,
			isBroken: false,
		};
		if (!queue.push(message)) dropped(1, 'the buffer of this listener is full');
	});
	await new Promise<void>((done, fail) => {
		socket.once('error', (error) => fail(inWords(listener, error)));
		socket.bind(listener.port, listener.host, done);
	});
	socket.on('error', (error) => options.onError(name, error));
	enlarge(socket, name, options);
	const kernel = watchKernel(socket.address().port, (times) => dropped(times, 'the buffer of the kernel is full'));
	return {
		name,
		transport: 'udp',
		port: socket.address().port,
		buffered: queue.size,
		async stop() {
			await kernel.stop();
			await new Promise<void>((done) => socket.close(() => done()));
			return queue.drain(DRAIN_MS);
		},
	};
}

function enlarge(socket: UdpSocket, name: string, options: SyslogOptions): void {
	try {
		socket.setRecvBufferSize(KERNEL_BUFFER_BYTES);
	} catch (error) {
		// The kernel's own size holds then; what it drops is counted.
		options.onError(name, error);
	}
}

function withoutEnd(bytes: Buffer): Buffer {
	let end = bytes.length;
	while (end > 0 && [0, 10, 13].includes(bytes[end - 1] ?? 1)) end--;
	return bytes.subarray(0, end);
}

/** Datagrams that the kernel dropped because we did not read fast enough: Linux counts them, elsewhere nobody knows. */
function watchKernel(port: number, onDropped: (times: number) => void): { stop(): Promise<void> } {
	let before = 0;
	const look = async (): Promise<void> => {
		const texts = await Promise.all(
			['/proc/net/udp', '/proc/net/udp6'].map((path) => readFile(path, 'latin1').catch(() => '')),
		);
		const now = texts.reduce((sum, text) => sum + kernelDrops(text, port), 0);
		if (now > before) onDropped(now - before);
		before = Math.max(now, before);
	};
	const timer = setInterval(() => void look(), KERNEL_LOOK_MS);
	return {
		stop() {
			clearInterval(timer);
			return look();
		},
	};
}

/**
 * The datagrams dropped at a local port, from the text of `/proc/net/udp`: the last column (proc(5)), the port in hexadecimal in the second.
 */
export function kernelDrops(text: string, port: number): number {
	const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
	let sum = 0;
	for (const line of text.split('\n').slice(1)) {
		const columns = line.trim().split(/\s+/);
		if (columns[1]?.endsWith(wanted) === true) sum += Number(columns.at(-1)) || 0;
	}
	return sum;
}

// ---- TCP and TLS -------------------------------------------------------------------------------------------------------------

async function openStream(listener: SyslogListener, options: SyslogOptions): Promise<Open> {
	const { name, tls } = listener;
	// Also those that are closed, until what came over them is stored: a sender that comes again and again must not fill the memory.
	const connections = new Map<Socket, SyslogQueue>();
	const refuse = (socket: Socket): void => {
		options.onCount('refused', name, 1);
		socket.destroy();
	};
	const onConnection = (socket: Socket): void => {
		if (socket.destroyed) return;
		// A reset by the other side: what came before it is kept like at any other end.
		socket.on('error', () => undefined);
		const reason = tls === null ? null : certificateFault(socket, tls);
		if (reason !== null) options.onRefused(name, bareAddress(socket.remoteAddress ?? 'unknown'), reason);
		if (reason !== null || connections.size >= options.connectionsMax) {
			refuse(socket);
			return;
		}
		const queue = serve(socket, listener, options);
		connections.set(socket, queue);
		options.onCount('connected', name, 1);
		socket.once('close', () => {
			options.onCount('closed', name, 1);
			const forget = (): void => {
				if (queue.size() === 0) connections.delete(socket);
				else setTimeout(forget, FORGET_LOOK_MS).unref();
			};
			forget();
		});
	};
	const server: Server = tls === null ? createServer(onConnection) : createTlsServer(tlsOptions(tls), onConnection);
	limitAddresses(server, options.connectionsPerAddress, refuse);
	server.on('tlsClientError', (_, socket: Socket) => refuse(socket));
	server.on('drop', () => options.onCount('refused', name, 1));
	server.maxConnections = options.connectionsMax;
	await new Promise<void>((done, fail) => {
		server.once('error', (error) => fail(inWords(listener, error)));
		server.listen(listener.port, listener.host, done);
	});
	server.on('error', (error) => options.onError(name, error));
	const address = server.address();
	return {
		name,
		transport: listener.transport,
		port: typeof address === 'object' && address !== null ? address.port : listener.port,
		buffered: () => [...connections.values()].reduce((sum, queue) => sum + queue.size(), 0),
		async stop() {
			server.close();
			const held = [...connections];
			await Promise.all(held.map(([socket]) => closed(socket)));
			const left = await Promise.all(held.map(([, queue]) => queue.drain(DRAIN_MS)));
			return left.reduce((sum, count) => sum + count, 0);
		},
	};
}

/** Connections of one address, from before any handshake. */
function limitAddresses(server: Server, connectionsMax: number, refuse: (socket: Socket) => void): void {
	const addresses = new Map<string, number>();
	server.prependListener('connection', (socket: Socket) => {
		const address = senderOf(bareAddress(socket.remoteAddress ?? ''));
		const held = (addresses.get(address) ?? 0) + 1;
		addresses.set(address, held);
		socket.once('close', () => {
			const left = (addresses.get(address) ?? 1) - 1;
			if (left === 0) addresses.delete(address);
			else addresses.set(address, left);
		});
		if (held > connectionsMax) refuse(socket);
	});
}

/** Where a listener has a CA for its clients, nobody comes in without a certificate of it. */
function certificateFault(socket: Socket, tls: TlsPair): string | null {
	if (tls.clientCa === null) return null;
	const peer = peerOf(socket);
	if (peer === null) return 'no client certificate';
	return peer.isTrusted ? null : 'the client certificate is not signed by the configured client CA';
}

function closed(socket: Socket): Promise<void> {
	if (socket.closed) return Promise.resolve();
	return new Promise((done) => {
		socket.once('close', () => done());
		socket.destroy();
	});
}

/** One connection: its bytes become messages, and it is paused while too many of them wait. */
function serve(socket: Socket, listener: SyslogListener, options: SyslogOptions): SyslogQueue {
	const framer = new Framer(options.messageBytes);
	const sender = bareAddress(socket.remoteAddress ?? 'unknown');
	const peer = peerOf(socket);
	const isFull = (): boolean => queue.size() > CONNECTION_BYTES_MAX;
	const queue = queueOf(listener, options, Number.POSITIVE_INFINITY, () => {
		if (socket.isPaused() && !isFull() && !socket.destroyed) socket.resume();
	});
	const push = (frames: ReturnType<Framer['push']>): void => {
		for (const { bytes, fault, isBroken } of frames) {
			options.onCount('received', listener.name, 1);
			if (fault !== null && !isBroken) options.onCount('cut', listener.name, 1);
			// A copy: the message must not keep its neighbours' memory alive.
			queue.push({ bytes: Buffer.from(bytes), sender, receivedAt: options.clock(), peer, fault, isBroken });
		}
	};
	socket.setKeepAlive(true, KEEP_ALIVE_MS);
	socket.setTimeout(options.idleMs, () => {
		if (!socket.isPaused()) socket.destroy();
	});
	socket.on('data', (chunk: Buffer) => {
		push(framer.push(chunk));
		if (isFull()) socket.pause();
	});
	socket.once('close', () => push(framer.end()));
	return queue;
}
