// OpenLDAP's server for a test: an LDAP server that nobody here wrote, started in a folder of its own with the attributes of Active
// Directory that the connector reads. It is not Active Directory: no `<GUID=...>`, no `tokenGroups`, groups by their `memberOf` alone.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Authority } from './certificates.ts';

const SLAPD = '/usr/sbin/slapd';
/** Where Debian puts the modules of slapd. */
const MODULES = '/usr/lib/ldap';
const SCHEMA = '/etc/ldap/schema';

/** In CI a missing slapd is a failure and no reason to skip. */
export const HAS_SLAPD = (existsSync(SLAPD) && existsSync('/usr/bin/ldapadd')) || process.env['CI'] === 'true';

export const BASE_DN = 'dc=plant,dc=example';
export const BIND_DN = `cn=interlock,${BASE_DN}`;
export const BIND_PASSWORD = 'b1nd S3cret, with (marks)';

export type Slapd = {
	readonly ldapsUrl: string;
	readonly ldapUrl: string;
	stop(): Promise<void>;
};

/** Microsoft's names and numbers, with the matching rules that OpenLDAP needs to compare values. */
const AD_SCHEMA = `
attributetype ( 1.2.840.113556.1.4.221 NAME 'sAMAccountName' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.656 NAME 'userPrincipalName' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.8 NAME 'userAccountControl' EQUALITY integerMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.771 NAME 'servicePrincipalName' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
attributetype ( 1.2.840.113556.1.4.86 NAME 'userWorkstations' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.2 NAME 'objectGUID' EQUALITY octetStringMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 SINGLE-VALUE )
objectclass ( 1.2.840.113556.1.5.9 NAME 'user' SUP top AUXILIARY MUST ( sAMAccountName $ userAccountControl ) MAY ( userPrincipalName $ servicePrincipalName $ userWorkstations $ objectGUID ) )
`;

const CONFIG = (folder: string, certificate: { certFile: string; keyFile: string }, caFile: string): string => `
include ${SCHEMA}/core.schema
include ${folder}/ad.schema
modulepath ${MODULES}
moduleload back_mdb
moduleload memberof
pidfile ${folder}/slapd.pid
TLSCACertificateFile ${caFile}
TLSCertificateFile ${certificate.certFile}
TLSCertificateKeyFile ${certificate.keyFile}
sizelimit 500
database mdb
suffix "${BASE_DN}"
rootdn "cn=root,${BASE_DN}"
rootpw not-used-by-the-connector
directory ${folder}/data
maxsize 16777216
index objectClass,sAMAccountName,userPrincipalName eq
overlay memberof
# Least privilege, as docs/connectors.md asks for it: everything is read, one attribute of the staff is written.
access to dn.subtree="ou=staff,${BASE_DN}" attrs=userAccountControl by dn.exact="${BIND_DN}" write by * none
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="${BIND_DN}" read by * none
`;

/** Starts it with these entries (LDIF) on free ports; LDAPS with a certificate for localhost, LDAP with StartTLS. */
export async function startSlapd(authority: Authority, ldif: string): Promise<Slapd> {
	const folder = mkdtempSync(join(tmpdir(), 'interlock-slapd-'));
	mkdirSync(join(folder, 'data'));
	const config = join(folder, 'slapd.conf');
	writeFileSync(join(folder, 'ad.schema'), AD_SCHEMA);
	writeFileSync(config, CONFIG(folder, authority.issue('dc1'), authority.caFile));
	writeFileSync(join(folder, 'entries.ldif'), ldif);
	const [secure, plain] = [await freePort(), await freePort()];
	const urls = `ldaps://127.0.0.1:${secure}/ ldap://127.0.0.1:${plain}/`;
	const child = spawn(SLAPD, ['-h', urls, '-f', config, '-d', '0'], { stdio: 'ignore' });
	const ended = new Promise<void>((done) => child.once('exit', () => done()));
	await listening(plain);
	// Through the server and not past it: the overlay that keeps memberOf sees only what is added while it runs.
	const root = ['-x', '-H', `ldap://127.0.0.1:${plain}`, '-D', `cn=root,${BASE_DN}`, '-w', 'not-used-by-the-connector'];
	execFileSync('ldapadd', [...root, '-f', join(folder, 'entries.ldif')], { stdio: 'pipe' });
	return {
		ldapsUrl: `ldaps://localhost:${secure}`,
		ldapUrl: `ldap://localhost:${plain}`,
		stop: async () => {
			child.kill('SIGTERM');
			await ended;
			rmSync(folder, { recursive: true, force: true });
		},
	};
}

function freePort(): Promise<number> {
	return new Promise((done, failed) => {
		const server = createServer();
		server.once('error', failed);
		server.listen(0, '127.0.0.1', () => {
			const address = server.address();
			server.close(() =>
				typeof address === 'object' && address !== null ? done(address.port) : failed(new Error('no port')),
			);
		});
	});
}

async function listening(port: number): Promise<void> {
	for (let tries = 0; tries < 200; tries++) {
		const isUp = await new Promise<boolean>((done) => {
			const socket = connect({ host: '127.0.0.1', port });
			socket.once('connect', () => done(true));
			socket.once('error', () => done(false));
			socket.once('close', () => socket.destroy());
			socket.once('connect', () => socket.destroy());
		});
		if (isUp) return;
		await new Promise((done) => setTimeout(done, 20));
	}
	throw new Error('slapd did not start');
}
