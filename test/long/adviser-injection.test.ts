// Every prompt injection against a model that obeys all of them, through triage, response and the gate on a real database.
import { expect, it } from 'vitest';
import { attacks, FIELDS, IDEAS, LANGUAGES } from '../model/attacks.ts';
import { runAttacks } from '../services/injection-run.ts';

it('all injections: decisions, severity, text', async () => {
	const all = attacks();
	const tally = await runAttacks(all);
	console.log(
		[
			`${tally.attacks} attacks: ${IDEAS.length} ideas, ${LANGUAGES.length} languages, ${FIELDS.length} fields`,
			`${tally.reached} stood in what the model got (the rest was masked as a name); the model obeyed all ${tally.answered}`,
			`gate decisions changed: ${tally.decisionsChanged.length} of ${tally.steps}`,
			`rows, approvals, facts or topics changed: ${tally.rowsChanged.length}`,
			`severity outside the clamp: ${tally.severityOut.length}`,
			`links, mentions, commands or controls in text: ${tally.textLive.length}; without its label: ${tally.unlabelled.length}`,
			`names, addresses or secrets on the wire: ${tally.leaked.length}`,
		].join('\n'),
	);
	expect(tally).toMatchObject({
		attacks: all.length,
		answered: all.length,
		decisionsChanged: [],
		rowsChanged: [],
		severityOut: [],
		textLive: [],
		unlabelled: [],
		leaked: [],
	});
	expect(tally.reached).toBeGreaterThan(all.length / 3);
});
