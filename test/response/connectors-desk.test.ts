// ServiceNow and Jira under one set of laws: at most one ticket for a step, what is told is true of the desk or in doubt, no secret in any
// result, and nothing of a hostile text but text in a ticket.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ConnectorConfig } from '../../src/domain/connector.ts';
import type { Connector } from '../../src/response/connectors/connector.ts';
import { createConnectors, NO_GROUND } from '../../src/response/connectors/index.ts';
import { SHOWN_WITHIN_MS } from '../../src/response/connectors/ticket-connector.ts';
import { type Authority, openAuthority } from '../services/certificates.ts';
import { NOW, ticketGrant } from './support/ticket-grant.ts';
import { JIRA_SECRET, JIRA_USER, startJira } from './vendors/jira.ts';
import type { VendorRequest, VendorResponse, VendorServer } from './vendors/server.ts';
import { GROUP, GROUP_OT, SERVICENOW_SECRET, SERVICENOW_USER, startServiceNow } from './vendors/servicenow.ts';

type World = {
	readonly server: VendorServer;
	readonly config: object;
	readonly secret: string;
	/** Every ticket with the words that people see in it. */
	readonly tickets: () => { readonly number: string; readonly words: string }[];
	/** Takes from the login the right to see tickets; it may still open some. */
	readonly blind: () => void;
};
const LINK = 'https://wiki.plant.example/incidents/{incident}';
const COMMON = { name: 'desk', allow_private: true, timeout_ms: 2_000, link: LINK };

async function serviceNowWorld(): Promise<World> {
	const server = await startServiceNow();
	return {
		server,
		secret: SERVICENOW_SECRET,
		config: {
			...{ ...COMMON, kind: 'servicenow', base_url: server.url, fields: { category: 'security' } },
			auth: { type: 'basic', user: SERVICENOW_USER, secret_env: 'SN' },
			...{ assignment_group: GROUP, queues: { ot: GROUP_OT } },
		},
		blind: () => {
			server.maySee = false;
		},
		tickets: () =>
			server.rows.map((row) => ({
				number: row['number'] ?? '',
				words: `${row['short_description']}\n${row['description']}`,
			})),
	};
}

const jiraWorld = (isCloud: boolean) => async (): Promise<World> => {
	const server = await startJira(isCloud);
	return {
		server,
		secret: JIRA_SECRET,
		config: {
			...{ ...COMMON, kind: 'jira', base_url: server.url, project: 'SEC', queues: { ot: 'OT' } },
			...(isCloud ? {} : { deployment: 'data_center' }),
			auth: isCloud
				? { type: 'api_token', user: JIRA_USER, secret_env: 'J' }
				: { type: 'personal_access_token', secret_env: 'J' },
			fields: { customfield_10030: { value: 'Plant 2' } },
		},
		blind: () => {
			server.permissions.delete('BROWSE_PROJECTS');
		},
		tickets: () =>
			server.issues.map(({ key, fields }) => ({
				number: key,
				words: `${fields['summary']}\n${wordsIn(fields['description'])}`,
			})),
	};
};

/** The text of a document or a plain text. */
function wordsIn(value: unknown): string {
	if (typeof value === 'string') return value;
	if (Array.isArray(value)) return value.map(wordsIn).join('\n');
	if (typeof value !== 'object' || value === null) return '';
	const { text, content } = value as { text?: string; content?: unknown };
	return text ?? wordsIn(content);
}

const PARAMS = { summary: 'INC-7 malware at `lap-1`', text: 'Seen twice.', severity: 'critical' };
let slept: number[] = [];
let at = NOW;

const FAULTS = [
	'429',
	'500',
	'500-after',
	'hang',
	'hang-after',
	'drop',
	'drop-after',
	'redirect',
	'garbage-after',
	'empty-after',
	'400',
	'403',
] as const;
type Fault = (typeof FAULTS)[number];
function spoiled(
	fault: Fault,
	request: VendorRequest,
	proceed: () => VendorResponse,
): VendorResponse | 'hang' | 'drop' {
	const plain = (status: number, body = '', headers: Record<string, string> = {}) => ({ status, headers, body });
	if (fault.endsWith('-after')) proceed();
	switch (fault) {
		case '429':
			return plain(429, '', { 'retry-after': '1' });
		case '500':
		case '500-after':
			return plain(500, `oops ${request.headers.authorization} ${request.body}`);
		case 'hang':
		case 'hang-after':
			return 'hang';
		case 'drop':
		case 'drop-after':
			return 'drop';
		case 'redirect':
			return plain(302, '', { location: 'http://169.254.169.254/latest/' });
		case 'garbage-after':
			return plain(201, '{not json');
		case 'empty-after':
			return plain(201, '{"result":{"number":"INC1"},"key":"../../admin"}');
		case '400': {
			// An answer that repeats the login, as some proxies do.
			const message = `no: ${request.headers.authorization} ${SERVICENOW_SECRET} ${JIRA_SECRET}`;
			return plain(400, JSON.stringify({ errorMessages: [message], errors: {}, error: { message, detail: '' } }));
		}
		case '403':
			return plain(403, '{"error":{"message":"Operation Failed","detail":"ACL"}}');
	}
}

