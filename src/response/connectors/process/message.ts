// What goes between the program and the process of one connector. Both sides read what the other sends by these schemas, with bounds:
// a process that was taken over can lie about its own system and do nothing else.
import { z } from 'zod';

const DETAIL_MAX = 4_000;
/** Characters of a record as JSON, and how deep it may be: it goes into the ledger as it is. */
const RECORD_MAX = 1_000_000;
const RECORD_DEPTH_MAX = 20;

const Sealed = z.strictObject({ text: z.string().max(100_000), seal: z.string().max(200) });
const Request = z.strictObject({
	step: z.string(),
	action: z.string(),
	target: z.string().nullable(),
	targets: z.array(z.string()),
	params: z.record(z.string(), z.unknown()),
	since: z.number().optional(),
});

/** The first message: everything that the process ever learns. */
export const Start = z.strictObject({
	op: z.literal('start'),
	/** A ConnectorConfig as the program has checked it: it comes from the program and is not checked again. */
	config: z.unknown(),
	secret: z.string().nullable(),
	/** Opens the grants that the gate seals for this connector (safety/grant.ts). */
	opener: z.string(),
	/** The inventory's data, as indexInventory takes it. */
	inventory: z.unknown(),
});

export const Question = z.discriminatedUnion('op', [
	z.strictObject({ op: z.literal('call'), id: z.number().int(), grant: Sealed, request: Request }),
	z.strictObject({ op: z.literal('readBack'), id: z.number().int(), grant: Sealed, request: Request }),
	z.strictObject({
		op: z.literal('probe'),
		id: z.number().int(),
		wish: z.strictObject({
			account: z.string().nullable(),
			target: z.string().nullable(),
			indicator: z.string().nullish(),
		}),
	}),
]);

/** What is left of a question that is none: enough to say so. */
export const QuestionName = z.object({ op: z.enum(['call', 'readBack', 'probe']), id: z.number().int() });

/** What the program answers to a look; null for one that it does not allow, or could not take. */
export const Seen = z.strictObject({ op: z.literal('seen'), id: z.number().int(), value: z.unknown() });

/** What a connector may read of the ledger while it works: its own events and rules, and the incident of the step that it works at. */
export const LOOKS = ['events', 'rules', 'incidentOf'] as const;

const State = z.enum(['done', 'not_done', 'unknown']);
const Detail = z.string().max(DETAIL_MAX);

/** Asked before anything walks through a value to its floor: one that has none in reach would end that walk with a fault. */
function isShallow(value: unknown, left = RECORD_DEPTH_MAX): boolean {
	if (typeof value !== 'object' || value === null) return true;
	return left > 0 && Object.values(value).every((inner) => isShallow(inner, left - 1));
}

const Record = z
	.unknown()
	.refine(
		(value) => isShallow(value) && JSON.stringify(value).length <= RECORD_MAX,
		'is larger or deeper than any record',
	)
	.pipe(z.record(z.string().max(200), z.json()));

export const CallAnswer = z.strictObject({
	effect: State,
	detail: Detail,
	tries: z.number().int().min(0).max(1_000),
	told: z.array(z.string().max(3_000)).max(100).optional(),
	record: Record.optional(),
});
export const ReadAnswer = z.strictObject({ state: State, detail: Detail });
export const ProbeAnswer = z
	.array(z.strictObject({ what: z.string().max(500), state: z.enum(['well', 'not', 'open']), detail: Detail }))
	.max(200);

/** `ready` once, then one answer for each question, and looks in between. */
export const Reply = z.discriminatedUnion('op', [
	z.strictObject({ op: z.literal('ready') }),
	z.strictObject({ op: z.literal('answer'), id: z.number().int(), value: z.unknown() }),
	z.strictObject({ op: z.literal('look'), id: z.number().int(), name: z.enum(LOOKS), step: z.string().max(200) }),
	z.strictObject({ op: z.literal('fault'), id: z.number().int(), reason: z.string().max(1_000) }),
]);
