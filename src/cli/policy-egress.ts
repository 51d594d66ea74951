// `interlock policy egress`: every host and port to which the program opens a connection, as a table or as a policy that another program enforces.
// Reads the configuration without its secrets: the list can be made where they are not. Connects to nothing; `--resolve` looks names up.
import { parseArgs } from 'node:util';
import { readConfig, type Written } from '../config/config.ts';
import { checkEgress, type Egress, egressOf } from '../config/egress.ts';
import { type Environment, readEnvironment } from '../config/environment.ts';
import { formatFinding, shown } from '../config/finding.ts';
import { fileReader } from '../config/read-folder.ts';
import type { Settings } from '../config/settings-file.ts';
import { textAt, textsAt } from '../config/written.ts';
import { isAddressRange } from '../domain/address.ts';
import type { InventoryData } from '../domain/asset.ts';
import { hostOf, shownDestination } from '../domain/destination.ts';
import type { Finding } from '../domain/result.ts';
import { INSIDE, resolveBySystem } from '../response/connectors/address-guard.ts';
import { ciliumPolicy } from './egress/cilium.ts';
import { networkPolicy } from './egress/kubernetes.ts';
import { nftables } from './egress/nftables.ts';
import * as made from './egress/policy.ts';
import { openedByPeers, systemdDropIn } from './egress/systemd.ts';

export type EgressIo = {
	out(text: string): void;
	err(text: string): void;
	readonly env: Readonly<Record<string, string | undefined>>;
	/** The system's resolver; a test gives its own. */
	readonly resolve?: (host: string) => Promise<readonly string[]>;
};

const FORMATS = ['text', 'json', 'kubernetes', 'cilium', 'nftables', 'systemd'] as const;
type Format = (typeof FORMATS)[number];
/** They hold addresses: a name needs its own. */
const ADDRESS_FORMATS: readonly Format[] = ['kubernetes', 'nftables', 'systemd'];

export const EGRESS_USAGE = `usage: interlock policy egress [--format ${FORMATS.join('|')}] [--json]
                               [--address HOST=ADDRESS[,ADDRESS]|internet ...] [--resolve] [--dns ADDRESS ...]
                               [--peer RANGE ...] [--user USER] [--namespace NAMESPACE] [--name NAME]
`;
const NAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** Ends the command early: what to say, and the exit code. */
class Stop extends Error {
	readonly code: 1 | 2 | 3;
	constructor(code: 1 | 2 | 3, message: string) {
		super(message);
		this.code = code;
	}
}

const OPTIONS = {
	format: { type: 'string' },
	json: { type: 'boolean', default: false },
	address: { type: 'string', multiple: true, default: [] as string[] },
	resolve: { type: 'boolean', default: false },
	dns: { type: 'string', multiple: true, default: [] as string[] },
	peer: { type: 'string', multiple: true, default: [] as string[] },
	user: { type: 'string', default: 'interlock' },
	namespace: { type: 'string', default: 'interlock' },
	name: { type: 'string', default: 'interlock' },
} as const;

/** @returns 0 printed, 1 the configuration or an address forbids it, 2 wrong usage, 3 the configuration cannot be read whole */
export async function egress(args: string[], io: EgressIo, now: number): Promise<number> {
	try {
		const values = valuesOf(args);
		const ground = groundOf(io, now);
		if (values.format === 'text' || values.format === 'json') print(values.format, ground, io);
		else await printPolicy(values, ground, io);
		return 0;
	} catch (stop) {
		if (!(stop instanceof Stop)) throw stop;
		io.err(stop.message.endsWith('\n') ? stop.message : `${stop.message}\n`);
		return stop.code;
	}
}

type Values = {
	readonly format: Format;
	readonly named: ReadonlyMap<string, readonly string[]>;
	readonly resolve: boolean;
	readonly dns: readonly string[];
	readonly peers: readonly string[];
	readonly user: string;
	readonly namespace: string;
	readonly name: string;
};

