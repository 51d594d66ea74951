// `rules`, `apply`, `decline`, `revoke`: what people taught, and what becomes of it. The same as the buttons under a proposal. Pure.
import { type Answer, say } from '../answer.ts';
import { applyLearned, declineLearned, type LearnedClick, revokeLearned } from '../learn/decide.ts';
import { isVoid } from '../learn/feedback.ts';
import { shown } from '../text.ts';
import { proposalLines } from '../views/proposal.ts';
import type { Command, CommandCall } from './command.ts';

const LISTED_MAX = 20;

export const rules: Command = {
	name: 'rules',
	usage: 'rules',
	help: 'what people taught: what is proposed, and what is in force until when',
	takesIncident: false,
	reads: ['learned'],
	run: ({ loaded, naming, now }) => {
		const { learned } = loaded;
		if (learned === null) return say('Nothing was read.');
		const { inForce } = learned;
		const proposed = learned.proposed.filter((one) => !isVoid(one, now));
		const lines = [
			`in force: ${inForce.length}`,
			...inForce.slice(0, LISTED_MAX).flatMap((one) => proposalLines(one, learned.diff([], [one]), naming, now)),
			`proposed: ${proposed.length}`,
			...proposed
				.slice(0, LISTED_MAX)
				.flatMap((one) => proposalLines(one, learned.diff(inForce, [...inForce, one]), naming, now)),
			proposed.length > 0 ? '/interlock apply ID, /interlock decline ID' : '',
			inForce.length > 0 ? '/interlock revoke ID' : '',
		].filter((line) => line !== '');
		return say(lines.join('\n'), {
			in_force: inForce.map((one) => ({ ...one })),
			proposed: proposed.map((one) => ({ ...one })),
			file: learned.file(inForce),
		});
	},
};

function onLearned(name: string, help: string, decide: (click: LearnedClick) => Answer): Command {
	const run = ({ words, loaded }: CommandCall): Answer =>
		loaded.decided === null
			? say(
					`${words[0] === undefined ? 'Which one?' : `There is no \`${shown(words[0], 40)}\`.`} Ids begin with lrn_ and stand in: /interlock rules`,
				)
			: decide(loaded.decided);
	return { name, usage: `${name} LRN`, help, takesIncident: false, reads: ['decided'], run };
}

export const apply = onLearned(
	'apply',
	'apply what was proposed (lrn_...); not by who asked, over OT one of each side',
	applyLearned,
);
export const decline = onLearned('decline', 'decline what was proposed: nothing changes', declineLearned);
export const revoke = onLearned('revoke', 'end a learned rule now; anybody on call there', revokeLearned);
