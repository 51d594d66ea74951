// `interlock policy egress`: the list, and the policies that others enforce. Stored answers for each form; where `nft`, `systemd-analyze` or `kubectl`
// is installed they are asked too.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { policy } from '../../src/cli/policy.ts';
import { type EgressIo, egress } from '../../src/cli/policy-egress.ts';
import { parseYaml } from '../../src/config/yaml-file.ts';

const NOW = Date.UTC(2026, 0, 5, 3);
const SETTINGS = `connectors:
  - name: edr
    kind: crowdstrike
    client_id: abc
    auth: { type: client_secret, secret_env: FALCON_SECRET }
    actions: [isolate_host]
    protected: { hosts: [], groups: [] }
  - name: fw
    kind: palo-alto
    base_url: https://fw1.plant.example
    peer_url: https://10.30.0.2:4443
    allow_private: true
    auth: { type: api_key, secret_file: /run/secrets/pan.key }
    tags: { internal: interlock-isolated }
    never: { addresses: [], domains: [] }
  - name: pi
    kind: pi-web-api
    asset: hist-1
    base_url: https://hist-1.plant.example/piwebapi
    allow_private: true
    auth: { type: basic, user: reader, secret_env: PI_PASSWORD }
    tags: {}
  - name: lists
    kind: block-list
    lists: [{ name: bad, type: ip }]
    pollers: [10.30.0.0/28]
    auth: { type: basic, user: fw, secret_env: LIST_PASSWORD }
    never: { addresses: [], domains: [] }
pagers:
  - { name: mail, kind: smtp, host: 10.30.0.25, from: interlock@plant.example, to: [desk@plant.example] }
`;
const INVENTORY = `assets:
  - { id: plc-1, hostname: PLC-1, ip: 10.20.1.5, zone: cell-1, purdue: 1, kind: plc }
  - { id: sis-1, ip: 10.99.0.6, zone: safety, purdue: 1, kind: sis }
  - { id: hist-1, hostname: hist-1, ip: 10.20.1.20, zone: cell-1, purdue: 2, kind: historian }
  - { id: fw-2, ip: 10.30.0.2, zone: dmz, purdue: 3.5, kind: firewall }
  - { id: mail-1, ip: 10.30.0.25, zone: dmz, purdue: 3.5, kind: server }
  - { id: redis-1, ip: 10.40.0.9, zone: dmz, purdue: 3.5, kind: server }
zones:
  - { id: cell-1, purdue: 1, ranges: [10.20.0.0/16] }
  - { id: safety, purdue: 1, sis: true }
  - { id: dmz, purdue: 3.5, ranges: [10.30.0.0/24] }
`;
const SOURCES =
	'- { name: nozomi, kind: nozomi, address_allow: [10.30.0.40], auth: { type: bearer, secret_env: N } }\n';

