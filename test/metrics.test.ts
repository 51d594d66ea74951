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
