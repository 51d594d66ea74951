// What the table of faults and the crash run need of a kind of connector: a stand-in of its system, one step that changes something there,
// what the system really has afterwards, and a way to break it at the change or at a look.
import type { InventoryData } from '../../../src/domain/asset.ts';
import type { ListReader } from '../../../src/response/connectors/block-list.ts';
import type { VendorRequest, VendorResponse, VendorServer } from '../vendors/server.ts';
import { READING_INVENTORY } from './reading-grant.ts';

/** The faults that every connector has to stand; `dropped-after` is a timeout in a hurry. */
export const FAULTS = [
	'429',
	'500',
	'500-after',
	'timeout-after',
	'dropped-after',
	'malformed',
	'malformed-after',
] as const;
export type Fault = (typeof FAULTS)[number];
/** Where it strikes: the request that changes something, or every other. */
export type Place = 'change' | 'look';

/** One step, as a playbook would have it. */
export type KindTask = {
	readonly action: string;
	/** The asset of the incident; the step's target where it is `primary`. */
	readonly asset: string;
	readonly target: 'primary' | 'none';
	readonly params: Readonly<Record<string, unknown>>;
	/** What people have to have said: name, subject (`step` stands for the step's id), value. */
	readonly facts: readonly (readonly [string, string, string | boolean])[];
	/** For containments: `8h`. */
	readonly containmentFor?: string;
};

export type KindWorld = {
	/** As in `interlock.yaml`; the name is `it`. */
	readonly config: Readonly<Record<string, unknown>>;
	readonly secret: string | null;
	/** Everything that may never show, beside `secret`. */
	readonly task: KindTask;
	/** What a firewall would have fetched, where that counts. */
	readonly reader?: Partial<ListReader>;
	/** False for a connector that only reads. */
	readonly isWriting: boolean;
	/** True where the system's answers are not known here, so that any 2xx to a change is its yes. */
	readonly takesAnyYes?: boolean;
	/** How often the world was changed. */
	effects(): number;
	/** Whether the world is as the step wants it. */
	isSo(): boolean;
	/** Breaks the next `times` requests at this place; null ends it. */
	spoil(fault: Fault, place: Place, times: number): void;
	heal(): void;
	/** How many requests the system heard. */
	heard(): number;
	/** Runs `die` at this request, after the system has done its part or before; nothing is answered then. */
	dieAt(count: number, isAfter: boolean, die: () => void): void;
	/** The keys of `config` that say where the system is, for another that nobody vouches for. */
	readonly urls: readonly string[];
	close(): Promise<void>;
};

/** The plant of these tests, confirmed an hour before this moment. */
export const plantAt = (now: number): InventoryData => ({ ...READING_INVENTORY.data, confirmedAt: now - 3_600_000 });

/** Whether a request changes something. */
type IsChange = (request: VendorRequest) => boolean;

/** The parts of a world that are the same for every system over HTTP. */
export function overHttp(
	server: VendorServer,
	isChange: IsChange,
): Pick<KindWorld, 'spoil' | 'heal' | 'heard' | 'dieAt' | 'close'> {
	return {
		spoil(fault, place, times) {
			let left = times;
			server.spoil = (request, proceed) => {
				const isThere = isChange(request) === (place === 'change');
				return isThere && left-- > 0 ? spoiled(fault, request, proceed) : proceed();
			};
		},
		heal: () => {
			server.spoil = null;
		},
		heard: () => server.requests.length,
		dieAt(count, isAfter, die) {
			let left = count;
			server.spoil = (_request, proceed) => {
				if (--left !== 0) return proceed();
				server.spoil = null;
				if (isAfter) proceed();
				die();
				return 'hang';
			};
		},
		close: () => server.close(),
	};
}

function spoiled(
	fault: Fault,
	request: VendorRequest,
	proceed: () => VendorResponse,
): VendorResponse | 'hang' | 'drop' {
	// A system that says back what it heard must not make the program say a secret.
	const echo = `${JSON.stringify(request.headers)} ${request.body}`;
	if (fault.endsWith('-after')) proceed();
	switch (fault) {
		case '429':
			return { status: 429, headers: { 'retry-after': '1' }, body: echo };
		case '500':
		case '500-after':
			return { status: 500, headers: {}, body: echo };
		case 'timeout-after':
			return 'hang';
		case 'dropped-after':
			return 'drop';
		case 'malformed':
		case 'malformed-after':
			return { status: 200, headers: { 'content-type': 'application/json' }, body: `{"oops": ${echo}` };
	}
}
