// One table over every kind of connector: what breaks, and where. The laws: an effect happens once at most; what is reported is true of the
// system's own state, or `unknown`; no secret shows; and nothing is sent without a grant for exactly this.
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConnectorConfig } from '../../src/domain/connector.ts';
import { indexInventory } from '../../src/domain/inventory.ts';
import type { CallRequest, Connector } from '../../src/response/connectors/connector.ts';
import { createConnectors, NO_GROUND } from '../../src/response/connectors/index.ts';
import { ACTION_NAMES, mayHaveConnector } from '../../src/safety/actions.ts';
import { GRANT_MS, type Grant, grantLook } from '../../src/safety/grant.ts';
import type { ProposedStep } from '../../src/safety/proposed-step.ts';
import { type Authority, openAuthority } from '../services/certificates.ts';
import { kindGrant } from './support/kind-grant.ts';
import { FAULTS, type KindWorld, type Place, plantAt } from './support/kind-world.ts';
import { KINDS, NAMED_KINDS } from './support/kinds.ts';
import { NOW } from './support/plant.ts';
import { startVendor, type VendorServer } from './vendors/server.ts';

let authority: Authority;
/** A server whose certificate nobody vouches for. */
let stranger: VendorServer;
beforeAll(async () => {
	authority = openAuthority();
	const other = openAuthority();
	const { key, cert } = other.issue('stranger');
	stranger = await startVendor(() => ({ status: 200, headers: {}, body: '{}' }), { key, cert });
	other.remove();
});
afterAll(async () => {
	await stranger.close();
	authority.remove();
});

/** A world with a clock of its own. */
type Try = { readonly world: KindWorld; readonly connector: Connector; readonly clock: { now: number } };

async function begin(kind: string, timeoutMs = 10_000, of: (world: KindWorld) => object = () => ({})): Promise<Try> {
	const start = KINDS[kind] ?? expect.fail(kind);
	const clock = { now: NOW };
	const world = await start(() => clock.now, authority);
	const edge = {
		now: () => clock.now,
		sleep: async (ms: number) => {
			clock.now += ms;
		},
		resolve: async () => ['127.0.0.1'],
	};
	const timed = 'timeout_ms' in world.config ? { timeout_ms: timeoutMs } : {};
	const config = ConnectorConfig.parse({ ...world.config, ...timed, ...of(world) });
	const ground = { inventory: indexInventory(plantAt(NOW)), reader: { ...NO_GROUND.reader, ...world.reader } };
	const [connector] = createConnectors([config], () => world.secret, edge, ground);
	return { world, connector: connector ?? expect.fail('no connector'), clock };
}

const THREW = 'the ledger could not be read';

/** Calls, asks what came of it, and calls again where nothing did or where that is the same: as the worker does it after a restart. */
async function act(tried: Try): Promise<string[]> {
	const { world, connector, clock } = tried;
	const { grant, request } = kindGrant(world.task, clock.now);
	const result = await connector
		.call(grant, request)
		.catch(() => ({ effect: 'unknown' as const, detail: THREW, tries: 0 }));
	const said: string[] = [result.effect];
	const ended = (all: string[]): string[] => {
		expect(world.effects()).toBeLessThanOrEqual(world.isWriting ? 1 : 0);
		return all;
	};
	if (result.effect === 'done') expect(world.isSo()).toBe(true);
	if (result.effect === 'not_done' && world.isWriting) expect(world.effects()).toBe(0);
	const read = await connector.readBack(grant, request).catch(() => ({ state: 'unknown' as const, detail: THREW }));
	if (read.state === 'done') expect(world.isSo()).toBe(true);
	if (read.state === 'not_done' && world.isWriting) expect(world.effects()).toBe(0);
	expect(JSON.stringify([result, read])).not.toContain(world.secret ?? 'no secret at all');
	if (result.effect !== 'unknown' || read.state === 'done') return ended(said);
	if (read.state === 'not_done' || connector.isIdempotent(request.action)) {
		world.heal();
		const again = kindGrant(world.task, clock.now);
		said.push((await connector.call(again.grant, again.request)).effect);
	}
	return ended(said);
}

it('every kind that a configuration can name has a row', () => {
	expect(Object.keys(KINDS).sort()).toEqual([...NAMED_KINDS].sort());
});

const PLACES: readonly (readonly [Place, number])[] = [
	['change', 1],
	['change', 99],
	['look', 1],
	['look', 99],
];

