// Do the rules of nftables hold what they say? Two machines by network namespaces of this one, joined by a cable: the program's, with the rules loaded
// into its kernel, and the plant's. Needs root, nft, ip, unshare and nsenter; without them it is skipped.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { egress } from '../../src/cli/policy-egress.ts';

const works = (program: string, ...args: string[]): boolean => spawnSync(program, args).status === 0;
const isPossible =
	process.getuid?.() === 0 &&
	works('nft', '--version') &&
	works('ip', '-V') &&
	works('nsenter', '--version') &&
	works('unshare', '--net', 'nft', 'list', 'ruleset') &&
	works('unshare', '--net', 'ip', 'link', 'add', 'end1', 'type', 'veth', 'peer', 'name', 'end2');

const SETTINGS = `connectors:
  - name: fw
    kind: palo-alto
    base_url: https://10.30.0.2:4443
    allow_private: true
    auth: { type: api_key, secret_env: KEY }
    tags: { internal: interlock-isolated }
    never: { addresses: [], domains: [] }
`;
const INVENTORY = `id,ip,kind,purdue
plc-1,10.20.1.5,plc,1
fw-1,10.30.0.2,firewall,3.5
`;
/** Listens on every port that is tried, and says so. */
const PLANT = `const { createServer } = require('node:net');
const open = [443, 4443, 502].map((port) => new Promise((done) => createServer((s) => s.end()).listen(port, '0.0.0.0', done)));
Promise.all(open).then(() => console.log('ready'));`;
/** The program's own door, and what it tries: each line one \`host port\`. */
const PROGRAM = `const { createServer, connect } = require('node:net');
createServer((s) => s.end()).listen(8080, '0.0.0.0', () => console.log('ready'));`;
const TRY = `const { connect } = require('node:net');
const [host, port] = process.argv.slice(1);
const s = connect({ host, port: Number(port) });
const end = (text) => { console.log(text); process.exit(0); };
s.setTimeout(3000, () => end('silence'));
s.on('connect', () => end('open')).on('error', (e) => end(e.code));`;

const children: ChildProcess[] = [];
const inside = (pid: number, ...command: string[]) =>
	spawnSync('nsenter', ['--net', '--target', String(pid), ...command], { encoding: 'utf8' });

async function machine(): Promise<number> {
	// The shell becomes `sleep`: the process that is entered is the one that holds the namespace.
	const child = spawn('unshare', ['--net', 'sh', '-c', 'echo there; exec sleep 60'], {
		stdio: ['ignore', 'pipe', 'ignore'],
	});
	children.push(child);
	await new Promise((there) => child.stdout?.once('data', there));
	return child.pid ?? 0;
}

async function serve(pid: number, code: string): Promise<void> {
	const child = spawn('nsenter', ['--net', '--target', String(pid), process.execPath, '-e', code], {
		stdio: ['ignore', 'pipe', 'inherit'],
	});
	children.push(child);
	await new Promise((ready) => child.stdout?.once('data', ready));
}

describe.skipIf(!isPossible)('the rules of nftables in a kernel', () => {
	let program = 0;
	let plant = 0;
	const attempt = (from: number, host: string, port: number): string =>
		inside(from, process.execPath, '-e', TRY, host, String(port)).stdout.trim();

	beforeAll(async () => {
		[program, plant] = [await machine(), await machine()];
		const set = (pid: number, ...args: string[]): void => {
			const done = inside(pid, 'ip', ...args);
			if (done.status !== 0) throw new Error(`ip ${args.join(' ')}: ${done.stderr}`);
		};
		set(program, 'link', 'add', 'cable', 'type', 'veth', 'peer', 'name', 'cable', 'netns', String(plant));
		for (const pid of [program, plant]) for (const name of ['lo', 'cable']) set(pid, 'link', 'set', name, 'up');
		set(program, 'addr', 'add', '10.30.0.100/8', 'dev', 'cable');
		for (const address of ['10.30.0.2/8', '10.20.1.5/8', '9.9.9.9/32'])
			set(plant, 'addr', 'add', address, 'dev', 'cable');
		set(program, 'route', 'add', 'default', 'dev', 'cable');
		await Promise.all([serve(plant, PLANT), serve(program, PROGRAM)]);
	}, 30_000);
	afterAll(() => {
		for (const child of children) child.kill('SIGKILL');
	});

	/** The rules of this configuration, in the kernel of the program's machine. */
	async function load(env: Readonly<Record<string, string>>, ...args: string[]): Promise<void> {
		const folder = mkdtempSync(join(tmpdir(), 'interlock-nft-'));
		try {
			writeFileSync(join(folder, 'interlock.yaml'), SETTINGS);
			writeFileSync(join(folder, 'inventory.csv'), INVENTORY);
			let rules = '';
			const out = (text: string): void => {
				rules += text;
			};
			const io = { out, err: () => undefined, env: { ...env, INTERLOCK_CONFIG: folder } };
			expect(await egress(['--format', 'nftables', '--user', 'root', ...args], io, Date.now())).toBe(0);
			writeFileSync(join(folder, 'rules.nft'), rules);
			const loaded = inside(program, 'nft', '-f', join(folder, 'rules.nft'));
			expect({ code: loaded.status, err: loaded.stderr }).toEqual({ code: 0, err: '' });
		} finally {
			rmSync(folder, { recursive: true, force: true });
		}
	}

	it('let through what is listed and what is asked from outside, and nothing else', async () => {
		const open = [attempt(program, '10.30.0.2', 443), attempt(program, '10.20.1.5', 502)];
		expect(open, 'without the rules everything is open').toEqual(['open', 'open']);
		await load({});
		expect(attempt(program, '10.30.0.2', 4443), 'the listed host and port').toBe('open');
		expect(attempt(program, '10.30.0.2', 443), 'another port of the listed host').not.toBe('open');
		for (const port of [443, 4443, 502]) expect(attempt(program, '10.20.1.5', port), 'a controller').not.toBe('open');
		expect(attempt(program, '9.9.9.9', 443), 'the Internet').not.toBe('open');
		expect(attempt(plant, '10.30.0.100', 8080), 'an alert from outside').toBe('open');
		expect(attempt(program, '127.0.0.1', 8080), 'this machine').toBe('open');
	}, 30_000);

	it('open public addresses at one port where that was asked for, and nothing inside with them', async () => {
		const slack = { SLACK_BOT_TOKEN: 'xoxb-1', SLACK_APP_TOKEN: 'xapp-1' };
		await load(slack, '--address', 'slack.com=internet', '--address', '*.slack.com=internet');
		expect(attempt(program, '9.9.9.9', 443), 'a public address').toBe('open');
		expect(attempt(program, '9.9.9.9', 4443), 'another port of it').not.toBe('open');
		expect(attempt(program, '10.20.1.5', 443), 'a controller').not.toBe('open');
		expect(attempt(program, '10.30.0.2', 443), 'a host of the plant').not.toBe('open');
		expect(attempt(program, '10.30.0.2', 4443), 'the listed host and port').toBe('open');
	}, 30_000);
});
