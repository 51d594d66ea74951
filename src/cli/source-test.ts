// `interlock source test NAME`: a sample of the source's kind through the running server, with the source's own credential, and what
// each stage made of it. The sample is marked as a test: it is stored and judged, and nothing is opened by it.
import { createHmac } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Config } from '../config/config.ts';
import { defaultSources, type SourceConfig } from '../config/read-sources.ts';
import { didYouMean } from '../domain/nearest.ts';
import { err, ok, type Result } from '../domain/result.ts';
import { TEST_HEADER } from '../intake/http.ts';
import { mappedKind } from '../intake/mapping.ts';
import { parseBody } from '../intake/parse-body.ts';
import { sourceKind, sourceKindNames } from '../intake/sources/index.ts';
import { readTestProgress } from '../store/read/heard.ts';
import { EXIT, type Io } from './io.ts';
import { openConfig, openStore } from './open.ts';

export const TEST_USAGE =
	'interlock source test NAME [--url http://HOST:PORT] [--sample FILE] [--wait SECONDS] [--json]';

const SAMPLES = fileURLToPath(new URL('../intake/sources/samples/', import.meta.url));
const ANSWER_MS = 15_000;
const WAIT_S = 30;
const POLL_MS = 200;

type Stage = { readonly stage: string; readonly ok: boolean; readonly detail: string };
type ItemAnswer = {
	readonly id: string;
	readonly status: string;
	readonly problems?: readonly { readonly field: string; readonly found: string; readonly expected: string }[];
};
type Report = { readonly stages: readonly Stage[]; readonly ids: readonly string[]; readonly code: number };

/** @returns 0 where every stage did its work, 1 where one did not, 2 on wrong usage, 3 where the server or the database is not reached */
export async function testSource(args: string[], io: Io, clock: () => number): Promise<number> {
	const { values, positionals } = parseArgs({
		args,
		allowPositionals: true,
		options: {
			url: { type: 'string' },
			sample: { type: 'string' },
			wait: { type: 'string', default: String(WAIT_S) },
			json: { type: 'boolean', default: false },
		},
	});
	const [name] = positionals;
	const waitMs = Number(values.wait) * 1_000;
	if (name === undefined || positionals.length > 1 || !(waitMs >= 0 && waitMs <= 600_000)) {
		io.err(`usage: ${TEST_USAGE}`);
		return EXIT.usage;
	}
	const config = openConfig(io, clock());
	const sources = config.sources ?? defaultSources(sourceKindNames());
	const source = sources.find((one) => one.name === name);
	if (source === undefined) {
		const names = sources.map((one) => one.name);
		io.err(
			`source test: there is no source \`${name.slice(0, 60)}\`\n    help: ${didYouMean(name, names) || 'interlock source add KIND'}`,
		);
		return EXIT.usage;
	}
	const sample = sampleOf(source.kind, values.sample);
	if (!sample.ok) {
		io.err(`source test: ${sample.error}`);
		return EXIT.unable;
	}
	const scheme = config.settings.tls === undefined ? 'http' : 'https';
	const base = values.url?.replace(/\/$/, '') ?? `${scheme}://127.0.0.1:${config.environment.port}`;
	const say = (stage: Stage): void => {
		if (!values.json) io.out(`${stage.ok ? 'ok  ' : 'FAIL'}  ${stage.stage.padEnd(13)}  ${stage.detail}`);
	};
	const sent = await send(config, source, base, sample.value, clock());
	for (const stage of sent.stages) say(stage);
	const later = sent.ids.length === 0 ? { stages: [], code: sent.code } : await follow(config, sent.ids, waitMs, clock);
	for (const stage of later.stages) say(stage);
	const stages = [...sent.stages, ...later.stages];
	const code = later.code === EXIT.ok && stages.some((stage) => !stage.ok) ? EXIT.finding : later.code;
	if (values.json)
		io.out(
			JSON.stringify({
				source: source.name,
				kind: source.kind,
				url: base,
				ok: code === EXIT.ok,
				stages,
				alerts: sent.ids,
			}),
		);
	return code;
}

/** The sample that is shipped with the kind, or the file that was named. */
function sampleOf(kind: string, file: string | undefined): Result<Buffer, string> {
	if (file !== undefined) {
		try {
			return ok(readFileSync(file));
		} catch (error) {
			return err(`--sample: ${error instanceof Error ? error.message : String(error)}`);
		}
	}
	const shipped = sourceKind(kind)?.name ?? '';
	const found = readdirSync(SAMPLES).find((name) => name.replace(/\.[a-z]+$/, '') === shipped);
	return found === undefined
		? err(`kind \`${kind}\` has no sample of its own: name one with --sample FILE`)
		: ok(readFileSync(join(SAMPLES, found)));
}

