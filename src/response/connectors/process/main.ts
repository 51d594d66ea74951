// The process of one connector: it knows that connector's configuration, its secret, the inventory and what opens the gate's seals, and
// nothing else of the program. It makes a call only for a grant that the gate has sealed for it, each once. It ends with the program.

import type { InventoryData } from '../../../domain/asset.ts';
import type { ConnectorConfig } from '../../../domain/connector.ts';
import { indexInventory } from '../../../domain/inventory.ts';
import type { StepParams } from '../../../domain/step.ts';
import { openGrants } from '../../../safety/grant.ts';
import type { SealedGrant } from '../../../safety/sealed-grant.ts';
import type { ListReader } from '../block-list.ts';
import type { CallRequest, Connector } from '../connector.ts';
import { EDGE } from '../generic-http.ts';
import { createConnectors } from '../index.ts';
import { type LOOKS, Question, QuestionName, Seen, Start } from './message.ts';

type Held = { readonly connector: Connector; readonly open: ReturnType<typeof openGrants> };
let held: Held | null = null;
/** Looks into the ledger that the program has not answered yet. */
const looks = new Map<number, (value: unknown) => void>();
let lookCount = 0;

function say(message: object): void {
	process.send?.(message);
}

/** @throws Error where the program does not allow the look, or could not take it: then nothing is known, and nothing is done */
async function look(name: (typeof LOOKS)[number], step = ''): Promise<unknown> {
	const id = lookCount++;
	const value = await new Promise((seen) => {
		looks.set(id, seen);
		say({ op: 'look', id, name, step });
	});
	if (value === null || typeof value !== 'object') throw new Error('the ledger could not be read');
	return value;
}

// What the program answers comes from its own readers, whose types these are.
const READER: ListReader = {
	events: async () => (await look('events')) as Awaited<ReturnType<ListReader['events']>>,
	rules: async () => (await look('rules')) as Awaited<ReturnType<NonNullable<ListReader['rules']>>>,
	incidentOf: async (step) => ((await look('incidentOf', step)) as { incident: string | null }).incident,
	polls: async () => {
		throw new Error('who fetched a list is no business of a connector that calls');
	},
};

function start(message: unknown): Held {
	const { config, secret, opener, inventory } = Start.parse(message);
	// The program has checked both; nobody else can write to this channel.
	const known = config as ConnectorConfig;
	const ground = { reader: READER, inventory: indexInventory(inventory as InventoryData) };
	const [connector] = createConnectors([known], () => secret, EDGE, ground);
	if (connector === undefined) throw new Error('no connector');
	return { connector, open: openGrants(opener, known.name) };
}

/** A question outside the bounds (parameters of a size that no system takes): nothing is done, and the calls under way go on. */
function decline(message: unknown): void {
	const named = QuestionName.safeParse(message);
	// Without a number there is nobody to answer to.
	if (!named.success) return;
	const { id, op } = named.data;
	const detail = 'no call: the question is larger than a process takes, or has another form';
	const unknown = op === 'probe' ? [{ what: 'process', state: 'not', detail }] : { state: 'unknown', detail };
	say({ op: 'answer', id, value: op === 'call' ? { effect: 'not_done', detail, tries: 0 } : unknown });
}

async function answer({ connector, open }: Held, message: unknown): Promise<void> {
	const read = Question.safeParse(message);
	if (!read.success) return decline(message);
	const question = read.data;
	const { id } = question;
	try {
		if (question.op === 'probe') {
			const { indicator = null, ...wish } = question.wish;
			const value = (await connector.probe?.({ ...wish, indicator })) ?? [];
			say({ op: 'answer', id, value });
			return;
		}
		const sealed: SealedGrant = question.grant;
		const grant = open(sealed, Date.now());
		// Parameters that differ from those of the grant are refused by the connector, which compares their hash.
		const request: CallRequest = { ...question.request, params: question.request.params as StepParams } as CallRequest;
		if (!grant.ok) {
			const detail = `no call: ${grant.error}`;
			const value = question.op === 'call' ? { effect: 'not_done', detail, tries: 0 } : { state: 'unknown', detail };
			say({ op: 'answer', id, value });
			return;
		}
		const value =
			question.op === 'call'
				? await connector.call(grant.value, request)
				: await connector.readBack(grant.value, request);
		say({ op: 'answer', id, value });
	} catch (fault) {
		say({ op: 'fault', id, reason: fault instanceof Error ? fault.name : 'fault' });
	}
}

process.on('message', (message: unknown) => {
	if (held === null) {
		held = start(message);
		say({ op: 'ready' });
		return;
	}
	const seen = Seen.safeParse(message);
	if (seen.success) {
		looks.get(seen.data.id)?.(seen.data.value);
		looks.delete(seen.data.id);
		return;
	}
	void answer(held, message);
});
// The terminal and systemd send these to everybody at once. The program lets the call that is under way end, and closes the channel then.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => undefined);
// The program is gone, however it went.
process.on('disconnect', () => process.exit(0));
