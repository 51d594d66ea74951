// What ServiceNow and Jira have in common: the grant, one ticket for a step however often it is asked for, what is known where an answer
// never came, and the ticket's number for people and record. A ticket is a record for people: it is never taken back. What is asked of which
// desk stands in servicenow.ts and jira.ts.
import type { DeskConfig } from '../../domain/connector-kinds/desk.ts';
import { never } from '../../domain/result.ts';
import { HOUR, type Instant, MINUTE } from '../../domain/time.ts';
import { mayHaveConnector } from '../../safety/actions.ts';
import { checkGrant, type Grant } from '../../safety/grant.ts';
import type { ListReader } from './block-list.ts';
import { createBreaker } from './breaker.ts';
import type { CallRequest, CallResult, Connector, Probe, ReadBack } from './connector.ts';
import type { HttpEdge } from './generic-http.ts';
import { type HttpSession, openSession, type Sent, Stopped, type TokenBox } from './http-session.ts';
import { createJira } from './jira.ts';
import { masked } from './secret.ts';
import { createServiceNow } from './servicenow.ts';
import type { Desk, Ticket } from './ticket-desk.ts';
import { type TicketText, ticketText } from './ticket-text.ts';

const ACTION = 'open_ticket';
const DETAIL_MAX = 600;
/** The form in which the program makes step ids (domain/id.ts): nothing else gets into a query. */
const STEP = /^stp_[0-9a-z]{10,40}$/;
/** Looks after a request whose answer never came, and the pause before each: an index may lag. */
const LOOK_PAUSES_MS = [500, 2_000, 4_000];
/** A desk ends a request by itself, and shows what it made, within this: only then does "not shown" mean "not opened". */
export const SHOWN_WITHIN_MS = 10 * MINUTE;

type Said = CallResult & { readonly isTrouble: boolean };

/** @param secret password, token or client secret: it appears in no result and no error */
export function createTicketConnector(
	config: DeskConfig,
	secret: string | null,
	reader: ListReader,
	edge: HttpEdge,
): Connector {
	const { name } = config;
	const box: TokenBox = { held: null };
	const breaker = createBreaker();
	let openedAt: readonly Instant[] = [];
	const desk = config.kind === 'servicenow' ? createServiceNow(config, secret, edge.now) : createJira(config, secret);
	const reach = {
		...{ baseUrl: config.base_url, timeoutMs: config.timeout_ms, allowPrivate: config.allow_private },
		...{ resolve: edge.resolve, now: edge.now, sleep: edge.sleep },
	};
	const open = (): HttpSession => openSession(reach, box, desk.token, () => null);
	const clean = (text: string): string =>
		[secret, desk.credential, box.held?.value.split(' ')[1] ?? null].reduce<string>(
			(shown, hidden) => masked(shown, hidden, DETAIL_MAX),
			text,
		);
	const not = (detail: string): CallResult => ({ effect: 'not_done', detail: clean(detail), tries: 0 });
	return {
		name,
		actions: [ACTION],
		// It is looked up before it is opened, but a desk that still works at the first request does not show it yet.
		isIdempotent: () => false,
		hasReadBack: (action) => action === ACTION,
		async call(grant, request) {
			const refusal = refusalOf(grant, request, secret, edge.now());
			if (refusal !== null) return not(refusal);
			if (breaker.blockedUntil(edge.now()) !== null)
				return not(`not sent: \`${name}\` failed several times in a row and is left alone for a while`);
			const hourAgo = edge.now() - HOUR;
			openedAt = openedAt.filter((at) => at > hourAgo);
			if (openedAt.length >= config.per_hour)
				return not(`${config.per_hour} tickets within an hour are as many as \`${name}\` may open: open it by hand`);
			const incident = config.link === undefined ? null : await incidentOf(reader, request.step);
			const text = ticketText(config, request.step, request.params, incident);
			const { isTrouble, ...said } = await openTicket(desk, open(), request.step, text, edge);
			if (said.effect !== 'not_done') openedAt = [...openedAt, edge.now()];
			if (isTrouble) breaker.failed(edge.now());
			else breaker.succeeded();
			return { ...said, detail: clean(said.detail) };
		},
		async readBack(grant, request) {
			const refusal = refusalOf(grant, request, secret, edge.now(), true);
			if (refusal !== null) return { state: 'unknown', detail: clean(refusal) };
			const ageMs = request.since === undefined ? null : edge.now() - request.since;
			const { state, detail } = await readTicket(desk, open(), request.step, ageMs);
			return { state, detail: clean(detail) };
		},
		async probe() {
			if (secret === null || secret === '')
				return [{ what: 'login', state: 'not', detail: 'the secret that `auth` names is not set' }];
			const found: readonly Probe[] = await desk.probe(open());
			return found.map((probe) => ({ ...probe, detail: clean(probe.detail) }));
		},
	};
}