function valuesOf(args: string[]): Values {
	const usage = (message: string): Stop => new Stop(2, `policy egress: ${message}\n${EGRESS_USAGE}`);
	let values: ReturnType<typeof parseArgs<{ args: string[]; options: typeof OPTIONS }>>['values'];
	try {
		values = parseArgs({ args, options: OPTIONS }).values;
	} catch (error) {
		throw usage(error instanceof Error ? error.message : String(error));
	}
	const wanted = values.format ?? (values.json ? 'json' : 'text');
	const format = FORMATS.find((one) => one === wanted);
	if (format === undefined || (values.json && format !== 'json'))
		throw usage(`there is no format ${shown(wanted)}${values.json ? ' beside --json' : ''}`);
	const range = (option: string) => (text: string) => {
		if (!isAddressRange(text)) throw usage(`--${option} ${shown(text)} is no address and no range`);
		return text;
	};
	const named = new Map<string, string[]>();
	for (const pair of values.address) {
		const [written = '', list = ''] = pair.split('=', 2);
		const below = written.startsWith('*.') ? '*.' : '';
		const host = hostOf(written.slice(below.length));
		if (host === null || list === '') throw usage(`--address ${shown(pair)} is not HOST=ADDRESS,ADDRESS`);
		const held = named.get(below + host) ?? [];
		const addresses = list.split(',').map((text) => (text === made.INTERNET ? text : range('address')(text)));
		named.set(below + host, [...held, ...addresses]);
	}
	for (const key of ['namespace', 'name'] as const)
		if (!NAME.test(values[key])) throw usage(`--${key} ${shown(values[key])} is no name of Kubernetes`);
	if (!/^[a-z0-9_][a-z0-9_-]{0,31}$/.test(values.user)) throw usage(`--user ${shown(values.user)} is no account`);
	const { resolve, user, namespace, name } = values;
	const [dns, peers] = [values.dns.map(range('dns')), values.peer.map(range('peer'))];
	return { format, named, resolve, dns, peers, user, namespace, name };
}

type Ground = {
	readonly list: readonly Egress[];
	readonly environment: Environment;
	readonly settings: Settings;
	readonly written: Written;
	/** Null where there is none: then nothing is known of the plant. */
	readonly inventory: InventoryData | null;
};

/** The list, or a stop: half of a configuration would give half a list, which looks like a whole one. */
function groundOf(io: EgressIo, now: number): Ground {
	const ofEnvironment = readEnvironment(io.env).findings.filter((finding) => finding.level === 'error');
	if (ofEnvironment.length > 0) throw new Stop(3, told(ofEnvironment));
	const folder = io.env['INTERLOCK_CONFIG'] ?? '';
	const read = folder === '' ? null : fileReader.folder(folder);
	if (read?.ok === false) throw new Stop(3, `policy egress: INTERLOCK_CONFIG names ${shown(folder)}: ${read.error}`);
	const { config, written, isInventoryKnown, findings } = readConfig(io.env, fileReader, now);
	const { environment, settings, inventory } = config;
	const isWhole =
		written.connectors.length === settings.connectors.length && written.pagers.length === settings.pagers.length;
	if (!isWhole || !isInventoryKnown) throw new Stop(3, told(findings.filter(({ level }) => level === 'error')));
	const list = egressOf(
		environment,
		settings.connectors.map((one, at) => ({ config: one, place: written.connectors[at]?.at() ?? null })),
		settings.pagers.map((one, at) => ({ config: one, place: written.pagers[at]?.at() ?? null })),
	);
	const against = inventory === null ? [] : checkEgress(list, inventory);
	for (const finding of against) io.err(`${formatFinding(finding)}\n`);
	if (against.some(({ level }) => level === 'error'))
		throw new Stop(1, 'nothing is printed: the program does not start with this list');
	return { list, environment, settings, written, inventory };
}

function told(findings: readonly Finding[]): string {
	return `${findings.map(formatFinding).join('\n')}\npolicy egress: the configuration cannot be read whole, and half a list is none`;
}

/** What keeps each line inside the program, in words. */
const HELD: Readonly<Record<Egress['held'], string>> = {
	list: 'the client has a list and refuses all else',
	url: 'nothing but this address',
};

function print(format: 'text' | 'json', { list, environment, inventory }: Ground, io: EgressIo): void {
	const here = onThisMachine(environment);
	if (format === 'json') {
		const destinations = list.map(({ host, port, what, from, held, readOnly }) => ({
			...{ host, port, what, from, held, read_only: readOnly },
		}));
		io.out(`${JSON.stringify({ destinations, not_listed: here }, null, 2)}\n`);
		return;
	}
	const rows = [
		['host and port', 'what is there', 'written at', 'kept to it by'],
		...list.map((one) => [shownDestination(one), one.what, one.from, HELD[one.held]]),
	];
	const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
	const lines = rows.map((row) =>
		row
			.map((text, at) => text.padEnd(widths[at] ?? 0))
			.join('  ')
			.trimEnd(),
	);
	if (list.length === 0) lines.splice(0, 1, 'no host: nothing of this configuration is on another machine');
	if (list.some(({ host }) => made.isName(host) && !made.isOnThisMachine(host)))
		here.push('names are looked up by the resolver of the system (port 53)');
	if (inventory === null) here.push('without an inventory nobody can say whether one of them is a controller');
	io.out(`${[...lines, '', ...here.map((line) => `- ${line}`)].join('\n')}\n`);
}

