// A connector's process that was taken over: whatever it writes, the program goes on, holds little of it, and believes none of it.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ConnectorConfig } from '../../src/domain/connector.ts';
import {
	type ConnectorProcess,
	createConnectorProcess,
} from '../../src/response/connectors/process/connector-process.ts';
import { hostGrant } from '../response/support/host-grant.ts';
import { inventoryAt } from '../response/support/plant.ts';

const HOSTILE = fileURLToPath(new URL('./hostile-process.ts', import.meta.url));
vi.mock('node:child_process', async (original) => {
	const real = await original<typeof import('node:child_process')>();
	const instead = (path: string, args: readonly string[], options: object) =>
		real.spawn(path, [...args.slice(0, -1), HOSTILE], options);
	return { ...real, spawn: vi.fn(instead) };
});

let held: ConnectorProcess | null = null;
let faults: string[] = [];
let looks = 0;

/** A connector whose process does one harm, once it is asked something. */
function taken(harm: string): ConnectorProcess {
	faults = [];
	looks = 0;
	const config = ConnectorConfig.parse({
		...{ name: 'edr', kind: 'generic-http', base_url: 'https://edr.example' },
		auth: { type: 'bearer', secret_env: 'EDR_TOKEN' },
		calls: { isolate_host: { method: 'POST', path: '/hosts/{target}/isolate' } },
	});
	const never = async () => {
		looks++;
		return await new Promise<never>(() => undefined);
	};
	const reader = { events: never, polls: never, incidentOf: never };
	held = createConnectorProcess({
		config: { ...config, name: harm },
		secret: 'secret',
		ground: { reader, inventory: inventoryAt(Date.now()) },
		onFault: (reason) => void faults.push(reason),
		now: Date.now,
	});
	return held;
}

afterEach(async () => await held?.stop());

describe('a process that was taken over', () => {
	it.each([
		'writes what is no JSON',
		'writes a line without an end',
		'speaks to Node itself',
		'looks without end',
		'answers what nobody asked',
		'is ready again and again',
	])('that %s is ended, and the program goes on', async (harm) => {
		const before = process.memoryUsage().rss;
		const { grant, request } = hostGrant('isolate_host', {}, 'lap-1', Date.now());
		const said = await taken(harm).call(grant, request);
		expect(said).toEqual({ effect: 'unknown', detail: 'its process ended before it answered', tries: 1 });
		expect(faults).toEqual([expect.stringContaining('its process ended')]);
		expect(looks).toBeLessThanOrEqual(50);
		expect(process.memoryUsage().rss - before).toBeLessThan(60 * 1024 * 1024);
		expect(vi.mocked(spawn)).toHaveBeenCalled();
	});

	it.each(['answers with a record without bounds', 'answers with a record without a floor'])(
		'that %s is not believed',
		async (harm) => {
			const { grant, request } = hostGrant('isolate_host', {}, 'lap-1', Date.now());
			const said = await taken(harm).call(grant, request);
			expect(said).toEqual({ effect: 'unknown', detail: 'its process gave an answer that cannot be read', tries: 1 });
		},
	);
});
