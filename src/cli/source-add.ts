// `interlock source add KIND [NAME]`: an entry in sources.yaml, a fresh secret in a file of its own, and what to enter at the vendor.
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { addSource } from '../config/add-source.ts';
import { type Config, readConfig } from '../config/config.ts';
import { fileReader } from '../config/read-folder.ts';
import { SourceName } from '../config/source-name.ts';
import { didYouMean } from '../domain/nearest.ts';
import { OWN_SOURCE } from '../intake/own-alert.ts';
import { sourceKind, sourceKindNames } from '../intake/sources/index.ts';
import { EXIT, type Io } from './io.ts';

export const ADD_USAGE =
	'interlock source add KIND [NAME] [--auth bearer|hmac|basic] [--url https://HOST:PORT] [--json]';

const AUTHS = ['bearer', 'hmac', 'basic'] as const;
type Auth = (typeof AUTHS)[number];
/** 256 bits: nobody guesses it, and it needs no quoting anywhere. */
const SECRET_BYTES = 32;

type Wish = {
	readonly kind: string;
	readonly name: string;
	readonly auth: Auth | null;
	readonly url: string | null;
	readonly json: boolean;
};

export async function addSourceCommand(args: string[], io: Io): Promise<number> {
	const wish = readWish(args);
	if (typeof wish === 'string') {
		io.err(`source add: ${wish}\nusage: ${ADD_USAGE}`);
		return EXIT.usage;
	}
	const folder = io.env['INTERLOCK_CONFIG'] ?? '';
	if (folder === '' || !existsSync(folder) || !statSync(folder).isDirectory()) {
		const what = folder === '' ? 'INTERLOCK_CONFIG is not set' : `INTERLOCK_CONFIG names \`${folder}\`: no such folder`;
		io.err(
			`source add: ${what}\n    help: \`interlock init FOLDER\` writes a first one; then export INTERLOCK_CONFIG=FOLDER`,
		);
		return EXIT.unable;
	}
	const { config } = readConfig(io.env, fileReader, Date.now());
	const known = [...sourceKindNames(), ...config.mappings.map((mapping) => mapping.kind)];
	if (!known.includes(wish.kind)) {
		io.err(
			`source add: there is no kind \`${wish.kind.slice(0, 60)}\`\n    help: ${didYouMean(wish.kind, known) || 'docs/sources.md lists them'}`,
		);
		return EXIT.usage;
	}
	const auth = wish.auth ?? authOf(wish.kind);
	const secret = randomBytes(SECRET_BYTES).toString('base64url');
	const written = write(folder, wish, auth, secret);
	if (written !== null) {
		io.err(`source add: nothing was changed: ${written}`);
		return EXIT.finding;
	}
	tell(wish, auth, secret, wish.url ?? ownUrl(config), io);
	return EXIT.ok;
}

function readWish(args: string[]): Wish | string {
	const { values, positionals } = parseArgs({
		args,
		allowPositionals: true,
		options: { auth: { type: 'string' }, url: { type: 'string' }, json: { type: 'boolean', default: false } },
	});
	const [kind, name = kind, ...more] = positionals;
	if (kind === undefined || name === undefined) return 'which kind?';
	if (more.length > 0) return `a kind and a name, ${positionals.length} words were given`;
	const read = SourceName.safeParse(name);
	if (!read.success) return `\`${name.slice(0, 80)}\` ${read.error.issues[0]?.message}`;
	if (name === OWN_SOURCE)
		return `\`${name}\` is the name under which the program itself raises alerts: choose another`;
	const auth = AUTHS.find((known) => known === values.auth);
	if (values.auth !== undefined && auth === undefined)
		return values.auth === 'mtls'
			? 'a client certificate is made elsewhere: write `auth: {type: mtls, certificate: ...}` by hand (docs/sources.md)'
			: `\`${values.auth.slice(0, 40)}\` is no way to prove who one is: ${AUTHS.join(', ')}`;
	if (values.url !== undefined && !/^https?:\/\/[^/\s]+\/?$/.test(values.url))
		return '`--url` is the address under which the vendor reaches this server, as in https://alerts.plant.example';
	return { kind, name, auth: auth ?? null, url: values.url?.replace(/\/$/, '') ?? null, json: values.json };
}

