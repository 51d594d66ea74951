// Jira Cloud (REST v3) and Data Center (REST v2): which requests open an issue and find it again. The step's id stands in a label, because
// every Jira can search for labels; an entity property can be searched for only where an app has registered it. NOT here: grants, masking and
// what is done in which order (ticket-connector.ts).
import type { JiraConfig } from '../../domain/connector-kinds/desk.ts';
import { ok } from '../../domain/result.ts';
import type { Probe } from './connector.ts';
import { field, type HttpSession, Stopped } from './http-session.ts';
import { type Desk, look, type Ticket } from './ticket-desk.ts';
import type { TicketText } from './ticket-text.ts';

const KEY = /^[A-Z][A-Z0-9_]{1,79}-[0-9]{1,12}$/;
/** More tickets of one step than this are not counted. */
const FOUND_MAX = 5;
/** Pages of a search that are read until one has an issue. */
const PAGES_MAX = 5;
/** What the account needs, as `mypermissions` names it. */
const PERMISSIONS = ['BROWSE_PROJECTS', 'CREATE_ISSUES'];

const labelOf = (step: string): string => `interlock-${step}`;

export function createJira(config: JiraConfig, secret: string | null): Desk {
	const { auth } = config;
	const isCloud = config.deployment === 'cloud';
	const api = isCloud ? '/rest/api/3' : '/rest/api/2';
	const basic = auth.type === 'api_token' ? Buffer.from(`${auth.user}:${secret}`, 'utf8').toString('base64') : null;
	const base = (config.browse ?? config.base_url).replace(/\/$/, '');
	const ticketOf = (issue: unknown): Ticket | null => {
		const key = field(issue, 'key');
		return typeof key === 'string' && KEY.test(key) ? { number: key, url: `${base}/browse/${key}` } : null;
	};
	const find = async (session: HttpSession, step: string): Promise<Ticket[]> => {
		// Every project: an issue that people moved is still the step's.
		const jql = encodeURIComponent(`labels = "${labelOf(step)}"`);
		const search = isCloud ? `${api}/search/jql` : `${api}/search`;
		const issues = await firstPage(session, `${search}?jql=${jql}&fields=labels&maxResults=${FOUND_MAX}`);
		if (issues.length === 0) await requireSight(config, api, session);
		return issues.slice(0, FOUND_MAX).map((issue) => {
			const labels = field(issue, 'fields', 'labels');
			const ticket = ticketOf(issue);
			if (ticket === null || !Array.isArray(labels) || !labels.includes(labelOf(step)))
				throw new Stopped('cannot be read: an issue of another step answered');
			return ticket;
		});
	};
	return {
		title: isCloud ? 'Jira Cloud' : 'Jira Data Center',
		credential: basic,
		token: async () => ok({ value: basic === null ? `Bearer ${secret}` : `Basic ${basic}`, until: null }),
		path: `${api}/issue`,
		find,
		bodyOf(step, text) {
			const { queue, severity } = text;
			const named = queue !== null && Object.hasOwn(config.queues, queue) ? config.queues[queue] : undefined;
			return {
				note: queue !== null && named === undefined ? '; its queue is not in the configuration' : '',
				body: {
					fields: {
						...config.fields,
						project: { key: named ?? config.project },
						issuetype: { name: config.issue_type },
						summary: text.summary,
						description: isCloud ? documentOf(text) : wikiOf(text),
						labels: ['interlock', labelOf(step), ...config.labels],
						...(config.priority === false ? {} : { priority: { name: config.priority[severity] } }),
					},
				},
			};
		},
		madeOf: (body) => ticketOf(body),
		refusal(body) {
			const [general, byField] = [field(body, 'errorMessages'), field(body, 'errors')];
			const words = [
				...(Array.isArray(general) ? general.filter((word) => typeof word === 'string') : []),
				...(typeof byField === 'object' && byField !== null && !Array.isArray(byField)
					? Object.entries(byField).map(([name, word]) => `${name}: ${String(word)}`)
					: []),
			];
			return words.length === 0 ? '' : `: ${words.join('; ').slice(0, 300)}`;
		},
		probe: async (session) => await probe(config, api, session, find),
	};
}

/**
 * The first page that has an issue. Cloud may answer with an empty one and a token for the next (`nextPageToken`), or say that it was not the
 * last (`isLast`): that is not yet "none".
 *
 * @throws Stopped where the answer is none of Jira, or the pages do not end
 */
