// The environment variables of DESIGN.md, validated together. Nothing is read here: the caller hands the variables over.

import { nearest } from '../domain/nearest.ts';
import type { Finding } from '../domain/result.ts';
import { Findings, shown } from './finding.ts';
import { Secret } from './secret.ts';

export const ENVIRONMENT_VARIABLES = [
	'DATABASE_URL',
	'DATABASE_MIGRATE_URL',
	'REDIS_URL',
	'SLACK_BOT_TOKEN',
	'SLACK_APP_TOKEN',
	'SLACK_SIGNING_SECRET',
	'SLACK_API_URL',
	'SLACK_CHANNEL',
	'SLACK_MODE',
	'OPENAI_API_KEY',
	'OPENAI_BASE_URL',
	'INTERLOCK_MODEL',
	'INTERLOCK_CONFIG',
	'INTERLOCK_DATA',
	'INTERLOCK_TOKEN',
	'INTERLOCK_SECRETS',
	'PORT',
	'SLACK_PORT',
] as const;
type Variable = (typeof ENVIRONMENT_VARIABLES)[number];

/** A bearer token shorter than this can be guessed over the network: said aloud, not refused (a trial on one machine). */
const TOKEN_LENGTH_MIN = 16;

export type SlackEnvironment = {
	readonly mode: 'socket' | 'http';
	readonly botToken: Secret;
	/** Set in socket mode. */
	readonly appToken: Secret | null;
	/** Set in HTTP mode. */
	readonly signingSecret: Secret | null;
	readonly apiUrl: string | null;
};

export type Environment = {
	/** Null: the embedded PostgreSQL. */
	readonly databaseUrl: Secret | null;
	readonly databaseMigrateUrl: Secret | null;
	/** Null: the queue stays on PostgreSQL. */
	readonly redisUrl: Secret | null;
	/** Null: the local stand-in of Slack. */
	readonly slack: SlackEnvironment | null;
	/** Where cards go by default, an id or a name with #. */
	readonly slackChannel: string | null;
	/** Null: rules and the offline classifier only. */
	readonly model: { readonly name: string; readonly baseUrl: string | null; readonly apiKey: Secret | null } | null;
	readonly configFolder: string | null;
	/** The data folder of the embedded database and the ledger's key. */
	readonly dataFolder: string;
	/** Bearer of every source without a credential of its own; null: the edge makes one and prints it. */
	readonly token: Secret | null;
	readonly port: number;
	readonly slackPort: number;
};

/** Reads the variables; an empty one counts as unset. Everything that is wrong is in the findings, in one go. */
export function readEnvironment(env: Readonly<Record<string, string | undefined>>): {
	environment: Environment;
	findings: Finding[];
} {
	const findings = new Findings('environment');
	const reader = new VariableReader(env, findings);
	for (const name of Object.keys(env)) {
		if (!name.startsWith('INTERLOCK_') || ENVIRONMENT_VARIABLES.some((known) => known === name)) continue;
		const near = nearest(name, ENVIRONMENT_VARIABLES);
		if (near !== null) reader.warn(name, 'is not a variable of this program', `did you mean \`${near}\`?`);
	}
	const token = reader.secret('INTERLOCK_TOKEN');
	if (token !== null && token.reveal().length < TOKEN_LENGTH_MIN) {
		reader.warn(
			'INTERLOCK_TOKEN',
			`has ${token.reveal().length} characters: it can be guessed`,
			`take ${TOKEN_LENGTH_MIN} or more, or leave it unset: a random one is made and printed`,
		);
	}
	const port = reader.port('PORT', 8080);
	const slackPort = reader.port('SLACK_PORT', 3000);
	const slack = readSlack(reader);
	if (port === slackPort && port !== 0 && slack?.mode === 'http')
		reader.fault('SLACK_PORT', `is ${port}, as PORT is`, 'intake and Slack listen on two ports');
	const environment: Environment = {
		databaseUrl: reader.url('DATABASE_URL', ['postgres:', 'postgresql:']),
		databaseMigrateUrl: reader.url('DATABASE_MIGRATE_URL', ['postgres:', 'postgresql:']),
		redisUrl: reader.url('REDIS_URL', ['redis:', 'rediss:']),
		slack,
		slackChannel: reader.text('SLACK_CHANNEL'),
		model: readModel(reader),
		configFolder: reader.text('INTERLOCK_CONFIG'),
		dataFolder: reader.text('INTERLOCK_DATA') ?? '.interlock',
		token,
		port,
		slackPort,
	};
	if (environment.databaseMigrateUrl !== null && environment.databaseUrl === null) {
		reader.fault(
			'DATABASE_MIGRATE_URL',
			'is set without DATABASE_URL',
			'set both, or neither for the embedded database',
		);
	}
	return { environment, findings: findings.list() };
}

