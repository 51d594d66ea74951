// What a connector that only reads is given: GET and HEAD, and no way to send anything else. Not a rule that its code keeps but the only words
// that it has. One time budget and one sum of bytes for a whole reading. What is asked, and what it means, stands in pi-web-api.ts, gitlab.ts.
import { createHash } from 'node:crypto';
import { type Instant, SECOND } from '../../domain/time.ts';
import { type Answer, exchange } from './exchange.ts';
import type { HttpEdge } from './generic-http.ts';
import { Stopped } from './http-session.ts';
import { CALL_BUDGET_MS, meaningOf, pauseBefore } from './retry.ts';

/** Requests of one reading, and bytes that all of its answers may have together. */
const REQUESTS_MAX = 60;
const BYTES_MAX = 512 * 1024;
/** A clock that differs by less is as right as the answer's date can tell. */
const OFFSET_SHOWN_MS = 2 * SECOND;

export type ReadingReach = {
	readonly baseUrl: string;
	readonly timeoutMs: number;
	readonly allowPrivate: boolean;
	/** The login, in headers. */
	readonly headers: Readonly<Record<string, string>>;
	readonly edge: HttpEdge;
};

type Query = Readonly<Record<string, string | readonly string[]>>;

/** How a reading came about, for the record (rule G9: hash, source, offset of its clock, method). */
export type Provenance = {
	readonly source: string;
	/** SHA-256 over all bodies in the order in which they came. */
	readonly sha256: string;
	readonly requests: number;
	/** How far the server's clock is ahead, in milliseconds; null where it says nothing or agrees. */
	readonly offsetMs: number | null;
};

export type ReadingSession = {
	/** The answer's JSON; null for 404. @throws Stopped for everything else */
	get(path: string, query?: Query): Promise<unknown>;
	/** The answer's headers, by lower-case name; null for 404. @throws Stopped for everything else */
	head(path: string, query?: Query): Promise<Readonly<Record<string, string>> | null>;
	provenance(): Provenance;
};

/** A session for one reading. */
export function openReading(reach: ReadingReach): ReadingSession {
	const { edge } = reach;
	const deadline = edge.now() + CALL_BUDGET_MS;
	const hash = createHash('sha256');
	let requests = 0;
	let bytes = 0;
	let offsetMs: number | null = null;
	const ask = async (method: 'GET' | 'HEAD', path: string, query: Query): Promise<Answered | null> => {
		if (requests >= REQUESTS_MAX) throw new Stopped(`it takes more than ${REQUESTS_MAX} requests`, false);
		requests++;
		const answer = await tryOften(reach, deadline, method, urlAt(reach.baseUrl, path, query));
		if (answer.kind !== 'answered') throw new Stopped(answer.reason);
		offsetMs ??= offsetOf(answer, edge.now());
		bytes += answer.text.length;
		if (bytes > BYTES_MAX) throw new Stopped('the answers are larger than 512 KiB together', false);
		if (method === 'GET') hash.update(answer.text);
		if (answer.status === 404) return null;
		if (answer.status !== 200) throw new Stopped(...refusalOf(answer.status));
		if (method === 'GET' && answer.cut) throw new Stopped('the answer is larger than 64 KiB or broke off', false);
		return answer;
	};
	return {
		async get(path, query = {}) {
			const answer = await ask('GET', path, query);
			if (answer === null) return null;
			try {
				return JSON.parse(answer.text);
			} catch {
				throw new Stopped('the answer is no JSON');
			}
		},
		head: async (path, query = {}) => (await ask('HEAD', path, query))?.headers ?? null,
		provenance: () => ({
			...{ source: new URL(reach.baseUrl).origin, sha256: hash.copy().digest('hex'), requests },
			offsetMs: offsetMs !== null && Math.abs(offsetMs) >= OFFSET_SHOWN_MS ? offsetMs : null,
		}),
	};
}

type Answered = Extract<Answer, { kind: 'answered' }>;

async function tryOften(reach: ReadingReach, deadline: Instant, method: 'GET' | 'HEAD', url: URL): Promise<Answer> {
	const { edge } = reach;
	for (let tries = 1; ; tries++) {
		const leftMs = deadline - edge.now();
		if (leftMs <= 0) throw new Stopped('the time for this reading is over');
		const answer = await exchange({
			...{ url, method, body: null, resolve: edge.resolve, allowPrivate: reach.allowPrivate },
			headers: { accept: 'application/json', 'user-agent': 'interlock', ...reach.headers },
			timeoutMs: Math.min(reach.timeoutMs, leftMs),
		});
		// Reading changes nothing: it may be repeated after anything that may pass.
		const pause = pauseBefore(answer, true, tries, deadline - edge.now(), edge.now());
		if (pause === null) return answer;
		await edge.sleep(pause);
	}
}

function refusalOf(status: number): [reason: string, isTrouble: boolean] {
	if (status === 401) return ['the login is not taken (401)', true];
	if (status === 403) return ['this login may not read it (403)', false];
	return [`answered ${status}`, meaningOf({ ...EMPTY, status }).isTrouble];
}
const EMPTY: Omit<Answered, 'status'> = { kind: 'answered', retryAfter: null, location: null, text: '', cut: false };

/** How far the server's clock is ahead of ours, by the second of its `Date`. */
function offsetOf({ headers }: Answered, now: Instant): number | null {
	const at = Date.parse(headers?.['date'] ?? '');
	return Number.isNaN(at) ? null : at - Math.floor(now / SECOND) * SECOND;
}

function urlAt(base: string, path: string, query: Query): URL {
	const url = new URL(`${base.replace(/\/+$/, '')}${path}`);
	for (const [name, value] of Object.entries(query))
		for (const one of typeof value === 'string' ? [value] : value) url.searchParams.append(name, one);
	return url;
}
