// The adviser's budget, as it is read from the settings.
import { describe, expect, it } from 'vitest';
import { ONE_QUESTION_TOKENS, Settings, tokensPerHour } from '../../src/config/settings-file.ts';

const hour = (model: Record<string, unknown>): number => tokensPerHour(Settings.parse({ model }).model);

describe('tokens of an hour', () => {
	it.each([
		['a 24th of the day’s', {}, 83_333],
		['never less than one question', { tokens_per_day: 24_000 }, ONE_QUESTION_TOKENS],
		['never more than the day’s', { tokens_per_day: 9_000, tokens_per_hour: 50_000 }, 9_000],
		['as written', { tokens_per_hour: 10_000 }, 10_000],
		['none where the day has none', { tokens_per_day: 0 }, 0],
	])('are %s', (_what, model, tokens) => {
		expect(hour(model)).toBe(tokens);
	});
});