const folders: string[] = [];
function folderOf(files: Readonly<Record<string, string>>): string {
	const folder = mkdtempSync(join(tmpdir(), 'interlock-egress-'));
	folders.push(folder);
	for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
	return folder;
}
afterAll(() => {
	for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

let plant: string;
/** Without connectors; with the same plant. */
let quiet: string;
beforeAll(() => {
	quiet = folderOf({ 'inventory.yaml': INVENTORY, 'sources.yaml': SOURCES });
	plant = folderOf({ 'interlock.yaml': SETTINGS, 'inventory.yaml': INVENTORY, 'sources.yaml': SOURCES });
});
const ENV = {
	DATABASE_URL: 'postgres://interlock:s3cret-word@db.data.svc/interlock',
	REDIS_URL: 'rediss://:s3cret-word@10.40.0.9:6380',
	...{ SLACK_BOT_TOKEN: 'xoxb-s3cret-word', SLACK_APP_TOKEN: 'xapp-s3cret-word' },
	...{ INTERLOCK_MODEL: 'm', OPENAI_BASE_URL: 'http://model.plant.example:8000/v1' },
};
const ADDRESSES = [
	...['slack.com=192.0.2.10,192.0.2.11', '*.slack.com=192.0.2.64/26', 'model.plant.example=10.30.0.9'],
	...['api.crowdstrike.com=2001:db8::7,198.51.100.4', 'fw1.plant.example=10.30.0.1', 'hist-1.plant.example=10.20.1.20'],
].flatMap((pair) => ['--address', pair]);
const DATABASE = ['--address', 'db.data.svc=10.50.0.3'];

async function run(args: string[], own: Partial<EgressIo> = {}) {
	const said = { out: '', err: '' };
	const io = {
		out: (text: string) => {
			said.out += text;
		},
		err: (text: string) => {
			said.err += text;
		},
		env: { ...ENV, INTERLOCK_CONFIG: plant },
		resolve: async (host: string): Promise<readonly string[]> => {
			throw new Error(`${host} was looked up`);
		},
		...own,
	};
	const code = await egress(args, io, NOW);
	return { code, out: said.out.replaceAll(plant, 'plant'), err: said.err.replaceAll(plant, 'plant') };
}

describe('the list', () => {
	it.each(['text', 'json'])('as %s, without any secret in the configuration or in what is printed', async (format) => {
		const { code, out, err } = await run(['--format', format]);
		expect({ code, err }).toEqual({ code: 0, err: '' });
		expect(out).not.toContain('s3cret');
		await expect(out).toMatchFileSnapshot(`golden/egress.golden.${format === 'json' ? 'json' : 'txt'}`);
	});

	it('of an installation that is all on one machine says so', async () => {
		const { code, out } = await run([], { env: {} });
		expect(code).toBe(0);
		expect(out).toContain('no host: nothing of this configuration is on another machine');
		expect(out).toContain('the database is the embedded one');
		expect(out).toContain('without an inventory nobody can say');
	});

	it('is reached by `interlock policy egress`', async () => {
		const said: string[] = [];
		const io = { out: (text: string) => void said.push(text), err: () => undefined, env: {} };
		expect(await policy(['egress', '--json'], io)).toBe(0);
		expect(JSON.parse(said.join(''))).toMatchObject({ destinations: [] });
	});

	it('is not printed for half a configuration: it would look whole', async () => {
		for (const files of [
			{ 'interlock.yaml': `${SETTINGS}misspelt: 1\n`, 'inventory.yaml': INVENTORY },
			{ 'interlock.yaml': SETTINGS.replace('kind: palo-alto', 'kind: palo'), 'inventory.yaml': INVENTORY },
			{ 'interlock.yaml': SETTINGS, 'inventory.csv': 'id,purdue\na,9\n' },
		])
			expect(await run([], { env: { INTERLOCK_CONFIG: folderOf(files) } })).toMatchObject({ code: 3, out: '' });
		expect(await run([], { env: { INTERLOCK_CONFIG: '/nowhere' } })).toMatchObject({ code: 3, out: '' });
		expect(await run([], { env: { REDIS_URL: 'queue' } })).toMatchObject({ code: 3, out: '' });
	});

	it('is not printed where it names a controller', async () => {
		const { code, out, err } = await run([], { env: { INTERLOCK_CONFIG: plant, REDIS_URL: 'redis://10.20.1.5' } });
		expect({ code, out }).toEqual({ code: 1, out: '' });
		expect(err).toContain('`plc-1` is a controller (plc)');
	});

	it.each([
		[['--format', 'yaml']],
		[['--json', '--format', 'text']],
		[['--address', 'edr']],
		[['--address', 'edr=fw1']],
		[['--dns', 'ns1']],
		[['--peer', '10.0.0.0/40']],
		[['--user', 'root; reboot']],
		[['--namespace', 'A b']],
		[['--unknown']],
	])('wrong usage %j is 2', async (args) => {
		expect(await run(args)).toMatchObject({ code: 2, out: '' });
	});
});

describe('a policy that another program enforces', () => {
	const all = [...ADDRESSES, '--dns', '10.30.0.53'];
	it.each([
		['kubernetes', 'kubernetes.golden.yaml', all],
		['cilium', 'cilium.golden.yaml', []],
		['nftables', 'nftables.golden.nft', [...all, ...DATABASE]],
		['systemd', 'systemd.golden.conf', [...all, ...DATABASE]],
	])('as %s', async (format, file, args) => {
		const { code, out, err } = await run(['--format', format, ...args]);
		expect({ code, err }).toEqual({ code: 0, err: '' });
		expect(out).not.toContain('s3cret');
		await expect(out).toMatchFileSnapshot(`golden/egress-${file}`);
	});

	it.each(['kubernetes', 'nftables', 'systemd'])(
		'as %s says which names have no address, and prints nothing',
		async (format) => {
			const { code, out, err } = await run(['--format', format, '--address', 'slack.com=192.0.2.10']);
			expect({ code, out }).toEqual({ code: 1, out: '' });
			expect(err).toContain('*.slack.com');
			expect(err).not.toContain(' slack.com');
		},
	);

	it('takes what the name server says now, and refuses a controller among it', async () => {
		const env = { INTERLOCK_CONFIG: plant };
		const resolve = async (host: string) => (host.startsWith('fw1') ? ['10.30.0.1', '10.20.1.5'] : ['10.30.0.77']);
		const { code, out, err } = await run(['--format', 'nftables', '--resolve'], { env, resolve });
		expect({ code, out }).toEqual({ code: 1, out: '' });
		expect(err).toContain('fw1.plant.example is at 10.20.1.5, and `plc-1` is a controller (plc)');
		const others = async (host: string) => [host.startsWith('fw1') ? '198.51.100.9' : '198.51.100.8'];
		const well = await run(['--format', 'nftables', '--resolve'], { env, resolve: others });
		expect(well.out).toContain('198.51.100.9 . 443 comment "fw1.plant.example: connector fw (palo-alto)"');
		const dns = await run(['--format', 'nftables', '--resolve', '--dns', '10.99.0.6'], { env, resolve: others });
		expect(dns).toMatchObject({ code: 1, out: '', err: expect.stringContaining('`sis-1` belongs to a safety system') });
	});

	it.each([
		['kubernetes', 'kubernetes.golden.yaml'],
		['nftables', 'nftables.golden.nft'],
		['systemd', 'systemd.golden.conf'],
	])('as %s opens public addresses at one port, and nothing inside, for what nobody can list', async (format, file) => {
		const open = ['slack.com=internet', '*.slack.com=internet'].flatMap((pair) => ['--address', pair]);
		const env = { SLACK_BOT_TOKEN: 'xoxb-1', SLACK_APP_TOKEN: 'xapp-1', INTERLOCK_CONFIG: quiet };
		const { code, out, err } = await run(['--format', format, ...open, '--dns', '10.30.0.53'], { env });
		expect({ code, err }).toEqual({ code: 0, err: '' });
		await expect(out).toMatchFileSnapshot(`golden/egress-internet-${file}`);
	});

	it('takes no range that holds a controller', async () => {
		const args = ['--format', 'nftables', ...all, ...DATABASE, '--address', 'fw1.plant.example=10.0.0.0/8'];
		expect(await run(args)).toMatchObject({ code: 1, out: '', err: expect.stringContaining('holds controllers') });
	});

	describe('in a plant with a zone of unknown level, and with a server of a higher level in a cell', () => {
		const inventory = INVENTORY.replace(
			'zones:\n',
			'  - { id: fw-1, hostname: fw1.plant.example, ip: 10.20.7.1, zone: cell-1, purdue: 3.5, kind: firewall }\nzones:\n  - { id: old-hall, ranges: [10.77.0.0/16] }\n',
		);
		const own = (): Partial<EgressIo> => ({
			env: {
				...ENV,
				INTERLOCK_CONFIG: folderOf({
					'interlock.yaml': SETTINGS,
					'inventory.yaml': inventory,
					'sources.yaml': SOURCES,
				}),
			},
		});

		it.each([
			['an address', ['--address', 'fw1.plant.example=10.77.0.9']],
			['a range', ['--address', 'fw1.plant.example=10.77.0.0/24']],
			['a range of one', ['--address', 'fw1.plant.example=10.77.0.9/32']],
			['a range of name servers', ['--dns', '10.77.0.0/24']],
			['a range of name servers in a cell', ['--dns', '10.20.0.0/16']],
		])('takes %s there for nothing', async (_, args) => {
			const done = await run(['--format', 'nftables', ...all, ...DATABASE, ...args], own());
			expect(done).toMatchObject({ code: 1, out: '' });
		});

		it('Cilium denies the zone, and not the server, which is a destination', async () => {
			const { out, err } = await run(['--format', 'cilium'], own());
			expect(err).toBe('');
			const { value } = parseYaml(out, 'policy');
			expect(value).toMatchObject({
				spec: {
					egressDeny: [
						{
							toCIDRSet: [
								{ cidr: '10.77.0.0/16' },
								{ cidr: '10.20.0.0/16', except: ['10.20.7.1/32', '10.20.1.20/32'] },
								{ cidr: '10.99.0.6/32' },
							],
						},
					],
				},
			});
		});
	});

	it('for systemd needs to be told who sends to us, and says where that opens the way to a controller', async () => {
		const open = folderOf({
			'interlock.yaml': 'connectors: []\n',
			'inventory.yaml': INVENTORY,
			'sources.yaml': '- { name: a, kind: wazuh }\n',
		});
		const env = { INTERLOCK_CONFIG: open };
		const without = await run(['--format', 'systemd'], { env });
		expect(without).toMatchObject({ code: 1, out: '' });
		expect(without.err).toContain('sources without `address_allow` (`a`)');
		const wide = await run(['--format', 'systemd', '--peer', '10.0.0.0/8'], { env });
		expect(wide.code).toBe(0);
		expect(wide.err).toContain('10.0.0.0/8 may send to us and holds controllers');
	});

	it('of Cilium denies what the inventory forbids, but for what is only read there', async () => {
		const { out } = await run(['--format', 'cilium']);
		const { value } = parseYaml(out, 'policy');
		expect(value).toMatchObject({
			spec: {
				egressDeny: [{ toCIDRSet: [{ cidr: '10.20.0.0/16', except: ['10.20.1.20/32'] }, { cidr: '10.99.0.6/32' }] }],
			},
		});
	});

	it('of Kubernetes has no rule without a destination: that would mean everywhere', async () => {
		const { out } = await run(['--format', 'kubernetes', ...all]);
		const { value } = parseYaml(out, 'policy') as {
			value: { spec: { egress: { to: unknown[]; ports: unknown[] }[] } };
		};
		expect(value.spec.egress.length).toBeGreaterThan(5);
		for (const rule of value.spec.egress) {
			expect(rule.to.length).toBeGreaterThan(0);
			expect(rule.ports.length).toBeGreaterThan(0);
		}
	});
});

describe('docs/deploying.md', () => {
	it('shows commands that are understood', async () => {
		const text = readFileSync(new URL('../../docs/deploying.md', import.meta.url), 'utf8');
		const lines = [...text.matchAll(/^interlock policy egress(.*)$/gm)].map((match) => match[1] ?? '');
		expect(lines.length).toBeGreaterThan(5);
		for (const line of lines) {
			const args = line
				.replace(/[>#].*/, '')
				.replace('$slack', '--address slack.com=internet --address *.slack.com=internet')
				.replace(/nftables\|systemd\|kubernetes\|cilium/, 'cilium')
				.split(/\s+/)
				.filter((word) => word !== '');
			const { code, err } = await run(args, { resolve: async () => ['198.51.100.9'] });
			expect([args.join(' '), code, err]).toEqual([args.join(' '), 0, '']);
		}
	});
});

const has = (program: string, ...args: string[]): boolean => spawnSync(program, args).status === 0;

describe('what others say about it', () => {
	const all = [...ADDRESSES, ...DATABASE, '--dns', '10.30.0.53'];
	const open = [...all, '--address', '*.slack.com=internet'];
	it.skipIf(!has('nft', '--version') || process.getuid?.() !== 0).each([[all], [open]])(
		'nft takes the rules',
		async (args) => {
			const { out } = await run(['--format', 'nftables', ...args, '--user', 'root']);
			const done = spawnSync('nft', ['-c', '-f', '-'], { input: out, encoding: 'utf8' });
			expect({ code: done.status, err: done.stderr }).toEqual({ code: 0, err: '' });
		},
	);

	it.skipIf(!has('systemd-analyze', '--version')).each([[all], [open]])('systemd takes the drop-in', async (args) => {
		const { out } = await run(['--format', 'systemd', ...args]);
		const folder = folderOf({ 'interlock-test.service': '[Service]\nExecStart=/bin/true\n' });
		const unit = join(folder, 'interlock-test.service');
		mkdirSync(`${unit}.d`);
		writeFileSync(join(`${unit}.d`, 'egress.conf'), out);
		const done = spawnSync('systemd-analyze', ['verify', unit], { encoding: 'utf8' });
		expect(done.stderr.split('\n').filter((line) => line.includes('interlock-test'))).toEqual([]);
		expect(done.status).toBe(0);
	});

	it.skipIf(!has('kubectl', 'version', '--client'))('kubectl reads the policies', async () => {
		for (const format of ['kubernetes', 'cilium']) {
			const { out } = await run(['--format', format, ...all]);
			// Without a cluster: label is the one command that decodes a file and asks nobody.
			const done = spawnSync('kubectl', ['label', '--local', '-f', '-', 'seen=1', '-o', 'name'], {
				...{ input: out, encoding: 'utf8' },
			});
			expect([format, done.status, done.stdout.includes('/interlock-egress')]).toEqual([format, 0, true]);
		}
	});
});
