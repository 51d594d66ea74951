// The connectors that change accounts, from their configuration: which action is which change at which service, behind the grant. NOT
// here: what is asked of a service (okta.ts, entra-id.ts, active-directory-change.ts), and whether a step runs.
import { readFileSync } from 'node:fs';
import type { ActiveDirectoryConfig, EntraIdConfig, OktaConfig } from '../../domain/connector-kinds/identity.ts';
import type { Instant } from '../../domain/time.ts';
import { mayHaveConnector } from '../../safety/actions.ts';
import { checkGrant, type Grant } from '../../safety/grant.ts';
import {
	type ChangeSettings,
	changeAccount as changeInDirectory,
	probeDirectory,
	readAccount,
} from './active-directory-change.ts';
import { createBreaker } from './breaker.ts';
import type { CallRequest, Connector, Probe, ReadBack } from './connector.ts';
import { entraEnable, entraNextPage, entraRevoke, entraToken, readEntraRevoked } from './entra-id.ts';
import type { HttpEdge } from './generic-http.ts';
import { type HttpReach, type HttpSession, openSession, type TokenBox } from './http-session.ts';
import { probeEntra, probeOkta } from './identity-probe.ts';
import { apiToken, appToken, oktaNextPage, oktaRevoke, oktaSuspend, readOktaRevoked } from './okta.ts';
import { masked } from './secret.ts';
import { type Changed, changeState, probeChange, readState, type StateChange } from './state-change.ts';

/** One action at one service, for the account that its parameter names. */
type Task = {
	/** True where the change may be made again after an answer that never came. */
	readonly isIdempotent: boolean;
	run(account: string): Promise<Changed>;
	/** @param since when the step began; null where nobody knows */
	readBack(account: string, since: Instant | null): Promise<ReadBack>;
};

type Tasks = Readonly<Record<string, Task>>;

/**
 * Users of an Okta organisation.
 *
 * @param secret the API token, or the private key of the service app in PEM form
 */
export function createOkta(config: OktaConfig, secret: string | null, edge: HttpEdge): Connector {
	const { auth } = config;
	const settings = {
		loginSuffix: config.login_suffix ?? null,
		netbios: config.netbios_domain ?? null,
		protection: config.protected,
	};
	const box: TokenBox = { held: null };
	const open = (): HttpSession =>
		openSession(
			reachOf(config, edge),
			box,
			async (post) =>
				auth.type === 'api_token'
					? { ok: true, value: apiToken(secret ?? '') }
					: await appToken(
							post,
							{
								baseUrl: config.base_url,
								clientId: auth.client_id,
								keyId: auth.key_id ?? null,
								privateKey: secret ?? '',
							},
							edge.now(),
						),
			oktaNextPage,
		);
	const changes = {
		...pairOf(oktaSuspend(settings, true), oktaSuspend(settings, false)),
		revoke_tokens: oktaRevoke(settings),
	};
	const tasks: Tasks = {
		...tasksOf(open, changes),
		revoke_tokens: {
			...task(open, changes.revoke_tokens),
			readBack: async (account, since) =>
				since === null ? NO_TIME : await readOktaRevoked(open(), settings, account, since),
		},
	};
	const probe = async (account: string | null): Promise<readonly Probe[]> => [
		...(await probeOkta(open(), config.actions, config.protected.groups)),
		...(await probeEach(open, changes, config.actions, account)),
	];
	return createAccountConnector(config, tasks, secret, probe, () => [box.held?.value ?? null], edge);
}

/**
 * Users of a tenant of Microsoft Entra ID.
 *
 * @param secret the client secret of the app
 */
