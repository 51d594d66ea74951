// A drill and the world outside: no leave is ever made for it, so that no connector can be called, and what people approve in it counts nowhere else.
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ASSET_CLASSES } from '../../src/domain/asset.ts';
import { ConnectorConfig } from '../../src/domain/connector.ts';
import type { CallRequest } from '../../src/response/connectors/connector.ts';
import { createConnectors } from '../../src/response/connectors/index.ts';
import { stepIdOf } from '../../src/response/plan-step.ts';
import { ACTION_NAMES } from '../../src/safety/actions.ts';
import { decide } from '../../src/safety/decide.ts';
import { type Grant, grant, grantLook } from '../../src/safety/grant.ts';
import { asset, bestReadings, facts, NOW, PEOPLE, SUBJECT, step } from '../safety/plant.ts';
import { INVENTORY } from './support/plant.ts';

const DRILL = 'inc_drill0m0000000abcdefghij01';
const REAL = 'inc_0m0000000abcdefghijkl';
const readings = bestReadings();
const yesOf = (id: string, binding: string) =>
	PEOPLE.map((person) => ({
		...{ id: `apr-${person.id}`, step: id, person: person.id, roles: [], answer: 'yes' as const, reason: null },
		...{ binding, via: 'cli' as const, at: NOW - 1_000, expires_at: NOW + 600_000, withdrawn_at: null },
	}));

describe('the gate', () => {
	it('makes no leave for a step of a drill, whatever the action, the target and who approves, and says what stands in the way as always', () => {
		let rehearsals = 0;
		for (const action of ACTION_NAMES)
			for (const one of ASSET_CLASSES)
				for (const level of ['1', '3', '4'] as const) {
					const world = facts(asset(one, level), { readings });
					const ask = (incident: string) => {
						const proposed = step(action, { incident });
						const approvals = yesOf(proposed.id, decide(proposed, world, NOW).binding);
						return grant({ step: proposed, facts: world, approvals, people: PEOPLE, now: NOW });
					};
					const [drill, real] = [ask(DRILL), ask(REAL)];
					expect(drill.ok).toBe(false);
					expect('grant' in drill).toBe(false);
					expect(drill.decision).toMatchObject({ class: real.decision.class, binding: real.decision.binding });
					expect(drill.decision.rows).toEqual(real.decision.rows);
					// A rehearsal is exactly what would have been let run.
					expect(!drill.ok && drill.isRehearsal === true).toBe(real.ok);
					if (!drill.ok && !real.ok) expect(drill.reasons).toEqual(real.reasons);
					if (real.ok) rehearsals++;
				}
		expect(rehearsals).toBeGreaterThan(50);
		for (const action of ACTION_NAMES) expect(grantLook(step(action, { incident: DRILL }), NOW)).toBeNull();
	});

	it('lets no approval that was given in a drill count for the same step of a real incident, not even relabelled', () => {
		let tried = 0;
		for (const action of ACTION_NAMES)
			for (const one of ASSET_CLASSES) {
				const id = (incident: string) => stepIdOf(incident, 'contain', 'key', 'target-1');
				// What is stated of a step is stated of both.
				const ofSteps = readings.filter((reading) => reading.subject === SUBJECT.step);
				const both = [DRILL, REAL].flatMap((it) => ofSteps.map((reading) => ({ ...reading, subject: id(it) })));
				const world = facts(asset(one, '3'), { readings: [...readings, ...both] });
				const [practised, real] = [step(action, { incident: DRILL, id: id(DRILL) }), step(action, { id: id(REAL) })];
				const ask = (approvals: ReturnType<typeof yesOf>) =>
					grant({ step: real, facts: world, approvals, people: PEOPLE, now: NOW });
				const inDrill = decide(practised, world, NOW);
				// Only where the real step's own approvals would be enough: nothing else is in the way.
				if (inDrill.needs.length === 0 || !ask(yesOf(real.id, decide(real, world, NOW).binding)).ok) continue;
				tried++;
				expect(practised.id).not.toBe(real.id);
				for (const of of [practised.id, real.id]) expect(ask(yesOf(of, inDrill.binding)).ok).toBe(false);
			}
		expect(tried).toBeGreaterThan(3);
	});
});

let requests = 0;
const server = createServer((_, response) => {
	requests++;
	response.writeHead(200).end('{}');
});
let url = '';
beforeAll(async () => {
	await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
	url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
	server.closeAllConnections();
	server.close();
});

