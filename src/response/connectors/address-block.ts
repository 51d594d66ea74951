// What connectors of firewalls have in common that put a mark on addresses (a tag, a ban) and take it off: the grant, what is meant, a look
// before and after, and what is reported. NOT here: how one maker's firewall is asked and told (palo-alto.ts, fortinet.ts).
import type { Inventory } from '../../domain/inventory.ts';
import { err, ok, type Result } from '../../domain/result.ts';
import { type Instant, SECOND } from '../../domain/time.ts';
import { mayHaveConnector } from '../../safety/actions.ts';
import { checkGrant, type Grant } from '../../safety/grant.ts';
import type { ListGround } from './block-list.ts';
import { holdersOf } from './block-list-state.ts';
import { createBreaker } from './breaker.ts';
import type { CallRequest, CallResult, Connector, Probe, ProbeWish, ReadBack } from './connector.ts';
import type { HttpEdge } from './generic-http.ts';
import { plainAddress } from './indicator.ts';
import { masked } from './secret.ts';

/** Addresses of one asset; more is no host but a network device or a mistake in the inventory. */
const ADDRESSES_MAX = 8;
/** A mark shows up at once as a rule; it is looked for so often before the effect counts as unknown. */
const LOOKS = 3;
const LOOK_AGAIN_MS = SECOND;

export type AddressAction = 'block_indicator' | 'unblock_indicator' | 'block_internal' | 'unblock_internal';

/** Addresses that get or lose the mark; `key` is what other incidents may hold too, `mark` what it is called for people. */
export type Wanted = {
	readonly addresses: readonly string[];
	readonly isBlock: boolean;
	readonly key: string;
	readonly mark: string;
};

/**
 * What became of a request that changes something.
 *
 * taken     the firewall said yes
 * refused   an answer that says that nothing was changed, or surely nothing was sent
 * said      an answer about single addresses: only a look tells
 * unknown   no whole answer, or an error inside the firewall
 */
export type Told =
	| { readonly kind: 'taken' }
	| { readonly kind: 'refused'; readonly reason: string; readonly isTrouble: boolean }
	| { readonly kind: 'said' | 'unknown'; readonly reason: string };

/** Why there was nothing to see. */
export type Blind = { readonly reason: string; readonly isTrouble: boolean };

/** One call's conversation with a firewall; its requests share one time budget. */
export type FirewallTalk = {
	/** Where it was looked (to tell the same one), and which of the addresses have the mark. */
	look(wanted: Wanted): Promise<{ readonly at: string; readonly marked: readonly string[] } | Blind>;
	tell(at: string, wanted: Wanted): Promise<Told>;
	isOverdue(): boolean;
};

export type AddressBlocker = {
	readonly name: string;
	readonly actions: readonly AddressAction[];
	readonly secret: string | null;
	readonly ground: ListGround;
	readonly edge: HttpEdge;
	readonly talk: () => FirewallTalk;
	/** What a step means, or why it means nothing here. */
	readonly wanted: (what: Pick<CallRequest, 'action' | 'target' | 'params'>) => Result<Wanted, string>;
	/** What can be seen before any action is looked at. */
	readonly probe: (talk: FirewallTalk) => Promise<readonly Probe[]>;
};

/** Every call may be made again: an address has the mark once or not at all. The secret is in no result and no error. */
export function createAddressBlocker(blocker: AddressBlocker): Connector {
	const { name, actions, secret, ground, edge } = blocker;
	const breaker = createBreaker();
	const isOwn = (action: string): boolean => actions.some((own) => own === action);
	const prepare = (grant: Grant, request: CallRequest, isLook = false): Result<Wanted, string> => {
		const refusal = refuse(isOwn(request.action), grant, request, edge.now(), isLook);
		if (refusal !== null) return err(refusal);
		return secret === null || secret === '' ? err('the secret that `auth` names is not set') : blocker.wanted(request);
	};
	return {
		name,
		actions,
		isIdempotent: isOwn,
		hasReadBack: isOwn,
		async call(grant, request) {
			const wanted = prepare(grant, request);
			if (!wanted.ok) return { effect: 'not_done', detail: masked(wanted.error, secret), tries: 0 };
			if (breaker.blockedUntil(edge.now()) !== null)
				return {
					effect: 'not_done',
					detail: `not sent: \`${name}\` failed several times in a row and is left alone for a while`,
					tries: 0,
				};
			const kept = wanted.value.isBlock ? null : await keptFor(name, ground, wanted.value, request, edge.now());
			if (kept !== null) return kept;
			const result = await change(blocker.talk(), wanted.value, edge);
			if (result.isTrouble) breaker.failed(edge.now());
			else breaker.succeeded();
			return { effect: result.effect, detail: masked(result.detail, secret), tries: result.tries };
		},
		async readBack(grant, request) {
			const wanted = prepare(grant, request, true);
			if (!wanted.ok) return { state: 'unknown', detail: masked(wanted.error, secret) };
			const looked = await blocker.talk().look(wanted.value);
			if ('reason' in looked) return { state: 'unknown', detail: masked(looked.reason, secret) };
			return readState(wanted.value, looked.marked);
		},
		async probe(wish) {
			const found = await tryOut(blocker, wish);
			return found.map((probe) => ({ ...probe, detail: masked(probe.detail, secret) }));
		},
	};
}

