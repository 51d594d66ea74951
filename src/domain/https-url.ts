// Addresses that a secret is sent to. Pure.
import { z } from 'zod';

/** This machine: for a stand-in, where nobody is on the way. */
const HERE = ['127.0.0.1', 'localhost', '[::1]'];

/**
 * An address of HTTPS, or of plain HTTP on this very machine: over plain HTTP the secret would be handed to everybody on the way. The host is
 * compared as it will be connected to, because `http://localhost.example` and `http://localhost@example` only begin like this machine.
 */
export const HttpsUrl = z.url({ protocol: /^https?$/ }).refine(isSafe, {
	error: 'https is needed, without a user in the address',
});

function isSafe(text: string): boolean {
	if (!URL.canParse(text)) return false;
	const { protocol, hostname, username, password } = new URL(text);
	return username === '' && password === '' && (protocol === 'https:' || HERE.includes(hostname));
}
