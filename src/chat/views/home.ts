// App Home: what is open, and what waits for the person who looks. Pure.
import type { Incident } from '../../domain/incident.ts';
import type { Step } from '../../domain/step.ts';
import {
	BLOCKS_PER_VIEW_MAX,
	type Block,
	bold,
	bullets,
	code,
	type Inline,
	type JsonObject,
	plain,
	rich,
} from '../blocks.ts';
import type { Naming } from '../situation.ts';
import { count, grouped, shown } from '../text.ts';
import { incidentName, severityWords, stateWords } from './words.ts';

const INCIDENTS_SHOWN = 25;
const STEPS_SHOWN = 20;

export type Waiting = { readonly incident: Incident; readonly step: Step };

/**
 * @param total how many are open; `open` are the worst of them
 * @param mine steps that this person may decide or attest, by their roles at the place
 * @param notes what the person should know first: a freeze, a fault; may be empty
 */
export function homeFor(
	name: string | null,
	open: readonly Incident[],
	total: number,
	mine: readonly Waiting[],
	notes: readonly string[],
	naming: Naming,
): JsonObject {
	const blocks: Block[] = [
		...(name === null
			? [
					rich([
						plain(
							'Your Slack account is not among the people in people.yaml: you can look, not decide. Ask whoever runs Interlock to add you.',
						),
					]),
				]
			: [rich([bold(`Waiting for ${shown(name, 80)}: ${count(mine.length, 'step')}`)])]),
		...(notes.length > 0 ? [bullets(notes.slice(0, 10).map((note) => [plain(shown(note, 300))]))] : []),
		...(mine.length > 0 ? [bullets(mine.slice(0, STEPS_SHOWN).map((waiting) => waitingLine(waiting, naming)))] : []),
		rich([
			bold(
				total > INCIDENTS_SHOWN
					? `Open incidents: ${grouped(total)}, the ${INCIDENTS_SHOWN} worst:`
					: `Open incidents: ${total}`,
			),
		]),
		...(open.length > 0 ? [bullets(open.slice(0, INCIDENTS_SHOWN).map(incidentLine))] : []),
		rich([plain('Commands: '), code('/interlock help')]),
	];
	return { type: 'home', blocks: blocks.slice(0, BLOCKS_PER_VIEW_MAX) };
}

function waitingLine({ incident, step }: Waiting, naming: Naming): Inline[] {
	const target = step.target === null ? '' : ` ${shown(naming.asset(step.target), 90)}`;
	return [
		bold(`${incidentName(incident)} `),
		plain(`${step.state === 'hands' ? 'for hands: ' : ''}${shown(step.title, 120)}${target}`),
	];
}

function incidentLine(incident: Incident): Inline[] {
	return [
		bold(`${incidentName(incident)} `),
		plain(
			`${severityWords(incident.severity)} ${shown(incident.title, 120)}: ${count(incident.alert_count, 'alert')}, ${stateWords(incident.state)}`,
		),
	];
}