async function firstPage(session: HttpSession, query: string): Promise<readonly unknown[]> {
	let token: string | null = null;
	for (let page = 0; page < PAGES_MAX; page++) {
		const body = await session.read(token === null ? query : `${query}&nextPageToken=${encodeURIComponent(token)}`);
		const issues = field(body, 'issues');
		if (!Array.isArray(issues)) throw new Stopped('cannot be read: the answer is none of Jira');
		const next = field(body, 'nextPageToken');
		if (issues.length > 0 || (typeof next !== 'string' && field(body, 'isLast') !== false)) return issues;
		if (typeof next !== 'string') break;
		token = next;
	}
	throw new Stopped('cannot be read: the search does not come to an end', false);
}

/** Cloud takes a document and no markup: whatever stands in a text node is text (Atlassian Document Format, version 1). */
function documentOf({ paragraphs, link }: TicketText): object {
	const lines = (text: string): object[] =>
		text
			.split('\n')
			.flatMap((line, index) => [
				...(index === 0 ? [] : [{ type: 'hardBreak' }]),
				...(line === '' ? [] : [{ type: 'text', text: line }]),
			]);
	const linked = link === null ? [] : [{ type: 'text', text: link, marks: [{ type: 'link', attrs: { href: link } }] }];
	return {
		...{ type: 'doc', version: 1 },
		content: [...paragraphs.map(lines), ...(linked.length === 0 ? [] : [linked])].map((content) => ({
			...{ type: 'paragraph', content },
		})),
	};
}

/** Data Center reads wiki markup: inside `noformat` nothing is markup but its own end, and braces that could write that are gone. */
function wikiOf({ paragraphs, link }: TicketText): string {
	const text = paragraphs.join('\n\n').replaceAll('{', '(').replaceAll('}', ')');
	return [`{noformat}\n${text}\n{noformat}`, ...(link === null ? [] : [link])].join('\n\n');
}

async function probe(
	config: JiraConfig,
	api: string,
	session: HttpSession,
	find: Desk['find'],
): Promise<readonly Probe[]> {
	const probes: Probe[] = [
		await look('login, and finding tickets by the step', async () => {
			const found = await find(session, 'stp_0000000000none');
			return found.length === 0
				? { state: 'well', detail: 'answered' }
				: { state: 'not', detail: 'an issue answered for a step that does not exist' };
		}),
	];
	for (const project of projectsOf(config)) {
		const seen = await look(`project ${project}`, async () => {
			const body = await session.read(`${api}/project/${project}`);
			if (body === null) return { state: 'not', detail: 'is not there, or this login may not see it' };
			const types = field(body, 'issueTypes');
			const names = Array.isArray(types) ? types.map((type) => String(field(type, 'name')).slice(0, 60)) : [];
			return names.includes(config.issue_type)
				? { state: 'well', detail: `has the issue type \`${config.issue_type}\`` }
				: { state: 'not', detail: `has no issue type \`${config.issue_type}\`, only ${names.slice(0, 20).join(', ')}` };
		});
		probes.push(seen, await probeRights(api, project, session));
	}
	return [
		...probes,
		{ what: 'fields', state: 'open', detail: 'whether fields and values are taken shows only in use' },
	];
}

/**
 * A search leaves out what the login may not see, and says nothing of it: none found is none there only for one that sees its projects.
 *
 * @throws Stopped for every other
 */
async function requireSight(config: JiraConfig, api: string, session: HttpSession): Promise<void> {
	for (const project of projectsOf(config)) {
		const body = await session.read(`${api}/mypermissions?projectKey=${project}&permissions=BROWSE_PROJECTS`);
		if (field(body, 'permissions', 'BROWSE_PROJECTS', 'havePermission') !== true)
			throw new Stopped(`cannot be read: this login may not see the issues of ${project}`, false);
	}
}

/** Every project in which an issue may be opened. */
function projectsOf(config: JiraConfig): Set<string> {
	return new Set([config.project, ...Object.values(config.queues)]);
}

/** Jira answers some questions to everybody, with nothing in them: only this says that the login counts. */
async function probeRights(api: string, project: string, session: HttpSession): Promise<Probe> {
	return await look(`rights in ${project}`, async () => {
		const body = await session.read(
			`${api}/mypermissions?projectKey=${project}&permissions=${[...PERMISSIONS, 'ADMINISTER'].join(',')}`,
		);
		const has = (name: string): boolean => field(body, 'permissions', name, 'havePermission') === true;
		const missing = PERMISSIONS.filter((name) => !has(name));
		if (missing.length > 0) return { state: 'not', detail: `missing: ${missing.join(', ')}` };
		return has('ADMINISTER')
			? { state: 'not', detail: 'more than is needed: the login administers Jira' }
			: { state: 'well', detail: PERMISSIONS.join(', ') };
	});
}
