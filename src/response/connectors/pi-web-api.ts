// The historian: a PI System through PI Web API. Values that are recorded already, of tags that the configuration lists for an asset, in a
// window around the incident. NOT here: what they come to in words (historian-values.ts), and grant and login (reading-connector.ts).
import { z } from 'zod';
import type { HistorianTag, PiWebApiConfig } from '../../domain/connector-kinds/reading.ts';
import type { Inventory } from '../../domain/inventory.ts';
import { err, ok, type Result } from '../../domain/result.ts';
import { fromIso, type Instant, MINUTE, toIso } from '../../domain/time.ts';
import type { CallRequest, Connector, Probe, ProbeWish } from './connector.ts';
import type { HttpEdge } from './generic-http.ts';
import { clockOf, dayOf, lineOf, recordOf, type Sample, type TagReading } from './historian-values.ts';
import { Stopped } from './http-session.ts';
import { createReadingConnector, quoted, type Reading } from './reading-connector.ts';
import { openReading, type ReadingSession } from './reading-session.ts';

/** Values of one tag in one window; what is more makes the newest ones count. Keeps an answer below 64 KiB. */
const VALUES_MAX = 300;

/** PI Web API writes times in UTC with seven decimals. A time without a zone says nothing. */
const Time = z
	.string()
	.max(40)
	.regex(/(?:Z|[+-]\d\d:\d\d)$/)
	.transform((text) => fromIso(text) ?? Number.NaN)
	.refine((at) => Number.isFinite(at));
const Value = z.object({
	Timestamp: Time,
	Value: z.unknown(),
	// A value of which the historian does not say that it is good is none to rely on.
	Good: z.boolean().default(false),
	Questionable: z.boolean().default(false),
	UnitsAbbreviation: z.string().max(200).optional(),
	Errors: z.array(z.unknown()).nullish(),
});
const Recorded = z.object({ Items: z.array(Value).max(VALUES_MAX), UnitsAbbreviation: z.string().max(200).optional() });
const Found = z.object({
	WebId: z.string().regex(/^[A-Za-z0-9_-]{1,400}$/),
	Name: z.string().max(400),
	Path: z.string().max(1_000),
	EngineeringUnits: z.string().max(200).optional(),
	DefaultUnitsNameAbbreviation: z.string().max(200).optional(),
});

/** @param secret the password, or the token: it appears in no result and no error */
export function createPiWebApi(
	config: PiWebApiConfig,
	secret: string | null,
	inventory: Inventory,
	edge: HttpEdge,
): Connector {
	const authorization = login(config.auth, secret ?? '');
	const open = (): ReadingSession =>
		openReading({
			...{ baseUrl: config.base_url, timeoutMs: config.timeout_ms, allowPrivate: config.allow_private, edge },
			headers: { authorization },
		});
	return createReadingConnector({
		hidden: [authorization.slice(authorization.indexOf(' ') + 1)],
		...{
			name: config.name,
			action: 'query_historian',
			asset: config.asset,
			perHour: config.per_hour,
			secret,
			inventory,
			edge,
			open,
		},
		read: async (session, request, now) => await read(config, inventory, session, request, now),
		probe: async (session, wish) => await probe(config, inventory, session, wish),
	});
}

function login(auth: PiWebApiConfig['auth'], secret: string): string {
	return auth.type === 'bearer'
		? `Bearer ${secret}`
		: `Basic ${Buffer.from(`${auth.user}:${secret}`, 'utf8').toString('base64')}`;
}

/** The tags of an asset, by the id under which they are listed; null where none are. */
function tagsOf(config: PiWebApiConfig, inventory: Inventory, about: string): readonly HistorianTag[] | null {
	const id = inventory.find(about)?.id ?? about;
	return Object.hasOwn(config.tags, id) ? (config.tags[id] ?? null) : null;
}

type Window = { readonly from: Instant; readonly to: Instant; readonly around: Instant };

/** Around the moment that the step names, never into the future; around now where it names none. */
function windowOf(config: PiWebApiConfig, request: CallRequest, now: Instant): Result<Window, string> {
	const named = request.params['around'];
	const around = named === undefined ? now : fromIso(String(named));
	if (around === null) return err(`${quoted(named)} is no time`);
	const from = around - config.minutes_before * MINUTE;
	const to = Math.min(now, around + config.minutes_after * MINUTE);
	return from < to ? ok({ from, to, around }) : err('the time that it names is not over yet');
}

async function read(
	config: PiWebApiConfig,
	inventory: Inventory,
	session: ReadingSession,
	request: CallRequest,
	now: Instant,
): Promise<Result<Reading, string>> {
	const about = String(request.params['about'] ?? '');
	const tags = tagsOf(config, inventory, about);
	if (tags === null) return err(`no tags are listed for ${quoted(about)}: nothing else is read`);
	const window = windowOf(config, request, now);
	if (!window.ok) return window;
	const { from, to, around } = window.value;
	const clock = clockOf(config.time_zone, from);
	const readings: TagReading[] = [];
	const missed: string[] = [];
	// One after the other: a historian serves the plant first.
	for (const tag of tags) {
		try {
			readings.push(await readTag(session, tag, from, to));
		} catch (cause) {
			if (!(cause instanceof Stopped)) throw cause;
			// Where the historian itself is in trouble the other tags would only be more of it.
			if (cause.isTrouble && readings.length === 0) throw cause;
			missed.push(`${quoted(wordsOf(tag), 80)} was not read: ${cause.message}.`);
			if (cause.isTrouble) break;
		}
	}
	if (readings.length === 0) return err(missed.join(' '));
	const untried = tags.length - readings.length - missed.length;
	if (untried > 0) missed.push(`${untried} more were not asked for.`);
	return ok({
		lines: [
			`Historian \`${config.asset}\`, values of ${quoted(about)} from ${clock(from)} to ${clock(to)} (${dayOf(config.time_zone, from)}). Recorded values only; nothing was asked of a controller.`,
			...readings.map((tag) => lineOf(tag, clock)),
			...missed,
		],
		record: {
			...{ about: about.slice(0, 200), from: toIso(from), to: toIso(to), around: toIso(around) },
			...{ tags: readings.map(recordOf), not_read: tags.length - readings.length },
		},
	});
}

