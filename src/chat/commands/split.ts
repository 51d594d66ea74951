// `split N ALERT...` (or `detach`): takes alerts out of an incident into one of their own. Pure: rights and words here; what a split comes
// to is correlation's rule, handed in (flow.ts), because stages do not know each other. The engine follows the entry and keeps them apart.
import { type Answer, actorOf, STRANGER, say, wayOf } from '../answer.ts';
import { REASON_MAX } from '../blocks.ts';
import { GROUPING_ROLES, holdsForIncident } from '../people.ts';
import { count, cut, shown } from '../text.ts';
import { incidentName, roleWords } from '../views/words.ts';
import { type Command, type CommandCall, refuseCommand } from './command.ts';
import { findByEnding } from './ending.ts';

/** In the reply, where the number of the new incident will stand once the database has given it one. */
export const NEW_INCIDENT = '{new incident}';

const named = (name: 'split' | 'detach', help: string): Command => ({
	name,
	usage: `${name} N ALERT... [because reason]`,
	help,
	takesIncident: true,
	reads: ['members'],
	run: splitOff,
});

export const split = named('split', 'take alerts out of incident N into one of their own (their ids: show N)');
export const detach = named('detach', 'the same as split');

function splitOff(call: CommandCall): Answer {
	const { acting, situation, loaded, now } = call;
	if (situation === null || loaded.members === null || call.words.length < 2)
		return say('Which alerts of which incident? Their ids are in show 17: split 17 alr_... alr_... because two causes');
	const { incident } = situation;
	const name = incidentName(incident);
	const no = (why: string, reply: string): Answer => refuseCommand(call, 'split', why, reply);
	if (acting.person === null) return no('unknown person', STRANGER);
	if (!holdsForIncident(acting.person, GROUPING_ROLES, incident, call.places.zones))
		return no('role', `Not split: ${roleWords(GROUPING_ROLES)} of its sites and zones may split ${name}.`);
	if (!loaded.members.isWhole)
		return no('too many alerts', `Not split: ${name} has more than ${loaded.members.alerts.length} alerts.`);
	const at = call.words.indexOf('because');
	const words = call.words.slice(1, at === -1 ? undefined : at);
	const reason = at === -1 ? '' : call.words.slice(at + 1).join(' ');
	const ids = loaded.members.alerts.map((alert) => alert.id);
	const found = words.map((word) => findByEnding(word, ids));
	const wrong = found.indexOf(null);
	if (wrong !== -1)
		return no(
			'unknown alert',
			`Not split: no single alert \`${shown(words[wrong] ?? '', 60)}\` in ${name}. Ids: /interlock show ${incident.number}`,
		);
	const newId = call.newId('inc');
	const made = call.split(
		{
			incident: loaded.members.row,
			members: loaded.members.alerts,
			taken: [...new Set(found.filter((id) => id !== null))],
			newId,
			actor: actorOf(acting),
			reason: cut(reason.trim(), REASON_MAX) || 'no reason given',
		},
		now,
	);
	if (!made.ok) return no('not possible', `Not split: ${made.error}.`);
	return {
		outcome: 'done',
		entries: made.value.entries.map((entry) => ({ ...entry, data: { ...entry.data, ...wayOf(acting) } })),
		changes: made.value.changes ?? [],
		topics: made.value.topics ?? [],
		opened: newId,
		reply: `${count(new Set(found).size, 'alert')} of ${name}: now ${NEW_INCIDENT}. They stay apart. Steps that ${name} has already are not moved: look at them.`,
	};
}
