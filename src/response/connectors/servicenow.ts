// ServiceNow: which requests open a ticket and find it again (Table API). The step's id stands in `correlation_id`, the field of a task for
// its name in another system. NOT here: grants, masking and what is done in which order (ticket-connector.ts).
import type { ServiceNowConfig } from '../../domain/connector-kinds/desk.ts';
import { err, ok } from '../../domain/result.ts';
import { type Instant, SECOND } from '../../domain/time.ts';
import type { Probe } from './connector.ts';
import { field, type HttpSession, Stopped } from './http-session.ts';
import { type Desk, look, type Ticket } from './ticket-desk.ts';

const DISPLAY = 'Interlock';
const NUMBER = /^[A-Z][A-Z_]{1,39}[0-9]{1,20}$/;
/** All that is wanted of a row: whole rows are long. */
const WANTED = 'sysparm_fields=sys_id,number,correlation_id&sysparm_exclude_reference_link=true';
const SYS_ID = /^[0-9a-f]{32}$/;
/** More tickets of one step than this are not counted. */
const FOUND_MAX = 5;
const DESCRIPTION_MAX = 4_000;
/** Stands in no ticket: an instance that answers with rows all the same does not look at the condition. */
const NO_STEP = 'stp_0000000000none';
/** Tokens of an instance live 30 minutes as a rule; where the answer says nothing, a short life is assumed. */
const TOKEN_SECONDS = 300;

export function createServiceNow(config: ServiceNowConfig, secret: string | null, now: () => Instant): Desk {
	const { auth, table } = config;
	const path = `/api/now/table/${table}`;
	const basic = auth.type === 'basic' ? Buffer.from(`${auth.user}:${secret}`, 'utf8').toString('base64') : null;
	const base = config.base_url.replace(/\/$/, '');
	const ticketOf = (row: unknown, step: string): Ticket | null => {
		const [number, id] = [field(row, 'number'), field(row, 'sys_id')];
		if (field(row, 'correlation_id') !== step) return null;
		if (typeof number !== 'string' || !NUMBER.test(number) || typeof id !== 'string' || !SYS_ID.test(id)) return null;
		return { number, url: `${base}/${table}.do?sys_id=${id}` };
	};
	/** @throws Stopped also where a row is not the step's: an unknown field in a condition is ignored by default, and then every ticket answers */
	const find = async (session: HttpSession, step: string): Promise<Ticket[]> => {
		const query = encodeURIComponent(`correlation_id=${step}^correlation_display=${DISPLAY}`);
		const answer = await session.readWhole(`${path}?sysparm_query=${query}&${WANTED}&sysparm_limit=${FOUND_MAX}`);
		if (answer === null) throw new Stopped(`there is no table \`${table}\`, or this login may not see it`, false);
		const rows = field(answer.body, 'result');
		if (!Array.isArray(rows)) throw new Stopped('cannot be read: the answer is none of ServiceNow');
		// Rows that the login may not see are taken out after they were counted: none left is not none there.
		if (rows.length === 0 && Number(answer.headers['x-total-count'] ?? 0) > 0)
			throw new Stopped('cannot be read: the instance has such tickets, and this login may not see them', false);
		return rows.slice(0, FOUND_MAX).map((row) => {
			const ticket = ticketOf(row, step);
			if (ticket === null) throw new Stopped('cannot be read: a ticket of another step answered');
			return ticket;
		});
	};
	return {
		title: 'ServiceNow',
		credential: basic,
		async token(post) {
			if (auth.type === 'basic') return ok({ value: `Basic ${basic}`, until: null });
			const form = { grant_type: 'client_credentials', client_id: auth.client_id, client_secret: secret ?? '' };
			const answer = await post(`${base}/oauth_token.do`, form);
			if (!answer.ok) return answer;
			const [token, seconds] = [field(answer.value, 'access_token'), field(answer.value, 'expires_in')];
			if (typeof token !== 'string' || !/^[\x21-\x7e]{1,4000}$/.test(token)) return err('the answer holds no token');
			const life = typeof seconds === 'number' && seconds > 0 ? seconds : TOKEN_SECONDS;
			return ok({ value: `Bearer ${token}`, until: now() + life * SECOND });
		},
		path: `${path}?${WANTED}`,
		find,
		bodyOf(step, { summary, paragraphs, link, severity, queue }) {
			const named = queue !== null && Object.hasOwn(config.queues, queue) ? config.queues[queue] : undefined;
			const group = named ?? config.assignment_group;
			const note = queue !== null && named === undefined ? '; its queue is not in the configuration' : '';
			const { urgency, impact } = config.severity[severity];
			const parts = link === null ? paragraphs : [...paragraphs, link];
			return {
				note,
				body: {
					...config.fields,
					short_description: summary,
					description: parts.join('\n\n').slice(0, DESCRIPTION_MAX),
					...{ urgency: String(urgency), impact: String(impact) },
					...(group === undefined ? {} : { assignment_group: group }),
					...(config.caller_id === undefined ? {} : { caller_id: config.caller_id }),
					...{ correlation_id: step, correlation_display: DISPLAY },
				},
			};
		},
		madeOf: (body, step) => ticketOf(field(body, 'result'), step),
		refusal(body) {
			const words = [field(body, 'error', 'message'), field(body, 'error', 'detail')];
			const said = words.filter((word) => typeof word === 'string' && word !== '').join(': ');
			return said === '' ? '' : `: ${said.slice(0, 300)}`;
		},
		probe: async (session) => await probe(config, session, find),
	};
}

async function probe(config: ServiceNowConfig, session: HttpSession, find: Desk['find']): Promise<readonly Probe[]> {
	const first = await look('login, and finding tickets by the step', async () => {
		const found = await find(session, NO_STEP);
		return found.length === 0
			? { state: 'well', detail: `table \`${config.table}\` answered` }
			: { state: 'not', detail: 'a ticket answered for a step that does not exist' };
	});
	const groups = new Set([config.assignment_group, ...Object.values(config.queues)].filter((id) => id !== undefined));
	const probes: Probe[] = [first];
	for (const id of groups)
		probes.push(
			await look(`group ${id}`, async () => {
				const group = await session.read(`/api/now/table/sys_user_group/${id}?sysparm_fields=name,active`);
				if (group === null) return { state: 'not', detail: 'is not there, or this login may not see it' };
				const [name, active] = [field(group, 'result', 'name'), field(group, 'result', 'active')];
				return active === 'true' || active === true
					? { state: 'well', detail: `\`${String(name).slice(0, 80)}\`` }
					: { state: 'not', detail: 'is not active' };
			}),
		);
	const detail = 'whether the login may open tickets, and whether fields and values are taken, shows only in use';
	return [...probes, { what: 'writing', state: 'open', detail }];
}