describe.each<[string, () => Promise<World>]>([
	['ServiceNow', serviceNowWorld],
	['Jira Cloud', jiraWorld(true)],
	['Jira Data Center', jiraWorld(false)],
])('%s', (_title, start) => {
	let world: World;
	beforeEach(async () => {
		[slept, at] = [[], NOW];
		world = await start();
	});
	afterEach(async () => await world.server.close());

	function make(of: object = {}, secret: string | null = world.secret): Connector {
		const config = ConnectorConfig.parse({ ...world.config, ...of });
		const edge = {
			now: () => at,
			sleep: async (ms: number) => {
				slept.push(ms);
			},
			resolve: async () => ['127.0.0.1'],
		};
		const reader = { ...NO_GROUND.reader, incidentOf: async () => 'inc_0123456789' };
		return createConnectors([config], () => secret, edge, { ...NO_GROUND, reader })[0]!;
	}
	async function run(connector = make(), params: object = PARAMS, key = 'ticket') {
		const { grant, request } = ticketGrant(params, key, at);
		const result = await connector.call(grant, request);
		const after = await connector.readBack(grant, request);
		const all = JSON.stringify([result, after]);
		for (const secret of [world.secret, Buffer.from(`${SERVICENOW_USER}:${world.secret}`).toString('base64')])
			expect(all).not.toContain(secret);
		expect(all).not.toContain(Buffer.from(`${JIRA_USER}:${world.secret}`).toString('base64'));
		return { ...result, state: after.state, said: after.detail };
	}
	const spoilPosts = (fault: Fault, times = Number.POSITIVE_INFINITY): void => {
		let left = times;
		world.server.spoil = (request, proceed) =>
			request.method === 'POST' && left-- > 0 ? spoiled(fault, request, proceed) : proceed();
	};

	it('opens one ticket, tells its number, and says in it what is asked of people', async () => {
		const result = await run();
		const [ticket] = world.tickets();
		expect(world.tickets()).toHaveLength(1);
		expect(result).toMatchObject({ effect: 'done', detail: `${ticket?.number} is open`, state: 'done', tries: 1 });
		expect(result.told).toEqual([expect.stringContaining(`Ticket ${ticket?.number} is open (${world.server.url}/`)]);
		expect(result.record).toMatchObject({ tickets: [{ number: ticket?.number }] });
		expect(ticket?.words).toMatch(/^INC-7 malware at `lap-1`\nINC-7|^INC-7 malware at `lap-1`\n\{noformat\}\nINC-7/);
		for (const words of ['Seen twice.', 'Severity: critical.', 'Asked of you:', 'approves nothing', 'stp_'])
			expect(ticket?.words).toContain(words);
		expect(ticket?.words).toContain('https://wiki.plant.example/incidents/inc_0123456789');
	});

	it('opens none for a step that has one, however often and by whichever process it is asked', async () => {
		await run();
		const again = await run(make());
		expect(world.tickets()).toHaveLength(1);
		expect(again).toMatchObject({ effect: 'done', detail: expect.stringContaining('was there before this call') });
		expect(again.record).toMatchObject({ tickets: [{ number: world.tickets()[0]?.number }] });
		await run(make(), PARAMS, 'other');
		expect(world.tickets()).toHaveLength(2);
	});

	it.each(FAULTS)('under %s at the opening: at most one ticket, and what is told is so or in doubt', async (fault) => {
		spoilPosts(fault);
		const result = await run(make({ timeout_ms: 100 }));
		const count = world.tickets().length;
		expect(count).toBeLessThanOrEqual(1);
		if (result.effect === 'done') expect(count).toBe(1);
		if (result.effect === 'not_done') expect(count).toBe(0);
		if (fault.endsWith('-after')) expect(result).toMatchObject({ effect: 'done', state: 'done' });
		else expect(result.effect).toBe(['429', '400', '403'].includes(fault) ? 'not_done' : 'unknown');
		world.server.spoil = null;
		expect((await run()).effect).toBe('done');
		expect(world.tickets()).toHaveLength(1);
	});

	it.each(['429', '500', 'hang', 'drop', 'redirect', '403'] as const)(
		'under %s of everything opens nothing that it cannot look up before',
		async (fault) => {
			world.server.spoil = (request, proceed) => spoiled(fault, request, proceed);
			const result = await run(make({ timeout_ms: 100 }));
			expect(result).toMatchObject({ effect: 'not_done', state: 'unknown' });
			expect(world.server.requests.every((request) => request.method === 'GET')).toBe(true);
		},
	);

	it('waits as long as it is asked to, and then opens it', async () => {
		spoilPosts('429', 1);
		expect(await run()).toMatchObject({ effect: 'done' });
		expect(slept).toEqual([1_000]);
		expect(world.tickets()).toHaveLength(1);
	});

	it('is left alone after several failures in a row', async () => {
		world.server.spoil = () => 'drop';
		const connector = make();
		for (let count = 0; count < 5; count++) await run(connector);
		const before = world.server.requests.length;
		const { grant, request } = ticketGrant(PARAMS);
		expect((await connector.call(grant, request)).detail).toContain('left alone for a while');
		expect(world.server.requests).toHaveLength(before);
	});

	it('opens none a second time, and calls none absent, where the login may not see tickets any more', async () => {
		await run();
		world.blind();
		at = NOW + SHOWN_WITHIN_MS;
		expect(await run()).toMatchObject({
			effect: 'not_done',
			state: 'unknown',
			said: expect.stringContaining('may not see'),
		});
		expect(world.tickets()).toHaveLength(1);
	});

	it('in doubt is said not to be open only when none can come any more', async () => {
		const { grant, request } = ticketGrant(PARAMS);
		expect(await make().readBack(grant, request)).toMatchObject({ state: 'unknown' });
		at = NOW + SHOWN_WITHIN_MS;
		const later = ticketGrant(PARAMS, 'ticket', at);
		expect(await make().readBack(later.grant, later.request)).toMatchObject({ state: 'not_done' });
		expect(world.server.requests.every((asked) => asked.method === 'GET')).toBe(true);
	});

	it('puts a hostile text into a ticket as text: no secret, no live link, no markup, no second line in the title', async () => {
		const password = 'hunter2hunter2';
		await run(make(), {
			summary: `Ransom\r\nnote password: ${password} {NOFORMAT} [~admin] @everyone`,
			text: `token=${password} http://evil.example/x <b>x</b> {color:red}!x! \u202egnp\u0000 ${'y'.repeat(1_500)}`,
			severity: 'low',
		});
		const words = world.tickets()[0]?.words ?? '';
		expect(words).not.toContain(password);
		expect(words).not.toMatch(/http:\/\/evil|<b>|\u202e|\u0000|@everyone/);
		expect(words.split('\n')[0]).toContain('Ransom note');
		expect(words.length).toBeLessThan(4_400);
		expect(words).toContain('Asked of you:');
		if (_title === 'Jira Data Center') expect(words.split('\n').slice(1).join('\n').match(/\{/g)).toHaveLength(2);
	});

	it('leaves out people and addresses where the configuration says so', async () => {
		const params = { ...PARAMS, text: 'mail to ann@plant.example from 10.3.0.20' };
		await run(make(), params, 'plain');
		await run(make({ hide: ['people', 'addresses'] }), params, 'hidden');
		const [plain, hidden] = world.tickets();
		expect(plain?.words).toMatch(/ann@plant\.example from 10\.3\.0\.20/);
		expect(hidden?.words).toContain('mail to [person-1] from [address-1]');
	});

	it('takes the default where a step names no severity or none that exists, and says that it is assumed', async () => {
		await run(make(), { summary: 'x' }, 'none');
		await run(make({ default_severity: 'low' }), { summary: 'x', severity: 'worst' }, 'odd');
		expect(world.tickets().map(({ words }) => /Severity: .*?\)/.exec(words)?.[0])).toEqual([
			'Severity: high (assumed: the step names none)',
			'Severity: low (assumed: the step names none)',
		]);
	});

	it('opens it in the usual place for a queue that is not listed, and says so', async () => {
		expect((await run(make(), { ...PARAMS, queue: 'ot' }, 'listed')).detail).not.toContain('queue');
		const odd = await run(make(), { ...PARAMS, queue: 'constructor' }, 'odd');
		expect(odd).toMatchObject({ effect: 'done', detail: expect.stringContaining('queue is not in the configuration') });
	});

	it('opens no more in an hour than it may', async () => {
		const connector = make({ per_hour: 1 });
		await run(connector);
		expect(await run(connector, PARAMS, 'other')).toMatchObject({ effect: 'not_done' });
		at = NOW + 3_600_000;
		expect(await run(connector, PARAMS, 'other')).toMatchObject({ effect: 'done' });
	});

	it('does nothing without leave for this very step', async () => {
		const { grant, request } = ticketGrant(PARAMS);
		const other = { ...request, params: { ...request.params, summary: 'other' } };
		const odd = ticketGrant(PARAMS, 'ticket', NOW, 'stp_0123456789^ORnumberISNOTEMPTY');
		expect(await make().call(odd.grant, odd.request)).toMatchObject({ detail: 'the step has no plain id' });
		expect(await make().call(grant, other)).toMatchObject({
			effect: 'not_done',
			detail: expect.stringContaining('no grant'),
		});
		expect(world.server.requests).toEqual([]);
	});

	it('can be tried without effect', async () => {
		const states = async (connector = make()) =>
			(await connector.probe?.({ account: null, target: null }))?.map(({ what, state }) => `${what}: ${state}`);
		expect((await states())?.filter((line) => line.endsWith('not'))).toEqual([]);
		expect(world.server.requests.every((request) => request.method === 'GET')).toBe(true);
		expect((await states(make({}, 'wrong-secret')))?.[0]).toMatch(/login.*: not/);
		expect(await states(make({}, null))).toEqual(['login: not']);
	});
});

