// Wires triage, correlation, the adviser, and what chat asks triage about rules.
import type { Config } from '../config/config.ts';
import { tokensPerHour } from '../config/settings-file.ts';
import { correlationHandlers } from '../correlation/correlation.ts';
import type { Inventory } from '../domain/inventory.ts';
import type { Handlers } from '../domain/topic.ts';
import { type Adviser, createAdviser } from '../model/client.ts';
import { loadPrompts } from '../model/prompt.ts';
import { cryptoRandom } from '../store/record.ts';
import type { AdviceMemory } from '../triage/advice-memory.ts';
import { adviseHandlers } from '../triage/advise.ts';
import { attackTable } from '../triage/attack-table.ts';
import { loadWeights } from '../triage/classifier/load.ts';
import type { Weights } from '../triage/classifier/weights.ts';
import { createLearning, type Learning } from '../triage/learn/learning.ts';
import { createLearnedRules } from '../triage/load-learned.ts';
import { triageHandlers } from '../triage/triage.ts';
import type { Faults } from './faults.ts';
import type { FlowParts } from './parts.ts';

export type Advising = { readonly adviser: Adviser | null; readonly memory: AdviceMemory };

export function buildTriage(
	parts: FlowParts,
	inventory: Inventory,
	faults: Faults,
	{ adviser, memory }: Advising,
): Handlers {
	const { config, database, clock } = parts;
	const { model } = config.settings;
	const people = config.people.flatMap((person) => [person.name, person.id, person.email ?? '']);
	const classifier = loadWeights();
	const surroundings = { inventory, windows: config.windows };
	const learned = createLearnedRules(database, faults.report);
	return {
		...triageHandlers({
			database,
			context: async () => ({
				inventory,
				rules: parts.rules,
				learned: await learned(clock()),
				classifier,
				attack: attackTable,
				windows: config.windows,
			}),
			clock,
			onFault: faults.report,
		}),
		...adviseHandlers({
			database,
			adviser,
			memory,
			prompts: loadPrompts(),
			maskPolicy: model.mask,
			names: { people: () => people, hosts: (id) => inventory.find(id)?.hostnames ?? [] },
			askAgainMs: model.ask_again_after,
			attack: attackTable,
			playbooks: () => parts.playbooks.map((loaded) => loaded.playbook.id),
			clock,
			onFault: faults.report,
			count: parts.metrics.adviser,
		}),
		...correlationHandlers({ database, context: () => surroundings, clock, random: cryptoRandom }),
	};
}

/** Triage's rules about rules, for chat; the classifier is loaded when somebody first asks what a rule would do. */
export function learningOf({ config, rules }: FlowParts, inventory: Inventory): Learning {
	let classifier: Weights | null = null;
	return createLearning(inventory, () => {
		classifier ??= loadWeights();
		return { inventory, rules, classifier, attack: attackTable, windows: config.windows };
	});
}

export function adviserOf(config: Config): Adviser | null {
	const { model } = config.environment;
	const settings = config.settings.model;
	if (model === null || settings.tokens_per_day === 0) return null;
	return createAdviser({
		baseUrl: model.baseUrl ?? 'https://api.openai.com/v1',
		apiKey: model.apiKey?.reveal() ?? '',
		model: model.name,
		timeoutMs: settings.timeout,
		tokensPerHour: tokensPerHour(settings),
		tokensPerDay: settings.tokens_per_day,
		...(settings.price_per_million === undefined
			? {}
			: {
					price: {
						inputPerMillion: settings.price_per_million.input,
						outputPerMillion: settings.price_per_million.output,
					},
				}),
		...(settings.money_per_hour === undefined ? {} : { moneyPerHour: settings.money_per_hour }),
		breaker: { failures: settings.breaker_failures, pauseMs: settings.breaker_pause },
	});
}
