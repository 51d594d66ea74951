// The adviser's kept answer (triage/advise.ts) as lines of text for people. Pure: a row's value in, text out. Whatever has another shape
// is shown as nothing. NOT here: escaping and the label that a model wrote it (chat/views/card.ts).
import { z } from 'zod';

/** Each key by itself may be missing or of another shape: then its line is. */
const Kept = z.looseObject({
	summary: z.string().catch(''),
	likely_path: z.string().catch(''),
	check_next: z.array(z.string()).catch([]),
	techniques: z.array(z.string()).catch([]),
	severity_opinion: z.string().catch(''),
	playbook: z.string().nullable().catch(null),
	model: z.string().catch(''),
	prompt_version: z.string().catch(''),
	tokens: z.number().catch(0),
	alerts: z.array(z.object({ like: z.string(), techniques: z.array(z.string()), reason: z.string() })).catch([]),
	cache: z.object({ hits: z.number(), misses: z.number() }).nullable().catch(null),
	unasked: z.object({ words: z.string() }).nullable().catch(null),
	clamped: z.array(z.string()).catch([]),
});

/** The answer as lines; null where there is none. `severity` is the incident's: an opinion is told where it differs. */
export function adviceText(advice: Record<string, unknown> | null, severity: string): string | null {
	if (advice === null) return null;
	const kept = Kept.parse(advice);
	const { techniques, severity_opinion: opinion, playbook } = kept;
	const words = [
		// First, so that long words of the model cannot push it off the card.
		kept.clamped.length === 0 ? '' : `Not taken from its answer: ${kept.clamped.join('; ')}`,
		kept.summary,
		kept.likely_path === '' ? '' : `Likely path: ${kept.likely_path}`,
		...kept.check_next.map((item) => `- ${item}`),
		techniques.length === 0 ? '' : `Techniques it names: ${techniques.join(', ')}`,
		opinion === '' || opinion === severity ? '' : `It would call this ${opinion}.`,
		playbook === null || playbook === '' ? '' : `Playbook it would look at: ${playbook}`,
		...kept.alerts.map(({ like, techniques: ids, reason }) =>
			`Alerts worded like “${like}”: ${ids.length === 0 ? '' : `perhaps ${ids.join(', ')}; `}${reason}`.trim(),
		),
	].filter((line) => line.trim() !== '');
	if (words.length === 0) return null;
	return [...words, originWords(kept)].filter((line) => line !== '').join('\n');
}

/** Why there is no answer to what is known now; null where there is nothing to say. */
export function adviceNote(advice: Record<string, unknown> | null): string | null {
	return advice === null ? null : (Kept.parse(advice).unasked?.words ?? null);
}

function originWords({ model, prompt_version: version, tokens, cache }: z.infer<typeof Kept>): string {
	if (model === '') return '';
	const cost = tokens === 0 ? 'no tokens: the same question was answered before' : `${tokens} tokens`;
	const asked = cache === null ? 0 : cache.hits + cache.misses;
	const wordings = cache === null || asked === 0 ? '' : `; ${cache.hits} of ${asked} alert wordings known from before`;
	return `(${model}, ${version}, ${cost}${wordings})`;
}
