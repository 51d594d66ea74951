// What is the same for every service over HTTPS that keeps accounts or computers in a state: look at the thing, look whether it is one
// to leave alone, change it, look again. Says what is known of the effect. What is asked of which service, and what its answers mean,
// stands in the service's own file (okta.ts, entra-id.ts, crowdstrike.ts, defender-endpoint.ts, sentinelone.ts).
import { never, type Result } from '../../domain/result.ts';
import type { CallResult, Probe, ReadBack } from './connector.ts';
import { type HttpSession, type Sent, Stopped } from './http-session.ts';

/** Looks at the thing in one call: the first, and one after each change that broke off or was overtaken. */
const TRIES_MAX = 3;

/** What the state of a thing means for a wish: it is so already, it can be done, or it cannot (with the reason). */
export type Standing = 'is_so' | 'can_be' | { readonly cannot: string };

/** One kind of change at one service. */
export type StateChange<Thing> = {
	/** What it is afterwards, in words: `suspended`. */
	readonly word: string;
	/** The thing that the name means, and no other; the error says why there is none. */
	find(session: HttpSession, name: string): Promise<Result<Thing, string>>;
	/** The same thing, read afresh by its id. */
	again(session: HttpSession, thing: Thing): Promise<Result<Thing, string>>;
	nameOf(thing: Thing): string;
	/** The state in the service's own words: `status SUSPENDED`. */
	stateOf(thing: Thing): string;
	/** Why it is not the program's to change; null where nothing speaks against it. */
	whyProtected(session: HttpSession, thing: Thing): Promise<string | null>;
	standing(thing: Thing): Standing;
	act(session: HttpSession, thing: Thing): Promise<Sent>;
	/** What a refusal means: `overtaken` where somebody else may have been quicker and a look will tell. */
	refusal(sent: Extract<Sent, { kind: 'answered' }>): string | 'overtaken';
	/** Whether the service shows a change at once; where it does not, its yes is all there is. */
	readonly showsAtOnce: boolean;
	/** `taken` where a yes only says that it was taken on: then nothing is done that is not shown. */
	readonly yesIs: 'done' | 'taken';
	/** True where doing it twice is the same as doing it once: only then is it sent again after an answer that broke off. */
	readonly canRepeat: boolean;
	/** Words that belong behind a `done`: what it does not reach. */
	note(thing: Thing): string;
};

export type Changed = CallResult & { readonly isTrouble: boolean };

/** Makes the change, or says why not. Never throws for anything that the service does. */
export async function changeState<Thing>(
	session: HttpSession,
	change: StateChange<Thing>,
	name: string,
): Promise<Changed> {
	let doubt: string | null = null;
	for (let tries = 1; ; tries++) {
		const tried: Tried = await tryOnce(session, change, name, doubt !== null).catch((cause: unknown): Tried => {
			if (!(cause instanceof Stopped)) throw cause;
			return { ...said('not_done', cause.message), isTrouble: cause.isTrouble };
		});
		if (tried.effect === 'unknown') doubt ??= tried.detail;
		if (tried.isAgain && tries < TRIES_MAX) continue;
		// What broke off stays in doubt, whatever a later look was refused for, unless the service showed the state.
		const effect = tried.effect === 'not_done' && doubt !== null ? 'unknown' : tried.effect;
		const before = doubt === null || doubt === tried.detail ? '' : `; an earlier try: ${doubt}`;
		return { effect, detail: `${tried.detail}${before}`, tries, isTrouble: tried.isTrouble };
	}
}

type Tried = {
	readonly effect: CallResult['effect'];
	readonly detail: string;
	readonly isAgain: boolean;
	readonly isTrouble: boolean;
};

const said = (effect: Tried['effect'], detail: string): Tried => ({ effect, detail, isAgain: false, isTrouble: false });

