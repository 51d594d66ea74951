// `veto N [STEP] reason`: a person who answers for the place stops one incident, or one step of it, until two people lift it. An operator may
// always say "not now"; neither the bot nor IT overrules that (docs/safety.md). It is a freeze of its own scope, and the gate reads it so. Pure.
import type { Person, Role } from '../../domain/person.ts';
import { type Answer, actorOf, STRANGER, say, wayOf } from '../answer.ts';
import { REASON_MAX } from '../blocks.ts';
import { holdsOneOf, placesOfIncident } from '../people.ts';
import type { Place, Situation } from '../situation.ts';
import { cut, shown } from '../text.ts';
import { incidentName, roleWords } from '../views/words.ts';
import { type Command, type CommandCall, refuseCommand } from './command.ts';

/** Who may stop one incident or step: those who answer for the process, and who leads. */
const VETO_ROLES: readonly Role[] = ['ot_operator', 'ot_engineer', 'sis_engineer', 'incident_lead'];
/** Who confirms that it is lifted: somebody who answers for the process. IT alone never lifts it. */
export const VETO_LIFT_ROLES: readonly Role[] = ['ot_operator', 'ot_engineer', 'sis_engineer'];

export const veto: Command = {
	name: 'veto',
	usage: 'veto N [STEP] reason',
	help: `stop one incident, or one step of it, until two people lift it (${roleWords(VETO_ROLES)})`,
	takesIncident: true,
	run: setVeto,
};

/** Where an incident is, for asking a role: its zones and sites, or everywhere where none is known. */
export function vetoPlaces({ incident }: Situation, zones: CommandCall['places']['zones']): readonly Place[] {
	const places = placesOfIncident(incident, zones);
	return places.length === 0 ? [{ site: null, zone: null }] : places;
}

/** Whether the person holds one of the roles at a place of the incident. */
export function answersFor(person: Person, roles: readonly Role[], places: readonly Place[]): boolean {
	return places.some((place) => holdsOneOf(person, roles, place));
}

function setVeto(call: CommandCall): Answer {
	const { acting, situation, now } = call;
	if (situation === null) return say('Which incident? Its number is on the card: veto 17 reason');
	const { incident } = situation;
	if (acting.person === null) return refuseCommand(call, 'veto', 'unknown person', STRANGER);
	const name = incidentName(incident);
	if (!answersFor(acting.person, VETO_ROLES, vetoPlaces(situation, call.places.zones)))
		return refuseCommand(
			call,
			'veto',
			'role',
			`Not stopped: a veto on ${name} is said by ${roleWords(VETO_ROLES)} of its place. Anybody on call may freeze instead: /interlock freeze all`,
		);
	const [, second = ''] = call.words;
	const step = second.startsWith('stp_') ? (situation.steps.find((one) => one.id === second) ?? null) : null;
	if (second.startsWith('stp_') && step === null)
		return refuseCommand(call, 'veto', 'no such step', `Not stopped: ${name} has no step \`${shown(second, 60)}\`.`);
	const scope = step === null ? `incident:${incident.id}` : `step:${step.id}`;
	const what = step === null ? name : `${name}: \`${shown(step.title, 100)}\``;
	const held = call.freezes.find((row) => row.scope === scope);
	if (held !== undefined) return say(`${what} is stopped already: ${shown(held.reason, 200)}`);
	// A stop is not held up by a missing reason.
	const reason =
		cut(
			call.words
				.slice(step === null ? 1 : 2)
				.join(' ')
				.trim(),
			REASON_MAX,
		) || 'no reason given';
	const id = call.newId('frz');
	const running = situation.steps.filter((one) => (step === null || one.id === step.id) && one.state === 'running');
	return {
		outcome: 'done',
		entries: [
			{
				kind: 'freeze.set',
				actor: actorOf(acting),
				at: now,
				incident: incident.id,
				refs: [id, step?.id ?? incident.id],
				data: { scope, reason, veto: true, ...(step === null ? {} : { step_title: step.title }), ...wayOf(acting) },
			},
		],
		changes: [{ op: 'insert', table: 'freezes', row: { id, scope, reason, set_by: acting.id, set_at: now } }],
		topics: [
			{ topic: 'plan', key: incident.id },
			{ topic: 'card', key: incident.id },
		],
		reply: `Stopped: ${what}. Nothing of it starts${running.length === 0 ? '' : `; ${running.length} running this moment ${running.length === 1 ? 'ends' : 'end'} first`}. Lifting it takes two people, the second of OT: /interlock thaw ${step === null ? `incident ${incident.number}` : `step ${step.id}`}`,
	};
}
