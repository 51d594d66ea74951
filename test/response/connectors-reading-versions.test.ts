// The version server: GitLab's interface in front of a real Git repository. What is told agrees with what `git` itself says.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { GitLabConfig } from '../../src/domain/connector-kinds/reading.ts';
import type { Connector } from '../../src/response/connectors/connector.ts';
import { createGitLab } from '../../src/response/connectors/gitlab.ts';
import { type Authority, openAuthority } from '../services/certificates.ts';
import { NOW, READING_INVENTORY, readingGrant } from './support/reading-grant.ts';
import { GITLAB_TOKEN, type GitLab, PROJECT, startGitLab } from './vendors/gitlab.ts';

const HOUR = 3_600_000;
const PROGRAM = 'mixing/plc-1 main.L5X';
const AROUND = new Date(NOW).toISOString();

let gitlab: GitLab;
let gold = '';
const connect = (of: object = {}, token: string | null = GITLAB_TOKEN): Connector =>
	createGitLab(
		GitLabConfig.parse({
			...{ name: 'versions', kind: 'gitlab', asset: 'ver-1', base_url: gitlab.url, allow_private: true },
			...{ timeout_ms: 2_000, auth: { type: 'token', secret_env: 'GL' }, time_zone: 'Europe/Berlin' },
			programs: { 'plc-1': [{ project: PROJECT, path: PROGRAM }] },
			...of,
		}),
		token,
		READING_INVENTORY,
		{ now: () => NOW + HOUR, sleep: async () => undefined, resolve: async () => ['127.0.0.1'] },
	);
const read = async (connector = connect(), params: object = { about: 'plc-1', around: AROUND }, on = 'ver-1') => {
	const { grant, request } = readingGrant('read_backup', on, params, NOW + HOUR);
	return await connector.call(grant, request);
};

beforeEach(async () => {
	gitlab = await startGitLab(NOW + HOUR);
	gitlab.store(PROGRAM, 'rung 1\n', NOW - 72 * HOUR);
	gold = gitlab.store(PROGRAM, 'rung 1\nrung 2 \u00e4\n', NOW - 48 * HOUR);
	gitlab.store('mixing/notes.txt', 'nothing to do with it', NOW - 2 * HOUR);
});
afterEach(async () => await gitlab.close());

describe('a version server that is asked for the last version before the incident', () => {
	it('names commit, time, size and hash, as git and openssl have them', async () => {
		const result = await read();
		expect(result.effect).toBe('done');
		const content = execFileSync('git', ['-C', gitlab.folder, 'show', `${gold}:${PROGRAM}`]);
		const sha256 = execFileSync('openssl', ['dgst', '-sha256', '-r'], { input: content, encoding: 'utf8' }).slice(
			0,
			64,
		);
		expect(result.told?.[1]).toBe(
			`\`${PROGRAM}\` of \`${PROJECT}\`: last version from before is ${gold.slice(0, 12)} of 2026-06-08 05:00:00, ${content.length} bytes, SHA-256 ${sha256}; nothing was stored since.`,
		);
		expect(result.record).toMatchObject({
			...{ about: 'plc-1', before: AROUND, not_read: 0, method: 'GET' },
			programs: [
				{
					path: PROGRAM,
					last: { commit: gold, file: { sha256, blob: gitlab.git('rev-parse', `${gold}:${PROGRAM}`) } },
				},
			],
		});
		expect(createHash('sha256').update(content).digest('hex')).toBe(sha256);
	});

	it('says that something was stored since, and still shows the version from before', async () => {
		gitlab.store(PROGRAM, 'rung 1\nrung 2 changed\n', NOW + 60_000);
		const late = gitlab.store(PROGRAM, 'rung 1\nrung 2 changed again\n', NOW + 120_000);
		const line = (await read()).told?.[1] ?? '';
		expect(line).toContain(gold.slice(0, 12));
		expect(line).toContain(`STORED 2 times SINCE, last at 05:02:00 (${late.slice(0, 12)})`);
	});

	it('says that there is no version from before, and that the last one deleted it', async () => {
		const young = 'mixing/young.L5X';
		gitlab.store(young, 'x', NOW + 60_000);
		gitlab.store(PROGRAM, null, NOW - HOUR);
		const programs = { 'plc-1': [young, PROGRAM].map((path) => ({ project: PROJECT, path })) };
		const [, first, second] = (await read(connect({ programs }))).told ?? [];
		expect(first).toContain('no version from before; STORED once SINCE');
		expect(second).toContain('in it the program was deleted');
	});

	it('sees what was stored since also behind a version whose time was set back, and says that times are out of order', async () => {
		gitlab.store(PROGRAM, 'rung 1\nrung 2 changed\n', NOW + 60_000);
		gitlab.store(PROGRAM, 'rung 1\nrung 2 as if of last year\n', NOW - 400 * 24 * HOUR);
		const result = await read();
		const line = result.told?.[1] ?? '';
		expect(line).toContain(`last version from before is ${gold.slice(0, 12)}`);
		expect(line).toContain('STORED 2 times SINCE');
		expect(line).toContain('TIMES OUT OF ORDER');
		expect(result.record).toMatchObject({ programs: [{ times_out_of_order: true }] });
	});

	it('finds the version from before behind more versions than are counted', async () => {
		for (let minute = 1; minute <= 22; minute++) gitlab.store(PROGRAM, `rung ${minute}\n`, NOW + minute * 60_000);
		const line = (await read()).told?.[1] ?? '';
		expect(line).toContain(gold.slice(0, 12));
		expect(line).toContain('STORED more than 20 times SINCE');
	});

	it('names nobody: who stored a version is found by its commit', async () => {
		expect(JSON.stringify(await read())).not.toMatch(/Ann|ann@/);
	});

	it('reads no content, and is sent GET and HEAD alone', async () => {
		await read();
		await connect().probe?.({ account: null, target: 'plc-1' });
		expect(new Set(gitlab.requests.map((request) => request.method))).toEqual(new Set(['GET', 'HEAD']));
		expect(
			gitlab.requests.filter((request) => request.path.includes('/files/')).every((one) => one.method === 'HEAD'),
		).toBe(true);
	});

	it.each([
		['an asset without programs', { about: 'hmi-1' }, 'no programs are listed'],
		['what every object has', { about: 'constructor' }, 'no programs are listed'],
		['a path', { about: 'mixing/notes.txt' }, 'no programs are listed'],
		['a time that is none', { about: 'plc-1', around: 'then' }, 'is no time'],
	])('is not asked for %s', async (_, params, why) => {
		expect(await read(connect(), params)).toMatchObject({ effect: 'not_done', detail: expect.stringContaining(why) });
		expect(gitlab.requests).toEqual([]);
	});

	it('is not asked by a step for another server', async () => {
		expect(await read(connect({ asset: 'hist-1' }))).toMatchObject({ effect: 'not_done' });
		expect(gitlab.requests).toEqual([]);
	});
});