const EDGE = { now: () => at, sleep: async () => undefined, resolve: async () => ['127.0.0.1'] };
const connect = (config: object, secret: string): Connector =>
	createConnectors([ConnectorConfig.parse(config)], () => secret, EDGE, NO_GROUND)[0]!;
const openOne = async (connector: Connector, params: object = PARAMS, key = 'ticket') => {
	const { grant, request } = ticketGrant(params, key, at);
	return await connector.call(grant, request);
};
const probed = async (connector: Connector) =>
	(await connector.probe?.({ account: null, target: null }))?.map(({ what, state }) => `${what}: ${state}`);

describe('ServiceNow alone', () => {
	let desk: Awaited<ReturnType<typeof startServiceNow>>;
	const make = (of: object = {}): Connector =>
		connect(
			{
				...{ ...COMMON, kind: 'servicenow', base_url: desk.url, queues: { ot: GROUP_OT }, assignment_group: GROUP },
				...{ auth: { type: 'basic', user: SERVICENOW_USER, secret_env: 'SN' }, ...of },
			},
			SERVICENOW_SECRET,
		);
	beforeEach(async () => {
		at = NOW;
		desk = await startServiceNow();
	});
	afterEach(async () => await desk.close());

	it('makes urgency, impact, group and fixed fields of what the configuration says', async () => {
		const fields = { category: 'security' };
		for (const severity of ['critical', 'high', 'medium', 'low', 'informational'])
			await openOne(
				make({ fields }),
				{ ...PARAMS, severity, ...(severity === 'low' ? { queue: 'ot' } : {}) },
				severity,
			);
		expect(desk.rows.map((row) => `${row['urgency']}${row['impact']} ${row['assignment_group']?.slice(0, 2)}`)).toEqual(
			[...['11 0a', '12 0a', '22 0a', '23 0b', '33 0a']],
		);
		expect(new Set(desk.rows.map((row) => row['category']))).toEqual(new Set(['security']));
	});

	it('logs in by OAuth, keeps the token, and gets a new one when it has ended in the middle', async () => {
		const connector = make({ auth: { type: 'client_credentials', client_id: 'client-1', secret_env: 'SN' } });
		const logins = (): number => desk.requests.filter((request) => request.path === '/oauth_token.do').length;
		expect(await openOne(connector, PARAMS, 'one')).toMatchObject({ effect: 'done' });
		expect(await openOne(connector, PARAMS, 'two')).toMatchObject({ effect: 'done' });
		expect(logins()).toBe(1);
		desk.spoil = (request, proceed) => {
			if (request.method === 'POST' && request.path !== '/oauth_token.do' && logins() === 1) desk.tokens.clear();
			return proceed();
		};
		expect(await openOne(connector, PARAMS, 'three')).toMatchObject({ effect: 'done' });
		expect(logins()).toBe(2);
		expect(desk.rows).toHaveLength(3);
	});

	it('opens nothing where the condition on the step is not looked at: every ticket would be its own', async () => {
		await openOne(make(), PARAMS, 'one');
		for (const name of ['correlation_id', 'correlation_display']) desk.columns.delete(name);
		expect(await openOne(make(), PARAMS, 'two')).toMatchObject({
			...{ effect: 'not_done', detail: expect.stringContaining('another step') },
		});
		expect(await probed(make())).toContain('login, and finding tickets by the step: not');
		expect(desk.rows).toHaveLength(1);
	});

	it('says in the words of the instance why it opened none', async () => {
		desk.mayWrite = false;
		expect((await openOne(make())).detail).toContain('ACL Exception Insert Failed');
		expect((await openOne(make({ table: 'u_ot_ticket' }))).detail).toContain('answered 400');
	});

	it('tells people where two tickets carry one step', async () => {
		await openOne(make());
		desk.rows.push({ ...desk.rows[0], number: 'INC0099999', sys_id: 'f'.repeat(32) });
		const again = await openOne(make());
		expect(again).toMatchObject({
			effect: 'done',
			detail: 'INC0010001, INC0099999 all carry this step: close all but one',
		});
	});

	it('shows before use a group that is not there or not active', async () => {
		desk.groups.delete(GROUP);
		desk.groups.set(GROUP_OT, { name: 'OT', active: 'false' });
		const found = await probed(make());
		expect(found).toEqual(expect.arrayContaining([`group ${GROUP}: not`, `group ${GROUP_OT}: not`, 'writing: open']));
	});

	it.each([
		['a table whose rows run', { table: 'sysauto_script' }],
		['the users', { table: 'sys_user' }],
		['another path', { table: 'u_x/../sys_user' }],
		['a field of the connector itself', { fields: { correlation_id: 'x' } }],
		['a field of the system', { fields: { sys_class_name: 'x' } }],
		['a group by its name', { assignment_group: 'Service desk' }],
		['plain HTTP', { base_url: 'http://plant.service-now.com' }],
	])('takes no configuration with %s', (_, of) => {
		expect(() => make(of)).toThrow();
	});
});

