// interlock.yaml, `tls`, `trusted_proxies` and `syslog`: how the doors listen. Nothing listens for syslog that is not written here.
import { z } from 'zod';
import { HOUR } from '../domain/time.ts';
import { AddressOrRange } from './address.ts';
import { Duration } from './duration.ts';
import { SourceName } from './source-name.ts';

const LISTENERS_MAX = 50;
const ROUTES_MAX = 500;
/** 6514 is for TLS (RFC 5425, section 4.1); 514 for the others belongs to root, so the default is one above 1024. */
const PORTS = { udp: 5514, tcp: 5514, tls: 6514 } as const;

/** Files in PEM form, relative to the configuration folder. */
export const TlsFiles = z.strictObject({
	cert_file: z.string().min(1).max(1_000),
	key_file: z.string().min(1).max(1_000),
	/** Who may sign client certificates. */
	client_ca_file: z.string().min(1).max(1_000).optional(),
});
export type TlsFiles = z.infer<typeof TlsFiles>;

const RouteKeys = z
	.strictObject({
		/** Of the sender: an address or a range. */
		address: AddressOrRange.optional(),
		/** As the CEF or LEEF header of the message says it; case does not count. */
		vendor: z.string().min(1).max(200).optional(),
		product: z.string().min(1).max(200).optional(),
		source: SourceName,
	})
	.refine(
		(route) => route.address !== undefined || route.vendor !== undefined || route.product !== undefined,
		'matches everything: name an `address`, `vendor` or `product`, or write the source as `source` of the listener',
	);

/** `host:port`, `[ipv6]:port`, `:port` for every interface, or a host alone for the usual port. */
const Listen = z
	.string()
	.refine((text) => readListen(text) !== null, 'is no place to listen: write it as in 0.0.0.0:5514 or [::]:5514');

function readListen(text: string): { host: string; port: number | null } | null {
	const match = /^(?:\[([0-9A-Fa-f:.]{2,45})\]|([A-Za-z0-9.-]{0,253}))(?::(\d{1,5}))?$/.exec(text);
	if (match === null || text === '') return null;
	const port = match[3] === undefined ? null : Number(match[3]);
	if (port !== null && port > 65_535) return null;
	if (match[1] === undefined && /^\d{1,5}$/.test(match[2] ?? '')) return null;
	return { host: match[1] ?? (match[2] || '0.0.0.0'), port };
}

const Listener = z
	.strictObject({
		listen: Listen,
		transport: z.enum(['udp', 'tcp', 'tls']),
		tls: TlsFiles.optional(),
		/** Of messages that no route takes; without it they are kept as not understood, under the listener's name. */
		source: SourceName.optional(),
		routes: z.array(RouteKeys).max(ROUTES_MAX).default([]),
	})
	.refine((listener) => (listener.transport === 'tls') === (listener.tls !== undefined), {
		error: '`tls` (cert_file, key_file, client_ca_file) belongs to transport `tls`, and that needs it',
		path: ['tls'],
	});

export const SyslogSettings = z.strictObject({
	listeners: z.array(Listener).max(LISTENERS_MAX).default([]),
	/** Bytes of one message; what is longer is cut there (RFC 5425 asks for 2,048 at least). */
	message_bytes: z
		.number()
		.int()
		.min(2_048)
		.max(1024 * 1024)
		.default(64 * 1024),
	/** Bytes that wait of one UDP listener while the database is slow or away; past it datagrams are dropped, counted and told. */
	udp_buffer_bytes: z
		.number()
		.int()
		.min(1024 * 1024)
		.max(1024 * 1024 * 1024)
		.default(32 * 1024 * 1024),
	/** Connections of one listener, and of one address at it. */
	connections: z.number().int().min(1).max(10_000).default(500),
	connections_per_address: z.number().int().min(1).max(10_000).default(32),
	/** A connection that says nothing for so long is closed. */
	idle_timeout: Duration.default(HOUR),
});
export type SyslogSettings = z.infer<typeof SyslogSettings>;
export type ListenerSettings = SyslogSettings['listeners'][number];

/** Where a listener listens: every interface and the usual port where it does not say. */
export function listenAt(listener: ListenerSettings): { host: string; port: number } {
	const read = readListen(listener.listen);
	return { host: read?.host ?? '0.0.0.0', port: read?.port ?? PORTS[listener.transport] };
}