/** What is not on the list, and why. */
function onThisMachine({ databaseUrl, redisUrl, slack, model }: Environment): string[] {
	return [
		...(databaseUrl === null ? ['the database is the embedded one (DATABASE_URL is not set)'] : []),
		...(redisUrl === null ? ['the queue is on the database (REDIS_URL is not set)'] : []),
		...(slack === null ? ['Slack is the stand-in on this machine (SLACK_BOT_TOKEN is not set)'] : []),
		...(model === null ? ['there is no adviser (INTERLOCK_MODEL is not set)'] : []),
	];
}

async function printPolicy(values: Values, ground: Ground, io: EgressIo): Promise<void> {
	const inventory = ground.inventory ?? { assets: [], zones: [], conduits: [], confirmedAt: 0 };
	const named = new Map(values.named);
	if (values.resolve && values.format !== 'cilium')
		for (const [host, addresses] of await lookUp(ground.list, named, io)) named.set(host, addresses);
	const reaches = made.withAddresses(ground.list, named);
	const refused = [...made.refusedAddresses(reaches, inventory), ...made.refusedNameServers(values.dns, inventory)];
	if (refused.length > 0) throw new Stop(1, `policy egress: ${refused.join('\n')}`);
	const missing = made
		.namesWithout(reaches)
		.filter((host) => values.format !== 'kubernetes' || made.namespaceOf(host) === null);
	if (ADDRESS_FORMATS.includes(values.format) && missing.length > 0)
		throw new Stop(
			1,
			`policy egress: ${values.format} holds addresses, and these names have none: ${missing.join(', ')}\n` +
				'    help: --address HOST=ADDRESS[,ADDRESS] for each, or --resolve for what the name server says now (it is wrong when that changes);\n' +
				'    names whose addresses nobody can keep are for --format cilium, or HOST=internet: every public address at that port (docs/deploying.md)',
		);
	const policy: made.Policy = {
		...{ reaches, dns: values.dns, peers: values.format === 'systemd' ? peersOf(values, ground) : [] },
		...{ forbidden: made.forbiddenRanges(inventory), inside: INSIDE },
		exempt: made.exemptAddresses(reaches, inventory),
	};
	io.out(textOf(values, policy));
	for (const range of values.format === 'systemd' ? openedByPeers(policy) : [])
		io.err(
			`${range} may send to us and holds controllers or level 2: this filter lets the program connect there too. nftables tells the direction\n`,
		);
}

function textOf(values: Values, policy: made.Policy): string {
	switch (values.format) {
		case 'kubernetes':
			return networkPolicy(policy, values);
		case 'cilium':
			return ciliumPolicy(policy, values);
		case 'nftables':
			return nftables(policy, values.user);
		default:
			return systemdDropIn(policy);
	}
}

/** Names that nobody gave an address; one for many hosts cannot be looked up. */
async function lookUp(
	list: readonly Egress[],
	named: ReadonlyMap<string, readonly string[]>,
	io: EgressIo,
): Promise<[string, readonly string[]][]> {
	const names = made.namesWithout(made.withAddresses(list, named)).filter((host) => !host.startsWith('*.'));
	const found: [string, readonly string[]][] = [];
	for (const host of names) {
		try {
			found.push([host, await (io.resolve ?? resolveBySystem)(host)]);
		} catch (error) {
			throw new Stop(3, `policy egress: ${host} does not resolve: ${error instanceof Error ? error.message : error}`);
		}
	}
	return found;
}

/** Everybody who connects to us, as far as files say it; where one may come from anywhere a person has to say from where. */
function peersOf(values: Values, { written, settings, environment }: Ground): string[] {
	const open = written.sources.filter(({ value }) => textsAt(value, 'address_allow').length === 0);
	const isOpen = written.sources.length === 0 || open.length > 0 || environment.slack?.mode === 'http';
	if (isOpen && values.peers.length === 0) {
		const names = open.map(({ value }) => shown(textAt(value, 'name') ?? ''));
		const whose =
			names.length > 0
				? `sources without \`address_allow\` (${names.join(', ')})`
				: written.sources.length === 0
					? 'sources (there is no sources.yaml)'
					: "Slack's requests over HTTP";
		throw new Stop(1, `policy egress: systemd filters both directions: say with --peer RANGE from where ${whose} come`);
	}
	return [
		...new Set([
			...written.sources.flatMap(({ value }) => textsAt(value, 'address_allow').map(({ text }) => text)),
			...settings.trusted_proxies,
			...settings.connectors.flatMap((config) => (config.kind === 'block-list' ? config.pollers : [])),
			...values.peers,
		]),
	];
}
