// What the card says of steps after they were done: whether the target shows it, and whether the operators still see. Pure; from the timeline.
import { type ViewQuestion, viewQuestions } from '../../domain/view-question.ts';
import { type Block, bold, bullets, date, type Inline, plain, rich } from '../blocks.ts';
import { asViewEntries, viewPlace } from '../buttons/view.ts';
import type { Naming, Situation, TimelineEntry } from '../situation.ts';
import { count, nameList, shown } from '../text.ts';

const LINES_MAX = 6;

/** The checks, worst and newest first; empty where nothing was checked. */
export function afterSteps({ timeline }: Situation, naming: Naming): Block[] {
	const views = viewQuestions(asViewEntries(timeline)).map((question): Inline[] => [
		bold(`View of ${shown(viewPlace(question), 60)} `),
		plain(`after ${shown(question.title, 80)}: `),
		...viewState(question, naming),
		...(question.quiet.length === 0
			? []
			: [
					plain(
						`. Since this step ${count(question.quiet.length, 'thing')} went quiet (by time alone): ${shown(question.quiet[0] ?? '', 120)}`,
					),
				]),
	]);
	const last = new Map<string, TimelineEntry>();
	for (const entry of timeline) {
		const [step] = entry.refs;
		if (step !== undefined && CHECKED.includes(entry.kind)) last.set(step, entry);
	}
	const checks = [...last.values()].toReversed().flatMap((entry) => {
		const line = checkLine(entry);
		return line === null ? [] : [line];
	});
	const lines = [...views.toReversed(), ...checks.map((line) => [...line])];
	if (lines.length === 0) return [];
	const rest = lines.length > LINES_MAX ? [[plain(`and ${lines.length - LINES_MAX} more`)]] : [];
	return [rich([bold('Checked afterwards')]), bullets([...lines.slice(0, LINES_MAX), ...rest])];
}

/** A newer result takes the place of an older check. */
const CHECKED: readonly string[] = ['step.verified', 'step.unseen', 'step.undone', 'step.result', 'step.in_doubt'];

function checkLine({ kind, at, data }: TimelineEntry): readonly Inline[] | null {
	const title = shown(typeof data['step_title'] === 'string' ? data['step_title'] : 'a step', 80);
	const words = (name: string): string => shown(typeof data[name] === 'string' ? data[name] : '', 300);
	if (kind === 'step.verified')
		return [plain(`${title}: checked at the target `), date(at), plain(`: ${words('outcome')}`)];
	if (kind === 'step.unseen')
		return [plain(`${title}: cannot be seen at the target `), date(at), plain(`: ${words('outcome')}`)];
	if (kind === 'step.undone' && data['by'] === 'outside')
		return [bold(`${title}: `), plain(`${words('outcome')}, `), date(at)];
	if (kind === 'step.in_doubt' && data['by'] === 'check')
		return [bold(`${title}: `), plain(`${words('outcome')}, `), date(at)];
	return null;
}

/** What is asked of people about views, for the card's one sentence; empty for nothing. */
export function viewAsks({ timeline }: Pick<Situation, 'timeline'>): string[] {
	const questions = viewQuestions(asViewEntries(timeline));
	const bad = questions.find((one) => one.answer === 'lost' || one.answer === 'impaired');
	const open = questions.filter((one) => one.answer === null).length;
	return [
		...(bad === undefined ? [] : [`call the control room of ${shown(viewPlace(bad), 60)}: its view is ${bad.answer}`]),
		...(open === 0 ? [] : [`control room: answer in the thread whether your view is alive`]),
	];
}

/** What has become of a question, in one line. */
export function viewState(question: ViewQuestion, naming: Pick<Naming, 'person'>): Inline[] {
	const { answer, answeredBy, answeredAt } = question;
	if (answer !== null && answeredBy !== null && answeredAt !== null) {
		const word = answer === 'alive' ? 'alive' : answer.toUpperCase();
		return [plain(`${word}, says ${shown(naming.person(answeredBy), 80)}, `), date(answeredAt)];
	}
	const names = nameList(
		question.asked.map((id) => naming.person(id)),
		4,
	);
	if (question.until === null) return [plain('no answer, and nobody further is known to ask: call the control room')];
	const asked = names === '' ? 'no operator is known here: call the control room' : `asked ${names}`;
	return [
		plain(
			`no answer yet; ${question.round > 1 ? 'those before did not answer, now ' : ''}${asked}; the next are asked `,
		),
		date(question.until),
	];
}