/** @throws Stopped where the tag cannot be found or read */
async function readTag(session: ReadingSession, tag: HistorianTag, from: Instant, to: Instant): Promise<TagReading> {
	const found = await findTag(session, tag);
	const stream = `/streams/${found.WebId}`;
	const [startTime, endTime] = [toIso(from), toIso(to)];
	// From the end backwards: if there are more than fit, the newest are read.
	const values = parsed(
		Recorded,
		await session.get(`${stream}/recorded`, {
			...{ startTime: endTime, endTime: startTime, boundaryType: 'Inside', maxCount: String(VALUES_MAX) },
			selectedFields: FIELDS.map((field) => `Items.${field}`).join(';'),
		}),
	);
	const samples = values.Items.map(sampleOf)
		.filter((sample) => sample.at >= from && sample.at <= to)
		.toSorted((a, b) => a.at - b.at);
	const before = samples.length === 0 ? await lastBefore(session, stream, startTime) : null;
	return {
		...{ words: wordsOf(tag), path: tag.path, usual: tag.usual ?? null, samples, before },
		unit: found.EngineeringUnits ?? found.DefaultUnitsNameAbbreviation ?? values.Items[0]?.UnitsAbbreviation ?? '',
		isCut: values.Items.length >= VALUES_MAX,
	};
}

const FIELDS = ['Timestamp', 'Value', 'Good', 'Questionable', 'UnitsAbbreviation', 'Errors'] as const;

async function lastBefore(session: ReadingSession, stream: string, time: string): Promise<Sample | null> {
	const body = await session.get(`${stream}/recordedattime`, {
		...{ time, retrievalMode: 'AtOrBefore', selectedFields: FIELDS.join(';') },
	});
	const value = body === null ? null : Value.safeParse(body);
	// A historian that has nothing before answers with an error of one kind or another.
	return value?.success === true && value.data.Errors == null ? sampleOf(value.data) : null;
}

/** The one tag of this path. What was found must have the name that was asked for. */
async function findTag(session: ReadingSession, tag: HistorianTag): Promise<z.infer<typeof Found>> {
	const isAttribute = tag.path.includes('|');
	const unit = isAttribute ? 'DefaultUnitsNameAbbreviation' : 'EngineeringUnits';
	const body = await session.get(isAttribute ? '/attributes' : '/points', {
		...{ path: tag.path, selectedFields: `WebId;Name;Path;${unit}` },
	});
	if (body === null) throw new Stopped('the historian has no such tag, or this login may not see it', false);
	const found = parsed(Found, body);
	if (found.Name.toLowerCase() !== lastPart(tag.path).toLowerCase())
		throw new Stopped(`the historian answered with another tag: ${quoted(found.Name)}`, false);
	return found;
}

function lastPart(path: string): string {
	return path.slice(Math.max(path.lastIndexOf('\\'), path.lastIndexOf('|')) + 1);
}

function wordsOf(tag: HistorianTag): string {
	return tag.words ?? lastPart(tag.path);
}

/** Numbers, the names of states, texts and yes or no; everything else is only said to be an error. */
function sampleOf(value: z.infer<typeof Value>): Sample {
	const isGood = value.Good && value.Errors == null;
	return { at: value.Timestamp, value: plainValue(value.Value), isGood, isQuestionable: value.Questionable };
}

function plainValue(value: unknown): number | string | null {
	if (typeof value === 'number') return Number.isFinite(value) ? value : null;
	if (typeof value === 'string') return value.slice(0, 200);
	if (typeof value === 'boolean') return String(value);
	const state = z.object({ Name: z.string() }).safeParse(value);
	return state.success ? state.data.Name.slice(0, 200) : null;
}

function parsed<Shape extends z.ZodType>(shape: Shape, body: unknown): z.infer<Shape> {
	const read = shape.safeParse(body);
	if (!read.success) throw new Stopped('the answer is none of PI Web API');
	return read.data;
}

/** Reach and login, then each tag of the asset that is named: whether it is there. No value is read. */
async function probe(
	config: PiWebApiConfig,
	inventory: Inventory,
	session: ReadingSession,
	wish: ProbeWish,
): Promise<readonly Probe[]> {
	const what = 'reach and login';
	const home = z.object({ Links: z.object({ Self: z.string() }) }).safeParse(await session.get('/'));
	if (!home.success) return [{ what, state: 'not', detail: 'the answer is none of PI Web API' }];
	const found: Probe[] = [
		{ what, state: 'well', detail: 'PI Web API answered' },
		{
			what: 'rights',
			state: 'open',
			detail: 'that the login may only read shows in PI: only GET is ever sent from here',
		},
	];
	if (wish.target === null) return found;
	const tags = tagsOf(config, inventory, wish.target);
	if (tags === null) return [...found, { what: wish.target, state: 'not', detail: 'no tags are listed for it' }];
	for (const tag of tags) {
		const state = await findTag(session, tag).then(
			() => ({ state: 'well', detail: 'is there' }) as const,
			(cause) => {
				if (!(cause instanceof Stopped)) throw cause;
				return { state: 'not', detail: cause.message } as const;
			},
		);
		found.push({ what: wordsOf(tag), ...state });
	}
	return found;
}