/** Basic where the vendor can send no header of its own, as the kind's own words say; else a bearer token. */
function authOf(kind: string): Auth {
	return (sourceKind(kind)?.setup ?? []).some((step) => /USER:PASSWORD@|basic credentials/.test(step))
		? 'basic'
		: 'bearer';
}

/** The secret first: an entry whose secret is missing would keep the program from starting. Why not, in words; null where it is written. */
function write(folder: string, { name, kind }: Wish, auth: Auth, secret: string): string | null {
	const file = join(folder, 'sources.yaml');
	const secretFile = `secrets/${name}`;
	const path = join(folder, secretFile);
	const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
	const source = {
		name,
		kind,
		auth: { type: auth, ...(auth === 'basic' ? { user: name } : {}), secret_file: secretFile },
	};
	const added = addSource(text, source);
	if (!added.ok) return `${file}: ${added.error}`;
	if (existsSync(path)) return `${path} is there already: it may be the secret of another source`;
	mkdirSync(join(folder, 'secrets'), { recursive: true, mode: 0o700 });
	writeFileSync(path, `${secret}\n`, { mode: 0o600, flag: 'wx' });
	try {
		const beside = `${file}.new`;
		writeFileSync(beside, added.value, { mode: existsSync(file) ? statSync(file).mode & 0o777 : 0o644 });
		renameSync(beside, file);
	} catch (error) {
		rmSync(path, { force: true });
		throw error;
	}
	return null;
}

/** As seen from here; the vendor may have to use another name. */
function ownUrl({ settings, environment }: Config): string {
	return `${settings.tls === undefined ? 'http' : 'https'}://${hostname()}:${environment.port}`;
}

function tell(wish: Wish, auth: Auth, secret: string, base: string, io: Io): void {
	const url = `${base}/v1/alerts/${wish.name}`;
	const setup = (sourceKind(wish.kind)?.setup ?? []).map((step) => filledIn(step, wish.name, auth, secret, base));
	if (wish.json) {
		const { kind, name } = wish;
		io.out(
			JSON.stringify({
				name,
				kind,
				url,
				auth,
				...(auth === 'basic' ? { user: name } : {}),
				secret,
				secret_file: `secrets/${name}`,
				setup,
			}),
		);
		return;
	}
	const proof = {
		bearer: [`header    Authorization: Bearer ${secret}`],
		basic: [`user      ${wish.name}`, `password  ${secret}`],
		hmac: [
			`key       ${secret}`,
			'header    X-Interlock-Signature: t=<unix seconds>,v1=<hex of HMAC-SHA256 over "<t>.<body>">',
		],
	}[auth];
	io.out([`source    ${wish.name} (${wish.kind})`, `address   POST ${url}`, ...proof].join('\n'));
	if (setup.length > 0) io.out(['', 'At the vendor:', ...setup.map((step, i) => `  ${i + 1}. ${step}`)].join('\n'));
	io.err(
		[
			'',
			`The secret is in secrets/${wish.name}, readable by this user alone, and is not shown again.`,
			...(wish.url === null ? [`The vendor may need another address than ${base}: --url says it.`] : []),
			`A running server reads it at its next start. Then: interlock source test ${wish.name}`,
		].join('\n'),
	);
}

/** The kind's own words with address and secret in them. */
function filledIn(step: string, name: string, auth: Auth, secret: string, base: string): string {
	const [scheme = '', host = ''] = base.split('://');
	const login = auth === 'basic' ? `${name}:${secret}@` : 'USER:PASSWORD@';
	return step
		.replaceAll(
			/https:\/\/(USER:PASSWORD@)?HOST\/v1\/alerts\/[a-z0-9-]{1,63}/g,
			(_, user: string | undefined) => `${scheme}://${user === undefined ? '' : login}${host}/v1/alerts/${name}`,
		)
		.replaceAll(/Bearer TOKEN\b/g, auth === 'bearer' ? `Bearer ${secret}` : 'Bearer TOKEN')
		.replaceAll(/>TOKEN</g, auth === 'bearer' ? `>${secret}<` : '>TOKEN<');
}
