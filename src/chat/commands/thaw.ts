// `thaw [all|site X|zone Y|incident N|step STEP]`: lifts a freeze or a veto with two people. The first asks, a second one who holds the right
// confirms. Pure.
import type { Person, Role } from '../../domain/person.ts';
import { err, ok, type Result } from '../../domain/result.ts';
import { MINUTE } from '../../domain/time.ts';
import { isOneOf } from '../../safety/approval.ts';
import { type Answer, actorOf, STRANGER, wayOf } from '../answer.ts';
import { isOnCall, placesOfIncident, THAW_ROLES } from '../people.ts';
import type { Place } from '../situation.ts';
import { shown } from '../text.ts';
import { roleWords } from '../views/words.ts';
import { type Command, type CommandCall, type Freeze, judgeAgain, refuseCommand } from './command.ts';
import { readScope } from './freeze.ts';
import { answersFor, VETO_LIFT_ROLES } from './veto.ts';

/** How long the first person's asking stands (our choice, as long as an approval). */
const THAW_ASKED_MS = 15 * MINUTE;

export const thaw: Command = {
	name: 'thaw',
	usage: 'thaw [all | site X | zone Y | incident N | step STEP]',
	help: `lift a freeze or a veto: one person asks, a second one (${roleWords(THAW_ROLES)}; for a veto ${roleWords(VETO_LIFT_ROLES)}) confirms with the same command`,
	takesIncident: false,
	run: liftFreeze,
};

function liftFreeze(call: CommandCall): Answer {
	const { acting, now } = call;
	if (acting.person === null) return refuseCommand(call, 'thaw', 'unknown person', STRANGER);
	if (!isOnCall(acting.person))
		return refuseCommand(call, 'thaw', 'role', 'Not lifted: only people who work on incidents may ask for it.');
	const scoped = readLift(call);
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
	return isAsked ? confirm(call, acting.person, held, scoped.value) : ask(call, held, scoped.value);
}

/** What is to be lifted, who confirms it, and where they must hold their role. */
type Lift = {
	readonly scope: string;
	readonly places: readonly Place[];
	readonly roles: readonly Role[];
	/** As it is typed. */
	readonly typed: string;
};

function readLift(call: CommandCall): Result<Lift, string> {
	const [kind = '', name = ''] = call.words;
	const word = kind.toLowerCase();
	if (word === 'incident' || word === 'step') return readVeto(call, word, name);
	const scoped = readScope(call);
	if (!scoped.ok) return scoped;
	const { scope, site, zone } = scoped.value;
	return ok({ scope, places: [{ site, zone }], roles: THAW_ROLES, typed: scope.replace(':', ' ') });
}

/** A veto also holds back what a closed incident would still undo: then it is named by its id, as the list of freezes has it. */
function readVeto(call: CommandCall, word: 'incident' | 'step', name: string): Result<Lift, string> {
	const number = Number(/^(?:inc-|#)?(\d{1,9})$/i.exec(name)?.[1] ?? Number.NaN);
	const step = word === 'step' ? call.pending.find((one) => one.id === name) : undefined;
	const incident = call.open.find((one) =>
		word === 'step' ? one.id === step?.incident : one.number === number || one.id === name,
	);
	const scope = word === 'step' ? `step:${name}` : `incident:${incident?.id ?? name}`;
	if (incident === undefined && !call.freezes.some((row) => row.scope === scope))
		return err(
			`No ${word} \`${shown(name, 60)}\` is stopped. Frozen are: ${call.freezes.map((row) => row.scope).join(', ') || 'none'}`,
		);
	const places = incident === undefined ? everyPlace(call) : placesOfIncident(incident, call.places.zones);
	return ok({
		scope,
		places: places.length === 0 ? [{ site: null, zone: null }] : places,
		roles: VETO_LIFT_ROLES,
		typed: `${word} ${word === 'incident' && incident !== undefined ? incident.number : shown(name, 60)}`,
	});
}

/** Where nothing says any more where it was, a role at any place is one. */
function everyPlace({ places }: CommandCall): Place[] {
	return [
		...places.zones.map((zone) => ({ site: zone.site, zone: zone.id })),
		...places.sites.map((site) => ({ site, zone: null })),
	];
}

function ask(call: CommandCall, held: Freeze, lift: Lift): Answer {
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
		reply: `Still frozen: ${lift.typed}. You asked to lift it; a second person (${roleWords(lift.roles)}) confirms within 15 minutes with: /interlock thaw ${lift.typed}`,
	};
}

function confirm(call: CommandCall, person: Person, held: Freeze, lift: Lift): Answer {
	const { acting, now } = call;
	// As with approvals: two entries of one human being, or one and who stands in for them, are not two.
	if (isOneOf(call.people, held.thaw_asked_by ?? '', person))
		return refuseCommand(
			call,
			'thaw',
			'same person',
			`Still frozen: ${lift.typed}. You asked yourself, or who asked counts as you, so somebody else has to confirm.`,
		);
	if (!answersFor(person, lift.roles, lift.places)) {
		return refuseCommand(
			call,
			'thaw',
			'role',
			`Still frozen: ${lift.typed}. The one who confirms holds one of these roles there: ${roleWords(lift.roles)}.`,
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
		reply: `Lifted: ${lift.typed}. Every step that waits is judged again before anything runs.`,
	};
}
