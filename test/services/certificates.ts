// Certificates of a test: a CA, a server and clients, made by openssl, which is no code of ours.
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type Pair = {
	readonly cert: string;
	readonly key: string;
	readonly certFile: string;
	readonly keyFile: string;
	readonly fingerprint: string;
};

export type Authority = {
	readonly folder: string;
	readonly ca: string;
	readonly caFile: string;
	issue(name: string): Pair;
	remove(): void;
};

const openssl = (...args: string[]): void => {
	execFileSync('openssl', args, { stdio: 'ignore' });
};

/** A CA of its own; `issue` signs a certificate with this common name, for 127.0.0.1 and localhost. */
export function openAuthority(): Authority {
	const folder = mkdtempSync(join(tmpdir(), 'interlock-ca-'));
	const at = (name: string): string => join(folder, name);
	const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
	openssl('req', '-x509', ...ec, '-keyout', at('ca.key'), '-out', at('ca.pem'), '-days', '2', '-subj', '/CN=Test CA');
	writeFileSync(at('ext'), 'subjectAltName=IP:127.0.0.1,DNS:localhost\n');
	return {
		folder,
		ca: readFileSync(at('ca.pem'), 'utf8'),
		caFile: at('ca.pem'),
		issue(name) {
			const [certFile, keyFile] = [at(`${name}.pem`), at(`${name}.key`)];
			openssl('req', '-new', ...ec, '-keyout', keyFile, '-out', at(`${name}.csr`), '-subj', `/O=Plant/CN=${name}`);
			openssl(
				'x509',
				'-req',
				'-in',
				at(`${name}.csr`),
				'-CA',
				at('ca.pem'),
				'-CAkey',
				at('ca.key'),
				'-CAcreateserial',
				'-out',
				certFile,
				'-days',
				'2',
				'-extfile',
				at('ext'),
			);
			const cert = readFileSync(certFile, 'utf8');
			const fingerprint = new X509Certificate(cert).fingerprint256.replaceAll(':', '').toLowerCase();
			return { cert, key: readFileSync(keyFile, 'utf8'), certFile, keyFile, fingerprint };
		},
		remove: () => rmSync(folder, { recursive: true, force: true }),
	};
}
