// Asks the target what has become of a step, when topic `verify` says so, under a grant that opens nothing but the read-back. NOT here:
// what its answer means (verify.ts).
import type { Due } from '../domain/topic.ts';
import { grantLook } from '../safety/grant.ts';
import { proposeStep } from '../safety/proposed-step.ts';
import { record, type ToRecord } from '../store/record.ts';
import type { Runner } from './run-step.ts';
import { isTampered } from './tampering.ts';
import { isLookedAt, looked, readProgress, type Saw } from './verify.ts';

/** One look. Everything it decides is recorded with the row; it throws only where nothing was, and the row comes again. */
export async function verifyStep(runner: Runner, due: Due): Promise<void> {
	const finish = async (what: ToRecord): Promise<void> => {
		await record(runner.database, { ...what, done: [due] }, runner.clock());
	};
	const read = await runner.readStep(due.key);
	if (read === null) return await finish({ entries: [] });
	const { view, step } = read;
	if (isTampered(step, view)) return await finish({ entries: [], topics: [{ topic: 'plan', key: step.incident }] });
	const connector = runner.connectorFor(step.action);
	const progress = readProgress(due.data, step.state === 'in_doubt');
	if (connector === null || !connector.hasReadBack(step.action) || !isLookedAt(step, progress))
		return await finish({ entries: [] });
	const proposed = proposeStep(step);
	const leave = grantLook(proposed, runner.clock());
	const begun = view.begun?.get(step.id);
	const saw: Saw =
		leave === null
			? { state: 'unknown', detail: 'nothing here may ask for it' }
			: await connector.readBack(leave, {
					...{ step: step.id, action: step.action, target: step.target, targets: proposed.targets },
					...{ params: step.params, ...(begun === undefined ? {} : { since: begun }) },
				});
	await finish(looked(step, view, saw, progress, runner.newId, runner.clock()));
}