function readSlack(reader: VariableReader): SlackEnvironment | null {
	const botToken = reader.secret('SLACK_BOT_TOKEN');
	const appToken = reader.secret('SLACK_APP_TOKEN');
	const signingSecret = reader.secret('SLACK_SIGNING_SECRET');
	const apiUrl = reader.url('SLACK_API_URL', ['http:', 'https:'])?.reveal() ?? null;
	const wanted = reader.text('SLACK_MODE');
	if (wanted !== null && wanted !== 'socket' && wanted !== 'http') {
		reader.fault('SLACK_MODE', `is ${shown(wanted)}`, 'write `socket` or `http`');
	}
	const mode = wanted === 'socket' || (wanted === null && appToken !== null) ? 'socket' : 'http';
	// Another Slack-compatible server may have tokens of its own form.
	const isSlack = apiUrl === null;
	if (isSlack && appToken !== null && !appToken.reveal().startsWith('xapp-')) {
		reader.fault(
			'SLACK_APP_TOKEN',
			'is no app-level token',
			'it begins with `xapp-`: Slack app page, Basic Information, App-Level Tokens',
		);
	}
	if (botToken === null) {
		if (appToken !== null || signingSecret !== null || apiUrl !== null) {
			reader.fault(
				'SLACK_BOT_TOKEN',
				'is not set, but other Slack variables are',
				'it begins with `xoxb-`: Slack app page, OAuth & Permissions',
			);
		}
		return null;
	}
	if (isSlack && !/^xox[a-z]-/.test(botToken.reveal())) {
		reader.fault('SLACK_BOT_TOKEN', 'is no bot token', 'it begins with `xoxb-`: Slack app page, OAuth & Permissions');
	}
	if (mode === 'socket' && appToken === null) {
		reader.fault(
			'SLACK_APP_TOKEN',
			'is not set, but SLACK_MODE is `socket`',
			'Socket Mode needs an app-level token (`xapp-`), HTTP a signing secret',
		);
	}
	if (mode === 'http' && signingSecret === null) {
		reader.fault(
			'SLACK_SIGNING_SECRET',
			'is not set, and Slack calls come over HTTP',
			'set it, or SLACK_APP_TOKEN for Socket Mode',
		);
	}
	return { mode, botToken, appToken, signingSecret, apiUrl };
}

function readModel(reader: VariableReader): Environment['model'] {
	const name = reader.text('INTERLOCK_MODEL');
	const baseUrl = reader.url('OPENAI_BASE_URL', ['http:', 'https:'])?.reveal() ?? null;
	const apiKey = reader.secret('OPENAI_API_KEY');
	if (name === null) {
		if (baseUrl !== null)
			reader.fault('INTERLOCK_MODEL', 'is not set, but OPENAI_BASE_URL is', 'name the model that the endpoint serves');
		// A key alone may be on the machine for other programs: it does not switch the adviser on.
		return null;
	}
	if (apiKey === null && baseUrl === null) {
		reader.fault(
			'OPENAI_API_KEY',
			'is not set, but INTERLOCK_MODEL is',
			'set the key, or OPENAI_BASE_URL for an endpoint that needs none',
		);
	}
	return { name, baseUrl, apiKey };
}

/** Takes variables one by one and words the faults; a value is never repeated where it may be a secret. */
class VariableReader {
	readonly #env: Readonly<Record<string, string | undefined>>;
	readonly #findings: Findings;

	constructor(env: Readonly<Record<string, string | undefined>>, findings: Findings) {
		this.#env = env;
		this.#findings = findings;
	}

	fault(name: Variable, message: string, help?: string): void {
		this.#findings.error({ line: 0, column: 0 }, `${name} ${message}`, help);
	}

	warn(name: string, message: string, help?: string): void {
		this.#findings.warning({ line: 0, column: 0 }, `${name.replaceAll(/[^\w]/g, '?')} ${message}`, help);
	}

	text(name: Variable): string | null {
		const value = this.#env[name]?.trim() ?? '';
		return value === '' ? null : value;
	}

	secret(name: Variable): Secret | null {
		const value = this.text(name);
		if (value === null) return null;
		// Line ends and blanks inside come from copying, and a header cannot carry them.
		if (/[\s\u0000-\u001f\u007f]/.test(value)) this.fault(name, 'holds white space or control characters');
		return new Secret(value);
	}

	/** A URL with one of these protocols. It may hold a password: as a Secret. */
	url(name: Variable, protocols: readonly string[]): Secret | null {
		const value = this.text(name);
		if (value === null) return null;
		const expected = `write it as in ${protocols[0]}//host:port/...`;
		if (!URL.canParse(value)) {
			this.fault(name, 'is no URL', expected);
		} else if (!protocols.includes(new URL(value).protocol)) {
			this.fault(name, `begins with ${shown(new URL(value).protocol)}`, expected);
		}
		return new Secret(value);
	}

	port(name: Variable, otherwise: number): number {
		const value = this.text(name);
		if (value === null) return otherwise;
		if (/^\d{1,5}$/.test(value) && Number(value) <= 65_535) return Number(value);
		this.fault(name, `is ${shown(value)}`, 'a port from 1 to 65535, or 0 for any free one');
		return otherwise;
	}
}