export function createEntraId(config: EntraIdConfig, secret: string | null, edge: HttpEdge): Connector {
	const settings = {
		loginSuffix: config.login_suffix ?? null,
		netbios: config.netbios_domain ?? null,
		protection: config.protected,
	};
	const box: TokenBox = { held: null };
	const app = {
		loginUrl: config.login_url,
		tenant: config.tenant_id,
		clientId: config.client_id,
		graphUrl: config.base_url,
		secret: secret ?? '',
	};
	const open = (): HttpSession =>
		openSession(reachOf(config, edge), box, async (post) => await entraToken(post, app, edge.now()), entraNextPage);
	const changes = {
		...pairOf(entraEnable(settings, true), entraEnable(settings, false)),
		revoke_tokens: entraRevoke(settings),
	};
	const tasks: Tasks = {
		...tasksOf(open, changes),
		revoke_tokens: {
			...task(open, changes.revoke_tokens),
			readBack: async (account, since) =>
				since === null ? NO_TIME : await readEntraRevoked(open(), settings, account, since),
		},
	};
	const probe = async (account: string | null): Promise<readonly Probe[]> => [
		...(await probeEntra(open(), config.actions, config.protected.groups, () => box.held?.value ?? null)),
		...(await probeEach(open, changes, config.actions, account)),
	];
	return createAccountConnector(config, tasks, secret, probe, () => [box.held?.value ?? null], edge);
}

/**
 * Accounts of one Active Directory domain.
 *
 * @param secret the password of `bind_dn`
 * @throws Error where `ca_file` cannot be read: better no start than a connection that trusts somebody else
 */
export function createActiveDirectory(config: ActiveDirectoryConfig, secret: string | null, edge: HttpEdge): Connector {
	const settings: ChangeSettings = {
		url: config.base_url,
		bindDn: config.bind_dn,
		ca: config.ca_file === undefined ? null : authorityOf(config.name, config.ca_file),
		allowPrivate: config.allow_private,
		timeoutMs: config.timeout_ms,
		resolve: edge.resolve,
		scope: { baseDn: config.base_dn, netbios: config.netbios_domain ?? null },
		protection: config.protected,
	};
	const change = (disable: boolean): Task => ({
		isIdempotent: true,
		run: async (account) => await changeInDirectory(settings, secret ?? '', account, disable, edge),
		readBack: async (account) => await readAccount(settings, secret ?? '', account, disable),
	});
	const tasks: Tasks = pairOf(change(true), change(false));
	const probe = async (account: string | null): Promise<readonly Probe[]> => {
		const wished = config.actions.map((action) => ({ action, disable: action.startsWith('disable_') }));
		return await probeDirectory(settings, secret ?? '', wished, account);
	};
	return createAccountConnector(config, tasks, secret, probe, () => [], edge);
}

/** The same change under the name for a person's account and under that for a vendor's: the gate tells them apart. */
function pairOf<Change>(off: Change, on: Change): Record<(typeof ON_OFF)[number], Change> {
	return { disable_account: off, enable_account: on, disable_vendor_account: off, enable_vendor_account: on };
}
const ON_OFF = ['disable_account', 'enable_account', 'disable_vendor_account', 'enable_vendor_account'] as const;

type Changes<Account> = Readonly<Record<string, StateChange<Account>>>;

function tasksOf<Account>(open: () => HttpSession, changes: Changes<Account>): Tasks {
	return Object.fromEntries(Object.entries(changes).map(([action, change]) => [action, task(open, change)]));
}

async function probeEach<Account>(
	open: () => HttpSession,
	changes: Changes<Account>,
	actions: readonly string[],
	account: string | null,
): Promise<Probe[]> {
	const probes: Probe[] = [];
	for (const action of account === null ? [] : actions) {
		const change = changes[action];
		if (change !== undefined && account !== null) probes.push(await probeChange(open(), change, action, account));
	}
	return probes;
}

function authorityOf(name: string, file: string): string {
	try {
		return readFileSync(file, 'utf8');
	} catch (cause) {
		throw new Error(`connector \`${name}\`: \`ca_file\`: ${cause instanceof Error ? cause.message : 'cannot be read'}`);
	}
}

const NO_TIME: ReadBack = { state: 'unknown', detail: 'nobody knows since when to look' };

function task<Account>(open: () => HttpSession, change: StateChange<Account>): Task {
	return {
		isIdempotent: change.canRepeat,
		run: async (account) => await changeState(open(), change, account),
		readBack: async (account) => await readState(open(), change, account),
	};
}