async function send(config: Config, source: SourceConfig, base: string, body: Buffer, now: number): Promise<Report> {
	const headers = proofOf(config, source, body, now);
	if (!headers.ok)
		return { stages: [{ stage: 'authenticated', ok: false, detail: headers.error }], ids: [], code: EXIT.unable };
	let answer: { readonly status: number; readonly body: unknown };
	const url = `${base}/v1/alerts/${source.name}`;
	try {
		const response = await fetch(url, {
			method: 'POST',
			body: new Uint8Array(body),
			headers: { ...headers.value, [TEST_HEADER]: '1' },
			signal: AbortSignal.timeout(ANSWER_MS),
		});
		answer = { status: response.status, body: await response.json().catch(() => null) };
	} catch (error) {
		const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
		const why = cause instanceof Error ? cause.message : String(cause);
		const detail = `${url}: ${why}. Does \`interlock serve\` run there? --url names another place`;
		return { stages: [{ stage: 'reached', ok: false, detail }], ids: [], code: EXIT.unable };
	}
	const reached: Stage = { stage: 'reached', ok: true, detail: url };
	const refused = refusalOf(answer.status, answer.body);
	if (refused !== null) return { stages: [reached, ...refused], ids: [], code: EXIT.finding };
	const answers = Object(answer.body)['alerts'] as readonly ItemAnswer[]; // 202 of our own door (DESIGN: Alerts in)
	const how = source.credential?.type ?? 'bearer, the common token';
	const authenticated: Stage = { stage: 'authenticated', ok: true, detail: how };
	const parsed = parsedStages(config, source, body, answers, now);
	const stored: Stage = {
		stage: 'stored',
		ok: answers.length > 0,
		detail: answers.map((one) => one.id).join(' ') || 'nothing: the sample carries no alert',
	};
	const ids = answers.filter((one) => one.status !== 'unparsed').map((one) => one.id);
	return { stages: [reached, authenticated, ...parsed, stored], ids, code: ids.length > 0 ? EXIT.ok : EXIT.finding };
}

/** What this program's own parser says of the same bytes: what was understood is not in the door's answer. */
function parsedStages(
	config: Config,
	source: SourceConfig,
	body: Buffer,
	answers: readonly ItemAnswer[],
	now: number,
): Stage[] {
	const context = { source: source.name, receivedAt: now, timeZone: source.timeZone };
	const read = parseBody(source.kind, body, context, config.mappings.map(mappedKind));
	const items = read.kind === 'parsed' ? read.items : [];
	return answers.map((answer, i): Stage => {
		const item = items[i];
		const problems = (answer.problems ?? []).map((one) => `${one.field}: found ${one.found}, expected ${one.expected}`);
		if (answer.status === 'unparsed' || item?.kind !== 'alert')
			return { stage: 'parsed', ok: answer.status !== 'unparsed', detail: problems.join('; ') || 'understood' };
		const { alert } = item;
		const names = [...new Set(alert.entities.map((entity) => entity.value))];
		const more = names.length > 6 ? ` and ${names.length - 6} more` : '';
		const parts = [
			`"${alert.title}"`,
			`${alert.kind}, ${alert.status}`,
			`severity ${alert.severity ?? 'none'} (stated: ${alert.severity_raw ?? 'nothing'})`,
			`at ${alert.occurred_at} (${alert.time_basis} time)`,
			`names ${names.slice(0, 6).join(', ') || 'nothing'}${more}`,
			...problems,
		];
		return { stage: 'parsed', ok: true, detail: printable(parts.join('; ')) };
	});
}

/** A sample of one's own may hold anything: a terminal gets no control characters. */
function printable(text: string): string {
	return text.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, ' ');
}

/** The stage at which the door turned the sample away; null where it took it. */
function refusalOf(status: number, body: unknown): Stage[] | null {
	if (status === 202) return null;
	const said = Object(body);
	const reason = printable(
		[
			said['reason'] ?? said['error'],
			said['found'] && `found ${said['found']}`,
			said['expected'] && `expected ${said['expected']}`,
		]
			.filter((part) => typeof part === 'string')
			.join(', ')
			.slice(0, 500),
	);
	const fail = (stage: string, detail: string): Stage => ({ stage, ok: false, detail: `${status}: ${detail}` });
	if (status === 404)
		return [fail('authenticated', `${reason}. A running server reads sources.yaml at its start: was it added since?`)];
	if (status === 401 || status === 403 || status === 429) return [fail('authenticated', reason)];
	const authenticated: Stage = { stage: 'authenticated', ok: true, detail: 'the credential was taken' };
	if (status === 400 || status === 413 || status === 415) return [authenticated, fail('parsed', reason)];
	return [authenticated, fail('stored', reason || 'no reason given')];
}

