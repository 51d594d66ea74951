// The demo's people, acted: they read their channel and click, type and refuse through the local Slack, as persons would. What they may
// do is decided by the bot alone; two of them try what they may not.
import { FACTS, type FactName, isFactName } from '../domain/fact.ts';
import { holdsRole, type Person } from '../domain/person.ts';
import type { Step } from '../domain/step.ts';
import type { LocalSlack } from './slack/local-slack.ts';
import type { Message } from './slack/workspace.ts';

export type Acted = {
	/** What was done, in order, for the printed timeline. */
	readonly said: { readonly at: number; readonly who: string; readonly what: string }[];
	/** Clicks that the bot had to refuse. */
	readonly wrongClicks: { readonly who: string; readonly step: string }[];
	/** Looks once and acts on what is open. Call it again and again. */
	act(steps: readonly Step[]): Promise<void>;
};

type Pressed = 'approve' | 'refuse' | 'attest' | 'view_alive';

/** What a person types on the command line, after `incident fact`, with their own token; whether it was accepted. */
export type Outside = (who: Person, words: readonly string[]) => Promise<boolean>;

/** What proves nothing in chat (rule G8) is said on the command line. */
const OUTSIDE: readonly string[] = ['out_of_band_confirmed'];

/**
 * What nobody says here: without a standing leave the bot may not end sessions by itself, and one person decides; and accounts are part of
 * the attack, so nobody says that they are not.
 */
const UNSAID: readonly string[] = ['session_preapproved', 'identity_compromised'];
/** Steps whose missing facts the people supply, by playbook key: what they want to see done. */
const WANTED = ['end-session', 'cut-station', 'isolate-jump'];
/** A step that the gate leaves to hands, and the OT engineer does. */
const BY_HAND = 'close-flow';
/** The step that the operator does not want. */
const UNWANTED = 'isolate-jump';
const REFUSAL = 'The jump host is my only way to see the tank farm from here. Block the session instead.';

/** What every person's hands do: press, read a window, approve. */
function handsOf(slack: LocalSlack, channel: string) {
	const press = async (who: Person, message: Message, action: Pressed): Promise<boolean> => {
		if (who.slack === null) return false;
		const clicked = await slack.act.click(who.slack, { channel, ts: message.ts, action_id: action });
		return clicked.ok;
	};

	/** The window that the bot opens for a click; a first one says only that it is being fetched. */
	const windowOf = (person: string, callback: string, ms = 5_000) =>
		slack.waitFor(() => slack.state.views(person).find((view) => view.content['callback_id'] === callback), ms);

	/** What touches OT, or takes two, asks for its name in a window; for all else the click is enough. */
	const approve = async (who: Person, message: Message, step: Step): Promise<boolean> => {
		if (who.slack === null || !(await press(who, message, 'approve'))) return false;
		const view = await windowOf(who.slack, 'approve', 1_500).catch(() => null);
		if (view === null) return true;
		return (await slack.act.submit(who.slack, view.id, { confirmation: step.target ?? '' })).ok;
	};

	return { press, approve, windowOf };
}

