// `interlock serve`: runs the bot. Without Slack tokens it opens the local Slack, without DATABASE_URL the embedded PostgreSQL.
import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import type { Config } from '../config/config.ts';
import { demoPeople } from '../demo/plant.ts';
import { ROLES, type Role } from '../flow/parts.ts';
import { createLog } from '../log.ts';
import { EXIT, type Io } from './io.ts';
import { tellConfig } from './open.ts';
import { type Running, startRunning } from './running.ts';
import { untilTold } from './until-told.ts';

const USAGE = `usage: interlock serve [--role ${ROLES.join('|')}]...

Without --role all of them. Configuration: docs/configuration.md.`;

export async function serve(args: string[], io: Io): Promise<number> {
	const roles = readRoles(args);
	if (roles === null) {
		io.err(USAGE);
		return EXIT.usage;
	}
	const loaded = tellConfig(io, Date.now());
	if (loaded === null) return EXIT.finding;
	const config = withPeople(loaded);
	const token = config.environment.token?.reveal() ?? randomBytes(24).toString('hex');
	const log = createLog(io.env['LOG_LEVEL'] ?? 'info');
	// Listened for from the start: the door is open before everything behind it is up, and a Ctrl-C then must stop in order too.
	const told = untilTold();
	const running = await startRunning({
		config,
		roles,
		token,
		log,
		localSlackPort: config.environment.slackPort === 0 ? 0 : config.environment.slackPort + 1,
		isQuick: false,
	});
	for (const line of greeting(config, running, token)) io.out(line);
	const reason = await told;
	io.err(`stopping: ${reason}`);
	await running.stop();
	return EXIT.ok;
}

function readRoles(args: string[]): Role[] | null {
	try {
		const { values } = parseArgs({ args, options: { role: { type: 'string', multiple: true } } });
		if (values.role === undefined) return [...ROLES];
		const wanted = values.role.flatMap((text) => text.split(','));
		return wanted.every((name) => ROLES.some((role) => role === name))
			? ROLES.filter((role) => wanted.includes(role))
			: null;
	} catch {
		// parseArgs throws for unknown options: the usage says what there is.
		return null;
	}
}

/** Nobody could answer in a local Slack without people: the demo's are lent where none are configured. */
function withPeople(config: Config): Config {
	return config.people.length > 0 || config.environment.slack !== null ? config : { ...config, people: demoPeople() };
}

function greeting(config: Config, running: Running, token: string): string[] {
	const { environment } = config;
	const { flow, localSlack, store } = running;
	const lines = [`database  ${store.isEmbedded ? `embedded PostgreSQL in ${environment.dataFolder}` : 'DATABASE_URL'}`];
	lines.push(`queue     ${environment.redisUrl === null ? 'on PostgreSQL' : 'REDIS_URL'}`);
	if (config.inventory === null)
		lines.push('inventory none: every asset counts as unknown, and unknown counts as a controller');
	if (localSlack !== null) {
		lines.push(`slack     no SLACK_BOT_TOKEN: this is a LOCAL STAND-IN for trying and testing, at ${localSlack.url}`);
	} else if (environment.slack !== null)
		lines.push(
			`slack     ${environment.slack.mode === 'socket' ? 'Socket Mode' : `HTTP, port ${flow.slackPort() ?? '?'}`}`,
		);
	if (flow.port !== null) {
		const url = `${config.tls === null ? 'http' : 'https'}://127.0.0.1:${flow.port}`;
		lines.push(`alerts    POST ${url}/v1/alerts/{source}`);
		if (environment.token === null)
			lines.push(`token     ${token}   (INTERLOCK_TOKEN is not set: this one is for this run)`);
		lines.push('', ...howToBegin(config, url, environment.token === null ? token : '$INTERLOCK_TOKEN'), '');
	}
	for (const place of flow.syslog) lines.push(`syslog    ${place.transport}, port ${place.port}`);
	return [...lines, 'Ctrl-C stops.'];
}

/** A line that works as it stands, where a source takes Prometheus' form with the common token; else where the sources are. */
function howToBegin(config: Config, url: string, token: string): string[] {
	const fits = config.sources?.find((source) => source.kind === 'alertmanager' && source.credential === null);
	if (config.sources === null || fits !== undefined)
		return ['Send a first alert:', firstAlert(`${url}/v1/alerts/${fits?.name ?? 'alertmanager'}`, token)];
	return ['Sources:', ...config.sources.map((source) => `  POST ${url}/v1/alerts/${source.name}   (${source.kind})`)];
}

function firstAlert(url: string, token: string): string {
	const alert = {
		labels: { alertname: 'PumpVibrationHigh', instance: 'pump-7', severity: 'critical' },
		annotations: { summary: 'Vibration of pump 7 is in zone D' },
	};
	const body = JSON.stringify({
		version: '4',
		status: 'firing',
		alerts: [{ status: 'firing', ...alert, startsAt: new Date().toISOString() }],
	});
	return `curl -sS ${url} -H "authorization: Bearer ${token}" -d '${body}'`;
}
