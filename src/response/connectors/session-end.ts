// What connectors of gateways have in common that end one remote session: the grant, which one is meant, a look before and after, and what
// is reported. NOT here: how one maker's gateway is asked and told (globalprotect.ts, fortinet-vpn.ts), and which session a step's name
// fits (session-named.ts).
import type { Inventory } from '../../domain/inventory.ts';
import { type Instant, MINUTE, SECOND } from '../../domain/time.ts';
import { mayHaveConnector } from '../../safety/actions.ts';
import { checkGrant, type Grant } from '../../safety/grant.ts';
import type { Blind, Told } from './address-block.ts';
import { createBreaker } from './breaker.ts';
import type { CallRequest, CallResult, Connector, Probe, ReadBack } from './connector.ts';
import type { HttpEdge } from './generic-http.ts';
import { masked } from './secret.ts';
import {
	type Former,
	fits,
	isSameSession,
	type LiveSession,
	type Named,
	readNamed,
	titleOf,
	whyLeftAlone,
} from './session-named.ts';

/** A session that was ended disappears at once as a rule; it is looked for so often before the effect counts as unknown. */
const LOOKS = 3;
const LOOK_AGAIN_MS = SECOND;
/** A request whose answer never came may still be under way this long: what is shown until then proves nothing. */
const UNDER_WAY_MS = MINUTE;
/** Clocks of gateways are wrong by so much; within it nobody can say which of two came first. */
const CLOCK_MS = MINUTE;
/** A session that ended longer ago is none that a step of today is about. */
const FORMER_MS = 24 * 60 * MINUTE;
/** Steps whose session is remembered; a restart forgets them, and then the times decide. */
const REMEMBERED_MAX = 200;
const TITLE_MAX = 4;

/** One call's conversation with a gateway. */
export type GatewayTalk = {
	/** Every live session, or why they cannot be read. */
	look(): Promise<readonly LiveSession[] | Blind>;
	/** Sessions that are over; null where the gateway keeps no such list. */
	readonly former: (() => Promise<readonly Former[] | Blind>) | null;
	/** Ends this one. Never sent twice by itself: a second request could end a session that began since. */
	end(session: LiveSession): Promise<Told>;
	isOverdue(): boolean;
};

export type SessionEnder = {
	readonly name: string;
	readonly assets: readonly string[];
	readonly accountNeeded: boolean;
	readonly protection: { readonly accounts: readonly string[]; readonly addresses: readonly string[] };
	readonly secret: string | null;
	readonly inventory: Inventory;
	readonly edge: HttpEdge;
	readonly talk: () => GatewayTalk;
	/** What can be seen of the gateway beside its sessions. */
	readonly rights: string;
};

/** What was meant by a step: kept to compare, and whether an answer about it is still missing. */
type Meant = { readonly session: LiveSession; readonly isOpen: boolean; readonly at: Instant };

/** Ends the one session that a step names. Never throws for anything that the gateway does. The secret is in no result and no error. */
export function createSessionEnder(ender: SessionEnder): Connector {
	const { name, secret, edge } = ender;
	const breaker = createBreaker();
	const meant = new Map<string, Meant>();
	const remember = (step: string, what: Meant): void => {
		meant.delete(step);
		meant.set(step, what);
		const [oldest] = meant.keys();
		if (meant.size > REMEMBERED_MAX && oldest !== undefined) meant.delete(oldest);
	};
	return {
		name,
		actions: ['end_session'],
		// The same name may fit a session that began since: in doubt it is looked for and not ended again.
		isIdempotent: () => false,
		hasReadBack: (action) => action === 'end_session',
		async call(grant, request) {
			const refusal = refuse(ender, grant, request, false);
			if (refusal !== null) return said('not_done', masked(refusal, secret), 0);
			const named = readNamed(request.params, ender.accountNeeded);
			if (!named.ok) return said('not_done', named.error, 0);
			if (breaker.blockedUntil(edge.now()) !== null)
				return said('not_done', `not sent: \`${name}\` failed several times in a row and is left alone for a while`, 0);
			const result = await endOne(ender, named.value, grant.grantedAt, (what) => remember(request.step, what));
			if (result.isTrouble) breaker.failed(edge.now());
			else breaker.succeeded();
			return said(result.effect, masked(result.detail, secret, 600));
		},
		async readBack(grant, request) {
			const refusal = refuse(ender, grant, request, true);
			const named = readNamed(request.params, ender.accountNeeded);
			if (refusal !== null || !named.ok)
				return { state: 'unknown', detail: masked(refusal ?? (named.ok ? '' : named.error), secret) };
			const known = meant.get(request.step) ?? null;
			const read =
				known === null
					? await readByTimes(ender, named.value, request.since ?? null)
					: await readKnown(ender, named.value, known);
			return { state: read.state, detail: masked(read.detail, secret, 600) };
		},
		async probe({ account, target }) {
			const found = await tryOut(ender, account, target);
			return found.map((probe) => ({ ...probe, detail: masked(probe.detail, secret, 600) }));
		},
	};
}

