// A tenant of Microsoft Defender for Endpoint as the documentation describes it: a token for its audience, machines by OData filter and by
// id, machine actions that are pending until the machine has done them, one of a kind at a time, errors as `error.code`, 429 with
// Retry-After. State is open, so that a test sees what really happened.
import { randomBytes, randomUUID } from 'node:crypto';
import { startVendor, type VendorRequest, type VendorResponse, type VendorServer } from './server.ts';

export type DefenderMachine = {
	readonly id: string;
	computerDnsName: string;
	onboardingStatus: 'Onboarded' | 'CanBeOnboarded' | 'InsufficientInfo';
	machineTags: string[];
	/** A machine that is off does nothing. */
	isOnline: boolean;
	/** What it really is. */
	isIsolated: boolean;
};

type MachineAction = {
	readonly id: string;
	readonly type: string;
	status: 'Pending' | 'InProgress' | 'Succeeded' | 'Failed' | 'TimeOut' | 'Cancelled';
	readonly machineId: string;
	readonly requestorComment: string;
	readonly scope: string | null;
	readonly creationDateTimeUtc: string;
	looks: number;
};

export type Defender = VendorServer & {
	readonly machines: DefenderMachine[];
	readonly actions: MachineAction[];
	/** Every effect that was ordered, in order: `Isolate LAP-1 Full`. */
	readonly effects: string[];
	readonly tenant: string;
	readonly clientId: string;
	secret: string;
	readonly tokens: Map<string, number>;
	/** Looks at an action until the machine has done it. */
	doneAfter: number;
	/** What becomes of the next action. */
	ends: 'Succeeded' | 'Failed' | 'TimeOut';
	/** Actions stand in their list only from this look at the list on; by their own id they are there at once. */
	listLags: number;
	canIsolate: boolean;
	now: () => number;
};

/** Starts a tenant with these machines. */
export async function startDefender(
	machines: readonly (Partial<DefenderMachine> & { readonly computerDnsName: string })[],
): Promise<Defender> {
	const server = await startVendor((request) => answer(defender, request));
	const defender: Defender = Object.assign(server, {
		machines: machines.map((machine, at) => ({
			...{ id: String(at + 1).padStart(40, 'b'), onboardingStatus: 'Onboarded' as const, machineTags: [] },
			...{ isOnline: true, isIsolated: false },
			...machine,
		})),
		actions: [],
		effects: [],
		tenant: '5f3a1f6e-0000-4000-8000-00000000d0c5',
		clientId: '5f3a1f6e-0000-4000-8000-0000000000a9',
		secret: 'd3f3nd3r-s3cret~x',
		tokens: new Map(),
		...{ doneAfter: 1, ends: 'Succeeded' as const, listLags: 0, canIsolate: true },
		now: () => Date.now(),
	});
	return defender;
}

function answer(defender: Defender, request: VendorRequest): VendorResponse {
	const { path, method } = request;
	if (method === 'POST' && path === `/${defender.tenant}/oauth2/v2.0/token`) return token(defender, request);
	const held = defender.tokens.get(String(request.headers['authorization'] ?? '').replace(/^Bearer /, ''));
	if (held === undefined || held <= defender.now()) return failed(401, 'Unauthorized', 'Token is expired or invalid');
	if (method === 'GET' && path === '/api/machines') return listMachines(defender, request);
	if (method === 'GET' && path === '/api/machineactions') return listActions(defender, request);
	const [, , kind, id = '', verb] = path.split('/');
	if (method === 'GET' && kind === 'machines' && verb === undefined) return machineOf(defender, id);
	if (method === 'GET' && kind === 'machineactions') return actionOf(defender, id);
	if (method === 'POST' && kind === 'machines' && (verb === 'isolate' || verb === 'unisolate'))
		return act(defender, request, id, verb);
	return failed(404, 'ResourceNotFound', 'Resource not found');
}

function token(defender: Defender, request: VendorRequest): VendorResponse {
	const form = new URLSearchParams(request.body);
	if (form.get('scope') !== 'https://api.securitycenter.microsoft.com/.default')
		return json(400, { error: 'invalid_scope', error_description: 'AADSTS70011: The scope is not valid.' });
	if (form.get('client_id') !== defender.clientId || form.get('client_secret') !== defender.secret)
		return json(401, { error: 'invalid_client', error_description: 'AADSTS7000215: Invalid client secret provided.' });
	const made = `eyJ.${randomBytes(12).toString('hex')}`;
	defender.tokens.set(made, defender.now() + 3_599_000);
	return json(200, { token_type: 'Bearer', expires_in: 3599, access_token: made });
}