/** Every address of the target in the inventory; never a guess. */
export function addressesOf(
	inventory: Inventory,
	target: string | null,
): Result<{ id: string; ips: string[] }, string> {
	const asset = target === null ? null : inventory.find(target);
	if (asset === null) return err('the target is not in the inventory, or more than one asset has its name');
	if (asset.ips.length === 0) return err(`the inventory knows no address of \`${asset.id}\``);
	if (asset.ips.length > ADDRESSES_MAX) return err(`\`${asset.id}\` has more than ${ADDRESSES_MAX} addresses`);
	const shared = asset.ips.find((ip) => inventory.find(ip) !== asset);
	if (shared !== undefined) return err(`${shared} is an address of another asset too`);
	const plain = asset.ips.flatMap((ip) => plainAddress(ip) ?? []);
	if (plain.length !== asset.ips.length) return err(`an address of \`${asset.id}\` in the inventory cannot be read`);
	return ok({ id: asset.id, ips: plain });
}

/** Taking back what another incident still wants only ends the wish of this one; null where nobody else wants it. */
async function keptFor(
	name: string,
	{ reader }: ListGround,
	wanted: Wanted,
	request: CallRequest,
	now: Instant,
): Promise<CallResult | null> {
	const incident = await reader.incidentOf(request.step);
	const kind = request.action === 'unblock_indicator' ? 'indicator' : 'internal';
	const { other, isOwn } = holdersOf(await reader.events(name), kind, wanted.key, incident, now);
	if (other === null) return null;
	return isOwn
		? said('done', `no longer wanted here; it stays blocked for incident ${other}`)
		: said('not_done', `it is held by another incident (${other}): it is taken back there`);
}

type Changed = CallResult & { readonly isTrouble: boolean };

/** Looks, changes what is not so yet, and looks again. */
async function change(talk: FirewallTalk, wanted: Wanted, edge: HttpEdge): Promise<Changed> {
	const before = await talk.look(wanted);
	// Nothing has been sent that changes anything.
	if ('reason' in before) return { ...said('not_done', `not sent: ${before.reason}`), isTrouble: before.isTrouble };
	const open = wanted.addresses.filter((address) => before.marked.includes(address) !== wanted.isBlock);
	if (open.length === 0)
		return { ...said('done', `nothing had to be changed: ${stateWords(wanted, before.marked)}`), isTrouble: false };
	const told = await talk.tell(before.at, { ...wanted, addresses: open });
	if (told.kind === 'refused') return { ...said('not_done', told.reason), isTrouble: told.isTrouble };
	const words = told.kind === 'taken' ? '' : `${told.reason}; `;
	let last = `${words}not looked at any more: the time for this call is over`;
	for (let looks = 0; looks < LOOKS && !talk.isOverdue(); looks++) {
		if (looks > 0) await edge.sleep(LOOK_AGAIN_MS);
		const after = await talk.look(wanted);
		// Of a pair the other one may have become active: what it shows is not what was told.
		const isSeen = !('reason' in after) && after.at === before.at;
		if (isSeen && isAsWanted(wanted, after.marked))
			return { ...said('done', stateWords(wanted, after.marked)), isTrouble: false };
		last = `${words}${'reason' in after ? after.reason : stateWords(wanted, after.marked)}`;
	}
	// It may have been taken and not be shown yet, or only a part of it: nobody can say.
	return { ...said('unknown', last), isTrouble: told.kind === 'unknown' };
}

/** What each action would find now. Only reads. */
async function tryOut(blocker: AddressBlocker, { indicator, target }: ProbeWish): Promise<Probe[]> {
	const talk = blocker.talk();
	const found = [...(await blocker.probe(talk))];
	if (found.some((probe) => probe.state === 'not')) return found;
	for (const action of blocker.actions) {
		const isHost = action.endsWith('internal');
		if ((isHost ? target : indicator) == null) continue;
		const params = isHost || indicator == null ? {} : { indicator };
		const wanted = blocker.wanted({ action, target: isHost ? target : null, params });
		const looked = wanted.ok ? await talk.look(wanted.value) : { reason: wanted.error };
		if (!wanted.ok || 'reason' in looked) {
			found.push({ what: action, state: 'not', detail: 'reason' in looked ? looked.reason : '' });
			continue;
		}
		const verb = isAsWanted(wanted.value, looked.marked) ? 'nothing to change' : 'would change this';
		found.push({ what: action, state: 'well', detail: `${verb}: ${stateWords(wanted.value, looked.marked)}` });
	}
	return found;
}

function isAsWanted(wanted: Wanted, marked: readonly string[]): boolean {
	return wanted.addresses.every((address) => marked.includes(address) === wanted.isBlock);
}

function stateWords({ addresses, mark }: Wanted, marked: readonly string[]): string {
	const without = addresses.filter((address) => !marked.includes(address));
	return [
		...(marked.length === 0 ? [] : [`${marked.join(', ')} with ${mark}`]),
		...(without.length === 0 ? [] : [`${without.join(', ')} without ${mark}`]),
	].join('; ');
}

function readState(wanted: Wanted, marked: readonly string[]): ReadBack {
	const detail = stateWords(wanted, marked);
	if (isAsWanted(wanted, marked)) return { state: 'done', detail };
	const isUntouched = wanted.addresses.every((address) => marked.includes(address) !== wanted.isBlock);
	return { state: isUntouched ? 'not_done' : 'unknown', detail };
}

/** Null where the call may be made. Checked here and not only by the caller: the connector is the last door. */
function refuse(isOwn: boolean, grant: Grant, request: CallRequest, now: Instant, isLook: boolean): string | null {
	if (!mayHaveConnector(request.action)) return `action \`${request.action}\` has no connector (rule G10)`;
	if (!isOwn) return `no call is configured for \`${request.action}\``;
	if (request.target !== null && !request.targets.includes(request.target))
		return 'no grant: the target is none that was judged';
	const { step, action, targets, params } = request;
	const checked = checkGrant(grant, { step, action, targets, params, isLook }, now);
	return checked.ok ? null : `no grant: ${checked.error}`;
}

const said = (effect: CallResult['effect'], detail: string): CallResult => ({ effect, detail, tries: 1 });
