// What is the same for every service that cuts computers off by their agent: which host of the service the judged asset is, which hosts
// are left alone, that a change is not there before the agent has confirmed it. What is asked of which service stands in crowdstrike.ts,
// defender-endpoint.ts and sentinelone.ts. NOT here: whether it may be done.
import type { Asset } from '../../domain/asset.ts';
import { err, ok, type Result } from '../../domain/result.ts';
import { SECOND } from '../../domain/time.ts';
import type { ReadBack } from './connector.ts';
import { type HttpSession, type Sent, Stopped } from './http-session.ts';
import { readState, type Standing, type StateChange } from './state-change.ts';

/**
 * What a host's connection is, in the words of this program; `other`: none of them, and nothing that could be changed;
 * `never`: the service knows of no isolation at all, by what it still keeps.
 */
export type Isolation = 'isolated' | 'free' | 'never' | 'isolating' | 'freeing' | 'other';

export type Host = {
	readonly id: string;
	/** As the service calls it, short or whole. */
	readonly name: string;
	readonly isolation: Isolation;
	/** The same in the service's own words: `status contained`. */
	readonly status: string;
	/** Its groups or tags, as the configuration protects them. */
	readonly groups: readonly string[];
};

export type Wish = 'isolate' | 'release';

/** One service, for one wish: what it is asked, and how its answers read. */
export type EndpointService = {
	/** What people call it: `Falcon`. */
	readonly title: string;
	/** The service's id in one of the inventory's vendor ids; null where it is none. */
	idOf(vendorId: string): string | null;
	/** Ids of every host of one of these names. @throws Stopped where that cannot be told */
	idsNamed(session: HttpSession, names: readonly string[]): Promise<readonly string[]>;
	/** The host, afresh; null where there is none. @throws Stopped where it cannot be told */
	read(session: HttpSession, id: string): Promise<Host | null>;
	act(session: HttpSession, host: Host, wish: Wish): Promise<Sent>;
	refusal(sent: Extract<Sent, { kind: 'answered' }>): string | 'overtaken';
	/** True where asking twice is the same as asking once. */
	readonly canRepeat: boolean;
	/** How long after a yes a change may not show yet; until then its absence says nothing. */
	readonly shownWithinMs: number;
	/** What a protected group is called: `host group`, `tag`. */
	readonly groupWord: string;
};

export type EndpointSettings = {
	/** The asset that the gate has judged; null where the inventory does not have it, or has it twice. */
	readonly assetOf: (target: string) => Asset | null;
	readonly protected: { readonly hosts: readonly string[]; readonly groups: readonly string[] };
	readonly sleep: (ms: number) => Promise<void>;
};

/** An agent is told within seconds where it is online; so often and so long is looked before people are told that it is pending. */
const LOOKS_MAX = 5;
const LOOK_AGAIN_MS = 3 * SECOND;

/** A host name, short or whole: letters, digits, hyphens, dots, underscores. Nothing else gets into a question. */
const HOSTNAME = /^[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?$/;

/** The part before the first dot, in lower case: inventories and services keep short names, whole ones, or both. */
export const shortName = (name: string): string => (name.split('.')[0] ?? '').toLowerCase();

/** `EWS-2` and `ews-2.plant.example` are the same host; `ews-2.plant.example` and `ews-2.office.example` are not. */
function isSameHost(one: string, other: string): boolean {
	const isShort = !one.includes('.') || !other.includes('.');
	return isShort ? shortName(one) === shortName(other) : one.toLowerCase() === other.toLowerCase();
}

const isNamed = (host: Host, names: readonly string[]): boolean => names.some((name) => isSameHost(name, host.name));

/**
 * The one host that the judged asset is. By the service's id where the inventory has one, else by its host names, which must fit exactly
 * one host there; and in either case the host must carry a name of the asset.
 */
async function find(
	session: HttpSession,
	service: EndpointService,
	settings: EndpointSettings,
	target: string,
): Promise<Result<Host, string>> {
	const { title } = service;
	const asset = settings.assetOf(target);
	if (asset === null) return err(`\`${target}\` is not in the inventory, or more than one asset has this name`);
	const names = asset.hostnames.filter((name) => HOSTNAME.test(name));
	if (names.length === 0) return err(`the inventory knows no host name of \`${asset.id}\``);
	const known = asset.vendor_ids.map((id) => service.idOf(id)).filter((id) => id !== null);
	const ids = [...new Set(known.length > 0 ? known : await service.idsNamed(session, names))];
	if (ids.length === 0) return err(`no host in ${title} is called ${names.map((name) => `\`${name}\``).join(' or ')}`);
	if (ids.length > 1)
		return err(
			`more than one host in ${title} fits \`${asset.id}\` (${ids.slice(0, 3).join(', ')}): none of them is touched. ` +
				'The id of the right one belongs into the inventory',
		);
	const host = await service.read(session, ids[0] ?? '');
	if (host === null) return err(`no host in ${title} has the id ${ids[0]} any more`);
	return isNamed(host, names)
		? ok(host)
		: err(`the host ${host.id} is called \`${host.name.slice(0, 100)}\` in ${title}, and not as in the inventory`);
}

