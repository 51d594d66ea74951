// The floor: node:http and postgres.js parse, hash and insert the same rows as the door (alert, ledger entry, outbox row) into the
// same schema on the same embedded PostgreSQL. It commits whatever gathered while the last commit was under way, two commits in
// flight, no timer. It understands nothing, folds nothing and checks nothing: what is left is the price of being on disk.
// The port goes out by IPC.
import { createHash, randomBytes } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import postgres from 'postgres';
import { startEmbedded } from '../../src/store/embedded.ts';
import { migrateDatabase } from '../../src/store/migrate.ts';

type Sent = {
	labels: Record<string, string>;
	annotations: Record<string, string>;
	startsAt: string;
	generatorURL: string;
};
type Row = {
	id: string;
	fingerprint: string;
	title: string;
	description: string;
	severity: string;
	at: number;
	now: number;
	entities: object[];
	labels: Record<string, string>;
	raw: string;
	entry: string;
	canonical: string;
	leaf: string;
};

const COMMITS_IN_FLIGHT = 2;
const ROWS_MAX = 2_000;

const folder = process.argv[2] ?? '';
const embedded = await startEmbedded(folder, 'own');
await migrateDatabase(embedded.migrateUrl, embedded.runUrl);
const sql = postgres(embedded.runUrl, { max: COMMITS_IN_FLIGHT, onnotice: () => undefined });

/** One statement, so one round trip and one transaction. */
const INSERT = `
WITH r AS (
	SELECT * FROM json_to_recordset($1::text::json) AS r(id text, fingerprint text, title text, description text, severity text, at bigint,
		now bigint, entities jsonb, labels jsonb, raw text, entry text, canonical text, leaf text)
), a AS (
	INSERT INTO alerts (id, source, source_kind, fingerprint, external_id, status, title, description, severity, severity_raw, kind, domain,
		time_basis, occurred_at, received_at, first_seen, last_seen, closed_at, repeats, entities, techniques, labels, raw, turns, flapping)
	SELECT id, 'floor', 'floor', fingerprint, NULL, 'open', title, description, severity, severity, 'availability', NULL,
		'event', at, now, at, at, NULL, 1, entities, '[]', labels, raw, jsonb_build_array(jsonb_build_array(at, 1)), false FROM r
), e AS (
	INSERT INTO ledger_entries (id, kind, at, actor_kind, actor_id, incident, canonical, leaf)
	SELECT entry, 'alert.stored', at, 'source', 'floor', NULL, canonical, decode(leaf, 'hex') FROM r
)
INSERT INTO outbox (topic, key, data, due_at) SELECT 'triage', id, '{}', now FROM r`;

type Waiting = { readonly rows: readonly Row[]; readonly response: ServerResponse };
let waiting: Waiting[] = [];
let inFlight = 0;

function next(): void {
	while (inFlight < COMMITS_IN_FLIGHT && waiting.length > 0) {
		let size = 0;
		let n = 0;
		while (n < waiting.length && (n === 0 || size + waiting[n]!.rows.length <= ROWS_MAX))
			size += waiting[n++]!.rows.length;
		const batch = waiting.slice(0, n);
		waiting = waiting.slice(n);
		inFlight++;
		sql
			.unsafe(INSERT, [JSON.stringify(batch.flatMap((one) => one.rows))], { prepare: true })
			.then(
				() => {
					for (const { rows, response } of batch)
						answer(response, 202, {
							alerts: rows.map(({ id, fingerprint }) => ({ id, fingerprint, status: 'stored' })),
						});
				},
				(error: unknown) => {
					console.error(`floor: ${String(error)}`);
					for (const { response } of batch) answer(response, 503, { error: 'not_stored' });
				},
			)
			.finally(() => {
				inFlight--;
				next();
			});
	}
}

function answer(response: ServerResponse, status: number, body: object): void {
	const bytes = Buffer.from(JSON.stringify(body));
	response.writeHead(status, { 'content-type': 'application/json', 'content-length': bytes.length });
	response.end(bytes);
}

function hex(text: string): string {
	return createHash('sha256').update(text).digest('hex');
}

let pool = Buffer.alloc(0);
let used = 0;
function makeId(prefix: string): string {
	if (used + 12 > pool.length) {
		pool = randomBytes(12 * 256);
		used = 0;
	}
	used += 12;
	return `${prefix}_${pool.toString('hex', used - 12, used)}`;
}

function rowOf(alert: Sent, now: number): Row {
	const { labels, annotations } = alert;
	const raw = JSON.stringify(alert);
	const fingerprint = hex(Object.entries(labels).sort().join()).slice(0, 32);
	const [id, entry] = [makeId('alr'), makeId('ent')];
	const at = Date.parse(alert.startsAt);
	const canonical = JSON.stringify({
		actor: { id: 'floor', kind: 'source' },
		at: alert.startsAt,
		data: { fingerprint, kind: 'availability', raw_sha256: hex(raw), repeats: 0, severity: 'medium', source: 'floor' },
		id: entry,
		incident: null,
		kind: 'alert.stored',
		recorded_at: new Date(now).toISOString(),
		refs: [id],
		v: 1,
	});
	return {
		id,
		fingerprint,
		title: annotations['summary'] ?? '',
		description: annotations['description'] ?? '',
		severity: 'medium',
		at,
		now,
		entities: [
			{ type: 'host', value: (labels['instance'] ?? '').split(':')[0], role: 'target' },
			{ type: 'url', value: alert.generatorURL, role: 'observer' },
			{ type: 'url', value: annotations['runbook_url'], role: 'related' },
		],
		labels,
		raw,
		entry,
		canonical,
		leaf: hex(`\u0000${canonical}`),
	};
}

const server = createServer((request, response) => {
	const parts: Buffer[] = [];
	request.on('data', (chunk: Buffer) => parts.push(chunk));
	request.on('end', () => {
		const now = Date.now();
		const alerts = JSON.parse(Buffer.concat(parts).toString('utf8')) as Sent[];
		waiting.push({ rows: alerts.map((alert) => rowOf(alert, now)), response });
		next();
	});
});
server.listen(0, '127.0.0.1', () => {
	const address = server.address();
	process.send?.({ port: typeof address === 'object' && address !== null ? address.port : 0 });
});
process.on('disconnect', () => {
	sql
		.end({ timeout: 2 })
		.then(() => embedded.stop())
		.finally(() => process.exit(0));
});
