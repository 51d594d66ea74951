// SentinelOne: which requests disconnect a computer from the network and connect it again, and what the answers mean. The documentation
// that this follows: Management API 2.1 "Get Agents", "Disconnect from Network", "Connect to Network", API tokens of service users.
// NOT here: whether it may be done, and what is the same for every service (endpoint-change.ts, state-change.ts).
import { MINUTE } from '../../domain/time.ts';
import { type EndpointService, type Host, type Isolation, listIn, shortName } from './endpoint-change.ts';
import { field, type HttpSession, type Sent, Stopped } from './http-session.ts';

/** Agents that one question may answer with: each is some kilobytes, and a name that fits more than one means none of them. */
const FOUND_MAX = 5;

const AGENT_ID = /^[0-9]{10,25}$/;

const ISOLATIONS: Readonly<Record<string, Isolation>> = {
	connected: 'free',
	disconnected: 'isolated',
	disconnecting: 'isolating',
	connecting: 'freeing',
};

type Agent = Host & { readonly site: string };

function agentOf(body: unknown): Agent | null {
	const [id, name, status] = [field(body, 'id'), field(body, 'computerName'), field(body, 'networkStatus')];
	const [site, group] = [field(body, 'siteId'), field(body, 'groupId')];
	if (typeof id !== 'string' || !AGENT_ID.test(id) || typeof name !== 'string' || typeof status !== 'string')
		return null;
	if (typeof site !== 'string' || typeof group !== 'string') return null;
	const isolation = Object.hasOwn(ISOLATIONS, status) ? ISOLATIONS[status] : undefined;
	return {
		id,
		name,
		site,
		isolation: isolation ?? 'other',
		status: `networkStatus ${status.slice(0, 40)}`,
		groups: [group],
	};
}

/** Agents that a question answers with; only those of the configured sites, whatever the token may see. */
async function agentsBy(session: HttpSession, question: string, sites: readonly string[]): Promise<Agent[]> {
	const scope = `isDecommissioned=false&siteIds=${sites.join(',')}&limit=${FOUND_MAX}`;
	const body = await session.read(`/web/api/v2.1/agents?${question}&${scope}`);
	return listIn(field(body, 'data'), 'agents').map((item) => {
		const agent = agentOf(item);
		if (agent === null) throw new Stopped('the list of agents cannot be read');
		if (!sites.includes(agent.site)) throw new Stopped('an agent of another site was answered');
		return agent;
	});
}

async function idsNamed(session: HttpSession, names: readonly string[], sites: readonly string[]): Promise<string[]> {
	// Whether the question minds capitals is not documented: it is asked in every usual form, and what comes is compared here.
	const short = names.map((name) => name.split('.')[0] ?? '');
	const forms = new Set([...names, ...short, ...short.map((name) => name.toUpperCase()), ...names.map(shortName)]);
	const ids = new Set<string>();
	for (const form of forms)
		for (const agent of await agentsBy(session, `computerName=${encodeURIComponent(form)}`, sites)) ids.add(agent.id);
	return [...ids];
}

/**
 * The service for one connector.
 *
 * @param sites ids of the sites whose agents may be touched; at least one
 */
export function sentinelOne(sites: readonly string[]): EndpointService {
	return {
		title: 'SentinelOne',
		idOf: (vendorId) => (AGENT_ID.test(vendorId) ? vendorId : null),
		idsNamed: (session, names) => idsNamed(session, names, sites),
		read: async (session, id) => {
			const [agent, other] = await agentsBy(session, `ids=${id}`, sites);
			if (other !== undefined) throw new Stopped('one id was asked for, and more than one agent answered');
			if (agent !== undefined && agent.id !== id) throw new Stopped('what is said of the agent cannot be read');
			return agent ?? null;
		},
		act: async (session, host, wish) =>
			affectedOf(
				await session.send('POST', `/web/api/v2.1/agents/actions/${wish === 'isolate' ? 'disconnect' : 'connect'}`, {
					filter: { ids: [host.id], siteIds: sites },
				}),
			),
		refusal: (sent) => (sent.status === 403 ? `${sent.reason}: the role of the token may not do this` : sent.reason),
		canRepeat: true,
		shownWithinMs: MINUTE,
		groupWord: 'group',
	};
}

/** The answer counts the agents that were told. None: nothing was done. */
function affectedOf(sent: Sent): Sent {
	if (sent.kind !== 'done') return sent;
	const affected = field(sent.body, 'data', 'affected');
	if (affected === 1) return sent;
	return affected === 0
		? { kind: 'answered', status: 200, body: sent.body, reason: 'no agent was told (affected 0)' }
		: { kind: 'unknown', reason: 'the answer does not say that one agent was told' };
}