/** Only for the link: without it the ticket is opened all the same. */
async function incidentOf(reader: ListReader, step: string): Promise<string | null> {
	try {
		return await reader.incidentOf(step);
	} catch {
		return null;
	}
}

/** Opens the ticket, or finds the one that an earlier try of the step opened. Never throws for anything that the desk does. */
async function openTicket(
	desk: Desk,
	session: HttpSession,
	step: string,
	text: TicketText,
	edge: HttpEdge,
): Promise<Said> {
	const not = (detail: string, isTrouble: boolean): Said => ({
		...{ effect: 'not_done', detail: `not opened: ${detail}`, tries: 1, isTrouble },
	});
	try {
		const before = await desk.find(session, step);
		if (before.length > 0) return { ...opened(desk, before, ' was there before this call'), isTrouble: false };
		const { note, body } = desk.bodyOf(step, text);
		const sent = await session.send('POST', desk.path, body);
		switch (sent.kind) {
			case 'not_done':
				return not(sent.reason, true);
			case 'answered':
				return not(`${sent.reason}${desk.refusal(sent.body)}`, [401, 429, 503].includes(sent.status));
			case 'done':
			case 'unknown':
				return await afterSent(desk, session, step, sent, note, edge);
			default:
				return never(sent);
		}
	} catch (cause) {
		if (!(cause instanceof Stopped)) throw cause;
		return not(cause.message, cause.isTrouble);
	}
}

/** The desk said yes, or nothing that can be read: the number in its answer counts, else what it shows. */
async function afterSent(
	desk: Desk,
	session: HttpSession,
	step: string,
	sent: Extract<Sent, { kind: 'done' | 'unknown' }>,
	note: string,
	edge: HttpEdge,
): Promise<Said> {
	const made = sent.kind === 'done' ? desk.madeOf(sent.body, step) : null;
	if (made !== null) return { ...opened(desk, [made], ` is open${note}`), isTrouble: false };
	const reason = sent.kind === 'unknown' ? sent.reason : 'it said yes, without a number that can be read';
	let seen = 'it shows no ticket of this step yet';
	for (const pause of LOOK_PAUSES_MS) {
		await edge.sleep(pause);
		try {
			const after = await desk.find(session, step);
			if (after.length > 0) return { ...opened(desk, after, ` is open${note}`), isTrouble: sent.kind === 'unknown' };
		} catch (cause) {
			if (!(cause instanceof Stopped)) throw cause;
			seen = `it could not be asked: ${cause.message}`;
			break;
		}
	}
	return { effect: 'unknown', detail: `${reason}; ${seen}`, tries: 1, isTrouble: true };
}

/** Asks the desk what has become of a ticket that is in doubt. */
async function readTicket(desk: Desk, session: HttpSession, step: string, ageMs: number | null): Promise<ReadBack> {
	try {
		const found = await desk.find(session, step);
		if (found.length > 0) return { state: 'done', detail: opened(desk, found, ' is there').detail };
		return ageMs !== null && ageMs >= SHOWN_WITHIN_MS
			? { state: 'not_done', detail: 'no ticket carries this step' }
			: { state: 'unknown', detail: 'no ticket carries this step yet; one may still come' };
	} catch (cause) {
		if (!(cause instanceof Stopped)) throw cause;
		return { state: 'unknown', detail: cause.message };
	}
}

function opened(desk: Desk, tickets: readonly Ticket[], how: string): CallResult {
	const [first] = tickets;
	const numbers = tickets.map((ticket) => ticket.number);
	const detail =
		tickets.length === 1 ? `${numbers[0]}${how}` : `${numbers.join(', ')} all carry this step: close all but one`;
	return {
		effect: 'done',
		detail,
		tries: 1,
		told: [`Ticket ${detail}${first === undefined ? '' : ` (${first.url})`}. It is a record: people close it.`],
		record: { desk: desk.title, tickets: tickets.map(({ number, url }) => ({ number, url })) },
	};
}

/** Null where the call may be made. Checked here and not only by the caller: the connector is the last door. */
function refusalOf(
	grant: Grant,
	{ step, action, target, targets, params }: CallRequest,
	secret: string | null,
	now: Instant,
	isLook = false,
): string | null {
	if (!mayHaveConnector(action)) return `action \`${action}\` has no connector (rule G10)`;
	if (action !== ACTION) return `no call is configured for \`${action}\``;
	if (target !== null && !targets.includes(target)) return 'no grant: the target is none that was judged';
	const checked = checkGrant(grant, { step, action, targets, params, isLook }, now);
	if (!checked.ok) return `no grant: ${checked.error}`;
	if (!STEP.test(step)) return 'the step has no plain id';
	return secret === null || secret === '' ? 'the secret that `auth` names is not set' : null;
}
