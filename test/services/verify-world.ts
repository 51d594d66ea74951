// A response stage on a real database with the lying endpoint service, for the tests of what is checked after a step; and the process that one
// of them kills: `node verify-world.ts RUN_URL ROLE EDR_URL` works what is due until it is ended.
import type { Handlers, Topic } from '../../src/domain/topic.ts';
import { createGenericHttp } from '../../src/response/connectors/generic-http.ts';
import { createResponse } from '../../src/response/response.ts';
import { type Database, openDatabase } from '../../src/store/database.ts';
import { claimDue } from '../../src/store/outbox.ts';
import { cryptoRandom } from '../../src/store/record.ts';
import { INVENTORY, PEOPLE, playbook } from '../response/support/plant.ts';

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
export const LEAD = {
	id: 'lea',
	name: 'lea',
	slack: 'U9',
	email: null,
	roles: [{ role: 'incident_lead' as const }],
};
export const EVERYBODY = [...PEOPLE, LEAD];
export const RESPONSE_TOPICS: readonly Topic[] = ['plan', 'run', 'expire', 'verify', 'view'];

const isolate = { key: 'isolate', title: 'Isolate', action: 'isolate_host', target: 'primary', params: {} };
const PLAYBOOKS = [
	playbook('it', [{ ...isolate, instructions: 'by hand', containment_for: '2h' }]),
	playbook('ot', [{ ...isolate, instructions: 'by hand', expires_in: '15m' }]),
];

export function stageOn(database: Database, edrUrl: string, clock: () => number): Handlers {
	const call = (action: string, doneWhen: string) => ({
		...{ method: 'POST' as const, path: `/hosts/{target}/${action}`, idempotent: false },
		read_back: { path: '/hosts/{target}', done_when: doneWhen },
	});
	const connector = createGenericHttp(
		{
			...{ name: 'edr', kind: 'generic-http', base_url: edrUrl, allow_private: true, timeout_ms: 5_000 },
			calls: {
				isolate_host: call('isolate_host', 'isolated'),
				release_host: call('release_host', 'normal'),
			},
		},
		null,
		{ now: clock, sleep: async () => undefined, resolve: async () => ['127.0.0.1'] },
	);
	return createResponse({
		database,
		inventory: { ...INVENTORY, data: { ...INVENTORY.data, confirmedAt: clock() - 3_600_000 } },
		playbooks: PLAYBOOKS,
		people: EVERYBODY,
		windows: [],
		siteRules: [],
		connectors: [connector],
		clock,
		random: cryptoRandom,
		log: silent,
	});
}

/** Works through everything that is due now; whether there was anything. */
export async function workOnce(
	database: Database,
	handlers: Handlers,
	topics: readonly Topic[],
	clock: () => number,
): Promise<boolean> {
	let worked = false;
	for (const topic of topics) {
		const due = await claimDue(database, topic, 20, clock());
		if (due.length === 0) continue;
		worked = true;
		await handlers[topic]?.(due);
	}
	return worked;
}

if (import.meta.filename === process.argv[1]) {
	const [, , runUrl = '', role = '', edrUrl = '', ahead = '0'] = process.argv;
	const clock = () => Date.now() + Number(ahead);
	const database = openDatabase(runUrl, role === '' ? null : role);
	const handlers = stageOn(database, edrUrl, clock);
	for (;;) {
		if (!(await workOnce(database, handlers, RESPONSE_TOPICS, clock)))
			await new Promise((done) => setTimeout(done, 20));
	}
}
