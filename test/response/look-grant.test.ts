// Leave to look, at every connector that can look: its call refuses it without a word to the service, its read-back takes it.
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConnectorConfig } from '../../src/domain/connector.ts';
import type { Step } from '../../src/domain/step.ts';
import type { CallRequest } from '../../src/response/connectors/connector.ts';
import { createConnectors } from '../../src/response/connectors/index.ts';
import { grantLook } from '../../src/safety/grant.ts';
import { proposeStep } from '../../src/safety/proposed-step.ts';
import { INVENTORY, NOW } from './support/plant.ts';

let requests = 0;
const server = createServer((_, response) => {
	requests++;
	response.writeHead(500).end();
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

const HTTP = { allow_private: true, timeout_ms: 300 };
const GUID = '00000000-0000-4000-8000-000000000001';
const NONE = { groups: [], accounts: [] };
const configs = (): unknown[] => [
	{
		...{ ...HTTP, name: 'c', kind: 'generic-http', base_url: url },
		calls: {
			isolate_host: {
				...{ method: 'POST', path: '/{target}', idempotent: false },
				read_back: { path: '/{target}', done_when: 'isolated' },
			},
		},
	},
	{
		...{ ...HTTP, name: 'c', kind: 'okta', base_url: url, actions: ['disable_account', 'revoke_tokens'] },
		...{ auth: { type: 'api_token', secret_env: 'X' }, protected: NONE },
	},
	{
		...{ ...HTTP, name: 'c', kind: 'entra-id', base_url: url, login_url: url, tenant_id: GUID, client_id: GUID },
		...{ actions: ['disable_account'], auth: { type: 'client_secret', secret_env: 'X' }, protected: NONE },
	},
	{
		...{ name: 'c', kind: 'active-directory', base_url: 'ldaps://127.0.0.1:1', base_dn: 'dc=x', bind_dn: 'cn=x,dc=x' },
		...{ auth: { type: 'bind', secret_env: 'X' }, actions: ['disable_account'], protected: NONE },
		...{ allow_private: true, timeout_ms: 300 },
	},
	{
		...{ name: 'c', kind: 'block-list', lists: [{ name: 'bad', type: 'ip' }], pollers: ['10.9.0.0/24'] },
		...{ auth: { type: 'basic', user: 'fw', secret_env: 'X' }, never: { addresses: [], domains: [] } },
	},
	{ ...HTTP, name: 'c', kind: 'fortinet', base_url: url, auth: { type: 'token', secret_env: 'X' } },
	{
		...{ ...HTTP, name: 'c', kind: 'palo-alto', base_url: url, auth: { type: 'api_key', secret_env: 'X' } },
		...{ tags: { internal: 'interlock' }, never: { addresses: [], domains: [] } },
	},
	{
		...{ ...HTTP, name: 'c', kind: 'crowdstrike', base_url: url, client_id: 'c', actions: ['isolate_host'] },
		...{ auth: { type: 'client_secret', secret_env: 'X' }, protected: { hosts: [], groups: [] } },
	},
];

const PARAMS: Readonly<Record<string, Step['params']>> = {
	disable_account: { account: 'ann' },
	revoke_tokens: { account: 'ann' },
	block_indicator: { indicator: '203.0.113.7' },
	unblock_indicator: { indicator: '203.0.113.7' },
};

function requestFor(action: string): { request: CallRequest; step: Step } {
	const params = PARAMS[action] ?? {};
	const target = PARAMS[action] === undefined ? 'lap-1' : null;
	const step: Step = {
		...{ id: 'stp_1', incident: 'inc_1', playbook: 'p', playbook_version: 'v', key: 'k', position: 0, title: 't' },
		...{ action, target, params, instructions: null, checklist: [], state: 'done', decision: null, after: [] },
		...{ requested_by: 'bot', expires_at: null, containment_ms: null, contained_until: null, attempts: 1 },
		...{ outcome: null, created_at: NOW, updated_at: NOW },
	};
	const { targets } = proposeStep(step);
	return { request: { step: step.id, action, target, targets, params, since: NOW }, step };
}

const edge = { now: () => NOW, sleep: async () => undefined, resolve: async () => ['127.0.0.1'] };
const ground = {
	inventory: INVENTORY,
	reader: { events: async () => [], polls: async () => [], incidentOf: async () => null },
};

describe('leave to look', () => {
	it('is known to every connector that checks a grant and can look', () => {
		const folder = new URL('../../src/response/connectors/', import.meta.url);
		const checking = readdirSync(folder).filter((file) => {
			if (!file.endsWith('.ts')) return false;
			const text = readFileSync(new URL(file, folder), 'utf8');
			return text.includes('checkGrant(') && !text.includes('hasReadBack: () => false');
		});
		expect(checking.length).toBeGreaterThanOrEqual(5);
		const deaf = checking.filter((file) => !readFileSync(new URL(file, folder), 'utf8').includes('isLook'));
		expect(
			deaf,
			'hand `isLook` to checkGrant in readBack: without it no step of this connector is ever verified',
		).toEqual([]);
	});

	it.each(Array.from({ length: 8 }, (_, index) => index))('calls nothing and reads (connector %i)', async (index) => {
		const config = ConnectorConfig.parse(configs()[index]);
		const [connector] = createConnectors([config], () => 's3cret-s3cret-s3cret', edge, ground);
		expect(connector!.actions.length).toBeGreaterThan(0);
		for (const action of connector!.actions.filter((one) => connector!.hasReadBack(one))) {
			const { request, step } = requestFor(action);
			const leave = grantLook(proposeStep(step), NOW);
			requests = 0;
			const called = await connector!.call(leave!, request);
			expect(called, `${config.kind} ${action}`).toMatchObject({
				effect: 'not_done',
				detail: expect.stringContaining('for looking only'),
			});
			expect(requests).toBe(0);
			const read = await connector!.readBack(leave!, request);
			expect(read.detail).not.toContain('looking only');
			expect(read.state).not.toBe('done');
		}
	});
});
