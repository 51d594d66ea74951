// The door of a test: the real HTTP server, the real parsers, a real database.
import type { Server } from 'node:http';
import { type Inventory, indexInventory } from '../../src/domain/inventory.ts';
import type { Credential } from '../../src/intake/authenticate.ts';
import { createDoor, type DoorOptions, type DoorSource } from '../../src/intake/http.ts';
import { createIntake, type Intake } from '../../src/intake/intake.ts';
import { parseBody } from '../../src/intake/parse-body.ts';
import type { Database } from '../../src/store/database.ts';

export const TOKEN = 'a-token-of-the-tests';

export type Door = {
	readonly url: string;
	readonly intake: Intake;
	readonly refused: string[];
	readonly protocol: string[];
	readonly errors: unknown[];
	post(
		source: string,
		body: string | Uint8Array,
		headers?: Record<string, string>,
	): Promise<{ status: number; body: Record<string, unknown>; headers: Headers }>;
	close(): Promise<void>;
};

export const EMPTY_INVENTORY: Inventory = indexInventory({ assets: [], zones: [], conduits: [], confirmedAt: 0 });

export async function openDoor(
	database: Database,
	options: {
		credentials?: Record<string, Credential>;
		sources?: DoorSource[];
		inventory?: Inventory;
		intake?: Intake;
	} & Partial<DoorOptions> = {},
): Promise<Door> {
	const intake = options.intake ?? createIntake(database, () => options.inventory ?? EMPTY_INVENTORY, Date.now);
	const refused: string[] = [];
	const protocol: string[] = [];
	const errors: unknown[] = [];
	const kinds = ['alertmanager', 'nozomi', 'suricata', 'wazuh', 'defender-xdr', 'cef', 'cloudwatch-sns'];
	const server: Server = createDoor({
		intake,
		source: (name) =>
			options.sources?.find((source) => source.name === name) ??
			(kinds.includes(name)
				? {
						name,
						kind: name,
						credential: options.credentials?.[name] ?? { type: 'default', secrets: [TOKEN] },
						addressAllow: [],
						timeZone: 'UTC',
					}
				: null),
		parse: parseBody,
		clock: Date.now,
		fault: () => null,
		metrics: async () => '',
		onProtocol: (source, note) => protocol.push(`${source}: ${note}`),
		onRefused: (source, _address, reason) => refused.push(`${source}: ${reason}`),
		onError: (error) => errors.push(error),
		...options,
	});
	await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
	const address = server.address();
	const url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
	return {
		url,
		intake,
		refused,
		protocol,
		errors,
		async post(source, body, headers = {}) {
			const response = await fetch(`${url}/v1/alerts/${source}`, {
				method: 'POST',
				body: typeof body === 'string' ? body : Buffer.from(body),
				headers: { authorization: `Bearer ${TOKEN}`, ...headers },
			});
			return {
				status: response.status,
				body: (await response.json()) as Record<string, unknown>,
				headers: response.headers,
			};
		},
		close: () =>
			new Promise((done) => {
				server.closeAllConnections();
				server.close(() => done());
			}),
	};
}
