// What a person who runs Interlock watches, at /metrics (Prometheus text). Names begin with `interlock_`.
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

export type Metrics = {
	answered(source: string, status: number, ms: number): void;
	refused(source: string): void;
	fault(where: string): void;
	chat(name: string, labels: Readonly<Record<string, string>>): void;
	/** Messages and connections of a syslog listener: received, cut, unrouted, dropped; connected, closed, refused. */
	syslog(what: string, listener: string, times: number): void;
	/** What became of a question to the language model. */
	adviser(what: string): void;
	/** What became of a try to send a page outside Slack: sent, later, refused, dropped. */
	page(pager: string, result: string): void;
	/** Asked for at each scrape. */
	onScrape(read: () => Promise<Scrape>): void;
	text(): Promise<string>;
};

export type Scrape = {
	readonly outbox: readonly { readonly topic: string; readonly waiting: number; readonly parked: number }[];
	readonly gathered: number;
	/** Bytes that wait, by syslog listener. */
	readonly syslog?: readonly (readonly [listener: string, bytes: number])[];
	readonly sealed: number;
	/** Lists that firewalls fetch: entries, and when one was fetched last. */
	readonly lists?: readonly { readonly list: string; readonly entries: number; readonly fetchedAt: number | null }[];
	/** Null where no model is configured. */
	readonly adviser?: {
		readonly tokensHour: number;
		readonly tokensPerHour: number;
		readonly moneyHour: number;
		readonly templateHits: number;
		readonly templateMisses: number;
	} | null;
};

export function createMetrics(): Metrics {
	const registry = new Registry();
	collectDefaultMetrics({ register: registry, prefix: 'interlock_' });
	const registers = [registry];
	const answers = new Counter({
		name: 'interlock_deliveries_total',
		help: 'Deliveries answered at the door',
		labelNames: ['status'],
		registers,
	});
	const seconds = new Histogram({
		name: 'interlock_delivery_seconds',
		help: 'Time from request to answer',
		buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5],
		registers,
	});
	const refusals = new Counter({
		name: 'interlock_credentials_refused_total',
		help: 'Deliveries with a wrong credential',
		labelNames: ['source'],
		registers,
	});
	const faults = new Counter({
		name: 'interlock_faults_total',
		help: 'Faults of the program or of what it depends on',
		labelNames: ['where'],
		registers,
	});
	const slack = new Counter({
		name: 'interlock_slack_total',
		help: 'Calls to Slack by outcome',
		labelNames: ['what', 'outcome'],
		registers,
	});
	const pages = new Counter({
		name: 'interlock_pages_total',
		help: 'Tries to send a page outside Slack, by what became of them: sent, later (tried again), refused, dropped',
		labelNames: ['pager', 'result'],
		registers,
	});
	const outbox = outboxMetrics(registers);
	const gathered = new Gauge({ name: 'interlock_intake_gathered', help: 'Messages that wait for a commit', registers });
	const sealed = new Gauge({
		name: 'interlock_ledger_sealed',
		help: 'Ledger entries with a place in the tree',
		registers,
	});
	const { syslog, buffered } = syslogMetrics(registers);
	const adviser = adviserMetrics(registers);
	const lists = listMetrics(registers);
	let read: (() => Promise<Scrape>) | null = null;
	return {
		answered(_source, status, ms) {
			answers.inc({ status: String(status) });
			seconds.observe(ms / 1000);
		},
		refused: (source) => refusals.inc({ source }),
		fault: (where) => faults.inc({ where: where.split(':')[0]?.slice(0, 60) ?? 'unknown' }),
		chat: (name, labels) => slack.inc({ what: name, outcome: Object.values(labels).join(' ').slice(0, 60) }),
		syslog: (what, listener, times) => syslog.inc({ listener, what }, times),
		adviser: (what) => adviser.questions.inc({ what }),
		page: (pager, result) => pages.inc({ pager, result }),
		onScrape: (reader) => {
			read = reader;
		},
		async text() {
			if (read !== null) {
				const now = await read();
				outbox.set(now.outbox);
				gathered.set(now.gathered);
				sealed.set(now.sealed);
				for (const [listener, bytes] of now.syslog ?? []) buffered.set({ listener }, bytes);
				lists.set(now.lists ?? []);
				adviser.set(now.adviser ?? null);
			}
			return registry.metrics();
		},
	};
}

function outboxMetrics(registers: Registry[]) {
	const waiting = new Gauge({
		name: 'interlock_outbox_waiting',
		help: 'Topics that wait',
		labelNames: ['topic'],
		registers,
	});
	const parked = new Gauge({
		name: 'interlock_outbox_parked',
		help: 'Topics given up after repeated failure: look at them',
		labelNames: ['topic'],
		registers,
	});
	return {
		set(rows: Scrape['outbox']) {
			waiting.reset();
			parked.reset();
			for (const row of rows) {
				waiting.set({ topic: row.topic }, row.waiting);
				parked.set({ topic: row.topic }, row.parked);
			}
		},
	};
}

function syslogMetrics(registers: Registry[]): { syslog: Counter; buffered: Gauge } {
	const syslog = new Counter({
		name: 'interlock_syslog_total',
		help: 'Syslog messages (received, cut, unrouted, dropped) and connections (connected, closed, refused)',
		labelNames: ['listener', 'what'],
		registers,
	});
	const buffered = new Gauge({
		name: 'interlock_syslog_buffered_bytes',
		help: 'Bytes of syslog messages that wait for a commit',
		labelNames: ['listener'],
		registers,
	});
	return { syslog, buffered };
}

function listMetrics(registers: Registry[]) {
	const entries = new Gauge({
		name: 'interlock_blocklist_entries',
		help: 'Entries of a list as firewalls fetched it last',
		labelNames: ['list'],
		registers,
	});
	const fetched = new Gauge({
		name: 'interlock_blocklist_fetched_timestamp_seconds',
		help: 'When a firewall fetched the list last from this process',
		labelNames: ['list'],
		registers,
	});
	return {
		set(now: NonNullable<Scrape['lists']>) {
			for (const { list, entries: count, fetchedAt } of now) {
				if (fetchedAt === null) continue;
				entries.set({ list }, count);
				fetched.set({ list }, fetchedAt / 1_000);
			}
		},
	};
}

function adviserMetrics(registers: Registry[]) {
	const questions = new Counter({
		name: 'interlock_adviser_questions_total',
		help: 'Questions to the language model by what became of them; remembered ones cost no call',
		labelNames: ['what'],
		registers,
	});
	const spent = new Gauge({
		name: 'interlock_adviser_hour',
		help: 'Spent on the language model in the last hour: tokens, money, and the tokens an hour may take (tokens_limit)',
		labelNames: ['what'],
		registers,
	});
	const wordings = new Gauge({
		name: 'interlock_adviser_wordings',
		help: 'Wordings of alerts answered from memory (hit) and not known yet (miss); hit / (hit + miss) is the hit rate',
		labelNames: ['what'],
		registers,
	});
	return {
		questions,
		set(now: Scrape['adviser']) {
			if (now == null) return;
			spent.set({ what: 'tokens' }, now.tokensHour);
			spent.set({ what: 'tokens_limit' }, now.tokensPerHour);
			spent.set({ what: 'money' }, now.moneyHour);
			wordings.set({ what: 'hit' }, now.templateHits);
			wordings.set({ what: 'miss' }, now.templateMisses);
		},
	};
}
