// How a connector proves who it is, and how its secret stays out of everything that is written down. Pure.
import type { GenericHttpConfig } from '../../domain/connector.ts';

/** The header that carries the secret; none where the connector has no `auth`. Basic takes `user:password` as its secret. */
export function authHeaders(auth: GenericHttpConfig['auth'], secret: string | null): Record<string, string> {
	if (auth === undefined || secret === null) return {};
	const name = (auth.header ?? 'authorization').toLowerCase();
	if (auth.type === 'bearer') return { [name]: `Bearer ${secret}` };
	if (auth.type === 'basic') return { [name]: `Basic ${Buffer.from(secret, 'utf8').toString('base64')}` };
	return { [name]: secret };
}

/** Replaces the secret, also where it was encoded, and takes out control characters: for texts that come from the target. */
export function masked(text: string, secret: string | null, max = 300): string {
	let clean = text;
	if (secret !== null && secret !== '') {
		const forms = [
			secret,
			encodeURIComponent(secret),
			Buffer.from(secret, 'utf8').toString('base64'),
			JSON.stringify(secret).slice(1, -1),
		];
		const password = secret.includes(':') ? secret.slice(secret.indexOf(':') + 1) : '';
		if (password.length >= 4) forms.push(password);
		for (const form of forms) clean = clean.replaceAll(form, '***');
	}
	return (
		clean
			.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/g, ' ')
			.trim()
			.slice(0, max)
			// The ledger takes no half of a surrogate pair, sent or cut: the result of the call would be lost.
			.toWellFormed()
	);
}
