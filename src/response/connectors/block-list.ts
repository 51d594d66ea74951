// The connector of the lists that firewalls fetch from here. A call looks whether the entry may stand there and whether anybody fetches
// the list; the entry itself is the result in the ledger, so list and ledger can never differ. NOT here: the answer to a firewall
// (block-list-served.ts).
import type { BlockListConfig } from '../../domain/connector-kinds/network.ts';
import type { Inventory } from '../../domain/inventory.ts';
import { err, ok, type Result } from '../../domain/result.ts';
import { type Instant, MINUTE, SECOND, toIso } from '../../domain/time.ts';
import { mayHaveConnector } from '../../safety/actions.ts';
import { checkGrant, type Grant } from '../../safety/grant.ts';
import { type Held, heldNow, type ListEvent, type Poll } from './block-list-state.ts';
import type { CallRequest, CallResult, Connector, Probe, ReadBack } from './connector.ts';
import { type Indicator, readIndicator, whyNever } from './indicator.ts';
import type { RuleEvent } from './openc2-rules.ts';

/** What the ledger says about the lists. */
export type ListReader = {
	readonly events: (connector: string) => Promise<readonly ListEvent[]>;
	/** The last fetch of each list by each address. */
	readonly polls: (lists: readonly string[]) => Promise<readonly Poll[]>;
	/** The incident of a step that has begun. */
	readonly incidentOf: (step: string) => Promise<string | null>;
	/** What was made and taken away by steps of a connector that keeps numbers of rules (openc2.ts); left out, nothing is known of any. */
	readonly rules?: (connector: string) => Promise<readonly RuleEvent[]>;
};

/** What the lists stand on, beside their configuration. */
export type ListGround = { readonly inventory: Inventory; readonly reader: ListReader };

const ACTIONS = ['block_indicator', 'unblock_indicator'];

/** A result is dated before its commit: a fetch within this time may still have seen the list without it. */
const COMMIT_MS = 5 * SECOND;

type Wanted = { readonly list: BlockListConfig['lists'][number]; readonly read: Indicator };

/** Makes the connector. Both calls change nothing by themselves and may be made again. */
export function createBlockList(config: BlockListConfig, ground: ListGround, now: () => Instant): Connector {
	const look = async (
		grant: Grant,
		request: CallRequest,
		isLook = false,
	): Promise<Result<Wanted & { held: Held[] }, string>> => {
		const refusal = refuse(grant, request, now(), isLook);
		if (refusal !== null) return err(refusal);
		const read = readIndicator(String(request.params['indicator'] ?? ''));
		if (!read.ok) return err(`not an indicator that a list can carry: ${read.error}`);
		const list = config.lists.find((one) => one.type === read.value.type);
		if (list === undefined) return err(`\`${config.name}\` has no list of type ${read.value.type}`);
		return ok({ list, read: read.value, held: heldNow(await ground.reader.events(config.name), now()) });
	};
	const block = async ({ list, read, held }: Wanted & { held: Held[] }): Promise<CallResult> => {
		const never = whyNever(read, ground.inventory, config.never);
		if (never !== null) return not(`${read.value} is never blocked: ${never}`);
		const same = held.filter((one) => one.read.type === read.type);
		const isOn = same.some((one) => one.read.value === read.value);
		if (!isOn && new Set(same.map((one) => one.read.value)).size >= list.entries_max)
			return not(`the list \`${list.name}\` is full (${list.entries_max} entries)`);
		const last = lastOf(await ground.reader.polls([list.name]));
		if (last === null || now() - last.at > config.polled_within_ms) {
			const when = last === null ? 'no firewall has fetched it yet' : `it was last fetched ${toIso(last.at)}`;
			return not(`the list \`${list.name}\` would block nothing: ${when}`);
		}
		const seen = `last fetched by ${last.address} ${minutes(now() - last.at)} ago`;
		return yes(`${read.value} stands on the list \`${list.name}\` from the next fetch on (${seen})`);
	};
	const unblock = ({ list, read, held }: Wanted & { held: Held[] }, incident: string | null): CallResult => {
		const same = held.filter((one) => one.read.type === read.type && one.read.value === read.value);
		const others = same.filter((one) => one.incident !== incident);
		if (others.length > 0 && others.length === same.length)
			return not(`${read.value} is held by another incident (${others[0]?.incident}): it is taken back there`);
		if (same.length === 0) return yes(`${read.value} was not on the list \`${list.name}\` any more`);
		return yes(
			others.length === 0
				? `${read.value} is off the list \`${list.name}\` from the next fetch on`
				: `no longer wanted here; ${read.value} stays on the list \`${list.name}\` for incident ${others[0]?.incident}`,
		);
	};
	return {
		name: config.name,
		actions: ACTIONS,
		isIdempotent: () => true,
		hasReadBack: () => true,
		async call(grant, request) {
			const looked = await look(grant, request);
			if (!looked.ok) return not(looked.error);
			return request.action === 'block_indicator'
				? await block(looked.value)
				: unblock(looked.value, await ground.reader.incidentOf(request.step));
		},
		async probe({ indicator }) {
			const names = config.lists.map(({ name, type }) => `/v1/blocklist/${name}.txt (${type})`).join(', ');
			const found: Probe[] = [
				{ what: 'lists', state: 'open', detail: `${names}; /metrics says when each was fetched` },
			];
			return indicator == null ? found : [...found, probeIndicator(config, ground.inventory, indicator)];
		},
		async readBack(grant, request) {
			const looked = await look(grant, request, true);
			if (!looked.ok) return { state: 'unknown', detail: looked.error };
			const own = (await ground.reader.events(config.name)).findLast((event) => event.step === request.step);
			if (own === undefined) return { state: 'not_done', detail: 'the ledger has no result of this step' };
			return readState(request, looked.value, own.at, lastOf(await ground.reader.polls([looked.value.list.name])));
		},
	};
}

