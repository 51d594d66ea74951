// The connectors that isolate computers, from their configuration: which action is which change, behind the grant. NOT here: what is asked
// of a service (crowdstrike.ts, defender-endpoint.ts, sentinelone.ts), and whether a step runs.
import type { EndpointConfig } from '../../domain/connector-kinds/endpoint.ts';
import type { Inventory } from '../../domain/inventory.ts';
import { never, ok, type Result } from '../../domain/result.ts';
import type { Instant } from '../../domain/time.ts';
import { type ActionName, mayHaveConnector } from '../../safety/actions.ts';
import { checkGrant, type Grant } from '../../safety/grant.ts';
import { createBreaker } from './breaker.ts';
import type { CallRequest, Connector, Probe } from './connector.ts';
import { FALCON, falconToken } from './crowdstrike.ts';
import { defender, defenderToken } from './defender-endpoint.ts';
import {
	type EndpointService,
	type EndpointSettings,
	isolationChange,
	readIsolation,
	type Wish,
} from './endpoint-change.ts';
import type { HttpEdge } from './generic-http.ts';
import {
	field,
	type HttpSession,
	openSession,
	type PostForm,
	Stopped,
	type Token,
	type TokenBox,
} from './http-session.ts';
import { masked } from './secret.ts';
import { sentinelOne } from './sentinelone.ts';
import { changeState, probeChange } from './state-change.ts';

const WISHES = { isolate_host: 'isolate', release_host: 'release' } as const satisfies Partial<
	Record<ActionName, Wish>
>;
type EndpointAction = keyof typeof WISHES;

const isEndpointAction = (action: string): action is EndpointAction => Object.hasOwn(WISHES, action);

/** What a kind has of its own. */
type Maker = {
	/** The service for the call of one step. */
	readonly serviceFor: (step: string) => EndpointService;
	readonly token: (post: PostForm) => Promise<Result<Token, string>>;
	/** A question that only shows whether the login may read, and the field of its answer that then holds a list. */
	readonly look: { readonly path: string; readonly holds: string };
	/** What cannot be seen without doing it. */
	readonly unseen: string;
};

function makerOf(config: EndpointConfig, secret: string, now: () => Instant): Maker {
	switch (config.kind) {
		case 'crowdstrike': {
			const client = { baseUrl: config.base_url, clientId: config.client_id, secret };
			return {
				serviceFor: () => FALCON,
				token: async (post) => await falconToken(post, client, now()),
				look: { path: '/devices/queries/devices/v1?limit=1', holds: 'resources' },
				unseen: 'whether the API client may contain hosts shows only when it does',
			};
		}
		case 'defender-endpoint': {
			const app = {
				...{ loginUrl: config.login_url, tenant: config.tenant_id, clientId: config.client_id },
				...{ audience: config.audience, secret },
			};
			return {
				serviceFor: (step) => defender(config.isolation, step),
				token: async (post) => await defenderToken(post, app, now()),
				look: { path: '/api/machines?$top=1', holds: 'value' },
				unseen: 'whether the app has Machine.Isolate shows only when it isolates',
			};
		}
		case 'sentinelone':
			return {
				serviceFor: () => sentinelOne(config.sites),
				token: async () => ok({ value: `ApiToken ${secret}`, until: null }),
				look: { path: `/web/api/v2.1/agents?siteIds=${config.sites.join(',')}&limit=1`, holds: 'data' },
				unseen: 'whether the role of the token may disconnect shows only when it does',
			};
		default:
			return never(config);
	}
}

/**
 * The computers of a customer of one of the services.
 *
 * @param secret of the API client or app, or the API token
 */
