// A desk of each kind, in the form in which the worlds of the tests that go all the way take a service, and the playbook that opens a ticket.
import type { Topic } from '../../src/domain/topic.ts';
import { playbook } from '../response/support/plant.ts';
import { JIRA_SECRET, JIRA_USER, startJira } from '../response/vendors/jira.ts';
import type { VendorServer } from '../response/vendors/server.ts';
import { SERVICENOW_SECRET, SERVICENOW_USER, startServiceNow } from '../response/vendors/servicenow.ts';
import { dieAtRequest, type Vendor } from './account-world.ts';

export type DeskVendor = Vendor & {
	/** What people see of each ticket. */
	tickets(): readonly object[];
	/** So many searches do not show a new ticket. */
	setLag(searches: number): void;
};

const COMMON = { name: 'desk', allow_private: true, timeout_ms: 1_500 };

function vendorOf(
	server: VendorServer,
	config: object,
	secret: string,
	tickets: () => readonly object[],
	setLag: (searches: number) => void,
): DeskVendor {
	return {
		config: { ...COMMON, base_url: server.url, ...config },
		...{ secret, tickets, setLag },
		isOpen: () => tickets().length === 0,
		effects: [],
		loseAnswer: () => {
			server.spoil = (request, proceed) => {
				if (request.method === 'GET') return proceed();
				server.spoil = () => 'drop';
				proceed();
				return 'drop';
			};
		},
		dieAt: (count, isAfter, die) => dieAtRequest(server, count, isAfter, die),
		close: async () => await server.close(),
	};
}

async function jira(isCloud: boolean): Promise<DeskVendor> {
	const server = await startJira(isCloud);
	const auth = isCloud ? { type: 'api_token', user: JIRA_USER } : { type: 'personal_access_token' };
	const config = { kind: 'jira', deployment: isCloud ? 'cloud' : 'data_center', project: 'SEC', auth };
	return vendorOf(
		server,
		config,
		JIRA_SECRET,
		() => server.issues,
		(searches) => {
			server.lag = searches;
		},
	);
}

export const DESKS: Readonly<Record<string, () => Promise<DeskVendor>>> = {
	servicenow: async () => {
		const server = await startServiceNow();
		const config = { kind: 'servicenow', auth: { type: 'basic', user: SERVICENOW_USER } };
		// A table shows at once what is in it.
		return vendorOf(
			server,
			config,
			SERVICENOW_SECRET,
			() => server.rows,
			() => undefined,
		);
	},
	'jira-cloud': async () => await jira(true),
	'jira-data-center': async () => await jira(false),
};

export const DESK_TOPICS: readonly Topic[] = ['plan', 'run', 'expire', 'verify'];
export const TICKET_PLAYBOOK = playbook('p', [
	{
		key: 'ticket',
		title: 'Ticket',
		action: 'open_ticket',
		params: { summary: '{incident} malware at {target_name}, severity {severity}', severity: '{severity}' },
		instructions: 'by hand',
	},
]);