async function tryOnce<Thing>(
	session: HttpSession,
	change: StateChange<Thing>,
	name: string,
	isSecondLook: boolean,
): Promise<Tried> {
	const found = await change.find(session, name);
	if (!found.ok) return said('not_done', found.error);
	const thing = found.value;
	const title = `\`${change.nameOf(thing)}\``;
	const standing = change.standing(thing);
	// A service whose copies lag may show yesterday's state: there the change is made, which is the same where it was so already.
	if (standing === 'is_so' && change.showsAtOnce)
		return said(
			'done',
			`${title} is ${change.word}: ${isSecondLook ? 'the service shows it' : 'it was before this call'} (${change.stateOf(thing)})`,
		);
	if (standing !== 'can_be' && standing !== 'is_so')
		return said('not_done', `${title} cannot be ${change.word}: ${standing.cannot}`);
	const why = await change.whyProtected(session, thing);
	if (why !== null) return said('not_done', `${title} is left alone: ${why}. A person decides what becomes of it`);
	const sent = await change.act(session, thing);
	switch (sent.kind) {
		case 'done':
			return await seen(session, change, thing);
		case 'not_done':
			return { ...said('not_done', `not ${change.word}: ${sent.reason}`), isTrouble: true };
		case 'unknown':
			return { effect: 'unknown', detail: sent.reason, isAgain: change.canRepeat, isTrouble: true };
		case 'answered': {
			const refusal = change.refusal(sent);
			return refusal === 'overtaken'
				? { ...said('not_done', `not ${change.word}: ${sent.reason}`), isAgain: true }
				: said('not_done', `not ${change.word}: ${refusal}`);
		}
		default:
			return never(sent);
	}
}

/** The service said yes; what it shows counts, where it shows it at once. */
async function seen<Thing>(session: HttpSession, change: StateChange<Thing>, thing: Thing): Promise<Tried> {
	const title = `\`${change.nameOf(thing)}\``;
	const done = (how: string): Tried => said('done', `${title} is ${change.word}${how}${change.note(thing)}`);
	if (!change.showsAtOnce) return done('');
	try {
		const after = await change.again(session, thing);
		if (after.ok && change.standing(after.value) === 'is_so')
			return done(`: the service shows it (${change.stateOf(after.value)})`);
		return said('unknown', `the service took the change of ${title} and does not show it`);
	} catch (cause) {
		if (!(cause instanceof Stopped)) throw cause;
		return change.yesIs === 'done'
			? done(`; it could not be looked at again: ${cause.message}`)
			: said(
					'unknown',
					`the service took the change of ${title} on, and it could not be looked at again: ${cause.message}`,
				);
	}
}

/** What the service says about a change that is in doubt. */
export async function readState<Thing>(
	session: HttpSession,
	change: StateChange<Thing>,
	name: string,
): Promise<ReadBack> {
	try {
		const found = await change.find(session, name);
		if (!found.ok) return { state: 'unknown', detail: found.error };
		const isSo = change.standing(found.value) === 'is_so';
		const title = `\`${change.nameOf(found.value)}\``;
		if (isSo) return { state: 'done', detail: `${title} is ${change.word} (${change.stateOf(found.value)})` };
		// A service whose copies lag proves nothing by what it does not show yet.
		return change.showsAtOnce
			? { state: 'not_done', detail: `${title} is not ${change.word} (${change.stateOf(found.value)})` }
			: { state: 'unknown', detail: `${title} is not shown as ${change.word}; that may come later` };
	} catch (cause) {
		if (!(cause instanceof Stopped)) throw cause;
		return { state: 'unknown', detail: cause.message };
	}
}

/** What the change would come to for this thing now, by reading alone. */
export async function probeChange<Thing>(
	session: HttpSession,
	change: StateChange<Thing>,
	action: string,
	name: string,
): Promise<Probe> {
	const what = `${action} on ${name}`;
	try {
		const found = await change.find(session, name);
		if (!found.ok) return { what, state: 'not', detail: found.error };
		const title = `\`${change.nameOf(found.value)}\` (${change.stateOf(found.value)})`;
		const why = await change.whyProtected(session, found.value);
		if (why !== null) return { what, state: 'not', detail: `${title} would be left alone: ${why}` };
		const standing = change.standing(found.value);
		if (standing === 'is_so') return { what, state: 'well', detail: `${title} is ${change.word} already` };
		if (standing !== 'can_be') return { what, state: 'not', detail: `${title}: ${standing.cannot}` };
		return { what, state: 'well', detail: `${title} would be ${change.word}${change.note(found.value)}` };
	} catch (cause) {
		if (!(cause instanceof Stopped)) throw cause;
		return { what, state: 'not', detail: cause.message };
	}
}
