// The files of a TLS server: certificate, key and client CA, read and held against each other before anything listens with them.
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { err, ok, type Result } from '../domain/result.ts';
import type { Instant } from '../domain/time.ts';
import { Secret } from './secret.ts';
import type { TlsFiles } from './syslog-settings.ts';

/** PEM texts. */
export type TlsConfig = { readonly cert: string; readonly key: Secret; readonly clientCa: string | null };

type Key = keyof TlsFiles;

/** Reads the files; the error names the key whose file is wrong. */
export function readTls(
	files: TlsFiles,
	readFile: (path: string) => Result<string, string>,
	now: Instant,
): Result<TlsConfig, { readonly key: Key; readonly message: string }> {
	const fail = (key: Key, message: string) => err({ key, message: `the file \`${files[key]}\` ${message}` });
	const certText = readFile(files.cert_file);
	if (!certText.ok) return fail('cert_file', certText.error);
	const cert = certificateIn(certText.value);
	if (cert === null) return fail('cert_file', 'holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)');
	if (Date.parse(cert.validTo) <= now) return fail('cert_file', `holds a certificate that ended on ${cert.validTo}`);
	const keyText = readFile(files.key_file);
	if (!keyText.ok) return fail('key_file', keyText.error);
	const key = privateKeyIn(keyText.value);
	if (key === null) return fail('key_file', 'holds no private key in PEM form without a password');
	if (!cert.checkPrivateKey(key)) return fail('key_file', 'holds the key of another certificate');
	if (files.client_ca_file === undefined)
		return ok({ cert: certText.value, key: new Secret(keyText.value), clientCa: null });
	const caText = readFile(files.client_ca_file);
	if (!caText.ok) return fail('client_ca_file', caText.error);
	if (certificateIn(caText.value) === null) return fail('client_ca_file', 'holds no certificate in PEM form');
	return ok({ cert: certText.value, key: new Secret(keyText.value), clientCa: caText.value });
}

/** Certificates that a server's must lead to; a file that holds none would trust nobody, and one that has ended fails at night. */
export function readAuthorities(
	path: string,
	readFile: (path: string) => Result<string, string>,
	now: Instant,
): Result<string, string> {
	const text = readFile(path);
	if (!text.ok) return err(`the file \`${path}\` ${text.error}`);
	const first = certificateIn(text.value);
	if (first === null) return err(`the file \`${path}\` holds no certificate in PEM form`);
	if (Date.parse(first.validTo) <= now)
		return err(`the file \`${path}\` holds a certificate that ended on ${first.validTo}`);
	return ok(text.value);
}

function certificateIn(text: string): X509Certificate | null {
	try {
		return new X509Certificate(text);
	} catch {
		// There is no other way to ask whether a text is a certificate.
		return null;
	}
}

function privateKeyIn(text: string): ReturnType<typeof createPrivateKey> | null {
	try {
		return createPrivateKey(text);
	} catch {
		// Nor whether it is a key that can be used.
		return null;
	}
}