function reachOf(config: OktaConfig | EntraIdConfig, edge: HttpEdge): HttpReach {
	return {
		baseUrl: config.base_url,
		timeoutMs: config.timeout_ms,
		allowPrivate: config.allow_private,
		resolve: edge.resolve,
		now: edge.now,
		sleep: edge.sleep,
	};
}

/** Grant, secret and breaker around the tasks; every text that leaves is masked, of the secret and of the tokens it was exchanged for. */
function createAccountConnector(
	config: { readonly name: string; readonly actions: readonly string[] },
	tasks: Tasks,
	secret: string | null,
	probe: (account: string | null) => Promise<readonly Probe[]>,
	tokens: () => readonly (string | null)[],
	edge: HttpEdge,
): Connector {
	const { name, actions } = config;
	for (const action of actions) {
		if (!mayHaveConnector(action))
			throw new TypeError(`connector \`${name}\`: action \`${action}\` has no connector and can have none (rule G10)`);
	}
	const breaker = createBreaker();
	const taskOf = (action: string): Task | null =>
		actions.includes(action) && Object.hasOwn(tasks, action) ? (tasks[action] ?? null) : null;
	const clean = (text: string): string =>
		tokens().reduce<string>(
			(said, token) => masked(said, token?.split(' ')[1] ?? null, 600),
			masked(text, secret, 600),
		);
	return {
		name,
		actions,
		isIdempotent: (action) => taskOf(action)?.isIdempotent ?? false,
		hasReadBack: (action) => taskOf(action) !== null,
		async call(grant, request) {
			const held = taskOf(request.action);
			const refusal = refuse(held, grant, request, secret, edge.now());
			if (refusal !== null || held === null) return { effect: 'not_done', detail: refusal ?? 'no such call', tries: 0 };
			if (breaker.blockedUntil(edge.now()) !== null) {
				const detail = `not sent: \`${name}\` failed several times in a row and is left alone for a while`;
				return { effect: 'not_done', detail, tries: 0 };
			}
			const { effect, detail, tries, isTrouble } = await held.run(accountOf(request));
			if (isTrouble) breaker.failed(edge.now());
			else breaker.succeeded();
			return { effect, detail: clean(detail), tries };
		},
		async readBack(grant, request) {
			const held = taskOf(request.action);
			const refusal = refuse(held, grant, request, secret, edge.now(), true);
			if (refusal !== null || held === null) return { state: 'unknown', detail: refusal ?? 'no such call' };
			const { state, detail } = await held.readBack(accountOf(request), request.since ?? null);
			return { state, detail: clean(detail) };
		},
		async probe({ account }) {
			if (secret === null || secret === '')
				return [{ what: 'login', state: 'not', detail: 'the secret that `auth` names is not set' }];
			return (await probe(account)).map((one) => ({ ...one, detail: clean(one.detail) }));
		},
	};
}

/** The account that the gate judged: the parameter `account`, and no other (docs/safety.md). */
function accountOf(request: CallRequest): string {
	const account = request.params['account'];
	return typeof account === 'string' ? account : '';
}

/** Null where the call may be made. Checked here and not only by the caller: the connector is the last door. */
function refuse(
	held: Task | null,
	grant: Grant,
	request: CallRequest,
	secret: string | null,
	now: Instant,
	isLook = false,
): string | null {
	if (!mayHaveConnector(request.action)) return `action \`${request.action}\` has no connector (rule G10)`;
	if (held === null) return `no call is configured for \`${request.action}\``;
	if (request.target !== null && !request.targets.includes(request.target))
		return 'no grant: the target is none that was judged';
	const { step, action, targets, params } = request;
	const checked = checkGrant(grant, { step, action, targets, params, isLook }, now);
	if (!checked.ok) return `no grant: ${checked.error}`;
	if (accountOf(request) === '') return 'the step names no account';
	return secret === null || secret === '' ? 'the secret that `auth` names is not set' : null;
}
