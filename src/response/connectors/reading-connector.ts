// What connectors that only read have in common: the grant, that the server asked is the one that was judged, a pause after failures, and
// words for people. A reading has no effect, so it is done or not done and never in doubt. What is read stands in pi-web-api.ts, gitlab.ts.
import type { Json } from '../../domain/entry.ts';
import type { Inventory } from '../../domain/inventory.ts';
import type { Result } from '../../domain/result.ts';
import { HOUR, type Instant } from '../../domain/time.ts';
import { type ActionName, mayHaveConnector } from '../../safety/actions.ts';
import { checkGrant, type Grant } from '../../safety/grant.ts';
import { createBreaker } from './breaker.ts';
import type { CallRequest, CallResult, Connector, Probe, ProbeWish } from './connector.ts';
import type { HttpEdge } from './generic-http.ts';
import { Stopped } from './http-session.ts';
import type { Provenance, ReadingSession } from './reading-session.ts';
import { masked } from './secret.ts';

/** Lines for people, and characters of each: what fits a message. */
const LINES_MAX = 30;
const LINE_MAX = 280;
const OUTCOME_MAX = 900;

/** What was read: lines in plain words, the first of which says what it is about, and the same for the record. */
export type Reading = {
	readonly lines: readonly string[];
	/** For the step's outcome, which the ledger keeps for ever: left out, all lines. */
	readonly summary?: readonly string[];
	readonly record: { readonly [key: string]: Json };
};

export type Reader = {
	readonly name: string;
	readonly action: ActionName;
	/** The server in the inventory. */
	readonly asset: string;
	/** Readings within an hour. */
	readonly perHour: number;
	readonly secret: string | null;
	/** Other forms in which the secret is sent: they appear in no result either. */
	readonly hidden?: readonly string[];
	readonly inventory: Inventory;
	readonly edge: HttpEdge;
	readonly open: () => ReadingSession;
	/** @throws Stopped where nothing can be read */
	readonly read: (session: ReadingSession, request: CallRequest, now: Instant) => Promise<Result<Reading, string>>;
	readonly probe: (session: ReadingSession, wish: ProbeWish) => Promise<readonly Probe[]>;
};

/** Text without the secret and without control characters, cut to `max`. */
type Clean = (text: string, max: number) => string;

/** Makes a connector of it. The secret is in no result and no error. */
export function createReadingConnector(reader: Reader): Connector {
	const { name, action, secret, edge } = reader;
	const breaker = createBreaker();
	let readAt: readonly Instant[] = [];
	const clean: Clean = (text, max) =>
		(reader.hidden ?? []).reduce((shown, form) => masked(shown, form, max), masked(text, secret, max));
	const not = (reason: string): CallResult => ({
		...{ effect: 'not_done', tries: 1 },
		detail: clean(`not read: ${reason}`, OUTCOME_MAX),
	});
	return {
		name,
		actions: [action],
		// Reading twice changes nothing, and leaves nothing behind that could be looked at.
		isIdempotent: (asked) => asked === action,
		hasReadBack: () => false,
		async call(grant, request) {
			const refusal = refuse(reader, grant, request);
			if (refusal !== null) return { ...not(refusal), tries: 0 };
			if (breaker.blockedUntil(edge.now()) !== null)
				return not(`\`${name}\` failed several times in a row and is left alone for a while`);
			const hourAgo = edge.now() - HOUR;
			readAt = readAt.filter((at) => at > hourAgo);
			if (readAt.length >= reader.perHour)
				return not(`${reader.perHour} readings within an hour are as many as \`${name}\` may make: look there by hand`);
			readAt = [...readAt, edge.now()];
			const session = reader.open();
			try {
				const read = await reader.read(session, request, edge.now());
				breaker.succeeded();
				return read.ok ? toResult(read.value, session.provenance(), clean, edge.now()) : not(read.error);
			} catch (cause) {
				if (!(cause instanceof Stopped)) throw cause;
				if (cause.isTrouble) breaker.failed(edge.now());
				else breaker.succeeded();
				return not(cause.message);
			}
		},
		readBack: async () => ({ state: 'unknown', detail: 'a reading leaves nothing behind to look at' }),
		async probe(wish) {
			if (secret === null || secret === '')
				return [{ what: 'login', state: 'not', detail: 'the secret that `auth` names is not set' }];
			// A step's own target is the server: what may be asked about is another asset.
			const isServer =
				wish.target !== null && reader.inventory.find(wish.target) === reader.inventory.find(reader.asset);
			const found = [serverProbe(reader), ...(await probed(reader, isServer ? { ...wish, target: null } : wish))];
			return found.map((probe) => ({ ...probe, detail: clean(probe.detail, 600) }));
		},
	};
}

