// The version server: programs and configurations of controllers that are kept in GitLab. Which version was the last one before the incident,
// with its hash, and whether anything was put there since. What runs in a controller is not seen here: only what somebody stored.
// NOT here: grant and login (reading-connector.ts), and comparing with the controller, which people do.
import { z } from 'zod';
import type { GitLabConfig } from '../../domain/connector-kinds/reading.ts';
import type { Json } from '../../domain/entry.ts';
import type { Inventory } from '../../domain/inventory.ts';
import { err, ok, type Result } from '../../domain/result.ts';
import { fromIso, type Instant, toIso } from '../../domain/time.ts';
import type { CallRequest, Connector, Probe, ProbeWish } from './connector.ts';
import type { HttpEdge } from './generic-http.ts';
import { clockOf, dayOf } from './historian-values.ts';
import { Stopped } from './http-session.ts';
import { createReadingConnector, quoted, type Reading } from './reading-connector.ts';
import { openReading, type ReadingSession } from './reading-session.ts';

type Program = GitLabConfig['programs'][string][number];

/** Versions that are counted since the incident; beyond it is said that there are more. */
const SINCE_MAX = 20;

const Commit = z.object({
	id: z.string().regex(/^[0-9a-f]{40}([0-9a-f]{24})?$/),
	committed_date: z
		.string()
		.max(40)
		.regex(/(?:Z|[+-]\d\d:\d\d)$/)
		.transform((text) => fromIso(text) ?? Number.NaN)
		.refine((at) => Number.isFinite(at)),
});
const Commits = z.array(Commit).max(SINCE_MAX + 1);
const FileHead = z.object({
	'x-gitlab-blob-id': z.string().regex(/^[0-9a-f]{40}([0-9a-f]{24})?$/),
	'x-gitlab-content-sha256': z.string().regex(/^[0-9a-f]{64}$/),
	'x-gitlab-size': z.string().regex(/^\d{1,15}$/),
});

/** What is known of one program. Names and messages of people who stored it are left out: the commit leads to them. */
type Version = {
	readonly commit: string;
	readonly at: Instant;
	/** Null where the program was deleted in it. */
	readonly file: { readonly sha256: string; readonly blob: string; readonly bytes: number } | null;
};
type Found = {
	readonly program: Program;
	readonly last: Version | null;
	/** Newest first. */
	readonly since: readonly z.infer<typeof Commit>[];
	/** A version has a time before that of the one that it was made from: a clock was wrong, or somebody set a time back. */
	readonly isDisordered: boolean;
};

/** @param secret the token: it appears in no result and no error */
export function createGitLab(
	config: GitLabConfig,
	secret: string | null,
	inventory: Inventory,
	edge: HttpEdge,
): Connector {
	return createReadingConnector({
		...{
			name: config.name,
			action: 'read_backup',
			asset: config.asset,
			perHour: config.per_hour,
			secret,
			inventory,
			edge,
		},
		open: () =>
			openReading({
				...{ baseUrl: config.base_url, timeoutMs: config.timeout_ms, allowPrivate: config.allow_private, edge },
				headers: { 'private-token': secret ?? '' },
			}),
		read: async (session, request, now) => await read(config, inventory, session, request, now),
		probe: async (session, wish) => await probe(config, inventory, session, wish),
	});
}

function programsOf(config: GitLabConfig, inventory: Inventory, about: string): readonly Program[] | null {
	const id = inventory.find(about)?.id ?? about;
	return Object.hasOwn(config.programs, id) ? (config.programs[id] ?? null) : null;
}

async function read(
	config: GitLabConfig,
	inventory: Inventory,
	session: ReadingSession,
	request: CallRequest,
	now: Instant,
): Promise<Result<Reading, string>> {
	const about = String(request.params['about'] ?? '');
	const programs = programsOf(config, inventory, about);
	if (programs === null) return err(`no programs are listed for ${quoted(about)}: nothing else is read`);
	const named = request.params['around'];
	const around = named === undefined ? now : fromIso(String(named));
	if (around === null) return err(`${quoted(named)} is no time`);
	const found: Found[] = [];
	const missed: string[] = [];
	for (const program of programs) {
		try {
			found.push(await findProgram(session, program, around));
		} catch (cause) {
			if (!(cause instanceof Stopped)) throw cause;
			if (cause.isTrouble && found.length === 0) throw cause;
			missed.push(`${quoted(program.path, 120)} was not read: ${cause.message}.`);
			if (cause.isTrouble) break;
		}
	}
	if (found.length === 0) return err(missed.join(' '));
	const untried = programs.length - found.length - missed.length;
	if (untried > 0) missed.push(`${untried} more were not asked for.`);
	const clock = clockOf(config.time_zone, around);
	return ok({
		lines: [
			`Version server \`${config.asset}\`, programs of ${quoted(about)} before ${clock(around)} (${dayOf(config.time_zone, around)}). Stored copies only: what runs in the controller is not seen here. Times are those of the computers on which versions were made.`,
			...found.map((one) => lineOf(one, clock)),
			...missed,
		],
		record: {
			...{ about: about.slice(0, 200), before: toIso(around), not_read: programs.length - found.length },
			programs: found.map(recordOf),
		},
	});
}

