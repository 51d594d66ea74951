// Microsoft Defender for Endpoint: which requests isolate a machine and release it again, and what the answers mean. The documentation that
// this follows: Defender for Endpoint API "List machines", "Get machine", "Isolate machine", "Release machine from isolation", "List
// machineActions", "Get machineAction", "MachineAction resource type", limits (100 a minute, 1,500 an hour).
// A machine has no field that says whether it is isolated: its machine actions say it. NOT here: what is the same for every service.
import { err } from '../../domain/result.ts';
import { type Instant, MINUTE } from '../../domain/time.ts';
import {
	type EndpointService,
	type Host,
	type Isolation,
	listIn,
	shortName,
	textsIn,
	type Wish,
} from './endpoint-change.ts';
import { entraToken } from './entra-id.ts';
import { field, type HttpSession, type PostForm, type Sent, Stopped } from './http-session.ts';

/** Machines that one question may answer with: a name that fits more means none of them. */
const FOUND_MAX = 10;
/** Machine actions of one kind that are read for one machine; their order is not documented, so a full page tells nothing. */
const ACTIONS_MAX = 50;

const MACHINE_ID = /^[0-9a-f]{40}$/;
const ACTION_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const TYPES = { isolate: 'Isolate', release: 'Unisolate' } as const satisfies Record<Wish, string>;

/** A token of an app of Entra ID for the API of Defender. */
export async function defenderToken(
	post: PostForm,
	app: {
		readonly loginUrl: string;
		readonly tenant: string;
		readonly clientId: string;
		readonly audience: string;
		readonly secret: string;
	},
	now: Instant,
): ReturnType<typeof entraToken> {
	const { audience, ...rest } = app;
	return URL.canParse(audience)
		? await entraToken(post, { ...rest, graphUrl: audience }, now)
		: err('the audience is no address');
}

type MachineAction = {
	readonly id: string;
	readonly type: 'Isolate' | 'Unisolate';
	readonly status: string;
	readonly machine: string;
	readonly at: Instant;
};

function actionOf(body: unknown): MachineAction | null {
	const [id, type, status] = [field(body, 'id'), field(body, 'type'), field(body, 'status')];
	const [machine, created] = [field(body, 'machineId'), field(body, 'creationDateTimeUtc')];
	const at = typeof created === 'string' ? Date.parse(created) : Number.NaN;
	return typeof id === 'string' &&
		ACTION_ID.test(id) &&
		(type === 'Isolate' || type === 'Unisolate') &&
		typeof status === 'string' &&
		typeof machine === 'string' &&
		!Number.isNaN(at)
		? { id, type, status, machine, at }
		: null;
}

async function actionsOf(session: HttpSession, id: string, type: MachineAction['type']): Promise<MachineAction[]> {
	const filter = encodeURIComponent(`machineId eq '${id}' and type eq '${type}'`);
	const body = await session.read(`/api/machineactions?$filter=${filter}&$top=${ACTIONS_MAX}`);
	const items = listIn(field(body, 'value'), 'machine actions').map(actionOf);
	if (items.length >= ACTIONS_MAX) throw new Stopped(`the machine was isolated ${ACTIONS_MAX} times and more`, false);
	return items.map((item) => {
		if (item === null || item.machine !== id || item.type !== type)
			throw new Stopped('the list of machine actions cannot be read');
		return item;
	});
}

const isPending = ({ status }: MachineAction): boolean => status === 'Pending' || status === 'InProgress';

/** What the actions come to: one that is under way, else the newest that succeeded. They are kept for some months. */
function isolationOf(actions: readonly MachineAction[]): { readonly isolation: Isolation; readonly status: string } {
	const newest = [...actions].sort((one, other) => other.at - one.at);
	const pending = newest.filter(isPending);
	const [first] = pending;
	if (pending.some(({ type }) => type !== first?.type))
		return { isolation: 'other', status: 'isolation and release are both under way' };
	if (first !== undefined)
		return {
			isolation: first.type === 'Isolate' ? 'isolating' : 'freeing',
			status: `machine action ${first.type} is ${first.status}`,
		};
	const [last, before] = newest.filter(({ status }) => status === 'Succeeded');
	if (last === undefined) return { isolation: 'never', status: 'machine actions know of no isolation' };
	if (before !== undefined && before.at === last.at && before.type !== last.type)
		return { isolation: 'other', status: 'isolation and release are of the same time' };
	return {
		isolation: last.type === 'Isolate' ? 'isolated' : 'free',
		status: `last machine action is ${last.type}, Succeeded`,
	};
}