function probeIndicator(config: BlockListConfig, inventory: Inventory, indicator: string): Probe {
	const what = `block_indicator ${indicator.slice(0, 100)}`;
	const read = readIndicator(indicator);
	if (!read.ok) return { what, state: 'not', detail: read.error };
	const list = config.lists.find((one) => one.type === read.value.type);
	if (list === undefined) return { what, state: 'not', detail: `there is no list of type ${read.value.type}` };
	const never = whyNever(read.value, inventory, config.never);
	if (never !== null) return { what, state: 'not', detail: `never: ${never}` };
	return { what, state: 'well', detail: `would stand on \`${list.name}\` as \`${read.value.value}\`` };
}

/** On the list as it should be, and a firewall has fetched it since. */
function readState(
	request: CallRequest,
	{ read, held }: { readonly read: Indicator; readonly held: readonly Held[] },
	changedAt: Instant,
	last: Poll | null,
): ReadBack {
	const isOn = held.some((one) => one.read.type === read.type && one.read.value === read.value);
	const where = `${read.value} is ${isOn ? 'on' : 'off'} the list`;
	if (isOn !== (request.action === 'block_indicator')) return { state: 'not_done', detail: where };
	return last !== null && last.at > changedAt + COMMIT_MS
		? { state: 'done', detail: `${where}, and ${last.address} fetched it ${toIso(last.at)}` }
		: { state: 'unknown', detail: `${where}, and no firewall has fetched it since` };
}

function refuse(grant: Grant, request: CallRequest, now: Instant, isLook: boolean): string | null {
	if (!mayHaveConnector(request.action)) return `action \`${request.action}\` has no connector (rule G10)`;
	if (!ACTIONS.includes(request.action)) return `no call is configured for \`${request.action}\``;
	if (request.target !== null && !request.targets.includes(request.target))
		return 'no grant: the target is none that was judged';
	const { step, action, targets, params } = request;
	const checked = checkGrant(grant, { step, action, targets, params, isLook }, now);
	return checked.ok ? null : `no grant: ${checked.error}`;
}

function lastOf(polls: readonly Poll[]): Poll | null {
	return polls.reduce<Poll | null>((last, poll) => (last === null || poll.at > last.at ? poll : last), null);
}

function minutes(ms: number): string {
	return `${Math.max(0, Math.round(ms / MINUTE))} min`;
}

const not = (detail: string): CallResult => ({ effect: 'not_done', detail, tries: 0 });
const yes = (detail: string): CallResult => ({ effect: 'done', detail, tries: 1 });
