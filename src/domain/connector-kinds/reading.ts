// Configuration of the connectors that read what is stored, and of the one that has an installed sensor record: historian (PI Web API),
// version server (GitLab), log store (Elasticsearch, OpenSearch), packet capture (FortiNDR Cloud). No secret in it, only its name. What may be read is listed here and nowhere else:
// a step chooses among what stands in the file.
import { z } from 'zod';
import { HttpsUrl } from '../https-url.ts';

const NAME = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/);
const SECRET = { secret_env: z.string().optional(), secret_file: z.string().optional() };
/** An asset of the inventory, by its id. */
const ASSET = z.string().min(1).max(200);
const PLAIN = (max: number) =>
	z
		.string()
		.min(1)
		.max(max)
		// No control characters: the words go into messages, and paths into requests.
		.regex(/^[^\p{Cc}\p{Cf}]+$/u);
/** Things of one asset; more is for the system's own screens. */
const PER_ASSET_MAX = 12;
const ASSETS_MAX = 500;

const COMMON = {
	name: NAME,
	/** The server in the inventory: steps that read here have it as their target, so that the gate judges what is asked. */
	asset: ASSET,
	/** Readings within an hour, whatever asks for them: a storm of incidents must not become a storm of questions (rows R05 to R07). */
	per_hour: z.number().int().min(1).max(1_000).default(60),
	/** Private and loopback addresses are refused unless this says otherwise (SSRF). */
	allow_private: z.boolean().default(false),
	timeout_ms: z.number().int().min(100).max(60_000).default(10_000),
};

const isZone = (name: string): boolean => {
	try {
		new Intl.DateTimeFormat('en-GB', { timeZone: name });
		return true;
	} catch {
		return false;
	}
};

/** One tag of the historian. */
const Tag = z.strictObject({
	/** `\\server\point`, or `\\server\database\element|attribute`. */
	path: PLAIN(400).refine((path) => /^\\\\[^\\]+\\[^\\]/.test(path), {
		error: 'a path of PI is needed: `\\\\server\\point` or `\\\\server\\database\\element|attribute`',
	}),
	/** What people call it; left out, the last part of the path. */
	words: PLAIN(80).optional(),
	/** From and to, in the tag's unit: what lies outside is pointed out. */
	usual: z
		.tuple([z.number(), z.number()])
		.refine(([from, to]) => from < to, { error: 'the first must be less than the second' })
		.optional(),
});
export type HistorianTag = z.infer<typeof Tag>;

/** A PI System, through PI Web API: values of listed tags around an incident. */
export const PiWebApiConfig = z.strictObject({
	...COMMON,
	kind: z.literal('pi-web-api'),
	/** `https://pi.plant.example/piwebapi`. */
	base_url: HttpsUrl,
	auth: z.discriminatedUnion('type', [
		z.strictObject({ type: z.literal('basic'), user: z.string().regex(/^[^:\p{Cc}]{1,200}$/u), ...SECRET }),
		z.strictObject({ type: z.literal('bearer'), ...SECRET }),
	]),
	/** The asset of the inventory that values are about -> its tags. What is not listed is never read. */
	tags: z
		.record(ASSET, z.array(Tag).min(1).max(PER_ASSET_MAX))
		.refine((tags) => Object.keys(tags).length <= ASSETS_MAX, { error: `at most ${ASSETS_MAX} assets` }),
	/** The window around the incident's first alert. */
	minutes_before: z.number().int().min(1).max(720).default(60),
	minutes_after: z.number().int().min(1).max(720).default(60),
	/** In which times are shown to people; in the record they are UTC. */
	time_zone: z.string().max(60).refine(isZone, { error: 'a time zone such as Europe/Berlin is needed' }).default('UTC'),
});
export type PiWebApiConfig = z.infer<typeof PiWebApiConfig>;

const GitPath = PLAIN(400).refine((path) => !path.startsWith('/') && !path.split('/').includes('..'), {
	error: 'a path inside the project is needed',
});

