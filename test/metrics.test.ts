// What /metrics says of the adviser: cache hits, what became of questions, what an hour has cost.
import { expect, it } from 'vitest';
import { createMetrics } from '../src/metrics.ts';

it('counts questions to the model, and shows the hour and the hit rate at each scrape', async () => {
	const metrics = createMetrics();
	metrics.adviser('answered');
	metrics.adviser('template_remembered');
	metrics.adviser('template_remembered');
	const adviser = { tokensHour: 1_500, tokensPerHour: 8_000, moneyHour: 0.25, templateHits: 19, templateMisses: 1 };
	metrics.onScrape(async () => ({ outbox: [], gathered: 0, sealed: 0, adviser }));
	const text = await metrics.text();
	for (const line of [
		'interlock_adviser_questions_total{what="answered"} 1',
		'interlock_adviser_questions_total{what="template_remembered"} 2',
		'interlock_adviser_hour{what="tokens"} 1500',
		'interlock_adviser_hour{what="tokens_limit"} 8000',
		'interlock_adviser_hour{what="money"} 0.25',
		'interlock_adviser_wordings{what="hit"} 19',
		'interlock_adviser_wordings{what="miss"} 1',
	]) {
		expect(text).toContain(line);
	}
});

it('says what stood on a list that firewalls fetch, and when it was fetched; nothing of one that nobody fetches', async () => {
	const metrics = createMetrics();
	const lists = [
		{ list: 'bad-addresses', entries: 2, fetchedAt: 5_000 },
		{ list: 'bad-domains', entries: 0, fetchedAt: null },
	];
	metrics.onScrape(async () => ({ outbox: [], gathered: 0, sealed: 0, lists }));
	const text = await metrics.text();
	expect(text).toContain('interlock_blocklist_entries{list="bad-addresses"} 2');
	expect(text).toContain('interlock_blocklist_fetched_timestamp_seconds{list="bad-addresses"} 5');
	expect(text).not.toContain('bad-domains');
});
