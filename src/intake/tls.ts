// TLS at the doors: what a server needs to speak it, and what the other side's certificate says. Who may send is decided in authenticate.ts.
import { TLSSocket, type TlsOptions } from 'node:tls';
import type { PeerCertificate } from './authenticate.ts';

/** PEM texts. */
export type TlsPair = { readonly cert: string; readonly key: string; readonly clientCa: string | null };

const HANDSHAKE_MS = 10_000;

/**
 * Options of a TLS server, 1.2 and newer (RFC 9325). With a client CA the client is asked for a certificate; one without, or with a wrong
 * one, is let through the handshake, so that the caller can say who it was and why it goes no further.
 */
export function tlsOptions(pair: TlsPair): TlsOptions {
	return {
		cert: pair.cert,
		key: pair.key,
		minVersion: 'TLSv1.2',
		handshakeTimeout: HANDSHAKE_MS,
		...(pair.clientCa === null ? {} : { ca: pair.clientCa, requestCert: true, rejectUnauthorized: false }),
	};
}

/** The certificate that the other side of a connection showed; null where there is none. */
export function peerOf(socket: unknown): PeerCertificate | null {
	if (!(socket instanceof TLSSocket)) return null;
	const certificate = socket.getPeerX509Certificate();
	if (certificate === undefined) return null;
	const subject: Record<string, string> = {};
	for (const [part, value] of Object.entries(certificate.toLegacyObject().subject ?? {})) {
		subject[part] = [value].flat().join('\n');
	}
	return {
		isTrusted: socket.authorized,
		fingerprint: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
		subject,
	};
}
