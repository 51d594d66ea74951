// Who may import whom. Each rule says why in a sentence that a newcomer understands when it turns red.
// TypeScript 7 needs the swc parser: without it nothing is seen and everything is green (test/house/boundaries.test.ts counts).

const STAGES = ['intake', 'triage', 'correlation', 'response', 'chat', 'ledger'];
const only = (name, comment, from, allowed) => ({
	name,
	comment,
	severity: 'error',
	from: { path: from },
	to: { path: '^src/', pathNot: allowed },
});
/** A third-party name lives at one place. */
const atOnePlace = (module, place) => ({
	name: `${module.replace(/[^a-z]/g, '-')}-at-one-place`,
	comment: `${module} is imported at ${place} only: what wraps it can be replaced without a hunt.`,
	severity: 'error',
	from: { path: '^src/', pathNot: place },
	to: { path: `node_modules/${module}(/|$)` },
});

/** Files in stage folders that touch the world; everything else there is pure. */
const EDGES = [
	'^src/intake/(door-thread|door-threads|http|intake|parse-pool|parse-worker|syslog|tls)\\.ts$',
	'^src/triage/(triage|advise|load-[a-z-]+)\\.ts$',
	'^src/triage/classifier/load[a-z-]*\\.ts$',
	'^src/correlation/correlation\\.ts$',
	'^src/response/(response|run-step|verify-step|view-step)\\.ts$',
	'^src/response/connectors/',
	'^src/response/pagers/(pagerduty|smtp)\\.ts$',
	'^src/chat/(chat|slack)\\.ts$',
	'^src/ledger/(ledger|key-file)\\.ts$',
];

/**
 * The only files that may open a connection, listen, look a name up, or have another program do it; each with its reason. What another library
 * connects to is at the one place where that library may be imported. test/house/network.test.ts holds the globals (`fetch`) to the same list.
 */
export const NETWORK = {
	// Outwards.
	'src/response/connectors/exchange.ts': 'the HTTP client of the connectors: to the list that it was made with',
	'src/response/connectors/address-guard.ts':
		'looks the names of destinations up, and judges every address that comes back',
	'src/response/connectors/active-directory-link.ts': 'LDAP: to the list that it was made with',
	'src/response/pagers/smtp.ts': 'mail: to the list that it was made with',
	'src/chat/slack-fetch.ts': "Slack's clients: to Slack's hosts",
	'src/model/client.ts': 'the adviser: to the configured endpoint',
	'src/cli/inventory-fetch.ts': 'a person at the terminal names the address (`inventory import URL`)',
	'src/cli/source-test.ts': "a person tries the program's own door (`source test`)",
	// Inwards: these wait for others.
	'src/intake/http.ts': 'the door for alerts',
	'src/intake/tls.ts': 'client certificates at the door',
	'src/intake/syslog.ts': 'the door for syslog',
	'src/intake/door-threads.ts': 'the port that the threads of the door share',
	'src/store/embedded.ts': 'a free port for the embedded PostgreSQL, and its program',
	// Stand-ins for trying and testing, on this machine.
	'src/demo/send.ts': 'the demo sends alerts to its own door',
	'src/demo/target.ts': 'the demo has a system to act on',
	'src/demo/slack/server.ts': 'the local Slack',
	'src/demo/slack/page-routes.ts': 'the local Slack: is the reader on this machine',
	'src/demo/slack/deliver.ts': "the local Slack sends to the bot's own port",
	'src/demo/slack/socket-mode.ts': 'the local Slack: sockets',
	// Other programs.
	'src/response/connectors/process/link.ts': "starts a connector's process",
};
const exactly = (files) => files.map((file) => `^${file.replace(/[.]/g, '\\.')}$`);