type Ended = Pick<CallResult, 'effect' | 'detail'> & { readonly isTrouble: boolean };

const ended = (effect: CallResult['effect'], detail: string, isTrouble = false): Ended => ({
	effect,
	detail,
	isTrouble,
});

/** Finds the one, ends it, and looks whether it is gone. */
async function endOne(
	ender: SessionEnder,
	named: Named,
	grantedAt: Instant,
	remember: (what: Meant) => void,
): Promise<Ended> {
	const talk = ender.talk();
	const live = await talk.look();
	if ('reason' in live) return ended('not_done', `not sent: ${live.reason}`, live.isTrouble);
	const fitting = live.filter((session) => fits(session, named));
	const [session, other] = fitting;
	if (session === undefined) return await whenNone(talk, named, ender.edge.now());
	if (other !== undefined) {
		const titles = fitting.slice(0, TITLE_MAX).map(titleOf).join('; ');
		return ended('not_done', `${fitting.length} sessions fit (${titles}): none of them is touched`);
	}
	const why = whyNot(session, live, ender, grantedAt);
	if (why !== null) return ended('not_done', why);
	// Before it is sent: whatever comes back, this is the one that was meant.
	remember({ session, isOpen: true, at: ender.edge.now() });
	const told = await talk.end(session);
	remember({ session, isOpen: told.kind === 'unknown', at: ender.edge.now() });
	if (told.kind === 'refused')
		return ended('not_done', `${titleOf(session)} was not ended: ${told.reason}`, told.isTrouble);
	return await seenGone(talk, session, named, told, ender.edge);
}

/** Nothing live fits: over before this call only where the gateway itself says so. */
async function whenNone(talk: GatewayTalk, named: Named, now: Instant): Promise<Ended> {
	const nothing = 'no live session fits: it has ended already, or it never was one of this gateway';
	const former = talk.former === null ? null : await talk.former();
	if (former === null || 'reason' in former)
		return ended('not_done', former === null ? nothing : `${nothing} (${former.reason})`);
	const last = newest(former.filter((session) => fits(session, named)));
	if (last === null || last.until === null || last.until < now - FORMER_MS) return ended('not_done', nothing);
	return ended('done', `${titleOf(last)} had ended before this call (${last.words})`);
}

function newest(former: readonly Former[]): Former | null {
	return former.reduce<Former | null>(
		(last, one) => (last === null || (one.until ?? 0) > (last.until ?? 0) ? one : last),
		null,
	);
}

/** Why the one that fits is not ended; null where nothing speaks against it. */
function whyNot(
	session: LiveSession,
	live: readonly LiveSession[],
	{ protection }: SessionEnder,
	grantedAt: Instant,
): string | null {
	const why = whyLeftAlone(session, protection);
	if (why !== null) return `${titleOf(session)} is left alone: ${why}. A person decides what becomes of it`;
	if (live.some((one) => one !== session && one.key === session.key))
		return `${titleOf(session)} is left alone: the gateway cannot end it without another one of the same login`;
	if (session.since === null)
		return `${titleOf(session)} is left alone: the gateway does not say when it began, so nobody can tell it from a later one`;
	return session.since > grantedAt
		? `${titleOf(session)} is left alone: it began after this was approved, so it is another one`
		: null;
}

/** It counts as ended when the gateway lists it no more. */
async function seenGone(
	talk: GatewayTalk,
	session: LiveSession,
	named: Named,
	told: Told,
	edge: HttpEdge,
): Promise<Ended> {
	const words = 'reason' in told ? `${told.reason}; ` : '';
	let last = `${words}not looked at any more: the time for this call is over`;
	for (let looks = 0; looks < LOOKS && !talk.isOverdue(); looks++) {
		if (looks > 0) await edge.sleep(LOOK_AGAIN_MS);
		const live = await talk.look();
		if ('reason' in live) last = `${words}${live.reason}`;
		else if (live.some((one) => isSameSession(one, session))) last = `${words}${titleOf(session)} is still listed`;
		else return ended('done', goneWords(session, live, named));
	}
	return ended('unknown', last, told.kind === 'unknown');
}

/** That it is gone, and who has come back since: that one is another session, which nobody has judged. */
function goneWords(session: LiveSession, live: readonly LiveSession[], named: Named): string {
	const back = live.filter((one) => fits(one, named) || one.key === session.key);
	const gone = `${titleOf(session)} has ended: the gateway lists it no more`;
	return back.length === 0
		? gone
		: `${gone}. Connected again since, and left alone: ${back.slice(0, TITLE_MAX).map(titleOf).join('; ')}`;
}

/** The read-back where this process knows which session was meant. */
async function readKnown(ender: SessionEnder, named: Named, known: Meant): Promise<ReadBack> {
	const live = await ender.talk().look();
	if ('reason' in live) return { state: 'unknown', detail: live.reason };
	if (!live.some((one) => isSameSession(one, known.session)))
		return { state: 'done', detail: goneWords(known.session, live, named) };
	const detail = `${titleOf(known.session)} is still listed`;
	return known.isOpen && ender.edge.now() < known.at + UNDER_WAY_MS
		? { state: 'unknown', detail: `${detail}; the request may still be under way` }
		: { state: 'not_done', detail };
}

