import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { readEnvironment } from '../../src/config/environment.ts';
import { formatFinding } from '../../src/config/finding.ts';

const errorsOf = (env: Record<string, string>): string =>
	readEnvironment(env)
		.findings.filter((finding) => finding.level === 'error')
		.map(formatFinding)
		.join('\n');

describe('the environment', () => {
	it('may be empty: everything is embedded then', () => {
		const { environment, findings } = readEnvironment({});
		expect(findings).toEqual([]);
		expect(environment).toMatchObject({
			databaseUrl: null,
			redisUrl: null,
			slack: null,
			model: null,
			token: null,
			port: 8080,
			slackPort: 3000,
		});
	});

	it('names PostgreSQL, Redis, Slack and a model', () => {
		const { environment, findings } = readEnvironment({
			DATABASE_URL: 'postgres://u:p@db/interlock',
			REDIS_URL: 'rediss://queue:6380',
			SLACK_BOT_TOKEN: 'xoxb-1',
			SLACK_APP_TOKEN: 'xapp-1',
			INTERLOCK_MODEL: 'local',
			OPENAI_BASE_URL: 'http://10.0.0.9:8000/v1',
			PORT: '9000',
		});
		expect(findings).toEqual([]);
		expect(environment.slack?.mode).toBe('socket');
		expect(environment.databaseUrl?.reveal()).toBe('postgres://u:p@db/interlock');
		expect(environment.model).toMatchObject({ name: 'local', baseUrl: 'http://10.0.0.9:8000/v1', apiKey: null });
		expect(environment.port).toBe(9000);
	});

	it('takes an empty variable for an unset one, and HTTP where no app token is set', () => {
		const { environment, findings } = readEnvironment({
			REDIS_URL: '',
			SLACK_BOT_TOKEN: 'xoxb-1',
			SLACK_SIGNING_SECRET: 'abc',
			SLACK_APP_TOKEN: ' ',
		});
		expect(findings).toEqual([]);
		expect(environment).toMatchObject({ redisUrl: null, slack: { mode: 'http', appToken: null } });
	});

	it('leaves the form of tokens to another server, where SLACK_API_URL names one', () => {
		expect(
			errorsOf({
				SLACK_BOT_TOKEN: 'test_token',
				SLACK_SIGNING_SECRET: 'abc',
				SLACK_API_URL: 'http://127.0.0.1:4000/api/',
			}),
		).toBe('');
	});

	it('says everything that is wrong with it at once', () => {
		const text = errorsOf({
			DATABASE_URL: 'mysql://db/x',
			DATABASE_MIGRATE_URL: 'nonsense',
			REDIS_URL: 'queue:6379',
			SLACK_APP_TOKEN: 'xoxb-1',
			SLACK_MODE: 'sockets',
			OPENAI_BASE_URL: 'ftp://x',
			PORT: '99999',
			SLACK_PORT: 'three',
		});
		for (const part of [
			'DATABASE_URL begins with `mysql:`',
			'DATABASE_MIGRATE_URL is no URL',
			'REDIS_URL',
			'SLACK_APP_TOKEN is no app-level token',
			'SLACK_BOT_TOKEN is not set',
			'SLACK_MODE is `sockets`',
			'OPENAI_BASE_URL begins with `ftp:`',
			'INTERLOCK_MODEL is not set',
			'PORT is `99999`',
			'SLACK_PORT is `three`',
		]) {
			expect(text).toContain(part);
		}
	});

	it.each([
		[{ SLACK_BOT_TOKEN: 'xoxb-1', SLACK_MODE: 'socket', SLACK_SIGNING_SECRET: 'x' }, 'SLACK_APP_TOKEN is not set'],
		[{ SLACK_BOT_TOKEN: 'xoxb-1' }, 'SLACK_SIGNING_SECRET is not set'],
		[{ INTERLOCK_MODEL: 'gpt' }, 'OPENAI_API_KEY is not set'],
		[{ DATABASE_MIGRATE_URL: 'postgres://db/x' }, 'without DATABASE_URL'],
		[{ SLACK_BOT_TOKEN: 'xoxb-1 2', SLACK_SIGNING_SECRET: 'x' }, 'white space'],
		[{ SLACK_BOT_TOKEN: 'xoxb-1', SLACK_SIGNING_SECRET: 'x', PORT: '3000' }, 'as PORT is'],
	])('with %o lacks something', (env, expected) => {
		expect(errorsOf(env as Record<string, string>)).toContain(expected);
	});

	it('that has a slip in a name of ours is warned of it', () => {
		const { findings } = readEnvironment({ INTERLOCK_CONFG: '/etc/interlock', INTERLOCK_UNRELATED_THING: '1' });
		expect(findings.map(formatFinding)).toEqual([
			'environment: warning: INTERLOCK_CONFG is not a variable of this program\n    help: did you mean `INTERLOCK_CONFIG`?',
		]);
	});

	it('does not tell its secrets when it is printed, and findings do not repeat them', () => {
		const env = {
			DATABASE_URL: 'postgres://u:hunter2secret@db/x',
			SLACK_BOT_TOKEN: 'hunter2secret',
			INTERLOCK_TOKEN: 'hunter2',
			REDIS_URL: 'hunter2secret',
		};
		const read = readEnvironment(env);
		expect(JSON.stringify(read) + inspect(read, { depth: 9 }) + String(read.environment.token)).not.toContain(
			'hunter2',
		);
	});
});