export default {
	forbidden: [
		{
			name: 'no-circle',
			comment: 'Two files that need each other are one thing, or a third is missing.',
			severity: 'error',
			from: {},
			to: { circular: true },
		},
		only(
			'domain-stands-alone',
			'domain is the words of the trade: it imports no other room.',
			'^src/domain/',
			'^src/domain/',
		),
		only(
			'expression-stands-alone',
			'expression knows conditions, not the trade.',
			'^src/expression/',
			'^src/(expression|domain)/',
		),
		only(
			'safety-knows-domain',
			'The gate has one neighbour, so that an auditor can read it alone.',
			'^src/safety/',
			'^src/(safety|domain)/',
		),
		only(
			'store-knows-domain',
			'The store keeps what stages decide; it does not ask them.',
			'^src/store/',
			'^src/(store|domain)/',
		),
		only(
			'queue-knows-store',
			'The queue reminds; it knows the outbox and nothing of the stages.',
			'^src/queue/',
			'^src/(queue|store|domain)/',
		),
		only(
			'model-knows-domain',
			'The adviser answers with data; it knows no stage.',
			'^src/model/',
			'^src/(model|domain)/',
		),
		only(
			'config-reads-files',
			'Configuration is read once, before any stage exists.',
			'^src/config/',
			'^src/(config|domain|expression|safety)/',
		),
		...STAGES.map((stage) =>
			only(
				`${stage}-meets-nobody`,
				'Stages meet through topics in flow.ts, never by import.',
				`^src/${stage}/`,
				`^src/(${stage}|safety|model|store|domain|expression)/`,
			),
		),
		only(
			'flow-is-below-cli',
			'flow.ts and the parts of it in flow/ wire stages; commands stand above them.',
			'^src/flow(\\.ts$|/)',
			'^src/(?!cli/|main\\.ts|demo/)',
		),
		{
			name: 'demo-is-for-the-demo',
			comment: 'The stand-ins are for trying and testing: only the commands that offer them may import them.',
			severity: 'error',
			from: { path: '^src/', pathNot: '^src/(demo/|cli/(demo|demo-summary|demo-outside|serve|local|running)\\.ts$)' },
			to: { path: '^src/demo/' },
		},
		{
			name: 'cli-is-the-top',
			comment: 'Nothing below asks a command.',
			severity: 'error',
			from: { path: '^src/', pathNot: '^src/(main\\.ts|cli/)' },
			to: { path: '^src/cli/' },
		},
		{
			name: 'grant-meets-connector-once',
			comment: 'Only run-step brings a grant and a connector together, and verify-step one that may only look (G10).',
			severity: 'error',
			from: {
				path: '^src/',
				pathNot:
					'^src/(response/(run-step|verify-step|response)\\.ts|response/(connectors|actions|pagers)/|safety/|flow/(response|lists)\\.ts|cli/)',
			},
			to: { path: '^src/response/connectors/' },
		},
		{
			name: 'a-connector-process-is-forked',
			comment:
				'It makes its own half of the seal useless for minting: imported, the program could make no grant any more.',
			severity: 'error',
			from: { path: '^src/' },
			to: { path: '^src/response/connectors/process/main\\.ts$' },
		},
		{
			name: 'pagers-call-no-connector',
			comment:
				'A page is words: of the connectors it takes the one HTTP client, its address guard and its fuse, never a call and never a grant; of the gate what refuses a destination.',
			severity: 'error',
			from: { path: '^src/response/pagers/' },
			to: {
				path: '^src/(response/connectors/|safety/)',
				pathNot: '^src/(response/connectors/(exchange|address-guard|breaker|secret)|safety/destination)\\.ts$',
			},
		},
		{
			name: 'pure-folders-touch-nothing',
			comment:
				'What decides takes its inputs as arguments: only crypto and assert of Node, at the edge files named in EDGES everything.',
			severity: 'error',
			from: { path: `^src/(domain|safety|expression|${STAGES.join('|')})/`, pathNot: EDGES },
			to: { dependencyTypes: ['core'], pathNot: '^(node:)?(crypto|assert)$' },
		},
		{
			name: 'network-at-named-files',
			comment:
				'Connections are opened at the files that NETWORK names, each with its reason: so that the list of destinations (interlock policy egress) is whole.',
			severity: 'error',
			from: { path: '^(src|bin)/', pathNot: exactly(Object.keys(NETWORK)) },
			to: {
				dependencyTypes: ['core'],
				dependencyTypesNot: ['type-only'],
				path: '^(node:)?(http|https|http2|net|tls|dgram|dns|dns/promises|child_process|cluster|inspector|inspector/promises)$',
			},
		},
		{
			name: 'no-other-network-library',
			comment: 'A library that opens connections is imported where its destination is known.',
			severity: 'error',
			from: { path: '^src/' },
			to: { path: 'node_modules/(undici|axios|got|node-fetch|request|superagent|follow-redirects)(/|$)' },
		},
		atOnePlace('@slack', '^src/chat/slack'),
		atOnePlace('openai', '^src/model/client\\.ts$'),
		atOnePlace('(bullmq|ioredis|pg)', '^src/queue/backend\\.ts$'),
		atOnePlace('nodemailer', '^src/response/pagers/smtp\\.ts$'),
		atOnePlace('ldapts', '^src/response/connectors/active-directory-link\\.ts$'),
		atOnePlace('(drizzle-orm|postgres)', '^src/store/'),
		atOnePlace('@marcbachmann', '^src/expression/'),
		atOnePlace('yaml', '^src/config/'),
		atOnePlace('ws', '^src/demo/slack/socket-mode\\.ts$'),
		{
			name: 'nothing-imports-tests',
			comment: 'Tests import anything; nothing imports tests.',
			severity: 'error',
			from: { path: '^src/' },
			to: { path: '^(test|bench|scripts)/' },
		},
	],
	options: {
		parser: 'swc',
		tsPreCompilationDeps: true,
		doNotFollow: { path: 'node_modules' },
		exclude: { path: '^drizzle/' },
	},
};
