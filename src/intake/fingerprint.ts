// Identity of a condition: repeats fold and a closing message finds its opening by it. Pure; folding itself is not done here.
import { hash } from 'node:crypto';

/**
 * Hex SHA-256, cut to 32 digits, over the source's name and the parts by which the vendor identifies a condition.
 *
 * The source's name is one of the parts, because two sites may use the same addresses. Texts are compared without case and outer
 * white space; an absent part differs from an empty text nowhere, so a field that a version leaves out changes nothing.
 */
export function fingerprintOf(
	source: string,
	parts: readonly (string | number | boolean | null | undefined)[],
): string {
	let identity = '';
	for (const part of [source, ...parts]) {
		const text = String(part ?? '')
			.trim()
			.toLowerCase()
			.toWellFormed();
		// Length first: no two lists of parts give the same bytes.
		identity += `${text.length}:${text}`;
	}
	return hash('sha256', identity, 'hex').slice(0, 32);
}
