// What stands in deploy/: the unit of systemd and the manifests of Kubernetes say what docs/deploying.md promises, and agree with the image, the program and
// one another. Where systemd-analyze or kubectl is installed they are asked too.
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { POD } from '../../src/cli/egress/kubernetes.ts';
import { ENVIRONMENT_VARIABLES } from '../../src/config/environment.ts';
import { parseYaml } from '../../src/config/yaml-file.ts';

const ROOT = new URL('../../', import.meta.url).pathname;
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const has = (program: string, ...args: string[]): boolean => spawnSync(program, args).status === 0;

type Manifest = { readonly kind: string; readonly metadata: { readonly name: string; readonly labels?: object } } & {
	readonly spec: Readonly<Record<string, unknown>>;
};
const MANIFESTS = 'deploy/kubernetes/';
const manifests: ReadonlyMap<string, Manifest> = new Map(
	readdirSync(join(ROOT, MANIFESTS)).flatMap((file) =>
		read(MANIFESTS + file)
			.split(/^---$/m)
			.map((text) => {
				const { value, findings } = parseYaml(text, file);
				expect(findings).toEqual([]);
				const manifest = value as Manifest;
				return [`${manifest.kind} ${manifest.metadata?.name ?? ''}`, manifest] as const;
			}),
	),
);
const specOf = (name: string): Record<string, unknown> => (manifests.get(name)?.spec ?? {}) as Record<string, unknown>;

