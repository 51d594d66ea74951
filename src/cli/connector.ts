// `interlock connector list|test`: which systems the bot may call, and a try of one without any effect. Nothing here can make a call that
// changes anything: that takes a grant, which the gate alone makes, for a step of an incident.
import { parseArgs } from 'node:util';
import { shown } from '../config/finding.ts';
import { actionsOf } from '../domain/connector.ts';
import { indexInventory } from '../domain/inventory.ts';
import { didYouMean } from '../domain/nearest.ts';
import type { Instant } from '../domain/time.ts';
import type { Probe } from '../response/connectors/connector.ts';
import { NO_GROUND } from '../response/connectors/index.ts';
import { type ConnectorProcesses, createConnectorProcesses } from '../response/connectors/process/processes.ts';
import { EXIT, type Io } from './io.ts';
import { openConfig } from './open.ts';

const USAGE = `usage: interlock connector list [--json]
       interlock connector test NAME [--account ACCOUNT] [--target ASSET] [--indicator I] [--json]`;

/** @returns 0 all well, 1 something is not as it should be, 2 on wrong usage, 3 where it could not run */
export async function connector(args: string[], io: Io, now: Instant): Promise<number> {
	const [command, ...rest] = args;
	try {
		if (command === 'list') return list(rest, io, now);
		if (command === 'test') return await test(rest, io, now);
	} catch (error) {
		// parseArgs throws for options that it does not know.
		if (!(error instanceof TypeError)) throw error;
		io.err(`connector: ${error.message}\n${USAGE}`);
		return EXIT.usage;
	}
	io.err(USAGE);
	return EXIT.usage;
}

function list(args: string[], io: Io, now: Instant): number {
	const { values } = parseArgs({ args, options: { json: { type: 'boolean', default: false } } });
	const rows = openConfig(io, now).connectors.map(({ config }) => ({
		name: config.name,
		kind: config.kind,
		actions: actionsOf(config),
	}));
	if (values.json) io.out(JSON.stringify({ connectors: rows }));
	else if (rows.length === 0) io.out('no connector is set up: docs/connectors.md');
	else io.out(rows.map(({ name, kind, actions }) => `${name}  ${kind}  ${actions.join(' ')}`).join('\n'));
	return EXIT.ok;
}

async function test(args: string[], io: Io, now: Instant): Promise<number> {
	const { values, positionals } = parseArgs({
		args,
		allowPositionals: true,
		options: {
			account: { type: 'string' },
			target: { type: 'string' },
			indicator: { type: 'string' },
			json: { type: 'boolean', default: false },
		},
	});
	const [name, ...more] = positionals;
	if (name === undefined || more.length > 0) {
		io.err(USAGE);
		return EXIT.usage;
	}
	const found = connectorNamed(name, io, now);
	if (typeof found === 'string') {
		io.err(`connector test: ${found}`);
		return EXIT.usage;
	}
	const [held] = found.connectors;
	if (held?.probe === undefined) {
		io.out(`\`${name}\` cannot be tried without an effect: its calls are whatever the configuration says`);
		return EXIT.ok;
	}
	const wish = {
		account: values.account ?? null,
		target: values.target ?? null,
		indicator: values.indicator ?? null,
	};
	const probes = await held.probe(wish).finally(() => found.stop());
	if (values.json) io.out(JSON.stringify({ connector: name, probes }));
	else io.out(probes.map(lineOf).join('\n'));
	return probes.some((probe) => probe.state === 'not') ? EXIT.finding : EXIT.ok;
}

const MARK: Readonly<Record<Probe['state'], string>> = { well: 'ok  ', not: 'NO  ', open: '?   ' };

const lineOf = (probe: Probe): string => `${MARK[probe.state]}${probe.what}: ${probe.detail}`;

/** The connector as the program runs it, in a process of its own; or why there is none. */
function connectorNamed(name: string, io: Io, now: Instant): ConnectorProcesses | string {
	const { connectors, inventory } = openConfig(io, now);
	const held = connectors.find(({ config }) => config.name === name);
	if (held === undefined) {
		const names = connectors.map(({ config }) => config.name);
		const help = names.length === 0 ? 'none is set up: docs/connectors.md' : didYouMean(name, names);
		return `there is no connector ${shown(name)}\n    help: ${help}`;
	}
	const known = indexInventory(inventory ?? { assets: [], zones: [], conduits: [], confirmedAt: 0 });
	return createConnectorProcesses(
		[held.config],
		() => held.secret?.reveal() ?? null,
		{ ...NO_GROUND, inventory: known },
		io.err,
		() => now,
	);
}
