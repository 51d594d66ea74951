// Topic `view`: looks after the operators' view once a step has been done. Reads what went quiet in the zone and records what follows.
// NOT here: what follows (view-question.ts).
import { assetsOf, type Inventory } from '../domain/inventory.ts';
import type { Due } from '../domain/topic.ts';
import { readQuietSince } from '../store/read/quiet.ts';
import { record } from '../store/record.ts';
import type { Runner } from './run-step.ts';
import { isTampered } from './tampering.ts';
import { lookAfterViews, QUIET_WITHIN_MS } from './view-question.ts';

type QuietAlert = Awaited<ReturnType<typeof readQuietSince>>[number];

/** One look. Everything it decides is recorded with the row; it throws only where nothing was, and the row comes again. */
export async function viewStep(runner: Runner, due: Due): Promise<void> {
	const now = runner.clock();
	const read = await runner.readStep(due.key);
	const asked = read?.view.viewQuestions?.filter((one) => one.step === due.key) ?? [];
	if (read === null || asked.length === 0 || isTampered(read.step, read.view)) {
		await record(runner.database, { entries: [], done: [due] }, now);
		return;
	}
	const { view, step } = read;
	const since = view.begun?.get(step.id) ?? Math.min(...asked.map((one) => one.askedAt));
	const alerts = await readQuietSince(runner.database, since, since + QUIET_WITHIN_MS);
	const { inventory } = view.setting;
	const what = lookAfterViews(step, view, (zone) => quietIn(alerts, zone, inventory), runner.newId, now);
	await record(runner.database, { ...what, done: [due] }, now);
}

/**
 * Alerts of lost contact about assets of this zone, a line each; where the zone is not known, of any place of OT. A source that is heard no
 * longer and whose sensors the inventory does not have may watch any zone: it is named everywhere, as that.
 */
function quietIn(alerts: readonly QuietAlert[], zone: string | null, inventory: Inventory): string[] {
	return alerts.flatMap((alert) => {
		const title = alert.title.slice(0, 120);
		const assets = assetsOf(alert.entities, inventory);
		if (alert.isSource && assets.length === 0) return [`${title} (what it watches is not in the inventory)`];
		const here = assets.filter((asset) =>
			zone === null ? asset.level !== '4' && asset.level !== '5' : asset.zone === zone,
		);
		const names = here.slice(0, 3).map((asset) => asset.id);
		return here.length === 0 ? [] : [`${names.join(', ')}: ${title} (${alert.source})`];
	});
}