const HTTP = { name: 'c', allow_private: true, timeout_ms: 300 };
const GUID = '00000000-0000-4000-8000-000000000001';
const NONE = { groups: [], accounts: [] };
const configs = (): { readonly kind: string; readonly [key: string]: unknown }[] => [
	{ ...HTTP, kind: 'generic-http', base_url: url, calls: { isolate_host: { method: 'POST', path: '/{target}' } } },
	{
		...{ ...HTTP, kind: 'okta', base_url: url, actions: ['disable_account', 'revoke_tokens'] },
		...{ auth: { type: 'api_token', secret_env: 'X' }, protected: NONE },
	},
	{
		...{ ...HTTP, kind: 'entra-id', base_url: url, login_url: url, tenant_id: GUID, client_id: GUID },
		...{ actions: ['disable_account'], auth: { type: 'client_secret', secret_env: 'X' }, protected: NONE },
	},
	{
		...{ ...HTTP, kind: 'active-directory', base_url: 'ldaps://127.0.0.1:1', base_dn: 'dc=x', bind_dn: 'cn=x,dc=x' },
		...{ auth: { type: 'bind', secret_env: 'X' }, actions: ['disable_account'], protected: NONE },
	},
	{
		...{ name: 'c', kind: 'block-list', lists: [{ name: 'bad', type: 'ip' }], pollers: ['10.9.0.0/24'] },
		...{ auth: { type: 'basic', user: 'fw', secret_env: 'X' }, never: { addresses: [], domains: [] } },
	},
	{ ...HTTP, kind: 'fortinet', base_url: url, auth: { type: 'token', secret_env: 'X' } },
	{
		...{ ...HTTP, kind: 'palo-alto', base_url: url, auth: { type: 'api_key', secret_env: 'X' } },
		...{ tags: { internal: 'interlock' }, never: { addresses: [], domains: [] } },
	},
	{
		...{ ...HTTP, kind: 'crowdstrike', base_url: url, client_id: 'c', actions: ['isolate_host'] },
		...{ auth: { type: 'client_secret', secret_env: 'X' }, protected: { hosts: [], groups: [] } },
	},
];

/** All that a worker with a step of a drill could hold, or steal: nothing, the gate's answer, a look-alike, the leave of a real step. */
function held(action: string, request: CallRequest): [string, unknown][] {
	const proposed = step(action, { incident: DRILL, targets: [...request.targets], params: request.params });
	const world = facts(asset('endpoint', '4'), { readings });
	const answer = grant({ step: proposed, facts: world, approvals: [], people: PEOPLE, now: NOW });
	const lookAlike = { step: request.step, action, targets: request.targets, grantedAt: NOW, expiresAt: NOW + 60_000 };
	const other = grantLook({ ...proposed, incident: REAL, id: 'stp_real' }, NOW);
	return [
		['nothing', null],
		['the answer of the gate', answer],
		['a look-alike', lookAlike],
		['the leave of a real step', other],
	];
}

describe('every connector', () => {
	const ground = {
		inventory: INVENTORY,
		reader: { events: async () => [], polls: async () => [], incidentOf: async () => null },
	};
	const edge = { now: () => NOW, sleep: async () => undefined, resolve: async () => ['127.0.0.1'] };

	it.each(Array.from({ length: 8 }, (_, at) => at))('makes no call for a step of a drill (%i)', async (at) => {
		const [connector] = createConnectors([ConnectorConfig.parse(configs()[at])], () => 's3cret-s3cret', edge, ground);
		expect(connector?.actions.length).toBeGreaterThan(0);
		for (const action of connector?.actions ?? []) {
			const request = { step: 'stp_1', action, target: 'lap-1', targets: ['lap-1'], params: {}, since: NOW };
			for (const [what, value] of held(action, request)) {
				requests = 0;
				const result = await connector?.call(value as Grant, request);
				expect(result, `${connector?.name} ${action} with ${what}`).toMatchObject({ effect: 'not_done' });
				expect(requests).toBe(0);
			}
		}
	});

	it('of the others has its leave checked too, in its own file or in the one that it is built on', () => {
		const folder = new URL('../../src/response/connectors/', import.meta.url);
		const texts = new Map(
			readdirSync(folder)
				.filter((name) => name.endsWith('.ts'))
				.map((name) => [name, readFileSync(new URL(name, folder), 'utf8')]),
		);
		const calling = [...texts].filter(([, text]) => /\basync call\(|\bcall: (async )?\(/.test(text));
		expect(calling.length).toBeGreaterThan(4);
		for (const [name, text] of calling) expect(text, name).toMatch(/checkGrant\(|\.call\(grant/);
	});

	it('is unknown to the file that rehearses: it can read and nothing else', () => {
		const text = readFileSync(new URL('../../src/response/drill-step.ts', import.meta.url), 'utf8');
		expect(text).not.toMatch(/connectors\//);
		expect(text).not.toMatch(/\.call\(|readBack/);
	});
});
