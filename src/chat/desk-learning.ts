// What learning and insight have to see of the database, read for the desk. Shared by buttons, commands and messages. Decides nothing.

import { makeId } from '../domain/id.ts';
import type { Learned } from '../domain/learned.ts';
import type { Database } from '../store/database.ts';
import { readInsight } from '../store/read/insight.ts';
import {
	countLearned,
	readLearnable,
	readLearned,
	readLearnedInForce,
	readLearnedProposed,
	readLookedBack,
} from '../store/read/learned.ts';
import { cryptoRandom } from '../store/record.ts';
import type { Answer } from './answer.ts';
import type { FeedbackReads } from './commands/command.ts';
import type { Directory } from './directory.ts';
import { type Insight, insightOf } from './insight/insight.ts';
import type { LearnedClick } from './learn/decide.ts';
import { ASKED_WINDOW_MS, isVoid, type Learning, PROPOSED_FOR_MS } from './learn/feedback.ts';
import type { Acting, Standing } from './people.ts';
import type { Incident, Situation } from './situation.ts';

/** Alerts that a card looks at; details look at all that are read. */
export const CARD_ALERTS_MAX = 300;

/** The part of the desk (perform.ts) that is needed here. */
type LearningDesk = { readonly database: Database; readonly directory: Directory; readonly learning: Learning };

export async function insightFor(
	{ database, directory }: Pick<LearningDesk, 'database' | 'directory'>,
	incident: Incident,
	alertsMax?: number,
): Promise<Insight> {
	return insightOf(incident, await readInsight(database, incident, alertsMax), directory.inventory);
}

export async function readFeedback(
	desk: LearningDesk,
	acting: Acting,
	situation: Situation,
	now: number,
): Promise<FeedbackReads> {
	const { database, learning } = desk;
	const [alerts, lookedBack, proposed, inForce, asked] = await Promise.all([
		readLearnable(database, situation.incident.id),
		readLookedBack(database),
		readLearnedProposed(database),
		readLearnedInForce(database, now),
		countLearned(database, acting.id, now - ASKED_WINDOW_MS, now - PROPOSED_FOR_MS),
	]);
	return {
		alerts,
		lookedBack,
		void: proposed.filter((one) => isVoid(one, now)),
		known: (keys) =>
			[...proposed.filter((one) => !isVoid(one, now)), ...inForce].filter((one) => keys.includes(one.key)),
		asked,
		learning,
		newId: (prefix) => makeId(prefix, now, cryptoRandom),
	};
}

/** @param splitOff makes the answer of a split, in the same way as the command does */
export async function readLearnedClick(
	desk: LearningDesk,
	{ acting, people }: Standing,
	id: string,
	incidentOf: (id: string) => Promise<Situation | null>,
	splitOff: (learned: Learned) => Promise<Answer>,
	now: number,
): Promise<LearnedClick | null> {
	const { database, learning } = desk;
	const learned = await readLearned(database, id);
	if (learned === null) return null;
	const situation = await incidentOf(learned.incident);
	const { content } = learned;
	const isOpen = learned.state === 'proposed';
	const [inForce, lookedBack] = await Promise.all([
		readLearnedInForce(database, now),
		content.kind === 'rule' && isOpen ? readLookedBack(database) : [],
	]);
	const answer = content.kind === 'split' && isOpen ? await splitOff(learned) : null;
	return {
		acting,
		learned,
		incident: situation?.incident ?? { id: learned.incident, sites: [], zones: [] },
		inForce: inForce.length,
		preview: content.kind === 'rule' && isOpen ? learning.preview(content, lookedBack, now) : null,
		split: answer === null ? null : () => answer,
		people,
		now,
	};
}
