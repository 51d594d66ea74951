// The desks that tickets are opened at, each with its stand-in and one step.
import { JIRA_SECRET, JIRA_USER, startJira } from '../vendors/jira.ts';
import type { VendorServer } from '../vendors/server.ts';
import { SERVICENOW_SECRET, SERVICENOW_USER, startServiceNow } from '../vendors/servicenow.ts';
import { type KindTask, type KindWorld, overHttp } from './kind-world.ts';
import type { StartKind } from './kinds-acting.ts';

const TICKET: KindTask = {
	...{ action: 'open_ticket', asset: 'lap-1', target: 'primary', facts: [] },
	params: { summary: 'Malware at lap-1', severity: 'high' },
};

const world = (server: VendorServer, config: object, secret: string, tickets: () => readonly object[]): KindWorld => ({
	...overHttp(server, ({ method }) => method === 'POST'),
	config: { ...{ name: 'it', allow_private: true, timeout_ms: 500, base_url: server.url }, ...config },
	...{ secret, task: TICKET, isWriting: true, urls: ['base_url'] },
	...{ effects: () => tickets().length, isSo: () => tickets().length === 1 },
});

export const TICKETS: Readonly<Record<string, StartKind>> = {
	servicenow: async () => {
		const server = await startServiceNow();
		const auth = { type: 'basic', user: SERVICENOW_USER, secret_env: 'X' };
		return world(server, { kind: 'servicenow', auth }, SERVICENOW_SECRET, () => server.rows);
	},
	jira: async () => {
		const server = await startJira(true);
		const auth = { type: 'api_token', user: JIRA_USER, secret_env: 'X' };
		return world(server, { kind: 'jira', project: 'SEC', auth }, JIRA_SECRET, () => server.issues);
	},
};
