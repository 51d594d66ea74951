// `interlock policy explain --step STEP`: one step of a running installation, from its database, its configuration and the clock. Reads only.
import { type Config, loadConfig } from '../config/config.ts';
import { fileReader } from '../config/read-folder.ts';
import { storesOf } from '../domain/connector.ts';
import { indexInventory } from '../domain/inventory.ts';
import { toIso } from '../domain/time.ts';
import { type StepExplanation, walkThrough } from '../response/explain-step.ts';
import { openResponse } from '../response/response.ts';
import type { Database } from '../store/database.ts';
import { cryptoRandom } from '../store/record.ts';
import { findingLine, openStore } from './open.ts';
import { loadShipped } from './shipped.ts';

const SILENT = { info: () => undefined, warn: () => undefined, error: () => undefined };

export type StepDeps = {
	readonly config: Config;
	/** Opens the database; throws with words for people where it cannot. */
	readonly open: () => Promise<{ readonly database: Database; readonly close: () => Promise<void> }>;
	readonly now: () => number;
};

export type StepAnswer =
	| { readonly ok: true; readonly text: string }
	| { readonly ok: false; readonly code: 1 | 3; readonly reason: string };

/** The folder and database of the server. */
export function depsOfEnvironment(env: Readonly<Record<string, string | undefined>>): StepDeps | string {
	const loaded = loadConfig(env, fileReader, Date.now());
	if (!loaded.ok) return loaded.error.map(findingLine).join('\n');
	const config = loaded.value;
	return { config, open: async () => await openStore(config.environment, 'share'), now: Date.now };
}

/** What was decided on a step, what would be decided now, and what stands between; as text or as JSON. */
export async function explainLiveStep(
	id: string,
	isJson: boolean,
	{ config, open, now }: StepDeps,
): Promise<StepAnswer> {
	let store: Awaited<ReturnType<typeof open>>;
	try {
		store = await open();
	} catch (cause) {
		return { ok: false, code: 3, reason: cause instanceof Error ? cause.message : String(cause) };
	}
	try {
		const { readStep } = openResponse({
			database: store.database,
			inventory: indexInventory(config.inventory ?? { assets: [], zones: [], conduits: [], confirmedAt: 0 }),
			playbooks: loadShipped(config).playbooks,
			people: config.people,
			windows: config.windows,
			facts: config.facts,
			siteRules: config.siteRules.map(({ rule }) => rule),
			connectors: [],
			clock: now,
			random: cryptoRandom,
			log: SILENT,
			stores: storesOf(config.connectors.map((connector) => connector.config)),
			approvalMs: config.settings.approvals.wait_for,
		});
		const read = await readStep(id);
		if (read === null)
			return {
				ok: false,
				code: 1,
				reason: `there is no step ${id.slice(0, 60)}: \`interlock incident show N\` has them`,
			};
		const explained = walkThrough(read.step, read.view, now());
		const lent =
			config.groups.length > 0
				? ['', 'Roles that groups of Slack lend are not known here: whoever approved by one is missing above.']
				: [];
		const text = isJson
			? JSON.stringify(jsonOf(id, read.view.incident.number, read.step.state, explained, now()), null, 2)
			: [...explained.lines, ...lent].join('\n');
		return { ok: true, text: `${text}\n` };
	} finally {
		await store.close();
	}
}

function jsonOf(step: string, incident: number, state: string, explained: StepExplanation, now: number): object {
	const { recorded, now: current, changed, stops } = explained;
	return { step, incident, state, at: toIso(now), recorded, now: current, changed, in_the_way: stops };
}