/** The read-back after a restart: what the times of the sessions say. Where they say nothing, nobody knows. */
async function readByTimes(ender: SessionEnder, named: Named, since: Instant | null): Promise<ReadBack> {
	const talk = ender.talk();
	const live = await talk.look();
	if ('reason' in live) return { state: 'unknown', detail: live.reason };
	if (since === null) return { state: 'unknown', detail: 'nobody knows since when to look' };
	const fitting = live.filter((session) => fits(session, named));
	const before = fitting.filter((session) => session.since !== null && session.since < since - CLOCK_MS);
	if (before.length > 0)
		return { state: 'not_done', detail: `still listed: ${before.slice(0, TITLE_MAX).map(titleOf).join('; ')}` };
	if (fitting.some((session) => session.since === null || session.since <= since + CLOCK_MS))
		return {
			state: 'unknown',
			detail: 'a session that fits began at about the same time: nobody can say which one it is',
		};
	const former = talk.former === null ? null : await talk.former();
	const last = former === null || 'reason' in former ? null : newest(former.filter((session) => fits(session, named)));
	const isOurs = last !== null && last.until !== null && last.until >= since - FORMER_MS && isBefore(last.since, since);
	if (!isOurs)
		return { state: 'unknown', detail: 'no session that fits is listed; whether one was there is not known' };
	const back =
		fitting.length === 0 ? '' : `. Connected again since: ${fitting.slice(0, TITLE_MAX).map(titleOf).join('; ')}`;
	return { state: 'done', detail: `${titleOf(last)} has ended (${last.words})${back}` };
}

const isBefore = (at: Instant | null, since: Instant): boolean => at !== null && at < since + CLOCK_MS;

/** What ending sessions of an account would come to now. Only reads. */
async function tryOut(ender: SessionEnder, account: string | null, target: string | null): Promise<Probe[]> {
	const { secret, edge, inventory, assets, protection } = ender;
	if (secret === null || secret === '')
		return [{ what: 'login', state: 'not', detail: 'the secret that `auth` names is not set' }];
	const talk = ender.talk();
	const live = await talk.look();
	if ('reason' in live) return [{ what: 'gateway', state: 'not', detail: live.reason }];
	const missing = assets.filter((id) => inventory.find(id) === null);
	const found: Probe[] = [
		{ what: 'gateway', state: 'well', detail: `takes the login and shows its sessions (${live.length} live)` },
		missing.length === 0
			? { what: 'assets', state: 'well', detail: 'all of them are in the inventory' }
			: { what: 'assets', state: 'not', detail: `not in the inventory: ${missing.join(', ')}` },
		{ what: 'rights', state: 'open', detail: ender.rights },
	];
	if (target !== null) {
		const isOwn = isOwnTarget(ender, target);
		const detail = isOwn ? 'steps with it as target end sessions here' : '`assets` does not list it';
		found.push({ what: `target ${target}`, state: isOwn ? 'well' : 'not', detail });
	}
	const named = account === null ? null : readNamed({ session: account, account }, true);
	if (named === null) return found;
	if (!named.ok) return [...found, { what: 'end_session', state: 'not', detail: named.error }];
	const fitting = live.filter((session) => fits(session, named.value));
	const what = `end_session of ${account ?? ''}`;
	if (fitting.length === 0)
		return [...found, { what, state: 'well', detail: 'no live session: nothing would be ended' }];
	for (const session of fitting.slice(0, TITLE_MAX)) {
		const why = whyNot(session, live, { ...ender, protection }, edge.now());
		found.push({ what, state: why === null ? 'well' : 'not', detail: why ?? `${titleOf(session)} would be ended` });
	}
	if (fitting.length > 1)
		found.push({ what, state: 'open', detail: 'it has several: a step has to name one by its address or computer' });
	return found;
}

function isOwnTarget({ inventory, assets }: SessionEnder, target: string): boolean {
	const asset = inventory.find(target);
	return asset !== null && assets.some((id) => inventory.find(id) === asset);
}

/** Null where the call may be made. Checked here and not only by the caller: the connector is the last door. */
function refuse(ender: SessionEnder, grant: Grant, request: CallRequest, isLook: boolean): string | null {
	const { step, action, target, targets, params } = request;
	if (!mayHaveConnector(action)) return `action \`${action}\` has no connector (rule G10)`;
	if (action !== 'end_session') return `no call is configured for \`${action}\``;
	if (target === null || !targets.includes(target)) return 'no grant: the target is none that was judged';
	const checked = checkGrant(grant, { step, action, targets, params, isLook }, ender.edge.now());
	if (!checked.ok) return `no grant: ${checked.error}`;
	if (!isOwnTarget(ender, target)) return `\`${target}\` is not this gateway: \`assets\` does not list it`;
	return ender.secret === null || ender.secret === '' ? 'the secret that `auth` names is not set' : null;
}

const said = (effect: CallResult['effect'], detail: string, tries = 1): CallResult => ({ effect, detail, tries });
