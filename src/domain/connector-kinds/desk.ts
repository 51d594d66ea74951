// Configuration of the connectors that open tickets: ServiceNow and Jira. No secret in it, only its name. Which table, project and fields
// a ticket has stands here; a step chooses among the queues that are listed and nothing else.
import { z } from 'zod';
import { HttpsUrl } from '../https-url.ts';
import { SEVERITIES, Severity } from '../severity.ts';

/** Plain HTTP would hand the login to everybody on the way: it is for a stand-in on the same machine alone. */
const HTTPS = HttpsUrl.refine((url) => new URL(url).search === '' && new URL(url).hash === '', {
	error: 'only host and path are needed',
});
const SECRET = { secret_env: z.string().optional(), secret_file: z.string().optional() };
const USER = z.string().regex(/^[^:\p{Cc}]{1,200}$/u);
const FIELDS_MAX = 20;
const few = (of: object): boolean => Object.keys(of).length <= FIELDS_MAX;
const TOO_MANY = { error: `at most ${FIELDS_MAX}` };

const COMMON = {
	name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/),
	/** Private and loopback addresses are refused unless this says otherwise (SSRF). */
	allow_private: z.boolean().default(false),
	timeout_ms: z.number().int().min(100).max(60_000).default(10_000),
	/** Tickets within an hour: a storm of incidents must not become a storm of tickets. */
	per_hour: z.number().int().min(1).max(1_000).default(60),
	/** What holds where a step names no severity. Unknown is dangerous. */
	default_severity: Severity.default('high'),
	/** Where people find the incident, written into the ticket: `{incident}` stands for its id. Never connected to. */
	link: z
		.url({ protocol: /^https$/ })
		.max(500)
		.optional(),
	/** Left out of the text beside secrets, which always are: names and mail addresses of people, addresses of the plant. */
	hide: z.array(z.enum(['people', 'addresses'])).default([]),
};

/** One value for each severity. */
const bySeverity = <Value extends z.ZodType>(value: Value) =>
	z.strictObject({ informational: value, low: value, medium: value, high: value, critical: value });

const SysId = z.string().regex(/^[0-9a-f]{32}$/, 'a sys_id is needed: 32 characters, 0-9 and a-f');
const Level = z.number().int().min(1).max(3);
const SERVICENOW_OWN = [
	...['short_description', 'description', 'urgency', 'impact', 'assignment_group'],
	...['correlation_id', 'correlation_display', 'number', 'state', 'caller_id'],
];

export const ServiceNowConfig = z.strictObject({
	...COMMON,
	kind: z.literal('servicenow'),
	/** `https://plant.service-now.com`. */
	base_url: HTTPS,
	auth: z.discriminatedUnion('type', [
		z.strictObject({ type: z.literal('basic'), user: USER, ...SECRET }),
		/** OAuth of an application of the instance; the secret is its client secret. */
		z.strictObject({ type: z.literal('client_credentials'), client_id: z.string().min(1).max(100), ...SECRET }),
	]),
	/** Tables of tickets alone: a row of another one may be a script that runs. Own tables begin with `u_` or `x_`. */
	table: z
		.string()
		.regex(/^(?:incident|sn_si_incident|[ux]_[a-z0-9_]{1,76})$/, '`incident`, `sn_si_incident` or a table of your own')
		.default('incident'),
	/** Who gets it where the step names no queue; left out, the instance's own rules say. */
	assignment_group: SysId.optional(),
	/** The `queue` of a step -> group. */
	queues: z.record(z.string().min(1).max(80), SysId).refine(few, TOO_MANY).default({}),
	/** In whose name it is opened: a sys_id of `sys_user`. */
	caller_id: SysId.optional(),
	/** Urgency and impact, each 1 (high) to 3 (low), from which the instance makes the priority. */
	severity: bySeverity(z.strictObject({ urgency: Level, impact: Level })).default({
		critical: { urgency: 1, impact: 1 },
		high: { urgency: 1, impact: 2 },
		medium: { urgency: 2, impact: 2 },
		low: { urgency: 2, impact: 3 },
		informational: { urgency: 3, impact: 3 },
	}),
	/** Fields that every ticket has: `category: security`. */
	fields: z
		.record(
			z
				.string()
				.regex(/^(?!sys_)[a-z][a-z0-9_]{0,79}$/)
				.refine((name) => !SERVICENOW_OWN.includes(name), { error: 'is written by the connector itself' }),
			z.string().max(200),
		)
		.refine(few, TOO_MANY)
		.default({}),
});
export type ServiceNowConfig = z.infer<typeof ServiceNowConfig>;

const Word = z.string().min(1).max(200);
const JiraOption = z.union([
	Word,
	z.number(),
	z.strictObject({ value: Word }),
	z.strictObject({ id: Word }),
	z.strictObject({ name: Word }),
]);
const ProjectKey = z.string().regex(/^[A-Z][A-Z0-9_]{1,79}$/, 'the key of a project is needed: `OTSEC`');

export const JiraConfig = z
	.strictObject({
		...COMMON,
		kind: z.literal('jira'),
		/** `https://plant.atlassian.net`, or the address of a server of one's own with its context path. */
		base_url: HTTPS,
		/** Where people open issues, if that is another address: `base_url` of tokens with scopes is `https://api.atlassian.com/ex/jira/<id>`. */
		browse: HTTPS.optional(),
		deployment: z.enum(['cloud', 'data_center']).default('cloud'),
		auth: z.discriminatedUnion('type', [
			/** Cloud: the mail address of the account; the secret is its API token. */
			z.strictObject({ type: z.literal('api_token'), user: USER, ...SECRET }),
			/** Data Center: a personal access token. */
			z.strictObject({ type: z.literal('personal_access_token'), ...SECRET }),
		]),
		project: ProjectKey,
		issue_type: Word.default('Task'),
		/** The `queue` of a step -> project. */
		queues: z.record(z.string().min(1).max(80), ProjectKey).refine(few, TOO_MANY).default({}),
		/** Names of priorities; `false` where the project has none on its screen. */
		priority: z.union([z.literal(false), bySeverity(Word)]).default({
			critical: 'Highest',
			high: 'High',
			medium: 'Medium',
			low: 'Low',
			informational: 'Lowest',
		}),
		/** Labels beside the connector's own. */
		labels: z
			.array(z.string().regex(/^[^\s"\\\p{Cc}]{1,100}$/u))
			.max(FIELDS_MAX)
			.default([]),
		/** Fields that every ticket has: `customfield_10030: { value: Plant 2 }`, `components: [{ name: OT }]`. */
		fields: z
			.record(
				z.string().regex(/^(?:customfield_[0-9]{1,10}|components|security|assignee|duedate|environment)$/),
				z.union([JiraOption, z.array(JiraOption).max(FIELDS_MAX)]),
			)
			.refine(few, TOO_MANY)
			.default({}),
	})
	.refine(({ auth, deployment }) => (auth.type === 'api_token') === (deployment === 'cloud'), {
		error: 'Cloud takes `api_token`, Data Center takes `personal_access_token`',
		path: ['auth', 'type'],
	});
export type JiraConfig = z.infer<typeof JiraConfig>;

export type DeskConfig = ServiceNowConfig | JiraConfig;

/** The severity that a step names; the default of the configuration for none and for a word that is none. */
export function severityOr(named: unknown, { default_severity }: DeskConfig): Severity {
	return SEVERITIES.find((known) => known === named) ?? default_severity;
}