/** Programs and configurations of controllers that are kept in GitLab. */
export const GitLabConfig = z.strictObject({
	...COMMON,
	kind: z.literal('gitlab'),
	/** `https://git.plant.example`. */
	base_url: HttpsUrl,
	auth: z.strictObject({ type: z.literal('token'), ...SECRET }),
	/** The asset of the inventory -> where its programs are kept. What is not listed is never read. */
	programs: z
		.record(
			ASSET,
			z
				.array(
					z.strictObject({
						/** `plant/mixing`, or the project's number. */
						project: z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9_./-]{0,254}$/),
						path: GitPath,
						branch: z
							.string()
							.regex(/^[A-Za-z0-9_][A-Za-z0-9_./-]{0,199}$/)
							.default('main'),
					}),
				)
				.min(1)
				.max(PER_ASSET_MAX),
		)
		.refine((programs) => Object.keys(programs).length <= ASSETS_MAX, { error: `at most ${ASSETS_MAX} assets` }),
	time_zone: z.string().max(60).refine(isZone, { error: 'a time zone such as Europe/Berlin is needed' }).default('UTC'),
});
export type GitLabConfig = z.infer<typeof GitLabConfig>;

const Field = z.string().regex(/^[A-Za-z_@][A-Za-z0-9_.@-]{0,120}$/);

/** One search that the site has written. `{ip}` and `{name}` stand for an address and the host name of the asset it is about. */
const Search = z.strictObject({
	/** What people call it: `Firewall between IT and OT`. */
	words: PLAIN(80),
	/** An index, an alias, or a pattern. */
	index: z
		.string()
		.regex(/^[a-z0-9.][a-z0-9._*,-]{0,199}$/)
		.refine((index) => !/^\.{1,2}$/.test(index), { error: 'the name of an index is needed' }),
	/** In the query language of Lucene. */
	q: PLAIN(800).refine((text) => (text.match(/\{(?:ip|name)\}/g) ?? []).length > 0, {
		error: '`{ip}` or `{name}` is needed: a search is about one asset',
	}),
	/** The field with the time of an entry. */
	time: Field.default('@timestamp'),
	/** What of an entry people see. */
	fields: z.array(Field).min(1).max(10),
});
export type LogSearch = z.infer<typeof Search>;

/** A log store: Elasticsearch, OpenSearch and what is built on them. */
export const ElasticsearchConfig = z.strictObject({
	...COMMON,
	kind: z.literal('elasticsearch'),
	base_url: HttpsUrl,
	auth: z.discriminatedUnion('type', [
		z.strictObject({ type: z.literal('api_key'), ...SECRET }),
		z.strictObject({ type: z.literal('basic'), user: z.string().regex(/^[^:\p{Cc}]{1,200}$/u), ...SECRET }),
	]),
	searches: z.array(Search).min(1).max(6),
	minutes_before: z.number().int().min(1).max(1_440).default(60),
	minutes_after: z.number().int().min(1).max(1_440).default(60),
	time_zone: z.string().max(60).refine(isZone, { error: 'a time zone such as Europe/Berlin is needed' }).default('UTC'),
});
export type ElasticsearchConfig = z.infer<typeof ElasticsearchConfig>;

/** Captures on sensors of FortiNDR Cloud that listen already: by a task that has an end of its own. */
export const FortiNdrCloudConfig = z.strictObject({
	name: NAME,
	kind: z.literal('fortindr-cloud'),
	/** The sensor service of the region. */
	base_url: HttpsUrl.default('https://sensor.icebrg.io'),
	auth: z.strictObject({ type: z.literal('token'), ...SECRET }),
	account_uuid: z.guid(),
	/** The zone of the inventory -> the sensors that listen there, on a mirror port or tap. No zone, no capture. */
	sensors: z
		.record(
			z.string().min(1).max(200),
			z
				.array(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,60}$/))
				.min(1)
				.max(20),
		)
		.refine((zones) => Object.keys(zones).length <= 200, { error: 'at most 200 zones' }),
	/**
	 * That what a sensor keeps of captures is limited on the sensor, so that no capture fills it. Has to be written: the interface has no
	 * such limit, and nobody but the site can look.
	 */
	disk_capped: z.literal(true),
	/** No capture is longer, whatever a step says. */
	minutes_max: z.number().int().min(1).max(240).default(120),
	/** Captures of this program that may run at the same time. */
	running_max: z.number().int().min(1).max(20).default(4),
	allow_private: z.boolean().default(false),
	timeout_ms: z.number().int().min(100).max(60_000).default(10_000),
});
export type FortiNdrCloudConfig = z.infer<typeof FortiNdrCloudConfig>;
