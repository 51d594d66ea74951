// `interlock pager list|test`: the ways to reach people outside Slack, and a real page through one of them, marked as a test. It needs no
// database and leaves no entry: nothing has happened that anybody would have to answer for.
import { parseArgs } from 'node:util';
import { shown } from '../config/finding.ts';
import { didYouMean } from '../domain/nearest.ts';
import { MailAddress, type PagerConfig, smtpPort } from '../domain/pager.ts';
import type { Person } from '../domain/person.ts';
import { type Instant, toIso } from '../domain/time.ts';
import { EDGE } from '../response/connectors/generic-http.ts';
import { createPager } from '../response/pagers/index.ts';
import type { Letter } from '../response/pagers/letter.ts';
import type { PageAction, Sent } from '../response/pagers/pager.ts';
import { EXIT, type Io } from './io.ts';
import { openConfig } from './open.ts';

const USAGE = `usage: interlock pager list [--json]
       interlock pager test NAME [--to PERSON|ADDRESS] [--resolve KEY] [--json]`;

/** @returns 0 taken, 1 not taken, 2 on wrong usage, 3 where it could not run */
export async function pager(args: string[], io: Io, now: Instant): Promise<number> {
	const [command, ...rest] = args;
	try {
		if (command === 'list') return list(rest, io, now);
		if (command === 'test') return await test(rest, io, now);
	} catch (error) {
		// parseArgs throws for options that it does not know.
		if (!(error instanceof TypeError)) throw error;
		io.err(`pager: ${error.message}\n${USAGE}`);
		return EXIT.usage;
	}
	io.err(USAGE);
	return EXIT.usage;
}

function list(args: string[], io: Io, now: Instant): number {
	const { values } = parseArgs({ args, options: { json: { type: 'boolean', default: false } } });
	const { pagers, people } = openConfig(io, now);
	const rows = pagers.map(({ config }) => ({
		name: config.name,
		kind: config.kind,
		from_severity: config.from_severity,
		where: whereOf(config),
		people: people.filter((person) => person.pagers?.includes(config.name)).map((person) => person.id),
	}));
	if (values.json) io.out(JSON.stringify({ pagers: rows }));
	else if (rows.length === 0) io.out('no pager is set up: people are reached in Slack alone (docs/paging.md)');
	else
		io.out(
			rows
				.map(({ name, kind, where, people: who }) => `${name}  ${kind}  ${where}  ${who.join(' ') || 'no person'}`)
				.join('\n'),
		);
	return EXIT.ok;
}

function whereOf(config: PagerConfig): string {
	return config.kind === 'pagerduty' ? config.base_url : `${config.host}:${smtpPort(config)} (${config.tls})`;
}

async function test(args: string[], io: Io, now: Instant): Promise<number> {
	const { values, positionals } = parseArgs({
		args,
		allowPositionals: true,
		options: { to: { type: 'string' }, resolve: { type: 'string' }, json: { type: 'boolean', default: false } },
	});
	const [name, ...more] = positionals;
	if (name === undefined || more.length > 0) {
		io.err(USAGE);
		return EXIT.usage;
	}
	const { pagers, people, inventory } = openConfig(io, now);
	const found = pagers.find(({ config }) => config.name === name);
	if (found === undefined) {
		const names = pagers.map(({ config }) => config.name);
		const help = names.length === 0 ? 'none is set up: docs/paging.md' : didYouMean(name, names);
		io.err(`pager test: there is no pager ${shown(name)}\n    help: ${help}`);
		return EXIT.usage;
	}
	const { config, secret, ca } = found;
	const to = recipientOf(config, values.to, people);
	if (!to.ok || (values.resolve !== undefined && config.kind !== 'pagerduty')) {
		io.err(`pager test: ${to.ok ? '--resolve is for PagerDuty: mail has no end' : to.why}`);
		return EXIT.usage;
	}
	const action: PageAction = values.resolve === undefined ? 'trigger' : 'resolve';
	const letter = testLetter(name, now, values.resolve);
	const sent = await createPager({ config, secret: secret?.reveal() ?? null, ca }, EDGE, inventory).send(
		letter,
		action,
		to.address,
	);
	const key = config.kind === 'pagerduty' ? letter.dedupKey : null;
	if (values.json) io.out(JSON.stringify({ pager: name, to: to.address, action, dedup_key: key, ...sent }));
	else io.out(wordsOf(name, sent, key, action, to.address));
	return sent.kind === 'sent' ? EXIT.ok : EXIT.finding;
}

type Recipient = { readonly ok: true; readonly address: string | null } | { readonly ok: false; readonly why: string };

function recipientOf(config: PagerConfig, wish: string | undefined, people: readonly Person[]): Recipient {
	if (config.kind === 'pagerduty')
		return wish === undefined
			? { ok: true, address: null }
			: { ok: false, why: 'who is called says the escalation policy in PagerDuty: --to is for mail' };
	const person = people.find((one) => one.id === wish);
	const address = person?.email ?? wish ?? config.to[0];
	const read = MailAddress.safeParse(address);
	if (read.success) return { ok: true, address: read.data };
	if (address === undefined) return { ok: false, why: 'say to whom: --to PERSON or --to ADDRESS' };
	return { ok: false, why: `${shown(String(wish ?? address))} is no person with a mail address and no address` };
}

function testLetter(pager: string, now: Instant, key: string | undefined): Letter {
	const what = `test-${now.toString(36)}`;
	return {
		key: `pager:${pager}:${what}:`,
		dedupKey: key ?? `interlock/${what}`,
		thread: null,
		subject: 'TEST of Interlock: a page. Nothing has happened',
		body: [
			`This is a test of the pager "${pager}", sent by hand at ${toIso(now)}. Nothing has happened.`,
			'A real page begins with the number of its incident and says what to do without Slack.',
		].join('\n'),
		severity: 'informational',
		isSafety: false,
		source: 'interlock',
		site: null,
		category: 'test',
		number: null,
		at: now,
	};
}

function wordsOf(name: string, sent: Sent, key: string | null, action: PageAction, to: string | null): string {
	const whom = to === null ? '' : ` for ${to}`;
	if (sent.kind === 'refused') return `NO  ${name}${whom}: ${sent.reason}`;
	if (sent.kind === 'later')
		return `?   ${name}${whom}: ${sent.reason}${sent.isAmbiguous ? ' (it may have got through)' : ''}. A real page would be tried again`;
	if (action === 'resolve') return `ok  ${name}: resolved. ${sent.detail}`;
	const end =
		key === null
			? ''
			: `\n    PagerDuty calls somebody now. End it there, or: interlock pager test ${name} --resolve ${key}`;
	return `ok  ${name}${whom}: ${sent.detail}. Ask whether it arrived: taken is not read${end}`;
}