describe.concurrent.each(Object.keys(KINDS))('%s', (kind) => {
	it('does it once, says so, and is right', async () => {
		const tried = await begin(kind);
		expect(await act(tried)).toEqual(['done']);
		const { world } = tried;
		if (kind !== 'block-list') expect(world.effects()).toBe(world.isWriting ? 1 : 0);
		await world.close();
	});

	it.each(FAULTS)(
		'under %s, once or always, at the change or at a look, does it once at most and says what is true',
		async (fault) => {
			const tryAt = async (place: Place, times: number): Promise<void> => {
				// Only where nobody answers is nobody waited for.
				const tried = await begin(kind, fault === 'timeout-after' || kind === 'active-directory' ? 300 : 10_000);
				const { world } = tried;
				// Of this kind the answers are not known: a 2xx is its yes, and the look after the step finds out (playbooks.md).
				if (!(world.takesAnyYes === true && fault === 'malformed' && place === 'change')) {
					world.spoil(fault, place, times);
					await act(tried);
				}
				await world.close();
			};
			await Promise.all(PLACES.map(([place, times]) => tryAt(place, times)));
		},
	);

	it('where every change is refused says that nothing was done', async () => {
		const tried = await begin(kind);
		tried.world.spoil('429', 'change', 99);
		expect(await act(tried)).toEqual([tried.world.isWriting && kind !== 'block-list' ? 'not_done' : 'done']);
		await tried.world.close();
	});

	it('trusts no server that nobody vouches for', async () => {
		const port = new URL(stranger.url).port;
		const moved = ({ urls, config }: KindWorld): object =>
			Object.fromEntries(
				urls.map((key) => {
					const { protocol, pathname } = new URL(String(config[key]));
					const scheme = protocol === 'ldaps:' ? 'ldaps' : 'https';
					return [key, `${scheme}://localhost:${port}${pathname.replace(/^\/$/, '')}`];
				}),
			);
		const tried = await begin(kind, 10_000, moved);
		const said = await act(tried);
		if (tried.world.urls.length > 0) expect(said).toEqual(['not_done']);
		expect([stranger.requests.length, tried.world.effects()]).toEqual([0, 0]);
		await tried.world.close();
	});

	it('accepts no action that can have no connector', async () => {
		const { world, connector } = await begin(kind);
		expect(connector.actions.filter((action) => !mayHaveConnector(action))).toEqual([]);
		const { grant, request } = kindGrant(world.task, NOW);
		for (const action of ACTION_NAMES.filter((name) => !mayHaveConnector(name))) {
			expect(await connector.call(grant, { ...request, action })).toMatchObject({ effect: 'not_done', tries: 0 });
			expect(await connector.readBack(grant, { ...request, action })).toMatchObject({ state: 'unknown' });
		}
		expect([world.heard(), world.effects()]).toEqual([0, 0]);
		await world.close();
	});

	it('sends nothing without a grant, or with one for anything else', async () => {
		const tried = await begin(kind);
		const { world, connector } = tried;
		const real = kindGrant(world.task, NOW);
		await fc.assert(
			fc.asyncProperty(forgeries(real.grant, real.request), async ([grant, forged]) => {
				// A forger has no value of the type: that is the point.
				expect(await connector.call(grant as Grant, forged)).toMatchObject({ effect: 'not_done', tries: 0 });
				if (forged.step !== real.request.step || grant !== real.grant) return;
				expect(await connector.readBack(grant as Grant, forged)).toMatchObject({ state: 'unknown' });
			}),
			{ numRuns: 80 },
		);
		tried.clock.now += GRANT_MS + 1;
		expect(await connector.call(real.grant, real.request)).toMatchObject({ effect: 'not_done', tries: 0 });
		expect([world.heard(), world.effects()]).toEqual([0, 0]);
		await world.close();
	});
});

type Forged = readonly [unknown, CallRequest];

/** Everything that is no leave for this request: none, a copy, leave to look, and real leave for something else. */
function forgeries(grant: Grant, request: CallRequest): fc.Arbitrary<Forged> {
	const look = grantLook(
		{
			...{ id: request.step, action: request.action, targets: request.targets, params: request.params },
			...{ playbook: 'p', playbook_version: 'v', requested_by: 'bot', incident: 'inc_1' },
		} as ProposedStep,
		NOW,
	);
	const other = (of: Partial<CallRequest>): Forged => [grant, { ...request, ...of }];
	const names = ['account', 'indicator', 'session', 'device', 'about', 'around', 'duration_minutes', 'comment', 'x'];
	return fc.oneof(
		fc
			.constantFrom(null, undefined, {}, look, { ...grant }, JSON.parse(JSON.stringify(grant)))
			.map((no): Forged => [no, request]),
		fc.string().map((step) => other({ step: `x${step}` })),
		fc
			.constantFrom('plc-1', 'sis-1', 'hmi-1', 'lap-1', 'lap-2', 'jump-1', 'hist-0', 'LAP-1 ')
			.filter((target) => target !== request.target)
			.chain((target) => fc.constantFrom(other({ target, targets: [target] }), other({ target }))),
		fc.constantFrom('plc-1', 'sis-1').map((more) => other({ targets: [...request.targets, more] })),
		fc.constantFrom(...ACTION_NAMES.filter((name) => name !== request.action)).map((action) => other({ action })),
		fc
			.tuple(fc.constantFrom(...names), fc.oneof(fc.string(), fc.integer(), fc.constant(null)))
			.filter(([name, value]) => request.params[name] !== value)
			.map(([name, value]) => other({ params: { ...request.params, [name]: value } as CallRequest['params'] })),
	);
}