function serverProbe({ asset, inventory }: Reader): Probe {
	const found = inventory.find(asset);
	const what = 'the server in the inventory';
	return found === null
		? {
				what,
				state: 'not',
				detail: `\`${asset}\` is not there, or more than one asset has the name: no step may read here`,
			}
		: { what, state: 'well', detail: `\`${found.id}\`: ${found.class}, level ${found.level}` };
}

async function probed(reader: Reader, wish: ProbeWish): Promise<readonly Probe[]> {
	try {
		return await reader.probe(reader.open(), wish);
	} catch (cause) {
		if (!(cause instanceof Stopped)) throw cause;
		return [{ what: 'reach and login', state: 'not', detail: cause.message }];
	}
}

function toResult(reading: Reading, from: Provenance, clean: Clean, now: Instant): CallResult {
	const offset =
		from.offsetMs === null
			? []
			: [`Its clock is ${Math.abs(from.offsetMs) / 1_000} s ${from.offsetMs > 0 ? 'ahead of' : 'behind'} ours.`];
	const lines = [...reading.lines, ...offset].slice(0, LINES_MAX).map((line) => clean(line, LINE_MAX));
	return {
		effect: 'done',
		detail: clean((reading.summary ?? lines).join(' '), OUTCOME_MAX),
		tries: 1,
		told: lines,
		record: {
			...recordable(reading.record),
			...{ source: from.source, answers_sha256: from.sha256, requests: from.requests, read_at: now },
			...{ clock_offset_ms: from.offsetMs, method: 'GET' },
		},
	};
}

/** What the ledger takes: whole characters, and no number that it could not give back as it was. */
function recordable(record: Reading['record']): Reading['record'] {
	return Object.fromEntries(
		Object.entries(record).map(([name, value]) => [name, value === undefined ? null : plainJson(value)]),
	);
}

function plainJson(value: Json | undefined): Json {
	if (value === undefined) return null;
	if (typeof value === 'string') return value.toWellFormed();
	if (typeof value === 'number')
		return Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value)) ? value : String(value);
	if (typeof value !== 'object' || value === null) return value;
	return Array.isArray(value)
		? value.map(plainJson)
		: Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plainJson(inner)]));
}

/** Null where it may be read. Checked here and not only by the caller: the connector is the last door. */
function refuse(
	{ action: own, asset, inventory, secret, edge }: Reader,
	grant: Grant,
	request: CallRequest,
): string | null {
	const { step, action, target, targets, params } = request;
	if (!mayHaveConnector(action)) return `action \`${action}\` has no connector (rule G10)`;
	if (action !== own) return `no call is configured for \`${action}\``;
	if (target === null || !targets.includes(target)) return 'no grant: the target is none that was judged';
	const checked = checkGrant(grant, { step, action, targets, params }, edge.now());
	if (!checked.ok) return `no grant: ${checked.error}`;
	const server = inventory.find(asset);
	if (server === null || inventory.find(target) !== server)
		return `the step is for \`${target.slice(0, 60)}\`, and what is set up here reads from \`${asset}\``;
	return secret === null || secret === '' ? 'the secret that `auth` names is not set' : null;
}

/** Text from a server, as a word to be quoted: one line, short, and no mark that could end the quotation. */
export function quoted(text: unknown, max = 60): string {
	const plain = masked(String(text), null, max)
		.replace(/[`<>&@]/g, ' ')
		.trim();
	return plain === '' ? '(nothing)' : `\`${plain}\``;
}