const PENDING = { isolate: 'isolating', release: 'freeing' } as const;
const WHEN_DONE = { isolate: 'isolated', release: 'free' } as const;

function standingOf(wish: Wish, host: Host): Standing {
	// What is no longer kept may still hold: a release is not said to be there by silence.
	if (host.isolation === 'never') return wish === 'isolate' ? 'can_be' : { cannot: host.status };
	if (host.isolation === WHEN_DONE[wish]) return 'is_so';
	if (host.isolation === WHEN_DONE[wish === 'isolate' ? 'release' : 'isolate']) return 'can_be';
	if (host.isolation === PENDING[wish])
		return { cannot: 'that was asked for before, and its agent has not confirmed it yet' };
	return { cannot: `its ${host.status}` };
}

/** Cuts the host off, or lets it back. Its agent keeps its connection to the service in both states. */
export function isolationChange(service: EndpointService, settings: EndpointSettings, wish: Wish): StateChange<Host> {
	return {
		word: wish === 'isolate' ? 'contained' : 'released',
		find: (session, target) => find(session, service, settings, target),
		again: async (session, host) => {
			for (let looks = 1; ; looks++) {
				const fresh = await service.read(session, host.id);
				if (fresh === null || fresh.name !== host.name)
					return err(`the host \`${host.name}\` is not there any more, or is called otherwise`);
				const isSettled = fresh.isolation === WHEN_DONE[wish] || fresh.isolation === 'other';
				if (isSettled || looks === LOOKS_MAX) return ok(fresh);
				await settings.sleep(LOOK_AGAIN_MS);
			}
		},
		nameOf: (host) => host.name.slice(0, 100),
		stateOf: (host) => host.status,
		whyProtected: async (_session, host) => {
			if (isNamed(host, settings.protected.hosts)) return 'the configuration lists it under `protected`';
			const group = settings.protected.groups.find((id) => host.groups.includes(id));
			return group === undefined ? null : `it is in the protected ${service.groupWord} ${group}`;
		},
		standing: (host) => standingOf(wish, host),
		act: (session, host) => service.act(session, host, wish),
		refusal: (sent) => service.refusal(sent),
		showsAtOnce: true,
		yesIs: 'taken',
		canRepeat: service.canRepeat,
		note: () => '',
	};
}

/**
 * What the service says about a change in doubt. A change that is pending is neither done nor not done, and so is one that may not show yet.
 *
 * @param ageMs how long ago the change can have been asked for at the latest; null where nobody knows
 */
export async function readIsolation(
	session: HttpSession,
	change: StateChange<Host>,
	{
		wish,
		shownWithinMs,
		ageMs,
	}: { readonly wish: Wish; readonly shownWithinMs: number; readonly ageMs: number | null },
	target: string,
): Promise<ReadBack> {
	let isPending = false;
	const find: typeof change.find = async (at, name) => {
		const found = await change.find(at, name);
		if (!found.ok || found.value.isolation !== PENDING[wish]) return found;
		const fresh = await change.again(at, found.value);
		isPending = fresh.ok && fresh.value.isolation === PENDING[wish];
		return fresh;
	};
	const read = await readState(session, { ...change, find }, target);
	if (read.state !== 'not_done') return read;
	if (isPending) return { state: 'unknown', detail: `${read.detail}: it takes effect when the host is online` };
	return shownWithinMs > 0 && (ageMs === null || ageMs < shownWithinMs)
		? { state: 'unknown', detail: `${read.detail}: it may not show yet` }
		: read;
}

/** The items of an answer's list. @throws Stopped where it holds none that can be read */
export function listIn(items: unknown, what: string): readonly unknown[] {
	if (!Array.isArray(items)) throw new Stopped(`cannot be read: the answer holds no ${what}`);
	return items;
}

/** The texts among the items of something that came from outside. */
export function textsIn(items: unknown): string[] {
	return Array.isArray(items) ? items.filter((item) => typeof item === 'string') : [];
}