/** @throws Stopped where it cannot be read */
async function findProgram(session: ReadingSession, program: Program, around: Instant): Promise<Found> {
	const base = `/api/v4/projects/${encodeURIComponent(program.project)}/repository`;
	const list = async (query: Record<string, string>): Promise<z.infer<typeof Commits>> => {
		const body = await session.get(`${base}/commits`, { ref_name: program.branch, path: program.path, ...query });
		if (body === null) throw new Stopped('there is no such project or branch, or this token may not see it', false);
		const read = Commits.safeParse(body);
		if (!read.success) throw new Stopped('the answer is none of GitLab');
		return read.data;
	};
	// In the order of history and not by date: a date is what the committer's computer says, and git stops looking at the first that is older.
	const newest = await list({ order: 'topo', per_page: String(SINCE_MAX + 1) });
	const isDisordered = newest.some(
		(commit, index) => commit.committed_date > (newest[index - 1]?.committed_date ?? Number.POSITIVE_INFINITY),
	);
	// Everything that was made on top of a version from after the incident is from after it too, whatever time it has.
	const at = newest.findLastIndex((commit) => commit.committed_date > around) + 1;
	const since = newest.slice(0, at);
	const isLong = at > SINCE_MAX;
	const before = isLong ? (await list({ until: toIso(around), per_page: '1' }))[0] : newest[at];
	if (before === undefined) return { program, last: null, since, isDisordered };
	// A server that did not look at `until` would present what came after as what was there before.
	if (before.committed_date > around) throw new Stopped('the answer is about a later time than was asked for');
	const head = await session.head(`${base}/files/${encodeURIComponent(program.path)}`, { ref: before.id });
	const last = { commit: before.id, at: before.committed_date, file: fileOf(head) };
	return { program, since, isDisordered, last };
}

function fileOf(head: Readonly<Record<string, string>> | null): Version['file'] {
	if (head === null) return null;
	const read = FileHead.safeParse(head);
	if (!read.success) throw new Stopped('the answer is none of GitLab');
	const { data } = read;
	return {
		...{ blob: data['x-gitlab-blob-id'], sha256: data['x-gitlab-content-sha256'] },
		bytes: Number(data['x-gitlab-size']),
	};
}

function lineOf({ program, last, since, isDisordered }: Found, clock: (at: Instant) => string): string {
	const where = `${quoted(program.path, 120)} of ${quoted(program.project, 80)}`;
	const newest = since[0];
	const many =
		since.length > SINCE_MAX ? `more than ${SINCE_MAX} times` : since.length === 1 ? 'once' : `${since.length} times`;
	const later =
		newest === undefined
			? 'nothing was stored since'
			: `STORED ${many} SINCE, last at ${clock(newest.committed_date)} (${newest.id.slice(0, 12)})`;
	const doubt = isDisordered
		? ' TIMES OUT OF ORDER: a clock was wrong or a time was set back, so look at the whole history before you rely on this.'
		: '';
	if (last === null) return `${where}: no version from before; ${later}.${doubt}`;
	const version = `last version from before is ${last.commit.slice(0, 12)} of ${clock(last.at)}`;
	const file =
		last.file === null ? 'in it the program was deleted' : `${last.file.bytes} bytes, SHA-256 ${last.file.sha256}`;
	return `${where}: ${version}, ${file}; ${later}.${doubt}`;
}

function recordOf({ program, last, since, isDisordered }: Found): Json {
	return {
		...{ project: program.project, path: program.path, branch: program.branch },
		last: last === null ? null : { commit: last.commit, at: toIso(last.at), file: last.file },
		times_out_of_order: isDisordered,
		since: since.map((commit) => ({ commit: commit.id, at: toIso(commit.committed_date) })),
	};
}

/** Reach and login; then, for an asset, whether its programs are there. No content is read. */
async function probe(
	config: GitLabConfig,
	inventory: Inventory,
	session: ReadingSession,
	wish: ProbeWish,
): Promise<readonly Probe[]> {
	const what = 'reach and login';
	const version = z.object({ version: z.string().max(60) }).safeParse(await session.get('/api/v4/version'));
	if (!version.success) return [{ what, state: 'not', detail: 'the answer is none of GitLab' }];
	const found: Probe[] = [
		{ what, state: 'well', detail: `GitLab ${quoted(version.data.version, 40)} answered` },
		await probeScopes(session),
	];
	if (wish.target === null) return found;
	const programs = programsOf(config, inventory, wish.target);
	if (programs === null)
		return [...found, { what: wish.target, state: 'not', detail: 'no programs are listed for it' }];
	for (const program of programs) {
		const url = `/api/v4/projects/${encodeURIComponent(program.project)}/repository/files/${encodeURIComponent(program.path)}`;
		try {
			const head = await session.head(url, { ref: program.branch });
			const isThere = head !== null;
			const detail = isThere ? 'is there' : 'is not there, or this token may not see it';
			found.push({ what: program.path, state: isThere ? 'well' : 'not', detail });
		} catch (cause) {
			if (!(cause instanceof Stopped)) throw cause;
			found.push({ what: program.path, state: 'not', detail: cause.message });
		}
	}
	return found;
}

/** What the token may do, as GitLab says it of itself. More than reading is said to be too much. */
async function probeScopes(session: ReadingSession): Promise<Probe> {
	const what = 'rights';
	const open: Probe = { what, state: 'open', detail: 'GitLab does not say what this token may do' };
	try {
		const own = z.object({ scopes: z.array(z.string().max(60)).max(50) });
		const read = own.safeParse(await session.get('/api/v4/personal_access_tokens/self'));
		if (!read.success) return open;
		const more = read.data.scopes.filter((scope) => !['read_api', 'read_repository'].includes(scope));
		return more.length === 0
			? { what, state: 'well', detail: 'the token may only read' }
			: {
					what,
					state: 'not',
					detail: `the token may do more than is needed: ${more.map((scope) => quoted(scope)).join(', ')}`,
				};
	} catch (cause) {
		if (!(cause instanceof Stopped)) throw cause;
		return open;
	}
}