export function createEndpointConnector(
	config: EndpointConfig,
	secret: string | null,
	inventory: Inventory,
	edge: HttpEdge,
): Connector {
	const box: TokenBox = { held: null };
	const maker = makerOf(config, secret ?? '', edge.now);
	const reach = {
		...{ baseUrl: config.base_url, timeoutMs: config.timeout_ms, allowPrivate: config.allow_private },
		...{ resolve: edge.resolve, now: edge.now, sleep: edge.sleep },
	};
	const open = (): HttpSession => openSession(reach, box, maker.token, () => null);
	const settings: EndpointSettings = {
		assetOf: (target) => inventory.find(target),
		protected: config.protected,
		sleep: edge.sleep,
	};
	const changeFor = (action: EndpointAction, step: string) =>
		isolationChange(maker.serviceFor(step), settings, WISHES[action]);
	const breaker = createBreaker();
	const does = (action: string): action is EndpointAction =>
		isEndpointAction(action) && config.actions.some((held) => held === action);
	const clean = (text: string): string => masked(masked(text, secret, 600), box.held?.value.split(' ')[1] ?? null, 600);
	const refuse = (grant: Grant, request: CallRequest, isLook = false): string | null =>
		does(request.action)
			? refusalOf(grant, request, secret, inventory, edge.now(), isLook)
			: `no call is configured for \`${request.action}\``;
	return {
		name: config.name,
		actions: config.actions,
		isIdempotent: (action) => does(action) && maker.serviceFor('').canRepeat,
		hasReadBack: does,
		async call(grant, request) {
			const refusal = refuse(grant, request);
			if (refusal !== null || !does(request.action) || request.target === null)
				return { effect: 'not_done', detail: refusal ?? 'no such call', tries: 0 };
			if (breaker.blockedUntil(edge.now()) !== null) {
				const detail = `not sent: \`${config.name}\` failed several times in a row and is left alone for a while`;
				return { effect: 'not_done', detail, tries: 0 };
			}
			const change = changeFor(request.action, request.step);
			const { effect, detail, tries, isTrouble } = await changeState(open(), change, request.target);
			if (isTrouble) breaker.failed(edge.now());
			else breaker.succeeded();
			return { effect, detail: clean(detail), tries };
		},
		async readBack(grant, request) {
			const refusal = refuse(grant, request, true);
			if (refusal !== null || !does(request.action) || request.target === null)
				return { state: 'unknown', detail: refusal ?? 'no such call' };
			const change = changeFor(request.action, request.step);
			const doubt = {
				wish: WISHES[request.action],
				shownWithinMs: maker.serviceFor(request.step).shownWithinMs,
				ageMs: request.since === undefined ? null : edge.now() - request.since,
			};
			const { state, detail } = await readIsolation(open(), change, doubt, request.target);
			return { state, detail: clean(detail) };
		},
		async probe({ target }) {
			if (secret === null || secret === '')
				return [{ what: 'login', state: 'not', detail: 'the secret that `auth` names is not set' }];
			const probes: Probe[] = [await probeLogin(open(), maker.look)];
			for (const action of target === null ? [] : config.actions)
				probes.push(await probeChange(open(), changeFor(action, ''), action, target ?? ''));
			probes.push({ what: 'writing', state: 'open', detail: maker.unseen });
			return probes.map((one) => ({ ...one, detail: clean(one.detail) }));
		},
	};
}

/** Null where the call may be made. Checked here and not only by the caller: the connector is the last door. */
function refusalOf(
	grant: Grant,
	{ step, action, target, targets, params }: CallRequest,
	secret: string | null,
	inventory: Inventory,
	now: Instant,
	isLook: boolean,
): string | null {
	if (!mayHaveConnector(action)) return `action \`${action}\` has no connector (rule G10)`;
	if (target === null || !targets.includes(target)) return 'no grant: the target is none that was judged';
	const checked = checkGrant(grant, { step, action, targets, params, isLook }, now);
	if (!checked.ok) return `no grant: ${checked.error}`;
	const device = params['device'];
	if (typeof device === 'string' && device !== '' && inventory.find(device) !== inventory.find(target))
		return 'the parameter `device` names another host than the target';
	return secret === null || secret === '' ? 'the secret that `auth` names is not set' : null;
}

async function probeLogin(session: HttpSession, look: Maker['look']): Promise<Probe> {
	const what = 'login, and reading hosts';
	try {
		const body = await session.read(look.path);
		return Array.isArray(field(body, look.holds))
			? { what, state: 'well', detail: 'answered' }
			: { what, state: 'not', detail: 'the answer is another one' };
	} catch (cause) {
		if (!(cause instanceof Stopped)) throw cause;
		return { what, state: 'not', detail: cause.message };
	}
}
