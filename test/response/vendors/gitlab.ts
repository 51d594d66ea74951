// GitLab's repository interface as its reference documents it, in front of a real Git repository: which commits there are, when, and which
// content a path has is what `git` says, and no word of ours.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { startVendor, type VendorRequest, type VendorResponse, type VendorServer } from './server.ts';

export type GitLab = VendorServer & {
	readonly folder: string;
	readonly tokens: Set<string>;
	scopes: string[];
	clock: number;
	/** Runs git in the repository. */
	git(...args: string[]): string;
	/** Stores a version; null deletes the file. */
	store(path: string, content: string | null, at: number): string;
};

export const GITLAB_TOKEN = 'glpat-0123456789abcdef';
export const PROJECT = 'plant/mixing';

export async function startGitLab(
	clock: number,
	tls: { readonly key: string; readonly cert: string } | null = null,
): Promise<GitLab> {
	const folder = mkdtempSync(join(tmpdir(), 'interlock-git-'));
	const git = (env: object, ...args: string[]): string =>
		execFileSync('git', ['-C', folder, '-c', 'commit.gpgsign=false', ...args], {
			encoding: 'utf8',
			stdio: ['ignore', 'pipe', 'pipe'],
			env: {
				...{ PATH: process.env['PATH'], HOME: folder, GIT_CONFIG_NOSYSTEM: '1' },
				...{ GIT_AUTHOR_NAME: 'Ann Engineer', GIT_AUTHOR_EMAIL: 'ann@plant.example' },
				...{ GIT_COMMITTER_NAME: 'Ann Engineer', GIT_COMMITTER_EMAIL: 'ann@plant.example' },
				...env,
			},
		}).trim();
	git({}, 'init', '-q', '-b', 'main');
	const vendor = await startVendor((request) => answer(request, gitlab), tls);
	const close = vendor.close;
	const gitlab: GitLab = Object.assign(vendor, {
		...{ folder, clock, tokens: new Set([GITLAB_TOKEN]), scopes: ['read_repository', 'read_api'] },
		git: (...args: string[]) => git({}, ...args),
		store(path: string, content: string | null, at: number): string {
			mkdirSync(dirname(join(folder, path)), { recursive: true });
			if (content === null) rmSync(join(folder, path));
			else writeFileSync(join(folder, path), content);
			git({}, 'add', '-A');
			const date = `${Math.floor(at / 1_000)} +0200`;
			git({ GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date }, 'commit', '-q', '-m', `change of ${path}`);
			return git({}, 'rev-parse', 'HEAD');
		},
		close: async () => {
			await close();
			rmSync(folder, { recursive: true, force: true });
		},
	});
	return gitlab;
}

function answer(request: VendorRequest, gitlab: GitLab): VendorResponse {
	const headers = { 'content-type': 'application/json', date: new Date(gitlab.clock).toUTCString() };
	const said = (status: number, body: unknown, more = {}): VendorResponse => ({
		...{ status, headers: { ...headers, ...more }, body: JSON.stringify(body) },
	});
	if (request.method !== 'GET' && request.method !== 'HEAD') return said(405, { message: '405' });
	if (!gitlab.tokens.has(String(request.headers['private-token']))) return said(401, { message: '401 Unauthorized' });
	if (request.path === '/api/v4/version') return said(200, { version: '17.6.1', revision: 'abc' });
	if (request.path === '/api/v4/personal_access_tokens/self')
		return said(200, { id: 1, name: 'interlock', scopes: gitlab.scopes });
	const base = `/api/v4/projects/${encodeURIComponent(PROJECT)}/repository`;
	if (request.path === `${base}/commits`) return commits(request, gitlab, said);
	const path = new RegExp(`^${base}/files/([^/]+)$`).exec(request.path)?.[1];
	if (path === undefined) return said(404, { message: '404 Project Not Found' });
	try {
		const name = decodeURIComponent(path);
		const spec = `${request.query.get('ref')}:${name}`;
		const blob = gitlab.git('rev-parse', '--verify', spec);
		const content = execFileSync('git', ['-C', gitlab.folder, 'cat-file', 'blob', blob]);
		return said(
			200,
			{},
			{
				'x-gitlab-blob-id': blob,
				'x-gitlab-content-sha256': createHash('sha256').update(content).digest('hex'),
				'x-gitlab-size': String(content.length),
				'x-gitlab-file-name': name.split('/').at(-1),
			},
		);
	} catch {
		return said(404, { message: '404 File Not Found' });
	}
}

function commits(
	request: VendorRequest,
	gitlab: GitLab,
	said: (status: number, body: unknown) => VendorResponse,
): VendorResponse {
	const { query } = request;
	const range = ['until', 'since'].flatMap((name) => (query.has(name) ? [`--${name}=${query.get(name)}`] : []));
	try {
		const lines = gitlab.git(
			...[
				'log',
				'--format=%H %cI',
				...(query.get('order') === 'topo' ? ['--topo-order'] : []),
				...range,
				`-n${query.get('per_page') ?? 20}`,
			],
			...[query.get('ref_name') ?? 'main', '--', query.get('path') ?? '.'],
		);
		const found = lines.split('\n').filter((line) => line !== '');
		return said(
			200,
			found.map((line) => {
				const [id = '', at = ''] = line.split(' ');
				const who = { author_name: 'Ann Engineer', author_email: 'ann@plant.example' };
				return { id, short_id: id.slice(0, 8), title: 'change', ...who, committed_date: at, created_at: at };
			}),
		);
	} catch {
		return said(404, { message: '404 Reference Not Found' });
	}
}