function listMachines(defender: Defender, request: VendorRequest): VendorResponse {
	const filter = request.query.get('$filter');
	const same = /^computerDnsName eq '([^']*)'$/.exec(filter ?? '')?.[1]?.toLowerCase();
	const begins = /^startswith\(computerDnsName,'([^']*)'\)$/.exec(filter ?? '')?.[1]?.toLowerCase();
	if (filter !== null && same === undefined && begins === undefined) return failed(400, 'BadRequest', 'Bad filter');
	const found = defender.machines.filter(({ computerDnsName }) => {
		const name = computerDnsName.toLowerCase();
		return same !== undefined ? name === same : name.startsWith(begins ?? '');
	});
	return json(200, { value: found.slice(0, Number(request.query.get('$top') ?? 10_000)).map(shown) });
}

const shown = ({ id, computerDnsName, onboardingStatus, machineTags }: DefenderMachine): object => ({
	...{ id, computerDnsName, onboardingStatus, machineTags },
	...{ osPlatform: 'Windows10', healthStatus: 'Active', riskScore: 'High', rbacGroupName: 'Office' },
});

function machineOf(defender: Defender, id: string): VendorResponse {
	const machine = defender.machines.find((one) => one.id === id);
	return machine === undefined ? failed(404, 'ResourceNotFound', 'Machine was not found') : json(200, shown(machine));
}

/** A look at an action is the time that passes for its machine. */
function look(defender: Defender, action: MachineAction): object {
	const machine = defender.machines.find((one) => one.id === action.machineId);
	if (action.status === 'Pending' && machine?.isOnline === true && ++action.looks >= defender.doneAfter) {
		action.status = defender.ends;
		if (action.status === 'Succeeded') machine.isIsolated = action.type === 'Isolate';
	}
	const { looks: _, ...rest } = action;
	return { ...rest, requestor: 'app', computerDnsName: machine?.computerDnsName ?? null };
}

function listActions(defender: Defender, request: VendorRequest): VendorResponse {
	const asked = /^machineId eq '([0-9a-f]+)' and type eq '(\w+)'$/.exec(request.query.get('$filter') ?? '');
	if (asked === null) return failed(400, 'BadRequest', 'Bad filter');
	if (defender.listLags > 0) {
		defender.listLags--;
		return json(200, { value: [] });
	}
	const found = defender.actions.filter((one) => one.machineId === asked[1] && one.type === asked[2]);
	return json(200, { value: found.slice(0, Number(request.query.get('$top'))).map((one) => look(defender, one)) });
}

function actionOf(defender: Defender, id: string): VendorResponse {
	const action = defender.actions.find((one) => one.id === id);
	return action === undefined
		? failed(404, 'ResourceNotFound', 'Machine action was not found')
		: json(200, look(defender, action));
}

function act(defender: Defender, request: VendorRequest, id: string, verb: 'isolate' | 'unisolate'): VendorResponse {
	if (!defender.canIsolate)
		return failed(403, 'Forbidden', 'The application does not have any of the required application permissions');
	const machine = defender.machines.find((one) => one.id === id);
	if (machine === undefined) return failed(404, 'ResourceNotFound', 'Machine was not found');
	const { Comment, IsolationType } = JSON.parse(request.body) as { Comment?: string; IsolationType?: string };
	if (typeof Comment !== 'string' || (verb === 'isolate') !== ['Full', 'Selective'].includes(IsolationType ?? ''))
		return failed(400, 'InvalidRequestBody', 'Request body is incorrect');
	if (defender.actions.some((one) => one.machineId === id && one.status === 'Pending'))
		return failed(400, 'ActiveRequestAlreadyExists', 'Action is already in progress');
	const action: MachineAction = {
		...{ id: randomUUID(), type: verb === 'isolate' ? 'Isolate' : 'Unisolate', status: 'Pending', machineId: id },
		...{ requestorComment: Comment, scope: IsolationType ?? null, looks: 0 },
		creationDateTimeUtc: new Date(defender.now() + defender.actions.length).toISOString(),
	};
	defender.actions.push(action);
	defender.effects.push(`${action.type} ${machine.computerDnsName}${action.scope === null ? '' : ` ${action.scope}`}`);
	const { looks: _, ...rest } = action;
	return json(201, { ...rest, requestor: 'app', computerDnsName: machine.computerDnsName });
}

function failed(status: number, code: string, message: string): VendorResponse {
	return json(status, { error: { code, message, target: randomUUID() } });
}

function json(status: number, body: object): VendorResponse {
	return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

/** Too many requests, as the API says it. */
export function tooMany(seconds: number): VendorResponse {
	return {
		...failed(429, 'TooManyRequests', `You have reached the maximum of calls. Try again in ${seconds} seconds`),
		headers: { 'content-type': 'application/json', 'retry-after': String(seconds) },
	};
}