describe('a version server in trouble', () => {
	const raw = (body: string, status = 200, headers = {}) => ({ status, headers, body });
	type Spoil = NonNullable<GitLab['spoil']>;
	const later = JSON.stringify([{ id: 'a'.repeat(40), committed_date: '2026-06-11T03:00:00Z' }]);
	const many = JSON.stringify(Array.from({ length: 21 }, () => JSON.parse(later)[0]));
	const bare = JSON.stringify([{ id: 'a'.repeat(40), committed_date: '2026-06-01T03:00:00' }]);
	const FAULTS: readonly [string, Spoil, RegExp][] = [
		['429', () => raw('', 429), /429/],
		['500', () => raw('', 500), /500/],
		['403', () => raw('', 403), /may not read/],
		['no project', () => raw('{"message":"404"}', 404), /no such project or branch/],
		['breaking off', () => 'drop', /not read/],
		['a page for people', () => raw('<html>'), /no JSON/],
		['JSON of another kind', () => raw('{}'), /none of GitLab/],
		['too large an answer', () => raw(`"${'x'.repeat(70_000)}"`), /larger than 64 KiB/],
		[
			'a version of later as one of before',
			(request, proceed) => (request.query.has('order') || request.query.has('until') ? raw(many) : proceed()),
			/later time|none of GitLab/,
		],
		['a time without a zone', () => raw(bare), /none of GitLab/],
		['an id that is a path', () => raw(bare.replaceAll('a'.repeat(40), '../../admin')), /none of GitLab/],
		['a redirect', () => raw('', 302, { location: 'http://example.org/' }), /302|redirect/],
		['heads without a hash', (request, proceed) => (request.method === 'HEAD' ? raw('') : proceed()), /none of GitLab/],
		['the token in its words', () => raw(GITLAB_TOKEN), /not read/],
	];

	it.each(FAULTS)('(%s) says so, and nothing of it is taken for true', async (_, spoil, why) => {
		gitlab.spoil = spoil;
		const result = await read();
		expect(result).toMatchObject({ effect: 'not_done', detail: expect.stringMatching(why) });
		expect(JSON.stringify(result)).not.toContain(GITLAB_TOKEN);
	});

	it('that is silent is waited for so long and no longer', async () => {
		gitlab.spoil = () => 'hang';
		expect(await read(connect({ timeout_ms: 100 }))).toMatchObject({ effect: 'not_done' });
	});

	it('is not read with a wrong token or none', async () => {
		expect((await read(connect({}, 'glpat-wrong'))).detail).toContain('401');
		expect(await read(connect({}, null))).toMatchObject({ effect: 'not_done' });
	});

	it('of which one program cannot be read still shows the other', async () => {
		const programs = {
			'plc-1': [
				{ project: 'plant/none', path: 'x' },
				{ project: PROJECT, path: PROGRAM },
			],
		};
		const result = await read(connect({ programs }));
		expect(result).toMatchObject({ effect: 'done', record: { not_read: 1 } });
		expect(result.told?.join('\n')).toMatch(
			/last version from before[\s\S]*`x` was not read: there is no such project/,
		);
	});
});

describe('trying a version server without effect', () => {
	it('says whether it answers, what the token may do, and whether the programs are there', async () => {
		const states = async (of: object = {}) =>
			(await connect(of).probe?.({ account: null, target: 'plc-1' }))?.map(({ what, state }) => `${what} ${state}`);
		expect(await states()).toEqual([
			'the server in the inventory well',
			'reach and login well',
			'rights well',
			`${PROGRAM} well`,
		]);
		gitlab.scopes.push('api');
		expect(await states({ programs: { 'plc-1': [{ project: PROJECT, path: 'gone' }] } })).toEqual([
			'the server in the inventory well',
			'reach and login well',
			'rights not',
			'gone not',
		]);
	});
});

describe('a version server over TLS', () => {
	let authority: Authority;
	beforeAll(() => {
		authority = openAuthority();
	});
	afterAll(() => authority.remove());

	it('whose certificate nobody vouches for gets no token', async () => {
		const { key, cert } = authority.issue('git');
		const foreign = await startGitLab(NOW, { key, cert });
		try {
			expect(await read(connect({ base_url: foreign.url }))).toMatchObject({ effect: 'not_done' });
			expect(foreign.requests).toEqual([]);
		} finally {
			await foreign.close();
		}
	});
});