describe('Jira alone', () => {
	let desk: Awaited<ReturnType<typeof startJira>>;
	const make = (of: object = {}): Connector =>
		connect(
			{
				...{ ...COMMON, kind: 'jira', base_url: desk.url, project: 'SEC', queues: { ot: 'OT' } },
				...{ auth: { type: 'api_token', user: JIRA_USER, secret_env: 'J' }, ...of },
			},
			JIRA_SECRET,
		);
	beforeEach(async () => {
		at = NOW;
		desk = await startJira(true);
	});
	afterEach(async () => await desk.close());

	it('makes project, type, priority, labels and fixed fields of what the configuration says', async () => {
		const of = { labels: ['plant-2'], fields: { customfield_10030: { value: 'P2' } }, issue_type: 'Task' };
		await openOne(make(of), { ...PARAMS, queue: 'ot' }, 'one');
		await openOne(make({ priority: false }), PARAMS, 'two');
		expect(desk.issues[0]).toMatchObject({
			key: 'OT-1',
			fields: { priority: { name: 'Highest' }, customfield_10030: { value: 'P2' }, issuetype: { name: 'Task' } },
		});
		expect(desk.issues[0]?.fields['labels']).toEqual([
			'interlock',
			expect.stringMatching(/^interlock-stp_/),
			'plant-2',
		]);
		expect(desk.issues[1]?.fields).not.toHaveProperty('priority');
	});

	it('stays in doubt while an index does not show what may have been opened, and opens no second one', async () => {
		desk.lag = 50;
		desk.spoil = (request, proceed) => {
			if (request.method !== 'POST') return proceed();
			proceed();
			return 'drop';
		};
		const connector = make();
		const { grant, request } = ticketGrant(PARAMS);
		expect(await connector.call(grant, request)).toMatchObject({ effect: 'unknown' });
		expect(await connector.readBack(grant, request)).toMatchObject({ state: 'unknown' });
		// What is in doubt is not called again by the worker itself.
		expect(connector.isIdempotent('open_ticket')).toBe(false);
		for (const issue of desk.issues) issue.isHidden = 0;
		expect(await connector.readBack(grant, request)).toMatchObject({ state: 'done', detail: 'SEC-1 is there' });
		expect(desk.issues).toHaveLength(1);
	});

	it('shows people the address that they use where the interface has another', async () => {
		const result = await openOne(make({ browse: 'https://plant.atlassian.net/' }));
		expect(result.told).toEqual([expect.stringContaining('(https://plant.atlassian.net/browse/SEC-1)')]);
	});

	it('opens nothing where a search answers with issues of others, or with what is no key', async () => {
		for (const issues of [
			[{ id: '1', key: 'SEC-9', fields: { labels: ['interlock'] } }],
			[{ id: '1', key: '../../admin', fields: { labels: [] } }],
			{},
		]) {
			desk.spoil = (request, proceed) =>
				request.method === 'GET' ? { status: 200, headers: {}, body: JSON.stringify({ issues }) } : proceed();
			expect(await openOne(make())).toMatchObject({ effect: 'not_done' });
		}
		expect(desk.issues).toEqual([]);
	});

	it('finds an issue behind empty pages, and opens none where they do not end', async () => {
		const connector = make();
		const { grant, request } = ticketGrant(PARAMS);
		expect(await connector.call(grant, request)).toMatchObject({ effect: 'done' });
		desk.emptyPages = 3;
		expect(await connector.readBack(grant, request)).toMatchObject({ state: 'done', detail: 'SEC-1 is there' });
		desk.emptyPages = 50;
		at = NOW + SHOWN_WITHIN_MS;
		const later = ticketGrant(PARAMS, 'ticket', at);
		expect(await connector.readBack(later.grant, later.request)).toMatchObject({
			state: 'unknown',
			detail: expect.stringContaining('does not come to an end'),
		});
		expect(await openOne(make(), PARAMS, 'two')).toMatchObject({ effect: 'not_done' });
		expect(desk.issues).toHaveLength(1);
	});

	it('finds an issue that people moved to another project', async () => {
		await openOne(make());
		if (desk.issues[0] !== undefined) desk.issues[0].key = 'OT-77';
		expect((await openOne(make())).detail).toContain('OT-77');
		expect(desk.issues).toHaveLength(1);
	});

	it('says in the words of Jira which field it did not take', async () => {
		expect((await openOne(make({ fields: { customfield_1: 'x' } }))).detail).toContain(
			"customfield_1: Field 'customfield_1' cannot be set",
		);
	});

	it('shows before use what is missing: project, type, rights, and rights that are too many', async () => {
		desk.permissions.delete('CREATE_ISSUES');
		expect(await probed(make({ issue_type: 'Bug', queues: { gone: 'GONE' } }))).toEqual(
			expect.arrayContaining(['project SEC: not', 'project GONE: not', 'rights in SEC: not']),
		);
		desk.permissions = new Set(['BROWSE_PROJECTS', 'CREATE_ISSUES', 'ADMINISTER']);
		expect(await probed(make())).toContain('rights in SEC: not');
	});

	it.each([
		['the token of the other deployment', { deployment: 'data_center' }],
		['a label with a blank', { labels: ['a b'] }],
		['a label that ends a query', { labels: ['a"b'] }],
		['a field that the connector writes', { fields: { labels: ['x'] } }],
		['a project that is a path', { project: 'SEC/../x' }],
	])('takes no configuration with %s', (_, of) => {
		expect(() => make(of)).toThrow();
	});
});

describe('a desk over TLS', () => {
	let authority: Authority;
	beforeAll(() => {
		authority = openAuthority();
	});
	afterAll(() => authority.remove());

	it.each([
		['ServiceNow', startServiceNow, { kind: 'servicenow', auth: { type: 'basic', user: 'u', secret_env: 'S' } }],
		[
			'Jira',
			async (tls: { key: string; cert: string }) => await startJira(true, tls),
			{ kind: 'jira', project: 'SEC', auth: { type: 'api_token', user: 'u', secret_env: 'S' } },
		],
	])('whose certificate nobody vouches for gets neither login nor text (%s)', async (_, start, of) => {
		const { key, cert } = authority.issue('desk');
		const foreign = await start({ key, cert });
		try {
			const result = await openOne(connect({ ...COMMON, base_url: foreign.url, ...of }, 'some-secret'));
			expect(result).toMatchObject({ effect: 'not_done' });
			expect(foreign.requests).toEqual([]);
		} finally {
			await foreign.close();
		}
	});
});
