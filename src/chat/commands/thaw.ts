// `thaw [all|site X|zone Y]`: lifts a freeze with two people. The first asks, a second one who holds the right confirms. Pure.
import { MINUTE } from '../../domain/time.ts';
import { type Answer, actorOf, STRANGER, wayOf } from '../answer.ts';
import { holdsOneOf, isOnCall, THAW_ROLES } from '../people.ts';
import { shown } from '../text.ts';
import { roleWords } from '../views/words.ts';
import { type Command, type CommandCall, type Freeze, judgeAgain, refuseCommand } from './command.ts';
import { readScope, type Scoped } from './freeze.ts';

/** How long the first person's asking stands (our choice, as long as an approval). */
const THAW_ASKED_MS = 15 * MINUTE;

export const thaw: Command = {
	name: 'thaw',
	usage: 'thaw [all | site X | zone Y]',
	help: `lift a freeze: one person asks, a second one (${roleWords(THAW_ROLES)}) confirms with the same command`,
	takesIncident: false,
	run: liftFreeze,
};

function liftFreeze(call: CommandCall): Answer {
	const { acting, now } = call;
	if (acting.person === null) return refuseCommand(call, 'thaw', 'unknown person', STRANGER);
	if (!isOnCall(acting.person))
		return refuseCommand(call, 'thaw', 'role', 'Not lifted: only people who work on incidents may ask for it.');
	const scoped = readScope(call);
	if (!scoped.ok) return refuseCommand(call, 'thaw', 'scope', `Not lifted. ${scoped.error}`);
	const held = call.freezes.find((row) => row.scope === scoped.value.scope);
	if (held === undefined) {
		const stands = call.freezes.map((row) => row.scope).join(', ');
		return refuseCommand(
			call,
			'thaw',
			'no such freeze',
			`${scoped.value.scope} is not frozen. ${stands === '' ? 'Nothing is.' : `Frozen are: ${stands}`}`,
		);
	}
	const isAsked =
		held.thaw_asked_by !== null && held.thaw_asked_at !== null && now - held.thaw_asked_at <= THAW_ASKED_MS;
	return isAsked ? confirm(call, held, scoped.value) : ask(call, held);
}

function ask(call: CommandCall, held: Freeze): Answer {
	const { acting, now } = call;
	return {
		outcome: 'done',
		entries: [
			{
				kind: 'freeze.thaw_asked',
				actor: actorOf(acting),
				at: now,
				incident: null,
				refs: [held.id],
				data: { scope: held.scope, ...wayOf(acting) },
			},
		],
		changes: [
			{
				op: 'update',
				table: 'freezes',
				id: held.id,
				set: { thaw_asked_by: acting.id, thaw_asked_at: now },
				expect: { thawed_at: null, thaw_asked_at: held.thaw_asked_at },
			},
		],
		topics: [],
		reply: `Still frozen: ${held.scope}. You asked to lift it; a second person (${roleWords(THAW_ROLES)}) confirms within 15 minutes with: /interlock thaw ${held.scope.replace(':', ' ')}`,
	};
}

function confirm(call: CommandCall, held: Freeze, scoped: Scoped): Answer {
	const { acting, now } = call;
	if (held.thaw_asked_by === acting.id)
		return refuseCommand(
			call,
			'thaw',
			'same person',
			`Still frozen: ${held.scope}. You asked yourself, so somebody else has to confirm.`,
		);
	if (acting.person === null || !holdsOneOf(acting.person, THAW_ROLES, scoped)) {
		return refuseCommand(
			call,
			'thaw',
			'role',
			`Still frozen: ${held.scope}. The one who confirms holds one of these roles there: ${roleWords(THAW_ROLES)}.`,
		);
	}
	return {
		outcome: 'done',
		entries: [
			{
				kind: 'freeze.thawed',
				actor: actorOf(acting),
				at: now,
				incident: null,
				refs: [held.id],
				data: { scope: held.scope, asked_by: held.thaw_asked_by, reason: shown(held.reason, 500), ...wayOf(acting) },
			},
		],
		changes: [
			{
				op: 'update',
				table: 'freezes',
				id: held.id,
				set: { thawed_by: acting.id, thawed_at: now },
				expect: { thawed_at: null, thaw_asked_by: held.thaw_asked_by, thaw_asked_at: held.thaw_asked_at },
			},
		],
		topics: judgeAgain(call),
		reply: `Lifted: ${held.scope}. Every step that waits is judged again before anything runs.`,
	};
}