/** The headers by which the source proves who it is, made as the vendor would. */
function proofOf(
	{ environment }: Config,
	{ name, credential }: SourceConfig,
	body: Buffer,
	now: number,
): Result<Record<string, string>, string> {
	if (credential === null) {
		if (environment.token !== null) return ok({ authorization: `Bearer ${environment.token.reveal()}` });
		return err(
			'INTERLOCK_TOKEN is not set here: the running server made a token of its own, which it printed at its start. Set it, for both',
		);
	}
	if (credential.type === 'mtls')
		return err(
			'it proves itself by a client certificate, whose key only the vendor has: let the vendor send its own test message',
		);
	// The newest of two that are valid at once stands last.
	const secret = credential.secrets.at(-1)?.reveal() ?? '';
	switch (credential.type) {
		case 'bearer':
			return ok(credential.header === null ? { authorization: `Bearer ${secret}` } : { [credential.header]: secret });
		case 'basic':
			return ok({ authorization: `Basic ${Buffer.from(`${credential.user}:${secret}`, 'utf8').toString('base64')}` });
		case 'hmac':
			return ok({ [credential.header ?? 'x-interlock-signature']: signature(credential.form, secret, body, now) });
		default:
			return err(`source ${name}: no way to prove who it is`);
	}
}

function signature(form: string | null, secret: string, body: Buffer, now: number): string {
	const written = form ?? 't=<t>,v1=<hex>';
	const time = String(Math.floor(now / 1_000));
	const signed = written.includes('<t>') ? Buffer.concat([Buffer.from(`${time}.`, 'utf8'), body]) : body;
	const mac = createHmac('sha256', secret).update(signed);
	const digest = written.includes('<hex>') ? mac.digest('hex') : mac.digest('base64');
	return written.replace('<t>', time).replace(/<hex>|<base64>/, digest);
}

/** Reads from the database how far the alerts have come, until each has come as far as it goes. */
async function follow(
	config: Config,
	ids: readonly string[],
	waitMs: number,
	clock: () => number,
): Promise<{ stages: Stage[]; code: number }> {
	let store: Awaited<ReturnType<typeof openStore>>;
	try {
		store = await openStore(config.environment, 'share');
	} catch (error) {
		const detail = `what became of it cannot be seen from here: ${error instanceof Error ? error.message : String(error)}`;
		return { stages: [{ stage: 'triaged', ok: false, detail }], code: EXIT.unable };
	}
	try {
		const end = clock() + waitMs;
		for (;;) {
			const rows = await readTestProgress(store.database, ids);
			const isOver =
				rows.length === ids.length && rows.every((row) => row.message === 'sent' || row.message === 'failed');
			if (isOver || clock() >= end) return { stages: stagesOf(rows, waitMs), code: EXIT.ok };
			await new Promise((done) => setTimeout(done, POLL_MS));
		}
	} finally {
		await store.close();
	}
}

function stagesOf(rows: Awaited<ReturnType<typeof readTestProgress>>, waitMs: number): Stage[] {
	const within = `within ${waitMs / 1_000} s`;
	const judged = rows.filter((row) => row.verdict !== null);
	const told = rows.filter((row) => row.message === 'sent');
	const failed = rows.find((row) => row.message === 'failed');
	const joined = rows.find((row) => row.incident !== null);
	const verdict = judged[0]?.verdict;
	return [
		{
			stage: 'triaged',
			ok: rows.length > 0 && judged.length === rows.length,
			detail: verdict
				? `${verdict.category}, ${verdict.severity}, ${verdict.assets.length === 0 ? 'no asset of the inventory' : `assets ${verdict.assets.join(', ')}`}`
				: `not judged ${within}: does a process with the role triage run?`,
		},
		{
			stage: 'correlated',
			ok: joined === undefined,
			detail:
				joined === undefined
					? 'not, on purpose: a test opens and joins no incident'
					: `in ${joined.incident}, which must not be`,
		},
		{
			stage: 'Slack',
			ok: rows.length > 0 && told.length === rows.length,
			detail:
				failed !== undefined
					? `not posted: ${failed.error ?? 'refused'}`
					: told.length === rows.length && told.length > 0
						? `posted in ${told[0]?.channel}`
						: `not posted ${within}: does a process with the role chat run, and is Slack reachable? (/readyz says)`,
		},
	];
}
