// The connectors that isolate computers, from their configuration: which action is which change, behind the grant. NOT here: what is asked
// of a service (crowdstrike.ts), and whether a step runs.
import type { CrowdStrikeConfig } from '../../domain/connector-kinds/endpoint.ts';
import type { Inventory } from '../../domain/inventory.ts';
import type { Instant } from '../../domain/time.ts';
import { type ActionName, mayHaveConnector } from '../../safety/actions.ts';
import { checkGrant, type Grant } from '../../safety/grant.ts';
import { createBreaker } from './breaker.ts';
import type { CallRequest, Connector, Probe } from './connector.ts';
import { falconContain, falconToken, readFalcon } from './crowdstrike.ts';
import type { HttpEdge } from './generic-http.ts';
import { changeAccount, probeChange } from './identity-account.ts';
import { field, openSession, Stopped, type TokenBox } from './identity-http.ts';
import { masked } from './secret.ts';

/** The actions, and what they are called in Falcon. */
const VERBS = { isolate_host: 'contain', release_host: 'lift_containment' } as const satisfies Partial<
	Record<ActionName, string>
>;
type EndpointAction = keyof typeof VERBS;

const isEndpointAction = (action: string): action is EndpointAction => Object.hasOwn(VERBS, action);

/**
 * Hosts of a CrowdStrike customer.
 *
 * @param secret the secret of the API client
 */
export function createCrowdStrike(
	config: CrowdStrikeConfig,
	secret: string | null,
	inventory: Inventory,
	edge: HttpEdge,
): Connector {
	const box: TokenBox = { held: null };
	const reach = {
		baseUrl: config.base_url,
		timeoutMs: config.timeout_ms,
		allowPrivate: config.allow_private,
		resolve: edge.resolve,
		now: edge.now,
		sleep: edge.sleep,
	};
	const client = { baseUrl: config.base_url, clientId: config.client_id, secret: secret ?? '' };
	const open = () =>
		openSession(
			reach,
			box,
			async (post) => await falconToken(post, client, edge.now()),
			() => null,
		);
	const settings = {
		assetOf: (target: string) => inventory.find(target),
		protected: config.protected,
		sleep: edge.sleep,
	};
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
		isIdempotent: does,
		hasReadBack: does,
		async call(grant, request) {
			const refusal = refuse(grant, request);
			if (refusal !== null || !does(request.action) || request.target === null)
				return { effect: 'not_done', detail: refusal ?? 'no such call', tries: 0 };
			if (breaker.blockedUntil(edge.now()) !== null) {
				const detail = `not sent: \`${config.name}\` failed several times in a row and is left alone for a while`;
				return { effect: 'not_done', detail, tries: 0 };
			}
			const change = falconContain(settings, VERBS[request.action]);
			const { effect, detail, tries, isTrouble } = await changeAccount(open(), change, request.target);
			if (isTrouble) breaker.failed(edge.now());
			else breaker.succeeded();
			return { effect, detail: clean(detail), tries };
		},
		async readBack(grant, request) {
			const refusal = refuse(grant, request, true);
			if (refusal !== null || !does(request.action) || request.target === null)
				return { state: 'unknown', detail: refusal ?? 'no such call' };
			const verb = VERBS[request.action];
			const { state, detail } = await readFalcon(open(), falconContain(settings, verb), verb, request.target);
			return { state, detail: clean(detail) };
		},
		async probe({ target }) {
			if (secret === null || secret === '')
				return [{ what: 'login', state: 'not', detail: 'the secret that `auth` names is not set' }];
			const probes: Probe[] = [await probeLogin(open())];
			for (const action of target === null ? [] : config.actions)
				probes.push(await probeChange(open(), falconContain(settings, VERBS[action]), action, target ?? ''));
			probes.push({
				what: 'writing',
				state: 'open',
				detail: 'whether the API client may contain hosts shows only when it does',
			});
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

async function probeLogin(session: ReturnType<typeof openSession>): Promise<Probe> {
	const what = 'login, and reading hosts';
	try {
		const body = await session.read('/devices/queries/devices/v1?limit=1');
		return Array.isArray(field(body, 'resources'))
			? { what, state: 'well', detail: 'answered' }
			: { what, state: 'not', detail: 'the answer is another one' };
	} catch (cause) {
		if (!(cause instanceof Stopped)) throw cause;
		return { what, state: 'not', detail: cause.message };
	}
}
