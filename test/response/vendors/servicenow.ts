// The Table API of a ServiceNow instance as its reference documents it: encoded queries (a condition on an unknown field is left out, and
// then every row answers), fields cut to their length, unknown fields of a new row left out without a word, 201 with the row.
import { startVendor, type VendorRequest, type VendorResponse, type VendorServer } from './server.ts';

export const SERVICENOW_USER = 'svc-interlock';
export const SERVICENOW_SECRET = 'sn-pass-0123456789';
export const GROUP = '0a'.repeat(16);
export const GROUP_OT = '0b'.repeat(16);

type Row = Record<string, string>;
export type ServiceNow = VendorServer & {
	readonly rows: Row[];
	readonly groups: Map<string, { name: string; active: string }>;
	readonly tables: Set<string>;
	/** Columns of the table, with their length. */
	readonly columns: Map<string, number>;
	/** OAuth tokens that hold now. */
	readonly tokens: Set<string>;
	mayWrite: boolean;
	/** Rows that the login may not see are counted all the same, and then taken out. */
	maySee: boolean;
};

const COLUMNS: readonly [string, number][] = [
	['sys_id', 32],
	['number', 40],
	['short_description', 160],
	['description', 4_000],
	['urgency', 40],
	['impact', 40],
	['assignment_group', 32],
	['caller_id', 32],
	['correlation_id', 100],
	['correlation_display', 100],
	['category', 40],
	['work_notes', 4_000],
];

export async function startServiceNow(tls: { readonly key: string; readonly cert: string } | null = null) {
	const vendor = await startVendor((request) => answer(request, instance), tls);
	const instance: ServiceNow = Object.assign(vendor, {
		rows: [],
		groups: new Map([
			[GROUP, { name: 'Service desk', active: 'true' }],
			[GROUP_OT, { name: 'OT security', active: 'true' }],
		]),
		tables: new Set(['incident']),
		columns: new Map(COLUMNS),
		tokens: new Set<string>(),
		mayWrite: true,
		maySee: true,
	});
	return instance;
}

function said(status: number, body: unknown, headers: Record<string, string> = {}): VendorResponse {
	return {
		status,
		headers: { 'content-type': 'application/json;charset=UTF-8', ...headers },
		body: JSON.stringify(body),
	};
}

const failure = (status: number, message: string, detail: string): VendorResponse =>
	said(status, { error: { message, detail }, status: 'failure' });

function answer(request: VendorRequest, instance: ServiceNow): VendorResponse {
	if (request.path === '/oauth_token.do' && request.method === 'POST') return login(request, instance);
	const given = String(request.headers.authorization ?? '');
	const basic = `Basic ${Buffer.from(`${SERVICENOW_USER}:${SERVICENOW_SECRET}`).toString('base64')}`;
	if (given !== basic && !instance.tokens.has(given.replace(/^Bearer /, '')))
		return failure(401, 'User Not Authenticated', 'Required to provide Auth information');
	const [, table = '', id = ''] = /^\/api\/now\/table\/([^/]+)(?:\/([^/]+))?$/.exec(request.path) ?? [];
	if (table === 'sys_user_group' && request.method === 'GET') {
		const group = instance.groups.get(id);
		if (group !== undefined) return said(200, { result: group });
		return failure(404, 'No Record found', "Record doesn't exist or ACL restricts the record retrieval");
	}
	if (!instance.tables.has(table)) return failure(400, `Invalid table ${table}`, '');
	if (request.method === 'GET') return list(request, instance);
	if (request.method !== 'POST') return failure(405, 'Method not supported', '');
	if (!instance.mayWrite)
		return failure(403, 'Operation Failed', 'ACL Exception Insert Failed due to security constraints');
	const given_ = JSON.parse(request.body) as Row;
	const row: Row = {};
	for (const [name, length] of instance.columns) row[name] = String(given_[name] ?? '').slice(0, length);
	const count = instance.rows.length + 1;
	row['sys_id'] = count.toString(16).padStart(32, '0');
	row['number'] = `INC${String(10_000 + count).padStart(7, '0')}`;
	instance.rows.push(row);
	return said(201, { result: shownOf(row, request) }, { location: `/api/now/table/${table}/${row['sys_id']}` });
}

function login(request: VendorRequest, instance: ServiceNow): VendorResponse {
	const form = new URLSearchParams(request.body);
	const isRight =
		form.get('grant_type') === 'client_credentials' &&
		form.get('client_id') === 'client-1' &&
		form.get('client_secret') === SERVICENOW_SECRET;
	if (!isRight) return said(401, { error: 'invalid_client', error_description: 'access_denied' });
	const token = `oauth-${instance.requests.length}-abcdefghijkl`;
	instance.tokens.add(token);
	return said(200, { access_token: token, token_type: 'Bearer', scope: 'useraccount', expires_in: 1_799 });
}

function shownOf(row: Row, request: VendorRequest): Row {
	const fields = request.query.get('sysparm_fields')?.split(',');
	return fields === undefined ? row : Object.fromEntries(fields.map((name) => [name, row[name] ?? '']));
}

function list(request: VendorRequest, instance: ServiceNow): VendorResponse {
	const conditions = (request.query.get('sysparm_query') ?? '').split('^').map((text) => text.split('='));
	const held = conditions.filter(([name = '']) => instance.columns.has(name));
	const found = instance.rows.filter((row) => held.every(([name = '', value]) => row[name] === value));
	const limit = Number(request.query.get('sysparm_limit') ?? 10_000);
	return said(
		200,
		{ result: instance.maySee ? found.slice(0, limit).map((row) => shownOf(row, request)) : [] },
		{ 'x-total-count': String(found.length) },
	);
}