describe('the manifests of Kubernetes', () => {
	const { template, replicas, strategy } = specOf('Deployment interlock') as {
		template: {
			metadata: { labels: object };
			spec: Record<string, unknown> & { containers: Record<string, unknown>[] };
		};
		replicas: number;
		strategy: object;
	};
	const [container = {}, ...others] = template.spec.containers;
	const env = new Map((container['env'] as { name: string; value: string }[]).map(({ name, value }) => [name, value]));

	it('run the image as its own account, on a file system that cannot be written', () => {
		const uid = Number(/^USER (\d+):/m.exec(read('Dockerfile'))?.[1]);
		expect(template.spec).toMatchObject({
			...{ automountServiceAccountToken: false, enableServiceLinks: false },
			securityContext: {
				...{ runAsNonRoot: true, runAsUser: uid, runAsGroup: uid, fsGroup: uid },
				...{ fsGroupChangePolicy: 'OnRootMismatch', seccompProfile: { type: 'RuntimeDefault' } },
			},
		});
		expect(container['securityContext']).toEqual({
			...{ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
		});
		expect(others).toEqual([]);
		expect(manifests.get('Namespace interlock')?.metadata.labels).toMatchObject({
			'pod-security.kubernetes.io/enforce': 'restricted',
		});
	});

	it('run one of it, never two at once', () => {
		expect({ replicas, strategy }).toEqual({ replicas: 1, strategy: { type: 'Recreate' } });
		// With one there is nothing to budget: it could only keep a node from being emptied.
		expect([...manifests.keys()].filter((name) => name.startsWith('PodDisruptionBudget'))).toEqual([]);
	});

	it('have nothing secret in the environment, and only variables that the program knows', () => {
		for (const name of env.keys()) expect(ENVIRONMENT_VARIABLES).toContain(name);
		expect([...env.keys()].filter((name) => /TOKEN|SECRET$|_URL|KEY/.test(name))).toEqual([]);
		expect(JSON.stringify(container)).not.toContain('secretKeyRef');
		const mounts = container['volumeMounts'] as { name: string; mountPath: string; readOnly?: boolean }[];
		expect(mounts).toContainEqual({ name: 'secrets', mountPath: env.get('INTERLOCK_SECRETS'), readOnly: true });
		expect(mounts).toContainEqual({ name: 'config', mountPath: env.get('INTERLOCK_CONFIG'), readOnly: true });
		expect(mounts.filter(({ readOnly }) => readOnly !== true).map(({ mountPath }) => mountPath)).toEqual([
			'/data',
			'/tmp',
		]);
		expect(env.get('INTERLOCK_DATA')).toMatch(/^\/data\//);
	});

	it('ask /healthz and not /readyz, which a fault of Slack alone makes 503: alerts have to come in then', () => {
		for (const probe of ['startupProbe', 'readinessProbe', 'livenessProbe'])
			expect(container[probe]).toMatchObject({ httpGet: { path: '/healthz', port: 'alerts' } });
		expect(container['ports']).toContainEqual({ name: 'alerts', containerPort: 8080 });
		for (const { containerPort } of container['ports'] as { containerPort: number }[])
			expect(read('Dockerfile')).toMatch(new RegExp(`^EXPOSE.*\\b${containerPort}\\b`, 'm'));
	});

	it('deny everything first, and mean the same pods as the policy that the program prints', () => {
		expect(specOf('NetworkPolicy deny-all')).toEqual({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
		expect(specOf('NetworkPolicy interlock-alerts')['podSelector']).toEqual({ matchLabels: POD });
		expect(template.metadata.labels).toEqual(POD);
		expect(specOf('Service interlock')['selector']).toEqual(POD);
	});

	it('are all named in the kustomization', () => {
		const listed = parseYaml(read(`${MANIFESTS}kustomization.yaml`), 'k').value as { resources: string[] };
		const files = readdirSync(join(ROOT, MANIFESTS)).filter((file) => file !== 'kustomization.yaml');
		expect(listed.resources.toSorted()).toEqual(files.toSorted());
	});

	it.skipIf(!has('kubectl', 'version', '--client'))('kubectl builds them', () => {
		const done = spawnSync('kubectl', ['kustomize', join(ROOT, MANIFESTS)], { encoding: 'utf8' });
		expect({ code: done.status, err: done.stderr }).toEqual({ code: 0, err: '' });
		expect(done.stdout.match(/^kind: /gm)?.length).toBe(manifests.size - 1);
	});
});

describe('the unit of systemd', () => {
	const unit = read('deploy/systemd/interlock.service');
	const valuesOf = (key: string): string[] =>
		[...unit.matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].map((match) => match[1] ?? '');

	it.each([
		['NoNewPrivileges', ['yes']],
		['CapabilityBoundingSet', ['']],
		['AmbientCapabilities', ['']],
		['ProtectSystem', ['strict']],
		['ProtectHome', ['yes']],
		['PrivateTmp', ['yes']],
		['PrivateDevices', ['yes']],
		['PrivateUsers', ['yes']],
		['RestrictNamespaces', ['yes']],
		['RestrictAddressFamilies', ['AF_INET AF_INET6 AF_UNIX']],
		['SystemCallFilter', ['@system-service @pkey', '~@privileged @resources']],
		['IPAddressDeny', ['any']],
		['IPAddressAllow', ['localhost']],
		['SocketBindDeny', ['any']],
		['MemoryMax', ['2G']],
		['User', ['interlock']],
		['StateDirectoryMode', ['0700']],
		['UMask', ['0077']],
	])('%s', (key, values) => {
		expect(valuesOf(key)).toEqual(values);
	});

	it('has no secret, and names variables that the program knows', () => {
		for (const text of valuesOf('Environment').filter((one) => !one.startsWith('NODE_ENV='))) {
			const [name = ''] = text.split('=');
			expect(ENVIRONMENT_VARIABLES).toContain(name);
			expect(name).not.toMatch(/TOKEN|SECRET$|_URL|KEY/);
		}
		const loaded = read('deploy/systemd/interlock.service.d/credentials.conf').matchAll(/^LoadCredential=([A-Z_]+):/gm);
		for (const [, name] of loaded) expect(ENVIRONMENT_VARIABLES).toContain(name);
	});

	it.skipIf(!has('systemd-analyze', '--version'))(
		'systemd takes it, with its drop-ins, and finds little exposed',
		() => {
			const verified = spawnSync('systemd-analyze', ['verify', join(ROOT, 'deploy/systemd/interlock.service')], {
				encoding: 'utf8',
			});
			// Where node is elsewhere that is said, and nothing else.
			const said = verified.stderr
				.split('\n')
				.filter((line) => line.includes('interlock') && !/is not executable/.test(line));
			expect(said).toEqual([]);
			const rated = spawnSync(
				'systemd-analyze',
				['security', '--offline=true', '--no-pager', '--threshold=15', join(ROOT, 'deploy/systemd/interlock.service')],
				{ encoding: 'utf8' },
			);
			expect({ code: rated.status, said: /exposure level.*/.exec(rated.stdout)?.[0] }).toMatchObject({ code: 0 });
		},
	);
});

describe('the command on the server', () => {
	const folder = mkdtempSync(join(tmpdir(), 'interlock-command-'));
	afterAll(() => rmSync(folder, { recursive: true, force: true }));

	it.skipIf(process.getuid?.() !== 0 || !has('runuser', '--version') || !has('id', 'nobody'))(
		'runs as the account of the service, with its secrets and whatever stands in their files',
		() => {
			writeFileSync(join(folder, 'DATABASE_URL'), 'postgres://u:a"b$c`d\'e@db.plant.example/i\n');
			writeFileSync(join(folder, 'pan.key'), 'for secret_file');
			chmodSync(folder, 0o700);
			const tell = join(mkdtempSync(join(tmpdir(), 'interlock-tell-')), 'tell');
			folders.push(dirname(tell));
			chmodSync(dirname(tell), 0o755);
			writeFileSync(
				tell,
				'#!/bin/sh\nid -un; printf "%s\\n" "$DATABASE_URL" "$INTERLOCK_CONFIG" "$INTERLOCK_DATA" "$@"\n',
			);
			chmodSync(tell, 0o755);
			const done = spawnSync(join(ROOT, 'deploy/systemd/interlock'), ['incident', 'ack', 'two words'], {
				encoding: 'utf8',
				env: {
					PATH: process.env['PATH'],
					INTERLOCK_SECRETS: folder,
					INTERLOCK_USER: 'nobody',
					INTERLOCK_PROGRAM: tell,
				},
			});
			expect(done.stderr).toBe('');
			expect(done.stdout.split('\n')).toEqual([
				...['nobody', 'postgres://u:a"b$c`d\'e@db.plant.example/i', '/etc/interlock', '/var/lib/interlock'],
				...['incident', 'ack', 'two words', ''],
			]);
		},
	);
});

const folders: string[] = [];
afterAll(() => {
	for (const one of folders) rmSync(one, { recursive: true, force: true });
});

describe('secrets as files', () => {
	const folder = mkdtempSync(join(tmpdir(), 'interlock-credentials-'));
	afterAll(() => rmSync(folder, { recursive: true, force: true }));

	it.each(['INTERLOCK_SECRETS', 'CREDENTIALS_DIRECTORY'])('come to the program by %s', (variable) => {
		writeFileSync(join(folder, 'REDIS_URL'), 'rediss://:s3cret-word@queue.plant.example:6380\n');
		const done = spawnSync(process.execPath, [join(ROOT, 'bin/interlock.mjs'), 'policy', 'egress', '--json'], {
			...{ encoding: 'utf8', env: { PATH: process.env['PATH'], [variable]: folder } },
		});
		expect(done.stderr).toBe('');
		expect(JSON.parse(done.stdout)).toMatchObject({ destinations: [{ host: 'queue.plant.example', port: 6380 }] });
		expect(done.stdout).not.toContain('s3cret');
	});

	it('that cannot be read stop the program in words', () => {
		const done = spawnSync(process.execPath, [join(ROOT, 'bin/interlock.mjs'), 'policy', 'egress'], {
			...{ encoding: 'utf8', env: { PATH: process.env['PATH'], INTERLOCK_SECRETS: join(folder, 'none') } },
		});
		expect(done.status).toBe(3);
		expect(done.stderr).toContain('the folder of secrets');
	});
});