async function read(session: HttpSession, id: string, begun: string | null): Promise<Host | null> {
	const body = await session.read(`/api/machines/${id}`);
	if (body === null) return null;
	const [same, name, tags] = [field(body, 'id'), field(body, 'computerDnsName'), field(body, 'machineTags')];
	const onboarding = field(body, 'onboardingStatus');
	if (same !== id || typeof name !== 'string' || !Array.isArray(tags) || typeof onboarding !== 'string')
		throw new Stopped('what is said of the machine cannot be read');
	// Isolating what has no agent would have every other machine shut it out: another effect than the one that was judged.
	if (onboarding !== 'Onboarded')
		return {
			id,
			name,
			isolation: 'other',
			status: `onboardingStatus is ${onboarding.slice(0, 40)}`,
			groups: textsIn(tags),
		};
	const actions = [...(await actionsOf(session, id, 'Isolate')), ...(await actionsOf(session, id, 'Unisolate'))];
	// The list may lag behind: what this call has begun is asked for by its own id.
	const ours = begun === null ? null : actionOf(await session.read(`/api/machineactions/${begun}`));
	if (begun !== null && (ours === null || ours.id !== begun || ours.machine !== id))
		throw new Stopped('the machine action that was begun cannot be read');
	if (ours !== null && !isPending(ours) && ours.status !== 'Succeeded')
		throw new Stopped(`the machine action ended as ${ours.status.slice(0, 40)}`, false);
	const all = ours === null ? actions : [...actions.filter((action) => action.id !== ours.id), ours];
	return { id, name, ...isolationOf(all), groups: textsIn(tags) };
}

async function idsNamed(session: HttpSession, names: readonly string[]): Promise<string[]> {
	const ids = new Set<string>();
	for (const name of new Set(names.map(shortName))) {
		for (const filter of [`computerDnsName eq '${name}'`, `startswith(computerDnsName,'${name}.')`]) {
			const body = await session.read(`/api/machines?$filter=${encodeURIComponent(filter)}&$top=${FOUND_MAX}`);
			for (const machine of listIn(field(body, 'value'), 'machines')) {
				const [id, state] = [field(machine, 'id'), field(machine, 'onboardingStatus')];
				if (typeof id !== 'string' || !MACHINE_ID.test(id) || typeof state !== 'string')
					throw new Stopped('the list of machines cannot be read');
				// A machine that is only seen from others has no agent that could isolate it.
				if (state === 'Onboarded') ids.add(id);
			}
		}
	}
	return [...ids];
}

/**
 * The service for one call.
 *
 * @param isolation what stays open for a machine that is isolated: `Selective` leaves Outlook, Teams and Skype their connections
 * @param step stands in the comment of the machine action, where people see what it came from
 */
export function defender(isolation: 'Full' | 'Selective', step: string): EndpointService {
	let begun: string | null = null;
	return {
		title: 'Defender',
		idOf: (vendorId) => (MACHINE_ID.test(vendorId.toLowerCase()) ? vendorId.toLowerCase() : null),
		idsNamed,
		read: (session, id) => read(session, id, begun),
		act: async (session, host, wish) => {
			const sent = await session.send(
				'POST',
				`/api/machines/${host.id}/${wish === 'isolate' ? 'isolate' : 'unisolate'}`,
				{
					Comment: `Interlock, step ${step}`,
					...(wish === 'isolate' ? { IsolationType: isolation } : {}),
				},
			);
			const action = sent.kind === 'done' ? actionOf(sent.body) : null;
			if (action !== null && action.type === TYPES[wish] && action.machine === host.id) begun = action.id;
			return sent;
		},
		refusal,
		// Asked for twice it may stand behind a release and take effect after it: it is looked at again, and never sent again.
		canRepeat: false,
		shownWithinMs: MINUTE,
		groupWord: 'tag',
	};
}

/** 400 with `ActiveRequestAlreadyExists`: an action of this kind is under way already, and a look tells which. */
function refusal(sent: Extract<Sent, { kind: 'answered' }>): string | 'overtaken' {
	const said = JSON.stringify(sent.body ?? '');
	if (sent.status === 400 && (said.includes('ActiveRequestAlreadyExists') || said.includes('already in progress')))
		return 'overtaken';
	return sent.status === 403 ? `${sent.reason}: the app may not do this (permission Machine.Isolate)` : sent.reason;
}