export function createActedPeople(
	slack: LocalSlack,
	people: readonly Person[],
	channel: string,
	clock: () => number,
	outside: Outside,
): Acted {
	const said: Acted['said'] = [];
	const wrongClicks: Acted['wrongClicks'] = [];
	const doneOnce = new Set<string>();
	const by = (id: string): Person => {
		const person = people.find((candidate) => candidate.id === id);
		if (person === undefined) throw new Error(`the demo has no ${id}`);
		return person;
	};
	const tell = (who: Person, what: string): void => void said.push({ at: clock(), who: who.name, what });
	const once = (key: string): boolean => !doneOnce.has(key) && doneOnce.add(key) !== undefined;

	const state = async (name: FactName, subject: string): Promise<void> => {
		const spec = FACTS[name];
		const best = spec.order[0];
		const who = people.find((person) => spec.suppliers.some((role) => holdsRole(person, role, 'nordhafen', null)));
		if (who?.slack == null || best === undefined || !once(`fact ${name} ${subject}`)) return;
		const value = typeof best === 'boolean' ? (best ? 'yes' : 'no') : best;
		const words = [name, subject, value, 'for', '2h', 'checked', 'on', 'site'];
		if (!OUTSIDE.includes(name)) await slack.act.command(who.slack, channel, `/interlock fact ${words.join(' ')}`);
		else if (!(await outside(who, words))) {
			// The server was away, or did not take it: they try again.
			doneOnce.delete(`fact ${name} ${subject}`);
			return;
		}
		tell(who, `states ${name} of ${subject}: ${value}${OUTSIDE.includes(name) ? ' (on the command line)' : ''}`);
	};

	const supplyFacts = async (steps: readonly Step[]): Promise<void> => {
		for (const step of steps) {
			if (!WANTED.includes(step.key) || !['planned', 'waiting', 'hands'].includes(step.state)) continue;
			for (const missing of step.decision?.missing ?? []) {
				if (isFactName(missing.name) && !UNSAID.includes(missing.name)) await state(missing.name, missing.subject);
			}
		}
	};

	const { press, approve, windowOf } = handsOf(slack, channel);

	const answerRequest = async (message: Message, step: Step): Promise<void> => {
		const stamp = `${message.ts} ${step.decision?.binding ?? ''}`;
		if (step.key === UNWANTED) {
			if (once(`refuse ${stamp}`)) await refuse(by('priya'), message, step);
			return;
		}
		// Mia is of IT and no lead: she may not decide about OT alone, and tries.
		if (once(`wrong ${step.key}`) && step.decision?.class === 'ONE' && (await press(by('mia'), message, 'approve'))) {
			wrongClicks.push({ who: 'mia', step: step.id });
			tell(by('mia'), `presses Approve on «${step.title}», which is not hers to decide`);
		}
		for (const who of [by('tomas'), by('jonas')]) {
			if (!once(`approve ${who.id} ${stamp}`)) continue;
			if (await approve(who, message, step)) tell(who, `approves «${step.title}» on ${step.target ?? 'nothing'}`);
		}
	};

	const refuse = async (who: Person, message: Message, step: Step): Promise<void> => {
		if (who.slack === null || !(await press(who, message, 'refuse'))) return;
		const view = await windowOf(who.slack, 'refuse');
		const done = await slack.act.submit(who.slack, view.id, { reason: REFUSAL });
		if (done.ok) tell(who, `refuses «${step.title}»: ${REFUSAL}`);
	};

	const attest = async (message: Message, step: Step): Promise<void> => {
		const who = by(step.action === 'ask_control_room' ? 'priya' : 'tomas');
		if (who.slack === null || !once(`attest ${message.ts}`) || !(await press(who, message, 'attest'))) return;
		const view = await windowOf(who.slack, 'attest');
		const done = await slack.act.submit(who.slack, view.id, ticked(view.content));
		if (done.ok) tell(who, `attests «${step.title}»`);
		else await slack.act.close(who.slack, view.id, true);
	};

	/** The operator looks at her screens after each step that could have cost her the view. */
	const answerView = async (message: Message, step: Step): Promise<void> => {
		if (once(`view ${message.ts}`) && (await press(by('priya'), message, 'view_alive')))
			tell(by('priya'), `answers that her view is alive after «${step.title}»`);
	};

	return {
		said,
		wrongClicks,
		async act(steps) {
			await supplyFacts(steps);
			for (const { message, key } of openMessages(slack, channel)) {
				const step = steps.find((candidate) => key.includes(candidate.id));
				if (step === undefined) continue;
				if (buttonsOf(message).includes('view_alive')) await answerView(message, step);
				if (buttonsOf(message).includes('approve') && step.state === 'waiting') await answerRequest(message, step);
				if (buttonsOf(message).includes('attest') && (step.action === 'ask_control_room' || step.key === BY_HAND))
					await attest(message, step);
			}
		},
	};
}

/** Messages of the bot with a button in them, and the key in their metadata. */
function openMessages(slack: LocalSlack, channel: string): { message: Message; key: string }[] {
	return slack.state
		.messages(channel)
		.flatMap((card) => slack.state.thread(channel, card.ts))
		.filter((message) => buttonsOf(message).length > 0)
		.map((message) => ({ message, key: JSON.stringify(message.metadata ?? {}) }));
}

function buttonsOf(message: Message): string[] {
	return message.blocks.flatMap((block) => {
		const elements: unknown = block['elements'];
		return Array.isArray(elements)
			? elements.flatMap((element: { action_id?: unknown }) =>
					typeof element.action_id === 'string' ? [element.action_id] : [],
				)
			: [];
	});
}

/** Every box of a checklist ticked. */
function ticked(view: Readonly<Record<string, unknown>>): Record<string, unknown> {
	const blocks: unknown = view['blocks'];
	const values: Record<string, unknown> = {};
	for (const block of Array.isArray(blocks)
		? (blocks as { block_id?: string; element?: { type?: string; options?: { value: string }[] } }[])
		: []) {
		if (block.element?.type === 'checkboxes' && block.block_id !== undefined) {
			values[block.block_id] = (block.element.options ?? []).map((option) => option.value);
		}
	}
	return values;
}
