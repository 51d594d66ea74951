// Jira as its references document it: Cloud (REST v3: descriptions are documents, search is /search/jql and the old one is gone) and Data
// Center (REST v2: descriptions are text with wiki markup, search is /search). The index may lag behind what was created.
import { startVendor, type VendorRequest, type VendorResponse, type VendorServer } from './server.ts';

export const JIRA_USER = 'interlock@plant.example';
export const JIRA_SECRET = 'ATATT3x-jira-0123456789';

type Issue = { id: string; key: string; fields: Record<string, unknown>; isHidden: number };
export type Jira = VendorServer & {
	readonly issues: Issue[];
	readonly projects: Map<string, string[]>;
	permissions: Set<string>;
	/** Searches that do not show a new issue yet. */
	lag: number;
	/** Empty pages that Cloud answers with before the first that has issues. */
	emptyPages: number;
};

export async function startJira(isCloud: boolean, tls: { readonly key: string; readonly cert: string } | null = null) {
	const vendor = await startVendor((request) => answer(request, jira, isCloud), tls);
	const jira: Jira = Object.assign(vendor, {
		issues: [],
		projects: new Map([
			['SEC', ['Task', 'Incident']],
			['OT', ['Task']],
		]),
		permissions: new Set(['BROWSE_PROJECTS', 'CREATE_ISSUES']),
		lag: 0,
		emptyPages: 0,
	});
	return jira;
}

const said = (status: number, body: unknown): VendorResponse => ({
	...{ status, headers: { 'content-type': 'application/json;charset=UTF-8' }, body: JSON.stringify(body) },
});
const refused = (status: number, errorMessages: string[], errors: object = {}): VendorResponse =>
	said(status, { errorMessages, errors });

function answer(request: VendorRequest, jira: Jira, isCloud: boolean): VendorResponse {
	const right = isCloud
		? `Basic ${Buffer.from(`${JIRA_USER}:${JIRA_SECRET}`).toString('base64')}`
		: `Bearer ${JIRA_SECRET}`;
	if (request.headers.authorization !== right)
		return { status: 401, headers: {}, body: 'Client must be authenticated to access this resource.' };
	const [, version = '', path = ''] = /^\/rest\/api\/([23])(\/.*)$/.exec(request.path) ?? [];
	if (version !== (isCloud ? '3' : '2')) return refused(404, ['null for uri']);
	if (request.method === 'POST' && path === '/issue') return create(request, jira, isCloud);
	if (request.method !== 'GET') return refused(405, []);
	if (path === '/search' && isCloud)
		return refused(410, ['The requested API has been removed. Please migrate to the /rest/api/3/search/jql API.']);
	if (path === (isCloud ? '/search/jql' : '/search')) return search(request, jira, isCloud);
	const project = /^\/project\/([A-Z]+)$/.exec(path)?.[1];
	if (project !== undefined) {
		const types = jira.projects.get(project);
		return types === undefined
			? refused(404, [`No project could be found with key '${project}'.`])
			: said(200, { id: '1', key: project, issueTypes: types.map((name) => ({ name, subtask: false })) });
	}
	if (path === '/mypermissions') {
		const asked = (request.query.get('permissions') ?? '').split(',');
		const permissions = Object.fromEntries(
			asked.map((key) => [key, { key, havePermission: jira.permissions.has(key) }]),
		);
		return said(200, { permissions });
	}
	return refused(404, ['null for uri']);
}

const PRIORITIES = ['Highest', 'High', 'Medium', 'Low', 'Lowest'];
const KNOWN = [
	'project',
	'issuetype',
	'summary',
	'description',
	'labels',
	'priority',
	'customfield_10030',
	'components',
];

function create(request: VendorRequest, jira: Jira, isCloud: boolean): VendorResponse {
	const { fields } = JSON.parse(request.body) as { fields: Record<string, unknown> };
	const errors: Record<string, string> = {};
	for (const name of Object.keys(fields))
		if (!KNOWN.includes(name))
			errors[name] = `Field '${name}' cannot be set. It is not on the appropriate screen, or unknown.`;
	const project = (fields['project'] as { key: string }).key;
	const types = jira.projects.get(project);
	if (types === undefined) errors['project'] = 'valid project is required';
	else if (!types.includes((fields['issuetype'] as { name: string }).name))
		errors['issuetype'] = 'Specify a valid issue type';
	const summary = String(fields['summary']);
	if (summary === '' || summary.length > 255) errors['summary'] = 'Summary must be less than 255 characters.';
	if (/[\r\n]/.test(summary)) errors['summary'] = 'The summary is invalid because it contains newline characters.';
	const { description, priority } = fields;
	if (isCloud ? !isDocument(description) : typeof description !== 'string')
		errors['description'] = isCloud
			? 'Operation value must be an Atlassian Document (see the Atlassian Document Format)'
			: 'Operation value must be a string';
	if (priority !== undefined && !PRIORITIES.includes((priority as { name: string }).name))
		errors['priority'] = 'The priority selected is invalid.';
	const labels = (fields['labels'] ?? []) as string[];
	if (labels.some((label) => /\s/.test(label) || label.length > 255))
		errors['labels'] = 'The label contains spaces which is invalid.';
	if (Object.keys(errors).length > 0) return refused(400, [], errors);
	const number = jira.issues.length + 1;
	const issue = { id: String(10_000 + number), key: `${project}-${number}`, fields, isHidden: jira.lag };
	jira.issues.push(issue);
	return said(201, { id: issue.id, key: issue.key, self: `${jira.url}/rest/api/3/issue/${issue.id}` });
}

/** The part of the Atlassian Document Format that a description without media or tables may have; its text nodes are never empty. */
function isDocument(value: unknown): boolean {
	const doc = value as { type?: string; version?: number; content?: unknown[] };
	if (typeof doc !== 'object' || doc === null || doc.type !== 'doc' || doc.version !== 1) return false;
	return (doc.content ?? []).every((node) => {
		const paragraph = node as { type: string; content?: { type: string; text?: string; marks?: object[] }[] };
		return (
			paragraph.type === 'paragraph' &&
			(paragraph.content ?? []).every(
				(inline) =>
					(inline.type === 'hardBreak' && inline.text === undefined) ||
					(inline.type === 'text' && typeof inline.text === 'string' && inline.text.length > 0),
			)
		);
	});
}

function search(request: VendorRequest, jira: Jira, isCloud: boolean): VendorResponse {
	const label = /^labels = "([^"\\]+)"$/.exec(request.query.get('jql') ?? '')?.[1];
	if (label === undefined) return refused(400, ['Error in the JQL Query.']);
	const page = Number(/^page-(\d+)$/.exec(request.query.get('nextPageToken') ?? '')?.[1] ?? 0);
	if (isCloud && page < jira.emptyPages)
		return said(200, { issues: [], nextPageToken: `page-${page + 1}`, isLast: false });
	const found = jira.issues.filter((issue) => (issue.fields['labels'] as string[]).includes(label));
	// What the login may not see is left out without a word.
	const shown = found.filter((issue) => issue.isHidden <= 0 && jira.permissions.has('BROWSE_PROJECTS'));
	for (const issue of found) issue.isHidden -= 1;
	const issues = shown.slice(0, Number(request.query.get('maxResults') ?? 50)).map(({ id, key, fields }) => ({
		...{ id, key, fields: { labels: fields['labels'] } },
	}));
	return said(200, isCloud ? { issues, isLast: true } : { startAt: 0, maxResults: 50, total: shown.length, issues });
}
