// A connector as the rest of the program sees it, with its work done in a process of its own (main.ts here). What was under way when that
// process ended is in doubt; what never reached it was not done.
import type { ConnectorConfig } from '../../../domain/connector.ts';
import { never } from '../../../domain/result.ts';
import { sealGrant, sealOpener } from '../../../safety/grant.ts';
import type { ListGround } from '../block-list.ts';
import type { CallRequest, CallResult, Connector, Probe, ReadBack } from '../connector.ts';
import { EDGE } from '../generic-http.ts';
import { createConnectors } from '../index.ts';
import { Gone, type Look, openLink } from './link.ts';
import { CallAnswer, ProbeAnswer, ReadAnswer } from './message.ts';

export type ConnectorProcess = Connector & {
	/** Process id while there is one. */
	pid(): number | null;
	stop(): Promise<void>;
};

const UNREADABLE = 'its process gave an answer that cannot be read';

export type ProcessWish = {
	readonly config: ConnectorConfig;
	/** The one secret that the process is given, over a channel that nobody else reads. */
	readonly secret: string | null;
	readonly ground: ListGround;
	/** Is told, in words, when a process ends by itself. */
	readonly onFault: (reason: string) => void;
	readonly now: () => number;
};

/** @throws TypeError for a configuration that names an action which can have no connector (G10) */
export function createConnectorProcess({ config, secret, ground, onFault, now }: ProcessWish): ConnectorProcess {
	// What it can do is told by the same code, without a secret: nothing is called through this one.
	const [shape] = createConnectors([config], () => null, EDGE, ground);
	if (shape === undefined) throw new TypeError(`connector \`${config.name}\` cannot be made`);
	const working = new Map<string, number>();
	const link = openLink({
		first: () => ({ op: 'start', config, secret, opener: sealOpener(), inventory: ground.inventory.data }),
		look: lookInto(config.name, ground, working),
		files: 'ca_file' in config && config.ca_file !== undefined ? [config.ca_file] : [],
		onFault: (why) => onFault(`connector ${config.name}: its process ended (${why})`),
		now,
	});
	const ask = async (question: object, step: string): Promise<unknown> => {
		working.set(step, (working.get(step) ?? 0) + 1);
		try {
			return await link.ask(question);
		} finally {
			const left = (working.get(step) ?? 1) - 1;
			if (left === 0) working.delete(step);
			else working.set(step, left);
		}
	};
	const plain = ({ params, ...request }: CallRequest): object => ({ ...request, params: { ...params } });
	return {
		name: shape.name,
		actions: shape.actions,
		isIdempotent: (action) => shape.isIdempotent(action),
		hasReadBack: (action) => shape.hasReadBack(action),
		async call(grant, request): Promise<CallResult> {
			try {
				const question = { op: 'call', grant: sealGrant(grant, config.name), request: plain(request) };
				const value = CallAnswer.safeParse(await ask(question, request.step));
				return value.success ? withoutUndefined(value.data) : { effect: 'unknown', detail: UNREADABLE, tries: 1 };
			} catch (fault) {
				return failedCall(fault);
			}
		},
		async readBack(grant, request): Promise<ReadBack> {
			try {
				const question = { op: 'readBack', grant: sealGrant(grant, config.name), request: plain(request) };
				const value = ReadAnswer.safeParse(await ask(question, request.step));
				return value.success ? value.data : { state: 'unknown', detail: UNREADABLE };
			} catch (fault) {
				return { state: 'unknown', detail: wordsOf(fault) };
			}
		},
		...(shape.probe === undefined
			? {}
			: {
					async probe(wish): Promise<readonly Probe[]> {
						const failed = (detail: string): Probe[] => [{ what: 'process', state: 'not', detail }];
						try {
							const value = ProbeAnswer.safeParse(await link.ask({ op: 'probe', wish }));
							return value.success ? value.data : failed(UNREADABLE);
						} catch (fault) {
							return failed(wordsOf(fault));
						}
					},
				}),
		pid: () => link.pid(),
		stop: () => link.stop(),
	};
}

/** Its own events and rules; and of incidents, that of the steps it works at. */
function lookInto(name: string, { reader }: ListGround, working: ReadonlyMap<string, number>): Look {
	return async (what, step) => {
		switch (what) {
			case 'events':
				return await reader.events(name);
			case 'rules':
				return (await reader.rules?.(name)) ?? [];
			case 'incidentOf':
				return working.has(step) ? { incident: await reader.incidentOf(step) } : null;
			default:
				return never(what);
		}
	};
}

function failedCall(fault: unknown): CallResult {
	if (fault instanceof Gone && fault.isSent) return { effect: 'unknown', detail: fault.message, tries: 1 };
	return { effect: 'not_done', detail: `no call: ${wordsOf(fault)}`, tries: 0 };
}

function wordsOf(fault: unknown): string {
	return fault instanceof Error ? fault.message : 'unknown fault';
}

function withoutUndefined({ told, record, ...rest }: ReturnType<typeof CallAnswer.parse>): CallResult {
	return { ...rest, ...(told === undefined ? {} : { told }), ...(record === undefined ? {} : { record }) };
}
