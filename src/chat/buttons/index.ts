// The registry of buttons: the action_id that Slack sends back, and what it comes to. A new button is a file here and a line below.
import type { Answer } from '../answer.ts';
import type { Ticks } from '../views/modals.ts';
import { acknowledge } from './acknowledge.ts';
import { approve } from './approve.ts';
import { askAgain } from './ask-again.ts';
import { attest } from './attest.ts';
import type { IncidentClick } from './incident-click.ts';
import { type MergeClick, mergeNo, mergeYes } from './merge.ts';
import { refuseStep } from './refuse.ts';
import { resolve } from './resolve.ts';
import { settle } from './settle.ts';
import type { StepClick } from './step-click.ts';
import { answerView, type ViewClick } from './view.ts';

/** `opens`: the window that asks for words first; the answer is made when it is submitted. */
export type Button =
	| {
			readonly on: 'step';
			readonly opens: 'refuse' | 'attest' | 'settle' | null;
			readonly answer: (click: StepClick, ticks: Ticks) => Answer;
	  }
	| { readonly on: 'incident'; readonly opens: 'resolve' | null; readonly answer: (click: IncidentClick) => Answer }
	| { readonly on: 'view'; readonly opens: null; readonly answer: (click: ViewClick) => Answer }
	| { readonly on: 'merge'; readonly opens: null; readonly answer: (click: MergeClick) => Answer };

export const BUTTONS = {
	approve: { on: 'step', opens: null, answer: approve },
	refuse: { on: 'step', opens: 'refuse', answer: refuseStep },
	attest: { on: 'step', opens: 'attest', answer: attest },
	settle_done: { on: 'step', opens: 'settle', answer: (click: StepClick) => settle(click, true) },
	settle_not_done: { on: 'step', opens: 'settle', answer: (click: StepClick) => settle(click, false) },
	ask_again: { on: 'step', opens: null, answer: askAgain },
	acknowledge: { on: 'incident', opens: null, answer: acknowledge },
	resolve: { on: 'incident', opens: 'resolve', answer: resolve },
	view_alive: { on: 'view', opens: null, answer: answerView },
	view_impaired: { on: 'view', opens: null, answer: answerView },
	view_lost: { on: 'view', opens: null, answer: answerView },
	merge_yes: { on: 'merge', opens: null, answer: mergeYes },
	merge_no: { on: 'merge', opens: null, answer: mergeNo },
} as const satisfies Readonly<Record<string, Button>>;

export type ButtonName = keyof typeof BUTTONS;

export function isButton(name: string): name is ButtonName {
	return Object.hasOwn(BUTTONS, name);
}
